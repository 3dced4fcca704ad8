"""A study of the wrong patient in the browser: split and reassigned by two people, the void report chased up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

from playwright.sync_api import Page, expect
from pydicom.uid import generate_uid

from telemed.demo.phantom import Examination, Subject, dr_chest

from .browser import People, axe, complaints
from .conftest import COUNTY
from .readings import push_case, register, sign, signers, submit
from .stack import Stack, push

SITE = "青石"


def film(name: str, patient_id: str, born: date, *, study: str = ""):
    """A chest film taken just now, under a Study UID of its own or a given one."""
    person = Subject(patient_id=patient_id, name=name, birth_date=born)
    at = datetime.now(COUNTY) - timedelta(minutes=1)
    about = Examination(key=uuid4().hex, at=at, station="DR01", description="胸部正位", study_uid=study)
    made = dr_chest(person, about, rows=625, columns=512)
    if study:  # the phantom's other UIDs come from its Study UID
        made.SeriesInstanceUID = generate_uid()
        made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return made


def confirm_dialog(page: Page, *, reason: str = "", password: str = "") -> None:
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    if reason:
        dialog.locator("textarea").fill(reason)
    if password:
        dialog.locator("input[type='password']").fill(password)
    assert axe(page) == []
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0, timeout=30_000)


def test_a_mixed_study_is_proposed_by_one_person_and_split_by_another(people: People, county: Stack):
    mark = "一二三四五六七八九十"[uuid4().int % 10] + "甲乙丙丁戊己庚辛"[uuid4().int % 8]
    first, second = f"韩{mark}兰", f"魏{mark}国"
    mine = film(f"={first[0]}^{first[1:]}", str(uuid4().int)[:8], date(1961, 3, 14))
    uid = str(mine.StudyInstanceUID)
    his = film(f"={second[0]}^{second[1:]}", str(uuid4().int)[:8], date(1947, 5, 2), study=uid)
    assert push(county, [mine]) == 1
    assert push(county, [his]) == 1
    with people.context(county.account("technician", organization=SITE)) as context:
        page = context.new_page()
        found = complaints(page)
        page.goto("/unmatched")
        page.get_by_role("row").filter(has_text=first).first.click(timeout=60_000)
        persons = page.locator("table.persons")
        expect(persons).to_contain_text(second, timeout=60_000)
        expect(persons.locator("tr")).to_have_count(2)
        assert axe(page) == []
        page.get_by_role("button", name="提出检查拆分").click()
        confirm_dialog(page, reason="两位患者未分开检查")
        page.get_by_role("link", name="查看待确认的申请").click()
        expect(page.get_by_text("您是提出人，须由另一人确认。")).to_be_visible()
        expect(page.get_by_role("button", name="确认")).to_have_count(0)
        address = page.url
        assert found == []
    with people.context(county.account("center-head")) as context:
        page = context.new_page()
        page.goto(address)
        expect(page.locator("table.persons")).to_contain_text(second)
        page.keyboard.press("f")
        confirm_dialog(page)
        expect(page.get_by_text("已确认").first).to_be_visible(timeout=30_000)
    with people.context(county.account("technician", organization=SITE)) as context:
        page = context.new_page()
        page.goto("/unmatched")
        page.get_by_role("row").filter(has_text=second).first.click(timeout=60_000)
        expect(page.locator("table.persons")).to_have_count(0)
        expect(page.get_by_role("button", name="确认无登记")).to_be_enabled()


def test_a_signed_study_of_the_wrong_patient_is_reassigned_and_its_readers_are_told(people: People, county: Stack):
    who = signers(people)
    line = push_case(people)
    submit(who.author, line["id"])
    report = sign(who.verifier, line["id"])
    right = register(who.site, f"程{'一二三四五六七八九十'[uuid4().int % 10]}华", date(1950, 2, 3))
    with people.context(who.site.account) as context:
        page = context.new_page()
        found = complaints(page)
        page.goto(f"/reports/{report}")
        page.locator("article, .paper, .sheet").first.wait_for()
        page.goto(f"/patients/{line['patient_id']}")
        page.get_by_role("button", name="归属更正").click()
        dialog = page.locator("dialog[open]")
        dialog.locator("select").select_option(value=right["id"])
        confirm_dialog(page, reason="登记时选错患者")
        page.goto("/corrections")
        page.get_by_role("row").filter(has_text=right["patient"]["name"]).first.click()
        expect(page.get_by_text("您是提出人，须由另一人确认。")).to_be_visible()
        address = page.url
        assert found == []
    with people.context(who.verifier.account) as context:
        page = context.new_page()
        page.goto(address)
        page.get_by_role("row").filter(has_text=right["patient"]["name"]).first.click()
        expect(page.locator("table.compare")).to_contain_text(right["accession_number"])
        expect(page.get_by_text("确认后报告作废", exact=False)).to_be_visible()
        assert axe(page) == []
        page.keyboard.press("f")
        confirm_dialog(page, password=who.verifier.account.password)
        expect(page.get_by_text("需告知的人").first).to_be_visible(timeout=30_000)
        name = who.site.account.name
        person = page.locator("section li").filter(has_text=name)
        expect(person).to_contain_text("查看")
        assert axe(page) == []
        person.get_by_role("button", name="记录已告知").click()
        confirm_dialog(page)
        expect(page.locator("section li").filter(has_text=name)).to_contain_text("已告知", timeout=30_000)
    with people.context(who.site.account) as context:
        page = context.new_page()
        page.goto(f"/patients/{line['patient_id']}")
        expect(page.get_by_text("已更正归属，不属于此患者；原报告作废", exact=False)).to_be_visible()
        assert axe(page) == []
        page.goto(f"/patients/{right['patient']['id']}")
        expect(page.get_by_text("由归属更正移入", exact=False)).to_be_visible()
