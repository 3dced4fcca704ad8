"""A month folded from the rows of the ledger in plain Python: the second opinion on the product's SQL.

It reads the tables as they are and imports nothing of telemed. It knows the definitions only from
docs/reference/indicators.md.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection
from psycopg.rows import dict_row

Line = tuple[UUID | None, str, str, str]
Row = dict[str, Any]
NOT_COUNTED = {"R7", "T1"}
REASONS = "urn:cn:hr:retest-reason"


@dataclass(frozen=True)
class Setting:
    first: datetime
    end: datetime
    at: datetime
    zone: ZoneInfo
    look_back: int
    ignored_hours: int
    re_order_days: int
    net_days: int
    opinion_fee: int
    doses: Mapping[tuple[str, str], int]
    kilometres: Mapping[str, int]

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


@dataclass
class Ledger:
    decisions: dict[UUID, Row]
    cards: dict[UUID, Row]
    about: dict[UUID, list[UUID]]
    answers: dict[UUID, Row]
    knowledge: list[Row]
    documents: list[Row]
    codes: dict[UUID, str]
    registered: list[Row]
    known: set[tuple[UUID, UUID]]
    visits: dict[UUID, UUID]
    told: list[Row]
    same: dict[UUID, UUID]
    of_decision: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    async def read(cls, connection: AsyncConnection[Any]) -> Ledger:
        async def rows(statement: str) -> list[Row]:
            async with connection.cursor(row_factory=dict_row) as cursor:
                await cursor.execute(statement.encode())
                return await cursor.fetchall()

        answers: dict[UUID, Row] = {}
        for one in await rows("select * from recognition_response order by outcome_at, received_at, id"):
            answers[one["card"]] = one
        about: dict[UUID, list[UUID]] = defaultdict(list)
        made = cls(
            {one["id"]: one for one in await rows("select * from recognition_decision")},
            {one["card"]: one for one in await rows("select * from recognition_exposure")},
            about,
            answers,
            await rows("select * from recognition_knowledge order by id"),
            await rows("select * from catalogue_version"),
            {one["id"]: one["code"] for one in await rows("select id, code from organization")},
            await rows("select * from service_request"),
            {(one["organization_id"], one["patient_id"]) for one in await rows("select * from patient_organization")},
            {one["id"]: one["organization_id"] for one in await rows("select * from encounter")},
            await rows("select * from encounter_version order by told_at, act_rank, known_from, id"),
            {one["id"]: one["same_as_id"] or one["id"] for one in await rows("select * from patient")},
        )
        for one in await rows("select * from recognition_exposure_decision order by decision_id"):
            about[one["card"]].append(one["decision_id"])
            made.of_decision[one["decision_id"]].append(one["card"])
        return made

    def attended(self, decision: Row) -> bool:
        """Whether a decision tells of an attendance: not where somebody only read what others' patients have."""
        if decision["patient_id"] is None:
            return False
        return decision["client_id"] is not None or (decision["organization_id"], decision["patient_id"]) in self.known

    def latest(self, kind: str, thing: str, upto: int | None = None) -> dict[str, Any] | None:
        found = [
            one
            for one in self.knowledge
            if one["kind"] == kind and one["thing"] == thing and (upto is None or one["id"] <= upto)
        ]
        return json.loads(found[-1]["content"]) if found and found[-1]["content"] else None

    def price_and_place(self, basis: Mapping[str, str]) -> tuple[int, str, str]:
        for one in self.documents:
            if (one["issuer"], one["series"], one["number"]) == (basis["issuer"], basis["series"], basis["number"]):
                item = json.loads(one["content"])["items"].get(basis["item_key"])
                if item is not None:
                    return int(item.get("price", 0)), item.get("modality") or "", item.get("body_site") or ""
        return 0, "", ""


@dataclass
class Found:
    """One result of one decision."""

    decision: Row
    key: str
    candidate: dict[str, Any]
    known: dict[str, Any]
    first: bool
    covered: bool

    @property
    def piece(self) -> str:
        return "/".join(self.candidate["candidate_id"].split("/")[:2])

    @property
    def offers(self) -> bool:
        return self.first and self.candidate["verdict"] in {"must-offer", "may-offer"}

    @property
    def producer(self) -> UUID:
        return UUID(self.known["acquiring_id"])

    @property
    def sure(self) -> bool:
        return all(
            one["outcome"] == "pass"
            for one in self.candidate["findings"]
            if one["gate"] in {"identity", "mapping", "G1"}
        )


