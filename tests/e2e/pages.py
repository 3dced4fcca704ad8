"""Every page, who opens it, and what shows that it is there: visited, pictured and checked by axe in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page

from .facts import Facts


@dataclass(frozen=True)
class Known:
    """What an address is made of. ask: GET an API path as the person who will open the page; tell: POST to one."""

    facts: Facts
    ask: Callable[[str], Any]
    tell: Callable[[str, Any], Any]


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


def enter(page: Page) -> None:
    """Open the dialog in which something new is entered."""
    page.keyboard.press("n")
    page.locator("dialog[open] form").wait_for()


def _check_chest(page: Page) -> None:
    """Choose the chest film by typing and ask what is known of it; unfold the judgement."""
    page.locator("input[role='combobox']").fill("胸部正位")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    page.locator("article.card").wait_for()
    page.locator("article.card summary").first.click()


def _order_chest(page: Page) -> None:
    """Order the chest film at the sample hospital and look at its answer."""
    page.locator("input[role='combobox']").fill("胸部正位")
    page.keyboard.press("Enter")
    page.locator("ul.drafts li").wait_for()
    page.locator(".answers[aria-busy='false']").wait_for()


def _unfold_first(page: Page) -> None:
    """Unfold the first report of a laboratory, go to its first result, and unfold how it was judged."""
    page.locator("button.fold").first.click()
    page.locator("[role='row'] .inside").first.click()
    page.keyboard.press("w")
    page.locator("aside ol.steps").wait_for()


def _draw_glucose(page: Page) -> None:
    """Go to the metabolic results and draw the course of glucose."""
    page.get_by_role("button", name=re.compile("代谢与内分泌|Metabolic")).click()
    page.locator("[role='row']", has_text=re.compile("空腹血糖|Fasting glucose")).first.click()
    page.keyboard.press("t")
    page.locator("dialog[open] canvas").wait_for()


def _compare_versions(page: Page) -> None:
    """Hold the open document against the other version of its series."""
    page.locator(".right header select").select_option(index=1)
    page.locator(".changes [role='grid'] tbody [role='row']").first.wait_for()


def _open_history(page: Page) -> None:
    """Walk to the first field that holds something, by keyboard, and open its history."""
    page.locator("[role='gridcell']:has(svg)").first.focus()
    page.keyboard.press("Enter")
    page.locator("dialog[open] table").wait_for()


def _look_at_table(page: Page) -> None:
    """Choose a table of a laboratory in which something is wrong, and have it looked at."""
    page.locator("input[type='file']").set_input_files({"name": "r.csv", "mimeType": "text/csv", "buffer": LAB_TABLE})
    page.locator(".lines [role='grid'] tbody [role='row']").first.wait_for()


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
        return self.path if isinstance(self.path, str) else self.path(known_by(page, facts))


def known_by(page: Page, facts: Facts) -> Known:
    """What the person may ask and tell who is signed in where this page is."""

    def ask(path: str) -> Any:
        answer = page.request.get(path)
        assert answer.ok, f"{path}: {answer.status} {answer.text()}"
        return answer.json()

    def tell(path: str, body: Any) -> Any:
        headers = {"X-CSRF-Token": ask("/api/session")["csrf_token"]}
        answer = page.request.post(path, data=body, headers=headers)
        assert answer.ok, f"{path}: {answer.status} {answer.text()}"
        return answer.json()

    return Known(facts, ask, tell)


def _report(known: Known) -> str:
    """Return the current version of a signed report of one's own township."""
    return str(known.ask("/api/site/reports")["items"][0]["line"]["current_version_id"])


def patient_of(known: Known) -> str:
    """Return somebody of one's own township whose chest film is reported."""
    lines = [one["line"] for one in known.ask("/api/site/reports")["items"]]
    return str(chest_film(lines)["patient_id"])


def chest_film(lines: Iterable[Any]) -> Any:
    """Return a chest film of the demo's day whose report was opened, of somebody with an identity number.

    Those whom the tests register (孟…) have none: the registry knows nothing of them for sure.
    """
    return next(
        one
        for one in lines
        if (one["item"], one["state"]) == ("DR 胸部正位", "viewed") and not one["patient_name"].startswith("孟")
    )


def linked_address(known: Known) -> str:
    """Check a patient's chest film and have the card make a link to its images."""
    code = {"system": "urn:cn:county:item-key", "code": "dx.chest.pa"}
    for line in (one["line"] for one in known.ask("/api/site/reports")["items"]):
        if (line["item"], line["state"]) != ("DR 胸部正位", "viewed"):
            continue
        asked = {"patient_id": line["patient_id"], "codes": [code], "encounter_class": "outpatient"}
        (order,) = known.tell("/api/recognition/check", asked)["orders"]
        for one in order["results"]:
            if order["card"] and one["result"]:
                path = f"/api/recognition/cards/{order['card']}/pictures"
                return str(known.tell(path, {"result": one["result"]})["url"]).partition("//")[2].partition("/")[2]
    raise AssertionError("no chest film of the demo's day is known to the registry")


