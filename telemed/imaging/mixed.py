"""Whether the pictures of one Study Instance UID are of one person. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from telemed.patients import identifiers, identity, names
from telemed.patients.names import Agreement
from telemed.vocabulary import Sex


class Whose(NamedTuple):
    """What the instances of a study say of their patient, one row for each different statement."""

    patient_id: str
    name: str
    sex: Sex
    birth_date: date | None


def contradict(a: Whose, b: Whose) -> bool:
    """Whether two statements cannot be of one person.

    A name completed or transcribed later, or a placeholder replaced by the true number, is one person still:
    names that contradict, two real numbers, another sex or another birth date are not.
    """
    if a == b:
        return False
    if names.compare(a.name, b.name) is Agreement.DIFFERS:
        return True
    if identity.compare_sex(a.sex, b.sex) is Agreement.DIFFERS:
        return True
    if a.birth_date and b.birth_date and a.birth_date != b.birth_date:
        return True
    real = not identifiers.is_placeholder(a.patient_id) and not identifiers.is_placeholder(b.patient_id)
    return real and _number(a.patient_id) != _number(b.patient_id)


def _number(patient_id: str) -> str:
    found = identifiers.national_id(patient_id)
    return found.value if isinstance(found, identifiers.Identifier) else identifiers.normalise(patient_id)


def is_mixed(statements: Iterable[Whose]) -> bool:
    """疑似混合检查: two persons under one Study UID, unreadable until it is split or said to be one person."""
    seen = list(dict.fromkeys(statements))
    return any(contradict(a, b) for i, a in enumerate(seen) for b in seen[i + 1 :])
