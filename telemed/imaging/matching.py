"""Whether a study is the answer to a request: sure, doubtful or none, with every finding. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from telemed.imaging import body
from telemed.imaging.clock import Known, anchor
from telemed.patients import identifiers, identity, names
from telemed.patients.identity import Identity
from telemed.patients.names import Agreement
from telemed.vocabulary import Laterality, Sex, Text

#: Examined this long after it was registered is still its examination; later ones a person looks at.
EXAMINED_WITHIN = timedelta(hours=72)
#: Examined before it was registered: emergencies are examined first and registered after.
EXAMINED_BEFORE = timedelta(hours=4)


class Rule(StrEnum):
    """What is compared. ACCESSION and PATIENT_ID anchor a match; the others can only contradict or support it."""

    ACCESSION = "accession"
    PATIENT_ID = "patient-id"
    NAME = "name"
    SEX = "sex"
    BIRTH = "birth"
    MODALITY = "modality"
    SITE = "site"
    LATERALITY = "laterality"
    TIME = "time"
    CARD = "card"  # 人证不符
    ACCESSION_FREE = "accession-free"  # no other study of the organisation carries this accession number
    REQUEST_FREE = "request-free"  # no other study answers this request yet


class Finding(NamedTuple):
    """What one rule found."""

    rule: Rule
    agreement: Agreement


class Verdict(StrEnum):
    """What may be done with a study and a request."""

    SURE = "sure"
    DOUBTFUL = "doubtful"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """A study as its device described it.

    modalities: the picture modalities only. sides: every laterality its series state. site: body part examined and
    descriptions. accession_shared: another study of the organisation came with the same accession number.
    skew_seconds: the measured error of the device's clock. times: aware UTC.
    """

    organization_id: UUID
    accession_number: str
    patient_id: str
    issuer: str
    name: str
    sex: Sex
    birth_date: date | None
    modalities: frozenset[str]
    site: str
    sides: frozenset[Laterality]
    acquired_at: datetime | None
    received_at: datetime
    skew_seconds: int | None = None
    accession_shared: bool = False


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A registration and its patient.

    numbers: every identifier value of the patient, normalised. answered: another study is linked to it already.
    """

    id: UUID
    organization_id: UUID
    accession_number: str
    name: str
    sex: Sex
    birth_date: date | None
    birth_date_estimated: bool
    identity: Identity
    numbers: frozenset[str]
    modality: str
    site: str
    laterality: Laterality
    registered_at: datetime
    card_mismatch: bool = False
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """One request beside a study, with every finding in the order of Rule."""

    request_id: UUID
    verdict: Verdict
    findings: tuple[Finding, ...]

    def of(self, rule: Rule) -> Agreement:
        """What one rule found."""
        return next(f.agreement for f in self.findings if f.rule is rule)


# Without these a match is not sure even if nothing contradicts.
_NEEDED = (Rule.NAME, Rule.MODALITY)
# These must not be LIKELY either: a name in pinyin, both sides where one was asked.
_EXACT = (Rule.NAME, Rule.LATERALITY)

# DX and CR name the same examination on different devices.
_ALIKE = ({"CR", "DX", "DR", "RF"}, {"MG", "DX"}, {"CT"}, {"MR"}, {"US"}, {"PX", "DX", "IO"}, {"XA", "RF"})
# Objects that accompany pictures and are no modality of their own.
_NOT_PICTURES = frozenset({"SR", "PR", "KO", "SEG", "OT", "DOC", "REG", "RTSTRUCT", "AU", "ECG"})


def pictures(modalities: Iterable[str]) -> frozenset[str]:
    """The modalities of a study that made pictures."""
    kept = frozenset(modalities)
    return kept - _NOT_PICTURES or kept


def _normal(number: str) -> str:
    found = identifiers.national_id(number)
    return found.value if isinstance(found, identifiers.Identifier) else identifiers.normalise(number)


def _compare_accession(a: str, b: str) -> Agreement:
    one, other = identifiers.normalise(a), identifiers.normalise(b)
    if not one or not other or identifiers.is_placeholder(a):
        return Agreement.UNKNOWN
    return Agreement.SAME if one == other else Agreement.DIFFERS


