"""What splink finds among the same people as `./run bench matching`: a batch linkage, not an answer at a desk.

./run bench splinking --python PYTHON [--people 400000] [--again 20000]

splink is no dependency of this project: PYTHON is one that has it, for instance of
`python -m venv /var/tmp/splink && /var/tmp/splink/bin/pip install splink==5.0.0 duckdb==2.0.1`.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import random
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from tests.bench.people import County, Written
from tests.bench.results import write_section

COLUMNS = ("unique_id", "surname", "given", "born", "sex", "number", "phone", "address")
RUNNER = Path(__file__).with_name("splink_runner.py")


def row(name: str, who: Written) -> tuple[str, ...]:
    number = "" if who.number is None else who.number.value
    return name, who.name[:1], who.name[1:], who.birth_date.isoformat(), who.sex.value, number, who.phone, who.address


def write(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench splinking", description=__doc__)
    parser.add_argument("--python", required=True)
    parser.add_argument("--people", type=int, default=400_000)
    parser.add_argument("--again", type=int, default=20_000)
    parser.add_argument("--dry", action="store_true", help="print and leave the page of results as it is")
    asked = parser.parse_args()
    county = County()
    people = [(str(uuid4()), who) for who in county.people(asked.people)]
    chosen = random.Random(1).sample(people, min(asked.again, len(people)))
    with tempfile.TemporaryDirectory(prefix="telemed-bench-", dir="/var/tmp") as name:
        known, again = Path(name, "known.csv"), Path(name, "again.csv")
        write(known, [row(one, who) for one, who in people])
        # the id of one who comes again is that of the person, so that the runner can say what is right
        write(again, [row(f"again-{one}", county.again(who)) for one, who in chosen])
        done = subprocess.run(
            [asked.python, str(RUNNER), str(known), str(again)], stdout=subprocess.PIPE, text=True, check=True
        )
    table = done.stdout.strip()
    if asked.dry:
        print(table)  # noqa: T201 -- the command's answer
        return
    write_section(
        "Patient match, splink beside it",
        f"./run bench splinking --python PYTHON --people {asked.people} --again {asked.again}",
        f"The people of “Patient match” with the same seed: {asked.people:,} known, {len(chosen):,} of them again, "
        f"linked in one batch by splink on DuckDB with blocking by number, by name and birth date, and by phone, "
        f"trained on the data by expectation maximisation, with its defaults where these people could "
        f"not train it. {platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f} at the end, {datetime.now(UTC):%Y-%m-%d}.",
        table,
    )


if __name__ == "__main__":
    main()
