"""Deadlines: just in time and just too late, for each."""

import pytest

from dicom_gateway.upper_layer.deadlines import Clock, Overdue, overdue
from dicom_gateway.upper_layer.limits import Limits
from dicom_gateway.upper_layer.states import State

LIMITS = Limits(
    request_seconds=15, close_seconds=5, pdu_seconds=20, idle_seconds=600, release_seconds=5, write_stall_seconds=20,
    min_bytes_per_second=512, rate_grace_seconds=60,
)  # fmt: skip


def judge(clock, now, state=State.ESTABLISHED, *, reading=True, working=False):
    return overdue(clock, state, LIMITS, now, reading=reading, working=working)


@pytest.mark.parametrize(
    ("clock", "state", "last_moment", "what"),
    [
        (Clock(artim_since=0), State.AWAITING_REQUEST, 15, Overdue.REQUEST),
        (Clock(artim_since=0), State.AWAITING_CLOSE, 5, Overdue.CLOSE),
        (Clock(pdu_since=0), State.ESTABLISHED, 20, Overdue.PDU),
        (Clock(message_since=0), State.ESTABLISHED, 20, Overdue.SILENT),
        (Clock(), State.ESTABLISHED, 600, Overdue.IDLE),
        (Clock(release_since=0), State.AWAITING_RELEASE_RP, 5, Overdue.RELEASE),
        (Clock(write_stalled_since=0), State.ESTABLISHED, 20, Overdue.WRITE),
    ],
)
def test_a_peer_has_until_its_deadline_and_no_longer(clock, state, last_moment, what):
    assert judge(clock, last_moment, state) is None
    assert judge(clock, last_moment + 0.1, state) is what


def test_a_trickle_that_never_falls_silent_is_dropped_for_its_rate():
    clock = Clock(message_since=0, message_bytes=512 * 40, active_at=100)
    assert judge(clock, 100) is None
    clock.active_at = 101
    assert judge(clock, 101) is Overdue.RATE


def test_a_peer_we_do_not_read_from_is_never_late_but_one_that_takes_no_answers_is():
    clock = Clock(pdu_since=0, message_since=0)
    assert judge(clock, 10_000, reading=False) is None
    clock.write_stalled_since = 0
    assert judge(clock, 10_000, reading=False) is Overdue.WRITE


def test_a_pause_of_ours_is_given_back():
    clock = Clock(pdu_since=0, message_since=0, active_at=0)
    clock.move(1000)
    assert judge(clock, 1019) is None
    assert judge(clock, 1021) is Overdue.PDU


def test_a_peer_whose_message_is_in_our_hands_is_not_idle():
    assert judge(Clock(), 10_000, working=True) is None


def test_a_vanished_peer_is_gone_within_thirty_seconds_by_the_default_limits():
    limits = Limits()
    sweep = 1
    assert limits.pdu_seconds + sweep + limits.close_seconds + sweep <= 30
    assert limits.request_seconds + sweep <= 30
    assert limits.handshake_seconds + limits.request_seconds + sweep <= 30
