"""`./run test`: everything that proves the project, in one command, with a table of what it took.

Each stage's whole output is kept in test-results/; what fails is shown. A stage that cannot run is a failure
with the name of what is missing: nothing is skipped in silence.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
BIN = Path(sys.executable).parent
DEBIAN_POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").exists() else []
#: What asks most of the database's own language; every statement of the project is prepared by the first.  On another
#: version of PostgreSQL these run always, the others with --long.
STATEMENTS = [
    f"tests/integration/{one}"
    for one in (
        "test_database.py",
        "test_events.py",
        "audit",
        "patients",
        "reading",
        "recognition",
        "statistics",
    )
]
TAIL = 120  # lines of a failed stage shown at the end


@dataclass(frozen=True)
class Stage:
    """One command. counts: it is pytest and writes a JUnit file of this name."""

    name: str
    command: list[str]
    group: str
    cwd: Path = ROOT
    counts: bool = False
    env: dict[str, str] = field(default_factory=dict[str, str])


def node(*arguments: str) -> list[str]:
    """A command run by the Node that ./run has chosen (TELEMED_NODE), the wheel's otherwise."""
    chosen = os.environ.get("TELEMED_NODE") or str(BIN / "node")
    return [chosen if Path(chosen).exists() else (shutil.which("node") or "node"), *arguments]


def pytest(name: str, group: str, *paths: str, workers: int = 0, env: dict[str, str] | None = None) -> Stage:
    junit = f"--junitxml={RESULTS / name}.xml"
    command = [sys.executable, "-m", "pytest", "-q", junit, *paths]
    if workers:
        command += ["-n", str(workers), "--dist", "loadfile"]
    return Stage(name, command, group, counts=True, env=env or {})


def stages(*, long: bool, namespaces: bool = True) -> list[Stage]:
    python, web, modules = sys.executable, ROOT / "web", ROOT / "web" / "node_modules"
    extra = ["--long"] if long else []
    return [
        Stage("format", [str(BIN / "ruff"), "format", "--check", "."], "static"),
        Stage("lint", [str(BIN / "ruff"), "check", "."], "static"),
        Stage("types", node(str(modules / "pyright" / "index.js"), "-p", str(ROOT)), "static"),
        Stage("imports", [str(BIN / "lint-imports")], "static"),
        Stage("generated", [python, "-m", "tests.generated"], "static"),
        Stage("web-types", node(str(modules / "vue-tsc" / "bin" / "vue-tsc.js"), "--noEmit"), "static", cwd=web),
        Stage("web-lint", node(str(modules / "eslint" / "bin" / "eslint.js"), "."), "static", cwd=web),
        Stage("web-unit", node(str(modules / "vitest" / "vitest.mjs"), "run"), "unit", cwd=web),
        pytest("unit", "unit", "tests/unit", "tests/spec", workers=2),
        pytest("integration", "integration", "tests/integration", *extra, workers=2),
        pytest(
            "integration-debian-postgres",
            "integration",
            *(["tests/integration", "--ignore=tests/integration/embedded"] if long else STATEMENTS),
            workers=2,
            env={"TELEMED_TEST_POSTGRES_BIN": str(DEBIAN_POSTGRES[-1]) if DEBIAN_POSTGRES else "/usr/lib/postgresql"},
        ),
        pytest("mutation", "mutation", "tests/mutation", *extra),
        pytest("dicom", "dicom", "tests/dicom", *extra),
        pytest("reliability", "dicom", "tests/reliability", *extra),
        # two counties, each with a browser: one shows every page, the other what people do on them
        pytest("browser", "browser", "tests/e2e", *extra, *([] if namespaces else ["--no-namespaces"]), workers=2),
    ]


def run(stage: Stage) -> tuple[bool, float]:
    started = time.monotonic()
    log = RESULTS / f"{stage.name}.log"
    with log.open("wb") as output:
        done = subprocess.run(
            stage.command,
            cwd=stage.cwd,
            env=os.environ | stage.env,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    return done.returncode == 0, time.monotonic() - started


def counted(stage: Stage) -> tuple[int, int, int]:
    """(passed, failed, skipped) of a pytest stage; (0, 1, 0) when it wrote no report."""
    report = RESULTS / f"{stage.name}.xml"
    if not report.exists():
        return 0, 1, 0
    suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314 -- written a moment ago by pytest
    if suite is None:
        return 0, 1, 0
    tests, failed, skipped = (int(suite.get(name, 0)) for name in ("tests", "failures", "skipped"))
    failed += int(suite.get("errors", 0))
    return tests - failed - skipped, failed, skipped


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run test", description=__doc__)
    parser.add_argument(
        "--long", action="store_true", help="also what takes long: 100 kills, fuzz, chaos, every mutant"
    )
    parser.add_argument(
        "--no-namespaces", action="store_true", help="without the call between two networks, which needs root"
    )
    parser.add_argument("--only", action="append", default=[], metavar="STAGE", help="stage or group, repeatable")
    chosen = parser.parse_args()
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    wanted = [
        one
        for one in stages(long=chosen.long, namespaces=not chosen.no_namespaces)
        if not chosen.only or {one.name, one.group} & set(chosen.only)
    ]
    passed = failed = skipped = 0
    table: list[str] = []
    broken: list[Stage] = []
    for stage in wanted:
        print(f"… {stage.group}: {stage.name}", flush=True)  # noqa: T201 -- a command prints
        ok, seconds = run(stage)
        mine = counted(stage) if stage.counts else (int(ok), int(not ok), 0)
        if not ok and mine[1] == 0:
            mine = (mine[0], 1, mine[2])
        passed, failed, skipped = passed + mine[0], failed + mine[1], skipped + mine[2]
        verdict = "ok    " if ok else "FAILED"
        table.append(f"{verdict} {stage.group:<12} {stage.name:<28} {seconds:7.1f} s  {mine[0]:>5} passed")
        print(table[-1], flush=True)  # noqa: T201 -- a command prints
        if not ok:
            broken.append(stage)
            print("\n".join(_tail(stage)), flush=True)  # noqa: T201 -- a command prints
    print("\n".join(["", *table, ""]))  # noqa: T201 -- a command prints
    print(f"{passed} passed, {failed} failed, {skipped} skipped")  # noqa: T201 -- a command prints
    return 1 if broken else 0


def _tail(stage: Stage) -> list[str]:
    log = RESULTS / f"{stage.name}.log"
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:]


if __name__ == "__main__":
    sys.exit(main())
