"""A part of the composition root: which topics of the event stream a person may hear."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from telemed.access.policy import awaits_second_factor, scope
from telemed.db import Pool
from telemed.timeline.routes import reads_results_of
from telemed.vocabulary import Action, Principal, ScopeKind

#: Topics that name nothing: whoever may do one of these hears them.
OPEN_TO: Mapping[str, tuple[Action, ...]] = {
    "worklist": (Action.WORKLIST_READ,),
    "quality": (Action.QUALITY_READ, Action.QUALITY_LOOK_BACK, Action.TICKET_READ),
    "statistics": (Action.STATISTICS_READ,),
    # that something became of a consultation, a turn of duty or an expert; which and whose is asked of its route
    "consultations": (Action.CONSULTATION_READ,),
    # that something became of a case of the teaching file
    "teaching": (Action.TEACHING_READ, Action.TEACHING_PROPOSE),
    # that a document, a grant or an evaluation has changed: what the directory's readers may look up
    "recognition": (Action.DIRECTORY_READ,),
    "admin": (Action.DEVICE_READ, Action.ACCOUNT_MANAGE, Action.OPERATIONS_READ, Action.OUTGOING_READ),
}


async def may_hear(pool: Pool, principal: Principal, topic: str) -> bool:
    """Whether a topic's events, which carry ids only, concern this person.

    As with every route: not before a password that is due was changed, nor before the second factor was proved.
    """
    if not principal.roles or awaits_second_factor(principal, Action.STUDY_READ):
        return False
    kind, _, name = topic.partition("/")
    if kind == "person":  # what is said to somebody alone
        return name == str(principal.practitioner_id)
    if kind in OPEN_TO:
        return not name and any(scope(principal, one).kind is not ScopeKind.NOWHERE for one in OPEN_TO[kind])
    try:
        subject = UUID(name)
    except ValueError:
        return False
    allowed = scope(principal, Action.STUDY_READ)
    if kind == "organization":
        return subject in principal.organization_ids or allowed.admits(subject)
    if kind == "study":
        async with pool.connection() as connection:
            cursor = await connection.execute("select organization_id from imaging_study where id = %s", (subject,))
            row = await cursor.fetchone()
        return row is not None and allowed.admits(row[0])
    if kind == "patient":
        return await reads_results_of(pool, scope(principal, Action.RESULT_READ), subject)
    return False
