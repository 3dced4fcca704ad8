"""What is served: one table, from which routes and CapabilityStatement are made."""

from __future__ import annotations

from dataclasses import dataclass

from telemed.fhir.searching import Param
from telemed.vocabulary import Action, Text

BASE = "/fhir/R4"
VERSION = "4.0.1"


@dataclass(frozen=True, slots=True)
class Served:
    """One resource.

    action: what a person must be allowed.  needs: one of these has to be given, so that nobody lists everybody.
    systems: whether a registered system may read its own organisation's.  operations: `$name` on the type, as searches
    with a further parameter.
    """

    kind: str
    action: Action
    text: Text
    params: tuple[Param, ...] = ()
    needs: frozenset[str] = frozenset()
    systems: bool = True
    operations: tuple[str, ...] = ()


_PATIENT = Param("patient", "reference", Text("患者", "Whose it is"), ("Patient",))


def _date(name: str, zh: str, en: str) -> Param:
    return Param(name, "date", Text(zh, en))


def _token(name: str, zh: str, en: str, *, in_address: bool = True) -> Param:
    return Param(name, "token", Text(zh, en), in_address=in_address)


TABLE: tuple[Served, ...] = (
    Served(
        "Patient",
        Action.PATIENT_READ,
        Text("患者", "Patients"),
        (_token("identifier", "证件号或院内号，只能用 POST", "A number; by POST alone", in_address=False),),
        frozenset({"identifier", "_id"}),
    ),
    Served(
        "Organization",
        Action.DIRECTORY_READ,
        Text("机构", "Organisations"),
        (
            Param("name", "string", Text("名称", "Name")),
            _token("identifier", "机构代码", "Code of the organisation"),
        ),
    ),
    Served(
        "PractitionerRole",
        Action.DIRECTORY_READ,
        Text("人员岗位", "What people do, and where"),
        (Param("organization", "reference", Text("机构", "Where"), ("Organization",)),),
        frozenset({"organization", "_id"}),
    ),
    Served(
        "ServiceRequest",
        Action.REGISTRATION_READ,
        Text("检查登记", "Registrations"),
        (_PATIENT,),
        frozenset({"patient", "_id"}),
    ),
    Served(
        "Observation",
        Action.REPORT_READ,
        Text("检验结果", "Laboratory results"),
        (
            _PATIENT,
            _token("code", "原始代码或目录项目", "The laboratory's code or the catalogue's item"),
            _token("category", "类别", "Category"),
            _token("status", "状态", "Status"),
            _date("date", "采集时间", "When the specimen was taken"),
        ),
        frozenset({"patient", "_id"}),
        operations=("lastn",),
    ),
    Served(
        "DiagnosticReport",
        Action.REPORT_READ,
        Text("检验报告与影像诊断报告", "Reports of laboratories and of readings"),
        (
            _PATIENT,
            _token("category", "类别", "Category"),
            _token("status", "状态", "Status"),
            _date("date", "采集或检查时间", "When it was collected or acquired"),
        ),
        frozenset({"patient", "_id"}),
    ),
    Served(
        "ImagingStudy",
        Action.STUDY_READ,
        Text("影像检查", "Studies"),
        (
            _PATIENT,
            _token("identifier", "Study Instance UID 或检查号", "Study Instance UID or accession number"),
            _date("started", "检查时间", "When it was acquired"),
        ),
        frozenset({"patient", "identifier", "_id"}),
    ),
    Served(
        "Provenance",
        Action.REPORT_READ,
        Text("来源与签名", "Who brought or signed a version"),
        (Param("target", "reference", Text("所指资源", "Of what"), ("DiagnosticReport", "Observation")),),
        frozenset({"target", "_id"}),
    ),
    Served(
        "GuidanceResponse",
        Action.RECOGNITION_CHECK,
        Text("互认判定", "Decisions of the registry"),
        (
            _PATIENT,
            Param("request", "reference", Text("申请（调用方的编号）", "The order as the caller named it"), ()),
        ),
        frozenset({"patient", "request", "_id"}),
    ),
    Served(
        "AuditEvent",
        Action.AUDIT_READ,
        Text("审计记录", "The audit trail"),
        (
            Param("date", "date", Text("时间", "When"), repeats=True),
            Param("patient", "reference", Text("患者", "Whose record was touched"), ("Patient",), repeats=True),
            Param("action", "token", Text("C R U D E", "C, R, U, D or E"), repeats=True),
            Param("subtype", "token", Text("操作代码", "Code of what was done"), repeats=True),
            Param("outcome", "token", Text("结果 0、4、8", "0, 4 or 8"), repeats=True),
        ),
        systems=False,
    ),
)
