"""Bring the demo county in: places, people and devices, studies through real associations, what recognition needs."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from telemed.access.codes import SecretBox, load_or_create_key
from telemed.access.passwords import Passwords
from telemed.config import Config, load
from telemed.db import Pool, open_pool
from telemed.demo import agreements, consultations, day, hospital_system, laboratory, questions
from telemed.demo.acts import Cast
from telemed.demo.county import load_directory, read, write_accounts
from telemed.demo.studies import Day
from telemed.demo.studies import read as read_day
from telemed.embedded.postgres import running_dsn
from telemed.endpoints import sealing_of
from telemed.imaging.papers import Papers
from telemed.reading.service.rule_book import RuleBook, read_rules
from telemed.recognition.granting_files import read_parameters
from telemed.registry import registry
from telemed.results.intake import Intake
from telemed.results.maps import read_maps
from telemed.statistics.parameters import read_parameters as read_counting
from telemed.statistics.sealing import Sealer

#: In the state folder: when the demo county was begun. A start that goes on with it counts its times from there.
BEGAN = "demo-began"
MAPS = Path(__file__).resolve().parents[2] / "config" / "recognition" / "maps"


async def bring(config: Config, *, people_only: bool) -> None:
    """Bring in what is missing."""
    pool = await open_pool(config.database.dsn or running_dsn(config.state.path), size=8)
    try:
        begun = time.monotonic()
        made = await _people(config, pool)
        _say(f"演示机构与账号 / demo places and people: {made} … {time.monotonic() - begun:.1f} s\n")
        if not people_only:
            begun = time.monotonic()
            began, book, studies = _began(config), read_rules(), read_day()
            await day.seed(config, pool, studies, book=book, began=began, progress=_progress)
            _say(f"{STUDIES} … {time.monotonic() - begun:.1f} s\n")
            begun = time.monotonic()
            grants, reports = await _recognition(config, pool, studies, book, began)
            took = f"{time.monotonic() - begun:.1f} s"
            _say(f"演示互认：资格与检验结果 / demo recognition: {grants} grants, {reports} messages … {took}\n")
            begun = time.monotonic()
            decisions, sealed = await _statistics(config, pool, studies, book, began)
            took = f"{time.monotonic() - begun:.1f} s"
            _say(
                f"演示统计：开单核对与封存 / demo statistics: {decisions} decisions, {sealed} months sealed … {took}\n"
            )
            begun = time.monotonic()
            asked = await _consultations(config, pool, studies, book, began)
            _say(f"演示会诊 / demo consultations: {asked} … {time.monotonic() - begun:.1f} s\n")
    finally:
        await pool.close()


async def _people(config: Config, pool: Pool) -> int:
    """Bring in what is missing of the directory; returns how many accounts were made."""
    county = read()
    made = await load_directory(
        pool,
        county,
        box=SecretBox(load_or_create_key(config.one_time_codes_key)),
        passwords=Passwords(),
        now=datetime.now(UTC),
        deliver=lambda made: write_accounts(config.demo_accounts, county, config.public_url, made),
    )
    await hospital_system.register(pool, county, config.demo_hospital_key)
    return len(made)


async def _recognition(config: Config, pool: Pool, studies: Day, book: RuleBook, began: datetime) -> tuple[int, int]:
    """Record agreements and quality rounds and send the laboratories' results, as far as that was not done before.

    Returns how many rows of grants were written and how many messages were sent.
    """
    zone = ZoneInfo(config.county.time_zone)
    grants = await agreements.bring(pool, agreements.read(), Cast(pool, book, zone), began, read_parameters())
    results = laboratory.read()
    ready = laboratory.messages(results, laboratory.people_of(studies.studies), began.astimezone(zone))
    intake = Intake(pool, zone, read_maps(MAPS))
    return grants, await laboratory.bring(pool, results, intake, ready, began)


async def _statistics(config: Config, pool: Pool, studies: Day, book: RuleBook, began: datetime) -> tuple[int, int]:
    """Ask what clinicians asked over two months, then seal what is over.

    Returns how many decisions were made and how many months sealed.
    """
    zone = ZoneInfo(config.county.time_zone)
    await questions.caught_up(pool)
    check = registry(config, pool, lambda: datetime.now(UTC)).of_patient
    cast, people = Cast(pool, book, zone), laboratory.people_of(studies.studies)
    made = await questions.bring(pool, questions.read(), cast, check, people, began=began.astimezone(zone))
    sealer = Sealer(pool, zone, read_counting(), lambda: datetime.now(UTC))
    return made, len(await sealer.due(datetime.now(UTC)))


async def _consultations(config: Config, pool: Pool, studies: Day, book: RuleBook, began: datetime) -> int:
    """Say who gives opinions and is on duty, and ask what was asked; returns how many consultations were made."""
    zone, state = ZoneInfo(config.county.time_zone), config.state.path
    sealing = sealing_of(config, SecretBox(load_or_create_key(config.one_time_codes_key)))
    bringing = consultations.Bringing(pool, Cast(pool, book, zone), zone, began, Papers(state / "consents"), sealing)
    return await bringing.bring(consultations.read(), {one.key: one for one in studies.studies})


def _began(config: Config) -> datetime:
    """The moment that the demo's day is counted back from; it stays when a start is interrupted."""
    path = config.state.path / BEGAN
    if not path.exists():
        path.write_text(datetime.now(UTC).isoformat(), encoding="ascii")
    return datetime.fromisoformat(path.read_text(encoding="ascii"))


STUDIES = "演示检查：登记、影像、阅片与报告 / demo studies: registered, sent, read"


def _progress(done: int, of: int) -> None:
    """One line that counts on a terminal; a line at every quarter elsewhere."""
    if sys.stdout.isatty():
        _say(f"\r  {STUDIES} {done}/{of}", indent="")
        if done == of:
            _say("\r\033[K", indent="")
    elif done * 4 // of > (done - 1) * 4 // of and done < of:
        _say(f"{STUDIES} {done}/{of}\n")


def _say(text: str, indent: str = "  ") -> None:
    sys.stdout.write(f"{indent}{text}")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m telemed.demo", description=__doc__)
    parser.add_argument("--people-only", action="store_true", help="places, people and devices, without studies")
    arguments = parser.parse_args()
    asyncio.run(bring(load([], os.environ), people_only=arguments.people_only))


if __name__ == "__main__":
    main()
