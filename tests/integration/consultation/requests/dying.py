"""`telemed serve` that ends itself by SIGKILL at one step of signing an opinion: python -m … STEP serve …

The steps, in their order; the server is the real one, and does everything before its step for real.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

from telemed import __main__ as program
from telemed import durable
from telemed.consultation.routes import addenda as addendum_routes
from telemed.consultation.routes import answering as opinion_routes
from telemed.consultation.service import opinions, rooms
from telemed.consultation.store import consultations as store

STEPS = ("sealed", "half-written", "written", "row", "marks", "room", "moved", "committed")


def die(*_: Any, **__: Any) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("alive")


async def dies(*_: Any, **__: Any) -> NoReturn:
    die()


def then_dies(work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[NoReturn]]:
    async def done(*args: Any, **more: Any) -> NoReturn:
        await work(*args, **more)
        die()

    return done


def half(place: Path, content: bytes, below: Path) -> NoReturn:
    below.mkdir(mode=0o700, exist_ok=True)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with place.with_name(f".{uuid4()}.new").open("wb") as file:
        file.write(content[: len(content) // 2])
        file.flush()
        os.fsync(file.fileno())
    die()


def trap(step: str) -> None:
    """Set what ends this process."""
    match step:
        case "sealed":
            opinions.Sealing.keep = dies  # type: ignore[method-assign]
        case "half-written":
            durable.keep = half  # type: ignore[assignment]
        case "written":
            opinions.Sealing.keep = then_dies(opinions.Sealing.keep)  # type: ignore[method-assign]
        case "row":
            opinions.insert = then_dies(opinions.insert)  # type: ignore[assignment]
        case "marks":
            opinions.queue_marks = then_dies(opinions.queue_marks)  # type: ignore[assignment]
        case "room":
            rooms.signed = then_dies(rooms.signed)  # type: ignore[assignment]
            rooms.added = then_dies(rooms.added)  # type: ignore[assignment]
        case "moved":
            moved, noted = store.move, store.note
            store.move = _if("sign", moved)  # type: ignore[assignment]
            store.note = _if("addend", noted)  # type: ignore[assignment]
        case _:
            opinion_routes.Signed = die  # type: ignore[assignment,misc]
            addendum_routes.Signed = die  # type: ignore[assignment,misc]


def _if(command: str, work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The other steps of a consultation are taken as ever."""

    async def done(*args: Any, **more: Any) -> Any:
        result = await work(*args, **more)
        if any(isinstance(one, store.Taken) and one.command == command for one in args):
            die()
        return result

    return done


if __name__ == "__main__":
    trap(sys.argv.pop(1))
    sys.exit(program.main())
