"""The checker of rooms can fail: each invariant is broken in turn in evidence that was sound, and is then named."""

from dataclasses import replace
from uuid import UUID, uuid4

import msgspec
import pytest

from telemed.consultation.room.fold import fold
from telemed.consultation.room.spelling import canonical
from telemed.consultation.room.state import NEW, Event
from telemed.consultation.room.store import chained, seed
from tests.reliability.rooms.checking import CHECKS, Evidence, broken
from tests.reliability.rooms.page import Sent, Told

ROOM = UUID(int=7)
HOST, OTHER = str(uuid4()), str(uuid4())
AT = 1_000_000


def logged(*drafts):
    """Events of (by, k, d, device, cid), a second apart, chained."""
    events, before = [], seed(ROOM)
    for number, (by, k, d, device, cid) in enumerate(drafts, 1):
        one = Event(number, "epoch", AT + 1000 * number, by, k, d, device, cid)
        before = chained(before, one)
        events.append(msgspec.structs.replace(one, h=before.hex()))
    return events


def shown(events):
    state = NEW
    for one in events:
        state = fold(state, one)
    return canonical(state).decode()


DRAFTS = (
    (HOST, "room.open", {"kind": "consultation", "host": HOST, "mode": "video"}, None, None),
    (HOST, "member.role", {"person": HOST, "role": "moderator"}, None, None),
    (HOST, "member.role", {"person": OTHER, "role": "expert"}, None, None),
    (HOST, "member.join", {"person": HOST, "gen": 1}, None, None),
    (OTHER, "member.join", {"person": OTHER, "gen": 1}, None, None),
    (HOST, "chat.msg", {"text": "一"}, "a", "c1"),
    (OTHER, "presenter.take", {"person": OTHER, "pe": 1}, "b", "c1"),
    (HOST, "presenter.take", {"person": HOST, "pe": 2}, "a", "c2"),
)


def told(person, device, *sent, granted):
    one = Told(person, device, {cid: Sent(cid, k, d, None, times=1) for cid, k, d in sent}, first=AT)
    one.granted = {cid: {seq} for cid, seq in granted.items()}
    return one


def evidence(drafts=DRAFTS, **changes):
    events = logged(*drafts)
    state = shown(events)
    sound = Evidence(
        ROOM,
        events,
        state,
        events[-1].h,
        [
            told(
                HOST, "a", ("c1", "chat.msg", {"text": "一"}), ("c2", "presenter.take", {}), granted={"c1": 6, "c2": 8}
            ),
            told(OTHER, "b", ("c1", "presenter.take", {}), granted={"c1": 7}),
        ],
        {"a": state, "b": state},
        state,
        frozenset(),
        AT + 100_000,
    )
    return replace(sound, **changes)


def changed(seq, **values):
    """The log with one event altered; its hashes stay."""
    return [msgspec.structs.replace(one, **values) if one.seq == seq else one for one in evidence().events]


def without_grant():
    one = evidence()
    one.told[0].granted["c9"] = {6}
    one.told[0].sent["c9"] = Sent("c9", "chat.msg", {"text": "一"}, None, times=1)
    return one


def refused_and_done():
    one = evidence()
    one.told[0].refused["c1"] = "not-present"
    del one.told[0].granted["c1"]
    return one


def vanished():
    one = evidence()
    one.told[1].down.append((AT + 9000, None))
    return one


def faulty():
    one = evidence()
    one.told[1].faults.append("an unknown message x")
    return one


def with_pointer_of_nobody():
    key = {"study": "1", "series": "1", "sop": "1", "frame": 1, "pe": 1}
    return evidence((*DRAFTS, (OTHER, "viewer.key", key, None, None)))


SPOILED = {
    "granted and lost": without_grant,
    "granted and another": lambda: evidence(events=changed(6, d={"text": "二"})),
    "done twice": lambda: evidence((*DRAFTS, DRAFTS[5])),
    "done unasked": refused_and_done,
    "done from nowhere": lambda: evidence((*DRAFTS, (HOST, "chat.msg", {"text": "三"}, "a", "c7"))),
    "presenter": lambda: evidence(
        (*DRAFTS[:-1], (HOST, "presenter.take", {"person": HOST, "pe": 1}, "a", "c2")),
    ),
    "presenter of before": with_pointer_of_nobody,
    "order": lambda: evidence(events=[one for one in evidence().events if one.seq != 5]),
    "chain": lambda: evidence(events=changed(6, at=AT + 6001)),
    "chain's end": lambda: evidence(hash="00" * 32),
    "states differ": lambda: evidence(states={"a": shown(logged(*DRAFTS[:-1])), "b": evidence().kept}),
    "states differ from kept": lambda: evidence(kept=shown(logged(*DRAFTS[:-1]))),
    "states differ when fresh": lambda: evidence(fresh=shown(logged(*DRAFTS[:-1]))),
    "rosters differ": lambda: evidence(states={"a": shown(logged(*DRAFTS[:4])), "b": evidence().kept}),
    "rosters differ from links": lambda: evidence(states={"a": evidence().kept}),
    "ghost": vanished,
    "protocol": faulty,
}
NAMES = {"granted and another": "granted and lost", "done from nowhere": "done unasked"}


def test_what_is_sound_is_found_sound():
    assert broken(evidence()) == []


@pytest.mark.parametrize("spoiled", SPOILED)
def test_what_is_broken_is_named(spoiled):
    named = {one.split(":")[0] for one in broken(SPOILED[spoiled]())}
    expected = NAMES.get(spoiled) or max((one for one in CHECKS if spoiled.startswith(one)), key=len)
    assert expected in named


def test_every_invariant_is_broken_once():
    assert {
        NAMES.get(one) or max((each for each in CHECKS if one.startswith(each)), key=len) for one in SPOILED
    } == set(CHECKS)
