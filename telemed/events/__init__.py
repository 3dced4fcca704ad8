"""The event log: what changed, in which order, and who hears of it."""

from telemed.events.log import Cursor, Event, append

__all__ = ["Cursor", "Event", "append"]
