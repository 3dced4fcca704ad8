"""The short list of reasons: what is offered when, and what counts against recognition."""

import pytest

from telemed.recognition.reasons import REASONS, SYSTEM, counts_as_refusal, offered

CLINICAL = ["R1", "R2", "R3", "R4", "R5", "R7", "R8", "R6"]


def test_images_have_their_own_reasons_and_laboratory_results_do_not():
    assert [one.code for one in offered(images=False)] == [*CLINICAL, "T6"]
    assert [one.code for one in offered(images=True)] == [*CLINICAL, "T1", "T2", "T3", "T6"]


def test_local_reasons_are_settings_and_off():
    assert [one.code for one in offered(images=False, local=["L4", "L2"])][-2:] == ["L2", "L4"]
    assert not any(one.code.startswith("L") for one in offered(images=True, local=["R9"]))


@pytest.mark.parametrize(
    ("system", "code", "counts"),
    [
        (SYSTEM, "R1", True),
        (SYSTEM, "R7", False),
        (SYSTEM, "T1", False),
        (SYSTEM, "T2", True),
        (SYSTEM, "R9", True),
        ("urn:other", "R7", True),
        ("", "R7", True),
        (b"urn:cn:hr:retest-reason".decode(), "R7", False),  # another object than the literal, as from a request
        ("", "", True),
    ],
)
def test_serial_tests_and_images_that_never_came_are_no_refusals(system, code, counts):
    assert counts_as_refusal(system, code) is counts


def test_what_each_reason_counts_for_and_where_it_is_offered():
    assert [
        (one.code, one.group, one.counts_as_refusal, one.for_images_only, one.non_adherence) for one in REASONS.values()
    ] == [
        ("R1", "clinical", True, False, "cds-not-applicable"),
        ("R2", "clinical", True, False, "cds-not-applicable"),
        ("R3", "clinical", True, False, "policy-contradicts"),
        ("R4", "clinical", True, False, "cds-suboptimal-context"),
        ("R5", "clinical", True, False, "policy-contradicts"),
        ("R7", "clinical", False, False, "cds-not-applicable"),
        ("R8", "clinical", True, False, "policy-contradicts"),
        ("R6", "clinical", True, False, ""),
        ("T1", "image", False, True, ""),
        ("T2", "image", True, True, "recipient-disagrees-evidence"),
        ("T3", "image", True, True, "recipient-disagrees-evidence"),
        ("T6", "image", True, False, ""),
        ("L1", "local", True, False, "does-not-align-preferences"),
        ("L2", "local", True, False, "recipient-disagrees-evidence"),
        ("L3", "local", True, False, "cds-not-applicable"),
        ("L4", "local", True, False, "recipient-does-not-trust"),
    ]


def test_every_reason_is_said_in_both_languages():
    assert all(one.text.zh and one.text.en for one in REASONS.values())
    assert set(REASONS) >= {*CLINICAL, "T1", "T2", "T3", "T6", "L1", "L2", "L3", "L4"}
