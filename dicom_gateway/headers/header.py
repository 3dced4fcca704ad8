"""Bytes → InstanceHeader | Malformed.  Never raises, whatever the bytes are."""

import re
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TypeVar

import msgspec

from dicom_gateway.headers import charset
from dicom_gateway.headers.faults import Malformed
from dicom_gateway.headers.walk import DEFLATED, PIXEL_DATA, Fault, Place, Structure, encoding_of, walk

#: A deflated data set may become this large.
INFLATED = 256 << 20
#: Bytes of one decoded frame: a 40,000 × 13,000 mosaic of 8 bits fits, a bomb does not.
FRAME = 512 << 20
#: Characters of a text value that are kept in the index.
LONGEST = 1024

T = TypeVar("T")

UID = re.compile(r"[0-9]+(\.[0-9]+)*", re.ASCII)
NATIVE = frozenset(
    (
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.113619.5.2",
    )
)

CHARACTER_SET = 0x00080005
#: Who has rows has pixels,
ROWS = 0x00280010
#: here if not in Pixel Data: at a URL, or as floating-point numbers.
OTHER_PIXELS = (0x00287FE0, 0x7FE00008, 0x7FE00009)
TEXT_TAGS = (
    0x00100010,
    0x00100020,
    0x00100021,
    0x00081030,
    0x0008103E,
    0x00080080,
    0x00080090,
    0x00080050,
    0x00200010,
    0x00181030,
    0x00081010,
    0x00080070,
    0x00081090,
    0x00081070,
    0x00080081,
)


