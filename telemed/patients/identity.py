"""Whether two descriptions are one person, and what a form must decide before a person is made. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from telemed.patients import names
from telemed.patients.identifiers import Identifier
from telemed.patients.names import Agreement
from telemed.vocabulary import Sex, Text

#: How far an estimated birth date may lie from another before it contradicts it, in years.
ESTIMATE_YEARS = 2
#: 同名患者: people of one name within so many years of birth in one township are shown.
NAMESAKE_YEARS = 5


class Identity(StrEnum):
    """How sure the county is of who this is."""

    KNOWN = "known"
    TEMPORARY = "temporary"  # 无名氏, newborn: reads at once, recognises nothing until 身份补录
    SOURCE = "source"  # only what a modality or a contradicting form said


@dataclass(frozen=True, slots=True)
class Person:
    """What one source says of a person.

    birth_date: None if nobody knows. estimated: computed from a stated age.
    """

    name: str
    sex: Sex
    birth_date: date | None
    estimated: bool = False
    identifiers: frozenset[Identifier] = field(default_factory=frozenset[Identifier])
    identity: Identity = Identity.KNOWN


class Fact(StrEnum):
    """What is compared."""

    IDENTIFIER = "identifier"
    NAME = "name"
    SEX = "sex"
    BIRTH = "birth"


class Finding(NamedTuple):
    """What two sources together say of one fact."""

    fact: Fact
    agreement: Agreement


class Verdict(StrEnum):
    """What may be done with two descriptions."""

    SAME = "same"
    DOUBTFUL = "doubtful"  # two records, a person decides
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict with every finding, not only the first."""

    verdict: Verdict
    findings: tuple[Finding, ...]

    def of(self, fact: Fact) -> Agreement:
        """What was found about one fact."""
        return next(f.agreement for f in self.findings if f.fact is fact)


def compare_sex(a: Sex, b: Sex) -> Agreement:
    """Unknown and other say nothing against either."""
    known = (Sex.MALE, Sex.FEMALE)
    if a not in known or b not in known:
        return Agreement.UNKNOWN
    return Agreement.SAME if a is b else Agreement.DIFFERS


def compare_birth(a: date | None, b: date | None, *, estimated: bool) -> Agreement:
    """Equal, or within two years where one of them was computed from a stated age."""
    if a is None or b is None:
        return Agreement.UNKNOWN
    if a == b:
        return Agreement.SAME
    if estimated and abs((a - b).days) <= ESTIMATE_YEARS * 366:
        return Agreement.LIKELY
    return Agreement.DIFFERS


def compare_identifiers(a: frozenset[Identifier], b: frozenset[Identifier]) -> Agreement:
    """SAME for one personal number in common, DIFFERS for two numbers of one issuer, UNKNOWN otherwise.

    Numbers of devices and temporary numbers say nothing: they are evidence, never proof.
    """
    one = {(i.issuer, i.value) for i in a if i.personal}
    other = {(i.issuer, i.value) for i in b if i.personal}
    if one & other:
        return Agreement.SAME
    if {issuer for issuer, _ in one} & {issuer for issuer, _ in other}:
        return Agreement.DIFFERS
    return Agreement.UNKNOWN


def compare(a: Person, b: Person) -> Comparison:
    """Compare two descriptions of persons.

    SAME only by a personal number in common with the same name, a birth date that is the same (or estimated, or not
    stated) and no other sex. A number in common and anything else different is DOUBTFUL, and so are the same name and
    birth date without a number in common. Somebody temporary is never SAME as anybody.
    """
    number = compare_identifiers(a.identifiers, b.identifiers)
    name = names.compare(a.name, b.name)
    sex = compare_sex(a.sex, b.sex)
    birth = compare_birth(a.birth_date, b.birth_date, estimated=a.estimated or b.estimated)
    temporary = Identity.TEMPORARY in (a.identity, b.identity)
    findings = (
        Finding(Fact.IDENTIFIER, number),
        Finding(Fact.NAME, name),
        Finding(Fact.SEX, sex),
        Finding(Fact.BIRTH, birth),
    )
    return Comparison(_verdict(number, name, sex, birth, temporary=temporary), findings)


def _verdict(number: Agreement, name: Agreement, sex: Agreement, birth: Agreement, *, temporary: bool) -> Verdict:
    if number is Agreement.SAME:
        agrees = name is Agreement.SAME and sex is not Agreement.DIFFERS and birth is not Agreement.DIFFERS
        return Verdict.SAME if agrees and not temporary else Verdict.DOUBTFUL
    if number is Agreement.DIFFERS:
        return Verdict.DIFFERENT
    alike = name in (Agreement.SAME, Agreement.LIKELY) and birth in (Agreement.SAME, Agreement.LIKELY)
    return Verdict.DOUBTFUL if alike and sex is not Agreement.DIFFERS else Verdict.DIFFERENT


def is_namesake(name: str, birth_date: date | None, other_name: str, other_birth_date: date | None) -> bool:
    """同名患者: the same written name, born within five years or at an unknown time."""
    if names.compare(name, other_name) is not Agreement.SAME:
        return False
    if birth_date is None or other_birth_date is None:
        return True
    earlier, later = sorted((birth_date, other_birth_date))
    return (later.year - earlier.year, later.month, later.day) <= (NAMESAKE_YEARS, earlier.month, earlier.day)


def unidentified_name(sex: Sex, day: date, number: int) -> str:
    """无名氏男20261122-01."""
    word = {Sex.MALE: "男", Sex.FEMALE: "女"}.get(sex, "")
    return f"无名氏{word}{day:%Y%m%d}-{number:02d}"


class Birth(StrEnum):
    """Which child of a birth."""

    SINGLE = "single"
    FIRST = "first"  # 大双
    SECOND = "second"  # 小双
    THIRD = "third"


def newborn_name(mother: str, sex: Sex, birth: Birth) -> str:
    """张桂兰之子 / 之女 / 之大双 / 之小双; a triplet counts on."""
    if birth is Birth.SINGLE:
        return f"{mother}之{ {Sex.MALE: '子', Sex.FEMALE: '女'}.get(sex, '婴') }"
    return f"{mother}之{ {Birth.FIRST: '大双', Birth.SECOND: '小双', Birth.THIRD: '三胎'}[birth] }"


_DIFFERENCE = {
    Fact.IDENTIFIER: Text("证件号不同", "Another identity number"),
    Fact.NAME: Text("姓名不同", "Another name"),
    Fact.SEX: Text("性别不同", "Another sex"),
    Fact.BIRTH: Text("出生日期不同", "Another birth date"),
}


def differences(comparison: Comparison) -> tuple[Text, ...]:
    """What differs, in words, for the work list of doubtful identities."""
    words = [_DIFFERENCE[f.fact] for f in comparison.findings if f.agreement is Agreement.DIFFERS]
    if comparison.of(Fact.NAME) is Agreement.LIKELY:
        words.append(
            Text("姓名疑似（同音、拼音或缺字）", "Name only similar (same sound, pinyin, or a missing character)")
        )
    return tuple(words)
