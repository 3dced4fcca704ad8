"""Attributes that QIDO-RS knows: where each stands in the index, how it is matched and shown. PS3.18 §10.6."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import LiteralString

from pydicom.datadict import tag_for_keyword

from telemed.imaging.attributes import Kind


class Level(IntEnum):
    """Query levels; each row of a level knows the attributes of those above it."""

    STUDY = 1
    SERIES = 2
    INSTANCE = 3


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. columns: SQL expressions any of which may answer; shown: the one that is returned.

    always: returned without being asked for (PS3.18 tables 10.6.3-3 to -5).
    """

    tag: LiteralString
    vr: str
    level: Level
    kind: Kind
    shown: LiteralString
    columns: tuple[LiteralString, ...] = ()
    always: bool = True


STUDY, SERIES, INSTANCE = Level

_ALL = (
    Attribute("00080020", "DA", STUDY, Kind.DATE, "(s.acquired_at at time zone %(zone)s)::date", ("s.acquired_at",)),
    Attribute(
        "00080030",
        "TM",
        STUDY,
        Kind.TIME,
        "(s.acquired_at at time zone %(zone)s)::time",
        ("(s.acquired_at at time zone %(zone)s)::time",),
    ),
    Attribute(
        "00080050",
        "SH",
        STUDY,
        Kind.TEXT,
        "coalesce(r.accession_number, s.accession_number)",
        ("s.accession_number", "r.accession_number"),
    ),
    Attribute("00080061", "CS", STUDY, Kind.TEXT, "s.modalities", ("any(s.modalities)",)),
    Attribute("00080090", "PN", STUDY, Kind.NAME, "s.referring_physician", ("s.referring_physician",)),
    Attribute("00081030", "LO", STUDY, Kind.TEXT, "s.description", ("s.description",)),
    Attribute("00100010", "PN", STUDY, Kind.NAME, "coalesce(p.name, s.source_patient_name)"),
    Attribute("00100020", "LO", STUDY, Kind.TEXT, "s.source_patient_id", ("s.source_patient_id",)),
    Attribute("00100021", "LO", STUDY, Kind.TEXT, "s.source_issuer", ("s.source_issuer",), always=False),
    Attribute(
        "00100030",
        "DA",
        STUDY,
        Kind.DATE,
        "coalesce(case when p.birth_date_estimated then null else p.birth_date end, s.source_birth_date)",
        ("p.birth_date", "s.source_birth_date"),
    ),
    Attribute(
        "00100040",
        "CS",
        STUDY,
        Kind.TEXT,
        "coalesce(nullif(p.sex, 'U'), s.source_sex)",
        ("coalesce(nullif(p.sex, 'U'), s.source_sex)",),
    ),
    Attribute("0020000D", "UI", STUDY, Kind.UID, "s.study_instance_uid", ("s.study_instance_uid",)),
    Attribute("00200010", "SH", STUDY, Kind.TEXT, "s.study_id_text", ("s.study_id_text",)),
    Attribute("00080080", "LO", STUDY, Kind.TEXT, "o.name", ("o.name",), always=False),
    Attribute("00201206", "IS", STUDY, Kind.NUMBER, "s.series_count"),
    Attribute("00201208", "IS", STUDY, Kind.NUMBER, "s.instance_count"),
    Attribute("00080060", "CS", SERIES, Kind.TEXT, "e.modality", ("e.modality",)),
    Attribute("0008103E", "LO", SERIES, Kind.TEXT, "e.description", ("e.description",)),
    Attribute("00180015", "CS", SERIES, Kind.TEXT, "e.body_site", ("e.body_site",), always=False),
    Attribute("00200060", "CS", SERIES, Kind.TEXT, "e.laterality", ("e.laterality",), always=False),
    Attribute("0020000E", "UI", SERIES, Kind.UID, "e.series_instance_uid", ("e.series_instance_uid",)),
    Attribute("00200011", "IS", SERIES, Kind.NUMBER, "e.series_number", ("e.series_number",)),
    Attribute("00201209", "IS", SERIES, Kind.NUMBER, "e.instance_count"),
    Attribute("00080016", "UI", INSTANCE, Kind.UID, "i.sop_class_uid", ("i.sop_class_uid",)),
    Attribute("00080018", "UI", INSTANCE, Kind.UID, "i.sop_instance_uid", ("i.sop_instance_uid",)),
    Attribute("00083002", "UI", INSTANCE, Kind.UID, "i.transfer_syntax_uid", ("i.transfer_syntax_uid",)),
    Attribute("00200013", "IS", INSTANCE, Kind.NUMBER, "i.instance_number", ("i.instance_number",)),
    Attribute("00280008", "IS", INSTANCE, Kind.NUMBER, "i.frames", ("i.frames",)),
    Attribute("00280010", "US", INSTANCE, Kind.NUMBER, "i.rows", ("i.rows",)),
    Attribute("00280011", "US", INSTANCE, Kind.NUMBER, "i.columns", ("i.columns",)),
)
ATTRIBUTES = {one.tag: one for one in _ALL}
PATIENT_NAME, PATIENT_ID, STUDY_DATE, MODALITIES = "00100010", "00100020", "00080020", "00080061"


def tag_of(name: str) -> str | None:
    """An attribute's tag from eight hexadecimal digits or its keyword; None for nonsense."""
    if len(name) == 8 and all(one in "0123456789abcdefABCDEF" for one in name):
        return name.upper()
    tag = tag_for_keyword(name)
    return None if tag is None else f"{tag:08X}"
