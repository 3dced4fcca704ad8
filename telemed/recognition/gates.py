"""The gates that do not depend on the kind of a result: identity, mapping, G1, G6, G7 and G8.

Each answers with every finding it makes, good ones too; a missing fact is a finding that names it.
"""

from collections.abc import Iterable
from datetime import datetime

from telemed.recognition.canonical import moment
from telemed.recognition.decision import Finding
from telemed.recognition.facts import Candidate, Event, Identity, LinkState, Status
from telemed.recognition.grounds import finding
from telemed.recognition.order import Context
from telemed.recognition.rule_set import Parameters
from telemed.recognition.rules import Item, ItemException

_LINKED = {
    LinkState.AUTO: "identity-linked",
    LinkState.POTENTIAL: "identity-potential",
    LinkState.TEMPORARY: "identity-temporary",
    LinkState.NONE: "identity-not-linked",
}
_STATUS = {
    Status.FINAL: "status-final",
    Status.AMENDED: "status-final",
    Status.CORRECTED: "status-final",
    Status.PRELIMINARY: "status-preliminary",
    Status.CANCELLED: "status-cancelled",
    Status.ENTERED_IN_ERROR: "status-entered-in-error",
    Status.UNKNOWN: "status-unknown",
}
_INTACT = {True: "integrity-intact", False: "integrity-broken", None: "integrity-unchecked"}


def identity(link: Identity | None, *, same_record: bool) -> Finding:
    """Only a sure link carries a verdict; another record without any link is another person's."""
    if link is None:
        return finding("identity-missing", ("missing", "link")) if same_record else finding("identity-not-linked")
    return finding(_LINKED[link.state], ("link", link.link_id), ("since", moment(link.known_from)))


def mapping(candidate: Candidate, item: Item) -> Finding:
    """Whether the result is surely of this item: its own code is the item's, or a person confirmed the map."""
    mapped = candidate.mapping
    told = ("code", candidate.code.code), ("map_version", None if mapped is None else mapped.version)
    if candidate.kind != item.kind:
        return finding("kind-contradicts", *told, ("kind", candidate.kind), ("asked", item.kind))
    if mapped is not None and not mapped.confirmed:
        return finding("mapping-unconfirmed", *told)
    return finding("item-mapped", *told)


def status(candidate: Candidate, parameters: Parameters) -> tuple[Finding, Finding, Finding]:
    """G1: final, intact and signed by as many as the county asks for."""
    needed = parameters.signatures.get(candidate.kind, 1)
    signed = candidate.signatures
    if signed is None and needed:
        signatures = finding("signatures-missing", ("missing", "signatures"), ("needed", needed))
    else:
        code = "signatures-sufficient" if (signed or 0) >= needed else "signatures-few"
        signatures = finding(code, ("signatures", signed), ("needed", needed))
    return (
        finding(_STATUS[candidate.status], ("status", str(candidate.status)), ("version", candidate.version)),
        finding(_INTACT[candidate.intact]),
        signatures,
    )


def intervening(
    item: Item, anchor: datetime | Finding, events: Iterable[Event], as_of: datetime
) -> tuple[Finding, ...]:
    """G6: the item changes fast, or something happened to the patient since.  Admission and discharge do not count."""
    volatile = finding("item-volatile" if item.volatile else "item-stable", clause=item.clause)
    doubts = tuple(
        finding(code, ("event", one.id), ("kind", str(one.kind)), ("at", None if one.at is None else moment(one.at)))
        for one in sorted(events, key=lambda one: one.id)
        if (code := _between(one, anchor, as_of))
    )
    return (volatile, *(doubts or (finding("no-event-between"),)))


def _between(event: Event, anchor: datetime | Finding, as_of: datetime) -> str | None:
    if event.at is None or event.at.tzinfo is None:
        return "event-undated"
    if event.at > as_of:
        return None
    if isinstance(anchor, Finding):
        return "event-order-unknown"
    return "event-between" if event.at >= anchor else None


def exceptions(item: Item, candidate: Candidate, context: Context) -> tuple[Finding, ...]:
    """G7: what the document's own line excepts."""
    found = tuple(
        finding(code, ("exception", one.code), clause=one.clause)
        for one in item.exceptions
        if (code := _excepted(one, candidate, context))
    )
    return found or (finding("no-exception", clause=item.clause),)


def _excepted(one: ItemException, candidate: Candidate, context: Context) -> str | None:
    match one.predicate:
        case "value-abnormal":
            return _valued(candidate.measured.abnormal, "exception-value-abnormal")
        case "value-critical":
            return _valued(candidate.measured.critical, "exception-value-critical")
        case "pre-operative":
            return "exception-pre-operative" if context.pre_operative else None
        case "pre-transfusion":  # pragma: no branch (pyright: there is no other)
            return "exception-pre-transfusion" if context.pre_transfusion else None


def _valued(holds: bool | None, code: str) -> str | None:  # noqa: FBT001 (a fact of three values)
    if holds is None:
        return "exception-value-unknown"
    return code if holds else None


def circumstances(context: Context) -> tuple[Finding, ...]:
    """G8: the circumstances that exempt an order.  They are told, never written down as a reason of the doctor's."""
    exempting = (
        ("context-emergency", context.emergency or context.encounter_class == "emergency"),
        ("context-rescue", context.rescue),
        ("context-forensic", context.forensic),
        ("context-pre-operative", context.pre_operative),
        ("context-pre-transfusion", context.pre_transfusion),
    )
    told = ("encounter", context.encounter_class)
    found = tuple(finding(code, told) for code, holds in exempting if holds)
    if not found and context.encounter_class is None:
        return (finding("context-unknown", ("missing", "encounter_class")),)
    return found or (finding("context-ordinary", told),)
