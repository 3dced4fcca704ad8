"""Which files are mutated, and which tests have to notice: the quick ones first, the rest for what they let pass."""

from __future__ import annotations

from pathlib import Path

from tests.mutation.mutants import ROOT

_UNIT = "tests/unit/recognition"
_DECIDING = (
    f"{_UNIT}/test_near_misses.py",
    f"{_UNIT}/test_evidence.py",
    f"{_UNIT}/test_decide.py",
    f"{_UNIT}/test_grants.py",
    f"{_UNIT}/test_documents.py",
    f"{_UNIT}/test_several_documents.py",
    f"{_UNIT}/test_rule_set.py",
    "tests/spec/test_recognition_verdicts.py",
)
_GRANTING = (
    f"{_UNIT}/test_granting_edges.py",
    f"{_UNIT}/test_granting.py",
    f"{_UNIT}/test_granting_walk.py",
    f"{_UNIT}/test_quality_refusals.py",
    f"{_UNIT}/test_grants_in_decisions.py",
)
_REST = (
    f"{_UNIT}/test_canonical.py",
    f"{_UNIT}/test_reasons.py",
    f"{_UNIT}/test_words.py",
    f"{_UNIT}/test_stored.py",
    f"{_UNIT}/test_catalogue.py",
    f"{_UNIT}/test_laboratory_results.py",
    f"{_UNIT}/test_imaging_results.py",
    "tests/unit/cds/test_cards.py",
    "tests/unit/cds/test_checking.py",
    f"{_UNIT}/test_properties.py",
)

Tests = tuple[tuple[str, ...], ...]

_DECIDED: Tests = (_DECIDING, (*_GRANTING, *_REST))
_GRANTED: Tests = (_GRANTING, (*_DECIDING, *_REST))
_RECOGNITION = "telemed/recognition"

#: File → the tests of each turn; a mutant that one turn lets pass meets the next.
CODE: dict[str, Tests] = {
    f"{_RECOGNITION}/availability.py": _DECIDED,
    f"{_RECOGNITION}/comparing.py": _DECIDED,
    f"{_RECOGNITION}/decide.py": _DECIDED,
    f"{_RECOGNITION}/documents.py": _DECIDED,
    f"{_RECOGNITION}/gates.py": _DECIDED,
    f"{_RECOGNITION}/grant_states.py": ((f"{_UNIT}/test_grant_states.py",), *_GRANTED),
    f"{_RECOGNITION}/granting.py": _GRANTED,
    f"{_RECOGNITION}/grants.py": _DECIDED,
    f"{_RECOGNITION}/grounds.py": _DECIDED,
    f"{_RECOGNITION}/knowledge.py": (
        (f"{_UNIT}/test_knowledge.py", f"{_UNIT}/test_canonical.py"),
        _DECIDING,
        (*_GRANTING, *_REST),
    ),
    f"{_RECOGNITION}/narrowing.py": ((f"{_UNIT}/test_narrowing.py",),),
    f"{_RECOGNITION}/precedence.py": _DECIDED,
    f"{_RECOGNITION}/quality_refusals.py": ((f"{_UNIT}/test_quality_refusals.py",),),
    f"{_RECOGNITION}/reasons.py": ((f"{_UNIT}/test_reasons.py",), _REST),
    f"{_RECOGNITION}/rule_set.py": ((f"{_UNIT}/test_rule_set.py",), *_DECIDED),
    f"{_RECOGNITION}/rules.py": ((f"{_UNIT}/test_rule_set.py", f"{_UNIT}/test_stored.py"), *_DECIDED),
    f"{_RECOGNITION}/scopes.py": ((f"{_UNIT}/test_scopes.py",), *_DECIDED),
    f"{_RECOGNITION}/units.py": (
        (f"{_UNIT}/test_units.py",),
        (f"{_UNIT}/test_catalogue.py", f"{_UNIT}/test_shipped_catalogues.py"),
        _REST,
    ),
    f"{_RECOGNITION}/windows.py": _DECIDED,
    "telemed/patients/matching.py": (
        ("tests/unit/patients/test_matching_findings.py", "tests/unit/patients/test_matching.py"),
    ),
    "telemed/results/judging.py": (("tests/unit/results/test_judging.py",),),
    "telemed/results/units.py": (
        ("tests/unit/results/test_units.py", "tests/unit/results/test_written_units.py"),
        ("tests/unit/results/test_judging.py",),
    ),
}
#: Every TOML file of the county's own rules.
PARAMETERS: dict[str, Tests] = {
    str(path.relative_to(ROOT)): ((f"{_UNIT}/test_shipped_rules.py",),)
    for path in sorted(Path(ROOT, "config", "recognition").rglob("*.toml"))
}
TARGETS = CODE | PARAMETERS
