"""互认目录 and 互认资格: the documents that are installed, their items, and which member holds what grant."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from telemed.errors import NotFound
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.imaging.body import is_paired
from telemed.recognition.catalogue import Document, newest
from telemed.recognition.differing import Changed, difference
from telemed.recognition.imaging_results import WITH_CONTRAST
from telemed.recognition.listing import InstalledDocument, installed, organization_names
from telemed.recognition.quality import GrantingParameters
from telemed.recognition.rule_set import Parameters
from telemed.recognition.rules import Item, item_code
from telemed.recognition.rules_store import Listed, list_grants
from telemed.vocabulary import Action, Text

MOST_GRANTS = 500


class CatalogueLine(msgspec.Struct, frozen=True):
    """One document.

    id: None for one that is shown and not installed, because its first day is not known.  in_force: today, by the
    county's clock.  mode: positive | all-but-negative.  incomplete: what is not known of it, '' for a whole one.
    """

    id: UUID | None
    issuer: str
    series: str
    number: str
    title: str
    scope_kind: str
    scope_label: str
    mode: str
    first_day: date | None
    end_day: date | None
    in_force: bool
    items: int
    incomplete: str


class CatalogueList(msgspec.Struct, frozen=True):
    items: list[CatalogueLine]


class EncounterWindow(msgspec.Struct, frozen=True):
    encounter_class: str
    days: int


class CatalogueItem(msgspec.Struct, frozen=True):
    """One item.

    system, code: by which it is ordered.  window_days: after the day of `anchor`.  price: in fen.  leaves_open: what an
    order of it has to say besides.
    """

    key: str
    system: str
    code: str
    kind: str
    name: str
    name_en: str
    codes: list[str]
    window_days: int
    anchor: str
    by_encounter: list[EncounterWindow]
    clause: str
    exceptions: list[str]
    members: list[str]
    price: int
    leaves_open: list[Literal["side", "contrast"]]


class CatalogueDetail(msgspec.Struct, frozen=True):
    catalogue: CatalogueLine
    items: list[CatalogueItem]
    negative: list[str]


class DifferenceQuery(msgspec.Struct, frozen=True):
    """before: the document that the one of the address is compared with."""

    before: UUID


class SaidOtherwise(msgspec.Struct, frozen=True):
    """One thing said otherwise; prices in fen."""

    name: str
    before: list[str]
    after: list[str]


class ItemDifference(msgspec.Struct, frozen=True):
    """An item that both documents list."""

    item: CatalogueItem
    changes: list[SaidOtherwise]


class CatalogueDifference(msgspec.Struct, frozen=True):
    """The way from one document to another.  head: of the documents themselves.  same: items alike in both."""

    before: CatalogueLine
    after: CatalogueLine
    head: list[SaidOtherwise]
    added: list[CatalogueItem]
    removed: list[CatalogueItem]
    changed: list[ItemDifference]
    same: int


class GrantQuery(msgspec.Struct, frozen=True):
    """organization, item, state: only those; item is a key."""

    organization: UUID | None = None
    item: Annotated[str, Meta(max_length=200)] = ""
    state: Literal["", "proposed", "active", "due-soon", "suspended", "withdrawn", "expired"] = ""


class GrantLine(msgspec.Struct, frozen=True):
    """One field of the map member × item.  mark: what may be printed, '' for nothing.  Times UTC."""

    id: str
    organization_id: UUID
    organization_name: str
    item_key: str
    item_name: str
    item_name_en: str
    basis: str
    scope_label: str
    state: str
    mark: str
    begins: datetime
    ends: datetime
    due: datetime | None
    device_id: str | None


class GrantList(msgspec.Struct, frozen=True):
    """total: how many there are; items: the first of them."""

    items: list[GrantLine]
    total: int


class CatalogueRoutes:
    """Handlers.  shipped: the documents of the configuration, whole or not.  granting: parameters, the first first."""

    def __init__(
        self, shipped: Sequence[Document], granting: Sequence[GrantingParameters], parameters: Parameters
    ) -> None:
        self._shipped = {(one.head.issuer, one.head.number): one for one in shipped}
        self._granting = granting
        self._parameters = parameters

    async def catalogues(self, call: Call[Nothing, Nothing]) -> CatalogueList:
        async with call.pool.connection() as connection:
            found = await installed(connection)
        standing = self._in_force(found, call.now)
        lines = [self._line(one, in_force=one.id in standing) for one in found]
        there = {(one.catalogue.issuer, one.catalogue.number) for one in found}
        lines += [_uninstalled(one) for name, one in self._shipped.items() if name not in there and one.head.incomplete]
        return CatalogueList(sorted(lines, key=lambda one: (not one.in_force, one.id is None)))

    async def catalogue(self, call: Call[Nothing, Nothing]) -> CatalogueDetail:
        number = call.uuid("id")
        async with call.pool.connection() as connection:
            found = await installed(connection)
        one = next((each for each in found if each.id == number), None)
        if one is None:
            raise NotFound("unknown-catalogue", "找不到该目录。", "There is no such catalogue.")
        return CatalogueDetail(
            self._line(one, in_force=number in self._in_force(found, call.now)),
            [_item(item) for item in one.catalogue.items.values()],
            sorted(one.catalogue.negative),
        )

    async def difference(self, call: Call[DifferenceQuery, Nothing]) -> CatalogueDifference:
        after_id, before_id = call.uuid("id"), call.query.before
        async with call.pool.connection() as connection:
            found = await installed(connection)
        by_id = {one.id: one for one in found}
        if after_id not in by_id or before_id not in by_id:
            raise NotFound("unknown-catalogue", "找不到该目录。", "There is no such catalogue.")
        standing = self._in_force(found, call.now)
        before, after = by_id[before_id], by_id[after_id]
        said = await asyncio.to_thread(difference, before.catalogue, after.catalogue)
        return CatalogueDifference(
            before=self._line(before, in_force=before_id in standing),
            after=self._line(after, in_force=after_id in standing),
            head=_otherwise(said.head),
            added=[_item(one) for one in said.added],
            removed=[_item(one) for one in said.removed],
            changed=[ItemDifference(_item(one.after), _otherwise(one.changes)) for one in said.changed],
            same=said.same,
        )

    async def grants(self, call: Call[GrantQuery, Nothing]) -> GrantList:
        query, reach = call.query, call.scope.organizations
        wanted = list(reach) if reach is not None else None
        if query.organization is not None:
            wanted = [query.organization] if wanted is None or query.organization in wanted else []
        keys = [query.item] if query.item else None
        due_soon = [one for one in self._granting if one.effective <= call.now] or self._granting[:1]
        async with call.pool.connection() as connection:
            found = await list_grants(
                connection, call.now, call.now, due_soon[-1].due_soon_days, organizations=wanted, item_keys=keys
            )
            kept = [one for one in found if query.state in {"", one.state.value}]
            shown = kept[:MOST_GRANTS]
            names = await organization_names(connection, [UUID(one.grant.organization_id) for one in shown])
            items = {key: item for one in await installed(connection) for key, item in one.catalogue.items.items()}
        return GrantList(
            [_grant(one, names[UUID(one.grant.organization_id)], items.get(one.grant.item_key)) for one in shown],
            len(kept),
        )

    def _in_force(self, found: Sequence[InstalledDocument], now: datetime) -> frozenset[UUID]:
        standing = newest([one.catalogue for one in found], self._parameters.day(now))
        numbers = {(one.issuer, one.number) for one in standing}
        return frozenset(one.id for one in found if (one.catalogue.issuer, one.catalogue.number) in numbers)

    def _line(self, one: InstalledDocument, *, in_force: bool) -> CatalogueLine:
        catalogue = one.catalogue
        shipped = self._shipped.get((catalogue.issuer, catalogue.number))
        return CatalogueLine(
            id=one.id,
            issuer=catalogue.issuer,
            series=catalogue.series,
            number=catalogue.number,
            title=catalogue.title,
            scope_kind=catalogue.scope.kind,
            scope_label=catalogue.scope.label,
            mode=catalogue.mode.value,
            first_day=catalogue.first_day,
            end_day=catalogue.end_day,
            in_force=in_force,
            items=len(catalogue.items),
            incomplete="" if shipped is None else shipped.head.incomplete,
        )


def _uninstalled(one: Document) -> CatalogueLine:
    head = one.head
    return CatalogueLine(
        id=None,
        issuer=head.issuer,
        series=head.series,
        number=head.number,
        title=head.title,
        scope_kind=head.scope.kind,
        scope_label=head.scope.label,
        mode=head.mode.value,
        first_day=head.first_day,
        end_day=head.end_day,
        in_force=False,
        items=len(one.items),
        incomplete=head.incomplete,
    )


def _otherwise(changes: Sequence[Changed]) -> list[SaidOtherwise]:
    return [SaidOtherwise(one.name, list(one.before), list(one.after)) for one in changes]


def _item(item: Item) -> CatalogueItem:
    ordered_by = item_code(item.key)
    return CatalogueItem(
        key=item.key,
        system=ordered_by.system,
        code=ordered_by.code,
        kind=item.kind,
        name=item.name,
        name_en=item.name_en,
        codes=[one.code for one in sorted(item.codes)],
        window_days=item.window.days,
        anchor=item.window.anchor,
        by_encounter=[EncounterWindow(name, days) for name, days in sorted(item.window.by_encounter.items())],
        clause=item.clause,
        exceptions=[one.clause for one in item.exceptions],
        members=list(item.members),
        price=item.price,
        leaves_open=leaves_open(item),
    )


def leaves_open(item: Item) -> list[Literal["side", "contrast"]]:
    """What an item of images does not fix: the side of a paired part of the body, contrast of CT and MR."""
    side = item.laterality is None and is_paired(item.body_site or "")
    contrast = item.contrast is None and item.modality in WITH_CONTRAST
    return [*(("side",) if side else ()), *(("contrast",) if contrast else ())]


def _grant(one: Listed, organization_name: str, item: Item | None) -> GrantLine:
    grant = one.grant
    return GrantLine(
        id=grant.id,
        organization_id=UUID(grant.organization_id),
        organization_name=organization_name,
        item_key=grant.item_key,
        item_name=grant.item_key if item is None else item.name,
        item_name_en=grant.item_key if item is None else item.name_en,
        basis=grant.basis.value,
        scope_label=grant.scope.label,
        state=one.state.value,
        mark=one.mark or "",
        begins=grant.begins,
        ends=grant.ends,
        due=grant.due,
        device_id=grant.device_id,
    )


def endpoints(
    shipped: Sequence[Document], granting: Sequence[GrantingParameters], parameters: Parameters | None = None
) -> list[Endpoint]:
    """The routes of the pages 互认目录 and 互认资格."""
    routes = CatalogueRoutes(shipped, granting, parameters or Parameters())
    return [
        Endpoint(
            "GET",
            "/api/recognition/catalogues",
            Action.DIRECTORY_READ,
            routes.catalogues,
            Text("互认目录列表", "Catalogues of recognition"),
            returns=CatalogueList,
        ),
        Endpoint(
            "GET",
            "/api/recognition/catalogues/{id}",
            Action.DIRECTORY_READ,
            routes.catalogue,
            Text("互认目录的项目", "One catalogue with its items"),
            returns=CatalogueDetail,
        ),
        Endpoint(
            "GET",
            "/api/recognition/catalogues/{id}/difference",
            Action.DIRECTORY_READ,
            routes.difference,
            Text("两份互认目录的不同", "What a catalogue says otherwise than another"),
            query=DifferenceQuery,
            returns=CatalogueDifference,
        ),
        Endpoint(
            "GET",
            "/api/recognition/grants",
            Action.DIRECTORY_READ,
            routes.grants,
            Text("互认资格：机构与项目", "Grants of recognition, member by item"),
            query=GrantQuery,
            returns=GrantList,
        ),
    ]
