"""Strings and operators of a page as ISO 32000 spells them."""

import pytest

from telemed.consultation.opinion.printed import NO_CHARACTER, _bytes, _decoded, _to_unicode, _tokens


@pytest.mark.parametrize(
    ("string", "content"),
    [
        (b"(ab)", b"ab"),
        (b"(a(b)c)", b"a(b)c"),
        (rb"(a\)\(\\b)", rb"a)(\b"),
        (rb"(\000\1\12\0053)", b"\x00\x01\x0a\x053"),
        (rb"(\n\r\t\b\f)", b"\n\r\t\b\f"),
        (b"(a\\\nb\\\r\nc)", b"abc"),
        (b"(\x00\xff)", b"\x00\xff"),
        (b"<0041 4a>", b"\x00\x41\x4a"),
        (b"<414>", b"\x41\x40"),
        (b"<>", b""),
    ],
)
def test_a_string_is_its_bytes(string: bytes, content: bytes) -> None:
    assert _bytes(string) == content


def test_operands_and_operators_come_one_by_one() -> None:
    content = rb"/Span<</ActualText(x\))>>BDC BT/f0 10.5 Tf[(a(b))-2.5<00>]TJ(c)Tj ET"
    assert list(_tokens(content)) == [
        b"/Span",
        b"<<",
        b"/ActualText",
        rb"(x\))",
        b">>",
        b"BDC",
        b"BT",
        b"/f0",
        b"10.5",
        b"Tf",
        b"[",
        b"(a(b))",
        b"-2.5",
        b"<00>",
        b"]",
        b"TJ",
        b"(c)",
        b"Tj",
        b"ET",
    ]


@pytest.mark.parametrize("content", [b"(a", rb"(a\)", b"((a)", b"{", b"<zz>", b"% a remark"])
def test_what_these_papers_do_not_hold_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"string without end|cannot be read"):
        list(_tokens(content))


def test_codes_are_characters_by_the_font_s_table_and_boxes_without() -> None:
    table = _to_unicode(
        b"2 beginbfchar\n<0001> <4F1A>\n<0002> <D842DFB7>\nendbfchar\n1 beginbfrange\n<0003> <0005> <0041>\nendbfrange"
    )
    assert _decoded(b"<00010002000300050000>", table) == "会𠮷AC" + NO_CHARACTER
