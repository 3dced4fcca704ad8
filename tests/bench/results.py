"""Write one benchmark's result into docs/reference/benchmarks.md, leaving the others as they are."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks.md"
_HEAD = """# Benchmarks

What is promised is measured side by side in one run; each section says with which command, settings and versions.
"""


def write_section(title: str, command: str, notes: str, table: str) -> None:
    """Replace or append the section of this title."""
    page = PAGE.read_text() if PAGE.exists() else _HEAD
    section = f"## {title}\n\n`{command}`\n\n{notes}\n\n{table}\n"
    pattern = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    there = pattern.search(page)
    page = pattern.sub(lambda _: section + "\n", page) if there else f"{page.rstrip()}\n\n{section}"
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page.rstrip() + "\n")
    print(f"{PAGE}\n\n{table}")  # noqa: T201 - the command's answer
