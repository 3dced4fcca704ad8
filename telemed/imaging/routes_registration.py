"""检查登记: check a form, register, list a day, photographs of the paper request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any
from uuid import UUID

import msgspec
from aiohttp import web

from telemed.errors import Invalid, NotFound
from telemed.events import append
from telemed.http.wire import Call, Endpoint, Nothing, Stream, Upload
from telemed.imaging import papers, registering, requests, who
from telemed.imaging.forms import RegistrationForm
from telemed.imaging.papers import Papers
from telemed.patients import identifiers, names, store
from telemed.patients.messages import Patient, Words, said_age
from telemed.vocabulary import Action, Sex, Text


class RegisteredPatient(msgspec.Struct, frozen=True):
    """The patient of a registration; number is masked."""

    id: UUID
    name: str
    pinyin: str
    sex: str
    birth_date: date | None
    birth_date_estimated: bool
    age: Words | None
    identity: str
    number: str
    phone: str
    address: str


class Registration(msgspec.Struct, frozen=True):
    """A registration as pages show it. study_ids: the studies that answer it."""

    id: UUID
    organization_id: UUID
    organization_name: str
    accession_number: str
    patient: RegisteredPatient
    visit_id: UUID
    modality: str
    item: str
    body_site: str
    laterality: str
    encounter_class: str
    priority: str
    emergency_class: str | None
    intent: str
    history: str
    purpose: str
    prior_surgery: str
    pregnancy: str
    pregnancy_confirmed: bool
    requester_name: str
    department: str
    technician_name: str
    fee_state: str
    consent_told: bool
    card_mismatch: bool
    status: str
    registered_at: datetime
    revision: int
    study_ids: list[UUID]
    papers: int


class RegistrationList(msgspec.Struct, frozen=True):
    items: list[Registration]
    next: str | None = None


class RegistrationQuery(msgspec.Struct, frozen=True):
    """day: of the county, today if not given."""

    day: date | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 200


class FormFault(msgspec.Struct, frozen=True):
    """One thing about a form. weight: required, confirm or advice."""

    field: str
    code: str
    weight: str
    text: Words


class FormCheck(msgspec.Struct, frozen=True):
    """What the page shows before a form is sent. holder: whom the document belongs to already."""

    faults: list[FormFault]
    namesakes: list[Patient]
    holder: Patient | None
    age: Words | None
    birth_date: date | None
    sex: str
    visits: list[Registration]


class Paper(msgspec.Struct, frozen=True):
    """A photograph of a paper request, by its SHA-256."""

    digest: str
    media_type: str
    size: int
    width: int
    height: int
    added_at: datetime


class PaperList(msgspec.Struct, frozen=True):
    items: list[Paper]


def shown(row: requests.RequestRow, day: date, now: datetime) -> Registration:
    """A registration as pages show it; day: today in the county."""
    patient = RegisteredPatient(
        row.patient_id,
        row.patient_name,
        names.shown_pinyin(row.patient_name),
        row.patient_sex,
        row.birth_date,
        row.birth_date_estimated,
        said_age(row.birth_date, day, born_at=row.born_at, now=now),
        row.identity,
        "" if row.number is None else identifiers.masked(row.number),
        row.phone,
        row.address,
    )
    plain = {name: getattr(row, name) for name in Registration.__struct_fields__ if name != "patient"}
    return Registration(**plain, patient=patient)


def day_of(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """When a day of the county begins and ends."""
    begins = datetime.combine(day, time(), zone)
    # the last day there is has no day after it
    return begins, datetime.combine(min(day, date.max - timedelta(days=1)) + timedelta(days=1), time(), zone)


class RegistrationRoutes:
    """Handlers; zone: of the county. kept: the folder of photographs."""

    def __init__(self, zone: tzinfo, kept: Papers) -> None:
        self._zone = zone
        self._papers = kept

    def _today(self, now: datetime) -> date:
        return now.astimezone(self._zone).date()

    async def register(self, call: Call[Nothing, RegistrationForm]) -> Registration:
        async with call.transaction() as tx:
            request_id = await registering.register(
                tx, call.body, principal=call.principal, scope=call.scope, now=call.now, zone=self._zone
            )
            row = await requests.find(tx, request_id, None)
            if row is None:
                raise LookupError("a registration vanished in its own transaction")
            call.about("service-request", request_id, patient_id=row.patient_id)
        return shown(row, self._today(call.now), call.now)

    async def list(self, call: Call[RegistrationQuery, Nothing]) -> RegistrationList:
        since, until = day_of(call.query.day or self._today(call.now), self._zone)
        async with call.pool.connection() as connection:
            rows = await requests.of_span(
                connection, call.scope.organizations, since=since, until=until, limit=call.query.limit
            )
        for row in rows:
            call.about("service-request", row.id, patient_id=row.patient_id)
        return RegistrationList([shown(row, self._today(call.now), call.now) for row in rows])

    async def _find(self, call: Call[Any, Any]) -> requests.RequestRow:
        request_id = call.uuid("id")
        async with call.pool.connection() as connection:
            row = await requests.find(connection, request_id, call.scope.organizations)
        if row is None:
            raise NotFound("unknown-registration", "找不到该登记。", "There is no such registration.")
        call.about("service-request", row.id, patient_id=row.patient_id)
        return row

    async def read(self, call: Call[Nothing, Nothing]) -> Registration:
        return shown(await self._find(call), self._today(call.now), call.now)

    async def check(self, call: Call[Nothing, RegistrationForm]) -> FormCheck:
        """Say what a form still lacks; nothing is written, and half a person is no fault."""
        form, day = call.body, self._today(call.now)
        organization_id = form.organization_id or call.principal.organization_id
        own = [organization_id] if call.scope.admits(organization_id) else []
        faults: list[FormFault] = []
        person = who.Who(organization_id, form.person.sex, form.person.birth_date)
        holder: store.PatientRow | None = None
        visits: list[requests.RequestRow] = []
        settled = False
        async with call.pool.connection() as connection:
            try:
                number = who.read_document(form.person.document, organization_id)
                if number is not None:
                    held = await store.holder(connection, number)
                    holder = None if held is None else await store.patient(connection, held.id, own)
                    if not form.card_mismatch:  # a scanned card says these two before anything is typed
                        born = number.birth_date or person.birth_date
                        person = who.Who(organization_id, number.sex or person.sex, born)
                if form.person.patient_id is None and not form.person.unidentified and form.person.newborn is None:
                    described = who.describe(form.person, None if form.card_mismatch else number, day)
                    person = who.Who(organization_id, described.sex, described.birth_date)
                    settled = await who.holds(connection, described, number)
            except Invalid as refused:
                faults.append(FormFault("person", refused.code, "required", Words(refused.zh, refused.en)))
            alike = await who.namesakes(connection, form.person, organization_id, day) if own and not settled else []
            known = form.person.patient_id or (holder.id if holder is not None else None)
            if known is not None:
                row = await store.patient(connection, known, own)
                if row is not None:
                    person = who.Who(row.id, Sex(row.sex), row.birth_date)
                    rows = await requests.of_patient(connection, [row.id], own, limit=10)
                    visits = [one for one in rows if call.now - one.registered_at < registering.ONE_VISIT]
        for row in [*alike, *([holder] if holder else [])]:
            call.about("patient", row.id, patient_id=row.id)
        faults += [
            FormFault(f.field, f.code, f.weight, Words(f.text.zh, f.text.en))
            for f in registering.faults(form, person, call.now, self._zone)
        ]
        return FormCheck(
            faults=faults,
            namesakes=[Patient.of(row, call.now, day) for row in alike if holder is None or row.id != holder.id],
            holder=None if holder is None else Patient.of(holder, call.now, day),
            age=said_age(person.birth_date, day),
            birth_date=person.birth_date,
            sex=person.sex,
            visits=[shown(one, day, call.now) for one in visits],
        )

    async def add_paper(self, call: Call[Nothing, Nothing]) -> Paper:
        row = await self._find(call)
        content = await _body(call.request)
        paper = await self._papers.keep(content, call.now)
        async with call.transaction() as tx:
            await requests.add_paper(tx, row.id, paper, added_by=call.principal.practitioner_id, now=call.now)
            await append(tx, "request.photographed", row.id, [f"organization/{row.organization_id}"])
        return msgspec.convert(paper, Paper, from_attributes=True)

    async def list_papers(self, call: Call[Nothing, Nothing]) -> PaperList:
        row = await self._find(call)
        async with call.pool.connection() as connection:
            kept = await requests.papers(connection, row.id)
        return PaperList([msgspec.convert(one, Paper, from_attributes=True) for one in kept])

    async def read_paper(self, call: Call[Nothing, Nothing]) -> web.StreamResponse:
        row = await self._find(call)
        async with call.pool.connection() as connection:
            kept = {one.digest: one for one in await requests.papers(connection, row.id)}
        found = kept.get(call.path["digest"])
        if found is None:
            raise NotFound("unknown-paper", "找不到该申请单照片。", "There is no such picture.")
        content = await self._papers.read(found.digest)
        headers = {"Content-Disposition": "inline", "Cache-Control": "private, no-store"}
        response = await call.stream(media_type=found.media_type, headers=headers)
        await response.write(content)
        await response.write_eof()
        return response


async def _body(request: web.Request) -> bytes:
    """The whole body, never more than a photograph may have."""
    content = bytearray()
    async for chunk in request.content.iter_chunked(1 << 16):
        content += chunk
        if len(content) > papers.LIMIT:
            raise Invalid(
                "paper-too-large",
                "照片超过 8 MB，请降低分辨率后重拍。登记本身已保留。",
                "The picture is larger than 8 MB: take it again smaller. The registration is kept.",
            )
    return bytes(content)


def endpoints(zone: tzinfo, kept: Papers) -> list[Endpoint]:
    """The registration routes."""
    routes = RegistrationRoutes(zone, kept)

    def one(
        method: str, path: str, action: Action, handler: Callable[[Any], Any], summary: Text, **more: Any
    ) -> Endpoint:
        return Endpoint(method, f"/api/registrations{path}", action, handler, summary, **more)

    write, read = Action.REGISTRATION_WRITE, Action.REGISTRATION_READ
    picture = Upload(papers.MEDIA_TYPES, papers.LIMIT)
    return [
        one(
            "POST",
            "",
            write,
            routes.register,
            Text("检查登记", "Register an examination"),
            body=RegistrationForm,
            returns=Registration,
            status=201,
        ),
        one(
            "POST",
            "/check",
            write,
            routes.check,
            Text("核对登记单，不保存", "Check a form without keeping it"),
            body=RegistrationForm,
            returns=FormCheck,
            access=True,
        ),
        one(
            "GET",
            "",
            read,
            routes.list,
            Text("某日登记", "Registrations of a day"),
            query=RegistrationQuery,
            returns=RegistrationList,
            access=True,
        ),
        one("GET", "/{id}", read, routes.read, Text("一项登记", "One registration"), returns=Registration, access=True),
        one(
            "POST",
            "/{id}/papers",
            write,
            routes.add_paper,
            Text("上传申请单照片", "Add a photograph of the paper request"),
            body=picture,
            returns=Paper,
            status=201,
        ),
        one(
            "GET",
            "/{id}/papers",
            read,
            routes.list_papers,
            Text("申请单照片", "Photographs of the paper request"),
            returns=PaperList,
            access=True,
        ),
        one(
            "GET",
            "/{id}/papers/{digest}",
            read,
            routes.read_paper,
            Text("一张申请单照片", "One photograph"),
            returns=Stream(papers.MEDIA_TYPES),
            access=True,
        ),
    ]
