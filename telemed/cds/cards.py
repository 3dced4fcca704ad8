"""From a decision to what the doctor reads: at most one card an order, and none where nothing can change. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal
from uuid import UUID

import msgspec

from telemed.cds.answers import SUMMARY_LIMIT, Action, Card, Coding, Link, Source, Suggestion
from telemed.cds.detail import ago, clip, detail, identified, view, visit_detail
from telemed.cds.guidance import VERDICT_SYSTEM, guidance_response, named_results, with_results
from telemed.cds.registry import Answered, Decided
from telemed.cds.request import VISIT_HOOKS, Asked, AskedOrder
from telemed.recognition import reasons
from telemed.recognition.decision import CandidateVerdict, Verdict
from telemed.recognition.reliance import RELIED_ON
from telemed.recognition.words import VERDICTS

LABEL = "县域检查检验结果互认登记"
#: Verdicts that may reach a screen; the others are kept in the ledger and interrupt nobody (practice 7).
SPOKEN = frozenset({Verdict.MUST_OFFER, Verdict.MAY_OFFER, Verdict.INDETERMINATE})
MOST_LINKS = 6

#: What accepting a suggestion means, as the ledger keeps it.
Meaning = Literal["recognise-and-cancel", "recognise-and-trim", "recognise-and-keep"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A result of images that a card speaks of.  label: of the link to them."""

    result: str
    label: str


@dataclass(frozen=True, slots=True)
class Told:
    """A card, the orders whose decisions it speaks of ('' for a visit's), and what its suggestions mean.

    pictures: what it should lead to; the links are made out once the card is in the ledger.
    """

    card: Card
    about: tuple[Answered, ...]
    meanings: Mapping[UUID, Meaning]
    pictures: tuple[Picture, ...] = ()

    def linked(self, addresses: Mapping[str, str]) -> Card:
        """The card with a link to each of its results that has an address."""
        links = (Link(one.label, addresses[one.result], "absolute") for one in self.pictures if one.result in addresses)
        return msgspec.structs.replace(self.card, links=tuple(links))


@dataclass(frozen=True, slots=True)
class Voice:
    """How a card is put.  zone: of the times in it.  new_id: a fresh uuid each time it is asked.

    home: absolute address of this service, for the source of the card.  local_reasons: codes the county switched on.
    says_all: the client is known to read `actionSelectionBehavior` (3.0).
    """

    zone: tzinfo
    new_id: Callable[[], UUID]
    home: str
    local_reasons: tuple[str, ...] = ()
    says_all: bool = False


def tell(asked: Asked, decided: Decided, voice: Voice) -> tuple[Told, ...]:
    """The cards of one call, in the order of the draft orders; none where the province has asked already."""
    if asked.prompted_elsewhere:
        return ()
    if asked.hook in VISIT_HOOKS:
        told = _visit(asked, decided.answered, voice)
        return () if told is None else (told,)
    by_reference = {one.reference: one for one in decided.answered}
    made = (_order(asked, one, by_reference.get(one.reference), voice) for one in asked.orders)
    return tuple(one for one in made if one is not None)


def best(answered: Answered) -> CandidateVerdict | None:
    """The result a card speaks of first: of those that carry the order's verdict, the newest."""
    found = [
        one.candidates[0]
        for one in answered.decision.analytes
        if one.candidates and one.verdict is answered.decision.verdict
    ]
    dated = [one for one in found if one.anchor is not None]
    return max(dated, key=_anchor) if dated else next(iter(found), None)


def _anchor(one: CandidateVerdict) -> datetime:
    if one.anchor is None:
        raise LookupError("only dated results are compared")
    return one.anchor


def abnormal(answered: Answered) -> bool:
    """Whether a result on offer was abnormal: doctors rightly repeat those, so the card asks softly."""
    offered = (one.candidates[0] for one in answered.decision.analytes if one.candidates and one.verdict in SPOKEN)
    seen = (view(answered, one) for one in offered)
    return any(one.abnormal is True for one in seen if one is not None)


