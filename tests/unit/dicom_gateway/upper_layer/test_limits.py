"""Limits that must stand in a relation to each other."""

from dicom_gateway.upper_layer.limits import Limits


def test_a_full_association_request_of_a_real_sender_fits():
    contexts, syntaxes, uid = 128, 30, 26
    assert contexts * (8 + 4 + uid + syntaxes * (4 + uid)) + 4096 <= Limits().max_associate_length


def test_one_association_may_hold_several_pdus_and_all_together_several_associations():
    limits = Limits()
    assert limits.max_queued_bytes >= 4 * limits.max_pdu_length
    assert limits.max_queued_bytes_total >= 16 * limits.max_queued_bytes
