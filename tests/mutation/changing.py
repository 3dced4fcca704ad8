"""Puts a mutant into the process, without writing a file: into the functions that are there, or by loading all anew."""

from __future__ import annotations

import functools
import gc
import importlib.abc
import importlib.util
import pathlib
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.mutation.mutants import ROOT, Mutant

#: A function: its file and what it is called there; what is defined inside of it counts as it.
Name = tuple[str, str]


def name_of(code: CodeType) -> Name:
    return code.co_filename, code.co_qualname.partition(".<locals>")[0]


# -- a change inside functions

#: What is made once of a library alone, and takes a second: it is made before any change and stays.
_STAYS = {"telemed.results.units._registry"}
#: Functions, each with its changed body.
Bodies = Sequence[tuple[FunctionType, CodeType]]


class Loaded:
    """The functions of the files as they are loaded, and what remembers answers."""

    def __init__(self, paths: Iterable[str], entered_by_import: frozenset[Name]) -> None:
        """entered_by_import: what is loaded may hold answers of these, so no change in them is put in place."""
        files = {str(ROOT / path) for path in paths}
        self._functions: dict[tuple[Name, int], list[FunctionType]] = {}
        self._remembering: list[functools._lru_cache_wrapper[Any]] = []
        self._code: dict[str, CodeType] = {}
        for one in gc.get_objects():
            if not isinstance(one, FunctionType | functools._lru_cache_wrapper):
                continue
            stays = f"{one.__module__}.{one.__name__}" in _STAYS
            if isinstance(one, functools._lru_cache_wrapper):
                if stays:
                    one()
                elif str(one.__module__).startswith("telemed"):
                    self._remembering.append(one)
            elif one.__code__.co_filename in files and not stays:
                name = name_of(one.__code__)
                if name not in entered_by_import:
                    self._functions.setdefault((name, one.__code__.co_firstlineno), []).append(one)

    def bodies(self, mutant: Mutant) -> Bodies | None:
        """The functions that are otherwise in the mutant; None where more than they is."""
        if not mutant.path.endswith(".py"):
            return None
        path = str(ROOT / mutant.path)
        if path not in self._code:
            self._code[path] = compile(pathlib.Path(path).read_text("utf-8"), path, "exec", dont_inherit=True)
        found: list[tuple[FunctionType, CodeType]] = []
        for one, other in _differing(self._code[path], compile(mutant.code, path, "exec", dont_inherit=True)) or ():
            functions = self._functions.get((name_of(one), one.co_firstlineno), ())
            if not functions:
                return None
            found += [(each, other) for each in functions]
        return found or None

    def put(self, bodies: Bodies) -> None:
        """Give the functions their changed bodies; what was remembered of the old ones is forgotten."""
        self.forget()
        for function, body in bodies:
            function.__code__ = body

    def forget(self) -> None:
        for one in self._remembering:
            one.cache_clear()


def _differing(one: CodeType, other: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """The bodies of functions that differ; None where anything else does."""
    inner = [[each for each in code.co_consts if isinstance(each, CodeType)] for code in (one, other)]
    if _own(one) != _own(other) or len(inner[0]) != len(inner[1]):
        return None
    found: list[tuple[CodeType, CodeType]] = []
    for a, b in zip(*inner, strict=True):
        if a == b:
            continue
        deeper = [(a, b)] if a.co_flags & _FUNCTION else _differing(a, b)
        if deeper is None or a.co_freevars != b.co_freevars:
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


# -- any other change


def load_anew(mutant: Mutant) -> None:
    """From here on the project is imported again, and the changed file is read from memory."""
    for name in [one for one in sys.modules if one.split(".", 1)[0] in {"telemed", "tests"}]:
        if not name.startswith("tests.mutation"):
            del sys.modules[name]
    path = str(ROOT / mutant.path)
    if path.endswith(".py"):
        sys.meta_path.insert(0, _FromMemory(mutant.path.removesuffix(".py").replace("/", "."), path, mutant.code))
    else:
        _read_instead(path, mutant.code)


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
