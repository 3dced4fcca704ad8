"""What is left of the savings, and what else a recognition spares; for the quality officer alone. Pure."""

from __future__ import annotations

from telemed.statistics.indicators.definition import HONEST, Audience, Indicator, Unit, count
from telemed.vocabulary import Text

SAVINGS: tuple[Indicator, ...] = (
    count(
        "savings-retests",
        "其后复查费用",
        "Found again later",
        Unit.FEN,
        Text(
            "计入节约费用、但在净值天数内又做的项目的价格",
            "Price of items in the gross savings made again within the net days",
        ),
        Audience.QUALITY,
        HONEST,
    ),
    count(
        "opinion-fees",
        "意见费",
        "Opinion fees",
        Unit.FEN,
        Text(
            "计入节约费用的影像项目 × 每项意见费（参数）", "Imaging items in the gross savings × the fee of an opinion"
        ),
        Audience.QUALITY,
        HONEST,
    ),
    count(
        "savings-net",
        "净节约费用",
        "Savings, net",
        Unit.FEN,
        Text("节约费用 − 其后复查费用 − 意见费", "Gross savings − found again later − opinion fees"),
        Audience.QUALITY,
        HONEST,
    ),
    count(
        "dose",
        "避免的辐射剂量",
        "Dose avoided",
        Unit.MICROSIEVERT,
        Text(
            "计入节约费用的影像项目的典型有效剂量之和（参数表）",
            "Typical effective dose of imaging items in the gross savings, by table",
        ),
        Audience.QUALITY,
        HONEST,
    ),
    count(
        "trips",
        "避免的往返（至多）",
        "Trips avoided (at most)",
        Unit.TRIPS,
        Text("有计入节约费用的项目的机构、患者、日", "Member, patient and day with an item in the gross savings"),
        Audience.QUALITY,
        HONEST,
    ),
    count(
        "trip-kilometres",
        "避免的往返里程",
        "Kilometres avoided",
        Unit.KILOMETRES,
        Text(
            "避免的往返 × 2 × 该机构到县城的里程（参数表；未列出的按零计）",
            "Trips × 2 × distance of the member from the county town, by table; nought where it is not listed",
        ),
        Audience.QUALITY,
        HONEST,
    ),
)
