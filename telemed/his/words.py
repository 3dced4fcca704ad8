"""Every word that a hospital system's doctor reads from here, Chinese first (practice 7)."""

from __future__ import annotations

from collections.abc import Mapping

from telemed.vocabulary import Text

IDENTITIES: Mapping[str, Text] = {
    "sure": Text("已确认患者身份。", "The patient's identity is sure."),
    "doubtful": Text(
        "患者身份需人工核对：证件号码已登记，但姓名、性别或出生日期不一致，或多个证件属于不同的人。暂不给出结论，不影响开单。",
        "The patient's identity has to be checked by a person: the number is known under another name, sex or birth"
        " date, or several numbers belong to several people. There is no verdict; ordering goes on.",
    ),
    "unknown": Text(
        "医共体内没有该患者的登记，无既往结果可提示，不影响开单。",
        "Nobody in the community knows this patient; there is nothing to tell, and ordering goes on.",
    ),
    "no-document": Text(
        "没有可用的证件号码，不能确认患者身份。暂不给出结论，不影响开单；请核对证件后再试。",
        "There is no usable identity number, so the identity is not certain. No verdict is given; you can still order."
        " Check the document and ask again.",
    ),
}

SILENT: Mapping[str, Text] = {
    "": Text("", ""),
    "provincial-prompted": Text("省平台已提示", "The provincial platform has already prompted"),
    "reason-given": Text("申请已注明复查原因", "The order already states the reason for repeat"),
    "answered-before": Text("本次就诊中已答复", "Already answered in this visit"),
    "no-result": Text("没有既往结果", "There is no existing result"),
    "exempt": Text("属可复查情形，未提示", "Repeat justified; not shown"),
    "not-eligible": Text("不符合互认条件", "Does not meet the conditions of recognition"),
    "visit": Text("", ""),
    "already-prompted": Text("本次就诊已提示过", "Already shown in this visit"),
    "patient-not-sure": Text("患者身份未确认", "The patient's identity is not confirmed"),
}

MEANINGS: Mapping[str, Text] = {
    "recognise-and-cancel": Text("互认（撤销本次申请）", "Recognise (withdraw this order)"),
    "recognise-and-trim": Text("互认（只查其余项目）", "Recognise (order only the rest)"),
    "recognise-and-keep": Text("互认（保留申请）", "Recognise (keep the order)"),
}

DONE: Mapping[str, Text] = {
    "recognise-and-cancel": Text("已记录：互认，撤销本次申请。", "Recorded: recognised, this order is withdrawn."),
    "recognise-and-trim": Text("已记录：互认，只查其余项目。", "Recorded: recognised, only the rest is ordered."),
    "recognise-and-keep": Text("已记录：互认，保留申请。", "Recorded: recognised, the order is kept."),
    "overridden": Text("已记录：不互认。原因：", "Recorded: not recognised. Reason: "),
    "withdrawn": Text("已撤销。可重新选择。", "Undone. You can choose again."),
}

