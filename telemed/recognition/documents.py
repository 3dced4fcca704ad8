"""Which documents speak of an item on a day, and which items an order asks for.

Within one scope the newest document that speaks of the item wins, never silently the longest window; documents of
different scopes stand beside each other (practice 7).  A code is its item's as a whole or not at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from telemed.recognition.decision import Finding, LegalBasis
from telemed.recognition.grounds import finding
from telemed.recognition.order import Order
from telemed.recognition.rule_set import RuleSet
from telemed.recognition.rules import Catalogue, Item, Mode


@dataclass(frozen=True, slots=True)
class Line:
    """An item as one document in force has it."""

    catalogue: Catalogue
    item: Item

    @property
    def basis(self) -> LegalBasis:
        issued = self.catalogue
        return LegalBasis(
            issued.issuer, issued.series, issued.number, issued.scope.label, self.item.key, self.item.clause
        )


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the documents of a day say of one item: lines by scope, and who leaves it out by a negative list."""

    lines: tuple[Line, ...]
    left_out_by: tuple[str, ...]

    def absence(self, key: str) -> Finding:
        """Why there is no line: a negative list names the item, or no document does."""
        if self.left_out_by:
            return finding("item-left-out", ("item", key), ("document", " ".join(self.left_out_by)))
        return finding("item-not-listed", ("item", key))


def in_force(catalogues: Iterable[Catalogue], day: date) -> list[Catalogue]:
    """The documents of a day, newest first; of one issuer's series for one scope only the newest that has begun.

    It replaces the earlier ones for good: when it ends, none of them comes back.
    """
    begun = [one for one in catalogues if one.first_day <= day]
    newest: dict[tuple[str, ...], Catalogue] = {}
    for one in sorted(begun, key=_age, reverse=True):
        newest.setdefault((one.issuer, one.series, one.scope.kind, one.scope.key), one)
    return [one for one in newest.values() if one.end_day is None or day < one.end_day]


def spoken(rules: RuleSet, newest_first: Iterable[Catalogue], key: str) -> Spoken:
    """What the documents in force say of an item: in each scope the newest that speaks of it."""
    said: dict[tuple[str, str], Item | None] = {}
    lines: list[Line] = []
    left_out: list[str] = []
    for document in newest_first:
        scope = (document.scope.kind, document.scope.key)
        negative = document.mode is Mode.ALL_BUT_NEGATIVE and key in document.negative
        item = None if negative else _line(rules, document, key)
        if scope in said or not (negative or item):
            continue
        said[scope] = item
        if item is None:
            left_out.append(document.number)
        else:
            lines.append(Line(document, item))
    return Spoken(tuple(lines), tuple(left_out))


def _line(rules: RuleSet, document: Catalogue, key: str) -> Item | None:
    item = document.items.get(key)
    if item is None and document.mode is Mode.ALL_BUT_NEGATIVE:
        return rules.dictionary.get(key)
    return item


def _age(document: Catalogue) -> tuple[date, str, str, str]:
    return document.first_day, document.number, document.series, document.issuer


@dataclass(frozen=True, slots=True)
class Asked:
    """What an order asks for.

    analytes: keys in the order of the panel, or the one item; with the lines that speak of each.
    on_item: whether the ordered code was understood, true of every result.  gaps: what no document lists.
    """

    analytes: tuple[tuple[str, tuple[Line, ...]], ...]
    on_item: tuple[Finding, ...]
    gaps: tuple[Finding, ...]


def asked(order: Order, rules: RuleSet, day: date) -> Asked:
    """The items an order asks for, a panel split into its analytes."""
    documents = in_force(rules.catalogues, day)
    listed: list[tuple[str, Spoken]] = []
    absent: list[Finding] = []
    for key in sorted({key for code in order.codes for key in rules.keys_of.get(code, ())}):
        words = spoken(rules, documents, key)
        matching = tuple(line for line in words.lines if any(line.item.is_called(code) for code in order.codes))
        if matching:
            listed.append((key, Spoken(matching, ())))
        else:
            absent.append(words.absence(key))
    if not listed:
        return Asked((), (), tuple(absent) or (finding("item-not-listed", ("codes", _spelt(order))),))
    if len(listed) > 1:
        understood = finding("order-ambiguous", ("items", " ".join(key for key, _ in listed)))
    else:
        understood = finding("order-mapped", ("item", listed[0][0]))
    analytes: dict[str, tuple[Line, ...]] = {}
    gaps: list[Finding] = []
    for key, words in listed:
        members = _members(rules, documents, words.lines[0].item)
        for member in members:
            said = words if member == key else spoken(rules, documents, member)
            analytes[member] = said.lines
            if not said.lines:
                gaps.append(said.absence(member))
    return Asked(tuple(analytes.items()), (understood,), tuple(gaps))


def _spelt(order: Order) -> str:
    return " ".join(f"{one.system}|{one.code}" for one in sorted(order.codes))


def _members(rules: RuleSet, documents: list[Catalogue], item: Item, opened: frozenset[str] = frozenset()) -> list[str]:
    """The analytes of a panel in its order, panels inside panels opened once; what has no members is itself one."""
    if not item.members:
        return [item.key]
    opened |= {item.key}
    found: list[str] = []
    for key in item.members:
        lines = spoken(rules, documents, key).lines
        if not lines or not lines[0].item.members:
            found.append(key)
        elif key not in opened:
            found += _members(rules, documents, lines[0].item, opened)
    return list(dict.fromkeys(found))
