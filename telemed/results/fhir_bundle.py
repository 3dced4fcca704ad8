"""A FHIR R4 transaction Bundle: bytes → entries whose references lead to each other.  Pure.

FHIR R4 bundle, 3.1.0.11 (transaction), 3.1.0.11.2 (resolving references).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, TypeVar
from urllib.parse import parse_qs

import msgspec

from telemed.results.fhir_resources import SHAPES, Identifier, Named, Reference, Resource, Short, Specimen
from telemed.vocabulary import Text

#: A Bundle above this is no day of a laboratory; nothing more of it is read.
MAX_BYTES = 4 << 20
MOST_ENTRIES = 1000
#: Results of all its reports together; one that stands in several reports, or in a panel of them, counts in each.
MOST_RESULTS = 5000
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000|\x00")
T = TypeVar("T")
#: Brackets open at once; the deepest resource that is read has nine levels.
DEEPEST = 64

REASONS: dict[str, Text] = {
    "too-large": Text("Bundle 过大。请分批发送。", "The Bundle is too large. Send it in parts."),
    "not-json": Text("内容不是有效的 JSON。", "The content is no JSON."),
    "nul-character": Text("内容含有空字符。", "The content holds a NUL character."),
    "too-deep": Text("内容嵌套过深。", "The content is nested too deeply."),
    "not-a-bundle": Text(
        "内容不是 Bundle，或结构不符合 FHIR R4。", "This is no Bundle of FHIR R4, or not of its shape."
    ),
    "not-a-transaction": Text("只接收 type 为 transaction 的 Bundle。", "Only a Bundle of type transaction is taken."),
    "empty": Text("Bundle 中没有条目。", "There is no entry in the Bundle."),
    "too-many-entries": Text("条目过多。请分批发送。", "There are too many entries. Send them in parts."),
    "too-many-results": Text(
        f"各报告所列结果合计超过 {MOST_RESULTS} 项（同一结果列入多份报告按多项计）。请分批发送。",
        f"The reports list more than {MOST_RESULTS} results in all (one in several reports counts in each)."
        " Send them in parts.",
    ),
    "resource-type": Text("不接收这种资源。", "Resources of this type are not taken."),
    "structure": Text("资源结构不符合 FHIR R4。", "The resource is not of the shape FHIR R4 gives it."),
    "request-missing": Text(
        "条目缺少 request.method 或 request.url。", "The entry lacks request.method or request.url."
    ),
    "method": Text("只接收 POST 与 PUT。", "Only POST and PUT are taken."),
    "url": Text("request.url 与资源类型不符。", "request.url does not fit the type of the resource."),
    "full-url-twice": Text("fullUrl 重复。", "A fullUrl stands there twice."),
    "reference-missing": Text("缺少必要的引用。", "A reference that is needed is missing."),
    "reference-foreign": Text(
        "引用指向 Bundle 之外，不予采用。请把所引用的资源放入 Bundle。",
        "The reference leads out of the Bundle and is not followed. Put what it means into the Bundle.",
    ),
    "reference-unresolved": Text("引用在 Bundle 中找不到。", "What the reference means is not in the Bundle."),
    "reference-type": Text("引用指向的资源类型不对。", "The reference leads to a resource of another type."),
    "reference-circle": Text("hasMember 引用成环。", "The references of hasMember form a circle."),
    "report-missing": Text("没有 DiagnosticReport。", "There is no DiagnosticReport."),
    "observation-without-report": Text(
        "Observation 不属于任何 DiagnosticReport。请列入 result。",
        "The Observation belongs to no DiagnosticReport. List it as a result.",
    ),
    "another-patient": Text(
        "Observation 与其 DiagnosticReport 不是同一患者。", "An Observation is of another patient than its report."
    ),
    "another-organization": Text(
        "出具机构不是发送方所属机构。", "The performing organisation is not the one the sender was enrolled for."
    ),
}


@dataclass(frozen=True, slots=True)
class BundleFault:
    """Why a Bundle cannot be taken, and where (`Bundle.entry[3].resource.subject`); all of it is refused then."""

    reason: str
    place: str = "Bundle"

    @property
    def text(self) -> Text:
        return REASONS[self.reason]


class Request(msgspec.Struct, frozen=True, rename="camel"):
    method: Short = ""
    url: Short = ""
    if_none_exist: Short = ""


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    resource: msgspec.Raw = msgspec.Raw(b"")
    full_url: Short = ""
    request: Request = Request()


class Bundle(msgspec.Struct, frozen=True, rename="camel"):
    """id, identifier: by which the sender knows it.  timestamp: when it was put together."""

    resource_type: Short = ""
    type: Short = ""
    id: Short = ""
    identifier: Identifier = Identifier()
    timestamp: Short = ""
    entry: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=MOST_ENTRIES)] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One entry.  only_if_new: the sender wants nothing changed if the like is there already (ifNoneExist)."""

    index: int
    kind: str
    resource: Resource
    full_url: str
    only_if_new: bool

    @property
    def place(self) -> str:
        return f"Bundle.entry[{self.index}].resource"

    @property
    def line(self) -> int:
        """By which number its results and cases are known; 0 is the whole message."""
        return self.index + 1


