"""追溯核查: one decision that relied on what was taken back, looked at again. Pure.

A task is open until somebody says what came of it; whoever erred says why it is open again.  Acts are added, never
changed: the last one counts.
"""

from __future__ import annotations

from enum import StrEnum

from telemed.errors import Conflict, Invalid

LONGEST_NOTE = 1000


class Finding(StrEnum):
    """What came of looking again."""

    NO_CONSEQUENCE = "no-consequence"
    REPEATED = "repeated"
    PATIENT_TOLD = "patient-told"
    PATIENT_NOT_FOUND = "patient-not-found"


class Act(StrEnum):
    DONE = "done"
    REOPENED = "reopened"


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"


_ADMITTED = {(TaskState.OPEN, Act.DONE): TaskState.DONE, (TaskState.DONE, Act.REOPENED): TaskState.OPEN}


def state_of(last: Act | None) -> TaskState:
    """Where a task stands after its last act."""
    return TaskState.DONE if last is Act.DONE else TaskState.OPEN


def acted(last: Act | None, act: Act, finding: Finding | None, note: str) -> TaskState:
    """Where an act leaves a task.

    Raises Conflict where the task does not stand so, Invalid where the act does not say what it has to: done says what
    came of it, reopened says why.
    """
    if (act is Act.DONE) != (finding is not None):
        raise Invalid(
            "look-back-finding",
            "完成时须选择核查结果，重新打开时不得选择。未作任何改动。",
            "What is done says what came of it, what is opened again does not. Nothing was changed.",
        )
    if act is Act.REOPENED and not note.strip():
        raise Invalid(
            "look-back-note",
            "重新打开须写明原因。未作任何改动。",
            "Opening it again needs a reason. Nothing was changed.",
        )
    state = _ADMITTED.get((state_of(last), act))
    if state is None:
        raise Conflict(
            "look-back-moved-on",
            "该追溯核查已由他人处理。未作任何改动，请刷新后再看。",
            "Somebody has dealt with this look-back already. Nothing was changed; look at it again.",
        )
    return state
