"""What one process keeps of a room: nobody who is not there, one reading for all who come back, so much and no more."""

import pytest

from telemed.consultation.room import feed as feed_module
from telemed.consultation.room.feed import Feed
from telemed.consultation.room.protocol import Hello
from telemed.errors import Unavailable
from tests.integration.consultation.room.conftest import EXPERT, HOST, MODERATOR, OTHER

LONG = "长" * 2000


async def test_whoever_could_not_be_taken_in_is_renewed_as_nobody(consultation, process, page, monkeypatch):
    await page(HOST).connect(process)

    async def away(_feed):
        raise Unavailable("database-away", "数据库暂时不可用。", "The database is away.")

    monkeypatch.setattr(Feed, "take", lambda _feed, _events: False)
    monkeypatch.setattr(Feed, "pull", away)
    with pytest.raises(Unavailable):
        await process.hub.enter(consultation.id, EXPERT, Hello(v=1, device="tab"))
    # whoever follows the room may have found the database away as well, and have let everybody go
    assert EXPERT not in {link.person for link in process.hub.links}


async def test_all_who_come_back_after_a_restart_share_one_reading_of_the_log(consultation, process, page, monkeypatch):
    people = [await page(one).connect(process) for one in (HOST, EXPERT, MODERATOR, OTHER)]
    for number in range(5):
        await people[0].do("chat.msg", {"text": str(number)})
    for one in people:
        await one.sees(people[0].state.seq)
    await process.die()
    asked: list[int] = []
    read = feed_module.events_after

    async def counted(connection, room_id, after, *more):
        asked.append(after)
        return await read(connection, room_id, after, *more)

    monkeypatch.setattr(feed_module, "events_after", counted)
    restarted = await type(process)(consultation.pool, consultation.clock).start()
    for one in people:
        await one.connect(restarted, resume=True)
        assert one.welcome["mode"] == "replay"
    await consultation.shows(*people)
    assert len(asked) <= 2
    await restarted.stop()


async def test_what_is_kept_of_a_room_is_bounded_and_what_is_not_kept_is_read(consultation, process, page, monkeypatch):
    monkeypatch.setattr(feed_module, "MOST_BYTES", 20_000)
    host = await page(HOST).connect(process)
    first = host.state.seq
    for _ in range(8):
        await host.do("chat.msg", {"text": LONG})
    (link,) = process.hub.links
    feed = process.hub._feeds[link.seat.room_id]
    assert sum(len(message.payload) for _, message in feed._recent) <= 20_000
    missed: list[int] = []
    while missed[-1:] != [feed.head]:
        missed += [seq for seq, _ in await feed.missed(missed[-1] if missed else first)]
    assert missed == list(range(first + 1, feed.head + 1))
    assert await feed.missed(feed.head) == []
    assert sum(len(message.payload) for _, message in feed._recent) <= 20_000
