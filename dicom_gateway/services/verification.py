"""Verification SCP, PS3.4 Annex A."""

from dicom_gateway.services.status import SUCCESS
from dicom_gateway.upper_layer import metrics
from dicom_gateway.upper_layer.command import encode_response
from dicom_gateway.upper_layer.connection import Association
from dicom_gateway.upper_layer.messages import MessageBegins


async def verify(association: Association, message: MessageBegins) -> None:
    """Answer a C-ECHO."""
    metrics.ECHOES.inc()
    await association.respond(message.context_id, encode_response(message.command, SUCCESS))
