"""check-config reads the catalogues too: everything wrong at once, doubts with their reason."""

import shutil
from pathlib import Path

import pytest

from telemed.commands.check_config import check_recognition, reasons_shown
from telemed.config import Config
from telemed.config.model import RecognitionSection

SHIPPED = Path(__file__).parents[3] / "config" / "recognition"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "recognition"))


def test_what_is_shipped_can_be_used_and_shows_its_doubts(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_recognition(SHIPPED) == 0
    said = capsys.readouterr().out
    assert "警告 / warning: hubei-2023-56/chemistry.csv:14: lab.glucose.fasting: 时限 30 天" in said
    assert "龙医共体(演示)〔2025〕12号" in said
    assert "not in force" in said
    assert "错误" not in said


def test_a_fault_of_a_catalogue_is_told_and_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "catalogues" / "longan-2026" / "chemistry.csv"
    file.write_text(file.read_text("utf-8").replace("serum,mmol/L,", "serum,mmol/l,", 2), "utf-8")
    assert check_recognition(folder) == 1
    said = capsys.readouterr().out
    assert said.count("错误 / error: longan-2026/chemistry.csv:") == 2


def test_a_fault_of_the_parameters_is_told_and_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "granting" / "2026-01-01.toml").write_text("effective = 1\n", "utf-8")
    assert check_recognition(folder) == 1
    assert "2026-01-01.toml" in capsys.readouterr().out


def test_the_reasons_of_the_county_are_shown_on_and_off_with_their_words() -> None:
    said = reasons_shown(Config())[1:]
    assert [one.split(":")[0].strip() for one in said] == [
        "L1 停用 / off",
        "L2 启用 / on",
        "L3 启用 / on",
        "L4 启用 / on",
    ]
    assert "患者或家属要求" in said[0]
    assert all("计入不互认" in one for one in said)


def test_a_county_that_switches_all_off_is_shown_none_on() -> None:
    said = reasons_shown(Config(recognition=RecognitionSection(local_reasons=())))
    assert not [one for one in said if "启用" in one.split("停用")[0]]
