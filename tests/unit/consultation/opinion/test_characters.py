"""Nothing that was signed may be unseen on the paper."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemed.consultation.opinion.characters import LONGEST_RUN, covered, legible
from telemed.consultation.opinion.typesetting import characters

BREAK = "\u200b"


@pytest.mark.parametrize(
    "text", ["会诊意见：≤8 mm", "龘䶮㙓𠮷", "Иванова", "김철수", "a\nb", "", "#set *bold* $x$ <b>"]
)
def test_what_the_font_shows_is_printed_as_it_is(text: str) -> None:
    assert legible(text, characters()) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10\u202e00 mg", "10[U+202E]00 mg"),
        ("阴\u200b性", "阴[U+200B]性"),
        ("\ufeff无", "[U+FEFF]无"),
        ("a\u2028b", "a[U+2028]b"),
        ("\ue000", "[U+E000]"),
        ("\U0010ffff", "[U+10FFFF]"),
        ("😀", "[U+1F600]"),
        ("a\tb", "a    b"),
    ],
    ids=[
        "direction turned",
        "no width",
        "byte-order mark",
        "line separator",
        "private",
        "unassigned",
        "no font",
        "tab",
    ],
)
def test_what_has_no_shape_is_printed_by_its_number(text: str, shown: str) -> None:
    assert legible(text, characters()) == shown


def test_a_run_without_a_place_to_break_gets_some() -> None:
    shown = legible("A" * 1000, characters())
    assert max(map(len, shown.split(BREAK))) == LONGEST_RUN
    assert shown.replace(BREAK, "") == "A" * 1000


@given(st.text(st.characters(codec="utf-8")))
def test_every_character_is_there_or_its_number_is(text: str) -> None:
    shown = legible(text, characters())
    for character in text:
        number = f"[U+{ord(character):04X}]"
        assert character in shown or character == "\t" or number in shown.replace(BREAK, "")


def test_a_font_without_a_table_of_characters_is_an_error() -> None:
    with pytest.raises(ValueError, match="without a table"):
        covered(b"OTTO" + bytes(8))
