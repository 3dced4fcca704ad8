"""What the service answers: discovery and cards, in the exact names of CDS Hooks 2.0.1 and 3.0. Pure.

A value that breaks an invariant of the standard cannot be made: its constructor raises ValueError with the invariant's
name.  Absent is said by leaving out: `encode` writes no null, "", [] or {} but for `cards` itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

SUMMARY_LIMIT = 140  # characters, exclusive
#: CDS Hooks specification these answers follow (3.0: `version` of a service).
SPECIFICATION = "2.0.1"


class Coding(msgspec.Struct, frozen=True, omit_defaults=True):
    code: str
    system: str
    display: str = ""


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    label: str
    url: str = ""
    topic: Coding | None = None

    def __post_init__(self) -> None:
        _said("source.label", self.label)
        if self.url:
            _absolute("source.url", self.url)


class Action(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One change to the draft.  resource: whole, to create or update; resource_id: `ServiceRequest/x`, to delete."""

    type: Literal["create", "update", "delete"]
    description: str
    resource: Mapping[str, Any] | None = None
    resource_id: str = ""

    def __post_init__(self) -> None:
        if not self.description.strip():
            raise ValueError("cds-resp-5: an action of a suggestion without description")
        if self.type == "delete" and (not self.resource_id or self.resource is not None):
            raise ValueError("cds-resp-2: delete takes a resourceId and no resource")
        if self.type != "delete" and (self.resource is None or self.resource_id):
            raise ValueError("cds-resp-2: create and update take a whole resource and no resourceId")


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    label: str
    uuid: UUID
    actions: tuple[Action, ...] = ()
    is_recommended: bool = False
    #: 3.0, for clients that are known to read it; without it all actions belong together.
    action_selection_behavior: Literal["all", "any", "at-most-one"] | None = None

    def __post_init__(self) -> None:
        _said("suggestion.label", self.label)
        if self.action_selection_behavior is not None and not self.actions:
            raise ValueError("suggestion: actionSelectionBehavior without actions")


class Link(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    label: str
    url: str
    type: Literal["absolute", "smart"]
    app_context: str = ""

    def __post_init__(self) -> None:
        _said("link.label", self.label)
        _absolute("link.url", self.url)
        if self.app_context and self.type != "smart":
            raise ValueError("cds-resp-3: appContext with a link that is not smart")


class Card(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One card; uuid is what feedback names."""

    uuid: UUID
    summary: str
    indicator: Literal["info", "warning", "critical"]
    source: Source
    detail: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: Literal["at-most-one", "any"] | None = None
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()

    def __post_init__(self) -> None:
        _said("summary", self.summary)
        if len(self.summary) >= SUMMARY_LIMIT:
            raise ValueError("summary: 140 characters or more")
        if self.suggestions and self.selection_behavior is None:
            raise ValueError("cds-resp-6: suggestions without selectionBehavior")
        recommended = sum(one.is_recommended for one in self.suggestions)
        if self.selection_behavior == "at-most-one" and recommended > 1:
            raise ValueError("cds-resp-1: at-most-one with several recommended")
        if not all(one.display.strip() for one in self.override_reasons):
            raise ValueError("cds-resp-4: an override reason without display")


class CardsResponse(msgspec.Struct, frozen=True):
    """The answer to a hook call.  Nothing to say is `{"cards":[]}`."""

    cards: tuple[Card, ...]


class Service(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One line of the discovery.  version, hook_version: of the specification and of the hook (3.0)."""

    hook: str
    id: str
    title: str
    description: str
    prefetch: Mapping[str, str]
    version: str
    hook_version: str
    usage_requirements: str = ""


class ServicesResponse(msgspec.Struct, frozen=True):
    services: tuple[Service, ...]


def encode(answer: CardsResponse | ServicesResponse) -> bytes:
    """The answer as JSON, empty things left out."""
    return msgspec.json.encode(present(msgspec.to_builtins(answer), keep=("cards", "services")))


def present(value: Any, keep: tuple[str, ...] = ()) -> Any:
    """The same value without null, "", [] and {} as members; what becomes empty by that is left out too.

    A null inside an array stays: FHIR pairs arrays of primitives with their extensions by position.
    keep: names that are said even when empty, on the first level.
    """
    if isinstance(value, dict):
        named = cast("dict[str, Any]", value)
        cut = {name: present(one) for name, one in named.items()}
        return {name: one for name, one in cut.items() if name in keep or not _empty(one)}
    if isinstance(value, (list, tuple)):
        several = [present(one) for one in cast("list[Any]", value)]
        return [one for one in several if one is None or not _empty(one)]
    return value


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, dict)) and not value)


def _said(name: str, text: str) -> None:
    if not text.strip():
        raise ValueError(f"{name}: empty")


def _absolute(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError(f"{name}: not an absolute address")