def _compare_patient_id(study: StudyFacts, request: RequestFacts) -> Agreement:
    """A number of the person or the accession typed into Patient ID; a device's own counter says nothing."""
    if identifiers.is_placeholder(study.patient_id):
        return Agreement.UNKNOWN
    value = _normal(study.patient_id)
    if value in request.numbers or value == identifiers.normalise(request.accession_number):
        return Agreement.SAME
    is_national = isinstance(identifiers.national_id(study.patient_id), identifiers.Identifier)
    holds_national = any(isinstance(identifiers.national_id(n), identifiers.Identifier) for n in request.numbers)
    return Agreement.DIFFERS if is_national and holds_national else Agreement.UNKNOWN


def _compare_modality(study: StudyFacts, request: RequestFacts) -> Agreement:
    shown = pictures(study.modalities)
    if not shown or not request.modality:
        return Agreement.UNKNOWN
    asked = request.modality
    if asked in shown or any(asked in alike and shown & alike for alike in _ALIKE):
        return Agreement.SAME
    return Agreement.DIFFERS


def _compare_time(study: StudyFacts, request: RequestFacts) -> Agreement:
    """SAME inside the window, DIFFERS outside; UNKNOWN where the device's clock proves nothing.

    A skewed clock is UNKNOWN and no contradiction, but received before registered by days still is one.
    """
    earliest, latest = request.registered_at - EXAMINED_BEFORE, request.registered_at + EXAMINED_WITHIN
    if study.received_at < earliest:
        return Agreement.DIFFERS
    taken = anchor(study.acquired_at, received_at=study.received_at, skew_seconds=study.skew_seconds)
    if not isinstance(taken, Known):
        return Agreement.UNKNOWN
    return Agreement.SAME if earliest <= taken.at <= latest else Agreement.DIFFERS


def _if_not(trouble: bool) -> Agreement:  # noqa: FBT001 -- the one thing it is about
    return Agreement.DIFFERS if trouble else Agreement.SAME


def compare(study: StudyFacts, request: RequestFacts) -> Match:
    """Compare one study with one request.

    SURE needs an anchor (the accession number, or a number of the patient in Patient ID), the same name in the same
    characters, a modality that fits, and not one contradiction; by Patient ID alone also a time that fits. DOUBTFUL
    has an anchor, or the name (even in pinyin) with nothing of sex and birth date against it; or the time, modality
    and sex where the study names nobody. NONE is everything else, and everything of another organisation.
    Time that the device's clock leaves UNKNOWN neither supports nor contradicts.
    """
    accession = _compare_accession(study.accession_number, request.accession_number)
    birth = identity.compare_birth(study.birth_date, request.birth_date, estimated=request.birth_date_estimated)
    findings = (
        Finding(Rule.ACCESSION, accession),
        Finding(Rule.PATIENT_ID, _compare_patient_id(study, request)),
        Finding(Rule.NAME, names.compare(study.name, request.name)),
        Finding(Rule.SEX, identity.compare_sex(study.sex, request.sex)),
        Finding(Rule.BIRTH, birth),
        Finding(Rule.MODALITY, _compare_modality(study, request)),
        Finding(Rule.SITE, body.compare_sites(request.site, study.site)),
        Finding(Rule.LATERALITY, body.compare_sides(request.laterality, study.sides)),
        Finding(Rule.TIME, _compare_time(study, request)),
        Finding(Rule.CARD, _if_not(request.card_mismatch)),
        Finding(Rule.ACCESSION_FREE, _if_not(accession is Agreement.SAME and study.accession_shared)),
        Finding(Rule.REQUEST_FREE, _if_not(request.answered)),
    )
    if study.organization_id != request.organization_id:
        return Match(request.id, Verdict.NONE, findings)
    return Match(request.id, _verdict({f.rule: f.agreement for f in findings}), findings)


