"""Logs of rooms made by a seeded generator, and the states they fold to: what Python and TypeScript have to agree on.

`python -m tests.contract.room.generating` writes them anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from telemed.consultation.room.coming import Draft, entering, leaving, letting_go, losing
from telemed.consultation.room.deciding import Who, decide, names_image
from telemed.consultation.room.facts import COMMANDS, FACTS
from telemed.consultation.room.fold import fold, fold_all, plain
from telemed.consultation.room.protocol import Command
from telemed.consultation.room.refusals import Refusal
from telemed.consultation.room.spelling import canonical
from telemed.consultation.room.state import NEW, Event, State

HERE = Path(__file__).parent
EPOCH = str(UUID(int=7))
START = 1_795_000_000_000
PEOPLE = {
    str(UUID(int=n)): role
    for n, role in enumerate(("moderator", "expert", "participant", "participant", "audience"), start=1)
}
HOST = str(UUID(int=3))
GUEST = f"guest/{UUID(int=9)}"
EVERYBODY = (*PEOPLE, GUEST)
STUDY, OTHER_STUDY = "1.2.156.1", "1.2.156.2"
SOPS = tuple(f"{STUDY}.{n}" for n in range(1, 6))

#: What an escape, a sort or a careless page might get wrong.
TEXTS = (
    "右肺上叶结节，建议随访",
    "<script>alert(1)</script><b onclick=x>粗</b>",
    'quotes " and \\ backslash / slash',
    "tab\tnewline\nreturn\r",
    "\x01\x1f\x7f\x80\u2028\u2029\ufeff",
    "𠮷龘䶮㙓 😀 e\u0301",
    "\u202eright to left",
    "__proto__",
)


class Log:
    """A log that grows as a server's does."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.events: list[Event] = []
        self.state: State = NEW
        self.now = START
        self._hash = hashlib.sha256(name.encode()).digest()

    def write(self, drafts: tuple[Draft, ...], *, device: str | None = None, cid: str | None = None) -> None:
        for number, one in enumerate(drafts):
            command = (device, cid) if number == 0 else (None, None)
            event = Event(self.state.seq + 1, EPOCH, self.now, one.by, one.k, one.d, *command)
            self._hash = hashlib.sha256(self._hash + canonical(plain(event))).digest()
            event = msgspec.structs.replace(event, h=self._hash.hex())
            self.events.append(event)
            self.state = fold(self.state, event)

    def do(self, who: Who, kind: str, data: dict[str, Any], base: int | None = None) -> Refusal | None:
        """Try a command of somebody; None where it was taken."""
        cid = f"c{self.state.seq}"
        command = Command(cid, kind, msgspec.convert(data, COMMANDS[kind]), base)
        image = names_image(command.d)
        allowed = frozenset({image} if image is not None and image.study == STUDY else ())
        outcome = decide(self.state, who, command, allowed, now=self.now)
        if isinstance(outcome, Refusal):
            return outcome
        self.write(outcome, device=f"d-{who.person[-4:]}", cid=cid)
        return None


def opened(name: str) -> Log:
    log = Log(name)
    first = next(iter(PEOPLE))
    log.write((Draft(first, "room.open", {"kind": "consultation", "host": HOST, "mode": "video"}),))
    for person, role in (*PEOPLE.items(), (GUEST, "guest")):
        log.do(Who(first, service=True), "member.role", {"person": person, "role": role})
    return log


def mark(random: Random, id_: str, study: str = STUDY) -> dict[str, Any]:
    where = {"study": study, "series": f"{study}.0", "sop": random.choice(SOPS), "frame": random.randint(1, 3)}
    return {"id": id_, **where, "tool": random.choice(("length", "arrow", "ellipse")), **remark(random)}


def remark(random: Random) -> dict[str, Any]:
    return {
        "geom": [random.randint(-512_000, 512_000) for _ in range(2 * random.randint(1, 4))],
        "world": [random.randint(-(10**9), 10**9) for _ in range(3 * random.randint(0, 2))],
        "label": random.choice(("", *TEXTS)),
        "value": random.choice(("", "12.5", "-0.001")),
        "unit": random.choice(("", "mm", "[hnsf'U]")),
        "calib": random.choice(("", "pixel-spacing")),
    }


