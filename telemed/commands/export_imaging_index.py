"""Write a month's rows for the national imaging-cloud index (settlement ↔ study), and manifests, as files."""

import argparse
import asyncio
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from pydicom.uid import generate_uid

from dicom_gateway.manifest import Instance, Own, Study, manifest, series_of
from telemed.audit.model import AuditRow, Entity
from telemed.audit.record import record
from telemed.commands import settings
from telemed.commands.stores import database
from telemed.config import Config
from telemed.db import Connection, Pool, fetch_all, load, open_pool
from telemed.imaging.cloud_index import COLUMNS, Index, IndexedStudy, Settlement, index, month, settlements
from telemed.results.sheet import MAX_BYTES, Unusable, lines_of
from telemed.vocabulary import Action

queries = load("telemed.imaging.cloud_index", "cloud_index.sql")

#: Studies of one audit row.
AUDITED = 200


class _Row(msgspec.Struct):
    id: UUID
    study_instance_uid: str
    patient_id: UUID
    accession_number: str
    organization_code: str
    organization_name: str
    modalities: list[str]
    description: str
    acquired_at: datetime | None
    signed_at: datetime
    series: int
    instances: int
    patient_name: str
    sex: str
    birth_date: date | None
    national_id: str


class _Instance(msgspec.Struct):
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    is_image: bool


@dataclass(frozen=True)
class _Asked:
    month: str
    output: Path
    manifests: Path | None
    paid: Sequence[Settlement]
    now: datetime


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument(
        "--month", required=True, metavar="2026-11", help="报告签发的月份 / in which reports were signed"
    )
    parser.add_argument("--output", required=True, type=Path, metavar="FILE", help=".csv 或 / or .xlsx")
    parser.add_argument("--settlements", type=Path, metavar="FILE", help="结算明细表 / charge lines, .csv or .xlsx")
    parser.add_argument(
        "--manifests", type=Path, metavar="FOLDER", help="每个检查一份清单 / one manifest a study (.dcm)"
    )


def run(arguments: argparse.Namespace) -> int:
    config = settings.read(arguments)
    zone = ZoneInfo(config.county.time_zone)
    try:
        month(arguments.month, zone)
    except ValueError:
        return _refused("月份请写成 2026-11", "write the month as 2026-11")
    if arguments.output.suffix not in (".csv", ".xlsx"):
        return _refused("输出文件须为 .csv 或 .xlsx", "the output is .csv or .xlsx")
    paid = _paid(arguments.settlements)
    if paid is None:
        return 1
    asked = _Asked(arguments.month, arguments.output, arguments.manifests, paid, datetime.now(UTC))
    with database(config) as found:
        made, manifests = asyncio.run(_export(found.dsn, config, asked))
    print(f"{len(made.rows)} 行 / rows → {asked.output}")
    print(f"缺少结算信息 / without a settlement: {made.unsettled}; 清单 / manifests: {manifests}")
    for one in made.unmatched:
        print(f"结算明细第 {one.line} 行没有本月已签发的检查 / line {one.line} has no study signed in the month")
    return 0


def _refused(zh: str, en: str) -> int:
    print(f"{zh} / {en}", file=sys.stderr)
    return 1


def _paid(path: Path | None) -> list[Settlement] | None:
    """The settlement lines of a file, all faults told; None if it cannot be used."""
    if path is None:
        return []
    if path.stat().st_size > MAX_BYTES:
        _refused("结算明细表过大，请分月导出", "the settlement table is too large")
        return None
    lines = lines_of(path.read_bytes())
    if isinstance(lines, Unusable):
        _refused(lines.text.zh, lines.text.en)
        return None
    found, faults = settlements((one.number, one.cells) for one in lines)
    faulty = [(one.number, text) for one in lines for text in one.faults.values()]
    for number, text in [*((one.line, one.text) for one in faults), *faulty]:
        _refused(f"结算明细第 {number} 行：{text.zh}", f"line {number}: {text.en}")
    return None if faults or faulty else found


