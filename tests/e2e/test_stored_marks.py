"""What two physicians marked in a room stands in the study once the opinion is signed, to the digit they saw."""

from __future__ import annotations

import io
import re

import pydicom
from playwright.sync_api import Page, expect

from .browser import DESK, WIDE, People, axe, complaints, picture
from .consultation_pages import account, asked


def _enter(page: Page, room: str) -> None:
    page.goto(f"/rooms/{room}")
    expect(page.locator(".corner.top.right")).to_contain_text("Im ")
    expect(page.get_by_test_id("phase")).to_have_text("已连接")


def _values(document: pydicom.Dataset) -> list[str]:
    own = [str(one.NumericValue.original_string) for one in document.get("MeasuredValueSequence", [])]
    return own + [said for item in document.get("ContentSequence", []) for said in _values(item)]


def test_marks_are_stored_with_the_images_once_the_opinion_is_signed(people: People) -> None:
    specialist = account(people, "mashumin")
    with (
        people.context(specialist, size=WIDE) as experts,
        people.context(account(people, "wanglichun"), size=DESK) as physicians,
    ):
        expert, physician = experts.new_page(), physicians.new_page()
        found = complaints(expert)
        case = asked(people, "结节较前增大")
        _enter(expert, case.room)
        _enter(physician, case.room)
        expert.keyboard.press("t")
        for key in ("l", "m", "Enter", *["ArrowRight"] * 30, "Enter", "Escape"):
            expert.keyboard.press(key)
        expect(physician.locator("[data-mark]")).to_have_count(1)
        physician.keyboard.press("h")
        for key in ("o", "m", "Enter", *["ArrowRight"] * 6, *["ArrowDown"] * 6, "Enter", "Escape"):
            physician.keyboard.press(key)
        expect(expert.locator("[data-mark]")).to_have_count(2)
        expect(expert.get_by_test_id("mark-said").nth(1)).to_contain_text("HU")
        seen = sorted(
            re.findall(
                r"-?\d+(?:\.\d+)?(?= (?:mm|HU))|(?<=SD )\d+",
                " ".join(expert.get_by_test_id("mark-said").all_inner_texts()),
            )
        )

        expert.goto(f"/consultations/{case.id}")
        expert.get_by_label("诊断意见").fill("右肺上叶结节，已测量。")
        expect(expert.get_by_role("region", name="会诊意见").get_by_role("status").first).to_contain_text("草稿已保存")
        expert.keyboard.press("Control+Enter")
        dialog = expert.get_by_role("dialog")
        dialog.locator("input[type=password]").fill(specialist.password)
        expert.keyboard.press("Control+Enter")
        expect(dialog).to_have_count(0)
        stored = expert.get_by_role("list", name="标注").get_by_role("listitem")
        expect(stored).to_contain_text("标注已存入影像（SR）")
        expect(stored).to_contain_text("2 处")
        assert axe(expert) == []
        picture(expert, "marks-stored")

        # What is in the archive says what they saw, and the viewer lists it with the study.
        (mark,) = expert.request.get(f"/api/consultations/{case.id}").json()["marks"]
        within = f"/dicom-web/studies/{case.study}"
        (listed,) = expert.request.get(f"{within}/instances?SOPInstanceUID={mark['sop_uid']}").json()
        address = f"{within}/series/{listed['0020000E']['Value'][0]}/instances/{mark['sop_uid']}"
        answer = expert.request.get(address, headers={"Accept": 'multipart/related; type="application/dicom"'})
        assert answer.ok, answer.text()
        content = answer.body()
        document = pydicom.dcmread(io.BytesIO(content[content.index(b"\r\n\r\n") + 4 :]), force=False)
        assert sorted(_values(document)) == seen
        stored.get_by_role("link").click()
        expect(expert.get_by_role("button", name=re.compile("会诊标注")).first).to_be_visible()
        picture(expert, "marks-in-the-viewer")
        assert found == []
