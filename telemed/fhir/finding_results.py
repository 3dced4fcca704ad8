"""Searches for results: laboratory, reports, studies, and who answers for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from telemed.db import Connection
from telemed.fhir import store
from telemed.fhir.datatypes import Json
from telemed.fhir.finding import NOTHING, Asker, Found, Page, following_row, has_token, page_of, records_of
from telemed.fhir.marks import marks
from telemed.fhir.resources.diagnostic_report import LABORATORY, laboratory_report, signed_report
from telemed.fhir.resources.imaging_study import imaging_study
from telemed.fhir.resources.observation import ObservationRow, observation
from telemed.fhir.resources.provenance import of_message, of_signature
from telemed.fhir.searching import Search, Token, uuids
from telemed.fhir.systems import ACCESSION, CATEGORY, DICOM_UID, V2_0074
from telemed.http.wire import Entity


async def observations(connection: Connection, asker: Asker, search: Search) -> Page:
    if not has_token(search.tokens.get("category"), CATEGORY, "laboratory"):
        return NOTHING
    records = await records_of(connection, search)
    reports = await _reports(connection, search, records)
    params = {
        **store.scoped(asker.scope),
        **store.of_search(search),
        "report_ids": reports,
        "patient_ids": records,
        "name_ids": None if search.ids is None else list(search.ids),
        "codes": search.codes("code"),
        "statuses": search.codes("status"),
        "zone": asker.zone.key,
    }
    rows = await store.observations(connection, params)
    following = following_row([(row.sorted_at, row.name_id) for row in rows], search)
    found = await told(connection, rows[: search.count], asker.organization_id, asker.zone)
    codes = search.tokens.get("code")
    return Page([one for one in found if codes is None or _coded(one.resource, codes)], following)


#: Of so many results, the newest, the last of each code are picked.
MOST_LOOKED_AT = 1000


async def last_of_each(connection: Connection, asker: Asker, search: Search, most: int) -> Page:
    """`$lastn`: of each code, or item where the map knows one, the newest results; those without a time last."""
    page = await observations(connection, asker, replace(search, count=MOST_LOOKED_AT, before=None))
    counted: Counter[tuple[str, str]] = Counter()
    kept: list[Found] = []
    for one in page.found:
        named = one.resource["code"].get("coding") or [{"code": one.resource["code"]["text"]}]
        last = named[-1]
        key = (str(last.get("system", "")), str(last.get("code", "")))
        counted[key] += 1
        if counted[key] <= most:
            kept.append(one)
    return Page(kept)


async def told(
    connection: Connection, rows: Sequence[ObservationRow], accepter_id: UUID, zone: ZoneInfo
) -> list[Found]:
    """Results with the marks they may carry for one organisation."""
    tags = await marks(connection, rows, accepter_id)
    return [
        Found(
            observation(row, zone, tags=[tags[row.name_id]] if row.name_id in tags else []),
            Entity("laboratory-report", row.report_id, row.patient_id),
        )
        for row in rows
    ]


async def diagnostic_reports(connection: Connection, asker: Asker, search: Search) -> Page:
    """Those of laboratories and those of readings in one order: when they were issued."""
    categories = search.tokens.get("category")
    records, ids = await records_of(connection, search), uuids(search.ids)
    shared = {
        **store.scoped(asker.scope),
        **store.of_search(search),
        "patient_ids": records,
        "statuses": search.codes("status"),
    }
    found: list[tuple[Found, datetime]] = []
    if has_token(categories, V2_0074, LABORATORY):
        reports = ids if records is None else _of_ids(await store.reports_of(connection, records), ids)
        params = {**shared, "report_ids": reports or [], "zone": asker.zone.key}
        found += [
            (
                Found(laboratory_report(row, asker.zone), Entity("laboratory-report", row.report_id, row.patient_id)),
                row.ordered_at,
            )
            for row in await store.laboratory_reports(connection, params)
        ]
    if categories is None or any(one.code != LABORATORY for one in categories):
        for row in await store.signed_reports(connection, {**shared, "ids": ids}):
            one = Found(
                signed_report(row, asker.zone),
                Entity("reading", row.id, row.patient_id),
                gone=row.version_id is None,
            )
            section = one.resource["category"][0]["coding"][0]["code"]
            if has_token(categories, V2_0074, section):
                found.append((one, row.sorted_at))
    found.sort(key=lambda pair: (pair[1], pair[0].resource["id"]), reverse=True)
    return page_of(found, search)


async def imaging_studies(connection: Connection, asker: Asker, search: Search) -> Page:
    named = search.tokens.get("identifier")
    params = {
        **store.scoped(asker.scope),
        **store.of_search(search),
        "ids": uuids(search.ids),
        "patient_ids": await records_of(connection, search),
        "uids": None if named is None else [one.code.removeprefix("urn:oid:") for one in named if _is_uid(one)],
        "accessions": None if named is None else [one.code for one in named if one.system is None],
        "placed": None if named is None else [f"{whose}|{one.code}" for one in named if (whose := _issuer(one))],
    }
    rows = await store.studies(connection, params)
    found = [
        (
            Found(imaging_study(row, asker.zone, dicom_web=asker.dicom_web), Entity("study", row.id, row.patient_id)),
            row.sorted_at,
        )
        for row in rows
    ]
    return page_of(found, search)


async def provenances(connection: Connection, asker: Asker, search: Search) -> Page:
    targets = search.references.get("target")
    wanted = None if targets is None else [_report_of(one) for one in targets]
    params = {
        **store.scoped(asker.scope),
        **store.paged(search.before, search.count),
        "ids": uuids(search.ids),
        "targets": None if wanted is None else [one for one in wanted if one is not None],
    }
    found = [
        (
            Found(of_message(row, asker.zone), Entity("laboratory-report", row.report_id, row.patient_id)),
            row.sorted_at,
        )
        for row in await store.messages_behind(connection, params)
        if targets is None or _targets(targets, row.report_id, row.results)
    ]
    found += [
        (Found(of_signature(row, asker.zone), Entity("reading", row.reading_id, row.patient_id)), row.sorted_at)
        for row in await store.signatures_behind(connection, params)
    ]
    found.sort(key=lambda pair: (pair[1], pair[0].resource["id"]), reverse=True)
    return page_of(found, search)


async def _reports(connection: Connection, search: Search, records: list[UUID] | None) -> list[UUID]:
    named = None if search.ids is None else [one for one in map(_of_result, search.ids) if one is not None]
    if records is None:
        return named or []
    return _of_ids(await store.reports_of(connection, records), named)


def _of_ids(found: list[UUID], named: list[UUID] | None) -> list[UUID]:
    return found if named is None else sorted(set(found) & set(named))


def _of_result(number: str) -> UUID | None:
    """The report in the name of a result."""
    head, dash, _ = number.partition("-")
    try:
        return UUID(head) if dash and len(head) == 32 else None
    except ValueError:
        return None


def _report_of(target: str) -> UUID | None:
    kind, _, number = target.partition("/")
    if kind == "Observation":
        return _of_result(number)
    found = uuids([number])
    return found[0] if found else None


def _targets(targets: Iterable[str], report_id: UUID, results: Sequence[str]) -> bool:
    return any(
        number in results if kind == "Observation" else number == str(report_id)
        for kind, _, number in (one.partition("/") for one in targets)
    )


def _coded(resource: Json, tokens: Sequence[Token]) -> bool:
    said = resource["code"].get("coding", [])
    return any(
        one.code == each.get("code") and one.system in {None, each.get("system", "")} for one in tokens for each in said
    )


def _is_uid(one: Token) -> bool:
    return one.system in {None, DICOM_UID}


def _issuer(one: Token) -> str:
    """Which organisation gave out an accession number; '' where another number is meant."""
    head, _, whose = (one.system or "").rpartition(":")
    return whose if head == ACCESSION else ""
