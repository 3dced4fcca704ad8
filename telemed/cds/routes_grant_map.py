"""互认资格图 over HTTP: member by item at a moment as it was known at another, and the history of one field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.errors import Invalid, NotFound
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.recognition.grant_map import Evidence, changes, fields
from telemed.recognition.listing import installed, organization_names
from telemed.recognition.quality import GrantingParameters
from telemed.recognition.rules_store import list_grants
from telemed.vocabulary import Action, Text

#: Fields of one map; a county with more names its members.
MOST_FIELDS = 60_000
_Key = Annotated[str, Meta(min_length=1, max_length=200)]
_Moment = Annotated[datetime, Meta(tz=True)]


class MapQuery(msgspec.Struct, frozen=True):
    """as_of: when it counts, known_at: as it was known then; without them now.  With a zone."""

    as_of: _Moment | None = None
    known_at: _Moment | None = None


class HistoryQuery(msgspec.Struct, frozen=True):
    """One field, as it was known at a moment; without it now."""

    organization: UUID
    item: _Key
    known_at: _Moment | None = None


class MapMember(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class MapItem(msgspec.Struct, frozen=True):
    """kind: laboratory | imaging | ultrasound | ecg, '' for an item that no installed document lists any more."""

    key: str
    name: str
    name_en: str
    kind: str


class MapField(msgspec.Struct, frozen=True):
    """What a member holds for an item.  mark: what may be printed, '' for nothing.  grants: how many are behind it."""

    organization_id: UUID
    item_key: str
    state: str
    mark: str
    grants: int
    ends: datetime
    due: datetime | None


class GrantMap(msgspec.Struct, frozen=True):
    """Fields that are not listed hold nothing."""

    as_of: datetime
    known_at: datetime
    members: list[MapMember]
    items: list[MapItem]
    fields: list[MapField]


class EvidenceChange(msgspec.Struct, frozen=True):
    """What was known of a grant from one moment until another.  struck: it was known that there is no such grant."""

    grant_id: str
    known_from: datetime
    known_until: datetime | None
    state: str
    begins: datetime
    ends: datetime
    due: datetime | None
    withdrawn_from: datetime | None
    basis: str
    scope_label: str
    programme: str
    device_id: str
    struck: bool
    evidence: list[str]


class GrantHistory(msgspec.Struct, frozen=True):
    """changes: the one learnt last first.  evidence: every record they name."""

    organization_id: UUID
    organization_name: str
    item: MapItem
    changes: list[EvidenceChange]
    evidence: list[Evidence]


class GrantMapRoutes:
    """Handlers.  granting: parameters, the first first."""

    def __init__(self, granting: Sequence[GrantingParameters]) -> None:
        self._granting = granting

    async def grants(self, call: Call[MapQuery, Nothing]) -> GrantMap:
        as_of, known_at = call.query.as_of or call.now, call.query.known_at or call.now
        counting = [one for one in self._granting if one.effective <= as_of] or self._granting[:1]
        async with call.pool.connection() as connection:
            listed = await list_grants(
                connection,
                as_of,
                known_at,
                counting[-1].due_soon_days,
                organizations=call.scope.organizations,
            )
            found = fields(listed)
            if len(found) > MOST_FIELDS:
                raise Invalid("too-many-grants", "互认资格过多，无法成图。", "There are too many grants for a map.")
            names = await organization_names(connection, [UUID(one.organization_id) for one in found])
            items = await _items(call)
        held = {one.item_key for one in found}
        known = [one for one in items.values() if one.key in held]
        return GrantMap(
            as_of=as_of,
            known_at=known_at,
            members=sorted((MapMember(number, name) for number, name in names.items()), key=lambda one: one.name),
            items=[*known, *(_unlisted(key) for key in sorted(held - set(items)))],
            fields=[
                MapField(
                    UUID(one.organization_id),
                    one.item_key,
                    one.state.value,
                    one.mark or "",
                    one.grants,
                    one.ends,
                    one.due,
                )
                for one in found
            ],
        )

    async def history(self, call: Call[HistoryQuery, Nothing]) -> GrantHistory:
        query, reach = call.query, call.scope.organizations
        async with call.pool.connection() as connection:
            names = await organization_names(connection, [query.organization])
            if query.organization not in names or (reach is not None and query.organization not in reach):
                raise NotFound("unknown-organization", "找不到该机构。", "There is no such organisation.")
            rows, evidence = await changes(connection, query.organization, query.item, query.known_at or call.now)
            items = await _items(call)
        return GrantHistory(
            organization_id=query.organization,
            organization_name=names[query.organization],
            item=items.get(query.item) or _unlisted(query.item),
            changes=[
                EvidenceChange(
                    grant_id=row.grant.id,
                    known_from=row.grant.known_from,
                    known_until=row.grant.known_until,
                    state=row.grant.state.value,
                    begins=row.grant.begins,
                    ends=row.grant.ends,
                    due=row.grant.due,
                    withdrawn_from=row.grant.withdrawn_from,
                    basis=row.grant.basis.value,
                    scope_label=row.grant.scope.label,
                    programme=row.grant.programme,
                    device_id=row.grant.device_id or "",
                    struck=row.struck,
                    evidence=list(row.grant.evidence),
                )
                for row in rows
            ],
            evidence=evidence,
        )


async def _items(call: Call[MapQuery, Nothing] | Call[HistoryQuery, Nothing]) -> dict[str, MapItem]:
    """Items of every installed document, by key, in the order of the documents."""
    async with call.pool.connection() as connection:
        documents = await installed(connection)
    return {
        key: MapItem(key, item.name, item.name_en, item.kind)
        for one in reversed(documents)
        for key, item in one.catalogue.items.items()
    }


def _unlisted(key: str) -> MapItem:
    return MapItem(key, key, key, "")


def endpoints(granting: Sequence[GrantingParameters]) -> list[Endpoint]:
    """The routes of the map of grants."""
    routes = GrantMapRoutes(granting)
    return [
        Endpoint(
            "GET",
            "/api/recognition/grants/map",
            Action.DIRECTORY_READ,
            routes.grants,
            Text("互认资格图：某日、按某日所知", "The map of grants at a moment, as known at another"),
            query=MapQuery,
            returns=GrantMap,
        ),
        Endpoint(
            "GET",
            "/api/recognition/grants/history",
            Action.DIRECTORY_READ,
            routes.history,
            Text("一个机构一个项目的资格历史与依据", "The history of one member's item, with its evidence"),
            query=HistoryQuery,
            returns=GrantHistory,
        ),
    ]
