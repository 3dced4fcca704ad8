"""Every way in which one file is changed by one: operators of cosmic-ray, entries of tables, parameters of the county.

Left out is what nothing can depend on: annotations, which no file of these evaluates for a decision.
"""

from __future__ import annotations

import ast
import pickle
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from cosmic_ray.ast import get_ast
from cosmic_ray.mutating import MutationVisitor
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parents[2]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.  path: below the repository.  line, before, after: where it is and how the line reads."""

    path: str
    operator: str
    line: int
    before: str
    after: str
    code: str

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What a list of equivalent mutants calls it: the same after lines above it have moved."""
        return self.path, self.operator, self.before, self.after


def of_code(path: str) -> Iterator[Mutant]:
    """By the operators of cosmic-ray, each at each place, and each table's entries dropped and changed."""
    code = (ROOT / path).read_text(encoding="utf-8")
    seen = {code}
    for name, changed, line in (*_by_operators(code), *_by_tables(code)):
        if changed not in seen and _parses(changed):
            seen.add(changed)
            yield _mutant(path, name, code, changed, line)


def of_parameters(path: str) -> Iterator[Mutant]:
    """Each number of a TOML file moved by one, each day and moment by a day; text is nothing to compute with."""
    code = (ROOT / path).read_text(encoding="utf-8")
    for found in _VALUE.finditer(code):
        for by in (1, -1):
            changed = code[: found.start(1)] + _moved(found[1], by) + code[found.end(1) :]
            yield _mutant(path, f"Parameter{by:+}", code, changed, code[: found.start()].count("\n") + 1)


#: A bare value behind a key: a whole number, a day, or a moment.
_VALUE = re.compile(r"^[\w.-]+[ \t]*=[ \t]*(\d[\d:T.+-]*)", re.MULTILINE)


def _moved(value: str, by: int) -> str:
    if value.isdecimal():
        return str(int(value) + by)
    day, _, rest = value.partition("T")
    return f"{date.fromisoformat(day) + timedelta(days=by)}{'T' if rest else ''}{rest}"


def _mutant(path: str, operator: str, code: str, changed: str, line: int) -> Mutant:
    old, new = code.splitlines(), changed.splitlines()
    same_before = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    tail = 0
    while tail < min(len(old), len(new)) - same_before and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    before = " ".join(one.strip() for one in old[same_before : len(old) - tail])
    after = " ".join(one.strip() for one in new[same_before : len(new) - tail])
    return Mutant(path, operator, same_before + 1 if before or after else line, before, after, changed)


def _parses(code: str) -> bool:
    """Whether it is a program; what the compiler warns of (`is` beside a literal) passes no check of this project."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            compile(code, "mutant", "exec", dont_inherit=True)
    except SyntaxError:  # a SyntaxWarning that is an error too
        return False
    return True


# -- operators


@lru_cache(maxsize=1)
def _operators() -> Sequence[tuple[str, Any]]:
    """Those that need no arguments."""
    return tuple((name, get_operator(name)()) for name in operator_names() if "Variable" not in name)


def _by_operators(code: str) -> Iterator[tuple[str, str, int]]:
    unevaluated, tree = tuple(_annotations(code)), get_ast(code)
    nodes, copy = list(_nodes(tree)), pickle.dumps(tree)
    for name, operator in _operators():
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, (begin, _) in enumerate(places):
            if not any(first <= begin < last for first, last in unevaluated):
                changing = MutationVisitor(occurrence, operator)
                changed = changing.walk(pickle.loads(copy))  # noqa: S301 -- quicker than to parse it again
                if changing.mutation_applied:
                    yield name.partition("/")[2], changed.get_code(), begin[0]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", ()):
        yield from _nodes(child)


def _annotations(code: str) -> Iterator[tuple[Place, Place]]:
    for node in ast.walk(ast.parse(code)):
        for one in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(one, ast.expr):
                yield (one.lineno, one.col_offset), (one.end_lineno or 0, one.end_col_offset or 0)


# -- tables


def _by_tables(code: str) -> Iterator[tuple[str, str, int]]:
    """Each entry of each table of the file dropped, and given the value or the place of the next other one."""
    source = code.encode()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def span(first: ast.expr, last: ast.expr) -> tuple[int, int]:
        return starts[first.lineno - 1] + first.col_offset, starts[(last.end_lineno or 0) - 1] + (
            last.end_col_offset or 0
        )

    for table in _tables(ast.parse(code)):
        entries, values = _entries(table)
        spans = [span(first, last) for first, last in entries]
        for begin, end in spans:
            yield "DropEntry", _without(source, begin, end), source[:begin].count(b"\n") + 1
        spelt = [source[slice(*span(one, one))] for one in values]
        for (at, one), (_, other) in pairwise([*enumerate(spelt), *enumerate(spelt[:1])]):
            if one != other:
                begin, end = span(values[at], values[at])
                changed = source[:begin] + other + source[end:]
                yield "ValueOfTheNext", changed.decode(), source[:begin].count(b"\n") + 1


def _tables(tree: ast.Module) -> Iterator[ast.Dict | ast.Set | ast.Tuple | ast.List]:
    """Literals of more than one entry that are bound at the top of the module, whatever call they are wrapped in."""
    for statement in tree.body:
        value = getattr(statement, "value", None)
        if isinstance(statement, ast.Assign | ast.AnnAssign) and value is not None:
            for node in ast.walk(value):
                if isinstance(node, ast.Dict | ast.Set | ast.Tuple | ast.List) and len(_entries(node)[0]) > 1:
                    yield node


def _entries(
    table: ast.Dict | ast.Set | ast.Tuple | ast.List,
) -> tuple[list[tuple[ast.expr, ast.expr]], list[ast.expr]]:
    """First and last expression of each entry, and the values that may stand in each other's place."""
    if isinstance(table, ast.Dict):
        pairs = [(key, value) for key, value in zip(table.keys, table.values, strict=True) if key is not None]
        return pairs, [value for _, value in pairs]
    ordered = [] if isinstance(table, ast.Set) else table.elts
    return [(one, one) for one in table.elts], ordered


def _without(source: bytes, begin: int, end: int) -> str:
    """The source without an entry and the comma behind it."""
    behind = re.match(rb"\s*,[ \t]*", source[end:])
    return (source[:begin] + source[end + (behind.end() if behind else 0) :]).decode()
