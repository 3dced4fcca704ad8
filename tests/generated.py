"""Files that are made from others: check that they are in step, or write them anew with --write."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path

import psycopg

from telemed.config import CallSection, JanusSection
from telemed.config.reference import documents
from telemed.db.migrate import migrate
from telemed.embedded import start_postgres
from telemed.embedded.coturn import configuration
from telemed.embedded.janus import configuration as janus_configuration
from telemed.statistics.reference import page as indicators
from tests.conftest import dsn_of
from tests.import_diagram import diagram
from tests.pipeline import node

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
NOISE = re.compile(r"^(SET |SELECT pg_catalog\.set_config|--|\\(un)?restrict)")


def openapi() -> str:
    from telemed.app import described  # noqa: PLC0415 -- heavy, and only this file needs it

    return json.dumps(described(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def capability() -> str:
    from telemed.fhir.capability import statement  # noqa: PLC0415 -- heavy, and only this file needs it
    from telemed.fhir.table import TABLE  # noqa: PLC0415

    made = statement(TABLE, public_url="https://county.example", release="0")
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def typescript() -> str:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "schema.d.ts"
        tool = WEB / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
        command = node(str(tool), str(WEB / "openapi.json"), "--output", str(target))
        subprocess.run(command, cwd=WEB, check=True, stdout=subprocess.DEVNULL)
        return target.read_text(encoding="utf-8")


def relay() -> str:
    """What the embedded coturn is told, for one that somebody else starts."""
    head = [
        "# 由 telemed/embedded/coturn.py 生成，请勿手改；用法见 docs/how-to/run-in-containers.md",
        "# Made from telemed/embedded/coturn.py; do not edit by hand. How to use it: docs/how-to/run-in-containers.md",
    ]
    return "\n".join([*head, *configuration(CallSection()), ""])


def forwarding(name: str) -> str:
    """A file of what the embedded Janus is told, for one in a container, which fills in what stands between @s."""
    head = [
        "# 由 telemed/embedded/janus.py 生成，请勿手改；用法见 docs/how-to/run-in-containers.md",
        "# Made from telemed/embedded/janus.py; do not edit by hand. How to use it: docs/how-to/run-in-containers.md",
    ]
    section = JanusSection(address="@ADDRESS@", public_address="@PUBLIC@")
    files = janus_configuration(section, Path("@FOLDER@"), "@SECRET@", listen="@LISTEN@")
    return "\n".join([*head, *files[name], ""])


def schema() -> str:
    """The whole schema as the migrations leave it, for people to read and for `tests` to compare."""
    with tempfile.TemporaryDirectory(prefix="telemed-s-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = start_postgres(Path(folder) / "pg", durable=False)
        try:
            with psycopg.connect(server.dsn, autocommit=True) as admin:
                admin.execute("create database whole template template0")
            migrate(dsn_of(server.dsn, "whole"))
            return dump(server.binaries / "pg_dump", dsn_of(server.dsn, "whole"))
        finally:
            server.stop()


def dump(program: Path, dsn: str) -> str:
    """A schema as text, without what differs between versions of pg_dump."""
    command = [str(program), "--schema-only", "--no-owner", "--no-privileges", dsn]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in text.splitlines() if not NOISE.match(line)]
    return re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip() + "\n"


GENERATED: dict[Path, Callable[[], str]] = {
    ROOT / "telemed" / "db" / "schema.sql": schema,
    WEB / "openapi.json": openapi,
    ROOT / "config" / "coturn" / "turnserver.conf": relay,
    **{
        ROOT / "config" / "janus" / name: partial(forwarding, name)
        for name in ("janus.jcfg", "janus.plugin.videoroom.jcfg", "janus.transport.websockets.jcfg")
    },
    ROOT / "docs" / "explanation" / "imports.md": diagram,
    ROOT / "docs" / "reference" / "indicators.md": indicators,
    ROOT / "docs" / "conformance" / "fhir-capability-statement.json": capability,
    WEB / "src" / "api" / "schema.d.ts": typescript,
}


def main(*, write: bool) -> int:
    stale = 0
    # one after the other: the types are made of the OpenAPI document as it has just been written
    for path, wanted in chain(documents(ROOT).items(), ((path, produce()) for path, produce in GENERATED.items())):
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        if there == wanted:
            continue
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
            print(f"written {path.relative_to(ROOT)}")  # noqa: T201 -- a command prints
            continue
        stale += 1
        name = str(path.relative_to(ROOT))
        difference = difflib.unified_diff(there.splitlines(), wanted.splitlines(), name, f"{name} (as it should be)")
        print("\n".join([*list(difference)[:60], "Run: python -m tests.generated --write"]))  # noqa: T201 -- a command prints
    return 1 if stale else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(write="--write" in sys.argv[1:]))
