"""Every page, who opens it, and what shows that it is there: visited, pictured and checked by axe in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from .facts import Facts

Path = str | Callable[[Facts], str]


def _nothing(_page: Page) -> None:
    """Most pages are looked at as they open."""


def _open_first(page: Page) -> None:
    """Open the first row of the page's list, as Enter does."""
    page.locator("[role='grid'] tbody [role='row']").first.dblclick()
    page.locator("dialog[open]").wait_for()


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
    Visit("sign-in", "/sign-in", None, "input[autocomplete='username']"),
    Visit("setup", "/setup?by=link#0123456789012345678901234567890123456789abc", None, "fieldset"),
    Visit("admin", "/admin", "system-admin", "[role='grid'] tbody [role='row']"),
    Visit("admin-devices", "/admin/devices", "system-admin", "[role='grid'] tbody [role='row']"),
    Visit("admin-organizations", "/admin/organizations", "system-admin", "[role='grid'] tbody [role='row']"),
    Visit(
        "admin-organization",
        "/admin/organizations",
        "system-admin",
        "[role='grid'] tbody [role='row']",
        prepare=_open_first,
    ),
    Visit("admin-staff", "/admin/staff", "system-admin", "[role='grid'] tbody [role='row']"),
    Visit("admin-person", "/admin/staff", "system-admin", "[role='grid'] tbody [role='row']", prepare=_open_first),
    Visit("admin-accounts", "/admin/accounts", "security-admin", "[role='grid'] tbody [role='row']"),
    Visit(
        "admin-account", "/admin/accounts", "security-admin", "[role='grid'] tbody [role='row']", prepare=_open_first
    ),
    Visit("audit", "/audit", "auditor", "[role='grid'] tbody [role='row']"),
    Visit("technician", "/technician", "technician", "[role='grid'] tbody [role='row']", organization="青石"),
    Visit("registration", "/registration", "registrar", "form fieldset", organization="青石"),
    Visit("unmatched", "/unmatched", "technician", "[role='grid']", organization="青石"),
    Visit("patients", "/patients", "technician", "input[type='search']", organization="青石"),
    Visit("images-ct", lambda facts: f"/images/{facts.ct_study}", "author", ".corner.top"),
    Visit("images-dr", lambda facts: f"/images/{facts.dr_study}", "author", ".corner.top"),
)
