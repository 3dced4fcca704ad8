"""The spool: bytes of an association → durable, named by their digest, and in the journal."""

from dicom_gateway.spool.seam import Incoming, InstanceContext, Refused, Spool, Stored

__all__ = ["Incoming", "InstanceContext", "Refused", "Spool", "Stored"]
