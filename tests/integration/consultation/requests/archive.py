"""An archive behind a consultation: real images in it, a room in which somebody marks them."""

from __future__ import annotations

import io
import subprocess
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian, generate_uid

from dicom_gateway.deposit import Deposit
from dicom_gateway.indexer import Indexer
from dicom_gateway.spool import DurableSpool, InstanceContext, Refused
from telemed.consultation.room import store as room_log
from telemed.consultation.room.deciding import Who
from telemed.consultation.room.facts import FACTS
from telemed.consultation.room.protocol import Command
from telemed.consultation.service import marks, opinions, rooms
from tests.integration.consultation.requests.asked import ZONE, Asked
from tests.integration.consultation.requests.door import Door

_CID = count(1)
CT_SOP, ENHANCED_SOP = str(CTImageStorage), str(EnhancedCTImageStorage)


@dataclass
class Image:
    study: str
    series: str
    sop: str


@dataclass
class Archive:
    """left: how often the archive refuses before it takes something, and by which word."""

    door: Door
    spool: DurableSpool
    indexer: Indexer
    root: Path
    refusals: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])

    @property
    def asked(self) -> Asked:
        return self.door.asked

    async def study(self, *images: tuple[str, int], accession: str = "LH001") -> list[Image]:
        """A study of the consultation's patient comes in: images of one series each, by SOP class and frames."""
        uid, made = generate_uid(), []
        for sop_class, frames in images:
            one = Image(str(uid), str(generate_uid()), str(generate_uid()))
            made.append(one)
            await self._send(_image(one, sop_class, frames, accession), sop_class, one.sop)
        await self.indexer.drain()
        async with self.asked.pool.transaction() as tx:
            row = await tx.execute(
                "update imaging_study set patient_id = %s, match_state = 'sure', completeness = 'complete',"
                " settle_at = null where study_instance_uid = %s returning id",
                (self.asked.county.patient, str(uid)),
            )
            self.asked.studies.append((await row.fetchall())[0][0])
        return made

    async def _send(self, content: bytes, sop_class: str, sop: str) -> None:
        context = InstanceContext(
            "a1",
            "CT1",
            "TELEMED",
            "10.0.0.7",
            str(self.asked.county.township),
            sop_class,
            sop,
            str(ExplicitVRLittleEndian),
            self.asked.county.now,
        )
        draft = await self.spool.open(context)
        assert not isinstance(draft, Refused)
        await draft.write(content)
        assert not isinstance(await draft.commit(), Refused)

    async def mark(self, number: UUID, who: str, image: Image, **said: Any) -> str:
        """Somebody draws; returns the mark's id."""
        id_ = said.pop("id", None) or str(uuid4())
        known = {"study": image.study, "series": image.series, "sop": image.sop, "frame": 1, "tool": "length"}
        await self.tell(number, who, "anno.add", {"id": id_, **known, **said})
        return id_

    async def tell(self, number: UUID, who: str, kind: str, said: dict[str, Any], base: int | None = None) -> None:
        room = (await self.asked.row(number)).room_id
        assert room is not None
        command = Command(f"c{next(_CID)}", kind, msgspec.convert(said, FACTS[kind]), base)
        async with self.asked.pool.transaction() as tx:
            done = await room_log.append(
                tx,
                room,
                Who(str(self.asked.who(who)), service=True),
                command,
                device="d1",
                now=self.asked.county.now,
                inside=rooms.images_of,
            )
        assert isinstance(done, room_log.Appended), done

    async def sign(self, number: UUID) -> None:
        asked, desk = self.asked, self.door.desk
        await asked.act("qin", opinions.write, number, "左肺上叶结节", "三个月后复查", 0)
        principal = asked.county.people["qin"].principal
        made = await opinions.prepare(
            asked.pool, principal, number, revision=1, now=asked.county.now, zone=desk.zone, sealing=desk.sealing
        )
        await asked.act("qin", opinions.sign, number, made)

    async def put(self, content: bytes, **said: Any) -> tuple[str, bool] | None:
        """As the server puts it, after what is to go wrong first."""
        return self.refusals.pop(0) if self.refusals else await Deposit(self.spool)(content, **said)

    async def export(self, *, seconds: float = 2, rounds: int = 10) -> None:
        """Make what is due, and look again, until nothing is owed any more or the rounds are over."""
        for _ in range(rounds):
            while await marks.export_one(self.asked.pool, self.put, self.asked.county.now, ZONE):
                pass
            await self.indexer.drain()
            self.asked.later(seconds=seconds)

    async def reports(self) -> list[tuple[str, Dataset]]:
        """What the index has of documents of the county's own, read from the archive: study UID and data set."""
        rows = await self.asked.rows(
            "select s.study_instance_uid, encode(i.digest, 'hex') from imaging_instance i"
            " join imaging_study s on s.id = i.study_id where i.calling_ae = 'TELEMED-SR' order by i.received_at, i.id"
        )
        return [(study, self.read(digest)) for study, digest in rows]

    def read(self, digest: str) -> Dataset:
        (path,) = self.root.rglob(digest)
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        content = io.BytesIO(path.read_bytes())
        return pydicom.filereader.read_dataset(content, is_implicit_VR=False, is_little_endian=True)


def saved(document: Dataset, folder: Path) -> Path:
    """As a file for other programs."""
    path = folder / f"{document.SOPInstanceUID}.dcm"
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = document.SOPClassUID, document.SOPInstanceUID
    whole = Dataset(document)
    whole.file_meta = meta
    pydicom.dcmwrite(path, whole, enforce_file_format=True)
    return path


def dcmtk(program: str, path: Path) -> str:
    return subprocess.run([program, str(path)], check=True, capture_output=True, text=True).stdout


def _image(image: Image, sop_class: str, frames: int, accession: str) -> bytes:
    one = Dataset()
    one.SpecificCharacterSet = "GB18030"
    one.SOPClassUID, one.SOPInstanceUID = sop_class, image.sop
    one.StudyInstanceUID, one.SeriesInstanceUID = image.study, image.series
    one.PatientID, one.PatientName = "P0001", "WANG^GUILAN=王^桂兰"
    one.PatientBirthDate, one.PatientSex = "19530102", "F"
    one.StudyID, one.AccessionNumber, one.StudyDate, one.StudyTime = "S1", accession, "20261126", "091200"
    one.Modality, one.SeriesNumber, one.InstanceNumber = "CT", 1, 1
    one.Rows = one.Columns = 4
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 16, 15, 0
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
    if frames > 1:
        one.NumberOfFrames = frames
    one.PixelData = bytes(2 * 16 * frames)
    with DicomBytesIO() as file:
        file.is_little_endian, file.is_implicit_VR = True, False
        write_dataset(file, one)
        return file.getvalue()
