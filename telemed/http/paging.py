"""Where a list of the newest goes on: the time and id of the last row shown, as one word that a client gives back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from telemed.errors import Invalid


def cursor(after: str) -> tuple[datetime, UUID] | None:
    """Read what `following` wrote; None for the beginning.  Raises Invalid."""
    if not after:
        return None
    at, _, number = after.partition(",")
    try:
        # a plus sign in a query means a blank
        moment, found = datetime.fromisoformat(at.replace(" ", "+")), UUID(number)
    except ValueError:
        moment, found = None, None
    if moment is None or found is None or moment.tzinfo is None:
        raise Invalid("bad-cursor", "翻页位置无效，请从头查看。", "The page cursor is invalid; start again.")
    return moment, found


def following(at: datetime, number: UUID) -> str:
    """The word for a row, to go on behind it.  at: aware."""
    return f"{at.isoformat()},{number}"
