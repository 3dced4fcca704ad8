"""What was marked in a room stands in the studies as DICOM SR after the signature: whole, once, or it says why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from highdicom.sr import ComprehensiveSR, srread
from pydicom.dataset import Dataset

from dicom_gateway.indexer import Indexer
from dicom_gateway.intake import inspect
from dicom_gateway.spool import Threads, open_spool
from telemed.consultation.opinion.marking import tracking_uid
from telemed.consultation.service import marks
from tests.integration.consultation.requests.archive import CT_SOP, ENHANCED_SOP, Archive, dcmtk, saved
from tests.integration.consultation.requests.asked import ZONE
from tests.integration.consultation.requests.door import Door
from tests.integration.consultation.requests.test_addenda import added

LENGTH = {"tool": "length", "geom": [100_123, 200_456, 110_789, 204_001], "label": "M1", "value": "8.3", "unit": "mm"}
ANGLE = {"tool": "angle", "geom": [0, 0, 1000, 1000, 0, 2000], "label": "A1", "value": "12.5", "unit": "°"}
#: As Cornerstone has an ellipse: bottom, top, left, right; here the second axis is the longer one.
REGION = {
    "tool": "roi",
    "geom": [20_000, 25_000, 20_000, 15_000, 10_000, 20_000, 30_000, 20_000],
    "label": "R1 · SD 30 · 155 mm²",
    "value": "-612",
    "unit": "HU",
}


@pytest.fixture
async def archive(door: Door, tmp_path: Path) -> AsyncGenerator[Archive]:
    threads = Threads(2)
    root = tmp_path / "imaging"
    spool = open_spool(root, "test-process", inspect, threads)
    door.asked.studies.clear()
    yield Archive(door, spool, Indexer(spool, door.asked.pool), root)
    await spool.close()
    threads.close()


def items(document: Dataset) -> list[Dataset]:
    """Every content item, the document's own first."""
    return [document, *(one for child in document.get("ContentSequence", []) for one in items(child))]


def numbers(document: Dataset) -> list[tuple[str, str]]:
    return [
        (one.MeasuredValueSequence[0].NumericValue.original_string, _unit(one))
        for one in items(document)
        if one.get("ValueType") == "NUM"
    ]


def _unit(one: Dataset) -> str:
    return one.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue


def graphics(document: Dataset) -> list[tuple[str, list[int]]]:
    """Coordinates in thousandths of a pixel."""
    return [
        (one.GraphicType, [round(float(at) * 1000) for at in one.GraphicData])
        for one in items(document)
        if one.get("ValueType") == "SCOORD"
    ]


def tracked(document: Dataset) -> set[str]:
    return {str(one.UID) for one in items(document) if one.get("ValueType") == "UIDREF"}


def observers(document: Dataset) -> list[str]:
    return [str(one.PersonName) for one in items(document) if one.get("ValueType") == "PNAME"]


def moved(geom: list[int]) -> list[int]:
    """From the viewer's index, whose 0 is the centre of the first pixel, to DICOM's, whose 0 is its corner."""
    return [one + 500 for one in geom]


async def shown(archive: Archive, number: UUID) -> list[dict[str, Any]]:
    physician = await archive.door.physician()
    status, found = await physician.call("GET", f"/api/consultations/{number}")
    assert status == 200
    return found["marks"]


