"""Runs the tests of mutants, each in a process forked from one that has loaded and collected everything.

Before a turn's first mutant its tests run once without a change: all must pass, and it is kept which functions of the
mutated files each of them enters and how long it takes.  A change inside functions is tried by the tests that enter one
of them, any other change by every test of the turn; first by those that noticed a change of the same file before, then
by the quickest.
"""

from __future__ import annotations

import gc
import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import FrameType
from typing import Any

import pytest
from hypothesis import Phase, settings

from tests.mutation.changing import Loaded, Name, load_anew, name_of
from tests.mutation.mutants import ROOT, Mutant

#: Seconds for all tests of one mutant, and seconds of work for each of them beside twenty times its own: one that takes
#: longer is noticed by whoever waits.
PATIENCE, OF_EACH = 600, 5
#: Bytes: a change that never ends takes no more.
MEMORY = 8 << 30
OPTIONS = (
    "-x",
    "-q",
    "-s",
    "-n0",
    "--noconftest",
    "-p",
    "no:cacheprovider",
    "--assert=plain",
    "--tb=no",
    "--timeout=0",
)
#: Files of tests: a mutant that one turn lets pass meets the next.
Turn = tuple[str, ...]
Turns = Sequence[Turn]
#: Runs tests in the best order and answers which of them is the first to fail, "" for none.
Run = Callable[[Iterable[pytest.Item]], str]
#: The mutant, the test that noticed it ("" for none), and the seconds it took.
Told = Callable[[Mutant, str, float], None]


def try_all(mutants: Iterable[Mutant], turns_of: Mapping[str, Turns], told: Told) -> None:
    """Say of each mutant which test fails, or does not end, with it in place.

    turns_of: by the path of a mutant.  Raises RuntimeError where a test fails without any change: then nothing would be
    proved.
    """
    # what was noticed is not made smaller, and nothing is kept for a next time
    settings.register_profile("mutation", phases=(Phase.explicit, Phase.generate), database=None)
    settings.load_profile("mutation")
    tests = list(dict.fromkeys(one for turns in turns_of.values() for turn in turns for one in turn))
    loop = _Loop(mutants, turns_of, told)
    loop.entered.begin()
    status = pytest.main([*OPTIONS, *tests], plugins=[loop])
    if loop.fault or status != 0:
        raise RuntimeError(loop.fault or f"the tests cannot be collected: {status}")


