"""Whether a decision rests on a grant for a result of a period: what a withdrawal makes people look at again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from telemed.recognition.decision import Verdict

#: Verdicts on which an order, or a part of it, may be given up; of anything else nothing is offered.
RELIED_ON = frozenset({Verdict.MUST_OFFER, Verdict.MAY_OFFER})


@dataclass(frozen=True, slots=True)
class Taken:
    """A grant that no longer counts for results acquired in [begins, ends), known since `known_from`."""

    grant_id: str
    begins: datetime
    ends: datetime
    known_from: datetime

    def reaches(self, anchor: datetime) -> bool:
        """Whether a result of that moment is concerned.

        Where the period ends with the knowledge itself, a result acquired since is too: a decision on it was made in
        the moment before everybody had heard.
        """
        return self.begins <= anchor and (anchor < self.ends or self.ends == self.known_from)


class _Result(msgspec.Struct):
    """What of a result's verdict is asked here; what is absent in canonical form is None."""

    candidate_id: str
    verdict: Verdict
    grant_id: str | None = None
    anchor: datetime | None = None


class _Analyte(msgspec.Struct):
    key: str
    candidates: Sequence[_Result] = ()


class _Trace(msgspec.Struct):
    verdict: Verdict | None = None
    analytes: Sequence[_Analyte] = ()


_read = msgspec.json.Decoder(_Trace)


@dataclass(frozen=True, slots=True)
class Relied:
    """A result that was offered by a grant.  item_key: the analyte it was offered for."""

    result: str
    item_key: str
    anchor: datetime


def relied(trace: str, taken: Taken) -> tuple[Relied, ...]:
    """The results of a decision's trace that were offered by the grant and lie in its period; none: it did not rely.

    Where the circumstances exempted the order nothing was offered at all.
    """
    said = _read.decode(trace)
    if said.verdict not in RELIED_ON:
        return ()
    return tuple(
        Relied(one.candidate_id, analyte.key, one.anchor)
        for analyte in said.analytes
        for one in analyte.candidates
        if one.verdict in RELIED_ON
        and one.grant_id == taken.grant_id
        and one.anchor is not None
        and taken.reaches(one.anchor)
    )


@dataclass(frozen=True, slots=True)
class Offered:
    """The result that stood on a card for an analyte."""

    result: str
    item_key: str


def offered(trace: str) -> tuple[Offered, ...]:
    """The result that a decision put first for each analyte, whatever it was worth; each result once."""
    found: dict[str, Offered] = {}
    for analyte in _read.decode(trace).analytes:
        for one in analyte.candidates[:1]:
            found.setdefault(one.candidate_id, Offered(one.candidate_id, analyte.key))
    return tuple(found.values())
