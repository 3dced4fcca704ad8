"""The page inside a hospital system: a code opens it once, its forms answer, and no cookie is ever asked for."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import msgspec
from aiohttp import web
from msgspec import Meta

from telemed.cds import checking
from telemed.cds.admission import recorded
from telemed.cds.check_messages import ResponseBody
from telemed.db import Connection
from telemed.errors import DomainError, Invalid, Unavailable
from telemed.his import asking, page, store
from telemed.his.desk import Desk, PictureAsked, ask
from telemed.his.keeping import Showing, keep
from telemed.his.launching import PAGE_LIFE, Refusal, act, exchange, fingerprint
from telemed.his.responding import Doctor, respond, undo
from telemed.his.routes import LAUNCH
from telemed.his.store import LaunchRow, PageRow, ShownRow
from telemed.his.view import Reader, card_view, due
from telemed.his.words import REFUSED
from telemed.http import body
from telemed.http.wire import KIB, PUBLIC, Call, Endpoint, RateClass, Stream, Upload
from telemed.vocabulary import Text

FORM = ("application/x-www-form-urlencoded",)
FORM_LIMIT = 16 * KIB
MOST_FIELDS = 10
STATUS = {
    Refusal.UNKNOWN: 404,
    Refusal.USED: 410,
    Refusal.LATE: 410,
    Refusal.ORIGIN: 403,
    Refusal.DISABLED: 403,
    Refusal.ORDER: 409,
}
IMMUTABLE = "public, max-age=31536000, immutable"

Secret = Annotated[str, Meta(max_length=100)]


class LaunchQuery(msgspec.Struct, frozen=True):
    code: Secret = ""


class PageForm(msgspec.Struct, frozen=True):
    """What a form of the page sends.  page: its token.  decision: the order it is about; none for accept-all."""

    page: Secret
    action: Literal["accept", "accept-all", "decline", "undo", "images"]
    decision: UUID | None = None
    choice: UUID | None = None
    reason: Annotated[str, Meta(max_length=10)] = ""
    comment: Annotated[str, Meta(max_length=500)] = ""


def endpoints(desk: Desk) -> list[Endpoint]:
    """The page, what opens it, and the two files beside it."""
    routes = PageRoutes(desk)
    shared: dict[str, Any] = {"returns": Stream(("text/html",)), "rate": RateClass.HOOKS, "any_origin": True}
    form = Upload(FORM, FORM_LIMIT)
    opens = Text("打开嵌入页面（一次有效）", "Open the page inside a hospital system, once")
    return [
        Endpoint("POST", LAUNCH, PUBLIC, routes.open_by_form, opens, body=form, **shared),
        Endpoint("GET", LAUNCH, PUBLIC, routes.open_by_address, opens, query=LaunchQuery, **shared),
        Endpoint(
            "POST",
            "/embedded/page",
            PUBLIC,
            routes.act,
            Text("嵌入页面上的选择", "A choice on the page inside a hospital system"),
            body=form,
            **shared,
        ),
        Endpoint(
            "GET",
            "/embedded/{file}",
            PUBLIC,
            _file,
            Text("嵌入页面的样式与脚本", "Style and script of the page inside a hospital system"),
            returns=Stream(("text/css", "text/javascript")),
            rate=RateClass.IMAGES,
            audited=False,
        ),
    ]


async def _file(call: Call[Any, Any]) -> web.Response:
    found = page.FILES.get(call.path["file"])
    if found is None:
        raise web.HTTPNotFound
    content, kind = found
    return web.Response(body=content, content_type=kind, charset="utf-8", headers={"Cache-Control": IMMUTABLE})


class PageRoutes:
    """Handlers; whatever happens, the doctor reads a sentence."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def open_by_form(self, call: Call[Any, Any]) -> web.Response:
        fields = await _fields(call)
        code = (fields or {}).get("code", "")
        return await self._open(call, code)

    async def open_by_address(self, call: Call[LaunchQuery, Any]) -> web.Response:
        return await self._open(call, call.query.code)

    async def _open(self, call: Call[Any, Any], code: str) -> web.Response:
        async with call.pool.connection() as connection:
            row = await store.launch_by_code(connection, fingerprint(code))
        origin, own = _origin(call)
        refusal = exchange(None if row is None else row.launch, origin, own=own, now=call.now)
        if row is None or refusal is not None:
            return await _refused(call, refusal or Refusal.UNKNOWN, row)
        _about(call, row)
        ordered = row.ordered
        enquiry = asking.enquiry(ordered, ordered.orders, row.organization_id, call.now)
        try:
            cards = checking.dealt(await ask(self._desk, row.patient_id, enquiry), uuid4)
        except Unavailable as error:
            return await _away(call, error, row)
        token = self._desk.new_secret()
        around = origin if origin in row.allowed_origins else ""
        opened = await self._kept(call, row, cards, token_hash=fingerprint(token), around=around or "")
        if opened is None:
            return await _refused(call, Refusal.USED, row)
        return await self._shown(call, opened, token)

    async def _kept(
        self, call: Call[Any, Any], row: LaunchRow, cards: tuple[checking.Card, ...], *, token_hash: str, around: str
    ) -> PageRow | None:
        """Use the code up and keep what is about to be shown, both or neither; None where another was faster."""
        over = call.now + PAGE_LIFE
        async with call.pool.transaction() as tx:
            if not await store.open_page(
                tx, row.id, token_hash=token_hash, origin=around, opened_at=call.now, expires_at=over
            ):
                return None
            if row.patient_id is not None:
                showing = Showing(
                    row.client_id, row.organization_id, row.patient_id, row.shown_to, row.visit, "embedded", row.id
                )
                await keep(tx, call, self._desk, showing, [(one, "") for one in cards])
            opened = await store.page_by_token(tx, token_hash)
            if opened is None:
                raise LookupError("a page that was just opened is there")
            await call.gate.record(tx, call.record("success"))
        call.recorded = True
        return opened

    async def act(self, call: Call[Any, Any]) -> web.Response:
        form = _form(await _fields(call))
        if form is None:
            call.detail["code"] = "malformed"
            await recorded(call, "refused")
            return page.refused("malformed", None, 422)
        async with call.pool.connection() as connection:
            row = await store.page_by_token(connection, fingerprint(form.page))
            shown = [] if row is None else await store.shown_on_page(connection, row.id)
        by_decision = {one.decision_id: one for one in shown}
        named = [] if form.decision is None else [form.decision]
        origin, own = _origin(call)
        refusal = act(None if row is None else row.page(by_decision), named, origin, own=own, now=call.now)
        if row is None or refusal is not None:
            return await _refused(call, refusal or Refusal.UNKNOWN, row)
        _about(call, row)
        call.detail["act"] = form.action
        about = None if form.decision is None else by_decision[form.decision]
        if form.action == "images":
            return await self._pictures(call, row, form, about)
        try:
            async with call.transaction() as tx:
                await self._answer(tx, call, row, form, shown=shown, about=about)
        except DomainError as error:
            call.detail["code"] = error.code
            await recorded(call, "refused" if error.status < 500 else "failed")
            said = error.zh if row.language == "zh-CN" else error.en
            return await self._shown(call, row, form.page, notice=said, status=error.status)
        return await self._shown(call, row, form.page)

    async def _answer(
        self,
        tx: Connection,
        call: Call[Any, Any],
        row: PageRow,
        form: PageForm,
        *,
        shown: list[ShownRow],
        about: ShownRow | None,
    ) -> None:
        """Keep what a form says.  Raises what keeps it from being kept."""
        who = Doctor(row.client_id, row.shown_to)
        if form.action == "accept-all":
            last = await store.last_responses(tx, [one.card for one in shown])
            for card, choice in sorted(due([one.kept for one in shown], last)):
                await respond(tx, call, self._desk, who, card=card, said=ResponseBody("accepted", choice))
            return
        if about is None or about.card is None:
            raise Invalid("nothing-to-answer", REFUSED["order"].zh, REFUSED["order"].en)
        if form.action == "undo":
            await undo(tx, call, who, about.card)
        elif form.action == "accept":
            await respond(tx, call, self._desk, who, card=about.card, said=ResponseBody("accepted", form.choice))
        else:
            said = ResponseBody("overridden", None, form.reason, form.comment)
            await respond(tx, call, self._desk, who, card=about.card, said=said)

    async def _pictures(
        self, call: Call[Any, Any], row: PageRow, form: PageForm, about: ShownRow | None
    ) -> web.Response:
        """Send the doctor on to the pictures of the result that is spoken of first."""
        link = None
        if self._desk.picture_link is not None and about is not None:
            one = about.kept
            if about.card is not None and one.lead is not None and one.checked.results[one.lead].identified:
                asked = PictureAsked(
                    row.client_id,
                    row.organization_id,
                    row.shown_to,
                    about.patient_id,
                    about.decision_id,
                    about.card,
                    one.results[one.lead],
                    call.now,
                )
                link = await self._desk.picture_link(asked)
            call.about("recognition-decision", about.decision_id, patient_id=about.patient_id)
        await recorded(call, "refused" if link is None else "success")
        if link is None:
            said = REFUSED["images"]
            notice = said.zh if row.language == "zh-CN" else said.en
            return await self._shown(call, row, form.page, notice=notice, status=404)
        return web.Response(status=303, headers={"Location": link, "Cache-Control": "no-store"})

    async def _shown(
        self, call: Call[Any, Any], row: PageRow, token: str, *, notice: str = "", status: int = 200
    ) -> web.Response:
        async with call.pool.connection() as connection:
            shown = await store.shown_on_page(connection, row.id)
            last = await store.last_responses(connection, [one.card for one in shown])
        reader = Reader(row.language, self._desk.zone, call.now, pictures=self._desk.picture_link is not None)
        kept = [one.kept for one in shown]
        views = [
            card_view(one, place.shown_at, None if place.card is None else last.get(place.card), reader)
            for one, place in zip(kept, shown, strict=True)
        ]
        return page.rendered(row, token, views, reader, due=len(due(kept, last)), notice=notice, status=status)


