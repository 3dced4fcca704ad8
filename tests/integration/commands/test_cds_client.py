"""A hospital system is registered, listed and disabled from the server's own terminal, and the audit says so."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from telemed.cds.tokens import Jwks
from telemed.embedded import start_postgres
from tests.integration.cds.systems import public
from tests.integration.commands.test_commands import telemed

pytestmark = pytest.mark.timeout(300)  # each command is a process of its own
AGREEMENT = {
    "issuer": "https://his.example",
    "name": "县医院 HIS",
    "organization_code": "county-center",
    "keys": msgspec.to_builtins(Jwks([public(ec.generate_private_key(ec.SECP384R1()), "k1")])),
}


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="telemed-k-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_a_system_is_registered_listed_and_disabled(folder: Path) -> None:
    state, file = folder / "state", folder / "his.json"
    file.write_text(json.dumps(AGREEMENT), "utf-8")
    server = start_postgres(state, durable=False)
    try:
        unknown = telemed("cds-client", "register", file, "--state", state)
        assert unknown.returncode == 1
        assert "county-center" in unknown.stderr
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(
                "insert into organization (code, name, kind) values ('county-center', '县医院', 'lead-hospital')"
            )
            assert telemed("cds-client", "register", file, "--state", state).returncode == 0
            listed = telemed("cds-client", "list", "--state", state).stdout
            assert listed == "county-center\t县医院 HIS\thttps://his.example\t\n"
            assert telemed("cds-client", "disable", AGREEMENT["issuer"], "--state", state).returncode == 0
            assert telemed("cds-client", "disable", AGREEMENT["issuer"], "--state", state).returncode == 1
            assert telemed("cds-client", "list", "--state", state).stdout == ""
            audited = connection.execute("select action, detail ->> 'route' from audit_event order by id").fetchall()
    finally:
        server.stop()
    assert audited == [
        ("cds-client.manage", "telemed cds-client register"),
        ("cds-client.manage", "telemed cds-client disable"),
    ]


def test_an_agreement_that_is_wrong_registers_nothing_and_says_why(folder: Path) -> None:
    file = folder / "his.json"
    file.write_text(json.dumps({**AGREEMENT, "allowed_origins": ["*"]}), "utf-8")
    refused = telemed("cds-client", "register", file, "--state", folder / "state")
    assert refused.returncode == 1
    assert "来源 *" in refused.stderr
    assert "Nothing was registered" in refused.stderr
    assert not (folder / "state").exists()
