"""What becomes of one element of a data set: PS3.15 Table E.1-1 as dicom-anonymizer keeps it, and stricter. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, cast

from dicomanonymizer import simpledicomanonymizer as kept
from pydicom.datadict import dictionary_has_tag, keyword_for_tag

#: Edition of the standard whose table is applied.
EDITION = "2026c"

Act = Callable[..., None]


class Treatment(StrEnum):
    REMOVE = "remove"
    EMPTY = "empty"
    DUMMY = "dummy"
    UID = "uid"
    INSIDE = "inside"  # a sequence that stays: its items are treated
    KEEP = "keep"


def _table() -> Mapping[tuple[int, int], str]:
    rules = cast("Callable[[str], dict[tuple[int, ...], Act]]", cast("Any", kept).initialize_actions)(
        f"dicomfields_{EDITION}"
    )
    return MappingProxyType({(tag[0], tag[1]): act.__name__ for tag, act in rules.items() if len(tag) == 2})


#: The standard's action by tag, named as the library names it.  Repeating groups are removed whole, see below.
TABLE = _table()

_TEXTS = frozenset({"CS", "LO", "SH", "AE", "LT", "ST", "UT", "UC", "PN"})
_DATES = frozenset({"DA", "DT", "TM"})
_NUMBERS = frozenset({"DS", "IS", "FD", "FL", "SL", "SS", "UL", "US", "AT", "SV", "UV", "US or SS"})
#: Short texts that say how an image was made or what it shows, in words of the device or the standard.
_SAID = frozenset(
    {
        "CodeMeaning",
        "CodeValue",
        "CodingSchemeDesignator",
        "CodingSchemeVersion",
        "ConvolutionKernel",
        "FilterType",
        "Manufacturer",
        "ManufacturerModelName",
        "RescaleType",
        "SequenceName",
    }
)
#: Bytes that are needed to show the pixels.
_BYTES = frozenset(
    {
        "PixelData",
        "LUTData",
        "RedPaletteColorLookupTableData",
        "GreenPaletteColorLookupTableData",
        "BluePaletteColorLookupTableData",
        "SegmentedRedPaletteColorLookupTableData",
        "SegmentedGreenPaletteColorLookupTableData",
        "SegmentedBluePaletteColorLookupTableData",
    }
)
#: What the copy says of itself is written anew.
_OWN = frozenset({"PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence"})
_WELL_KNOWN = re.compile(r"1\.2\.840\.10008\.[0-9.]+")
_CODE = re.compile(r"[A-Z0-9_ ]{0,16}")


def is_well_known(uid: str) -> bool:
    """Whether the standard itself gave a UID: a class, a syntax, a frame of reference of an atlas."""
    return _WELL_KNOWN.fullmatch(uid) is not None


def treatment(group: int, element: int, vr: str) -> Treatment:
    """What becomes of an element.  vr: as the data set has it; UN where nobody knows it.

    What the table does not name stays only if it is a number, a code of the standard's kind, a UID, a sequence, or
    stands in one of the short lists above: free text, persons, dates, addresses and unknown bytes never do.
    """
    tag = group << 16 | element
    if group % 2 or group <= 0x0002 or 0x5000 <= group <= 0x50FF or 0x6000 <= group <= 0x60FF or element == 0:
        return Treatment.REMOVE
    if not dictionary_has_tag(tag):
        return Treatment.REMOVE
    keyword = keyword_for_tag(tag)
    if keyword in _OWN:
        return Treatment.REMOVE
    return _by_table(TABLE.get((group, element), ""), keyword, vr)


def _by_table(act: str, keyword: str, vr: str) -> Treatment:
    if vr == "SQ":
        return Treatment.INSIDE if act in ("", "delete_or_empty_or_replace_UID") else Treatment.REMOVE
    if act == "delete":
        return Treatment.REMOVE
    if vr == "UI":
        return Treatment.UID
    if act in ("empty", "delete_or_empty"):
        return Treatment.EMPTY if vr in _TEXTS | _DATES | _NUMBERS | {"AS"} else Treatment.REMOVE
    if act:  # D, and what may be D
        return Treatment.DUMMY if vr in _TEXTS | _DATES | _NUMBERS else Treatment.REMOVE
    if vr == "CS" or vr in _NUMBERS:
        return Treatment.KEEP
    if vr in ("LO", "SH"):
        return Treatment.KEEP if keyword in _SAID or keyword == "SpecificCharacterSet" else Treatment.REMOVE
    if vr.startswith("O") or vr == "US or OW":
        return Treatment.KEEP if keyword in _BYTES else Treatment.REMOVE
    return Treatment.REMOVE


def is_code(values: list[Any]) -> bool:
    """Whether what stands in a CS is what CS may hold (PS3.5 6.2): somebody's words are not."""
    return all(_CODE.fullmatch(str(one)) is not None for one in values)
