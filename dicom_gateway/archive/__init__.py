"""Where blobs are read from."""

from dicom_gateway.archive.files import Archive, Damaged, same_content

__all__ = ["Archive", "Damaged", "same_content"]
