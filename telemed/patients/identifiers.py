"""Identity documents: which number, whose, and whether it may tell one person from another. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from telemed.vocabulary import Sex

# GB 11643-1999, 4.2.6: weights of places 18…2 and the check characters of the remainder 0…10.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"

# GB/T 2260, first two digits. The other four are not checked: abolished county codes stay valid on old cards.
_PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(first, last + 1)
)
_RESIDENCE_PERMIT = frozenset({"81", "82", "83"})  # 港澳台居民居住证: Hong Kong, Macau, Taiwan


class IdentifierKind(StrEnum):
    """What kind of number it is (WS 364.3 CV02.01.101 in words)."""

    NATIONAL_ID = "national-id"  # 居民身份证
    HMT_RESIDENCE = "hmt-residence"  # 港澳台居民居住证
    HK_MACAU_PASS = "hk-macau-pass"  # 港澳居民来往内地通行证 # noqa: S105 - a travel pass
    TAIWAN_PASS = "taiwan-pass"  # 台湾居民来往大陆通行证 # noqa: S105 - a travel pass
    PERMANENT_RESIDENCE = "permanent-residence"  # 外国人永久居留身份证
    PASSPORT = "passport"  # 护照
    BIRTH_CERTIFICATE = "birth-certificate"  # 出生医学证明
    OTHER = "other"  # 其他证件
    TEMPORARY = "temporary"  # 临时号
    DEVICE = "device"  # Patient ID typed at a modality: evidence, never proof


#: Kinds that name one person wherever they were shown.
PERSONAL_KINDS = frozenset(
    {
        IdentifierKind.NATIONAL_ID,
        IdentifierKind.HMT_RESIDENCE,
        IdentifierKind.HK_MACAU_PASS,
        IdentifierKind.TAIWAN_PASS,
        IdentifierKind.PERMANENT_RESIDENCE,
        IdentifierKind.PASSPORT,
        IdentifierKind.BIRTH_CERTIFICATE,
    }
)


class Fault(StrEnum):
    """Why a number is not what it is said to be."""

    EMPTY = "empty"
    LENGTH = "length"
    CHARACTERS = "characters"
    REGION = "region"
    BIRTH_DATE = "birth-date"
    CHECKSUM = "checksum"
    ISSUER = "issuer"


@dataclass(frozen=True, slots=True)
class Malformed:
    """A number that cannot be of the kind it claims; care is never refused for it."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Identifier:
    """One number of one issuer. Two persons never hold the same (issuer, value).

    birth_date, sex: what the number itself says, None where it says nothing.
    """

    kind: IdentifierKind
    issuer: str
    value: str
    birth_date: date | None = None
    sex: Sex | None = None

    @property
    def personal(self) -> bool:
        """Whether the number tells one person from another by itself."""
        return self.kind in PERSONAL_KINDS


