"""`decide()` answers whether there is a result that may be relied on, and why.

Pure: the same arguments give the same decision, to the bit, on any day and machine.  It fails open: what is missing
becomes a finding, and no verdict keeps an order back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from telemed.recognition import availability, comparing, gates, grants, windows
from telemed.recognition.decision import AnalyteVerdict, CandidateVerdict, Decision, Finding, Outcome, Verdict
from telemed.recognition.documents import Line, asked
from telemed.recognition.facts import Candidate, Event, Facts, Identity, Organization
from telemed.recognition.knowledge import as_known
from telemed.recognition.order import Context, Order
from telemed.recognition.precedence import RANK, best, exempts, verdict_on
from telemed.recognition.rule_set import Parameters, RuleSet
from telemed.recognition.rules import PRINTS_HR, Grant, Item, Kind

#: Raised by one with every change that may alter a decision; a stored decision says which engine made it.
ENGINE_VERSION = "1"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def decide(  # noqa: PLR0917 (what it looks at, in one order everywhere)
    order: Order, context: Context, facts: Facts, rules: RuleSet, as_of: datetime, known_at: datetime
) -> Decision:
    """The verdict on an order as it stood at `as_of` by what was known at `known_at`, with all that was found.

    as_of, known_at: aware.  Raises ValueError where they are not.
    """
    if as_of.tzinfo is None or known_at.tzinfo is None:
        raise ValueError("as_of and known_at need a zone")
    wanted = asked(order, rules, rules.parameters.day(as_of))
    case = _case(order, context, as_known(facts, known_at), rules.parameters, as_of)
    analytes = tuple(_analyte(key, lines, wanted.on_item, case) for key, lines in wanted.analytes)
    covered = tuple(one.key for one in analytes if one.verdict is Verdict.MUST_OFFER)
    uncovered = tuple(one.key for one in analytes if one.verdict is not Verdict.MUST_OFFER)
    kinds: set[Kind] = {line.item.kind for _, lines in wanted.analytes for line in lines}
    return Decision(
        order_id=order.id,
        engine_version=ENGINE_VERSION,
        as_of=as_of,
        known_at=known_at,
        verdict=Verdict.EXEMPT if exempts(case.circumstances) else best(one.verdict for one in analytes),
        analytes=analytes,
        covered=covered,
        uncovered=uncovered,
        trimmed=uncovered if covered else None,
        findings=(*wanted.on_item, *wanted.gaps, *case.circumstances),
        unmapped=_unmapped(case.candidates, kinds, rules),
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """What all results of one decision share."""

    order: Order
    context: Context
    parameters: Parameters
    as_of: datetime
    circumstances: tuple[Finding, ...]
    candidates: tuple[Candidate, ...]
    events: tuple[Event, ...]
    links: Mapping[str, Identity]
    organizations: Mapping[str, Organization]
    grants: Mapping[tuple[str, str], Sequence[Grant]]


def _case(order: Order, context: Context, known: Facts, parameters: Parameters, as_of: datetime) -> _Case:
    by_item: dict[tuple[str, str], list[Grant]] = {}
    for one in known.grants:
        by_item.setdefault((one.organization_id, one.item_key), []).append(one)
    return _Case(
        order=order,
        context=context,
        parameters=parameters,
        as_of=as_of,
        circumstances=gates.circumstances(context),
        candidates=known.candidates,
        events=known.events,
        links={one.filed_patient_id: one for one in known.identities if one.patient_id == order.patient_id},
        organizations={one.id: one for one in known.organizations},
        grants=by_item,
    )


def _analyte(key: str, lines: Iterable[Line], on_item: tuple[Finding, ...], case: _Case) -> AnalyteVerdict:
    """Every result of one item under every document that speaks of it, the best first."""
    verdicts: dict[str, list[CandidateVerdict]] = {}
    for line in lines:
        for candidate in case.candidates:
            code = candidate.code if candidate.mapping is None else candidate.mapping.code
            if line.item.is_called(code):
                verdicts.setdefault(candidate.id, []).append(_candidate(candidate, line, on_item, case))
    results = sorted((_most_favourable(one) for one in verdicts.values()), key=_best_then_newest)
    return AnalyteVerdict(key, best(one.verdict for one in results), tuple(results))


def _candidate(candidate: Candidate, line: Line, on_item: tuple[Finding, ...], case: _Case) -> CandidateVerdict:
    """Every gate in its order, put to one result under one document."""
    item = line.item
    link = case.links.get(candidate.patient_id)
    anchor = windows.anchor_of(candidate, item, case.as_of, case.parameters)
    accepter = case.organizations.get(case.order.organization_id)
    held = case.grants.get((candidate.acquiring_id, item.key), ())
    granted = grants.answer(held, candidate, anchor, case.organizations, accepter)
    producer = case.organizations.get(grants.producer_of(candidate, granted.grant))
    findings = (
        gates.identity(link, same_record=candidate.patient_id == case.order.patient_id),
        *on_item,
        gates.mapping(candidate, item),
        *gates.status(candidate, case.parameters),
        granted.finding,
        grants.scope(line.catalogue.scope, producer, accepter),
        *_by_hand(candidate, item, accepter, case),
        windows.window(anchor, item, case.context.encounter_class, case.as_of, case.parameters),
        *_of_its_kind(candidate, item, case),
        *gates.intervening(item, anchor, case.events, case.as_of),
        *gates.exceptions(item, candidate, case.context),
        *case.circumstances,
    )
    relied_on = granted.grant if granted.finding.outcome is Outcome.PASS else None
    return CandidateVerdict(
        candidate_id=candidate.id,
        version=candidate.version,
        verdict=verdict_on(findings),
        anchor=None if isinstance(anchor, Finding) else anchor,
        basis=line.basis,
        grant_id=None if relied_on is None else relied_on.id,
        prints_hr=relied_on is not None and relied_on.basis in PRINTS_HR,
        findings=findings,
    )


def _by_hand(candidate: Candidate, item: Item, accepter: Organization | None, case: _Case) -> tuple[Finding, ...]:
    """What is asked of ultrasound beyond its scope."""
    if item.kind != "ultrasound":
        return ()
    return (grants.inside_community(case.organizations.get(candidate.acquiring_id), accepter),)


def _of_its_kind(candidate: Candidate, item: Item, case: _Case) -> tuple[Finding, ...]:
    """G4 and G5, which ask of data what they cannot ask of images."""
    if item.kind == "laboratory":
        return (*comparing.measurement(item, candidate.measured), *availability.data())
    return (
        *comparing.acquisition(item, case.order, candidate.acquired),
        *availability.images(candidate.acquired, case.as_of, case.parameters),
    )


def _most_favourable(verdicts: Sequence[CandidateVerdict]) -> CandidateVerdict:
    """Of several documents the one that gives most, then the one least is found under; the others are listed."""
    first, *others = sorted(verdicts, key=_favour)
    return replace(first, others=tuple((one.basis, one.verdict) for one in others))


def _favour(one: CandidateVerdict) -> tuple[int, int, str, str, str]:
    against = sum(finding.outcome is not Outcome.PASS for finding in one.findings)
    return RANK[one.verdict], against, one.basis.issuer, one.basis.series, one.basis.number


def _best_then_newest(one: CandidateVerdict) -> tuple[int, bool, timedelta, str]:
    return RANK[one.verdict], one.anchor is None, _EPOCH - (one.anchor or _EPOCH), one.candidate_id


def _unmapped(candidates: Iterable[Candidate], kinds: set[Kind], rules: RuleSet) -> tuple[str, ...]:
    """Results of the kind asked for that no code map and no document knows: told, for they may be what is sought."""
    return tuple(
        sorted(
            one.id for one in candidates if one.kind in kinds and one.mapping is None and one.code not in rules.keys_of
        )
    )
