"""Which service takes a message."""

from dicom_gateway.services.status import UNRECOGNIZED_OPERATION
from dicom_gateway.services.storage import Storage
from dicom_gateway.services.verification import verify
from dicom_gateway.upper_layer.command import RESPONSE, Field, encode_response
from dicom_gateway.upper_layer.connection import Association, Released, Serve
from dicom_gateway.upper_layer.messages import DataSet, MessageBegins
from dicom_gateway.upper_layer.negotiation import VERIFICATION
from dicom_gateway.upper_layer.protocol import Lost


def services(storage: Storage) -> Serve:
    """The Verification and Storage SCPs as what serves an association."""

    async def serve(association: Association) -> None:
        while True:
            item = await association.next()
            match item:
                case Released() | Lost():
                    await storage.ended(association, released=isinstance(item, Released))
                    return
                case DataSet():
                    continue  # of a message that was refused below
                case MessageBegins():
                    ended = await _message(association, item, storage)
                    if ended is not None:
                        await storage.ended(association, released=isinstance(ended, Released))
                        return

    return serve


async def _message(association: Association, message: MessageBegins, storage: Storage) -> Released | Lost | None:
    field = message.command.field
    verification = message.abstract_syntax == VERIFICATION
    if field == Field.C_ECHO and verification:
        await verify(association, message)
    elif field == Field.C_STORE and not verification:
        return await storage.store(association, message)
    elif field != Field.C_CANCEL and not field & RESPONSE:
        # C-CANCEL has no response (PS3.7 9.3.2.3), and there is nothing to cancel; nor does a response have one.
        comment = f"Operation {field:04X} is not one of this presentation context"
        await association.respond(message.context_id, encode_response(message.command, UNRECOGNIZED_OPERATION, comment))
    return None
