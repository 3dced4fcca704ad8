"""What the bureau asks of recognition: its rate, what it saved, how much of the denominator is seen. Pure."""

from __future__ import annotations

from telemed.statistics.indicators.definition import KPI, REFORM, Audience, Indicator, Unit, count, rate
from telemed.vocabulary import Text

_OWN_OUT = Text(
    "本机构出具的结果；属可复查情形（EXEMPT）的申请；身份、编码对应或报告状态存疑的结果；采集或检查时间不确定、"
    "早于回溯天数的结果；医师以不计入原因（R7、T1）不互认的份；在本系统页面上仅阅览、本机构未建档患者的结果",
    "results of the member itself; orders that are exempt; results whose identity, code or status is in doubt; results "
    "whose time is not certain or lies before the look-back days; 份 declined for a reason that is not counted "
    "(R7, T1); what somebody only read on the county's own pages about a patient whom the member does not know",
)

_NOT_ATTENDING = Text(
    "已撤销的入院（登记）；其他月份开始的住院",
    "admissions that were taken back; stays that began in another month",
)

RECOGNITION: tuple[Indicator, ...] = (
    count(
        "existing",
        "既往结果",
        "Existing results",
        Unit.PIECES,
        Text(
            "当月向互认登记查询过的患者，其在目录内、回溯天数内、由其他机构出具的结果；同一机构、患者、份当月计一次",
            "Catalogue results of other members, within the look-back days, of patients about whom the registry was "
            "asked in the month; each member, patient and 份 once",
        ),
        Audience.OFFICIAL,
        KPI,
        _OWN_OUT,
    ),
    count(
        "recognised",
        "互认份数",
        "Recognised results",
        Unit.PIECES,
        Text(
            "上述既往结果中最后一次答复为“互认”的份；撤销互认后恢复未答复",
            "Of those, the 份 whose last answer is 互认; a withdrawn answer counts as none",
        ),
        Audience.OFFICIAL,
        KPI,
        _OWN_OUT,
    ),
    rate(
        "recognition-rate",
        "互认率",
        "Recognition rate",
        (("recognised",), ("existing",)),
        Unit.PIECES,
        Text(
            "互认份数 ÷ 既往结果份数；未提示、未答复的份留在分母",
            "Recognised ÷ existing results; what was not shown or not answered stays in the denominator",
        ),
        Audience.OFFICIAL,
        KPI,
    ),
    count(
        "refused",
        "不互认份数",
        "Declined results",
        Unit.PIECES,
        Text("最后一次答复为“不互认”且原因计入的份", "份 whose last answer is 不互认 for a reason that counts"),
        Audience.OFFICIAL,
        REFORM,
        _OWN_OUT,
    ),
    count(
        "not-counted",
        "不计入份数",
        "Not counted",
        Unit.PIECES,
        Text(
            "最后一次答复的原因不计入（R7 疗效监测需连续检查、T1 未取得影像）而移出分母的份",
            "份 left out of the denominator: last answered with a reason that is not counted (R7, T1)",
        ),
        Audience.OFFICIAL,
        REFORM,
    ),
    count(
        "savings-gross",
        "节约费用",
        "Savings, gross",
        Unit.FEN,
        Text(
            "互认且撤销（或裁剪）申请的项目，在复查判定天数内任一机构未再做的，按决定所依据目录的价格合计",
            "Catalogue price of items recognised whose order was given up and that no member made again within the "
            "re-order days",
        ),
        Audience.OFFICIAL,
        REFORM,
        Text(
            "保留申请的互认；未知价格的项目按零计",
            "recognitions that keep the order; an item without a price counts nought",
        ),
    ),
    count(
        "asked",
        "已查询患者",
        "Patients asked about",
        Unit.PEOPLE,
        Text("当月就其向互认登记查询过的患者（每机构计一次）", "Patients about whom a member asked the registry"),
        Audience.OFFICIAL,
        KPI,
        Text(
            "在本系统页面上仅阅览、本机构未建档的患者（如会诊、阅片时查看）",
            "patients whom the member does not know and somebody only read about on the county's own pages, such as "
            "when reading for another member",
        ),
    ),
    count(
        "attending",
        "就诊患者（已知）",
        "Attending patients (known)",
        Unit.PEOPLE,
        Text(
            "当月在该机构开始就诊（ADT）、检查登记或被查询的患者；机构未发送 ADT 时，未登记未查询的就诊不可见",
            "Patients who began a visit at the member (ADT), were registered there for an examination, or asked about "
            "by it; where a member sends no ADT, attendances without either are not seen",
        ),
        Audience.OFFICIAL,
        KPI,
        _NOT_ATTENDING,
    ),
    count(
        "attending-adt",
        "就诊患者：ADT",
        "Attending patients by ADT",
        Unit.PEOPLE,
        Text(
            "机构系统以 ADT 告知当月（按本县时间）开始就诊的患者；同一人（含已关联的记录）每机构计一次",
            "Patients of whom the member's system said by ADT that a visit began in the month, by the county's clock; "
            "each person once a member, under whichever linked record",
        ),
        Audience.OFFICIAL,
        KPI,
        _NOT_ATTENDING,
    ),
    count(
        "unasked-adt",
        "ADT 就诊而未查询",
        "By ADT, not asked about",
        Unit.PEOPLE,
        Text(
            "上述患者中，该机构当月从未就其（含已关联的记录）查询过的人；其既往结果不在互认率分母中",
            "Of those, the people about whom the member did not ask in the month, under any linked record; their "
            "existing results are not in the denominator of the recognition rate",
        ),
        Audience.OFFICIAL,
        KPI,
    ),
    count(
        "attending-registered",
        "就诊患者：检查登记",
        "Attending patients by registration",
        Unit.PEOPLE,
        Text("当月在该机构检查登记的患者", "Patients registered for an examination at the member in the month"),
        Audience.OFFICIAL,
        KPI,
    ),
    count(
        "unasked-registered",
        "检查登记而未查询",
        "Registered, not asked about",
        Unit.PEOPLE,
        Text(
            "上述患者中，该机构当月从未就其（含已关联的记录）查询过的人",
            "Of those, the people about whom the member did not ask in the month, under any linked record",
        ),
        Audience.OFFICIAL,
        KPI,
    ),
    rate(
        "coverage",
        "分母覆盖率",
        "Coverage of the denominator",
        (("asked",), ("attending",)),
        Unit.PEOPLE,
        Text("已查询患者 ÷ 就诊患者（已知）", "Patients asked about ÷ attending patients known"),
        Audience.OFFICIAL,
        KPI,
    ),
)
