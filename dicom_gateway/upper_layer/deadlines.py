"""Which peer has used up its time: one pure decision over a few instants, in seconds of a monotonic clock.

While we ourselves have stopped reading, the peer cannot be late: the owner moves the instants by the pause.
"""

from dataclasses import dataclass
from enum import Enum

from dicom_gateway.upper_layer.limits import Limits
from dicom_gateway.upper_layer.states import State


class Overdue(Enum):
    """What a peer did not do in time."""

    REQUEST = "no-association-request"
    CLOSE = "not-closed"
    PDU = "unfinished-pdu"
    SILENT = "silent-within-message"
    RATE = "too-slow"
    IDLE = "idle"
    RELEASE = "release-unanswered"
    WRITE = "takes-no-answers"


@dataclass(slots=True)
class Clock:
    """The instants of one connection; None means that nothing of the kind is under way."""

    artim_since: float | None = None
    pdu_since: float | None = None
    message_since: float | None = None
    message_bytes: int = 0
    release_since: float | None = None
    write_stalled_since: float | None = None
    #: The last byte received or the last answer written, whichever is later.
    active_at: float = 0.0

    def move(self, seconds: float) -> None:
        """Forget a time in which the peer could not go on because we did not read."""
        self.active_at += seconds
        if self.pdu_since is not None:
            self.pdu_since += seconds
        if self.message_since is not None:
            self.message_since += seconds


def overdue(clock: Clock, state: State, limits: Limits, now: float, *, reading: bool, working: bool) -> Overdue | None:
    """Say what is overdue at now, or None.

    reading: we take bytes from this peer.  working: a message of this peer is in our hands.
    """
    if clock.artim_since is not None:
        awaited = state is State.AWAITING_REQUEST
        allowed = limits.request_seconds if awaited else limits.close_seconds
        if now - clock.artim_since > allowed:
            return Overdue.REQUEST if awaited else Overdue.CLOSE
        return None
    if clock.release_since is not None and now - clock.release_since > limits.release_seconds:
        return Overdue.RELEASE
    if clock.write_stalled_since is not None and now - clock.write_stalled_since > limits.write_stall_seconds:
        return Overdue.WRITE
    if not reading:
        return None
    if clock.pdu_since is not None and now - clock.pdu_since > limits.pdu_seconds:
        return Overdue.PDU
    if clock.message_since is not None:
        return _overdue_in_message(clock, clock.message_since, limits, now)
    if not working and now - clock.active_at > limits.idle_seconds:
        return Overdue.IDLE
    return None


def _overdue_in_message(clock: Clock, since: float, limits: Limits, now: float) -> Overdue | None:
    """Judge a message that has begun: never silent for long, and not slower than the minimum rate on the mean."""
    if now - clock.active_at > limits.pdu_seconds:
        return Overdue.SILENT
    beyond = now - since - limits.rate_grace_seconds
    if beyond > 0 and clock.message_bytes < beyond * limits.min_bytes_per_second:
        return Overdue.RATE
    return None
