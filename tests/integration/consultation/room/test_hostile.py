"""What a hostile, a loud or a slow client gets, and that nobody else notices."""

import asyncio
import json
import socket as sockets

import aiohttp
import pytest

from telemed.consultation.room import socket as socket_module
from telemed.consultation.room import store
from telemed.consultation.room.facts import Said
from telemed.consultation.room.protocol import MAX_FRAME
from tests.integration.consultation.room.conftest import (
    EXPERT,
    HOST,
    IMAGE,
    MODERATOR,
    OTHER,
    Client,
)

MARK = IMAGE | {"id": "m1", "tool": "length", "geom": [0, 0, 1000, 1000]}


# --- hostile clients


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "null",
        '{"t":"hello","v":1,"device":"again"}',
        '{"t":"welcome"}',
        '{"t":"cmd","cid":"c","k":"chat.msg","d":{"text":"\\u0000"}}',
        '{"t":"eph","k":"ptr","d":' + "[" * 20_000,
        '{"t":"eph","k":"rtc.offer","d":{"sdp":"v=0"}}',
        "x" * (MAX_FRAME + 1),
    ],
)
async def test_a_hostile_frame_ends_its_own_connection_alone(consultation, process, page, frame):
    hostile, other = await page(HOST).connect(process), await page(OTHER).connect(process)
    await hostile.say(frame)
    assert await hostile.closed() == 1008
    await other.until(lambda: other.state.members[HOST].st == "reconnecting")
    await other.do("chat.msg", {"text": "仍在"})
    await consultation.shows(other)


async def test_bytes_and_giant_frames_end_the_connection(consultation, process, page):
    host = await page(HOST).connect(process)
    await host.socket.send_bytes(b"\x00" * 10)
    assert await host.closed() == 1008
    await host.connect(process)
    await host.say("x" * (4 * MAX_FRAME + 1))
    assert await host.closed() in {1009, 1008}
    assert (await consultation.kept()).st == "open"


@pytest.mark.parametrize("first", ["", "{}", '{"t":"cmd","cid":"c","k":"chat.msg"}', b"\x00"])
async def test_whoever_does_not_say_hello_first_is_sent_away(consultation, process, http, first):
    socket = await http.ws_connect(process.server.make_url(f"/{consultation.id}/{HOST}"))
    await (socket.send_bytes(first) if isinstance(first, bytes) else socket.send_str(first))
    assert json.loads((await socket.receive(timeout=5)).data)["code"] == 1008
    await socket.receive(timeout=5)
    assert socket.close_code == 1008


async def test_whoever_says_nothing_is_sent_away_and_may_come_again(consultation, process, http, monkeypatch):
    monkeypatch.setattr(socket_module, "FIRST_MESSAGE", 0.05)
    socket = await http.ws_connect(process.server.make_url(f"/{consultation.id}/{HOST}"))
    bye = json.loads((await socket.receive(timeout=5)).data)
    assert (bye["code"], bye["reason"]) == (4015, "hello-late")
    assert bye["retry_ms"] > 0


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("chat.msg", {"text": "长" * 2001}, "malformed"),
        ("chat.msg", {"text": "x", "by": MODERATOR}, "malformed"),
        ("room.destroy", {}, "unknown-kind"),
        ("member.join", {"person": HOST, "gen": 99}, "not-by-socket"),
        ("opinion.sign", {"ver": 1, "sha256": "0" * 64}, "not-by-socket"),
        ("anno.add", MARK | {"geom": [1e3]}, "malformed"),
    ],
)
async def test_a_command_that_is_none_is_refused_and_the_talk_goes_on(process, page, kind, data, code):
    host = await page(HOST).connect(process)
    assert await host.refused(kind, data) == code
    await host.do("chat.msg", {"text": "go on"})


