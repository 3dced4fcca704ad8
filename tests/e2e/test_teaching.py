"""A signed consultation goes to the teaching file: proposed, looked at, released by a second person, read."""

from __future__ import annotations

import time

from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage, generate_uid

from telemed.demo.phantom import file_meta

from .browser import DESK, WIDE, People, axe, complaints, picture
from .consultation_pages import account
from .pages import known_by
from .readings import ARRIVES_WITHIN
from .stack import push

TITLE = "结节随访的教学病例"
#: How bright the image is at its upper left, and at most.
LETTERS = """() => {
  const image = document.querySelector('figure img');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const drawn = canvas.getContext('2d');
  drawn.drawImage(image, 0, 0);
  const { data } = drawn.getImageData(0, 0, canvas.width, canvas.height);
  return [data[0], data.reduce((most, one, at) => (at % 4 === 0 ? Math.max(most, one) : most), 0)];
}"""


def _over(page: Page) -> str:
    """The demo's consultation whose opinion was adopted and which is archived."""
    page.goto("/consultations")
    items = known_by(page, None).ask("/api/consultations?open=false&limit=200")["items"]  # pyright: ignore[reportArgumentType] -- only asked of the server
    return next(
        str(one["id"]) for one in items if one["state"] == "archived" and one["question"].startswith("结节性质")
    )


def _fill(page: Page, title: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("标题").fill(title)
    dialog.get_by_label("教学要点").fill("随访间隔的选择")
    dialog.get_by_label("问题").fill("结节是否需要处理？")
    dialog.get_by_label("会诊意见").fill("建议三个月后复查。")
    dialog.get_by_label("关键词").fill("肺结节，随访")
    dialog.get_by_label("部位").select_option("chest")


def _dose_report(known: Dataset) -> Dataset:
    """What the console of a CT adds to a study: a picture of its screen, the patient's number in the pixels."""
    page = Image.new("L", (512, 256))
    text = f"Dose Report\n{known.PatientID}\nCTDIvol 8.21 mGy\nDLP 312 mGy*cm"
    ImageDraw.Draw(page).text((40, 40), text, fill=255, font_size=24)
    made = Dataset()
    for name in ("SpecificCharacterSet", "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyID"):
        setattr(made, name, known.get(name, ""))
    for name in ("StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StationName", "Modality"):
        setattr(made, name, known.get(name, ""))
    made.SOPClassUID, made.SOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    made.SeriesInstanceUID, made.SeriesNumber, made.InstanceNumber = generate_uid(), "999", "1"
    made.SeriesDescription, made.ConversionType = "Dose Report", "WSD"
    made.ImageType = ["DERIVED", "SECONDARY", "SCREEN SAVE"]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.Rows, made.Columns = page.height, page.width
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation = 7, 0
    made.PixelData = page.tobytes()
    made.file_meta = file_meta(made)
    return made


def _with_a_dose_report(people: People, page: Page, number: str) -> None:
    """Have the scanner add one to the study that was asked about, and wait until it is there."""
    ask = known_by(page, None).ask  # pyright: ignore[reportArgumentType] -- only asked of the server
    (study,) = ask(f"/api/consultations/{number}")["studies"]
    within = f"/dicom-web/studies/{study['study_instance_uid']}"
    first = {tag: one for tag, one in ask(f"{within}/metadata")[0].items() if "BulkDataURI" not in one}
    scanned = Dataset.from_json(first)
    report = _dose_report(scanned)
    assert push(people.stack, [report], scanned.StationName) == 1
    deadline = time.monotonic() + ARRIVES_WITHIN
    while not any(one["0020000E"]["Value"] == [report.SeriesInstanceUID] for one in ask(f"{within}/series")):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.3)


def _images(page: Page) -> int:
    """How many there are to look at."""
    return int(page.locator("section.images .controls .muted").inner_text().split("/")[1])


