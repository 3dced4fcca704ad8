"""How images were made, as far as recognition asks: read from the data sets of one image a series."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import structlog

from dicom_gateway.dicomweb.blobs import TooLarge, open_blob

_log = structlog.get_logger("dicom_gateway.technique")

SLICE_THICKNESS, MAGNETIC_FIELD_STRENGTH, CONTRAST_AGENT = 0x00180050, 0x00180087, 0x00180010
#: What devices write where no agent was given.
NO_AGENT = frozenset({"", "NONE", "NO", "N/A", "NA", "-"})


@dataclass(frozen=True, slots=True)
class Acquired:
    """values: `slice_mm` of the thinnest series, `tesla`; decimal strings.  contrast: an agent is named somewhere."""

    values: Mapping[str, str]
    contrast: bool


def acquired(root: Path, samples: Iterable[tuple[str, str]]) -> Acquired | None:
    """Read digest and transfer syntax of one image a series; None where a data set cannot be had now."""
    thickness: list[Decimal] = []
    field: list[Decimal] = []
    contrast = False
    for digest, transfer_syntax in samples:
        try:
            blob = open_blob(root, digest, transfer_syntax)
            thickness += _decimals(blob.ascii(SLICE_THICKNESS))
            field += _decimals(blob.ascii(MAGNETIC_FIELD_STRENGTH))
            contrast = contrast or blob.ascii(CONTRAST_AGENT).upper() not in NO_AGENT
        except (OSError, TooLarge, ValueError, struct.error, zlib.error) as failure:
            # lost, cut off or rotten: what is not known is not said; a scrub finds it
            _log.warning("technique-not-read", digest=digest, error=type(failure).__name__)
            return None
    values = {"slice_mm": min(thickness, default=None), "tesla": max(field, default=None)}
    return Acquired({name: format(one, "f") for name, one in values.items() if one is not None}, contrast)


def _decimals(text: str) -> list[Decimal]:
    """A DS value, PS3.5 6.2; what is no positive number says nothing."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return []
    return [value] if value.is_finite() and value > 0 else []