def viewer(random: Random, pe: int) -> dict[str, Any]:
    return {
        "study": random.choice((STUDY, STUDY, STUDY, OTHER_STUDY)),
        "series": f"{STUDY}.0",
        "sop": random.choice(SOPS),
        "frame": random.randint(1, 40),
        "pe": pe,
        "wl": [random.randint(-1_000_000, 3_000_000), random.randint(1, 4_000_000)],
        "zoom": random.randint(100, 8000),
        "rot": random.choice((0, 90_000)),
        "mpr": [random.randint(-(10**6), 10**6) for _ in range(random.choice((0, 9)))],
    }


def _command(random: Random, state: State, person: str) -> tuple[str, dict[str, Any], int | None]:
    """Something that somebody might want, right or wrong, often enough right."""
    pe = state.presenter.pe - (random.random() < 0.1)
    marks = list(state.marks) or ["none"]
    chosen = random.choice(marks)
    ver = state.marks[chosen].ver if chosen in state.marks else 1
    base = ver - (random.random() < 0.15)
    other = random.choice(EVERYBODY)
    text = random.choice(TEXTS)
    scope = random.choice(("recording", "recording", "consultation"))
    consent = {"scope": scope, "who": random.choice(("patient", "participant")), "note": text}
    recording = {"id": f"r{random.randint(1, 3)}"}
    choices: list[tuple[str, dict[str, Any], int | None]] = [
        ("member.admit", {"person": other}, None),
        ("member.deny", {"person": GUEST, "why": text}, None),
        ("member.role", {"person": other, "role": random.choice(("expert", "participant", "audience"))}, None),
        ("member.left", {"person": random.choice(("", "", other))}, None),
        ("consent.given", consent, None),
        ("consent.withdrawn", consent, None),
        ("presenter.request", {}, None),
        ("presenter.grant", {"person": other}, max(0, pe)),
        ("presenter.take", {}, max(0, pe)),
        ("presenter.release", {}, max(0, pe)),
        *[("viewer.key", viewer(random, max(0, pe)), None)] * 4,
        *[("anno.add", mark(random, random.choice((f"m{state.seq}", "m1", "__proto__", "constructor"))), None)] * 3,
        *[("anno.upd", {"id": chosen, **remark(random)}, max(0, base))] * 2,
        ("anno.del", {"id": chosen}, max(0, base)),
        *[("chat.msg", {"text": text}, None)] * 2,
        ("rec.start", recording, None),
        ("rec.stop", recording, None),
        ("vitals.note", {"code": "8867-4", "value": str(random.randint(50, 120)), "unit": "/min"}, None),
        ("minutes.rev", {"text": text * random.randint(0, 3)}, state.minutes.rev),
        ("opinion.draft", {"text": text}, state.opinion.ver),
        (random.choice(("mode.audio", "mode.async", "mode.video")), {"why": text}, None),
    ]
    return random.choice(choices)


def _serving(random: Random, state: State) -> tuple[str, dict[str, Any]]:
    """What parts of the server add."""
    digest = hashlib.sha256(str(state.seq).encode()).hexdigest()
    running = [(id_, one.n) for id_, one in state.recordings.items() if one.on] or [("none", 0)]
    id_, n = random.choice(running)
    return random.choice(
        [
            (
                "file.add",
                {"id": digest[:32], "name": "申请单.pdf", "media": "application/pdf", "size": 9, "sha256": digest},
            ),
            ("rec.segment", {"id": id_, "n": n, "at": n * 30, "ms": 30, "size": 99, "sha256": digest}),
            ("opinion.sign", {"ver": state.opinion.ver, "sha256": digest}),
            ("opinion.addend", {"text": random.choice(TEXTS)}),
        ]
    )