def _order(asked: Asked, order: AskedOrder, answered: Answered | None, voice: Voice) -> Told | None:
    if answered is None or order.answered or answered.decision.verdict not in SPOKEN:
        return None
    first = best(answered)
    if first is None:
        return None
    soft = abnormal(answered)
    suggestions = tuple(_suggestions(asked, order, answered, voice, soft=soft))
    must = answered.decision.verdict is Verdict.MUST_OFFER
    card = Card(
        uuid=voice.new_id(),
        summary=summary(answered, first, soft=soft),
        detail=detail(answered, first, voice.zone),
        indicator="warning" if must and not soft else "info",
        source=_source(answered.decision.verdict, voice),
        suggestions=tuple(one for one, _ in suggestions),
        selection_behavior="at-most-one" if suggestions else None,
        override_reasons=_reasons(answered, voice) if must else (),
    )
    pictures = _pictures((answered, one.candidates[0]) for one in answered.decision.analytes if one.candidates)
    return Told(card, (answered,), {one.uuid: meaning for one, meaning in suggestions}, pictures)


def summary(answered: Answered, first: CandidateVerdict, *, soft: bool) -> str:
    """One sentence of fewer than 140 characters: what, when, where, and whether it may be relied on."""
    decision = answered.decision
    verdict = decision.verdict or Verdict.INDETERMINATE
    name, shown = clip(answered.name, 30), view(answered, first)
    where = clip(shown.institution, 24) if shown is not None else ""
    when = f"{ago(first.anchor, decision.as_of)}{where}"
    if not identified(first):
        text = f"{name}有一份既往结果，患者身份未确认，{VERDICTS[verdict].zh}，不影响开单"
    elif len(decision.analytes) > 1:
        text = f"{name} {_share(answered)}，最近 {when}"
    else:
        value = f" {clip(shown.value, 30)}" if shown is not None and shown.value else ""
        mark = f"（{clip(shown.mark, 12)}）" if shown is not None and shown.mark else ""
        text = f"{name}{value}，{when}，{VERDICTS[verdict].zh}{mark}"
    if soft:
        text += "；既往结果异常，可能需要复查"
    return clip(text, SUMMARY_LIMIT - 1)


def _share(answered: Answered) -> str:
    """How much of a panel is there."""
    decision = answered.decision
    every = len(decision.analytes)
    if decision.trimmed is not None:
        if not decision.trimmed:
            return f"全部 {every} 项符合互认条件"
        return f"{every} 项中 {len(decision.covered)} 项符合互认条件，可只查其余 {len(decision.trimmed)} 项"
    spoken = sum(1 for one in decision.analytes if one.verdict is decision.verdict)
    return f"{every} 项中 {spoken} 项{VERDICTS[decision.verdict or Verdict.INDETERMINATE].zh}"


def _suggestions(
    asked: Asked, order: AskedOrder, answered: Answered, voice: Voice, *, soft: bool
) -> Iterable[tuple[Suggestion, Meaning]]:
    """What the doctor may choose; recommended only where recognition is due and nothing speaks for a repeat.

    Each keeps the decision with the visit as well, and an order that stays is told what it rests on.
    """
    verdict, trimmed = answered.decision.verdict, answered.decision.trimmed
    if verdict is Verdict.INDETERMINATE:
        return
    due = verdict is Verdict.MUST_OFFER and not soft
    results = named_results(answered, RELIED_ON)
    kept = _kept(asked, answered, voice, results)

    def suggestion(label: str, *actions: Action, recommended: bool = False) -> Suggestion:
        several = "all" if voice.says_all and actions else None
        return Suggestion(label, voice.new_id(), actions, recommended, several)

    if trimmed:
        covered = named_results(answered, {Verdict.MUST_OFFER})
        left = _trimmed(order.resource, answered, trimmed)
        if left is not None:
            label = f"互认 {len(answered.decision.covered)} 项，只查其余 {len(trimmed)} 项"
            said = f"申请改为只查：{_names(answered, trimmed)}"
            action = Action("update", said, resource=with_results(left, covered) or left)
            kept_part = _kept(asked, answered, voice, covered)
            yield suggestion(label, action, *kept_part, recommended=due), "recognise-and-trim"
    elif all(one.verdict in RELIED_ON for one in answered.decision.analytes):
        action = Action("delete", f"撤销草稿申请：{clip(answered.name, 60)}", resource_id=order.reference)
        yield suggestion("互认（撤销本次申请）", action, *kept, recommended=due), "recognise-and-cancel"
    named = with_results(order.resource, results) if order.resource else None
    beside = () if named is None else (Action("update", "在申请中注明所采用的既往结果", resource=named),)
    yield suggestion("互认（保留申请）", *beside, *kept), "recognise-and-keep"


