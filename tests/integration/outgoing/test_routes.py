"""What an administrator sees of messages and does about them, over HTTP; every act is audited."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer

from telemed.config import Config
from telemed.county import assemble, gate
from telemed.endpoints import endpoints
from telemed.http.server import Server
from telemed.outgoing.model import MOST_REFUSALS, Answer
from telemed.outgoing.sending import install
from telemed.vocabulary import Role
from tests.hiring import hire, signed_in
from tests.integration.outgoing.conftest import Post
from tests.integration.outgoing.receiver import Gateway


@dataclass
class Office:
    client: TestClient[Any, Any]
    post: Post
    token: str

    async def call(self, method: str, path: str) -> tuple[int, Any]:
        async with self.client.request(method, f"/api/outgoing/{path}", headers=signed_in(self.token)) as answer:
            return answer.status, await answer.json(content_type=None)

    async def receiver(self) -> dict[str, Any]:
        _, found = await self.call("GET", "receivers")
        return found["items"][0]


@pytest.fixture
async def office(post: Post) -> AsyncGenerator[Office]:
    _, token = await hire(post.pool, post.place, Role.SYSTEM_ADMIN, now=post.now)
    assembled = assemble(Config(), post.pool, key=bytes(32), clock=post.clock)
    server = Server(endpoints(assembled), pool=post.pool, gate=gate(assembled), clock=post.clock)
    async with TestClient(TestServer(server.application())) as client:
        yield Office(client, post, token)


async def undelivered(post: Post, gateway: Gateway, **other: Any) -> Any:
    """A message that its receiver has refused for good; who sends."""
    gateway.answers = [(422, {})]
    worker = await post.receives(post.sender(gateway.url))
    await post.tell(**other)
    for _ in range(MOST_REFUSALS):
        await worker.step()
        post.later(seconds=90)
    gateway.answers = [(204, {})]
    return worker


async def test_receivers_stand_with_their_queue_and_last_success(office: Office, gateway: Gateway):
    post = office.post
    worker = await post.receives(post.sender(gateway.url))
    await post.tell()
    await worker.step()
    await post.tell()
    one = await office.receiver()
    assert (one["name"], one["origin"], one["state"]) == ("gateway", "https://gateway.example", "on")
    assert (one["waiting"], one["given_up"], one["sent"], one["failures"]) == (1, 0, 1, 0)
    assert one["last_success_at"] == post.now.isoformat().replace("+00:00", "Z")
    assert one["oldest"] is not None


async def test_what_was_not_delivered_is_listed_with_its_reason_and_sent_again(office: Office, gateway: Gateway):
    worker = await undelivered(office.post, gateway)
    _, found = await office.call("GET", "messages")
    (one,) = found["items"]
    assert (one["kind"], one["last_fault"], one["last_status"]) == ("consultation.asked", "refused-422", 422)
    assert one["organization_name"] == "石泉镇卫生院"
    assert await office.call("POST", f"messages/{one['id']}/retry") == (204, None)
    assert await worker.step() is True
    assert gateway.came[-1].id == one["id"]
    assert (await office.call("GET", "messages"))[1]["items"] == []
    status, problem = await office.call("POST", f"messages/{one['id']}/retry")
    assert (status, problem["code"]) == (409, "message-is-over")
    audited = await office.post.rows("select outcome from audit_event where action = 'outgoing.manage' order by id")
    assert audited == [("success",), ("refused",)]


async def test_all_of_a_receiver_is_sent_again_but_what_was_answered_meanwhile(office: Office, gateway: Gateway):
    post = office.post
    answered = uuid4()
    await undelivered(post, gateway, subject=answered, stands_in=("asked/qin",))
    worker = await undelivered(post, gateway)
    await post.stands(answered, "accepted")
    id_ = (await office.receiver())["id"]
    assert (await office.receiver())["given_up"] == 1
    assert await office.call("POST", f"receivers/{id_}/retry") == (200, {"amount": 1})
    assert [await worker.step(), await worker.step()] == [True, False]


async def test_a_test_message_goes_to_the_receiver_that_is_tried(office: Office, gateway: Gateway):
    post = office.post
    worker = await post.receives(post.sender(gateway.url), kinds=("room",), institutions=("LA99",))
    id_ = (await office.receiver())["id"]
    assert await office.call("POST", f"receivers/{id_}/test") == (204, None)
    await worker.step()
    assert gateway.kinds == ["test"]
    assert gateway.came[0].document["subject"] == f"receiver/{id_}"


async def test_a_receiver_that_wanted_no_more_is_asked_again_by_a_person(office: Office, gateway: Gateway):
    post = office.post
    gateway.answers = [(410, {})]
    worker = await post.receives(post.sender(gateway.url))
    await post.tell()
    await worker.step()
    id_ = (await office.receiver())["id"]
    for path in (f"receivers/{id_}/test", f"receivers/{id_}/retry"):
        status, problem = await office.call("POST", path)
        assert (status, problem["code"]) == (409, "receiver-is-off")
    assert await office.call("POST", f"receivers/{id_}/switch-on") == (204, None)
    gateway.answers = [(204, {})]
    assert await office.call("POST", f"receivers/{id_}/retry") == (200, {"amount": 1})
    assert await worker.step() is True


async def test_a_receiver_that_was_removed_stands_while_something_was_not_delivered_to_it(
    office: Office, gateway: Gateway
):
    await undelivered(office.post, gateway)
    async with office.post.pool.transaction() as tx:
        await install(tx, [], office.post.now)
    assert (await office.receiver())["state"] == "removed"
    status, _ = await office.call("POST", f"receivers/{(await office.receiver())['id']}/switch-on")
    assert status == 404


@pytest.mark.parametrize(
    "path", ["receivers/{}/test", "receivers/{}/retry", "receivers/{}/switch-on", "messages/{}/retry"]
)
async def test_what_is_unknown_is_not_found(office: Office, path: str):
    assert (await office.call("POST", path.format(uuid4())))[0] == 404
    assert (await office.call("POST", path.format("x")))[0] == 404


async def test_messages_are_listed_page_by_page(office: Office):
    post = office.post

    async def nobody(_id: UUID, _document: bytes) -> Answer:
        return Answer(None)

    await post.receives(nobody)
    for _ in range(52):
        await post.tell()
        post.later(seconds=1)
    _, first = await office.call("GET", "messages?state=waiting")
    _, second = await office.call("GET", f"messages?state=waiting&after={first['next'].replace('+', '%2B')}")
    assert (len(first["items"]), len(second["items"]), second["next"]) == (50, 2, None)
    assert len({one["id"] for one in first["items"] + second["items"]}) == 52
