"""STOW-RS: parts into the spool, each with its own fate; hostile uploads cost little."""

import asyncio
import io

import pytest

from dicom_gateway.dicomweb.multipart import part_head, tail
from telemed.demo.phantom import Examination, Subject, ct_series

from .conftest import data_set_bytes, file_bytes

MARK = "b0undary"
TYPE = {"Content-Type": f'multipart/related; type="application/dicom"; boundary={MARK}'}
CT = "1.2.840.10008.5.1.4.1.1.2"


def body(*parts: bytes) -> bytes:
    heads = [part_head(MARK, {"Content-Type": "application/dicom"}, first=not number) for number in range(len(parts))]
    return b"".join(head + part for head, part in zip(heads, parts, strict=True)) + tail(MARK)


@pytest.fixture(scope="module")
def series():
    return list(ct_series(Subject(), Examination(key="stow"), slices=3, size=64))


async def store(client, content, **headers):
    answer = await client.post("/dicom-web/studies", data=content, headers=TYPE | headers)
    return answer.status, await answer.json(content_type=None)


def uids(found, tag):
    return [one["00081155"].get("Value", [""])[0] for one in found.get(tag, {}).get("Value", [])]


async def test_all_stored(client, spool, series, door):
    status, said = await store(client, body(*[file_bytes(one) for one in series]))
    assert status == 200
    assert uids(said, "00081199") == [one.SOPInstanceUID for one in series]
    assert "00081198" not in said
    import hashlib  # noqa: PLC0415

    assert set(spool.stored) == {hashlib.sha256(data_set_bytes(one)).hexdigest() for one in series}
    context = next(iter(spool.stored.values()))
    assert context.sop_class_uid == CT
    assert context.transfer_syntax_uid == "1.2.840.10008.1.2.1"
    assert context.organization_id == str(door.organization)
    assert door.recorded == [("study.store", "success", 0)]


async def test_a_medium_s_other_files_are_left_out_with_a_reason_each(client, spool, series):
    directory = file_bytes(series[1]).replace(CT.encode() + b"\0", b"1.2.840.10008.1.3.10".ljust(26, b"\0"))
    status, said = await store(client, body(b"AUTORUN", file_bytes(series[0]), b"x" * 4000, b"", directory))
    assert status == 200
    assert len(spool.stored) == 1
    reasons = [one["00000902"]["Value"][0] for one in said["00081198"]["Value"]]
    assert [one.partition(": ")[0] for one in reasons][:3] == ["part 1", "part 3", "part 4"]
    assert reasons[0].endswith("not-dicom")


async def test_what_was_there_already_is_told_apart_from_what_is_new(client, series):
    first, second = (file_bytes(one) for one in series[:2])
    await store(client, body(first))
    _, said = await store(client, body(second, first))
    assert [one.get("00000902", {}).get("Value") for one in said["00081199"]["Value"]] == [
        None,
        ["part 2: already-stored"],
    ]


async def test_some_refused_and_all_refused(client, spool, series):
    spool.refused.add(CT)
    status, said = await store(client, body(file_bytes(series[0])))
    assert status == 409
    (failed,) = said["00081198"]["Value"]
    assert failed["00081197"]["Value"] == [0xA900]
    assert "00081199" not in said
    spool.refused.clear()
    broken = file_bytes(series[0])[:140]
    status, said = await store(client, body(file_bytes(series[1]), broken))
    assert status == 202
    assert said["00081198"]["Value"][0]["00000902"]["Value"] == ["part 2: file-meta-truncated"]


async def test_nothing_but_foreign_files_is_a_conflict(client, series):
    assert (await store(client, body(b"hello")))[0] == 409


@pytest.mark.parametrize(
    "kind",
    ["application/dicom", "multipart/related", "multipart/form-data; boundary=x", 'multipart/related; boundary=""'],
)
async def test_another_media_type_is_refused_before_it_is_read(client, kind):
    answer = await client.post("/dicom-web/studies", data=b"x", headers={"Content-Type": kind})
    assert answer.status == 415


async def test_a_body_that_ends_in_mid_instance_keeps_what_was_whole(client, spool, series):
    whole = body(*[file_bytes(one) for one in series])
    status, said = await store(client, whole[: len(whole) // 2])
    assert status == 422
    assert said["code"] == "multipart-malformed"
    assert len(spool.stored) == 1
    assert spool.abandoned == 1


async def test_headers_without_end_are_refused_early(client, spool):
    async def endless():
        yield f"--{MARK}\r\nX: ".encode()
        for _ in range(2000):
            yield b"x" * 4096

    status, said = await store(client, endless())
    assert status == 422
    assert said["code"] == "multipart-malformed"


async def test_a_meta_length_that_lies_is_a_reason_not_a_crash(client, spool, series):
    file = bytearray(file_bytes(series[0]))
    file[140:144] = b"\xff\xff\xff\x7f"
    assert (await store(client, body(bytes(file))))[0] == 200  # the group length is a hint, the elements decide
    file = bytearray(file_bytes(series[0]))
    file[150:156] = b"OB\0\0\xff\xff"
    status, _ = await store(client, body(bytes(file)))
    assert status == 409


async def test_an_upload_beyond_the_limit_is_refused_by_its_length(client):
    answer = await client.post("/dicom-web/studies", data=b"", headers=TYPE | {"Content-Length": str(5 << 30)})
    assert answer.status == 413


async def test_an_upload_is_streamed_and_not_collected(client, spool):
    (data,) = ct_series(Subject(), Examination(key="large"), slices=1, size=1024)
    file = file_bytes(data)

    async def slowly():
        stream = io.BytesIO(body(file))
        while chunk := stream.read(16384):
            yield chunk
            await asyncio.sleep(0)

    assert (await store(client, slowly()))[0] == 200
    assert spool.largest < 1 << 20 < len(file)
