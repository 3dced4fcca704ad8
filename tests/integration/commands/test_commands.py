"""The one-shot commands as an operator runs them, on an embedded database of their own."""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import LiteralString

import psycopg
import pyotp
import pytest

from telemed.audit.checkpoint import Checkpoints, load_or_create_signing_key
from telemed.audit.sealer import Sealer
from telemed.config import load
from telemed.db import open_pool
from telemed.embedded import start_postgres

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.timeout(300)  # each command starts a database of its own
PASSWORD = "Tianqi-2026-Longan!"


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="telemed-c-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def telemed(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "telemed", *map(str, words)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)


def test_migrate_twice_applies_once(folder: Path) -> None:
    first = telemed("migrate", "--state", folder / "state")
    assert "0001_foundation.sql" in first.stdout
    assert telemed("migrate", "--state", folder / "state").stdout == "0 项已执行 / applied\n"


def test_commands_work_beside_a_running_server(folder: Path) -> None:
    server = start_postgres(folder / "state", durable=False)
    try:
        assert telemed("migrate", "--state", folder / "state").returncode == 0
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("select count(*) > 0 from schema_migration").fetchone() == (True,)
    finally:
        server.stop()


def test_a_newcomer_is_told_the_demos_log_ins_and_their_codes(folder: Path) -> None:
    where = ("--state", folder)
    assert "./run" in telemed("demo-login", *where).stderr
    secret = pyotp.random_base32()
    account = {"password": "Longan-1", "name": "马淑敏", "title": "副主任医师", "organization": "龙安县第一人民医院"}
    accounts = [
        {"username": "mashumin", "totp_secret": secret, **account},
        {"username": "chenxiaoyu", "totp_secret": None, **account},
    ]
    (folder / "demo-accounts.json").write_text(json.dumps({"accounts": accounts}), "utf-8")
    listed = telemed("demo-login", *where).stdout
    assert "mashumin" in listed
    assert "Longan-1" not in listed
    before = pyotp.TOTP(secret).now()
    shown = telemed("demo-login", "mashumin", *where).stdout
    assert "Longan-1" in shown
    assert before in shown or pyotp.TOTP(secret).now() in shown
    assert "code" not in telemed("demo-login", "chenxiaoyu", *where).stdout
    assert telemed("demo-login", "nobody", *where).returncode == 1


def test_the_first_administrators_on_the_terminal(folder: Path) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD, "utf-8")
    where = ("--state", folder / "state", "--password-file", secret)
    assert "/setup#" in telemed("admin", "link", *where[:2]).stdout
    for role in ("system-admin", "security-admin", "auditor"):
        done = telemed("admin", "create", role, f"u-{role}", "王", *where)
        assert done.returncode == 0, done.stderr
    taken = telemed("admin", "create", "auditor", "u-auditor", "李", *where)
    assert taken.returncode == 1
    assert "is taken" in taken.stderr
    assert trail(folder / "state") == [
        "telemed admin link",
        *(f"telemed admin create {role}" for role in ("system-admin", "security-admin", "auditor")),
    ]
    late = telemed("admin", "link", *where[:2])
    assert (late.returncode, late.stdout) == (1, "")
    assert "there is a system administrator already" in late.stderr


def trail(state: Path) -> list[str]:
    """What the audit keeps of the terminal, in order."""
    server = start_postgres(state, durable=False)
    try:
        with psycopg.connect(server.dsn) as connection:
            rows = connection.execute(
                "select concat_ws(' ', detail ->> 'route', detail ->> 'role') from audit_event"
                " where action = 'account.manage' and outcome = 'success' order by id"
            ).fetchall()
    finally:
        server.stop()
    return [route for (route,) in rows]


