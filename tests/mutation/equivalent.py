"""Mutants that nothing can notice, each with the reason: by rule, and one by one in equivalent.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutants import Mutant

LISTED = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of mutants that are the same as what was there."""

    reason: str
    holds: Callable[[Mutant], bool]


def _same_identity(one: Mutant) -> bool:
    """The operand beside the changed operator is None or a member of an enumeration."""
    kind = {
        "ReplaceComparisonOperator_Is_Eq": (" is ", " == "),
        "ReplaceComparisonOperator_IsNot_NotEq": (" is not ", " != "),
    }
    if one.operator not in kind:
        return False
    old, new = kind[one.operator]
    return any(
        one.before[: found.start()] + new + one.before[found.end() :] == one.after
        and re.match(r"(None\b|[A-Z]\w*\.[A-Z][A-Z_]*\b)", one.before[found.end() :]) is not None
        for found in re.finditer(old, one.before)
    )


def _differs_at_star(one: Mutant) -> bool:
    at = next((place for place, (a, b) in enumerate(zip(one.before, one.after, strict=False)) if a != b), 0)
    return one.before[at : at + 2] == "*,"


RULES: Sequence[Rule] = (
    Rule("None and the members of an enumeration are one each: identity and equality say the same", _same_identity),
    Rule(
        "frozen and slots keep others from changing a value: what is decided does not depend on it",
        lambda one: one.operator == "ReplaceTrueWithFalse" and one.before.startswith("@dataclass("),
    ),
    Rule(
        "the star of a signature forbids a place, and every caller gives the name",
        lambda one: one.operator.startswith("ReplaceBinaryOperator_Mul_") and _differs_at_star(one),
    ),
    Rule(
        "how many answers are remembered changes none of them",
        lambda one: "lru_cache" in one.before and one.operator in {"NumberReplacer", "RemoveDecorator"},
    ),
)


def by_rule(mutant: Mutant) -> str | None:
    """Why nothing can notice it; None where something may."""
    return next((rule.reason for rule in RULES if rule.holds(mutant)), None)


def listed() -> dict[tuple[str, str, str, str], str]:
    """Path, operator, line before and after → the reason why it is the same."""
    found = tomllib.loads(LISTED.read_text(encoding="utf-8")).get("mutant", [])
    return {(one["path"], one["operator"], one["before"], one["after"]): one["reason"] for one in found}
