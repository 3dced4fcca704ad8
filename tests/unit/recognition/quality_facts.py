"""Facts about quality for tests: one hospital, one programme, potassium; days are counted from a first of January."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from telemed.recognition.quality import (
    Agreement,
    Change,
    GrantingParameters,
    IssuerDecision,
    Outcome,
    QualityEvaluation,
    Revocation,
    Ruling,
    Verification,
)
from telemed.recognition.rules import Basis, Scope

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
PROVINCE = Scope("region", "23", "黑HR")
COMMUNITY = Scope("community", "longan", "龙安县域医共体")
PARAMETERS = (GrantingParameters(BEGINNING - timedelta(days=365), 183, 31, 30),)
POTASSIUM = frozenset({"lab.potassium"})
_number = count(1)


def day(number: float) -> datetime:
    return BEGINNING + timedelta(days=number)


def evaluated(outcome: Outcome, published: float, *, round_: str = "", known: float | None = None, **facts):
    """An outcome published on a day, of samples of the thirty days before, known on that day."""
    number = next(_number)
    said = {
        "id": f"evaluation-{number:06}",
        "programme": "eqa",
        "organization_id": "a",
        "item_keys": POTASSIUM,
        "basis": Basis.EQA,
        "scope": PROVINCE,
        "round": round_ or f"round-{number}",
        "period_begins": day(published - 30),
        "period_ends": day(published - 1),
        "outcome": outcome,
        "published_at": day(published),
        "known_from": day(published if known is None else known),
    }
    return QualityEvaluation(**(said | facts))


def passed(published: float, **facts) -> QualityEvaluation:
    return evaluated(Outcome.PASS, published, **facts)


def failed(published: float, **facts) -> QualityEvaluation:
    return evaluated(Outcome.FAIL, published, **facts)


def absent(published: float, **facts) -> QualityEvaluation:
    return evaluated(Outcome.ABSENT, published, **facts)


def change(at: float, *, known: float | None = None, **facts) -> Change:
    said = {"item_keys": POTASSIUM} | facts
    return Change(f"change-{next(_number):06}", at=day(at), known_from=day(at if known is None else known), **said)


def verification(at: float, *, known: float | None = None, **facts) -> Verification:
    said = {"item_keys": POTASSIUM} | facts
    return Verification(
        f"verified-{next(_number):06}", at=day(at), known_from=day(at if known is None else known), **said
    )


def ruling(what: Ruling, at: float, *, known: float | None = None, **facts) -> IssuerDecision:
    said = {"programme": "eqa", "item_keys": POTASSIUM} | facts
    known_from = day(at if known is None else known)
    return IssuerDecision(f"ruling-{next(_number):06}", ruling=what, at=day(at), known_from=known_from, **said)


def withdraw(at: float, **facts) -> IssuerDecision:
    return ruling(Ruling.WITHDRAW, at, **facts)


def reinstate(at: float, **facts) -> IssuerDecision:
    return ruling(Ruling.REINSTATE, at, **facts)


def revocation(of: QualityEvaluation, at: float, *, known: float | None = None) -> Revocation:
    return Revocation(f"revoked-{next(_number):06}", of.id, day(at), day(at if known is None else known))


def agreement(begins: float, ends: float, basis: Basis = Basis.COMMUNITY_DOCUMENT, **facts) -> Agreement:
    said = {"organization_id": "a", "item_keys": POTASSIUM, "scope": COMMUNITY, "known_from": day(begins)} | facts
    return Agreement(f"agreement-{next(_number):06}", basis=basis, begins=day(begins), ends=day(ends), **said)
