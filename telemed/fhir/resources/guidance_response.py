"""GuidanceResponse: a decision of the registry with its verdict, its grounds, and all it takes to make it again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from telemed.fhir.datatypes import Json, coding, concept, identifier, instant, reference, resource, whole
from telemed.fhir.systems import DECISION, ENGINE, FINDING, ORDER_REFERENCE, VERDICT
from telemed.recognition import words
from telemed.recognition.decision import Gate, Verdict

#: Issues of one decision; the findings of the best results come first.
MOST_ISSUES = 200
_SEVERITY = {"pass": "information", "fail": "warning", "unknown": "warning"}
#: issue-type: a rule was applied; data for one is missing.
_ISSUE = {"pass": "informational", "fail": "business-rule", "unknown": "incomplete"}


class DecisionRow(msgspec.Struct, frozen=True):
    """A row of the ledger.  trace: canonical JSON as it was hashed.  verdict: None where no result is to be shown."""

    id: UUID
    organization_id: UUID
    patient_id: UUID | None
    order_reference: str
    as_of: datetime
    known_at: datetime
    known_upto: int
    rule_set: str
    engine_version: str
    inputs_hash: str
    trace_hash: str
    verdict: str | None
    trace: str
    sorted_at: datetime


def guidance_response(row: DecisionRow) -> Json:
    """A decision as it was made; hashes and versions are parameters of its output, findings issues of its outcome."""
    said = json.loads(row.trace)
    parameters, outcome = _parameters(row, said), _outcome(said)
    reason = [coding(VERDICT, "none", "无可提示的既往结果")]
    if row.verdict is not None:
        verdict = Verdict(row.verdict)
        reason = [coding(VERDICT, verdict.value, words.VERDICTS[verdict].zh)]
    return resource(
        "GuidanceResponse",
        row.id,
        {
            "contained": [parameters, *([outcome] if outcome else [])],
            "requestIdentifier": identifier(ORDER_REFERENCE, row.order_reference),
            "identifier": [identifier(DECISION, str(row.id))],
            "moduleUri": ENGINE,
            "status": "success",
            "subject": {} if row.patient_id is None else reference("Patient", row.patient_id),
            "occurrenceDateTime": instant(row.as_of),
            "performer": {"display": "检查检验结果互认登记"},
            "reasonCode": [concept(reason)],
            "evaluationMessage": [{"reference": "#findings"}] if outcome else [],
            "outputParameters": {"reference": "#decision"},
        },
        updated=row.sorted_at,
    )


def _parameters(row: DecisionRow, said: Mapping[str, Any]) -> Json:
    results = [
        {
            "name": "result",
            "part": [
                {"name": "analyte", "valueCode": analyte["key"]},
                {"name": "verdict", "valueCode": each["verdict"]},
                *_what(each["candidate_id"]),
            ],
        }
        for analyte in said.get("analytes", [])
        for each in analyte.get("candidates", [])
    ]
    return {
        "resourceType": "Parameters",
        "id": "decision",
        "parameter": [
            {"name": "engineVersion", "valueString": row.engine_version},
            {"name": "ruleSet", "valueString": row.rule_set or "-"},
            {"name": "inputsHash", "valueString": row.inputs_hash},
            {"name": "traceHash", "valueString": row.trace_hash},
            {"name": "knownAt", "valueInstant": instant(row.known_at)},
            {"name": "knownUpto", "valueString": str(row.known_upto)},
            *({"name": "covered", "valueCode": one} for one in said.get("covered", [])),
            *({"name": "uncovered", "valueCode": one} for one in said.get("uncovered", [])),
            *results,
        ],
    }


def _what(candidate: str) -> Sequence[Json]:
    """The resource a result of the registry is."""
    kind, _, rest = candidate.partition("/")
    if kind == "laboratory":
        return [{"name": "report", "valueReference": reference("DiagnosticReport", rest.partition("/")[0])}]
    return [{"name": "study", "valueReference": reference("ImagingStudy", rest)}] if kind == "imaging" else []


def _outcome(said: Mapping[str, Any]) -> Json:
    issues = list(_issues(said))[:MOST_ISSUES]
    return {"resourceType": "OperationOutcome", "id": "findings", "issue": issues} if issues else {}


def _issues(said: Mapping[str, Any]) -> Iterator[Json]:
    for one in said.get("findings", []):
        yield _issue(one, "")
    for analyte in said.get("analytes", []):
        for each in analyte.get("candidates", []):
            for one in each.get("findings", []):
                yield _issue(one, f"{analyte['key']} {each['candidate_id']}")


def _issue(one: Mapping[str, Any], about: str) -> Json:
    """One finding: its gate, what was found, the clause that makes it count, and which result it is about."""
    known = words.FINDINGS.get(one["code"])
    clause = one.get("clause", "")
    parts = (words.GATES[Gate(one["gate"])].zh, "" if known is None else known.zh, clause, about)
    return whole(
        {
            "severity": _SEVERITY[one["outcome"]],
            "code": _ISSUE[one["outcome"]],
            "details": concept([coding(FINDING, one["code"], "" if known is None else known.zh)]),
            "diagnostics": " · ".join(part for part in parts if part),
        }
    )
