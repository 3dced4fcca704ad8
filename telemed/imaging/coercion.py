"""What a study's attributes become on the way out: its request is known, or it was split; the archive keeps what came.

Pure. PS3.3 C.12.1.1.9 (Original Attributes Sequence); values in the DICOM JSON model, PS3.18 F.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

JsonElement: TypeAlias = dict[str, object]

ORIGINAL_ATTRIBUTES = "04000561"
_MODIFIED_ATTRIBUTES = "04000550"
_MODIFICATION_DATETIME = "04000562"
_MODIFYING_SYSTEM = "04000563"
_SOURCE_OF_PREVIOUS_VALUES = "04000564"
_REASON = "04000565"

PATIENT_NAME = "00100010"
PATIENT_ID = "00100020"
ISSUER_OF_PATIENT_ID = "00100021"
PATIENT_BIRTH_DATE = "00100030"
PATIENT_SEX = "00100040"
ACCESSION_NUMBER = "00080050"
STUDY_INSTANCE_UID = "0020000D"
SERIES_INSTANCE_UID = "0020000E"

_VR = {
    PATIENT_NAME: "PN",
    PATIENT_ID: "LO",
    ISSUER_OF_PATIENT_ID: "LO",
    PATIENT_BIRTH_DATE: "DA",
    PATIENT_SEX: "CS",
    ACCESSION_NUMBER: "SH",
    STUDY_INSTANCE_UID: "UI",
    SERIES_INSTANCE_UID: "UI",
}


@dataclass(frozen=True, slots=True)
class Registered:
    """What the registration says. patient_number, issuer: the county's own number of the person, never a document."""

    name: str
    patient_number: str
    issuer: str
    birth_date: date | None
    birth_date_estimated: bool
    sex: str
    accession_number: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """The UIDs of an instance in a study that was split off another. at: aware UTC."""

    study_instance_uid: str
    series_instance_uid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Coercion:
    """Elements to put in place of those that came, the record of what they replace among them."""

    overrides: Mapping[str, JsonElement]

    @property
    def changes(self) -> bool:
        """Whether anything is replaced at all."""
        return bool(self.overrides)


def _element(tag: str, text: str) -> JsonElement:
    vr = _VR[tag]
    if not text:
        return {"vr": vr}
    return {"vr": vr, "Value": [{"Alphabetic": text} if vr == "PN" else text]}


def _text(element: object) -> str:
    """The value of an element as it came, as text; empty for an absent or empty one."""
    if not isinstance(element, Mapping):
        return ""
    value = element.get("Value")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] -- JSON
    if not isinstance(value, list) or not value:
        return ""
    first: object = value[0]  # pyright: ignore[reportUnknownVariableType] -- JSON
    if isinstance(first, Mapping):
        return "=".join(
            str(first.get(group, ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] -- JSON
            for group in ("Alphabetic", "Ideographic", "Phonetic")
        ).rstrip("=")
    return str(first)  # pyright: ignore[reportUnknownArgumentType] -- JSON


def coerce(
    elements: Mapping[str, JsonElement],
    registered: Registered | None,
    *,
    matched_at: datetime,
    system: str,
    source: str,
    assigned: Assigned | None = None,
) -> Coercion:
    """Say what a data set of a matched study, or of one split off another, shows to the outside.

    elements: the data set as it came, by tag. matched_at: aware UTC. system: who modifies (0400,0563).
    source: who sent the values before (0400,0564), the organisation's code.
    Only what differs is replaced. A birth date that was computed from a stated age is never written; sides, sites and
    times are evidence and are never touched. The record of earlier coercions in the data set is kept before ours.
    """
    wanted: list[tuple[dict[str, str], datetime, str]] = []
    if assigned is not None:
        uids = {
            STUDY_INSTANCE_UID: assigned.study_instance_uid,
            SERIES_INSTANCE_UID: assigned.series_instance_uid,
        }
        wanted.append((uids, assigned.at, "CORRECT"))
    if registered is not None:
        wanted.append((_of_registration(registered), matched_at, "COERCE"))
    overrides: dict[str, JsonElement] = {}
    earlier = elements.get(ORIGINAL_ATTRIBUTES, {}).get("Value")
    items: list[object] = [*earlier] if isinstance(earlier, list) else []
    for values, at, reason in wanted:
        replaced = {tag: text for tag, text in values.items() if text and text != _text(elements.get(tag))}
        if replaced:
            modified = {tag: elements.get(tag, {"vr": _VR[tag]}) for tag in sorted(replaced)}
            items.append(_record(modified, at=at, system=system, source=source, reason=reason))
            overrides |= {tag: _element(tag, text) for tag, text in sorted(replaced.items())}
    if overrides:
        overrides[ORIGINAL_ATTRIBUTES] = {"vr": "SQ", "Value": items}
    return Coercion(overrides)


def _of_registration(registered: Registered) -> dict[str, str]:
    wanted = {
        PATIENT_NAME: registered.name,
        PATIENT_ID: registered.patient_number,
        ISSUER_OF_PATIENT_ID: registered.issuer,
        PATIENT_SEX: registered.sex if registered.sex in ("M", "F", "O") else "",
        ACCESSION_NUMBER: registered.accession_number,
    }
    if registered.birth_date is not None and not registered.birth_date_estimated:
        wanted[PATIENT_BIRTH_DATE] = f"{registered.birth_date:%Y%m%d}"
    return wanted


def _record(modified: Mapping[str, JsonElement], *, at: datetime, system: str, source: str, reason: str) -> JsonElement:
    return {
        _SOURCE_OF_PREVIOUS_VALUES: {"vr": "LO", "Value": [source]} if source else {"vr": "LO"},
        _MODIFICATION_DATETIME: {"vr": "DT", "Value": [f"{at:%Y%m%d%H%M%S.%f%z}"]},
        _MODIFYING_SYSTEM: {"vr": "LO", "Value": [system]},
        _REASON: {"vr": "CS", "Value": [reason]},
        _MODIFIED_ATTRIBUTES: {"vr": "SQ", "Value": [modified]},
    }
