"""What a C-STORE's command set alone shows to be wrong."""

from dataclasses import replace

import pytest

from dicom_gateway.services.storage import judge
from dicom_gateway.upper_layer.command import Command, Field
from dicom_gateway.upper_layer.messages import MessageBegins

CT = "1.2.840.10008.5.1.4.1.1.2"
GOOD = Command(Field.C_STORE, 1, data_set_follows=True, sop_class_uid=CT, sop_instance_uid="1.2.3")


def judged(command: Command):
    return judge(MessageBegins(1, CT, "1.2.840.10008.1.2", command))


def test_a_store_that_fits_its_context_passes():
    assert judged(GOOD) is None


@pytest.mark.parametrize(
    ("command", "status", "reason"),
    [
        (replace(GOOD, data_set_follows=False), 0xC000, "no-data-set"),
        (replace(GOOD, sop_class_uid=CT + ".1"), 0x0122, "sop-class-of-another-context"),
        (replace(GOOD, sop_class_uid=""), 0x0122, "sop-class-of-another-context"),
        (replace(GOOD, sop_instance_uid=""), 0x0117, "not-a-uid"),
        (replace(GOOD, sop_instance_uid="1.2/../3"), 0x0117, "not-a-uid"),
    ],
)
def test_one_fact_away_it_is_refused_for_good_with_a_comment_that_fits(command, status, reason):
    refused = judged(command)
    assert refused is not None
    assert (refused.status, refused.reason, refused.transient) == (status, reason, False)
    assert refused.comment.isascii()
    assert 0 < len(refused.comment) <= 64
