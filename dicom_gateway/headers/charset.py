"""Which character set the text of a data set is really in, and how sure that is.

Chinese modalities write GBK and declare ISO_IR 100, nothing, or something else (docs/explanation/charsets.md).  Bytes
are never changed; this decides how they are read.  GBK's second byte may be a backslash or a caret, so text is decoded
whole and split afterwards.
PS3.5 §6.1, PS3.3 C.12.1.1.2.
"""

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

#: declared: read as declared.  sure, likely, doubtful: read otherwise than declared.
CONFIDENCES = ("declared", "sure", "likely", "doubtful")

ASCII, LATIN, UTF8, GB = "ISO_IR 6", "ISO_IR 100", "ISO_IR 192", "GB18030"
GB2312_ESCAPED = "ISO 2022 IR 58"

#: What devices write where a defined term belongs.
ALIASES = {
    "": ASCII,
    "ISO_IR 6": ASCII,
    "ISO 2022 IR 6": ASCII,
    "ASCII": ASCII,
    "ISO 2022 IR 100": LATIN,
    "ISO-8859-1": LATIN,
    "UTF-8": UTF8,
    "UTF8": UTF8,
    "GBK": GB,
    "GB2312": GB,
    "GB 18030": GB,
    "GB18030-2000": GB,
    "ISO 2022 GBK": GB,
    "ISO 2022 58": GB2312_ESCAPED,
    "ISO_IR 58": GB2312_ESCAPED,
}
CODECS = {ASCII: "ascii", LATIN: "latin-1", UTF8: "utf-8", GB: "gb18030"}
ESCAPE = 0x1B


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read the text of one data set.

    declared: (0008,0005) as it stands, values joined by a backslash.  used: a defined term.
    """

    declared: str
    used: str
    confidence: str

    def text(self, raw: bytes) -> str:
        """Read one value; a value that is not in the character set of the others is read as what it most likely is."""
        if raw.isascii() and ESCAPE not in raw:
            return raw.decode("ascii")
        if self.used not in CODECS:
            return _by_extensions(raw, self.used) or _lossy(raw)
        try:
            return raw.decode(CODECS[self.used])
        except UnicodeDecodeError:
            return _lossy(raw)


def choose(declared: str, samples: Sequence[bytes], override: str | None = None) -> Reading:
    """Decide how to read a data set from what it declares and the bytes of its text values.

    override: what the operator set for the device; it wins wherever it decodes.
    """
    return _choose(declared, tuple(samples), override)


@lru_cache(maxsize=256)
def _choose(declared: str, samples: tuple[bytes, ...], override: str | None) -> Reading:
    """Remember what was chosen: the instances of a series say the same."""
    terms = [_term(term) for term in declared.split("\\")]
    high = [sample for sample in samples if not sample.isascii()]
    extended = any(ESCAPE in sample for sample in samples)
    if override is not None and _decodes_all(high, override):
        return Reading(declared, override, "declared" if terms == [override] else "sure")
    if len(terms) == 1 and terms[0] in CODECS:
        return _choose_single(declared, terms[0], high) if high else Reading(declared, terms[0], "declared")
    by_term, _ = _repertoires()
    known = all(term in by_term or term in CODECS for term in terms)
    used = "\\".join("" if term == ASCII else term for term in terms)
    if extended or not high or (known and len(terms) == 1 and terms[0] != GB2312_ESCAPED):
        # escapes say for themselves what they are; single-byte repertoires of other languages are taken at their word
        return Reading(declared, used, "declared" if known else "doubtful")
    # GB2312 without its escape sequence is the commonest breach of all
    chosen = _choose_single(declared, GB if GB2312_ESCAPED in terms else LATIN, high)
    return Reading(declared, chosen.used, "sure" if chosen.confidence == "declared" else chosen.confidence)


def _term(written: str) -> str:
    term = re.sub(r"^ISO[ _-]?IR[ _-]?(?=[0-9])", "ISO_IR ", written.strip().upper())
    return ALIASES.get(term, term)


def _choose_single(declared: str, term: str, high: list[bytes]) -> Reading:
    # a value that does not decode counts nothing: one that was typed on another machine does not decide for all
    scores = {
        candidate: sum(_score(sample, candidate) for sample in high) / len(high) for candidate in (UTF8, GB, LATIN)
    }
    if term in scores:
        # what is declared needs less evidence than what is not
        scores[term] += 0.15
    ranked = sorted(scores, key=lambda candidate: (scores[candidate], candidate == term), reverse=True)
    best = ranked[0]
    if best == term:
        return Reading(declared, term, "declared" if _decodes_all(high, term) else "doubtful")
    if not _decodes_all(high, best):
        return Reading(declared, best, "doubtful")
    margin = scores[best] - scores[ranked[1]]
    confidence = "sure" if scores[best] >= 0.8 and margin >= 0.4 else "likely" if margin >= 0.2 else "doubtful"
    return Reading(declared, best, confidence)


def _decodes_all(samples: Iterable[bytes], term: str) -> bool:
    codec = CODECS.get(term)
    if codec is None:
        return False
    try:
        for sample in samples:
            sample.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _score(sample: bytes, term: str) -> float:
    """How much the text looks like names and descriptions if read so: 0 not at all, 1 like a Chinese name."""
    try:
        text = sample.decode(CODECS[term])
    except UnicodeDecodeError:
        return 0.0
    foreign = [number for number, character in enumerate(text) if not character.isascii()]
    if not foreign:
        return 0.0
    if term == LATIN:
        if any("\x80" <= character <= "\x9f" for character in text):
            return 0.0  # control characters: nobody writes them
        return sum(_latin(text, number) for number in foreign) / len(foreign)
    return sum(_common(text[number], term) for number in foreign) / len(foreign)


def _latin(text: str, at: int) -> float:
    """A Western letter stands between other letters of its word; GBK read as Latin-1 gives clusters and signs."""
    letter = text[at]
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if not letter.isalpha() or letter in "ªº":
        return 0.0
    crowded = (before != "" and not before.isascii()) or (after != "" and not after.isascii())
    begins_word = not before.isalpha()
    if letter.isupper() and not begins_word and not before.isupper():
        return 0.0
    if not (before.isalpha() or after.isalpha()):
        return 0.2
    if crowded:
        return 0.3 if letter.islower() and not begins_word else 0.1
    return 0.7


def _common(character: str, term: str) -> float:
    """The first level of GB2312 holds the 3,755 commonest characters, by frequency of use; names hardly leave it."""
    if character == "\N{REPLACEMENT CHARACTER}":
        return 0.0
    if term == UTF8 and ("À" <= character <= "ɏ" or "Ѐ" <= character <= "ӿ" or "가" <= character <= "힣"):
        # a valid multi-byte sequence that is a letter of a living script
        return 0.7
    han = "\u3400" <= character <= "\u9fff" or character >= "\U00020000"
    # three bytes that are by chance one valid ideograph of UTF-8 are very rare; two that are one of GBK are not
    least = 0.05 if not han else 0.85 if term == UTF8 else 0.35
    try:
        row = codecs.encode(character, "gb2312")[0]
    except UnicodeEncodeError:
        return least
    if row >= 0xB0:
        return 1.0 if row < 0xD8 else max(least, 0.75)
    # punctuation and letters of full width
    return 0.6 if row in {0xA1, 0xA3} else 0.2


def _repertoires() -> tuple[Mapping[str, str], Mapping[bytes, str]]:
    """Python's encodings as pydicom knows them: by defined term, by escape sequence."""
    from pydicom.charset import CODES_TO_ENCODINGS, python_encoding  # noqa: PLC0415 -- numpy and decoders come with it

    return python_encoding, CODES_TO_ENCODINGS


def _by_extensions(raw: bytes, used: str) -> str | None:
    """Read text with ISO 2022 escapes, or in a single-byte repertoire other than Latin-1; None if it is neither."""
    terms = used.split("\\")
    by_term, by_escape = _repertoires()
    outset = CODECS.get(terms[0]) or by_term.get(terms[0], "ascii")
    head, *escaped = raw.split(b"\x1b")
    try:
        text = head.decode("gb18030" if outset == "iso_ir_58" else outset)
        for fragment in escaped:
            length = 3 if fragment[:1] == b"$" and fragment[1:2] in b")(" else 2
            encoding = by_escape[b"\x1b" + fragment[:length]]
            if encoding == "iso_ir_58":
                text += fragment[length:].decode("gb18030")
            elif encoding.startswith("iso2022"):
                text += (b"\x1b" + fragment).decode(encoding)
            else:
                text += fragment[length:].decode(encoding)
    except (LookupError, ValueError):
        return None
    return text


def _lossy(raw: bytes) -> str:
    """Read what has no right reading: the best candidate, wrong bytes shown as such."""
    best = max((UTF8, GB), key=lambda term: _score(raw, term))
    return raw.decode(CODECS[best], "replace")
