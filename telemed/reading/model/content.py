"""The canonical content of a report version and its digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """What a signature binds. Texts as typed; ids and times as text (RFC 3339, UTC)."""

    study_instance_uid: str
    accession_number: str
    number: int
    status: str
    technique: str
    findings: str
    impression: str
    significance: str
    limited: bool
    author_id: str
    author_signed_at: str
    verifier_id: str
    signed_at: str
    reason: str
    agreement: str


def digest(content: Content) -> bytes:
    """SHA-256 of the sorted compact JSON (RFC 8785 for strings, integers and booleans)."""
    text = json.dumps(asdict(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()
