"""Segments of a recording: on the disk before the log speaks of them, once each, played to whom they are for."""

import asyncio
import hashlib
import io
import json
import os
import signal
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import aiohttp
import pytest

from telemed.consultation.room import close, store, verify_chain
from telemed.consultation.room.recordings import listed
from telemed.consultation.room.segments import LIMIT, SETTLED, Segments
from telemed.consultation.room.store import Whole
from tests.bench.served import serving
from tests.hiring import signed_in
from tests.integration.consultation.room.conftest import Client
from tests.integration.consultation.room.test_killed import at, opened
from tests.unit.consultation.room.test_tracks import CLUSTER, INFO, PICTURE, SOUND, webm

PATIENT = {"scope": "recording", "who": "patient", "note": "当面口头同意"}
MYSELF = {"scope": "recording", "who": "participant"}


def piece(n: int, *kinds: int) -> bytes:
    """Something that says it is what a browser records."""
    head = bytes.fromhex("1a45dfa3") + b"\x87" + bytes.fromhex("4282") + b"\x84webm"
    return head + webm(*(kinds or (SOUND,)), before=INFO, after=CLUSTER + b"%d" % n)[9:]


class Talking:
    """Those of an office who are in the room, one of whom records."""

    def __init__(self, office, pages):
        self.office = office
        self.pages = pages

    async def send(self, who, n, content=None, *, at_ms=None, ms=100, recording="r1", **more):
        at_ms = n * 100 if at_ms is None else at_ms
        path = f"/recordings/{recording}/segments/{n}?at={at_ms}&ms={ms}"
        headers = {"Content-Type": "audio/webm"}
        content = piece(n) if content is None else content
        answer, body = await self.office.ask(who, path, "POST", data=content, headers=headers, **more)
        return answer.status, body

    async def refused(self, who, n, content=None, **more):
        status, body = await self.send(who, n, content, **more)
        return status, body["code"]

    async def listing(self, who="host"):
        _, body = await self.office.ask(who, "/recordings")
        return [(one["id"], one["why"], [each["n"] for each in one["segments"]]) for one in body["items"]]

    def kept(self):
        folder = self.office.county.config.recordings_path / str(self.office.room)
        return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


@asynccontextmanager
async def inside(office, *who):
    """Those who are in the room, each by a session of their own."""
    async with AsyncExitStack() as stack:
        pages = {}
        socket = SimpleNamespace(server=SimpleNamespace(make_url=lambda _path: office.url("/socket")))
        for one in who:
            http = await stack.enter_async_context(aiohttp.ClientSession(headers=signed_in(office.tokens[one])))
            pages[one] = await Client(http, office.room, office.ids[one]).connect(socket, token="token")
        yield pages


@pytest.fixture
async def talking(office):
    async with inside(office, "host", "expert", "audience") as pages:
        await pages["host"].do("consent.given", PATIENT)
        for page in pages.values():
            await page.do("consent.given", MYSELF)
        seq = await pages["expert"].do("rec.start", {"id": "r1"})
        for page in pages.values():
            await page.sees(seq)
        yield Talking(office, pages)


async def test_a_segment_is_on_the_disk_and_in_the_log_of_everybody(talking):
    status, body = await talking.send("expert", 0)
    digest = hashlib.sha256(piece(0)).hexdigest()
    assert status == 201
    assert (body["n"], body["at"], body["ms"], body["sha256"]) == (0, 0, 100, digest)
    assert talking.kept() == [digest]
    for page in talking.pages.values():
        await page.sees(body["seq"])
        assert page.state.recordings["r1"].last[0].sha256 == digest
    async with talking.office.pool.connection() as connection:
        assert isinstance(await verify_chain(connection, talking.office.room), Whole)
        assert await listed(connection, talking.office.room) == {digest}


async def test_the_same_bytes_again_get_the_same_answer_and_others_do_not(talking):
    first = await talking.send("expert", 0)
    assert await talking.send("expert", 0) == first
    assert await talking.refused("expert", 0, piece(9)) == (409, "segment-differs")
    for n in range(1, 13):  # more than the state itself remembers
        assert (await talking.send("expert", n))[0] == 201
    assert await talking.send("expert", 0) == first
    assert await talking.listing() == [("r1", "", list(range(13)))]


