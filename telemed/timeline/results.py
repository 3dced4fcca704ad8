"""Versions of laboratory results as they were sent → each result as it stands, with what stood before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from uuid import UUID

from telemed.recognition import laboratory_results
from telemed.recognition.facts import Candidate
from telemed.recognition.narrowing import code_of
from telemed.recognition.rules import Code
from telemed.results.store import KnownObservation

TAKEN_BACK = frozenset({"cancelled", "entered-in-error"})
#: Earlier versions told of one result; a laboratory that corrects more often is asked.
MOST_EARLIER = 10


class Seen(KnownObservation, frozen=True):
    """One version of a result with its laboratory and the standing of its report.

    report_status, report_ordered_at: of the version of the report that counts now.
    """

    line: int
    notes: list[str]
    organization_name: str
    report_status: str
    report_ordered_at: datetime

    @property
    def standing(self) -> str:
        """The status that counts: a report taken back takes its results with it, whether or not they were named."""
        if self.report_status in TAKEN_BACK and self.report_ordered_at >= self.ordered_at:
            return self.report_status
        return self.status


@dataclass(frozen=True)
class Result:
    """A result by the version that counts.  earlier: the versions before it, the latest first."""

    seen: Seen
    earlier: tuple[Seen, ...] = ()

    @cached_property
    def candidate(self) -> Candidate:
        """What the registry makes of it; whether its message is whole is the registry's to say."""
        return laboratory_results.candidate(self.seen, whole=True)

    @property
    def id(self) -> str:
        """The name it has in the registry."""
        return self.candidate.id

    @property
    def is_taken_back(self) -> bool:
        return self.seen.standing in TAKEN_BACK

    @property
    def at(self) -> datetime | None:
        """When it was collected (UTC), None where that proves nothing."""
        return self.candidate.collected_at

    @property
    def is_corrected(self) -> bool:
        """Whether somebody may have acted on another value than the one that counts."""
        return any(_value(one) != _value(self.seen) for one in self.earlier)


def _value(one: Seen) -> tuple[str, ...]:
    return (one.comparator, one.number, one.value_text, one.unit_written)


def folded(versions: Iterable[Seen]) -> list[Result]:
    """Results in the order of their reports and lines.

    versions: those of one result beside each other, the one that counts first.
    """
    made: list[Result] = []
    for _, group in groupby(versions, key=lambda one: (one.report_id, one.code_system, one.code, one.sub_id)):
        first, *earlier = group
        made.append(Result(first, tuple(earlier[:MOST_EARLIER])))
    return sorted(made, key=lambda one: (str(one.seen.report_id), one.seen.line, one.id))


def by_report(results: Iterable[Result]) -> dict[UUID, list[Result]]:
    """Results under the reports they stand in."""
    found: dict[UUID, list[Result]] = {}
    for one in results:
        found.setdefault(one.seen.report_id, []).append(one)
    return found


def key_of(result: Result, keys_of: Mapping[Code, frozenset[str]]) -> str | None:
    """The one item a result is of; None for a code nobody has mapped, or that stands for several items."""
    found = keys_of.get(code_of(result.candidate), frozenset())
    return next(iter(found)) if len(found) == 1 else None


def said(one: Seen) -> str:
    """The value as the laboratory wrote it."""
    return one.value_text or f"{one.comparator}{one.number}"
