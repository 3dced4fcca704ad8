"""Instances on their way out: metadata (kept once derived), bytes, frames, pictures.  Blocking; called in threads."""

from __future__ import annotations

import contextlib
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import msgspec
import numpy as np
import structlog
from pydicom import config as pydicom_config
from pydicom import dcmread  # pyright: ignore[reportUnknownVariableType] -- its PathLike
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite  # pyright: ignore[reportUnknownVariableType] -- its PathLike
from pydicom.uid import ExplicitVRLittleEndian

from dicom_gateway.dicomweb import coerced, file_meta, json_model
from dicom_gateway.dicomweb.accept import EXPLICIT, Payload
from dicom_gateway.dicomweb.blobs import Blob, TooLarge, open_blob
from dicom_gateway.dicomweb.elements import Element, elements
from dicom_gateway.dicomweb.frames import BIG_ENDIAN, Unreadable, decoded_frame, image_of, little_endian, stored_frame
from dicom_gateway.dicomweb.rendering import Drawing, draw
from dicom_gateway.dicomweb.store import Instance
from dicom_gateway.headers.charset import Reading, choose
from dicom_gateway.headers.walk import DEFLATED
from telemed.imaging.coercion import Assigned, JsonElement, Registered, coerce

#: Bytes written to the network at once.
CHUNK = 1 << 20
#: An instance is transcoded in memory up to this size; larger ones go out as they are stored.
TRANSCODED_LIMIT = 512 << 20
#: Changes when derived metadata does: older files are derived anew.
VERSION = "2"
#: Bytes of a text value that are looked at to tell its character set; what was found is remembered with them.
SAMPLE = 4096
#: Bytes of one word of binary values (PS3.5 table 6.2-1).
WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
_NAMES = (0x00100010, 0x00080080, 0x00081030, 0x0008103E, 0x00080090, 0x00100020, 0x00081010, 0x00181030)

log = structlog.get_logger(__name__)


class Lost(Exception):
    """The index names bytes that the archive does not have."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a study shows to the outside. at: when it was matched; source: who sent the values before.

    registered: None for a study that has no registration and was split off another.
    """

    registered: Registered | None
    at: datetime
    system: str
    source: str


class Instances:
    """The archive's read side. root: the folder that archive/ stands in; derived data goes beside it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._derived = root / "derived" / "metadata" / VERSION

    def blob(self, instance: Instance) -> Blob:
        """Raises Lost, blobs.TooLarge."""
        try:
            return open_blob(self._root, instance.digest, instance.transfer_syntax_uid)
        except FileNotFoundError as error:
            raise Lost(instance.digest) from error

    def metadata(self, some: Sequence[Instance], base: str, match: Match | None) -> bytes:
        """Metadata of instances of one series, JSON objects with commas between, bulk data addressed below base.

        One document for all of them, derived once for these bytes, these character sets and this match; it is kept in
        a file that may be deleted at any time, and a document for anything else takes its place.
        """
        key = _key(some, match)
        name = hashlib.sha256(f"{some[0].path} {len(some) > 1}".encode("ascii")).hexdigest()
        path = self._derived / name[:2] / f"{name}.json"
        try:
            kept = path.read_bytes()
        except OSError:  # not there or not to be read: the bytes it came from decide
            kept = b""
        if not kept.startswith(key):
            kept = key + b",".join([self._document(one, match) for one in some])
            _keep(path, kept)
        return json_model.addressed(kept[len(key) :], base)

    def _document(self, instance: Instance, match: Match | None) -> bytes:
        """Metadata of one instance with its own path behind the mark that stands for the service's address."""
        attributes = self._attributes(instance)
        overrides = _overrides(instance, attributes, match)
        if overrides:
            attributes = dict(sorted((attributes | overrides).items()))
        return json_model.addressed(json_model.encoded(attributes), json_model.BASE + instance.path)

    def _attributes(self, instance: Instance) -> dict[str, JsonElement]:
        blob = self.blob(instance)
        return json_model.metadata(blob, _decode(blob, instance.charset_used))

    def file(self, instance: Instance, payload: Payload, match: Match | None) -> Iterator[bytes]:
        """A Part 10 file in pieces: stored bytes, coerced or transcoded where that is asked for."""
        meta = file_meta.written(
            sop_class=instance.sop_class_uid,
            sop_instance=instance.sop_instance_uid,
            transfer_syntax=instance.transfer_syntax_uid,
        )
        body = self._data_set(instance, match)
        if not payload.decode:
            yield meta
            yield from body
            return
        if instance.size > TRANSCODED_LIMIT:
            raise TooLarge(instance.digest)
        yield transcoded(meta + b"".join(body))

    def _data_set(self, instance: Instance, match: Match | None) -> Iterator[bytes]:
        replaced = self._replaced(instance, match)
        if replaced is None:
            # byte for byte, deflated ones too
            stored = open_blob(self._root, instance.digest, EXPLICIT).content
            yield from _chunks(stored, 0)
            return
        blob, overrides, term = replaced
        pieces = (bytes(piece) for piece in coerced.head(blob, overrides, term))
        if instance.transfer_syntax_uid in DEFLATED:
            whole = b"".join(pieces) + bytes(blob.content[blob.header_end :])
            squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            deflated = squeezer.compress(whole) + squeezer.flush()
            yield deflated + b"\x00" * (len(deflated) % 2)
            return
        yield b"".join(pieces)
        yield from _chunks(blob.content, blob.header_end)

    def _replaced(
        self, instance: Instance, match: Match | None
    ) -> tuple[Blob, dict[str, JsonElement], str | None] | None:
        """What must be replaced in the bytes, with the character set; None if they go out as they came.

        Characters that can hold no other name stay as they are: then only the UIDs of a split study are replaced.
        """
        if match is None:
            return None
        attributes = self._attributes(instance)
        if not _overrides(instance, attributes, match):
            return None
        blob = self.blob(instance)
        term = coerced.character_set(_reading(blob, instance.charset_used).used)
        overrides = _overrides(instance, attributes, match, text=term is not None)
        return (blob, overrides, term) if overrides else None

    def frame(self, instance: Instance, number: int, payload: Payload) -> bytes:
        """One frame.  Raises frames.Unreadable, blobs.TooLarge, Lost."""
        blob = self.blob(instance)
        image = image_of(blob)
        if not payload.decode:
            return stored_frame(blob, image, number)
        array, _ = decoded_frame(blob, image, number)
        return little_endian(array)

    def picture(self, instance: Instance, number: int, drawing: Drawing) -> bytes:
        return draw(self.blob(instance), number, drawing)

    def bulk_data(self, instance: Instance, path: str) -> bytes | None:
        """The value that metadata named by its path (tag, or tag/item/tag …); None if there is none such."""
        blob = self.blob(instance)
        found = _found(blob, path.split("/"))
        if found is None or found.items is not None:
            return None
        if found.fragments is not None:
            frames = image_of(blob)
            return b"".join(stored_frame(blob, frames, number) for number in range(1, frames.frames + 1))
        return bytes(blob.content[found.start : found.start + found.length])