async def _export(dsn: str, config: Config, asked: _Asked) -> tuple[Index, int]:
    zone = ZoneInfo(config.county.time_zone)
    begins, ends = month(asked.month, zone)
    pool = await open_pool(dsn, size=1)
    try:
        async with pool.connection() as connection:
            rows = await fetch_all(connection, queries["signed"], {"begins": begins, "ends": ends}, _Row)
        made = index([_indexed(one) for one in rows], asked.paid, zone)
        # who took what out is known before it lies in a file
        await _audit(pool, rows, asked)
        write = _write_workbook if asked.output.suffix == ".xlsx" else _write_csv
        write(asked.output, [COLUMNS, *made.rows])
        manifests = 0 if asked.manifests is None else await _manifests(pool, config, asked.manifests, rows, asked.now)
    finally:
        await pool.close()
    return made, manifests


def _indexed(one: _Row) -> IndexedStudy:
    return IndexedStudy(
        one.study_instance_uid,
        one.accession_number,
        one.organization_code,
        one.organization_name,
        one.modalities,
        one.acquired_at,
        one.signed_at,
        one.series,
        one.instances,
    )


async def _audit(pool: Pool, rows: Sequence[_Row], asked: _Asked) -> None:
    async with pool.transaction() as tx:
        for start in range(0, max(1, len(rows)), AUDITED):
            part = rows[start : start + AUDITED]
            await record(
                tx,
                AuditRow(
                    at=asked.now,
                    action=Action.STUDY_READ,
                    outcome="success",
                    entities=tuple(Entity("imaging-study", one.id, one.patient_id) for one in part),
                    detail={
                        "route": "telemed export-imaging-index",
                        "month": asked.month,
                        "manifests": "no" if asked.manifests is None else "yes",
                    },
                ),
            )


async def _manifests(pool: Pool, config: Config, folder: Path, rows: Sequence[_Row], now: datetime) -> int:
    zone = ZoneInfo(config.county.time_zone)
    written = 0
    for one in rows:
        async with pool.connection() as connection:
            study = await _study(connection, config, one, zone)
        if study.series:
            own = Own(str(generate_uid(None)), str(generate_uid(None)), now.astimezone(zone))
            await asyncio.to_thread(_keep, folder / f"{one.study_instance_uid}.dcm", manifest(study, own))
            written += 1
    return written


def _keep(path: Path, document: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(document)


async def _study(connection: Connection, config: Config, one: _Row, zone: ZoneInfo) -> Study:
    found = await fetch_all(connection, queries["instances"], {"study_id": one.id}, _Instance)
    return Study(
        study_instance_uid=one.study_instance_uid,
        study_id=one.accession_number,
        accession_number=one.accession_number,
        description=one.description,
        acquired_at=None if one.acquired_at is None else one.acquired_at.astimezone(zone),
        patient_name=one.patient_name,
        patient_id=one.national_id or str(one.patient_id),
        patient_issuer="GB 11643" if one.national_id else config.county.name,
        birth_date=one.birth_date,
        sex=one.sex,
        institution=one.organization_name,
        url=f"{config.public_url}/dicom-web",
        series=series_of(
            (each.series_instance_uid, Instance(each.sop_instance_uid, each.sop_class_uid, each.is_image))
            for each in found
        ),
    )


def _write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    # with the mark that spreadsheets want; a cell that looks like a formula is none
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(
            [f"'{one}" if one[:1] in ("=", "+", "-", "@") else one for one in row] for row in rows
        )


def _write_workbook(path: Path, rows: Sequence[Sequence[str]]) -> None:
    book = Workbook(write_only=True)
    page = book.create_sheet("影像云索引")
    for row in rows:
        cells = [WriteOnlyCell(page, one) for one in row]
        for cell in cells:
            # numbers of settlements are no numbers, and nothing is a formula
            cell.data_type, cell.number_format = "s", "@"
        page.append(cells)
    book.save(path)
