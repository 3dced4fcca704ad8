"""Report templates: those of the configuration folder and those people write."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, Invalid, NotFound
from telemed.reading.store.rows import TemplateRow

queries = load("telemed.reading.store.templates", "templates.sql")

Long = Annotated[str, msgspec.Meta(max_length=8000)]
Short = Annotated[str, msgspec.Meta(max_length=200)]


class MalformedTemplate(Exception):
    """A template file does not fit the schema; the message names the file and the fault."""


class TemplateText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One template as a file or a person writes it."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{1,60}$")]
    modality: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,4}$")]
    body_site: Short = ""
    sex: Annotated[str, msgspec.Meta(pattern=r"^[MF]?$")] = ""
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    name_en: Short = ""
    technique: Long = ""
    findings: Long
    impression: Long


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    template: list[TemplateText]


def parse(name: str, text: str) -> list[TemplateText]:
    """Read one template file. Raises MalformedTemplate."""
    try:
        return msgspec.convert(tomllib.loads(text), _File).template
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise MalformedTemplate(f"{name}: {error}") from error


def read_templates(folder: Path) -> list[TemplateText]:
    """Read `*.toml` of config/templates. Raises MalformedTemplate, also for a code that is there twice."""
    found = [one for path in sorted(folder.glob("*.toml")) for one in parse(path.name, path.read_text("utf-8"))]
    codes = [one.code for one in found]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice is not None:
        raise MalformedTemplate(f"template code {twice} is there twice")
    return found


async def install(tx: Connection, templates: list[TemplateText]) -> int:
    """Write the templates of the files, except those a person has changed; return how many were new or different."""
    changed = 0
    for one in templates:
        changed += await execute(tx, queries["install_template"], msgspec.structs.asdict(one))
    return changed


async def listed(
    connection: Connection, organizations: list[UUID] | None, modality: str, *, inactive: bool = False
) -> list[TemplateRow]:
    params = {"organizations": organizations, "modality": modality, "inactive": inactive}
    return await fetch_all(connection, queries["templates"], params, TemplateRow)


async def create(tx: Connection, text: TemplateText, organization_id: UUID) -> TemplateRow:
    """A person's own template. Raises Conflict when the code is taken."""
    params = msgspec.structs.asdict(text) | {"organization_id": organization_id}
    row = await fetch_one(tx, queries["insert_template"], params, TemplateRow)
    if row is None:
        raise Conflict(
            "template-code-taken",
            "该模板代码已被使用。未作任何改动。",
            "This template code is taken. Nothing was changed.",
        )
    return row


async def change(tx: Connection, template_id: UUID, text: TemplateText, revision: int, *, active: bool) -> TemplateRow:
    """Replace a template's text. Raises NotFound, or Conflict when it has changed since `revision`."""
    standing = await fetch_one(tx, queries["lock_template"], {"id": template_id}, TemplateRow)
    if standing is None:
        raise NotFound("unknown-template", "找不到该模板。", "There is no such template.")
    if standing.revision != revision:
        raise Conflict(
            "template-moved-on",
            "该模板已被他人修改。未作任何改动，请重新打开。",
            "Somebody else has changed this template. Nothing was changed; open it again.",
        )
    if standing.code != text.code:
        raise Invalid(
            "template-code-stays",
            "模板代码不能修改。未作任何改动。",
            "A template keeps its code. Nothing was changed.",
        )
    params = msgspec.structs.asdict(text) | {"id": template_id, "active": active}
    row = await fetch_one(tx, queries["update_template"], params, TemplateRow)
    if row is None:
        raise LookupError("a locked template is gone")
    return row
