"""Bytes as a peer writes them, by hand and by pynetdicom's codec."""

import struct

from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.presentation import build_context

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
VERIFICATION = "1.2.840.10008.1.1"
IVR, EVR = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
RELEASE_RQ, RELEASE_RP, ABORT = (struct.pack(">BxI", kind, 4) + bytes(4) for kind in (5, 6, 7))


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxI", kind, len(body)) + body


def pdv(context: int, control: int, data: bytes) -> bytes:
    return struct.pack(">IBB", len(data) + 2, context, control) + data


def item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(value)) + value


def foreign_request(
    contexts=((1, CT, [EVR, IVR]), (3, MR, [IVR])), *, roles=(), calling="CT 1", called="TELEMED"
) -> bytes:
    primitive = A_ASSOCIATE()
    primitive.application_context_name = "1.2.840.10008.3.1.1.1"
    primitive.calling_ae_title, primitive.called_ae_title = calling, called
    length = MaximumLengthNotification()
    length.maximum_length_received = 16382
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = "1.2.3.4"
    version = ImplementationVersionNameNotification()
    version.implementation_version_name = "FOREIGN"
    primitive.user_information = [length, implementation, version]
    for uid, scu, scp in roles:
        role = SCP_SCU_RoleSelectionNegotiation()
        role.sop_class_uid, role.scu_role, role.scp_role = uid, scu, scp
        primitive.user_information.append(role)
    proposed = []
    for context_id, abstract, transfers in contexts:
        context = build_context(abstract, transfers)
        context.context_id = context_id
        proposed.append(context)
    primitive.presentation_context_definition_list = proposed
    return A_ASSOCIATE_RQ(primitive).encode()
