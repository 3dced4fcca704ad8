"""What surrounds every page: the state of the link, the lock screen that keeps the page, the keys."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from playwright.sync_api import Page, expect

from .browser import People, axe, picture
from .facts import Facts


@pytest.fixture
def page(people: People, facts: Facts) -> Generator[Page]:
    """The registration page of a township, in which somebody has begun to type."""
    assert facts.ct_images
    with people.context(people.stack.account("technician", organization="柳河")) as context:
        page = context.new_page()
        page.goto("/technician")
        expect(page.get_by_text("在线", exact=True)).to_be_visible()
        yield page


def test_a_cut_line_is_said_and_mends_by_itself(page: Page) -> None:
    page.context.set_offline(offline=True)
    expect(page.get_by_text("与服务器断开。已填写的内容保留在本页，恢复后自动续接。")).to_be_visible()
    picture(page, "shell-offline-zh-CN-1366x768")
    assert "\n".join(axe(page)) == ""
    page.context.set_offline(offline=False)
    expect(page.get_by_text("与服务器断开。已填写的内容保留在本页，恢复后自动续接。")).to_be_hidden()
    expect(page.get_by_text("在线", exact=True)).to_be_visible()


def test_the_keys_of_the_page_are_listed_by_a_question_mark(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="本页按键")).to_be_visible()
    picture(page, "shell-keys-zh-CN-1366x768")
    assert "\n".join(axe(page)) == ""
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_lock_screen_hides_everything_and_keeps_the_page(people: People, facts: Facts) -> None:
    assert facts.ct_images
    account = people.stack.account("technician", organization="双泉")
    with people.context(account) as context:
        page = context.new_page()
        page.goto("/registration")
        typed = page.locator("main input[type=text], main input:not([type])").first
        typed.fill("孙淑芝")
        page.keyboard.press("Control+Alt+l")
        locked = page.get_by_role("dialog", name="已锁屏")
        expect(locked).to_be_visible()
        picture(page, "shell-locked-zh-CN-1366x768")
        assert page.evaluate("() => document.querySelector('main').inert")
        assert "\n".join(axe(page)) == ""
        locked.get_by_label("密码").fill("not the password")
        locked.get_by_role("button", name="解锁").click()
        expect(locked.get_by_role("alert")).to_be_visible()
        locked.get_by_label("密码").fill(account.password)
        locked.get_by_role("button", name="解锁").click()
        expect(locked).to_be_hidden()
        expect(typed).to_have_value("孙淑芝")
