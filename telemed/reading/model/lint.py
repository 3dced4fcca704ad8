"""report_lint: what in a report's text contradicts the request. It warns, and never blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from telemed.vocabulary import Laterality, Sex, Text

SIDES = {Laterality.LEFT: ("左", "右", "left", "right"), Laterality.RIGHT: ("右", "左", "right", "left")}
NOT_A_SIDE = re.compile(r"左右|右利手|左利手|左心|右心|左房|右房|左室|右室|左主干")
BLANK = re.compile(r"_{2,}|＿{2,}|【\s*】|\[\s*\]|×{2,}")
SAYS_NOTHING = re.compile(r"[\s\W\d_]*")


@dataclass(frozen=True, slots=True)
class LintRules:
    """Words by which the text is read; from config/reading.

    female, male: words of organs only that sex has. not_organs: phrases in which such a word means something else.
    regions: body region → words of its organs. typos: wrong → right.
    """

    female: tuple[str, ...]
    male: tuple[str, ...]
    not_organs: tuple[str, ...]
    regions: Mapping[str, tuple[str, ...]]
    typos: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LintFacts:
    """What is known of the patient and the images. image_laterality: (0020,0060) or (0020,0062), '' if not sent."""

    sex: Sex
    body_site: str
    laterality: Laterality
    image_laterality: str


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning. code: laterality, sex, body-site, empty-impression, blank, typo. excerpt: the words in question."""

    code: str
    message: Text
    excerpt: str = ""


def lint(findings: str, impression: str, facts: LintFacts, rules: LintRules) -> list[Warned]:
    """Every warning, in the order a reader checks: side, sex, site, empty, blanks, spelling."""
    text = f"{findings}\n{impression}"
    return list(
        chain(
            _laterality(findings, impression, facts),
            _sex(text, facts.sex, rules),
            _body_site(text, facts.body_site, rules),
            _empty(impression),
            _blanks(text),
            _typos(text, rules),
        ),
    )


def image_side_differs(laterality: Laterality, image_laterality: str) -> bool:
    """Whether the images say the other side than the request."""
    return {laterality.value, image_laterality} == {"L", "R"}


def _laterality(findings: str, impression: str, facts: LintFacts) -> Iterator[Warned]:
    if image_side_differs(facts.laterality, facts.image_laterality):
        yield Warned(
            "laterality",
            Text(
                "侧别不一致，请确认：图像与申请的侧别不同",
                "Laterality differs, please confirm: images and request disagree",
            ),
            facts.image_laterality,
        )
    if facts.laterality not in SIDES:
        return
    own, other, own_en, other_en = SIDES[facts.laterality]
    for name, text, strict in (("诊断意见", impression, True), ("影像所见", findings, False)):
        plain = NOT_A_SIDE.sub("", text)
        lower = plain.lower()
        says_other = other in plain or re.search(rf"\b{other_en}\b", lower) is not None
        says_own = own in plain or re.search(rf"\b{own_en}\b", lower) is not None
        # The other side may be compared with in the findings; in the impression it is what gets treated.
        if says_other and (strict or not says_own):
            yield Warned(
                "laterality",
                Text(
                    f"侧别不一致，请确认：申请{own}侧，{name}写有“{other}”",
                    f"Laterality differs, please confirm: {own_en} was requested, the text says {other_en}",
                ),
                other,
            )
            return


def _sex(text: str, sex: Sex, rules: LintRules) -> Iterator[Warned]:
    words = {Sex.MALE: rules.female, Sex.FEMALE: rules.male}.get(sex, ())
    plain = text
    for phrase in rules.not_organs:
        plain = plain.replace(phrase, "")
    found = next((one for one in words if one in plain), None)
    if found is not None:
        yield Warned(
            "sex",
            Text(f"性别矛盾，请确认：文中有“{found}”", f"Sex contradiction, please confirm: the text has “{found}”"),
            found,
        )


def _body_site(text: str, body_site: str, rules: LintRules) -> Iterator[Warned]:
    regions = [name for name in rules.regions if name in body_site]
    if not regions:
        return
    own = [one for name in regions for one in rules.regions[name]]
    if any(one in text for one in (*own, *regions)):
        return
    foreign = next(
        ((name, one) for name, words in rules.regions.items() if name not in regions for one in words if one in text),
        None,
    )
    if foreign is not None:
        yield Warned(
            "body-site",
            Text(
                f"部位不符，请确认模板：申请部位为{body_site}，文中写的是{foreign[0]}（“{foreign[1]}”）",
                f"Body site differs, please check the template: “{foreign[1]}” is not of the requested site",
            ),
            foreign[1],
        )


def _empty(impression: str) -> Iterator[Warned]:
    if SAYS_NOTHING.fullmatch(impression):
        yield Warned("empty-impression", Text("诊断意见为空", "The impression is empty"))


def _blanks(text: str) -> Iterator[Warned]:
    found = BLANK.search(text)
    if found is not None:
        yield Warned("blank", Text("模板有未填写的空白", "A blank of the template is not filled in"), found[0])


def _typos(text: str, rules: LintRules) -> Iterator[Warned]:
    for wrong, right in rules.typos.items():
        if wrong in text:
            yield Warned(
                "typo",
                Text(f"疑似错别字：“{wrong}”应为“{right}”", f"Possible misspelling: “{wrong}”, perhaps “{right}”"),
                wrong,
            )