def _verdict(found: dict[Rule, Agreement]) -> Verdict:
    anchored = Agreement.SAME in (found[Rule.ACCESSION], found[Rule.PATIENT_ID])
    if anchored:
        contradicted = Agreement.DIFFERS in found.values()
        supported = all(found[rule] is Agreement.SAME for rule in _NEEDED)
        if found[Rule.ACCESSION] is not Agreement.SAME:  # the person is right; whether today's examination, time tells
            supported = supported and found[Rule.TIME] is Agreement.SAME
        similar = any(found[rule] is Agreement.LIKELY for rule in _EXACT)
        return Verdict.SURE if supported and not contradicted and not similar else Verdict.DOUBTFUL
    if Agreement.DIFFERS in (found[Rule.ACCESSION], found[Rule.PATIENT_ID], found[Rule.TIME], found[Rule.MODALITY]):
        return Verdict.NONE
    if found[Rule.REQUEST_FREE] is Agreement.DIFFERS:
        return Verdict.NONE
    against = Agreement.DIFFERS in (found[Rule.SEX], found[Rule.BIRTH])
    if found[Rule.NAME] in (Agreement.SAME, Agreement.LIKELY):
        return Verdict.NONE if against and found[Rule.NAME] is Agreement.LIKELY else Verdict.DOUBTFUL
    if found[Rule.NAME] is Agreement.UNKNOWN and not against and found[Rule.TIME] is Agreement.SAME:
        return Verdict.DOUBTFUL
    return Verdict.NONE


_RANK = {Agreement.SAME: 3, Agreement.LIKELY: 2, Agreement.UNKNOWN: 1, Agreement.DIFFERS: 0}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a study: link it to the one sure request, show candidates, or let it stand for itself."""

    verdict: Verdict
    request_id: UUID | None
    candidates: tuple[Match, ...]


def decide(study: StudyFacts, requests: Sequence[RequestFacts]) -> Decision:
    """Compare a study with every request that could be meant; the best candidate first.

    One sure request is linked. Two sure ones are doubtful, both.
    """
    matches = [compare(study, request) for request in requests]
    candidates = sorted(
        (m for m in matches if m.verdict is not Verdict.NONE),
        key=lambda m: (
            m.verdict is not Verdict.SURE,
            *(-_RANK[f.agreement] for f in m.findings),
            str(m.request_id),
        ),
    )
    sure = [m for m in candidates if m.verdict is Verdict.SURE]
    if len(sure) == 1:
        return Decision(Verdict.SURE, sure[0].request_id, tuple(candidates))
    return Decision(Verdict.DOUBTFUL if candidates else Verdict.NONE, None, tuple(candidates))


_WORDS: dict[Rule, Text] = {
    Rule.ACCESSION: Text("检查号不一致", "Accession numbers differ"),
    Rule.PATIENT_ID: Text("证件号不一致", "Identity numbers differ"),
    Rule.NAME: Text("姓名不一致", "Names differ"),
    Rule.SEX: Text("性别不一致", "Sex differs"),
    Rule.BIRTH: Text("出生日期不一致", "Birth dates differ"),
    Rule.MODALITY: Text("检查类型不一致", "Modalities differ"),
    Rule.SITE: Text("部位不一致", "Body sites differ"),
    Rule.LATERALITY: Text("侧别不一致，请确认", "Sides differ, please confirm"),
    Rule.TIME: Text("检查时间与登记不符", "The time of examination does not fit the registration"),
    Rule.CARD: Text("人证不符", "Card and person do not match"),
    Rule.ACCESSION_FREE: Text("检查号重复，待核对", "Accession number used twice, to be checked"),
    Rule.REQUEST_FREE: Text("该登记已有检查", "This registration already has a study"),
}


def words(finding: Finding) -> Text | None:
    """What a finding says against a link, in words; None where it says nothing against it."""
    if finding.agreement is Agreement.DIFFERS:
        return _WORDS[finding.rule]
    if finding.agreement is Agreement.LIKELY and finding.rule is Rule.NAME:
        return Text("姓名疑似（同音、拼音或缺字）", "Name only similar (same sound, pinyin, or a missing character)")
    if finding.agreement is Agreement.LIKELY and finding.rule is Rule.LATERALITY:
        return Text("图像含双侧，请确认", "Pictures show both sides, please confirm")
    return None
