"""The receivers that the benchmark compares, each started as its users would start it, on a state of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import psycopg

from telemed.db.migrate import migrate
from telemed.embedded import PostgresServer, start_postgres
from tests.ports import free_port

# Makes DCMTK's storescp durable as far as a file goes: fsync at the fclose of what was written.
_FSYNC_AT_CLOSE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int fclose(FILE *file) {
    static int (*real)(FILE *);
    if (!real) real = (int (*)(FILE *)) dlsym(RTLD_NEXT, "fclose");
    int descriptor = fileno(file);
    if (descriptor > 2 && (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY) { fflush(file); fsync(descriptor); }
    return real(file);
}
"""
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Receiver(Protocol):
    """Something that takes associations on loopback."""

    name: str
    settings: str
    port: int
    called: str

    def start(self) -> None: ...
    def indexed(self) -> int | None:
        """How many instances a query finds now; None if the receiver has no index."""
        ...

    def processes(self) -> dict[str, list[int]]:
        """What to count CPU time and memory of: part → root pids."""
        ...

    def stop(self) -> None: ...


_STATES: list[Path] = []


def state_folder(name: str) -> Path:
    """An empty folder for one receiver; remove_states takes all of them away when everything is measured.

    Not between the rounds: ext4 passes over every inode that was freed in the last half minute when it makes a file,
    so that whoever comes next would pay for the one before.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"bench-{name}-", dir="/var/tmp"))
    _STATES.append(folder)
    return folder


def remove_states() -> None:
    for folder in _STATES:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.005)


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def tree(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, at = [root], 0
    while at < len(found):
        found += children.get(found[at], [])
        at += 1
    return found


def cpu_seconds(roots: list[int]) -> float:
    """CPU time of the trees, children that have ended included."""
    total = 0
    for root in roots:
        for pid in tree(root):
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            total += sum(int(value) for value in fields[11:15])
    return total / _TICK


def resident_bytes(roots: list[int]) -> int:
    total = 0
    for root in roots:
        for pid in tree(root):
            try:
                total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
            except OSError:
                continue
    return total


def end(process: "subprocess.Popen[bytes] | None") -> None:
    if process is not None and process.poll() is None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class Telemed:
    """This project's gateway with its embedded PostgreSQL, fsync on, as ./run starts them."""

    name: str = "telemed"
    settings: str = "durable before Success (file, folder, journal), then PostgreSQL 18 index, fsync on"
    port: int = field(default_factory=free_port)
    called: str = "TELEMED"
    folder: Path = field(default_factory=lambda: state_folder("telemed"))
    extra: dict[str, str] = field(default_factory=dict[str, str])
    postgres: PostgresServer | None = None
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        self.folder.chmod(0o755)
        self.postgres = start_postgres(self.folder)
        migrate(self.postgres.dsn)
        organization = uuid4()
        with psycopg.connect(self.postgres.dsn) as connection:
            connection.execute(
                "insert into organization (id, code, name, kind) values (%s, 'bench', 'bench', 'township-hospital')",
                (organization,),
            )
            connection.execute(
                "insert into device (organization_id, ae_title) values (%s, 'STORESCU')", (organization,)
            )
        environment = dict(os.environ) | {
            "TELEMED__STATE__PATH": str(self.folder),
            "TELEMED__DATABASE__DSN": self.postgres.dsn,
            "TELEMED__DICOM__PORT": str(self.port),
            "TELEMED__LOG__LEVEL": "warning",
            **self.extra,
        }
        with (self.folder / "gateway.log").open("wb") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "dicom_gateway"], env=environment, stderr=log)
        wait_until(lambda: accepts(self.port), 30, "the gateway did not listen")
        cache = self.folder / "imaging" / "devices.json"
        wait_until(cache.exists, 30, "the gateway did not learn of its device")

    def indexed(self) -> int:
        assert self.postgres is not None
        with psycopg.connect(self.postgres.dsn) as connection:
            row = connection.execute("select count(*) from imaging_instance").fetchone()
        assert row is not None
        return row[0]

    def processes(self) -> dict[str, list[int]]:
        assert self.process is not None
        assert self.postgres is not None
        return {"gateway": [self.process.pid], "postgresql": [self.postgres.pid]}

    def stop(self) -> None:
        end(self.process)
        if self.postgres is not None:
            self.postgres.stop()


@dataclass
class Dcmtk:
    """DCMTK storescp, a process an association."""

    durable: bool
    name: str = ""
    settings: str = ""
    port: int = field(default_factory=free_port)
    called: str = "STORESCP"
    folder: Path = field(default_factory=lambda: state_folder("dcmtk"))
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.name = f"DCMTK storescp --fork{', fsync' if self.durable else ''}"
        self.settings = (
            "TCP_NODELAY=1, fsync of each file at close (a preloaded fclose), no index"
            if self.durable
            else "TCP_NODELAY=1, not durable, no index"
        )

    def start(self) -> None:
        environment = dict(os.environ) | {"TCP_NODELAY": "1"}
        if self.durable:
            source, library = self.folder / "durable.c", self.folder / "durable.so"
            source.write_text(_FSYNC_AT_CLOSE)
            subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
            environment["LD_PRELOAD"] = str(library)
        (self.folder / "received").mkdir()
        self.process = subprocess.Popen(
            ["/usr/bin/storescp", "--fork", "-aet", self.called, "-pdu", "131072", "+uf", "-od",
             self.folder / "received", str(self.port)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(lambda: accepts(self.port), 10, "storescp did not listen")

    def indexed(self) -> None:
        return None

    def processes(self) -> dict[str, list[int]]:
        assert self.process is not None
        return {"storescp": [self.process.pid]}

    def stop(self) -> None:
        end(self.process)


@dataclass
class Orthanc:
    """Orthanc from Debian with its own SQLite index."""

    name: str = "Orthanc, SQLite"
    settings: str = "TCP_NODELAY=1, MaximumPduLength 131072, SyncStorageArea true, index transaction before Success"
    port: int = field(default_factory=free_port)
    http: int = field(default_factory=free_port)
    called: str = "ORTHANC"
    folder: Path = field(default_factory=lambda: state_folder("orthanc"))
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        configuration = self.folder / "orthanc.json"
        configuration.write_text(
            json.dumps(
                {
                    "Name": "bench",
                    "StorageDirectory": str(self.folder / "storage"),
                    "IndexDirectory": str(self.folder / "index"),
                    "SyncStorageArea": True,
                    "DicomPort": self.port,
                    "HttpPort": self.http,
                    "DicomAet": self.called,
                    "MaximumPduLength": 131072,
                    "RemoteAccessAllowed": False,
                    "AuthenticationEnabled": False,
                    "SaveJobs": False,
                    "Plugins": [],
                }
            )
        )
        with (self.folder / "orthanc.log").open("wb") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/Orthanc", configuration],
                env=dict(os.environ) | {"TCP_NODELAY": "1"},
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: accepts(self.port) and accepts(self.http), 30, "Orthanc did not listen")

    def indexed(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/statistics", timeout=60) as answer:
            return json.load(answer)["CountInstances"]

    def processes(self) -> dict[str, list[int]]:
        assert self.process is not None
        return {"orthanc": [self.process.pid]}

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        end(self.process)
