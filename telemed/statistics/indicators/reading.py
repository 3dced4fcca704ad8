"""What the bureau asks of the reading centre. Pure."""

from __future__ import annotations

from telemed.statistics.indicators.definition import Audience, Indicator, Unit, count, rate
from telemed.vocabulary import Text

_READING = Text(
    "国卫医发〔2018〕25号；县域医共体影像中心质控", "NHC 2018 no. 25; quality control of the imaging centre"
)

READING: tuple[Indicator, ...] = (
    count(
        "remote-readings",
        "远程诊断例数",
        "Remote readings",
        Unit.CASES,
        Text(
            "当月首次签发、检查机构与报告医师所在机构不同的报告",
            "Reports first signed in the month by a physician of another member than the examining one",
        ),
        Audience.OFFICIAL,
        _READING,
        Text("本院自行报告", "reports of a member's own physicians"),
    ),
    rate(
        "township-coverage",
        "乡镇覆盖率",
        "Townships covered",
        (("townships-read",), ("townships",)),
        Unit.PLACES,
        Text(
            "当月有远程诊断的乡镇卫生院 ÷ 医共体成员中的乡镇卫生院",
            "Township hospitals with a remote reading in the month ÷ township hospitals of the community",
        ),
        Audience.OFFICIAL,
        _READING,
    ),
    rate(
        "report-time",
        "平均报告用时",
        "Mean reporting time",
        (("report-seconds",), ("reports-timed",)),
        Unit.SECONDS,
        Text(
            "远程诊断从可读到结束计时的用时（扣除待补材料）之和 ÷ 已计时报告数",
            "Time on the clock of remote readings (waiting for material left out) ÷ reports timed",
        ),
        Audience.OFFICIAL,
        _READING,
        mean=True,
    ),
    rate(
        "on-time",
        "报告及时率",
        "Reported in time",
        (("reports-on-time",), ("reports-clocked",)),
        Unit.CASES,
        Text(
            "在规定时限内结束计时的远程诊断 ÷ 有时限的远程诊断",
            "Remote readings ended by their due time ÷ those with one",
        ),
        Audience.OFFICIAL,
        _READING,
    ),
    rate(
        "double-signed",
        "双签率",
        "Signed by two",
        (("reports-double-signed",), ("remote-readings",)),
        Unit.CASES,
        Text("报告医师与审核医师不同的远程诊断 ÷ 远程诊断例数", "Author and verifier differ ÷ remote readings"),
        Audience.OFFICIAL,
        _READING,
    ),
    rate(
        "grade-a",
        "甲级片率",
        "Grade A images",
        (("images-grade-a",), ("images-graded",)),
        Unit.CASES,
        Text(
            "当月评级的检查中末次评级为甲级者 ÷ 当月评级的检查", "Studies last graded A ÷ studies graded in the month"
        ),
        Audience.OFFICIAL,
        _READING,
    ),
    rate(
        "returned",
        "退回率",
        "Returned to the site",
        (("readings-returned",), ("readings-opened",)),
        Unit.CASES,
        Text(
            "当月开立的诊断中曾退回检查机构者 ÷ 当月开立的诊断",
            "Of readings opened in the month, those ever returned to the site",
        ),
        Audience.OFFICIAL,
        _READING,
    ),
    Indicator(
        "critical-closed",
        Text("危急值闭环率", "Critical results closed"),
        Text(
            "已闭环危急值 ÷ 当月签发的危急值报告；危急值登记未接入时只给出分母",
            "Critical results closed ÷ critical reports signed; only the denominator while no register of critical "
            "results is connected",
        ),
        Text("", ""),
        Unit.CASES,
        _READING,
        Audience.OFFICIAL,
        ("critical-closed",),
        ("critical",),
    ),
)
