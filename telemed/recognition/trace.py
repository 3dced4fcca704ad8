"""The trace of a decision and its hashes: what a replay compares.

The hash function is an argument, so that a county that must use SM3 (GB/T 32905) hands in its own.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from telemed.recognition.canonical import Plain, canonical, plain, unordered
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
) -> str:
    """The hash of all that `decide` was given: facts as known at `known_at`, rows and documents in any order.

    What was learnt afterwards changes nothing, so a replay from the append-only tables finds the same hash.
    """
    known = as_known(facts, known_at)
    return hasher(
        canonical(
            {
                "order": order,
                "context": context,
                "facts": _rows(known),
                "rules": _rules(rules),
                "as_of": as_of,
                "known_at": known_at,
            }
        )
    )


def _rows(facts: Facts) -> dict[str, Plain]:
    return {
        "organizations": unordered(facts.organizations),
        "identities": unordered(facts.identities),
        "candidates": unordered(facts.candidates),
        "events": unordered(facts.events),
        "grants": unordered(facts.grants),
    }


def _rules(rules: RuleSet) -> dict[str, Plain]:
    """A document is spelt by its head and the hash of the files it was read from: its lines are inside that hash."""
    heads = (
        {
            "issuer": one.issuer,
            "series": one.series,
            "number": one.number,
            "scope": one.scope,
            "mode": one.mode,
            "first_day": one.first_day,
            "end_day": one.end_day,
            "source_hash": one.source_hash,
        }
        for one in rules.catalogues
    )
    return {
        "catalogues": unordered(heads),
        "parameters": plain(rules.parameters),
        "dictionary_hash": rules.dictionary_hash,
    }