def _kept(asked: Asked, answered: Answered, voice: Voice, results: Iterable[Mapping[str, Any]]) -> tuple[Action, ...]:
    """Have the client keep the decision; nothing before the ledger has a number for it."""
    if answered.number is None:
        return ()
    made = guidance_response(asked, answered, answered.number, voice.home, results)
    return (Action("create", "登记互认判定与所采用的既往结果", resource=made),)


def _names(answered: Answered, keys: Iterable[str]) -> str:
    names = [answered.analytes[key].name for key in keys if key in answered.analytes]
    return clip("、".join(names), 200)


def _trimmed(resource: Mapping[str, Any], answered: Answered, keys: Iterable[str]) -> dict[str, Any] | None:
    """The draft with what is left of its panel as orderDetail; None where a part of it has no code of its own."""
    details: list[dict[str, Any]] = []
    for key in keys:
        analyte = answered.analytes.get(key)
        if analyte is None or analyte.code is None:
            return None
        coding = {"system": analyte.code.system, "code": analyte.code.code, "display": analyte.name}
        details.append({"coding": [coding], "text": analyte.name})
    return {**resource, "orderDetail": details}


def _reasons(answered: Answered, voice: Voice) -> tuple[Coding, ...]:
    seen = (view(answered, one) for analyte in answered.decision.analytes for one in analyte.candidates)
    images = any(one is not None and one.images for one in seen)
    offered = reasons.offered(images=images, local=voice.local_reasons)
    return tuple(Coding(one.code, reasons.SYSTEM, one.text.zh) for one in offered)


def _source(verdict: Verdict | None, voice: Voice) -> Source:
    topic = verdict or Verdict.INDETERMINATE
    return Source(LABEL, voice.home, Coding(topic.value, VERDICT_SYSTEM, VERDICTS[topic].zh))


def _pictures(told: Iterable[tuple[Answered, CandidateVerdict]]) -> tuple[Picture, ...]:
    """Each study once, in the order of the results; what may be another person's is not among them."""
    found: dict[str, Picture] = {}
    for answered, one in told:
        shown = view(answered, one)
        if shown is not None and shown.images:
            when = ago(one.anchor, answered.decision.as_of)
            label = f"调阅影像：{when}{clip(shown.institution, 24)}"
            found.setdefault(one.candidate_id, Picture(one.candidate_id, label))
    return tuple(found.values())[:MOST_LINKS]


def _visit(asked: Asked, answered: tuple[Answered, ...], voice: Voice) -> Told | None:
    """接诊提醒: one card a visit, of what may be relied on before anything is ordered; doubtful things wait."""
    if asked.context.emergency or asked.context.encounter_class == "emergency":
        return None
    found = [
        (one, first)
        for one in answered
        if one.decision.verdict in RELIED_ON and (first := best(one)) is not None and view(one, first) is not None
    ]
    if not found:
        return None
    due = sum(1 for one, _ in found if one.decision.verdict is Verdict.MUST_OFFER)
    counted = [f"{due} 项结果符合互认条件"] if due else []
    if len(found) > due:
        counted.append(f"{len(found) - due} 项可参考")
    named = "、".join(clip(one.name, 20) for one, _ in found)
    verdict = Verdict.MUST_OFFER if due else Verdict.MAY_OFFER
    card = Card(
        uuid=voice.new_id(),
        summary=clip(f"该患者近期 {'，'.join(counted)}：{named}", SUMMARY_LIMIT - 1),
        detail=visit_detail(found, voice.zone),
        indicator="info",
        source=_source(verdict, voice),
    )
    return Told(card, tuple(one for one, _ in found), {}, _pictures(found))
