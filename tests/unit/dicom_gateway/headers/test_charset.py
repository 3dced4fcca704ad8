"""Golden corpus: what Chinese devices write and declare, and how it must be read."""

import pytest

from dicom_gateway.headers.charset import choose

# Two are public tickets: "ÕÅÖÇºê" and "ÎâÎÀÉú" are what viewers showed.
NAMES = [
    "张智宏",
    "吴卫生",
    "王^桂兰",
    "刘德福",
    "孙淑芝",
    "赵国军",
    "金英淑",
    "朴哲洙",
    "孟淑珍",
    "娜塔莎·伊万诺娃",
    "阿卜杜热西提·买买提",
    "陈䶮",
    "㛃",
    "𠮷",
    "联通",
    "李四",
    "胸部正位片",
    "Wang^XiaoDong=王^小东",
    "曹^乗",
    "張^誠",
]
TRAILING_BACKSLASH = ["誠昞", "昞琝"]  # second bytes 0x5C and 0x5E in GBK
DECLARED = [
    "", "ISO_IR 6", "ISO_IR 100", "ISO-IR 100", "GB18030", "GBK", "GB2312", "ISO_IR 192", "UTF-8",
    "\\ISO 2022 IR 58", "ISO 2022 IR 58", "ISO_IR 58", "NONSENSE",
]  # fmt: skip


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
@pytest.mark.parametrize("name", NAMES + TRAILING_BACKSLASH)
def test_a_chinese_name_is_read_right_whatever_was_declared(name: str, encoding: str, declared: str) -> None:
    raw = name.encode(encoding)
    reading = choose(declared, [raw])
    assert reading.text(raw) == name
    honest = {"gb18030": {"GB18030", "GBK", "GB2312"}, "utf-8": {"ISO_IR 192", "UTF-8"}}[encoding]
    assert (reading.confidence == "declared") == (declared in honest)
    assert reading.declared == declared


WESTERN = ["Müller^Jörg", "Núñez", "Jérôme", "SØREN", "Ångström", "François", "ÉTIENNE", "MÜLLER", "García^José", "Å"]


@pytest.mark.parametrize("declared", ["ISO_IR 100", ""])
@pytest.mark.parametrize("name", WESTERN)
def test_a_western_name_is_not_taken_for_chinese(name: str, declared: str) -> None:
    raw = name.encode("latin-1")
    assert choose(declared, [raw]).text(raw) == name


@pytest.mark.parametrize(
    ("declared", "raw", "text"),
    [
        ("\\ISO 2022 IR 58", b"Wang^XiaoDong=\x1b$)A\xcd\xf5^\x1b$)A\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"),
        ("ISO 2022 IR 58", b"\x1b$)A\xcd\xf5\xd0\xa1\xb6\xab", "王小东"),
        ("ISO_IR 144", "Люкceмбypг".encode("iso8859-5"), "Люкceмбypг"),
        ("\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Yamada^Tarou=山田^太郎"),
        ("\\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "Hong^Gildong=洪^吉洞"),
    ],
)
def test_code_extensions_are_read_as_they_say(declared: str, raw: bytes, text: str) -> None:
    reading = choose(declared, [raw])
    assert (reading.text(raw), reading.confidence) == (text, "declared")


def test_ascii_needs_no_repair() -> None:
    assert choose("ISO_IR 100", [b"WANG^GUILAN"]).confidence == "declared"
    assert choose("", [b"WANG^GUILAN"]).used == "ISO_IR 6"


def test_name_and_address_in_different_encodings_are_each_read_right() -> None:
    name, address = "王桂兰".encode(), "龙安县第一人民医院".encode("gb18030")
    reading = choose("ISO_IR 192", [name, address])
    assert reading.text(name) == "王桂兰"
    assert reading.text(address) == "龙安县第一人民医院"


def test_the_operators_word_for_a_device_wins_where_it_decodes() -> None:
    raw = "Ö".encode("gb18030") + b"abc"
    assert choose("ISO_IR 100", [raw], override="GB18030").used == "GB18030"
    broken = b"\xff\xff"
    assert choose("ISO_IR 100", [broken], override="GB18030").used == "ISO_IR 100"


@pytest.mark.parametrize("declared", [*DECLARED, "\\", "\\\\", "ISO 2022 IR 87", "ISO_IR 13"])
@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\x80", b"\x1b", b"\x1b$", b"\x1b$)A\xff", b"\x1b$)Q\x21", bytes(256)])
def test_rubbish_is_read_somehow_and_never_raises(raw: bytes, declared: str) -> None:
    assert isinstance(choose(declared, [raw]).text(raw), str)
