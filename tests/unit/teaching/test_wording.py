"""Names and numbers in a text are found however they are written; what only looks like one is marked, not refused."""

from __future__ import annotations

import pytest

from telemed.teaching.wording import Found, Known, Sign, found

RECORD = (
    Known("王桂兰", Sign.PERSON),
    Known("wangguilan", Sign.PERSON),
    Known("柳河镇卫生院", Sign.PLACE),
    Known("LH2026-001", Sign.NUMBER),
    Known("88123", Sign.NUMBER),
)


def refused(text: str) -> list[tuple[str, Sign]]:
    return [(text[one.start : one.end], one.sign) for one in found(text, RECORD) if one.refused]


def marked(text: str) -> list[tuple[str, Sign]]:
    return [(text[one.start : one.end], one.sign) for one in found(text, RECORD) if not one.refused]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("患者王桂兰，女", "王桂兰"),
        ("患者王 桂 兰，女", "王 桂 兰"),
        ("patient Wang Guilan, F", "Wang Guilan"),
        ("WANG^GUILAN", "WANG^GUILAN"),
        ("ＷＡＮＧ　ＧＵＩＬＡＮ", "ＷＡＮＧ　ＧＵＩＬＡＮ"),
        ("来自柳河镇卫生院的", "柳河镇卫生院"),
        ("检查号 lh2026001", "lh2026001"),
        ("检查号 LH 2026 - 001", "LH 2026 - 001"),
        ("号码８８１２３。", "８８１２３"),
    ],
)
def test_what_the_record_knows_is_refused(text: str, said: str):
    assert [one for one, _ in refused(text)] == [said]


@pytest.mark.parametrize(
    "text",
    [
        "患者，女，七十余岁",
        "王姓患者",
        "桂兰",
        "柳河镇",
        "病灶 8812 个像素",
        "第 188123 号",  # another number, in which it stands
        "wang 先生与 guilin",
    ],
)
def test_what_is_not_in_the_record_is_not_refused(text: str):
    assert refused(text) == []


def test_a_number_of_a_person_is_refused_whose_ever_it_is():
    assert refused("身份证 11010519491231002X") == [("11010519491231002X", Sign.IDENTITY)]
    assert refused("身份证 110105194912310021") == []  # its last character does not check
    assert refused("电话 138 0013 8000") == [("138 0013 8000", Sign.PHONE)]
    assert refused("电话 128 0013 8000") == []


@pytest.mark.parametrize(
    ("text", "said", "sign"),
    [
        ("2026年11月26日入院", "2026年11月26日", Sign.DATE),
        ("2026-11-26", "2026-11-26", Sign.DATE),
        ("20261126", "20261126", Sign.DATE),
        ("11 月 26 日", "11 月 26 日", Sign.DATE),
        ("号 4455667", "4455667", Sign.DIGITS),
        ("电话 0435-7223344", "0435-7223344", Sign.PHONE),
        ("转省人民医院", "转省人民医院", Sign.PLACE),
        ("由李医生", "由李医生", Sign.PERSON),
    ],
)
def test_what_only_looks_like_one_is_marked(text: str, said: str, sign: Sign):
    assert marked(text) == [(said, sign)]
    assert refused(text) == []


@pytest.mark.parametrize("text", ["血压 145/100 mmHg", "病灶 12345 HU", "随访 3 个月", "约 25.123456 mm", "T12 椎体"])
def test_measurements_are_not_marked(text: str):
    assert found(text, RECORD) == []


def test_of_two_in_one_place_what_is_refused_stands():
    assert found("柳河镇卫生院", RECORD) == [Found(0, 6, Sign.PLACE, refused=True)]


def test_names_of_one_character_and_numbers_of_three_digits_would_be_found_everywhere():
    known = (Known("王", Sign.PERSON), Known("LI", Sign.PERSON), Known("123", Sign.NUMBER), Known("", Sign.NUMBER))
    assert found("王李 list 123", known) == []
