"""What the page inside a hospital system shows of each card, in one language. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import groupby
from uuid import UUID

import msgspec

from telemed.cds.check_messages import CheckedResult, Step, WindowLeft
from telemed.errors import Conflict
from telemed.his.asking import Strip
from telemed.his.cards import Kept, outcome
from telemed.his.messages import Language
from telemed.his.quoting import quote
from telemed.his.words import DONE, MEANINGS, PAGE, SILENT
from telemed.patients.messages import Words, said_age
from telemed.recognition import reasons
from telemed.recognition.decision import Verdict
from telemed.recognition.ledger import Response
from telemed.vocabulary import Text

#: How a verdict looks besides its words: a colour and a shape, the same as on the county's own pages.
LOOKS: Mapping[str, tuple[str, str]] = {
    Verdict.MUST_OFFER: ("green", "disc-tick"),
    Verdict.MAY_OFFER: ("blue", "half-disc"),
    Verdict.EXEMPT: ("violet", "diamond"),
    Verdict.NOT_ELIGIBLE: ("grey", "ring-slash"),
    Verdict.INDETERMINATE: ("amber", "triangle"),
}


@dataclass(frozen=True, slots=True)
class ResultView:
    """One existing result in words."""

    name: str
    verdict: str
    institution: str
    when: str
    ago: str
    value: str
    reference: str
    window: str
    abnormal: bool
    mark: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One answer of one gate.  outcome: pass | fail | unknown."""

    gate: str
    outcome: str
    outcome_word: str
    found: str
    grounds: str


@dataclass(frozen=True, slots=True)
class CardView:
    """One order.  order: as the system names it.

    choices: id and words of what may be chosen.  groups: reasons by their heading.  state: of the last answer; done:
    the same in words.  told: what a page around may be told of it, as JSON.  single: whether the whole order may be
    given up at once together with others.
    """

    decision_id: UUID
    order: str
    name: str
    tone: str
    shape: str
    verdict: str
    note: str
    soft: bool
    lead: ResultView | None
    others: Sequence[ResultView]
    rest: str
    choices: Sequence[tuple[UUID, str]]
    groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    state: str
    done: str
    quote: str
    images: bool
    steps: Sequence[StepView]
    ground: str
    told: str
    single: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever looks at the page.  now: aware.  pictures: whether something opens pictures."""

    language: Language
    zone: tzinfo
    now: datetime
    pictures: bool

    def say(self, words: Words | Text | None) -> str:
        if words is None:
            return ""
        return words.zh if self.language == "zh-CN" else words.en

    def word(self, key: str, **values: object) -> str:
        """A word of the page.  Raises KeyError for one that is none."""
        return self.say(PAGE[key]).format(**values)

    def moment(self, at: datetime) -> str:
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    @property
    def words(self) -> Mapping[str, str]:
        return {key: self.say(one) for key, one in PAGE.items()}


def card_view(one: Kept, shown_at: datetime, last: Response | None, reader: Reader) -> CardView:
    """One decision with what stands about it."""
    checked, lead = one.checked, one.leading
    tone, shape = LOOKS.get(checked.verdict or "", ("grey", "dash"))
    told = outcome(one, last)
    state = "none" if told is None else told.outcome
    return CardView(
        decision_id=checked.decision_id,
        order=one.order,
        name=reader.say(Text(checked.name or checked.code.code, checked.name_en or checked.code.code)),
        tone=tone,
        shape=shape,
        verdict=reader.say(checked.verdict_words),
        note=note(one, reader),
        soft=checked.soft,
        lead=None if lead is None else result_view(lead, shown_at, reader),
        others=[result_view(each, shown_at, reader) for place, each in enumerate(checked.results) if place != one.lead],
        rest=_rest(one, reader),
        choices=[(each.id, reader.say(MEANINGS[each.meaning])) for each in checked.choices],
        groups=_groups(one, reader),
        state=state,
        done="" if told is None else _done(one, told.outcome, told.meaning, told.reason, reader),
        quote=_quote(one, shown_at, reader),
        images=reader.pictures and checked.card is not None and lead is not None and lead.images and lead.identified,
        steps=[step_view(each, reader) for each in _trace(one)],
        ground="" if lead is None else " ".join(part for part in (lead.ground.issuer, lead.ground.number) if part),
        told="" if told is None else msgspec.json.encode(told).decode(),
        single=_single(one) and state in {"none", "withdrawn"},
    )


def due(cards: Sequence[Kept], last: Mapping[UUID, Response]) -> list[tuple[UUID, UUID]]:
    """Card and choice of each order that meets the conditions, speaks for no repeat and stands unanswered."""
    found: list[tuple[UUID, UUID]] = []
    for one in cards:
        card = one.checked.card
        if card is None or not _single(one):
            continue
        said = last.get(card)
        if said is None or said.outcome == "withdrawn":
            found.append((card, next(e.id for e in one.checked.choices if e.meaning == "recognise-and-cancel")))
    return found


def _single(one: Kept) -> bool:
    checked = one.checked
    return (
        checked.card is not None
        and checked.verdict == Verdict.MUST_OFFER
        and not checked.soft
        and any(each.meaning == "recognise-and-cancel" for each in checked.choices)
    )


def note(one: Kept, reader: Reader) -> str:
    """What stands under the verdict, with what did not pass."""
    checked = one.checked
    if checked.note is None:
        return reader.say(SILENT["no-result"])
    against = [reader.say(each.words) for each in _trace(one) if each.outcome != "pass"]
    grounds = reader.say(Text("；", "; ")).join(dict.fromkeys(against))
    said = reader.say(checked.note)
    if checked.verdict in {Verdict.MAY_OFFER, Verdict.NOT_ELIGIBLE, Verdict.EXEMPT}:
        return said + grounds if grounds else ""
    return said


def result_view(one: CheckedResult, as_of: datetime, reader: Reader) -> ResultView:
    """A result in words; nothing of one that may be another person's."""
    hidden = reader.word("unidentified")
    value = one.value or (reader.word("images") if one.images else "—")
    return ResultView(
        name=reader.say(Text(one.name, one.name_en)),
        verdict=reader.say(one.verdict_words),
        institution=one.institution if one.identified else hidden,
        when=reader.word("unknown-time") if one.at is None else reader.moment(one.at),
        ago=_ago(one.at, as_of, reader),
        value=value if one.identified else hidden,
        reference=one.reference,
        window=_window(one.window, reader),
        abnormal=one.abnormal is True,
        mark=one.mark,
    )


