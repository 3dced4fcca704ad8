"""The only package that looks into data sets: bytes → InstanceHeader | Malformed, and the canonical digest."""

from dicom_gateway.headers.faults import REASONS, Malformed
from dicom_gateway.headers.header import InstanceHeader, read_header

__all__ = ["REASONS", "InstanceHeader", "Malformed", "read_header"]
