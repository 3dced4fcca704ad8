"""From what a hospital system sends to what is asked of the registry, and of whom. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

import msgspec

from telemed.cds.check_messages import Circumstance
from telemed.cds.checking import PageEnquiry, circumstances
from telemed.cds.request import AskedOrder, Person, identity_number_in
from telemed.errors import Invalid
from telemed.his.messages import Identity, OrderBody, PatientBody, PatientFound
from telemed.his.words import IDENTITIES
from telemed.patients import identifiers
from telemed.patients.messages import Words
from telemed.recognition.rules import Code
from telemed.vocabulary import EncounterClass


class Strip(msgspec.Struct, frozen=True):
    """The patient at the head of a page.  number: masked."""

    name: str
    sex: str
    birth_date: date | None
    number: str


class Visit(Protocol):
    """Whatever says in which circumstances a doctor asks."""

    @property
    def encounter_class(self) -> EncounterClass | None: ...
    @property
    def circumstances(self) -> list[Circumstance]: ...


def person(body: PatientBody) -> Person:
    """The patient as the registry is asked for one; numbers that cannot be what they are said to be are left out."""
    read = [
        identifiers.document(identifiers.IdentifierKind(one.kind), one.number, country=one.country)
        for one in body.documents
    ]
    proved = tuple(dict.fromkeys(one for one in read if isinstance(one, identifiers.Identifier)))
    return Person(proved, (), body.name, body.birth_date, body.sex)


def enquiry(visit: Visit, orders: Sequence[OrderBody], organization_id: UUID, now: datetime) -> PageEnquiry:
    """The draft orders in their circumstances; none: every item the patient has results of.

    Raises Invalid where two orders have one name.
    """
    if len({one.order for one in orders}) < len(orders):
        raise Invalid(
            "order-twice",
            "同一申请编号出现了两次。未作任何记录，请修正后重新发送。",
            "Two orders have the same name. Nothing was recorded; correct it and send it again.",
        )
    context = circumstances(visit.encounter_class, visit.circumstances)
    return PageEnquiry(
        organization_id,
        context,
        tuple(
            AskedOrder(
                reference=one.order,
                codes=frozenset({Code(one.system, one.code)}),
                context=replace(context, **_ticked(one)),
                laterality=one.laterality,
                answered=bool(one.reason),
                resource={},
            )
            for one in orders
        ),
        now,
    )


def _ticked(order: OrderBody) -> dict[str, bool]:
    return {one.replace("-", "_"): True for one in order.circumstances}


def refuse_numbers(names: Iterable[str]) -> None:
    """Names of visits, users, orders and requests end up in addresses and logs of others: no identity number in them.

    Raises Invalid.
    """
    if any(identity_number_in(one) for one in names):
        raise Invalid(
            "number-in-name",
            "编号中含有证件号码，已拒绝。未作任何记录；请改用内部编号，证件号码只放在 patient.documents 中。",
            "A name holds an identity number and is refused. Nothing was recorded; use an internal number, and give"
            " identity numbers in patient.documents alone.",
        )


def found(identity: Identity) -> PatientFound:
    """How sure it is who the patient is, in words."""
    return PatientFound(identity, Words(*IDENTITIES[identity]))


def strip(body: PatientBody) -> bytes:
    """Who the patient is as the head of a page shows it: the number masked, and nothing else kept of it."""
    shown = next((identifiers.masked(identifiers.normalise(one.number)) for one in body.documents), "")
    return msgspec.json.encode(Strip(body.name, body.sex.value, body.birth_date, shown))


def fingerprint(what: str, body: msgspec.Struct) -> str:
    """SHA-256 of what is asked, spelled in one way whichever way it came."""
    return hashlib.sha256(what.encode() + b"\n" + msgspec.json.encode(body)).hexdigest()
