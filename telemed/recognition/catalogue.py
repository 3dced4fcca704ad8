"""Catalogues: one document from its texts, the faults between documents, and which of them is in force. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise

from telemed.recognition.facts import Organization
from telemed.recognition.faults import Doubt, Fault
from telemed.recognition.head import Head, parse_head
from telemed.recognition.lines import Line, Read, parse_lines
from telemed.recognition.linting import doubts_of
from telemed.recognition.rules import Catalogue, Code, Item, Mode, Window
from telemed.recognition.scopes import coverage, stands_against

HEAD_FILE = "document.toml"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the tree.

    items: what can be relied on once the document is in force.  unfinished: keys of items whose window no source gives.
    catalogue: None where no first day is known; then the document is shown and never in force.
    """

    name: str
    head: Head
    items: Mapping[str, Item]
    catalogue: Catalogue | None
    unfinished: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything read.  With any fault nothing of it is to be used; doubts keep nothing from being used."""

    documents: tuple[Document, ...] = ()
    faults: tuple[Fault, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def catalogues(self) -> tuple[Catalogue, ...]:
        return tuple(one.catalogue for one in self.documents if one.catalogue is not None)


@dataclass(slots=True)
class _Found:
    documents: list[Document] = field(default_factory=list[Document])
    faults: list[Fault] = field(default_factory=list[Fault])
    doubts: list[Doubt] = field(default_factory=list[Doubt])


def read_tree(folders: Mapping[str, Mapping[str, bytes]]) -> Tree:
    """Read documents: name of the folder → name of the file → its bytes; every fault at once."""
    found = _Found()
    for name in sorted(folders):
        _read_document(name, folders[name], found)
    found.faults += _between(found.documents)
    return Tree(tuple(found.documents), tuple(sorted(found.faults)), tuple(sorted(found.doubts)))


def _read_document(name: str, files: Mapping[str, bytes], found: _Found) -> None:
    texts = {file: _decoded(f"{name}/{file}", content, found.faults) for file, content in sorted(files.items())}
    if HEAD_FILE not in texts:
        found.faults.append(Fault(f"{name}/{HEAD_FILE}", 0, "缺少文档首部", "the head of the document is missing"))
        return
    head = parse_head(f"{name}/{HEAD_FILE}", texts[HEAD_FILE])
    if isinstance(head, list):
        found.faults += head
        return
    wanted = {lines.file for lines in head.lines}
    for file in sorted(wanted - set(texts)):
        found.faults.append(Fault(f"{name}/{file}", 0, "文件不存在", "no such file"))
    for file in sorted(set(texts) - wanted - {HEAD_FILE}):
        found.faults.append(Fault(f"{name}/{file}", 0, "首部未提及此文件", "the head does not name this file"))
    reads = [parse_lines(f"{name}/{of.file}", texts[of.file], of, head) for of in head.lines if of.file in texts]
    lines = [line for read in reads for line in read.lines]
    faults = [*_faults_of(reads), *_within(lines, name, head, clean=not _faults_of(reads))]
    found.faults += faults
    found.doubts += [doubt for line in lines for doubt in doubts_of(line)]
    items, unfinished = _finished(lines)
    catalogue = None
    if head.first_day is not None:
        catalogue = Catalogue(
            issuer=head.issuer,
            series=head.series,
            number=head.number,
            title=head.title,
            scope=head.scope,
            mode=head.mode,
            first_day=head.first_day,
            end_day=head.end_day,
            items=items,
            source_hash=source_hash(files),
            negative=frozenset(head.negative),
        )
    found.documents.append(Document(name, head, items, catalogue, unfinished))


def source_hash(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the names and bytes of a document's files, in the order of their names."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{len(name.encode())}:{name}{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


def _decoded(file: str, content: bytes, faults: list[Fault]) -> str:
    try:
        return content.decode("utf-8-sig")  # spreadsheets write the mark
    except UnicodeDecodeError as error:
        faults.append(Fault(file, 0, f"不是 UTF-8：{error}", f"is not UTF-8: {error}"))
        return ""


def _faults_of(reads: Iterable[Read]) -> list[Fault]:
    return [fault for read in reads for fault in read.faults]


def _within(lines: Sequence[Line], name: str, head: Head, *, clean: bool) -> list[Fault]:
    """Faults between the lines of one document.  clean: no line was refused, so that a missing member is missing."""
    faults: list[Fault] = []
    keys: dict[str, Line] = {}
    codes: dict[Code, Line] = {}
    for line in lines:
        item = line.item
        first = keys.setdefault(item.key, line)
        if first is not line:
            faults.append(
                _at(line, f"{item.key} 已在 {_place(first)}", f"{item.key} is there already: {_place(first)}")
            )
        for code in sorted(item.codes):
            other = codes.setdefault(code, line)
            if other is not line and other.item.key != item.key:
                said = f"{code.system}|{code.code}"
                faults.append(
                    _at(line, f"代码 {said} 已属于 {other.item.key}", f"code {said} is {other.item.key}'s already")
                )
        if item.key in head.negative:
            faults.append(_at(line, f"{item.key} 同时在负面清单中", f"{item.key} is on the negative list too"))
    faults += _of_panels(lines, keys, clean=clean)
    if not lines and clean and not head.incomplete and head.mode is Mode.POSITIVE:
        faults.append(Fault(f"{name}/{HEAD_FILE}", 0, "没有任何项目", "there are no items"))
    return faults


def _of_panels(lines: Sequence[Line], keys: Mapping[str, Line], *, clean: bool) -> list[Fault]:
    faults: list[Fault] = []
    for line in lines:
        for member in line.item.members:
            one = keys.get(member)
            if one is None and clean:
                faults.append(_at(line, f"成员 {member} 不在本文档中", f"member {member} is not in this document"))
            elif one is not None and one.item.members:
                faults.append(_at(line, f"成员 {member} 本身是组合项目", f"member {member} is a panel itself"))
    return faults


def _at(line: Line, zh: str, en: str) -> Fault:
    return Fault(line.file, line.number, zh, en)


def _place(line: Line) -> str:
    return f"{line.file}:{line.number}"


def _finished(lines: Sequence[Line]) -> tuple[dict[str, Item], tuple[str, ...]]:
    """The items that can be in force, panels with the shortest window of their members, and the keys of the others."""
    known = {line.item.key: line.item for line in lines if line.window_known}
    items = {key: item for key, item in known.items() if not item.members}
    for key, item in known.items():
        members = [items[member] for member in item.members if member in items]
        if item.members and len(members) == len(item.members):
            items[key] = replace(item, window=_shortest(members))
    unfinished = sorted({line.item.key for line in lines} - set(items))
    return {key: items[key] for key in sorted(items)}, tuple(unfinished)


def _shortest(members: Sequence[Item]) -> Window:
    """The window of a panel, for showing: what all of its members keep; each member is decided by its own."""
    classes = sorted({name for one in members for name in one.window.by_encounter})
    return Window(
        min(one.window.days for one in members),
        members[0].window.anchor,
        {name: min(one.window.days_for(name) for one in members) for name in classes},
    )


def _between(documents: Sequence[Document]) -> list[Fault]:
    """Faults between documents: a number used twice, or days of one issuer's series and scope that overlap.

    An open end lasts until the next document of the series begins: documents are replaced, never edited.
    """
    faults: list[Fault] = []
    numbers: dict[tuple[str, str], str] = {}
    series: dict[tuple[str, str, str, str], list[tuple[Catalogue, str]]] = {}
    for document in documents:
        head = document.head
        first = numbers.setdefault((head.issuer, head.number), document.name)
        if first != document.name:
            faults.append(
                _of(document.name, f"文号 {head.number} 已用于 {first}", f"number {head.number} is {first}'s")
            )
        if document.catalogue is not None:
            series.setdefault(_series_of(document.catalogue), []).append((document.catalogue, document.name))
    for issued in series.values():
        issued.sort(key=lambda one: (one[0].first_day, one[1]))
        for (before, name), (after, later) in pairwise(issued):
            same_day = before.first_day == after.first_day
            if same_day or (before.end_day is not None and before.end_day > after.first_day):
                faults.append(_of(later, f"有效期与 {name} 重叠", f"its days overlap with those of {name}"))
    return faults


def _of(name: str, zh: str, en: str) -> Fault:
    return Fault(f"{name}/{HEAD_FILE}", 0, zh, en)


def _series_of(catalogue: Catalogue) -> tuple[str, str, str, str]:
    return (catalogue.issuer, catalogue.series, catalogue.scope.kind, catalogue.scope.key)


class Listing(StrEnum):
    """How an item comes to be covered: it has a line, or a document of all items does not leave it out."""

    LISTED = "listed"
    NOT_EXCLUDED = "not-excluded"


@dataclass(frozen=True, slots=True)
class Applicable:
    """A document that speaks of an item between two organisations, and why.

    item: None for NOT_EXCLUDED.  coverage: `scope-covers`, or the code of the fact that is missing to say so.
    """

    catalogue: Catalogue
    item: Item | None
    listing: Listing
    coverage: str


def newest(catalogues: Iterable[Catalogue], day: date) -> tuple[Catalogue, ...]:
    """The document of each issuer's series and scope that is in force on a day.

    The newest begun replaces the earlier ones for good: when it ends, none of them comes back.
    """
    begun: dict[tuple[str, str, str, str], Catalogue] = {}
    for one in catalogues:
        if one.first_day <= day:
            standing = begun.setdefault(_series_of(one), one)
            if standing.first_day < one.first_day:
                begun[_series_of(one)] = one
    in_force = (one for one in begun.values() if one.end_day is None or day < one.end_day)
    return tuple(sorted(in_force, key=lambda one: (one.issuer, one.series, one.scope.kind, one.scope.key)))


def applicable(
    catalogues: Iterable[Catalogue],
    item_key: str,
    producer: Organization | None,
    accepter: Organization | None,
    day: date,
) -> tuple[Applicable, ...]:
    """Every document in force on the county's day that covers the item and may cover both organisations.

    Those for which a fact about an organisation is missing come with `organization-unknown`.  Documents of different
    issuers overlap by nature: none is dropped here (practice 7: never silently the longest window).
    """
    found: list[Applicable] = []
    for one in newest(catalogues, day):
        item = one.items.get(item_key)
        if item is None and (one.mode is Mode.POSITIVE or item_key in one.negative):
            continue
        reach = coverage(one.scope, producer, accepter)
        if not stands_against(reach):
            listing = Listing.NOT_EXCLUDED if item is None else Listing.LISTED
            found.append(Applicable(one, item, listing, reach))
    return tuple(found)
