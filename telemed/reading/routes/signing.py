"""/api/readings/{id}/…: submit, sign, return, withdraw, amend, void."""

from __future__ import annotations

from typing import Any

from telemed.http.wire import Call, Endpoint, Nothing
from telemed.reading.model.states import Purpose
from telemed.reading.routes.desk import Desk, reading_of
from telemed.reading.routes.messages import (
    AmendBody,
    CallBody,
    ReasonBody,
    SecondFinalBody,
    SignAloneBody,
    SignBody,
    SubmitBody,
    VoidBody,
)
from telemed.reading.service import amendments, submission, verification
from telemed.reading.service.signing import Confirmed, Looked, OnScreen, confirm_password
from telemed.vocabulary import Action, Text


class SigningRoutes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def submit(self, call: Call[Nothing, SubmitBody]) -> None:
        async with call.transaction() as tx:
            acting, screen = self._desk.acting(call, tx), self._screen(call)
            await submission.submit_reading(acting, reading_of(call), screen, self._desk.signatures)

    async def preliminary(self, call: Call[Nothing, SignAloneBody]) -> None:
        confirmed = await self._confirmed(call, call.body.password)
        async with call.transaction() as tx:
            acting, screen, signatures = self._desk.acting(call, tx), self._screen(call), self._desk.signatures
            report = await submission.release_emergency(acting, reading_of(call), screen, confirmed, signatures)
            call.about("report", report)

    async def sign_alone(self, call: Call[Nothing, SignAloneBody]) -> None:
        confirmed = await self._confirmed(call, call.body.password)
        async with call.transaction() as tx:
            acting, screen, signatures = self._desk.acting(call, tx), self._screen(call), self._desk.signatures
            report = await submission.sign_alone(acting, reading_of(call), screen, confirmed, signatures)
            call.about("report", report)

    async def recall(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            await submission.recall_submission(self._desk.acting(call, tx), reading_of(call))

    async def return_to_author(self, call: Call[Nothing, ReasonBody]) -> None:
        async with call.transaction() as tx:
            acting = self._desk.acting(call, tx)
            await verification.return_for_changes(acting, reading_of(call), call.body.reason)

    async def sign(self, call: Call[Nothing, SignBody]) -> None:
        body = call.body
        confirmed = await self._confirmed(call, body.password)
        async with call.transaction() as tx:
            report = await verification.verify_and_sign(
                self._desk.acting(call, tx),
                reading_of(call),
                self._screen(call),
                confirmed,
                self._desk.signatures,
                agreement=body.agreement,
                single_reader_reason=body.single_reader_reason,
            )
            call.about("report", report)

    async def withdraw(self, call: Call[Nothing, ReasonBody]) -> None:
        async with call.transaction() as tx:
            acting = self._desk.acting(call, tx)
            await verification.withdraw_signature(acting, reading_of(call), call.body.reason)

    async def amend(self, call: Call[Nothing, AmendBody]) -> None:
        async with call.transaction() as tx:
            acting, purpose = self._desk.acting(call, tx), Purpose(call.body.purpose)
            await amendments.begin_amendment(acting, reading_of(call), purpose, call.body.reason)

    async def abandon(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            await amendments.abandon_amendment(self._desk.acting(call, tx), reading_of(call))

    async def void(self, call: Call[Nothing, VoidBody]) -> None:
        confirmed = await self._confirmed(call, call.body.password)
        async with call.transaction() as tx:
            acting, reason = self._desk.acting(call, tx), call.body.reason
            report = await amendments.void_report(acting, reading_of(call), reason, confirmed, self._desk.signatures)
            call.about("report", report)

    async def recheck(self, call: Call[Nothing, ReasonBody]) -> None:
        async with call.transaction() as tx:
            acting = self._desk.acting(call, tx)
            await amendments.confirm_unchanged(acting, reading_of(call), call.body.reason)

    async def second_final(self, call: Call[Nothing, SecondFinalBody]) -> None:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            await amendments.record_second_final(acting, reading_of(call), body.text, body.source)

    async def told(self, call: Call[Nothing, CallBody]) -> None:
        discrepancy_id, body = call.uuid("id"), call.body
        call.about("discrepancy", discrepancy_id)
        async with call.transaction() as tx:
            await amendments.record_phone_call(
                self._desk.acting(call, tx),
                discrepancy_id,
                told_name=body.told_name,
                told_staff_number=body.told_staff_number,
                told_at=body.told_at,
                read_back=body.read_back,
            )

    async def _confirmed(self, call: Call[Any, Any], password: str) -> Confirmed:
        """Asked before the transaction: a wrong password is counted even though nothing is signed."""
        return await confirm_password(self._desk.signatures, call.principal, password, call.now)

    @staticmethod
    def _screen(call: Call[Any, Any]) -> OnScreen:
        body: SubmitBody = call.body
        looked = Looked(body.unseen_series, body.unseen_instances, body.preview_only)
        call.detail["unseen-series"] = body.unseen_series
        call.detail["preview-only"] = int(body.preview_only)
        return OnScreen(body.revision, body.study_instance_uid, looked)


def signing_endpoints(desk: Desk) -> list[Endpoint]:
    routes = SigningRoutes(desk)
    write, verify, amend = Action.READING_WRITE, Action.READING_VERIFY, Action.REPORT_AMEND

    def act(name: str, action: Action, handler: object, summary: Text, body: type | None = None) -> Endpoint:
        extra = {} if body is None else {"body": body}
        path = f"/api/readings/{{id}}/{name}"
        return Endpoint("POST", path, action, handler, summary, status=204, second_factor=True, **extra)  # pyright: ignore[reportArgumentType]

    return [
        act("submit", write, routes.submit, Text("提交审核", "Submit"), SubmitBody),
        act("preliminary", write, routes.preliminary, Text("急诊临时报告", "Emergency preliminary"), SignAloneBody),
        act("sign-alone", write, routes.sign_alone, Text("本院自报签发", "Sign (self-reported)"), SignAloneBody),
        act("recall", write, routes.recall, Text("撤回提交", "Recall submission")),
        act("return", verify, routes.return_to_author, Text("退回修改", "Return to author"), ReasonBody),
        act("sign", verify, routes.sign, Text("审核签发", "Verify and sign"), SignBody),
        act("withdraw", write, routes.withdraw, Text("撤回签发", "Recall signature"), ReasonBody),
        act("amend", amend, routes.amend, Text("更正或补充报告", "Amend or append"), AmendBody),
        act("abandon", amend, routes.abandon, Text("放弃更正", "Give up the amendment")),
        act("void", amend, routes.void, Text("报告作废", "Void the report"), VoidBody),
        act("recheck", write, routes.recheck, Text("复核无变化", "Re-checked, unchanged"), ReasonBody),
        act(
            "second-final",
            amend,
            routes.second_final,
            Text("登记外部正式报告", "Record a second final"),
            SecondFinalBody,
        ),
        Endpoint(
            "POST",
            "/api/discrepancies/{id}/call",
            write,
            routes.told,
            Text("登记电话告知", "Record the phone call"),
            body=CallBody,
            status=204,
        ),
    ]
