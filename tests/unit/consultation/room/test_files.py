"""Files are known by their content; what would run is refused and it is said why."""

import io

import pytest
from PIL import Image

from telemed.consultation.room.files import LIMIT, Files, media_type
from telemed.errors import Invalid, NotFound

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def picture(kind):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("WEBP"), "image/webp"),
        (PDF, "application/pdf"),
        (bytes(128) + b"DICM" + bytes(8), "application/dicom"),
        (b"OggS" + bytes(20), "audio/ogg"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"ID3\x04" + bytes(20), "audio/mpeg"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x1a\x45\xdf\xa3" + bytes(20), "video/webm"),
        ("病情摘要：咳嗽三周。\n".encode(), "text/plain"),
        (b"a < b and c > d", "text/plain"),
    ],
)
def test_a_file_is_what_its_bytes_are(content, media):
    assert media_type(content) == media


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><p>",
        b"  \n<html>",
        b"\xef\xbb\xbf<script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><svg/>',
        b"<!-- --><script>",
        b"#!/bin/sh\nrm -rf /",
        b"<?php system($_GET[0]);",
        b"MZ\x90\x00",
        b"\x7fELF\x02",
        b"\x00asm\x01\x00\x00\x00",
        PDF.replace(b"/Type/Catalog", b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"),
        PDF.replace(b"/Type/Catalog", b"/AA 2 0 R"),
        PDF.replace(b"/Type/Catalog", b"/S/L#61unch/F(cmd.exe)"),
        PDF.replace(b"/Type/Catalog", b"/S/#4a#61vaScript"),
    ],
)
def test_what_would_run_is_refused_and_it_is_said_why(content):
    with pytest.raises(Invalid) as refused:
        media_type(content)
    assert refused.value.code == "file-acts"
    assert "脚本" in refused.value.zh


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        picture("PNG")[:40],
        b"\xff\xd8\xff" + bytes(100),
        PDF[:-8],
        b"PK\x03\x04" + bytes(40),
        "文字".encode("gb18030"),
        b"text with \x1b[31m an escape",
        b"x" * ((1 << 20) + 1),
        b"GIF89a" + bytes(30),
    ],
)
def test_what_is_damaged_or_of_another_kind_is_refused(content):
    with pytest.raises(Invalid) as refused:
        media_type(content)
    assert refused.value.code == "file-unusable"


async def test_the_same_content_is_one_file_under_its_digest(tmp_path):
    files = Files(tmp_path / "room-files")
    first, second = await files.keep(PDF), await files.keep(PDF)
    assert first == second
    assert await files.read(first.digest) == PDF
    kept = [one for one in (tmp_path / "room-files").rglob("*") if one.is_file()]
    assert [one.name for one in kept] == [first.digest]


async def test_a_file_that_is_too_large_is_refused_and_nothing_is_kept(tmp_path):
    files = Files(tmp_path / "room-files")
    with pytest.raises(Invalid) as refused:
        await files.keep(b"OggS" + bytes(LIMIT))
    assert refused.value.code == "file-too-large"
    assert not (tmp_path / "room-files").exists()


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "0" * 64, "A" * 64, "0" * 63 + "\n"])
async def test_no_digest_leads_out_of_the_folder(tmp_path, digest):
    with pytest.raises(NotFound):
        await Files(tmp_path).read(digest)