async def test_marks_come_back_from_the_archive_to_the_digit_and_the_thousandth(archive: Archive, tmp_path: Path):
    """Two authors, an image of one frame and a frame of several; a mark that was taken away is nowhere."""
    plain, volume = await archive.study((CT_SOP, 1), (ENHANCED_SOP, 60))
    number = await archive.asked.in_session()
    first = await archive.mark(number, "qin", plain, **LENGTH)
    second = await archive.mark(number, "wang", volume, frame=41, **REGION)
    third = await archive.mark(number, "wang", plain, **ANGLE)
    gone = await archive.mark(number, "qin", plain, **{**LENGTH, "value": "99.9"})
    await archive.tell(number, "qin", "anno.del", {"id": gone}, base=1)
    await archive.sign(number)
    # what is drawn after the signature is not what was signed
    late = await archive.mark(number, "qin", plain, **{**LENGTH, "value": "77.7"})
    assert [(one["state"], one["marks"], one["reason"]) for one in await shown(archive, number)] == [("pending", 3, "")]
    await archive.export()

    ((study, document),) = await archive.reports()
    assert study == plain.study == document.StudyInstanceUID
    assert document.Modality == "SR"
    assert document.SeriesInstanceUID not in (plain.series, volume.series)
    assert sorted(numbers(document)) == sorted(
        [("8.3", "mm"), ("12.5", "deg"), ("-612", "[hnsf'U]"), ("30", "[hnsf'U]"), ("155", "mm2")]
    )
    a, b, c, d, e, f, g, h = REGION["geom"]  # type: ignore[misc]
    assert sorted(graphics(document)) == sorted(
        [
            ("POLYLINE", moved(LENGTH["geom"])),  # type: ignore[arg-type]
            ("POLYLINE", moved(ANGLE["geom"])),  # type: ignore[arg-type]
            ("ELLIPSE", moved([e, f, g, h, a, b, c, d])),  # the longer axis first
        ]
    )
    room = (await archive.asked.row(number)).room_id
    assert room is not None
    assert tracked(document) == {tracking_uid(room, one) for one in (first, second, third)}
    assert tracking_uid(room, late) not in tracked(document)
    # the expert observes the document, whoever else drew is named at what they drew
    expert, physician = [
        name
        for (name,) in await archive.asked.rows(
            "select name from practitioner where id = any(%s) order by id = %s desc",
            [archive.asked.who("qin"), archive.asked.who("wang")],
            archive.asked.who("qin"),
        )
    ]
    assert observers(document) == [f"{expert}^", f"{physician}^", f"{physician}^"]
    referred = {
        (
            one.ReferencedSOPSequence[0].ReferencedSOPInstanceUID,
            one.ReferencedSOPSequence[0].get("ReferencedFrameNumber"),
        )
        for one in items(document)
        if one.get("ValueType") == "IMAGE"
    }
    assert referred == {(plain.sop, None), (volume.sop, 41)}
    evidence = {
        one.ReferencedSOPInstanceUID
        for series in document.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    }
    assert evidence == {plain.sop, volume.sop}

    # other readers: highdicom by the template, DCMTK by the standard
    path = saved(document, tmp_path)
    assert isinstance(srread(path), ComprehensiveSR)
    assert "yes" in dcmtk("dcmftest", path)
    said = dcmtk("dsrdump", path)
    for word in ("Comprehensive SR Document", "8.3", "-612", "M1", "R1"):
        assert word in said
    (row,) = await shown(archive, number)
    assert (row["state"], row["reason"], row["left_out"], row["sop_uid"]) == ("stored", "", 0, document.SOPInstanceUID)
    assert row["digest"]
    assert row["stored_at"]


async def test_the_study_is_as_complete_as_it_was_and_lists_the_report(archive: Archive):
    (image,) = await archive.study((CT_SOP, 1))
    before = await archive.asked.rows("select completeness, modalities, last_received_at from imaging_study")
    number = await archive.asked.in_session()
    await archive.mark(number, "qin", image, **LENGTH)
    await archive.sign(number)
    await archive.export()
    assert await archive.asked.rows("select completeness, modalities, last_received_at from imaging_study") == before
    assert await archive.asked.rows(
        "select instance_count, documents, series_count, hold from imaging_study where accession_number = 'LH001'"
    ) == [(2, 1, 2, "")]
    series = await archive.asked.rows(
        "select modality, description, instance_count from imaging_series order by modality"
    )
    assert series == [("CT", "", 1), ("SR", "会诊标注 / consultation marks", 1)]
    assert await archive.asked.rows("select count(*) from quarantine") == [(0,)]
    assert await archive.asked.rows("select count(*) from imaging_statement") == [(1,)]
    # what the expert had seen of the case speaks of images
    physician = await archive.door.physician()
    _, seen = await physician.call("GET", f"/api/consultations/{number}/opinions/1/seen")
    assert [one["modality"] for one in seen["items"]] == ["CT"]