async def test_only_the_next_of_whoever_records_is_taken(talking):
    assert await talking.refused("expert", 1) == (409, "stale-version")
    assert await talking.refused("host", 0) == (403, "not-your-recording")
    assert await talking.refused("audience", 0) == (403, "role-may-not")
    assert await talking.refused("stranger", 0) == (404, "unknown-room")
    assert await talking.refused("expert", 0, recording="r2") == (409, "not-recording")
    assert await talking.refused("expert", 0, ms=30_000) == (409, "outside-recording")
    assert (await talking.refused("expert", 0, ms=30_001))[0] == 422
    assert await talking.listing() == [("r1", "", [])]
    assert len(talking.kept()) == 1, "what was refused after it was read waits for the sweep"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"\x1a\x45\xdf\xa3",
        b"\x1a\x45\xdf\xa3" + b"\xff" * 400,
        b"OggS" + bytes(400),
        webm(SOUND, after=CLUSTER),  # no document type
        piece(0)[:40],
        piece(0, PICTURE, PICTURE),
        piece(0, SOUND, SOUND),
        piece(0, SOUND, PICTURE, PICTURE),
        piece(0, SOUND, 17),
    ],
)
async def test_what_no_browser_records_of_a_call_is_not_kept(talking, content):
    assert await talking.refused("expert", 0, content) == (422, "segment-unusable")
    assert talking.kept() == []


