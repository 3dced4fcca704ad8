"""WADO-RS: what went in comes out, in every form a viewer asks for."""

import copy
import io
import struct
from email.parser import BytesParser

import aiohttp
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.uid import ExplicitVRBigEndian, generate_uid

from dicom_gateway.spool.archive import blob_path
from telemed.demo.phantom import Examination, Subject, ct_series

from .conftest import data_set_bytes

ANY = 'multipart/related; type="application/dicom"; transfer-syntax=*'
FRAMES = "multipart/related; type=application/octet-stream; transfer-syntax=*"


def parts_of(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """Read a multipart body with the standard library: an independent reader."""
    message = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    boundary = message.get_param("boundary").encode()
    pieces = body.split(b"--" + boundary)[1:-1]
    assert body.endswith(b"--" + boundary + b"--\r\n")
    found = []
    for piece in pieces:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found.append((head.decode().partition(": ")[2], content.removesuffix(b"\r\n")))
    return found


async def multipart(client, url: str, accept: str) -> list[tuple[str, bytes]]:
    answer = await client.get(url, headers={"Accept": accept})
    assert answer.status == 200, await answer.text()
    return parts_of(answer.headers["Content-Type"], await answer.read())


def url_of(data) -> str:
    return f"/dicom-web/studies/{data.StudyInstanceUID}/series/{data.SeriesInstanceUID}/instances/{data.SOPInstanceUID}"


def foreign(name: str):
    """One of pydicom's own files, its File Meta as it stands."""
    return pydicom.dcmread(get_testdata_file(name))


def stored_bytes(name: str) -> bytes:
    with open(get_testdata_file(name), "rb") as file:  # noqa: PTH123
        content = file.read()
    (length,) = struct.unpack_from("<I", content, 140)
    return content[144 + length :]


@pytest.fixture(scope="module")
def series():
    subject = Subject(name="Meng^Shuzhen=孟^淑珍", charset="GB18030")
    return list(ct_series(subject, Examination(key="r"), slices=5, size=64))


@pytest.fixture
async def ct(shelf, series):
    for data in series:
        await shelf.put(data)
    return series


FILES = [
    "CT_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "image_dfl.dcm",
    "JPEG2000.dcm",
    "examples_ybr_color.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "rtplan.dcm",
    "waveform_ecg.dcm",
    "examples_palette.dcm",
]


@pytest.mark.parametrize("name", FILES)
async def test_a_data_set_comes_out_as_it_went_in_byte_for_byte(client, shelf, name):
    raw = stored_bytes(name)
    data = foreign(name)
    await shelf.put(data, content=raw)
    ((kind, content),) = await multipart(client, url_of(data), ANY)
    assert kind == f"application/dicom; transfer-syntax={data.file_meta.TransferSyntaxUID}"
    (length,) = struct.unpack_from("<I", content, 140)
    assert content[144 + length :] == raw
    read = pydicom.dcmread(io.BytesIO(content))
    assert read.file_meta.MediaStorageSOPInstanceUID == data.SOPInstanceUID
    assert read.file_meta.TransferSyntaxUID == data.file_meta.TransferSyntaxUID


async def test_a_series_and_a_study_come_out_in_reading_order(client, ct):
    base = f"/dicom-web/studies/{ct[0].StudyInstanceUID}"
    for url in (base, f"{base}/series/{ct[0].SeriesInstanceUID}"):
        parts = await multipart(client, url, ANY)
        uids = [pydicom.dcmread(io.BytesIO(content)).SOPInstanceUID for _, content in parts]
        assert uids == [one.SOPInstanceUID for one in ct]


async def test_one_instance_alone_as_a_file(client, ct):
    answer = await client.get(url_of(ct[0]), headers={"Accept": "application/dicom; transfer-syntax=*"})
    assert answer.content_type == "application/dicom"
    assert pydicom.dcmread(io.BytesIO(await answer.read())).PixelData == ct[0].PixelData
    several = await client.get(
        f"/dicom-web/studies/{ct[0].StudyInstanceUID}", headers={"Accept": "application/dicom; transfer-syntax=*"}
    )
    assert several.status == 406


@pytest.mark.parametrize("name", ["MR_small_implicit.dcm", "MR_small_bigendian.dcm", "MR_small_jpeg_ls_lossless.dcm"])
async def test_an_instance_is_transcoded_to_what_the_client_takes(client, shelf, name):
    data = foreign(name)
    await shelf.put(data, content=stored_bytes(name))
    ((kind, content),) = await multipart(client, url_of(data), 'multipart/related; type="application/dicom"')
    assert kind.endswith("1.2.840.10008.1.2.1")
    read = pydicom.dcmread(io.BytesIO(content))
    assert np.array_equal(read.pixel_array, data.pixel_array)


async def test_metadata_is_utf8_and_names_the_pixels(client, ct):
    base = f"/dicom-web/studies/{ct[0].StudyInstanceUID}/series/{ct[0].SeriesInstanceUID}"
    answer = await client.get(f"{base}/metadata", headers={"Accept": "application/dicom+json"})
    assert answer.content_type == "application/dicom+json"
    found = await answer.json(content_type=None)
    assert [one["00080018"]["Value"] for one in found] == [[one.SOPInstanceUID] for one in ct]
    assert found[0]["00100010"]["Value"] == [{"Alphabetic": "Meng^Shuzhen", "Ideographic": "孟^淑珍"}]
    assert found[0]["00080005"]["Value"] == ["ISO_IR 192"]
    assert found[0]["00200032"]["Value"] == [float(one) for one in ct[0].ImagePositionPatient]
    uri = found[0]["7FE00010"]["BulkDataURI"]
    assert uri.startswith("http://")
    pixels = await client.get(uri.partition(str(client.make_url("/").authority))[2])
    assert pixels.content_type == "application/octet-stream"
    assert await pixels.read() == ct[0].PixelData


async def test_metadata_kept_from_before_says_the_same(client, ct, shelf):
    url = f"/dicom-web/studies/{ct[0].StudyInstanceUID}/series/{ct[0].SeriesInstanceUID}/metadata"
    first = await (await client.get(url)).read()
    (kept,) = (shelf.root / "derived").rglob("*.json")
    written = kept.stat().st_mtime_ns
    assert await (await client.get(url)).read() == first
    assert kept.stat().st_mtime_ns == written


async def test_metadata_kept_before_another_instance_came_is_derived_anew(client, ct, shelf):
    url = f"/dicom-web/studies/{ct[0].StudyInstanceUID}/series/{ct[0].SeriesInstanceUID}/metadata"
    before = await (await client.get(url)).json(content_type=None)
    late = copy.deepcopy(ct[-1])
    late.SOPInstanceUID = f"{ct[-1].SOPInstanceUID}.1"
    late.InstanceNumber = 999
    await shelf.put(late)
    after = await (await client.get(url)).json(content_type=None)
    assert after[:-1] == before
    assert after[-1]["00080018"]["Value"] == [late.SOPInstanceUID]
    assert len(list((shelf.root / "derived").rglob("*.json"))) == 1


async def test_metadata_is_answered_where_nothing_can_be_kept(client, ct, shelf):
    (shelf.root / "derived").write_bytes(b"in the way")
    found = await (await client.get(f"{url_of(ct[0])}/metadata")).json(content_type=None)
    assert found[0]["00080018"]["Value"] == [ct[0].SOPInstanceUID]


async def test_frames_as_a_viewer_asks(client, ct):
    ((kind, content),) = await multipart(client, f"{url_of(ct[0])}/frames/1", FRAMES)
    assert kind == "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
    assert content == ct[0].PixelData


async def test_compressed_frames_pass_through_or_are_decoded(client, shelf):
    data = foreign("examples_ybr_color.dcm")
    await shelf.put(data, content=stored_bytes("examples_ybr_color.dcm"))
    stored = list(pydicom.encaps.generate_frames(data.PixelData, number_of_frames=30))
    parts = await multipart(client, f"{url_of(data)}/frames/1,7,30", FRAMES)
    assert [content for _, content in parts] == [stored[0], stored[6], stored[29]]
    assert parts[0][0].endswith("1.2.840.10008.1.2.4.50")
    ((kind, content),) = await multipart(
        client, f"{url_of(data)}/frames/7", "multipart/related; type=application/octet-stream"
    )
    assert kind.endswith("1.2.840.10008.1.2.1")
    assert len(content) == 240 * 320 * 3
    ((kind, content),) = await multipart(client, f"{url_of(data)}/frames/7", "multipart/related; type=image/jpeg")
    assert kind.startswith("image/jpeg")


async def test_big_endian_pixels_leave_in_little_endian(client, shelf):
    data = foreign("MR_small_bigendian.dcm")
    assert data.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
    await shelf.put(data, content=stored_bytes("MR_small_bigendian.dcm"))
    ((_, content),) = await multipart(client, f"{url_of(data)}/frames/1", FRAMES)
    assert np.array_equal(np.frombuffer(content, "<i2").reshape(64, 64), data.pixel_array)


@pytest.mark.parametrize("frames", ["0", "2", "x", "1,2", "-1", "1,,1", ",", "9999999999"])
async def test_a_frame_that_is_not_there_is_not_found(client, ct, frames):
    assert (await client.get(f"{url_of(ct[0])}/frames/{frames}", headers={"Accept": FRAMES})).status == 404


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("", "text/html"),
        ("", 'multipart/related; type="application/dicom+xml"'),
        ("/metadata", 'multipart/related; type="application/dicom+xml"'),
        ("/frames/1", "multipart/related; type=image/jp2"),
        ("/rendered", "image/gif"),
        ("/bulkdata/7FE00010", "image/jpeg"),
    ],
)
async def test_what_cannot_be_given_is_not_acceptable(client, ct, path, accept):
    answer = await client.get(url_of(ct[0]) + path, headers={"Accept": accept})
    assert answer.status == 406
    assert answer.content_type == "application/problem+json"


