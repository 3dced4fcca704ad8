"""What a change of priority has to say for itself. Pure."""

from __future__ import annotations

from telemed.vocabulary import Priority


def needs_reason(before: Priority, after: Priority) -> bool:
    """Whether the change must be explained: it makes an emergency of a study, or an emergency less than one."""
    return before is not after and Priority.STAT in (before, after)
