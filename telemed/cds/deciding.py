"""The registry behind the hooks: who the patient is, what is known of the results, and what the rules make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from telemed.cds.registry import Analyte, Answered, Decided, Enquiry, Shown
from telemed.cds.request import Asked, AskedOrder, Person
from telemed.db import Connection, Pool
from telemed.errors import Unavailable
from telemed.patients import candidates
from telemed.patients.identity import Person as Told
from telemed.patients.matching import Outcome, Record, compare
from telemed.recognition.assessing import known_now
from telemed.recognition.canonical import Remembered, Spell
from telemed.recognition.decide import decide
from telemed.recognition.decision import CandidateVerdict, Decision
from telemed.recognition.facts import Candidate, Facts, Probe, Status
from telemed.recognition.facts_store import Head, Row, head, know
from telemed.recognition.narrowing import code_of, keys_of, narrowed
from telemed.recognition.order import Context, Order
from telemed.recognition.replay import keep_rules
from telemed.recognition.rule_book import RuleBook
from telemed.recognition.rule_set import Parameters, RuleSet
from telemed.recognition.rules import Item, item_code
from telemed.recognition.standing import Standing
from telemed.recognition.trace import inputs_hash, rules_hash

#: The id of who is asked about: no record has it.
_NOBODY = UUID(int=0)

#: Results tried at one order, the newest; their images are all of one patient and mostly of one study.
MOST_PROBES = 12
#: Seconds that looking into the archive may take of the time a doctor waits.
PROBE_SECONDS = 0.5
#: Items of one view of a patient; the page of the patient shows the rest.
MOST_ITEMS = 40
_MAY_COUNT = frozenset({Status.FINAL, Status.AMENDED, Status.CORRECTED, Status.PRELIMINARY})
_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)

#: Whether the images of a result can be fetched now, by the id of the result.
CanFetch = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True)
class Registry:
    """Answers what a hook asks.

    can_fetch: looks into the archive.  clock: aware, UTC.
    """

    pool: Pool
    rules: RuleBook
    can_fetch: CanFetch
    clock: Callable[[], datetime]
    parameters: Parameters = field(default_factory=Parameters)
    standing: Standing = field(default_factory=Standing)
    _spell: Remembered = field(default_factory=Remembered)
    _kept: set[str] = field(default_factory=set[str])

    async def __call__(self, asked: Asked) -> Decided:
        """Decide every order of a call, or for `patient-view` every item the patient has results of."""
        async with self.pool.connection() as connection:
            patient = await known_person(connection, asked.person)
        if patient is None:
            return Decided(None, ())
        return Decided(patient, await self.of_patient(patient, asked))

    async def of_patient(self, patient: UUID, asked: Enquiry) -> tuple[Answered, ...]:
        """Decide for a record that is known; whether the caller may read it is for the caller to have asked."""
        return await self._decided(patient, asked, None)

    async def of_results(self, patient: UUID, asked: Enquiry, results: Collection[str]) -> tuple[Answered, ...]:
        """Decide on every item that one of these results is of, each as if it were ordered now; orders are not read.

        results: ids of results of a record the caller may read.
        """
        return await self._decided(patient, asked, frozenset(results))

    async def rules_at(self, connection: Connection, as_of: datetime) -> RuleSet:
        """The rules in force, for what is called which item."""
        return await self.rules.at(connection, as_of, (await head(connection)).id, self.parameters)

    async def _decided(self, patient: UUID, asked: Enquiry, results: frozenset[str] | None) -> tuple[Answered, ...]:
        knowledge, rules, facts, orders = await self._gathered(asked, str(patient), results)
        if await self._probed(facts, rules, orders, asked.as_of):
            knowledge, rules, facts, orders = await self._gathered(asked, str(patient), results)
        # spelling the facts of many results takes a while; the server goes on meanwhile
        return await asyncio.to_thread(_answers, orders, facts, rules, asked.as_of, knowledge, self._spell)

    async def _gathered(
        self, asked: Enquiry, patient: str, results: frozenset[str] | None
    ) -> tuple[Head, RuleSet, Facts, list[Put]]:
        async with self.pool.connection() as connection:
            knowledge = await known_now(connection, patient)
            if knowledge is None:
                raise Unavailable(
                    "registry-behind",
                    "互认登记尚未跟上最新情况，暂不给出结论，不影响开单。",
                    "The registry has not caught up with what has happened; it gives no verdict. Ordering goes on.",
                )
            rules = await self.rules.at(connection, asked.as_of, knowledge.id, self.parameters)
            orders = [] if results is not None else [_put(one, asked, patient) for one in asked.orders]
            facts = await self.standing.facts_of(connection, patient, _keys(orders, rules, asked.as_of), knowledge)
            if not orders:
                orders = (
                    _one_for_each_item(facts, rules, asked, patient)
                    if results is None
                    else _one_for_each_of(results, facts, rules, asked, patient)
                )
                keys = _keys(orders, rules, asked.as_of)
                facts = await self.standing.beside(connection, facts, keys, knowledge.standing)
        await self._keep(rules)
        return knowledge, rules, facts, orders

    async def _keep(self, rules: RuleSet) -> None:
        """A decision can be made again only with the rules it was made by: they are kept before it is."""
        name = rules_hash(rules)
        if name not in self._kept:
            async with self.pool.transaction() as tx:
                await keep_rules(tx, rules)
            self._kept.add(name)

    async def _probed(self, facts: Facts, rules: RuleSet, orders: Iterable[Put], as_of: datetime) -> bool:
        """Try what may be offered and has not been tried for a while; whether anything new is known.

        What cannot be tried in time stays untried: the decision says so, and nobody waits for a disk.
        """
        keys = {key for _, order, _ in orders for key in keys_of(order, rules, as_of)}
        stale = [
            one
            for one in sorted(facts.candidates, key=lambda one: one.acquired_at or _LONG_AGO, reverse=True)
            if one.kind != "laboratory"
            and one.status in _MAY_COUNT
            and rules.keys_of.get(code_of(one), frozenset()) & keys
            and not _fresh(one.acquired.probe, as_of, self.parameters)
        ][:MOST_PROBES]
        if not stale:
            return False
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                tried = await asyncio.gather(*(self.can_fetch(one.id) for one in stale))
            now = self.clock()
            rows = [Row("probe", one.id, "", Probe(found, now)) for one, found in zip(stale, tried, strict=True)]
            async with self.pool.transaction() as tx:
                return bool(await know(tx, rows))
        except (TimeoutError, Unavailable):
            return False


#: What is put to `decide`: the client's name of the order, the order, its circumstances.
Put = tuple[str, Order, Context]


async def known_person(connection: Connection, person: Person) -> UUID | None:
    """The record that is surely this person: a number with the same name and birth date; None leaves it to nobody."""
    if person.name is None or not person.identifiers:
        return None
    told = Told(person.name, person.sex, person.birth_date, identifiers=frozenset(person.identifiers))
    stranger = Record(_NOBODY, told)
    found = [
        row.id
        for row in await candidates.holders_of(connection, person.identifiers)
        if compare(stranger, row.record()).outcome is Outcome.AUTO
    ]
    return found[0] if len(found) == 1 else None


def _put(one: AskedOrder, asked: Enquiry, patient: str) -> Put:
    asking = str(asked.organization_id)
    order = Order(one.reference, patient, asking, one.codes, laterality=one.laterality, contrast=one.contrast)
    return one.reference, order, one.context


def _one_for_each_item(facts: Facts, rules: RuleSet, asked: Enquiry, patient: str) -> list[Put]:
    codes = sorted({min(item.codes) for item in _items(facts, rules)})[:MOST_ITEMS]
    return [
        (
            "",
            Order(f"item/{code.system}|{code.code}", patient, str(asked.organization_id), frozenset({code})),
            asked.context,
        )
        for code in codes
    ]


def _one_for_each_of(results: frozenset[str], facts: Facts, rules: RuleSet, asked: Enquiry, patient: str) -> list[Put]:
    """By the item's own key, which no other item shares."""
    of_these = [one for one in facts.candidates if one.id in results]
    keys = sorted({key for one in of_these for key in rules.keys_of.get(code_of(one), frozenset())})
    codes = [(key, frozenset({item_code(key)})) for key in keys]
    return [
        (f"result/{key}", Order(f"result/{key}", patient, str(asked.organization_id), code), asked.context)
        for key, code in codes
    ]


