"""A made-up county of people, and the ways in which one of them is written down a second time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate

from telemed.patients.identifiers import Identifier, IdentifierKind, Malformed, document, national_id
from telemed.patients.names import pinyin_keys
from telemed.vocabulary import Sex

# The hundred commonest surnames carry about 85 % of the people; their shares fall off like 1/(rank + 7).
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹"
    "熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN = (
    "英华文玉秀明兰金红春国建桂志丽平海军云林生永荣芳德凤福伟梅清淑杰庆成珍强华霞东光小新宝忠艳学敏兴芝勇燕龙贵良祥琴洪安香俊立辉立波义"
    "晓涛莲峰宏利美世丹莉彩长娟雪慧鹏菊静飞超洁瑞婷浩佳欣怡雨梓涵子轩宇航思琪嘉诗睿博桐源晨阳昊洋磊斌鑫帆楠宁颖倩雯璐瑶琳"
)
_MINORITY = ("买买提·艾山", "阿依古丽·吐尔逊", "娜仁·其其格", "巴特尔·孟和", "娜塔莎·伊万诺娃", "古丽娜·热合曼")
_TOWNS = ("赵屯镇", "永发镇", "柳河镇", "兴隆乡", "太平乡", "八里湾镇", "双河镇", "向阳镇")
#: Regions of the numbers; 23 99 99 is no county.
_REGION = "239999"
FLAWS = ("one other character", "a homophone", "transposed digits of birth", "mistyped number", "15-digit number")


@dataclass(frozen=True, slots=True)
class Written:
    """A person as one desk wrote them down. flaw: "" for nothing wrong."""

    name: str
    sex: Sex
    birth_date: date
    number: Identifier | None
    phone: str
    address: str
    flaw: str = ""


def _number(text: str) -> Identifier:
    found = national_id(text)
    if isinstance(found, Malformed):
        raise ValueError(found)  # noqa: TRY004 -- the text is wrong, not its type
    return found


def _checked(seventeen: str) -> str:
    return next(seventeen + c for c in "0123456789X" if isinstance(national_id(seventeen + c), Identifier))


class County:
    """People with a seed, so that two runs meet the same ones."""

    def __init__(self, seed: int = 20261123) -> None:
        self._random = random.Random(seed)
        self._surnames = list(accumulate(1 / (rank + 7) for rank in range(len(_SURNAMES))))
        self._given = list(accumulate(1 / (rank + 12) for rank in range(len(_GIVEN))))
        self._taken: set[str] = set()
        self._sounds: dict[str, list[str]] = {}
        for character in _GIVEN:
            for reading in pinyin_keys(character):
                self._sounds.setdefault(reading, []).append(character)

    def people(self, count: int) -> Iterator[Written]:
        """Different people; about one in two hundred is a twin of the one before."""
        before: Written | None = None
        for _ in range(count):
            person = self._person()
            if before is not None and self._random.random() < 0.005:
                person = self._twin(before, person)
            before = person
            yield person

    def _name(self) -> str:
        if self._random.random() < 0.02:
            return f"{self._random.choice(_MINORITY)}{self._random.choice(_GIVEN)}"
        surname = self._random.choices(_SURNAMES, cum_weights=self._surnames)[0]
        length = 1 if self._random.random() < 0.15 else 2
        return surname + "".join(self._random.choices(_GIVEN, cum_weights=self._given, k=length))

    def _person(self) -> Written:
        born = date(1935, 1, 1) + timedelta(days=self._random.randrange(91 * 365))
        sex = self._random.choice((Sex.MALE, Sex.FEMALE))
        town, village = self._random.choice(_TOWNS), self._random.randrange(1, 120)
        return Written(
            self._name(),
            sex,
            born,
            self._card(born, sex),
            f"13{self._random.randrange(10**9):09}" if self._random.random() < 0.8 else "",
            f"{town}{village}村{self._random.randrange(1, 9)}组",
        )

    def _card(self, born: date, sex: Sex) -> Identifier:
        while True:
            order = self._random.randrange(500) * 2 + (sex is Sex.MALE)
            text = _checked(f"{_REGION}{born:%Y%m%d}{order:03}")
            if text not in self._taken:
                self._taken.add(text)
                return _number(text)

    def _twin(self, one: Written, other: Written) -> Written:
        name = one.name[:-1] + self._random.choice(_GIVEN)
        number = self._card(one.birth_date, other.sex)
        return replace(other, name=name, birth_date=one.birth_date, number=number, phone=one.phone, address=one.address)

    def again(self, person: Written, *, flawed: float = 0.05, unnumbered: float = 0.1) -> Written:
        """The same person at another desk: perhaps with one flaw, perhaps without a number, with another phone."""
        if self._random.random() < 0.3:
            person = replace(person, phone="")
        if self._random.random() < unnumbered:
            person = replace(person, number=None)
        if self._random.random() >= flawed:
            return person
        flaw = self._random.choice(FLAWS)
        changed = self._with(person, flaw)
        return person if changed == person else replace(changed, flaw=flaw)

    def _with(self, person: Written, flaw: str) -> Written:
        number = person.number
        if flaw == "one other character":
            return replace(person, name=person.name[:-1] + self._random.choice(_GIVEN))
        if flaw == "a homophone":
            last = person.name[-1]
            alike = [c for key in pinyin_keys(last) for c in self._sounds.get(key, []) if c != last]
            return replace(person, name=person.name[:-1] + self._random.choice(alike or [last]))
        if flaw == "transposed digits of birth":
            return replace(person, birth_date=_transposed(person.birth_date))
        if number is None:
            return person
        if flaw == "15-digit number":
            return (
                replace(person, number=_number(number.value[:6] + number.value[8:17]))
                if _is_of_1900(number)
                else person
            )
        place = self._random.randrange(6, 16)
        wrong = number.value[:place] + number.value[place + 1] + number.value[place] + number.value[place + 2 :]
        if wrong == number.value:
            return person
        other = document(IdentifierKind.OTHER, wrong, issuer="ORG:bench")
        return replace(person, number=other if isinstance(other, Identifier) else None)


def _is_of_1900(number: Identifier) -> bool:
    return number.value[6:8] == "19"


def _transposed(born: date) -> date:
    text = f"{born:%Y%m%d}"
    for first in (6, 4, 2):
        turned = text[:first] + text[first + 1] + text[first] + text[first + 2 :]
        try:
            return date(int(turned[:4]), int(turned[4:6]), int(turned[6:]))
        except ValueError:
            continue
    return born
