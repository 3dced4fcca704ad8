"""A county in which decisions are made while everything they rest on changes, all through the real stores.

Between one round of decisions and the next something happens: laboratories correct and take back, records are linked
and parted, marks are withdrawn, a new document is issued, a member leaves.  Seeded: two runs meet the same people.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from telemed.cds.answering import decision_row
from telemed.cds.deciding import Registry
from telemed.cds.request import Asked, AskedOrder, Person
from telemed.demo import laboratory
from telemed.events import log
from telemed.patients import resolving
from telemed.patients.links import Ground
from telemed.patients.resolving import Why
from telemed.recognition import rules_store
from telemed.recognition.catalogue_files import read_catalogues
from telemed.recognition.granting_files import read_parameters
from telemed.recognition.laboratory_results import LOINC
from telemed.recognition.ledger import keep_decisions
from telemed.recognition.order import Context
from telemed.recognition.quality import (
    Agreement,
    Change,
    IssuerDecision,
    Outcome,
    QualityEvaluation,
    QualityFact,
    Revocation,
    Ruling,
    Verification,
)
from telemed.recognition.rule_book import RuleBook
from telemed.recognition.rule_set import Parameters
from telemed.recognition.rules import Basis, Catalogue, Code, Scope
from telemed.results import code_map, senders
from telemed.results.code_map import CodeMaps
from telemed.results.intake import Intake
from telemed.results.senders import Names
from tests.bench import people
from tests.integration.recognition.registered import CHEST, LONGAN, Registered, person

ZONE = ZoneInfo("Asia/Shanghai")
MAPS = Path(__file__).parents[2] / "config" / "recognition" / "maps"
#: Until the registry knows what has happened to everybody.
CATCH_UP_SECONDS = 1800
#: Orders of one call.
ORDERS = 12
ENCOUNTERS = ("outpatient", "inpatient", "checkup", "emergency")
ROUND, NATIONAL = "国家临检中心生化室间质评", Scope("national", "", "全国HR")
PANELS = laboratory.read().panels
#: One way of saying each item: 随访 says some of them again, in other units.
ANALYTES = tuple(
    (panel, one)
    for name, panel in PANELS.items()
    if not name.startswith(("follow-up", "hba1c"))
    for one in panel.analytes
)


@dataclass
class Resident:
    """Somebody of the county.  filed: what laboratories filed results under, the first with the identity number."""

    who: people.Written
    number: int
    record: UUID | None = None
    other: UUID | None = None


@dataclass
class Decided:
    """registered: the county the story begins in.  made: how many decisions each round has kept."""

    registered: Registered
    residents: list[Resident]
    chance: random.Random
    made: dict[str, int] = field(default_factory=dict[str, int])
    verdicts: dict[str, int] = field(default_factory=dict[str, int])
    parameters: Parameters = field(default_factory=Parameters)
    maps: CodeMaps = field(default_factory=lambda: _maps("2026-01-01"))
    book: RuleBook = field(default_factory=RuleBook)
    _evaluations: list[str] = field(default_factory=list[str])
    #: When the blood of a report was taken: a correction says it again.
    _taken: dict[tuple[int, str], datetime] = field(default_factory=dict[tuple[int, str], datetime])

    # -- rounds of decisions

    async def round(self, name: str) -> None:
        """Everybody is asked about once, twelve orders a call, and every decision is kept."""
        county = self.registered.county
        async with county.pool.connection() as connection:
            await connection.execute("analyze")  # what the server does by itself within a minute
        await self.registered.catch_up(CATCH_UP_SECONDS)

        async def can_fetch(_result: str) -> bool:
            return self.registered.images

        registry = Registry(county.pool, self.book, can_fetch, lambda: datetime.now(UTC), parameters=self.parameters)
        kept = 0
        for one in self._asked():
            decided = await registry(one)
            now = datetime.now(UTC)
            rows = [
                decision_row(
                    each,
                    uuid4(),
                    organization_id=one.organization_id,
                    client_id=None,
                    patient_id=decided.patient_id,
                    now=now,
                )
                for each in decided.answered
            ]
            async with county.pool.transaction() as tx:
                await keep_decisions(tx, rows)
            kept += len(rows)
            for row in rows:
                word = "none" if row.verdict is None else str(row.verdict)
                self.verdicts[word] = self.verdicts.get(word, 0) + 1
        self.made[name] = kept

    def _asked(self) -> Iterator[Asked]:
        county = self.registered.county
        yield self._call(person(), county.center, (CHEST,))
        for one in self.residents:
            codes = [Code(LOINC, analyte.code) for _, analyte in self.chance.sample(ANALYTES, ORDERS)]
            by = self.chance.choice((county.center, county.township))
            number = one.who.number
            known = Person(() if number is None else (number,), (), one.who.name, one.who.birth_date, one.who.sex)
            yield self._call(known, by, codes)

    def _call(self, whom: Person, by: UUID, codes: Sequence[Code]) -> Asked:
        context = Context(self.chance.choice(ENCOUNTERS), pre_operative=self.chance.random() < 0.1)
        orders = tuple(
            AskedOrder(f"ServiceRequest/{at}", frozenset({code}), context, None, answered=False, resource={})
            for at, code in enumerate(codes)
        )
        return Asked(
            hook="order-select",
            hook_instance=uuid4(),
            client_id=uuid4(),
            organization_id=by,
            user="Practitioner/1",
            patient_id="p1",
            encounter_id=None,
            person=whom,
            context=context,
            orders=orders,
            as_of=datetime.now(UTC),
        )

    # -- what happens between them

    async def first_reports(self) -> None:
        """Two laboratories are enrolled, evaluated and agreed upon; everybody's blood was taken within the week."""
        county = self.registered.county
        async with county.pool.transaction() as tx:
            for code in ("LA01", "LA11", "LA12"):
                await senders.enrol(tx, Names("LIS", code), code, datetime.now(UTC))
        await self._fact(county.center, self._passed("2026-1"))
        for place in (county.township, county.other_township):
            await self._fact(place, self._agreement(place))
        for one in self.residents:
            await self._report(one, "LA01" if one.number % 2 else "LA11", days=self.chance.randrange(1, 6))
        await self._note_records()

    async def amended(self) -> None:
        """A third of the reports come again with other values, by a newer code map."""
        self.maps = _maps("2026-02-01")
        for one in self.residents[::3]:
            await self._report(one, "LA01" if one.number % 2 else "LA11", days=None, status="C")

    async def taken_back(self) -> None:
        """A tenth of the reports are cancelled by their laboratories."""
        for one in self.residents[1::10]:
            await self._report(one, "LA01" if one.number % 2 else "LA11", days=None, status="X")

    async def linked(self) -> None:
        """Another laboratory knows half of the people by its own number only; a person says who they are."""
        for one in self.residents[::2]:
            await self._report(one, "LA12", days=self.chance.randrange(1, 4), own_number=True)
        await self._note_records()
        why = self._why(Ground.REVIEWED)
        for one in self.residents[::2]:
            if one.record is not None and one.other is not None:
                async with self.registered.county.pool.transaction() as tx:
                    await resolving.link(tx, one.record, one.other, why, datetime.now(UTC))

    async def joined(self) -> None:
        """The member whose results were of no use so far joins the community."""
        await self._member(self.registered.county.other_township, "2026-01-01", None)

    async def parted(self) -> None:
        """Half of the links are taken back, some of them for good."""
        for at, one in enumerate(self.residents[::4]):
            if one.record is None or one.other is None:
                continue
            async with self.registered.county.pool.transaction() as tx:
                now = datetime.now(UTC)
                await resolving.take_back(tx, one.record, one.other, self._why(Ground.TAKEN_BACK), now)
                if at % 3 == 0:
                    await resolving.never_link(tx, one.record, one.other, self._why(Ground.REVIEWED), now)

    async def withdrawn(self) -> None:
        """The issuer withdraws the mark of one laboratory, back to a month ago."""
        now = datetime.now(UTC)
        keys = frozenset(sorted(_keys())[::2])
        ruling = IssuerDecision(
            str(uuid4()), ROUND, keys, Ruling.WITHDRAW, now, now, retroactive_from=now - timedelta(days=30)
        )
        await self._fact(self.registered.county.center, ruling)

    async def suspended(self) -> None:
        """A laboratory changes its method."""
        now = datetime.now(UTC)
        await self._fact(self.registered.county.township, Change(str(uuid4()), _keys(), now - timedelta(days=9), now))

    async def new_document(self) -> None:
        """The community issues its next document, in force from today on, with shorter windows and one item less."""
        today = datetime.now(ZONE).date()
        before = next(one for one in read_catalogues().catalogues if one.series == "community-catalogue")
        async with self.registered.county.pool.transaction() as tx:
            done = await rules_store.install(tx, [_next(before, today)], datetime.now(UTC), uuid4)
        assert done.refused == ()
        assert len(done.new) == 1

    async def other_parameters(self) -> None:
        """The county asks for two signatures under images and believes probes for five minutes only."""
        both = MappingProxyType({"laboratory": 0, "imaging": 2, "ultrasound": 2, "ecg": 2})
        self.parameters = Parameters(signatures=both, probe_minutes=5, earliest=date(2000, 1, 1))

    async def verified(self) -> None:
        """The changed method is verified, the withdrawn mark given back."""
        county, now = self.registered.county, datetime.now(UTC)
        await self._fact(county.township, Verification(str(uuid4()), _keys(), now - timedelta(days=8), now))
        await self._fact(county.center, IssuerDecision(str(uuid4()), ROUND, _keys(), Ruling.REINSTATE, now, now))

    async def revoked(self) -> None:
        """The programme takes its evaluation back."""
        now = datetime.now(UTC)
        await self._fact(
            self.registered.county.center, Revocation(str(uuid4()), self._evaluations[0], now - timedelta(days=2), now)
        )

    async def images_away(self) -> None:
        """The archive does not give the images, and the study is somebody else's to look at."""
        self.registered.images = False
        self.parameters = replace(self.parameters, probe_minutes=1)

    async def left(self) -> None:
        """A member leaves the community."""
        await self._member(self.registered.county.township, "2025-01-01", datetime.now(ZONE).date())

    @property
    def chapters(self) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """What happens before each round, in its order."""
        return (
            ("first reports", self.first_reports),
            ("amendments under a newer code map", self.amended),
            ("cancellations", self.taken_back),
            ("links", self.linked),
            ("a member joins", self.joined),
            ("links taken back, never-link", self.parted),
            ("a mark withdrawn back to a month ago", self.withdrawn),
            ("a method changed", self.suspended),
            ("a new document", self.new_document),
            ("other parameters", self.other_parameters),
            ("verified and given back", self.verified),
            ("an evaluation revoked", self.revoked),
            ("images away", self.images_away),
            ("a member leaves", self.left),
        )

    # -- by the stores

    async def _report(
        self, one: Resident, place: str, *, days: int | None, status: str = "F", own_number: bool = False
    ) -> None:
        """What a laboratory's system sends.  days: since the blood was taken, None: the report that is there."""
        now = datetime.now(UTC)
        if days is not None:
            self._taken[one.number, place] = now.astimezone(ZONE) - timedelta(days=days)
        content = message(one, place, self._taken[one.number, place], self.chance, status=status, own_number=own_number)
        answer = await Intake(self.registered.county.pool, ZONE, self.maps).take(content, "127.0.0.1", now)
        assert b"MSA|AA|" in answer, answer.decode("gb18030")

    async def _note_records(self) -> None:
        """Which record each laboratory's results of a person went to."""
        query = (
            "select distinct l.number, v.patient_id from laboratory_report l"
            " join laboratory_report_version v on v.report_id = l.id"
        )
        async with self.registered.county.pool.connection() as connection:
            found: dict[str, UUID] = dict(await (await connection.execute(query)).fetchall())
        for one in self.residents:
            one.record = found.get(f"F{one.number}-LA01") or found.get(f"F{one.number}-LA11")
            one.other = found.get(f"F{one.number}-LA12")

    async def _member(self, place: UUID, since: str, until: date | None) -> None:
        async with self.registered.county.pool.transaction() as tx:
            await tx.execute("delete from community_membership where organization_id = %s", (place,))
            await tx.execute(
                "insert into community_membership (organization_id, valid_from, valid_until) values (%s, %s, %s)",
                (place, since, until),
            )
            await log.append(tx, "organization.changed", place, ["admin"])

    async def _fact(self, place: UUID, fact: QualityFact) -> None:
        county = self.registered.county
        by = county.people["shen"].principal.practitioner_id
        async with county.pool.transaction() as tx:
            await rules_store.record(tx, place, fact, by=by, now=datetime.now(UTC), parameters=read_parameters())

    def _passed(self, name: str) -> QualityEvaluation:
        now = datetime.now(UTC)
        self._evaluations.append(str(uuid4()))
        return QualityEvaluation(
            id=self._evaluations[-1],
            programme=ROUND,
            organization_id=str(self.registered.county.center),
            item_keys=_keys(),
            basis=Basis.EQA,
            scope=NATIONAL,
            round=name,
            period_begins=now - timedelta(days=90),
            period_ends=now - timedelta(days=60),
            outcome=Outcome.PASS,
            published_at=now - timedelta(days=50),
            known_from=now,
        )

    def _agreement(self, place: UUID) -> Agreement:
        now = datetime.now(UTC)
        return Agreement(
            id=str(uuid4()),
            organization_id=str(place),
            item_keys=_keys(),
            basis=Basis.COMMUNITY_DOCUMENT,
            scope=LONGAN,
            begins=now - timedelta(days=100),
            ends=now + timedelta(days=100),
            known_from=now,
        )

    def _why(self, ground: Ground) -> Why:
        by = self.registered.county.people["shen"].principal.practitioner_id
        return Why(ground, decided_by=by, note="同一人")