async def picture(client, url: str, **query) -> np.ndarray:
    answer = await client.get(url, params=query, headers={"Accept": "image/png"})
    assert answer.status == 200, await answer.text()
    return np.asarray(Image.open(io.BytesIO(await answer.read())))


async def test_a_picture_by_the_image_s_own_window_and_by_another(client, ct):
    own = await picture(client, f"{url_of(ct[2])}/rendered")
    units = ct[2].pixel_array.astype(float) - 1024
    expected = np.clip(((units - 39.5) / 399 + 0.5) * 255, 0, 255).astype(np.uint8)
    assert np.abs(own.astype(int) - expected).max() <= 1
    lung = await picture(client, f"{url_of(ct[2])}/rendered", window="-600,1500,linear")
    assert lung[32, 20] > own[32, 20]
    assert (await picture(client, f"{url_of(ct[2])}/frames/1/rendered", viewport="32,32")).shape == (32, 32)


@pytest.mark.parametrize(
    "name",
    ["examples_ybr_color.dcm", "examples_palette.dcm", "examples_rgb_color.dcm", "JPEG2000.dcm", "liver_1frame.dcm"],
)
async def test_pictures_of_colour_palette_and_bitmaps(client, shelf, name):
    data = foreign(name)
    await shelf.put(data, content=stored_bytes(name))
    answer = await client.get(f"{url_of(data)}/rendered", headers={"Accept": "image/jpeg"})
    assert answer.status == 200, await answer.text()
    shown = Image.open(io.BytesIO(await answer.read()))
    assert shown.format == "JPEG"
    assert np.asarray(shown).std() > 3


