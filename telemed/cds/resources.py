"""The FHIR R4 resources a hook call carries, as far as they are read. Pure.

What is not read is ignored, what is read is bounded; a resource that contradicts its own definition is no resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from telemed.recognition.rules import Code
from telemed.vocabulary import Sex

Text = Annotated[str, msgspec.Meta(max_length=500)]
ResourceId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.\-]{1,64}$")]
Few = msgspec.Meta(max_length=50)


class Coding(msgspec.Struct, frozen=True):
    system: Text = ""
    code: Text = ""


class CodeableConcept(msgspec.Struct, frozen=True):
    """Its `text` is not read: what a doctor types must not sway a machine."""

    coding: Annotated[tuple[Coding, ...], Few] = ()


class Reference(msgspec.Struct, frozen=True):
    reference: Text = ""


class Identifier(msgspec.Struct, frozen=True):
    system: Text = ""
    value: Text = ""


class HumanName(msgspec.Struct, frozen=True):
    use: Text = ""
    text: Text = ""
    family: Text = ""
    given: Annotated[tuple[Text | None, ...], Few] = ()

    @property
    def whole(self) -> str:
        """The name as it is written in one piece, family name first."""
        return self.text or self.family + "".join(one for one in self.given if one)


class Patient(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: Literal["Patient"]
    id: ResourceId
    identifier: Annotated[tuple[Identifier, ...], Few] = ()
    name: Annotated[tuple[HumanName, ...], Few] = ()
    gender: Text = ""
    birth_date: Text = ""

    @property
    def born(self) -> date | None:
        """The day of birth; None for a year or a month alone, which is no day."""
        try:
            return date.fromisoformat(self.birth_date) if len(self.birth_date) == 10 else None
        except ValueError:
            return None

    @property
    def sex(self) -> Sex:
        return {"male": Sex.MALE, "female": Sex.FEMALE, "other": Sex.OTHER}.get(self.gender, Sex.UNKNOWN)

    @property
    def called(self) -> str | None:
        """The official name, or the first that is no old or nick name; None for a nameless patient."""
        usable = [one for one in self.name if one.use not in {"old", "maiden", "nickname", "anonymous"} and one.whole]
        official = [one for one in usable if one.use == "official"]
        return (official or usable)[0].whole if usable else None


class Encounter(
    msgspec.Struct,
    frozen=True,
    rename={"resource_type": "resourceType", "class_": "class", "reason_code": "reasonCode"},
):
    resource_type: Literal["Encounter"]
    id: ResourceId
    class_: Coding = Coding()
    priority: CodeableConcept = CodeableConcept()
    subject: Reference = Reference()
    reason_code: Annotated[tuple[CodeableConcept, ...], Few] = ()


class ServiceRequest(msgspec.Struct, frozen=True, rename="camel"):
    """An order.  do_not_perform: an order not to do it."""

    resource_type: Literal["ServiceRequest"]
    id: ResourceId
    status: Text = ""
    code: CodeableConcept = CodeableConcept()
    subject: Reference = Reference()
    priority: Text = ""
    reason_code: Annotated[tuple[CodeableConcept, ...], Few] = ()
    body_site: Annotated[tuple[CodeableConcept, ...], Few] = ()
    do_not_perform: bool = False


class OfAnyType(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: Text = ""
    id: Text = ""

    @property
    def reference(self) -> str:
        return f"{self.resource_type}/{self.id}"


R = TypeVar("R")


def read(value: Mapping[str, Any] | bytes, shape: type[R]) -> R | None:
    """The resource, or None for what is not of this shape: null, an OperationOutcome, another type."""
    try:
        if isinstance(value, bytes):
            return msgspec.json.decode(value, type=shape)
        return msgspec.convert(value, type=shape)
    except (msgspec.DecodeError, RecursionError):
        return None


def codes(concepts: tuple[CodeableConcept, ...]) -> frozenset[Code]:
    """Every code of some concepts in its system; a code without a system belongs to nobody and is left out."""
    return frozenset(
        Code(one.system, one.code) for concept in concepts for one in concept.coding if one.system and one.code
    )


def points_to(reference: Reference, kind: str, id: str) -> bool:  # noqa: A002 -- FHIR's word
    """Whether a reference, relative or absolute, is to this resource; an empty one contradicts nothing."""
    if not reference.reference:
        return True
    parts = reference.reference.split("/_history/")[0].rsplit("/", 2)
    return parts[-2:] == [kind, id]
