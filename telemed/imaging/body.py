"""Body sites and sides as requests and devices write them. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from telemed.patients.names import Agreement
from telemed.vocabulary import Laterality


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the body. words: how requests and (0018,0015), Study and Series Description say it."""

    code: str
    zh: str
    paired: bool
    words: tuple[str, ...]


#: In the order in which a text is searched: the narrower part first.
REGIONS: tuple[Region, ...] = (
    Region("SSPINE", "骶尾椎", paired=False, words=("骶", "尾椎", "sspine", "sacrum", "coccyx")),
    Region("LSPINE", "腰椎", paired=False, words=("腰椎", "lspine", "lumbar", "l-spine")),
    Region("TSPINE", "胸椎", paired=False, words=("胸椎", "tspine", "thoracic spine", "t-spine")),
    Region("CSPINE", "颈椎", paired=False, words=("颈椎", "cspine", "cervical", "c-spine")),
    Region("SINUS", "鼻窦", paired=False, words=("副鼻窦", "鼻窦", "sinus")),
    Region("CLAVICLE", "锁骨", paired=True, words=("锁骨", "clavicle")),
    Region("SHOULDER", "肩关节", paired=True, words=("肩", "shoulder")),
    Region("HUMERUS", "肱骨", paired=True, words=("肱骨", "上臂", "humerus")),
    Region("ELBOW", "肘关节", paired=True, words=("肘", "elbow")),
    Region("FOREARM", "前臂", paired=True, words=("前臂", "尺桡骨", "forearm")),
    Region("WRIST", "腕关节", paired=True, words=("腕", "wrist")),
    Region("HAND", "手", paired=True, words=("手", "hand", "finger")),
    Region("HIP", "髋关节", paired=True, words=("髋", "hip")),
    Region("FEMUR", "股骨", paired=True, words=("股骨", "大腿", "femur")),
    Region("KNEE", "膝关节", paired=True, words=("膝", "髌", "knee", "patella")),
    Region("TIBFIB", "胫腓骨", paired=True, words=("胫", "腓骨", "小腿", "tibia", "fibula", "lower leg")),
    Region("ANKLE", "踝关节", paired=True, words=("踝", "ankle")),
    Region("FOOT", "足", paired=True, words=("足", "跟骨", "foot", "calcaneus", "toe")),
    Region("BREAST", "乳腺", paired=True, words=("乳", "breast")),
    Region("EYE", "眼眶", paired=True, words=("眼", "orbit")),
    Region("EAR", "颞骨", paired=True, words=("颞骨", "中耳", "乳突", "mastoid")),
    Region("RIB", "肋骨", paired=True, words=("肋骨", "ribs")),
    Region("PELVIS", "骨盆", paired=False, words=("骨盆", "盆腔", "pelvis")),
    Region("ABDOMEN", "腹部", paired=False, words=("腹", "肝", "胆", "胰", "脾", "肾", "abdomen", "liver", "kidney")),
    Region("CHEST", "胸部", paired=False, words=("胸", "肺", "chest", "thorax", "lung")),
    Region("HEART", "心脏", paired=False, words=("心脏", "heart", "cardiac")),
    Region("NECK", "颈部", paired=False, words=("颈", "甲状腺", "neck", "thyroid")),
    Region("HEAD", "颅脑", paired=False, words=("颅", "头", "脑", "head", "brain", "skull")),
)
_BY_CODE = {region.code: region for region in REGIONS}

#: Parts that lie in the beam of an abdominal or pelvic examination (pregnancy rule).
PELVIC = frozenset({"ABDOMEN", "PELVIS", "LSPINE", "SSPINE", "HIP"})


def regions(text: str) -> frozenset[str]:
    """Every region a text names; a code counts as itself. Empty where nothing is recognised."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    found: set[str] = set()
    for region in REGIONS:
        for word in (region.code.casefold(), *region.words):
            pattern = re.escape(word) if not word.isascii() else rf"(?<![a-z]){re.escape(word)}(?![a-z])"
            if re.search(pattern, folded):
                found.add(region.code)
                folded = re.sub(pattern, " ", folded)
    return frozenset(found)


def is_paired(body_site: str) -> bool:
    """Whether a site has a left and a right, so that a request must say which."""
    return any(_BY_CODE[code].paired for code in regions(body_site))


def is_pelvic(text: str) -> bool:
    """Whether abdomen or pelvis lie in the beam."""
    return bool(regions(text) & PELVIC)


def compare_sites(requested: str, acquired: str) -> Agreement:
    """SAME for a common region, DIFFERS for recognised ones without any in common, UNKNOWN otherwise."""
    one, other = regions(requested), regions(acquired)
    if not one or not other:
        return Agreement.UNKNOWN
    return Agreement.SAME if one & other else Agreement.DIFFERS


_SIDE_WORDS = (
    (Laterality.BILATERAL, re.compile(r"双侧|两侧|双(?=[膝肩肘腕手髋足踝眼乳])|bilateral|\bboth\b")),
    (Laterality.LEFT, re.compile(r"左|(?<![a-z])left(?![a-z])|(?<![a-z])lt(?![a-z])")),
    (Laterality.RIGHT, re.compile(r"右|(?<![a-z])right(?![a-z])|(?<![a-z])rt(?![a-z])")),
)


def sides(text: str) -> frozenset[Laterality]:
    """The sides a free text names."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    found = {side for side, pattern in _SIDE_WORDS if pattern.search(folded)}
    if {Laterality.LEFT, Laterality.RIGHT} <= found:
        found = {Laterality.BILATERAL}
    return frozenset(found)


def compare_sides(requested: Laterality, acquired: frozenset[Laterality]) -> Agreement:
    """Whether the pictures show the side that was asked for.

    acquired: every side the study states. Both sides asked and one shown is UNKNOWN (the other may follow); one asked
    and only the other shown DIFFERS; one asked and both shown is LIKELY.
    """
    shown = acquired - {Laterality.UNPAIRED}
    if requested is Laterality.UNPAIRED or not shown:
        return Agreement.UNKNOWN
    both = Laterality.BILATERAL in shown or {Laterality.LEFT, Laterality.RIGHT} <= shown
    if requested is Laterality.BILATERAL:
        return Agreement.SAME if both else Agreement.UNKNOWN
    if both:
        return Agreement.LIKELY
    return Agreement.SAME if requested in shown else Agreement.DIFFERS
