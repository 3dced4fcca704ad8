"""A message as it goes out: a CloudEvents 1.0 document under the three headers of Standard Webhooks.  Pure.

CloudEvents 1.0.2 3.1 and its JSON format, structured mode; Standard Webhooks, "Signature scheme" (`v1`: HMAC-SHA256).
docs/adr/0020-messages-are-cloudevents-signed-as-standard-webhooks.md
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from telemed.vocabulary import NoticeKind, Text

MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
PREFIX = "telemed."
#: How far a message's clock may be from the verifier's (Standard Webhooks, "Verifying": replay).
TOLERANCE = timedelta(minutes=5)

URGENCIES: Mapping[str, Text] = {
    "immediate": Text("特急", "Immediate "),
    "urgent": Text("急", "Urgent "),
    "routine": Text("", ""),
    "": Text("", ""),
}
#: A sentence a gateway may send on as it is; {urgency} {place} {department} {at} {n} are filled in.
SENTENCES: Mapping[NoticeKind, Text] = {
    NoticeKind.WAITING: Text(
        "{urgency}会诊待分诊：{place} → {department}。", "{urgency}consultation to triage: {place} → {department}."
    ),
    NoticeKind.ASKED: Text(
        "{urgency}会诊请您接诊：{place} → {department}，请于 {at} 前应答。",
        "{urgency}consultation asks for you: {place} → {department}; please answer by {at}.",
    ),
    NoticeKind.DUE_SOON: Text(
        "{urgency}会诊即将超时：{place} → {department}，应答时限 {at}。",
        "{urgency}consultation nearly overdue: {place} → {department}, to be answered by {at}.",
    ),
    NoticeKind.OVERDUE: Text(
        "{urgency}会诊超时未接诊：{place} → {department}。",
        "{urgency}consultation not accepted in time: {place} → {department}.",
    ),
    NoticeKind.NO_LONGER_ASKED: Text(
        "会诊已不再请您接诊（改请他人或超时）：{place} → {department}。",
        "A consultation no longer asks for you (somebody else is asked, or time ran out): {place} → {department}.",
    ),
    NoticeKind.ACCEPTED: Text("{department}专家已接诊您的会诊申请。", "The expert of {department} has accepted."),
    NoticeKind.DECLINED: Text("会诊申请已谢绝：{department}。", "The consultation was declined: {department}."),
    NoticeKind.INFORMATION_NEEDED: Text(
        "会诊需要补充资料：{department}。", "The consultation needs more information: {department}."
    ),
    NoticeKind.INFORMED: Text("{place}已补充会诊资料。", "{place} has answered what the consultation asked for."),
    NoticeKind.SCHEDULED: Text(
        "会诊已预约：{place} → {department}，{at}。", "Consultation appointed: {place} → {department}, {at}."
    ),
    NoticeKind.REMINDER: Text(
        "会诊即将开始：{place} → {department}，{at}。", "A consultation begins soon: {place} → {department}, {at}."
    ),
    NoticeKind.BEGUN: Text(
        "会诊已开始，请进入会诊室：{place} → {department}。",
        "The consultation has begun, please join its room: {place} → {department}.",
    ),
    NoticeKind.MISSED: Text("会诊有人未到：{place} → {department}。", "Somebody did not come: {place} → {department}."),
    NoticeKind.FAILED: Text(
        "会诊技术故障，请电话联系：{place} → {department}。",
        "The line of a consultation failed, please telephone: {place} → {department}.",
    ),
    NoticeKind.OPINION_SIGNED: Text("{department}会诊意见已签发。", "The opinion of {department} is signed."),
    NoticeKind.ADDENDUM_SIGNED: Text(
        "{department}会诊意见有补充，已签发。", "An addendum to the opinion of {department} is signed."
    ),
    NoticeKind.WITHDRAWN: Text("{place}已撤回会诊申请。", "{place} has withdrawn the consultation."),
    NoticeKind.CONVERTED: Text(
        "会诊已转办：{place} → {department}。", "Consultation converted: {place} → {department}."
    ),
    NoticeKind.KNOCKED: Text("会诊室外有人等候进入。", "Somebody waits to be let into a consultation's room."),
    NoticeKind.DUTY_GAPS: Text(
        "未来 24 小时有 {n} 个班次联系不上或不能接诊，请核对排班。",
        "{n} turns of duty within a day cannot be reached or may not answer: check the roster.",
    ),
    NoticeKind.TEST: Text("这是一条测试消息。", "This is a test message."),
}


class Told(msgspec.Struct, frozen=True):
    """Who hears it.  staff_number: as the own institution knows one.  phone: only where a receiver may have it."""

    role: str
    practitioner_id: UUID
    staff_number: str
    organization_code: str
    phone: str = ""


class Facts(msgspec.Struct, frozen=True):
    """What a message says, looked up when it is sent; ids, codes, clocks and the names of places.

    subject_kind: consultation, room, duty or receiver.  department_zh, _en: '' where none is told of.
    """

    id: UUID
    kind: NoticeKind
    subject_kind: str
    subject: UUID
    told_at: datetime
    urgency: str
    department: str
    department_text: Text
    organization_id: UUID | None
    organization_code: str
    organization_name: str
    due_at: datetime | None
    starts_at: datetime | None
    amount: int | None
    path: str
    to: tuple[Told, ...]


def body(facts: Facts, public_url: str, at: Text) -> bytes:
    """The document.  at: the clock that is told, written for people, '' where none is."""
    filled = [
        getattr(SENTENCES[facts.kind], language).format(
            urgency=getattr(URGENCIES[facts.urgency], language),
            place=facts.organization_name,
            department=getattr(facts.department_text, language),
            at=getattr(at, language),
            n=facts.amount,
        )
        for language in ("zh", "en")
    ]
    english = filled[1][:1].upper() + filled[1][1:]
    place: dict[str, Any] | None = None
    if facts.organization_id is not None:
        place = {"id": facts.organization_id, "code": facts.organization_code, "name": facts.organization_name}
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": facts.id,
            "source": public_url,
            "type": f"{PREFIX}{facts.kind.value}",
            "subject": f"{facts.subject_kind}/{facts.subject}",
            "time": facts.told_at,
            "datacontenttype": "application/json",
            "data": {
                "urgency": facts.urgency or None,
                "department": facts.department or None,
                "institution": place,
                "due_at": facts.due_at,
                "starts_at": facts.starts_at,
                "amount": facts.amount,
                "link": f"{public_url}{facts.path}",
                "to": [_told(one) for one in facts.to],
                "text": {"zh-CN": filled[0], "en": english},
            },
        }
    )


def _told(one: Told) -> dict[str, Any]:
    said: dict[str, Any] = {
        "role": one.role,
        "practitioner_id": one.practitioner_id,
        "organization_code": one.organization_code,
        "staff_number": one.staff_number,
    }
    return {**said, "phone": one.phone} if one.phone else said


def headers(message_id: UUID, content: bytes, now: datetime, keys: Sequence[bytes]) -> dict[str, str]:
    """The headers of one attempt.  keys: one, or the new and the old one while a receiver changes over."""
    at = int(now.timestamp())
    signatures = " ".join(f"v1,{signature(key, str(message_id), at, content)}" for key in keys)
    return {
        "Content-Type": MEDIA_TYPE,
        "webhook-id": str(message_id),
        "webhook-timestamp": str(at),
        "webhook-signature": signatures,
    }


def signature(key: bytes, message_id: str, at: int, content: bytes) -> str:
    """HMAC-SHA256 over id, time and content, in base64."""
    made = hmac.digest(key, f"{message_id}.{at}.".encode() + content, "sha256")
    return base64.b64encode(made).decode("ascii")
