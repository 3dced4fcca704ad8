"""A laboratory report as one message tells it: what was measured, on what, when, by whom, and what of it is in doubt.

Original codes, names, units and text are what the sender wrote.  There is no field for a conclusion.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from telemed.results.moments import Moment
from telemed.results.values import NO_CODE, CodedText, Value
from telemed.vocabulary import Sex, Text


class Status(StrEnum):
    """FHIR observation-status, as far as HL7 table 0085 and 0123 lead to it."""

    REGISTERED = "registered"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


#: Which of two statements of the same moment counts: the one further on its way.
RANK = {status: rank for rank, status in enumerate(Status)}

#: Why something is not taken for a result until a person has decided; every reason with what to do.
REASONS: dict[str, Text] = {
    "charset-doubtful": Text(
        "字符集未声明且无法确定，姓名可能有误。请在 MSH-18 中声明字符集后重发。",
        "The character set is not declared and cannot be told; the name may be wrong. Declare it in MSH-18 and resend.",
    ),
    "patient-name-missing": Text("PID-5 缺少姓名。请补全后重发。", "PID-5 has no name. Complete it and resend."),
    "too-long": Text(
        "编号或代码过长，无法作为索引。请更正后重发。", "This number or code is too long to be one. Correct and resend."
    ),
    "patient-name-too-long": Text(
        "PID-5 姓名过长。请更正后重发。", "The name of PID-5 is too long. Correct and resend."
    ),
    "id-number-wrong": Text(
        "身份证号码校验未通过。内容已保存在来源患者名下，未与任何居民关联；请核对证件后重发。",
        "The identity number fails its checksum. What came is kept under a source patient, linked to nobody; "
        "check the card and resend.",
    ),
    "id-number-contradicts": Text(
        "身份证号码与出生日期或性别不符。内容已保存在来源患者名下，未与任何居民关联；请核对后重发。",
        "The identity number contradicts the birth date or sex. What came is kept under a source patient, "
        "linked to nobody; check and resend.",
    ),
    "report-number-missing": Text(
        "OBR-3、OBR-2 均为空，无法区分报告，也无法对应更正。请补全后重发。",
        "OBR-3 and OBR-2 are empty: corrections could not be told from new reports. Complete and resend.",
    ),
    "report-of-another-patient": Text(
        "同一报告号此前属于另一患者。原报告保留，新内容待人工核对。",
        "This report number belongs to another patient's report. That one stands; a person has to look.",
    ),
    "status-missing": Text("OBX-11、OBR-25 均无结果状态。", "Neither OBX-11 nor OBR-25 says the status of the result."),
    "status-unknown": Text("结果状态不在 HL7 表 0085/0123 中。", "The status is not one of HL7 tables 0085 and 0123."),
    "code-missing": Text("OBX-3 缺少项目代码。", "OBX-3 has no code."),
    "code-ambiguous": Text(
        "OBX-3 的两个代码对应不同项目。请核对对照表。",
        "The two codes of OBX-3 stand for different items. Check the code map.",
    ),
    "observation-twice": Text(
        "同一报告中同一项目出现两次，且 OBX-4 未区分。",
        "One item stands twice in a report and OBX-4 does not tell them apart.",
    ),
    "not-a-number": Text("OBX-5 不是数值，与 OBX-2 不符。", "OBX-5 is no number although OBX-2 says so."),
    "unit-missing": Text("数值缺少单位（OBX-6）。", "The number has no unit (OBX-6)."),
    "unit-unknown": Text(
        "单位无法识别，未作换算。请核对 OBX-6 或补充单位写法。",
        "The unit is not known and nothing was converted. Check OBX-6, or have the spelling added.",
    ),
    "unit-contradicts": Text(
        "单位与检验项目不符，未作换算。请核对 OBX-3 与 OBX-6。",
        "The unit contradicts the item and nothing was converted. Check OBX-3 and OBX-6.",
    ),
    "visit-number-missing": Text(
        "PV1-19 缺少就诊号，无法对应更正与撤销。请补全后重发。",
        "PV1-19 has no visit number: changes and cancellations could not be matched. Complete and resend.",
    ),
    "visit-time-missing": Text(
        "PV1-44 缺少就诊（入院）时间。请补全后重发；不以发送时间代替。",
        "PV1-44 does not say when the visit began; the time of sending does not stand in for it. Complete and resend.",
    ),
    "visit-time-wrong": Text(
        "PV1-44 就诊（入院）时间无法读取、在将来或不合理。请更正后重发。",
        "The time of PV1-44 cannot be read, lies in the future or cannot be. Correct and resend.",
    ),
    "visit-of-another-patient": Text(
        "同一就诊号此前属于另一患者。原就诊保留，新内容待人工核对。",
        "This visit number belongs to another patient's visit. That one stands; a person has to look.",
    ),
    "not-stored": Text(
        "消息完整但无法入库，已保留。请联系系统管理员。",
        "The message is whole and could not be stored; it is kept. Call the system's administrator.",
    ),
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A ground from REASONS, where it is (`OBX-6 line 5`), and what the sender wrote there (never a name or number)."""

    reason: str
    place: str
    written: str = ""

    @property
    def text(self) -> Text:
        return REASONS[self.reason]


