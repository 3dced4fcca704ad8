"""From the decisions on a page's orders to what the page shows and what the ledger keeps. Pure but for the ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from telemed.cds.answering import decision_row
from telemed.cds.cards import SPOKEN, Meaning, abnormal, best
from telemed.cds.check_messages import (
    CheckBody,
    CheckedOrder,
    CheckedResult,
    Choice,
    Circumstance,
    Ground,
    ItemName,
    OrderedCode,
    ReasonWords,
    ResponseBody,
    Step,
    WindowLeft,
)
from telemed.cds.detail import findings, identified, view
from telemed.cds.registry import Answered
from telemed.cds.request import AskedOrder
from telemed.errors import Conflict, Invalid
from telemed.patients.messages import Words
from telemed.recognition import reasons, words
from telemed.recognition.decision import CandidateVerdict, Finding, Gate
from telemed.recognition.ledger import DecisionRow, Exposure, PageCard, Response, Surface
from telemed.recognition.order import Context
from telemed.recognition.reliance import RELIED_ON
from telemed.recognition.rules import Code
from telemed.vocabulary import EncounterClass

#: Results shown of one analyte; the best come first.
MOST_RESULTS = 5


@dataclass(frozen=True, slots=True)
class PageEnquiry:
    """What a person of this county asks on a page, once it is known about whom."""

    organization_id: UUID
    context: Context
    orders: tuple[AskedOrder, ...]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """One decision with its ids.  id: of the card, None where nothing is to be chosen."""

    answered: Answered
    decision_id: UUID
    id: UUID | None
    choices: Mapping[UUID, Meaning]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Whose pictures of a result are.  study: Study Instance UID for whoever may open them, else None."""

    institution: str
    study: str | None


NOT_HERE = Pictures("", None)


def enquiry(body: CheckBody, organization_id: UUID, now: datetime) -> PageEnquiry:
    """The orders of the page, each once with its side and contrast, in the circumstances that were ticked."""
    context = circumstances(body.encounter_class, body.circumstances)
    orders = tuple(
        AskedOrder(
            reference="/".join(
                ["page", f"{one.system}|{one.code}", *(each for each in (one.laterality, one.contrast) if each)]
            ),
            codes=frozenset({Code(one.system, one.code)}),
            context=context,
            laterality=one.laterality,
            contrast=one.contrast,
            answered=False,
            resource={},
        )
        for one in dict.fromkeys(body.codes)
    )
    return PageEnquiry(organization_id, context, orders, now)


def circumstances(encounter_class: EncounterClass | None, ticked: Iterable[Circumstance]) -> Context:
    """The context of an order in the circumstances that a person has ticked."""
    flags: dict[str, Any] = {one.replace("-", "_"): True for one in ticked}
    return Context(None if encounter_class is None else encounter_class.value, **flags)


def dealt(answered: Iterable[Answered], new_id: Callable[[], UUID]) -> tuple[Card, ...]:
    """Each decision with its ids; only what may be answered is a card that counts as shown, as at a hospital's."""
    return tuple(
        Card(
            one,
            new_id(),
            new_id() if one.decision.verdict in SPOKEN and best(one) is not None else None,
            {new_id(): meaning for meaning in _meanings(one)},
        )
        for one in answered
    )


def _meanings(answered: Answered) -> tuple[Meaning, ...]:
    """What may be chosen: a part without a result is never given up."""
    decision = answered.decision
    if decision.verdict not in RELIED_ON or best(answered) is None:
        return ()
    if decision.trimmed:
        return ("recognise-and-trim", "recognise-and-keep")
    if all(one.verdict in RELIED_ON for one in decision.analytes):
        return ("recognise-and-cancel", "recognise-and-keep")
    return ("recognise-and-keep",)


def page_rows(
    cards: Iterable[Card],
    *,
    organization_id: UUID,
    patient_id: UUID,
    shown_to: str,
    now: datetime,
    client_id: UUID | None = None,
    surface: Surface = "page",
) -> tuple[list[DecisionRow], list[Exposure]]:
    """Every decision, and every card that is about to be shown.

    client_id: the hospital system it is shown by, None for a page of this county; shown_to: as that system names whom.
    """
    decisions: list[DecisionRow] = []
    exposures: list[Exposure] = []
    for one in cards:
        decisions.append(
            decision_row(
                one.answered,
                one.decision_id,
                organization_id=organization_id,
                client_id=client_id,
                patient_id=patient_id,
                now=now,
            )
        )
        if one.id is not None:
            exposures.append(Exposure(one.id, client_id, surface, shown_to, one.choices, (one.decision_id,), now))
    return decisions, exposures


