"""A laboratory's observation as a result that may be relied on; what it does not say stays unsaid. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from telemed.recognition.facts import Candidate, CodeMapping, Measurement, Status
from telemed.recognition.imaging_results import UNDATED
from telemed.recognition.rules import Code, item_code
from telemed.results.store import KnownObservation

LOINC = "http://loinc.org"
#: How senders and HL7 table 0396 name LOINC.
_LOINC = frozenset({"LN", "LOINC", "2.16.840.1.113883.6.1", LOINC})
STATUS: Mapping[str, Status] = {
    "preliminary": Status.PRELIMINARY,
    "final": Status.FINAL,
    "corrected": Status.CORRECTED,
    "cancelled": Status.CANCELLED,
    "entered-in-error": Status.ENTERED_IN_ERROR,
}
#: HL7 table 0487 and what Chinese laboratories write → the word of the catalogues.  Whole words only.
SPECIMENS: Mapping[str, str] = {
    "SER": "serum",
    "血清": "serum",
    "PLAS": "plasma",
    "血浆": "plasma",
    "BLD": "whole-blood",
    "全血": "whole-blood",
    "静脉全血": "whole-blood",
    "EDTA全血": "whole-blood",
    "BLDA": "arterial-blood",
    "动脉血": "arterial-blood",
    "UR": "urine",
    "尿液": "urine",
    "尿": "urine",
    "UR24": "urine-24h",
    "24小时尿": "urine-24h",
    "STL": "stool",
    "粪便": "stool",
    "SPT": "sputum",
    "痰": "sputum",
    "CSF": "csf",
    "脑脊液": "csf",
}
#: OBX-8, HL7 table 0078.
_ABNORMAL = frozenset({"L", "H", "LL", "HH", "<", ">", "A", "AA", "U", "D"})
_CRITICAL = frozenset({"LL", "HH", "AA"})
_NORMAL = frozenset({"N"})
_INTERVAL = re.compile(r"^\s*(-?[0-9]+(?:\.[0-9]+)?)\s*(?:-{1,2}|–|—|~|～)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*$")


def result_id(observation: KnownObservation) -> str:
    """The name of an observation among all results: its report and the code it has there."""
    return f"laboratory/{observation.report_id}/{observation.code_system}|{observation.code}|{observation.sub_id}"[:200]


def candidate(observation: KnownObservation) -> Candidate:
    """The observation as it is to be known."""
    low, high = _interval(observation.reference_range)
    flags = frozenset(observation.flags)
    system = LOINC if observation.code_system in _LOINC else observation.code_system
    return Candidate(
        id=result_id(observation),
        version=1,
        patient_id=str(observation.patient_id),
        kind="laboratory",
        code=Code(system, observation.code),
        mapping=_mapping(observation),
        status=STATUS.get(observation.status, Status.UNKNOWN),
        signatures=None,
        intact=True,  # the bytes of its message stand beside it under their digest
        acquiring_id=str(observation.organization_id),
        reporting_id=str(observation.organization_id),
        collected_at=None if observation.collected_doubt else observation.collected_at,
        reported_at=observation.ordered_at,
        device_id=observation.device or None,
        measured=Measurement(
            value=_value(observation),
            unit=observation.unit_ucum or None,
            low=low,
            high=high,
            abnormal=_abnormal(observation, flags, low, high),
            critical=bool(flags & _CRITICAL) if flags else None,
            specimen=_specimen(observation),
            method_class=observation.method_code or None,
            flags=frozenset(one["code"] for one in observation.specimen_flags if one.get("code")),
        ),
        known_from=UNDATED,
    )


def _mapping(observation: KnownObservation) -> CodeMapping | None:
    key, version = observation.item_key, observation.map_version
    if key is None or version is None:
        return None
    return CodeMapping(item_code(key), version, confirmed=True, known_from=UNDATED)


def _value(observation: KnownObservation) -> str | None:
    if observation.value_kind == "quantity":
        return f"{observation.comparator}{observation.number}"
    return observation.value_text or None


def _interval(text: str) -> tuple[str | None, str | None]:
    found = _INTERVAL.match(text)
    return (None, None) if found is None else (found[1], found[2])


def _abnormal(observation: KnownObservation, flags: frozenset[str], low: str | None, high: str | None) -> bool | None:
    """What the laboratory flagged; without a flag what its own interval says; None where it says neither."""
    if flags & _ABNORMAL:
        return True
    if flags & _NORMAL:
        return False
    if observation.value_kind == "quantity" and not observation.comparator and low is not None and high is not None:
        return not Decimal(low) <= Decimal(observation.number) <= Decimal(high)
    return None


def _specimen(observation: KnownObservation) -> str | None:
    """The specimen where code and text do not contradict each other and the sender named one."""
    if observation.specimen_ambiguous:
        return None
    said = {
        SPECIMENS[word]
        for word in (observation.specimen_code.strip().upper(), observation.specimen_text.replace(" ", ""))
        if word in SPECIMENS
    }
    return said.pop() if len(said) == 1 else None