def test_audit_retention_refuses_six_months_and_drops_what_is_older(folder: Path) -> None:
    state = folder / "state"
    assert telemed("admin", "link", "--state", state).returncode == 0
    young = telemed("audit", "retention", "--before", f"{datetime.now(UTC):%Y-%m-%d}", "--state", state)
    assert (young.returncode, young.stdout) == (1, "")
    assert "six months at least" in young.stderr
    seal_as_of(state, "now() - interval '200 days'")
    day = f"{datetime.now(UTC) - timedelta(days=190):%Y-%m-%d}"
    done = telemed("audit", "retention", "--before", day, "--state", state)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 条已清理")
    assert telemed("audit", "retention", "--before", day, "--state", state).stdout.startswith("0 条")
    assert telemed("audit", "verify", "--state", state).returncode == 0
    assert telemed("audit", "retention", "--state", state).returncode == 2


def test_a_remapping_that_is_killed_goes_on_where_it_was(folder: Path) -> None:
    state = folder / "state"
    server = start_postgres(state, durable=False)
    try:
        assert telemed("migrate", "--state", state).returncode == 0
        # three results that an earlier map has made another item of
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(RESULTS_MAPPED_OTHERWISE)
        words = ["laboratory", "remap", "--batch", "1", "--state", str(state)]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-P", "-m", "telemed", *words]
        with subprocess.Popen(command, cwd="/", env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("1 份报告")
            process.kill()
        done = telemed(*words)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1].startswith("3 份报告 / reports; 3 项改动")
        assert "无变化" in telemed(*words).stdout
        with psycopg.connect(server.dsn) as connection:
            mapped = connection.execute("select item_key from laboratory_mapping").fetchall()
            audited = connection.execute("select count(*) from audit_event").fetchone()
        assert mapped == [("lab.glucose.random",)] * 3
        assert audited == (3,)
    finally:
        server.stop()


RESULTS_MAPPED_OTHERWISE = """
insert into organization (code, name, kind) values ('county-hospital', '县医院', 'county-hospital');
insert into patient (organization_id, name, name_search, name_pinyin, sex, identity)
select id, '王桂兰', '王桂兰', 'wangguilan', 'F', 'source' from organization;
insert into result_message (id, format, organization_id, bytes, digest, content_digest, control_id, charset_declared,
    charset_used, charset_confidence, received_at, disposition, answer)
select gen_random_uuid(), 'table', id, 'x', sha256('x'), sha256('x'), '', '', '', '', now(), 'stored', 'AA'
from organization;
insert into laboratory_report (organization_id, number_system, number)
select id, 'table', 'R' || n from organization, generate_series(1, 3) n;
insert into laboratory_report_version (id, report_id, message_id, patient_id, linked, status, status_rank, ordered_at,
    known_from, placer_number, service, requested_written, changed_written, specimen_id, specimen_code, specimen_text,
    specimen_system, specimen_flags, specimen_ambiguous, specimen_received_written, notes)
select gen_random_uuid(), r.id, m.id, p.id, false, 'final', 2, now(), now(), '', '[]', '', '', '', '', '', '', '[]',
    false, '', '{}'
from laboratory_report r, result_message m, patient p;
insert into laboratory_observation (id, report_id, report_version_id, line, code_system, code, name, sub_id, codes,
    item_key, map_version, value_type, value_kind, value_text, comparator, number, high, denominator, value_codes,
    unit_written, unit_ucum, reference_range, flags, status, status_written, status_rank, collected_written,
    collected_source, collected_doubt, collected_zone_stated, collected_passed_over, analysed_written, method_code,
    method_text, device, producer, performer, notes, ordered_at, known_from)
select gen_random_uuid(), v.report_id, v.id, 2, 'LN', '2345-7', '葡萄糖', '',
    '[{"code": "2345-7", "text": "", "system": "LN"}]', 'lab.glucose.wrong', '*/1', 'ST', 'quantity', '5.60', '',
    '5.60', '', '', '[]', 'mmol/L', 'mmol/L', '', '{}', 'final', 'F', 2, '', '', 'absent', false, '{}', '', '', '', '',
    '', '', '{}', now(), now()
from laboratory_report_version v;
"""


def seal_as_of(state: Path, moment: LiteralString) -> None:
    """Seal what waits, and turn the clock of its seal back, as a sealer of that time would have written it."""
    server = start_postgres(state, durable=False)
    try:
        asyncio.run(sealed(server.dsn, state))
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("alter table audit_link disable trigger all")
            connection.execute(f"update audit_link set sealed_at = {moment}")
            connection.execute("alter table audit_link enable trigger all")
    finally:
        server.stop()


