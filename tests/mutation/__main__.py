"""`python -m tests.mutation`: every mutant of every target, or of some; survivors are printed, one a line, as JSON.

--only PATH (repeatable)   --sample N of all, by --seed   --jobs
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from tests.mutation.equivalent import by_rule
from tests.mutation.mutants import Mutant, of_code, of_parameters
from tests.mutation.running import try_all
from tests.mutation.targets import CODE, TARGETS


def mutants(path: str) -> list[Mutant]:
    every = of_code(path) if path in CODE else of_parameters(path)
    return sorted((one for one in every if by_rule(one) is None), key=lambda one: one.line)


def run(paths: list[str], sample: int, seed: int, part: int, parts: int) -> None:
    """Try the mutants of one part and print what became of each."""
    every = (one for path in paths for one in mutants(path))
    if sample:
        known = list(every)
        every = iter(random.Random(seed).sample(known, min(sample, len(known))))

    def told(one: Mutant, test: str, seconds: float) -> None:
        said = asdict(one) | {"killed": bool(test), "by": test, "seconds": round(seconds, 2)}
        del said["code"]
        print(json.dumps(said, ensure_ascii=False), flush=True)  # noqa: T201 -- what the command answers

    try_all(islice(every, part, None, parts), {path: TARGETS[path] for path in paths}, told)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="PATH")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--part", type=int, default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part is not None or asked.jobs == 1:
        run(asked.only or list(TARGETS), asked.sample, asked.seed, asked.part or 0, asked.jobs)
        return
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.mutation", *sys.argv[1:], "--jobs", str(asked.jobs), "--part", str(part)],
            cwd=Path(__file__).parents[2],
        )
        for part in range(asked.jobs)
    ]
    sys.exit(max(one.wait() for one in running))


if __name__ == "__main__":
    main()
