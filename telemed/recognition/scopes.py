"""Whether a scope covers two organisations: who produced a result, and who is to accept it."""

from telemed.recognition.decision import Outcome
from telemed.recognition.facts import Organization
from telemed.recognition.grounds import GROUNDS
from telemed.recognition.rules import Direction, Scope


def coverage(scope: Scope, producer: Organization | None, accepter: Organization | None) -> str:
    """`scope-covers`, or the code of what keeps it from covering; 办法 2022 Art. 13 and the document's direction."""
    if producer is None or accepter is None:
        return "organization-unknown"
    inside = (_inside(scope, producer), _inside(scope, accepter))
    if False in inside:
        return "scope-outside"
    if None in inside:
        return "organization-unknown"
    return _directed(scope, producer, accepter)


def stands_against(code: str) -> bool:
    """Whether the scope certainly does not cover."""
    return GROUNDS[code].outcome is Outcome.FAIL


def _inside(scope: Scope, one: Organization) -> bool | None:
    match scope.kind:
        case "national":
            return True
        case "region":
            return None if one.region is None else one.region.startswith(scope.key)
        case "group":
            return scope.key in one.groups
        case "community":
            return one.community == scope.key
        case "bilateral":  # pragma: no branch (pyright: there is no other)
            return one.id in scope.producers | scope.accepters


def _directed(scope: Scope, producer: Organization, accepter: Organization) -> str:
    match scope.direction:
        case Direction.SYMMETRIC:
            return "scope-covers"
        case Direction.NAMED:
            named = producer.id in scope.producers and accepter.id in scope.accepters
            return "scope-covers" if named else "scope-not-named"
        case Direction.LOWER_ACCEPTS_HIGHER:  # pragma: no branch (pyright: there is no other)
            if producer.level is None or accepter.level is None:
                return "organization-unknown"
            return "scope-covers" if accepter.level <= producer.level else "scope-direction"