PAGE: Mapping[str, Text] = {
    "title": Text("检查检验结果互认", "Result recognition"),
    "patient": Text("患者", "Patient"),
    "male": Text("男", "Male"),
    "female": Text("女", "Female"),
    "number": Text("证件号", "ID"),
    "visit": Text("就诊号", "Visit"),
    "none": Text("没有可提示的既往结果，可以照常开单。", "No existing result to show; order as usual."),
    "due": Text("项可互认", "may be recognised"),
    "all": Text(
        "符合互认条件的 {n} 项全部互认（撤销申请）", "Recognise all {n} that meet the conditions (withdraw the orders)"
    ),
    "where": Text("机构", "Institution"),
    "when": Text("时间", "Time"),
    "value": Text("结果", "Result"),
    "reference": Text("参考区间", "Reference interval"),
    "images": Text("影像", "Images"),
    "abnormal": Text("异常", "Abnormal"),
    "soft": Text("既往结果异常，可能需要复查。", "The existing result is abnormal; a repeat may be appropriate."),
    "unidentified": Text("身份确认后显示", "Shown once the identity is confirmed"),
    "unknown-time": Text("时间不详", "Time not known"),
    "days-ago": Text("{n} 天前", "{n} days ago"),
    "today": Text("24 小时内", "within 24 hours"),
    "window": Text("参考时限", "Reference window"),
    "window-left": Text("还有 {n} 天", "{n} days left"),
    "window-last": Text("最后一天", "last day"),
    "window-past": Text("超 {n} 天", "{n} days past"),
    "rest": Text("需另查：", "Still to be ordered: "),
    "because": Text("原因：", "Because: "),
    "decline": Text("不互认…", "Do not recognise…"),
    "decline-legend": Text("不互认的原因", "Reason for repeat"),
    "clinical": Text("临床原因", "Clinical reasons"),
    "image": Text("影像问题", "Image problems"),
    "local": Text("本地原因", "Local reasons"),
    "comment": Text("补充说明（可不填）", "Comment (optional)"),
    "decline-go": Text("记录不互认", "Record non-recognition"),
    "undo": Text("撤销互认", "Undo recognition"),
    "undo-decline": Text("撤销不互认", "Undo non-recognition"),
    "view": Text("调阅影像", "View images"),
    "quote": Text("引用到病历", "Quote into record"),
    "quote-label": Text("引用文字：选取后复制到病历", "Text to quote: select it and copy it into the record"),
    "detail": Text("判定过程与依据", "How the verdict was reached"),
    "gate": Text("核对内容", "Check"),
    "outcome": Text("结果", "Result"),
    "found": Text("说明", "Finding"),
    "pass": Text("通过", "Met"),
    "fail": Text("不符", "Not met"),
    "unknown": Text("未知", "Unknown"),
    "ground": Text("依据", "Basis"),
    "others": Text("其他既往结果", "Other existing results"),
    "until": Text("本页至 {time} 有效", "This page is valid until {time}"),
    "keys": Text(
        "快捷键：N/P 下一项/上一项；1、2 互认；3 不互认；5 引用",
        "Keys: N/P next/previous; 1, 2 recognise; 3 do not recognise; 5 quote",
    ),
    "keys-images": Text("；4 调阅影像", "; 4 images"),
    "quoted": Text("已选取并发送引用文字。", "The text has been selected and sent."),
    "offline": Text(
        "未能送达，尚未记录。请检查网络后重试。",
        "It did not get through and is not recorded. Check the line and try again.",
    ),
}

REFUSED: Mapping[str, Text] = {
    "unknown": Text(
        "无法打开：启动码或页面凭证无效。未作任何记录，不影响开单。请从医生站重新打开。",
        "It cannot be opened: the code or the page's token is not valid. Nothing was recorded; ordering goes on. Open"
        " it again from your system.",
    ),
    "used": Text(
        "启动码已使用过，每个只能用一次。未作任何记录，不影响开单。请从医生站重新打开。",
        "The code was used before; each is good once. Nothing was recorded; ordering goes on. Open it again from your"
        " system.",
    ),
    "late": Text(
        "已过期。此前的选择已保留，本次未作记录，不影响开单。请从医生站重新打开。",
        "It is over. Earlier choices are kept, this one was not recorded; ordering goes on. Open it again from your"
        " system.",
    ),
    "origin": Text(
        "来源未登记，已拒绝。未作任何记录，不影响开单。请联系信息科登记本系统的页面地址。",
        "The page around this one is not registered. Nothing was recorded; ordering goes on. Have it registered.",
    ),
    "disabled": Text(
        "本系统的接入已停用。未作任何记录，不影响开单。请联系信息科。",
        "This system may not call any more. Nothing was recorded; ordering goes on. Call your IT department.",
    ),
    "order": Text(
        "该申请不在本页中，或内容被改动。未作任何记录，请从医生站重新打开。",
        "This order is not on the page, or was altered. Nothing was recorded; open it again from your system.",
    ),
    "away": Text(
        "互认登记暂时没有响应，不影响开单。未作任何记录，可稍后再打开。",
        "The registry does not answer for now; ordering goes on. Nothing was recorded; open it again later.",
    ),
    "malformed": Text(
        "提交的内容有误，未作任何记录。请返回重试。",
        "What was sent is malformed. Nothing was recorded; go back and try again.",
    ),
    "images": Text(
        "影像暂时不能调阅。已作的选择不受影响，请稍后再试。",
        "The images cannot be opened for now. Choices made are kept; try again later.",
    ),
}
