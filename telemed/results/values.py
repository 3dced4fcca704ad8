"""What an OBX says was found: numbers as decimal strings, codes, words; the sender's text is kept beside it. Pure.

HL7 v2.5.1 §7.4.2.5 (OBX-5), §2.A.47 (NM), §2.A.67 (SN).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from telemed.results.hl7_message import Segment

Comparator = Literal["", "<", "<=", ">", ">="]
Kind = Literal["quantity", "coded", "text", "none"]

#: Value types of OBX-2 that are read; any other is kept as text.
NUMERIC, CODED, TEXTUAL = frozenset({"NM", "SN"}), frozenset({"CE", "CWE", "CNE", "IS"}), frozenset({"ST", "TX", "FT"})
#: Longer than any measurement; PostgreSQL and every reader can hold it.
_MOST_DIGITS = 30

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_COMPARATORS: dict[str, Comparator] = {
    "": "", "=": "", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "≤": "<=", "≥": ">=", "⩽": "<=", "⩾": ">=",
}  # fmt: skip
_COMPARED = re.compile(r"(<=|>=|<|>|≤|≥|⩽|⩾|=|)\s*(\S+)")


@dataclass(frozen=True, slots=True)
class CodedText:
    """One code with its text and system as written; any part may be ''."""

    code: str
    text: str
    system: str


NO_CODE = CodedText("", "", "")


@dataclass(frozen=True, slots=True)
class Value:
    """What was found.

    number: decimal string without a sign for plus, exponent or blanks, '' if it is no number.
    high: the other end of a range, denominator: of a ratio (titre 1:128).  text: as written, escapes resolved.
    fault: '' or why it is not what its type says (`not-a-number`).
    """

    kind: Kind
    text: str
    comparator: Comparator = ""
    number: str = ""
    high: str = ""
    denominator: str = ""
    codes: tuple[CodedText, ...] = ()
    fault: str = ""


def read_value(segment: Segment) -> Value:
    """Read OBX-5 by OBX-2."""
    kind = segment.text(2).upper()
    written = segment.repetitions(5)
    if not written:
        return Value("none", "")
    if kind == "SN":
        return _structured(segment)
    if kind in CODED:
        return _coded(segment, written)
    text = (
        "\n".join(segment.plain(one) for one in written).strip() if kind in TEXTUAL else segment.plain(segment.raw(5))
    )
    if not text.strip():
        return Value("none", "")
    if kind == "NM":
        return _numeric(text.strip()) if len(written) == 1 else Value("text", text, fault="not-a-number")
    if kind == "ST" and len(written) == 1 and segment.text(6):
        # many analysers' drivers send every number as ST; with a unit beside it there is no doubt what it is
        read = _numeric(text)
        return Value("text", text) if read.fault else read
    return Value("text", text)


def plain_value(written: str) -> Value:
    """A value that says nothing of its type: a number where it is one, words otherwise."""
    text = written.strip()
    if not text:
        return Value("none", "")
    read = _numeric(text)
    return Value("text", text) if read.fault else read


def codes(segment: Segment, field: int, repetition: str | None = None) -> tuple[CodedText, ...]:
    """The code of a CE or CWE field and its alternate, those that say anything."""
    written = repetition if repetition is not None else (segment.repetitions(field) or [""])[0]
    found = (CodedText(*(segment.part(written, at + n) for n in (0, 1, 2))) for at in (1, 4))
    return tuple(one for one in found if one.code or one.text)


def decimal_string(written: str) -> str:
    """A plain decimal, brought to one form: no plus sign, a digit on both sides of the point; '' if it is none."""
    if not _NUMBER.fullmatch(written) or len(written) > _MOST_DIGITS:
        return ""
    sign = "-" if written.startswith("-") else ""
    whole, point, fraction = written.lstrip("+-").partition(".")
    plain = (whole.lstrip("0") or "0") + (f".{fraction}" if point and fraction else "")
    return plain if set(plain) <= set("0.") else sign + plain


def _numeric(written: str) -> Value:
    folded = unicodedata.normalize("NFKC", written).strip()
    found = _COMPARED.fullmatch(folded)
    number = "" if found is None else decimal_string(found[2])
    if found is None or not number:
        return Value("text", written, fault="not-a-number")
    # `<0.01` in an NM breaks the standard and says what the instrument said
    return Value("quantity", written, _COMPARATORS[found[1]], number)


def _structured(segment: Segment) -> Value:
    written = segment.plain(segment.raw(5))
    comparator, first, separator, second = (segment.text(5, at) for at in (1, 2, 3, 4))
    number = decimal_string(first) if first else ""
    known = _COMPARATORS.get(unicodedata.normalize("NFKC", comparator))
    if known is None or not number:
        return Value("text", written, fault="not-a-number")
    if not separator and not second:
        return Value("quantity", written, known, number)
    if separator == "+" and not second:
        return Value("text", written)  # 2+ on a strip: a grade, no quantity
    other = decimal_string(second)
    if not other or separator not in ("-", ":", "/"):
        return Value("text", written, fault="not-a-number")
    if separator == "-":
        return Value("quantity", written, known, number, high=other)
    return Value("quantity", written, known, number, denominator=other)


def _coded(segment: Segment, written: list[str]) -> Value:
    found = tuple(one for repetition in written for one in codes(segment, 5, repetition))
    if not found:
        return Value("none", "")
    return Value("coded", "\n".join(one.text or one.code for one in found), codes=found)
