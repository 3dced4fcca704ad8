"""The words for every verdict, gate and ground, Chinese first: what doctor, patient and lawyer read (practice 7)."""

from collections.abc import Mapping
from typing import NamedTuple

from telemed.recognition.decision import Gate, Verdict


class Words(NamedTuple):
    zh: str
    en: str


FOOTER = Words(
    "互认的是图像和数据，不含诊断结论；由接诊医师综合判断。",
    "What is recognised is the image and the data, not the conclusion; the attending physician judges.",
)

VERDICTS: Mapping[Verdict, Words] = {
    Verdict.MUST_OFFER: Words("符合互认条件", "Meets the conditions of recognition"),
    Verdict.MAY_OFFER: Words("可参考（鼓励互认）", "For reference (recognition encouraged)"),
    Verdict.EXEMPT: Words("属可复查情形", "A circumstance in which repeating is proper"),
    Verdict.NOT_ELIGIBLE: Words("不符合互认条件", "Does not meet the conditions of recognition"),
    Verdict.INDETERMINATE: Words("需人工核对", "Has to be checked by a person"),
}
#: What stands under the verdict.
NOTES: Mapping[Verdict, Words] = {
    Verdict.MUST_OFFER: Words("由接诊医师判断是否互认", "The attending physician decides whether to recognise it"),
    Verdict.MAY_OFFER: Words("原因：", "Because: "),
    Verdict.EXEMPT: Words("未提示：", "Not prompted: "),
    Verdict.NOT_ELIGIBLE: Words("原因：", "Because: "),
    Verdict.INDETERMINATE: Words("不影响开单", "The order can be placed all the same"),
}

GATES: Mapping[Gate, Words] = {
    Gate.IDENTITY: Words("患者身份", "Identity of the patient"),
    Gate.MAPPING: Words("项目对照", "Mapping of the item"),
    Gate.STATUS: Words("报告状态与完整性", "Status and integrity"),
    Gate.GRANT: Words("互认资格与范围", "Grant and scope"),
    Gate.WINDOW: Words("互认参考时限", "Reference window"),
    Gate.COMPARABILITY: Words("可比性", "Comparability"),
    Gate.AVAILABILITY: Words("可调阅与质量等级", "Availability and grade"),
    Gate.INTERVENING: Words("变化与期间事件", "Change and intervening events"),
    Gate.EXCEPTION: Words("项目例外", "Exceptions of the item"),
    Gate.CONTEXT: Words("可复查情形", "Circumstances that exempt"),
}

