"""Grants over time from what is recorded about quality, as it was known at each moment. Pure.

Later knowledge never changes what was known before: each moment of knowledge is derived anew from what was known then,
and a row is closed when the registry learns better, never rewritten.  Domain F3 and G6, practice 7; the table of
transitions: tests/spec/grant_states.md.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from telemed.recognition.canonical import canonical, moment
from telemed.recognition.quality import (
    Agreement,
    Change,
    GrantingParameters,
    IssuerDecision,
    Outcome,
    QualityEvaluation,
    QualityFact,
    Revocation,
    Ruling,
    Verification,
)
from telemed.recognition.rules import Basis, Grant, GrantState, Scope

#: A suspension or withdrawal has no end of its own.
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
_NAMESPACE = uuid.UUID("6f6f5c0e-6a0d-5d3e-9d0b-3f6c6b1d2a47")
#: Of two facts at one moment the one that takes away comes last.
_ORDER = (Agreement, Verification, QualityEvaluation, Revocation, Change, IssuerDecision)


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a run of grants speaks of: one programme's word on one item of one member."""

    programme: str
    organization_id: str
    item_key: str
    device_id: str | None
    scope: Scope
    basis: Basis
    reader_id: str | None = None

    def goes_on(self, fact: QualityEvaluation | Agreement) -> bool:
        """Whether an evaluation or agreement is of this lineage."""
        programme, reader = _named(fact)
        return (
            programme == self.programme
            and self.item_key in fact.item_keys
            and (fact.organization_id, fact.device_id, fact.basis) == (self.organization_id, self.device_id, self.basis)
            and reader == self.reader_id
            and fact.scope == self.scope
        )

    def concerns(self, fact: QualityFact, evaluations: frozenset[str]) -> bool:
        """Whether a fact is one of this lineage's.  evaluations: the ids of those that are.

        A change of one device takes a grant that speaks for all of them; a change of another device takes none.
        """
        match fact:
            case QualityEvaluation() | Agreement():
                return self.goes_on(fact)
            case Revocation():
                return fact.evaluation_id in evaluations
            case IssuerDecision() if fact.programme != self.programme:
                return False
            case IssuerDecision() | Change() | Verification():
                same = fact.device_id is None or self.device_id is None or fact.device_id == self.device_id
                return same and self.item_key in fact.item_keys


def lineages_of(fact: QualityFact) -> tuple[Lineage, ...]:
    """The lineages a fact founds or goes on with; none for what only speaks of them."""
    if not isinstance(fact, QualityEvaluation | Agreement):
        return ()
    programme, reader = _named(fact)
    return tuple(
        Lineage(programme, fact.organization_id, key, fact.device_id, fact.scope, fact.basis, reader)
        for key in sorted(fact.item_keys)
    )


def _named(fact: QualityEvaluation | Agreement) -> tuple[str, str | None]:
    """What a lineage is named by: the programme, or the agreement itself, and who reads."""
    return (fact.programme, None) if isinstance(fact, QualityEvaluation) else (fact.id, fact.reader_id)


@dataclass(frozen=True, slots=True)
class _Held:
    """Where a lineage stands after some of its facts.

    failed: rounds failed since the last pass.  changed: the earliest change that nobody has verified.
    withdrawn_from: what a withdrawal by failures or by the issuer reaches back to.  evidence: ids since the last pass.
    """

    passed: QualityEvaluation | Agreement | None = None
    failed: frozenset[str] = frozenset()
    missed: bool = False
    revoked: bool = False
    changed: datetime | None = None
    by_issuer: bool = False
    withdrawn_from: datetime | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Segment:
    """One state over one period of valid time."""

    state: GrantState
    begins: datetime
    ends: datetime
    evidence: tuple[str, ...]
    due: datetime | None = None


def derive(facts: Iterable[QualityFact], parameters: Sequence[GrantingParameters]) -> tuple[Grant, ...]:
    """Every row of every grant of one organisation, with the period in which the registry knew it so.

    parameters: any number, of different `effective`; an evaluation older than all of them takes the first.
    Raises ValueError where there are none.
    """
    in_order = _in_order(parameters)
    found = [row for lineage, own in _by_lineage(facts) for row in _knowledge(lineage, own, in_order)]
    return tuple(sorted(found, key=lambda one: (one.item_key, one.begins, one.id, one.known_from)))


def derive_known(
    facts: Iterable[QualityFact], parameters: Sequence[GrantingParameters], known_at: datetime
) -> tuple[Grant, ...]:
    """The grants of one organisation as known at one moment, which is each row's known_from; see derive."""
    in_order = _in_order(parameters)
    known = [fact for fact in facts if fact.known_from <= known_at]
    found = [
        row
        for lineage, own in _by_lineage(known)
        for row in _as_grants(lineage, _root_of(lineage), _timeline(own, in_order), known_at)
    ]
    return tuple(sorted(found, key=lambda one: (one.item_key, one.begins, one.id)))


