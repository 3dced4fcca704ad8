"""What medicine has to say against a line of a catalogue: reasons, never a rejection. Pure.

A window may be administratively valid and clinically absurd (domain A6: 30 days for glucose); who reads the catalogue
is to see both.
"""

from __future__ import annotations

from telemed.recognition.faults import Doubt
from telemed.recognition.limits import BEFORE_OPERATIONS, limit_of
from telemed.recognition.lines import Line


def doubts_of(line: Line) -> list[Doubt]:
    """Every reason against one line; a panel has none of its own, its members have theirs."""
    item = line.item
    if item.members:
        return []
    said = [*(_of_window(line) if line.window_known else ()), *_of_exceptions(line)]
    if item.kind in ("ultrasound", "ecg") and not item.volatile:
        said.append(
            (
                "超声、心电图结果随时间和操作者变化，应标记 volatile",
                "it varies with time and operator: mark it volatile",
            )
        )
    return [Doubt(line.file, line.number, item.key, zh, en) for zh, en in said]


def _of_window(line: Line) -> list[tuple[str, str]]:
    limit, window = limit_of(line.item.key), line.item.window
    if limit is None:
        return []
    longest = max(window.days, *window.by_encounter.values(), window.days)
    shortest = min(window.days, *window.by_encounter.values(), window.days)
    zh, en = limit.reason
    said: list[tuple[str, str]] = []
    if limit.most is not None and longest > limit.most:
        said.append(
            (f"时限 {longest} 天（建议不超过 {limit.most} 天）：{zh}", f"{longest} d, more than {limit.most} d: {en}")
        )
    if limit.least is not None and shortest < limit.least:
        said.append(
            (
                f"时限 {shortest} 天（建议不少于 {limit.least} 天）：{zh}",
                f"{shortest} d, less than {limit.least} d: {en}",
            )
        )
    return said


def _of_exceptions(line: Line) -> list[tuple[str, str]]:
    has = {one.predicate for one in line.item.exceptions}
    key = line.item.key
    if (key == "lab.blood-group" or key.startswith("lab.blood-group.")) and "pre-transfusion" not in has:
        return [
            (
                "输血前须重新鉴定血型，缺少“输血前”例外",
                "before a transfusion the group is determined anew: no such exception",
            )
        ]
    if key in BEFORE_OPERATIONS and not {"pre-operative", "pre-transfusion"} <= has:
        return [
            (
                "手术、输血前须重查感染标志物，缺少相应例外",
                "before operation and transfusion it is tested anew: no such exceptions",
            )
        ]
    return []
