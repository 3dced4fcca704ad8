"""The decision as FHIR R4: a GuidanceResponse to keep with the visit, and the results it names. Pure.

What is named is found again by identifier: a hospital system need not read this service's FHIR addresses for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast
from uuid import UUID

from telemed.cds.detail import ago, clip, item_name, view
from telemed.cds.registry import Answered
from telemed.cds.request import Asked
from telemed.recognition.decision import CandidateVerdict, Verdict
from telemed.recognition.words import FOOTER, VERDICTS

VERDICT_SYSTEM = "urn:cn:hr:recognition-verdict"
#: Business identifiers of what this registry holds.
RESULTS = "urn:cn:hr:result"
TRACES = "urn:cn:hr:decision-trace-sha256"
#: RFC 3986: a URI as identifier, as FHIR R4 names the system of UUIDs.
URIS = "urn:ietf:rfc:3986"
MODULE = "/cds-services/result-recognition"


def decision_identifier(number: UUID) -> dict[str, str]:
    """The ledger's number of a decision."""
    return {"system": URIS, "value": f"urn:uuid:{number}"}


def named_results(answered: Answered, relied_on: Iterable[Verdict]) -> list[dict[str, Any]]:
    """References to the best result of each analyte that may be relied on; what may be another's is never named."""
    wanted, found = frozenset(relied_on), dict[str, dict[str, Any]]()
    for analyte in answered.decision.analytes:
        if analyte.verdict in wanted and analyte.candidates:
            one = analyte.candidates[0]
            reference = _reference(answered, analyte.key, one)
            if reference is not None:
                found.setdefault(one.candidate_id, reference)
    return list(found.values())


def _reference(answered: Answered, key: str, one: CandidateVerdict) -> dict[str, Any] | None:
    shown = view(answered, one)
    if shown is None:
        return None
    when = ago(one.anchor, answered.decision.as_of)
    return {
        "type": "DiagnosticReport" if shown.images else "Observation",
        "identifier": {"system": RESULTS, "value": one.candidate_id},
        "display": clip(f"{item_name(answered, key)}，{when}{shown.institution}", 120),
    }


def guidance_response(
    asked: Asked, answered: Answered, number: UUID, home: str, results: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The decision that a suggestion rests on (FHIR R4 GuidanceResponse), for the client to keep.

    number: of the decision in the ledger.  home: absolute address of this service.  results: as `named_results`.
    """
    verdict = answered.decision.verdict or Verdict.INDETERMINATE
    coding = {"system": VERDICT_SYSTEM, "code": verdict.value, "display": VERDICTS[verdict].zh}
    visit = {} if asked.encounter_id is None else {"encounter": {"reference": f"Encounter/{asked.encounter_id}"}}
    named = list(results)
    return {
        "resourceType": "GuidanceResponse",
        "identifier": [decision_identifier(number), {"system": TRACES, "value": answered.trace_hash}],
        "moduleUri": f"{home.rstrip('/')}{MODULE}",
        "status": "success",
        "subject": {"reference": f"Patient/{asked.patient_id}"},
        **visit,
        "occurrenceDateTime": answered.decision.as_of.isoformat(),
        "reasonCode": [{"coding": [coding], "text": VERDICTS[verdict].zh}],
        **({"reasonReference": named} if named else {}),
        "note": [{"text": FOOTER.zh}],
    }


def with_results(draft: Mapping[str, Any], results: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The draft with the results beside what it rests on already; None where nothing can be added to it whole."""
    before: Any = draft.get("supportingInfo", [])
    if not isinstance(before, list):
        return None
    known = cast("list[Any]", before)
    new = [one for one in results if one not in known]
    return {**draft, "supportingInfo": [*known, *new]} if new else None
