"""The demo's hospital system: registered for every place of the county, as any foreign client would be."""

from __future__ import annotations

from pathlib import Path

from telemed.cds import store
from telemed.cds.registration import Agreement
from telemed.cds.sample_system import ISSUER, create_key, public_keys
from telemed.db import Pool
from telemed.demo.county import DemoCounty, places

NAME = "演示医院开单系统"


async def register(pool: Pool, county: DemoCounty, key_file: Path) -> int:
    """Let the sample system call for each place; returns for how many.  Done again it changes nothing."""
    keys = public_keys(create_key(key_file))
    registered = 0
    async with pool.transaction() as tx:
        for place in places(county):
            agreement = Agreement(
                ISSUER,
                f"{NAME}（{place.name}）",
                place.code,
                tenant=place.code,
                keys=keys,
                specification="3.0",
            )
            registered += await store.register(tx, agreement) is not None
    return registered
