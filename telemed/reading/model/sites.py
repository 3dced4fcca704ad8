"""A body site as requests and devices write it, in the words that rules and people use."""

from __future__ import annotations

from telemed.imaging.body import REGIONS, regions

_NAMES = {region.code: region.zh for region in REGIONS}


def spoken(body_site: str) -> str:
    """The name of a DICOM code (CHEST → 胸部); free text stays as it was written."""
    return _NAMES.get(body_site.strip().upper(), body_site)


def words(body_site: str) -> str:
    """The text with the name of every region it means, so that 头颅, HEAD and brain are all 颅脑 to the rules."""
    names = [_NAMES[code] for code in sorted(regions(body_site))]
    return " ".join([body_site, *(name for name in names if name not in body_site)])