async def test_html_in_a_message_stays_the_text_it_is(consultation, process, page):
    host, expert = await page(HOST).connect(process), await page(EXPERT).connect(process)
    text = "<img src=x onerror=alert(1)>\u2028</script>&amp;'\"\\ \u202e龘𠮷"
    await host.do("chat.msg", {"text": text})
    await expert.sees(host.state.seq)
    assert [one.state.chat.last[-1].text for one in (host, expert)] == [text, text]
    await consultation.shows(host, expert)


async def test_a_flood_of_commands_is_refused_beyond_its_measure(consultation, process, page):
    host = await page(HOST).connect(process)
    for n in range(150):
        await host.send("chat.msg", {"text": str(n)})
    await host.until(lambda: sum(one["t"] in {"ok", "err"} for one in host.heard) == 150)
    refused = [one for one in host.heard if one["t"] == "err"]
    assert {one["code"] for one in refused} == {"too-fast"}
    assert 0 < len(refused) <= 90
    await consultation.shows(host)


async def test_a_presenters_keys_come_four_a_second(consultation, process, page):
    host = await page(HOST).connect(process)
    await host.do("presenter.take", base=0)
    for _ in range(20):
        await host.send("viewer.key", IMAGE | {"pe": 1})
    await host.until(lambda: sum(one["t"] in {"ok", "err"} for one in host.heard) == 21)
    assert 8 <= (await consultation.kinds()).count("viewer.key") <= 14


async def test_a_flood_of_frames_ends_the_connection(consultation, process, page):
    host = await page(HOST).connect(process)
    for n in range(2000):
        try:
            await host.say({"t": "ack", "seq": n})
        except ConnectionError:
            break
    assert await host.closed() == 1008
    assert host.bye["reason"] in {"too-many-frames", ""}


async def test_what_passes_is_replaced_and_never_kept(consultation, process, page):
    host, other = await page(HOST).connect(process), await page(OTHER).connect(process)
    before = await consultation.kept()
    for n in range(300):
        await host.say({"t": "eph", "k": "ptr", "d": {"x": n}})
    await host.say({"t": "ping", "t0": 1})
    await host.until(lambda: any(one["t"] == "pong" for one in host.heard))
    await other.until(lambda: any(one["t"] == "eph" for one in other.heard))
    passed = [one for one in other.heard if one["t"] == "eph"]
    assert len(passed) <= 180
    assert passed[-1]["by"] == HOST
    assert not any(one["t"] == "eph" for one in host.heard), "nobody is sent their own pointer"
    assert await consultation.kept() == before


# --- slow clients


async def test_a_slow_client_is_cut_off_and_resumes_without_a_loss(consultation, process, page, http, monkeypatch):
    monkeypatch.setattr(socket_module, "PARTING", 0.5)
    host = await page(HOST).connect(process)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(socket_factory=narrow)) as session:
        client = await Client(session, consultation.id, EXPERT).connect(process)
        assert client.welcome
        client.socket._response.connection.transport.pause_reading()
        text, sent = "长" * 2000, 0
        link = next(one for one in process.hub.links if one.person == EXPERT)
        async with asyncio.timeout(60):
            while link.outlet.ended is None:
                async with consultation.pool.transaction() as tx:
                    row = await store.lock(tx, consultation.id)
                    draft = store.draft(HOST, "chat.msg", Said(text))
                    events = await store.write(tx, row, [draft] * 20, consultation.clock())
                sent += 20
                await process.hub.offer(consultation.id, events)
                await asyncio.sleep(0)
        assert link.outlet.ended.code == 4013
        assert sent < 1500, "the bound holds"
        await host.sees((await consultation.kept()).seq)
        await host.until(lambda: host.state.members[EXPERT].st == "reconnecting", 20)
        seen = client.state.seq
    again = Client(http, consultation.id, EXPERT)
    again.state, again.epoch, again.gen = client.state, client.epoch, client.gen
    again.session_id = client.session_id
    await again.connect(process, resume=True)
    assert again.state.seq > seen
    await consultation.shows(host, again)


def narrow(address):
    """A socket that takes little at a time."""
    family, kind, protocol, *_ = address
    made = sockets.socket(family, kind, protocol)
    made.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    return made
