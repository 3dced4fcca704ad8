"""Rules as PostgreSQL keeps them: rows and canonical text, there and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from telemed.recognition.canonical import canonical
from telemed.recognition.quality import (
    Agreement,
    Change,
    IssuerDecision,
    Outcome,
    QualityEvaluation,
    QualityFact,
    Revocation,
    Ruling,
    Verification,
)
from telemed.recognition.rules import Basis, Catalogue, Grant, GrantState, Scope

Json = Mapping[str, Any]


def content_of(catalogue: Catalogue) -> str:
    """What a document says, canonically; how its files were written says nothing."""
    return canonical(replace(catalogue, source_hash="")).decode()


def hash_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


@lru_cache(maxsize=256)  # a document of hundreds of items is read once a process, not once a decision
def catalogue_from(content: str, source_hash: str) -> Catalogue:
    """The document of a canonical text."""
    said = json.loads(content)
    said["source_hash"] = source_hash
    said.setdefault("end_day", None)
    return msgspec.convert(said, Catalogue, strict=False)


def scope_text(scope: Scope) -> str:
    return canonical(scope).decode()


class EvaluationRow(msgspec.Struct, frozen=True):
    """A row of quality_evaluation."""

    id: str
    programme: str
    organization_id: str
    item_keys: Sequence[str]
    basis: str
    scope: Json
    round: str
    period_begins: datetime
    period_ends: datetime
    outcome: str
    published_at: datetime
    known_from: datetime
    device_id: str | None
    method_class: str | None
    score: str
    next_due: datetime | None
    retroactive_from: datetime | None
    evidence_hash: str

    @property
    def evaluation(self) -> QualityEvaluation:
        said: dict[str, Any] = msgspec.structs.asdict(self)
        said["item_keys"] = frozenset(self.item_keys)
        said["basis"], said["outcome"] = Basis(self.basis), Outcome(self.outcome)
        said["scope"] = msgspec.convert(self.scope, Scope)
        return QualityEvaluation(**said)


class FactRow(msgspec.Struct, frozen=True):
    """A row of quality_fact; which columns are filled depends on its kind, see the table's constraints."""

    id: str
    kind: str
    organization_id: str
    at: datetime
    known_from: datetime
    evaluation_id: str | None
    programme: str | None
    item_keys: Sequence[str]
    device_id: str | None
    retroactive_from: datetime | None
    basis: str | None
    scope: Json | None
    ends: datetime | None
    reader_id: str | None
    evidence_hash: str

    @property
    def fact(self) -> QualityFact:
        """Raises LookupError for a row that the table's constraints do not allow."""
        keys = frozenset(self.item_keys)
        match self.kind, self.evaluation_id, self.programme, self.ends, self.basis:
            case "revocation", str(evaluation), _, _, _:
                return Revocation(self.id, evaluation, self.at, self.known_from)
            case ("withdraw" | "reinstate") as ruling, _, str(programme), _, _:
                return IssuerDecision(
                    self.id,
                    programme,
                    keys,
                    Ruling(ruling),
                    self.at,
                    self.known_from,
                    self.device_id,
                    self.retroactive_from,
                )
            case "change", _, _, _, _:
                return Change(self.id, keys, self.at, self.known_from, self.device_id)
            case "verification", _, _, _, _:
                return Verification(self.id, keys, self.at, self.known_from, self.device_id)
            case "agreement", _, _, datetime() as ends, str(basis):
                return Agreement(
                    self.id,
                    self.organization_id,
                    keys,
                    Basis(basis),
                    msgspec.convert(self.scope, Scope),
                    self.at,
                    ends,
                    self.known_from,
                    self.device_id,
                    self.reader_id,
                    self.evidence_hash,
                )
            case _:
                raise LookupError(f"quality_fact {self.id} is not whole")


def columns_of(fact: QualityFact) -> dict[str, Any]:
    """The columns of a fact but for organisation, recorder and knowledge."""
    if isinstance(fact, QualityEvaluation):
        return {
            "programme": fact.programme,
            "item_keys": sorted(fact.item_keys),
            "basis": str(fact.basis),
            "scope": scope_text(fact.scope),
            "round": fact.round,
            "period_begins": fact.period_begins,
            "period_ends": fact.period_ends,
            "outcome": str(fact.outcome),
            "score": fact.score,
            "method_class": fact.method_class,
            "device_id": fact.device_id,
            "published_at": fact.published_at,
            "next_due": fact.next_due,
            "retroactive_from": fact.retroactive_from,
            "evidence_hash": fact.evidence_hash,
        }
    blank = dict.fromkeys(
        ("evaluation_id", "programme", "device_id", "retroactive_from", "basis", "scope", "ends", "reader_id")
    )
    return {**blank, "item_keys": [], "evidence_hash": "", "at": fact.at, **_of_kind(fact)}


def _of_kind(fact: Revocation | IssuerDecision | Change | Verification | Agreement) -> dict[str, Any]:
    if isinstance(fact, Revocation):
        return {"kind": "revocation", "evaluation_id": fact.evaluation_id}
    said: dict[str, Any] = {"item_keys": sorted(fact.item_keys), "device_id": fact.device_id}
    match fact:
        case IssuerDecision():
            kind = str(fact.ruling)
            return {**said, "kind": kind, "programme": fact.programme, "retroactive_from": fact.retroactive_from}
        case Change():
            return {**said, "kind": "change"}
        case Verification():
            return {**said, "kind": "verification"}
        case Agreement():
            return {
                **said,
                "kind": "agreement",
                "basis": str(fact.basis),
                "scope": scope_text(fact.scope),
                "ends": fact.ends,
                "reader_id": fact.reader_id,
                "evidence_hash": fact.evidence_hash,
            }


class GrantRow(msgspec.Struct, frozen=True):
    """A row of grant_knowledge that is not struck."""

    id: str
    organization_id: str
    item_key: str
    scope: Json
    basis: str
    state: str
    begins: datetime
    ends: datetime
    known_from: datetime
    known_until: datetime | None
    withdrawn_from: datetime | None
    device_id: str | None
    reader_id: str | None
    evidence: Sequence[str]
    due: datetime | None
    programme: str

    @property
    def grant(self) -> Grant:
        said: dict[str, Any] = msgspec.structs.asdict(self)
        said["basis"], said["state"] = Basis(self.basis), GrantState(self.state)
        said["scope"], said["evidence"] = msgspec.convert(self.scope, Scope), tuple(self.evidence)
        return Grant(**said)
