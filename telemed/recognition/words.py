"""The words for every verdict, gate and ground, Chinese first: what doctor, patient and lawyer read (practice 7)."""

from collections.abc import Mapping
from typing import NamedTuple

from telemed.recognition.decision import Gate, Verdict


class Words(NamedTuple):
    zh: str
    en: str


FOOTER = Words(
    "互认的是图像和数据，不含诊断结论；由接诊医师综合判断。",
    "Recognition covers images and data, not the diagnostic conclusion; the attending physician decides.",
)

VERDICTS: Mapping[Verdict, Words] = {
    Verdict.MUST_OFFER: Words("符合互认条件", "Meets the conditions of recognition"),
    Verdict.MAY_OFFER: Words("可参考（鼓励互认）", "For reference (recognition encouraged)"),
    Verdict.EXEMPT: Words("属可复查情形", "Repeat justified"),
    Verdict.NOT_ELIGIBLE: Words("不符合互认条件", "Does not meet the conditions of recognition"),
    Verdict.INDETERMINATE: Words("需人工核对", "Needs manual check"),
}
#: What stands under the verdict.
NOTES: Mapping[Verdict, Words] = {
    Verdict.MUST_OFFER: Words("由接诊医师判断是否互认", "The attending physician decides whether to recognise it"),
    Verdict.MAY_OFFER: Words("原因：", "Because: "),
    Verdict.EXEMPT: Words("未提示：", "Not shown: "),
    Verdict.NOT_ELIGIBLE: Words("原因：", "Because: "),
    Verdict.INDETERMINATE: Words("不影响开单", "The order can be placed all the same"),
}

GATES: Mapping[Gate, Words] = {
    Gate.IDENTITY: Words("患者身份", "Patient identity"),
    Gate.MAPPING: Words("项目对照", "Item mapping"),
    Gate.STATUS: Words("报告状态与完整性", "Status and integrity"),
    Gate.GRANT: Words("互认资格与范围", "Grant and scope"),
    Gate.WINDOW: Words("互认参考时限", "Reference window"),
    Gate.COMPARABILITY: Words("可比性", "Comparability"),
    Gate.AVAILABILITY: Words("可调阅与质量等级", "Availability and grade"),
    Gate.INTERVENING: Words("变化与期间事件", "Intervening events"),
    Gate.EXCEPTION: Words("项目例外", "Item exceptions"),
    Gate.CONTEXT: Words("可复查情形", "Exempting circumstances"),
}