def _found(ledger: Ledger, decision: Row) -> Iterable[Found]:
    trace = json.loads(decision["trace"])
    for analyte in trace["analytes"]:
        for number, one in enumerate(analyte["candidates"]):
            known = ledger.latest("candidate", one["candidate_id"], decision["known_upto"])
            assert known is not None
            yield Found(decision, analyte["key"], one, known, number == 0, analyte["key"] in trace["covered"])


def _code(known: Mapping[str, Any]) -> tuple[str, str]:
    code = known["code"] if known["mapping"] is None else known["mapping"]["code"]
    return code["system"], code["code"]


def _when(known: Mapping[str, Any]) -> datetime | None:
    said = known["collected_at"] or known["acquired_at"]
    return datetime.fromisoformat(said) if said else None


def _again(ledger: Ledger, setting: Setting, one: Found, all_of: Iterable[Found], since: datetime) -> Row | None:
    """The first examination of the same kind that the same person had afterwards."""
    patient = str(one.decision["patient_id"])
    records = {patient}
    for row in ledger.knowledge:
        if row["kind"] == "identity" and row["subject"] == patient:
            said = ledger.latest("identity", row["thing"])
            if said is not None and said["state"] == "auto":
                records.add(said["filed_patient_id"])
    codes = {_code(each.known) for each in all_of if each.key == one.key} | {("urn:cn:county:item-key", one.key)}
    if len(json.loads(one.decision["trace"])["analytes"]) == 1:
        codes |= {(each["system"], each["code"]) for each in json.loads(one.decision["asked"])["codes"]}
    later: list[tuple[datetime, str, Row]] = []
    for thing in {row["thing"] for row in ledger.knowledge if row["kind"] == "candidate"}:
        known = ledger.latest("candidate", thing)
        if known is None or known["patient_id"] not in records or known["status"] in {"cancelled", "entered-in-error"}:
            continue
        when = _when(known)
        if when and since < when <= since + timedelta(days=setting.net_days) and _code(known) in codes:
            later.append((when, thing, known))
    return {"at": min(later)[0], "by": UUID(min(later)[2]["acquiring_id"])} if later else None


