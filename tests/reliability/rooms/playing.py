"""A wave played against a county: people at their pages, their links in between, and what befalls all of them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from telemed.consultation.room.spelling import canonical
from telemed.consultation.room.state import State
from telemed.consultation.room.store import events_after
from telemed.consultation.room.store import room as look
from telemed.db import Pool, open_pool
from telemed.errors import Unavailable
from tests.reliability.rooms.checking import GHOST, Evidence, broken
from tests.reliability.rooms.county import SERIES, SOP, STUDY, County, Person
from tests.reliability.rooms.page import Page, millis
from tests.reliability.rooms.proxy import Proxy
from tests.reliability.rooms.schedule import Act, Fault, Schedule, Wave

QUIET = 90.0  # seconds until a room must be quiet
CAME_IN = 30.0  # seconds
MOST = 100_000  # events of a room


@dataclass
class Tab:
    page: Page
    proxy: Proxy


@dataclass
class Outcome:
    """What became of one room. acknowledged, doubled, refused: commands. resumed: links lost.  faults: in words."""

    seed: int
    acknowledged: int = 0
    events: int = 0
    doubled: int = 0
    refused: int = 0
    resumed: int = 0
    faults: list[str] = field(default_factory=list)
    evidence: Evidence | None = None


class Room:
    def __init__(self, county: County, schedule: Schedule, room: UUID, people: list[Person], watcher: Person) -> None:
        self.id = room
        self.schedule = schedule
        self.tabs: dict[int, list[Tab]] = {who: [] for who in range(len(people))}
        self.gone: set[int] = set()
        self._county = county
        self._people = people
        self._watcher = watcher
        self._chance = Random(schedule.seed)
        self._number = 0

    # --- people

    async def come_in(self) -> None:
        for who in self.tabs:
            await self._tab(who)
        async with asyncio.timeout(CAME_IN):
            while not all(tabs[-1].page.live for tabs in self.tabs.values()):
                await asyncio.sleep(0.05)

    async def _tab(self, who: int) -> Tab:
        person = self._people[who]
        return await self._opened(person, f"p{who}-tab{len(self.tabs[who])}-{self.id.hex[:6]}", self.tabs[who])

    async def _opened(self, person: Person, device: str, tabs: list[Tab]) -> Tab:
        chance = Random(self._chance.random())
        proxy = await Proxy(chance, lambda: self._county.way(chance)).start()
        tab = Tab(
            Page(str(self.id), person.id, device, headers=person.headers, port=lambda: proxy.port, chance=chance), proxy
        )
        tabs.append(tab)
        tab.page.come_in()
        return tab

    async def play(self, began: float) -> None:
        moments: list[tuple[int, Act | Fault | tuple[int, str]]] = [
            *((one.at, one) for one in self.schedule.acts),
            *((one.at, one) for one in self.schedule.faults),
            *((at, (who, how)) for who, how, at in self.schedule.gone),
        ]
        async with asyncio.TaskGroup() as faults:
            for at, one in sorted(moments, key=lambda each: each[0]):
                await asyncio.sleep(max(0.0, began + at / 1000 - time.monotonic()))
                if isinstance(one, Act):
                    await self._act(one)
                elif isinstance(one, Fault):
                    tab = self.tabs[one.who][-1]
                    if one.who not in self.gone:
                        faults.create_task(tab.proxy.befall(one.what, one.ms))
                else:
                    await self._vanish(*one)

    async def _vanish(self, who: int, how: str) -> None:
        self.gone.add(who)
        for tab in self.tabs[who]:
            if how == "mute for good":
                tab.proxy.swallow()
            await tab.page.vanish()

    async def _act(self, act: Act) -> None:
        if act.who in self.gone:
            return
        page = self.tabs[act.who][-1].page
        if page.ended is not None:
            page.come_in()
            return
        if act.what == "tab":
            await self._tab(act.who)
            return
        self._number += 1
        self._do(page, act.what, self._number, page.state)

    def _do(self, page: Page, what: str, number: int, state: State) -> None:  # noqa: C901, PLR0912 -- one case a kind of act
        chance, pe = self._chance, state.presenter.pe
        image: dict[str, Any] = {"study": STUDY, "series": SERIES, "sop": SOP, "frame": 1}
        standing = [id_ for id_, one in state.marks.items() if not one.gone and one.author == page.person]
        match what:
            case "chat":
                page.do("chat.msg", {"text": f"第 {number} 句"})
            case "mark":
                page.do("anno.add", {**image, "id": f"m{number}", "tool": "length", "geom": [number, 2, 3, 4]})
            case "change-mark" if standing:
                id_ = chance.choice(standing)
                page.do("anno.upd", {"id": id_, "geom": [number, 1]}, state.marks[id_].ver)
            case "remove-mark" if standing:
                id_ = chance.choice(standing)
                page.do("anno.del", {"id": id_}, state.marks[id_].ver)
            case "take":
                page.do("presenter.take", {}, pe)
            case "grant":
                page.do("presenter.grant", {"person": chance.choice(self._people).id}, pe)
            case "release":
                page.do("presenter.release", {}, pe)
            case "request":
                page.do("presenter.request", {})
            case "view":
                page.do("viewer.key", {**image, "pe": pe, "zoom": 1000 + number})
            case "minutes":
                page.do("minutes.rev", {"text": f"纪要 {number}"}, state.minutes.rev)
            case "vitals":
                page.do("vitals.note", {"code": "hr", "value": str(number)})
            case "consent":
                page.do("consent.given", {"scope": "recording", "who": "participant"})
            case "leave":
                page.do("member.left", {})
            case _:  # a pointer, or a mark where there is none of one's own
                page.show("ptr", {"x": number, "y": 2})

    # --- when it is over

    @property
    def _linked(self) -> dict[str, Page]:
        """The pages that are in; a person who left or was pushed out by another tab has none of theirs here."""
        return {
            tab.page.device: tab.page
            for tabs in self.tabs.values()
            for tab in tabs
            if tab.page.ended is None and tab.page.live
        }

    def heal(self) -> None:
        for who, tabs in self.tabs.items():
            for tab in tabs:
                if who not in self.gone:
                    tab.proxy.heal()

    def _unquiet(self, seq: int, state: State, *watching: Page) -> str:
        """Why the room is not quiet yet."""
        there = [tab.page for who, tabs in self.tabs.items() if who not in self.gone for tab in tabs]
        for page in (*there, *watching):
            if page.ended is not None:
                continue
            if not page.live:
                return f"{page.device} is not linked"
            if page.outbox:
                return f"{page.device} waits for {sorted(page.outbox)}"
            if page.state.seq != seq:
                return f"{page.device} is at {page.state.seq} of {seq}"
        linked = {page.person for page in (*self._linked.values(), *watching)}
        lingering = [person for person, one in state.members.items() if one.st == "present" and person not in linked]
        return f"{lingering} are still shown" if lingering else ""

    async def _quiet(self, pool: Pool, *watching: Page) -> str:
        """Wait for it; nothing tells when a room is quiet, so it is looked at. Returns why it is not, or nothing."""
        deadline, why = time.monotonic() + QUIET, ""
        while time.monotonic() < deadline:
            try:
                async with pool.connection() as connection:
                    row = await look(connection, self.id)
                why = self._unquiet(row.seq, row.fold, *watching)
                if not why:
                    return ""
            except Unavailable:
                why = "the database is away"
            await asyncio.sleep(0.25)
        return f"not quiet after {QUIET:.0f} s: {why}"

    async def end(self, pool: Pool) -> Outcome:
        """Wait until it is quiet, look in as somebody new, and see what holds."""
        outcome = Outcome(self.schedule.seed)
        fault = await self._quiet(pool)
        watching: list[Tab] = []
        watcher = await self._opened(self._watcher, f"watcher-{self.id.hex[:6]}", watching)
        async with asyncio.timeout(CAME_IN):
            while not (watcher.page.live and watcher.page.state.seq):
                await asyncio.sleep(0.05)
        fault = fault or await self._quiet(pool, watcher.page)
        async with pool.connection() as connection:
            row = await look(connection, self.id)
            events = await events_after(connection, self.id, 0, MOST)
        pages = [tab.page for tabs in [*self.tabs.values(), watching] for tab in tabs]
        evidence = Evidence(
            self.id,
            events,
            row.state,
            row.head.hex(),
            [page.told for page in pages],
            {
                name: canonical(page.state).decode()
                for name, page in {**self._linked, watcher.page.device: watcher.page}.items()
            },
            canonical(watcher.page.state).decode(),
            frozenset(
                (tab.page.device, cid) for tabs in self.tabs.values() for tab in tabs for cid in tab.proxy.doubled
            ),
            millis(),
        )
        outcome.evidence = evidence
        outcome.faults = ([fault] if fault else []) + broken(evidence)
        outcome.events = len(events)
        outcome.doubled = len(evidence.doubled)
        for told in evidence.told:
            outcome.acknowledged += len(told.granted)
            outcome.refused += len(told.refused)
            outcome.resumed += len(told.down)
        for tab in [*(tab for tabs in self.tabs.values() for tab in tabs), *watching]:
            await tab.page.stop()
            await tab.proxy.stop()
        return outcome


async def play(county: County, wave: Wave) -> list[Outcome]:
    """Play a wave to its end."""
    pool = await open_pool(county.dsn, size=4)
    try:
        rooms = [Room(county, one, *await county.opened(pool, one.people)) for one in wave.rooms]
        await asyncio.gather(*(one.come_in() for one in rooms))
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for one in rooms:
                group.create_task(one.play(began))
            group.create_task(_befall(county, wave, began))
        for one in rooms:
            one.heal()
        if any(one.gone for one in rooms):
            await asyncio.sleep(max(0.0, began + (wave.ms + GHOST) / 1000 + 1 - time.monotonic()))
        return list(await asyncio.gather(*(one.end(pool) for one in rooms)))
    finally:
        await pool.close()


async def _befall(county: County, wave: Wave, began: float) -> None:
    for fault in wave.faults:
        await asyncio.sleep(max(0.0, began + fault.at / 1000 - time.monotonic()))
        await county.befall(fault)
