"""Which devices may send: the directory's table kept in memory and in a file, and who was seen besides."""

from dicom_gateway.devices.cache import Devices
from dicom_gateway.devices.refresh import refresh_for_ever

__all__ = ["Devices", "refresh_for_ever"]
