"""The answer to a message: ACK with MSA and, where something is wrong, ERR. Pure.  HL7 v2.5.1 §2.9.2, §2.15."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from telemed.results.hl7_message import Segment
from telemed.vocabulary import Text

Code = Literal["AA", "AE", "AR"]

TRY_AGAIN = Text(
    "数据库暂时不可用，本消息未保存。请稍后重发。", "The database is away and this message was not kept. Send it again."
)
UNKNOWN_SENDER = Text(
    "发送方（MSH-3/MSH-4）未登记，消息未保存。请联系系统管理员登记后重发。",
    "The sender (MSH-3/MSH-4) is not enrolled and the message was not kept. Have it enrolled, then resend.",
)
_STORED = Text("已保存。", "Stored.")
# HL7 table 0357
_CONDITIONS = {
    "message-type": ("200", "Unsupported message type"),
    "processing-id": ("202", "Unsupported processing id"),
    "version": ("203", "Unsupported version id"),
    "message-type-missing": ("101", "Required field missing"),
    "control-id-missing": ("101", "Required field missing"),
    "patient-missing": ("100", "Segment sequence error"),
    "order-missing": ("100", "Segment sequence error"),
    "result-without-order": ("100", "Segment sequence error"),
    "visit-without-patient": ("100", "Segment sequence error"),
    "visit-missing": ("100", "Segment sequence error"),
    "second-patient": ("100", "Segment sequence error"),
    "visit-number-missing": ("101", "Required field missing"),
    "visit-time-missing": ("101", "Required field missing"),
    "visit-time-wrong": ("102", "Data type error"),
    "unknown-sender": ("204", "Unknown key identifier"),
    "unit-contradicts": ("102", "Data type error"),
    "not-a-number": ("102", "Data type error"),
    "status-unknown": ("103", "Table value not found"),
    "try-again": ("207", "Application internal error"),
    "not-stored": ("207", "Application internal error"),
}
_EVENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_LOCATION = re.compile(r"([A-Z][A-Z0-9]{2})-([0-9]+)(?: line ([0-9]+))?")
_ESCAPES = str.maketrans({"|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\\": "\\E\\"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What the sender is told: a word, where, what happened and what to do."""

    reason: str
    place: str
    text: Text


@dataclass(frozen=True, slots=True)
class Answer:
    """What a message is answered with; faults are empty for AA."""

    code: Code
    faults: tuple[Fault, ...] = ()


def acknowledge(answer: Answer, to: Segment | None, *, control_id: str, now: datetime, zone: ZoneInfo) -> bytes:
    """Write the answer, in the character set of the message.

    to: the header of what is answered, None if it had none.  control_id: of the answer itself.
    Where the message's character set has no Chinese, the English is sent.
    """
    codec = "ascii" if to is None else to.syntax.codec
    declared = "" if to is None else to.raw(18)
    said = answer.faults[0].text if answer.faults else _STORED
    local = now.astimezone(zone)
    header = [
        "MSH",
        "^~\\&",
        "TELEMED" if to is None else _escaped(_whole(to, 5)) or "TELEMED",
        "" if to is None else _escaped(_whole(to, 6)),
        "" if to is None else _escaped(_whole(to, 3)),
        "" if to is None else _escaped(_whole(to, 4)),
        local.strftime("%Y%m%d%H%M%S%z"),
        "",
        f"ACK^{_trigger(to)}^ACK",
        control_id,
        "P" if to is None else _escaped(to.text(11)) or "P",
        "2.5.1" if to is None else _escaped(to.text(12)) or "2.5.1",
        *[""] * 5,
        _escaped(declared),
    ]
    lines = ["|".join(header).rstrip("|")]
    lines.append(f"MSA|{answer.code}|{'' if to is None else _escaped(to.text(10))}|{_escaped(said.en)[:80]}")
    lines += [_error(fault, codec) for fault in answer.faults[:20]]
    return ("\r".join(lines) + "\r").encode(codec, "replace")


def _error(fault: Fault, codec: str) -> str:
    number, words = _CONDITIONS.get(fault.reason, ("102" if fault.place else "207", fault.reason))
    found = _LOCATION.match(fault.place)
    location = "" if found is None else f"{found[1]}^1^{found[2]}"
    said = f"{fault.text.zh} {fault.text.en}" if _writes(fault.text.zh, codec) else fault.text.en
    where = f"{fault.place}: " if fault.place else ""
    return f"ERR||{location}|{number}^{_escaped(words)}^HL70357|E|{_escaped(fault.reason)}|||{_escaped(where + said)}"


def _writes(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _trigger(to: Segment | None) -> str:
    """The event of what is answered; of what has none that can be one, that of a result."""
    event = "" if to is None else to.text(9, 2)
    return event if _EVENT.fullmatch(event) else "R01"


def _whole(segment: Segment, field: int) -> str:
    return segment.plain(segment.raw(field)).strip()


def _escaped(text: str) -> str:
    return " ".join(text.translate(_ESCAPES).split())
