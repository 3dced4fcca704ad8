"""What stands for everybody and changes rarely: members and grants, kept in memory as of the last row about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from telemed.db import Connection
from telemed.recognition.facts import Facts, Organization
from telemed.recognition.facts_store import Head, facts_of_patient, grants_of, organizations_of
from telemed.recognition.rules import Grant


@dataclass
class _Kept:
    organizations: tuple[Organization, ...]
    grants: dict[str, tuple[Grant, ...]] = field(default_factory=dict[str, tuple[Grant, ...]])


class Standing:
    """Reads members and grants once for each change of any of them: rows of the log never change.

    What it answers holds the very same objects until one of them changes, so their spelling can be kept too.  A county
    has some ten thousand grants at the most (items × members × rounds), a few megabytes.
    """

    def __init__(self) -> None:
        self._upto, self._kept = -1, _Kept(())

    async def facts_of(self, connection: Connection, patient_id: str, items: Sequence[str], known: Head) -> Facts:
        """All that was known of a patient and of the items asked for, up to a row.

        patient_id: of the order.  items: keys whose grants count.
        """
        return await self.beside(
            connection, await facts_of_patient(connection, patient_id, known.id), items, known.standing
        )

    async def beside(self, connection: Connection, facts: Facts, items: Sequence[str], last: int) -> Facts:
        """What is known of a patient, with the members and the grants of some items.

        last: the row about a member or a grant up to which they are read, `standing` of a head.
        """
        kept = self._kept if last == self._upto else _Kept(await organizations_of(connection, last))
        missing = [key for key in items if key not in kept.grants]
        if missing:
            found: dict[str, list[Grant]] = {key: [] for key in missing}
            for one in await grants_of(connection, missing, last):
                found[one.item_key].append(one)
            kept.grants.update((key, tuple(several)) for key, several in found.items())
        if last >= self._upto:
            self._upto, self._kept = last, kept
        grants = tuple(one for key in items for one in kept.grants[key])
        return replace(facts, organizations=kept.organizations, grants=grants)
