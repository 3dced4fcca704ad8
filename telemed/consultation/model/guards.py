"""What has to be so before a consultation goes on: consent, agreement, the expert's licence. Pure.

Hard for a routine request; in an emergency what is missing is written down and nobody is kept from help
(practice: guards are hard for routine, warn and record for 急).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from telemed.consultation.model.states import Urgency
from telemed.vocabulary import Text


class Concern(StrEnum):
    NO_CONSENT = "consent-missing"
    NO_AGREEMENT = "agreement-missing"
    NO_LICENCE = "licence-missing"
    LICENCE_EXPIRED = "licence-expired"
    CATEGORY = "licence-category"
    OUTSIDE_SCOPE = "licence-scope"
    TOO_SHORT = "practice-too-short"
    PRACTICE_UNKNOWN = "practice-unknown"


#: In an emergency these are warnings.  Consent is not: an approval by name stands in its place.
WAIVED_IN_EMERGENCY = frozenset(Concern) - {Concern.NO_CONSENT, Concern.NO_LICENCE, Concern.CATEGORY}
WORDS: Mapping[Concern, Text] = MappingProxyType(
    {
        Concern.NO_CONSENT: Text(
            "尚未登记知情同意，也没有负责人批准。",
            "Neither consent nor the approval of a responsible person is on record.",
        ),
        Concern.NO_AGREEMENT: Text(
            "两院之间没有在有效期内的远程医疗合作协议。",
            "No agreement on telemedicine between the institutions is in force.",
        ),
        Concern.NO_LICENCE: Text("该专家没有登记医师执业证书。", "No physician's licence of the expert is on record."),
        Concern.LICENCE_EXPIRED: Text("该专家的执业证书已过期。", "The expert's licence has expired."),
        Concern.CATEGORY: Text(
            "该专家的执业类别不能出具会诊意见。", "The expert's licence category gives no opinions."
        ),
        Concern.OUTSIDE_SCOPE: Text(
            "受邀科室不在该专家的执业范围内。", "The department is outside the expert's licence scope."
        ),
        Concern.TOO_SHORT: Text("该专家独立执业不满 3 年。", "The expert has practised for less than three years."),
        Concern.PRACTICE_UNKNOWN: Text(
            "未登记该专家的执业起始日期。", "Since when the expert practises is not on record."
        ),
    }
)
#: 诊疗科目名录 code → its name, and the 执业范围 whose holders answer for it (执业范围 list, 卫医发〔2001〕169号).
DEPARTMENTS: Mapping[str, tuple[Text, frozenset[str]]] = MappingProxyType(
    {
        "02": (Text("全科医疗科", "General practice"), frozenset({"全科医学专业"})),
        "03": (Text("内科", "Internal medicine"), frozenset({"内科专业"})),
        "03.02": (Text("消化内科", "Gastroenterology"), frozenset({"内科专业"})),
        "03.03": (Text("神经内科", "Neurology"), frozenset({"内科专业", "神经内科专业"})),
        "03.04": (Text("心血管内科", "Cardiology"), frozenset({"内科专业"})),
        "03.01": (Text("呼吸内科", "Respiratory medicine"), frozenset({"内科专业"})),
        "04": (Text("外科", "Surgery"), frozenset({"外科专业"})),
        "04.02": (Text("神经外科", "Neurosurgery"), frozenset({"外科专业"})),
        "04.03": (Text("骨科", "Orthopaedics"), frozenset({"外科专业"})),
        "05": (Text("妇产科", "Obstetrics and gynaecology"), frozenset({"妇产科专业"})),
        "07": (Text("儿科", "Paediatrics"), frozenset({"儿科专业"})),
        "10": (Text("眼科", "Ophthalmology"), frozenset({"眼耳鼻咽喉科专业"})),
        "11": (Text("耳鼻咽喉科", "Otolaryngology"), frozenset({"眼耳鼻咽喉科专业"})),
        "15": (Text("精神科", "Psychiatry"), frozenset({"精神卫生专业"})),
        "16": (Text("传染科", "Infectious diseases"), frozenset({"内科专业"})),
        "19": (Text("肿瘤科", "Oncology"), frozenset({"内科专业", "外科专业", "医学影像和放射治疗专业"})),
        "20": (Text("急诊医学科", "Emergency medicine"), frozenset({"急救医学专业", "内科专业", "外科专业"})),
        "28": (Text("重症医学科", "Intensive care"), frozenset({"重症医学专业", "急救医学专业", "内科专业"})),
        "32": (Text("医学影像科", "Imaging"), frozenset({"医学影像和放射治疗专业"})),
        "50": (Text("中医科", "Traditional Chinese medicine"), frozenset({"中医专业"})),
    }
)
CATEGORIES = frozenset({"临床", "口腔", "中医"})
YEARS = 3
_BETWEEN = re.compile(r"[、,，;；/\s]+")


@dataclass(frozen=True, slots=True)
class Licence:
    """What the 医师执业证书 says. since: first day of independent practice. expires_on: the last day it is good."""

    number: str
    category: str
    scope: str
    expires_on: date | None
    since: date | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A 合作协议. valid_until: its last day; None: no end."""

    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed, or who approved in the patient's stead. owed: it was put off, and a paper form is to follow."""

    at: datetime
    owed: bool


def of_request(consents: Sequence[Consent]) -> frozenset[Concern]:
    """What is missing before a request may be sent."""
    return frozenset() if consents else frozenset({Concern.NO_CONSENT})


def of_agreement(agreements: Sequence[Agreement], today: date, *, same: bool) -> frozenset[Concern]:
    """What is missing between two institutions.  same: it is one institution, which needs no agreement with itself."""
    inside = any(
        one.valid_from <= today and (one.valid_until is None or today <= one.valid_until) for one in agreements
    )
    return frozenset() if same or inside else frozenset({Concern.NO_AGREEMENT})


def of_expert(licence: Licence | None, department: str, today: date) -> frozenset[Concern]:
    """What speaks against this expert for a department."""
    if licence is None or not licence.number:
        return frozenset({Concern.NO_LICENCE})
    found: set[Concern] = set()
    if licence.category not in CATEGORIES:
        found.add(Concern.CATEGORY)
    if licence.expires_on is not None and licence.expires_on < today:
        found.add(Concern.LICENCE_EXPIRED)
    _, scopes = DEPARTMENTS[department]
    if scopes.isdisjoint(_BETWEEN.split(licence.scope.strip())):
        found.add(Concern.OUTSIDE_SCOPE)
    if licence.since is None:
        found.add(Concern.PRACTICE_UNKNOWN)
    elif (today.year - YEARS, today.month, today.day) < (licence.since.year, licence.since.month, licence.since.day):
        found.add(Concern.TOO_SHORT)
    return frozenset(found)


def stops(concerns: frozenset[Concern], urgency: Urgency) -> frozenset[Concern]:
    """Those that keep the step from being taken; the rest is written down with it."""
    return concerns if urgency is Urgency.ROUTINE else concerns - WAIVED_IN_EMERGENCY


def consented(consents: Sequence[Consent]) -> bool:
    """Whether nothing is owed: somebody has agreed on paper, or the approval stands for good."""
    return any(not one.owed for one in consents)