@pytest.mark.parametrize("bits", [8, 12])
async def test_a_few_letters_on_a_black_page_are_white_on_black_where_nothing_is_said_of_a_window(client, shelf, bits):
    (data,) = ct_series(Subject(), Examination(key=f"page-{bits}"), slices=1, size=256)
    stored = np.zeros((256, 256), np.uint8 if bits == 8 else np.uint16)
    stored[10:12, 20:40] = (1 << bits) - 1
    for name in ("WindowCenter", "WindowWidth", "RescaleIntercept", "RescaleSlope", "RescaleType"):
        delattr(data, name)
    data.BitsAllocated, data.BitsStored, data.HighBit = stored.dtype.itemsize * 8, bits, bits - 1
    data.PixelData = stored.tobytes()
    data["PixelData"].VR = "OW"
    await shelf.put(data)
    assert np.array_equal(await picture(client, f"{url_of(data)}/rendered"), np.where(stored > 0, 255, 0))


async def test_monochrome1_is_shown_inverted(client, shelf, series):
    (data,) = ct_series(Subject(), Examination(key="inverse"), slices=1, size=32)
    await shelf.put(data)
    upright = await picture(client, f"{url_of(data)}/rendered")
    data.PhotometricInterpretation = "MONOCHROME1"
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    await shelf.put(data)
    assert np.array_equal(await picture(client, f"{url_of(data)}/rendered"), 255 - upright)