def _in_order(parameters: Sequence[GrantingParameters]) -> list[GrantingParameters]:
    if not parameters:
        raise ValueError("grants need parameters")
    return sorted(parameters, key=lambda one: one.effective)


def _by_lineage(facts: Iterable[QualityFact]) -> list[tuple[Lineage, list[QualityFact]]]:
    known = sorted(facts, key=lambda fact: (fact.known_from, fact.id))
    found: list[tuple[Lineage, list[QualityFact]]] = []
    for lineage in dict.fromkeys(one for fact in known for one in lineages_of(fact)):
        evaluations = frozenset(
            fact.id for fact in known if isinstance(fact, QualityEvaluation) and lineage.goes_on(fact)
        )
        found.append((lineage, [fact for fact in known if lineage.concerns(fact, evaluations)]))
    return found


def _knowledge(lineage: Lineage, facts: Sequence[QualityFact], parameters: Sequence[GrantingParameters]) -> list[Grant]:
    """The rows of one lineage: what each moment of knowledge made of it."""
    rows: list[Grant] = []
    standing: dict[str, Grant] = {}
    root = _root_of(lineage)
    founded = min(fact.known_from for fact in facts if isinstance(fact, QualityEvaluation | Agreement))
    for known_at in sorted({max(fact.known_from, founded) for fact in facts}):
        now_known = [fact for fact in facts if fact.known_from <= known_at]
        fresh = {one.id: one for one in _as_grants(lineage, root, _timeline(now_known, parameters), known_at)}
        for name in sorted(standing.keys() | fresh.keys()):
            old, new = standing.get(name), fresh.get(name)
            if old is not None and new is not None and replace(new, known_from=old.known_from) == old:
                continue
            if old is not None:
                rows.append(replace(old, known_until=known_at))
                del standing[name]
            if new is not None:
                standing[name] = new
    return [*rows, *standing.values()]


def _root_of(lineage: Lineage) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, canonical(lineage).decode())


def _as_grants(lineage: Lineage, root: uuid.UUID, segments: Iterable[_Segment], known_at: datetime) -> list[Grant]:
    return [
        Grant(
            id=str(uuid.uuid5(root, moment(one.begins))),
            organization_id=lineage.organization_id,
            item_key=lineage.item_key,
            scope=lineage.scope,
            basis=lineage.basis,
            state=one.state,
            begins=one.begins,
            ends=one.ends,
            known_from=known_at,
            withdrawn_from=None if one.state is GrantState.ACTIVE else one.begins,
            device_id=lineage.device_id,
            reader_id=lineage.reader_id,
            evidence=one.evidence,
            due=one.due,
            programme=lineage.programme,
        )
        for one in segments
    ]


def _timeline(facts: Sequence[QualityFact], parameters: Sequence[GrantingParameters]) -> list[_Segment]:
    """The states of one lineage over valid time, by what is known."""
    in_order = sorted(facts, key=lambda fact: (fact.at, _ORDER.index(type(fact)), fact.known_from, fact.id))
    segments: list[_Segment] = []
    held = _Held()
    ignored: set[str] = set()
    there = {fact.id for fact in in_order if isinstance(fact, QualityEvaluation)}
    for position, fact in enumerate(in_order):
        if isinstance(fact, Revocation) and fact.evaluation_id not in there:
            continue  # it was learnt before what it takes back
        if isinstance(fact, Revocation):
            ignored.add(fact.evaluation_id)
            taken = held.passed is not None and held.passed.id == fact.evaluation_id
            anew = _replayed(in_order[:position], ignored)
            held = replace(anew, revoked=held.revoked or taken, evidence=(*anew.evidence, fact.id))
        elif fact.id not in ignored:
            held = _after(held, fact)
        segments = _laid(segments, fact.at, _segment(held, fact.at, parameters))
    return segments


def _laid(segments: list[_Segment], at: datetime, new: _Segment | None) -> list[_Segment]:
    """The segments with what holds from now on; a withdrawal that reaches back takes the place of what it reaches."""
    begins = at if new is None else new.begins
    if new is not None and segments and _goes_on(segments[-1], new):
        begins = min(segments[-1].begins, begins)
    kept = [one if one.ends <= begins else replace(one, ends=begins) for one in segments if one.begins < begins]
    return kept if new is None else [*kept, replace(new, begins=begins)]


