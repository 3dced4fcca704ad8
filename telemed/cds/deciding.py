"""The registry behind the hooks: who the patient is, what is known of the results, and what the rules make of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from telemed.cds.registry import Analyte, Answered, Decided, Enquiry, Shown
from telemed.cds.request import Asked, AskedOrder, Person
from telemed.db import Connection, Pool
from telemed.patients import candidates, store
from telemed.patients.identity import Person as Told
from telemed.patients.matching import Outcome, Record, compare
from telemed.recognition.decide import decide
from telemed.recognition.decision import CandidateVerdict, Decision
from telemed.recognition.documents import asked as items_asked
from telemed.recognition.facts import Candidate, Facts, Probe
from telemed.recognition.facts_store import Head, Row, facts_of, head, know
from telemed.recognition.order import Context, Order
from telemed.recognition.replay import keep_rules
from telemed.recognition.rule_book import RuleBook
from telemed.recognition.rule_set import Parameters, RuleSet
from telemed.recognition.rules import Code, Item
from telemed.recognition.trace import inputs_hash, rules_hash

_NAMESPACE = UUID("9b1c0a50-8a53-5b0e-9d55-0e7f4d9a7f10")

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
        knowledge, rules, facts, orders = await self._gathered(asked, str(patient))
        if await self._probed(facts, rules, orders, asked.as_of):
            knowledge, rules, facts, orders = await self._gathered(asked, str(patient))
        return tuple(
            _answered(reference, order, context, facts, rules, asked.as_of, knowledge)
            for reference, order, context in orders
        )

    async def _gathered(self, asked: Enquiry, patient: str) -> tuple[Head, RuleSet, Facts, list[Put]]:
        async with self.pool.connection() as connection:
            knowledge = await head(connection)
            rules = await self.rules.at(connection, asked.as_of, knowledge.id, self.parameters)
            orders = [_put(one, asked, patient) for one in asked.orders]
            facts = await facts_of(connection, patient, _keys(orders, rules, asked.as_of), knowledge.id)
            await self._keep(rules)
            if not asked.orders:
                orders = _one_for_each_item(facts, rules, asked, patient)
                facts = await facts_of(connection, patient, _keys(orders, rules, asked.as_of), knowledge.id)
        return knowledge, rules, facts, orders

    async def _keep(self, rules: RuleSet) -> None:
        """A decision can be made again only with the rules it was made by: they are kept before it is."""
        name = rules_hash(rules)
        if name not in self._kept:
            async with self.pool.transaction() as tx:
                await keep_rules(tx, rules)
            self._kept.add(name)

    async def _probed(self, facts: Facts, rules: RuleSet, orders: Iterable[Put], as_of: datetime) -> bool:
        """Try what has not been tried for a while; whether anything new is known."""
        wanted = {code for _, order, _ in orders for code in order.codes}
        keys = {key for code in wanted for key in rules.keys_of.get(code, frozenset())}
        stale = [
            one
            for one in facts.candidates
            if one.kind != "laboratory"
            and rules.keys_of.get(_code(one), frozenset()) & keys
            and not _fresh(one.acquired.probe, as_of, self.parameters)
        ]
        rows: list[Row] = []
        for one in stale:
            available = await self.can_fetch(one.id)
            rows.append(Row("probe", one.id, "", Probe(available, self.clock())))
        if not rows:
            return False
        async with self.pool.transaction() as tx:
            return await know(tx, rows) > 0


#: What is put to `decide`: the client's name of the order, the order, its circumstances.
Put = tuple[str, Order, Context]


async def known_person(connection: Connection, person: Person) -> UUID | None:
    """The record that is surely this person: a number with the same name and birth date; None leaves it to nobody."""
    found: set[UUID] = set()
    for number in person.identifiers:
        held = await store.holder(connection, number)
        if held is None:
            continue
        row = await candidates.record_of(connection, held.id)
        if row is None or person.name is None:
            continue
        told = Told(person.name, person.sex, person.birth_date, identifiers=frozenset(person.identifiers))
        stranger = Record(uuid5(_NAMESPACE, number.value), told)
        if compare(stranger, row.record()).outcome is Outcome.AUTO:
            found.add(held.id)
    return found.pop() if len(found) == 1 else None


def _put(one: AskedOrder, asked: Enquiry, patient: str) -> Put:
    order = Order(one.reference, patient, str(asked.organization_id), one.codes, laterality=one.laterality)
    return one.reference, order, one.context


def _one_for_each_item(facts: Facts, rules: RuleSet, asked: Enquiry, patient: str) -> list[Put]:
    codes = {min(item.codes) for item in _items(facts, rules)}
    return [
        (
            "",
            Order(f"item/{code.system}|{code.code}", patient, str(asked.organization_id), frozenset({code})),
            asked.context,
        )
        for code in sorted(codes)
    ]


def _items(facts: Facts, rules: RuleSet) -> list[Item]:
    keys = {key for one in facts.candidates for key in rules.keys_of.get(_code(one), frozenset())}
    named = _by_key(rules)
    return [named[key] for key in sorted(keys) if key in named]


def _by_key(rules: RuleSet) -> Mapping[str, Item]:
    named: dict[str, Item] = dict(rules.dictionary)
    for catalogue in rules.catalogues:
        named.update(catalogue.items)
    return named


def _code(candidate: Candidate) -> Code:
    return candidate.code if candidate.mapping is None else candidate.mapping.code


def _keys(orders: Iterable[Put], rules: RuleSet, as_of: datetime) -> list[str]:
    day = rules.parameters.day(as_of)
    return sorted({key for _, order, _ in orders for key, _ in items_asked(order, rules, day).analytes})


def _fresh(probe: Probe | None, as_of: datetime, parameters: Parameters) -> bool:
    return probe is not None and as_of - probe.checked_at <= timedelta(minutes=parameters.probe_minutes)


def _answered(  # noqa: PLR0917 (what decide looks at, in its order)
    reference: str,
    order: Order,
    context: Context,
    facts: Facts,
    rules: RuleSet,
    as_of: datetime,
    knowledge: Head,
) -> Answered:
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
        inputs_hash=inputs_hash(order, context, facts, rules, as_of, knowledge.at),
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
