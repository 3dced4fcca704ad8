"""Which observations a report has: those it lists, and those of panels after the panel.  Pure.

A Bundle may let hundreds of reports list one panel of hundreds: what is below a panel is resolved, and looked through
for circles, once, however many reports lead there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from telemed.results.fhir_bundle import BundleFault, Item, Transaction
from telemed.results.fhir_observations import observed
from telemed.results.fhir_resources import Reference


class Panels:
    """The observations of one Bundle with what is below each."""

    def __init__(self, bundle: Transaction) -> None:
        self._bundle = bundle
        self._below: dict[int, Sequence[Item]] = {}
        #: from which no walk comes back to itself
        self._sound: set[int] = set()

    def members(self, item: Item, references: Sequence[Reference]) -> list[Item] | BundleFault:
        """The observations of a report in their order, each once; a circle is refused."""
        listed = self._resolved(references, f"{item.place}.result")
        if isinstance(listed, BundleFault):
            return listed
        found: dict[int, Item] = {}
        stack = list(reversed(listed))
        while stack:
            member = stack.pop()
            if member.index in found:
                continue
            found[member.index] = member
            below = self._members_of(member)
            if isinstance(below, BundleFault):
                return below
            stack += reversed(below)
        return self._circle(listed) or list(found.values())

    def _members_of(self, panel: Item) -> Sequence[Item] | BundleFault:
        known = self._below.get(panel.index)
        if known is not None:
            return known
        made = self._resolved(observed(panel).has_member, f"{panel.place}.hasMember")
        if not isinstance(made, BundleFault):
            self._below[panel.index] = made
        return made

    def _resolved(self, references: Sequence[Reference], place: str) -> Sequence[Item] | BundleFault:
        found: dict[int, Item] = {}
        for one in references:
            member = self._bundle.resolve(one, "Observation", place)
            if isinstance(member, BundleFault):
                return member
            found.setdefault(member.index, member)
        return tuple(found.values())

    def _circle(self, listed: Iterable[Item]) -> BundleFault | None:
        """A circle below what is listed, all of which is resolved."""
        for start in listed:
            path: dict[int, Iterator[Item]] = (
                {} if start.index in self._sound else {start.index: self._walk(start.index)}
            )
            while path:
                at = next(reversed(path))
                following = next(path[at], None)
                if following is None:
                    path.pop(at)
                    self._sound.add(at)
                elif following.index in path:
                    return BundleFault("reference-circle", f"{self._bundle.items[at].place}.hasMember")
                elif following.index not in self._sound:
                    path[following.index] = self._walk(following.index)
        return None

    def _walk(self, index: int) -> Iterator[Item]:
        return iter(self._below[index])
