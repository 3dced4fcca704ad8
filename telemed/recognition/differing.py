"""What one issued document says otherwise than another: items added, removed, changed, and in what. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from telemed.recognition.rules import Catalogue, Code, Item

Words = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing said otherwise.  name: what it is.  before, after: as the documents say it; prices in fen."""

    name: str
    before: Words
    after: Words


@dataclass(frozen=True, slots=True)
class ItemChanged:
    """An item that both documents list, with everything that is said otherwise."""

    before: Item
    after: Item
    changes: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """The way from one document to another.  head: what is said of the document itself.  same: items alike in both."""

    head: tuple[Changed, ...]
    added: tuple[Item, ...]
    removed: tuple[Item, ...]
    changed: tuple[ItemChanged, ...]
    same: int


#: Everything that an item says, by the name it goes by on the page.
FIELDS: Mapping[str, Callable[[Item], Words]] = {
    "name": lambda one: (one.name,),
    "kind": lambda one: (one.kind,),
    "window": lambda one: (str(one.window.days),),
    "anchor": lambda one: (one.window.anchor,),
    "by-encounter": lambda one: tuple(f"{name}:{days}" for name, days in sorted(one.window.by_encounter.items())),
    "price": lambda one: (str(one.price),),
    "clause": lambda one: _said(one.clause),
    "exceptions": lambda one: tuple(sorted(each.clause for each in one.exceptions)),
    "volatile": lambda one: ("yes",) if one.volatile else (),
    "members": lambda one: tuple(sorted(one.members)),
    "codes": lambda one: tuple(_code(each) for each in sorted(one.codes)),
    "specimen": lambda one: _said(one.specimen),
    "unit": lambda one: _said(one.unit),
    "methods": lambda one: tuple(sorted(one.method_classes)),
    "modality": lambda one: _said(one.modality),
    "body-site": lambda one: _said(one.body_site),
    "laterality": lambda one: _said(one.laterality),
    "contrast": lambda one: _said(one.contrast),
    "technique": lambda one: tuple(f"{name}={value}" for name, value in sorted(one.technique.items())),
}
_HEAD: Mapping[str, Callable[[Catalogue], Words]] = {
    "number": lambda one: (one.number,),
    "title": lambda one: (one.title,),
    "first-day": lambda one: (one.first_day.isoformat(),),
    "end-day": lambda one: _said(None if one.end_day is None else one.end_day.isoformat()),
    "mode": lambda one: (one.mode.value,),
    "scope": lambda one: (one.scope.label,),
    "negative": lambda one: tuple(sorted(one.negative)),
}


def difference(before: Catalogue, after: Catalogue) -> Difference:
    """What changes from one document to the other; items are the same by their keys, in the order of the documents."""
    both = [key for key in after.items if key in before.items]
    changed = [
        ItemChanged(before.items[key], after.items[key], found)
        for key in both
        if (found := _changes(FIELDS, before.items[key], after.items[key]))
    ]
    return Difference(
        head=_changes(_HEAD, before, after),
        added=tuple(item for key, item in after.items.items() if key not in before.items),
        removed=tuple(item for key, item in before.items.items() if key not in after.items),
        changed=tuple(changed),
        same=len(both) - len(changed),
    )


def _changes(fields: Mapping[str, Callable[[T], Words]], before: T, after: T) -> tuple[Changed, ...]:
    said = ((name, read(before), read(after)) for name, read in fields.items())
    return tuple(Changed(name, one, other) for name, one, other in said if one != other)


def _said(text: str | None) -> Words:
    return (text,) if text else ()


def _code(code: Code) -> str:
    return f"{code.system}|{code.code}"
