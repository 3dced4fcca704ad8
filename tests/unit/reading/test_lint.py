"""One test and one near miss for each warning of report_lint."""

from __future__ import annotations

import pytest

from telemed.reading.model.lint import LintFacts, lint
from telemed.vocabulary import Laterality, Sex

CHEST = "双肺纹理清晰，纵隔居中。"


def codes(rules, findings, impression, *, sex="F", site="胸部", side="U", image=""):
    facts = LintFacts(Sex(sex), site, Laterality(side), image)
    return [one.code for one in lint(findings, impression, facts, rules.lint)]


def test_an_ordinary_report_has_no_warning(rules):
    assert codes(rules, CHEST, "胸部未见明显异常。") == []


@pytest.mark.parametrize(
    ("findings", "impression", "side", "image", "expected"),
    [
        ("左膝骨质增生。", "右膝退行性变。", "L", "", ["laterality"]),
        ("右膝骨质增生。", "膝关节退行性变。", "L", "", ["laterality"]),
        ("左膝骨质增生。", "左膝退行性变。", "L", "R", ["laterality"]),
        ("Left knee, 膝.", "Right knee degeneration.", "L", "", ["laterality"]),
        # near misses
        ("左膝骨质增生，较右膝明显。", "左膝退行性变。", "L", "", []),
        ("左膝左右径增宽。", "左膝退行性变。", "L", "", []),
        ("左膝骨质增生。", "左膝退行性变。", "L", "L", []),
        ("双膝骨质增生。", "双膝退行性变，右侧为著。", "B", "", []),
        ("左膝骨质增生。", "左膝退行性变。", "L", "B", []),
        ("左膝骨质增生。", "左膝退行性变，bright signal。", "L", "", []),
    ],
)
def test_laterality(rules, findings, impression, side, image, expected):  # noqa: PLR0917 -- a table
    assert codes(rules, findings, impression, site="膝关节", side=side, image=image) == expected


@pytest.mark.parametrize(
    ("sex", "text", "expected"),
    [
        ("M", "子宫大小未见明显异常，肝未见异常。", ["sex"]),
        ("F", "前列腺增大，肝未见异常。", ["sex"]),
        # near misses
        ("F", "子宫大小未见明显异常，肝未见异常。", []),
        ("M", "前列腺增大，肝未见异常。", []),
        ("U", "前列腺增大，肝未见异常。", []),
        ("M", "椎体附件未见明显骨折，肝未见异常。", []),
    ],
)
def test_sex(rules, sex, text, expected):
    assert codes(rules, text, "未见明显异常。", sex=sex, site="腹部") == expected


@pytest.mark.parametrize(
    ("site", "text", "expected"),
    [
        ("胸部", "脑实质密度未见明显异常，脑室不大。", ["body-site"]),
        ("颅脑", CHEST, ["body-site"]),
        # near misses
        ("胸部", f"{CHEST}扫及肝未见明显异常。", []),
        ("足背", "足诸骨未见异常。", []),
        ("眼眶", "脑实质密度未见明显异常。", []),
        ("胸部", "未见明显异常。", []),
    ],
)
def test_body_site(rules, site, text, expected):
    assert codes(rules, text, "未见明显异常。", site=site) == expected


@pytest.mark.parametrize("impression", ["", "  \n", "。", "1. "])
def test_empty_impression(rules, impression):
    assert codes(rules, CHEST, impression) == ["empty-impression"]


def test_a_blank_of_the_template_left_open(rules):
    assert codes(rules, f"{CHEST}____肺见结节。", "肺结节。") == ["blank"]
    assert codes(rules, f"{CHEST}右肺_见结节。", "肺结节。") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("双肺纹里清晰。", ["typo"]), ("双肺纹理清晰。", []), ("鼻中隔居中，双肺清晰。", [])],
)
def test_misspelling(rules, text, expected):
    assert codes(rules, text, "胸部未见明显异常。") == expected
