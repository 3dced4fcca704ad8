"""A reported study as a result that may be relied on: the images and what is known of them, no conclusion. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from telemed.imaging import body
from telemed.imaging.clock import Known, anchor
from telemed.recognition.facts import Acquisition, Candidate, Grade, Status
from telemed.recognition.imaging_names import ImagingNames
from telemed.recognition.rules import Contrast, Kind

#: Of knowledge that is written down: its row carries the moment.
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)

#: DICOM (0008,0060) → the kind of a catalogue.
KINDS: Mapping[str, Kind] = {
    "CR": "imaging",
    "CT": "imaging",
    "DX": "imaging",
    "ECG": "ecg",
    "MG": "imaging",
    "MR": "imaging",
    "US": "ultrasound",
    "XA": "imaging",
}
STATUS: Mapping[str, Status] = {
    "preliminary": Status.PRELIMINARY,
    "final": Status.FINAL,
    "amended": Status.AMENDED,
    "appended": Status.AMENDED,
    "entered-in-error": Status.ENTERED_IN_ERROR,
}
#: Catalogues say DR; whether computed radiography of a plate answers for it is left to a person.
UNTOLD = frozenset({"CR"})
#: Modalities for which contrast is asked.
WITH_CONTRAST = frozenset({"CT", "MR"})
#: DICOM (0020,0060) and both; what has no side names none.
SIDES = frozenset({"L", "R", "B"})


@dataclass(frozen=True, slots=True)
class Technique:
    """What the data sets themselves say of how they were made; None and empty where they say nothing.

    values: `slice_mm`, `tesla`, decimal strings.  contrast: whether an agent is named, (0018,0010).
    """

    values: Mapping[str, str]
    contrast: bool


@dataclass(frozen=True, slots=True)
class ImagingFacts:
    """A study with its report, as index and reading hold it now.

    request_*: of the matched request, '' without.  laterality: (0020,0060) of the images.  signatures: persons who
    signed.  withdrawn: the report was taken back and is being written anew.  acquired_at: by the device's clock, whose
    error is skew_seconds.  views: different projections, None where an image does not say which it is.  contested:
    somebody has proposed that it is another patient's, or several patients'.
    """

    study_id: str
    patient_id: str
    acquiring_id: str
    reporting_id: str
    device_id: str | None
    acquired_at: datetime | None
    received_at: datetime
    skew_seconds: int | None
    signed_at: datetime
    version: int
    report_status: str
    withdrawn: bool
    signatures: int
    modalities: tuple[str, ...]
    request_item: str
    request_site: str
    request_laterality: str
    description: str
    body_site: str
    laterality: str
    complete: bool | None
    grade: Grade | None
    views: int | None
    contested: bool


def result_id(study_id: str) -> str:
    """The name of a study's result among all results."""
    return f"imaging/{study_id}"


def candidate(facts: ImagingFacts, technique: Technique | None, names: ImagingNames) -> Candidate | None:
    """The result as it is to be known; None where nothing of the study can be recognised, whatever its state.

    technique: None where the data sets could not be read now.
    """
    modality = next((one for one in facts.modalities if one in KINDS), None)
    if modality is None:
        return None
    name = facts.request_item or facts.description
    return Candidate(
        id=result_id(facts.study_id),
        version=facts.version,
        patient_id=facts.patient_id,
        kind=KINDS[modality],
        code=names.original(name),
        mapping=names.mapping(name),
        status=_status(facts),
        signatures=facts.signatures,
        intact=True,  # its digest was computed when it came and is its name; whether it is there is the probe's
        acquiring_id=facts.acquiring_id,
        reporting_id=facts.reporting_id,
        acquired_at=_when(facts),
        reported_at=facts.signed_at,
        device_id=facts.device_id,
        acquired=Acquisition(
            modality=None if modality in UNTOLD else modality,
            body_site=_site(facts),
            laterality=_side(facts),
            contrast=_contrast(modality, name, technique),
            technique=_technique(modality, facts.views, technique),
            complete=facts.complete,
            grade=facts.grade,
        ),
        known_from=UNDATED,
    )


def _status(facts: ImagingFacts) -> Status:
    if facts.withdrawn:
        return Status.CANCELLED
    # until a second person has decided whose it is, a person looks at it
    return Status.UNKNOWN if facts.contested else STATUS.get(facts.report_status, Status.UNKNOWN)


def _when(facts: ImagingFacts) -> datetime | None:
    """When it was acquired; None where the device's clock cannot be believed."""
    found = anchor(facts.acquired_at, received_at=facts.received_at, skew_seconds=facts.skew_seconds)
    return found.at if isinstance(found, Known) else None


def _site(facts: ImagingFacts) -> str | None:
    """The one region that request and images agree on; None where they name several, or none."""
    said = [found for text in (facts.request_site, facts.body_site) if (found := body.regions(text))]
    if not said:
        said = [body.regions(facts.description)]
    common = set(said[0]).intersection(*said[1:])
    return common.pop() if len(common) == 1 else None


def _side(facts: ImagingFacts) -> str | None:
    """The side; None where request and images contradict each other, or neither names one."""
    said = {facts.request_laterality, facts.laterality} & SIDES
    return said.pop() if len(said) == 1 else None


def _contrast(modality: str, name: str, technique: Technique | None) -> Contrast | None:
    """What name and data sets agree on; None where they contradict each other or the name does not say."""
    if modality not in WITH_CONTRAST or technique is None:
        return None
    plain, enhanced = "平扫" in name, "增强" in name
    if plain and enhanced:
        return "plain-and-enhanced" if technique.contrast else None
    if enhanced:
        return "enhanced" if technique.contrast else None
    if plain:
        return None if technique.contrast else "plain"
    return None


def _technique(modality: str, views: int | None, technique: Technique | None) -> dict[str, str]:
    known = dict(technique.values) if technique is not None else {}
    if modality in ("CR", "DX", "MG") and views is not None:
        known["views"] = str(views)
    return known
