"""QIDO-RS: from the parameters of a request to one SQL statement, and from its rows to DICOM JSON. Pure.

PS3.18 §10.6; matching by telemed.imaging.attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

from dicom_gateway.dicomweb.dictionary import (
    ATTRIBUTES,
    MODALITIES,
    PATIENT_ID,
    PATIENT_NAME,
    STUDY_DATE,
    Attribute,
    Level,
    tag_of,
)
from telemed.imaging.attributes import (
    Condition,
    Days,
    Hours,
    Kind,
    Number,
    Single,
    UidList,
    Universal,
    Unusable,
    Wildcard,
    condition,
    like,
)
from telemed.imaging.coercion import JsonElement
from telemed.patients.names import search_key
from telemed.vocabulary import Scope

#: Results of one answer when the client names no limit, and at most.
USUAL, MOST = 200, 2000
CONTROLS = frozenset(("limit", "offset", "fuzzymatching", "includefield", "accept", "charset"))

_JOINS: LiteralString = """
from imaging_study s
join organization o on o.id = s.organization_id
left join patient p on p.id = s.patient_id
left join service_request r on r.id = s.service_request_id
"""
_SERIES: LiteralString = "join imaging_series e on e.study_id = s.id\n"
_INSTANCES: LiteralString = "join imaging_instance i on i.series_id = e.id\n"
_ORDER: Mapping[Level, LiteralString] = {
    Level.STUDY: "s.acquired_at desc nulls last, s.id",
    Level.SERIES: "s.acquired_at desc nulls last, s.id, e.series_number nulls last, e.id",
    Level.INSTANCE: "s.acquired_at desc nulls last, s.id, e.series_number nulls last, e.id,"
    " i.instance_number nulls last, i.id",
}


@dataclass(frozen=True, slots=True)
class BadKey:
    """A parameter that cannot be answered; en names it."""

    en: str


@dataclass(frozen=True)
class Search:
    """One statement. attributes: what each column is, in order; limit: one row more is asked for."""

    sql: LiteralString
    params: dict[str, Any]
    level: Level
    attributes: tuple[Attribute, ...]
    limit: int
    capped: bool


@dataclass(slots=True)
class _Where:
    zone: ZoneInfo
    fuzzy: bool
    clauses: list[LiteralString] = field(default_factory=list[LiteralString])
    params: dict[str, Any] = field(default_factory=dict[str, Any])

    def add(self, attribute: Attribute, asked: Condition) -> None:
        if isinstance(asked, Universal):
            return
        name: LiteralString = f"k{attribute.tag}"
        if attribute.tag == PATIENT_NAME:
            self._patient_name(asked)
        elif attribute.tag == PATIENT_ID:
            self._patient_id(asked)
        elif attribute.tag == STUDY_DATE and isinstance(asked, Days):
            self._moments(asked)
        else:
            clauses: list[LiteralString] = []
            for column in attribute.columns:
                clauses.append(self._clause(column, name, attribute, asked))  # noqa: PERF401 - keeps LiteralString
            alternatives: LiteralString = " or ".join(clauses)
            self.clauses.append(f"({alternatives})")

    def _clause(
        self, column: LiteralString, name: LiteralString, attribute: Attribute, asked: Condition
    ) -> LiteralString:
        if attribute.tag == MODALITIES:
            return self._modalities(name, asked)
        if attribute.kind is Kind.NAME:
            column = f"lower(regexp_replace({column}, '[\\s^=]', '', 'g'))"
        match asked:
            case Single(value):
                self.params[name] = value
                return f"{column} = %({name})s"
            case Number(value):
                self.params[name] = value
                return f"{column} = %({name})s"
            case UidList(values):
                self.params[name] = list(values)
                return f"{column} = any(%({name})s)"
            case Wildcard(pattern):
                self.params[name] = like(pattern)
                return f"{column} like %({name})s"
            case Days(first, last) | Hours(first, last):
                return self._between(column, name, first, last)
            case Universal():
                return "true"

    def _between(
        self, column: LiteralString, name: LiteralString, first: date | time | None, last: date | time | None
    ) -> LiteralString:
        parts: list[LiteralString] = []
        if first is not None:
            self.params[f"{name}_first"] = first
            parts.append(f"{column} >= %({name}_first)s")
        if last is not None:
            self.params[f"{name}_last"] = last
            parts.append(f"{column} <= %({name}_last)s")
        return f"({' and '.join(parts)})"

    def _modalities(self, name: LiteralString, asked: Condition) -> LiteralString:
        """One of the modalities answers; several may be asked for at once, as viewers do."""
        if isinstance(asked, Wildcard):
            self.params[name] = like(asked.pattern)
            return f"exists (select 1 from unnest(s.modalities) m where m like %({name})s)"  # noqa: S608 - LiteralString
        self.params[name] = asked.value.replace(",", "\\").split("\\") if isinstance(asked, Single) else []
        return f"s.modalities && %({name})s"

    def _moments(self, asked: Days) -> None:
        """Days of the county's calendar as moments, so that the index on the moment serves."""
        if asked.first is not None:
            self.params["day_first"] = datetime.combine(asked.first, time(), self.zone)
            self.clauses.append("s.acquired_at >= %(day_first)s")
        if asked.last is not None:
            self.params["day_last"] = datetime.combine(asked.last, time(), self.zone) + timedelta(days=1)
            self.clauses.append("s.acquired_at < %(day_last)s")

    def _patient_id(self, asked: Condition) -> None:
        """What the device sent, or any number of the person it was matched with."""
        if isinstance(asked, Wildcard):
            self.params["patient_id"] = like(asked.pattern)
            operator: LiteralString = "like"
        else:
            self.params["patient_id"] = asked.value if isinstance(asked, Single) else ""
            operator = "="
        known: LiteralString = "select 1 from patient_identifier x where x.patient_id = s.patient_id and x.value"
        self.clauses.append(
            f"(s.source_patient_id {operator} %(patient_id)s or exists ({known} {operator} %(patient_id)s))"
        )

    def _patient_name(self, asked: Condition) -> None:
        """The name as sent or as registered; each of the blank-separated words of the search columns is one form.

        Fuzzy: what begins with the key, by hanzi, by pinyin or by the initials of the pinyin.
        """
        key = asked.pattern if isinstance(asked, Wildcard) else asked.value if isinstance(asked, Single) else ""
        columns: list[LiteralString] = ["s.source_name_search", "p.name_search"]
        if self.fuzzy:
            core = search_key(key.replace("*", "").replace("?", ""))
            inside = "%" if key.startswith("*") else ""
            self.params["name_word"] = f"% {inside}{like(core)}%"
            self.params["name_part"] = f"%{like(core)}%"
            columns.append("s.source_name_pinyin")
            columns.append("p.name_pinyin")
        else:
            self.params["name_word"] = f"% {like(key)} %"
            longest = max(key.replace("?", "*").split("*"), key=len)
            self.params["name_part"] = f"%{like(longest)}%"
        # the first comparison is for the trigram index, the second decides
        parts: list[LiteralString] = []
        for column in columns:
            words: LiteralString = f"' ' || {column} || ' '"
            parts.append(f"({column} like %(name_part)s and {words} like %(name_word)s)")
        alternatives: LiteralString = " or ".join(parts)
        self.clauses.append(f"({alternatives})")


