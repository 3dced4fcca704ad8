"""Every page, who opens it, and what shows that it is there: visited, pictured and checked by axe in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from .facts import Facts

Path = str | Callable[[Facts], str]


def _nothing(_page: Page) -> None:
    """Most pages are looked at as they open."""


@dataclass(frozen=True)
class Visit:
    """One page. role None: before signing in. ready: CSS of something that only the loaded page has."""

    name: str
    path: Path
    role: str | None
    ready: str
    organization: str = ""
    prepare: Callable[[Page], None] = _nothing

    def address(self, facts: Facts) -> str:
        return self.path if isinstance(self.path, str) else self.path(facts)


VISITS: tuple[Visit, ...] = (
    Visit("not-found", "/no/such/page", None, "a[href='/']"),
    Visit("images-ct", lambda facts: f"/images/{facts.ct_study}", "author", ".corner.top"),
    Visit("images-dr", lambda facts: f"/images/{facts.dr_study}", "author", ".corner.top"),
)
