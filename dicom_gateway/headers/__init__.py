"""The only package that looks into data sets: bytes → InstanceHeader | Malformed; headers.canonical compares them."""

from dicom_gateway.headers.faults import REASONS, Malformed
from dicom_gateway.headers.header import InstanceHeader, inflate, read_header

__all__ = [
    "REASONS",
    "InstanceHeader",
    "Malformed",
    "inflate",
    "read_header",
]
