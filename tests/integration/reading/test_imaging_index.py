"""The month's index rows and manifests as an operator exports them, from a report that was signed."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pydicom
import pytest

ROOT = Path(__file__).parents[3]
MONTH = "%Y-%m"


@pytest.fixture
async def signed(county):
    study = await county.push()
    async with county.pool.transaction() as tx:
        await tx.execute(
            "with series as (insert into imaging_series (study_id, series_instance_uid, modality)"
            " values (%s, '1.2.3', 'CT') returning id)"
            " insert into imaging_instance (series_id, study_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid,"
            " digest, size, rows, received_at) select id, %s, '1.2.3.4', '1.2.840.10008.5.1.4.1.1.2',"
            " '1.2.840.10008.1.2.1', decode(repeat('ab', 32), 'hex'), 1, 512, now() from series",
            (study, study),
        )
    await county.schedule(study)
    await county.signed(await county.reading_of(study))
    return study


def export(database, *words):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TELEMED__DATABASE__DSN": database}
    command = [sys.executable, "-P", "-m", "telemed", "export-imaging-index", *map(str, words)]
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)


async def one(county, query):
    async with county.pool.connection() as connection:
        return await (await connection.execute(query)).fetchone()


async def test_a_signed_study_is_exported_beside_its_settlement_with_its_manifest_and_audited(
    county, database, signed, tmp_path
):
    uid, accession, place = await one(
        county,
        "select s.study_instance_uid, r.accession_number, o.code from imaging_study s"
        " join service_request r on r.id = s.service_request_id join organization o on o.id = s.organization_id",
    )
    paid = tmp_path / "paid.csv"
    paid.write_text(
        "结算ID,费用明细流水号,医保影像检查项目编码,检查号,机构代码\n"
        f"JS1,MX1,YB1,{accession},{place}\nJS2,MX2,YB2,{accession},ANOTHER\n"
    )
    month = county.now.astimezone(ZoneInfo("Asia/Shanghai")).strftime(MONTH)
    out, folder = tmp_path / "index.csv", tmp_path / "manifests"
    words = ("--month", month, "--settlements", paid, "--manifests", folder)
    done = export(database, *words, "--output", out)
    assert done.returncode == 0, done.stderr
    assert "第 3 行没有" in done.stdout
    (row,) = csv.DictReader(io.StringIO(out.read_text("utf-8-sig")))
    assert (row["结算编号"], row["检查实例UID"], row["图像数"], row["上传状态"]) == ("JS1", uid, "1", "0")
    found = pydicom.dcmread(folder / f"{uid}.dcm")
    assert (found.StudyInstanceUID, found.Modality) == (uid, "KO")
    kind, detail = await one(
        county, "select entities -> 0 ->> 'kind', detail from audit_event where detail ->> 'route' like '%export%'"
    )
    assert (kind, detail["month"], detail["manifests"]) == ("imaging-study", month, "yes")
    assert out.stat().st_mode & 0o077 == 0

    book = tmp_path / "index.xlsx"
    assert export(database, "--month", month, "--output", book).returncode == 0
    page = openpyxl.load_workbook(book).active
    assert [page.cell(2, 4).value, page.cell(2, 13).value] == [uid, "缺少结算信息"]


async def test_a_report_of_another_month_is_not_exported(county, database, signed, tmp_path):
    out = tmp_path / "index.csv"
    later = (county.now + timedelta(days=40)).strftime(MONTH)
    assert export(database, "--month", later, "--output", out).returncode == 0
    assert len(out.read_text("utf-8-sig").splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--month", "2026-13", "--output", "x.csv"), "2026-11"),
        (("--month", "2026-11", "--output", "x.txt"), ".xlsx"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_words(database, words, said):
    done = export(database, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_a_faulty_settlement_table_is_refused_line_by_line(database, tmp_path):
    paid = tmp_path / "paid.csv"
    paid.write_text("结算ID,费用明细流水号,医保影像检查项目编码,检查号,机构代码\nJS1,,YB1,A,LA-RM\n")
    done = export(database, "--month", "2026-11", "--output", tmp_path / "x.csv", "--settlements", paid)
    assert done.returncode == 1
    assert "第 2 行" in done.stderr
    assert not (tmp_path / "x.csv").exists()