def fold(ledger: Ledger, setting: Setting) -> dict[Line, int]:
    """Every count of the month that is not nought."""
    counts: Counter[Line] = Counter()
    times: dict[Line, list[int]] = defaultdict(list)

    def add(member: UUID, code: str, value: int = 1, *, cut: str = "member", key: str = "") -> None:
        counts[member, cut, key, code] += value
        if cut != "doctor":
            counts[None, cut, key, code] += value

    def within(moment: datetime) -> bool:
        return setting.first <= moment < setting.end

    month = [one for one in ledger.decisions.values() if within(one["decided_at"])]
    found = {one["id"]: list(_found(ledger, one)) for one in month if one["patient_id"] is not None}
    _pieces(ledger, setting, found, add)
    _cards(ledger, setting, add, times, within)
    _offers(ledger, setting, found, add)
    asked: set[tuple[UUID, UUID]] = set()
    for one in month:
        member = one["organization_id"]
        add(member, "decisions")
        surfaces = sorted(ledger.cards[card]["surface"] for card in ledger.of_decision[one["id"]])
        silent = "page-silent" if one["client_id"] is None else "system-silent"
        add(member, f"source:{surfaces[0] if surfaces else silent}")
        order = one["order_reference"]
        if one["verdict"] == "exempt" and order and not order.startswith("result/"):
            add(member, "exempt")
        if ledger.attended(one):
            asked.add((member, one["patient_id"]))
    for member, _ in asked:
        add(member, "asked")
    _attending(ledger, setting, asked, add)
    for line, took in times.items():
        counts[line] = sorted(took)[(len(took) - 1) // 2]
    return {line: value for line, value in counts.items() if value}


def _attending(ledger: Ledger, setting: Setting, asked: set[tuple[UUID, UUID]], add: Any) -> None:
    """Who attended, by which source, and about whom of these nobody asked."""
    registered = {
        (one["organization_id"], one["patient_id"])
        for one in ledger.registered
        if setting.first <= one["registered_at"] < setting.end
    }
    people_asked = {(member, ledger.same[record]) for member, record in asked}
    people_known = people_asked | {(member, ledger.same[record]) for member, record in registered}
    for member, _ in asked | registered:
        add(member, "attending")
    for member, record in registered:
        add(member, "attending-registered")
        if (member, ledger.same[record]) not in people_asked:
            add(member, "unasked-registered")
    for visitor in _visitors(ledger, setting):
        add(visitor[0], "attending-adt")
        if visitor not in people_known:
            add(visitor[0], "attending")
        if visitor not in people_asked:
            add(visitor[0], "unasked-adt")


def _visitors(ledger: Ledger, setting: Setting) -> set[tuple[UUID, UUID]]:
    """Whoever began a visit in the month by what its member's system said last, unless that was taken back."""
    found: set[tuple[UUID, UUID]] = set()
    for visit, member in ledger.visits.items():
        told = [one for one in ledger.told if one["encounter_id"] == visit]
        stands, day = True, None
        for one in told:
            if one["act"] in {"admitted", "registered"}:
                stands = True
            elif one["act"] == "admission-cancelled":
                stands = False
            if one["began_day"] is not None:
                day = one["began_day"] if one["began_at"] is None else setting.day(one["began_at"])
        if stands and day is not None and setting.day(setting.first) <= day < setting.day(setting.end):
            found.add((member, ledger.same[told[-1]["patient_id"]]))
    return found


def _pieces(  # noqa: C901, PLR0912 (read beside its definition, from top to bottom)
    ledger: Ledger, setting: Setting, found: Mapping[UUID, list[Found]], add: Any
) -> None:
    fates: dict[tuple[UUID, UUID, str, str], tuple[datetime | None, str]] = {}
    own: set[tuple[UUID, UUID, str]] = set()
    marks: dict[tuple[UUID, UUID, str], bool] = {}
    for lines in found.values():
        for one in lines:
            member, patient = one.decision["organization_id"], one.decision["patient_id"]
            shown = ledger.of_decision[one.decision["id"]]
            if one.candidate["prints_hr"] == "true" and shown:
                stands = _stands(ledger, one)
                marks[member, patient, one.piece] = marks.get((member, patient, one.piece), True) and stands
            if not one.sure or one.decision["verdict"] == "exempt" or "anchor" not in one.candidate:
                continue
            if not ledger.attended(one.decision):
                continue
            anchor = datetime.fromisoformat(one.candidate["anchor"])
            if not 0 <= (setting.day(one.decision["as_of"]) - setting.day(anchor)).days <= setting.look_back:
                continue
            if one.producer == member:
                own.add((member, patient, one.piece))
                continue
            for key in ("", one.key):
                name = member, patient, one.piece, key
                fates.setdefault(name, (None, "silent"))
                for card in shown:
                    said = ledger.answers.get(card)
                    fate = None if said is None else _fate(said, one)
                    last = fates[name][0]
                    if said is not None and fate is not None and (last is None or last < said["outcome_at"]):
                        fates[name] = said["outcome_at"], fate
    for (member, _, _, key), (_, fate) in fates.items():
        where = {"cut": "item", "key": key} if key else {}
        if fate == "not-counted":
            add(member, fate, **where)
            continue
        add(member, "existing", **where)
        if fate in {"recognised", "refused"}:
            add(member, fate, **where)
    for member, _, _ in own:
        add(member, "own")
    for (member, _, _), stands in marks.items():
        add(member, "marks")
        if not stands:
            add(member, "marks-unfounded")


def _fate(said: Row, one: Found) -> str | None:
    if said["outcome"] == "accepted":
        return "recognised" if one.offers else None
    if said["outcome"] == "overridden":
        excused = said["reason_system"] == REASONS and said["reason_code"] in NOT_COUNTED
        return "not-counted" if excused else "refused"
    return None


def _stands(ledger: Ledger, one: Found) -> bool:
    grant = ledger.latest("grant", one.candidate["grant_id"]) if "grant_id" in one.candidate else None
    if grant is None:
        return False
    anchor = datetime.fromisoformat(one.candidate["anchor"])
    if not datetime.fromisoformat(grant["begins"]) <= anchor < datetime.fromisoformat(grant["ends"]):
        return False
    return not grant["withdrawn_from"] or anchor < datetime.fromisoformat(grant["withdrawn_from"])


def _asked_again(ledger: Ledger, setting: Setting, card: UUID) -> bool:
    """Whether another card about the same order asked later, within the hours after which this one is ignored."""

    def orders(number: UUID) -> set[tuple[Any, ...]]:
        decisions = [ledger.decisions[one] for one in ledger.about[number]]
        return {
            (one["organization_id"], one["patient_id"], one["order_reference"])
            for one in decisions
            if one["patient_id"] is not None and one["order_reference"]
        }

    shown = ledger.cards[card]["shown_at"]
    until = min(shown + timedelta(hours=setting.ignored_hours), setting.at)
    return any(
        bool(other["suggestions"]) and shown < other["shown_at"] <= until and bool(orders(card) & orders(number))
        for number, other in ledger.cards.items()
    )


def _unanswered(ledger: Ledger, setting: Setting, card: UUID) -> str:
    one = ledger.cards[card]
    if not one["suggestions"]:
        return "informed"
    if _asked_again(ledger, setting, card):
        return "superseded"
    return "ignored" if one["shown_at"] + timedelta(hours=setting.ignored_hours) <= setting.at else "open"


def _cards(ledger: Ledger, setting: Setting, add: Any, times: dict[Line, list[int]], within: Any) -> None:
    for card, one in ledger.cards.items():
        if not within(one["shown_at"]):
            continue
        member = ledger.decisions[ledger.about[card][0]]["organization_id"]
        said = ledger.answers.get(card)
        fate = _unanswered(ledger, setting, card) if said is None else said["outcome"]
        codes = [fate] + (["shown"] if fate not in {"informed", "superseded"} else [])
        if said is not None and fate in {"accepted", "overridden"}:
            took = max(0, (said["outcome_at"] - one["shown_at"]) // timedelta(milliseconds=1))
            for line in ((member, "member", ""), (None, "member", ""), (member, "doctor", one["shown_to"])):
                times[*line, "decision-time"].append(took)
            codes += ["under-second"] if took < 1000 else []
        if fate == "overridden" and said is not None:
            codes.append(f"reason:{said['reason_code'] if said['reason_system'] == REASONS else ''}")
        keys = {
            each.key
            for decision in ledger.about[card]
            for each in _found(ledger, ledger.decisions[decision])
            if each.offers
        }
        for code in codes:
            add(member, code)
            add(member, code, cut="doctor", key=one["shown_to"])
            for key in keys:
                add(member, code, cut="item", key=key)


def _offers(  # noqa: C901, PLR0912 (read beside its definition, from top to bottom)
    ledger: Ledger, setting: Setting, found: Mapping[UUID, list[Found]], add: Any
) -> None:
    """The last answer about an offer counts; without any, that nobody answered."""
    offers: dict[tuple[Any, ...], tuple[tuple[bool, datetime], Found, Row, Row | None]] = {}
    for lines in found.values():
        for one in lines:
            member = one.decision["organization_id"]
            if not one.offers or one.producer == member:
                continue
            for number in ledger.of_decision[one.decision["id"]]:
                card, said = ledger.cards[number], ledger.answers.get(number)
                late = card["shown_at"] + timedelta(hours=setting.ignored_hours) <= setting.at
                if not card["suggestions"] or (said is None and not late) or (said and said["outcome"] == "withdrawn"):
                    continue
                rank = (said is not None, said["outcome_at"] if said else card["shown_at"])
                name = member, one.decision["patient_id"], one.key, one.piece
                if name not in offers or offers[name][0] < rank:
                    offers[name] = rank, one, card, said
    trips: set[tuple[UUID, UUID, date]] = set()
    for (member, patient, key, _), (rank, one, card, said) in offers.items():
        again = _again(ledger, setting, one, found[one.decision["id"]], rank[1])
        soon = again is not None and again["at"] <= rank[1] + timedelta(days=setting.re_order_days)
        codes: dict[str, int] = {}
        if said is None:
            codes["ignored-items"] = 1
            if again is not None and soon:
                codes["ignored-here" if again["by"] == member else "ignored-elsewhere"] = 1
        elif said["outcome"] == "accepted":
            codes["accepted-items"] = 1
            codes["accepted-again"] = int(soon)
            chosen = {card["suggestions"][str(each)] for each in said["accepted"]}
            trimmed = "recognise-and-trim" in chosen
            if chosen & {"recognise-and-cancel", "recognise-and-trim"} and (one.covered or not trimmed) and not soon:
                price, modality, site = ledger.price_and_place(one.candidate["basis"])
                codes["savings-gross"] = price
                codes["savings-retests"] = price if again is not None else 0
                codes["opinion-fees"] = setting.opinion_fee if modality else 0
                codes["dose"] = setting.doses.get((modality, site), setting.doses.get((modality, ""), 0))
                trips.add((member, patient, setting.day(rank[1])))
        for code, value in codes.items():
            add(member, code, value)
            add(member, code, value, cut="item", key=key)
    for member, _, _ in trips:
        add(member, "trips")
        add(member, "trip-kilometres", 2 * setting.kilometres.get(ledger.codes[member], 0))
