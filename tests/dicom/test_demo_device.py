"""The demo's device sends as a modality does: what was not answered goes once more over a new association."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from dicom_gateway.spool.seam import InstanceContext
from telemed.demo.phantom import Examination, Subject, ct_series
from telemed.demo.push import ATTEMPTS, Gateway, NotSent, push
from tests.dicom.recording import RecordingSpool


class FailingSpool(RecordingSpool):
    """Notes which instance is begun and fails, which ends the association, when `fails` says so of the notes."""

    def __init__(self, fails: Callable[[list[str]], bool]) -> None:
        super().__init__()
        self.begun: list[str] = []
        self.fails = fails

    async def open(self, context: InstanceContext):
        self.begun.append(context.sop_instance_uid)
        if self.fails(self.begun):
            raise RuntimeError("the spool fails")
        return await super().open(context)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch):
    """pynetdicom does not always tell a waiting call that its association was aborted."""
    monkeypatch.setattr("telemed.demo.push.ANSWER_SECONDS", 2)


def slices():
    subject = Subject(patient_id="D1", name="Wang^Yulan=王^玉兰")
    examination = Examination(key="device", at=datetime(2026, 11, 1, 8, tzinfo=UTC))
    return list(ct_series(subject, examination, slices=5, size=32))


async def test_an_instance_that_was_not_answered_is_sent_again_and_none_is_left_out(start_gateway):
    made, spool = slices(), FailingSpool(lambda begun: len(begun) == 3)
    gateway = await start_gateway(spool=spool)
    assert await asyncio.to_thread(push, Gateway("127.0.0.1", gateway.port, "TELEMED"), "CT 1", made) == [0] * 5
    uids = [str(one.SOPInstanceUID) for one in made]
    assert spool.begun == [*uids[:3], uids[2], *uids[3:]]


async def test_a_device_that_is_never_answered_says_so_and_after_which_instance(start_gateway):
    spool = FailingSpool(lambda begun: len(begun) > 1)
    gateway = await start_gateway(spool=spool)
    with pytest.raises(NotSent, match=f"CT 1: no answer after 1 instances, {ATTEMPTS} associations"):
        await asyncio.to_thread(push, Gateway("127.0.0.1", gateway.port, "TELEMED"), "CT 1", slices())
    assert len(spool.kept) == 1
