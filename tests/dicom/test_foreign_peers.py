"""DCMTK and pynetdicom as the other side, over loopback: what they see and what is kept, byte for byte."""

import asyncio
import sys
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless
from pynetdicom import AE
from pynetdicom.sop_class import PatientRootQueryRetrieveInformationModelFind, Verification  # pyright: ignore[reportAttributeAccessIssue] -- made at import

from dicom_gateway.spool.seam import Refused
from dicom_gateway.upper_layer.admission import DeviceEntry, DiskState
from dicom_gateway.upper_layer.limits import Limits
from tests.dicom.peer_bytes import IVR
from tests.dicom.recording import RecordingSpool

# By their whole path: the environment of the tests has pynetdicom's programs of the same names.
STORESCU, DCMSEND, ECHOSCU = "/usr/bin/storescu", "/usr/bin/dcmsend", "/usr/bin/echoscu"


def sample(name: str) -> str:
    path = get_testdata_file(name)
    assert path is not None
    return str(path)


CT = sample("CT_small.dcm")


def data_set_of(path: str) -> bytes:
    """The bytes behind the File Meta Information."""
    raw = Path(path).read_bytes()
    meta = dcmread(path).file_meta
    return raw[132 + 12 + meta.FileMetaInformationGroupLength :]


async def run(*command: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace")


async def test_echoscu_is_answered(gateway):
    status, said = await run(ECHOSCU, "-v", "-aec", "TELEMED", "127.0.0.1", str(gateway.port))
    assert status == 0, said
    assert "Received Echo Response (Success)" in said


@pytest.mark.parametrize("program", [STORESCU, DCMSEND], ids=["storescu", "dcmsend"])
async def test_dcmtk_stores_and_its_bytes_are_kept(gateway, program):
    status, said = await run(program, "-v", "-aec", "TELEMED", "127.0.0.1", str(gateway.port), CT)
    assert status == 0, said
    ((context, data),) = gateway.spool.kept
    stored = dcmread(BytesIO(data), force=True)
    assert context.sop_instance_uid == dcmread(CT).SOPInstanceUID
    assert context.sop_class_uid == "1.2.840.10008.5.1.4.1.1.2"
    assert context.organization_id == "township-1"
    assert stored.PixelData == dcmread(CT).PixelData


async def test_pynetdicoms_own_storescu_stores_the_very_bytes_of_the_file(gateway):
    status, said = await run(
        sys.executable, "-m", "pynetdicom", "storescu", "-aec", "TELEMED", "-aet", "PYNETDICOM", "127.0.0.1",
        str(gateway.port), CT,
    )  # fmt: skip
    assert status == 0, said
    ((context, data),) = gateway.spool.kept
    assert context.transfer_syntax_uid == ExplicitVRLittleEndian
    assert data == data_set_of(CT)


@pytest.mark.parametrize(
    ("file", "syntax", "option"),
    [
        ("examples_jpeg2k.dcm", JPEG2000Lossless, "-xv"),
        ("MR_small_RLE.dcm", RLELossless, "-xr"),
        ("SC_rgb_small_odd_jpeg.dcm", JPEGBaseline8Bit, "-xy"),
    ],
)
async def test_dcmtk_sends_compressed_pixels_through_unchanged(gateway, file, syntax, option):
    status, said = await run(STORESCU, option, "-aec", "TELEMED", "127.0.0.1", str(gateway.port), sample(file))
    assert status == 0, said
    ((context, data),) = gateway.spool.kept
    assert context.transfer_syntax_uid == syntax
    assert data[-4000:] in data_set_of(sample(file))


def refusal(association) -> tuple[int, int, int]:
    """Result, source and reason of the A-ASSOCIATE-RJ that the peer got."""
    answer = association.acceptor.primitive
    return answer.result, answer.result_source, answer.diagnostic


async def answered(ask):
    """Ask until an answer was seen: pynetdicom (acse.py) may read a refusal and close before it looks whether it
    ever was connected, and then knows nothing of the refusal.
    """
    association = await asyncio.to_thread(ask)
    for _ in range(9):
        if association.is_established or association.acceptor.primitive is not None:
            break
        association = await asyncio.to_thread(ask)
    return association


def associate(gateway, *contexts, title="PYNETDICOM", called="TELEMED"):
    """Open an association in a thread: pynetdicom blocks."""
    ae = AE(ae_title=title)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 10
    for abstract, syntaxes in contexts:
        ae.add_requested_context(abstract, syntaxes)
    return answered(lambda: ae.associate("127.0.0.1", gateway.port, ae_title=called))


async def test_a_private_class_in_a_private_syntax_is_stored(gateway):
    sop_class, syntax = "1.2.840.113619.4.26", "1.2.840.113619.5.2"
    association = await associate(gateway, (sop_class, [syntax]))
    assert association.is_established
    (context,) = association.accepted_contexts
    assert context.transfer_syntax == [syntax]
    await asyncio.to_thread(association.release)


async def test_other_services_are_not_taken_and_say_so_by_context(gateway):
    association = await associate(
        gateway,
        (Verification, IVR),
        (PatientRootQueryRetrieveInformationModelFind, IVR),
    )
    assert [c.abstract_syntax for c in association.accepted_contexts] == [Verification]
    assert [(c.abstract_syntax, c.result) for c in association.rejected_contexts] == [
        (PatientRootQueryRetrieveInformationModelFind, 3)
    ]
    await asyncio.to_thread(association.release)


async def store(association, path=CT):
    return await asyncio.to_thread(association.send_c_store, dcmread(path))


@pytest.mark.parametrize("at", ["open", "commit"])
async def test_a_refusal_of_the_spool_reaches_the_sender_with_its_comment_and_the_association_goes_on(gateway, at):
    refused = Refused(0xA700, "Out of resources: storage full", transient=True, reason="storage-full")
    setattr(gateway.spool, f"refuse_{at}", refused)
    association = await associate(gateway, ("1.2.840.10008.5.1.4.1.1.2", [ExplicitVRLittleEndian]))
    answer = await store(association)
    assert (answer.Status, answer.ErrorComment) == (0xA700, "Out of resources: storage full")
    setattr(gateway.spool, f"refuse_{at}", None)
    answer = await store(association)
    assert answer.Status == 0
    await asyncio.to_thread(association.release)
    assert len(gateway.spool.kept) == 1


@pytest.mark.parametrize(
    ("title", "called", "why", "seen"),
    [
        ("STRANGER", "TELEMED", (1, 1, 3), [("STRANGER", "TELEMED", "127.0.0.1")]),
        ("PYNETDICOM", "ELSEWHERE", (1, 1, 7), []),
        ("SWITCHED-OFF", "TELEMED", (1, 1, 3), []),
    ],
)
async def test_a_stranger_hears_why_and_is_seen(start_gateway, title, called, why, seen):
    gateway = await start_gateway(devices={"SWITCHED-OFF": DeviceEntry("SWITCHED-OFF", "d", "o", enabled=False)})
    association = await associate(gateway, (Verification, IVR), title=title, called=called)
    assert not association.is_established
    assert refusal(association) == why
    assert set(gateway.seen) == set(seen)


async def test_a_full_disk_refuses_storage_for_the_moment_and_still_answers_an_echo(gateway):
    gateway.disk[0] = DiskState.FULL
    association = await associate(gateway, ("1.2.840.10008.5.1.4.1.1.2", [ExplicitVRLittleEndian]))
    assert refusal(association) == (2, 3, 1)
    status, said = await run(ECHOSCU, "-aec", "TELEMED", "127.0.0.1", str(gateway.port))
    assert status == 0, said


async def test_beyond_the_limit_storage_is_refused_and_echo_has_slots_of_its_own(start_gateway):
    gateway = await start_gateway(
        limits=Limits(max_associations=2, verification_reserve=1, max_associations_per_ae=9, close_seconds=1)
    )
    storage = ("1.2.840.10008.5.1.4.1.1.2", [ExplicitVRLittleEndian])
    first, second = await associate(gateway, storage), await associate(gateway, storage)
    third = await associate(gateway, storage)
    assert refusal(third) == (2, 3, 2)
    echo = await associate(gateway, (Verification, IVR), title="ECHOSCU")
    assert (await asyncio.to_thread(echo.send_c_echo)).Status == 0
    for association in (echo, first, second):
        await asyncio.to_thread(association.release)
    await gateway.until(lambda: gateway.server.open_associations == 0)
    again = await associate(gateway, storage)
    assert again.is_established
    await asyncio.to_thread(again.release)


async def test_one_device_cannot_take_every_slot(start_gateway):
    gateway = await start_gateway(limits=Limits(max_associations_per_ae=1))
    storage = ("1.2.840.10008.5.1.4.1.1.2", [ExplicitVRLittleEndian])
    first = await associate(gateway, storage)
    second = await associate(gateway, storage)
    assert not second.is_established
    other = await associate(gateway, storage, title="STORESCU")
    assert other.is_established
    for association in (first, other):
        await asyncio.to_thread(association.release)


async def test_an_instance_of_many_pdus_comes_whole_through_a_slow_spool(start_gateway):
    gate = asyncio.Event()
    gateway = await start_gateway(spool=RecordingSpool(gate=gate))
    big = dcmread(CT)
    big.Rows = big.Columns = 2048
    big.PixelData = bytes(range(256)) * (2048 * 2048 * 2 // 256)
    association = await associate(gateway, ("1.2.840.10008.5.1.4.1.1.2", [ExplicitVRLittleEndian]))
    sending = asyncio.create_task(asyncio.to_thread(association.send_c_store, big))
    limits = gateway.server.limits
    await gateway.until(lambda: gateway.server.queued_bytes >= limits.max_queued_bytes)
    await asyncio.sleep(0.3)  # as long as nobody takes them, no more bytes are let in
    assert gateway.server.queued_bytes <= limits.max_queued_bytes + 300_000
    gate.set()
    assert (await sending).Status == 0
    ((_, data),) = gateway.spool.kept
    assert dcmread(BytesIO(data), force=True).PixelData == big.PixelData
    assert gateway.spool.largest_fragment <= limits.max_queued_bytes
    assert gateway.server.queued_bytes == 0
    await asyncio.to_thread(association.release)


async def test_stopping_lets_the_instance_under_way_finish_and_releases_the_idle(start_gateway):
    gate = asyncio.Event()
    gateway = await start_gateway(spool=RecordingSpool(gate=gate))
    storage = ("1.2.840.10008.5.1.4.1.1.2", [ExplicitVRLittleEndian])
    busy, idle = await associate(gateway, storage), await associate(gateway, storage)
    sending = asyncio.create_task(store(busy))
    await gateway.until(lambda: gateway.spool.opened == 1)
    closing = asyncio.create_task(gateway.server.close(20))
    await gateway.until(lambda: gateway.server.open_associations == 1)
    gate.set()
    assert (await sending).Status == 0
    await closing
    await asyncio.to_thread(idle.join, 5)
    assert len(gateway.spool.kept) == 1
    assert gateway.server.open_connections == 0
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", gateway.port)
