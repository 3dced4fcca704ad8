"""The words of states and refusals, Chinese and English (docs/reference/glossary.md)."""

from __future__ import annotations

from telemed.errors import Conflict, Forbidden, Invalid, NotFound
from telemed.vocabulary import Text

STATES: dict[str, Text] = {
    "receiving": Text("上传中", "Uploading"),
    "awaiting-match": Text("待匹配检查", "Unmatched study"),
    "awaiting-reading": Text("待诊断", "Awaiting reading"),
    "reading": Text("诊断中", "Reading"),
    "returned": Text("待修改", "Returned to author"),
    "on-hold": Text("疑难挂起", "On hold (difficult)"),
    "returned-to-site": Text("退回机构", "Returned to site"),
    "awaiting-verification": Text("待审核", "Awaiting verification"),
    "awaiting-formal-review": Text("待补审", "Awaiting formal review"),
    "verifying": Text("审核中", "Verifying"),
    "signed": Text("已签发", "Signed"),
    "delivered": Text("已送达", "Delivered"),
    "viewed": Text("已查看/已打印", "Viewed / Printed"),
    "needs-recheck": Text("待复核", "Needs re-check"),
    "void": Text("报告作废", "Void (entered in error)"),
    "canceled": Text("已取消", "Canceled"),
}

NOTHING = Text("未作任何改动。", "Nothing was changed.")


def moved_on(state: str) -> Conflict:
    """The command does not fit the state the reading has come to."""
    text = STATES[state]
    return Conflict(
        "reading-moved-on",
        f"该检查现为“{text.zh}”，不能执行此操作。未作任何改动，请刷新后再决定。",
        f"The reading is now “{text.en}”, where this cannot be done. Nothing was changed; reload and decide anew.",
        state=state,
    )


def no_such_reading() -> NotFound:
    return NotFound("unknown-reading", "找不到该检查。", "There is no such reading.")


def held_by_another(name: str) -> Conflict:
    return Conflict(
        "claimed-by-another",
        f"该检查由{name}领取。未作任何改动；确有需要可“接管”并说明理由。",
        f"{name} has claimed this reading. Nothing was changed; take it over with a reason if need be.",
    )


def assigned_to_another() -> Conflict:
    return Conflict(
        "assigned-to-another",
        "该检查已指定由原报告医师处理。未作任何改动；确有需要可“接管”并说明理由。",
        "This reading is assigned to its author. Nothing was changed; take it over with a reason if need be.",
    )


def not_your_side(*, county: bool) -> Forbidden:
    if county:
        return Forbidden(
            "county-reads",
            "该步骤由县影像诊断中心完成。未作任何改动。",
            "The county centre does this step. Nothing was changed.",
        )
    return Forbidden(
        "site-writes",
        "按阅片模式，该步骤由检查机构完成。未作任何改动。",
        "By the reading mode, the examining institution does this step. Nothing was changed.",
    )


def same_person() -> Forbidden:
    return Forbidden(
        "verifier-is-author",
        "审核医师不能是报告医师本人；仅急诊且写明理由时可以。未作任何改动。",
        "The verifier may not be the author; only for an emergency, with the reason recorded. Nothing was changed.",
    )


def edited_meanwhile(revision: int) -> Conflict:
    return Conflict(
        "draft-moved-on",
        "草稿已在另一窗口保存过。本窗口的文字仍在，请对照后再保存。",
        "The draft was saved in another window. The text of this window is still here; compare before saving.",
        revision=revision,
    )


def other_patient() -> Conflict:
    return Conflict(
        "images-of-another-patient",
        "影像与报告不是同一患者。未签名，未作任何改动；请关闭另一患者的影像窗口。",
        "Images and report are not of the same patient. Nothing was signed; close the other patient's window.",
    )


def needs_reason() -> Invalid:
    return Invalid("reason-needed", "请填写理由。未作任何改动。", "A reason is needed. Nothing was changed.")
