"""HL7 v2 messages: bytes → segments, fields, components. Pure.

Own reading and not python-hl7's: that one splits what was decoded beforehand, takes the fourth encoding character for
granted, strips what stands around a message, and answers faults with exceptions that do not say where (ADR 11).
HL7 v2.5.1 chapter 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from telemed.results.charset import Charset, Undecodable, decode
from telemed.results.escapes import unescape
from telemed.vocabulary import Text

#: A message above this is no laboratory report; the listener reads no more of a frame.
MAX_BYTES = 4 << 20
MAX_SEGMENTS = 20_000
#: "" (two quotation marks) says that a value is to be deleted (§2.5.3).
DELETED = '""'

_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_VERSION = re.compile(r"2(\.[0-9]){0,2}")
# a line of the envelope or a message begins behind CR or LF, neither of which is ever part of a Chinese character
_BEGINNINGS = re.compile(rb"(?:\A|[\r\n])(?:\xef\xbb\xbf)?(?=(?:MSH|FHS|BHS|BTS|FTS)[^\w\r\n])")

_HEADER = re.compile(rb"(?:\A|[\r\n])(?:\xef\xbb\xbf)?(MSH[^\w\r\n][^\r\n]*)")

REASONS: dict[str, Text] = {
    "empty": Text("消息为空。", "The message is empty."),
    "too-large": Text("消息过大。请分批发送。", "The message is too large. Send it in parts."),
    "not-hl7": Text("消息不是以 MSH 段开始。", "The message does not begin with an MSH segment."),
    "undecodable": Text(
        "字符集与 MSH-18 的声明不符，无法解码。请检查接口的字符集设置。",
        "The bytes are not in the character set that MSH-18 declares. Check the interface's setting.",
    ),
    "separators": Text("MSH-1 或 MSH-2 的分隔符无效。", "The separators of MSH-1 or MSH-2 are not usable."),
    "segment-name": Text("段名无效。", "This is no segment name."),
    "second-header": Text("一条消息中有两个 MSH 段。", "There are two MSH segments in one message."),
    "control-character": Text("消息含有空字符。", "The message contains a null character."),
    "message-type-missing": Text("缺少 MSH-9 消息类型。", "MSH-9, the message type, is missing."),
    "control-id-missing": Text("缺少 MSH-10 消息控制号。", "MSH-10, the control id, is missing."),
    "version": Text("MSH-12 不是 HL7 第 2 版。", "MSH-12 is not a version 2 of HL7."),
    "batch-count": Text(
        "批次中的消息条数与 BTS-1 不符。请重新发送。", "BTS-1 counts other messages than came. Resend."
    ),
    "batch-without-message": Text("批次中没有消息。", "There is no message in the batch."),
    "message-type": Text(
        "只接收 ORU^R01 与 ADT^A01、A03、A04、A08、A11、A13 消息。",
        "Only ORU^R01 and ADT^A01, A03, A04, A08, A11 and A13 are taken here.",
    ),
    "processing-id": Text(
        "MSH-11 为测试或培训消息，未作为结果入库。正式结果请填 P。",
        "MSH-11 says test or training: this does not become a result. Send P for real ones.",
    ),
    "order-missing": Text("没有 OBR 段。", "There is no OBR segment."),
    "result-without-order": Text("OBX 段之前没有 OBR 段。", "An OBX comes before any OBR."),
    "patient-missing": Text("OBR 段之前没有 PID 段。", "There is no PID before the OBR."),
    "visit-without-patient": Text("没有 PID 段。", "There is no PID segment."),
    "visit-missing": Text("没有 PV1 段。", "There is no PV1 segment."),
    "second-patient": Text("一条 ADT 消息中有两个 PID 段。", "There are two PID segments in one ADT message."),
}


@dataclass(frozen=True, slots=True)
class Malformed:
    """Why a message cannot be read, and where: a field (`MSH-9`), a line (`line 3`) or a byte (`byte 120`)."""

    reason: str
    place: str

    @property
    def text(self) -> Text:
        return REASONS[self.reason]


@dataclass(frozen=True, slots=True)
class Syntax:
    """Separators and character set of one message; '' where a separator was not declared."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str
    codec: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One line. fields[0] is its name; numbers of fields, components and so on count from 1 as in the standard."""

    fields: tuple[str, ...]
    line: int
    syntax: Syntax

    @property
    def name(self) -> str:
        return self.fields[0]

    def raw(self, field: int) -> str:
        """A field as written; '' if absent or marked as deleted."""
        written = self.fields[field] if field < len(self.fields) else ""
        return "" if written == DELETED else written

    def repetitions(self, field: int) -> list[str]:
        """The repetitions of a field as written, none for an empty field."""
        written = self.raw(field)
        return [] if not written else _split(written, self.syntax.repetition)

    def text(self, field: int, component: int = 1, subcomponent: int = 1, *, repetition: int = 1) -> str:
        """One value with its escapes resolved and blanks around it dropped; '' if absent."""
        repetitions = self.repetitions(field)
        written = repetitions[repetition - 1] if repetition <= len(repetitions) else ""
        return self.part(written, component, subcomponent)

    def part(self, written: str, component: int = 1, subcomponent: int = 1) -> str:
        """One value of a repetition as `repetitions` gives it."""
        components = _split(written, self.syntax.component)
        found = components[component - 1] if component <= len(components) else ""
        subcomponents = _split(found, self.syntax.subcomponent)
        found = subcomponents[subcomponent - 1] if subcomponent <= len(subcomponents) else ""
        return "" if found == DELETED else self.plain(found).strip()

    def plain(self, written: str) -> str:
        """Text with its escapes resolved; separators in it stand as they are."""
        one = self.syntax
        literal = {"F": one.field, "S": one.component, "T": one.subcomponent, "R": one.repetition, "E": one.escape}
        return unescape(written, one.escape, literal, one.codec)


@dataclass(frozen=True, slots=True)
class Message:
    """One message. charset: how it was read."""

    segments: tuple[Segment, ...]
    charset: Charset

    @property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def control_id(self) -> str:
        return self.header.text(10)


def pieces(data: bytes) -> tuple[bytes, ...] | Malformed:
    """The messages of what one frame or file holds, each as its bytes; envelopes (FHS, BHS, BTS, FTS) are left out.

    Counts of BTS-1 are held against what came.
    """
    if len(data) > MAX_BYTES:
        return Malformed("too-large", f"byte {MAX_BYTES}")
    if not data.strip():
        return Malformed("empty", "byte 0")
    starts = [found.end() for found in _BEGINNINGS.finditer(data)]
    if not starts or data[: starts[0]].strip(b"\r\n \xef\xbb\xbf"):
        return Malformed("not-hl7", "line 1")
    parts = [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]
    messages = [part.rstrip(b"\r\n") for part in parts if part.startswith(b"MSH")]
    if len(parts) == len(messages) == 1:
        return (data,)
    counted = [count for part in parts if part.startswith(b"BTS") and (count := part[4:].split(part[3:4])[0].strip())]
    if counted and (not all(one.isdigit() for one in counted) or sum(map(int, counted)) != len(messages)):
        return Malformed("batch-count", "BTS-1")
    return tuple(messages) if messages else Malformed("batch-without-message", "line 1")


def read(raw: bytes) -> Message | Malformed:
    """Read one message: decoded by MSH-18, then split."""
    if len(raw) > MAX_BYTES:
        return Malformed("too-large", f"byte {MAX_BYTES}")
    if not raw.strip():
        return Malformed("empty", "byte 0")
    if (at := raw.find(b"\0")) >= 0:
        return Malformed("control-character", f"byte {at}")
    decoded = decode(raw)
    if isinstance(decoded, Undecodable):
        return Malformed("undecodable", f"byte {decoded.offset}")
    text, charset = decoded
    segments = _segments(list(_lines(text)), charset.used)
    return segments if isinstance(segments, Malformed) else _checked(Message(segments, charset))


def _segments(lines: list[tuple[int, str]], codec: str) -> tuple[Segment, ...] | Malformed:
    if not lines or not lines[0][1].startswith("MSH"):
        return Malformed("not-hl7", "line 1")
    syntax = _syntax(lines[0][1], codec)
    if isinstance(syntax, Malformed):
        return syntax
    if len(lines) > MAX_SEGMENTS:
        return Malformed("too-large", f"line {MAX_SEGMENTS}")
    segments: list[Segment] = []
    for number, line in lines:
        fields = line.split(syntax.field)
        if not _NAME.fullmatch(fields[0]):
            return Malformed("segment-name", f"line {number}")
        if fields[0] == "MSH":
            if segments:
                return Malformed("second-header", f"line {number}")
            fields.insert(1, syntax.field)
        segments.append(Segment(tuple(fields), number, syntax))
    return tuple(segments)


def header_of(raw: bytes) -> Segment | None:
    """The header of a message or batch that may be malformed further on, so that it can be answered."""
    begins = _HEADER.search(raw)
    if begins is None:
        return None
    line = begins[1]
    decoded = decode(line)
    text, codec = (line.decode("latin-1"), "latin-1") if isinstance(decoded, Undecodable) else _read_as(*decoded)
    syntax = _syntax(text, codec)
    if isinstance(syntax, Malformed):
        return None
    fields = text.split(syntax.field)
    return Segment((fields[0], syntax.field, *fields[1:]), 1, syntax)


def _read_as(text: str, charset: Charset) -> tuple[str, str]:
    return text, charset.used


def _checked(message: Message) -> Message | Malformed:
    header = message.header
    if not header.text(9):
        return Malformed("message-type-missing", "MSH-9")
    if not header.text(10):
        return Malformed("control-id-missing", "MSH-10")
    version = header.text(12)
    # an absent version hurts nobody; another standard's does
    if version and not _VERSION.fullmatch(version):
        return Malformed("version", "MSH-12")
    return message


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without empty ones. CR ends a segment; files that were edited have LF or both."""
    separator = "\r" if "\r" in text else "\n"
    for number, line in enumerate(text.split(separator), start=1):
        stripped = line.strip("\n") if separator == "\r" else line
        if stripped.strip():
            yield number, stripped.lstrip()


def _syntax(header: str, codec: str) -> Syntax | Malformed:
    if len(header) < 4 or _is_word(header[3]):
        return Malformed("separators", "MSH-1")
    field = header[3]
    # HL7 v2.7 has a fifth, for truncation, which no result needs
    others = header[4:].partition(field)[0]
    if not 1 <= len(others) <= 5 or len({field, *others}) != len(others) + 1 or any(map(_is_word, others)):
        return Malformed("separators", "MSH-2")
    component, repetition, escape, subcomponent = (others + "\0\0\0\0")[:4].replace("\0", " ")
    return Syntax(field, component.strip(), repetition.strip(), escape.strip(), subcomponent.strip(), codec)


def _is_word(character: str) -> bool:
    return character.isalnum() or character.isspace() or not character.isascii()


def _split(written: str, separator: str) -> list[str]:
    return written.split(separator) if separator else [written]
