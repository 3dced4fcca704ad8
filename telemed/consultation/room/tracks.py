"""Whether a WebM or MP4 file is sound alone, by the tracks that it says it has; a bounded look at its beginning.

A browser records a voice as the same container as a film (Matroska, RFC 9559; ISO 14496-12), and only the tracks tell.
What cannot be read is no sound: a film is shown with more care than a voice.
"""

from __future__ import annotations

from collections.abc import Iterator

LOOKED_AT = 64 << 10  # bytes in which a WebM has named its tracks
MOST_ELEMENTS = 500
MOST_BOXES = 10_000  # of an MP4 in pieces of a tenth of a second, half an hour

# RFC 9559: identifiers with their marker bits
_SEGMENT, _TRACKS, _ENTRY, _TYPE, _CLUSTER = 0x18538067, 0x1654AE6B, 0xAE, 0x83, 0x1F43B675
_FILM, _SOUND = 1, 2  # TrackType
_EBML = b"\x1a\x45\xdf\xa3"
_HEADER = 64  # bytes in which an EBML header has named its document type


def webm_is_sound(content: bytes) -> bool:
    """Whether all of its tracks are sound, and there is one."""
    try:
        kinds = list(_webm_kinds(content[:LOOKED_AT]))
    except (IndexError, ValueError):
        return False
    return bool(kinds) and all(kind == _SOUND for kind in kinds)


def webm_media(content: bytes) -> str | None:
    """What a piece of a call is by its tracks: `audio/webm`, `video/webm`; None of what no browser records of one.

    One track of each kind at the most; a busy browser that got nothing of one of them leaves it out.
    """
    if not content.startswith(_EBML) or b"webm" not in content[:_HEADER]:
        return None
    try:
        kinds = list(_webm_kinds(content[:LOOKED_AT]))
    except (IndexError, ValueError):
        return None
    if kinds == [_SOUND]:
        return "audio/webm"
    return "video/webm" if sorted(kinds) in ([_FILM], [_FILM, _SOUND]) else None


def mp4_is_sound(content: bytes) -> bool:
    """Whether all of its tracks are sound, and there is one."""
    try:
        kinds = [
            content[handler + 8 : handler + 12]
            for _, movie, movie_end in _boxes(content, 0, len(content), b"moov")
            for _, track, track_end in _boxes(content, movie, movie_end, b"trak")
            for _, media, media_end in _boxes(content, track, track_end, b"mdia")
            for _, handler, _ in _boxes(content, media, media_end, b"hdlr")
        ]
    except ValueError:
        return False
    return bool(kinds) and all(kind == b"soun" for kind in kinds)


def _webm_kinds(head: bytes) -> Iterator[int]:
    """TrackType of every track entry.  Raises IndexError or ValueError where there is no such structure."""
    at = _after(head, 0)  # the EBML header
    name, at, _ = _element(head, at)
    if name != _SEGMENT:
        raise ValueError("no segment")
    for _ in range(MOST_ELEMENTS):
        name, inside, end = _element(head, at)
        if name == _CLUSTER:
            raise ValueError("pictures or sounds before any track is named")
        if name == _TRACKS:
            yield from _kinds_in(head, inside, end)
            return
        at = end
    raise ValueError("too many elements")


def _kinds_in(head: bytes, at: int, end: int) -> Iterator[int]:
    if end > len(head):
        raise ValueError("cut off")
    for _ in range(MOST_ELEMENTS):
        if at >= end:
            return
        name, inside, after = _element(head, at)
        if after > end:
            raise ValueError("an element larger than what it is in")
        if name == _ENTRY:
            yield _kind_of(head, inside, after)
        at = after
    raise ValueError("too many elements")


def _kind_of(head: bytes, at: int, end: int) -> int:
    for _ in range(MOST_ELEMENTS):
        if at >= end:
            break
        name, inside, after = _element(head, at)
        if after > end:
            break
        if name == _TYPE:
            return int.from_bytes(head[inside:after], "big")
        at = after
    raise ValueError("a track of no kind")


def _after(head: bytes, at: int) -> int:
    return _element(head, at)[2]


def _element(head: bytes, at: int) -> tuple[int, int, int]:
    """Name, beginning of its content, end; one of unknown size (all bits set) ends where the file does."""
    name, at = _number(head, at, 4, keep_marker=True)
    size, inside = _number(head, at, 8, keep_marker=False)
    unknown = size == (1 << 7 * (inside - at)) - 1
    return name, inside, len(head) if unknown else inside + size


def _number(head: bytes, at: int, most: int, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable length (RFC 8794, section 4) and where it ends."""
    first = head[at]
    length = 9 - first.bit_length()
    if length > most or at + length > len(head):
        raise ValueError("no number")
    value = int.from_bytes(head[at : at + length], "big")
    return (value if keep_marker else value & (1 << 7 * length) - 1), at + length


def _boxes(content: bytes, at: int, end: int, wanted: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Boxes of a kind: its name, beginning and end of its content."""
    for _ in range(MOST_BOXES):
        if at + 8 > end:
            return
        size, name, inside = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8], at + 8
        if size == 1:
            size, inside = int.from_bytes(content[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            size = end - at
        if size < inside - at or at + size > end:
            raise ValueError("a box larger than what it is in")
        if name == wanted:
            yield name, inside, at + size
        at += size
    raise ValueError("too many boxes")