FINDINGS: Mapping[str, Words] = {
    # identity
    "identity-linked": Words("已确认为同一患者", "Surely the same patient"),
    "identity-not-linked": Words("不是同一患者", "Not the same patient"),
    "identity-missing": Words("患者身份未建立关联", "No link of identity is recorded"),
    "identity-potential": Words("疑似同一患者，待核对", "Perhaps the same patient, to be checked"),
    "identity-temporary": Words("临时身份，待身份补录", "Temporary identity, to be completed"),
    # mapping
    "order-mapped": Words("申请项目已对照", "The ordered item is known"),
    "order-ambiguous": Words("申请项目对应多个互认项目", "The ordered code belongs to several items"),
    "item-not-listed": Words("不在互认项目目录内", "Not an item of any catalogue in force"),
    "item-left-out": Words("列入负面清单", "On the negative list"),
    "item-mapped": Words("结果项目一致", "The result is of this item"),
    "kind-contradicts": Words("结果类别与项目不符", "The kind of the result contradicts the item"),
    "mapping-unconfirmed": Words("项目对照待确认", "The code map is proposed, not confirmed"),
    # G1
    "status-final": Words("正式报告", "Final"),
    "status-preliminary": Words("初步报告，以正式报告为准", "Preliminary, the final report prevails"),
    "status-cancelled": Words("报告已取消", "Cancelled"),
    "status-entered-in-error": Words("报告已作废（录入错误）", "Entered in error"),
    "status-unknown": Words("报告状态不明", "Status not known"),
    "integrity-intact": Words("数据完整性校验通过", "Digest agrees"),
    "integrity-broken": Words("数据完整性校验未通过", "Digest does not agree"),
    "integrity-unchecked": Words("数据完整性未校验", "Digest not checked"),
    "signatures-sufficient": Words("签署符合要求", "Signed as required"),
    "signatures-few": Words("签署不足", "Too few signatures"),
    "signatures-missing": Words("签署信息缺失", "Signatures not recorded"),
    # G2
    "grant-active": Words("采集时互认资格有效", "Grant held when it was collected or acquired"),
    "grant-withdrawn": Words("互认资格已撤销", "Grant withdrawn"),
    "grant-suspended": Words("质评未通过，互认资格暂停", "Grant suspended"),
    "grant-none": Words("无互认资格记录", "No grant recorded"),
    "grant-proposed": Words("互认资格待生效", "Grant proposed, not yet active"),
    "grant-out-of-period": Words("采集时不在互认资格有效期内", "Outside the grant's period"),
    "grant-other-reader": Words("非约定机构出具报告", "Read by another organisation than the grant rests on"),
    "grant-other-device": Words("设备不在互认资格内", "The grant is for another device"),
    "grant-device-unknown": Words("检查设备不明", "Device not known, the grant is for one device"),
    "grant-time-unknown": Words("采集时间不明，无法核对互认资格", "Time not known, so no grant can be matched"),
    "grant-scope-outside": Words("互认标识范围不含本机构", "The mark's range does not reach here"),
    "scope-covers": Words("在互认范围内", "Inside the scope"),
    "scope-outside": Words("不在互认范围", "Outside the scope"),
    "scope-direction": Words("出具机构级别低于本机构", "From a lower level; lower accepts higher"),
    "scope-not-named": Words("不在指定互认机构内", "Not among the organisations named"),
    "organization-unknown": Words("机构信息缺失", "Facts of an organisation are missing"),
    "ultrasound-inside-community": Words("医共体内超声", "Ultrasound inside the community"),
    "ultrasound-outside-community": Words("医共体外超声仅供参考", "Ultrasound from outside: reference only"),
    "ultrasound-community-unknown": Words("超声机构归属不明", "Community of the ultrasound not known"),
    # G3
    "window-within": Words("在参考时限内", "Inside the reference window"),
    "window-past": Words("超参考时限", "Past the reference window"),
    "anchor-missing": Words("采集（检查）时间缺失", "Time of collection or acquisition missing"),
    "anchor-without-zone": Words("采集（检查）时间未注明时区", "Time without a zone"),
    "anchor-future": Words("采集（检查）时间在未来", "Time lies in the future"),
    "anchor-absurd": Words("采集（检查）时间不合理", "Time not to be believed"),
    "anchor-after-report": Words("采集（检查）时间晚于报告时间", "Time is after the report"),
    # G4
    "value-present": Words("有结果值", "Has a value"),
    "value-missing": Words("结果值缺失", "Value missing"),
    "specimen-comparable": Words("标本一致", "Same specimen"),
    "specimen-other": Words("标本不同", "Another specimen"),
    "specimen-missing": Words("标本类型缺失", "Specimen not recorded"),
    "specimen-clean": Words("标本合格", "Nothing wrong with the specimen"),
    "specimen-unfit": Words("标本不合格（溶血、脂血等）", "Specimen unfit (haemolysed, lipaemic …)"),
    "method-comparable": Words("方法可比", "Comparable method"),
    "method-other": Words("方法不可比", "Method not comparable"),
    "method-missing": Words("检测方法缺失", "Method not recorded"),
    "unit-comparable": Words("单位可换算", "Unit converts"),
    "unit-other": Words("单位不可换算", "Unit does not convert"),
    "unit-missing": Words("单位缺失", "Unit missing"),
    "modality-comparable": Words("检查类型一致", "Same modality"),
    "modality-other": Words("检查类型不同", "Another modality"),
    "modality-missing": Words("检查类型缺失", "Modality not recorded"),
    "site-comparable": Words("部位一致", "Same body site"),
    "site-other": Words("部位不同", "Another body site"),
    "site-missing": Words("部位缺失", "Body site not recorded"),
    "side-comparable": Words("侧别一致", "Same side"),
    "side-other": Words("侧别不同", "Another side"),
    "side-missing": Words("侧别缺失", "Side not recorded"),
    "contrast-comparable": Words("平扫（增强）满足申请", "Contrast answers the order"),
    "contrast-less": Words("平扫（增强）不满足申请", "Contrast does not answer the order"),
    "contrast-missing": Words("平扫（增强）信息缺失", "Contrast not recorded"),
    "technique-sufficient": Words("技术参数达到要求", "Technique sufficient"),
    "technique-below": Words("技术参数低于要求", "Technique below the demand"),
    "technique-missing": Words("技术参数缺失", "Technique not recorded"),
    "series-complete": Words("序列完整", "Series complete"),
    "series-incomplete": Words("序列或体位不全", "Series incomplete"),
    "completeness-unknown": Words("序列是否完整不明", "Not known whether complete"),
    # G5
    "data-held": Words("数据已在平台", "The data are here"),
    "images-available": Words("影像可调阅", "Images can be opened"),
    "images-unavailable": Words("影像无法调阅", "Images cannot be opened"),
    "images-unchecked": Words("影像能否调阅未核实", "Not tried whether images can be opened"),
    "images-stale": Words("影像调阅核实已过时", "Last tried too long ago"),
    "grade-sufficient": Words("影像质量甲级或乙级", "Image grade A or B"),
    "grade-c": Words("影像质量丙级", "Image grade C"),
    "grade-reject": Words("影像质量废片", "Image rejected"),
    "grade-missing": Words("影像质量未评级", "Image not graded"),
    # G6
    "item-stable": Words("项目短期内稳定", "The item is stable"),
    "item-volatile": Words("结果变化较快", "The result changes fast"),
    "no-event-between": Words(
        "登记库未收到期间重大诊疗事件的记录", "The registry has no record of such an event in between"
    ),
    "event-between": Words("期间有手术、输血等事件", "Surgery, transfusion or the like in between"),
    "event-undated": Words("诊疗事件时间不明", "An event without a day"),
    "event-order-unknown": Words("诊疗事件与采集先后不明", "Not known which came first, event or result"),
    # G7
    "no-exception": Words("无项目例外", "No exception applies"),
    "exception-value-abnormal": Words("项目例外：指标异常", "Exception: abnormal value"),
    "exception-value-critical": Words("项目例外：危急值", "Exception: critical value"),
    "exception-value-unknown": Words("项目例外：是否异常不明", "Exception: not known whether abnormal"),
    "exception-pre-operative": Words("项目例外：术前", "Exception: before an operation"),
    "exception-pre-transfusion": Words("项目例外：输血前", "Exception: before a transfusion"),
    # G8
    "context-ordinary": Words("非可复查情形", "No circumstance exempts"),
    "context-emergency": Words("急诊", "Emergency"),
    "context-rescue": Words("急救", "First aid"),
    "context-forensic": Words("司法、伤残、病退等鉴定", "Forensic or disability opinion"),
    "context-pre-operative": Words("手术等重大医疗措施前", "Before surgery or another major measure"),
    "context-pre-transfusion": Words("输血前", "Before a transfusion"),
    "context-unknown": Words("就诊类型缺失", "Encounter class missing"),
}
