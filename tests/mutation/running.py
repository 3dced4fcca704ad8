"""Runs the tests of mutants, each in a process forked from one that has loaded and collected everything.

No file is written.  A change inside a function is put into the function that is there; any other change makes the
child import the project anew, with the changed file from memory.
"""

from __future__ import annotations

import functools
import gc
import importlib.abc
import importlib.util
import os
import pathlib
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from tests.mutation.mutants import ROOT, Mutant

#: Seconds for the tests of one mutant; one that takes longer is noticed by whoever waits.
PATIENCE = 300
OPTIONS = ("-x", "-q", "-s", "-n0", "--noconftest", "-p", "no:cacheprovider", "--assert=plain", "--timeout=0")
#: Tests of each turn: a mutant that one turn lets pass meets the next.
Turns = Sequence[Sequence[str]]
Told = Callable[[Mutant, bool, float], None]


def try_all(mutants: Iterable[Mutant], turns_of: Mapping[str, Turns], told: Told) -> None:
    """Say of each mutant whether a test fails, or does not end, with it in place.

    turns_of: by the path of a mutant.  Raises RuntimeError where a test fails without any change: then nothing would be
    proved.
    """
    tests = list(dict.fromkeys(one for turns in turns_of.values() for turn in turns for one in turn))
    loop = _Loop(mutants, turns_of, told)
    status = pytest.main([*OPTIONS, *tests], plugins=[loop])
    if loop.fault or status != 0:
        raise RuntimeError(loop.fault or f"the tests cannot be collected: {status}")


class _Loop:
    """Takes the place of the loop that runs tests."""

    def __init__(self, mutants: Iterable[Mutant], turns_of: Mapping[str, Turns], told: Told) -> None:
        self._mutants, self._turns_of, self._told = mutants, turns_of, told
        self.fault = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        by_file: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            by_file.setdefault(str(item.path.relative_to(ROOT)), []).append(item)
        gc.collect()
        gc.freeze()  # what every child shares is not copied by its collector
        sound: set[tuple[str, ...]] = set()
        for one in self._mutants:
            began, turns = time.monotonic(), self._turns_of[one.path]
            for turn in turns:
                if tuple(turn) not in sound and _fails(_unchanged, _items(by_file, turn), session):
                    self.fault = f"without any change a test fails: {' '.join(turn)}"
                    return True
                sound.add(tuple(turn))
            self._told(one, any(_noticed(one, turn, by_file, session) for turn in turns), time.monotonic() - began)
        return True


def _items(by_file: dict[str, list[pytest.Item]], turn: Iterable[str]) -> list[pytest.Item]:
    return [item for path in turn for item in by_file[path]]


def _unchanged() -> None:
    return


def _noticed(mutant: Mutant, turn: Sequence[str], by_file: dict[str, list[pytest.Item]], session: Any) -> bool:
    changed = _changed_functions(mutant) if mutant.path.endswith(".py") else None
    if changed is None:
        return _ends_badly(lambda: _anew(mutant, turn))
    return _fails(lambda: _put(changed), _items(by_file, turn), session)


def _fails(change: Callable[[], None], items: Sequence[pytest.Item], session: pytest.Session) -> bool:
    """Whether one of the tests collected here fails after a change."""

    def run() -> int:
        change()
        for item, following in zip(items, (*items[1:], None), strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return 1
        return 0

    return _ends_badly(run)


def _ends_badly(run: Callable[[], int]) -> bool:
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1  # whatever a mutant does to the run, it was noticed
        try:
            _be_silent()
            signal.alarm(PATIENCE)
            status = run()
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] != 0


def _be_silent() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


# -- a change inside a function


def _changed_functions(mutant: Mutant) -> list[tuple[CodeType, CodeType]] | None:
    """The functions that are otherwise in the mutant, as loaded and changed; None where more than functions is."""
    path = str(ROOT / mutant.path)
    loaded = compile((ROOT / mutant.path).read_text(encoding="utf-8"), path, "exec", dont_inherit=True)
    return _differing(loaded, compile(mutant.code, path, "exec", dont_inherit=True))


def _differing(one: CodeType, other: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    inner = [[each for each in code.co_consts if isinstance(each, CodeType)] for code in (one, other)]
    if _own(one) != _own(other) or len(inner[0]) != len(inner[1]):
        return None
    found: list[tuple[CodeType, CodeType]] = []
    for a, b in zip(*inner, strict=True):
        if a == b:
            continue
        deeper = [(a, b)] if a.co_flags & _FUNCTION else _differing(a, b)
        if deeper is None:
            return None
        found += deeper
    return found


_FUNCTION = 0x2  # CO_NEWLOCALS: a function's body, not a class's
_INLINE = ("<lambda>", "<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>")


def _own(code: CodeType) -> tuple[object, ...]:
    """What a module or a class does itself; a lambda or comprehension in it counts as its own."""
    return (
        code.co_code,
        code.co_names,
        tuple(
            (type(each), each) for each in code.co_consts if not isinstance(each, CodeType) or each.co_name in _INLINE
        ),
    )


def _put(changed: Iterable[tuple[CodeType, CodeType]]) -> None:
    """Give the functions their changed bodies; what was remembered of the old ones is forgotten."""
    bodies = {(one.co_filename, one.co_qualname, one.co_firstlineno): other for one, other in changed}
    gc.unfreeze()
    for each in gc.get_objects():
        if isinstance(each, FunctionType):
            code = each.__code__
            body = bodies.get((code.co_filename, code.co_qualname, code.co_firstlineno))
            if body is not None:
                each.__code__ = body
        elif isinstance(each, functools._lru_cache_wrapper) and str(each.__module__).startswith("telemed"):
            each.cache_clear()


# -- any other change


def _anew(mutant: Mutant, tests: Sequence[str]) -> int:
    for name in [one for one in sys.modules if one.split(".", 1)[0] in {"telemed", "tests"}]:
        if not name.startswith("tests.mutation"):
            del sys.modules[name]
    path = str(ROOT / mutant.path)
    if path.endswith(".py"):
        sys.meta_path.insert(0, _FromMemory(mutant.path.removesuffix(".py").replace("/", "."), path, mutant.code))
    else:
        _read_instead(path, mutant.code)
    return int(pytest.main([*OPTIONS, *tests]))


class _FromMemory(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """One module whose source is not what the file says."""

    def __init__(self, name: str, path: str, code: str) -> None:
        self._name, self._path, self._code = name, path, code

    def find_spec(self, fullname: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002
        return self._path

    def get_data(self, path: str | bytes) -> bytes:
        if str(path) != self._path:
            raise OSError("compiled code of the file as it is")
        return self._code.encode()

    def path_stats(self, path: str) -> Any:
        raise OSError(f"{path} is not what it seems")


def _read_instead(path: str, code: str) -> None:
    """A file of the configuration reads otherwise in this process."""
    of_bytes, of_text = pathlib.Path.read_bytes, pathlib.Path.read_text

    def read_bytes(self: pathlib.Path) -> bytes:
        return code.encode() if str(self) == path else of_bytes(self)

    def read_text(self: pathlib.Path, *arguments: Any, **named: Any) -> str:
        return code if str(self) == path else of_text(self, *arguments, **named)

    pathlib.Path.read_bytes, pathlib.Path.read_text = read_bytes, read_text  # type: ignore[method-assign]
