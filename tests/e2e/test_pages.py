"""Each page in both languages and both sizes: it opens without a complaint, fits, passes axe, and is pictured.

It is opened on the smaller screen; the larger is the same window drawn wider.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from .browser import DESK, WIDE, People, axe, complaints, picture
from .consultation_pages import CONSULTATION_VISITS
from .facts import Facts
from .pages import VISITS as OTHERS
from .pages import Visit
from .stack import WEB

VISITS = (*OTHERS, *CONSULTATION_VISITS)
LOCALES = ("zh-CN", "en")
SIZES = {"1366x768": DESK, "1920x1080": WIDE}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("visit", VISITS, ids=[one.name for one in VISITS])
def test_a_page_opens_fits_and_passes_axe(visit: Visit, locale: str, people: People, facts: Facts) -> None:
    account = None if visit.role is None else people.stack.account(visit.role, organization=visit.organization)
    smallest, *larger = SIZES
    with people.context(account, locale=locale, size=SIZES[smallest]) as context:
        page = context.new_page()
        found = complaints(page)
        page.goto(visit.address(facts, page))
        page.locator(visit.ready).first.wait_for()
        visit.prepare(page)
        _fits(page, f"{visit.name}-{locale}-{smallest}")
        assert "\n".join(axe(page)) == ""
        for size in larger:  # the same document with more room: nothing new for axe
            page.set_viewport_size(SIZES[size])  # pyright: ignore[reportArgumentType]
            _fits(page, f"{visit.name}-{locale}-{size}")
        assert page.evaluate("() => document.documentElement.lang") == locale
        assert found == []


def _fits(page: Page, name: str) -> None:
    picture(page, name)
    overflow = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0, "the page is wider than the window"


LEADS_ELSEWHERE = frozenset(
    {"/", "/settings", "/recognition"}
)  # the first page of one's bar or of its tabs, pictured there


#: Pictured and looked at by axe on the way of one case, which several people bring there (test_teaching.py).
ON_A_WALK = frozenset({"/teaching/:id", "/teaching/proposals/:id"})


def test_every_route_is_in_the_list_of_pages() -> None:
    """A page that nobody looks at is a page that nobody has seen."""
    visited = [one.path.partition("?")[0].partition("#")[0] for one in VISITS if isinstance(one.path, str)]
    covered = {one.route for one in VISITS}
    missing: list[str] = []
    for routes in sorted((WEB / "src" / "pages").glob("*/routes.ts")):
        for path in re.findall(r"\bpath: '(/[^']*)'", routes.read_text("utf-8")):
            plain = re.sub(r"(:\w+)\([^)]*\)\*?", r"\1", path)
            shape = re.sub(r":\w+", "(.+)", plain)
            listed = plain in covered or any(re.fullmatch(shape, address) for address in visited)
            if path not in LEADS_ELSEWHERE | ON_A_WALK and not listed:
                missing.append(f"{routes.parent.name}: {path}")
    assert missing == []
