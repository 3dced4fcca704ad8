"""RFC 9457 problem documents in both languages: what happened, what was kept, what to do next."""

from __future__ import annotations

from uuid import UUID

import msgspec
from aiohttp import web

from telemed.errors import DomainError
from telemed.vocabulary import Text


class Problem(msgspec.Struct, frozen=True):
    """One refusal. code: stable word to switch on. request_id: to read out on the phone."""

    type: str
    title: str
    status: int
    code: str
    zh: str
    en: str
    request_id: str
    facts: dict[str, str | int]


TOO_LARGE = Text(
    "内容过大，未接收。请减小后重试。", "The content is too large and was not taken. Reduce it and try again."
)
MALFORMED = Text("请求格式有误，未作任何改动。", "The request is malformed; nothing was changed.")
NOT_SIGNED_IN = Text("请先登录。未作任何改动。", "Please sign in. Nothing was changed.")
LOCKED = Text("屏幕已锁定，请输入密码解锁；草稿已保留。", "The screen is locked; enter the password. Drafts are kept.")
SECOND_FACTOR = Text(
    "需要本班次的动态口令验证。",
    "A one-time code is needed once per shift before this step.",
)
NOT_FOR_GUESTS = Text(
    "来宾只能使用受邀的会诊室。未作任何改动。", "A guest may use the room of the invitation alone. Nothing was changed."
)
NOT_ALLOWED = Text("您的角色不能进行此操作。未作任何改动。", "Your role does not allow this. Nothing was changed.")
TOKEN_REFUSED = Text("令牌不被接受。未作任何改动。", "The token is not accepted. Nothing was changed.")
NOT_ALLOWED_SYSTEM = Text("该系统不能进行此操作。未作任何改动。", "This system may not do this. Nothing was changed.")
FORGED = Text(
    "请求来源校验失败，未作任何改动。请刷新页面后重试。",
    "The request's origin could not be verified; nothing was changed. Reload the page and try again.",
)
TOO_MANY = Text("请求过于频繁，请稍候再试。", "Too many requests; please wait a moment.")
NO_ROUTE = Text("没有这个地址。", "There is nothing at this address.")
BUG = Text(
    "系统内部错误，未作任何改动。请记下编号并联系管理员。",
    "An internal error; nothing was changed. Note the number and call the administrator.",
)


def of_error(error: DomainError, request_id: UUID) -> Problem:
    return Problem(
        type=f"/problems/{error.code}",
        title=error.zh,
        status=error.status,
        code=error.code,
        zh=error.zh,
        en=error.en,
        request_id=str(request_id),
        facts=error.facts,
    )


def of_text(code: str, status: int, text: Text, request_id: UUID, **facts: str | int) -> Problem:
    return Problem(
        type=f"/problems/{code}",
        title=text.zh,
        status=status,
        code=code,
        zh=text.zh,
        en=text.en,
        request_id=str(request_id),
        facts=facts,
    )


def response(problem: Problem) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    if problem.status == 429:
        headers["Retry-After"] = str(problem.facts.get("retry_after", 1))
    return web.Response(
        body=msgspec.json.encode(problem),
        status=problem.status,
        content_type="application/problem+json",
        headers=headers,
    )
