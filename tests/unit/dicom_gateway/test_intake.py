from datetime import UTC, datetime

import msgspec
import pytest

from dicom_gateway import intake
from dicom_gateway.headers import InstanceHeader
from dicom_gateway.spool import InstanceContext
from tests.datasets import CT, EXPLICIT_LITTLE, data_set, encoded


def context(**changes: str) -> InstanceContext:
    facts = {"sop_class_uid": CT, "sop_instance_uid": str(data_set().SOPInstanceUID)} | changes
    return InstanceContext(
        association_id="a1",
        calling_ae="CT1",
        called_ae="TELEMED",
        peer_address="10.0.0.7",
        organization_id=None,
        transfer_syntax_uid=EXPLICIT_LITTLE,
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        **facts,
    )


def test_what_is_as_announced_carries_its_header() -> None:
    found = intake.inspect(context(), memoryview(encoded(data_set())))
    assert found.refused is None
    assert msgspec.json.decode(found.header, type=InstanceHeader).patient_name == "王^桂兰"


@pytest.mark.parametrize(
    ("announced", "status", "reason"),
    [
        ({"sop_class_uid": CT + ".1"}, 0xA900, "sop-class-mismatch"),
        ({"sop_instance_uid": "1.2.3"}, 0xC001, "sop-instance-mismatch"),
    ],
)
def test_what_was_announced_otherwise_is_refused_and_keeps_its_header(
    announced: dict[str, str], status: int, reason: str
) -> None:
    found = intake.inspect(context(**announced), memoryview(encoded(data_set())))
    assert found.refused is not None
    assert (found.refused.status, found.refused.reason, found.refused.transient) == (status, reason, False)
    assert found.header != b"null"


def test_a_fault_of_the_reader_keeps_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> InstanceHeader:
        raise RuntimeError("planted")

    monkeypatch.setattr(intake, "read_header", broken)
    found = intake.inspect(context(), memoryview(b"bytes"))
    assert found.refused is not None
    assert found.refused.reason == "data-set-unreadable"