def search(
    level: Level,
    query: Iterable[tuple[str, str]],
    *,
    fixed: Mapping[str, str],
    scope: Scope,
    zone: ZoneInfo,
) -> Search | BadKey:
    """Build the statement of one query.

    query: the parameters as they came, repeated ones repeatedly. fixed: tags that the path names.
    scope: whose studies may be seen.
    """
    pairs = list(query)
    fuzzy = any(name == "fuzzymatching" and value.lower() == "true" for name, value in pairs)
    where = _Where(zone, fuzzy)
    where.params |= {"zone": zone.key, "organizations": scope.organizations}
    mine: LiteralString = "%(organizations)s::uuid[] is null or s.organization_id = any(%(organizations)s)"
    if scope.opened:
        where.params["opened"] = scope.patients
        mine += " or s.patient_id = any(%(opened)s)"
    if scope.studies:
        where.params["single"] = sorted(scope.studies)
        mine += " or s.id = any(%(single)s)"
    where.clauses.append(f"({mine})")
    keys = [(name, value) for name, value in pairs if name not in CONTROLS] + list(fixed.items())
    asked_for: set[str] = set()
    for name, value in keys:
        tag = tag_of(name)
        attribute = ATTRIBUTES.get(tag or "")
        if attribute is None or attribute.level > level:
            return BadKey(f"{name[:40]!a} is no key of this query")
        found = condition(attribute.kind, value)
        if isinstance(found, Unusable):
            return BadKey(f"{attribute.tag}: {found.reason}")
        if not (attribute.columns or attribute.tag == PATIENT_NAME):
            return BadKey(f"{attribute.tag} is returned and cannot be matched")
        where.add(attribute, found)
        asked_for.add(attribute.tag)
    limit, offset = _count(pairs, "limit"), _count(pairs, "offset")
    if limit == -1 or offset == -1:
        return BadKey("limit and offset are whole numbers from 0")
    attributes = _returned(level, pairs, asked_for)
    rows = min(limit if limit is not None else USUAL, MOST)
    where.params |= {"limit": rows + 1, "offset": offset or 0}
    columns: LiteralString = ", ".join([one.shown for one in attributes])
    joins = _JOINS + (_SERIES if level >= Level.SERIES else "") + (_INSTANCES if level >= Level.INSTANCE else "")
    uids: LiteralString = _UIDS[level]
    sql: LiteralString = (
        f"select {uids}, {columns} {joins} where {' and '.join(where.clauses)}"
        f" order by {_ORDER[level]} limit %(limit)s offset %(offset)s"
    )
    capped = limit is None or limit > MOST
    return Search(sql, where.params, level, attributes, rows, capped)


