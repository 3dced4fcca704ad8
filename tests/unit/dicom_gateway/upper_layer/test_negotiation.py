"""Which contexts are accepted, held against the standard's own list of UIDs as pydicom prints it."""

import pytest
from pydicom._uid_dict import UID_dictionary

from dicom_gateway.upper_layer.negotiation import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    VERIFICATION,
    choose_transfer_syntax,
    is_storage,
    is_uid,
    is_verification_only,
    negotiate,
)
from dicom_gateway.upper_layer.pdu import AssociateRequest, ProposedContext, ProposedRole

CT = "1.2.840.10008.5.1.4.1.1.2"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = "1.2.840.10008.1.2.4.91"
JPIP = "1.2.840.10008.1.2.4.94"
GE_PRIVATE = "1.2.840.113619.5.2"

#: Two retired classes whose name pydicom does not carry; they were storage.
NAMELESS_STORAGE = {"1.2.840.10008.5.1.4.1.1.12.77", "1.2.840.10008.5.1.4.1.1.40"}
CLASSES = {uid: entry[0] for uid, entry in UID_dictionary.items() if entry[1] in ("SOP Class", "Meta SOP Class")}


def is_called_storage(uid: str, name: str) -> bool:
    if uid == "1.2.840.10008.1.3.10":
        return False  # Media Storage Directory: on media only, PS3.4 I.4
    return uid in NAMELESS_STORAGE or ("Storage" in name and "Commitment" not in name)


@pytest.mark.parametrize("uid", sorted(CLASSES))
def test_of_the_standards_classes_exactly_the_storage_ones_are_taken(uid):
    assert is_storage(uid) is is_called_storage(uid, CLASSES[uid])


@pytest.mark.parametrize(
    "uid", ["1.2.840.113619.4.26", "1.2.840.10008.5.1.4.1.1.9999", "2.25.1", "1.3.12.2.1107.5.9.1"]
)
def test_private_and_future_classes_are_taken_for_storage(uid):
    assert is_storage(uid)


@pytest.mark.parametrize(
    "text", ["", "1", "1..2", ".1.2", "1.2.", "1.2/../3", "1.2.840\n", "1.２.3", "1." + "2" * 63, "a.b"]
)
def test_what_is_no_uid_is_no_storage_class(text):
    assert not is_uid(text)
    assert not is_storage(text)


@pytest.mark.parametrize("text", ["1.2", "0.0", "1.02.3", "1." + "2" * 62])
def test_uids_as_real_devices_write_them_are_uids(text):
    assert is_uid(text)


@pytest.mark.parametrize(
    ("proposed", "chosen"),
    [
        ([IMPLICIT_LITTLE], IMPLICIT_LITTLE),
        ([IMPLICIT_LITTLE, EXPLICIT_LITTLE], EXPLICIT_LITTLE),
        ([EXPLICIT_BIG, IMPLICIT_LITTLE], IMPLICIT_LITTLE),
        ([EXPLICIT_LITTLE, JPEG_LS], EXPLICIT_LITTLE),
        ([JPEG_LS, EXPLICIT_LITTLE], JPEG_LS),
        ([JPEG_BASELINE, EXPLICIT_LITTLE], EXPLICIT_LITTLE),
        ([JPEG_2000, JPEG_LOSSLESS, IMPLICIT_LITTLE], JPEG_LOSSLESS),
        ([JPEG_BASELINE], JPEG_BASELINE),
        ([JPEG_BASELINE, GE_PRIVATE], GE_PRIVATE),
        ([GE_PRIVATE, EXPLICIT_BIG], EXPLICIT_BIG),
        ([JPIP, JPEG_BASELINE], JPEG_BASELINE),
        ([JPIP], JPIP),
        (["1.2.3.4.5"], "1.2.3.4.5"),
        (["nonsense", JPEG_2000], JPEG_2000),
        (["nonsense"], None),
        ([], None),
    ],
)
def test_the_transfer_syntax_that_leaves_the_original_alone_is_chosen(proposed, chosen):
    assert choose_transfer_syntax(proposed) == chosen


@pytest.mark.parametrize("uid", [uid for uid, entry in UID_dictionary.items() if entry[1] == "Transfer Syntax"])
def test_every_transfer_syntax_alone_is_passed_through(uid):
    assert choose_transfer_syntax([uid]) == uid


def request(*contexts, roles=None):
    return AssociateRequest(1, "A", "B", "1.2.840.10008.3.1.1.1", tuple(contexts), roles=roles or {})


def test_each_context_has_its_own_answer():
    results, roles = negotiate(
        request(
            ProposedContext(1, VERIFICATION, (IMPLICIT_LITTLE,)),
            ProposedContext(3, CT, (JPEG_BASELINE,)),
            ProposedContext(5, CT, (EXPLICIT_LITTLE, IMPLICIT_LITTLE)),
            ProposedContext(7, "1.2.840.10008.5.1.4.1.2.1.1", (IMPLICIT_LITTLE,)),
            ProposedContext(9, CT, ()),
            ProposedContext(11, "", (IMPLICIT_LITTLE,)),
        )
    )
    assert [(r.context_id, r.result) for r in results] == [(1, 0), (3, 0), (5, 0), (7, 3), (9, 4), (11, 3)]
    assert [r.transfer_syntax for r in results[:3]] == [IMPLICIT_LITTLE, JPEG_BASELINE, EXPLICIT_LITTLE]
    assert roles == {}


def test_a_peer_that_wants_to_be_provider_only_is_refused_and_one_that_wants_both_stays_user():
    mr = "1.2.840.10008.5.1.4.1.1.4"
    results, roles = negotiate(
        request(
            ProposedContext(1, CT, (IMPLICIT_LITTLE,)),
            ProposedContext(3, mr, (IMPLICIT_LITTLE,)),
            roles={CT: ProposedRole(scu=False, scp=True), mr: ProposedRole(scu=True, scp=True)},
        )
    )
    assert [r.result for r in results] == [1, 0]
    assert roles == {mr: ProposedRole(scu=True, scp=False)}


def test_only_an_association_without_any_storage_is_verification_only():
    echo, store = ProposedContext(1, VERIFICATION, (IMPLICIT_LITTLE,)), ProposedContext(3, CT, (IMPLICIT_LITTLE,))
    assert is_verification_only(request(echo))
    assert not is_verification_only(request(echo, store))
