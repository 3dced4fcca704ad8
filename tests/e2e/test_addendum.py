"""A signed opinion is added to: by the keyboard alone, the draft kept over a reload, answered by the inviting side."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect

from .browser import DESK, WIDE, People, axe, complaints, picture
from .pages import Known, known_by
from .stack import ROOT, Account

WHY = "补充随访所见"
WHAT = "三个月后复查，结节缩小至 4 mm，考虑炎性。\n无需转诊，一年后复查。"


def _account(people: People, username: str) -> Account:
    return next(one for one in people.stack.accounts if one.username == username)


def _over(known: Known) -> str:
    """The demo's consultation whose opinion was adopted and which is archived."""
    items = known.ask("/api/consultations?open=false&limit=200")["items"]
    return next(
        str(one["id"]) for one in items if one["state"] == "archived" and one["question"].startswith("结节性质")
    )


def _tab_to(page: Page, name: str) -> None:
    """Go to a button by the Tab key, as whoever has no mouse does."""
    for _ in range(120):
        page.keyboard.press("Tab")
        said = page.evaluate("() => document.activeElement?.textContent?.trim() ?? ''")
        if said.startswith(name):
            return
    raise AssertionError(f"{name} is not reached by the keyboard")


def _download(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_role("link", name=name).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def _verify(path: Path, authority: Path) -> str:
    command = [sys.executable, "-P", "-m", "telemed", "opinion", "verify", str(path), "--ca", str(authority)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_addendum_is_written_kept_signed_and_answered(people: People, tmp_path: Path) -> None:
    expert_account = _account(people, "mashumin")
    with (
        people.context(expert_account, size=WIDE) as experts,
        people.context(_account(people, "wanglichun"), size=DESK) as physicians,
    ):
        expert, physician = experts.new_page(), physicians.new_page()
        found = complaints(expert)
        expert.goto("/consultations")
        number = _over(known_by(expert, None))  # pyright: ignore[reportArgumentType] -- only asked of the server
        expert.goto(f"/consultations/{number}")
        first = expert.get_by_role("region", name="会诊意见书").locator("article")
        expect(first).to_have_count(1)
        opinion = first.first.locator(".text").all_inner_texts()

        # Written with the keyboard alone; a reload of the page loses nothing.
        _tab_to(expert, "写补充意见")
        expert.keyboard.press("Enter")
        expect(expert.get_by_label("补充原因")).to_be_focused()
        expert.keyboard.type(WHY)
        expert.keyboard.press("Tab")
        expert.keyboard.type(WHAT)
        section = expert.get_by_role("region", name="补充意见", exact=True)
        expect(section.get_by_role("status")).to_contain_text("草稿已保存")
        assert axe(expert) == []
        expert.reload()
        expect(expert.get_by_label("补充原因")).to_have_value(WHY)
        expect(expert.get_by_label("补充意见", exact=False).last).to_have_value(WHAT)
        picture(expert, "addendum-written")

        # A wrong password signs nothing; the right one does, once.
        expert.get_by_label("补充原因").focus()
        expert.keyboard.press("Control+Enter")
        dialog = expert.get_by_role("dialog")
        expect(dialog).to_contain_text("原意见书保留不变")
        assert axe(expert) == []
        picture(expert, "addendum-sign")
        password = dialog.locator("input[type=password]")
        password.fill("wrong-password-1")
        expert.keyboard.press("Control+Enter")
        expect(dialog.get_by_role("alert")).to_be_visible()
        password.fill(expert_account.password)
        expert.keyboard.press("Control+Enter")
        expect(dialog).to_have_count(0)
        expect(first).to_have_count(2)
        expect(first.first).to_contain_text("第 2 版 · 补充意见")
        expect(first.first).to_contain_text("待邀请方决定")
        assert first.last.locator(".text").all_inner_texts() == opinion
        expect(expert.get_by_role("button", name="写补充意见")).to_be_visible()
        assert axe(expert) == []
        picture(expert, "addendum-signed")

        # Both papers verify; the second one names the first by its hash.
        authority = people.stack.state / "certificates" / "county-ca.pem"
        papers = [_download(expert, f"下载第 {version} 版（PDF）", tmp_path) for version in (1, 2)]
        said = [_verify(one, authority) for one in papers]
        text = next(line for line in said[0].splitlines() if line.startswith("意见正文 SHA-256")).rpartition(" ")[2]
        assert "补充于 / adds to: v1 " in said[1]
        assert text in said[1]

        # Archived or not, it waits for the inviting side, who decides on it by itself.
        physician.goto("/consultations")
        physician.get_by_role("grid").get_by_text("结节性质如何").first.click()
        button = physician.get_by_role("button", name="补充意见采纳与否")
        expect(button).to_be_visible()
        assert axe(physician) == []
        picture(physician, "addendum-owed")
        button.focus()
        physician.keyboard.press("Enter")
        asked = physician.get_by_role("dialog")
        asked.get_by_text("采纳", exact=True).click()
        physician.keyboard.press("Control+Enter")
        expect(asked).to_have_count(0)
        expect(button).to_have_count(0)
        expect(first.first).to_contain_text("采纳")
        expect(first.first).not_to_contain_text("待邀请方决定")
        picture(physician, "addendum-answered")
        # A refused password and the browser's word for it are what was asked for.
        assert [one for one in found if "/addendum/sign" not in one] == []


def test_the_pages_words_are_english_for_whoever_reads_english(people: People) -> None:
    with people.context(_account(people, "mashumin"), locale="en", size=DESK) as experts:
        expert = experts.new_page()
        expert.goto("/consultations")
        number = _over(known_by(expert, None))  # pyright: ignore[reportArgumentType] -- only asked of the server
        expert.goto(f"/consultations/{number}")
        expert.get_by_role("button", name="Write an addendum").click()
        expect(expert.get_by_label("Reason")).to_be_focused()
        expect(expert.get_by_role("button", name="Sign addendum")).to_be_disabled()
        assert axe(expert) == []
        picture(expert, "addendum-en")