@dataclass(frozen=True)
class Transaction:
    """A Bundle taken apart.  name: by which the sender knows it, '' if it says none."""

    items: tuple[Item, ...]
    name: str
    timestamp: str

    @cached_property
    def _by_url(self) -> Mapping[str, list[Item]]:
        return _grouped((_folded(one.full_url), one) for one in self.items if one.full_url)

    @cached_property
    def _by_type_and_id(self) -> Mapping[str, list[Item]]:
        """By `Type/id`: of the resource itself, and as the fullUrl ends; one that is both stands there once."""
        named = [(f"{one.kind}/{one.resource.id}", one) for one in self.items if one.resource.id]
        ends = [("/".join(one.full_url.split("/")[-2:]), one) for one in self.items if one.full_url.count("/") > 1]
        return _grouped([*named, *((name, one) for name, one in ends if name != f"{one.kind}/{one.resource.id}")])

    @cached_property
    def _by_number(self) -> Mapping[tuple[str, str, str], list[Item]]:
        """By kind, system and value, and whatever the system under ''; each entry once."""
        found: dict[tuple[str, str, str], dict[int, Item]] = {}
        for one in self.items:
            for held in one.resource.identifier:
                for system in {"", held.system}:
                    found.setdefault((one.kind, system, held.value), {})[one.index] = one
        return {key: list(each.values()) for key, each in found.items()}

    def of(self, kind: str) -> list[Item]:
        return [one for one in self.items if one.kind == kind]

    def resolve(self, reference: Reference, kind: str, place: str) -> Item | BundleFault:
        """The entry a reference means: by fullUrl, by type and id, or by an identifier that one entry has."""
        written = reference.reference
        found = self._by_identifier(reference, kind) if not written or "?" in written else self._by_name(written)
        if len(found) != 1:
            foreign = written.lower().startswith(("http://", "https://")) and not found
            return BundleFault("reference-foreign" if foreign else "reference-unresolved", place)
        return found[0] if found[0].kind == kind else BundleFault("reference-type", place)

    def _by_name(self, written: str) -> list[Item]:
        bare = written.partition("/_history/")[0]
        folded = bare.lower() if bare.lower().startswith("urn:") else bare
        exact = self._by_url.get(folded, [])
        return exact if exact or ":" in bare else self._by_type_and_id.get(bare, [])

    def _by_identifier(self, reference: Reference, kind: str) -> list[Item]:
        wanted = reference.identifier
        if "?" in reference.reference:
            head, _, query = reference.reference.partition("?")
            said = parse_qs(query, max_num_fields=5) if query.count("&") < 5 else {}
            if head != kind or set(said) != {"identifier"} or len(said["identifier"]) != 1:
                return []
            system, bar, value = said["identifier"][0].partition("|")
            wanted = Identifier(system, value) if bar else Identifier(value=system)
        if wanted is None or not wanted.value:
            return []
        return self._by_number.get((kind, wanted.system, wanted.value), [])


