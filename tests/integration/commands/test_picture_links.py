"""One-time links are listed and revoked from the server's own terminal, and the audit says so."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from telemed.embedded import start_postgres
from tests.integration.commands.test_commands import telemed

pytestmark = pytest.mark.timeout(300)  # each command is a process of its own

LINK = """
with place as (insert into organization (code, name, kind) values ('t', '卫生院', 'township-hospital') returning id),
person as (insert into patient (organization_id, name, name_search, name_pinyin, sex)
    select id, '王桂兰', '王桂兰', 'wangguilan', 'F' from place returning id),
study as (insert into imaging_study (study_instance_uid, organization_id, patient_id, first_received_at,
    last_received_at, match_state) select '1.2.3', place.id, person.id, now(), now(), 'sure' from place, person
    returning id),
card as (insert into recognition_exposure (card, surface, shown_to, shown_at)
    values (gen_random_uuid(), 'page', 'somebody', now()) returning card)
insert into picture_link (id, token_digest, card, study_id, patient_id, purpose, made_at, use_before)
select %s, sha256('x'), card.card, study.id, person.id, 'order-check', now(), now() + interval '10 minutes'
from card, study, person
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="telemed-l-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_links_are_listed_and_revoked(folder: Path) -> None:
    state, number = folder / "state", uuid4()
    server = start_postgres(state, durable=False)
    try:
        assert telemed("picture-links", "list", "--state", state).stdout == ""
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(LINK, (number,))
            listed = telemed("picture-links", "list", "--state", state).stdout
            assert listed.startswith(f"{number}\t本县 / county\tsomebody\t")
            assert telemed("picture-links", "revoke", "--link", str(uuid4()), "--state", state).returncode == 1
            assert telemed("picture-links", "revoke", "--link", str(number), "--state", state).returncode == 0
            assert telemed("picture-links", "list", "--state", state).stdout == ""
            audited = connection.execute("select action, entities -> 0 ->> 'id' from audit_event").fetchall()
    finally:
        server.stop()
    assert audited == [("picture-link.revoke", str(number))]