async def test_what_is_too_large_is_not_read_to_its_end(talking):
    status, _ = await talking.send("expert", 0, io.BytesIO(bytes(LIMIT + 1)))
    assert status == 413

    async def endless():
        for _ in range(LIMIT // 65_536 + 2):
            yield bytes(65_536)

    # where the length was not said
    assert await talking.refused("expert", 0, endless()) == (422, "segment-too-large")
    assert talking.kept() == []


async def test_without_the_sessions_token_nothing_is_taken(talking):
    status, _ = await talking.send("expert", 0)
    assert status == 201
    headers = signed_in(talking.office.tokens["expert"]) | {"X-CSRF-Token": "another"}
    url = talking.office.url("/recordings/r1/segments/1?at=100&ms=100")
    async with talking.office.http.post(url, data=piece(1), headers=headers) as answer:
        assert answer.status == 403
    assert await talking.listing() == [("r1", "", [0])]


async def test_after_the_end_what_is_on_its_way_is_taken_and_then_nothing(talking, monkeypatch):
    await talking.send("expert", 0)
    await talking.pages["audience"].do("rec.stop", {"id": "r1"})
    assert (await talking.send("expert", 1))[0] == 201
    assert await talking.refused("expert", 2, at_ms=200, ms=29_000) == (409, "outside-recording")
    monkeypatch.setattr("telemed.consultation.room.recording.GRACE_MS", -1)
    assert await talking.refused("expert", 2) == (409, "not-recording")
    assert (await talking.send("expert", 1))[0] == 201, "what was taken before is answered as before"
    assert await talking.listing() == [("r1", "stopped", [0, 1])]


async def test_the_last_segment_of_a_consultation_that_was_closed_is_taken_and_heard(talking):
    await talking.send("expert", 0)
    async with talking.office.pool.transaction() as tx:
        host = talking.office.ids["host"]
        await close(tx, talking.office.room, by=host, now=datetime.now(UTC), why="archived")
    assert (await talking.send("expert", 1))[0] == 201
    assert await talking.listing() == [("r1", "closed", [0, 1])]
    answer, content = await talking.office.ask("host", "/recordings/r1/segments/1")
    assert (answer.status, content) == (200, piece(1))
    async with talking.office.pool.connection() as connection:
        assert isinstance(await verify_chain(connection, talking.office.room), Whole)


async def test_whoever_comes_in_without_having_agreed_ends_it(talking):
    await talking.pages["audience"].do("consent.withdrawn", MYSELF)
    host = talking.pages["host"]
    await host.until(lambda: host.state.recordings["r1"].on == 0)
    assert (host.state.recordings["r1"].why, host.state.recordings["r1"].person) == (
        "withdrawn",
        talking.office.ids["audience"],
    )
    await talking.pages["audience"].send("member.left", {"person": ""})
    await host.until(lambda: host.state.members[talking.office.ids["audience"]].st == "left")
    await host.do("rec.start", {"id": "r2"})
    async with inside(talking.office, "audience"):
        await host.until(lambda: host.state.recordings["r2"].on == 0)
    assert [one.k for one in host.events[-2:]] == ["member.join", "rec.stop"]
    assert host.state.recordings["r2"].why == "came"


async def test_segments_are_played_as_nothing_but_themselves_and_it_is_written_down(talking):
    for n, kinds in enumerate(((SOUND,), (PICTURE, SOUND))):
        await talking.send("expert", n, piece(n, *kinds))
    answer, content = await talking.office.ask("host", "/recordings/r1/segments/1")
    assert content == piece(1, PICTURE, SOUND)
    assert answer.content_type == "video/webm"
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    answer, _ = await talking.office.ask("expert", "/recordings/r1/segments/0")
    assert answer.content_type == "audio/webm"
    async with talking.office.pool.connection() as connection:
        rows = await connection.execute(
            "select detail from audit_event where action = 'room.join'"
            " and detail ->> 'route' like 'GET %%segments%%' order by detail ->> 'segment'"
        )
        details = [json.loads(one) if isinstance(one, str) else one for (one,) in await rows.fetchall()]
    assert [(one["recording"], int(one["segment"])) for one in details] == [("r1", 0), ("r1", 1)]


async def test_neither_audience_nor_stranger_hears_what_was_said(talking):
    await talking.send("expert", 0)
    for path in ("/recordings", "/recordings/r1/segments/0"):
        assert await talking.office.code("audience", path) == (403, "role-may-not")
        assert await talking.office.code("stranger", path) == (404, "unknown-room")
        assert await talking.office.code("registrar", path) == (403, "not-allowed")


async def test_a_segment_that_never_was_and_one_that_is_gone_are_said(talking):
    await talking.send("expert", 0)
    for path in ("r1/segments/1", "r2/segments/0", "r1/segments/x", "r1/segments/-1", "..%2f/segments/0"):
        assert (await talking.office.code("host", f"/recordings/{path}"))[0] == 404, path
    folder = talking.office.county.config.recordings_path / str(talking.office.room)
    (folder / talking.kept()[0]).unlink()
    assert await talking.office.code("host", "/recordings/r1/segments/0") == (404, "segment-missing")


async def test_what_no_log_speaks_of_is_swept_once_it_is_old(talking):
    segments = Segments(talking.office.county.config.recordings_path)
    room = talking.office.room
    await talking.send("expert", 0)
    lost = await segments.keep(room, piece(77))  # the server died before the event
    (segments.folder / str(room) / f".{room}.new").write_bytes(b"half")  # and here before the rename
    (segments.folder / str(room) / "notes.txt").write_text("whoever looked after the disk")

    async def spoken_of(room_id):
        async with talking.office.pool.connection() as connection:
            return await listed(connection, room_id)

    now = datetime.now(UTC)
    assert await segments.sweep(spoken_of, now) == 0
    assert await segments.sweep(spoken_of, now + SETTLED + timedelta(minutes=1)) == 2
    assert talking.kept() == sorted([hashlib.sha256(piece(0)).hexdigest(), "notes.txt"])
    assert lost.digest not in talking.kept()


async def test_a_server_killed_between_the_file_and_its_event_lists_nothing_that_is_not_there(pool, database, tmp_path):
    room_id, (host_id, host_token), (expert_id, expert_token) = await opened(pool)
    with serving(database, tmp_path) as (url, pid):
        async with (
            aiohttp.ClientSession(headers=signed_in(host_token)) as host_http,
            aiohttp.ClientSession(headers=signed_in(expert_token)) as expert_http,
        ):
            host = await Client(host_http, room_id, host_id).connect(at(url, room_id), token="token")
            expert = await Client(expert_http, room_id, expert_id).connect(at(url, room_id), token="token")
            await host.do("consent.given", PATIENT)
            for one in (host, expert):
                await one.do("consent.given", MYSELF)
            await expert.do("rec.start", {"id": "r1"})

            def send(n):
                path = f"{url}/api/rooms/{room_id}/recordings/r1/segments/{n}?at={n * 100}&ms=100"
                return expert_http.post(path, data=piece(n), headers={"Content-Type": "audio/webm"})

            async with send(0) as answer:
                assert answer.status == 201
            # the room is held, so the server waits with the second segment on the disk and its event unwritten
            async with pool.transaction() as tx:
                await store.lock(tx, room_id)
                waiting = asyncio.create_task(_status(send(1)))
                digest = hashlib.sha256(piece(1)).hexdigest()
                found = await _until_there(tmp_path, digest)
                os.kill(pid, signal.SIGKILL)
                (cut_off,) = await asyncio.gather(waiting, return_exceptions=True)
                assert isinstance(cut_off, aiohttp.ClientError)
                for one in (host, expert):
                    await one.until(lambda page=one: page.bye is not None)
                    await one.socket.close()
    async with pool.connection() as connection:
        spoken_of = await listed(connection, room_id)
        assert isinstance(await verify_chain(connection, room_id), Whole)
    assert spoken_of == {hashlib.sha256(piece(0)).hexdigest()}
    assert {one.name for one in found.parent.iterdir()} == {*spoken_of, digest}
    assert (found.parent / next(iter(spoken_of))).read_bytes() == piece(0)

    async def listing(_room_id):
        return spoken_of

    segments = Segments(found.parent.parent)
    assert await segments.sweep(listing, datetime.now(UTC) + SETTLED + timedelta(minutes=1)) == 1
    assert {one.name for one in found.parent.iterdir()} == spoken_of


async def _status(request):
    async with request as answer:
        return answer.status


async def _until_there(folder, digest):
    """The file of a digest, once it has its name."""
    async with asyncio.timeout(20):
        while True:
            for one in folder.rglob(digest):
                return one
            await asyncio.sleep(0.01)
