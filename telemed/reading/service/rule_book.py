"""The dated rule files of one folder: read once, checked whole, asked by moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from telemed.reading.model.rules import MalformedRules, ReadingRules, parse

SHIPPED = Path(__file__).resolve().parents[3] / "config" / "reading"


class RuleBook:
    """Every reading rule file, the first one first. Raises MalformedRules when there is none or two share a day."""

    def __init__(self, files: dict[str, str]) -> None:
        self._rules = sorted((parse(name, text) for name, text in files.items()), key=lambda one: one.effective)
        if not self._rules:
            raise MalformedRules("no reading rule file")
        if len({one.effective for one in self._rules}) != len(self._rules):
            raise MalformedRules("two reading rule files begin on the same day")

    def at(self, now: datetime) -> ReadingRules:
        """The rules of the county's day; before the first file's day that file's, so that a wrong clock reads on."""
        held = [one for one in self._rules if one.effective <= now.astimezone(one.calendar.offset).date()]
        return held[-1] if held else self._rules[0]


def read_rules(folder: Path = SHIPPED) -> RuleBook:
    """Read `*.toml` of config/reading. Raises MalformedRules."""
    return RuleBook({path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.toml"))})
