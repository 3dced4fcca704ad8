"""The rules in force for a decision: the documents known up to a row of knowledge, kept in memory once read."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from telemed.db import Connection, fetch_all, load
from telemed.recognition.canonical import canonical
from telemed.recognition.catalogue import newest
from telemed.recognition.facts_store import documents_of
from telemed.recognition.rule_set import Parameters, RuleSet
from telemed.recognition.rules import Catalogue
from telemed.recognition.stored import catalogue_from

queries = load(__name__, "rule_book.sql")

#: Rule sets kept: of today and of the days a replay goes through.
KEPT = 64


class _Document(msgspec.Struct):
    id: UUID
    content: str
    source_hash: str


class RuleBook:
    """Reads each document once: what was installed under an id never changes."""

    def __init__(self) -> None:
        self._documents: dict[str, Catalogue] = {}
        self._sets: dict[tuple[date, bytes, frozenset[str]], RuleSet] = {}
        self._last: tuple[int, list[str]] | None = None

    async def at(self, connection: Connection, as_of: datetime, upto: int, parameters: Parameters) -> RuleSet:
        """The rules of the county's day of `as_of`, by the documents known up to a row.

        as_of: aware.
        """
        known = await self._known(connection, upto)
        await self._read(connection, [one for one in known if one not in self._documents])
        day = parameters.day(as_of)
        key = (day, canonical(parameters), frozenset(known))
        found = self._sets.get(key)
        if found is None:
            begun = [one for name in sorted(known) if (one := self._documents[name]).first_day <= day]
            found = self._sets[key] = RuleSet(newest(begun, day), parameters)
            for old in list(self._sets)[:-KEPT]:
                del self._sets[old]
        return found

    async def _known(self, connection: Connection, upto: int) -> list[str]:
        """Rows up to one never change: asked again about the same one, nothing is read."""
        if self._last is None or self._last[0] != upto:
            self._last = upto, await documents_of(connection, upto)
        return self._last[1]

    async def _read(self, connection: Connection, ids: list[str]) -> None:
        if not ids:
            return
        for row in await fetch_all(connection, queries["documents"], {"ids": [UUID(one) for one in ids]}, _Document):
            self._documents[str(row.id)] = catalogue_from(row.content, row.source_hash)
