"""`./run bench NAME`: run the benchmark of that name, with its own arguments behind it."""

import runpy
import sys
from pathlib import Path

_PARTS = {
    "__main__",
    "results",
    "sender",
    "receivers",
    "viewers",
    "racing",
    "people",
    "members",
    "served",
    "colleagues",
    "unsigned",
    "splink_runner",
    "peers",
    "talkers",
}
NAMES = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - _PARTS)

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.stderr.write(f"./run bench {{{' | '.join(NAMES)}}}\n")
        sys.exit(2)
    name = sys.argv.pop(1)
    runpy.run_module(f"tests.bench.{name}", run_name="__main__", alter_sys=True)
