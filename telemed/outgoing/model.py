"""What is told, to whom, and what becomes of a message after an attempt.  Pure.

Answers as Standard Webhooks has them: 2xx is success, 410 asks for no more, 429 and 503 may say when to come again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from telemed.vocabulary import NoticeKind

#: The first pause; each further one is twice as long, up to the longest.
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=30)
#: A 4xx says that the message itself is not wanted; it may be the receiver's mistake, so it is asked so often.
MOST_REFUSALS = 5
#: Answers that say "later" (RFC 9110 15.5, RFC 6585, RFC 8470): no refusal.
LATER = frozenset({408, 425, 429})
#: Longest pause a receiver may ask for by Retry-After.
LONGEST_ASKED = timedelta(hours=1)
#: From so many failures in a row on a receiver rests, and one message at a time asks whether it is back.
MOST_FAILURES = 5
#: How long a receiver rests first, doubled each time up to LONGEST_PAUSE.
FIRST_REST = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is to hear it.  role: inviter, expert, coordinator, moderator or administrator.

    practitioner_id: None means whoever holds the role for the institution.
    """

    role: str
    practitioner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A fact that somebody is told.  Ids, clocks and codes: nobody's name, no patient.

    subject: whose state decides whether it still stands.  once: the same word is the same message.
    urgency, department: '' where there is none.  organization_id: of whom it is about (the inviting institution).
    concerns: other institutions that a receiver may have asked for.  stands_in: states of the subject in which it still
    says something; empty: in all.  path: of the page to open.  amount: how many, where that is what is told.
    """

    kind: NoticeKind
    subject: UUID
    once: str
    path: str
    recipients: tuple[Recipient, ...]
    urgency: str = ""
    department: str = ""
    organization_id: UUID | None = None
    concerns: tuple[UUID, ...] = ()
    due_at: datetime | None = None
    starts_at: datetime | None = None
    amount: int | None = None
    stands_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.  status: None where nobody answered, and fault says how.  retry_after: seconds asked for."""

    status: int | None
    retry_after: int | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The receiver has it."""


@dataclass(frozen=True, slots=True)
class Again:
    """Try again.  at: when, aware.  refusals: how often the message itself was refused by now."""

    at: datetime
    refusals: int


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Only a person helps.  fault: a word for the reason.  gone: the receiver wants nothing any more."""

    fault: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """A message before the attempt that is decided about: attempts and refusals so far, queued since."""

    attempts: int
    refusals: int
    queued_at: datetime


def decide(answer: Answer, tried: Tried, now: datetime, jitter: float, longest: timedelta) -> Sent | Again | GivenUp:
    """What to do after an attempt.

    jitter: from 0 to 1, so that what failed together does not come again together.  longest: how old a message gets.
    """
    status = answer.status
    if status is not None and 200 <= status < 300:
        return Sent()
    if status == 410:
        return GivenUp("receiver-gone", gone=True)
    if status is not None and 300 <= status < 400:
        return GivenUp("redirected")
    refused = status is not None and 400 <= status < 500 and status not in LATER
    refusals = tried.refusals + refused
    if refusals >= MOST_REFUSALS:
        return GivenUp(f"refused-{status}")
    pause = min(FIRST_PAUSE * 2 ** min(tried.attempts, 20), LONGEST_PAUSE) * (0.5 + jitter / 2)
    at = now + max(pause, asked_for(answer))
    if at >= tried.queued_at + longest:
        return GivenUp("too-old")
    return Again(at, refusals)


def asked_for(answer: Answer) -> timedelta:
    """How long the receiver asks to be left alone; nothing where it says no such thing."""
    if answer.status not in (429, 503) or answer.retry_after is None:
        return timedelta(0)
    return min(timedelta(seconds=answer.retry_after), LONGEST_ASKED)


def fails(answer: Answer) -> bool:
    """Whether it is the receiver that is in trouble, rather than one message that it does not want."""
    return answer.status is None or answer.status >= 500 or answer.status in LATER


def rest(answer: Answer, failures: int, now: datetime) -> datetime | None:
    """Until when a receiver rests after `failures` in a row, this one among them; None: it goes on."""
    asked = asked_for(answer)
    own = timedelta(0)
    if failures >= MOST_FAILURES:
        own = min(FIRST_REST * 2 ** min(failures - MOST_FAILURES, 10), LONGEST_PAUSE)
    pause = max(asked, own)
    return now + pause if pause else None