def followed(ask: Callable[[str], Any]) -> str:
    """Return 王桂兰, who was followed for a year at three members."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    for days in range(5):  # the working hours the demo counts back may lie before a night or a Sunday
        studies = ask(f"/api/studies?limit=500&day={today - timedelta(days=days)}")["items"]
        for one in studies:
            same = (one["patient_name"], one["birth_date"]) == ("王桂兰", "1956-03-14")
            if same and one["service_request_id"] is not None:  # registered with her number, as laboratories know her
                return str(one["patient_id"])
    raise AssertionError("the demo's 王桂兰 has no study of these days")


#: One line that can be stored, one to be checked, two that are faulty.
LAB_TABLE = """报告号,姓名,性别,身份证号,项目代码,代码系统,项目名称,结果,单位,状态,采集时间
E2E-LOOK,苗玉珍,女,,2345-7,LN,葡萄糖,5.60,mmol/L,最终,2026-11-23 08:00
E2E-LOOK,苗玉珍,女,,2160-0,LN,肌酐,61,mg,最终,2026-11-23 08:00
E2E-LOOK,苗玉珍,女,,2345-7,LN,葡萄糖,5.60,mmol/L,好,2026-11-23 08:00
E2E-LOOK-2,,女,,2345-7,LN,葡萄糖,5.60,mmol/L,最终,2036-11-23 08:00
""".encode()


VISITS: tuple[Visit, ...] = (
    Visit("not-found", "/no/such/page", None, "a[href='/']"),
    Visit("sign-in", "/sign-in", None, "input[autocomplete='username']"),
    Visit("guest", "/guest", None, ".page .empty"),
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
    Visit(
        "quarantine-laboratory",
        "/quarantine/laboratory",
        "center-head",
        ".message .lines",
    ),
    Visit("exchange", "/exchange", "technician", ".halves .which li", organization="青石", route="/exchange/tables"),
    Visit(
        "exchange-tables",
        "/exchange/tables",
        "technician",
        ".halves .which li",
        organization="青石",
        prepare=_look_at_table,
    ),
    Visit("exchange-uploads", "/exchange/uploads", "center-head", "[role='grid']"),
    Visit("exchange-links", "/exchange/links", "requester", "[role='grid']", organization="青石"),
    Visit("identities", "/patients/identities", "registrar", "[role='grid']", organization="青石"),
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
        lambda known: f"/patients/{patient_of(known)}",
        "technician",
        ".strip",
        organization="青石",
        route="/patients/:id",
    ),
    Visit(
        "patient-timeline",
        lambda known: f"/patients/{followed(known.ask)}",
        "requester",
        "button.fold",
        organization="青石",
        prepare=_unfold_first,
        route="/patients/:id",
    ),
    Visit(
        "patient-trend",
        lambda known: f"/patients/{followed(known.ask)}",
        "requester",
        "button.fold",
        organization="青石",
        prepare=_draw_glucose,
        route="/patients/:id",
    ),
    Visit(
        "order-check",
        lambda known: f"/patients/{patient_of(known)}/order-check",
        "requester",
        "input[role='combobox']",
        organization="青石",
        prepare=_check_chest,
        route="/patients/:id/order-check",
    ),
    Visit(
        "ordering-demo",
        lambda known: f"/patients/{patient_of(known)}/ordering-demo",
        "requester",
        "input[role='combobox']",
        organization="青石",
        prepare=_order_chest,
        route="/patients/:id/ordering-demo",
    ),
    Visit(
        "linked",
        lambda known: f"/{linked_address(known)}",
        "requester",
        ".corner.top",
        organization="青石",
        route="/linked/:id",
    ),
    Visit("catalogues", "/recognition/catalogues", "author", ".right [role='grid'] tbody [role='row']"),
    Visit(
        "catalogue-versions",
        "/recognition/catalogues",
        "author",
        ".right [role='grid'] tbody [role='row']",
        prepare=_compare_versions,
    ),
    Visit("grants", "/recognition/grants", "author", "[role='grid']"),
    Visit("statistics", "/statistics", "quality-officer", ".lines tbody tr"),
    Visit("statistics-bureau", "/statistics", "supervisor", ".lines tbody tr", route="/statistics"),
    Visit("statistics-consultations", "/statistics/consultations", "quality-officer", ".lines tbody tr, .page .empty"),
    Visit("grant-map", "/recognition/map", "author", "[role='grid'] [role='gridcell']"),
    Visit("grant-history", "/recognition/map", "author", "[role='grid'] [role='gridcell']", prepare=_open_history),
    Visit("quality", "/quality", "quality-officer", "[role='grid'] tbody [role='row']"),
    Visit(
        "quality-entry",
        "/quality/evaluations",
        "quality-officer",
        "[role='grid'] tbody [role='row']",
        prepare=enter,
    ),
    Visit("quality-look-backs", "/quality/look-backs", "quality-officer", ".page [role='grid'], .page .empty"),
    Visit("quality-issues", "/quality/issues", "quality-officer", ".page [role='grid'], .page .empty"),
    Visit("verify-code", "/verify", None, "input", route="/verify/:code?"),
    Visit("verify-code-found", lambda known: f"/verify/{known.facts.code}", None, ".result", route="/verify/:code?"),
)
