"""C1 and C9: from a township's question to the signed opinion and back, four people, no mouse, in both languages."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from . import consultation_walk as walk
from .browser import DESK, WIDE, People
from .pages import followed, known_by
from .stack import Account, Stack

QUESTION = "结节较前增大，是否手术？"


@pytest.fixture
def hands(chromium: Browser, county: Stack) -> People:
    """Sessions of this walk's own: locking a screen ends what others would go on with."""
    return People(chromium, county)


def _account(county: Stack, username: str) -> Account:
    return next(one for one in county.accounts if one.username == username)


@pytest.mark.timeout(900, func_only=True)
@pytest.mark.parametrize(
    ("locale", "verdict"),
    [("zh-CN", ("部分采纳", "Partly adopted")), ("en", ("未采纳", "Not adopted"))],
    ids=["zh-CN", "en"],
)
def test_from_a_question_to_a_signed_opinion_and_back_by_keyboard_alone(
    locale: str, verdict: tuple[str, str], hands: People, county: Stack, tmp_path: Path
) -> None:
    names = {one.username: one.name for one in county.accounts}
    with ExitStack() as open_:

        def sits(username: str, size: dict[str, int] = DESK) -> walk.Side:
            account = _account(county, username)
            return walk.side(open_.enter_context(hands.context(account, locale=locale, size=size)), account, locale)

        physician, coordinator, expert, late = (
            sits("wanglichun"),
            sits("hanxue"),
            sits("mashumin", WIDE),
            sits("linhuimin"),
        )
        physician.page.goto("/patients")
        patient = followed(known_by(physician.page, None).ask)  # pyright: ignore[reportArgumentType]
        walk.find_patient(physician, patient, "王桂兰")
        case = walk.write_request(physician, QUESTION)

        # Whoever was asked first, and looks at a page that has not heard of it, is told who has it.
        walk.triage(coordinator, case, names["linhuimin"], "08")
        late.page.goto(f"/consultations/{case.id}")
        expect(late.page.get_by_role("button", name=late.say("接诊", "Accept")).first).to_be_visible()
        late.page.route(
            re.compile("/api/consultations"),
            lambda route: None if route.request.method == "GET" else route.continue_(),
        )
        walk.offer(coordinator, names["mashumin"], "09")
        walk.accept(expert, case)
        late.keys.press("a")
        expect(late.page.get_by_role("alert").filter(has_text=names["mashumin"])).to_be_visible()
        late.see("12-too-late")
        late.page.close()  # and with it the answers that were held back

        expect(physician.page.locator(".head")).to_contain_text(physician.say("会诊中", "In session"))
        physician.see("13-begun")
        walk.enter_room(expert)
        walk.enter_room(physician)
        walk.meet(expert, physician)
        file = walk.sign(expert, tmp_path)
        said = walk.verified(county, file)
        assert said.startswith("0 "), said
        assert names["mashumin"] in said
        walk.decide(physician, case, verdict)
        expect(expert.page.locator(".head")).to_contain_text(expert.say("已归档", "Archived"))
        expect(expert.page.locator(".signed")).to_contain_text(expert.say(*verdict))
        expert.see("24-archived-there")

        sides = (physician, coordinator, expert, late)
        assert [one for each in sides for one in each.wrong] == []
        assert [one for each in sides for one in each.keys.shown] == []
        errors = [one for each in (physician, coordinator, expert) for one in each.errors]
        # the draft that was being kept when the screen was locked, the password that was wrong on purpose
        asked_for = ("423 (Locked)", "/opinion"), ("403 (Forbidden)", "/sign")
        assert [one for one in errors if not any(a in one and one.endswith(b) for a, b in asked_for)] == []
