"""Every hazard in hazards.md names a test, and every named test is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| (.+?) \| (.+?) \| (tests/\S+)::(\S+) \|$", (ROOT / "tests/spec/hazards.md").read_text("utf-8"), re.MULTILINE
)


def test_the_table_is_read_whole():
    lines = [line for line in (ROOT / "tests/spec/hazards.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    assert len(ROWS) == len(lines) - 1


@pytest.mark.parametrize(("hazard", "path", "name"), [(row[0], row[2], row[3]) for row in ROWS])
def test_a_hazard_has_its_test(hazard, path, name):
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in names, hazard
