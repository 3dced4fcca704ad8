"""Every indicator: what it counts, what of, what is left out, on what ground, and who may see it. Pure.

docs/reference/indicators.md is written from this file.  A figure is a whole number; a rate is two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from telemed.vocabulary import Text

#: Raised with every change of a definition; a sealed month says by which it was counted.
DEFINITIONS = "2"


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


_KPI = Text(
    "国家医疗质量安全改进目标（2025）“检查检验结果互认率”",
    "National quality and safety goals 2025, recognition rate",
)
_REFORM = Text("国卫医发〔2022〕6号；国卫办规划函〔2025〕63号 第 17 项", "NHC 2022 no. 6; NHC 2025 no. 63, item 17")
_READING = Text(
    "国卫医发〔2018〕25号；县域医共体影像中心质控", "NHC 2018 no. 25; quality control of the imaging centre"
)
_NONE = Text("", "")
_HONEST = Text("本县设定：防止指标失真", "Set by the county: keeps the indicator honest")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator.  numerator, denominator: codes of counts whose sum it is; no denominator: a plain count.

    per: the numerator is stated for so many of the denominator (1 for a mean, 0 for a rate in per cent).
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


def _count(  # noqa: PLR0917 (a row of the table)
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


def _rate(  # noqa: PLR0917 (a row of the table)
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
    return Indicator(code, Text(zh, en), meaning, Text("", ""), unit, clause, audience, *over, mean=mean)


_O, _Q = Audience.OFFICIAL, Audience.QUALITY
_OWN_OUT = Text(
    "本机构出具的结果；属可复查情形（EXEMPT）的申请；身份、编码对应或报告状态存疑的结果；采集或检查时间不确定、"
    "早于回溯天数的结果；医师以不计入原因（R7、T1）不互认的份；在本系统页面上仅阅览、本机构未建档患者的结果",
    "results of the member itself; orders that are exempt; results whose identity, code or status is in doubt; results "
    "whose time is not certain or lies before the look-back days; 份 declined for a reason that is not counted "
    "(R7, T1); what somebody only read on the county's own pages about a patient whom the member does not know",
)

INDICATORS: tuple[Indicator, ...] = (
    _count(
        "existing",
        "既往结果",
        "Existing results",
        Unit.PIECES,
        Text(
            "当月向互认登记查询过的患者，其在目录内、回溯天数内、由其他机构出具的结果；同一机构、患者、份当月计一次",
            "Catalogue results of other members, within the look-back days, of patients about whom the registry was "
            "asked in the month; each member, patient and 份 once",
        ),
        _O,
        _KPI,
        _OWN_OUT,
    ),
    _count(
        "recognised",
        "互认份数",
        "Recognised results",
        Unit.PIECES,
        Text(
            "上述既往结果中最后一次答复为“互认”的份；撤销互认后恢复未答复",
            "Of those, the 份 whose last answer is 互认; a withdrawn answer counts as none",
        ),
        _O,
        _KPI,
        _OWN_OUT,
    ),
    _rate(
        "recognition-rate",
        "互认率",
        "Recognition rate",
        (("recognised",), ("existing",)),
        Unit.PIECES,
        Text(
            "互认份数 ÷ 既往结果份数；未提示、未答复的份留在分母",
            "Recognised ÷ existing results; what was not shown or not answered stays in the denominator",
        ),
        _O,
        _KPI,
    ),
    _count(
        "refused",
        "不互认份数",
        "Declined results",
        Unit.PIECES,
        Text("最后一次答复为“不互认”且原因计入的份", "份 whose last answer is 不互认 for a reason that counts"),
        _O,
        _REFORM,
        _OWN_OUT,
    ),
    _count(
        "not-counted",
        "不计入份数",
        "Not counted",
        Unit.PIECES,
        Text(
            "最后一次答复的原因不计入（R7 疗效监测需连续检查、T1 未取得影像）而移出分母的份",
            "份 left out of the denominator: last answered with a reason that is not counted (R7, T1)",
        ),
        _O,
        _REFORM,
    ),
    _count(
        "savings-gross",
        "节约费用",
        "Savings, gross",
        Unit.FEN,
        Text(
            "互认且撤销（或裁剪）申请的项目，在复查判定天数内任一机构未再做的，按决定所依据目录的价格合计",
            "Catalogue price of items recognised whose order was given up and that no member made again within the "
            "re-order days",
        ),
        _O,
        _REFORM,
        Text(
            "保留申请的互认；未知价格的项目按零计",
            "recognitions that keep the order; an item without a price counts nought",
        ),
    ),
    _count(
        "asked",
        "已查询患者",
        "Patients asked about",
        Unit.PEOPLE,
        Text("当月就其向互认登记查询过的患者（每机构计一次）", "Patients about whom a member asked the registry"),
        _O,
        _KPI,
        Text(
            "在本系统页面上仅阅览、本机构未建档的患者（如会诊、阅片时查看）",
            "patients whom the member does not know and somebody only read about on the county's own pages, such as "
            "when reading for another member",
        ),
    ),
    _count(
        "attending",
        "就诊患者（已知）",
        "Attending patients (known)",
        Unit.PEOPLE,
        Text(
            "当月在该机构检查登记或被查询的患者；未接入 ADT，未登记未查询的就诊不可见",
            "Patients registered for an examination at the member, or asked about by it; no ADT feed is connected, so "
            "attendances without either are not seen",
        ),
        _O,
        _KPI,
    ),
    _rate(
        "coverage",
        "分母覆盖率",
        "Coverage of the denominator",
        (("asked",), ("attending",)),
        Unit.PEOPLE,
        Text("已查询患者 ÷ 就诊患者（已知）", "Patients asked about ÷ attending patients known"),
        _O,
        _KPI,
    ),
    _count(
        "remote-readings",
        "远程诊断例数",
        "Remote readings",
        Unit.CASES,
        Text(
            "当月首次签发、检查机构与报告医师所在机构不同的报告",
            "Reports first signed in the month by a physician of another member than the examining one",
        ),
        _O,
        _READING,
        Text("本院自行报告", "reports of a member's own physicians"),
    ),
    _rate(
        "township-coverage",
        "乡镇覆盖率",
        "Townships covered",
        (("townships-read",), ("townships",)),
        Unit.PLACES,
        Text(
            "当月有远程诊断的乡镇卫生院 ÷ 医共体成员中的乡镇卫生院",
            "Township hospitals with a remote reading in the month ÷ township hospitals of the community",
        ),
        _O,
        _READING,
    ),
    _rate(
        "report-time",
        "平均报告用时",
        "Mean reporting time",
        (("report-seconds",), ("reports-timed",)),
        Unit.SECONDS,
        Text(
            "远程诊断从可读到结束计时的用时（扣除待补材料）之和 ÷ 已计时报告数",
            "Time on the clock of remote readings (waiting for material left out) ÷ reports timed",
        ),
        _O,
        _READING,
        mean=True,
    ),
    _rate(
        "on-time",
        "报告及时率",
        "Reported in time",
        (("reports-on-time",), ("reports-clocked",)),
        Unit.CASES,
        Text(
            "在规定时限内结束计时的远程诊断 ÷ 有时限的远程诊断",
            "Remote readings ended by their due time ÷ those with one",
        ),
        _O,
        _READING,
    ),
    _rate(
        "double-signed",
        "双签率",
        "Signed by two",
        (("reports-double-signed",), ("remote-readings",)),
        Unit.CASES,
        Text("报告医师与审核医师不同的远程诊断 ÷ 远程诊断例数", "Author and verifier differ ÷ remote readings"),
        _O,
        _READING,
    ),
    _rate(
        "grade-a",
        "甲级片率",
        "Grade A images",
        (("images-grade-a",), ("images-graded",)),
        Unit.CASES,
        Text(
            "当月评级的检查中末次评级为甲级者 ÷ 当月评级的检查", "Studies last graded A ÷ studies graded in the month"
        ),
        _O,
        _READING,
    ),
    _rate(
        "returned",
        "退回率",
        "Returned to the site",
        (("readings-returned",), ("readings-opened",)),
        Unit.CASES,
        Text(
            "当月开立的诊断中曾退回检查机构者 ÷ 当月开立的诊断",
            "Of readings opened in the month, those ever returned to the site",
        ),
        _O,
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
        _O,
        ("critical-closed",),
        ("critical",),
    ),
    # what only the quality officer sees
    _count(
        "shown",
        "提示（需答复）",
        "Cards that ask",
        Unit.CARDS,
        Text("当月显示、可作选择的卡片", "Cards shown in the month on which something could be chosen"),
        _Q,
        _HONEST,
        Text(
            "接诊提醒等仅告知的卡片；被新提示替代的卡片",
            "cards that only inform, such as at a visit; cards superseded by another about the same order",
        ),
    ),
    _count(
        "informed",
        "提示（仅告知）",
        "Cards that inform",
        Unit.CARDS,
        Text("无可选项的卡片（接诊提醒、需人工核对）", "Cards without a choice (visit reminder, doubtful identity)"),
        _Q,
        _HONEST,
    ),
    _count(
        "accepted",
        "互认卡片",
        "Accepted",
        Unit.CARDS,
        Text("最后一次答复为互认", "Last answer: recognise"),
        _Q,
        _HONEST,
    ),
    _count(
        "overridden",
        "不互认卡片",
        "Declined",
        Unit.CARDS,
        Text("最后一次答复为不互认", "Last answer: decline"),
        _Q,
        _HONEST,
    ),
    _count(
        "withdrawn",
        "撤销的答复",
        "Withdrawn",
        Unit.CARDS,
        Text("最后一次操作为撤销互认", "Last act: the answer was withdrawn"),
        _Q,
        _HONEST,
    ),
    _count(
        "ignored",
        "未答复",
        "Ignored",
        Unit.CARDS,
        Text("显示后超过规定小时仍无答复", "No answer within the set hours after being shown"),
        _Q,
        _HONEST,
        Text("属可复查情形不出卡，不会成为未答复", "exempt orders show no card and are never ignored"),
    ),
    _count(
        "open",
        "待答复",
        "Still open",
        Unit.CARDS,
        Text("显示未满规定小时、尚无答复", "Not answered yet, within the set hours"),
        _Q,
        _HONEST,
    ),
    _count(
        "superseded",
        "被新提示替代",
        "Superseded",
        Unit.CARDS,
        Text(
            "未答复、且在规定小时内就同一机构、患者、申请再次提示的卡片（如选择项目后又提交），不计入提示与未答复",
            "Cards nobody answered while the same member, patient and order was asked about again within the set hours "
            "(chosen, then signed); neither cards that ask nor ignored",
        ),
        _Q,
        _HONEST,
    ),
    _rate(
        "response-rate",
        "答复率",
        "Response rate",
        (("accepted", "overridden"), ("shown",)),
        Unit.CARDS,
        Text("（互认 + 不互认）÷ 需答复的提示", "(Accepted + declined) ÷ cards that ask"),
        _Q,
        _HONEST,
    ),
    _rate(
        "ignored-rate",
        "未答复率",
        "Ignored rate",
        (("ignored",), ("shown",)),
        Unit.CARDS,
        Text("未答复 ÷ 需答复的提示", "Ignored ÷ cards that ask"),
        _Q,
        _HONEST,
    ),
    _count(
        "exempt",
        "属可复查情形",
        "Exempt",
        Unit.CASES,
        Text(
            "因急诊、抢救、术前、鉴定等未提示的申请",
            "Orders not prompted for: emergency, rescue, pre-operative, forensic",
        ),
        _Q,
        _REFORM,
        Text(
            "仅查看结果而无申请的（时间轴、接诊提醒、急诊视图）",
            "views of results without an order (timeline, visit reminder, emergency view)",
        ),
    ),
    _count(
        "decision-time",
        "决定用时中位数",
        "Median decision time",
        Unit.MILLISECONDS,
        Text(
            "从显示到最后一次答复的毫秒数的中位数（取实际存在的下中位值）",
            "Median of milliseconds from showing to the last answer (the lower of two middle values)",
        ),
        _Q,
        _HONEST,
    ),
    _rate(
        "rubber-stamp",
        "一秒内答复占比",
        "Answered within a second",
        (("under-second",), ("accepted", "overridden")),
        Unit.CARDS,
        Text("用时不足 1 秒的答复 ÷ 全部答复", "Answers given in less than a second ÷ all answers"),
        _Q,
        _HONEST,
    ),
    _rate(
        "accept-then-reorder",
        "互认后又做",
        "Accepted, then made again",
        (("accepted-again",), ("accepted-items",)),
        Unit.ITEMS,
        Text(
            "互认后在复查判定天数内任一机构又做同一项目 ÷ 互认项目",
            "Recognised items made again by any member within the re-order days ÷ recognised items",
        ),
        _Q,
        _HONEST,
    ),
    _rate(
        "reordered-elsewhere",
        "未答复而在他处又做",
        "Ignored, made again elsewhere",
        (("ignored-elsewhere",), ("ignored-items",)),
        Unit.ITEMS,
        Text(
            "未答复的项目在复查判定天数内由其他机构又做 ÷ 未答复项目",
            "Ignored items that another member made again within the re-order days ÷ ignored items",
        ),
        _Q,
        _HONEST,
    ),
    _rate(
        "repeated-here",
        "未答复而在本机构又做",
        "Ignored, made again here",
        (("ignored-here",), ("ignored-items",)),
        Unit.ITEMS,
        Text(
            "未答复的项目在复查判定天数内由本机构又做 ÷ 未答复项目",
            "Ignored items that the member itself made again within the re-order days ÷ ignored items",
        ),
        _Q,
        _HONEST,
    ),
    _rate(
        "weak-reasons",
        "L4/R6 占比",
        "Share of L4 and R6",
        (("reason:L4", "reason:R6"), ("overridden",)),
        Unit.CARDS,
        Text(
            "以“医师认为必要”“其他确需复查”不互认的卡片 ÷ 不互认卡片",
            "Declined as 'held necessary' or 'another need' ÷ declined cards",
        ),
        _Q,
        _HONEST,
    ),
    _count(
        "reason-entropy",
        "原因熵",
        "Entropy of reasons",
        Unit.MILLIBITS,
        Text(
            "不互认原因分布的香农熵；接近零说明总选同一原因",
            "Shannon entropy of the reasons for declining; near nought: always the same reason",
        ),
        _Q,
        _HONEST,
    ),
    _rate(
        "marks-without-grant",
        "无资格的 HR 标识",
        "Marks without a grant",
        (("marks-unfounded",), ("marks",)),
        Unit.PIECES,
        Text(
            "当月带 HR 标识显示、而按现有登记当时无有效资格（无、被追溯撤销、已删除）的份 ÷ 带标识显示的份",
            "份 shown with the mark HR behind which, by what is known now, no grant stood (none, withdrawn with "
            "retroactive effect, struck) ÷ 份 shown with the mark",
        ),
        _Q,
        _HONEST,
    ),
    _count(
        "own",
        "本机构结果",
        "Own results",
        Unit.PIECES,
        Text("因系本机构出具而不计入的份", "份 left out because the member itself made them"),
        _Q,
        _HONEST,
    ),
    _rate(
        "results-per-patient",
        "人均既往结果",
        "Existing results per patient",
        (("existing",), ("asked",)),
        Unit.PIECES,
        Text(
            "既往结果 ÷ 已查询患者；与上月比较，下降提示结果未上传（分母缩小）",
            "Existing results ÷ patients asked about; beside last month's: a fall hints at results not sent",
        ),
        _Q,
        _HONEST,
        mean=True,
    ),
    _count(
        "savings-retests",
        "其后复查费用",
        "Found again later",
        Unit.FEN,
        Text(
            "计入节约费用、但在净值天数内又做的项目的价格",
            "Price of items in the gross savings made again within the net days",
        ),
        _Q,
        _HONEST,
    ),
    _count(
        "opinion-fees",
        "意见费",
        "Opinion fees",
        Unit.FEN,
        Text(
            "计入节约费用的影像项目 × 每项意见费（参数）", "Imaging items in the gross savings × the fee of an opinion"
        ),
        _Q,
        _HONEST,
    ),
    _count(
        "savings-net",
        "净节约费用",
        "Savings, net",
        Unit.FEN,
        Text("节约费用 − 其后复查费用 − 意见费", "Gross savings − found again later − opinion fees"),
        _Q,
        _HONEST,
    ),
    _count(
        "dose",
        "避免的辐射剂量",
        "Dose avoided",
        Unit.MICROSIEVERT,
        Text(
            "计入节约费用的影像项目的典型有效剂量之和（参数表）",
            "Typical effective dose of imaging items in the gross savings, by table",
        ),
        _Q,
        _HONEST,
    ),
    _count(
        "trips",
        "避免的往返（至多）",
        "Trips avoided (at most)",
        Unit.TRIPS,
        Text("有计入节约费用的项目的机构、患者、日", "Member, patient and day with an item in the gross savings"),
        _Q,
        _HONEST,
    ),
    _count(
        "trip-kilometres",
        "避免的往返里程",
        "Kilometres avoided",
        Unit.KILOMETRES,
        Text(
            "避免的往返 × 2 × 该机构到县城的里程（参数表；未列出的按零计）",
            "Trips × 2 × distance of the member from the county town, by table; nought where it is not listed",
        ),
        _Q,
        _HONEST,
    ),
)

BY_CODE: Mapping[str, Indicator] = MappingProxyType({one.code: one for one in INDICATORS})
#: Counts that stand in no indicator of their own, as far as the bureau may see them.
_OFFICIAL_PARTS = frozenset(
    {part for one in INDICATORS if one.audience is Audience.OFFICIAL for part in (*one.numerator, *one.denominator)}
)


def is_official(code: str) -> bool:
    """Whether the bureau and other people of a member may see a count: parts of official indicators, and 不互认原因."""
    return code in _OFFICIAL_PARTS or code.startswith(("reason:", "source:"))