@pytest.mark.parametrize(
    "query", ["window=1", "window=1,0", "window=a,b", "window=1,2,magic", "viewport=0,1", "quality=0"]
)
async def test_a_rendering_parameter_out_of_bounds_is_refused(client, ct, query):
    assert (await client.get(f"{url_of(ct[0])}/rendered?{query}")).status == 400


@pytest.mark.parametrize("level", ["study", "series", "instance"])
async def test_a_thumbnail_stands_for_each_level(client, ct, level):
    path = {
        "study": f"/dicom-web/studies/{ct[0].StudyInstanceUID}",
        "series": f"/dicom-web/studies/{ct[0].StudyInstanceUID}/series/{ct[0].SeriesInstanceUID}",
        "instance": url_of(ct[0]),
    }[level]
    answer = await client.get(f"{path}/thumbnail?viewport=96,96")
    assert answer.content_type == "image/jpeg"
    assert Image.open(io.BytesIO(await answer.read())).size == (96, 96)
    shown = answer.headers["Content-Location"]
    assert shown.endswith(url_of(ct[0]) if level == "instance" else url_of(ct[(len(ct) - 1) // 2]))


async def test_a_thumbnail_is_as_large_as_asked_up_to_a_preview(client, ct):
    path = f"/dicom-web/studies/{ct[0].StudyInstanceUID}/thumbnail"
    for query, side in (("", 200), ("?viewport=512,512", 512), ("?viewport=4000,4000", 1024)):
        answer = await client.get(path + query)
        assert Image.open(io.BytesIO(await answer.read())).size == (side, side)


@pytest.mark.parametrize("path", ["", "/metadata", "/frames/1", "/rendered", "/thumbnail", "/bulkdata/7FE00010"])
async def test_a_study_of_another_township_is_not_there(client, ct, shelf, door, path):
    door.only(await shelf.organization("elsewhere"))
    assert (await client.get(url_of(ct[0]) + path, headers={"Accept": "*/*"})).status == 404


async def test_access_is_recorded_once_for_a_whole_series_of_frames(client, ct, door):
    for data in ct:
        await client.get(f"{url_of(data)}/frames/1", headers={"Accept": FRAMES})
    assert door.recorded == [("study.read", "success", 1)]


async def test_bytes_the_archive_lost_are_said_to_be_lost(client, shelf, series):
    digest = await shelf.put(series[0])
    blob_path(shelf.root, digest).unlink()
    answer = await client.get(f"{url_of(series[0])}/frames/1", headers={"Accept": FRAMES})
    assert answer.status == 503
    assert (await answer.json(content_type=None))["code"] == "bytes-lost"


@pytest.mark.parametrize("path", ["7FE00011", "00100010/1/00100010", "nonsense", "00400275/9/00400008", "0020000D/1"])
async def test_bulk_data_nobody_named_is_not_found(client, ct, path):
    assert (await client.get(f"{url_of(ct[0])}/bulkdata/{path}")).status == 404


async def test_a_study_that_breaks_off_is_cut_off_instead_of_looking_whole(client, shelf, series):
    digests = [await shelf.put(one) for one in series]
    blob_path(shelf.root, digests[3]).unlink()
    answer = await client.get(f"/dicom-web/studies/{series[0].StudyInstanceUID}", headers={"Accept": ANY})
    assert answer.status == 200
    with pytest.raises(aiohttp.ClientError):
        await answer.read()


async def test_a_script_in_a_name_stays_text(client, shelf, series):
    (data,) = ct_series(Subject(name="<script>alert(1)</script>"), Examination(key="script"), slices=1, size=32)
    await shelf.put(data)
    for url in ("/dicom-web/studies", f"{url_of(data)}/metadata"):
        answer = await client.get(url)
        assert answer.content_type == "application/dicom+json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "<script>" in await answer.text()


async def test_the_data_set_helper_agrees_with_the_archive(series):
    assert pydicom.dcmread(io.BytesIO(b"\0" * 128 + b"DICM" + data_set_bytes(series[0])), force=True) is not None
