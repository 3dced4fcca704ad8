"""Whether two records of the county are one person: linked by itself, for a person to look at, or never. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from telemed.patients import identity, names
from telemed.patients.identifiers import Identifier, IdentifierKind
from telemed.patients.identity import Identity, Person
from telemed.patients.names import Agreement, Likeness
from telemed.patients.slips import UNSTATED_BIRTH, address_key, digits, exchanged, phone_key, slip
from telemed.vocabulary import Text


class Outcome(StrEnum):
    """What may be done with two records, the most first."""

    AUTO = "auto"  # linked without a person; only these and what a person linked may be relied on
    POTENTIAL = "potential"  # on the work list, a person decides
    NEVER = "never"  # nothing says that they are one person, or something says that they are not


class Code(StrEnum):
    """What was found, one code for each subject that was compared and one for each that stands in the way."""

    NUMBER_SAME = "number-same"
    NUMBER_DIFFERS = "number-differs"
    NUMBER_RENEWED = "number-renewed"
    NUMBER_SLIP = "number-slip"
    NUMBER_UNKNOWN = "number-unknown"
    NAME_SAME = "name-same"
    NAME_VARIANT = "name-variant"
    NAME_UNWRITABLE = "name-unwritable"
    NAME_ROMANISED = "name-romanised"
    NAME_HOMOPHONE = "name-homophone"
    NAME_ONE_CHARACTER = "name-one-character"
    NAME_DIFFERS = "name-differs"
    NAME_UNKNOWN = "name-unknown"
    BIRTH_SAME = "birth-same"
    BIRTH_ESTIMATED = "birth-estimated"
    BIRTH_TRANSPOSED = "birth-transposed"
    BIRTH_ONE_DIGIT = "birth-one-digit"
    BIRTH_DIFFERS = "birth-differs"
    BIRTH_UNKNOWN = "birth-unknown"
    SEX_SAME = "sex-same"
    SEX_DIFFERS = "sex-differs"
    SEX_UNKNOWN = "sex-unknown"
    PHONE_SAME = "phone-same"
    PHONE_DIFFERS = "phone-differs"
    PHONE_UNKNOWN = "phone-unknown"
    ADDRESS_SAME = "address-same"
    ADDRESS_PART = "address-part"
    ADDRESS_DIFFERS = "address-differs"
    ADDRESS_UNKNOWN = "address-unknown"
    MOTHER_SAME = "mother-same"
    MOTHER_DIFFERS = "mother-differs"
    MOTHER_UNKNOWN = "mother-unknown"
    DEVICE_NUMBER = "device-number"
    NEWBORN_NAME = "newborn-name"
    MOTHER_AND_CHILD = "mother-and-child"
    OTHER_TWIN = "other-twin"
    TEMPORARY = "temporary"
    CARD_MISMATCH = "card-mismatch"
    NEVER_LINK = "never-link"


WORDS: Mapping[Code, Text] = {
    Code.NUMBER_SAME: Text("证件号相同", "The same identity number"),
    Code.NUMBER_DIFFERS: Text("证件号不同", "Another identity number"),
    Code.NUMBER_RENEWED: Text("证件号不同，可能换证", "Another number of a document that is renewed"),
    Code.NUMBER_SLIP: Text("证件号仅差一处", "The numbers are one slip apart"),
    Code.NUMBER_UNKNOWN: Text("没有可比对的证件号", "No numbers to compare"),
    Code.NAME_SAME: Text("姓名相同", "The same name"),
    Code.NAME_VARIANT: Text("姓名为繁简或异体写法", "Name in traditional or variant characters"),
    Code.NAME_UNWRITABLE: Text("姓名有缺字", "Name with a character that could not be written"),
    Code.NAME_ROMANISED: Text("姓名为拼音", "Name in pinyin"),
    Code.NAME_HOMOPHONE: Text("姓名同音不同字", "Name of the same sound in other characters"),
    Code.NAME_ONE_CHARACTER: Text("姓名差一字", "Name with one other character"),
    Code.NAME_DIFFERS: Text("姓名不同", "Another name"),
    Code.NAME_UNKNOWN: Text("姓名不详", "No name to compare"),
    Code.BIRTH_SAME: Text("出生日期相同", "The same birth date"),
    Code.BIRTH_ESTIMATED: Text("出生日期相近（按年龄推算）", "Birth dates near by, one computed from an age"),
    Code.BIRTH_TRANSPOSED: Text("出生日期疑似数字颠倒", "Birth date with two digits, or day and month, exchanged"),
    Code.BIRTH_ONE_DIGIT: Text("出生日期仅差一位", "Birth date with one other digit"),
    Code.BIRTH_DIFFERS: Text("出生日期不同", "Another birth date"),
    Code.BIRTH_UNKNOWN: Text("出生日期不详", "Birth date not known"),
    Code.SEX_SAME: Text("性别相同", "The same sex"),
    Code.SEX_DIFFERS: Text("性别不同", "Another sex"),
    Code.SEX_UNKNOWN: Text("性别不详", "Sex not known"),
    Code.PHONE_SAME: Text("电话相同", "The same phone"),
    Code.PHONE_DIFFERS: Text("电话不同", "Another phone"),
    Code.PHONE_UNKNOWN: Text("没有可比对的电话", "No phones to compare"),
    Code.ADDRESS_SAME: Text("住址相同", "The same address"),
    Code.ADDRESS_PART: Text("住址相近", "One address is part of the other"),
    Code.ADDRESS_DIFFERS: Text("住址不同", "Another address"),
    Code.ADDRESS_UNKNOWN: Text("没有可比对的住址", "No addresses to compare"),
    Code.MOTHER_SAME: Text("母亲相同", "The same mother"),
    Code.MOTHER_DIFFERS: Text("母亲不同", "Another mother"),
    Code.MOTHER_UNKNOWN: Text("没有可比对的母亲", "No mothers to compare"),
    Code.DEVICE_NUMBER: Text("设备上的患者号相同", "The same number at one device"),
    Code.NEWBORN_NAME: Text("以母亲姓名登记的新生儿", "A newborn registered under the mother's name"),
    Code.MOTHER_AND_CHILD: Text("母亲与子女", "Mother and child"),
    Code.OTHER_TWIN: Text("双胞胎中的另一个", "The other twin"),
    Code.TEMPORARY: Text("临时身份，须先补录", "A temporary identity, to be completed first"),
    Code.CARD_MISMATCH: Text("登记时人证不符", "Registered with somebody else's card"),
    Code.NEVER_LINK: Text("已有人核对为不同人", "Somebody has decided that these are two persons"),
}


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a person. person.identifiers: its numbers, those too that are another's and only were shown.

    card_mismatch: 人证不符 at one of its registrations.
    """

    id: UUID
    person: Person
    phone: str = ""
    address: str = ""
    mother_id: UUID | None = None
    card_mismatch: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome with everything that was found, in the order of Code."""

    outcome: Outcome
    findings: tuple[Code, ...]


# Held for life; a passport, a pass or a permit changes with its renewal.
_LIFELONG = frozenset({"CN:GB11643"})
_NAMES = {
    Likeness.SAME: Code.NAME_SAME,
    Likeness.VARIANT: Code.NAME_VARIANT,
    Likeness.UNWRITABLE: Code.NAME_UNWRITABLE,
    Likeness.ROMANISED: Code.NAME_ROMANISED,
    Likeness.HOMOPHONE: Code.NAME_HOMOPHONE,
    Likeness.ONE_CHARACTER: Code.NAME_ONE_CHARACTER,
    Likeness.DIFFERS: Code.NAME_DIFFERS,
    Likeness.UNKNOWN: Code.NAME_UNKNOWN,
}
_SEXES = {
    Agreement.SAME: Code.SEX_SAME,
    Agreement.DIFFERS: Code.SEX_DIFFERS,
    Agreement.UNKNOWN: Code.SEX_UNKNOWN,
}
#: All of these and none of _NOT_AUTO (domain C1: number, name and birth date exact).
_AUTO = frozenset({Code.NUMBER_SAME, Code.NAME_SAME, Code.BIRTH_SAME})
_NOT_AUTO = frozenset({Code.NUMBER_DIFFERS, Code.SEX_DIFFERS, Code.MOTHER_DIFFERS, Code.TEMPORARY, Code.CARD_MISMATCH})
_TWO_PERSONS = frozenset({Code.NEVER_LINK, Code.MOTHER_AND_CHILD, Code.OTHER_TWIN})
#: Without a number in common any of these leaves nothing to ask a person about.
_CONTRADICTS = frozenset({Code.NUMBER_DIFFERS, Code.SEX_DIFFERS, Code.MOTHER_DIFFERS})
_ALIKE = frozenset({Code.NAME_SAME, Code.NAME_VARIANT, Code.NAME_UNWRITABLE, Code.NAME_ROMANISED, Code.NAME_HOMOPHONE})
_BORN_NEAR = frozenset({Code.BIRTH_ESTIMATED, Code.BIRTH_TRANSPOSED, Code.BIRTH_ONE_DIGIT, Code.BIRTH_UNKNOWN})
_SUPPORTS = frozenset(
    {
        Code.NUMBER_SLIP,
        Code.PHONE_SAME,
        Code.ADDRESS_SAME,
        Code.ADDRESS_PART,
        Code.MOTHER_SAME,
        Code.DEVICE_NUMBER,
    }
)


def compare(a: Record, b: Record, *, never_link: bool = False) -> Match:
    """Compare two records; which comes first does not matter.

    never_link: whether a person has decided that they are two persons; nothing outweighs it.
    AUTO needs a personal number in common, the same name and the same birth date, nothing estimated, and nothing that
    stands against it. The number alone, or without it a like name with the same birth date, or with a birth date near
    by and something else in common, is POTENTIAL.
    """
    found = frozenset(_findings(a, b)) | ({Code.NEVER_LINK} if never_link else set[Code]())
    return Match(_outcome(found), tuple(code for code in Code if code in found))


def _outcome(found: frozenset[Code]) -> Outcome:
    if found & _TWO_PERSONS:
        return Outcome.NEVER
    if found >= _AUTO and not found & _NOT_AUTO:
        return Outcome.AUTO
    return Outcome.POTENTIAL if Code.NUMBER_SAME in found or _worth_asking(found) else Outcome.NEVER


def _worth_asking(found: frozenset[Code]) -> bool:
    if found & _CONTRADICTS:
        return False
    born = Code.BIRTH_SAME in found
    if found & _ALIKE:
        return born or bool(found & _BORN_NEAR and found & _SUPPORTS)
    if Code.NAME_ONE_CHARACTER in found and born and found & _SUPPORTS:
        return True
    return born and {Code.MOTHER_SAME, Code.NEWBORN_NAME} <= found


def _findings(a: Record, b: Record) -> Iterable[Code]:
    one, other = a.person, b.person
    yield from _numbers(one.identifiers, other.identifiers)
    yield _NAMES[names.likeness(_stated(one), _stated(other))]
    yield _birth(one, other)
    yield _SEXES[identity.compare_sex(one.sex, other.sex)]
    yield _phone(phone_key(a.phone), phone_key(b.phone))
    yield _address(address_key(a.address), address_key(b.address))
    yield _mother(a.mother_id, b.mother_id)
    if a.mother_id == b.id or b.mother_id == a.id:
        yield Code.MOTHER_AND_CHILD
    children = (_newborn(one.name), _newborn(other.name))
    if any(children):
        yield Code.NEWBORN_NAME
    if _are_twins(*children) and not (a.mother_id and b.mother_id and a.mother_id != b.mother_id):
        yield Code.OTHER_TWIN
    if Identity.TEMPORARY in (one.identity, other.identity):
        yield Code.TEMPORARY
    if a.card_mismatch or b.card_mismatch:
        yield Code.CARD_MISMATCH


def _numbers(a: frozenset[Identifier], b: frozenset[Identifier]) -> Iterable[Code]:
    one, other = _by_issuer(a), _by_issuer(b)
    shared = one.keys() & other.keys()
    same = any(one[issuer] & other[issuer] for issuer in shared)
    apart = {issuer for issuer in shared if not one[issuer] & other[issuer]}
    if same:
        yield Code.NUMBER_SAME
    if apart & _LIFELONG:
        yield Code.NUMBER_DIFFERS
    if apart - _LIFELONG:
        yield Code.NUMBER_RENEWED
    if not same and _slips(a, b):
        yield Code.NUMBER_SLIP
    if not shared:
        yield Code.NUMBER_UNKNOWN
    if _of_devices(a) & _of_devices(b):
        yield Code.DEVICE_NUMBER


def _by_issuer(numbers: frozenset[Identifier]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for number in numbers:
        if number.personal:
            found.setdefault(number.issuer, set()).add(number.value)
    return found


def _of_devices(numbers: frozenset[Identifier]) -> set[tuple[str, str]]:
    return {(number.issuer, number.value) for number in numbers if number.kind is IdentifierKind.DEVICE}


def _slips(a: frozenset[Identifier], b: frozenset[Identifier]) -> bool:
    """Whether one has a national number and the other what somebody mistyped of it, registered as 其他证件."""
    return any(
        IdentifierKind.OTHER in (x.kind, y.kind)
        and IdentifierKind.NATIONAL_ID in (x.kind, y.kind)
        and slip(x.value, y.value)
        for x in a
        for y in b
    )


# What stands where nobody knew a name: 无名氏男20261122-01 of a form, 未具名 of a study that names nobody.
_NAMELESS = re.compile(r"无名氏|未具名")


def _stated(person: Person) -> str:
    return "" if person.identity is not Identity.KNOWN and _NAMELESS.match(person.name) else person.name


def _birth(a: Person, b: Person) -> Code:
    if a.birth_date is None or b.birth_date is None or UNSTATED_BIRTH in (a.birth_date, b.birth_date):
        return Code.BIRTH_UNKNOWN
    if a.estimated or b.estimated:
        near = identity.compare_birth(a.birth_date, b.birth_date, estimated=True) is not Agreement.DIFFERS
        return Code.BIRTH_ESTIMATED if near else Code.BIRTH_DIFFERS
    if a.birth_date == b.birth_date:
        return Code.BIRTH_SAME
    one, other = digits(a.birth_date), digits(b.birth_date)
    apart = [i for i, (x, y) in enumerate(zip(one, other, strict=True)) if x != y]
    if len(apart) == 1:
        return Code.BIRTH_ONE_DIGIT
    turned = one[:4] == other[:4] and one[4:6] == other[6:] and one[6:] == other[4:6]
    return Code.BIRTH_TRANSPOSED if turned or exchanged(one, other, apart) else Code.BIRTH_DIFFERS


def _phone(a: str, b: str) -> Code:
    if not a or not b:
        return Code.PHONE_UNKNOWN
    return Code.PHONE_SAME if a == b else Code.PHONE_DIFFERS


def _address(a: str, b: str) -> Code:
    if not a or not b:
        return Code.ADDRESS_UNKNOWN
    if a == b:
        return Code.ADDRESS_SAME
    shorter, longer = sorted((a, b), key=len)
    # 东村3组 is part of 虎林市赵屯镇东村3组; 东村 alone is part of too many
    return Code.ADDRESS_PART if len(shorter) >= 4 and longer.endswith(shorter) else Code.ADDRESS_DIFFERS


def _mother(a: UUID | None, b: UUID | None) -> Code:
    if a is None or b is None:
        return Code.MOTHER_UNKNOWN
    return Code.MOTHER_SAME if a == b else Code.MOTHER_DIFFERS


# As identity.newborn_name writes them.
_NEWBORN = re.compile(r"(?P<mother>.+)之(?P<child>子|女|婴|大双|小双|三胎)")
_SINGLE = frozenset("子女婴")


def _newborn(name: str) -> re.Match[str] | None:
    return _NEWBORN.fullmatch(name.strip())


def _are_twins(a: re.Match[str] | None, b: re.Match[str] | None) -> bool:
    if a is None or b is None or a["child"] == b["child"] or {a["child"], b["child"]} & _SINGLE:
        return False
    return names.likeness(a["mother"], b["mother"]) is Likeness.SAME
