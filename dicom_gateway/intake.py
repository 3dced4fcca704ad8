"""What happens to an instance between its last byte and the sync: it is looked into, and perhaps refused."""

import msgspec
import structlog

from dicom_gateway.headers import InstanceHeader, Malformed, read_header
from dicom_gateway.spool import Inspection, InstanceContext, Refused

_log = structlog.get_logger("dicom_gateway.intake")
_NO_HEADER = msgspec.Raw(b"null")


def inspect(context: InstanceContext, content: memoryview) -> Inspection:
    """Check the whole data set against itself and against what was announced; see spool.Inspect."""
    try:
        header = read_header(content, context.transfer_syntax_uid)
    except Exception as fault:  # noqa: BLE001 - a fault of ours must not lose the bytes: they wait in quarantine
        # the message of a fault may quote the data set
        _log.error("header-not-read", sop_instance_uid=context.sop_instance_uid, error=type(fault).__name__)
        header = Malformed("data-set-unreadable", "fault of the reader")
    if isinstance(header, Malformed):
        return Inspection(_NO_HEADER, refusal(header))
    return Inspection(msgspec.Raw(msgspec.json.encode(header)), mismatch(context, header))


def mismatch(context: InstanceContext, header: InstanceHeader) -> Refused | None:
    """Compare the data set with the command set that announced it (PS3.4 B.2.3)."""
    if header.sop_class_uid != context.sop_class_uid:
        return refusal(Malformed("sop-class-mismatch", "(0008,0016)"))
    if header.sop_instance_uid != context.sop_instance_uid:
        return refusal(Malformed("sop-instance-mismatch", "(0008,0018)"))
    return None


def refusal(malformed: Malformed) -> Refused:
    """Tell the sender; permanent, for the same bytes will never be better."""
    return Refused(
        malformed.status, malformed.comment, transient=False, reason=malformed.reason, detail=malformed.detail
    )
