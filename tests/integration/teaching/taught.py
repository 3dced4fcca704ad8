"""A county that teaches: signed consultations with images in the archive, and who proposes, releases and reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, UltrasoundImageStorage, generate_uid

from telemed.taught import copies_of
from telemed.teaching.copying import Making, copy_one
from telemed.vocabulary import Role
from tests.integration.consultation.requests.archive import Archive
from tests.integration.consultation.requests.door import Somebody
from tests.unit.teaching.phantoms import encoded

CT, US, SR = str(CTImageStorage), str(UltrasoundImageStorage), "1.2.840.10008.5.1.4.1.1.88.33"
TEXTS: dict[str, Any] = {
    "title": "左肺上叶磨玻璃结节",
    "teaches": "随访策略",
    "question": "结节是否需要处理？",
    "opinion": "建议三个月后复查。",
    "keywords": ["肺结节", "随访"],
    "body_part": "chest",
}


@dataclass
class Taught:
    archive: Archive
    people: dict[str, Somebody] = field(default_factory=dict[str, Somebody])

    @property
    def asked(self) -> Any:
        return self.archive.asked

    @property
    def making(self) -> Making:
        config = self.archive.door.county.config
        return Making(self.asked.pool, copies_of(config), self.read)

    def read(self, digest: str) -> bytes:
        (path,) = self.archive.root.rglob(digest)
        return path.read_bytes()

    async def found(self) -> None:
        """proposer: the expert who signs; second: the head of the imaging centre; others who only read, or do not."""
        door, county = self.archive.door, self.asked.county
        async with self.asked.pool.transaction() as tx:
            for place in (county.center, county.township):
                await tx.execute(
                    "insert into community_membership (organization_id, valid_from) values (%s, '2026-01-01')", (place,)
                )
        for name, role, place in (
            ("second", Role.CENTER_HEAD, county.center),
            ("quality", Role.QUALITY_OFFICER, county.center),
            ("bystander", Role.REQUESTER, county.center),
            ("reader", Role.VILLAGE_DOCTOR, county.township),
            ("clerk", Role.REGISTRAR, county.township),
        ):
            self.people[name] = await door.hire(role, place)
        self.people["proposer"] = await door.physician()

    async def image(self, series: str, sop_class: str = CT, modality: str = "CT", **other: Any) -> Dataset:
        one = Dataset()
        one.SpecificCharacterSet = "GB18030"
        one.SOPClassUID, one.SOPInstanceUID = sop_class, generate_uid()
        one.StudyInstanceUID, one.SeriesInstanceUID = self.study, series
        one.PatientID, one.PatientName = "P0001", "WANG^GUILAN=王^桂兰"
        one.StudyID, one.AccessionNumber, one.StudyDate, one.StudyTime = "S1", "LH001", "20261126", "091200"
        one.Modality, one.SeriesNumber, one.InstanceNumber = modality, other.pop("place"), other.pop("number")
        one.Rows = one.Columns = 64
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 8, 8, 7, 0
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.PixelData = np.arange(64 * 64, dtype="<u2").astype("u1").tobytes()
        for keyword, value in other.items():
            setattr(one, keyword, value)
        await self.archive._send(encoded(one), sop_class, str(one.SOPInstanceUID))
        return one

    async def signed(self, *, slices: int = 2, pictures: int = 1, reports: int = 0) -> UUID:
        """A consultation whose opinion is signed, with a CT series, ultrasound pictures and structured reports."""
        self.study = str(generate_uid())
        kinds = ((CT, "CT", slices), (US, "US", pictures), (SR, "SR", reports))
        for place, (sop_class, modality, amount) in enumerate(kinds, 1):
            series = str(generate_uid())
            for number in range(amount):
                await self.image(series, sop_class, modality, place=place, number=number + 1)
        await self.archive.indexer.drain()
        async with self.asked.pool.transaction() as tx:
            row = await tx.execute(
                "update imaging_study set patient_id = %s, match_state = 'sure', completeness = 'complete',"
                " settle_at = null where study_instance_uid = %s returning id",
                (self.asked.county.patient, self.study),
            )
            self.asked.studies[:] = [(await row.fetchall())[0][0]]
        number = await self.asked.in_session()
        await self.archive.sign(number)
        return number

    async def series(self, number: UUID) -> list[str]:
        status, told = await self.people["proposer"].call("GET", f"/api/consultations/{number}/teaching")
        assert status == 200, told
        return [one["id"] for one in told["series"] if not one["why"]]

    async def propose(self, number: UUID, by: str = "proposer", **other: Any) -> tuple[int, str, Any]:
        case = other.pop("id", str(uuid4()))
        series = other.pop("series", None) or await self.series(number)
        body = {"id": case, "series": series, **TEXTS, **other}
        status, answer = await self.people[by].call("POST", f"/api/consultations/{number}/teaching", body)
        return status, case, answer

    async def copy(self, making: Making | None = None) -> None:
        for _ in range(50):
            if not await copy_one(making or self.making, self.asked.county.now):
                return
        raise AssertionError("no end of copying")

    async def of(self, case: str, who: str = "proposer") -> Any:
        status, told = await self.people[who].call("GET", f"/api/teaching-proposals/{case}")
        assert status == 200, told
        return told

    async def act(self, who: str, case: str, command: str, **body: Any) -> tuple[int, Any]:
        return await self.people[who].call("POST", f"/api/teaching-proposals/{case}/{command}", body)

    async def state(self, case: str) -> str:
        return (await self.asked.rows("select state from teaching_case where id = %s", UUID(case)))[0][0]

    async def revision(self, case: str) -> int:
        return (await self.asked.rows("select revision from teaching_case where id = %s", UUID(case)))[0][0]

    async def take(self, who: str, case: str, command: str) -> tuple[int, Any]:
        """A command as it is meant, whatever the state."""
        revision = await self.revision(case)
        images = await self.asked.rows(
            "select id::text from teaching_image where case_id = %s and state = 'copied'", UUID(case)
        )
        body: dict[str, dict[str, Any]] = {
            "look": {"images": [one for (one,) in images] or [str(uuid4())], "verdict": "clear"},
            "texts": {**TEXTS, "title": "改过的标题", "revision": revision},
            "submit": {"revision": revision},
            "release": {"revision": revision},
            "refuse": {"reason": "标题不清楚"},
            "withdraw": {"reason": "不合适"},
        }
        return await self.act(who, case, command, **body[command])

    async def into(self, state: str, number: UUID) -> str:
        """A case in a state."""
        status, case, answer = await self.propose(number)
        assert status == 204, answer
        if state == "copying":
            return case
        if state == "failed":
            await self.asked.rows(
                "update teaching_image set state = 'left-out', why = 'missing' where case_id = %s returning id",
                UUID(case),
            )
            await self.copy()
            return case
        await self.copy()
        for who, command in {
            "prepared": (("proposer", "look"),),
            "submitted": (("proposer", "look"), ("proposer", "submit")),
            "refused": (("proposer", "look"), ("proposer", "submit"), ("second", "refuse")),
            "released": (("proposer", "look"), ("proposer", "submit"), ("second", "release")),
            "withdrawn": (("proposer", "withdraw"),),
        }[state]:
            status, answer = await self.take(who, case, command)
            assert status == 204, (command, answer)
        assert await self.state(case) == state
        return case