def _overrides(
    instance: Instance, attributes: dict[str, JsonElement], match: Match | None, *, text: bool = True
) -> dict[str, JsonElement]:
    """text: whether what the registration says can be written in the data set's characters."""
    if match is None:
        return {}
    split = instance.split_at
    found = coerce(
        attributes,
        match.registered if text else None,
        matched_at=match.at,
        system=match.system,
        source=match.source,
        assigned=split and Assigned(instance.study_instance_uid, instance.series_instance_uid, split),
    )
    return dict(found.overrides)


def _key(some: Sequence[Instance], match: Match | None) -> bytes:
    """What a kept document was derived from; its first line."""
    facts = [(one.digest, one.transfer_syntax_uid, one.charset_used, one.path, one.split_at) for one in some]
    return hashlib.sha256(msgspec.json.encode((facts, match))).hexdigest().encode("ascii") + b"\n"


def _keep(path: Path, content: bytes) -> None:
    """Write a derived file whole or not at all; where there is no room it is derived again the next time."""
    part = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        log.warning("metadata-not-kept", error=error.strerror)
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _chunks(content: memoryview, start: int) -> Iterator[bytes]:
    for at in range(start, len(content), CHUNK):
        yield bytes(content[at : at + CHUNK])


def _found(blob: Blob, steps: list[str]) -> Element | None:
    level = blob.top
    for tag, number in zip(steps[::2], [*steps[1::2], ""], strict=False):
        try:
            found = level.get(int(tag, 16))
        except ValueError:
            return None
        if not number or found is None:
            return found
        if not number.isdecimal() or not 1 <= int(number) <= len(found.items or ()):
            return None
        start, end = (found.items or ())[int(number) - 1]
        level = {one.tag: one for one in elements(blob.content, found.encoding, start, end)}
    return None


def _reading(blob: Blob, used: str) -> Reading:
    """How the text is read: as the index does, or by the same rule where it says nothing."""
    declared = blob.ascii(0x00080005)
    if used:
        return Reading(declared, used, "declared")
    samples = [bytes(blob.value(blob.top[tag])[:SAMPLE]) for tag in _NAMES if tag in blob.top]
    return choose(declared, [one for one in samples if one])


def _decode(blob: Blob, used: str) -> json_model.Decode:
    reading = _reading(blob, used)
    return lambda raw, _vr: reading.text(raw)


def transcoded(file: bytes) -> bytes:
    """The same instance in explicit little endian, uncompressed.  Raises frames.Unreadable."""
    try:
        data = dcmread(io.BytesIO(file))
        syntax = data.file_meta.TransferSyntaxUID
        if syntax.is_compressed:
            data.decompress(as_rgb=True, generate_instance_uid=False)
        if syntax in BIG_ENDIAN:
            _swap(data, _data_set_start(file), file, str(syntax))
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        out = io.BytesIO()
        dcmwrite(out, data, implicit_vr=False, little_endian=True, enforce_file_format=True)
    except (RuntimeError, ValueError, AttributeError, NotImplementedError, TypeError, KeyError) as error:
        raise Unreadable(type(error).__name__) from error
    return out.getvalue()


def _data_set_start(file: bytes) -> int:
    """Where the data set of a file begins."""
    found = file_meta.read(file[: file_meta.LONGEST], complete=True)
    if not isinstance(found, file_meta.FileMeta):
        raise Unreadable(str(found))
    return found.length


def _swap(data: Dataset, start: int, file: bytes, syntax: str) -> None:
    """Turn the words of binary values; pydicom turns numbers only."""
    for element in data.iterall():
        width = WORDS.get(element.VR)
        if width is not None and isinstance(element.value, bytes):
            raw = element.value[: len(element.value) // width * width]
            element.value = np.frombuffer(raw, dtype=f">u{width}").astype(f"<u{width}").tobytes()
    if "PixelData" in data:
        blob = Blob(memoryview(file)[start:], syntax)
        image = image_of(blob)
        frames = (stored_frame(blob, image, number) for number in range(1, image.frames + 1))
        data.PixelData = b"".join(frames)


# Devices write values that break their VR's rules; on the way out they stay what they are.
pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE
pydicom_config.settings.writing_validation_mode = pydicom_config.IGNORE

__all__ = ["CHUNK", "Instances", "Lost", "Match"]
