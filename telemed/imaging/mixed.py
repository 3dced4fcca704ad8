"""Whether the pictures of one Study Instance UID are of one person. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def persons(first: Sequence[Whose], apart: Iterable[Whose]) -> list[list[Whose]]:
    """检查拆分: what the instances say, one list a person; the first list is of whom the study is.

    first: statements of instances that are in the study. apart: of those kept out of it.
    A statement that fits two persons who contradict each other (a number without a name) is put with neither: it
    stands alone. The result does not depend on the order in which the instances came, but for that of the lists.
    """
    left = list(dict.fromkeys(apart))
    fits = {one: [other for other in left if not contradict(one, other)] for one in left}
    vague = {one for one in left if is_mixed(fits[one])}
    groups: list[list[Whose]] = []
    for one in left:
        own = next(
            (group for group in groups if one not in vague and group[0] in fits[one] and group[0] not in vague), None
        )
        if own is None:
            groups.append([one])
        else:
            own.append(one)
    return [list(dict.fromkeys(first)), *groups]
