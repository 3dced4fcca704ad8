from __future__ import annotations

import pytest

from telemed.results.contents import contents, where
from telemed.vocabulary import Text
from tests.unit.results.hl7_samples import GLUCOSE, ORDER, PATIENT, message
from tests.unit.results.test_sheet import CELLS, NAMES, saved
from tests.unit.results.test_table import HEADER, LINE

PERSONAL = ("王桂兰", "239999195603140024", "20481", "19560314")
NOTE = "NTE|1||家属王桂芳代王桂兰取报告"
KIN = "NK1|1|王桂芳|SIS|龙安县青石镇|13900001234"
WHOLE = message(PATIENT, KIN, ORDER, GLUCOSE.replace("mmol/L", "U/L"), NOTE)


def said(found):
    return "\n".join([*(one.text for one in found.lines), *(one.text for one in found.values), *found.bytes])


def test_the_line_that_matters_is_taken_apart_and_nobody_is_named():
    found = contents(WHOLE, "hl7-v2", line=5, place="OBX-6 line 5")
    assert found.charset == "gb18030"
    assert [(one.number, one.hidden) for one in found.lines] == [
        (1, False),
        (2, True),
        (3, True),
        (4, False),
        (5, False),
        (6, False),
    ]
    assert [one.number for one in found.lines if one.about] == [5]
    assert ("OBX-6", "U/L") in [(one.name, one.text) for one in found.values]
    assert next(one.words.zh for one in found.values if one.name == "OBX-6") == "单位"
    for one in (*PERSONAL, "王桂芳", "13900001234", "青石"):
        assert one not in said(found)
    assert found.lines[5].text == "NTE|1||家属***代***取报告"


@pytest.mark.parametrize("codec", ["gb18030", "utf-8"])
def test_the_bytes_of_a_person_are_hidden_and_the_others_are_those_that_came(codec):
    raw = message(
        PATIENT, ORDER, GLUCOSE, NOTE, charset="UNICODE UTF-8" if codec == "utf-8" else "GB18030", codec=codec
    )
    found = contents(raw, "hl7-v2", line=2, place="PID-5 line 2")
    shown = "".join(row.partition("  ")[2].replace(" ", "") for row in found.bytes)
    assert "··" in shown
    for one in PERSONAL:
        assert one.encode(codec).hex() not in shown
    assert b"MSH|".hex() in shown
    assert b"OBR|1|P1".hex() in shown


def test_a_message_that_cannot_be_decoded_shows_where_and_hides_every_line_that_may_be_a_person():
    raw = message(PATIENT, ORDER, GLUCOSE, charset="UNICODE UTF-8", codec="gb18030").replace(b"mmol", b"\xff\xfe\xff")
    at = raw.index(b"\xff\xfe")
    found = contents(raw, "hl7-v2", line=0, place=f"byte {at}")
    assert found.charset == ""
    assert [one.number for one in found.lines if one.about] == [4]
    assert "ff fe ff" in "\n".join(found.bytes)
    assert "王桂兰".encode("gb18030").hex(" ") not in "\n".join(found.bytes)
    assert PERSONAL[1] not in said(found)


@pytest.mark.parametrize("broken", ["PDI|1||20481||王桂兰", "王桂兰|1", "Z99|王桂兰|2399", " PID|1||20481||王桂兰"])
def test_a_line_of_an_unknown_name_is_hidden_whole(broken):
    found = contents(message(broken, ORDER, GLUCOSE), "hl7-v2", line=2, place="line 2")
    assert found.lines[1].hidden
    assert "王桂兰" not in said(found)
    assert found.values == ()


def test_of_a_long_message_the_lines_around_the_place_are_shown():
    many = [GLUCOSE.replace("OBX|1", f"OBX|{n}") for n in range(1, 200)]
    found = contents(message(PATIENT, ORDER, *many), "hl7-v2", line=100, place="OBX-6 line 100")
    assert (found.of, len(found.lines), found.lines[0].number) == (202, 25, 88)


@pytest.mark.parametrize("excel", [False, True])
def test_a_table_shows_its_header_and_the_line_without_the_person(excel):
    line = LINE.replace("葡萄糖", "王桂兰的葡萄糖")
    row = [(CELLS | {"项目名称": "王桂兰的葡萄糖"})[name] for name in NAMES]
    raw = saved(NAMES, row) if excel else f"\r\n{HEADER}\r\n{line}\r\n".encode()
    at = 2 if excel else 3
    found = contents(raw, "table", line=at, place=f"OBX-6 line {at}")
    assert [one.about for one in found.lines] == [False, True]
    assert ("单位", "mmol/L") in [(one.name, one.text) for one in found.values]
    assert ("项目名称", "***的葡萄糖") in [(one.name, one.text) for one in found.values]
    for one in (*PERSONAL[:2], "1956-03-14"):
        assert one not in said(found)


def test_a_line_of_a_table_that_does_not_fit_its_header_is_hidden():
    found = contents(f"{HEADER}\r\n{LINE},王桂兰\r\n".encode(), "table", line=2, place="")
    assert "王桂兰" not in said(found)


def test_of_another_format_nothing_is_shown():
    assert contents(b'{"name": "x"}', "fhir-r4", line=0, place="").lines == ()


@pytest.mark.parametrize(
    ("place", "form", "words"),
    [
        ("OBX-6 line 4", "hl7-v2", Text("第 4 行 OBX-6（单位）", "line 4, OBX-6 (unit)")),
        ("OBX-6 line 4", "table", Text("第 4 行 “单位”列", "line 4, column unit")),
        ("byte 120", "hl7-v2", Text("第 120 字节", "byte 120")),
        ("MSH-18", "hl7-v2", Text("MSH-18（字符集）", "MSH-18 (character set)")),
        ("line 3", "hl7-v2", Text("第 3 行", "line 3")),
        ("OBR", "hl7-v2", Text("OBR", "OBR")),
        ("", "hl7-v2", Text("", "")),
    ],
)
def test_a_place_is_said_in_words(place, form, words):
    assert where(place, form) == words
