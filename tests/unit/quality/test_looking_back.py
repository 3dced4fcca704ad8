"""A look-back is open until somebody says what came of it, and open again once somebody says why."""

import pytest

from telemed.errors import Conflict, Invalid
from telemed.quality.looking_back import Act, Finding, TaskState, acted, state_of


def test_it_is_done_with_a_finding_and_opened_again_with_a_reason():
    assert state_of(None) is TaskState.OPEN
    assert acted(None, Act.DONE, Finding.REPEATED, "") is TaskState.DONE
    assert acted(Act.DONE, Act.REOPENED, None, "记错了患者") is TaskState.OPEN
    assert acted(Act.REOPENED, Act.DONE, Finding.PATIENT_TOLD, "") is TaskState.DONE


@pytest.mark.parametrize(
    ("last", "act", "finding", "note", "refused"),
    [
        (None, Act.DONE, None, "", Invalid),
        (Act.DONE, Act.REOPENED, Finding.REPEATED, "错", Invalid),
        (Act.DONE, Act.REOPENED, None, " ", Invalid),
        (Act.DONE, Act.DONE, Finding.REPEATED, "", Conflict),
        (None, Act.REOPENED, None, "错", Conflict),
        (Act.REOPENED, Act.REOPENED, None, "错", Conflict),
    ],
)
def test_one_thing_wrong_and_it_is_refused(last, act, finding, note, refused):
    with pytest.raises(refused):
        acted(last, act, finding, note)
