"""What the patient routes take and return."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from telemed.patients import identifiers, names
from telemed.patients.age import age
from telemed.patients.links_store import FactRow
from telemed.patients.matching import WORDS, Code, Match
from telemed.patients.store import IdentifierRow, PatientRow, ReviewRow
from telemed.vocabulary import Sex


class Words(msgspec.Struct, frozen=True):
    """One sentence in both languages."""

    zh: str
    en: str


class PatientSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """q: part of a name, its reading or initials, or a whole number. In the body, so that no address names anybody."""

    q: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 20


class Patient(msgspec.Struct, frozen=True):
    """A person as lists and strips show one. age: as it is said today, None for an unknown birth."""

    id: UUID
    organization_id: UUID
    organization_name: str
    name: str
    pinyin: str
    sex: str
    birth_date: date | None
    birth_date_estimated: bool
    born_at: datetime | None
    age: Words | None
    identity: str
    phone: str
    address: str
    mother_id: UUID | None
    same_as_id: UUID | None
    revision: int

    @classmethod
    def of(cls, row: PatientRow, now: datetime, day: date) -> Patient:
        """The row with name and age as they are read; day: today in the county."""
        return cls(
            id=row.id,
            organization_id=row.organization_id,
            organization_name=row.organization_name,
            name=row.name,
            pinyin=names.shown_pinyin(row.name),
            sex=row.sex,
            birth_date=row.birth_date,
            birth_date_estimated=row.birth_date_estimated,
            born_at=row.born_at,
            age=said_age(row.birth_date, day, born_at=row.born_at, now=now),
            identity=row.identity,
            phone=row.phone,
            address=row.address,
            mother_id=row.mother_id,
            same_as_id=row.same_as_id,
            revision=row.revision,
        )


def said_age(
    born: date | None, day: date, *, born_at: datetime | None = None, now: datetime | None = None
) -> Words | None:
    """An age on a day in both languages."""
    said = None if born is None else age(born, day, born_at=born_at, now=now)
    return None if said is None else Words(said.zh, said.en)


class PatientList(msgspec.Struct, frozen=True):
    items: list[Patient]
    next: str | None = None


class PatientNumber(msgspec.Struct, frozen=True):
    """A number of somebody; claimed: somebody else holds it. value is masked unless it was asked for."""

    kind: str
    issuer: str
    value: str
    claimed: bool


def numbers(rows: Iterable[IdentifierRow], *, whole: bool) -> list[PatientNumber]:
    """The numbers of somebody, masked or whole."""
    return [
        PatientNumber(
            row.kind,
            "" if row.kind in ("temporary", "device", "other") else row.issuer,
            row.value if whole or row.kind == "temporary" else identifiers.masked(row.value),
            bool(row.claim) and row.kind != "device",
        )
        for row in rows
    ]


class PatientDetail(msgspec.Struct, frozen=True):
    """A person with masked numbers, the mother, and the other records that a review has said to be the same person."""

    patient: Patient
    numbers: list[PatientNumber]
    mother: Patient | None
    same: list[Patient]
    open_reviews: int


class RevealBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the whole number is asked for; kept in the audit."""

    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Revealed(msgspec.Struct, frozen=True):
    numbers: list[PatientNumber]


class IdentityBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """身份补录: who somebody temporary turned out to be."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    sex: Sex
    birth_date: date | None = None
    kind: identifiers.IdentifierKind | None = None
    number: Annotated[str, msgspec.Meta(max_length=64)] = ""
    country: Annotated[str, msgspec.Meta(max_length=8)] = ""


class IdentityFinding(msgspec.Struct, frozen=True):
    """One thing that was found of two records, by its code and in words."""

    code: str
    zh: str
    en: str


def found(codes: Iterable[str]) -> list[IdentityFinding]:
    """Findings in words."""
    return [IdentityFinding(code, WORDS[Code(code)].zh, WORDS[Code(code)].en) for code in codes]


class LinksQuery(msgspec.Struct, frozen=True):
    """known_at: what was known at that moment; now if not stated."""

    known_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class IdentityFact(msgspec.Struct, frozen=True):
    """One fact about two records (linked, unlinked, never-link), on whose word (matched, reviewed, taken-back).

    changed: what of patient.… or other.… had been changed by the time a fact was taken back, and stayed so.
    """

    id: int
    patient_id: UUID
    other_patient_id: UUID
    fact: str
    ground: str
    findings: list[IdentityFinding]
    note: str
    changed: list[str]
    review_id: UUID | None
    decided_by_name: str
    recorded_at: datetime

    @classmethod
    def of(cls, row: FactRow) -> IdentityFact:
        return cls(
            row.id,
            row.patient_id,
            row.other_patient_id,
            row.fact,
            row.ground,
            found(row.findings),
            row.note,
            row.changed,
            row.review_id,
            row.decided_by_name,
            row.recorded_at,
        )


class IdentityLinks(msgspec.Struct, frozen=True):
    """The records that were one person as known then, and every fact about this one, the newest first."""

    same: list[UUID]
    items: list[IdentityFact]
    next: str | None = None


class ReviewQuery(msgspec.Struct, frozen=True):
    open: bool = True
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 100


class IdentityReview(msgspec.Struct, frozen=True):
    """A doubtful identity: patient came with what other had already; differences in words.

    outcome: what matching says now (auto, potential, never); findings: everything it found.  doubt: what somebody who
    looked and could not say has written, '' if nobody has.
    """

    id: UUID
    organization_id: UUID
    reason: str
    state: str
    note: str
    opened_at: datetime
    decided_at: datetime | None
    patient: Patient
    other: Patient
    differences: list[Words]
    outcome: str
    findings: list[IdentityFinding]
    decided_by_name: str
    doubt: str
    doubted_by_name: str
    doubted_at: datetime | None

    @classmethod
    def of(
        cls, row: ReviewRow, patient: Patient, other: Patient, differences: list[Words], match: Match
    ) -> IdentityReview:
        return cls(
            row.id,
            row.organization_id,
            row.reason,
            row.state,
            row.note,
            row.opened_at,
            row.decided_at,
            patient,
            other,
            differences,
            match.outcome,
            found(match.findings),
            row.decided_by_name,
            row.doubt,
            row.doubted_by_name,
            row.doubted_at,
        )


class IdentityReviews(msgspec.Struct, frozen=True):
    items: list[IdentityReview]
    next: str | None = None


class ReviewDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    decision: Literal["same-person", "different-persons"]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class ReviewDoubt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """note: why it cannot be said."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


class ReviewReopening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
