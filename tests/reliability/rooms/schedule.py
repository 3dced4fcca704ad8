"""What people do in a room and what breaks meanwhile, drawn from a seed alone: the same number, the same schedule."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

ROLES = ("moderator", "expert", "participant", "participant", "participant")
#: What people do, by weight; what the room makes of it depends on what it is by then.
ACTS = {
    "chat": 30,
    "mark": 14,
    "change-mark": 10,
    "remove-mark": 5,
    "take": 8,
    "grant": 6,
    "release": 3,
    "request": 3,
    "view": 18,
    "minutes": 5,
    "vitals": 3,
    "consent": 2,
    "point": 12,
    "tab": 2,
    "leave": 2,
}
#: What befalls one person's link.
LINK_FAULTS = ("cut", "stall", "duplicate", "reorder", "mute")
#: What befalls all rooms at once.
COUNTY_FAULTS = (
    "server killed",
    "server ended",
    "database fast",
    "database immediate",
    "database killed",
    "redis flushed",
    "redis killed",
)
GONE = ("vanish", "mute for good")


@dataclass(frozen=True, order=True)
class Act:
    """Somebody does something. at: milliseconds from the beginning. who: a place in the roster."""

    at: int
    who: int
    what: str


@dataclass(frozen=True, order=True)
class Fault:
    """who: whose link; -1 for all rooms. number: of which server, where one is meant. ms: for how long."""

    at: int
    what: str
    who: int = -1
    number: int = 0
    ms: int = 0


@dataclass(frozen=True)
class Schedule:
    """One room. gone: (place, how, when) of those who disappear and do not come back."""

    seed: int
    people: int
    acts: tuple[Act, ...]
    faults: tuple[Fault, ...]
    gone: tuple[tuple[int, str, int], ...]


@dataclass(frozen=True)
class Wave:
    """Rooms that are in use at once, and what befalls all of them."""

    seed: int
    ms: int
    rooms: tuple[Schedule, ...]
    faults: tuple[Fault, ...]


def schedule(seed: int, *, people: int | None = None, ms: int = 9000, each: int = 11) -> Schedule:
    """One room's. each: how often each person does something."""
    chance = Random(seed)
    count = people or chance.randint(2, 5)
    kinds, weights = list(ACTS), list(ACTS.values())
    acts = [
        Act(chance.randrange(ms), who, chance.choices(kinds, weights)[0]) for who in range(count) for _ in range(each)
    ]
    acts += [Act(0, who, "chat") for who in range(count)]  # everybody is granted something at the least
    faults = [
        Fault(chance.randrange(300, ms), chance.choice(LINK_FAULTS), who, ms=chance.randrange(100, 2500))
        for who in range(count)
        for _ in range(chance.randint(0, 3))
    ]
    gone = tuple(
        (who, chance.choice(GONE), chance.randrange(ms // 2, ms)) for who in range(1, count) if chance.random() < 0.15
    )
    return Schedule(seed, count, tuple(sorted(acts)), tuple(sorted(faults)), gone)


def wave(
    seed: int, *, rooms: int, servers: int, whole: bool = False, ms: int = 9000, people: int | None = None
) -> Wave:
    """Many rooms at once. whole: every kind of fault that befalls all of them, else one to three."""
    chance = Random(seed)
    kinds = list(COUNTY_FAULTS) if whole else chance.sample(COUNTY_FAULTS, chance.randint(1, 3))
    chance.shuffle(kinds)
    # one after another, so that each meets people who are at work
    step = ms // (len(kinds) + 1)
    faults = tuple(
        Fault(step // 2 + number * step + chance.randrange(step // 2), kind, number=chance.randrange(servers))
        for number, kind in enumerate(kinds)
    )
    schedules = tuple(schedule(seed * 1000 + number, people=people, ms=ms) for number in range(rooms))
    return Wave(seed, ms, schedules, faults)
