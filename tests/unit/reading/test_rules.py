from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from telemed.reading.model.rules import MalformedRules, parse
from telemed.reading.service.rule_book import RuleBook
from telemed.reading.service.templates import MalformedTemplate, read_templates
from telemed.reading.service.templates import parse as parse_templates

CONFIG = Path(__file__).parents[3] / "config"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("lease_minutes = 20", "lease_minutes = 0", "lease_minutes"),
        ("lease_minutes = 20", "lease_minuts = 20", "lease_minuts"),
        ('minutes = 1440\nsource = "上限', 'priority = "stat"\nminutes = 1440\nsource = "上限', "without conditions"),
        ("days = [1, 2, 3, 4, 5]", "days = []", "calendar"),
        ("effective = 2026-01-01", 'effective = "soon"', "effective"),
    ],
)
def test_a_fault_in_the_rules_is_named(rules_text, old, new, says):
    broken = rules_text.replace(old, new)
    if says == "calendar":
        broken = broken.replace("days = [6]", "days = []")
    with pytest.raises(MalformedRules, match=says):
        parse("broken.toml", broken)


def test_each_day_has_the_rules_of_the_latest_file_begun(rules_text):
    later = rules_text.replace("effective = 2026-01-01", "effective = 2027-03-01").replace(
        "lease_minutes = 20", "lease_minutes = 30"
    )
    book = RuleBook({"a.toml": rules_text, "b.toml": later})
    assert book.at(datetime(2027, 2, 28, 15, 59, tzinfo=UTC)).lease.total_seconds() == 1200
    assert book.at(datetime(2027, 2, 28, 16, 0, tzinfo=UTC)).lease.total_seconds() == 1800
    assert book.at(datetime(2020, 1, 1, tzinfo=UTC)).lease.total_seconds() == 1200


def test_two_files_of_one_day_or_no_file_at_all_are_refused(rules_text):
    with pytest.raises(MalformedRules):
        RuleBook({"a.toml": rules_text, "b.toml": rules_text})
    with pytest.raises(MalformedRules):
        RuleBook({})


def test_the_shipped_templates_say_no_obvious_abnormality_and_never_normal():
    found = read_templates(CONFIG / "templates")
    assert len(found) >= 12
    assert not [one.code for one in found if "正常" in one.findings + one.impression]


def test_a_template_with_an_unknown_key_is_refused():
    text = '[[template]]\ncode = "x1"\nmodality = "DX"\nname = "n"\nfindings = "f"\nimpression = "i"\ncolour = 1\n'
    with pytest.raises(MalformedTemplate, match="colour"):
        parse_templates("x.toml", text)


def test_a_template_code_is_there_once(tmp_path):
    text = '[[template]]\ncode = "x1"\nmodality = "DX"\nname = "n"\nfindings = "f"\nimpression = "i"\n'
    (tmp_path / "a.toml").write_text(text + text, "utf-8")
    with pytest.raises(MalformedTemplate, match="x1"):
        read_templates(tmp_path)
