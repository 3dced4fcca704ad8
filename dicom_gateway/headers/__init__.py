"""The only package that looks into data sets: bytes → InstanceHeader | Malformed, and the canonical digest."""

from dicom_gateway.headers.canonical import Incomparable, canonical_digest
from dicom_gateway.headers.faults import REASONS, Malformed
from dicom_gateway.headers.header import InstanceHeader, inflate, read_header

__all__ = [
    "REASONS",
    "Incomparable",
    "InstanceHeader",
    "Malformed",
    "canonical_digest",
    "inflate",
    "read_header",
]