def normalise(text: str) -> str:
    """Full-width to ASCII, no blanks and dashes, capital letters."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if not c.isspace() and c not in "-‐‑‒–—").upper()


def _check_character(seventeen: str) -> str:
    return _CHECK_CHARACTERS[sum(w * int(d) for w, d in zip(_WEIGHTS, seventeen, strict=True)) % 11]


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _sex(sequence_digit: str) -> Sex:
    return Sex.MALE if int(sequence_digit) % 2 else Sex.FEMALE


def _eighteen(value: str) -> Identifier | Malformed:
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        return Malformed(Fault.CHARACTERS)
    kind = IdentifierKind.NATIONAL_ID
    if value[0] == "9":
        kind = IdentifierKind.PERMANENT_RESIDENCE  # card of 2023: 9, region, country, birth date, sequence, check
    elif value[:2] in _RESIDENCE_PERMIT:
        kind = IdentifierKind.HMT_RESIDENCE
    elif value[:2] not in _PROVINCES:
        return Malformed(Fault.REGION)
    born = _date(value[6:10], value[10:12], value[12:14])
    if born is None or born.year < 1800:  # nobody living
        return Malformed(Fault.BIRTH_DATE)
    if _check_character(value[:17]) != value[17]:
        return Malformed(Fault.CHECKSUM)
    return Identifier(kind, _ISSUERS[kind], value, born, _sex(value[16]))


def national_id(text: str) -> Identifier | Malformed:
    """Read a GB 11643 number: 18 places, or the 15 of before 1999, which are brought to 18.

    x and X, full-width digits and blanks are the same. Numbers of residence permits (81, 82, 83) and of the
    permanent residence card of 2023 (9) have the same form and come back under their own kind.
    """
    value = normalise(text)
    if not value:
        return Malformed(Fault.EMPTY)
    if len(value) == 15:  # GB 11643-1989
        if not re.fullmatch(r"[0-9]{15}", value):
            return Malformed(Fault.CHARACTERS)
        seventeen = value[:6] + "19" + value[6:]
        return _eighteen(seventeen + _check_character(seventeen))
    if len(value) != 18:  # GB 11643-1999
        return Malformed(Fault.LENGTH)
    return _eighteen(value)


_ISSUERS = {
    IdentifierKind.NATIONAL_ID: "CN:GB11643",
    IdentifierKind.HMT_RESIDENCE: "CN:GB11643",
    IdentifierKind.PERMANENT_RESIDENCE: "CN:NIA",
    IdentifierKind.HK_MACAU_PASS: "CN:HMP",
    IdentifierKind.TAIWAN_PASS: "CN:TWP",
    IdentifierKind.BIRTH_CERTIFICATE: "CN:NHC:BIRTH",
}

_FORMS = {
    # 港澳居民来往内地通行证: H or M and 8 digits, on older cards two more for the renewal, which are not the person's
    IdentifierKind.HK_MACAU_PASS: re.compile(r"([HM][0-9]{8})(?:[0-9]{2})?"),
    # 台湾居民来往大陆通行证: 8 digits, on the booklet of before 2015 ten digits and a letter
    IdentifierKind.TAIWAN_PASS: re.compile(r"([0-9]{8}|[0-9]{10}[A-Z]?)"),
    # 外国人永久居留证 of before 2023: 3 letters and 12 digits
    IdentifierKind.PERMANENT_RESIDENCE: re.compile(r"([A-Z]{3}[0-9]{12})"),
    # 出生医学证明: a letter and 9 digits
    IdentifierKind.BIRTH_CERTIFICATE: re.compile(r"([A-Z][0-9]{9})"),
}
_PASSPORT = re.compile(r"[A-Z0-9]{5,12}")
_COUNTRY = re.compile(r"[A-Z]{3}")


def document(kind: IdentifierKind, text: str, *, country: str = "", issuer: str = "") -> Identifier | Malformed:
    """Read the number of an identity document as typed or scanned.

    country: ISO 3166-1 alpha-3 of a passport's issuer. issuer: who issued a temporary, device or other number.
    """
    value = normalise(text)
    if not value:
        return Malformed(Fault.EMPTY)
    if kind in (IdentifierKind.NATIONAL_ID, IdentifierKind.HMT_RESIDENCE) or (
        kind is IdentifierKind.PERMANENT_RESIDENCE and len(value) == 18  # the card of 2023
    ):
        return national_id(value)
    if kind is IdentifierKind.PASSPORT:
        nation = normalise(country)
        if not _COUNTRY.fullmatch(nation):
            return Malformed(Fault.ISSUER)
        return Identifier(kind, f"PASSPORT:{nation}", value) if _PASSPORT.fullmatch(value) else Malformed(Fault.LENGTH)
    form = _FORMS.get(kind)
    if form is None:
        return Identifier(kind, issuer, value) if issuer else Malformed(Fault.ISSUER)
    found = form.fullmatch(value)
    return Identifier(kind, _ISSUERS[kind], found[1]) if found else Malformed(Fault.CHARACTERS)


# Shorter ones fall to the length.
_PLACEHOLDER_WORDS = frozenset(
    {
        "TEST",
        "TESTPATIENT",
        "PATIENT",
        "UNKNOWN",
        "UNKNOW",
        "NONE",
        "NULL",
        "NOID",
        "NOPATIENTID",
        "ANONYMOUS",
        "ANON",
        "ANONYMIZED",
        "DEMO",
        "DEFAULT",
        "PHANTOM",
        "XXXX",
        "EMERGENCY",
        "TEMP",
    }
)
_ASCENDING = "01234567890123456789"
_DESCENDING = _ASCENDING[::-1]


def is_placeholder(text: str) -> bool:
    """Whether a number is what somebody types to get past a field: "1", "0", "000000", "123456", "TEST"."""
    value = normalise(text).strip(".*_?#/")
    if len(value) < 4 or value in _PLACEHOLDER_WORDS:  # counters of a day, initials
        return True
    if re.fullmatch(r"(TEST|DEMO|QC|TEMP|测试)[0-9]*", value):
        return True
    if len(set(value)) == 1:
        return True
    digits = value.lstrip("0")
    return value.isdecimal() and (len(digits) < 4 or value in _ASCENDING or value in _DESCENDING)


def of_modality(patient_id: str, issuer: str, organization_id: str) -> Identifier | None:
    """The identifier that a modality's Patient ID (0010,0020) stands for, None for a placeholder.

    A valid national number is its own issuer, whoever typed it. Anything else belongs to (0010,0021) if that was sent,
    otherwise to the sending organisation: the same "20481" from two hospitals is two persons.
    """
    if is_placeholder(patient_id):
        return None
    number = national_id(patient_id)
    if isinstance(number, Identifier):
        return number
    named = normalise(issuer)
    return Identifier(
        IdentifierKind.DEVICE,
        f"DICOM:{organization_id}:{named}" if named else f"DICOM:{organization_id}",
        normalise(patient_id),
    )


def masked(value: str) -> str:
    """The number as lists show it: the last four places, never more than half of it."""
    shown = min(4, len(value) // 2)
    return "*" * (len(value) - shown) + value[len(value) - shown :]
