"""A decision as a hospital system is given it: what is kept, its line in a list, why it interrupts nobody. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec

from telemed.cds.cards import SPOKEN, best
from telemed.cds.check_messages import CheckedOrder, CheckedResult
from telemed.cds.checking import MOST_RESULTS, Card, Pictures, shown
from telemed.errors import Conflict
from telemed.his.messages import CardOutcome, DetailAnswer, ResultLine, Silent
from telemed.patients.messages import Words
from telemed.recognition import words
from telemed.recognition.decision import Verdict
from telemed.recognition.ledger import Response

FOOTER = Words(*words.FOOTER)


class Kept(msgspec.Struct, frozen=True):
    """One decision as it was shown.

    order: as the client names it, '' for an item of the patient.  results: ids of the results, in their order.
    lead: place of the one that is spoken of first.
    """

    order: str
    checked: CheckedOrder
    results: list[str]
    lead: int | None

    @property
    def leading(self) -> CheckedResult | None:
        return None if self.lead is None else self.checked.results[self.lead]


def kept(card: Card, pictures: Mapping[str, Pictures], local_reasons: Iterable[str] = ()) -> Kept:
    """What is kept of a card and given to the client."""
    checked = shown(card, pictures, local_reasons)
    tried = [each for analyte in card.answered.decision.analytes for each in analyte.candidates[:MOST_RESULTS]]
    first = best(card.answered)
    lead = next((place for place, each in enumerate(tried) if each is first), None)
    return Kept(card.answered.reference, checked, [each.candidate_id for each in tried], lead)


def quiet(card: Card) -> Card:
    """The same decision without anything to answer: nobody is interrupted by it."""
    return replace(card, id=None, choices={})


def silence(card: Card, *, prompted: bool, reasoned: bool, answered: bool) -> Silent:
    """Why a doctor is not asked about an order; '' where one is.

    prompted: by the province.  reasoned: the order says already why it is repeated.  answered: before, in this visit.
    """
    verdict = card.answered.decision.verdict
    if verdict is None:
        return "no-result"
    if verdict is Verdict.EXEMPT:
        return "exempt"
    if verdict not in SPOKEN:
        return "not-eligible"
    if prompted:
        return "provincial-prompted"
    if reasoned:
        return "reason-given"
    return "answered-before" if answered else ""


def line(one: Kept) -> ResultLine:
    """An item in a list: the result that is spoken of first."""
    checked, seen = one.checked, one.leading
    return ResultLine(
        decision_id=checked.decision_id,
        card=checked.card,
        name=checked.name,
        name_en=checked.name_en,
        verdict=checked.verdict,
        verdict_words=checked.verdict_words,
        institution="" if seen is None else seen.institution,
        at=None if seen is None else seen.at,
        value="" if seen is None else seen.value,
        reference="" if seen is None else seen.reference,
        images=seen is not None and seen.images,
        mark="" if seen is None else seen.mark,
        window=None if seen is None else seen.window,
    )


def worth_telling(one: Kept) -> bool:
    """Whether a visit's popup speaks of an item: it may be relied on, and it is the patient's for sure."""
    return (
        one.checked.verdict in {Verdict.MUST_OFFER, Verdict.MAY_OFFER}
        and one.leading is not None
        and one.leading.identified
    )


def reminder(told: Sequence[Kept]) -> Words:
    """What a visit's popup says."""
    due = sum(1 for one in told if one.checked.verdict == Verdict.MUST_OFFER)
    counts = [
        (due, "{n} 项结果符合互认条件", "{n} meet the conditions"),
        (len(told) - due, "{n} 项可参考", "{n} for reference"),
    ]
    said = [(zh.format(n=n), en.format(n=n)) for n, zh, en in counts if n]
    named = "、".join(one.checked.name for one in told)
    return Words(
        f"该患者近期 {'，'.join(zh for zh, _ in said)}：{named}",
        f"Existing results of this patient, {', '.join(en for _, en in said)}: "
        + ", ".join(one.checked.name_en or one.checked.name for one in told),
    )


def outcome(one: Kept, last: Response | None) -> CardOutcome | None:
    """What stands about a card; None for a decision that had nothing to answer."""
    checked = one.checked
    if checked.card is None:
        return None
    if last is None:
        return CardOutcome(checked.card, one.order, "none", "", "", [], None)
    meanings = {choice.id: choice.meaning for choice in checked.choices}
    meaning = next((meanings[choice] for choice in last.accepted if choice in meanings), "")
    remaining = [item.key for item in checked.uncovered] if meaning == "recognise-and-trim" else []
    return CardOutcome(checked.card, one.order, last.outcome, meaning, last.reason_code, remaining, last.outcome_at)


def detail(one: Kept, shown_at: datetime, last: Response | None) -> DetailAnswer:
    """A decision as it was shown."""
    return DetailAnswer(one.order, shown_at, one.checked, outcome(one, last), FOOTER)


def withdrawal(card: UUID, last: Response | None, comment: str, now: datetime) -> Response:
    """撤销互认: what is to be kept of it.  Raises Conflict where nothing stands that could be taken back."""
    if last is None or last.outcome == "withdrawn":
        raise Conflict(
            "nothing-to-undo",
            "没有可撤销的选择。未作任何记录。",
            "Nothing stands that could be taken back. Nothing was recorded.",
        )
    return Response(card, "withdrawn", now, [], "", "", comment.strip(), now)
