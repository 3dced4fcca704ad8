"""A real gateway on a real volume that fills up: each refusal is A700, each Success is there, and room heals it."""

import asyncio
import hashlib
import os
import time
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import Verification

from tests.datasets import CT, data_set

MOUNT = 'mount -t tmpfs -o size=24m tmpfs "$0" && exec "$@"'
SIDE = 724  # pixels: an instance of about 1 MB


def instance(number: int) -> Dataset:
    made = data_set(
        SOPInstanceUID=generate_uid(entropy_srcs=["volume", str(number)]),
        InstanceNumber=number,
        Rows=SIDE,
        Columns=SIDE,
        PixelData=number.to_bytes(4, "little") * (SIDE * SIDE // 2),
    )
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made


def push(port: int, numbers: range) -> tuple[dict[str, str], list[int], int]:
    """Store these over one association: UID → digest of what was acknowledged, other statuses, status of a C-ECHO."""
    ae = AE("PYNETDICOM")
    ae.add_requested_context(CT, ExplicitVRLittleEndian)
    ae.add_requested_context(Verification)
    association = ae.associate("127.0.0.1", port, ae_title="TELEMED")
    patience = time.monotonic() + 30
    while not association.is_established:
        # a gateway that just started knows no device yet
        assert time.monotonic() < patience
        association = ae.associate("127.0.0.1", port, ae_title="TELEMED")
    acknowledged: dict[str, str] = {}
    refused: list[int] = []
    for number in numbers:
        made = instance(number)
        content = encode(made, is_implicit_vr=False, is_little_endian=True)
        assert content is not None
        status = association.send_c_store(made).Status
        if status == 0:
            acknowledged[str(made.SOPInstanceUID)] = hashlib.sha256(content).hexdigest()
        else:
            refused.append(status)
    echo = association.send_c_echo().Status
    association.release()
    return acknowledged, refused, echo


def files(volume: Path, which: str) -> dict[str, str]:
    """Name → SHA-256 of what is there."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in volume.glob(which)}


async def test_a_volume_that_fills_up_refuses_what_it_cannot_keep_and_goes_on_once_there_is_room(
    process, pool, tmp_path: Path, monkeypatch
) -> None:
    for least, rung in enumerate(("REFUSE", "PAUSE", "WARN"), 1):
        # the ladder would stop it before the volume is full, which is what this is about
        monkeypatch.setenv(f"TELEMED__ARCHIVE__{rung}_FREE_BYTES", str(least))
    imaging = tmp_path / "imaging"
    imaging.mkdir()
    may_mount = () if os.geteuid() == 0 else ("--map-root-user",)
    process.prefix = ("unshare", *may_mount, "--mount", "sh", "-c", MOUNT, str(imaging))
    await process.start()
    # as the gateway's own mount namespace shows it
    volume = Path(f"/proc/{process.running.pid}/root{imaging}")

    ballast = volume / "ballast"
    ballast.write_bytes(bytes(12 << 20))
    acknowledged, refused, echo = await asyncio.to_thread(push, process.port, range(1, 21))
    assert 3 <= len(acknowledged) <= 12
    assert set(refused) == {0xA700}
    assert echo == 0
    assert files(volume, "spool/*/*.part") == {}

    ballast.unlink()
    again, refused, echo = await asyncio.to_thread(push, process.port, range(21, 24))
    assert (len(again), refused, echo) == (3, [], 0)
    acknowledged |= again
    async with asyncio.timeout(30):
        while not acknowledged.items() <= (found := await indexed(pool)).items():
            await asyncio.sleep(0.05)
    assert found == acknowledged
    assert files(volume, "archive/*/*") == {digest: digest for digest in acknowledged.values()}


async def indexed(pool) -> dict[str, str]:
    async with pool.connection() as connection:
        cursor = await connection.execute("select sop_instance_uid, encode(digest, 'hex') from imaging_instance")
        return dict(await cursor.fetchall())
