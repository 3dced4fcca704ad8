"""A county with DICOMweb over a real database and a real archive folder; instances are put in without the gateway."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from pydicom.dataset import Dataset

from dicom_gateway.dicomweb.routes import endpoints
from dicom_gateway.headers import InstanceHeader, read_header
from dicom_gateway.spool.archive import blob_path
from dicom_gateway.spool.seam import Refused, Stored
from telemed.db import Pool
from telemed.http.server import Server
from telemed.http.wire import Authenticated, Gate
from telemed.patients.names import groups, pinyin_text, search_key
from telemed.vocabulary import EVERYWHERE, Principal, Role, Scope, ScopeKind

CSRF = "c5rf"
ZONE = ZoneInfo("Asia/Shanghai")


class Door:
    """Everybody is a radiologist of the lead hospital unless the test says otherwise."""

    def __init__(self) -> None:
        self.scope: Scope = EVERYWHERE
        self.session = uuid4()
        self.organization = uuid4()
        self.recorded: list[tuple[str, str, int]] = []

    async def authenticate(self, request, _now):
        if "X-Who" not in request.headers:
            return None
        principal = Principal(
            account_id=self.session,
            practitioner_id=self.session,
            name="郑文博",
            organization_id=self.organization,
            organization_ids=frozenset({self.organization}),
            community_ids=frozenset(),
            roles=frozenset({Role.AUTHOR}),
            session_id=self.session,
            second_factor_at=None,
        )
        return Authenticated(principal, CSRF)

    def gate(self) -> Gate:
        async def record(_tx, call):
            self.recorded.append((call.action, call.outcome, len(call.entities)))

        return Gate(
            authenticate=self.authenticate,
            scope=lambda _who, _action: self.scope,
            second_factor_fresh=lambda _who, _now: True,
            record=record,
        )

    def only(self, organization: UUID) -> None:
        self.scope = Scope(ScopeKind.OWN, frozenset({organization}))


def data_set_bytes(data: Dataset) -> bytes:
    """The data set of a file without preamble and File Meta."""
    file = file_bytes(data)
    (length,) = struct.unpack_from("<I", file, 140)
    return file[144 + length :]


def file_bytes(data: Dataset) -> bytes:
    out = BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


@dataclass
class Shelf:
    """Archive and index of the test."""

    pool: Pool
    root: Path
    organizations: dict[str, UUID] = field(default_factory=dict)

    async def organization(self, code: str) -> UUID:
        if code not in self.organizations:
            async with self.pool.transaction() as tx:
                cursor = await tx.execute(
                    "insert into organization (code, name, kind) values (%s, %s, 'township-hospital') returning id",
                    (code, f"{code}卫生院"),
                )
                self.organizations[code] = (await cursor.fetchone())[0]
        return self.organizations[code]

    async def put(self, data: Dataset, *, code: str = "xinglong", content: bytes | None = None) -> str:
        """Archive and index one instance; returns its digest."""
        raw = data_set_bytes(data) if content is None else content
        digest = hashlib.sha256(raw).hexdigest()
        path = blob_path(self.root, digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        syntax = str(data.file_meta.TransferSyntaxUID)
        header = read_header(memoryview(raw), syntax)
        assert isinstance(header, InstanceHeader), header
        await self._index(header, syntax, digest, len(raw), await self.organization(code))
        return digest

    async def _index(self, header: InstanceHeader, syntax: str, digest: str, size: int, organization: UUID) -> None:
        now = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
        acquired = header.acquired_at.replace(tzinfo=ZONE) if header.acquired_at else None
        forms = groups(header.patient_name) or (header.patient_name,)
        async with self.pool.transaction() as tx:
            cursor = await tx.execute(
                """insert into imaging_study (study_instance_uid, organization_id, source_patient_id, source_issuer,
                     source_patient_name, source_name_search, source_name_pinyin, source_birth_date, source_sex,
                     accession_number, study_id_text, description, modalities, referring_physician, acquired_at,
                     charset_used, first_received_at, last_received_at, settle_at, series_count)
                   values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1)
                   on conflict (study_instance_uid) do update set
                     modalities = array(select distinct unnest(imaging_study.modalities || excluded.modalities))
                   returning id""",
                (
                    header.study_instance_uid,
                    organization,
                    header.patient_id,
                    header.issuer,
                    header.patient_name,
                    " ".join(search_key(one) for one in forms),
                    " ".join(pinyin_text(one) for one in forms),
                    header.birth_date,
                    header.sex,
                    header.accession_number,
                    header.study_id,
                    header.study_description,
                    [header.modality],
                    header.referring_physician,
                    acquired,
                    header.charset_used,
                    now,
                    now,
                    now,
                ),
            )
            study = (await cursor.fetchone())[0]
            cursor = await tx.execute(
                """insert into imaging_series (study_id, series_instance_uid, modality, series_number, description)
                   values (%s, %s, %s, %s, %s)
                   on conflict (series_instance_uid) do update set modality = excluded.modality returning id""",
                (study, header.series_instance_uid, header.modality, header.series_number, header.series_description),
            )
            series = (await cursor.fetchone())[0]
            await tx.execute(
                """insert into imaging_instance (series_id, study_id, sop_instance_uid, sop_class_uid,
                     transfer_syntax_uid, digest, size, instance_number, rows, columns, frames, received_at)
                   values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
                (
                    series,
                    study,
                    header.sop_instance_uid,
                    header.sop_class_uid,
                    syntax,
                    bytes.fromhex(digest),
                    size,
                    header.instance_number,
                    header.rows,
                    header.columns,
                    header.frames,
                    now,
                ),
            )
            await tx.execute(
                "update imaging_study set instance_count = instance_count + 1 where id = %s",
                (study,),
            )


class Draft:
    """What the spool of these tests remembers of one upload."""

    def __init__(self, spool, context) -> None:
        self.spool, self.context, self.content = spool, context, bytearray()

    async def write(self, fragment) -> None:
        self.content += fragment
        self.spool.largest = max(self.spool.largest, len(fragment))

    async def commit(self):
        if self.context.sop_class_uid in self.spool.refused:
            return Refused(0xA900, "no", transient=False, reason="contradicts")
        digest = hashlib.sha256(self.content).hexdigest()
        duplicate = digest in self.spool.stored
        self.spool.stored[digest] = self.context
        return Stored(digest, len(self.content), duplicate)

    async def abandon(self) -> None:
        self.spool.abandoned += 1


class MemorySpool:
    """The seam of the spool without a disk: what STOW-RS hands over is looked at here."""

    def __init__(self) -> None:
        self.stored, self.refused, self.abandoned, self.largest = {}, set(), 0, 0
        self.ends = []

    async def ended(self, association_id, *, released):
        self.ends.append((association_id, released))

    async def open(self, context):
        return Draft(self, context)


@pytest.fixture
def door():
    return Door()


@pytest.fixture
def spool():
    return MemorySpool()


@pytest.fixture
def shelf(pool, tmp_path):
    return Shelf(pool, tmp_path)


@pytest.fixture
async def client(aiohttp_client, pool, door, spool, tmp_path):
    table = endpoints(root=tmp_path, zone=ZONE, public_url="http://county", spool=spool)
    server = Server(table, pool=pool, gate=door.gate())
    return await aiohttp_client(server.application(), headers={"X-Who": "me", "X-CSRF-Token": CSRF})