class InstanceHeader(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the index holds of one instance.  Texts are decoded and stripped, never longer than LONGEST.

    Dates and times are the device's own, as it wrote them; acquired_at is aware only if the data set names its zone.
    """

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    charset_declared: str = ""
    charset_used: str = ""
    charset_confidence: str = "declared"
    patient_id: str = ""
    issuer: str = ""
    #: Component groups joined by "=", components by "^", as the standard writes them.
    patient_name: str = ""
    birth_date: date | None = None
    sex: str = ""
    age: str = ""
    accession_number: str = ""
    study_id: str = ""
    study_description: str = ""
    referring_physician: str = ""
    institution: str = ""
    station: str = ""
    manufacturer: str = ""
    model: str = ""
    operator: str = ""
    modality: str = ""
    series_number: int | None = None
    series_description: str = ""
    protocol: str = ""
    body_part: str = ""
    #: (0020,0062) of the image if it is there, else (0020,0060) of the series.
    laterality: str = ""
    view_position: str = ""
    study_date: date | None = None
    study_time: time | None = None
    #: The earliest moment the data set gives for its acquisition; naive if its zone is unknown.
    acquired_at: datetime | None = None
    instance_number: int | None = None
    rows: int | None = None
    columns: int | None = None
    frames: int = 1
    samples: int = 1
    bits_allocated: int | None = None
    photometric: str = ""
    image_type: str = ""
    procedure_step_id: str = ""


def read_header(content: memoryview, transfer_syntax: str, override: str | None = None) -> InstanceHeader | Malformed:
    """Check a whole data set (no File Meta) and read what the index needs.

    override: the character set the operator set for the device.  Keeps no reference to content.
    """
    if transfer_syntax in DEFLATED:
        inflated = inflate(content)
        if isinstance(inflated, Malformed):
            return inflated
        with memoryview(inflated) as whole:
            return _read(whole, transfer_syntax, override)
    return _read(content, transfer_syntax, override)


def inflate(content: memoryview) -> bytes | Malformed:
    """Inflate a deflated data set (PS3.5 A.5), bounded."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = inflater.decompress(content, INFLATED)
    except zlib.error:
        return Malformed("data-set-unreadable", "deflated")
    if inflater.unconsumed_tail and not inflater.eof:
        return Malformed("inflates-too-far", f"more than {INFLATED} bytes")
    if not inflater.eof:
        return Malformed("data-set-truncated", "deflated")
    return inflated


def _read(content: memoryview, transfer_syntax: str, override: str | None) -> InstanceHeader | Malformed:
    structure = walk(content, encoding_of(transfer_syntax))
    if isinstance(structure, Fault):
        return Malformed(structure.reason, f"byte {structure.at}")
    values = _Values(content, structure, little=encoding_of(transfer_syntax).little, override=override)
    uids: list[str] = []
    for tag in (0x00080016, 0x00080018, 0x0020000D, 0x0020000E):
        uid = values.ascii(tag)
        if not uid:
            return Malformed("identifier-missing", f"({tag >> 16:04X},{tag & 0xFFFF:04X})")
        if len(uid) > 64 or UID.fullmatch(uid) is None:
            return Malformed("identifier-invalid", f"({tag >> 16:04X},{tag & 0xFFFF:04X})")
        uids.append(uid)
    image = _image(values, structure, native=transfer_syntax in NATIVE)
    return image if isinstance(image, Malformed) else _header(uids, values)


def _image(values: "_Values", structure: Structure, *, native: bool) -> Malformed | None:
    pixels = structure.elements.get(PIXEL_DATA)
    if pixels is None:
        elsewhere = any(tag in structure.elements for tag in OTHER_PIXELS)
        missing = ROWS in structure.elements and not elsewhere
        return Malformed("pixel-data-missing", "(7FE0,0010)") if missing else None
    rows, columns = values.number(0x00280010) or 0, values.number(0x00280011) or 0
    samples, bits = values.number(0x00280002) or 1, values.number(0x00280100) or 8
    frames = max(values.integer(0x00280008) or 1, 1)
    frame_bits = rows * columns * samples * bits
    if frame_bits > FRAME * 8:
        return Malformed("image-too-large", f"{rows} x {columns} x {samples} x {bits} bit")
    if native and pixels.length is not None:
        if values.ascii(0x00280004) == "YBR_FULL_422" and samples == 3:
            frame_bits = frame_bits * 2 // 3
        if pixels.length < (frame_bits * frames + 7) // 8:
            return Malformed("pixel-data-too-short", f"{pixels.length} bytes for {frames} x {rows} x {columns}")
    return None


def _header(uids: list[str], values: "_Values") -> InstanceHeader:
    text, plain = values.text, values.ascii
    return InstanceHeader(
        sop_class_uid=uids[0],
        sop_instance_uid=uids[1],
        study_instance_uid=uids[2],
        series_instance_uid=uids[3],
        charset_declared=values.reading.declared[:64],
        charset_used=values.reading.used[:64],
        charset_confidence=values.reading.confidence,
        patient_id=text(0x00100020),
        issuer=text(0x00100021),
        patient_name=text(0x00100010),
        birth_date=_date(plain(0x00100030)),
        sex=plain(0x00100040)[:16],
        age=plain(0x00101010)[:16],
        accession_number=text(0x00080050),
        study_id=text(0x00200010),
        study_description=text(0x00081030),
        referring_physician=text(0x00080090),
        institution=text(0x00080080),
        station=text(0x00081010),
        manufacturer=text(0x00080070),
        model=text(0x00081090),
        operator=text(0x00081070),
        modality=plain(0x00080060)[:16],
        series_number=values.integer(0x00200011),
        series_description=text(0x0008103E),
        protocol=text(0x00181030),
        body_part=plain(0x00180015)[:64],
        laterality=(plain(0x00200062) or plain(0x00200060))[:16],
        view_position=plain(0x00185101)[:16],
        study_date=_date(plain(0x00080020)),
        study_time=_time(plain(0x00080030)),
        acquired_at=_acquired(plain),
        instance_number=values.integer(0x00200013),
        rows=values.number(0x00280010),
        columns=values.number(0x00280011),
        frames=max(values.integer(0x00280008) or 1, 1),
        samples=values.number(0x00280002) or 1,
        bits_allocated=values.number(0x00280100),
        photometric=plain(0x00280004)[:16],
        image_type=plain(0x00080008)[:256],
        procedure_step_id=plain(0x00400253)[:64],
    )


class _Values:
    """Values of the outermost level."""

    def __init__(self, content: memoryview, structure: Structure, *, little: bool, override: str | None) -> None:
        self._content = content
        self._elements = structure.elements
        self._order = "little" if little else "big"
        samples = [raw for tag in TEXT_TAGS if (raw := self.raw(tag))]
        self.reading = charset.choose(self.ascii(CHARACTER_SET), samples, override)

    def raw(self, tag: int) -> bytes:
        place: Place | None = self._elements.get(tag)
        if place is None or place.length is None:
            return b""
        # four bytes a character at most; what is longer is cut after decoding
        return bytes(self._content[place.start : place.start + min(place.length, 4 * LONGEST)])

    def ascii(self, tag: int) -> str:
        """Read a value of UI, CS, DA …: ASCII by the standard; other bytes make it unusable, not wrong."""
        return _clean(self.raw(tag).decode("ascii", "replace"))

    def text(self, tag: int) -> str:
        return _clean(self.reading.text(self.raw(tag)))

    def number(self, tag: int) -> int | None:
        """Read an US."""
        raw = self.raw(tag)
        return int.from_bytes(raw[:2], "little" if self._order == "little" else "big") if len(raw) >= 2 else None

    def integer(self, tag: int) -> int | None:
        """Read the first value of an IS; what is no 32-bit integer is none."""
        first = self.ascii(tag).split("\\")[0].strip()
        match = re.fullmatch(r"[+-]?[0-9]{1,12}(\.0*)?", first, re.ASCII)
        if match is None:
            return None
        value = int(first.split(".")[0])
        return value if -(2**31) <= value < 2**31 else None


def _clean(text: str) -> str:
    """Strip padding; control characters (a NUL cannot be stored in PostgreSQL) become spaces."""
    if text.isprintable():
        return text.strip()[:LONGEST]
    text = "".join(character if character >= " " and character != "\x7f" else " " for character in text)
    return text.strip()[:LONGEST]


def _date(text: str) -> date | None:
    digits = re.fullmatch(r"([0-9]{4})[.\-/]?([0-9]{2})[.\-/]?([0-9]{2})", text, re.ASCII)
    return None if digits is None else _valid(lambda: date(int(digits[1]), int(digits[2]), int(digits[3])))


def _time(text: str) -> time | None:
    parts = re.fullmatch(r"([0-9]{2}):?([0-9]{2})?:?([0-9]{2})?(\.[0-9]{1,6})?", text, re.ASCII)
    if parts is None:
        return None
    # 60 is a leap second
    second = min(int(parts[3] or 0), 59)
    fraction = int((parts[4] or ".0")[1:].ljust(6, "0"))
    return _valid(lambda: time(int(parts[1]), int(parts[2] or 0), second, fraction))


def _acquired(plain: Callable[[int], str]) -> datetime | None:
    """Take the acquisition's time, else the content's, the series', the study's; with its zone if there is one."""
    zone = _zone(plain(0x00080201))
    stamp = re.fullmatch(r"([0-9]{8})([0-9.]*)([+-][0-9]{4})?", plain(0x0008002A), re.ASCII)
    if stamp is not None:
        day, hour = _date(stamp[1]), _time(stamp[2] or "00")
        if day is not None and hour is not None:
            return _moment(day, hour, _zone(stamp[3] or "") or zone)
    for date_tag, time_tag in (
        (0x00080022, 0x00080032),
        (0x00080023, 0x00080033),
        (0x00080021, 0x00080031),
        (0x00080020, 0x00080030),
    ):
        day, hour = _date(plain(date_tag)), _time(plain(time_tag))
        if day is not None and hour is not None:
            return _moment(day, hour, zone)
    return None


def _moment(day: date, hour: time, zone: timezone | None) -> datetime | None:
    if zone is None:
        return datetime.combine(day, hour)
    return _valid(lambda: datetime.combine(day, hour, zone).astimezone(UTC))


def _zone(text: str) -> timezone | None:
    parts = re.fullmatch(r"([+-])([0-9]{2})([0-9]{2})", text, re.ASCII)
    if parts is None or int(parts[2]) > 14 or int(parts[3]) > 59:
        return None
    offset = timedelta(hours=int(parts[2]), minutes=int(parts[3]))
    return timezone(-offset if parts[1] == "-" else offset)


def _valid(make: Callable[[], T]) -> T | None:
    try:
        return make()
    except (ValueError, OverflowError):
        return None
