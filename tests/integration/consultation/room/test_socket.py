"""The conversation over real sockets: who hears what, who may do what, and what no broken link loses."""

from uuid import uuid4

from telemed.consultation.room import close, presence, seen_images, store
from telemed.consultation.room import socket as socket_module
from telemed.consultation.room.facts import Said
from telemed.consultation.room.feed import Link
from telemed.consultation.room.protocol import REPLAY, Command
from telemed.consultation.room.refusals import Refusal
from telemed.errors import Unavailable
from tests.integration.consultation.room.conftest import (
    AUDIENCE,
    EXPERT,
    GUEST,
    HOST,
    IMAGE,
    MODERATOR,
    OTHER,
    STUDY,
)

MARK = IMAGE | {"id": "m1", "tool": "length", "geom": [0, 0, 1000, 1000]}


# --- what is shown


async def test_everybody_sees_what_one_does_and_all_see_the_same(consultation, process, page):
    host, expert, audience = [await page(one).connect(process) for one in (HOST, EXPERT, AUDIENCE)]
    await host.do("presenter.take", base=0)
    await host.do("viewer.key", IMAGE | {"pe": 1, "wl": [40_000, 400_000]})
    await expert.sees(host.state.seq)
    await expert.do("anno.add", MARK)
    await host.do("chat.msg", {"text": "请看右上"})
    await consultation.shows(host, expert, audience)
    assert audience.state.viewer["sop"] == IMAGE["sop"]


async def test_a_late_joiner_gets_the_state_from_the_server_and_not_from_a_peer(consultation, process, page):
    host = await page(HOST).connect(process)
    await host.do("anno.add", MARK)
    late = await page(EXPERT).connect(process)
    assert late.welcome["mode"] == "fresh"
    assert late.events == [], "no history, the state"
    await consultation.shows(late, host)


async def test_whoever_comes_back_gets_exactly_what_was_missed(consultation, process, page):
    host, expert = await page(HOST).connect(process), await page(EXPERT).connect(process)
    await expert.vanish()
    await host.until(lambda: host.state.members[EXPERT].st == "reconnecting")
    missed = [await host.do("chat.msg", {"text": str(n)}) for n in range(5)]
    before = len(expert.events)
    await expert.connect(process, resume=True)
    assert expert.welcome["mode"] == "replay"
    assert [one.seq for one in expert.events[before:] if one.k == "chat.msg"] == missed
    await consultation.shows(host, expert)
    assert host.state.members[EXPERT].st == "present"