@dataclass(frozen=True, slots=True)
class PatientNumber:
    """One number of PID-3, PID-4 or PID-19. authority: as written.  kind: HL7 table 0203, '' if not said."""

    value: str
    authority: str
    kind: str
    field: str


@dataclass(frozen=True, slots=True)
class SourcePatient:
    """Who the message says it is.  birth_date: None if absent or unreadable."""

    name: str
    birth_date: date | None
    sex: Sex
    numbers: tuple[PatientNumber, ...]


@dataclass(frozen=True, slots=True)
class Specimen:
    """What was examined.  flags: codes of its condition (haemolysed and the like) as written."""

    id: str = ""
    type: CodedText = NO_CODE
    collected: Moment | None = None
    received: Moment | None = None
    flags: tuple[CodedText, ...] = ()
    #: more than one specimen in the order: which one a result is of is not said
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """One OBX.  collected: None if nobody says when; source: which field said it."""

    line: int
    value_type: str
    codes: tuple[CodedText, ...]
    sub_id: str
    value: Value
    unit: str
    reference_range: str
    flags: tuple[str, ...]
    status: Status | None
    status_written: str
    collected: Moment | None
    collected_source: str
    collected_passed_over: tuple[str, ...]
    analysed: Moment | None
    method: CodedText
    device: str
    producer: CodedText
    performer: str
    notes: tuple[str, ...]
    doubts: tuple[Doubt, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """System, code (or, where there is no code, name) and sub-id: what tells results of a report apart."""
        first = self.codes[0] if self.codes else NO_CODE
        return (first.system, first.code or first.text, self.sub_id)


@dataclass(frozen=True, slots=True)
class Report:
    """One OBR with what hangs below it.

    number: of the laboratory (OBR-3, ORC-3), or of the requester marked `placer:`.  changed: OBR-22.
    """

    line: int
    number: str
    number_system: str
    placer_number: str
    service: tuple[CodedText, ...]
    status: Status | None
    status_written: str
    requested: Moment | None
    changed: Moment | None
    specimen: Specimen
    notes: tuple[str, ...]
    observations: tuple[Observation, ...]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class PatientReports:
    """The reports of one patient in a message."""

    patient: SourcePatient
    reports: tuple[Report, ...]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """A whole ORU^R01.  sent: MSH-7."""

    patients: tuple[PatientReports, ...]
    sent: Moment | None
    doubts: tuple[Doubt, ...] = ()


def ordered_at(report: Report, results: Results, received_at: datetime) -> datetime:
    """When the sender made this version of a report, by its own clock: OBR-22, else MSH-7, else when it came (UTC)."""
    for said in (report.changed, results.sent):
        if said is not None and said.at is not None and said.doubt in ("", "future"):
            return said.at
    return received_at
