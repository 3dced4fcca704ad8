"""Every page, who opens it, and what shows that it is there: visited, pictured and checked by axe in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from .facts import Facts


@dataclass(frozen=True)
class Known:
    """What an address is made of. ask: GET an API path as the person who will open the page."""

    facts: Facts
    ask: Callable[[str], Any]


Path = str | Callable[[Known], str]


def _nothing(_page: Page) -> None:
    """Most pages are looked at as they open."""


def _open_first(page: Page) -> None:
    """Open the first row of the page's list, as Enter does."""
    page.locator("[role='grid'] tbody [role='row']").first.dblclick()
    page.locator("dialog[open]").wait_for()


def _discard_first(page: Page) -> None:
    """Ask to discard the first item, and be asked why."""
    page.keyboard.press("d")
    page.locator("dialog[open] textarea").wait_for()


def _add_row(page: Page) -> None:
    """Add a row to the table of reading modes."""
    page.keyboard.press("n")
    page.locator("fieldset.row").first.wait_for()


def _enter_fact(page: Page) -> None:
    """Begin to enter a fact about quality."""
    page.keyboard.press("n")
    page.locator("dialog[open] form").wait_for()


def _check_chest(page: Page) -> None:
    """Choose the chest film by typing and ask what is known of it; unfold the judgement."""
    page.locator("input[role='combobox']").fill("胸部正位")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    page.locator("article.card").wait_for()
    page.locator("article.card summary").first.click()


@dataclass(frozen=True)
class Visit:
    """One page. role None: before signing in. ready: CSS of something that only the loaded page has.

    route: the pattern in routes.ts, where the address is made of what the county holds.
    """

    name: str
    path: Path
    role: str | None
    ready: str
    organization: str = ""
    prepare: Callable[[Page], None] = _nothing
    route: str = ""

    def address(self, facts: Facts, page: Page) -> str:
        if isinstance(self.path, str):
            return self.path

        def ask(path: str) -> Any:
            answer = page.request.get(path)
            assert answer.ok, f"{path}: {answer.status} {answer.text()}"
            return answer.json()

        return self.path(Known(facts, ask))


def _report(known: Known) -> str:
    """Return the current version of a signed report of one's own township."""
    return str(known.ask("/api/site/reports")["items"][0]["line"]["current_version_id"])


def _patient(known: Known) -> str:
    return str(known.ask("/api/site/reports")["items"][0]["line"]["patient_id"])


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
    Visit("settings-templates", "/settings/templates", "center-head", "[role='grid'] tbody [role='row']"),
    Visit(
        "settings-template",
        "/settings/templates",
        "center-head",
        "[role='grid'] tbody [role='row']",
        prepare=_open_first,
    ),
    Visit("settings-modes", "/settings/modes", "center-head", ".rows[aria-busy='false']", prepare=_add_row),
    Visit("audit", "/audit", "auditor", "[role='grid'] tbody [role='row']"),
    Visit("break-glass", "/break-glass", "auditor", "[role='grid']"),
    Visit("technician", "/technician", "technician", "[role='grid'] tbody [role='row']", organization="青石"),
    Visit("registration", "/registration", "registrar", "form fieldset", organization="青石"),
    Visit("unmatched", "/unmatched", "technician", "[role='grid']", organization="青石"),
    Visit("corrections", "/corrections", "technician", "table.compare", organization="青石"),
    Visit("quarantine", "/quarantine", "technician", "[role='grid'] tbody [role='row']", organization="青石"),
    Visit(
        "quarantine-discard",
        "/quarantine",
        "technician",
        "[role='grid'] tbody [role='row']",
        organization="青石",
        prepare=_discard_first,
    ),
    Visit("patients", "/patients", "technician", "input[type='search']", organization="青石"),
    Visit(
        "images-ct", lambda known: f"/images/{known.facts.ct_study}", "author", ".corner.top", route="/images/:study?"
    ),
    Visit(
        "images-dr", lambda known: f"/images/{known.facts.dr_study}", "author", ".corner.top", route="/images/:study?"
    ),
    Visit("worklist", "/worklist", "author", "[role='grid'] tbody [role='row']"),
    Visit("checkup", "/checkup", "author", ".tile img"),
    Visit("verification", "/verification", "verifier", "[role='grid']"),
    Visit(
        "desk",
        lambda known: f"/readings/{known.facts.reading}",
        "author",
        ".editor textarea",
        route="/readings/:id",
    ),
    Visit(
        "verify",
        lambda known: f"/readings/{known.facts.submitted}/verify",
        "verifier",
        ".corner.top",
        route="/readings/:id/verify",
    ),
    Visit("reports", "/reports", "technician", "[role='grid'] tbody [role='row']", organization="青石"),
    Visit(
        "report",
        lambda known: f"/reports/{_report(known)}",
        "technician",
        "article, .paper, .sheet",
        organization="青石",
        route="/reports/:id",
    ),
    Visit(
        "print",
        lambda known: f"/reports/print?ids={_report(known)}",
        "technician",
        "dialog[open]",
        organization="青石",
        route="/reports/print",
    ),
    Visit(
        "patient",
        lambda known: f"/patients/{_patient(known)}",
        "technician",
        ".strip",
        organization="青石",
        route="/patients/:id",
    ),
    Visit(
        "order-check",
        lambda known: f"/patients/{_patient(known)}/order-check",
        "requester",
        "input[role='combobox']",
        organization="青石",
        prepare=_check_chest,
        route="/patients/:id/order-check",
    ),
    Visit("catalogues", "/recognition/catalogues", "author", ".right [role='grid'] tbody [role='row']"),
    Visit("grants", "/recognition/grants", "author", "[role='grid']"),
    Visit("quality", "/quality", "quality-officer", "[role='grid'] tbody [role='row']"),
    Visit(
        "quality-entry",
        "/quality/evaluations",
        "quality-officer",
        "[role='grid'] tbody [role='row']",
        prepare=_enter_fact,
    ),
    Visit("quality-look-backs", "/quality/look-backs", "quality-officer", ".page [role='grid'], .page .empty"),
    Visit("quality-issues", "/quality/issues", "quality-officer", ".page [role='grid'], .page .empty"),
    Visit("verify-code", "/verify", None, "input", route="/verify/:code?"),
    Visit("verify-code-found", lambda known: f"/verify/{known.facts.code}", None, ".result", route="/verify/:code?"),
)
