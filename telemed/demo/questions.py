"""What config/demo/questions.toml says: questions of 开单核对 and their answers, each at a moment of its own."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID, uuid5

import msgspec

from telemed.access.policy import admit
from telemed.audit.model import Entity
from telemed.cds import checking
from telemed.cds.cards import Meaning
from telemed.cds.check_messages import CheckBody, OrderedCode, ResponseBody
from telemed.cds.checking import Card, PageEnquiry
from telemed.cds.registry import Check
from telemed.db import Pool, fetch_all, fetch_one, load
from telemed.demo.acts import Cast, audit
from telemed.demo.studies import Patient
from telemed.patients import store
from telemed.patients.identifiers import Identifier, national_id
from telemed.recognition import reasons
from telemed.recognition.assessing import KINDS
from telemed.recognition.ledger import PageCard, Response, keep_decisions, keep_exposures, keep_page_response
from telemed.recognition.rules import ITEM_KEYS
from telemed.vocabulary import Action, EncounterClass, Principal

CONFIG = Path(__file__).resolve().parents[2] / "config" / "demo" / "questions.toml"
_NAMESPACE = UUID("6d5c3f0e-94c7-5f0b-a8a7-4c0de5b3f1aa")
UNTIL_UNDONE = timedelta(minutes=4)
#: Seconds within which the registry has to know what has happened, and between two looks.
PATIENCE, LOOK_AGAIN = 60.0, 0.2
_MEANINGS: dict[str, Meaning] = {
    "cancel": "recognise-and-cancel",
    "trim": "recognise-and-trim",
    "keep": "recognise-and-keep",
    "undone": "recognise-and-cancel",
}

queries = load(__name__, "questions.sql")


class Question(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One question.  days, hour: back from the day of the demo, by the county's clock.  after: seconds."""

    who: str
    patient: str
    days: int
    hour: int
    items: list[str]
    answer: str
    after: int


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    asked: list[Question]


class _Id(msgspec.Struct):
    id: UUID


class _Unknown(msgspec.Struct):
    unknown: bool


def read(path: Path = CONFIG) -> list[Question]:
    """Read the file; raises msgspec.ValidationError for what does not fit."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).asked


@dataclass(frozen=True, slots=True)
class _Put:
    """A question with its moment and the ids it makes, the same at each start."""

    question: Question
    at: datetime
    number: int

    def ids(self) -> Callable[[], UUID]:
        numbers = count()
        return lambda: uuid5(_NAMESPACE, f"{self.number} {next(numbers)}")


async def bring(
    pool: Pool, asked: Sequence[Question], cast: Cast, check: Check, people: Mapping[str, Patient], *, began: datetime
) -> int:
    """Ask what was not asked before; returns how many decisions were made.

    began: by the county's clock; no question lies after it.
    """
    put = [_Put(one, _moment(one, began), number) for number, one in enumerate(asked, start=1)]
    first = {one.ids()(): one for one in put}
    async with pool.connection() as connection:
        done = {row.id for row in await fetch_all(connection, queries["decided"], {"ids": sorted(first)}, _Id)}
    made = 0
    for number, one in first.items():
        if number not in done:
            made += await _ask(pool, one, cast, check, people[one.question.patient])
    return made


def _moment(one: Question, began: datetime) -> datetime:
    day = began.date() - timedelta(days=one.days)
    return datetime.combine(day, time(one.hour, len(one.items) * 7), began.tzinfo).astimezone(UTC)


async def _ask(pool: Pool, put: _Put, cast: Cast, check: Check, patient: Patient) -> int:
    question = put.question
    who = await cast.person(question.who, put.at)
    number = await _known(pool, who, patient)
    body = CheckBody(number, [OrderedCode(ITEM_KEYS, item) for item in question.items], EncounterClass.OUTPATIENT)
    enquiry: PageEnquiry = checking.enquiry(body, who.organization_id, put.at)
    cards = checking.dealt(await check(number, enquiry), put.ids())
    decisions, exposures = checking.page_rows(
        cards, organization_id=who.organization_id, patient_id=number, shown_to=str(who.practitioner_id), now=put.at
    )
    async with pool.transaction() as tx:
        await keep_decisions(tx, decisions)
        await keep_exposures(tx, exposures)
        for row in decisions:
            await audit(tx, who, Action.RECOGNITION_CHECK, put.at, Entity("recognition-decision", row.id, number))
        for card in cards:
            for said, at in _answers(question, card, put.at):
                if card.id is not None:
                    choices: dict[str, str] = {str(key): one for key, one in card.choices.items()}
                    shown = PageCard(card.id, str(who.practitioner_id), choices)
                    await keep_page_response(tx, _response(shown, said, at))
    return len(decisions)


async def _known(pool: Pool, who: Principal, patient: Patient) -> UUID:
    """The patient's record, if this person may ask about it. Raises LookupError."""
    number = national_id(patient.number)
    async with pool.connection() as connection:
        held = await store.holder(connection, number) if isinstance(number, Identifier) else None
        reach = admit(who, Action.RECOGNITION_CHECK).organizations
        if held is None or await store.patient(connection, held.id, reach) is None:
            raise LookupError(f"{who.organization_id} does not know the patient of the question")
        return held.id


def _answers(question: Question, card: Card, at: datetime) -> list[tuple[ResponseBody | None, datetime]]:
    """What was said about a card and when: None undoes what was said before. Nothing where nothing could be chosen."""
    if not question.answer or not card.choices:
        return []
    then = at + timedelta(seconds=question.after)
    if question.answer in reasons.REASONS:
        return [(ResponseBody(outcome="overridden", reason=question.answer), then)]
    wanted = _MEANINGS[question.answer]
    offered = {meaning: key for key, meaning in card.choices.items()}
    choice = offered.get(wanted, offered.get("recognise-and-trim", offered["recognise-and-keep"]))
    said: list[tuple[ResponseBody | None, datetime]] = [(ResponseBody(outcome="accepted", choice=choice), then)]
    return [*said, (None, then + UNTIL_UNDONE)] if question.answer == "undone" else said


def _response(card: PageCard, said: ResponseBody | None, at: datetime) -> Response:
    if said is None:
        return Response(card.card, "withdrawn", at, [], "", "", "", at)
    return checking.response(card, said, at)


async def caught_up(pool: Pool) -> None:
    """Wait until the server's registry knows what has happened. Raises TimeoutError when it does not come to."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with pool.connection() as connection:
                said = [{"name": name, "kinds": sorted(kinds)} for name, kinds in KINDS.items()]
                found = [await fetch_one(connection, queries["unknown"], one, _Unknown) for one in said]
            if all(one is not None and not one.unknown for one in found):
                return
            await asyncio.sleep(LOOK_AGAIN)
