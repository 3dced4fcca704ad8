"""The shipped reading rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from telemed.reading.model.rules import ReadingRules, parse

FILE = Path(__file__).parents[3] / "config" / "reading" / "2026-01-01.toml"


@pytest.fixture(scope="session")
def rules_text() -> str:
    return FILE.read_text("utf-8")


@pytest.fixture(scope="session")
def rules(rules_text: str) -> ReadingRules:
    return parse(FILE.name, rules_text)