def lived(seed: int, length: int) -> Log:
    """A room as people use it: what the server would refuse is not in it."""
    random = Random(seed)
    log = opened(f"lived-{seed}")
    for person in EVERYBODY:
        _enter(log, person)
    log.do(Who(next(iter(PEOPLE))), "member.admit" if seed % 2 else "member.deny", {"person": GUEST})
    while len(log.events) < length:
        log.now += random.choice((0, 1, 40, 150, 2000, 60_000))
        person = random.choice(EVERYBODY)
        happening = random.random()
        if happening < 0.12:
            _enter(log, person)
        elif happening < 0.18:
            log.write(losing(log.state, person))
        elif happening < 0.21:
            log.write(letting_go(log.state, person))
        elif happening < 0.23:
            log.write(leaving(log.state, "system", person, "lost"))
        elif happening < 0.30:
            log.do(Who(person, service=True), *_serving(random, log.state))
        else:
            log.do(Who(person), *_command(random, log.state, person))
    if seed % 2:
        log.do(Who(HOST, service=True), "room.close", {"why": "会诊结束"})
    return log


def _enter(log: Log, person: str) -> None:
    known = log.state.members.get(person)
    outcome = entering(log.state, person, 1 if known is None else known.gen + 1)
    if not isinstance(outcome, Refusal):
        log.write(outcome)


def wild(seed: int, length: int) -> Log:
    """Kinds in any order and kinds of another version: whatever stands in a log is folded, in one way."""
    random = Random(seed)
    log = Log(f"wild-{seed}")
    kinds = [*sorted(FACTS), "future.kind"]
    while len(log.events) < length:
        log.now += random.randint(0, 500)
        kind = random.choice(kinds)
        log.write((Draft(random.choice(("system", *EVERYBODY)), kind, _any_data(random, kind)),))
    return log


def _any_data(random: Random, kind: str) -> dict[str, Any]:
    person = random.choice((*EVERYBODY, str(UUID(int=77))))
    id_ = random.choice(("a", "b", "__proto__", "toString"))
    digest = "0" * 64
    old = {"scope": "recording", "who": "guardian", "note": random.choice(TEXTS)}
    consent = random.choice((old, old | {"person": ""}, old | {"who": "participant", "person": person}))
    ended = {"id": id_, "why": random.choice(("stopped", "withdrawn", "came", "left", "full")), "person": person}
    held = {"person": person, "pe": random.randint(0, 9)}
    text = {"text": random.choice(TEXTS)}
    made: dict[str, Callable[[], dict[str, Any]]] = {
        "room.open": lambda: {"kind": "teaching", "host": HOST, "mode": "audio"},
        "room.close": lambda: {"why": random.choice(TEXTS)},
        "member.deny": lambda: {"person": person, "why": ""},
        "member.join": lambda: {"person": person, "gen": random.randint(1, 5)},
        "member.left": lambda: {"person": person, "why": random.choice(("left", "lost", "removed"))},
        "member.role": lambda: {"person": person, "role": random.choice(("guest", "expert"))},
        "consent.given": lambda: consent,
        "consent.withdrawn": lambda: consent,
        "presenter.request": dict,
        "presenter.grant": lambda: held,
        "presenter.take": lambda: held,
        "presenter.release": lambda: {"pe": random.randint(0, 9), "why": "lost"},
        "viewer.key": lambda: viewer(random, 1),
        "anno.add": lambda: mark(random, id_),
        "anno.upd": lambda: {"id": id_, **remark(random)},
        "file.add": lambda: {"id": id_, "name": "片", "media": "image/png", "size": 1, "sha256": digest},
        "rec.stop": lambda: random.choice(({"id": id_}, ended)),
        "rec.segment": lambda: {"id": id_, "n": 0, "at": 0, "ms": 9, "size": 9, "sha256": digest},
        "vitals.note": lambda: {"code": "x", "value": "1", "unit": "", "note": random.choice(TEXTS)},
        "opinion.sign": lambda: {"ver": 1, "sha256": digest},
        "future.kind": lambda: {"whatever": [1, {"b": None, "a": True}]},
    }
    for one in ("chat.msg", "minutes.rev", "opinion.draft", "opinion.addend"):
        made[one] = lambda: text
    for one in ("member.knock", "member.admit", "member.reconnecting"):
        made[one] = lambda: {"person": person}
    for one in ("anno.del", "rec.start"):
        made[one] = lambda: {"id": id_}
    for one in ("mode.video", "mode.audio", "mode.async"):
        made[one] = lambda: {"why": ""}
    return made[kind]()


