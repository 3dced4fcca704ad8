"""What waits to be sent to one client: bounded, so that a slow one costs the others nothing.

Events are never dropped: who is too far behind is cut off with 4013 and resumes.  What is worth nothing a second later
has one slot a key, where the newest replaces what was not sent yet.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from telemed.consultation.room.protocol import Close

MOST_EVENTS = 1000
MOST_BYTES = 1_000_000
MOST_ANSWERS = 512
MOST_SLOTS = 256


@dataclass(frozen=True)
class Bye:
    """retry_ms: when the client should come back; None is not by itself."""

    code: int
    reason: str
    retry_ms: int | None = None


@dataclass(frozen=True)
class Batch:
    """events: (seq, frame), in order. answers: to this client alone. slots: the newest of each kind."""

    events: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    answers: list[str] = field(default_factory=list[str])
    slots: list[str] = field(default_factory=list[str])
    bye: Bye | None = None


class Outlet:
    def __init__(self) -> None:
        self._events: deque[tuple[int, str]] = deque()
        self._bytes = 0
        self._answers: deque[str] = deque()
        self._slots: dict[tuple[str, ...], str] = {}
        self._bye: Bye | None = None
        self._waiting = asyncio.Event()
        self.over = asyncio.Event()

    @property
    def ended(self) -> Bye | None:
        return self._bye

    def offer(self, seq: int, frame: str) -> None:
        """An event, behind those offered before."""
        if self._bye is not None:
            return
        self._events.append((seq, frame))
        self._bytes += len(frame.encode())
        self._waiting.set()
        if len(self._events) > MOST_EVENTS or self._bytes > MOST_BYTES:
            self.end(Bye(Close.TOO_SLOW, "too-slow", 0))

    def answer(self, frame: str) -> None:
        """Something for this client alone, in order, not to be lost."""
        if self._bye is not None:
            return
        self._answers.append(frame)
        self._waiting.set()
        if len(self._answers) > MOST_ANSWERS:
            self.end(Bye(Close.TOO_SLOW, "too-slow", 0))

    def show(self, key: tuple[str, ...], frame: str) -> None:
        """Something passing: it replaces what has the same key."""
        if self._bye is not None or (key not in self._slots and len(self._slots) >= MOST_SLOTS):
            return
        self._slots.pop(key, None)
        self._slots[key] = frame
        self._waiting.set()

    def wake(self) -> None:
        self._waiting.set()

    def end(self, bye: Bye) -> None:
        """Say no more but this; the first reason stands."""
        if self._bye is None:
            self._bye = bye
            self._events.clear()
            self._bytes = 0
            self._slots.clear()
            self.over.set()
        self._waiting.set()

    async def take(self) -> Batch:
        """Everything that waits, once something does; passing things stay while events wait."""
        await self._waiting.wait()
        self._waiting.clear()
        events, answers = list(self._events), list(self._answers)
        self._events.clear()
        self._bytes = 0
        self._answers.clear()
        slots = list(self._slots.values())
        self._slots.clear()
        return Batch(events, answers, slots, self._bye)