async def test_whoever_is_too_far_behind_gets_the_state_and_never_a_part(consultation, process, page):
    expert = await page(EXPERT).connect(process)
    await expert.vanish()
    for n in range(REPLAY // 100 + 1):
        async with consultation.pool.transaction() as tx:
            row = await store.lock(tx, consultation.id)
            draft = store.draft(HOST, "chat.msg", Said(str(n)))
            await store.write(tx, row, [draft] * 100, consultation.clock())
    await expert.connect(process, resume=True)
    assert expert.welcome["mode"] == "snapshot"
    await consultation.shows(expert)


async def test_a_position_of_another_life_of_the_room_is_not_resumed(consultation, process, page):
    expert = await page(EXPERT).connect(process)
    await expert.vanish()
    expert.epoch = str(uuid4())
    await expert.connect(process, resume=True)
    assert expert.welcome["mode"] == "snapshot"
    await consultation.shows(expert)


async def test_a_page_that_knows_of_a_gap_gets_the_events_once_more(consultation, process, page):
    host = await page(HOST).connect(process)
    for n in range(3):
        await host.do("chat.msg", {"text": str(n)})
    head = host.state.seq
    host.heard.clear()
    await host.say({"t": "replay", "after": head - 2})
    await host.until(lambda: [one["seq"] for one in host.heard if one["t"] == "ev"] == [head - 1, head])


async def test_every_ping_names_the_head(consultation, process, page, monkeypatch):
    monkeypatch.setattr(socket_module, "PING", 0.05)
    host = await page(HOST).connect(process)
    await host.until(lambda: any(one["t"] == "ping" and one["head"] == host.state.seq for one in host.heard))
    await host.say({"t": "ping", "t0": 17})
    await host.until(lambda: any(one["t"] == "pong" and one["t0"] == 17 for one in host.heard))


async def test_whose_line_is_thin_gets_the_newest_of_what_passes_and_every_word(consultation, process, page):
    host, thin = await page(HOST).connect(process), await page(OTHER).connect(process)
    await thin.say({"t": "line", "thin": True})
    await thin.say({"t": "ping", "t0": 17})
    await thin.until(lambda: any(one["t"] == "pong" for one in thin.heard))
    for x in range(20):
        await host.say({"t": "eph", "k": "ptr", "d": {"x": x}})
    await host.do("chat.msg", {"text": "疼吗？"})
    await thin.sees(host.state.seq)
    await thin.until(lambda: any(one["t"] == "eph" and one["d"] == {"x": 19} for one in thin.heard))
    assert sum(one["t"] == "eph" for one in thin.heard) < 20


# --- who may


async def test_one_who_has_left_does_nothing_more(consultation, process, page):
    host = await page(HOST).connect(process)
    await host.send("member.left")
    assert await host.closed() == 1000
    assert (await consultation.kept()).members[HOST].st == "left"
    link = Link(presence.Seat(consultation.id, HOST, host.gen), host.device, waiting=False)
    command = Command("late", "chat.msg", Said("x"))
    assert await process.hub.do(link, command) == Refusal("not-present")


async def test_a_forged_presenter_is_refused_and_nobody_sees_it(consultation, process, page):
    host, other = await page(HOST).connect(process), await page(OTHER).connect(process)
    await host.do("presenter.take", base=0)
    await other.sees(host.state.seq)
    before = await consultation.kept()
    assert await other.refused("viewer.key", IMAGE | {"pe": 1}) == "not-presenter"
    assert await other.refused("viewer.key", IMAGE | {"pe": 2}) == "stale-presenter"
    assert await other.refused("presenter.take", base=0) == "stale-presenter"
    assert await other.refused("presenter.grant", {"person": OTHER}, base=1) == "role-may-not"
    await other.say({"t": "eph", "k": "viewer.live", "d": {"sop": "1.2"}})
    await other.say({"t": "eph", "k": "ptr", "d": {"x": 1}})
    await host.until(lambda: any(one["t"] == "eph" for one in host.heard))
    assert [one["k"] for one in host.heard if one["t"] == "eph"] == ["ptr"]
    assert await consultation.kept() == before


async def test_two_who_take_at_once(consultation, process, page):
    both = [await page(one).connect(process) for one in (HOST, OTHER)]
    cids = [await one.send("presenter.take", base=0) for one in both]
    answers = [await one.answer(cid) for one, cid in zip(both, cids, strict=True)]
    assert sorted(one["t"] for one in answers) == ["err", "ok"]
    (refused,) = [one for one in answers if one["t"] == "err"]
    assert refused["code"] == "stale-presenter"
    assert refused["msg"]["zh"]
    await consultation.shows(*both)


async def test_an_image_of_another_study_is_not_marked(consultation, process, page):
    host = await page(HOST).connect(process)
    assert await host.refused("anno.add", MARK | {"study": "1.2.999"}) == "foreign-image"


async def test_who_is_on_no_roster_does_not_come_in(consultation, process, page):
    stranger = await page(str(uuid4())).connect(process)
    assert (stranger.bye["code"], stranger.bye["reason"]) == (4003, "unknown-member")
    assert await stranger.closed() == 4003


async def test_a_wrong_token_and_an_old_page_do_not_come_in(consultation, process, page):
    assert (await page(HOST).connect(process, token="forged")).bye["code"] == 4001
    assert (await page(HOST).connect(process, token="")).bye["code"] == 4001
    assert (await page(HOST).connect(process, v=2)).bye["code"] == 4009
    assert (await consultation.kept()).members[HOST].st == "absent"


async def test_a_session_that_has_ended_ends_the_conversation(consultation, process, page, monkeypatch):
    monkeypatch.setattr(socket_module, "RECHECK", 0.05)
    host = await page(HOST).connect(process)
    process.permitted = False
    assert await host.closed() == 4001
    assert host.bye["reason"] == "session-ended"


async def test_a_guest_waits_outside_hears_nothing_and_is_let_in(consultation, process, page):
    moderator = await page(MODERATOR).connect(process)
    guest = await page(GUEST).connect(process)
    assert guest.welcome["you"]["waiting"]
    await moderator.until(lambda: moderator.state.members[GUEST].st == "knocking")
    await moderator.do("chat.msg", {"text": "guests hear nothing of this yet"})
    assert await guest.refused("chat.msg", {"text": "x"}) == "not-present"
    await guest.say({"t": "replay", "after": 0})
    await guest.say({"t": "eph", "k": "typing", "d": {}})
    await guest.say({"t": "ping", "t0": 1})
    await guest.until(lambda: any(one["t"] == "pong" for one in guest.heard))
    assert {one["t"] for one in guest.heard} == {"welcome", "err", "pong"}
    seq = await moderator.do("member.admit", {"person": GUEST})
    await guest.sees(seq)
    await guest.do("chat.msg", {"text": "在"})
    await consultation.shows(moderator, guest)


async def test_a_moderator_who_comes_later_reads_who_waits(consultation, process, page):
    guest = await page(GUEST).connect(process)
    moderator = await page(MODERATOR).connect(process)
    assert moderator.state.members[GUEST].st == "knocking"
    await moderator.do("member.deny", {"person": GUEST, "why": "名单外"})
    assert await guest.closed() == 4003
    assert guest.bye["reason"] == "denied"
    assert (await guest.connect(process)).bye["reason"] == "denied"


async def test_whoever_is_sent_out_is_told(consultation, process, page):
    moderator, other = await page(MODERATOR).connect(process), await page(OTHER).connect(process)
    await moderator.do("member.left", {"person": OTHER})
    assert await other.closed() == 4003
    assert other.bye["reason"] == "removed"


async def test_a_closed_room_is_shown_and_takes_nothing(consultation, process, page):
    host = await page(HOST).connect(process)
    async with consultation.pool.transaction() as tx:
        await close(tx, consultation.id, by=HOST, now=consultation.clock(), why="会诊结束")
    await host.until(lambda: host.state.st == "closed")
    assert await host.refused("chat.msg", {"text": "x"}) == "room-closed"
    late = await page(EXPERT).connect(process)
    assert late.state.st == "closed"
    assert await late.refused("chat.msg", {"text": "x"}) == "room-closed"
    await consultation.shows(host, late)


# --- two of one person


async def test_the_newer_tab_of_a_person_takes_over_and_the_older_is_told(consultation, process, page):
    old = await page(HOST, "tab-old").connect(process)
    await old.do("presenter.take", base=0)
    new = await page(HOST, "tab-new").connect(process)
    assert await old.closed() == 4008
    assert (old.bye["reason"], old.bye["retry_ms"]) == ("superseded", None)
    assert new.state.presenter.person == HOST, "the lock is the person's, not the tab's"
    await new.do("viewer.key", IMAGE | {"pe": 1})
    await old.connect(process, resume=True)
    assert old.bye["code"] == 4008, "coming back by itself pushes nobody out"
    await new.do("chat.msg", {"text": "仍在"})
    await consultation.shows(new)
    assert "member.reconnecting" not in await consultation.kinds()


async def test_the_same_tab_twice_is_one_person_once(consultation, process, page):
    first, second = page(HOST, "tab"), page(HOST, "tab")
    await first.connect(process)
    await second.connect(process)
    assert await first.closed() == 4008
    assert list((await consultation.kept()).members).count(HOST) == 1
    assert (await consultation.kept()).members[HOST].gen == 2


# --- the same command twice


async def test_a_resend_of_a_command_gets_the_first_answer(consultation, process, page):
    host = await page(HOST).connect(process)
    seq = await host.do("chat.msg", {"text": "一"}, cid="c")
    host.heard.clear()
    assert (await host.answer(await host.send("chat.msg", {"text": "一"}, cid="c")))["seq"] == seq
    assert (await consultation.kinds()).count("chat.msg") == 1


async def test_a_command_that_came_twice_in_one_breath_is_done_once(consultation, process, page):
    host = await page(HOST).connect(process)
    for _ in range(5):
        await host.send("chat.msg", {"text": "一"}, cid="c")
    await host.until(lambda: sum(one["t"] == "ok" for one in host.heard) == 5)
    assert len({one["seq"] for one in host.heard if one["t"] == "ok"}) == 1
    assert (await consultation.kinds()).count("chat.msg") == 1


async def test_a_database_that_is_away_is_said_and_nothing_is_lost(consultation, process, page, monkeypatch):
    host = await page(HOST).connect(process)

    async def away(*_arguments, **_more):
        raise Unavailable("database-away", "数据库暂时不可用。", "The database is away.")

    with monkeypatch.context() as patched:
        patched.setattr(store, "append", away)
        assert (await host.answer(await host.send("chat.msg", {"text": "一"}, cid="c")))["code"] == "server-busy"
    host.heard.clear()
    assert (await host.answer(await host.send("chat.msg", {"text": "一"}, cid="c")))["t"] == "ok"


# --- what was seen


async def test_what_is_painted_is_kept_and_shown_to_the_presenter(consultation, process, page):
    host, expert = await page(HOST).connect(process), await page(EXPERT).connect(process)
    await expert.say({"t": "seen", "n": 7, "study": STUDY, "images": [["1.2.1", 1], ["1.2.2", 3]]})
    await expert.until(lambda: any(one["t"] == "seen" and one["n"] == 7 for one in expert.heard))
    await expert.say({"t": "seen", "n": 8, "study": "1.2.999", "images": [["1.2.999.1", 1]]})
    await expert.until(lambda: any(one["t"] == "seen" and one["n"] == 8 for one in expert.heard))
    async with consultation.pool.connection() as connection:
        seen = await seen_images(connection, consultation.id, EXPERT)
    assert [(one.sop, one.frame) for one in seen] == [("1.2.1", 1), ("1.2.2", 3)]
    await host.until(lambda: any(one["t"] == "eph" and one["k"] == "seen" for one in host.heard))
    (shown,) = [one for one in host.heard if one["t"] == "eph"]
    assert (shown["by"], shown["d"]) == (EXPERT, {"sop": "1.2.2", "frame": 3})
