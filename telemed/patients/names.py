"""Names of persons as they are compared; what is stored and printed is never changed. Pure."""

from __future__ import annotations

import itertools
import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

# Dots between the parts of a Uyghur, Kazakh, Mongolian or Russian name, as keyboards and cards write them.
_DOTS = frozenset("·・･•‧∙⋅․﹒．.᛫᠂")
# What stands where a device or a registry could not write a rare character.
_UNWRITABLE = frozenset("?？□〓■�*＊")

# Surnames that are read otherwise than the character usually is, every reading in use.
_SURNAMES: dict[str, tuple[str, ...]] = {
    "单": ("shan",),
    "仇": ("qiu",),
    "区": ("ou",),
    "曾": ("zeng",),
    "解": ("xie",),
    "查": ("zha",),
    "朴": ("piao", "pu"),
    "盖": ("ge", "gai"),
    "翟": ("zhai", "di"),
    "任": ("ren",),
    "华": ("hua",),
    "乐": ("yue", "le"),
    "覃": ("qin", "tan"),
    "缪": ("miao",),
    "种": ("chong",),
    "员": ("yun",),
    "黑": ("he", "hei"),
    "燕": ("yan",),
    "洗": ("xian",),
    "折": ("she",),
    "繁": ("po",),
    "秘": ("bi", "mi"),
    "那": ("na",),
    "召": ("shao",),
    "逄": ("pang",),
    "晟": ("cheng", "sheng"),
    "哈": ("ha",),
    "隗": ("wei", "kui"),
    "郇": ("huan", "xun"),
    "車": ("che",),
    "车": ("che",),
    "尹": ("yin",),
    "会": ("gui",),
    "祭": ("zhai",),
    "万": ("wan",),
    "石": ("shi",),
    "冯": ("feng",),
    "阚": ("kan",),
    "柏": ("bai", "bo"),
    "宓": ("mi", "fu"),
    "幺": ("yao",),
    "牟": ("mu", "mou"),
    "佴": ("nai",),
    "尉迟": ("yu chi",),
    "万俟": ("mo qi",),
    "长孙": ("zhang sun",),
    "单于": ("chan yu",),
    "澹台": ("tan tai",),
    "令狐": ("ling hu",),
    "宰父": ("zai fu",),
    "吕": ("lv", "lu", "lyu"),  # passports write LYU, keyboards LV, older devices LU
}
# Characters of the extensions that the reading tables lack and registers have.
_RARE_READINGS = {"𠮷": "ji", "䶮": "yan", "㛃": "jie", "𫖮": "yi", "𬱖": "di", "𫗧": "su", "𬀩": "wei"}
_MOST_READINGS = 24


class Agreement(StrEnum):
    """What two statements about one fact say together."""

    SAME = "same"
    LIKELY = "likely"  # 疑似: pinyin beside hanzi, a character the device could not write
    DIFFERS = "differs"
    UNKNOWN = "unknown"  # one of them says nothing


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def search_key(name: str) -> str:
    """The name without dots, blanks, width, case and DICOM separators: for comparing only.

    Characters outside GBK stay what they are (䶮 㛃 𫖮 𠮷).
    """
    return "".join(
        c for c in _folded(name) if c not in _DOTS and not c.isspace() and c not in "^=-,，'’`" and c.isprintable()
    )


def is_hanzi(character: str) -> bool:
    """Whether it is a Han ideograph of any plane."""
    return unicodedata.name(character, "").startswith(("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH"))


def _readings(text: str) -> list[tuple[str, ...]]:
    from pypinyin import Style, pinyin  # noqa: PLC0415 -- its tables take a fifth of a start and are needed by names alone

    rows: list[tuple[str, ...]] = []
    for character in text:
        if character in _RARE_READINGS:
            rows.append((_RARE_READINGS[character],))
        elif is_hanzi(character):
            found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="default")
            rows.append(tuple(dict.fromkeys(one.replace("ü", "v") for one in found[0])))
        else:
            rows.append((character,))
    return rows