def begun(registered: Registered, count: int, seed: int) -> Decided:
    """The story before its first chapter."""
    made = people.County(seed).people(count)
    return Decided(registered, [Resident(one, at) for at, one in enumerate(made)], random.Random(seed))


def _maps(version: str) -> CodeMaps:
    """The shipped maps under another version."""
    files = [(path.name, path.read_bytes().replace(b"2026-01-01", version.encode())) for path in MAPS.glob("*.toml")]
    found = code_map.read(files)
    assert isinstance(found, CodeMaps), found
    return found


def _keys() -> frozenset[str]:
    """The items of everything the laboratories measure."""
    codes = {Code(LOINC, analyte.code) for _, analyte in ANALYTES}
    found = next(one for one in read_catalogues().catalogues if one.series == "community-catalogue")
    return frozenset(key for key, item in found.items.items() if item.codes & codes)


def _next(before: Catalogue, day: date) -> Catalogue:
    shorter = {
        key: replace(item, window=replace(item.window, days=max(1, item.window.days // 2)), price=item.price + 100)
        for key, item in before.items.items()
        if key != "lab.potassium"
    }
    return replace(before, number="龙医共体(演示)〔2026〕3号", first_day=day, items=shorter)


def message(
    one: Resident, place: str, taken: datetime, chance: random.Random, *, status: str, own_number: bool
) -> bytes:
    """A report of every panel as HL7 v2 in GB18030."""
    reported = datetime.now(ZONE) if status != "F" else taken + timedelta(hours=3)
    proof = "" if own_number or one.who.number is None else f"~{one.who.number.value}^^^CN^NNCHN"
    after = f"{'|' * 7}{_written(reported)}||LAB|{status}"
    lines = [
        f"MSH|^~\\&|LIS|{place}|TELEMED|LONGAN|{_written(reported)}||ORU^R01|{uuid4().hex[:20]}|P|2.5.1||||||GB18030",
        f"PID|1||{one.number:06d}^^^{place}^MR{proof}||{one.who.name}||{one.who.birth_date:%Y%m%d}|{one.who.sex.value}",
        f"OBR|1||F{one.number}-{place}^LIS|ALL^全项^LOCAL|||{_written(taken)}||||||||Ser&血清&LOCAL{after}",
    ]
    for line, (_, analyte) in enumerate(ANALYTES if status != "X" else (), start=1):
        share = chance.uniform(-0.05, 1.05)
        value = max(0.0, analyte.low + share * (analyte.high - analyte.low))
        flag = "H" if value > analyte.high else "L" if value < analyte.low else "N"
        lines.append(
            f"OBX|{line}|NM|{analyte.code}^{analyte.name}^LN||{value:.{analyte.places}f}|{analyte.unit}"
            f"|{analyte.low:.{analyte.places}f}-{analyte.high:.{analyte.places}f}|{flag}|||{status}|||{_written(taken)}"
            f"|||{analyte.method}^LOCAL|AU5800"
        )
    return ("\r".join(lines) + "\r").encode("gb18030")


def _written(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S")
