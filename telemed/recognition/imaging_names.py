"""What a request form calls an examination, and the item of the catalogues it is: whole names, never parts of them."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from telemed.recognition.facts import CodeMapping
from telemed.recognition.rules import Code

SIDES = {"左": "LEFT", "右": "RIGHT"}
#: A map is known from when it was installed; its rows of knowledge carry the moment of theirs.
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: Word
    system: Word
    source: Word
    names: dict[Word, Word]
    sided: dict[Word, Word]


@dataclass(frozen=True, slots=True)
class ImagingNames:
    """A dated map.  codes: by folded name.  source: the system under which a form's own wording is kept."""

    version: str
    system: str
    source: str
    codes: Mapping[str, str]

    def original(self, name: str) -> Code:
        """The wording as it was, as a code of the form's own system."""
        return Code(self.source, name)

    def mapping(self, name: str) -> CodeMapping | None:
        """The item a name stands for; None where nobody has mapped it."""
        code = self.codes.get(folded(name))
        if code is None:
            return None
        return CodeMapping(Code(self.system, code), self.version, confirmed=True, known_from=_ALWAYS)


def folded(name: str) -> str:
    """A name without blanks and differences of width or case; nothing else is taken for the same."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def parse(text: str) -> ImagingNames:
    """Read a map.  Raises ValueError for what is no map, or for a name that stands for two items."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        raise ValueError(str(fault)) from None
    written = list(file.names.items())
    for name, code in file.sided.items():
        if "{side}" not in name or "{SIDE}" not in code:
            raise ValueError(f"{name}: a sided name needs {{side}} and its code {{SIDE}}")
        written += [(name.replace("{side}", zh), code.replace("{SIDE}", en)) for zh, en in SIDES.items()]
    codes: dict[str, str] = {}
    for name, code in written:
        if codes.setdefault(folded(name), code) != code:
            raise ValueError(f"{name}: stands for {codes[folded(name)]} and for {code}")
    return ImagingNames(file.version, file.system, file.source, codes)


def read(path: Path) -> ImagingNames:
    """Read a map from its file; raises ValueError as parse does, OSError where there is none."""
    return parse(path.read_text("utf-8"))
