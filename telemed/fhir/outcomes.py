"""OperationOutcome: what is wrong, that nothing was changed, what to do; Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from telemed.fhir.datatypes import Json, encode, whole
from telemed.http.problem import Problem
from telemed.vocabulary import Text

MEDIA = "application/fhir+json"
IssueType = Literal[
    "structure", "required", "value", "invariant", "invalid", "too-long", "too-costly", "not-found", "deleted",
    "not-supported", "forbidden", "login", "security", "throttled", "conflict", "business-rule", "processing",
    "transient", "exception", "duplicate", "incomplete", "informational", "code-invalid", "multiple-matches",
]  # fmt: skip
#: issue-type by status, for refusals that were not written for FHIR.
_TYPES: dict[int, IssueType] = {
    400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported", 409: "conflict",
    410: "deleted", 413: "too-long", 415: "not-supported", 422: "business-rule", 423: "login", 429: "throttled",
    503: "transient",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered.  at: the parameter or element it is about, never its value."""

    status: int
    issue: IssueType
    text: Text
    at: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing said about a request.  reason: a stable word."""

    severity: Literal["error", "warning", "information"]
    issue: IssueType
    text: Text
    at: str = ""
    reason: str = ""


def outcome(issues: Iterable[Issue]) -> Json:
    """An OperationOutcome; details in Chinese with the stable word, diagnostics in both languages."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            whole(
                {
                    "severity": one.severity,
                    "code": one.issue,
                    "details": {
                        "coding": [{"system": "urn:cn:county:reason", "code": one.reason}] if one.reason else [],
                        "text": one.text.zh,
                    },
                    "diagnostics": f"{one.text.zh} {one.text.en}",
                    "expression": [one.at] if one.at else [],
                }
            )
            for one in issues
        ],
    }


def of_refusal(refusal: Refusal) -> Json:
    return outcome([Issue("error", refusal.issue, refusal.text, refusal.at)])


def response(status: int, resource: Json, **headers: str) -> web.Response:
    """An answer in FHIR's media type; caches of browsers and proxies keep none of it."""
    return web.Response(
        status=status,
        body=encode(resource),
        headers={
            "Content-Type": f"{MEDIA}; charset=utf-8",
            "Cache-Control": "no-store",
            "Vary": "Authorization, Cookie, Accept",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )


def of_problem(problem: Problem) -> web.Response:
    """A refusal of the server as FHIR says it; the number of the request is its reason's neighbour, in the header."""
    status = 400 if problem.code in {"malformed", "nul-character"} else problem.status
    said = Issue("error", _TYPES.get(status, "exception"), Text(problem.zh, problem.en), reason=problem.code)
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW_Authenticate"] = "Bearer"
    if status == 429:
        headers["Retry_After"] = str(problem.facts.get("retry_after", 1))
    return response(status, outcome([said]), **headers)