async def sealed(dsn: str, state: Path) -> None:
    config = load([], {"TELEMED__STATE__PATH": str(state)})
    pool = await open_pool(dsn, size=1)
    try:
        await Sealer(pool, load_or_create_signing_key(config.audit_key), Checkpoints(config.audit_checkpoints)).seal()
    finally:
        await pool.close()


def test_scrub_names_what_is_damaged_or_lost_and_where_it_came_from(folder: Path) -> None:
    state = folder / "state"
    assert telemed("migrate", "--state", state).returncode == 0
    archive = load([], {"TELEMED__STATE__PATH": str(state)}).archive_path / "archive"
    whole, torn = (hashlib.sha256(one).hexdigest() for one in (b"whole", b"torn"))
    for digest, content in ((whole, b"whole"), (torn, b"torm")):
        (archive / digest[:2]).mkdir(parents=True, exist_ok=True)
        (archive / digest[:2] / digest).write_bytes(content)
    gone = hashlib.sha256(b"gone").hexdigest()
    server = start_postgres(state, durable=False)
    try:
        with psycopg.connect(server.dsn) as connection:
            connection.execute(
                "insert into quarantine (digest, size, reason, received_at, calling_ae, study_instance_uid)"
                " values (decode(%s, 'hex'), 4, 'sender-unknown', now(), 'CT1', '1.2.3'),"
                " (decode(%s, 'hex'), 4, 'sender-unknown', now(), 'CT2', '1.2.4')",
                (torn, gone),
            )
    finally:
        server.stop()
    done = telemed("scrub", "--state", state)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"已损坏 / damaged: {torn}",
        "  检查 / study 1.2.3, 图像 / instance , 设备 / device CT1",
        f"缺失 / lost: {gone}",
        "  检查 / study 1.2.4, 图像 / instance , 设备 / device CT2",
        "2 个文件 / files; 已损坏 / damaged: 1; 缺失 / lost: 1",
    ]
    for digest, content in ((torn, b"torn"), (gone, b"gone")):
        (archive / digest[:2]).mkdir(parents=True, exist_ok=True)
        (archive / digest[:2] / digest).write_bytes(content)
    repaired = telemed("scrub", "--state", state)
    assert (repaired.returncode, repaired.stdout) == (0, "3 个文件 / files; 已损坏 / damaged: 0; 缺失 / lost: 0\n")


def test_a_weak_password_makes_nobody(folder: Path) -> None:
    secret = folder / "password"
    secret.write_text("12345678", "utf-8")
    weak = telemed("admin", "create", "auditor", "zhang", "张", "--state", folder / "s", "--password-file", secret)
    assert weak.returncode == 1
    assert not (folder / "s").exists()


def test_backup_wipe_restore(folder: Path) -> None:
    state, backup = folder / "state", folder / "backup"
    assert telemed("migrate", "--state", state).returncode == 0
    done = telemed("backup", backup, "--state", state)
    assert done.returncode == 0, done.stderr
    used = telemed("restore", backup, "--state", state)
    assert used.returncode == 1
    assert "the target is not empty" in used.stderr
    shutil.rmtree(state)
    done = telemed("restore", backup, "--state", state)
    assert done.returncode == 0, done.stderr
    assert telemed("migrate", "--state", state).stdout == "0 项已执行 / applied\n"


def test_nothing_starts_on_half_a_restore(folder: Path) -> None:
    (folder / "state").mkdir()
    (folder / "state" / "restore-unfinished").touch()
    done = telemed("up", "--state", folder / "state", "--http", "127.0.0.1:0", "--dicom", "127.0.0.1:0", "--no-demo")
    assert done.returncode == 1
    assert "not finished" in done.stderr
    assert not (folder / "state" / "postgres").exists()


def test_openapi_needs_no_database() -> None:
    done = telemed("openapi")
    assert done.returncode == 0, done.stderr
    assert '"openapi": "3.1.0"' in done.stdout
