"""What waits to be sent to one client: bounded, so that a slow one costs the others nothing.

Events are never dropped: who is too far behind is cut off with 4013 and resumes.  What is worth nothing a second later
has one slot a key, where the newest replaces what was not sent yet.  Where nothing waits and the connection takes it,
a message is written at once: most are, and no task has to wake for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from telemed.consultation.room.message import Message
from telemed.consultation.room.protocol import Close

MOST_EVENTS = 1000
MOST_BYTES = 1_000_000
MOST_ANSWERS = 512
MOST_SLOTS = 256
#: Seconds.  A view is half a kilobyte: thirty a second are four lines of 30 kbit/s, two leave three quarters of one to
#: what is said and to the picture that is shown.
PAUSE_OF_A_THIN_LINE = 0.5


@dataclass(frozen=True)
class Bye:
    """retry_ms: when the client should come back; None is not by itself."""

    code: int
    reason: str
    retry_ms: int | None = None


@dataclass(frozen=True)
class Batch:
    """events: (seq, message), in order. answers: to this client alone. slots: the newest of each kind."""

    events: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    answers: list[bytes] = field(default_factory=list[bytes])
    slots: list[bytes] = field(default_factory=list[bytes])
    bye: Bye | None = None


class Connected(Protocol):
    """What asyncio's transports are to an outlet."""

    def is_closing(self) -> bool: ...

    def get_write_buffer_size(self) -> int: ...

    def write(self, data: bytes) -> None: ...


class Outlet:
    """transport: of the client's connection, once whoever writes to it otherwise lets the outlet write too."""

    def __init__(self) -> None:
        self.transport: Connected | None = None
        self._events: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._answers: deque[bytes] = deque()
        self._slots: dict[tuple[str, ...], bytes] = {}
        self._bye: Bye | None = None
        self._waiting = asyncio.Event()
        self._taking = False
        self._pause = 0.0
        self._shown_at = -PAUSE_OF_A_THIN_LINE
        self._bell: asyncio.TimerHandle | None = None
        self.over = asyncio.Event()

    @property
    def ended(self) -> Bye | None:
        return self._bye

    def write(self, message: Message) -> bool:
        """Write at once; False where something waits before it, or the connection is behind."""
        transport = self.transport
        if not self._taking or self._waiting.is_set() or transport is None:
            return False
        if transport.is_closing() or transport.get_write_buffer_size() > 0:
            return False
        transport.write(message.wire)
        return True

    def offer(self, seq: int, message: Message) -> None:
        """An event, behind those offered before."""
        if self._bye is not None:
            return
        self._events.append((seq, message.payload))
        self._bytes += len(message.payload)
        self._waiting.set()
        if len(self._events) > MOST_EVENTS or self._bytes > MOST_BYTES:
            self.end(Bye(Close.TOO_SLOW, "too-slow", 0))

    def answer(self, payload: bytes) -> None:
        """Something for this client alone, in order, not to be lost."""
        if self._bye is not None or self.write(Message(payload)):
            return
        self._answers.append(payload)
        self._waiting.set()
        if len(self._answers) > MOST_ANSWERS:
            self.end(Bye(Close.TOO_SLOW, "too-slow", 0))

    def thin(self, *, is_thin: bool) -> None:
        """Whether passing things come together, after a pause each time, or at once."""
        self._pause = PAUSE_OF_A_THIN_LINE if is_thin else 0.0
        self._waiting.set()

    def show(self, key: tuple[str, ...], message: Message) -> None:
        """Something passing: it replaces what has the same key."""
        if self._bye is not None or (self._pause == 0 and self.write(message)):
            return
        if key not in self._slots and len(self._slots) >= MOST_SLOTS:
            return
        self._slots.pop(key, None)
        self._slots[key] = message.payload
        self._ring()

    def _ring(self) -> None:
        """Wake whoever takes when the slots are due."""
        wait = self._shown_at + self._pause - asyncio.get_running_loop().time()
        if wait <= 0:
            self._waiting.set()
        elif self._bell is None:
            self._bell = asyncio.get_running_loop().call_later(wait, self._due)

    def _due(self) -> None:
        self._bell = None
        self._waiting.set()

    def _passing(self) -> list[bytes]:
        """The slots where they are due."""
        now = asyncio.get_running_loop().time()
        if not self._slots:
            return []
        if now < self._shown_at + self._pause:
            self._ring()
            return []
        self._shown_at = now
        slots = list(self._slots.values())
        self._slots.clear()
        return slots

    def wake(self) -> None:
        self._waiting.set()

    def end(self, bye: Bye) -> None:
        """Say no more but this; the first reason stands."""
        if self._bye is None:
            self._bye = bye
            self._events.clear()
            self._bytes = 0
            self._slots.clear()
            if self._bell is not None:
                self._bell.cancel()
            self.over.set()
        self._waiting.set()

    async def take(self) -> Batch:
        """Everything that waits, once something does; passing things stay while events wait."""
        self._taking = True
        try:
            await self._waiting.wait()
        finally:
            self._taking = False
        self._waiting.clear()
        events, answers = list(self._events), list(self._answers)
        self._events.clear()
        self._bytes = 0
        self._answers.clear()
        return Batch(events, answers, self._passing(), self._bye)
