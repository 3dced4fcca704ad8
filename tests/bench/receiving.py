"""Receiving (docs/explanation/performance): this gateway beside DCMTK and Orthanc, in turns, in one run.

    ./run bench receiving [--rounds 3] [--ct 300] [--dx 20] [--tiny 1000]

Each round starts every receiver anew on an empty state, sends every load to it, and goes on to the next (A B C A B …):
what else the machine does meets all of them.  The clock starts with the first connection and stops when the last
instance is acknowledged and, where there is an index, when a query counts it.  Results: docs/reference/benchmarks.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from telemed.demo.phantom import ct_series, dr_chest
from tests.bench.receivers import (
    Dcmtk,
    Orthanc,
    Receiver,
    Telemed,
    cpu_seconds,
    remove_states,
    resident_bytes,
    wait_until,
)
from tests.bench.results import write_section
from tests.bench.sender import UID_LENGTH

Row = dict[str, float]


@dataclass(frozen=True)
class Load:
    """One kind of instance, how many, over how many associations."""

    name: str
    file: Path
    sop_class: str
    uid_at: int
    size: int
    count: int
    associations: int


def prepare(folder: Path, name: str, data: Dataset, count: int, associations: int) -> Load:
    """Write the data set with a UID that the sender can write over."""
    data.SOPInstanceUID = "2.25." + "1" * (UID_LENGTH - 5)
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, data)
    encoded = buffer.getvalue()
    file = folder / f"{name}-{associations}.bin"
    file.write_bytes(encoded)
    return Load(
        f"{name} ×{associations}", file, data.SOPClassUID, encoded.index(data.SOPInstanceUID.encode()), len(encoded),
        count, associations,
    )  # fmt: skip


def measure(receiver: Receiver, load: Load, run: int) -> Row:
    """Send one load; instances a second, CPU milliseconds an instance by part, p50 and p99 of one C-STORE."""
    before = {part: cpu_seconds(roots) for part, roots in receiver.processes().items()}
    already = receiver.indexed()
    command = [
        sys.executable, "-m", "tests.bench.sender", "--port", receiver.port, "--called", receiver.called, "--data",
        load.file, "--sop-class", load.sop_class, "--uid-at", load.uid_at, "--count", load.count, "--associations",
        load.associations, "--run", run,
    ]  # fmt: skip
    done = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE)
    told = json.loads(done.stdout)
    if told["failed"]:
        raise RuntimeError(f"{receiver.name}, {load.name}: {told['failed'][:3]}")
    ended = told["ended"]
    if already is not None:
        wait_until(lambda: (receiver.indexed() or 0) - already >= load.count, 120, "the index does not catch up")
        ended = max(ended, time.monotonic())
    row = {
        "per_second": load.count / (ended - told["began"]),
        "acknowledged_per_second": load.count / (told["ended"] - told["began"]),
        "megabytes_per_second": load.count * load.size / 1e6 / (ended - told["began"]),
        "p50_ms": told["p50_ms"],
        "p99_ms": told["p99_ms"],
        "resident_mb": resident_bytes(next(iter(receiver.processes().values()))) / 1e6,
    }
    for part, roots in receiver.processes().items():
        row[f"cpu_ms_{part}"] = (cpu_seconds(roots) - before[part]) * 1000 / load.count
    return row


def run_rounds(
    kinds: Iterable[Callable[[], Receiver]], loads: list[Load], rounds: int
) -> tuple[dict[tuple[str, str], list[Row]], dict[str, str]]:
    results: dict[tuple[str, str], list[Row]] = {}
    settings: dict[str, str] = {}
    run = time.time_ns() // 1_000_000
    for turn in range(rounds):
        for kind in kinds:
            receiver = kind()
            settings[receiver.name] = receiver.settings
            try:
                receiver.start()
                for load in loads:
                    run += 1
                    row = measure(receiver, load, run)
                    results.setdefault((receiver.name, load.name), []).append(row)
                    line = f"{turn + 1}/{rounds} {receiver.name:30} {load.name:8} {row['per_second']:7.1f}/s"
                    print(line, {key: round(value, 2) for key, value in row.items() if "cpu" in key}, flush=True)  # noqa: T201
            finally:
                receiver.stop()
    return results, settings


def table(results: dict[tuple[str, str], list[Row]], loads: list[Load], settings: dict[str, str]) -> str:
    """The medians as Markdown; ratios are those of the medians."""
    lines = [
        "| receiver | load | instances/s | MB/s | C-STORE p50 / p99 ms | CPU ms/instance | RSS MB | ours ÷ this |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for load in loads:
        ours = median(row["per_second"] for row in results["telemed", load.name])
        for name in settings:
            rows = results[name, load.name]
            middle = {key: median(row[key] for row in rows) for key in rows[0]}
            cpu = " + ".join(f"{middle[key]:.2f} {key[7:]}" for key in middle if key.startswith("cpu_ms_"))
            lines.append(
                f"| {name} | {load.name} | {middle['per_second']:.0f} | {middle['megabytes_per_second']:.0f} "
                f"| {middle['p50_ms']:.1f} / {middle['p99_ms']:.1f} | {cpu} | {middle['resident_mb']:.0f} "
                f"| {ours / middle['per_second']:.2f} |"
            )
    return "\n".join(lines)


def version(*command: str) -> str:
    said = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()
    return said.strip().splitlines()[0]


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench receiving")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ct", type=int, default=300)
    parser.add_argument("--dx", type=int, default=20)
    parser.add_argument("--tiny", type=int, default=1000)
    chosen = parser.parse_args()
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bench-load-", dir="/var/tmp") as name:
        folder = Path(name)
        ct, tiny = next(ct_series(slices=200)), next(ct_series(slices=200, size=96))
        loads = [
            prepare(folder, "CT", ct, chosen.ct, 1),
            prepare(folder, "CT", ct, chosen.ct, 8),
            prepare(folder, "DX", dr_chest(), chosen.dx, 4),
            prepare(folder, "tiny", tiny, chosen.tiny, 8),
        ]
        loads = [load for load in loads if load.count]
        kinds: list[Callable[[], Receiver]] = [
            Telemed,
            lambda: Dcmtk(durable=True),
            Orthanc,
            lambda: Dcmtk(durable=False),
        ]
        try:
            results, settings = run_rounds(kinds, loads, chosen.rounds)
        finally:
            remove_states()
    sizes = ", ".join(f"{load.name}: {load.count} × {load.size / 1000:.0f} kB" for load in loads)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release().partition('-')[0]}, loopback"
    machine += f", load average before {load_before:.1f}"
    programs = (version("/usr/bin/storescp", "--version"), version("/usr/sbin/Orthanc", "--version"))
    notes = [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}; medians of {chosen.rounds} rounds in turns. Loads: {sizes}.",
        "",
        f"{' · '.join(programs)} · Python {platform.python_version()}.",
        "",
        *(f"- {receiver}: {how}" for receiver, how in settings.items()),
        "",
        "The clock stops when the last instance is acknowledged and, where there is an index, found by a query. CPU is",
        "the receiver's own, with its children; the load comes from one process that is the same for all.",
    ]
    write_section("Receiving (DIMSE)", "./run bench receiving", "\n".join(notes), table(results, loads, settings))


if __name__ == "__main__":
    main()