async def test_each_study_gets_its_own_and_an_addendum_refers_to_the_one_before(archive: Archive, tmp_path: Path):
    (one,), (other,) = await archive.study((CT_SOP, 1)), await archive.study((CT_SOP, 1), accession="LH002")
    number = await archive.asked.in_session()
    await archive.mark(number, "qin", one, **LENGTH)
    await archive.mark(number, "qin", other, **ANGLE)
    await archive.sign(number)
    await archive.export()
    assert {study: numbers(document) for study, document in await archive.reports()} == {
        one.study: [("8.3", "mm")],
        other.study: [("12.5", "deg")],
    }
    # the marks of the first version are not said again; one that was moved since is
    new = await archive.mark(number, "qin", one, **REGION)
    archive.asked.later(minutes=1)
    assert await added(archive.door, number) == 2
    await archive.export()
    documents = await archive.reports()
    assert len(documents) == 3
    (first,) = [document for study, document in documents[:2] if study == one.study]
    study, second = documents[2]
    room = (await archive.asked.row(number)).room_id
    assert room is not None
    assert (study, tracked(second)) == (one.study, {tracking_uid(room, new)})
    earlier = second.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert earlier.ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert "PredecessorDocumentsSequence" not in first
    dcmtk("dsrdump", saved(second, tmp_path))
    assert [(row["version"], row["state"]) for row in await shown(archive, number)] == [
        (1, "stored"),
        (1, "stored"),
        (2, "stored"),
    ]
    # an addendum that marks nothing new owes nothing
    await added(archive.door, number, "再补充", "无新增标注")
    assert len(await shown(archive, number)) == 3


async def test_a_full_archive_is_asked_again_and_the_report_is_there_once(archive: Archive):
    (image,) = await archive.study((CT_SOP, 1))
    number = await archive.asked.in_session()
    await archive.mark(number, "qin", image, **LENGTH)
    await archive.sign(number)
    archive.refusals = [("storage-full", True)] * 3
    await archive.export(rounds=1)
    (row,) = await shown(archive, number)
    assert (row["state"], row["reason"]) == ("pending", "storage-full")
    assert await archive.reports() == []
    await archive.export()
    (row,) = await shown(archive, number)
    assert (row["state"], row["reason"]) == ("stored", "")
    assert len(await archive.reports()) == 1


async def test_one_that_is_refused_for_good_says_why(archive: Archive):
    (image,) = await archive.study((CT_SOP, 1))
    number = await archive.asked.in_session()
    await archive.mark(number, "qin", image, **LENGTH)
    await archive.sign(number)
    archive.refusals = [("data-set-unreadable", False)]
    await archive.export()
    (row,) = await shown(archive, number)
    assert (row["state"], row["reason"]) == ("failed", "data-set-unreadable")


async def test_a_mark_no_report_can_hold_is_counted_and_hinders_no_other(archive: Archive):
    (image,) = await archive.study((CT_SOP, 1))
    number = await archive.asked.in_session()
    await archive.mark(number, "qin", image, **LENGTH)
    await archive.mark(number, "qin", image, tool="roi", geom=[1, 2], label="R9", value="1", unit="HU")
    await archive.mark(number, "qin", image, **{**LENGTH, "unit": "尺"})
    await archive.sign(number)
    await archive.export()
    (row,) = await shown(archive, number)
    assert (row["state"], row["marks"], row["left_out"]) == ("stored", 3, 2)
    other = await archive.asked.in_session()
    await archive.mark(other, "qin", image, tool="roi", geom=[1, 2], label="R9", value="1", unit="HU")
    await archive.sign(other)
    await archive.export()
    (row,) = await shown(archive, other)
    assert (row["state"], row["reason"]) == ("failed", "unsayable")


async def test_processes_that_export_at_once_or_die_between_store_one_report(archive: Archive):
    """Whoever dies after the archive took it has committed nothing; whoever comes next makes the same bytes."""
    (image,) = await archive.study((CT_SOP, 1))
    number = await archive.asked.in_session()
    await archive.mark(number, "qin", image, **LENGTH)
    await archive.sign(number)
    now, pool = archive.asked.county.now, archive.asked.pool

    async def dies(content: bytes, **said: Any) -> None:
        assert await archive.put(content, **said) is None
        raise RuntimeError("killed")

    for _ in range(2):
        with pytest.raises(RuntimeError):
            await marks.export_one(pool, dies, now, ZONE)
        assert not await marks.export_one(pool, archive.put, now, ZONE), "the dead one's lease holds"
        now += marks.LEASE
    tried = await asyncio.gather(*(marks.export_one(pool, archive.put, now, ZONE) for _ in range(4)))
    assert tried.count(True) == 1
    archive.asked.county.now = now
    await archive.export()
    ((_, document),) = await archive.reports()
    (row,) = await shown(archive, number)
    assert (row["state"], row["sop_uid"]) == ("stored", document.SOPInstanceUID)
    assert await archive.asked.rows("select count(*) from quarantine") == [(0,)]


async def test_no_mark_owes_no_report(archive: Archive):
    await archive.study((CT_SOP, 1))
    number = await archive.asked.in_session()
    await archive.sign(number)
    await archive.export(rounds=1)
    assert await shown(archive, number) == []
    assert await archive.reports() == []
