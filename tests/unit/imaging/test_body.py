import pytest

from telemed.imaging.body import compare_sides, compare_sites, is_paired, is_pelvic, regions, sides
from telemed.patients.names import Agreement
from telemed.vocabulary import Laterality

LEFT, RIGHT, BOTH, NONE = Laterality.LEFT, Laterality.RIGHT, Laterality.BILATERAL, Laterality.UNPAIRED


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("胸部正侧位", {"CHEST"}),
        ("CHEST", {"CHEST"}),
        ("腰椎正侧位", {"LSPINE"}),
        ("L-SPINE", {"LSPINE"}),
        ("胸椎", {"TSPINE"}),
        ("颈椎六位", {"CSPINE"}),
        ("胸部+上腹部平扫", {"CHEST", "ABDOMEN"}),
        ("左膝正侧位", {"KNEE"}),
        ("ＫＮＥＥ", {"KNEE"}),
        ("SHIP", frozenset()),
        ("", frozenset()),
        ("副鼻窦", {"SINUS"}),
    ],
)
def test_a_site_is_recognised_in_words_of_both_languages(text, found):
    assert regions(text) == found


def test_paired_sites_and_the_pelvis_are_known():
    assert is_paired("膝关节")
    assert not is_paired("胸部")
    assert is_pelvic("腰椎")
    assert not is_pelvic("膝关节")


@pytest.mark.parametrize(
    ("a", "b", "agreement"),
    [
        ("左膝", "KNEE", Agreement.SAME),
        ("左膝", "CHEST", Agreement.DIFFERS),
        ("左膝", "", Agreement.UNKNOWN),
        ("其他", "KNEE", Agreement.UNKNOWN),
    ],
)
def test_sites_are_compared_by_region(a, b, agreement):
    assert compare_sites(a, b) is agreement


@pytest.mark.parametrize(
    ("asked", "shown", "agreement"),
    [
        (LEFT, {LEFT}, Agreement.SAME),
        (LEFT, {RIGHT}, Agreement.DIFFERS),
        (LEFT, {LEFT, RIGHT}, Agreement.LIKELY),
        (LEFT, {BOTH}, Agreement.LIKELY),
        (LEFT, set(), Agreement.UNKNOWN),
        (LEFT, {NONE}, Agreement.UNKNOWN),
        (NONE, {LEFT}, Agreement.UNKNOWN),
        (BOTH, {LEFT}, Agreement.UNKNOWN),
        (BOTH, {LEFT, RIGHT}, Agreement.SAME),
    ],
)
def test_sides_are_compared_by_what_was_asked(asked, shown, agreement):
    assert compare_sides(asked, frozenset(shown)) is agreement


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("左膝正侧位", {LEFT}),
        ("RT KNEE", {RIGHT}),
        ("双膝", {BOTH}),
        ("左右对照", {BOTH}),
        ("bilateral", {BOTH}),
        ("胸部", set()),
        ("ALERT", set()),
    ],
)
def test_a_text_names_its_sides(text, found):
    assert sides(text) == found
