"""What a CDS client sends: hook calls and feedback, in the names of CDS Hooks 2.0.1 and 3.0, all bounded. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec

from telemed.cds.faults import Fault, malformed
from telemed.http.wire import KIB

#: Bytes of one call: a draft order of a few KB each, a patient and an encounter; measured examples have 4 KB.
CALL_LIMIT = 1024 * KIB
FEEDBACK_LIMIT = 256 * KIB
#: Draft orders in one call; a day's orders of an intensive-care patient stay below a hundred.
MOST_ORDERS = 200
MOST_FEEDBACK = 200
MOST_PREFETCH = 20

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
#: CDS Hooks 3.0 invariant ord-1: {type}/{id}.
Reference = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{1,64}/[A-Za-z0-9_.\-]{1,64}$")]
#: Extension of a request by which a client says that the provincial platform has shown its own prompt.
PROMPTED = "cn.hr.provincial-prompted"

T = TypeVar("T")
Hook = Literal["patient-view", "order-start", "order-select", "order-sign"]
RESOURCE_ID = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
# A text column of PostgreSQL cannot hold U+0000, and no clinical text has one.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000|\x00")


class FhirAuthorization(msgspec.Struct, frozen=True):
    """Access to the client's FHIR server, which this service does not use; checked and dropped.

    access_token is never stored or logged.
    """

    access_token: Annotated[str, msgspec.Meta(min_length=1, max_length=16384)]
    token_type: Literal["Bearer"]
    expires_in: int
    scope: Annotated[str, msgspec.Meta(max_length=4000)]
    subject: Short
    patient: Id | None = None

    def __post_init__(self) -> None:
        if "patient/" in self.scope and self.patient is None:
            raise ValueError("cds-r-2: patient scopes without `patient`")

    def __repr__(self) -> str:
        return "FhirAuthorization(…)"


class HookRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The envelope of a call; `context` is read by its hook, `prefetch` by key."""

    hook: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    hook_instance: UUID
    context: msgspec.Raw
    fhir_server: Url | None = None
    fhir_authorization: FhirAuthorization | None = None
    prefetch: Annotated[dict[str, msgspec.Raw], msgspec.Meta(max_length=MOST_PREFETCH)] | None = None
    extension: Annotated[dict[str, msgspec.Raw], msgspec.Meta(max_length=MOST_PREFETCH)] | None = None

    @property
    def prompted_elsewhere(self) -> bool:
        """Whether the provincial platform has asked already (省平台已提示): one popup a patient."""
        return bytes((self.extension or {}).get(PROMPTED, b"")).strip() == b"true"

    def __post_init__(self) -> None:
        if self.fhir_authorization is not None and self.fhir_server is None:
            raise ValueError("cds-r-1: fhirAuthorization without fhirServer")


class Entry(msgspec.Struct, frozen=True):
    """An entry of a Bundle; the resource is kept whole, for it goes back whole in an update."""

    resource: dict[str, Any]


class Bundle(msgspec.Struct, frozen=True, rename="camel"):
    """Draft orders.  At most MOST_ORDERS entries."""

    resource_type: Literal["Bundle"]
    entry: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=MOST_ORDERS)] = ()


class PatientView(msgspec.Struct, frozen=True, rename="camel"):
    """Context of `patient-view` 1.0."""

    user_id: Reference
    patient_id: Id
    encounter_id: Id | None = None


class OrderStart(msgspec.Struct, frozen=True, rename="camel"):
    """Context of the draft `order-start`: who begins to order for whom; orders, were there any, are not read yet."""

    user_id: Reference
    patient_id: Id
    encounter_id: Id | None = None


class OrderSign(msgspec.Struct, frozen=True, rename="camel"):
    """Context of `order-sign` 1.1."""

    user_id: Reference
    patient_id: Id
    draft_orders: Bundle
    encounter_id: Id | None = None


class OrderSelect(msgspec.Struct, frozen=True, rename="camel"):
    """Context of `order-select` 1.0; only the selections are answered, the other drafts are context."""

    user_id: Reference
    patient_id: Id
    selections: Annotated[tuple[Reference, ...], msgspec.Meta(min_length=1, max_length=MOST_ORDERS)]
    draft_orders: Bundle
    encounter_id: Id | None = None


Context = PatientView | OrderStart | OrderSelect | OrderSign
CONTEXTS: dict[str, type[Context]] = {
    "patient-view": PatientView,
    "order-start": OrderStart,
    "order-select": OrderSelect,
    "order-sign": OrderSign,
}


class ReasonCoding(msgspec.Struct, frozen=True):
    code: Id
    system: Annotated[str, msgspec.Meta(max_length=500)] = ""
    display: Annotated[str, msgspec.Meta(max_length=500)] = ""


class OverrideReason(msgspec.Struct, frozen=True, rename="camel"):
    """Why the card was not followed: a coded reason, words, or both (cds-fb-3)."""

    reason: ReasonCoding | None = None
    user_comment: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None = None

    def __post_init__(self) -> None:
        if self.reason is None and self.user_comment is None:
            raise ValueError("cds-fb-3: overrideReason without reason and userComment")


class AcceptedSuggestion(msgspec.Struct, frozen=True):
    id: UUID


class Feedback(msgspec.Struct, frozen=True, rename="camel"):
    """What became of one card.  outcome_timestamp: RFC 3339 with its offset; a local time says nothing here."""

    card: UUID
    outcome: Literal["accepted", "overridden"]
    outcome_timestamp: datetime
    accepted_suggestions: Annotated[tuple[AcceptedSuggestion, ...], msgspec.Meta(max_length=20)] = ()
    override_reason: OverrideReason | None = None

    def __post_init__(self) -> None:
        if self.outcome == "accepted" and not self.accepted_suggestions:
            raise ValueError("cds-fb-2: accepted without acceptedSuggestions")
        if self.outcome_timestamp.tzinfo is None or not 1900 < self.outcome_timestamp.year < 9999:
            raise ValueError("outcomeTimestamp has no offset, or is no time of anything")

    @property
    def at(self) -> datetime:
        """When the person acted, UTC."""
        return self.outcome_timestamp.astimezone(UTC)


class FeedbackRequest(msgspec.Struct, frozen=True):
    feedback: Annotated[tuple[Feedback, ...], msgspec.Meta(max_length=MOST_FEEDBACK)]


def read_call(raw: bytes) -> HookRequest | Fault:
    """Decode the envelope of a hook call."""
    return _decode(raw, HookRequest, "request")


def read_context(request: HookRequest) -> Context | Fault:
    """Decode the context as its hook defines it; a hook that is not served is not-supported."""
    shape = CONTEXTS.get(request.hook)
    if shape is None:
        return malformed("hook", "one of " + ", ".join(CONTEXTS))
    return _decode(bytes(request.context), shape, "context")


def read_feedback(raw: bytes) -> FeedbackRequest | Fault:
    """Decode a batch of feedback."""
    return _decode(raw, FeedbackRequest, "feedback")


def _decode(raw: bytes, shape: type[T], what: str) -> T | Fault:
    if NUL.search(raw):
        return malformed(what, "a NUL character")
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return malformed(what, str(error))
    except RecursionError:
        return malformed(what, "nested too deeply")
