"""Links in the documents lead somewhere, and the diagram leaves out only what another way replaces."""

import re
from pathlib import Path

import pytest

from tests.import_diagram import reduced

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def test_the_readme_starts_with_the_two_commands_and_one_picture() -> None:
    head = (ROOT / "README.md").read_text("utf-8").splitlines()[:10]
    assert [line.split()[0] for line in head if line.startswith("./run")] == ["./run", "./run"]
    assert sum(line.startswith("![") for line in head) == 1


def test_an_edge_is_left_out_when_a_longer_way_replaces_it() -> None:
    assert reduced({("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")}) == {("a", "b"), ("b", "c"), ("a", "d")}
