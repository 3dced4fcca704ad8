"""Escape sequences of HL7 v2 text. Pure.  HL7 v2.5.1 §2.7."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
_COMMAND = re.compile(r"\.(br|sp|ce|sk|in|ti|fi|nf)\s*([+-]?[0-9]{1,3})?")
#: Blank lines and blanks that a formatting command may ask for.
_MOST = 80


def unescape(written: str, escape: str, literal: Mapping[str, str], codec: str) -> str:
    r"""Resolve escapes; what is no known sequence stands as written.

    escape: '' where the message has none.  literal: what F, S, T, R and E stand for.
    codec: that \Xhh..\ is read in, as the rest of the message.
    """
    if not escape or escape not in written:
        return written
    pattern = re.compile(f"{re.escape(escape)}([^{re.escape(escape)}]*){re.escape(escape)}")
    return pattern.sub(_resolver(literal, codec), written)


def _resolver(literal: Mapping[str, str], codec: str) -> Callable[[re.Match[str]], str]:
    def resolve(found: re.Match[str]) -> str:
        sequence = found[1]
        if sequence in literal:
            return literal[sequence]
        if sequence in ("H", "N"):  # highlighting begins, ends
            return ""
        hexadecimal = _HEX.fullmatch(sequence)
        if hexadecimal is not None:
            return _bytes(hexadecimal[1], codec) or found[0]
        command = _COMMAND.fullmatch(sequence)
        return found[0] if command is None else _layout(command[1], int(command[2] or 1))

    return resolve


def _bytes(digits: str, codec: str) -> str | None:
    """What the bytes say in the message's character set; None if nothing, or if PostgreSQL could not keep it."""
    try:
        text = bytes.fromhex(digits).decode(codec).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _layout(command: str, count: int) -> str:
    """Lines and blanks of formatted text (FT); indents and fill mode mean nothing on a page of ours."""
    times = max(0, min(count, _MOST))
    if command == "sp":
        return "\n" * times
    if command == "sk":
        return " " * times
    return "\n" if command in ("br", "ce") else ""
