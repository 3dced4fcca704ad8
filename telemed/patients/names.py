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

# 繁 → 简 and 异 → 正 of the characters that stand in names, for saying why two names look alike; not a converter.
_SIMPLIFIED = str.maketrans(
    "張陳劉楊趙黃吳孫馬羅鄭謝許馮鄧葉蔣蘇呂盧賈鐘鍾陸譚鄒閻閆龍萬錢湯賴龔龐顧嚴齊歐韋蕭肖車單藍簡祿蘭鳳麗紅華"
    "國軍強偉傑剛東榮慶寶貴義愛連雲飛興學業瓊瑩靜韻豔艷嬌嫻婭鶯鵬鴻鶴騰驥駿銳鋒鋼鐵銀錦鎮澤濤潔淨漢瀾衛維緒紹"
    "績純綺繼綱財賢賓輝暉曉昇時啟啓嘯堯壽夢奮寧實將峯嶺巖廣彥從恆懷戰撫晉會棟楓機權歡歷爾猶獻環瑋瑤璽產畢發監"
    "禮禎種穀競節築羣習聖聰聲膽舉莊蓮蔭藝處親覺觀訓詩誠諾謙議護豐質趨躍軒農達運過遠選鄉釗鈞鈴鈺鉅銘鏡長門開閣"
    "陽陰隊隨雙雛難霽順預頌領顏願風養馳魯鮮鳴黨龜喆堃陞閤濬勳勛衆眾羨脩甦",
    "张陈刘杨赵黄吴孙马罗郑谢许冯邓叶蒋苏吕卢贾钟钟陆谭邹阎闫龙万钱汤赖龚庞顾严齐欧韦萧萧车单蓝简禄兰凤丽红华"
    "国军强伟杰刚东荣庆宝贵义爱连云飞兴学业琼莹静韵艳艳娇娴娅莺鹏鸿鹤腾骥骏锐锋钢铁银锦镇泽涛洁净汉澜卫维绪绍"
    "绩纯绮继纲财贤宾辉晖晓升时启启啸尧寿梦奋宁实将峰岭岩广彦从恒怀战抚晋会栋枫机权欢历尔犹献环玮瑶玺产毕发监"
    "礼祯种谷竞节筑群习圣聪声胆举庄莲荫艺处亲觉观训诗诚诺谦议护丰质趋跃轩农达运过远选乡钊钧铃钰钜铭镜长门开阁"
    "阳阴队随双雏难霁顺预颂领颜愿风养驰鲁鲜鸣党龟哲坤升合浚勋勋众众羡修苏",
)


class Agreement(StrEnum):
    """What two statements about one fact say together."""

    SAME = "same"
    LIKELY = "likely"  # 疑似: pinyin beside hanzi, a character the device could not write
    DIFFERS = "differs"
    UNKNOWN = "unknown"  # one of them says nothing


class Likeness(StrEnum):
    """How two written names resemble each other, the closest first."""

    SAME = "same"
    VARIANT = "variant"  # 繁简、异体: 張 and 张
    UNWRITABLE = "unwritable"  # a character the device could not write
    ROMANISED = "romanised"  # pinyin beside hanzi, or its parts in another order
    HOMOPHONE = "homophone"  # 同音: 桂 and 贵
    ONE_CHARACTER = "one-character"  # one of three or more differs, and sounds different
    DIFFERS = "differs"
    UNKNOWN = "unknown"


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


def _liken(a: str, b: str) -> Likeness:
    key_a, key_b = search_key(a), search_key(b)
    if not key_a or not key_b:
        return Likeness.UNKNOWN
    if key_a == key_b:
        return Likeness.SAME
    if _simplified(key_a) == _simplified(key_b):
        return Likeness.VARIANT
    if _wildcard(key_a, key_b) or _wildcard(key_b, key_a):
        return Likeness.UNWRITABLE
    romanised = _is_romanised(key_a) or _is_romanised(key_b)
    readings_a = _romanised_keys(a) if _is_romanised(key_a) else pinyin_keys(a)
    readings_b = _romanised_keys(b) if _is_romanised(key_b) else pinyin_keys(b)
    if readings_a & readings_b:
        return Likeness.ROMANISED if romanised else Likeness.HOMOPHONE
    if romanised or len(key_a) != len(key_b) or len(key_a) < 3:
        return Likeness.DIFFERS
    apart = sum(x != y for x, y in zip(_simplified(key_a), _simplified(key_b), strict=True))
    return Likeness.ONE_CHARACTER if apart == 1 else Likeness.DIFFERS


def _simplified(key: str) -> str:
    return key.translate(_SIMPLIFIED)


def shown(person_name: str) -> str:
    """A DICOM PN as people read it: the group in hanzi if there is one, its parts in one word; else the first group."""
    filled = groups(person_name)
    hanzi = next((group for group in filled if any(map(is_hanzi, group))), None)
    if hanzi is not None:
        return hanzi.replace("^", "").strip()
    return " ".join(filled[0].replace("^", " ").split()) if filled else ""


def likeness(a: str, b: str) -> Likeness:
    """The closest way in which two written names resemble each other.

    A DICOM PN with several component groups counts by the group that fits best.
    """
    found = {_liken(x, y) for x in groups(a) or (a,) for y in groups(b) or (b,)}
    return next(one for one in Likeness if one in found)


_AGREEMENT = {
    Likeness.SAME: Agreement.SAME,
    Likeness.VARIANT: Agreement.LIKELY,
    Likeness.UNWRITABLE: Agreement.LIKELY,
    Likeness.ROMANISED: Agreement.LIKELY,
    Likeness.HOMOPHONE: Agreement.LIKELY,
    Likeness.ONE_CHARACTER: Agreement.DIFFERS,
    Likeness.DIFFERS: Agreement.DIFFERS,
    Likeness.UNKNOWN: Agreement.UNKNOWN,
}


def compare(a: str, b: str) -> Agreement:
    """Whether two written names are the same name.

    SAME needs the same characters but for dots, blanks, width and case; a reading that fits is LIKELY, never SAME.
    """
    return _AGREEMENT[likeness(a, b)]
