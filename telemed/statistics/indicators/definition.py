"""What an indicator is: what it counts, what of, what is left out, on what ground, and who may see it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telemed.vocabulary import Text


class Audience(StrEnum):
    """Who may see an indicator: OFFICIAL the bureau and the member itself, QUALITY the quality officer alone."""

    OFFICIAL = "official"
    QUALITY = "quality"


class Unit(StrEnum):
    PIECES = "pieces"  # 份: one report or one set of images
    CARDS = "cards"
    ITEMS = "items"  # 项: one examination item of one 份
    CASES = "cases"
    PEOPLE = "people"
    PLACES = "places"
    FEN = "fen"
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    MICROSIEVERT = "microsievert"
    TRIPS = "trips"
    KILOMETRES = "kilometres"
    MILLIBITS = "millibits"


# the grounds that more than one subject names
KPI = Text(
    "国家医疗质量安全改进目标（2025）“检查检验结果互认率”",
    "National quality and safety goals 2025, recognition rate",
)
REFORM = Text("国卫医发〔2022〕6号；国卫办规划函〔2025〕63号 第 17 项", "NHC 2022 no. 6; NHC 2025 no. 63, item 17")
HONEST = Text("本县设定：防止指标失真", "Set by the county: keeps the indicator honest")
_NONE = Text("", "")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator.  numerator, denominator: codes of counts whose sum it is; no denominator: a plain count.

    mean: the numerator is stated for one of the denominator, not in per cent.
    """

    code: str
    name: Text
    meaning: Text
    excluded: Text
    unit: Unit
    clause: Text
    audience: Audience
    numerator: tuple[str, ...]
    denominator: tuple[str, ...] = ()
    mean: bool = False


def count(  # noqa: PLR0917 (a row of the table)
    code: str,
    zh: str,
    en: str,
    unit: Unit,
    meaning: Text,
    audience: Audience,
    clause: Text,
    excluded: Text = _NONE,
) -> Indicator:
    return Indicator(code, Text(zh, en), meaning, excluded, unit, clause, audience, (code,))


def rate(  # noqa: PLR0917 (a row of the table)
    code: str,
    zh: str,
    en: str,
    over: tuple[tuple[str, ...], tuple[str, ...]],
    unit: Unit,
    meaning: Text,
    audience: Audience,
    clause: Text,
    *,
    mean: bool = False,
) -> Indicator:
    return Indicator(code, Text(zh, en), meaning, _NONE, unit, clause, audience, *over, mean=mean)
