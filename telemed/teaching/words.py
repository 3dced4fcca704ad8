"""What is refused, in words."""

from __future__ import annotations

from telemed.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from telemed.teaching.states import Refusal


def no_such_case() -> NotFound:
    return NotFound("unknown-teaching-case", "找不到该教学病例。", "There is no such teaching case.")


def no_such_consultation() -> NotFound:
    return NotFound("unknown-consultation", "找不到该会诊。", "There is no such consultation.")


def not_signed() -> Conflict:
    return Conflict(
        "opinion-not-signed",
        "会诊意见尚未签发，不能提交教学病例。未作任何改动。",
        "The opinion is not signed yet; nothing can go to the teaching file. Nothing was changed.",
    )


def identifier_in_text(amount: int) -> Invalid:
    return Invalid(
        "identifier-in-text",
        f"文字中有 {amount} 处患者、人员、机构的名称或号码。请删改后再提交；未作任何改动。",
        f"The texts hold {amount} names or numbers of the patient, of people or institutions. "
        "Take them out and try again; nothing was changed.",
        amount=amount,
    )


def no_series() -> Invalid:
    return Invalid(
        "unknown-series",
        "所选序列不属于该会诊，或没有影像。未作任何改动。",
        "A chosen series is none of this consultation's, or has no images. Nothing was changed.",
    )


def too_many(limit: int) -> Invalid:
    return Invalid(
        "too-many-images",
        f"所选影像超过 {limit} 幅，请减少序列。未作任何改动。",
        f"More than {limit} images were chosen; choose fewer series. Nothing was changed.",
        limit=limit,
    )


def moved_on() -> Conflict:
    return Conflict(
        "teaching-case-changed",
        "该教学病例已有变动，请重新查看后再操作。未作任何改动。",
        "The case has changed meanwhile; look at it again and decide anew. Nothing was changed.",
    )


def used_id() -> Conflict:
    return Conflict(
        "id-in-use", "该编号已被使用。未作任何改动。", "This id is in use for something else. Nothing was changed."
    )


def refused(why: Refusal) -> DomainError:
    match why:
        case Refusal.NOT_NOW:
            return Conflict(
                "not-in-this-state",
                "当前状态下不能这样做，请刷新查看。未作任何改动。",
                "This cannot be done in the present state; look again. Nothing was changed.",
            )
        case Refusal.NOT_YOURS:
            return Forbidden(
                "not-your-part",
                "须由另一人完成：提出人整理，第二人审核放行。未作任何改动。",
                "That is another one's part: who proposed prepares, a second person releases. Nothing was changed.",
            )
        case Refusal.UNDECIDED:
            return Conflict(
                "images-undecided",
                "还有被标出的影像未逐一查看。未作任何改动。",
                "Flagged images are still to be looked at. Nothing was changed.",
            )
        case Refusal.NO_IMAGE:
            return Conflict(
                "no-image-left",
                "没有可放行的影像，请至少保留一幅。未作任何改动。",
                "No image would be left; keep at least one. Nothing was changed.",
            )
        case Refusal.NO_REASON:
            return Invalid("reason-needed", "请写明原因。未作任何改动。", "Say why. Nothing was changed.")


def copy_away() -> NotFound:
    return NotFound("no-picture", "该影像暂时无法显示。", "This image cannot be shown.")