def _items(facts: Facts, rules: RuleSet) -> list[Item]:
    keys = {key for one in facts.candidates for key in rules.keys_of.get(code_of(one), frozenset())}
    named = _by_key(rules)
    return [named[key] for key in sorted(keys) if key in named]


def _by_key(rules: RuleSet) -> Mapping[str, Item]:
    named: dict[str, Item] = dict(rules.dictionary)
    for catalogue in rules.catalogues:
        named.update(catalogue.items)
    return named


def _keys(orders: Iterable[Put], rules: RuleSet, as_of: datetime) -> list[str]:
    return sorted({key for _, order, _ in orders for key in keys_of(order, rules, as_of)})


def _fresh(probe: Probe | None, as_of: datetime, parameters: Parameters) -> bool:
    return probe is not None and as_of - probe.checked_at <= timedelta(minutes=parameters.probe_minutes)


def _answers(  # noqa: PLR0917 (what decide looks at, in its order)
    orders: Iterable[Put], facts: Facts, rules: RuleSet, as_of: datetime, knowledge: Head, spell: Spell
) -> tuple[Answered, ...]:
    return tuple(_answered(*one, facts, rules, as_of, knowledge, spell) for one in orders)


def _answered(  # noqa: PLR0917 (what decide looks at, in its order)
    reference: str,
    order: Order,
    context: Context,
    facts: Facts,
    rules: RuleSet,
    as_of: datetime,
    knowledge: Head,
    spell: Spell,
) -> Answered:
    facts = narrowed(facts, order, rules, as_of)
    decision = decide(order, context, facts, rules, as_of, knowledge.at)
    named = _by_key(rules)
    ordered = sorted({key for code in order.codes for key in rules.keys_of.get(code, frozenset()) if key in named})
    return Answered(
        reference=reference,
        name=named[ordered[0]].name if ordered else "",
        name_en=named[ordered[0]].name_en if ordered else "",
        order=order,
        context=context,
        decision=decision,
        rule_set=rules_hash(rules),
        inputs_hash=inputs_hash(order, context, facts, rules, as_of, knowledge.at, standing=spell),
        known_upto=knowledge.id,
        analytes={
            one.key: Analyte(named[one.key].name, min(named[one.key].codes, default=None), named[one.key].name_en)
            for one in decision.analytes
            if one.key in named
        },
        shown=_shown(decision, facts),
    )


def _shown(decision: Decision, facts: Facts) -> dict[str, Shown]:
    results = {one.id: one for one in facts.candidates}
    places = {one.id: one.name for one in facts.organizations}
    return {
        each.candidate_id: _as_shown(results[each.candidate_id], each, places)
        for analyte in decision.analytes
        for each in analyte.candidates
        if each.candidate_id in results
    }


def _as_shown(result: Candidate, verdict: CandidateVerdict, places: Mapping[str, str]) -> Shown:
    measured = result.measured
    interval = "–".join(one for one in (measured.low, measured.high) if one)
    return Shown(
        institution=places.get(result.acquiring_id, ""),
        value=" ".join(one for one in (measured.value, measured.unit) if one),
        reference=interval,
        method=measured.method_class or "",
        specimen=measured.specimen or "",
        mark=verdict.basis.label if verdict.prints_hr else "",
        abnormal=measured.abnormal,
        images=result.kind != "laboratory",
    )
