"""The reference page of the indicators, written from their definitions."""

from __future__ import annotations

from collections.abc import Iterable

from telemed.statistics.indicators import DEFINITIONS, INDICATORS
from telemed.statistics.indicators.definition import Audience, Indicator
from telemed.statistics.parameters import Parameters, read_parameters
from telemed.vocabulary import Text

_HEAD = """# Indicators

Written from `telemed/statistics/indicators/` and `config/statistics/`: change those, then run
`python -m tests.generated --write`. Definitions: version {version}. A sealed month names the version and the
parameters it was counted by. What holds for all of them, who sees what and how a month is sealed:
[Statistics](../explanation/statistics.md).
"""
_UNITS = {
    "pieces": "份",
    "cards": "张 cards",
    "items": "项 items",
    "cases": "例 cases",
    "people": "人 people",
    "places": "家 places",
    "fen": "分 fen",
    "seconds": "秒 s",
    "milliseconds": "毫秒 ms",
    "microsievert": "μSv",
    "trips": "次 trips",
    "kilometres": "km",
    "millibits": "10⁻³ bit",
}


def page() -> str:
    """The page as it is to stand in docs/reference."""
    parts = [_HEAD.format(version=DEFINITIONS)]
    for audience, title in (
        (Audience.OFFICIAL, "## 官方指标 / Official indicators"),
        (Audience.QUALITY, "## 仅质控员 / For the quality officer alone"),
    ):
        parts += ["", title, ""]
        for one in INDICATORS:
            if one.audience is audience:
                parts += _indicator(one)
    parts += ["", "## 参数 / Parameters", ""]
    for one in read_parameters():
        parts += _parameters(one)
    return "\n".join(parts).rstrip() + "\n"


def _indicator(one: Indicator) -> Iterable[str]:
    yield f"### {one.name.zh} · {one.name.en}"
    yield ""
    yield f"`{one.code}` · {_UNITS[one.unit.value]} · {_both(one.clause)}"
    yield ""
    yield f"- {one.meaning.zh}。"
    yield f"- {one.meaning.en}."
    if one.denominator:
        over, under = _codes(one.numerator), _codes(one.denominator)
        yield f"- {over} ÷ {under}{', a mean' if one.mean else ''}"
    if one.excluded.zh:
        yield f"- 不含：{one.excluded.zh}。"
        yield f"- Without: {one.excluded.en}."
    yield ""


def _codes(codes: Iterable[str]) -> str:
    return " + ".join(f"`{code}`" for code in codes)


def _both(text: Text) -> str:
    return f"{text.zh} · {text.en}"


def _parameters(one: Parameters) -> Iterable[str]:
    yield f"From {one.effective.isoformat()}:"
    yield ""
    yield "| parameter | value |"
    yield "|---|---|"
    for name in (
        "look_back_days",
        "ignored_hours",
        "re_order_days",
        "net_days",
        "seal_day",
        "small_count",
        "opinion_fee",
    ):
        yield f"| `{name}` | {getattr(one, name)} |"
    yield ""
    yield "| dose of | site | μSv | source |"
    yield "|---|---|---|---|"
    for dose in one.dose:
        yield f"| {dose.modality} | {dose.body_site or 'other'} | {dose.microsievert} | {dose.source} |"
    yield ""