def _goes_on(last: _Segment, new: _Segment) -> bool:
    """Whether a state is the one before, told again: of active ones each has its own evidence."""
    same = last.state is new.state and last.ends >= new.begins
    return same and (new.state is not GrantState.ACTIVE or last.evidence == new.evidence)


def _segment(held: _Held, at: datetime, parameters: Sequence[GrantingParameters]) -> _Segment | None:
    """What the lineage is worth from `at` on, None for nothing: never evaluated, or expired."""
    if held.withdrawn_from is not None:
        return _Segment(GrantState.WITHDRAWN, held.withdrawn_from, FOREVER, held.evidence)
    if held.failed or held.missed or held.revoked:
        return _Segment(GrantState.SUSPENDED, at, FOREVER, held.evidence)
    if held.passed is None:
        return None
    due, ends = _span(held.passed, parameters)
    if at >= ends:
        return None
    if held.changed is not None:
        return _Segment(GrantState.SUSPENDED, at, ends, held.evidence)
    return _Segment(GrantState.ACTIVE, at, ends, held.evidence, due)


def _span(passed: QualityEvaluation | Agreement, parameters: Sequence[GrantingParameters]) -> tuple[datetime, datetime]:
    """When the next evaluation is due, and when the grant ends without it.

    At the next round or at the greatest age, whichever is first: a marked item is evaluated every half year at least.
    """
    if isinstance(passed, Agreement):
        return passed.ends, passed.ends
    begun = [one for one in parameters if one.effective <= passed.published_at]
    counting = begun[-1] if begun else parameters[0]
    oldest = passed.published_at + timedelta(days=counting.max_age_days)
    due = min(oldest, passed.next_due or oldest)
    return due, due + timedelta(days=counting.grace_days)


def _replayed(facts: Iterable[QualityFact], ignored: set[str]) -> _Held:
    """Where the lineage would stand had the ignored evaluations not been."""
    held = _Held()
    for fact in facts:
        if not isinstance(fact, Revocation) and fact.id not in ignored:
            held = _after(held, fact)
    return held


def _after(held: _Held, fact: QualityFact) -> _Held:
    match fact:
        case Agreement():
            return replace(held, passed=fact, evidence=(*held.evidence, fact.id))
        case QualityEvaluation(outcome=Outcome.PASS):
            return _after_pass(held, fact)
        case QualityEvaluation():
            return _after_shortfall(held, fact)
        case Change():
            return replace(held, changed=held.changed or fact.at, evidence=(*held.evidence, fact.id))
        case Verification():
            if held.changed is None:
                return held
            return replace(held, changed=None, evidence=(*held.evidence, fact.id))
        case IssuerDecision():
            return _after_ruling(held, fact)
        case Revocation():
            return held


def _after_pass(held: _Held, fact: QualityEvaluation) -> _Held:
    """A pass mends failures and absence; a change only if evaluated since; an issuer's withdrawal never by itself."""
    shown_since = held.changed is None or held.changed <= fact.period_begins
    mended = shown_since and not held.by_issuer
    return replace(
        held,
        passed=fact,
        failed=frozenset(),
        missed=False,
        revoked=False,
        changed=None if shown_since else held.changed,
        withdrawn_from=held.withdrawn_from if held.by_issuer else None,
        evidence=(fact.id,) if mended else (*held.evidence, fact.id),
    )


def _after_shortfall(held: _Held, fact: QualityEvaluation) -> _Held:
    """A round failed or missed.  A second round failed with no pass between them withdraws; a missed one does not."""
    evidence = (*held.evidence, fact.id)
    if fact.outcome is Outcome.ABSENT:
        return replace(held, missed=True, evidence=evidence)
    failed = held.failed | {fact.round}
    if len(failed) < 2:
        return replace(held, failed=failed, evidence=evidence)
    reaches = _earliest(fact.at, fact.retroactive_from, held.withdrawn_from)
    return replace(held, failed=failed, withdrawn_from=reaches, evidence=evidence)


def _after_ruling(held: _Held, fact: IssuerDecision) -> _Held:
    """Giving back mends a withdrawal, not the rounds failed since the last pass."""
    evidence = (*held.evidence, fact.id)
    if fact.ruling is Ruling.WITHDRAW:
        reaches = _earliest(fact.at, fact.retroactive_from, held.withdrawn_from)
        return replace(held, by_issuer=True, withdrawn_from=reaches, evidence=evidence)
    if held.withdrawn_from is None:
        return held
    return replace(held, by_issuer=False, withdrawn_from=None, evidence=evidence)


def _earliest(at: datetime, *others: datetime | None) -> datetime:
    return min(at, *(other or at for other in others))
