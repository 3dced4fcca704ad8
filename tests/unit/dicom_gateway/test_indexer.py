from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dicom_gateway.indexer import aware, parts
from dicom_gateway.spool import Record

COUNTY = ZoneInfo("Asia/Shanghai")


def record(uid: str, digest: str, ended: str = "") -> Record:
    return Record(
        digest=digest,
        size=1,
        association_id="a1",
        calling_ae="CT1",
        called_ae="TELEMED",
        peer_address="10.0.0.7",
        organization_id=None,
        sop_class_uid="1.2",
        sop_instance_uid=uid,
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        ended=ended,
    )


def test_a_batch_is_cut_only_where_one_uid_comes_with_other_bytes() -> None:
    one, again, other = record("1", "a"), record("1", "a"), record("1", "b")
    second, end = record("2", "c"), record("", "", "released")
    assert parts([one, second, again, end, end]) == [[one, second, again, end, end]]
    assert parts([one, second, other, again]) == [[one, second], [other], [again]]
    assert parts([]) == []


def test_a_device_without_a_zone_is_in_the_countys() -> None:
    assert aware(datetime(2026, 11, 23, 8, 0), COUNTY) == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # noqa: DTZ001
    assert aware(datetime(2026, 11, 23, tzinfo=UTC), COUNTY) == datetime(2026, 11, 23, tzinfo=UTC)
    assert aware(datetime(1, 1, 1), COUNTY) is None  # noqa: DTZ001
    assert aware(None, COUNTY) is None
