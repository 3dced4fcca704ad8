"""A voice is told from a film by the tracks it names, whatever else is in the file."""

import pytest

from telemed.consultation.room.files import media_type
from telemed.consultation.room.tracks import mp4_is_sound, webm_is_sound

EBML = bytes.fromhex("1a45dfa3") + b"\x84" + bytes.fromhex("4286") + b"\x81\x01"
UNKNOWN = b"\x01" + b"\xff" * 7
SOUND, PICTURE = 2, 1


def element(name, content, *, size=None):
    length = len(content).to_bytes(2, "big") if size is None else size
    return bytes.fromhex(name) + (bytes([0x40 | length[0], length[1]]) if size is None else size) + content


def track(*kinds):
    return b"".join(element("ae", element("d7", b"\x01") + element("83", bytes([kind]))) for kind in kinds)


def webm(*kinds, before=b"", after=b"", segment=UNKNOWN):
    tracks = element("1654ae6b", track(*kinds))
    return EBML + element("18538067", before + tracks + after, size=segment)


def box(name, *content):
    inside = b"".join(content)
    return (8 + len(inside)).to_bytes(4, "big") + name + inside


def mp4(*kinds, before=b""):
    tracks = [box(b"trak", box(b"tkhd", bytes(84)), box(b"mdia", box(b"hdlr", bytes(8) + kind))) for kind in kinds]
    return box(b"ftyp", b"isom", bytes(4)) + before + box(b"moov", box(b"mvhd", bytes(100)), *tracks)


INFO = element("1549a966", element("4d80", b"Chrome"))
CLUSTER = element("1f43b675", b"\xa3\x84\x81\x00\x00\x80", size=UNKNOWN)


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (webm(SOUND), "audio/webm"),
        (webm(SOUND, before=INFO, after=CLUSTER), "audio/webm"),
        (webm(SOUND, SOUND), "audio/webm"),
        (webm(PICTURE), "video/webm"),
        (webm(SOUND, PICTURE), "video/webm"),
        (webm(PICTURE, SOUND), "video/webm"),
        (webm(SOUND, 17), "video/webm"),  # sound with subtitles is shown as a film is
        (webm(), "video/webm"),
        (webm(SOUND)[:-1], "video/webm"),
        (EBML, "video/webm"),
        (EBML + element("18538067", CLUSTER + element("1654ae6b", track(SOUND)), size=UNKNOWN), "video/webm"),
        (webm(SOUND, before=element("ec", bytes(70_000), size=b"\x10\x01\x11\x70")), "video/webm"),
        (mp4(b"soun"), "audio/mp4"),
        (mp4(b"soun", before=box(b"free", bytes(100_000))), "audio/mp4"),
        (mp4(b"soun", b"vide"), "video/mp4"),
        (mp4(b"vide"), "video/mp4"),
        (mp4(), "video/mp4"),
        (mp4(b"soun")[:-1], "video/mp4"),
    ],
)
def test_only_sound_alone_is_sound(content, media):
    assert media_type(content) == media


def test_a_track_that_says_it_is_larger_than_its_file_is_no_sound():
    whole = webm(SOUND)
    for at in range(len(EBML), len(whole)):
        for value in (0x00, 0x01, 0x7F, 0x80, 0xFF):
            webm_is_sound(whole[:at] + bytes([value]) + whole[at + 1 :])  # ends, and raises nothing
    assert not webm_is_sound(EBML + b"\x18\x53\x80\x67" + UNKNOWN + b"\x16\x54\xae\x6b\x81")


def test_a_box_without_end_or_below_its_own_head_is_no_sound():
    for size in (0, 1, 2, 7, 2**31):
        content = mp4(b"soun", before=size.to_bytes(4, "big") + b"free" + bytes(4))
        assert isinstance(mp4_is_sound(content), bool)
    assert not mp4_is_sound(box(b"ftyp", b"isom") + (7).to_bytes(4, "big") + b"moov")
    assert not mp4_is_sound(box(b"ftyp", b"isom") + box(b"free") * 20_000)