def step_view(one: Step, reader: Reader) -> StepView:
    evidence = "，".join(f"{name} = {value}" for name, value in one.evidence)
    return StepView(
        reader.say(one.gate_words),
        one.outcome,
        reader.word(one.outcome),
        reader.say(one.words),
        "；".join(part for part in (one.clause, evidence) if part),
    )


def strip_view(strip: Strip, reader: Reader) -> str:
    """The patient in one line: name, sex, age, masked number."""
    sex = {"M": reader.word("male"), "F": reader.word("female")}.get(strip.sex, "")
    age = reader.say(said_age(strip.birth_date, reader.now.astimezone(reader.zone).date()))
    return " · ".join(part for part in (sex, age, strip.number) if part)


def _trace(one: Kept) -> list[Step]:
    """Every step of the judgement, those on the order first, each once."""
    lead = one.leading
    steps = [*one.checked.findings, *([] if lead is None else lead.findings)]
    return list({(each.gate, each.code, each.clause, tuple(each.evidence)): each for each in steps}.values())


def _rest(one: Kept, reader: Reader) -> str:
    if not one.checked.covered:
        return ""
    comma = reader.say(Text("、", ", "))
    return comma.join(reader.say(Text(each.name, each.name_en)) for each in one.checked.uncovered)


def _groups(one: Kept, reader: Reader) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (reader.word(group), [(each.code, reader.say(each.words)) for each in some])
        for group, some in groupby(one.checked.reasons, key=lambda each: each.group)
    ]


def _done(one: Kept, state: str, meaning: str, reason: str, reader: Reader) -> str:
    if state == "none":
        return ""
    if state == "accepted":
        return reader.say(DONE.get(meaning, DONE["recognise-and-keep"]))
    said = reader.say(DONE[state])
    if state == "withdrawn":
        return said
    named = next((each.words for each in one.checked.reasons if each.code == reason), None)
    known = reasons.REASONS.get(reason)
    return said + (reader.say(named) or (reader.say(known.text) if known is not None else reason))


def _quote(one: Kept, shown_at: datetime, reader: Reader) -> str:
    try:
        return reader.say(quote(one, shown_at, reader.zone, reader.now).text)
    except Conflict:
        return ""


def _ago(at: datetime | None, as_of: datetime, reader: Reader) -> str:
    if at is None or at > as_of:
        return ""
    passed = as_of - at
    return reader.word("today") if passed < timedelta(days=1) else reader.word("days-ago", n=passed.days)


def _window(window: WindowLeft | None, reader: Reader) -> str:
    if window is None:
        return ""
    if window.left < 0:
        return reader.word("window-past", n=-window.left)
    return reader.word("window-last") if window.left == 0 else reader.word("window-left", n=window.left)
