"""A technician's day in the browser: register by keyboard, drop files, link a doubtful study, all of it live."""

from __future__ import annotations

import io
import itertools
import re
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pydicom.uid import generate_uid

from telemed.demo.phantom import Examination, Subject, dr_chest

from .browser import People, axe, complaints
from .conftest import COUNTY
from .stack import Stack, push

SITE = "青石"


@pytest.fixture
def page(people: People, county: Stack):
    with people.context(county.account("technician", organization=SITE)) as context:
        yield context.new_page()


def check_digit(seventeen: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(w * int(d) for w, d in zip(weights, seventeen, strict=True)) % 11]


_WOMEN = itertools.count(0, 2)


def card(born: date) -> str:
    """A number of the unallocated region, a woman's, different at each call."""
    seventeen = f"239999{born:%Y%m%d}{next(_WOMEN):03d}"
    return seventeen + check_digit(seventeen)


def register(page: Page, number: str, name: str, *, item: str = "DR 胸部正位") -> str:
    """Fill the form as a registrar does and return the accession number."""
    page.goto("/registration")
    page.get_by_label("刷身份证").wait_for()
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.keyboard.type(name)
    page.get_by_label("检查项目").fill(item)
    page.get_by_label("主诉 / 病史").fill("咳嗽 1 周")
    page.get_by_label("已告知远程诊断").check()
    expect(page.get_by_text("可以登记")).to_be_visible()
    page.keyboard.press("Control+Enter")
    done = page.get_by_role("status").filter(has_text="已登记").last
    done.wait_for()
    found = re.search(r"检查号 (\d{10})", done.inner_text())
    assert found
    return found[1]


def film(name: str, patient_id: str, *, accession: str = "", key: str | None = None):
    """A chest film taken five minutes ago."""
    person = Subject(patient_id=patient_id, name=name, birth_date=date(1961, 3, 14))
    at = datetime.now(COUNTY) - timedelta(minutes=1)
    study = Examination(
        key=key or uuid4().hex, at=at, accession_number=accession, station="DR01", description="胸部正位"
    )
    return dr_chest(person, study, rows=625, columns=512)


def test_a_registration_by_keyboard_with_a_photograph_gets_a_number_and_its_study(page: Page, county: Stack):
    errors = complaints(page)
    picture = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(picture, "JPEG")
    number = card(date(1961, 3, 14))
    page.goto("/registration")
    page.get_by_label("刷身份证").wait_for()
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.get_by_label("出生日期")).to_have_value("1961-03-14")
    expect(page.get_by_role("radio", name="女")).to_be_checked()
    page.get_by_label("拍照上传申请单").set_input_files(
        {"name": "paper.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    )
    page.get_by_label("姓名").fill("于秀珍")
    page.get_by_label("检查项目").fill("DR 膝关节正侧位")
    page.get_by_label("主诉 / 病史").fill("膝痛")
    page.get_by_label("已告知远程诊断").check()
    expect(page.get_by_text("该部位分左右，请选择侧别。").first).to_be_visible()
    assert axe(page) == []
    page.get_by_text("左侧").click()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已登记：检查号").first).to_be_visible()
    expect(page.get_by_text("移除照片")).to_have_count(0)
    assert errors == []


def test_people_of_one_name_are_told_apart_before_anybody_is_registered(page: Page):
    name = "于" + "桂秀珍芝兰英"[uuid4().int % 6] + "凤"
    register(page, card(date(1961, 3, 14)), name)
    page.goto("/registration")
    page.get_by_label("姓名").fill(name)
    page.get_by_label("或年龄（岁）").fill("65")
    page.get_by_label("检查项目").fill("DR 胸部正位")
    page.get_by_label("主诉 / 病史").fill("咳嗽")
    page.get_by_label("已告知远程诊断").check()
    page.locator("label", has=page.get_by_role("radio", name="女")).click()
    expect(page.get_by_role("radio", name="女")).to_be_checked()
    banner = page.get_by_role("button", name="都不是，是另一人")
    expect(banner).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("尚未登记")).to_be_visible()
    banner.click()
    expect(page.get_by_text("可以登记")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已登记：检查号").first).to_be_visible()


def test_a_pushed_study_appears_matched_without_reload(page: Page, county: Stack):
    number = card(date(1961, 3, 14))
    name = "孟" + "一二三四五六七八九十"[uuid4().int % 10] + "娟"
    accession = register(page, number, name)
    page.goto("/technician")
    page.get_by_role("grid").wait_for()
    assert push(county, [film(f"Meng={name}", number, accession=accession)]) == 1
    bar = page.get_by_role("button", name=re.compile("项更新"))
    bar.wait_for(timeout=30_000)
    page.keyboard.press("u")
    row = page.get_by_role("row").filter(has_text=name).first
    expect(row).to_contain_text("已匹配", timeout=30_000)


def test_files_dropped_are_stored_with_progress_and_other_files_are_named(page: Page):
    page.goto("/technician")
    page.get_by_role("grid").wait_for()
    study = film("Liu^Defu=刘^德福", str(uuid4().int)[:8])
    study.SOPInstanceUID = generate_uid()
    held = io.BytesIO()
    study.file_meta.MediaStorageSOPInstanceUID = study.SOPInstanceUID
    study.save_as(held, enforce_file_format=True)
    files = [
        {"name": "IM0001", "mimeType": "application/octet-stream", "buffer": held.getvalue()},
        {"name": "README.TXT", "mimeType": "text/plain", "buffer": b"viewer"},
    ]
    page.locator("input[type='file']").first.set_input_files(files)  # type: ignore[arg-type]
    expect(page.get_by_text("已入库 1 幅").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("跳过 1 个非 DICOM 文件")).to_be_visible()


def test_a_doubtful_study_is_linked_by_a_person_who_sees_what_differs(page: Page, county: Stack):
    name = "单" + "一二三四五六七八九十"[uuid4().int % 10] + "玲"
    register(page, card(date(1961, 3, 14)), name)
    assert push(county, [film(f"Shan={name}".replace("玲", "?"), "1")]) == 1
    page.goto("/unmatched")
    row = page.get_by_role("row").filter(has_text=name.replace("玲", "?")).first
    row.click(timeout=60_000)
    cell = page.locator("td.likely").filter(has_text="姓名疑似")
    expect(cell.first).to_be_visible(timeout=30_000)
    assert axe(page) == []
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("姓名疑似")
    dialog.get_by_role("button", name="匹配此登记").click()
    expect(page.get_by_text("已匹配").first).to_be_attached(timeout=30_000)
    expect(page.get_by_role("row").filter(has_text=name.replace("玲", "?"))).to_have_count(0, timeout=30_000)