def test_a_signed_case_is_proposed_looked_at_released_and_read(people: People) -> None:
    with (
        people.context(account(people, "mashumin"), size=WIDE) as experts,
        people.context(people.stack.account("center-head"), locale="en", size=DESK) as heads,
        people.context(people.stack.account("village-doctor"), size=DESK) as readers,
        people.context(people.stack.account("village-doctor"), locale="en", size=DESK) as english,
    ):
        expert, head, reader = experts.new_page(), heads.new_page(), readers.new_page()
        found = complaints(expert)
        number = _over(expert)
        _with_a_dose_report(people, expert, number)
        expert.goto(f"/consultations/{number}")
        patient = known_by(expert, None).ask(f"/api/consultations/{number}")["consultation"]["patient_name"]  # pyright: ignore[reportArgumentType] -- only asked of the server

        # A title that names the patient is refused; the page says where, and keeps what was written.
        expert.get_by_role("button", name="提交教学病例").click()
        _fill(expert, f"{patient}的结节")
        picture(expert, "teaching-propose-zh")
        assert axe(expert) == []
        expert.get_by_role("dialog").get_by_role("button", name="提交", exact=True).click()
        expect(expert.get_by_test_id("checked")).to_contain_text("须删去 1 处")
        expert.get_by_role("dialog").get_by_label("标题").fill(TITLE)
        expert.get_by_role("dialog").get_by_role("button", name="提交", exact=True).click()

        # The copies are made beside; then each flagged image is looked at.
        expect(expert.get_by_role("button", name="交第二人审核")).to_be_visible(timeout=60_000)
        expect(expert.locator("figure img")).to_be_visible()
        picture(expert, "teaching-proposal-zh")
        assert axe(expert) == []
        # The one of them with text in it stands there first, and does not go along.
        flagged = expert.get_by_test_id("judging")
        expect(flagged).to_contain_text("截屏或派生图像")
        expect(expert.get_by_test_id("undecided")).to_contain_text("还有 1 幅")
        expect(expert.get_by_role("button", name="交第二人审核")).to_be_disabled()
        expert.wait_for_function("() => document.querySelector('figure img').naturalWidth > 0")
        picture(expert, "teaching-flagged-zh")
        ground, most = expert.evaluate(LETTERS)  # white on black, as the scanner has drawn it
        assert ground < 32
        assert most > 223
        images = _images(expert)
        expert.get_by_role("button", name="上一幅").click()
        expect(flagged).not_to_contain_text("截屏或派生图像")
        expert.get_by_role("button", name="到下一幅").click()
        expect(flagged).to_contain_text("截屏或派生图像")
        expert.get_by_role("button", name="不采用").click()
        expect(expert.get_by_test_id("undecided")).to_have_count(0)
        expert.get_by_role("button", name="交第二人审核").click()
        expect(expert.get_by_text("待审核")).to_be_visible()

        # Nobody reads it before the second person has released it.
        reader.goto("/teaching")
        expect(reader.get_by_role("heading", name="教学病例")).to_be_visible()
        expect(reader.get_by_text(TITLE)).to_have_count(0)

        head.goto("/teaching/proposals")
        head.get_by_role("link", name=TITLE).click()
        expect(head.locator("figure img")).to_be_visible()
        expect(head.get_by_role("button", name="Release")).to_be_visible()
        assert _images(head) == images - 1
        head.wait_for_function("() => document.querySelector('figure img').naturalWidth > 0")
        picture(head, "teaching-review-en")
        assert axe(head) == []
        head.get_by_role("button", name="Release").click()
        head.get_by_role("dialog").get_by_role("button", name="Release").click()
        expect(head.get_by_role("link", name="Open the teaching case")).to_be_visible()

        reader.goto("/teaching")
        reader.get_by_label("检索教学病例").fill("随访")
        reader.keyboard.press("Enter")
        picture(reader, "teaching-list-zh")
        assert axe(reader) == []
        reader.get_by_role("link", name=TITLE).click()
        image = reader.locator("figure img")
        expect(image).to_be_visible()
        reader.wait_for_function("() => document.querySelector('figure img').naturalWidth > 0")
        picture(reader, "teaching-case-zh")
        assert axe(reader) == []
        expect(reader.get_by_text(patient)).to_have_count(0)
        other = english.new_page()
        other.goto(reader.url)
        expect(other.get_by_text("What it teaches")).to_be_visible()
        other.wait_for_function("() => document.querySelector('figure img').naturalWidth > 0")
        picture(other, "teaching-case-en")
        assert axe(other) == []
        # the browser says of the title that was refused on purpose, and of nothing else
        (refused,) = found
        assert "422" in refused