FINDINGS: Mapping[str, Words] = {
    # identity
    "identity-linked": Words("已确认为同一患者", "Confirmed as the same patient"),
    "identity-not-linked": Words("不是同一患者", "Not the same patient"),
    "identity-missing": Words("患者身份未建立关联", "No identity link recorded"),
    "identity-potential": Words("疑似同一患者，待核对", "Possibly the same patient, to be checked"),
    "identity-temporary": Words("临时身份，待身份补录", "Temporary identity, to be completed"),
    # mapping
    "order-mapped": Words("申请项目已对照", "Ordered item mapped"),
    "order-ambiguous": Words("申请项目对应多个互认项目", "Ordered code maps to several items"),
    "item-not-listed": Words("不在互认项目目录内", "Not an item of any catalogue in force"),
    "item-left-out": Words("列入负面清单", "On the negative list"),
    "item-mapped": Words("结果项目一致", "Result is for the same item"),
    "kind-contradicts": Words("结果类别与项目不符", "Kind of result does not fit the item"),
    "mapping-unconfirmed": Words("项目对照待确认", "Code mapping not yet confirmed"),
    # G1
    "status-final": Words("正式报告", "Final"),
    "status-preliminary": Words("初步报告，以正式报告为准", "Preliminary, the final report prevails"),
    "status-cancelled": Words("报告已取消", "Cancelled"),
    "status-entered-in-error": Words("报告已作废（录入错误）", "Entered in error"),
    "status-unknown": Words("报告状态不明", "Status not known"),
    "integrity-intact": Words("数据完整性校验通过", "Data integrity check passed"),
    "integrity-broken": Words("数据完整性校验未通过", "Data integrity check failed"),
    "integrity-unchecked": Words("数据完整性未校验", "Data integrity not checked"),
    "signatures-sufficient": Words("签署符合要求", "Signed as required"),
    "signatures-few": Words("签署不足", "Insufficient signatures"),
    "signatures-missing": Words("签署信息缺失", "Signatures not recorded"),
    # G2
    "grant-active": Words("采集时互认资格有效", "Grant valid at collection or acquisition"),
    "grant-withdrawn": Words("互认资格已撤销", "Grant withdrawn"),
    "grant-suspended": Words("质评未通过，互认资格暂停", "Grant suspended"),
    "grant-none": Words("无互认资格记录", "No grant recorded"),
    "grant-proposed": Words("互认资格待生效", "Grant proposed, not yet active"),
    "grant-out-of-period": Words("采集时不在互认资格有效期内", "Outside the grant period at collection"),
    "grant-other-reader": Words("非约定机构出具报告", "Read by an institution other than the one agreed"),
    "grant-other-device": Words("设备不在互认资格内", "Grant does not cover this device"),
    "grant-device-unknown": Words("检查设备不明", "Device not known; the grant covers one device only"),
    "grant-time-unknown": Words("采集时间不明，无法核对互认资格", "Collection time not known; grant cannot be checked"),
    "grant-scope-outside": Words("互认标识范围不含本机构", "HR mark does not extend to this institution"),
    "scope-covers": Words("在互认范围内", "Within the scope of recognition"),
    "scope-outside": Words("不在互认范围", "Outside the scope of recognition"),
    "scope-direction": Words("出具机构级别低于本机构", "Issued by a lower-level institution"),
    "scope-not-named": Words("不在指定互认机构内", "Not among the named institutions"),
    "organization-unknown": Words("机构信息缺失", "Institution details missing"),
    "ultrasound-inside-community": Words("医共体内超声", "Ultrasound from within the community"),
    "ultrasound-outside-community": Words("医共体外超声仅供参考", "Ultrasound from outside: reference only"),
    "ultrasound-community-unknown": Words("超声机构归属不明", "Community of the ultrasound institution not known"),
    # G3
    "window-within": Words("在参考时限内", "Within the reference window"),
    "window-past": Words("超参考时限", "Past the reference window"),
    "anchor-missing": Words("采集（检查）时间缺失", "Collection or acquisition time missing"),
    "anchor-without-zone": Words("采集（检查）时间未注明时区", "Collection or acquisition time has no time zone"),
    "anchor-future": Words("采集（检查）时间在未来", "Collection or acquisition time is in the future"),
    "anchor-absurd": Words("采集（检查）时间不合理", "Collection or acquisition time implausible"),
    "anchor-after-report": Words("采集（检查）时间晚于报告时间", "Collection or acquisition time is after the report"),
    # G4
    "value-present": Words("有结果值", "Has a value"),
    "value-missing": Words("结果值缺失", "Value missing"),
    "specimen-comparable": Words("标本一致", "Same specimen"),
    "specimen-other": Words("标本不同", "Different specimen"),
    "specimen-missing": Words("标本类型缺失", "Specimen not recorded"),
    "specimen-clean": Words("标本合格", "Specimen acceptable"),
    "specimen-unfit": Words("标本不合格（溶血、脂血等）", "Specimen unsuitable (haemolysed, lipaemic, etc.)"),
    "method-comparable": Words("方法可比", "Comparable method"),
    "method-other": Words("方法不可比", "Method not comparable"),
    "method-missing": Words("检测方法缺失", "Method not recorded"),
    "unit-comparable": Words("单位可换算", "Unit convertible"),
    "unit-other": Words("单位不可换算", "Unit not convertible"),
    "unit-missing": Words("单位缺失", "Unit missing"),
    "modality-comparable": Words("检查类型一致", "Same modality"),
    "modality-other": Words("检查类型不同", "Different modality"),
    "modality-missing": Words("检查类型缺失", "Modality not recorded"),
    "site-comparable": Words("部位一致", "Same body site"),
    "site-other": Words("部位不同", "Different body site"),
    "site-missing": Words("部位缺失", "Body site not recorded"),
    "side-comparable": Words("侧别一致", "Same side"),
    "side-other": Words("侧别不同", "Different side"),
    "side-missing": Words("侧别缺失", "Side not recorded"),
    "contrast-comparable": Words("平扫（增强）满足申请", "Contrast meets the order"),
    "contrast-less": Words("平扫（增强）不满足申请", "Contrast does not meet the order"),
    "contrast-missing": Words("平扫（增强）信息缺失", "Contrast not recorded"),
    "technique-sufficient": Words("技术参数达到要求", "Technique sufficient"),
    "technique-below": Words("技术参数低于要求", "Technique below the requirement"),
    "technique-missing": Words("技术参数缺失", "Technique not recorded"),
    "series-complete": Words("序列完整", "Series complete"),
    "series-incomplete": Words("序列或体位不全", "Series incomplete"),
    "completeness-unknown": Words("序列是否完整不明", "Completeness of series not known"),
    # G5
    "data-held": Words("数据已在平台", "Data held on this platform"),
    "images-available": Words("影像可调阅", "Images available"),
    "images-unavailable": Words("影像无法调阅", "Images not available"),
    "images-unchecked": Words("影像能否调阅未核实", "Image availability not checked"),
    "images-stale": Words("影像调阅核实已过时", "Image availability check out of date"),
    "grade-sufficient": Words("影像质量甲级或乙级", "Image grade A or B"),
    "grade-c": Words("影像质量丙级", "Image grade C"),
    "grade-reject": Words("影像质量废片", "Image rejected"),
    "grade-missing": Words("影像质量未评级", "Image not graded"),
    # G6
    "item-stable": Words("项目短期内稳定", "Item stable in the short term"),
    "item-volatile": Words("结果变化较快", "Result changes quickly"),
    "no-event-between": Words("登记库未收到期间重大诊疗事件的记录", "No major intervening event on record"),
    "event-between": Words("期间有手术、输血等事件", "Intervening surgery, transfusion or similar event"),
    "event-undated": Words("诊疗事件时间不明", "Date of an event not known"),
    "event-order-unknown": Words("诊疗事件与采集先后不明", "Order of event and collection not known"),
    # G7
    "no-exception": Words("无项目例外", "No item exceptions"),
    "exception-value-abnormal": Words("项目例外：指标异常", "Exception: abnormal value"),
    "exception-value-critical": Words("项目例外：危急值", "Exception: critical value"),
    "exception-value-unknown": Words("项目例外：是否异常不明", "Exception: abnormality not known"),
    "exception-pre-operative": Words("项目例外：术前", "Exception: before surgery"),
    "exception-pre-transfusion": Words("项目例外：输血前", "Exception: before transfusion"),
    # G8
    "context-ordinary": Words("非可复查情形", "No exempting circumstances"),
    "context-emergency": Words("急诊", "Emergency"),
    "context-rescue": Words("急救", "Resuscitation"),
    "context-forensic": Words("司法、伤残、病退等鉴定", "Forensic or disability assessment"),
    "context-pre-operative": Words("手术等重大医疗措施前", "Before surgery or another major procedure"),
    "context-pre-transfusion": Words("输血前", "Before transfusion"),
    "context-unknown": Words("就诊类型缺失", "Encounter class missing"),
}
