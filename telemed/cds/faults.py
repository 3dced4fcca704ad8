"""What is wrong with a hook call, as a value: the status and the OperationOutcome it is answered with. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from telemed.vocabulary import Text

#: FHIR R4 issue-type codes that are used here.
IssueType = Literal["structure", "required", "invalid", "too-long", "too-costly", "not-found", "not-supported"]

KEPT = Text("未保存任何内容，不影响开单。", "Nothing was stored; ordering is not affected.")


@dataclass(frozen=True, slots=True)
class Fault:
    """A call that cannot be answered.  at: the element it is about, as a FHIRPath-like path; never its value."""

    status: Literal[400, 404, 412, 413]
    issue: IssueType
    text: Text
    at: str = ""


class Details(msgspec.Struct, frozen=True):
    text: str


class Issue(msgspec.Struct, frozen=True, omit_defaults=True):
    """details: Chinese; diagnostics: English."""

    severity: Literal["error"]
    code: IssueType
    details: Details
    diagnostics: str
    expression: tuple[str, ...] = ()


class OperationOutcome(msgspec.Struct, frozen=True):
    """FHIR R4 OperationOutcome."""

    resourceType: Literal["OperationOutcome"]  # noqa: N815 -- FHIR's name
    issue: tuple[Issue, ...]


def outcome(fault: Fault) -> OperationOutcome:
    """Say what is wrong, that nothing was kept and that ordering goes on."""
    said = Issue(
        severity="error",
        code=fault.issue,
        details=Details(f"{fault.text.zh}{KEPT.zh}"),
        diagnostics=f"{fault.text.en} {KEPT.en}",
        expression=(fault.at,) if fault.at else (),
    )
    return OperationOutcome("OperationOutcome", (said,))


def malformed(what: str, why: str = "") -> Fault:
    """The content is not what CDS Hooks defines.  why: of the decoder; names fields and types, not values."""
    reason = f" ({why[:200]})" if why else ""
    return Fault(
        400,
        "structure",
        Text(f"{what} 的格式不符合 CDS Hooks 2.0。", f"{what} is not as CDS Hooks 2.0 defines it{reason}."),
        what,
    )


def missing(key: str, query: str) -> Fault:
    """Data that the service asked for in its discovery did not come."""
    return Fault(
        412,
        "required",
        Text(
            f"缺少预取数据 {key}，请按服务发现中的 {query} 提供。",
            f"The prefetch {key} is missing; send {query} as the discovery asks.",
        ),
        f"prefetch.{key}",
    )


def contradicts(at: str, zh: str, en: str) -> Fault:
    """Two places of one call say different things; nobody guesses which is right."""
    return Fault(400, "invalid", Text(zh, en), at)


NUMBER_IN_ADDRESS = Text(
    "证件号码出现在地址或资源标识中，已拒绝。请改用内部编号。",
    "An identity number stands in an address or a resource id and is refused; use an internal id instead.",
)
