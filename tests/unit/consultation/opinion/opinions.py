"""A consultation opinion of the demo's county and the evidence for it, made of plain facts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from telemed.access.codes import SecretBox
from telemed.consultation.opinion.document import (
    Examination,
    Expert,
    Opinion,
    Patient,
    opinion_bytes,
)
from telemed.consultation.opinion.evidence import Evidence, RoomRecord, SeenImage, Signer, digest
from telemed.consultation.opinion.keys import Institution, KeyStore

ZONE = ZoneInfo("Asia/Shanghai")
SIGNED_AT = "2026-11-27T06:05:33Z"
NOW = datetime(2026, 11, 27, 6, 5, tzinfo=UTC)
HOSPITAL = Institution(UUID("7d0f4a8e-3a0f-4b93-9b1c-0a1b2c3d4e5f"), "龙安县第一人民医院（演示）")
OPINION = Opinion(
    consultation_number="HZ20261127-0007",
    version=1,
    reason="",
    inviting_institution="柳河镇中心卫生院",
    inviting_physician="赵国军",
    patient=Patient("王桂兰", "女", "73岁"),
    purpose="诊断：左肺上叶结节性质待定，是否需转诊。",
    summary="患者体检发现左肺上叶结节。\n无咳嗽、咯血。既往吸烟史无。",
    examinations=(Examination("2026-11-26 09:12", "CT", "胸部平扫", "LH20261126012", "柳河镇中心卫生院"),),
    diagnosis="左肺上叶磨玻璃结节，直径约 8 mm，考虑炎性可能，不除外早期肿瘤。",
    advice="三个月后复查胸部薄层 CT。",
    expert=Expert("孟淑珍", "主任医师", "110220000012345", HOSPITAL.name),
    signed_at=SIGNED_AT,
)


def evidence_for(opinion: Opinion, images: tuple[SeenImage, ...] | None = None) -> Evidence:
    shown = images if images is not None else tuple(image(number) for number in range(1, 4))
    return Evidence(
        consultation_id="0b6b7c1e-9d55-4a71-8b0a-5d7f0d3a1f11",
        consultation_number=opinion.consultation_number,
        opinion_version=opinion.version,
        text_sha256=digest(opinion_bytes(opinion)),
        room=RoomRecord(
            id="5f0f8a52-2b53-4a0e-8f27-6a6d2c1e9b01",
            epoch="c7c1b7a4-0d1b-4c56-9a58-53f1d2f5a902",
            seq=412,
            head=digest(b"the room's log"),
        ),
        images=shown,
        signer=Signer(
            practitioner_id="2a3b4c5d-1111-4222-8333-444455556666",
            account_id="3a3b4c5d-1111-4222-8333-444455556666",
            name=opinion.expert.name,
            title=opinion.expert.title,
            institution=opinion.expert.institution,
            licence_number=opinion.expert.licence_number,
        ),
        signed_at=opinion.signed_at,
        inviting_institution=opinion.inviting_institution,
    )


def image(number: int, first_seen: str | None = None) -> SeenImage:
    return SeenImage(
        study_uid="1.2.826.0.1.3680043.8.498.1",
        series_uid="1.2.826.0.1.3680043.8.498.1.2",
        sop_uid=f"1.2.826.0.1.3680043.8.498.1.2.{number}",
        frame=1,
        first_seen=first_seen or f"2026-11-27T05:{number:02}:00Z",
    )


def another(opinion: Opinion = OPINION) -> Opinion:
    return msgspec.structs.replace(opinion, diagnosis="左肺上叶浸润性腺癌。", advice="立即转诊。")


@dataclass(frozen=True)
class County:
    """A state folder's part that opinions are signed from."""

    folder: Path
    name: str = "龙安县医共体（演示）"

    @property
    def store(self) -> KeyStore:
        return KeyStore(self.folder / "opinion-keys", self.folder / "certificates", self.name, _box())

    @property
    def authority(self) -> Path:
        return self.folder / "certificates" / "county-ca.pem"


@cache
def _box() -> SecretBox:
    return SecretBox(bytes(range(32)))
