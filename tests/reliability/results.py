"""Results of the long forms, written into docs/reference/reliability.md with the commit and the seed."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "reference" / "reliability.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def commit() -> str:
    """The commit that was tested; a plus sign says that files differed from it."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(REPOSITORY), *arguments], capture_output=True, text=True, check=True
        ).stdout.strip()

    changed = git("status", "--porcelain", "--", "dicom_gateway", "telemed", "tests/reliability")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


#: As it was when the run began.
TESTED = commit()


def write(test: str, seed: int | None, result: str) -> None:
    """Put one row into the table, in place of an older one of the same test."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    table, after = rest.split(END)
    rows = [line for line in table.strip().splitlines() if not line.startswith(f"| {test} |")]
    day = datetime.now(UTC).date().isoformat()
    rows.append(f"| {test} | {TESTED} | {'' if seed is None else seed} | {day} | {result} |")
    PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(rows) + f"\n{END}{after}", encoding="utf-8")
