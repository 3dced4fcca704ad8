"""What opens an issue, and who may do what with it as it stands."""

import pytest

from telemed.quality.tickets import By, Command, TicketState, admitted, opens
from telemed.recognition.reasons import REASONS, SYSTEM


@pytest.mark.parametrize("code", REASONS)
def test_the_reasons_about_images_open_one_and_no_others(code):
    assert opens("overridden", SYSTEM, code) is (code in {"T1", "T2", "T3", "T6"})


@pytest.mark.parametrize(
    ("outcome", "system", "code"),
    [
        ("accepted", SYSTEM, "T2"),
        ("withdrawn", SYSTEM, "T2"),
        ("overridden", "urn:other", "T2"),
        ("overridden", SYSTEM, ""),
    ],
)
def test_one_ground_less_and_none_is_opened(outcome, system, code):
    assert not opens(outcome, system, code)


def test_each_person_is_offered_what_the_state_admits():
    assert admitted(TicketState.PENDING, By.OFFICER) == (Command.CONFIRM, Command.DISMISS)
    assert admitted(TicketState.CONFIRMED, By.PRODUCER) == (Command.HANDLE, Command.CONTEST)
    assert admitted(TicketState.CONTESTED, By.OFFICER) == (Command.UPHOLD, Command.DISMISS)
    for state in (TicketState.DISMISSED, TicketState.RETRACTED, TicketState.HANDLED):
        assert admitted(state, By.OFFICER) == admitted(state, By.PRODUCER) == ()
