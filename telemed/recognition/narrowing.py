"""The facts one order is decided on: results of its items, results nobody has mapped, grants of its items. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from telemed.recognition.documents import asked
from telemed.recognition.facts import Candidate, Facts
from telemed.recognition.order import Order
from telemed.recognition.rule_set import RuleSet
from telemed.recognition.rules import Code


def code_of(candidate: Candidate) -> Code:
    """The code a result counts under: what the map made of its own, or its own."""
    return candidate.code if candidate.mapping is None else candidate.mapping.code


def keys_of(order: Order, rules: RuleSet, as_of: datetime) -> list[str]:
    """The items an order asks for on the county's day, a panel as its analytes."""
    return sorted({key for key, _ in asked(order, rules, rules.parameters.day(as_of)).analytes})


def narrowed(facts: Facts, order: Order, rules: RuleSet, as_of: datetime) -> Facts:
    """Leave out what cannot say anything of this order, so that its hash speaks of this order alone."""
    keys = frozenset(keys_of(order, rules, as_of))
    return replace(
        facts,
        candidates=tuple(
            one for one in facts.candidates if not (named := rules.keys_of.get(code_of(one))) or named & keys
        ),
        grants=tuple(one for one in facts.grants if one.item_key in keys),
    )
