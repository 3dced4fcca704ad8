"""FHIR R4 resources of a Bundle from a laboratory, as far as they are read; all bounded, the rest is ignored.  Pure."""

from __future__ import annotations

from typing import Annotated

import msgspec

Short = Annotated[str, msgspec.Meta(max_length=1000)]
Long = Annotated[str, msgspec.Meta(max_length=20_000)]
Few = msgspec.Meta(max_length=100)
Many = msgspec.Meta(max_length=1000)


class Coding(msgspec.Struct, frozen=True):
    system: Short = ""
    code: Short = ""
    display: Short = ""


class CodeableConcept(msgspec.Struct, frozen=True):
    coding: Annotated[tuple[Coding, ...], Few] = ()
    text: Long = ""

    @property
    def words(self) -> str:
        """Its text, or the first display or code."""
        said = (part for one in self.coding for part in (one.display, one.code) if part)
        return self.text or next(said, "")


class Identifier(msgspec.Struct, frozen=True):
    system: Short = ""
    value: Short = ""
    type: CodeableConcept = CodeableConcept()


class Reference(msgspec.Struct, frozen=True):
    reference: Short = ""
    type: Short = ""
    identifier: Identifier | None = None
    display: Short = ""


class Period(msgspec.Struct, frozen=True):
    start: Short = ""
    end: Short = ""


class Quantity(msgspec.Struct, frozen=True):
    """value: the number as it was written, digit for digit."""

    value: msgspec.Raw = msgspec.Raw(b"")
    comparator: Short = ""
    unit: Short = ""
    system: Short = ""
    code: Short = ""


class Range(msgspec.Struct, frozen=True):
    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(msgspec.Struct, frozen=True):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Annotation(msgspec.Struct, frozen=True):
    text: Long = ""


class HumanName(msgspec.Struct, frozen=True):
    use: Short = ""
    text: Short = ""
    family: Short = ""
    given: Annotated[tuple[Short, ...], Few] = ()


class Patient(msgspec.Struct, frozen=True, rename="camel"):
    id: Short = ""
    identifier: Annotated[tuple[Identifier, ...], Few] = ()
    name: Annotated[tuple[HumanName, ...], Few] = ()
    gender: Short = ""
    birth_date: Short = ""


class Organization(msgspec.Struct, frozen=True):
    id: Short = ""
    identifier: Annotated[tuple[Identifier, ...], Few] = ()
    name: Short = ""


class Collection(msgspec.Struct, frozen=True, rename="camel"):
    collected_date_time: Short = ""
    collected_period: Period = Period()


class Specimen(msgspec.Struct, frozen=True, rename="camel"):
    id: Short = ""
    identifier: Annotated[tuple[Identifier, ...], Few] = ()
    accession_identifier: Identifier = Identifier()
    type: CodeableConcept = CodeableConcept()
    subject: Reference | None = None
    received_time: Short = ""
    collection: Collection = Collection()
    condition: Annotated[tuple[CodeableConcept, ...], Few] = ()


class ReferenceRange(msgspec.Struct, frozen=True):
    low: Quantity | None = None
    high: Quantity | None = None
    text: Short = ""


class Valued(msgspec.Struct, frozen=True, rename="camel"):
    """What an Observation and its components have in common: a code and value[x]."""

    code: CodeableConcept = CodeableConcept()
    value_quantity: Quantity | None = None
    value_string: Long | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_integer: int | None = None
    value_boolean: bool | None = None
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    value_date_time: Short | None = None
    value_time: Short | None = None
    value_period: Period | None = None
    value_sampled_data: msgspec.Raw | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: Annotated[tuple[CodeableConcept, ...], Few] = ()
    reference_range: Annotated[tuple[ReferenceRange, ...], Few] = ()


class Component(Valued, frozen=True, rename="camel"):
    pass


class Observation(Valued, frozen=True, rename="camel", kw_only=True):
    id: Short = ""
    identifier: Annotated[tuple[Identifier, ...], Few] = ()
    contained: Annotated[tuple[msgspec.Raw, ...], Few] = ()
    status: Short = ""
    subject: Reference | None = None
    effective_date_time: Short = ""
    effective_instant: Short = ""
    effective_period: Period = Period()
    issued: Short = ""
    performer: Annotated[tuple[Reference, ...], Few] = ()
    note: Annotated[tuple[Annotation, ...], Few] = ()
    method: CodeableConcept = CodeableConcept()
    specimen: Reference | None = None
    device: Reference | None = None
    has_member: Annotated[tuple[Reference, ...], Many] = ()
    component: Annotated[tuple[Component, ...], Few] = ()


class DiagnosticReport(msgspec.Struct, frozen=True, rename="camel"):
    id: Short = ""
    contained: Annotated[tuple[msgspec.Raw, ...], Few] = ()
    identifier: Annotated[tuple[Identifier, ...], Few] = ()
    status: Short = ""
    code: CodeableConcept = CodeableConcept()
    subject: Reference | None = None
    effective_date_time: Short = ""
    effective_period: Period = Period()
    issued: Short = ""
    performer: Annotated[tuple[Reference, ...], Few] = ()
    specimen: Annotated[tuple[Reference, ...], Many] = ()
    result: Annotated[tuple[Reference, ...], Many] = ()


class Beside(msgspec.Struct, frozen=True):
    """A resource that only gives others their names; it is not stored."""

    id: Short = ""
    identifier: Annotated[tuple[Identifier, ...], Few] = ()


Resource = Patient | Organization | Specimen | Observation | DiagnosticReport | Beside
SHAPES: dict[str, type[Resource]] = {
    "Patient": Patient,
    "Organization": Organization,
    "Specimen": Specimen,
    "Observation": Observation,
    "DiagnosticReport": DiagnosticReport,
    "Practitioner": Beside,
    "PractitionerRole": Beside,
    "Device": Beside,
    "ServiceRequest": Beside,
}


class Named(msgspec.Struct, frozen=True, rename="camel"):
    """Which resource it is."""

    resource_type: Short = ""
    id: Short = ""
