"""Why a doctor repeats what could be recognised: the short list, and what each counts for. Pure.

The list and its words: practice 7 and the enumerated circumstances of the measures of 2022 on mutual recognition; the
international codes beside them: HL7 non-adherence-reason-codes (CDS Hooks 3.0).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from telemed.vocabulary import Text

SYSTEM = "urn:cn:hr:retest-reason"
NON_ADHERENCE = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason.

    group: clinical circumstances, image problems (which concern the producer), or what a county switches on itself.
    counts_as_refusal: whether it stands in the denominator as 不互认.  non_adherence: the HL7 code, '' for none.
    """

    code: str
    text: Text
    group: Literal["clinical", "image", "local"]
    counts_as_refusal: bool
    non_adherence: str = ""
    for_images_only: bool = False


_ALL = (
    Reason(
        "R1",
        Text("病情变化，与临床表现或诊断不符", "Condition changed; does not fit the clinical picture"),
        "clinical",
        counts_as_refusal=True,
        non_adherence="cds-not-applicable",
    ),
    Reason(
        "R2",
        Text("结果变化较快", "Result changes quickly"),
        "clinical",
        counts_as_refusal=True,
        non_adherence="cds-not-applicable",
    ),
    Reason(
        "R3",
        Text("手术、输血等重大医疗措施前", "Before surgery, transfusion or another major procedure"),
        "clinical",
        counts_as_refusal=True,
        non_adherence="policy-contradicts",
    ),
    Reason(
        "R4",
        Text("急诊、急救等紧急状态", "Emergency"),
        "clinical",
        counts_as_refusal=True,
        non_adherence="cds-suboptimal-context",
    ),
    Reason(
        "R5",
        Text("司法、伤残、病退等鉴定", "Forensic, disability or retirement assessment"),
        "clinical",
        counts_as_refusal=True,
        non_adherence="policy-contradicts",
    ),
    Reason(
        "R7",
        Text("疗效/病情监测需连续检查", "Monitoring needs serial tests"),
        "clinical",
        counts_as_refusal=False,
        non_adherence="cds-not-applicable",
    ),
    Reason(
        "R8",
        Text("须由具备相应资质的机构检测", "Must be tested by a qualified institution"),
        "clinical",
        counts_as_refusal=True,
        non_adherence="policy-contradicts",
    ),
    Reason("R6", Text("其他确需复查", "Repeat needed for another reason"), "clinical", counts_as_refusal=True),
    Reason(
        "T1",
        Text("未取得影像", "Images could not be obtained"),
        "image",
        counts_as_refusal=False,
        for_images_only=True,
    ),
    Reason(
        "T2",
        Text("图像质量不达标", "Inadequate image quality"),
        "image",
        counts_as_refusal=True,
        non_adherence="recipient-disagrees-evidence",
        for_images_only=True,
    ),
    Reason(
        "T3",
        Text("部位/序列不全", "Body part or series missing"),
        "image",
        counts_as_refusal=True,
        non_adherence="recipient-disagrees-evidence",
        for_images_only=True,
    ),
    Reason("T6", Text("身份存疑", "Doubtful identity"), "image", counts_as_refusal=True),
    Reason(
        "L1",
        Text("患者或家属要求", "Requested by patient or family"),
        "local",
        counts_as_refusal=True,
        non_adherence="does-not-align-preferences",
    ),
    Reason(
        "L2",
        Text("出具机构质评未通过", "Issuing institution failed EQA"),
        "local",
        counts_as_refusal=True,
        non_adherence="recipient-disagrees-evidence",
    ),
    Reason(
        "L3",
        Text("时间差距大已无参考价值", "Too old to be of use"),
        "local",
        counts_as_refusal=True,
        non_adherence="cds-not-applicable",
    ),
    Reason(
        "L4",
        Text("医师认为必要", "Physician considers it necessary"),
        "local",
        counts_as_refusal=True,
        non_adherence="recipient-does-not-trust",
    ),
)

REASONS: Mapping[str, Reason] = MappingProxyType({one.code: one for one in _ALL})


def offered(*, images: bool, local: Iterable[str] = ()) -> tuple[Reason, ...]:
    """The reasons to pick from, in their order: the clinical ones, those of images where there are images.

    local: codes that the county has switched on; none is by default.
    """
    switched_on = set(local)
    return tuple(
        one for one in _ALL if (images or not one.for_images_only) and (one.group != "local" or one.code in switched_on)
    )


def counts_as_refusal(system: str, code: str) -> bool:
    """Whether an overridden card stands as 不互认; a reason nobody here knows does."""
    known = REASONS.get(code) if system == SYSTEM else None
    return known is None or known.counts_as_refusal
