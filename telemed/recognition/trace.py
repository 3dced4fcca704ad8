"""The trace of a decision and its hashes: what a replay compares.

The hash function is an argument, so that a county that must use SM3 (GB/T 32905) hands in its own.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from telemed.recognition.canonical import Spell, Spelt, canonical, spelt, unordered
from telemed.recognition.decision import Decision
from telemed.recognition.facts import Facts
from telemed.recognition.knowledge import as_known
from telemed.recognition.order import Context, Order
from telemed.recognition.rule_set import RuleSet

#: From bytes to a lower-case hexadecimal digest.
Hasher = Callable[[bytes], str]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def trace(decision: Decision) -> bytes:
    """All that a decision says, in canonical form."""
    return canonical(decision)


def trace_hash(decision: Decision, hasher: Hasher = sha256) -> str:
    return hasher(trace(decision))


def inputs_hash(  # noqa: PLR0917 (the arguments of decide, then the function)
    order: Order,
    context: Context,
    facts: Facts,
    rules: RuleSet,
    as_of: datetime,
    known_at: datetime,
    hasher: Hasher = sha256,
    standing: Spell = spelt,
) -> str:
    """The hash of all that `decide` was given: facts as known at `known_at`, rows and documents in any order.

    What was learnt afterwards changes nothing, so a replay from the append-only tables finds the same hash.
    standing: spells members and grants, which many decisions have in common.
    """
    known = as_known(facts, known_at)
    return hasher(
        canonical(
            {
                "order": order,
                "context": context,
                "facts": _rows(known, standing),
                "rules": rules.spelling,
                "as_of": as_of,
                "known_at": known_at,
            }
        )
    )


def rules_text(rules: RuleSet) -> bytes:
    """The documents and parameters a decision was made by, in canonical form."""
    return rules.spelling.encode()


def rules_hash(rules: RuleSet, hasher: Hasher = sha256) -> str:
    return hasher(rules_text(rules))


def _rows(facts: Facts, standing: Spell) -> dict[str, Spelt]:
    return {
        "organizations": unordered(facts.organizations, standing),
        "identities": unordered(facts.identities),
        "candidates": unordered(facts.candidates),
        "events": unordered(facts.events),
        "grants": unordered(facts.grants, standing),
    }
