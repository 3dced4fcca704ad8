"""The paper of an opinion: set by a program of its own, in bounded time and memory, with the fonts of wheels alone."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from noto_cjk_sans_otc import FONT_PATH

from telemed.consultation.opinion.characters import covered
from telemed.consultation.opinion.document import Opinion, sheet
from telemed.consultation.opinion.spelling import at
from telemed.errors import Unavailable

PROGRAM = Path(__file__).with_name("typesetter.py")


@dataclass(frozen=True, slots=True)
class Limits:
    """What setting one opinion may cost.  memory: bytes of address space, of which the fonts take most."""

    memory: int = 2 << 30
    processor_seconds: int = 20
    seconds: float = 30.0
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class Press:
    """Sets opinions, as many at once as the limits say."""

    limits: Limits = Limits()
    _turn: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_turn", asyncio.Semaphore(self.limits.at_once))

    async def pdf(self, opinion: Opinion, evidence_sha256: str, zone: ZoneInfo) -> bytes:
        """The paper of an opinion.  The same opinion, evidence and zone give the same bytes.

        Raises Unavailable when it cannot be set within the limits; nothing was written.
        """
        shown = sheet(opinion, evidence_sha256, zone, characters())
        job = {
            "fonts": str(Path(str(FONT_PATH)).parent),
            "sheet": msgspec.json.encode(shown).decode(),
            "timestamp": int(at(opinion.signed_at).timestamp()),
        }
        async with self._turn:
            return await self._set(json.dumps(job).encode())

    async def _set(self, job: bytes) -> bytes:
        # bounded by the kernel from its first line on; one whose parent died ends at the closed pipe
        setter = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            PROGRAM,
            str(self.limits.memory),
            str(self.limits.processor_seconds),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "RAYON_NUM_THREADS": "1"},
            cwd="/",
        )
        try:
            async with asyncio.timeout(self.limits.seconds):
                content, said = await setter.communicate(job)
        except TimeoutError:
            raise _not_set("time") from None
        finally:
            if setter.returncode is None:
                setter.kill()
                await setter.wait()
        if setter.returncode != 0 or not content.startswith(b"%PDF-"):
            raise _not_set(_cause(setter.returncode or 0, said))
        return content


@cache
def characters() -> frozenset[int]:
    """What the paper's font can show; read once."""
    return covered(Path(str(FONT_PATH)).read_bytes())


def _cause(status: int, said: bytes) -> str:
    """A word for the log; never what the program said, which may quote the patient's text."""
    if status < 0:
        return f"signal-{-status}"
    return "memory" if b"MemoryError" in said or b"memory" in said else f"status-{status}"


def _not_set(cause: str) -> Unavailable:
    return Unavailable(
        "opinion-not-set",
        "会诊意见书未能在规定的时间和内存内排版。意见草稿已保留，尚未签署；请稍后重试，或缩短正文。",
        "The opinion could not be set within its time and memory. The draft is kept and not signed; "
        "try again later or shorten the text.",
        cause=cause,
    )
