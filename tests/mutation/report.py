"""docs/reference/mutation.md: what was tried, what was noticed, and every mutant that is the same, with its reason.

`python -m tests.mutation.report FILE…` writes it of what `python -m tests.mutation` printed, file by file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.mutation.equivalent import RULES, listed
from tests.mutation.mutants import ROOT
from tests.mutation.targets import CODE
from tests.reliability.results import commit

PAGE = ROOT / "docs" / "reference" / "mutation.md"
_HEAD = """# Mutation of what decides

Every change by one of the files below is made by itself, and the tests of the file are run: the operators of
[cosmic-ray](https://github.com/sixty-north/cosmic-ray) at each place; each entry of each table dropped, and given the
value of the next; each number and day of a TOML file of the county's rules moved by one. A change that no test notices
has to be listed here with the reason why nothing can notice it. `./run test --long` runs them all and writes this page;
`python -m tests.mutation --only PATH` tries one file, `python -m tests.mutation.report FILE…` writes this page of what
it printed.

Each change is tried in a process of its own: put into the functions that are loaded, and tried by the tests that enter
one of them; or, where more than functions changes, by every test after all has been loaded anew. The test that noticed
the last change of the file goes first.

Not tried, for nothing decides by them: annotations, and what the compiler itself warns of.
"""


def write(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Write the page.  found: file → what became of each of its mutants; a file of code that is missing is named."""
    known = listed()
    rows, same = [], []
    for path, each in found.items():
        noticed = sum(one["killed"] for one in each)
        rows.append(f"| `{path}` | {len(each)} | {noticed} | {len(each) - noticed} |")
        for one in each:
            if not one["killed"]:
                reason = known.get((path, one["operator"], one["before"], one["after"]), "**not listed**")
                change = f"`{one['before']}` → `{one['after']}`".replace("|", "\\|")
                same.append(f"| `{path.rpartition('/')[2]}:{one['line']}` | {one['operator']} | {change} | {reason} |")
    total, killed = (sum(sum(of(one) for one in each) for each in found.values()) for of in (_one, _killed))
    missing = [f"`{path}`" for path in CODE if path not in found]
    lines = [
        _HEAD,
        "Left out by rule:\n",
        *(f"- {rule.reason}" for rule in RULES),
        f"\nCommit {commit()}, {datetime.now(UTC):%Y-%m-%d}.",
        f"{total:,} mutants, {killed:,} noticed, {total - killed:,} the same.\n",
        "| file | mutants | noticed | the same |\n|---|---|---|---|",
        *rows,
        *([f"\nNot gone through yet: {', '.join(missing)}."] if missing else []),
        "\n## The same, and why\n",
        "| place | change | from → to | why nothing can notice |\n|---|---|---|---|",
        *same,
    ]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _one(_: Mapping[str, Any]) -> int:
    return 1


def _killed(one: Mapping[str, Any]) -> int:
    return int(one["killed"])


def main() -> None:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for name in sys.argv[1:]:
        for line in Path(name).read_text(encoding="utf-8").splitlines():
            if line.startswith("{"):
                one = json.loads(line)
                found.setdefault(one["path"], []).append(one)
    write(found)


if __name__ == "__main__":
    main()
