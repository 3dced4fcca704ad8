"""The long text of a card, as GitHub-flavoured Markdown: the results, and every step of the judgement. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from telemed.cds.registry import Answered, Shown
from telemed.recognition.decision import CandidateVerdict, Finding, Gate, Outcome, Verdict
from telemed.recognition.words import FINDINGS, FOOTER, GATES, VERDICTS

#: Characters of a detail; a screen of a hospital system shows some hundred lines at most.
DETAIL_LIMIT = 12_000
MOST_ROWS = 60

OUTCOMES = {Outcome.PASS: "通过", Outcome.FAIL: "不符", Outcome.UNKNOWN: "未知"}

# ASCII punctuation that Markdown or HTML may take for a mark (CommonMark 2.4).
MARKS = re.compile(r"([\\`*_{}\[\]()<>#+!|~&])")


def plain(text: str) -> str:
    """Text of other systems as text: no marks, no lines of its own."""
    if text.isalnum():  # most of what is said of a finding
        return text
    return MARKS.sub(r"\\\1", " ".join(text.split()))


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, the last an ellipsis where something was left out."""
    whole = " ".join(text.split())
    return whole if len(whole) <= limit else whole[: limit - 1] + "…"


def identified(one: CandidateVerdict) -> bool:
    """Whether the result is this patient's for sure."""
    return all(found.outcome is Outcome.PASS for found in one.findings if found.gate is Gate.IDENTITY)


def view(answered: Answered, one: CandidateVerdict) -> Shown | None:
    """The result as it may be seen; what may be another person's is shown to nobody."""
    return answered.shown.get(one.candidate_id) if identified(one) else None


def findings(one: CandidateVerdict) -> tuple[Finding, ...]:
    """What may be told of a result: evidence holds values, so of another person's only that it may be one."""
    if identified(one):
        return one.findings
    return tuple(found for found in one.findings if found.gate is Gate.IDENTITY)


def ago(anchor: datetime | None, as_of: datetime) -> str:
    """How long before the order, as it is said; a time that is not certain is said to be so."""
    if anchor is None:
        return "时间不详，"
    passed = as_of - anchor
    if passed < timedelta(0):
        return "时间待核对，"
    if passed < timedelta(hours=1):
        return "1 小时内"
    if passed < timedelta(days=1):
        return f"{passed // timedelta(hours=1)} 小时前"
    return f"{passed.days} 天前"


def detail(answered: Answered, first: CandidateVerdict, zone: tzinfo) -> str:
    """The results of an order, the steps of the judgement on the first of them, and what the others fell short of."""
    parts = [_table(answered, zone)]
    shown = view(answered, first)
    if shown is not None:
        parts.append(_circumstances(shown))
    basis = first.basis
    parts.append(
        f"**依据**：{plain(basis.issuer)} {plain(basis.number)}，{plain(basis.clause)}"
        + (f"（{plain(basis.label)}）" if basis.label else "")
    )
    parts.append("**判定过程**\n\n" + _steps((*answered.decision.findings, *findings(first))))
    short = _shortcomings(answered, first)
    if short:
        parts.append("**其余项目**\n\n" + short)
    return _closed(parts)


def visit_detail(found: Sequence[tuple[Answered, CandidateVerdict]], zone: tzinfo) -> str:
    """The results of a visit's card, one line each."""
    rows = [_row(one, first, one.name, zone) for one, first in found[:MOST_ROWS]]
    return _closed([_headed(rows)])


def _closed(parts: Sequence[str]) -> str:
    """Whole parts only, and the footer always."""
    kept: list[str] = []
    room = DETAIL_LIMIT - len(FOOTER.zh)
    for part in parts:
        if part and len(part) + 2 <= room:
            kept.append(part)
            room -= len(part) + 2
    return "\n\n".join([*kept, FOOTER.zh])


def _table(answered: Answered, zone: tzinfo) -> str:
    rows = [
        _row(answered, one.candidates[0], item_name(answered, one.key), zone)
        for one in answered.decision.analytes[:MOST_ROWS]
        if one.candidates
    ]
    return _headed(rows)


def item_name(answered: Answered, key: str) -> str:
    """What an analyte is called; the order itself for one that no document names."""
    known = answered.analytes.get(key)
    return answered.name if known is None else known.name


def _headed(rows: Sequence[str]) -> str:
    return "\n".join(["| 项目 | 结果 | 参考区间 | 机构 | 时间 | 结论 |", "|---|---|---|---|---|---|", *rows])


def _row(answered: Answered, one: CandidateVerdict, name: str, zone: tzinfo) -> str:
    shown = view(answered, one)
    if shown is None:
        return f"| {plain(name)} | — | — | 身份确认后显示 | — | {VERDICTS[one.verdict].zh} |"
    when = "不详" if one.anchor is None else one.anchor.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    value = shown.value or ("影像" if shown.images else "—")
    if shown.abnormal:
        value += "（异常）"
    cells = (name, value, shown.reference or "—", shown.institution, when, VERDICTS[one.verdict].zh)
    return "| " + " | ".join(plain(cell) for cell in cells) + " |"


def _circumstances(shown: Shown) -> str:
    said = {"方法": shown.method, "标本": shown.specimen, "互认标识": shown.mark, "质量": shown.quality}
    return "；".join(f"{name}：{plain(text)}" for name, text in said.items() if text)


_SAID = {code: plain(text.zh) for code, text in FINDINGS.items()}


def _steps(found: Sequence[Finding]) -> str:
    return "\n".join(f"{place}. {_step(one)}" for place, one in enumerate(found, 1))


def _step(one: Finding) -> str:
    evidence = "，".join(f"{plain(name)} = {plain(str(value))}" for name, value in one.evidence)
    said = _SAID[one.code]
    grounds = "；".join(part for part in (plain(one.clause), evidence) if part)
    return f"{GATES[one.gate].zh}：{OUTCOMES[one.outcome]}。{said}" + (f"（{grounds}）" if grounds else "")


def _shortcomings(answered: Answered, first: CandidateVerdict) -> str:
    """What kept the other analytes from counting, and those without any result."""
    lines: list[str] = []
    for one in answered.decision.analytes:
        name = plain(item_name(answered, one.key))
        if not one.candidates:
            lines.append(f"- {name}：没有既往结果")
        elif one.candidates[0] is not first and one.verdict is not Verdict.MUST_OFFER:
            lacking = [finding for finding in findings(one.candidates[0]) if finding.outcome is not Outcome.PASS]
            said = "；".join(
                f"{GATES[each.gate].zh}{OUTCOMES[each.outcome]}：{plain(FINDINGS[each.code].zh)}" for each in lacking
            )
            lines.append(f"- {name}：{said or VERDICTS[one.candidates[0].verdict].zh}")
    return "\n".join(lines[:MOST_ROWS])
