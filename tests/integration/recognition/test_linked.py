"""One-time links over HTTP: opened once in one browser, for one study, for a while, told to the audit by name."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest
from aiohttp.test_utils import TestClient

from telemed.cds import picture_links_store as store
from telemed.vocabulary import Role
from tests.integration.recognition.asking import Page, Somebody


@dataclass
class Browser:
    """Somebody with a browser and no account."""

    client: TestClient[Any, Any]
    cookies: dict[str, str] = field(default_factory=dict[str, str])

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        self.client.session.cookie_jar.clear()  # every browser has its own
        said = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Accept": "application/dicom+json, application/json", **({"Cookie": said} if said else {})}
        async with self.client.request(method, path, json=body, headers=headers) as answer:
            self.cookies.update({name: one.value for name, one in answer.cookies.items()})
            return answer.status, await answer.json(content_type=None)

    async def open(self, url: str) -> tuple[int, Any]:
        number, secret = parts(url)
        return await self.call("POST", f"/api/linked/{number}/open", {"secret": secret})


def parts(url: str) -> tuple[str, str]:
    split = urlsplit(url)
    return split.path.removeprefix("/linked/"), split.fragment


@pytest.fixture
async def browser(page: Page) -> Browser:
    return Browser(page.client)


@dataclass
class Given:
    """A link on a card of the check page."""

    url: str
    card: str
    study: str

    @property
    def number(self) -> str:
        return parts(self.url)[0]


async def link_for(page: Page, somebody: Somebody) -> Given:
    order = await somebody.one(page.patient)
    (result,) = order["results"]
    asked = {"result": result["result"]}
    status, body = await somebody.call("POST", f"/api/recognition/cards/{order['card']}/pictures", asked)
    assert status == 200, body
    ((uid,),) = await page.rows("select study_instance_uid from imaging_study where id = %s", page.registered.study)
    return Given(body["url"], order["card"], uid)


@pytest.fixture
async def given(page: Page, doctor: Somebody) -> Given:
    return await link_for(page, doctor)


async def test_a_card_opens_the_images_and_the_report_of_its_result_without_an_account(given: Given, browser: Browser):
    status, shown = await browser.open(given.url)
    assert status == 200
    assert shown["study"] == given.study
    assert (shown["institution"], shown["report"], shown["client"]) == ("石泉镇卫生院(演示)", True, "")
    status, series = await browser.call("GET", f"/dicom-web/linked/{given.number}/studies/{given.study}/series")
    assert status == 200
    assert [one["0020000E"]["Value"] for one in series] == [["1.2.3"]]
    status, report = await browser.call("GET", f"/api/linked/{given.number}/report")
    assert status == 200
    assert report["line"]["study_instance_uid"] == given.study


async def test_a_page_that_is_loaded_again_shows_the_same(given: Given, browser: Browser):
    _, first = await browser.open(given.url)
    assert await browser.call("GET", f"/api/linked/{given.number}") == (200, first)
    assert await browser.open(given.url) == (200, first)


async def test_a_second_browser_finds_the_link_used(given: Given, browser: Browser, page: Page):
    await browser.open(given.url)
    other = Browser(page.client)
    status, body = await other.open(given.url)
    assert (status, body["code"]) == (409, "link-used")
    assert (await other.call("GET", f"/api/linked/{given.number}"))[0] == 404


async def test_of_twenty_browsers_at_once_one_opens_it(given: Given, page: Page):
    answers = await asyncio.gather(*(Browser(page.client).open(given.url) for _ in range(20)))
    assert sorted(status for status, _ in answers) == [200] + [409] * 19


async def test_a_link_is_of_no_use_without_its_secret_or_with_another(given: Given, browser: Browser):
    for secret in ("x" * 43, parts(given.url)[1][:-1] + "~"):
        status, _ = await browser.call("POST", f"/api/linked/{given.number}/open", {"secret": secret})
        assert status in {404, 422}
    assert (await browser.call("GET", f"/api/linked/{given.number}"))[0] == 404
    assert (await browser.open(given.url))[0] == 200


async def test_a_link_is_over_ten_minutes_after_it_was_made_and_a_viewing_thirty_after_it_was_opened(
    given: Given, browser: Browser, page: Page, doctor: Somebody
):
    county = page.registered.county
    await browser.open(given.url)
    late = await link_for(page, doctor)
    county.now += timedelta(minutes=10)
    assert (await Browser(page.client).open(late.url))[1]["code"] == "link-over"
    county.now += timedelta(minutes=19)
    assert (await browser.call("GET", f"/api/linked/{given.number}"))[0] == 200
    county.now += timedelta(minutes=1)
    for path in (f"/api/linked/{given.number}", f"/dicom-web/linked/{given.number}/studies/{given.study}/series"):
        status, body = await browser.call("GET", path)
        assert (status, body["code"]) == (409, "link-over")


async def test_a_link_shows_its_study_alone_and_changes_nothing(given: Given, browser: Browser, page: Page):
    county = page.registered.county
    other = await county.push()
    ((uid,),) = await page.rows("select study_instance_uid from imaging_study where id = %s", other)
    await browser.open(given.url)
    base = f"/dicom-web/linked/{given.number}"
    for path in (f"{base}/studies/{uid}/series", f"{base}/studies/{uid}/metadata", f"{base}/studies/1.2/thumbnail"):
        assert (await browser.call("GET", path))[0] == 404, path
    query = f"{base}/studies/{given.study}/series?StudyInstanceUID={uid}"
    status, series = await browser.call("GET", query)
    assert (status, [one["0020000D"]["Value"] for one in series]) == (200, [[given.study]])
    for method, path in (("GET", f"{base}/studies"), ("GET", f"{base}/series"), ("POST", f"{base}/studies")):
        assert (await browser.call(method, path))[0] in {404, 405}, path
    for path in ("/dicom-web/studies", f"/dicom-web/studies/{given.study}/series", f"/api/patients/{page.patient}"):
        assert (await browser.call("GET", path))[0] == 401, path


async def test_closing_ends_the_viewing(given: Given, browser: Browser):
    await browser.open(given.url)
    assert (await browser.call("POST", f"/api/linked/{given.number}/close"))[0] == 204
    assert (await browser.call("GET", f"/api/linked/{given.number}"))[1]["code"] == "link-over"


async def test_a_link_can_be_revoked_before_and_while_somebody_looks(
    given: Given, browser: Browser, page: Page, doctor: Somebody
):
    await browser.open(given.url)
    waiting = await link_for(page, doctor)
    async with page.registered.county.pool.transaction() as tx:
        revoked = await store.revoke(tx, page.registered.county.now, patient_id=page.patient)
    assert {str(one) for one in revoked} == {given.number, waiting.number}
    assert (await browser.call("GET", f"/api/linked/{given.number}"))[1]["code"] == "link-revoked"
    assert (await Browser(page.client).open(waiting.url))[1]["code"] == "link-revoked"


async def test_a_study_that_became_another_persons_is_shown_no_more(given: Given, browser: Browser, page: Page):
    await browser.open(given.url)
    async with page.registered.county.pool.transaction() as tx:
        await tx.execute("update imaging_study set patient_id = null where id = %s", (page.registered.study,))
    assert (await browser.call("GET", f"/api/linked/{given.number}"))[1]["code"] == "link-revoked"


async def test_the_audit_names_who_looked_at_whose_images_through_which_link(
    given: Given, browser: Browser, page: Page, doctor: Somebody
):
    await browser.open(given.url)
    for _ in range(3):
        await browser.call("GET", f"/api/linked/{given.number}/report")
    rows = await page.rows(
        "select action, outcome, purpose, detail ->> 'user', entities from audit_event"
        " where entities @> %s::jsonb order by id",
        f'[{{"kind": "picture-link", "id": "{given.number}"}}]',
    )
    assert [one[0] for one in rows][:2] == ["public:/api/linked/{id}/open", "public:/api/linked/{id}/report"]
    for _, outcome, purpose, user, entities in rows:
        assert (outcome, purpose, user) == ("success", "order-check", str(doctor.id))
        study = {"kind": "study", "id": str(page.registered.study), "patient": str(page.patient)}
        assert study in entities


async def test_a_refused_opening_is_told_too(given: Given, browser: Browser, page: Page):
    await browser.open(given.url)
    await Browser(page.client).open(given.url)
    rows = await page.rows(
        "select outcome, detail ->> 'code' from audit_event where action = 'public:/api/linked/{id}/open' order by id"
    )
    assert rows == [("success", None), ("refused", "link-used")]


async def test_the_cookie_is_the_browsers_alone_and_no_secret_is_kept(given: Given, page: Page):
    number, secret = parts(given.url)
    async with page.client.request("POST", f"/api/linked/{number}/open", json={"secret": secret}) as answer:
        (cookie,) = answer.cookies.values()
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
    ((kept,),) = await page.rows("select l::text from picture_link l")
    assert secret not in kept
    assert cookie.value not in kept


async def test_a_second_link_of_the_same_reader_joins_the_first_and_one_of_another_does_not(
    given: Given, browser: Browser, page: Page, doctor: Somebody
):
    await browser.open(given.url)
    mine = dict(browser.cookies)
    await browser.open((await link_for(page, doctor)).url)
    assert browser.cookies == mine
    colleague = await page.hire(Role.REQUESTER, page.registered.county.township)
    await browser.open((await link_for(page, colleague)).url)
    assert browser.cookies != mine
    assert (await browser.call("GET", f"/api/linked/{given.number}"))[0] == 404


async def test_links_are_made_of_ones_own_cards_and_their_results_alone(page: Page, doctor: Somebody):
    order = await doctor.one(page.patient)
    (result,) = order["results"]
    path = f"/api/recognition/cards/{order['card']}/pictures"
    colleague = await page.hire(Role.REQUESTER, page.registered.county.township)
    assert (await colleague.call("POST", path, {"result": result["result"]}))[0] == 404
    for named in (f"imaging/{uuid4()}", "laboratory/1", f"imaging/{await page.registered.county.push()}"):
        status, body = await doctor.call("POST", path, {"result": named})
        assert (status, body["code"]) == (404, "no-pictures"), named
    assert await page.rows("select count(*) from picture_link") == [(0,)]


@pytest.mark.parametrize(
    "change",
    [
        "opened_at = opened_at + interval '1 minute'",
        "viewer_digest = sha256('x')",
        "view_until = view_until + interval '1 minute'",
        "use_before = use_before + interval '1 minute'",
        "patient_id = gen_random_uuid()",
        "opened_at = null, viewer_digest = null, view_until = null",
    ],
)
async def test_the_database_keeps_an_opened_link_as_it_is(given: Given, browser: Browser, page: Page, change: str):
    await browser.open(given.url)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await page.rows(f"update picture_link set {change} returning 1")


async def link_by(page: Page, card: UUID) -> str | None:
    county = page.registered.county
    async with county.pool.transaction() as tx:
        links = store.PictureLinks("https://county.example")
        return await links.picture_link(tx, f"imaging/{page.registered.study}", card, county.now)


async def test_a_study_that_became_another_person_s_is_not_opened_by_a_card_shown_before(page: Page, doctor: Somebody):
    card = UUID((await doctor.one(page.patient))["card"])
    assert await link_by(page, card) is not None
    other, _ = await page.registered.county.somebody()
    await page.rows("update imaging_study set patient_id = %s where id = %s returning 1", other, page.registered.study)
    assert await link_by(page, card) is None


async def test_links_nobody_opened_are_forgotten_after_a_day(given: Given, page: Page):
    page.registered.county.now += timedelta(days=2)
    assert await link_by(page, UUID(given.card)) is None, "a card of the day before yesterday leads nowhere"
    back = await page.hire(Role.REQUESTER, page.registered.county.township)
    order = await back.one(page.patient)
    assert await link_by(page, UUID(order["card"])) is not None
    assert await page.rows("select count(*) from picture_link") == [(1,)]