def _grouped(pairs: Iterable[tuple[str, Item]]) -> Mapping[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for name, one in pairs:
        found.setdefault(name, []).append(one)
    return found


def _folded(full_url: str) -> str:
    return full_url.lower() if full_url.lower().startswith("urn:") else full_url


def read_bundle(raw: bytes) -> Transaction | BundleFault:
    """Take a transaction apart; nothing of it is believed yet."""
    bundle = _envelope(raw)
    if isinstance(bundle, BundleFault):
        return bundle
    items: list[Item] = []
    for index, entry in enumerate(bundle.entry):
        one = _item(index, entry)
        if isinstance(one, BundleFault):
            return one
        items.append(one)
    counted = Counter(_folded(one.full_url) for one in items if one.full_url)
    again = [one for one in items if counted[_folded(one.full_url)] > 1]
    if again:
        return BundleFault("full-url-twice", f"Bundle.entry[{again[1].index}].fullUrl")
    return Transaction(tuple(items), (bundle.identifier.value or bundle.id)[:200], bundle.timestamp)


def _envelope(raw: bytes) -> Bundle | BundleFault:
    """The Bundle with its entries unread."""
    if len(raw) > MAX_BYTES:
        return BundleFault("too-large")
    if NUL.search(raw):
        return BundleFault("nul-character")
    if _depth(raw) > DEEPEST:
        return BundleFault("too-deep")
    try:
        bundle = msgspec.json.decode(raw, type=Bundle)
    except msgspec.ValidationError as error:
        many = "entry" in str(error) and "length <=" in str(error)
        return BundleFault("too-many-entries" if many else "not-a-bundle")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return BundleFault("not-json")
    except RecursionError:
        return BundleFault("too-deep")
    if bundle.resource_type != "Bundle":
        return BundleFault("not-a-bundle")
    if bundle.type != "transaction":
        return BundleFault("not-a-transaction", "Bundle.type")
    if not bundle.entry:
        return BundleFault("empty", "Bundle.entry")
    return bundle


def _depth(raw: bytes) -> int:
    """How many brackets are open at once, those in strings left out."""
    deepest = depth = 0
    for one in re.finditer(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', raw, re.DOTALL):
        mark = one[0]
        if mark in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif mark in (b"]", b"}"):
            depth -= 1
    return deepest


def _item(index: int, entry: Entry) -> Item | BundleFault:
    place = f"Bundle.entry[{index}]"
    raw = bytes(entry.resource)
    named = _decoded(raw, Named)
    if named is None:
        return BundleFault("structure", f"{place}.resource")
    shape = SHAPES.get(named.resource_type)
    if shape is None:
        return BundleFault("resource-type", f"{place}.resource")
    if not entry.request.method or not entry.request.url:
        return BundleFault("request-missing", f"{place}.request")
    if entry.request.method not in {"POST", "PUT"}:
        return BundleFault("method", f"{place}.request.method")
    if not _fits(entry.request, named):
        return BundleFault("url", f"{place}.request.url")
    resource = _decoded(raw, shape)
    if resource is None:
        return BundleFault("structure", f"{place}.resource")
    return Item(index, named.resource_type, resource, entry.full_url, only_if_new=entry.request.if_none_exist != "")


def _fits(request: Request, named: Named) -> bool:
    """POST to the type; PUT to it by condition, or by the id of the resource."""
    kind = named.resource_type
    if request.method == "POST":
        return request.url == kind
    return request.url.startswith(f"{kind}?") or request.url == f"{kind}/{named.id}"


def _decoded(raw: bytes, shape: type[T]) -> T | None:
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def contained_specimen(contained: tuple[msgspec.Raw, ...], reference: str) -> Specimen | None:
    """A specimen inside a resource, by `#id`."""
    for raw in contained:
        named = _decoded(bytes(raw), Named)
        if named is not None and named.resource_type == "Specimen" and reference == f"#{named.id}":
            return _decoded(bytes(raw), Specimen)
    return None
