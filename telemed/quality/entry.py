"""From what a person enters to a fact about quality: days become moments of the county. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from telemed.errors import Invalid
from telemed.quality.messages import (
    AgreementBody,
    ChangeBody,
    EvaluationBody,
    FactBody,
    Mark,
    RevocationBody,
    RulingBody,
    VerificationBody,
)
from telemed.recognition.quality import (
    Agreement,
    Change,
    IssuerDecision,
    QualityEvaluation,
    QualityFact,
    Revocation,
    Verification,
)
from telemed.recognition.rules import Basis, Scope

#: No round of a programme lies outside; what does is a slip of the hand.
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class County:
    """zone: of its days.  community: the key by which its own documents call it."""

    zone: ZoneInfo
    community: str

    def begins(self, day: date) -> datetime:
        """The first moment of a day."""
        return datetime.combine(day, time(), self.zone)

    def over(self, day: date) -> datetime:
        """The first moment after a day; of the last day that a calendar here knows, its last."""
        if day == date.max:
            return datetime.combine(day, time.max, self.zone)
        return self.begins(day + timedelta(days=1))


def fact_of(name: str, organization: str, body: FactBody, county: County, now: datetime) -> QualityFact:
    """The fact that was entered, known from `now`.  Raises Invalid for a day outside FIRST to LAST."""
    _refuse_days(body)
    match body:
        case EvaluationBody():
            return _evaluation(name, organization, body, county, now)
        case AgreementBody():
            _refuse_no_community(county)
            return Agreement(
                id=name,
                organization_id=organization,
                item_keys=frozenset(body.items),
                basis=Basis(body.basis),
                scope=Scope("community", county.community, body.label.strip()),
                begins=county.begins(body.begins),
                ends=county.over(body.last_day),
                known_from=now,
                device_id=_device(body.device),
                reader_id=None if body.reader is None else str(body.reader),
            )
        case RevocationBody():
            return Revocation(name, str(body.evaluation), county.begins(body.day), now)
        case RulingBody():
            return IssuerDecision(
                name,
                body.programme.strip(),
                frozenset(body.items),
                body.ruling,
                county.begins(body.day),
                now,
                _device(body.device),
                _begins(body.retroactive_from, county),
            )
        case ChangeBody():
            return Change(name, frozenset(body.items), county.begins(body.day), now, _device(body.device))
        case VerificationBody():
            return Verification(name, frozenset(body.items), county.begins(body.day), now, _device(body.device))


def scope_of(mark: Mark, county: County) -> Scope:
    """Where a mark counts.  Raises Invalid where a region is not named, or named for another kind."""
    if (mark.kind == "region") != (mark.region != ""):
        raise Invalid(
            "mark-region",
            "地区标识须写明行政区划代码，其他标识不得写。未作任何记录。",
            "A regional mark names its region's code, no other does. Nothing was recorded.",
        )
    if mark.kind == "community":
        _refuse_no_community(county)
    key = {"national": "", "region": mark.region, "community": county.community}[mark.kind]
    return Scope(mark.kind, key, mark.label.strip())


def unknown_items(keys: Iterable[str], known: Collection[str]) -> Invalid | None:
    """Why items are refused that no installed document lists; None where each is known."""
    missing = sorted(set(keys) - set(known))
    if not missing:
        return None
    said = "、".join(missing[:5]) + (" …" if len(missing) > 5 else "")
    return Invalid(
        "unknown-items",
        f"已安装的目录中没有这些项目：{said}。未作任何记录，请核对项目代码。",
        f"No installed catalogue lists these items: {said}. Nothing was recorded; check the keys.",
        items=len(missing),
    )


def items_of(fact: QualityFact) -> frozenset[str]:
    """The items that a fact speaks of; a revocation speaks of those of its evaluation."""
    return frozenset() if isinstance(fact, Revocation) else fact.item_keys


def _evaluation(name: str, organization: str, body: EvaluationBody, county: County, now: datetime) -> QualityEvaluation:
    return QualityEvaluation(
        id=name,
        programme=body.programme.strip(),
        organization_id=organization,
        item_keys=frozenset(body.items),
        basis=Basis(body.basis),
        scope=scope_of(body.mark, county),
        round=body.round.strip(),
        period_begins=county.begins(body.period_begins),
        period_ends=county.over(body.period_ends),
        outcome=body.outcome,
        published_at=county.begins(body.published),
        known_from=now,
        device_id=_device(body.device),
        score=body.score.strip(),
        next_due=_begins(body.next_due, county),
        retroactive_from=_begins(body.retroactive_from, county),
    )


def _device(written: str | None) -> str | None:
    """An analyser is called as its laboratory writes it, a device of the directory by its id."""
    return (written or "").strip() or None


def enrolled(device: str | None) -> UUID | None:
    """The id, where a device is one of the directory; None for an analyser, and for all devices."""
    try:
        return None if device is None else UUID(device)
    except ValueError:
        return None


def _begins(day: date | None, county: County) -> datetime | None:
    return None if day is None else county.begins(day)


def _refuse_no_community(county: County) -> None:
    if not county.community:
        raise Invalid(
            "no-community",
            "尚未配置本医共体在目录中的名称（recognition.community），未作任何记录。",
            "How catalogues call this community is not configured (recognition.community). Nothing was recorded.",
        )


def _refuse_days(body: FactBody) -> None:
    days = [value for name in body.__struct_fields__ if isinstance(value := getattr(body, name), date)]
    if any(not FIRST <= day <= LAST for day in days):
        raise Invalid(
            "quality-day-implausible",
            f"日期应在 {FIRST} 至 {LAST} 之间。未作任何记录。",
            f"Days lie between {FIRST} and {LAST}. Nothing was recorded.",
        )
