"""Load `queries.sql` files: `-- name: x`, one sentence, the statement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from typing import LiteralString, cast

NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)\s*$", re.MULTILINE)


class MalformedQueries(Exception):
    """A queries file has text outside of a named block, or a name twice."""


def parse(text: str) -> dict[str, LiteralString]:
    """Split the text of one queries file into statements by name.

    Raises MalformedQueries for a statement before the first name, an empty statement or a repeated name.
    """
    pieces = NAME.split(text)
    if any(line and not line.startswith("--") for line in map(str.strip, pieces[0].splitlines())):
        raise MalformedQueries("text before the first `-- name:`")
    queries: dict[str, LiteralString] = {}
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        statement = "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("--")).strip()
        if not statement or name in queries:
            raise MalformedQueries(name)
        # The text is a file of this package, never input: psycopg may trust it as it trusts a literal.
        queries[name] = cast("LiteralString", statement)
    return queries


def load(module: str, file: str = "queries.sql") -> Mapping[str, LiteralString]:
    """Read the queries file beside `module` (its `__name__`)."""
    package = module.rpartition(".")[0] or module
    return parse(resources.files(package).joinpath(file).read_text(encoding="utf-8"))
