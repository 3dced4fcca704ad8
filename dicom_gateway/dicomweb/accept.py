"""What a client accepts, and what of it the archive can give.  Pure.  RFC 9110 §12.5.1, PS3.18 §8.7."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

EXPLICIT = "1.2.840.10008.1.2.1"
#: Uncompressed syntaxes: frames leave in little endian whatever they came in.
NATIVE = frozenset(
    (
        EXPLICIT,
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.113619.5.2",
    )
)
DICOM, JSON, OCTETS = "application/dicom", "application/dicom+json", "application/octet-stream"
#: The media type of each compressed syntax (PS3.18 table 8.7.3-5).
MEDIA_TYPES: Mapping[str, str] = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.92": "image/jpx",
    "1.2.840.10008.1.2.4.93": "image/jpx",
    "1.2.840.10008.1.2.4.110": "image/jxl",
    "1.2.840.10008.1.2.4.111": "image/jxl",
    "1.2.840.10008.1.2.4.112": "image/jxl",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
    "1.2.840.10008.1.2.4.100": "video/mpeg2",
    "1.2.840.10008.1.2.4.101": "video/mpeg2",
    "1.2.840.10008.1.2.4.102": "video/mp4",
    "1.2.840.10008.1.2.4.103": "video/mp4",
    "1.2.840.10008.1.2.4.107": "video/H265",
    "1.2.840.10008.1.2.4.108": "video/H265",
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}
#: Compressed syntaxes that this installation decodes (tests/unit/dicom_gateway/dicomweb/test_decoding.py).
DECODABLE = frozenset(
    (
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.57",
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.81",
        "1.2.840.10008.1.2.4.90",
        "1.2.840.10008.1.2.4.91",
        "1.2.840.10008.1.2.4.201",
        "1.2.840.10008.1.2.4.202",
        "1.2.840.10008.1.2.4.203",
        "1.2.840.10008.1.2.5",
    )
)
RENDERED = ("image/jpeg", "image/png")

_PART = re.compile(r'\s*([^;,="\s]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^;,"\s]*)))?\s*([;,]|$)')
#: Characters of an Accept header that are looked at; browsers send fewer than 300.
LONGEST = 4096


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One entry of an Accept header."""

    type: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    quality: float = 1.0

    def covers(self, media_type: str) -> bool:
        """Whether the range without its parameters includes a type."""
        kind, _, name = self.type.partition("/")
        return self.type in {"*/*", media_type} or (name == "*" and media_type.startswith(f"{kind}/"))


def parse(header: str) -> list[MediaRange]:
    """Read an Accept header, best first; an empty one accepts everything; nonsense is left out."""
    text = header[:LONGEST].strip() or "*/*"
    found: list[MediaRange] = []
    kind, parameters = "", dict[str, str]()
    for match in _PART.finditer(text):
        name, quoted, plain, end = match.groups()
        if not kind:
            kind = name.lower()
        else:
            parameters[name.lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain or ""
        if end != ";":
            found.append(MediaRange(kind, parameters, _quality(parameters.pop("q", "1"))))
            kind, parameters = "", {}
    return sorted((one for one in found if one.quality > 0 and "/" in one.type), key=lambda one: -one.quality)


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Payload:
    """How the bytes of one instance or frame go out.

    transfer_syntax: of what is sent. decode: whether the stored bytes must be decoded for it.
    """

    media_type: str
    transfer_syntax: str
    decode: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """One acceptable form: a media type with the syntaxes allowed for it (`*`: any, empty: the default)."""

    multipart: bool
    media_type: str
    transfer_syntax: str


def wanted(ranges: Iterable[MediaRange]) -> list[Wanted]:
    """Flatten multipart/related with its type parameter and single parts into one list, best first."""
    found: list[Wanted] = []
    for one in ranges:
        syntax = one.parameters.get("transfer-syntax", "")
        if one.type in {"*/*", "multipart/*"}:
            found.append(Wanted(multipart=True, media_type="*/*", transfer_syntax="*"))
        elif one.type == "multipart/related":
            kind = one.parameters.get("type", "*/*").lower()
            found.append(Wanted(multipart=True, media_type=kind, transfer_syntax=syntax))
        else:
            found.append(Wanted(multipart=False, media_type=one.type, transfer_syntax=syntax))
    return found


def instance_payload(stored: str, want: Wanted) -> Payload | None:
    """How an instance stored in a syntax goes out in a wanted form; None if it cannot."""
    if want.media_type not in {DICOM, "*/*"}:
        return None
    asked = want.transfer_syntax or (EXPLICIT if want.media_type == DICOM else "*")
    if asked in {"*", stored}:
        return Payload(DICOM, stored, decode=False)
    if asked == EXPLICIT and (stored in NATIVE or stored in DECODABLE):
        return Payload(DICOM, EXPLICIT, decode=True)
    return None


def frame_payload(stored: str, want: Wanted) -> Payload | None:
    """How a frame stored in a syntax goes out in a wanted form; None if it cannot.

    Uncompressed frames always leave in explicit little endian; application/octet-stream without a syntax means that
    too (PS3.18 table 8.7.3-2), `transfer-syntax=*` passes what is stored through.
    """
    own = OCTETS if stored in NATIVE else MEDIA_TYPES.get(stored, OCTETS)
    as_sent = EXPLICIT if stored in NATIVE else stored
    plain = stored in NATIVE or stored in DECODABLE
    asked = want.transfer_syntax
    if want.media_type == OCTETS:
        if asked in {"*", as_sent}:
            return Payload(OCTETS, as_sent, decode=False)
        return Payload(OCTETS, EXPLICIT, decode=as_sent != EXPLICIT) if asked in {"", EXPLICIT} and plain else None
    if want.media_type in {own, "*/*"}:
        return Payload(own, as_sent, decode=False) if asked in {"", "*", as_sent} else None
    return None


def chosen(
    stored: Iterable[str], wants: Iterable[Wanted], payload: Callable[[str, Wanted], Payload | None]
) -> tuple[Wanted, dict[str, Payload]] | None:
    """The best wanted form in which everything stored can go out, with the payload of each syntax."""
    syntaxes = sorted(set(stored))
    for want in wants:
        payloads = {syntax: found for syntax in syntaxes if (found := payload(syntax, want)) is not None}
        if len(payloads) == len(syntaxes):
            return want, payloads
    return None


def accepts(ranges: Iterable[MediaRange], offered: Iterable[str]) -> str | None:
    """The first offered type, in the client's order of preference, that is accepted."""
    choices = tuple(offered)
    return next((one for range_ in ranges for one in choices if range_.covers(one)), None)
