"""/api/teaching, /api/teaching-proposals and what a consultation's page asks of the teaching file."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from telemed.db import Connection, fetch_all
from telemed.http.paging import cursor, following
from telemed.http.wire import Call, Endpoint, Nothing, RateClass, Stream
from telemed.teaching import proposing, store, words
from telemed.teaching.acting import Acting
from telemed.teaching.kinds import left_out
from telemed.teaching.messages import (
    CheckedField,
    CheckedTexts,
    EditBody,
    FoundItem,
    FrameQuery,
    ImageItem,
    ListQuery,
    LookBody,
    PageQuery,
    Proposable,
    Proposal,
    ProposalItem,
    Proposals,
    ProposeBody,
    ProposedItem,
    RevisionBody,
    SeriesItem,
    StepItem,
    TeachingCase,
    TeachingCases,
    TeachingImage,
    TeachingItem,
    TeachingReason,
    TextsToCheck,
)
from telemed.teaching.states import Person, State
from telemed.teaching.wording import Known, found
from telemed.vocabulary import Action, Principal, Scope, Text

PAGE = 30
PICTURE = "image/jpeg"
EXPLICIT = "1.2.840.10008.1.2.1"

#: (digest of a copy, frame from 1, longest side, (centre, width) or None) → a JPEG.  Blocks.
Draw = Callable[[str, int, int, tuple[float, float] | None], bytes]


@dataclass(frozen=True)
class TeachingRoutes:
    """draw: raises LookupError where a copy cannot be shown.  scope: where a person may do something."""

    zone: ZoneInfo
    draw: Draw
    scope: Callable[[Principal, Action], Scope]

    def _acting(self, call: Call[Any, Any], tx: Connection) -> Acting:
        return Acting(tx, call.principal, self.scope(call.principal, Action.TEACHING_RELEASE), call.now)

    # of a consultation

    async def proposable(self, call: Call[Nothing, Nothing]) -> Proposable:
        id_ = call.uuid("id")
        async with call.pool.connection() as connection:
            row = await store.consultation(connection, id_)
            if row is None or not proposing.may_propose(call.principal, row):
                raise words.no_such_consultation()
            call.about("consultation", id_, patient_id=row.patient_id)
            proposed = await store.of_consultation(connection, id_)
            may = row.state in proposing.SIGNED
            series = await store.series(connection, id_) if may else []
        opinion = "\n".join(filter(None, (row.diagnosis, row.advice, row.addendum))) if may else ""
        return Proposable(
            may,
            "\n".join(filter(None, (row.history, row.question))) if may else "",
            opinion,
            [_series(one) for one in series],
            [msgspec.convert(one, ProposedItem, from_attributes=True) for one in proposed],
        )

    async def check(self, call: Call[Nothing, TextsToCheck]) -> CheckedTexts:
        id_ = call.uuid("id")
        async with call.pool.connection() as connection:
            row = await proposing.opened(connection, call.principal, id_)
            call.about("consultation", id_, patient_id=row.patient_id)
            known = await store.known(connection, id_)
        return await _checked(call.body, known)

    async def propose(self, call: Call[Nothing, ProposeBody]) -> None:
        id_, body = call.uuid("id"), call.body
        call.about("consultation", id_)
        call.about("teaching-case", body.id)
        made = proposing.Proposal(body.id, body.texts(), tuple(body.series), secrets.token_bytes(32))
        async with call.transaction() as tx:
            await proposing.propose(tx, call.principal, id_, made, call.now)

    # between proposing and releasing

    async def proposals(self, call: Call[PageQuery, Nothing]) -> Proposals:
        after = cursor(call.query.after)
        releases = self.scope(call.principal, Action.TEACHING_RELEASE)
        params = {
            "person": call.principal.practitioner_id,
            **_organizations(releases),
            **_before(after),
        }
        async with call.pool.connection() as connection:
            rows = await fetch_all(connection, store.queries["proposals"], params, store.ProposalRow)
        me = call.principal.practitioner_id
        items = [
            ProposalItem(
                one.id,
                one.title,
                cast("Any", one.state),
                cast("Any", one.body_part),
                one.modalities,
                one.proposed_at,
                one.proposer_name,
                one.proposer_id == me,
                one.undecided,
                one.images,
                one.done,
                one.revision,
            )
            for one in rows[:PAGE]
        ]
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        return Proposals(items, None if last is None else following(last.proposed_at, last.id))

    async def proposal(self, call: Call[Nothing, Nothing]) -> Proposal:
        async with call.pool.connection() as connection:
            row, you = await self._concerning(call, connection)
            images, steps = await store.images(connection, row.id), await store.steps(connection, row.id)
        shown = images if Person.PROPOSER in you else [one for one in images if one.kept]
        known = {name: getattr(row, name) for name in Proposal.__struct_fields__ if hasattr(row, name)}
        return msgspec.convert(
            {
                **known,
                "you": sorted(one.value for one in you),
                "images": [msgspec.convert(one, ImageItem, from_attributes=True) for one in shown],
                "steps": [msgspec.convert(one, StepItem, from_attributes=True) for one in steps],
            },
            Proposal,
        )

    async def proposal_picture(self, call: Call[FrameQuery, Nothing]) -> web.StreamResponse:
        async with call.pool.connection() as connection:
            row, you = await self._concerning(call, connection)
            found = await store.picture(connection, row.id, call.uuid("image"))
        seen = found is not None and (Person.PROPOSER in you or _kept(found))
        if found is None or not seen:
            raise words.no_such_case()
        return await self._picture(call, found)

    async def _concerning(
        self, call: Call[Any, Any], connection: Connection
    ) -> tuple[store.CaseRow, frozenset[Person]]:
        """A case that concerns whoever asks: proposed by them, or before them as the second person."""
        id_ = call.uuid("id")
        call.about("teaching-case", id_)
        row = await store.case(connection, id_)
        if row is None:
            raise words.no_such_case()
        you = self._acting(call, connection).am(row.proposer_id, row.organization_id)
        before_them = row.state in (State.SUBMITTED, State.RELEASED, State.REFUSED)
        if Person.PROPOSER not in you and not (you and before_them):
            raise words.no_such_case()
        return row, you

    async def look(self, call: Call[Nothing, LookBody]) -> None:
        async with call.transaction() as tx:
            await self._acting(call, tx).look(_case(call), call.body.images, call.body.verdict)

    async def edit(self, call: Call[Nothing, EditBody]) -> None:
        async with call.transaction() as tx:
            await self._acting(call, tx).edit(_case(call), call.body.texts(), call.body.revision)

    async def check_again(self, call: Call[Nothing, TextsToCheck]) -> CheckedTexts:
        async with call.pool.connection() as connection:
            row, you = await self._concerning(call, connection)
            if Person.PROPOSER not in you:
                raise words.no_such_case()
            known = await store.known(connection, row.consultation_id)
        return await _checked(call.body, known)

    async def submit(self, call: Call[Nothing, RevisionBody]) -> None:
        async with call.transaction() as tx:
            await self._acting(call, tx).submit(_case(call), call.body.revision)

    async def release(self, call: Call[Nothing, RevisionBody]) -> None:
        async with call.transaction() as tx:
            await self._acting(call, tx).release(_case(call), call.body.revision)

    async def refuse(self, call: Call[Nothing, TeachingReason]) -> None:
        async with call.transaction() as tx:
            await self._acting(call, tx).refuse(_case(call), call.body.reason)

    async def withdraw(self, call: Call[Nothing, TeachingReason]) -> None:
        async with call.transaction() as tx:
            await self._acting(call, tx).withdraw(_case(call), call.body.reason)

    # for readers

    async def cases(self, call: Call[ListQuery, Nothing]) -> TeachingCases:
        asked = call.query
        params = {
            "search": asked.search.strip().casefold(),
            "modality": asked.modality,
            "body_part": asked.body_part,
            **_organizations(call.scope),
            **_before(cursor(asked.after)),
        }
        async with call.pool.connection() as connection:
            rows = await fetch_all(connection, store.queries["released"], params, store.ReleasedRow)
        items = [
            TeachingItem(
                one.id,
                one.title,
                one.teaches,
                one.keywords,
                cast("Any", one.body_part),
                one.modalities,
                self._day(one.released_at),
                one.images,
            )
            for one in rows[:PAGE]
        ]
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        return TeachingCases(items, None if last is None else following(last.released_at, last.id))

    async def case(self, call: Call[Nothing, Nothing]) -> TeachingCase:
        async with call.pool.connection() as connection:
            row, released_at = await _released(call, connection)
            images = [one for one in await store.images(connection, row.id) if one.kept]
            you = self._acting(call, connection).am(row.proposer_id, row.organization_id)
        known = {name: getattr(row, name) for name in TeachingCase.__struct_fields__ if hasattr(row, name)}
        return msgspec.convert(
            {
                **known,
                "released_on": self._day(released_at),
                "images": [msgspec.convert(one, TeachingImage, from_attributes=True) for one in images],
                "withdraws": bool(you),
            },
            TeachingCase,
        )

    async def picture(self, call: Call[FrameQuery, Nothing]) -> web.StreamResponse:
        async with call.pool.connection() as connection:
            row, _ = await _released(call, connection)
            found = await store.picture(connection, row.id, call.uuid("image"))
        if found is None or not _kept(found):
            raise words.no_such_case()
        return await self._picture(call, found)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    async def _picture(self, call: Call[FrameQuery, Nothing], found: store.PictureRow) -> web.StreamResponse:
        number = call.path["frame"]
        if not (number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= found.frames):
            raise words.no_such_case()
        centre, _, width = call.query.window.partition(",")
        window = (float(centre), max(float(width), 1.0)) if width else None
        try:
            drawn = await asyncio.to_thread(self.draw, found.digest, int(number), call.query.side, window)
        except LookupError:
            raise words.copy_away() from None
        headers = {"Content-Disposition": "inline", "Cache-Control": "private, no-store"}
        response = await call.stream(media_type=PICTURE, headers=headers)
        await response.write(drawn)
        await response.write_eof()
        return response


async def _checked(asked: TextsToCheck, known: list[Known]) -> CheckedTexts:
    fields = [(one.field, one.text) for one in asked.fields]
    marked = await asyncio.to_thread(lambda: [(field, found(text, known)) for field, text in fields])
    return CheckedTexts(
        [
            CheckedField(field, [msgspec.convert(one, FoundItem, from_attributes=True) for one in each])
            for field, each in marked
        ]
    )


def _case(call: Call[Any, Any]) -> UUID:
    found = call.uuid("id")
    call.about("teaching-case", found)
    return found


def _kept(one: store.PictureRow) -> bool:
    return one.verdict != "out" and (not one.grounds or one.verdict == "clear")


async def _released(call: Call[Any, Any], connection: Connection) -> tuple[store.CaseRow, datetime]:
    """A case that everybody reads; one that is withdrawn is as if it had never been."""
    id_ = _case(call)
    row = await store.case(connection, id_)
    if (
        row is None
        or row.state != State.RELEASED
        or row.released_at is None
        or not call.scope.admits(row.organization_id)
    ):
        raise words.no_such_case()
    return row, row.released_at


def _series(one: store.SeriesRow) -> SeriesItem:
    why = left_out(one.sop_class, one.modality, "", EXPLICIT, 0) or ""
    return SeriesItem(
        one.id, one.study_number, one.modality, one.series_number, one.description, one.images, one.frames, why
    )


def _organizations(scope: Scope) -> dict[str, object]:
    return {"everywhere": scope.organizations is None, "organizations": scope.organizations or []}


def _before(after: tuple[datetime, UUID] | None) -> dict[str, object]:
    return {
        "before": None if after is None else after[0],
        "before_id": None if after is None else after[1],
        "limit": PAGE + 1,
    }


def endpoints(routes: TeachingRoutes) -> list[Endpoint]:
    read, propose, release = Action.TEACHING_READ, Action.TEACHING_PROPOSE, Action.TEACHING_RELEASE
    of, proposals, one = "/api/consultations/{id}/teaching", "/api/teaching-proposals", "/api/teaching-proposals/{id}"
    frame = "/images/{image}/frames/{frame}"

    def get(path: str, action: Action, handler: Any, summary: tuple[str, str], returns: Any, **more: Any) -> Endpoint:
        return Endpoint("GET", path, action, handler, Text(*summary), returns=returns, **more)

    def post(path: str, action: Action, handler: Any, summary: tuple[str, str], body: type[Any]) -> Endpoint:
        return Endpoint("POST", path, action, handler, Text(*summary), body=body, status=204)

    picture = {"query": FrameQuery, "rate": RateClass.IMAGES, "access": True}
    return [
        get(
            of,
            propose,
            routes.proposable,
            ("可提交为教学病例的内容", "What of it could be taught"),
            Proposable,
            access=True,
        ),
        Endpoint(
            "POST",
            f"{of}/check",
            propose,
            routes.check,
            Text("检查文字中的身份信息", "Look for identifying text"),
            body=TextsToCheck,
            returns=CheckedTexts,
        ),
        post(of, propose, routes.propose, ("提交教学病例", "Propose for the teaching file"), ProposeBody),
        get(
            proposals,
            propose,
            routes.proposals,
            ("教学病例的提交与审核", "Proposals for the teaching file"),
            Proposals,
            query=PageQuery,
        ),
        get(one, propose, routes.proposal, ("一份提交", "One proposal"), Proposal, access=True),
        get(
            one + frame,
            propose,
            routes.proposal_picture,
            ("提交的一帧影像", "A frame of a proposal"),
            Stream((PICTURE,)),
            **picture,
        ),
        Endpoint(
            "POST",
            f"{one}/check",
            propose,
            routes.check_again,
            Text("检查修改后的文字", "Look for identifying text again"),
            body=TextsToCheck,
            returns=CheckedTexts,
        ),
        post(f"{one}/look", propose, routes.look, ("判定影像中有无文字", "Judge whether text is in images"), LookBody),
        post(f"{one}/texts", propose, routes.edit, ("修改文字", "Edit the texts"), EditBody),
        post(f"{one}/submit", propose, routes.submit, ("提交审核", "Put before the second person"), RevisionBody),
        post(f"{one}/release", release, routes.release, ("放行", "Release"), RevisionBody),
        post(f"{one}/refuse", release, routes.refuse, ("退回", "Refuse, and say why"), TeachingReason),
        post(f"{one}/withdraw", propose, routes.withdraw, ("撤回", "Withdraw, and say why"), TeachingReason),
        get("/api/teaching", read, routes.cases, ("教学病例库", "The teaching file"), TeachingCases, query=ListQuery),
        get("/api/teaching/{id}", read, routes.case, ("一个教学病例", "One teaching case"), TeachingCase, access=True),
        get(
            "/api/teaching/{id}" + frame,
            read,
            routes.picture,
            ("教学病例的一帧影像", "A frame of a teaching case"),
            Stream((PICTURE,)),
            **picture,
        ),
    ]
