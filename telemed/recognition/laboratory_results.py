"""A laboratory's observation as a result that may be relied on; what it does not say stays unsaid. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

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
#: What Chinese laboratories write instead, whole words.
WRITTEN_FLAGS: Mapping[str, str] = {
    "↑": "H",
    "↓": "L",
    "↑↑": "HH",
    "↓↓": "LL",
    "高": "H",
    "低": "L",
    "偏高": "H",
    "偏低": "L",
    "阳性": "A",
    "异常": "A",
    "危急": "AA",
    "危急值": "AA",
    "正常": "N",
}
#: Method classes of the catalogues, and how laboratories write them; another word says nothing to a catalogue.
METHODS: Mapping[str, str] = {
    "enzymatic": "enzymatic",
    "酶法": "enzymatic",
    "肌氨酸氧化酶法": "enzymatic",
    "hplc": "hplc",
    "高效液相色谱法": "hplc",
    "chemiluminescence": "chemiluminescence",
    "化学发光": "chemiluminescence",
    "化学发光法": "chemiluminescence",
    "电化学发光法": "chemiluminescence",
    "clauss": "clauss",
    "clauss法": "clauss",
    "immunoturbidimetry": "immunoturbidimetry",
    "免疫比浊法": "immunoturbidimetry",
    "westergren": "westergren",
    "魏氏法": "westergren",
    "indirect-immunofluorescence": "indirect-immunofluorescence",
    "间接免疫荧光法": "indirect-immunofluorescence",
    "real-time-pcr": "real-time-pcr",
    "实时荧光pcr法": "real-time-pcr",
}
_INTERVAL = re.compile(r"^\s*(-?[0-9]+(?:\.[0-9]+)?)\s*(?:-{1,2}|–|—|~|～)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*$")


def result_id(observation: KnownObservation) -> str:
    """The name of an observation among all results: its report and the code it has there."""
    return name_of(observation.report_id, observation.code_system, observation.code, observation.sub_id)


def name_of(report_id: UUID, system: str, code: str, sub_id: str) -> str:
    """The same from its parts."""
    return f"laboratory/{report_id}/{system}|{code}|{sub_id}"[:200]


def candidate(observation: KnownObservation, *, whole: bool) -> Candidate:
    """The observation as it is to be known.

    whole: whether its message still has the digest it was received with.
    """
    low, high = _interval(observation.reference_range)
    flags = frozenset(WRITTEN_FLAGS.get(one.strip(), one.strip()) for one in observation.flags if one.strip())
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
        intact=whole,
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
            critical=_critical(flags),
            specimen=_specimen(observation),
            method_class=_method(observation),
            flags=frozenset(said for one in observation.specimen_flags if (said := one.get("code") or one.get("text"))),
        ),
        known_from=UNDATED,
    )


def _mapping(observation: KnownObservation) -> CodeMapping | None:
    key, version = observation.item_key, observation.map_version
    if key is None or version is None:
        return None
    return CodeMapping(item_code(key), version, confirmed=True, known_from=UNDATED)


def _critical(flags: frozenset[str]) -> bool | None:
    """False only where every flag is understood; an unknown one may be the laboratory's word for a critical value."""
    if flags & _CRITICAL:
        return True
    return False if flags and flags <= _ABNORMAL | _NORMAL else None


def _value(observation: KnownObservation) -> str | None:
    if observation.value_kind == "quantity" and not observation.high and not observation.denominator:
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
    simple = not (observation.comparator or observation.high or observation.denominator)
    if observation.value_kind == "quantity" and simple and low is not None and high is not None:
        return not Decimal(low) <= Decimal(observation.number) <= Decimal(high)
    return None


def _method(observation: KnownObservation) -> str | None:
    said = {
        METHODS[word]
        for one in (observation.method_code, observation.method_text)
        if (word := one.replace(" ", "").casefold()) in METHODS
    }
    return said.pop() if len(said) == 1 else None


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