class _Entered:
    """Which functions of the files were entered since it began."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._files = frozenset(str(ROOT / path) for path in paths)
        self._found: set[Name] = set()

    def begin(self) -> None:
        sys.settrace(self._look)
        threading.settrace(self._look)

    def end(self) -> frozenset[Name]:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        found, self._found = frozenset(self._found), set()
        return found

    def _look(self, frame: FrameType, event: str, argument: object) -> None:  # noqa: ARG002
        if frame.f_code.co_filename in self._files:
            self._found.add(name_of(frame.f_code))


@dataclass(frozen=True, slots=True)
class _Known:
    """Of one test: the functions it enters, and its seconds of work."""

    entered: frozenset[Name]
    seconds: float


class _Unsound(Exception):
    """A test fails without any change."""


class _Loop:
    """Takes the place of the loop that runs tests."""

    def __init__(self, mutants: Iterable[Mutant], turns_of: Mapping[str, Turns], told: Told) -> None:
        self._mutants, self._turns_of, self._told = mutants, turns_of, told
        self._items: dict[str, list[pytest.Item]] = {}
        self._known: dict[Turn, Mapping[str, _Known]] = {}
        self._loads_anew: set[Turn] = set()
        self._noticed: dict[str, list[str]] = {}
        self.entered = _Entered(turns_of)
        self.fault = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        entered_by_import = self.entered.end()
        if session.testsfailed:
            self.fault = "the tests cannot be collected"
            return True
        for item in session.items:
            self._items.setdefault(str(item.path.relative_to(ROOT)), []).append(item)
        gc.collect()
        loaded = Loaded(self._turns_of, entered_by_import)
        gc.freeze()  # what every child shares is not copied by its collector
        try:
            for one in self._mutants:
                began = time.monotonic()
                noticing = (self._noticing(one, turn, loaded) for turn in self._turns_of[one.path])
                test = next(filter(None, noticing), "")
                self._told(one, test, time.monotonic() - began)
        except _Unsound as fault:
            self.fault = str(fault)
        return True

    def _noticing(self, mutant: Mutant, turn: Turn, loaded: Loaded) -> str:
        """The test of a turn that notices, "" where none does."""
        items = [item for path in turn for item in self._items[path]]
        if turn not in self._known:
            self._known[turn] = _in_child(partial(self._unchanged, items, loaded)) or {}
        known, before = self._known[turn], self._noticed.setdefault(mutant.path, [])
        if not known:
            raise _Unsound(f"without any change a test fails: {' '.join(turn)}")
        bodies = loaded.bodies(mutant)
        names = {name_of(function.__code__) for function, _ in bodies or ()}
        place = {test: at for at, test in enumerate(before)}

        def run(chosen: Iterable[pytest.Item]) -> str:
            ordered = sorted(chosen, key=lambda one: (place.get(one.nodeid, len(place)), _seconds(known, one)))
            return _first_failing(ordered, known)

        def changed() -> str:
            loaded.put(bodies or ())
            return run(one for one in items if not known[one.nodeid].entered.isdisjoint(names))

        if bodies:
            ways = [changed]
        else:
            self._loads(mutant, turn, run)
            # to collect every file of a turn takes longer than to run the one test that notices
            last = tuple(path for path in turn if before and before[0].startswith(path))
            ways = [partial(_anew, mutant, files, run) for files in dict.fromkeys((last, turn)) if files]
        for way in ways:
            test = _in_child(way)
            if test is None:
                return "(time, memory or the process itself)"
            if "::" in test:
                before[:] = [test, *(one for one in before if one != test)]
            if test:
                return test
        return ""

    def _unchanged(self, items: Sequence[pytest.Item], loaded: Loaded) -> Mapping[str, _Known]:
        """By the name of each test; nothing where one fails.  From the last to the first: none may need another's."""
        known: dict[str, _Known] = {}
        for item in reversed(items):
            loaded.forget()
            began = time.process_time()
            self.entered.begin()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            known[item.nodeid] = _Known(self.entered.end(), time.process_time() - began)
        return known if not items[0].session.testsfailed else {}

    def _loads(self, mutant: Mutant, turn: Turn, run: Run) -> None:
        """Make sure, once a turn, that it passes when all is loaded anew and nothing is changed."""
        if turn not in self._loads_anew:
            same = replace(mutant, code=(ROOT / mutant.path).read_text(encoding="utf-8"))
            failing = _in_child(partial(_anew, same, turn, run))
            if failing != "":
                raise _Unsound(f"loaded anew without any change a test fails: {failing}")
            self._loads_anew.add(turn)


def _anew(mutant: Mutant, files: Turn, run: Run) -> str:
    load_anew(mutant)
    again = _Again(run)
    pytest.main([*OPTIONS, *files], plugins=[again])
    return again.failed


class _Again:
    """Takes the place of the loop in a child that has collected anew."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.failed = "(collection)"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not session.testsfailed:
            self.failed = self._run(session.items)
        return True


def _seconds(known: Mapping[str, _Known], item: pytest.Item) -> float:
    return known[item.nodeid].seconds if item.nodeid in known else 0.0


def _first_failing(items: Iterable[pytest.Item], known: Mapping[str, _Known]) -> str:
    """The name of the first test that fails, "" where none does."""
    for item in items:
        signal.setitimer(signal.ITIMER_PROF, OF_EACH + 20 * _seconds(known, item))
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        if item.session.testsfailed:
            return item.nodeid
    return ""


def _in_child(run: Callable[[], Any]) -> Any:
    """What it answers in a forked process; None where that process ended before."""
    sys.stdout.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _be_silent()
            signal.alarm(PATIENCE)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            with os.fdopen(writing, "wb") as told:
                told.write(pickle.dumps(run()))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        said = told.read()
    os.waitpid(child, 0)
    return pickle.loads(said) if said else None  # noqa: S301 -- from this program's own child


def _be_silent() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
