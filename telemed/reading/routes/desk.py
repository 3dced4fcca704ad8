"""What every reading handler works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from telemed.db import Connection
from telemed.http.wire import Call
from telemed.reading.model.rules import ReadingRules
from telemed.reading.service.acting import Acting, Signatures
from telemed.reading.service.rule_book import RuleBook


@dataclass(frozen=True, slots=True)
class Desk:
    """Rules by day, what access gives to signing, and where the browser finds this service (for the printed code)."""

    book: RuleBook
    signatures: Signatures
    public_url: str

    def rules(self, call: Call[Any, Any]) -> ReadingRules:
        return self.book.at(call.now)

    def acting(self, call: Call[Any, Any], tx: Connection) -> Acting:
        """The command of this call, in this transaction."""
        return Acting(tx, call.principal, call.scope, call.now, self.book.at(call.now))


def reading_of(call: Call[Any, Any]) -> UUID:
    """The reading in the path, named in the audit row."""
    reading_id = call.uuid("id")
    call.about("reading", reading_id)
    return reading_id