_UIDS: Mapping[Level, LiteralString] = {
    Level.STUDY: "s.study_instance_uid",
    Level.SERIES: "s.study_instance_uid, e.series_instance_uid",
    Level.INSTANCE: "s.study_instance_uid, e.series_instance_uid, i.sop_instance_uid",
}


def _count(pairs: Iterable[tuple[str, str]], name: str) -> int | None:
    """A whole number, None if it is not given, -1 if it is none."""
    given = [value for key, value in pairs if key == name]
    if not given:
        return None
    return int(given[-1]) if given[-1].isascii() and given[-1].isdigit() and len(given[-1]) < 10 else -1


def _returned(level: Level, pairs: Iterable[tuple[str, str]], asked_for: set[str]) -> tuple[Attribute, ...]:
    """What a row shows: the required attributes, the keys of the query, and what includefield names.

    An unknown includefield is no fault (PS3.18 §8.3.4.3): it is not shown.
    """
    fields = {one for name, value in pairs if name == "includefield" for one in value.split(",")}
    every = "all" in fields
    tags = asked_for | {tag for one in fields if (tag := tag_of(one)) is not None}
    return tuple(one for one in ATTRIBUTES.values() if one.level <= level and (one.always or every or one.tag in tags))


def shown(found: Search, row: Sequence[Any], *, base: str) -> dict[str, JsonElement]:
    """One row as DICOM JSON. base: absolute address of the service, without the last slash."""
    names = ("studies", "series", "instances")
    uids = row[: found.level]
    url = base + "".join(f"/{name}/{uid}" for name, uid in zip(names, uids, strict=False))
    result: dict[str, JsonElement] = {
        "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
        "00080056": {"vr": "CS", "Value": ["ONLINE"]},
        "00081190": {"vr": "UR", "Value": [url]},
    }
    for attribute, value in zip(found.attributes, row[found.level :], strict=True):
        result[attribute.tag] = _element(attribute.vr, value)
    return dict(sorted(result.items()))


def _element(vr: str, value: Any) -> JsonElement:
    if value is None or value in ("", []):
        return {"vr": vr}
    if isinstance(value, time):
        return {"vr": vr, "Value": [f"{value:%H%M%S}"]}
    if isinstance(value, date):
        return {"vr": vr, "Value": [f"{value:%Y%m%d}"]}
    if isinstance(value, list):
        return {"vr": vr, "Value": value}
    if vr == "PN":
        groups = zip(("Alphabetic", "Ideographic", "Phonetic"), str(value).split("="), strict=False)
        return {"vr": vr, "Value": [{name: group for name, group in groups if group}]}
    return {"vr": vr, "Value": [value]}
