"""/api/readings/{id}/…: return to the site, its answer, hold, priority, grade."""

from __future__ import annotations

from telemed.http.wire import Call, Endpoint, Nothing
from telemed.reading.model.states import Hold
from telemed.reading.routes.desk import Desk, reading_of
from telemed.reading.routes.messages import (
    AnswerBody,
    GradeBody,
    HoldBody,
    PriorityBody,
    ReasonBody,
    ReturnToSiteBody,
)
from telemed.reading.service import site, submission
from telemed.vocabulary import Action, Text


class SiteRoutes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def send_back(self, call: Call[Nothing, ReturnToSiteBody]) -> None:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            call.about("site-return", await site.send_back(acting, reading_of(call), body.kind, body.note))

    async def limit(self, call: Call[Nothing, ReasonBody]) -> None:
        async with call.transaction() as tx:
            await site.limit_report(self._desk.acting(call, tx), reading_of(call), call.body.reason)

    async def answer(self, call: Call[Nothing, AnswerBody]) -> None:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            await site.answer_return(acting, reading_of(call), body.outcome, body.answer)

    async def hold(self, call: Call[Nothing, HoldBody]) -> None:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            await site.put_on_hold(acting, reading_of(call), Hold(body.hold), body.note)

    async def resume(self, call: Call[Nothing, Nothing]) -> None:
        async with call.transaction() as tx:
            await site.resume_reading(self._desk.acting(call, tx), reading_of(call))

    async def priority(self, call: Call[Nothing, PriorityBody]) -> None:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            await site.set_priority(acting, reading_of(call), body.priority, body.reason)

    async def grade(self, call: Call[Nothing, GradeBody]) -> None:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            await submission.record_grade(acting, reading_of(call), body.grade, body.reasons, body.note)


def site_endpoints(desk: Desk) -> list[Endpoint]:
    routes = SiteRoutes(desk)
    write = Action.READING_WRITE
    return [
        Endpoint(
            "POST",
            "/api/readings/{id}/return-to-site",
            Action.READING_RETURN_SITE,
            routes.send_back,
            Text("退回机构", "Return to site"),
            body=ReturnToSiteBody,
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/readings/{id}/limit",
            write,
            routes.limit,
            Text("限制性报告", "Limited report"),
            body=ReasonBody,
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/readings/{id}/answer",
            Action.READING_ANSWER_SITE,
            routes.answer,
            Text("机构答复", "The site's answer"),
            body=AnswerBody,
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/readings/{id}/hold",
            write,
            routes.hold,
            Text("疑难挂起", "Put on hold"),
            body=HoldBody,
            status=204,
        ),
        Endpoint("POST", "/api/readings/{id}/resume", write, routes.resume, Text("继续阅片", "Resume"), status=204),
        Endpoint(
            "POST",
            "/api/readings/{id}/priority",
            write,
            routes.priority,
            Text("调整优先级", "Change the priority"),
            body=PriorityBody,
            status=204,
        ),
        Endpoint(
            "POST",
            "/api/readings/{id}/grade",
            write,
            routes.grade,
            Text("图像质量评级", "Grade the images"),
            body=GradeBody,
            status=204,
        ),
    ]
