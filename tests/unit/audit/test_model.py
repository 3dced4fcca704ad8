"""The bytes a row is sealed by, and when a second look is the same look."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from telemed.audit.checkpoint import Checkpoint, genuine, load_or_create_signing_key, sign, statement
from telemed.audit.model import GENESIS, AuditRow, Entity, StoredRow, access_window, entities_of, link, row_digest

AT = datetime(2026, 11, 23, 1, 12, 0, 5, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)
STORED = StoredRow(
    id=7,
    at=AT,
    action="study.read",
    outcome="success",
    account_id=ONE,
    practitioner_id=ONE,
    organization_id=ONE,
    session_id=ONE,
    peer_address="10.1.2.3",
    request_id=TWO,
    entities=[{"kind": "study", "id": str(TWO)}],
    purpose="",
    detail={"count": 1},
    access_window=None,
)
LOOK = AuditRow(
    at=datetime(2026, 11, 23, 1, 10, tzinfo=UTC),
    action="study.read",
    outcome="success",
    session_id=ONE,
    entities=(Entity("study", TWO),),
    access=True,
)


OTHER: dict[str, object] = {
    "id": 8,
    "at": AT + timedelta(microseconds=1),
    "action": "study.store",
    "outcome": "failed",
    "account_id": TWO,
    "practitioner_id": TWO,
    "organization_id": None,
    "session_id": TWO,
    "peer_address": "10.9.9.9",
    "request_id": ONE,
    "entities": [],
    "purpose": "emergency",
    "detail": {"count": 2},
    "access_window": "x",
}


@pytest.mark.parametrize("name", StoredRow.__struct_fields__)
def test_no_column_changes_without_another_digest(name: str):
    assert row_digest(msgspec.structs.replace(STORED, **{name: OTHER[name]})) != row_digest(STORED)


def test_the_same_moment_in_another_zone_is_the_same_row():
    there = msgspec.structs.replace(STORED, at=AT.astimezone(timezone(timedelta(hours=8))))
    assert row_digest(there) == row_digest(STORED)


def test_the_order_of_keys_in_json_does_not_matter():
    turned = msgspec.structs.replace(STORED, entities=[{"id": str(TWO), "kind": "study"}])
    assert row_digest(turned) == row_digest(STORED)


def test_a_link_binds_place_row_time_and_what_came_before():
    digest = row_digest(STORED)
    first = link(GENESIS, 1, 7, digest, AT)
    others = [
        link(b"x" * 32, 1, 7, digest, AT),
        link(GENESIS, 2, 7, digest, AT),
        link(GENESIS, 1, 8, digest, AT),
        link(GENESIS, 1, 7, b"y" * 32, AT),
        link(GENESIS, 1, 7, digest, AT + timedelta(microseconds=1)),
    ]
    assert first not in others
    assert len(set(others)) == len(others)


def test_looks_within_five_minutes_share_a_window():
    assert access_window(LOOK) == access_window(replace(LOOK, at=LOOK.at + timedelta(minutes=4, seconds=59)))


@pytest.mark.parametrize(
    "other",
    [
        replace(LOOK, at=LOOK.at + timedelta(minutes=5)),
        replace(LOOK, session_id=TWO),
        replace(LOOK, purpose="emergency"),
        replace(LOOK, action="report.read"),
        replace(LOOK, entities=(Entity("study", ONE),)),
        replace(LOOK, entities=(Entity("series", TWO),)),
    ],
)
def test_any_other_look_is_another_window(other: AuditRow):
    assert access_window(other) not in {None, access_window(LOOK)}


@pytest.mark.parametrize(
    "row",
    [
        replace(LOOK, access=False),
        replace(LOOK, outcome="refused"),
        replace(LOOK, session_id=None),
        replace(LOOK, entities=()),
    ],
)
def test_what_is_no_look_is_always_a_row_of_its_own(row: AuditRow):
    assert access_window(row) is None


def test_an_entity_without_a_patient_names_none():
    assert entities_of([Entity("study", ONE), Entity("report", TWO, ONE)]) == [
        {"kind": "study", "id": str(ONE)},
        {"kind": "report", "id": str(TWO), "patient": str(ONE)},
    ]


def test_a_signature_is_good_for_its_own_words_only():
    key = Ed25519PrivateKey.generate()
    one = sign(key, 7, GENESIS, AT)
    assert genuine(key.public_key(), "checkpoint", one)
    for forged in (
        replace(one, position=8),
        replace(one, chain=b"x" * 32),
        replace(one, at=AT + timedelta(seconds=1)),
        Checkpoint(7, GENESIS, AT, bytes(64)),
    ):
        assert not genuine(key.public_key(), "checkpoint", forged)
    assert not genuine(key.public_key(), "retired", one)
    assert not genuine(Ed25519PrivateKey.generate().public_key(), "checkpoint", one)
    assert json.loads(statement("checkpoint", 7, GENESIS, AT))["position"] == 7


def test_the_signing_key_is_made_once_and_kept(tmp_path: Path):
    path = tmp_path / "audit.key"
    first = load_or_create_signing_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_signing_key(path).private_bytes_raw() == first.private_bytes_raw()
