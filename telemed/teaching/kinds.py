"""Which objects of a study may become a teaching image; everything else is left out by its kind. Pure."""

from __future__ import annotations

#: PS3.4 B.5: storage of images whose pixels are the whole content.
_IMAGES = frozenset(
    {
        "1",  # CR
        "1.1",  # DX
        "1.1.1",
        "1.2",  # mammography
        "1.2.1",
        "1.3",  # intra-oral
        "1.3.1",
        "2",  # CT
        "2.1",
        "2.2",
        "3.1",  # ultrasound, several frames
        "4",  # MR
        "4.1",
        "4.3",
        "4.4",
        "6.1",  # ultrasound
        "6.2",
        "7",  # secondary capture
        "7.1",
        "7.2",
        "7.3",
        "7.4",
        "12.1",  # angiography
        "12.1.1",
        "12.2",  # fluoroscopy
        "12.2.1",
        "13.1.1",
        "13.1.2",
        "13.1.3",
        "20",  # nuclear medicine
        "77.1.1",  # visible light
        "77.1.2",
        "77.1.4",
        "77.1.5.1",
        "77.1.5.2",
        "128",  # PET
        "130",
    }
)
_ROOT = "1.2.840.10008.5.1.4.1.1."
#: What is said instead of "no image", by the beginning of the SOP class.
_KINDS = (
    ("88.", "structured-report"),
    ("104.", "document"),
    ("9.", "waveform"),
    ("11.", "presentation-state"),
)
#: Secondary captures that are pictures of papers.
DOCUMENTS = frozenset({"DOC"})
_SECONDARY_CAPTURE = frozenset({"7", "7.1", "7.2", "7.3", "7.4"})

NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"})
#: Decoded when they are copied: a code stream has room for comments.
DECODED = frozenset(
    {
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.57",
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.81",
        "1.2.840.10008.1.2.4.90",
        "1.2.840.10008.1.2.4.91",
        "1.2.840.10008.1.2.5",
    }
)
#: Bytes of the pixels of one image, decoded.
LARGEST = 256 << 20


def left_out(sop_class: str, modality: str, conversion: str, transfer_syntax: str, decoded: int) -> str | None:
    """Why an object is not copied, None for an image that is.

    conversion: Conversion Type (0008,0064), '' if it is not known.  decoded: bytes of the pixels without compression.
    """
    kind = sop_class.removeprefix(_ROOT) if sop_class.startswith(_ROOT) else ""
    for beginning, why in _KINDS:
        if kind.startswith(beginning):
            return why
    if kind not in _IMAGES:
        return "no-image"
    if kind in _SECONDARY_CAPTURE and (modality in DOCUMENTS or conversion == "SD"):
        return "document"
    if transfer_syntax not in NATIVE | DECODED:
        return "transfer-syntax"
    return "too-large" if decoded > LARGEST else None
