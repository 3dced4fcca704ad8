"""The spool: bytes of an association → durable, named by their digest, and in the journal."""

from dicom_gateway.spool.disk import Ladder, Pressure, pressure
from dicom_gateway.spool.durable import DurableSpool, Inspect, Inspection, Threads, open_spool
from dicom_gateway.spool.journal import Batch, Journal, Orphan, Position, adopt
from dicom_gateway.spool.record import Record
from dicom_gateway.spool.seam import Incoming, InstanceContext, Refused, Spool, Stored

__all__ = [
    "Batch",
    "DurableSpool",
    "Incoming",
    "Inspect",
    "Inspection",
    "InstanceContext",
    "Journal",
    "Ladder",
    "Orphan",
    "Position",
    "Pressure",
    "Record",
    "Refused",
    "Spool",
    "Stored",
    "Threads",
    "adopt",
    "open_spool",
    "pressure",
]
