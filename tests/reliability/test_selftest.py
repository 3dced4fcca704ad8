"""The operators' self-test passes, and leaves no patient where no patient belongs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from telemed.embedded import start_postgres

ROOT = Path(__file__).resolve().parents[2]
PLANTED = ("自检患者", "自检", "Zijian", "ZIJIAN", "239999195603140024", "0999-0000000", "东头 7 号")


@pytest.fixture(scope="module")
def finished():
    """What the self-test printed, and the state it left."""
    done = subprocess.run(
        [sys.executable, "-m", "telemed", "selftest", "--keep"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    found = re.search(r"folder: (\S+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    folder = Path(found[1])
    yield done, folder / "state"
    shutil.rmtree(folder)


@pytest.mark.timeout(400)
def test_the_self_test_passes_every_step(finished):
    done, _ = finished
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    assert done.stdout.count("✓") == 28


def test_logs_and_redis_hold_no_patient(finished):
    _, state = finished
    looked_at = 0
    for path in state.rglob("*"):
        if not path.is_file() or "postgres" in path.parts or "imaging" in path.parts:
            continue
        looked_at += 1
        content = path.read_bytes()
        for word in PLANTED:
            assert word.encode() not in content, path
            assert word.encode("gb18030") not in content, path
    assert looked_at > 3


def test_file_names_of_the_archive_hold_no_patient(finished):
    _, state = finished
    names = "\n".join(str(path.relative_to(state)) for path in state.rglob("*"))
    assert not [word for word in PLANTED if word in names]


def test_events_and_audit_hold_no_patient(finished):
    _, state = finished
    server = start_postgres(state)
    try:
        with psycopg.connect(server.dsn) as connection:
            for query in (
                "select coalesce(string_agg(event::text, ' '), '') from event",
                "select coalesce(string_agg(audit_event::text, ' '), '') from audit_event",
                "select coalesce(string_agg(device_seen::text, ' '), '') from device_seen",
            ):
                row = connection.execute(query).fetchone()
                assert row is not None
                assert not [word for word in PLANTED if word in row[0]], query
            registered = connection.execute("select count(*) from patient where name = '自检患者'").fetchone()
            assert registered == (1,), "the search above looks for a name that was never there"
    finally:
        server.stop()
