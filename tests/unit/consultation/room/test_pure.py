"""What decides imports no clock, no chance, no database and no network: what it needs comes in as an argument."""

import ast
from pathlib import Path

import pytest

import telemed.consultation.room as package

PURE = ("spelling", "facts", "protocol", "state", "fold", "coming", "recording", "deciding", "refusals", "bucket")
ALLOWED = {
    "__future__",
    "collections.abc",
    "dataclasses",
    "json",
    "msgspec",
    "msgspec.structs",
    "re",
    "telemed.vocabulary",
    "typing",
    *(f"telemed.consultation.room.{one}" for one in PURE),
}


@pytest.mark.parametrize("name", PURE)
def test_a_file_that_decides_reaches_for_nothing(name):
    text = (Path(package.__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    imported: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert imported <= ALLOWED
