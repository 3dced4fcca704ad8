"""/api/templates, /api/reading-modes: what the centre sets."""

from __future__ import annotations

import msgspec
import psycopg

from telemed.db import execute, fetch_all
from telemed.errors import Invalid
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.reading.routes.messages import (
    ModeLine,
    Modes,
    ModesBody,
    TemplateChange,
    Templates,
    TemplatesQuery,
)
from telemed.reading.service import templates
from telemed.reading.service.templates import TemplateText, queries
from telemed.reading.store.rows import TemplateRow
from telemed.vocabulary import Action, Text


async def listed(call: Call[TemplatesQuery, Nothing]) -> Templates:
    async with call.pool.connection() as connection:
        query = call.query
        found = await templates.listed(connection, call.scope.organizations, query.modality, inactive=query.inactive)
    return Templates(found)


async def create(call: Call[Nothing, TemplateText]) -> TemplateRow:
    async with call.transaction() as tx:
        made = await templates.create(tx, call.body, call.principal.organization_id)
        call.about("report-template", made.id)
    return made


async def change(call: Call[Nothing, TemplateChange]) -> TemplateRow:
    body, template_id = call.body, call.uuid("id")
    call.about("report-template", template_id)
    known = msgspec.structs.asdict(body)
    text = TemplateText(**{name: known[name] for name in TemplateText.__struct_fields__})
    async with call.transaction() as tx:
        return await templates.change(tx, template_id, text, body.revision, active=body.active)


async def modes(call: Call[Nothing, Nothing]) -> Modes:
    async with call.pool.connection() as connection:
        return Modes(await fetch_all(connection, queries["reading_modes"], {}, ModeLine))


async def set_modes(call: Call[Nothing, ModesBody]) -> Modes:
    """Write the whole table; open readings keep the mode they were opened with."""
    try:
        async with call.transaction() as tx:
            await execute(tx, queries["clear_reading_modes"], {})
            for one in call.body.items:
                await execute(tx, queries["insert_reading_mode"], msgspec.structs.asdict(one))
            return Modes(await fetch_all(tx, queries["reading_modes"], {}, ModeLine))
    except psycopg.errors.IntegrityError as error:
        raise Invalid(
            "reading-modes-contradict",
            "阅片模式表有重复行、未知机构或时段错误。未作任何改动。",
            "The table of reading modes repeats itself or has an unknown organisation or wrong hours. "
            "Nothing was changed.",
        ) from error


def settings_endpoints() -> list[Endpoint]:
    manage = Action.TEMPLATE_MANAGE
    return [
        Endpoint(
            "GET",
            "/api/templates",
            Action.WORKLIST_READ,
            listed,
            Text("报告模板", "Report templates"),
            query=TemplatesQuery,
            returns=Templates,
            audited=False,
        ),
        Endpoint(
            "POST",
            "/api/templates",
            manage,
            create,
            Text("新建模板", "New template"),
            body=TemplateText,
            returns=TemplateRow,
            status=201,
        ),
        Endpoint(
            "PUT",
            "/api/templates/{id}",
            manage,
            change,
            Text("修改模板", "Change a template"),
            body=TemplateChange,
            returns=TemplateRow,
        ),
        Endpoint(
            "GET",
            "/api/reading-modes",
            Action.WORKLIST_READ,
            modes,
            Text("阅片模式", "Reading modes"),
            returns=Modes,
            audited=False,
        ),
        Endpoint(
            "PUT",
            "/api/reading-modes",
            manage,
            set_modes,
            Text("设置阅片模式", "Set the reading modes"),
            body=ModesBody,
            returns=Modes,
        ),
    ]
