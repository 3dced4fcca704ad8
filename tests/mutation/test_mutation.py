"""No change by one of what decides goes unnoticed but those that are listed with the reason why they are the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.mutation import report
from tests.mutation.equivalent import LISTED, by_rule, listed
from tests.mutation.mutants import ROOT, Mutant, of_code, of_parameters
from tests.mutation.targets import CODE, PARAMETERS, TARGETS

SEED = 20261126
#: Mutants of the short form.
FEW = 12


def tried(*arguments: str) -> list[dict[str, Any]]:
    """What the command says of each mutant it tried."""
    command = [sys.executable, "-m", "tests.mutation", "--seed", str(SEED), *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def surviving(found: list[dict[str, Any]]) -> list[str]:
    """Those nothing noticed and nobody listed."""
    known = listed()
    return [
        f"{one['path']}:{one['line']} {one['operator']}: {one['before']} -> {one['after']}"
        for one in found
        if not one["killed"] and (one["path"], one["operator"], one["before"], one["after"]) not in known
    ]


def test_every_target_and_every_one_of_its_tests_is_there():
    for path, turns in TARGETS.items():
        assert (ROOT / path).is_file(), path
        assert all((ROOT / one).is_file() for turn in turns for one in turn), path


def test_what_is_listed_stands_in_its_file_and_has_a_reason():
    for (path, _, before, _), reason in listed().items():
        said = " ".join(line.strip() for line in (ROOT / path).read_text(encoding="utf-8").splitlines())
        assert before in said, f"{LISTED.name}: {path} has no {before!r} any more"
        assert len(reason) > 10


def test_a_table_loses_each_entry_and_a_number_moves_by_one():
    ranks = [one for one in of_code("telemed/recognition/precedence.py") if one.operator == "DropEntry"]
    assert [one.before for one in ranks] == [
        "Verdict.EXEMPT: 0,",
        "Verdict.MUST_OFFER: 1,",
        "Verdict.MAY_OFFER: 2,",
        "Verdict.INDETERMINATE: 3,",
        "Verdict.NOT_ELIGIBLE: 4,",
    ]
    moved = Counter(one.operator for one in of_parameters(next(path for path in PARAMETERS if "granting" in path)))
    assert moved["Parameter+1"] == moved["Parameter-1"] >= 3


@pytest.mark.timeout(900)
def test_a_change_that_matters_is_noticed_and_one_that_does_not_is_not():
    found = tried("--jobs", "1", "--only", "telemed/results/judging.py", "--sample", str(FEW))
    assert len(found) == FEW
    assert surviving(found) == []
    assert any(one["killed"] for one in found)


def test_identity_of_what_is_one_is_no_mutant():
    same = Mutant("a.py", "ReplaceComparisonOperator_Is_Eq", 1, "if one is None:", "if one == None:", "")
    other = Mutant("a.py", "ReplaceComparisonOperator_Is_Eq", 1, "if one is two:", "if one == two:", "")
    assert by_rule(same)
    assert by_rule(other) is None


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
def test_every_mutant_of_every_file_is_noticed_or_listed():
    found = tried("--jobs", str(os.cpu_count() or 1))
    by_path: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in found:
        by_path[one["path"]].append(one)
    assert set(CODE) <= set(by_path)
    report.write(by_path)
    assert surviving(found) == []
    stale = set(listed()) - {
        (one["path"], one["operator"], one["before"], one["after"]) for one in found if not one["killed"]
    }
    assert not stale, f"{Path(LISTED).name} lists what is noticed"
