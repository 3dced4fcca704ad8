"""影像问题 over HTTP: the officer judges, the producing member answers.  Nobody is told which doctor said it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.http.wire import Call, Endpoint, Nothing
from telemed.quality import facts_store, ticket_store
from telemed.quality.facts_store import Items, item_name
from telemed.quality.messages import ItemWords
from telemed.quality.ticket_store import ActRow, TicketRow
from telemed.quality.tickets import HIDDEN, LONGEST_NOTE, By, Command, TicketState, admitted
from telemed.recognition.reasons import REASONS
from telemed.vocabulary import Action, Principal, Scope, Text

PolicyScope = Callable[[Principal, Action], Scope]
Note = Annotated[str, Meta(max_length=LONGEST_NOTE)]


class TicketQuery(msgspec.Struct, frozen=True):
    state: Literal["", "pending", "confirmed", "dismissed", "retracted", "handled", "contested"] = ""


class TicketAct(msgspec.Struct, frozen=True):
    command: Command
    state: TicketState
    note: str
    acted_by_name: str
    acted_by_place: str
    acted_at: datetime


class TicketLine(msgspec.Struct, frozen=True):
    """One issue.  comment: the doctor's words, for the officer alone.  study: for whoever may open the images.

    commands: what the person who asks may do with it now.
    """

    id: UUID
    organization_id: UUID
    organization_name: str
    item: ItemWords
    reason: str
    reason_zh: str
    reason_en: str
    comment: str
    said_at: datetime
    acquired_at: datetime | None
    study: str | None
    state: TicketState
    commands: list[Command]
    acts: list[TicketAct]


class TicketList(msgspec.Struct, frozen=True):
    """total: how many there are; items: the newest of them.  pending: how many wait for the officer."""

    items: list[TicketLine]
    total: int
    pending: int


class TicketJudgement(msgspec.Struct, frozen=True):
    command: Literal["confirm", "dismiss", "uphold"]
    note: Note = ""


class TicketAnswer(msgspec.Struct, frozen=True):
    command: Literal["handle", "contest"]
    note: Note


class TicketMoved(msgspec.Struct, frozen=True):
    id: UUID
    state: TicketState


class TicketRoutes:
    """Handlers.  scope: of an action for a person."""

    def __init__(self, scope: PolicyScope) -> None:
        self._scope = scope

    async def tickets(self, call: Call[TicketQuery, Nothing]) -> TicketList:
        who = call.principal
        officer = self._scope(who, Action.TICKET_JUDGE)
        state = TicketState(call.query.state) if call.query.state else None
        async with call.pool.connection() as connection:
            rows = await ticket_store.tickets(connection, officer=officer, producer=call.scope, state=state)
            waiting = await ticket_store.tickets(
                connection, officer=officer, producer=call.scope, state=TicketState.PENDING
            )
            acts = await ticket_store.acts(connection, [row.id for row in rows])
            items = await facts_store.known_items(connection)
        for row in rows:
            call.about("quality-ticket", row.id, patient_id=row.patient_id)
        lines = [self._line(who, row, acts.get(row.id, []), items) for row in rows]
        return TicketList(lines, rows[0].total if rows else 0, waiting[0].total if waiting else 0)

    async def judge(self, call: Call[Nothing, TicketJudgement]) -> TicketMoved:
        return await self._act(call, Command(call.body.command), By.OFFICER, call.body.note)

    async def answer(self, call: Call[Nothing, TicketAnswer]) -> TicketMoved:
        return await self._act(call, Command(call.body.command), By.PRODUCER, call.body.note)

    async def _act(
        self,
        call: Call[Nothing, TicketJudgement] | Call[Nothing, TicketAnswer],
        command: Command,
        by: By,
        note: str,
    ) -> TicketMoved:
        async with call.transaction() as tx:
            ticket = await ticket_store.hold(tx, call.uuid("id"), call.scope)
            if by is By.PRODUCER and ticket.state in HIDDEN:
                raise ticket_store.unknown()
            call.about("quality-ticket", ticket.id)
            call.detail["command"] = str(command)
            to = await ticket_store.act(tx, ticket, command, by, note, who=call.principal.practitioner_id, now=call.now)
        return TicketMoved(ticket.id, to)

    def _line(self, who: Principal, row: TicketRow, acts: Sequence[ActRow], items: Items) -> TicketLine:
        judges = self._scope(who, Action.TICKET_JUDGE).admits(row.organization_id)
        answers = self._scope(who, Action.TICKET_ANSWER).admits(row.organization_id)
        images = self._scope(who, Action.STUDY_READ).admits(row.study_place)
        commands = [
            *(admitted(row.state, By.OFFICER) if judges else ()),
            *(admitted(row.state, By.PRODUCER) if answers else ()),
        ]
        said = REASONS[row.reason_code].text
        return TicketLine(
            id=row.id,
            organization_id=row.organization_id,
            organization_name=row.organization_name,
            item=item_name(row.item_key, items),
            reason=row.reason_code,
            reason_zh=said.zh,
            reason_en=said.en,
            comment=row.comment if judges else "",
            said_at=row.said_at,
            acquired_at=row.acquired_at,
            study=row.study_instance_uid if images else None,
            state=row.state,
            commands=commands,
            acts=[
                TicketAct(
                    Command(one.command),
                    TicketState(one.state),
                    one.note,
                    one.acted_by_name,
                    one.acted_by_place,
                    one.acted_at,
                )
                for one in acts
            ],
        )


def endpoints(scope: PolicyScope) -> list[Endpoint]:
    """The routes of the tab 影像问题."""
    routes = TicketRoutes(scope)
    return [
        Endpoint(
            "GET",
            "/api/quality/tickets",
            Action.TICKET_READ,
            routes.tickets,
            Text("影像问题", "Issues with images"),
            query=TicketQuery,
            returns=TicketList,
            access=True,
        ),
        Endpoint(
            "POST",
            "/api/quality/tickets/{id}/judgement",
            Action.TICKET_JUDGE,
            routes.judge,
            Text("质控员确认、驳回或维持", "The quality officer confirms, dismisses or upholds"),
            body=TicketJudgement,
            returns=TicketMoved,
        ),
        Endpoint(
            "POST",
            "/api/quality/tickets/{id}/answer",
            Action.TICKET_ANSWER,
            routes.answer,
            Text("机构已处理，或有异议", "The producing member dealt with it, or contests it"),
            body=TicketAnswer,
            returns=TicketMoved,
        ),
    ]
