"""Every indicator, by subject. Pure.

docs/reference/indicators.md is written from these files.  A figure is a whole number; a rate is two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from telemed.statistics.indicators.cards import CARDS
from telemed.statistics.indicators.definition import Audience, Indicator
from telemed.statistics.indicators.reading import READING
from telemed.statistics.indicators.recognition import RECOGNITION
from telemed.statistics.indicators.savings import SAVINGS

#: Raised with every change of a definition; a sealed month says by which it was counted.
DEFINITIONS = "3"

INDICATORS: tuple[Indicator, ...] = (*RECOGNITION, *READING, *CARDS, *SAVINGS)
BY_CODE: Mapping[str, Indicator] = MappingProxyType({one.code: one for one in INDICATORS})
#: Counts that stand in no indicator of their own, as far as the bureau may see them.
_OFFICIAL_PARTS = frozenset(
    {part for one in INDICATORS if one.audience is Audience.OFFICIAL for part in (*one.numerator, *one.denominator)}
)


def is_official(code: str) -> bool:
    """Whether the bureau and other people of a member may see a count: parts of official indicators, and 不互认原因."""
    return code in _OFFICIAL_PARTS or code.startswith(("reason:", "source:"))
