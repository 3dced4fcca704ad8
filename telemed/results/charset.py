"""In which character set an HL7 v2 message is really written, and how sure that is. Pure.

Laboratory systems write GBK and declare nothing, or 8859/1.  The second byte of GBK may be any separator of HL7, so a
message is decoded whole and split afterwards.  HL7 v2.5.1 §2.15.9.18 (MSH-18), table 0211.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Confidence = Literal["declared", "sure", "likely", "doubtful"]

_UTF8_MARK = b"\xef\xbb\xbf"
#: Table 0211 and what senders write in its place → Python's codec.
_CODECS = {
    "": "ascii",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "UNICODE": "utf-8",  # before v2.6 without an encoding form; UTF-16 cannot be framed by MLLP
    "GB 18030-2000": "gb18030",
    "GB18030": "gb18030",
    "GB 18030": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "BIG-5": "big5hkscs",
    "ISO IR6": "ascii",
    "ISO-8859-1": "latin-1",
    "ISO8859-1": "latin-1",
    **{f"8859/{part}": f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "8859/1": "latin-1",
}
#: Signs that Western instruments write in results and nothing else of Latin-1.
_WESTERN_SIGNS = frozenset("µ°²³±×")
_GUESSES = ("utf-8", "gb18030", "latin-1")


@dataclass(frozen=True, slots=True)
class Charset:
    """What MSH-18 says, as written (repetitions included), Python's codec in use, and how sure it is.

    declared: read as declared.  sure, likely, doubtful: read otherwise than declared.
    """

    declared: str
    used: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Undecodable:
    """No character set fits.  offset: of the first byte that does not fit what is declared."""

    declared: str
    offset: int


def decode(raw: bytes) -> tuple[str, Charset] | Undecodable:
    """Read a message that begins with its MSH."""
    body = raw.removeprefix(_UTF8_MARK)
    declared = declared_in(body)
    codec = _CODECS.get(declared.split("~")[0].strip().upper())
    if body.isascii():
        # other repetitions of MSH-18 name alternate sets, which need escapes nobody here sends
        return body.decode("ascii"), Charset(declared, "ascii" if codec is None else codec, "declared")
    if body is not raw and (text := _strictly(body, "utf-8")) is not None:
        return text, Charset(declared, "utf-8", "declared" if codec == "utf-8" else "sure")
    if codec is None or codec in ("ascii", "latin-1"):
        return _doubted(body, declared, codec)
    text = _strictly(body, codec)
    if text is not None:
        return text, Charset(declared, codec, "declared")
    return _other_than(body, declared, codec)


def declared_in(body: bytes) -> str:
    """MSH-18 as written.

    A field before it may hold Chinese whose second byte looks like a separator, so that reading counts which declares
    itself.
    """
    header = body.replace(b"\n", b"\r").partition(b"\r")[0]
    found = ""
    for codec in _GUESSES:
        text = _strictly(header, codec)
        if text is None or len(text) < 4:
            continue
        fields = text.split(text[3])
        written = fields[17] if len(fields) > 17 else ""
        if header.isascii() or _CODECS.get(written.strip().upper()) == codec:
            return written
        found = found or written
    return found


def _doubted(body: bytes, declared: str, codec: str | None) -> tuple[str, Charset] | Undecodable:
    """Bytes beyond ASCII where none, Latin-1 or an unknown set is declared: what they look like."""
    text = _strictly(body, "utf-8")
    if text is not None:
        return text, Charset(declared, "utf-8", "sure")
    chinese = _strictly(body, "gb18030")
    common = 0.0 if chinese is None else _share_of_common(chinese)
    if chinese is not None and common >= 0.5:
        return chinese, Charset(declared, "gb18030", "likely")
    western = body.decode("latin-1")
    if codec == "latin-1":
        return western, Charset(declared, "latin-1", "declared")
    if _beyond_ascii(western) <= _WESTERN_SIGNS:
        return western, Charset(declared, "latin-1", "likely")
    if chinese is not None:
        return chinese, Charset(declared, "gb18030", "doubtful")
    return Undecodable(declared, _first_beyond_ascii(body))


def _other_than(body: bytes, declared: str, codec: str) -> tuple[str, Charset] | Undecodable:
    """What is declared does not decode: the other of the two that China writes, if that one does."""
    if codec != "utf-8" and (text := _strictly(body, "utf-8")) is not None:
        return text, Charset(declared, "utf-8", "sure")
    chinese = None if codec == "gb18030" else _strictly(body, "gb18030")
    if chinese is not None and _share_of_common(chinese) >= 0.5:
        return chinese, Charset(declared, "gb18030", "likely")
    try:
        body.decode(codec)
    except UnicodeDecodeError as error:
        return Undecodable(declared, error.start)
    raise AssertionError(codec)


def _strictly(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return None


def _beyond_ascii(text: Iterable[str]) -> frozenset[str]:
    return frozenset(one for one in text if not one.isascii())


def _share_of_common(text: str) -> float:
    """How much of what is not ASCII is in GB 2312: Latin-1 letters read as GBK hardly ever are."""
    foreign = [one for one in text if not one.isascii()]
    known = sum(_in_gb2312(one) for one in foreign)
    return known / len(foreign) if foreign else 0.0


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _first_beyond_ascii(body: bytes) -> int:
    return next(at for at, byte in enumerate(body) if byte > 0x7F)
