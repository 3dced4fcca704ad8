"""What is said where a step is refused: what happened, what was kept, what to do next."""

from __future__ import annotations

from collections.abc import Collection

from telemed.consultation.model.guards import WORDS, Concern
from telemed.consultation.model.states import Refusal
from telemed.errors import Conflict, Forbidden, Invalid, NotFound


def no_such_consultation() -> NotFound:
    return NotFound("unknown-consultation", "找不到该会诊申请。", "There is no such consultation.")


def refused(refusal: Refusal) -> Conflict | Forbidden | Invalid:
    match refusal:
        case Refusal.NOT_NOW:
            return Conflict(
                refusal.value,
                "会诊申请的状态已变化，不能执行此操作。未作任何改动，请刷新后查看。",
                "The consultation's state does not admit this any more. Nothing was changed: look again.",
            )
        case Refusal.NOT_ASKED:
            return Forbidden(
                refusal.value,
                "该会诊未邀请您，或已由他人接诊。未作任何改动。",
                "You are not asked in this consultation, or another expert has accepted. Nothing was changed.",
            )
        case Refusal.REASON_NEEDED:
            return Invalid(refusal.value, "请填写理由。未作任何改动。", "A reason is needed. Nothing was changed.")


def not_your_part() -> Forbidden:
    return Forbidden(
        "not-your-part",
        "此操作由另一方办理。未作任何改动。",
        "Another party to the consultation does this. Nothing was changed.",
    )


def taken_by(name: str) -> Conflict:
    return Conflict(
        "accepted-by-another",
        f"已由{name}接诊。未作任何改动。",
        f"{name} has accepted already. Nothing was changed.",
    )


def stopped(concerns: Collection[Concern]) -> Conflict:
    """Each ground in its own sentence; the first one's code."""
    several = sorted(concerns)
    return Conflict(
        several[0].value,
        "".join(WORDS[one].zh for one in several) + "未作任何改动。",
        " ".join(WORDS[one].en for one in several) + " Nothing was changed.",
    )


def written_meanwhile() -> Conflict:
    return Conflict(
        "written-meanwhile",
        "该内容已在别处修改。您输入的内容未保存，请核对后重新提交。",
        "Somebody else wrote meanwhile. What you entered was not kept: compare it and send it again.",
    )


def added_meanwhile() -> Conflict:
    return Conflict(
        "opinion-added-meanwhile",
        "专家在您查看之后签发了补充意见。未作任何改动，请看完补充意见后再决定。",
        "The expert has signed an addendum since you looked. Nothing was changed: read it, then decide.",
    )


def addendum_incomplete() -> Invalid:
    return Invalid(
        "addendum-is-empty",
        "签发前须填写补充原因和补充意见。草稿已保留。",
        "A reason and a text are needed before an addendum is signed. The draft was kept.",
    )


def too_many_addenda() -> Conflict:
    return Conflict(
        "too-many-addenda",
        "该会诊意见已有 20 份补充意见。草稿已保留，请另行申请会诊。",
        "This opinion has 20 addenda. The draft was kept: ask for another consultation.",
    )


def works_elsewhere() -> Forbidden:
    return Forbidden(
        "works-elsewhere",
        "您已不在出具该意见的机构，不能以其印章签发。草稿已保留，请另行申请会诊。",
        "You no longer work at the institution whose seal the opinion has. The draft was kept: ask for another "
        "consultation.",
    )


def no_such_addendum() -> NotFound:
    return NotFound(
        "unknown-addendum", "找不到该补充意见。未作任何改动。", "There is no such addendum. Nothing was changed."
    )


def answered_already() -> Conflict:
    return Conflict(
        "addendum-answered",
        "该补充意见已有决定。未作任何改动，请刷新查看。",
        "This addendum was decided on already. Nothing was changed: look again.",
    )


def incomplete() -> Invalid:
    return Invalid(
        "request-incomplete",
        "提交前须填写病情摘要和会诊问题。草稿已保留。",
        "History and question are needed before it is sent. The draft was kept.",
    )


def not_of_the_patient() -> Invalid:
    return Invalid(
        "study-of-another",
        "所选检查不属于该患者。未作任何改动。",
        "A study that was chosen is not of this patient. Nothing was changed.",
    )


def unknown_department() -> Invalid:
    return Invalid(
        "unknown-department", "没有这个诊疗科目。未作任何改动。", "There is no such department. Nothing was changed."
    )


def no_such_expert() -> NotFound:
    return NotFound("unknown-expert", "找不到该专家。未作任何改动。", "There is no such expert. Nothing was changed.")


def no_such_institution() -> NotFound:
    return NotFound(
        "unknown-institution",
        "找不到该机构，或该编号已用于另一份协议。未作任何改动。",
        "There is no such institution, or the id is another agreement's. Nothing was changed.",
    )


def too_far() -> Invalid:
    return Invalid(
        "appointment-too-far",
        "预约时间不能晚于一年之后。未作任何改动。",
        "An appointment lies within a year. Nothing was changed.",
    )


def busy(number: str) -> Conflict:
    return Conflict(
        "appointment-conflict",
        f"该时段与会诊 {number} 冲突。未作任何改动，请另选时间。",
        f"The time touches consultation {number}. Nothing was changed: choose another.",
    )


def in_the_past() -> Invalid:
    return Invalid(
        "appointment-in-the-past",
        "预约时间须在当前时间之后。未作任何改动。",
        "An appointment lies in the future. Nothing was changed.",
    )


def line_is_taken() -> Conflict:
    return Conflict(
        "duty-line-taken",
        "该线该时段已有人值班。未作任何改动。",
        "Somebody stands on that line at some of the time. Nothing was changed.",
    )


def not_your_turn() -> Conflict:
    return Conflict(
        "not-on-duty",
        "现在不是您的班次，或该班次已取消。未作任何改动。",
        "It is not your turn of duty now, or the turn was cancelled. Nothing was changed.",
    )
