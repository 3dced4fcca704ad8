"""A CD in the browser: its DICOMDIR is read there, the technician picks, and every file's fate is said."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pydicom import dcmread
from pydicom.data import get_testdata_file

from .browser import DESK, People
from .readings import ARRIVES_WITHIN, Hands

LISTED = 31  # files the medium's DICOMDIR names


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    """The DICOMDIR and the files of pydicom's test medium, two persons, as they would lie on a CD."""
    directory = Path(str(get_testdata_file("DICOMDIR")))
    folder = tmp_path / "CD"
    folder.mkdir()
    shutil.copy(directory, folder / "DICOMDIR")
    names = [one.ReferencedFileID for one in dcmread(directory).DirectoryRecordSequence if "ReferencedFileID" in one]
    assert len(names) == LISTED
    for name in names:
        target = folder.joinpath(*name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(directory.parent.joinpath(*name), target)
    (folder / "AUTORUN.INF").write_text("[autorun]\nopen=VIEWER.EXE\n", "ascii")
    (folder / "VIEWER.EXE").write_bytes(b"MZ" + bytes(4000))
    return folder


@pytest.fixture(scope="module")
def technician(people: People) -> Hands:
    return Hands(people, people.stack.account("technician", organization="青石"))


def choose(page: Page, folder: Path) -> None:
    page.goto("/technician")
    page.locator(".zone").wait_for()
    page.locator("input[webkitdirectory]").set_input_files(str(folder))


def arrived(technician: Hands, uid: str, images: int, intent: str) -> Any:
    """The study as the township's list of today has it, once it has all images and what was chosen has been heard.

    The index takes images in batches, and the intent of an upload is applied by whoever hears of the study.
    """
    deadline, found = time.monotonic() + ARRIVES_WITHIN, None
    while time.monotonic() < deadline:
        for one in technician.get("/api/studies?limit=500")["items"]:
            if one["study_instance_uid"] == uid:
                found = one
        if found is not None and (found["instance_count"], found["intent"]) == (images, intent):
            return found
        time.sleep(0.3)
    raise AssertionError(f"{uid}: {found}, {images} images and {intent} were waited for")


def test_only_the_picked_study_is_sent_and_each_files_fate_is_said(
    people: People, technician: Hands, medium: Path
) -> None:
    picked = dcmread(medium / "77654033" / "CT2" / "17106")
    (medium / "77654033" / "CT2" / "17136").unlink()
    with people.context(technician.account, size=DESK) as context:
        page = context.new_page()
        choose(page, medium)
        dialog = page.locator("dialog[open]")
        expect(dialog.locator("fieldset.person")).to_have_count(2)
        expect(dialog.locator(".study")).to_have_count(6)
        expect(dialog.get_by_role("checkbox", checked=True)).to_have_count(0)
        expect(dialog).to_contain_text("缺 1 个文件")
        expect(dialog).to_contain_text("跳过 2 个非 DICOM 文件")
        expect(dialog.locator("select")).to_have_value("backfill")
        dialog.get_by_label("1995-09-03").check()
        dialog.locator("select").select_option("archive-only")
        page.keyboard.press("Control+Enter")
        report = page.locator(".report")
        expect(report).to_contain_text("1 个文件未被接收")
        report.locator("summary").click()
        expect(report).to_contain_text("77654033/CT2/17136 目录列出，但光盘/U盘上没有该文件")
        assert arrived(technician, picked.StudyInstanceUID, 3, "archive-only")["intent_confirmed"] is True
        page.locator("input[webkitdirectory]").set_input_files(str(medium))
        dialog.get_by_label("1995-09-03").check()
        page.keyboard.press("Control+Enter")
        expect(report).to_contain_text("3 幅此前已在库")
        assert arrived(technician, picked.StudyInstanceUID, 3, "archive-only")["intent_confirmed"] is True


def test_a_damaged_list_sends_every_dicom_file_and_says_so(people: People, technician: Hands, medium: Path) -> None:
    directory = medium / "DICOMDIR"
    directory.write_bytes(directory.read_bytes()[:2000])
    shutil.rmtree(medium / "98892003")
    shutil.rmtree(medium / "98892001")
    shutil.rmtree(medium / "77654033" / "CT2")
    film = dcmread(medium / "77654033" / "CR1" / "6154")
    with people.context(technician.account, size=DESK) as context:
        page = context.new_page()
        choose(page, medium)
        expect(page.locator(".zone")).to_contain_text("光盘目录（DICOMDIR）损坏")
        expect(page.locator(".report")).to_contain_text("跳过 2 个非 DICOM 文件")
        assert page.locator("dialog[open]").count() == 0
    assert arrived(technician, film.StudyInstanceUID, 3, "backfill")["organization_name"] == "青石镇中心卫生院"
