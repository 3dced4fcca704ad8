"""What stands on the paper of an opinion (会诊意见书), as it is hashed and as it is printed.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, UnsetType

from telemed.consultation.opinion.characters import Coverage, legible
from telemed.consultation.opinion.evidence import Evidence, digest
from telemed.consultation.opinion.spelling import Instant, Line, Malformed, Prose, Sha256, Words, at, read, spelled

FORMAT = "telemed-opinion/1"
MOST_BYTES = 1 << 19
#: Names the evidence in the document's properties, so that a program finds on the paper what people read there.
KEYWORD = "evidence-sha256:"


class Patient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As the paper names the patient: words, not codes."""

    name: Line
    sex: Words
    age: Words


class Examination(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the list of what was put before the expert.  at: as printed, in county time."""

    at: Words
    kind: Words
    item: Words
    accession_number: Words
    institution: Words


class Expert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Line
    title: Line
    licence_number: Line
    institution: Line


class Earlier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version that an addendum adds to, known again by its hashes.  reason, addendum: empty for the first."""

    version: Annotated[int, Meta(ge=1, le=9999)]
    signer: Line
    signed_at: Instant
    text_sha256: Sha256
    document_sha256: Sha256
    reason: Words
    addendum: Prose


class Addition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is added, and every version it is added to, in order."""

    text: Prose
    earlier: Annotated[tuple[Earlier, ...], Meta(min_length=1, max_length=100)]


class Participant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who was in the room.  role: as the paper says it."""

    name: Line
    institution: Words
    title: Words
    role: Words


class Opinion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text that is signed.  reason: why a version after the first was made; empty for the first.

    addition: of an addendum, whose diagnosis and advice are the first version's, unchanged; not written elsewhere, so
    that a paper without it is spelt as it always was.
    participants: who was in the room, where there were more than the two physicians; an opinion of two says nothing.
    """

    consultation_number: Line
    version: Annotated[int, Meta(ge=1, le=9999)]
    reason: Words
    inviting_institution: Line
    inviting_physician: Words
    patient: Patient
    purpose: Prose
    summary: Prose
    examinations: Annotated[tuple[Examination, ...], Meta(max_length=300)]
    diagnosis: Prose
    advice: Prose
    expert: Expert
    signed_at: Instant
    addition: Addition | UnsetType = UNSET
    participants: Annotated[tuple[Participant, ...], Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    format: Literal["telemed-opinion/1"] = FORMAT

    def __post_init__(self) -> None:
        at(self.signed_at)
        if not self.diagnosis.strip():
            raise ValueError("an opinion says something")
        if (self.version == 1) != (not self.reason):
            raise ValueError("every version but the first says why it was made")
        if self.addition is not UNSET:
            _adds(self.version, self.addition)


def _adds(version: int, addition: Addition) -> None:
    """Raises ValueError unless an addendum says something and names every version before it."""
    if not addition.text.strip():
        raise ValueError("an addendum says something")
    if [one.version for one in addition.earlier] != list(range(1, version)):
        raise ValueError("an addendum names every version before it")
    for one in addition.earlier:
        at(one.signed_at)
        if (one.version == 1) != (not one.reason) or (one.version == 1) != (not one.addendum):
            raise ValueError("every version but the first adds something, and says why")


def opinion_bytes(opinion: Opinion) -> bytes:
    """The bytes whose SHA-256 is the evidence's text_sha256.  Raises ValueError for what would not be read back."""
    content = spelled(opinion)
    if len(content) > MOST_BYTES:
        raise ValueError(f"an opinion of more than {MOST_BYTES} bytes")
    return content


def read_opinion(content: bytes) -> Opinion | Malformed:
    return read(content, Opinion, MOST_BYTES)


def disagreement(opinion: Opinion, evidence: Evidence) -> str | None:
    """What evidence says otherwise than the opinion it is for; None where they agree."""
    pairs = {
        "text_sha256": (evidence.text_sha256, digest(opinion_bytes(opinion))),
        "consultation_number": (evidence.consultation_number, opinion.consultation_number),
        "version": (evidence.opinion_version, opinion.version),
        "inviting_institution": (evidence.inviting_institution, opinion.inviting_institution),
        "name": (evidence.signer.name, opinion.expert.name),
        "title": (evidence.signer.title, opinion.expert.title),
        "institution": (evidence.signer.institution, opinion.expert.institution),
        "licence_number": (evidence.signer.licence_number, opinion.expert.licence_number),
        "signed_at": (evidence.signed_at, opinion.signed_at),
    }
    return next((name for name, (one, other) in pairs.items() if one != other), None)


class Sheet(msgspec.Struct, frozen=True):
    """What the template is given: every text is printed as it stands, none is a program."""

    title: str
    keyword: str
    rows: list[tuple[str, str]]
    sections: list[tuple[str, str]]
    examinations: list[tuple[str, str, str, str, str]]
    signature: list[tuple[str, str]]
    statement: str
    verification: str
    hashes: list[tuple[str, str]]


def sheet(opinion: Opinion, evidence_sha256: str, zone: ZoneInfo, coverage: Coverage) -> Sheet:
    """An opinion as it is printed.  zone: the county's."""

    def shown(text: str) -> str:
        return legible(text, coverage)

    expert, patient = opinion.expert, opinion.patient
    rows = [
        ("会诊编号", opinion.consultation_number),
        ("版本", _version(opinion)),
        ("邀请方", opinion.inviting_institution),
        ("邀请医师", opinion.inviting_physician),
        ("受邀方", expert.institution),
        *_taking_part(opinion),
        ("患者", f"{patient.name}　性别：{patient.sex or '未提供'}　年龄：{patient.age or '未提供'}"),
    ]
    sections = [
        ("会诊目的", opinion.purpose),
        ("病情摘要", opinion.summary),
        *_opinions(opinion, zone),
    ]
    return Sheet(
        title=f"会诊意见书 {shown(opinion.consultation_number)}",
        keyword=KEYWORD + evidence_sha256,
        rows=[(name, shown(text or "未提供")) for name, text in rows],
        sections=[(name, shown(text if text.strip() else "未填写")) for name, text in sections],
        examinations=[
            (shown(one.at), shown(one.kind), shown(one.item), shown(one.accession_number), shown(one.institution))
            for one in opinion.examinations
        ],
        signature=[
            ("会诊专家", shown(expert.name)),
            ("职称", shown(expert.title)),
            ("执业证书号", shown(expert.licence_number)),
            ("签署时间", county_time(opinion.signed_at, zone)),
        ],
        statement=shown(
            f"本文件的电子签名是{expert.institution}的机构电子印章对本文件全部内容的签名；"
            f"签署人{expert.name}在重新通过第二身份验证后确认签署。"
        ),
        verification=(
            "核验：以电子文件为准，打印件不能核验。取得县级 CA 证书并核对其指纹后，任何人可离线运行 "
            "telemed opinion verify 文件.pdf --ca county-ca.pem；文件改动一个字节即不能通过。"
        ),
        hashes=[("意见正文 SHA-256", opinion_digest(opinion)), ("签署证据 SHA-256", evidence_sha256)],
    )


def _version(opinion: Opinion) -> str:
    if not opinion.reason:
        return f"第 {opinion.version} 版"
    if opinion.addition is UNSET:
        return f"第 {opinion.version} 版（更正原因：{opinion.reason}）"
    return f"第 {opinion.version} 版：对第 1 版的补充意见（补充原因：{opinion.reason}）"


def _opinions(opinion: Opinion, zone: ZoneInfo) -> list[tuple[str, str]]:
    """The opinion itself; in an addendum the first version's words, what was added since, what is added now."""
    if opinion.addition is UNSET:
        return [("诊断意见", opinion.diagnosis), ("建议", opinion.advice)]
    earlier = opinion.addition.earlier
    added = [
        (
            f"第 {one.version} 版补充意见（{one.signer}，{county_time(one.signed_at, zone)}；原因：{one.reason}）",
            one.addendum,
        )
        for one in earlier[1:]
    ]
    hashes = "\n".join(
        f"第 {one.version} 版：{one.signer}，{county_time(one.signed_at, zone)}\n"
        f"意见正文 SHA-256：{one.text_sha256}\n文件 SHA-256：{one.document_sha256}"
        for one in earlier
    )
    return [
        ("诊断意见（第 1 版原文，未作改动）", opinion.diagnosis),
        ("建议（第 1 版原文，未作改动）", opinion.advice),
        *added,
        (f"本次补充意见（第 {opinion.version} 版）", opinion.addition.text),
        ("本次补充所针对的版本", hashes),
    ]


def _taking_part(opinion: Opinion) -> list[tuple[str, str]]:
    if isinstance(opinion.participants, UnsetType):
        return []
    said = [
        f"{one.name}（{' '.join(filter(None, (one.institution, one.title, one.role)))}）"
        for one in opinion.participants
    ]
    return [("参加人员", "、".join(said))]


def opinion_digest(opinion: Opinion) -> str:
    return digest(opinion_bytes(opinion))


def county_time(text: str, zone: ZoneInfo) -> str:
    """A moment as people of the county read it, the zone said twice: its name and its distance from UTC."""
    when = at(text).astimezone(zone)
    return f"{when:%Y年%m月%d日 %H:%M:%S}（{zone.key}，UTC{_offset(when)}）"


def _offset(when: datetime) -> str:
    minutes = (when.utcoffset() or timedelta()) // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
