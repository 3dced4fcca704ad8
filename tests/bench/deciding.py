"""How long `decide()` takes for one result more, without spelling the trace: goal 50 µs (performance 6).

./run bench deciding [--candidates 1000] [--rounds 20]

Patients with 1 and with N results of one item, every time, value and grant its own; the difference over N - 1 is the
cost of a result, the least of the rounds, in processor time, for other work on the machine is none of it.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from telemed.recognition.facts import Candidate
from telemed.recognition.trace import trace_hash
from tests.bench.results import write_section
from tests.unit.recognition.good import AS_OF, Case, imaging, laboratory

GOAL_MICROSECONDS = 50


def crowded(case: Case, count: int) -> Case:
    return case.with_facts(candidates=tuple(_own(case.candidate, number) for number in range(count)))


def _own(one: Candidate, number: int) -> Candidate:
    back = timedelta(minutes=number)
    probe = one.acquired.probe
    return replace(
        one,
        id=f"r-{number}",
        collected_at=one.collected_at and one.collected_at - back,
        acquired_at=one.acquired_at and one.acquired_at - back,
        measured=replace(one.measured, value=f"5.{number}"),
        acquired=replace(one.acquired, probe=probe and replace(probe, checked_at=AS_OF - timedelta(seconds=number))),
    )


def least(run: Callable[[], object], rounds: int) -> float:
    """Seconds of processor time."""
    spent: list[float] = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        spent.append(time.process_time() - start)
    return min(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    rows: list[str] = []
    for name, good in (("laboratory", laboratory()), ("imaging", imaging())):
        many = crowded(good, asked.candidates)
        one, all_of_them = least(good.decide, asked.rounds), least(many.decide, asked.rounds)
        a_result = (all_of_them - one) / (asked.candidates - 1) * 1e6
        decision = good.decide()
        hashing = least(lambda decision=decision: trace_hash(decision), asked.rounds) * 1e6
        ratio = a_result / GOAL_MICROSECONDS
        rows.append(f"| {name} | {one * 1e6:.0f} µs | {a_result:.1f} µs | {ratio:.2f} | {hashing:.0f} µs |")
    head = "| kind | an order with one result | a result more | ratio to the goal | trace hash of one result |"
    write_section(
        "Deciding what may be relied on",
        f"./run bench deciding --candidates {asked.candidates} --rounds {asked.rounds}",
        f"Goal: {GOAL_MICROSECONDS} µs a result, without canonicalisation. Processor time, least of the rounds; "
        f"{asked.candidates} results. Python {platform.python_version()}.",
        "\n".join([head, "|---|---|---|---|---|", *rows]),
    )


if __name__ == "__main__":
    main()