@lru_cache(maxsize=4096)
def syllables(name: str) -> tuple[tuple[str, ...], ...]:
    """Every plausible reading of a name, the usual one first; each a row of syllables. Not more than 24."""
    text = search_key(name)
    heads: list[tuple[str, ...]] = []
    rest = text
    for length in (2, 1):
        surname = text[:length]
        if len(text) > length and surname in _SURNAMES:
            heads = [tuple(reading.split()) for reading in _SURNAMES[surname]]
            rest = text[length:]
            break
    tails = itertools.product(*_readings(rest))
    rows = itertools.product(heads or [()], itertools.islice(tails, _MOST_READINGS))
    return tuple(head + tail for head, tail in itertools.islice(rows, _MOST_READINGS))


def pinyin_keys(name: str) -> frozenset[str]:
    """All readings of a name as one word each: 朴哲洙 → {piaozhezhu, puzhezhu}."""
    return frozenset("".join(row).replace("ü", "v") for row in syllables(name)) - {""}


def pinyin_text(name: str) -> str:
    """What a search by pinyin or initials runs against: readings and their initials, apart by blanks."""
    words: dict[str, None] = {}
    for row in syllables(name)[:8]:
        words["".join(row)] = None
        words["".join(s[:1] for s in row)] = None
    return " ".join(word for word in words if word)


def shown_pinyin(name: str) -> str:
    """The usual reading for beside the name: 王桂兰 → WANG Guilan; a name without hanzi has none."""
    text = search_key(name)
    if not any(is_hanzi(c) for c in text):
        return ""
    row = syllables(name)[0]
    surname = 2 if text[:2] in _SURNAMES else 1
    return f"{''.join(row[:surname]).upper()} {''.join(row[surname:]).capitalize()}".strip()


def _romanised_keys(name: str) -> frozenset[str]:
    """A name in Latin letters as typed, with its parts in either order: San Zhang and Zhang San."""
    folded = _folded(name).replace("ü", "v")
    parts = [p for p in re.split(r"[\s^,，=]+", folded) if p]
    parts = ["".join(c for c in p if c.isalpha()) for p in parts]
    rotations = {"".join(parts[i:] + parts[:i]) for i in range(len(parts))}
    return frozenset(rotations) - {""}


def _is_romanised(key: str) -> bool:
    return bool(key) and all(c.isascii() for c in key)


def _wildcard(a: str, b: str) -> bool:
    """Whether a equals b but for characters that a's writer could not write."""
    if len(a) != len(b) or not any(c in _UNWRITABLE for c in a) or all(c in _UNWRITABLE for c in a):
        return False
    return all(x == y or x in _UNWRITABLE for x, y in zip(a, b, strict=True))


def groups(person_name: str) -> tuple[str, ...]:
    """The component groups of a DICOM PN (alphabetic=ideographic=phonetic) that are filled."""
    return tuple(g for g in person_name.split("=") if search_key(g))


def _compare_one(a: str, b: str) -> Agreement:
    key_a, key_b = search_key(a), search_key(b)
    if not key_a or not key_b:
        return Agreement.UNKNOWN
    if key_a == key_b:
        return Agreement.SAME
    if _wildcard(key_a, key_b) or _wildcard(key_b, key_a):
        return Agreement.LIKELY
    readings_a = _romanised_keys(a) if _is_romanised(key_a) else pinyin_keys(a)
    readings_b = _romanised_keys(b) if _is_romanised(key_b) else pinyin_keys(b)
    return Agreement.LIKELY if readings_a & readings_b else Agreement.DIFFERS


def shown(person_name: str) -> str:
    """A DICOM PN as people read it: the group in hanzi if there is one, its parts in one word; else the first group."""
    filled = groups(person_name)
    hanzi = next((group for group in filled if any(map(is_hanzi, group))), None)
    if hanzi is not None:
        return hanzi.replace("^", "").strip()
    return " ".join(filled[0].replace("^", " ").split()) if filled else ""


_BEST = (Agreement.SAME, Agreement.LIKELY, Agreement.DIFFERS)


def compare(a: str, b: str) -> Agreement:
    """Whether two written names are the same name.

    SAME needs the same characters but for dots, blanks, width and case; a reading that fits is LIKELY, never SAME.
    A DICOM PN with several component groups counts by the group that fits best.
    """
    found = {_compare_one(x, y) for x in groups(a) or (a,) for y in groups(b) or (b,)}
    return next((one for one in _BEST if one in found), Agreement.UNKNOWN)
