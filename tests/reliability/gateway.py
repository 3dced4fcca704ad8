"""The gateway as a process of its own on loopback, and a sender that remembers what was acknowledged."""

import asyncio
import hashlib
import os
import random
import signal
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE
from pynetdicom.dsutils import encode

from tests.datasets import CT, data_set

REPOSITORY = Path(__file__).parents[2]


@dataclass
class Process:
    """python -m dicom_gateway, started and killed any number of times."""

    state: Path
    dsn: str
    port: int
    prefix: tuple[str, ...] = ()
    running: asyncio.subprocess.Process | None = None
    starts: int = 0

    async def start(self) -> None:
        environment = dict(os.environ) | {
            "TELEMED__STATE__PATH": str(self.state),
            "TELEMED__DATABASE__DSN": self.dsn,
            "TELEMED__DICOM__PORT": str(self.port),
            "TELEMED__LOG__FORMAT": "json",
        }
        with (self.state / "gateway.log").open("ab") as log:
            self.running = await asyncio.create_subprocess_exec(
                *self.prefix, sys.executable, "-m", "dicom_gateway", env=environment, stderr=log, cwd=REPOSITORY
            )
        self.starts += 1
        async with asyncio.timeout(60):
            while (self.state / "gateway.log").read_text().count('"listening"') < self.starts:
                assert self.running.returncode is None, (self.state / "gateway.log").read_text()
                await asyncio.sleep(0.02)

    async def stop(self, number: int) -> None:
        assert self.running is not None
        if self.running.returncode is None:
            self.running.send_signal(number)
        await self.running.wait()

    async def kill(self) -> None:
        await self.stop(signal.SIGKILL)


@dataclass
class Senders:
    """Threads that push instances over associations of their own until they are told to stop."""

    port: int
    seed: int
    ae_title: str = "PYNETDICOM"
    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    broken: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self, count: int) -> None:
        for number in range(count):
            thread = threading.Thread(target=self.push, args=(number,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def end(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()

    def push(self, number: int) -> None:
        chance = random.Random(self.seed * 1000 + number)
        ae = AE(self.ae_title)
        ae.add_requested_context(CT, ExplicitVRLittleEndian)
        # pynetdicom does not notice a connection reset while it waits; it waits for these, in seconds
        ae.acse_timeout, ae.dimse_timeout, ae.network_timeout = 1, 10, 10
        ae.connection_timeout = 2
        sent = 0
        while not self.over.is_set():
            association = ae.associate("127.0.0.1", self.port, ae_title="TELEMED")
            if not association.is_established:
                # the gateway is being started again
                self.over.wait(0.05)
                continue
            while association.is_established and not self.over.is_set():
                sent += 1
                self.store(association, self.instance(number, sent, chance))
            if association.is_established:
                association.release()

    def store(self, association, made: Dataset) -> None:
        encoded = encode(made, is_implicit_vr=False, is_little_endian=True)
        assert encoded is not None
        try:
            answer = association.send_c_store(made)
        except RuntimeError:
            answer = Dataset()
        if "Status" not in answer:
            self.broken += 1
        elif answer.Status == 0:
            self.acknowledged[str(made.SOPInstanceUID)] = hashlib.sha256(encoded).hexdigest()
        else:
            self.refused.append(answer.Status)

    def instance(self, number: int, sent: int, chance: random.Random) -> Dataset:
        study = f"1.2.826.0.1.3680043.2.1143.{self.seed}.{number}.{sent // 50}"
        side = chance.choice((16, 64, 256))
        made = data_set(
            SOPInstanceUID=generate_uid(entropy_srcs=[str(self.seed), str(number), str(sent)]),
            StudyInstanceUID=study,
            SeriesInstanceUID=f"{study}.1",
            InstanceNumber=sent,
            Rows=side,
            Columns=side,
            BitsStored=16,
            HighBit=15,
            PixelData=chance.randbytes(side * side * 2),
        )
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        return made
