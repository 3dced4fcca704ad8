"""The licence guard: who may put a name under a diagnosis. Pure; the day is an argument."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from telemed.vocabulary import Role

IMAGING = "医学影像和放射治疗专业"
INTERNAL = "内科专业"
GENERAL = "全科医学专业"
OBSTETRICS = "妇产科专业"

# 执业类别 that may sign a diagnosis at all; 口腔 may for its own images, 公共卫生 may not.
CATEGORIES = frozenset({"临床", "中医"})
DENTAL_CATEGORY = "口腔"
DENTAL_MODALITIES = frozenset({"IO", "PX"})

# 执业范围 by DICOM modality (PS3.3 C.7.3.1.1.1); what is not listed needs 医学影像.
SCOPES: Mapping[str, frozenset[str]] = {
    "US": frozenset({IMAGING, OBSTETRICS}),
    "ECG": frozenset({IMAGING, INTERNAL, GENERAL}),
}
SEPARATORS = re.compile(r"[、,，;；/\s]+")


@dataclass(frozen=True, slots=True)
class Licence:
    """What the 医师执业证书 says, with the roles held. expires_on: the last day it is good; None: no end."""

    number: str | None
    category: str | None
    scope: str | None
    expires_on: date | None
    roles: frozenset[Role]
    active: bool = True


@dataclass(frozen=True, slots=True)
class Allowed:
    pass


@dataclass(frozen=True, slots=True)
class Denied:
    """Why not: a stable word and one sentence in both languages."""

    code: str
    zh: str
    en: str


Verdict = Allowed | Denied


def may_sign(licence: Licence, modality: str, today: date) -> Verdict:
    """Decide whether this person may sign a diagnosis on this modality today (county date)."""
    if not licence.active:
        return Denied(
            "practitioner-inactive", "该人员已停用，不能签名。", "This person is no longer active and cannot sign."
        )
    if Role.TECHNICIAN in licence.roles:
        return Denied(
            "technician-never-signs",
            "检查技师不能签发诊断报告。",
            "A radiographer cannot sign a diagnosis.",
        )
    if not licence.number:
        return Denied(
            "licence-missing",
            "未登记医师执业证书编号，不能签名。请联系管理员补录。",
            "No physician's licence number is on record. Ask the administrator to enter it.",
        )
    if licence.expires_on is not None and licence.expires_on < today:
        return Denied(
            "licence-expired",
            f"医师执业证书已于 {licence.expires_on.isoformat()} 到期，不能签名。",
            f"The physician's licence expired on {licence.expires_on.isoformat()}.",
        )
    if licence.category == DENTAL_CATEGORY and modality in DENTAL_MODALITIES:
        return Allowed()
    if licence.category not in CATEGORIES:
        return Denied(
            "licence-category",
            f"执业类别“{licence.category or '未登记'}”不能签发该类诊断报告。",
            "The licence category does not allow signing this kind of report.",
        )
    if not held_scopes(licence.scope) & SCOPES.get(modality, frozenset({IMAGING})):
        return Denied(
            "licence-scope",
            f"执业范围“{licence.scope or '未登记'}”不含 {modality} 所需专业。",
            f"The licensed scope of practice does not cover {modality}.",
        )
    return Allowed()


def held_scopes(text: str | None) -> frozenset[str]:
    """Read 执业范围 as printed; 专业 at the end may be missing, several are joined by 、."""
    return frozenset(
        word if word.endswith("专业") else f"{word}专业" for word in SEPARATORS.split((text or "").strip()) if word
    )
