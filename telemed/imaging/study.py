"""What an arriving instance means for the index: stored, known, another encoding, or for quarantine. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from uuid import NAMESPACE_OID, UUID, uuid5

from telemed.imaging.mixed import Whose, contradict
from telemed.patients import identifiers, names
from telemed.vocabulary import Sex


@dataclass(frozen=True, slots=True)
class Arrival:
    """One instance that is durable in the archive, as its header and its association describe it.

    Texts are decoded and stripped.  acquired_at and received_at are aware UTC.
    """

    digest: str
    size: int
    organization_id: UUID
    association_id: str
    calling_ae: str
    received_at: datetime
    transfer_syntax_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    study_instance_uid: str
    patient_id: str = ""
    issuer: str = ""
    patient_name: str = ""
    birth_date: date | None = None
    sex: str = ""
    age: str = ""
    accession_number: str = ""
    study_id: str = ""
    study_description: str = ""
    referring_physician: str = ""
    institution: str = ""
    station: str = ""
    operator: str = ""
    modality: str = ""
    series_number: int | None = None
    series_description: str = ""
    protocol: str = ""
    body_part: str = ""
    laterality: str = ""
    view_position: str = ""
    acquired_at: datetime | None = None
    charset_declared: str = ""
    charset_used: str = ""
    charset_confidence: str = "declared"
    instance_number: int | None = None
    rows: int | None = None
    columns: int | None = None
    frames: int = 1
    samples: int = 1
    bits_allocated: int | None = None
    photometric: str = ""
    image_type: str = ""

    @property
    def whose(self) -> Whose:
        return Whose(self.patient_id, self.patient_name, sex_of(self.sex), self.birth_date)


class Clash(StrEnum):
    """Why an instance that is whole is kept apart all the same."""

    INSTANCE_CHANGED = "instance-changed"
    ANOTHER_SENDER = "study-of-another-sender"
    ANOTHER_PATIENT = "study-of-another-patient"
    ANOTHER_STUDY = "series-of-another-study"


class Outcome(StrEnum):
    """What becomes of an arrival that clashes with nothing."""

    NEW = "new"
    KNOWN = "known"
    OTHER_ENCODING = "other-encoding"


@dataclass(frozen=True, slots=True)
class KnownStudy:
    """The study of the same UID.  statements: what its instances say of their patient, contradicting ones left out."""

    organization_id: UUID
    statements: Sequence[Whose]
    accepted: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class KnownInstance:
    """The instance of the same UID.  same_content: by canonical digest; None if it was not compared."""

    digest: str
    same_content: bool | None = None


def judge(
    arrival: Arrival,
    *,
    study: KnownStudy | None,
    series_is_elsewhere: bool,
    instance: KnownInstance | None,
    nobodys: bool = False,
) -> Outcome | Clash:
    """Decide what becomes of an arrival.

    The same bytes again are never a clash; the same content in other bytes is not either.  Otherwise a UID belongs to
    the sender, the patient and the study that came with it first.  nobodys: the study was split, and part_of cannot
    tell whose this is.
    """
    if instance is not None:
        if instance.digest == arrival.digest:
            return Outcome.KNOWN
        return Outcome.OTHER_ENCODING if instance.same_content else Clash.INSTANCE_CHANGED
    if study is not None:
        if study.organization_id != arrival.organization_id:
            return Clash.ANOTHER_SENDER
        accepted = statement_key(arrival.whose) in study.accepted
        if nobodys or (not accepted and any(contradict(one, arrival.whose) for one in study.statements)):
            return Clash.ANOTHER_PATIENT
    return Clash.ANOTHER_STUDY if series_is_elsewhere else Outcome.NEW


def part_of(said: Whose, parts: Sequence[Sequence[Whose]]) -> int | None:
    """Which part of a split study an instance goes to that came under its UID: whose patient it states.

    parts: what the instances of each say.  None: of nobody known, or of more than one; a person has to look.
    """
    key = statement_key(said)
    same = [at for at, part in enumerate(parts) if any(statement_key(one) == key for one in part)]
    fits = same or [at for at, part in enumerate(parts) if not any(contradict(one, said) for one in part)]
    return fits[0] if len(fits) == 1 else None


def uid_in(study_instance_uid: str, uid: str) -> str:
    """The UID that a series gets in a part, when another part has the one it came with. UUID-derived, PS3.5 B.2."""
    return f"2.25.{uuid5(NAMESPACE_OID, f'{study_instance_uid}/{uid}').int}"


def sex_of(text: str) -> Sex:
    """Read (0010,0040), which devices also fill with words."""
    known = {"M": Sex.MALE, "F": Sex.FEMALE, "O": Sex.OTHER, "男": Sex.MALE, "女": Sex.FEMALE}
    return known.get(text.strip().upper()[:1], Sex.UNKNOWN)


@lru_cache(maxsize=256)
def statement_key(whose: Whose) -> bytes:
    """One key for statements that differ only in width, case, blanks and dots."""
    parts = (
        identifiers.normalise(whose.patient_id),
        names.search_key(whose.name),
        whose.sex.value,
        "" if whose.birth_date is None else whose.birth_date.isoformat(),
    )
    return hashlib.sha256("\x00".join(parts).encode()).digest()[:16]
