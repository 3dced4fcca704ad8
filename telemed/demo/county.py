"""The demo county's places, people and devices: config/demo/county.toml into the directory, accounts into a file."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec

from telemed.access.accounts import create_account, one_time_password
from telemed.access.codes import SecretBox, new_secret
from telemed.access.passwords import Passwords
from telemed.access.policy import SECOND_FACTOR_ROLES
from telemed.db import Connection, Pool, execute, fetch_one, load
from telemed.events import append
from telemed.vocabulary import Role

COUNTY = Path(__file__).resolve().parents[2] / "config" / "demo" / "county.toml"

queries = load(__name__)


class Licence(msgspec.Struct, frozen=True, array_like=True):
    number: str
    category: str
    scope: str
    expires_on: date


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """village: works in that village's clinic below the organisation."""

    organization: str
    name: str
    username: str
    staff_number: str
    title: str
    roles: list[Role]
    licence: Licence | None = None
    village: str | None = None


class Place(msgspec.Struct, frozen=True, array_like=True):
    code: str
    name: str
    name_en: str
    kind: str
    parent: str
    phone: str
    member: bool
    level: int | None = None


class Device(msgspec.Struct, frozen=True, array_like=True):
    ae_title: str
    organization: str
    modality: str
    name: str
    intent: str


class DemoCounty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    region: str
    member_since: date
    organizations: list[Place]
    villages: dict[str, list[str]]
    people: list[Person]
    devices: list[Device]


class DemoAccount(msgspec.Struct, frozen=True):
    """One log-in as the accounts file holds it. totp_secret: only for roles that sign or administer."""

    username: str
    password: str
    totp_secret: Annotated[str | None, "base32"]
    name: str
    title: str
    roles: list[Role]
    organization: str


class _Place(msgspec.Struct):
    id: UUID


class _Created(msgspec.Struct):
    id: UUID
    organization_id: UUID


def read(path: Path = COUNTY) -> DemoCounty:
    """Read the county's file; raises msgspec.ValidationError for what does not fit."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), DemoCounty)


def places(county: DemoCounty) -> Iterator[Place]:
    """Every organisation, parents before children, the village clinics last."""
    yield from county.organizations
    for township, villages in county.villages.items():
        for number, village in enumerate(villages, start=1):
            code = village_code(township, number)
            yield Place(
                code, f"{village}村卫生室", f"Village clinic {code}", "village-clinic", township, "", member=True
            )


def village_code(township: str, number: int) -> str:
    return f"{township}-{number:02d}"


async def load_directory(
    pool: Pool,
    county: DemoCounty,
    *,
    box: SecretBox,
    passwords: Passwords,
    now: datetime,
    deliver: Callable[[list[DemoAccount]], None],
) -> list[DemoAccount]:
    """Bring in what is missing and return the accounts that were made now (their passwords are known only here).

    deliver: writes those accounts down, before the one transaction commits: a start that is killed here leaves
    either nothing, or accounts whose passwords were written down.
    """
    made: list[DemoAccount] = []
    names = {place.code: place.name for place in places(county)}
    async with pool.transaction() as tx:
        for place in places(county):
            await _place(tx, place, county)
        for person in county.people:
            account = await _person(tx, person, _place_of(county, person), names, box=box, passwords=passwords, now=now)
            if account is not None:
                made.append(account)
        for device in county.devices:
            await execute(tx, queries["device"], msgspec.structs.asdict(device))
        if made:
            deliver(made)
    return made


async def _place(tx: Connection, place: Place, county: DemoCounty) -> None:
    """A place and its membership; who keeps track of places hears of a new one."""
    region = county.region if place.member else ""
    made = await fetch_one(tx, queries["organization"], msgspec.structs.asdict(place) | {"region": region}, _Place)
    if place.member:
        await execute(tx, queries["membership"], {"code": place.code, "since": county.member_since})
    if made is not None:
        await append(tx, "organization.changed", made.id, ["admin", f"organization/{made.id}"])


def _place_of(county: DemoCounty, person: Person) -> str:
    if person.village is None:
        return person.organization
    return village_code(person.organization, county.villages[person.organization].index(person.village) + 1)


async def _person(
    tx: Connection,
    person: Person,
    place: str,
    names: Mapping[str, str],
    *,
    box: SecretBox,
    passwords: Passwords,
    now: datetime,
) -> DemoAccount | None:
    licence = person.licence
    created = await fetch_one(
        tx,
        queries["practitioner"],
        {
            "organization": place,
            "name": person.name,
            "staff_number": person.staff_number,
            "title": person.title,
            "phone": f"0999-6{sum(person.username.encode()):06d}",
            "licence_number": None if licence is None else licence.number,
            "licence_category": None if licence is None else licence.category,
            "licence_scope": None if licence is None else licence.scope,
            "licence_expires_on": None if licence is None else licence.expires_on,
        },
        _Created,
    )
    if created is None:
        return None
    for role in person.roles:
        await execute(
            tx,
            queries["role"],
            {"practitioner_id": created.id, "organization_id": created.organization_id, "role": role},
        )
    password = one_time_password()
    account_id = await create_account(
        tx,
        created.id,
        person.username,
        await passwords.hash(password),
        must_change=False,
        now=now,
    )
    secret: str | None = None
    if not SECOND_FACTOR_ROLES.isdisjoint(person.roles):
        secret = new_secret()
        sealed = box.seal(secret, account_id)
        await execute(tx, queries["second_factor"], {"account_id": account_id, "sealed": sealed})
    return DemoAccount(
        username=person.username,
        password=password,
        totp_secret=secret,
        name=person.name,
        title=person.title,
        roles=person.roles,
        organization=names[place],
    )


def write_accounts(path: Path, county: DemoCounty, url: str, accounts: list[DemoAccount]) -> None:
    """Write the log-ins for the person who started the demo, readable by that person alone (mode 0600)."""
    text = json.dumps(
        {"county": county.name, "url": url, "accounts": [msgspec.to_builtins(one) for one in accounts]},
        ensure_ascii=False,
        indent=2,
    )
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
