"""What a change of a study means for its reading."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telemed.vocabulary import Intent, Priority


class Then(StrEnum):
    """What to do with the reading of a study."""

    NOTHING = "nothing"
    OPEN = "open"  # 上传中: show it, nobody can claim it yet
    READY = "ready"  # schedule the Interpretation
    WAIT = "wait"  # complete, but unmatched
    CANCEL = "cancel"
    LATE_IMAGES = "late-images"


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What the imaging index says. matched: sure, or confirmed by a person. arrived: complete or quiet."""

    intent: Intent
    matched: bool
    arrived: bool
    priority: Priority
    instance_count: int


@dataclass(frozen=True, slots=True)
class ReadingFacts:
    """The open reading of the study. instances_signed: how many images the signature looked at, None before it."""

    state: str
    instances_signed: int | None
    late_instances: int


NOT_BEGUN = frozenset({"receiving", "awaiting-match", "awaiting-reading"})
ISSUED = frozenset({"signed", "delivered", "viewed", "needs-recheck"})


def decide(study: StudyFacts, reading: ReadingFacts | None) -> Then:
    """Only 申请诊断 opens a reading; an emergency is readable from its first image, the others when they have arrived.

    A reading somebody has begun is never moved by the study; images after signing ask for a second look.
    """
    if study.intent is not Intent.REQUEST_READING:
        return Then.CANCEL if reading is not None and reading.state in NOT_BEGUN else Then.NOTHING
    if reading is None:
        return Then.OPEN
    if reading.state in NOT_BEGUN:
        return _not_begun(study, reading.state)
    signed = reading.instances_signed
    if reading.state in ISSUED and signed is not None and study.instance_count > signed + reading.late_instances:
        return Then.LATE_IMAGES
    return Then.NOTHING


def _not_begun(study: StudyFacts, state: str) -> Then:
    emergency = study.priority is Priority.STAT and study.instance_count > 0
    if study.matched and (study.arrived or emergency):
        return Then.NOTHING if state == "awaiting-reading" else Then.READY
    if study.arrived or state == "awaiting-reading":
        return Then.NOTHING if state == "awaiting-match" else Then.WAIT
    return Then.NOTHING
