"""docs/reference/mutation.md: what was tried, what was noticed, and every mutant that is the same, with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.mutation.equivalent import RULES, listed
from tests.mutation.mutants import ROOT
from tests.reliability.results import commit

PAGE = ROOT / "docs" / "reference" / "mutation.md"
_HEAD = """# Mutation of what decides

Every change by one of the files below is made by itself, and the tests of the file are run: the operators of
[cosmic-ray](https://github.com/sixty-north/cosmic-ray) at each place; each entry of each table dropped, and given the
value of the next; each number and day of a TOML file of the county's rules moved by one. A change that no test notices
has to be listed here with the reason why nothing can notice it. `./run test --long` runs them all and writes this page;
`python -m tests.mutation --only PATH` tries one file.

Not tried, for nothing decides by them: annotations, and what the compiler itself warns of.
"""


def write(found: Mapping[str, Sequence[Mapping[str, Any]]], seed: int) -> None:
    """Write the page.  found: file → what became of each of its mutants."""
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
    lines = [
        _HEAD,
        "Left out by rule:\n",
        *(f"- {rule.reason}" for rule in RULES),
        f"\nCommit {commit()}, seed {seed}, {datetime.now(UTC):%Y-%m-%d}.",
        f"{total:,} mutants, {killed:,} noticed, {total - killed:,} the same.\n",
        "| file | mutants | noticed | the same |\n|---|---|---|---|",
        *rows,
        "\n## The same, and why\n",
        "| place | change | from → to | why nothing can notice |\n|---|---|---|---|",
        *same,
    ]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _one(_: Mapping[str, Any]) -> int:
    return 1


def _killed(one: Mapping[str, Any]) -> int:
    return int(one["killed"])