def shown(card: Card, pictures: Mapping[str, Pictures], local_reasons: Iterable[str] = ()) -> CheckedOrder:
    """A card as the page gets it.  pictures: by id of the result they belong to."""
    answered, decision = card.answered, card.answered.decision
    results = [
        _result(answered, analyte.key, each, pictures.get(each.candidate_id, NOT_HERE))
        for analyte in decision.analytes
        for each in analyte.candidates[:MOST_RESULTS]
    ]
    (code,) = answered.order.codes
    verdict = decision.verdict
    return CheckedOrder(
        code=OrderedCode(code.system, code.code, _SIDES.get(answered.order.laterality), answered.order.contrast),
        decision_id=card.decision_id,
        card=card.id,
        name=answered.name,
        name_en=answered.name_en,
        verdict=None if verdict is None else verdict.value,
        verdict_words=None if verdict is None else _said(words.VERDICTS[verdict]),
        note=None if verdict is None else _said(words.NOTES[verdict]),
        soft=abnormal(answered),
        trace_hash=answered.trace_hash,
        results=results,
        covered=[_item(answered, key) for key in decision.covered],
        uncovered=[_item(answered, key) for key in decision.uncovered],
        choices=[Choice(one, meaning) for one, meaning in card.choices.items()],
        reasons=[
            ReasonWords(one.code, Words(one.text.zh, one.text.en), one.group, one.counts_as_refusal)
            for one in reasons.offered(images=any(one.images for one in results), local=local_reasons)
        ]
        if card.choices
        else [],
        findings=[step(one) for one in decision.findings],
    )


#: Sides in the words of the page; what is none of them was not asked there.
_SIDES: Mapping[str | None, Literal["L", "R", "B"]] = {"L": "L", "R": "R", "B": "B"}


def _item(answered: Answered, key: str) -> ItemName:
    known = answered.analytes.get(key)
    return ItemName(key, key, key) if known is None else ItemName(key, known.name, known.name_en or known.name)


def _result(answered: Answered, key: str, one: CandidateVerdict, pictures: Pictures) -> CheckedResult:
    seen, name, basis = view(answered, one), _item(answered, key), one.basis
    return CheckedResult(
        result="" if seen is None else one.candidate_id,
        key=key,
        name=name.name,
        name_en=name.name_en,
        verdict=one.verdict.value,
        verdict_words=_said(words.VERDICTS[one.verdict]),
        identified=identified(one),
        institution="" if seen is None else seen.institution or pictures.institution,
        at=None if seen is None else one.anchor,
        value="" if seen is None else seen.value,
        reference="" if seen is None else seen.reference,
        abnormal=None if seen is None else seen.abnormal,
        method="" if seen is None else seen.method,
        specimen="" if seen is None else seen.specimen,
        mark="" if seen is None else seen.mark,
        images=seen is not None and seen.images,
        study=None if seen is None else pictures.study,
        window=None if seen is None else window_left(one.findings),
        ground=Ground(basis.issuer, basis.number, basis.label, basis.clause),
        findings=[step(each) for each in findings(one)],
    )


def window_left(found: Iterable[Finding]) -> WindowLeft | None:
    """What is left of the reference window; None where the time of the result is not certain."""
    for one in found:
        told = dict(one.evidence)
        days, age = told.get("window_days"), told.get("age_days")
        if one.gate is Gate.WINDOW and isinstance(days, int) and isinstance(age, int):
            return WindowLeft(days, days - age)
    return None


def step(one: Finding) -> Step:
    """One finding in words."""
    return Step(
        gate=one.gate.value,
        gate_words=_said(words.GATES[one.gate]),
        outcome=one.outcome.value,
        code=one.code,
        words=_said(words.FINDINGS[one.code]),
        clause=one.clause,
        evidence=[(name, str(value)) for name, value in one.evidence],
    )


def _said(text: words.Words) -> Words:
    return Words(text.zh, text.en)


FOOTER = _said(words.FOOTER)


def must_stand(body: ResponseBody, last: Response | None) -> None:
    """Raises Conflict for a withdrawal where nothing was said that could be taken back."""
    if body.outcome == "withdrawn" and last is None:
        raise Conflict(
            "nothing-to-withdraw",
            "该卡片尚未处理，没有可撤销的互认。未作任何记录。",
            "This card was not answered; there is nothing to withdraw. Nothing was recorded.",
        )


def response(card: PageCard, body: ResponseBody, now: datetime, local_reasons: Iterable[str] = ()) -> Response:
    """What is to be kept of an answer.

    Raises Invalid for a choice that was not on the card, for 不互认 without a reason of the list, and for a withdrawal
    that says more than that.
    """
    if body.outcome == "withdrawn":
        if body.choice is not None or body.reason:
            raise Invalid(
                "withdrawal-says-more",
                "撤销时不选择选项或原因。未作任何记录。",
                "A withdrawal names neither a choice nor a reason. Nothing was recorded.",
            )
        accepted, system, reason = [], "", ""
    elif body.outcome == "accepted":
        if body.choice is None or str(body.choice) not in card.suggestions or body.reason:
            raise Invalid(
                "no-such-choice",
                "该卡片没有这个选项。未作任何记录，请重新核对。",
                "There is no such choice on this card. Nothing was recorded; check the order again.",
            )
        accepted, system, reason = [body.choice], "", ""
    else:
        offered = {one.code for one in reasons.offered(images=True, local=local_reasons)}
        if not card.suggestions or body.choice is not None or body.reason not in offered:
            raise Invalid(
                "no-such-reason",
                "请从列表中选择不互认的原因。未作任何记录。",
                "Pick a reason from the list. Nothing was recorded.",
            )
        accepted, system, reason = [], reasons.SYSTEM, body.reason
    return Response(card.card, body.outcome, now, accepted, system, reason, body.comment.strip(), now)
