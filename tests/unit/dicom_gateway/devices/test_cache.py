"""The devices a process knows."""

from uuid import UUID, uuid4

import pytest

from dicom_gateway.devices.cache import MOST_STRANGERS, Device, Devices, Stranger

CT = Device(uuid4(), uuid4(), "CT1", enabled=True)
OFF = Device(uuid4(), uuid4(), "DR 1", enabled=False)


def test_what_one_run_knew_the_next_one_admits_without_a_database(tmp_path):
    first = Devices(tmp_path / "below" / "devices.json")
    assert first.replace([CT, OFF])
    assert not first.replace([OFF, CT])
    first.save()
    second = Devices(tmp_path / "below" / "devices.json")
    assert second.load()
    entry = second.look_up("CT1")
    assert entry is not None
    assert (UUID(entry.device_id), UUID(entry.organization_id), entry.enabled) == (CT.id, CT.organization_id, True)
    disabled = second.look_up("DR 1")
    assert disabled is not None
    assert not disabled.enabled
    assert second.look_up("ct1") is None
    assert [path.name for path in (tmp_path / "below").iterdir()] == ["devices.json"]


@pytest.mark.parametrize("content", [None, b"", b"[{", b'[{"ae_title": 1}]'])
def test_a_file_that_is_not_there_or_not_ours_is_no_directory(tmp_path, content):
    if content is not None:
        (tmp_path / "devices.json").write_bytes(content)
    devices = Devices(tmp_path / "devices.json")
    assert not devices.load()
    assert devices.look_up("CT1") is None


def test_strangers_are_counted_told_once_and_given_back(tmp_path):
    devices = Devices(tmp_path / "devices.json")
    for _ in range(3):
        devices.seen("MR9", "TELEMED", "10.0.0.9")
    strangers, met = devices.take_news()
    assert strangers == {Stranger("MR9", "TELEMED", "10.0.0.9"): 3}
    assert devices.take_news() == ({}, set())
    devices.seen("MR9", "TELEMED", "10.0.0.9")
    devices.give_back(strangers, met)
    assert devices.take_news()[0] == {Stranger("MR9", "TELEMED", "10.0.0.9"): 4}


@pytest.mark.parametrize("title", ["", "A\\B", "\ufffd", "tab\t", "seventeen letters", "磁共振"])
def test_a_title_that_cannot_be_enrolled_is_not_remembered(tmp_path, title):
    devices = Devices(tmp_path / "devices.json")
    devices.seen(title, "TELEMED", "10.0.0.9")
    assert devices.take_news()[0] == {}


def test_a_flood_of_invented_titles_is_bounded_and_known_strangers_still_count(tmp_path):
    devices = Devices(tmp_path / "devices.json")
    for number in range(MOST_STRANGERS + 500):
        devices.seen(f"X{number}", "TELEMED", "10.0.0.9")
    devices.seen("X1", "TELEMED", "10.0.0.9")
    strangers, _ = devices.take_news()
    assert len(strangers) == MOST_STRANGERS
    assert strangers[Stranger("X1", "TELEMED", "10.0.0.9")] == 2
