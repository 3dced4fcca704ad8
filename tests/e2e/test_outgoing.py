"""外发通知 and what a page tells of one's consultations: looked after by the administrator, and news on any page."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import expect

from telemed.embedded.postgres import running_dsn

from .browser import DESK, People, picture
from .pages import chest_film
from .readings import Hands

#: A receiver that the server does not send to, as its rows are: what is owed to it waits.
RECEIVER = """
insert into outgoing_receiver (name, origin, address_digest, state, failures, last_status, last_success_at, changed_at)
values ('sms', 'https://sms.example', '1', %s, %s, %s, now() - interval '5 minutes', now())
on conflict (name) do update set state = excluded.state, failures = excluded.failures,
    last_status = excluded.last_status
"""
UNDELIVERED = """
insert into outgoing_message (id, receiver, kind, subject, once, told_at, urgency, department, organization_id, path,
    recipients, state, queued_at, next_at, attempts, last_status, last_fault, ended_at)
select gen_random_uuid(), 'sms', 'consultation.asked', gen_random_uuid(), gen_random_uuid()::text,
    now() - interval '1 hour', 'urgent', '03.04', o.id, '/consultations/x', '[]', 'given-up', now(), now(), 5, 422,
    'refused-422', now()
from organization o order by o.code limit 2
"""


@pytest.fixture
def county_database(people: People) -> psycopg.Connection:
    return psycopg.connect(running_dsn(people.stack.state), autocommit=True)


def test_an_administrator_tries_a_receiver_and_sends_again_what_it_was_not_delivered(
    people: People, county_database: psycopg.Connection
) -> None:
    with county_database as database:
        database.execute(RECEIVER, ("on", 0, 204))
        database.execute(UNDELIVERED)
    with people.context(people.stack.account("system-admin"), size=DESK) as context:
        page = context.new_page()
        page.goto("/exchange/outgoing")
        line = page.get_by_role("region", name="接收方").get_by_role("row", name="sms")
        expect(line).to_contain_text("正常")
        rows = page.get_by_role("grid", name="消息").locator("tbody [role='row']")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("急 · 邀请接诊")
        expect(rows.first).to_contain_text("对方拒收（422）")
        picture(page, "outgoing-zh")

        rows.first.click()
        page.keyboard.press("r")
        expect(page.get_by_text("已重新排队")).to_be_visible()
        expect(rows).to_have_count(1)

        line.get_by_role("button", name="发送测试 sms").click()
        expect(page.get_by_text("测试消息已排队")).to_be_visible()
        line.get_by_role("button", name="重发 1 条 sms").click()
        expect(page.get_by_text("没有未送达的消息")).to_be_visible()
        page.locator(".segments label", has_text="等待中").click()
        expect(rows).to_have_count(3)

        # a receiver that wanted no more is switched on again by a person, who is told what that means
        with psycopg.connect(running_dsn(people.stack.state), autocommit=True) as database:
            database.execute(RECEIVER, ("gone", 0, 410))
        page.reload()
        expect(line).to_contain_text("对方已停收")
        line.get_by_role("button", name="重新启用 sms").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("确认对方已恢复")
        page.keyboard.press("Control+Enter")
        expect(line).to_contain_text("正常")


def test_what_becomes_of_ones_consultation_is_said_on_any_page_and_led_to(people: People) -> None:
    """The inviting physician looks at patients while the coordinator asks for more."""
    physician = people.stack.account("requester", organization="青石")
    coordinator = Hands(people, people.stack.account("coordinator"))
    hands = Hands(people, physician)
    patient = chest_film([one["line"] for one in hands.get("/api/site/reports")["items"]])["patient_id"]
    number = str(uuid4())
    form = {
        "kind": "image-text",
        "urgency": "urgent",
        "purpose": "diagnosis",
        "department": "03.04",
        "history": "胸闷 2 小时，既往高血压。",
        "question": "是否需要急诊转院？",
    }
    hands.send("POST", "/api/consultations", {"id": number, "patient_id": patient, "form": form})
    with people.context(physician, size=DESK) as context:
        page = context.new_page()
        page.goto("/patients")
        notices = page.get_by_role("status", name="会诊提醒")
        expect(notices).to_be_attached()
        hands.send(
            "POST",
            f"/api/consultations/{number}/consents",
            {
                "kind": "approval",
                "name": "院长周某",
                "at": datetime.now(UTC).isoformat(),
                "reason": "患者昏迷，家属未到",
            },
        )
        hands.send("POST", f"/api/consultations/{number}/submit")
        coordinator.send("POST", f"/api/consultations/{number}/ask", {"reason": "请补充心电图"})
        expect(notices).to_contain_text("您的会诊需要补充资料")
        picture(page, "notice-zh")
        notices.get_by_role("link", name="打开").click()
        expect(page).to_have_url(f"{people.stack.url}/consultations/{number}")
        expect(notices).not_to_contain_text("需要补充资料")
