"""What two physicians marked in a room stands in the study once the opinion is signed, to the digit they saw."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pydicom
from playwright.sync_api import Page, expect

from .browser import DESK, WIDE, People, axe, complaints, picture
from .pages import known_by
from .stack import Account


def _account(people: People, username: str) -> Account:
    return next(one for one in people.stack.accounts if one.username == username)


def _post(page: Page, path: str, body: Any = None) -> None:
    token = page.request.get("/api/session").json()["csrf_token"]
    answer = page.request.post(path, data=body, headers={"X-CSRF-Token": token})
    assert answer.ok, f"{path}: {answer.status} {answer.text()}"


def _asked(physician: Page, coordinator: Page, expert: Page) -> Any:
    """A consultation of its own about the study that the demo's expert measures; its detail."""
    known = known_by(physician, None)  # pyright: ignore[reportArgumentType] -- only asked of the server
    items = known.ask("/api/consultations?open=true&limit=200")["items"]
    like = next(one for one in items if one["question"].startswith("结节较前增大"))
    study = known.ask(f"/api/consultations/{like['id']}")["studies"][0]
    number = str(uuid4())
    form = {
        "kind": "image-text",
        "urgency": "urgent",
        "purpose": "diagnosis",
        "department": like["department"],
        "history": "复查 CT。",
        "question": "请测量结节。",
        "studies": [study["id"]],
    }
    path = f"/api/consultations/{number}"
    known.tell("/api/consultations", {"id": number, "patient_id": like["patient_id"], "form": form})
    approval = {
        "kind": "approval",
        "name": "周院长",
        "reason": "患者家属未到",
        "at": datetime.now(UTC).isoformat(),
    }
    _post(physician, f"{path}/consents", approval)
    _post(physician, f"{path}/submit")
    _post(coordinator, f"{path}/offer", {"expert_id": like["expert_id"]})
    _post(expert, f"{path}/accept")
    _post(expert, f"{path}/begin")
    return known.ask(path)


def _enter(page: Page, room: str) -> None:
    page.goto(f"/rooms/{room}")
    expect(page.locator(".corner.top.right")).to_contain_text("Im ")
    expect(page.get_by_test_id("phase")).to_have_text("已连接")


def _values(document: pydicom.Dataset) -> list[str]:
    own = [str(one.NumericValue.original_string) for one in document.get("MeasuredValueSequence", [])]
    return own + [said for item in document.get("ContentSequence", []) for said in _values(item)]


def test_marks_are_stored_with_the_images_once_the_opinion_is_signed(people: People) -> None:
    account = _account(people, "mashumin")
    with (
        people.context(account, size=WIDE) as experts,
        people.context(_account(people, "wanglichun"), size=DESK) as physicians,
        people.context(people.stack.account("coordinator"), size=DESK) as coordinators,
    ):
        expert, physician, coordinator = experts.new_page(), physicians.new_page(), coordinators.new_page()
        found = complaints(expert)
        for page in (expert, physician, coordinator):
            page.goto("/consultations")
        detail = _asked(physician, coordinator, expert)
        number, study = detail["consultation"]["id"], detail["studies"][0]["study_instance_uid"]
        room = detail["consultation"]["room_id"]
        _enter(expert, room)
        _enter(physician, room)
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

        expert.goto(f"/consultations/{number}")
        expert.get_by_label("诊断意见").fill("右肺上叶结节，已测量。")
        expect(expert.get_by_role("region", name="会诊意见").get_by_role("status").first).to_contain_text("草稿已保存")
        expert.keyboard.press("Control+Enter")
        dialog = expert.get_by_role("dialog")
        dialog.locator("input[type=password]").fill(account.password)
        expert.keyboard.press("Control+Enter")
        expect(dialog).to_have_count(0)
        stored = expert.get_by_role("list", name="标注").get_by_role("listitem")
        expect(stored).to_contain_text("标注已存入影像（SR）")
        expect(stored).to_contain_text("2 处")
        assert axe(expert) == []
        picture(expert, "marks-stored")

        # What is in the archive says what they saw, and the viewer lists it with the study.
        (mark,) = expert.request.get(f"/api/consultations/{number}").json()["marks"]
        series = next(
            one["0020000E"]["Value"][0]
            for one in expert.request.get(f"/dicom-web/studies/{study}/series?Modality=SR").json()
        )
        address = f"/dicom-web/studies/{study}/series/{series}/instances/{mark['sop_uid']}"
        answer = expert.request.get(address, headers={"Accept": 'multipart/related; type="application/dicom"'})
        assert answer.ok, answer.text()
        content = answer.body()
        document = pydicom.dcmread(io.BytesIO(content[content.index(b"\r\n\r\n") + 4 :]), force=False)
        assert sorted(_values(document)) == seen
        stored.get_by_role("link").click()
        expect(expert.get_by_role("button", name=re.compile("会诊标注"))).to_be_visible()
        picture(expert, "marks-in-the-viewer")
        assert found == []