def _origin(call: Call[Any, Any]) -> tuple[str | None, bool]:
    """The page a request comes from, and whether it is this county's own."""
    origin = call.request.headers.get("Origin")
    return origin, origin is not None and call.is_own_origin(origin)


def _about(call: Call[Any, Any], row: LaunchRow | PageRow) -> None:
    """Say in the audit whose page it is, for whom, and of whom."""
    call.detail.update({"client": str(row.client_id), "user": row.shown_to})
    call.about("recognition-launch", row.id)
    if row.patient_id is not None:
        call.about("patient", row.patient_id, patient_id=row.patient_id)


async def _refused(call: Call[Any, Any], refusal: Refusal, row: LaunchRow | PageRow | None) -> web.Response:
    call.detail["code"] = f"launch-{refusal.value}"
    if row is not None:
        call.detail["client"] = str(row.client_id)
        call.about("recognition-launch", row.id)
    await recorded(call, "refused")
    return page.refused(refusal.value, None if row is None else row.allowed_origins, STATUS[refusal])


async def _away(call: Call[Any, Any], error: Unavailable, row: LaunchRow) -> web.Response:
    call.detail["code"] = error.code
    await recorded(call, "failed")
    return page.refused("away", row.allowed_origins, error.status)


async def _fields(call: Call[Any, Any]) -> dict[str, str] | None:
    """A form's fields, each once; None for what is no form.  Raises HTTPRequestEntityTooLarge."""
    raw = await body.read(call.request, FORM_LIMIT)
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        return None
    fields = dict(pairs)
    return None if len(fields) < len(pairs) or any("\0" in one for one in fields.values()) else fields


def _form(fields: dict[str, str] | None) -> PageForm | None:
    """What a form of the page says; None for what is none of ours."""
    said = {name: value for name, value in (fields or {}).items() if value}
    try:
        return msgspec.convert(said, PageForm, strict=False)
    except msgspec.ValidationError:
        return None
