"""What keeps a catalogue from being used, and what is odd about it: values with their place, in both languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong.  line: counted from 1; 0 speaks of the file as a whole."""

    file: str
    line: int
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.zh} / {self.en}"


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """A line that may stand although medicine speaks against it; the words give the reason."""

    file: str
    line: int
    item_key: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.item_key}: {self.zh} / {self.en}"