def crowded() -> Log:
    """More than a state keeps: the oldest lines are in the log alone."""
    log = opened("crowded")
    first = next(iter(PEOPLE))
    _enter(log, first)
    _agree(log, first)
    log.do(Who(first), "rec.start", {"id": "r1"})
    for n in range(210):
        log.now += 1000
        log.do(Who(first), "chat.msg", {"text": f"第 {n} 句"})
    log.now += 12 * 30_000
    for n in range(12):
        log.do(Who(first, service=True), *_serving_segment(n))
    return log


def _agree(log: Log, moderator: str, *others: str) -> None:
    log.do(Who(moderator), "consent.given", {"scope": "recording", "who": "guardian", "note": "监护人当面口头同意"})
    for one in (moderator, *others):
        log.do(Who(one), "consent.given", {"scope": "recording", "who": "participant"})


def recorded() -> Log:
    """A recording for every way in which one ends, with what is still on its way then."""
    log = opened("recorded")
    moderator, expert, host, other, audience = PEOPLE
    for person in (moderator, expert, host, audience):
        _enter(log, person)
    _agree(log, moderator, expert, host, audience)
    endings: list[Callable[[], object]] = [
        lambda: log.do(Who(audience), "rec.stop", {"id": "r0"}),
        lambda: log.do(Who(host), "consent.withdrawn", {"scope": "recording", "who": "participant"}),
        lambda: _enter(log, other),
        lambda: log.write(leaving(log.state, "system", expert, "lost")),
        lambda: log.do(Who(HOST, service=True), "room.close", {"why": "会诊结束"}),
    ]
    for number, ending in enumerate(endings):
        for person in (expert, host, other):
            if log.state.members[person].st == "left":
                _enter(log, person)
            log.do(Who(person), "consent.given", {"scope": "recording", "who": "participant"})
        log.do(Who(expert), "rec.start", {"id": f"r{number}"})
        for n in range(2):
            log.now += 20_000
            log.do(Who(expert, service=True), *_piece(f"r{number}", n))
        log.now += 10_000
        ending()
        log.now += 1_000
        log.do(Who(expert, service=True), *_piece(f"r{number}", 2, ms=10_000))
    return log


def _piece(id_: str, n: int, ms: int = 20_000) -> tuple[str, dict[str, Any]]:
    return "rec.segment", {"id": id_, "n": n, "at": n * 20_000, "ms": ms, "size": 99, "sha256": "0" * 64}


def _serving_segment(n: int) -> tuple[str, dict[str, Any]]:
    return "rec.segment", {"id": "r1", "n": n, "at": n * 30_000, "ms": 30_000, "size": 99, "sha256": "0" * 64}


def logs() -> Iterator[Log]:
    for seed in range(1, 5):
        yield lived(seed, 140)
    for seed in range(11, 13):
        yield wild(seed, 90)
    yield crowded()
    yield recorded()


def written(log: Log) -> str:
    """A fixture: the events, and the canonical state after some of them and after the last."""
    length = len(log.events)
    wanted = sorted({*range(20, length, 40 if length < 200 else length), length})
    states = {str(n): canonical(fold_all(log.events[:n])).decode() for n in wanted}
    events = [msgspec.to_builtins(one) for one in log.events]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in events)
    kept = json.dumps(states, ensure_ascii=False, indent=0)
    return f'{{"name": "{log.name}",\n"states": {kept},\n"events": [\n{lines}\n]}}\n'


def write() -> None:
    for log in logs():
        (HERE / f"{log.name}.json").write_text(written(log), encoding="utf-8")


if __name__ == "__main__":
    write()
