"""引用到病历: results as a sentence for the record, with where and when they come from, never a conclusion. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from telemed.cds.check_messages import CheckedResult
from telemed.errors import Conflict
from telemed.his.cards import Kept
from telemed.his.messages import QuoteAnswer, QuoteLine
from telemed.patients.messages import Words

#: How long a value may be put into a record as it was shown; after that it may have been corrected.
QUOTE_LIFE = timedelta(hours=1)
IMAGES = Words("影像检查（图像可调阅）", "images (to be opened)")
UNKNOWN_TIME = Words("时间不详", "time not known")
CLOSING = Words(
    "以上引用检查检验数据和图像，不含诊断结论。",
    "Quoted are data and images of existing results, no diagnostic conclusion.",
)


#: What was taken back or is not whole is quoted by nobody.
UNSOUND = frozenset({"status-cancelled", "status-entered-in-error", "integrity-broken"})


def quotable(one: Kept) -> list[CheckedResult]:
    """What of a decision may be quoted: the first sound result of each analyte that is the patient's for sure."""
    first: dict[str, CheckedResult] = {}
    leading = one.leading
    for seen in ([] if leading is None else [leading]) + one.checked.results:
        if seen.identified and not any(each.code in UNSOUND for each in seen.findings):
            first.setdefault(seen.key, seen)
    return [first[key] for key in dict.fromkeys(each.key for each in one.checked.results) if key in first]


def quote(one: Kept, shown_at: datetime, zone: tzinfo, now: datetime) -> QuoteAnswer:
    """The quotation of a decision that was shown.

    zone: of the times in the text.  Raises Conflict where it was shown too long ago, or nothing of it may be quoted.
    """
    if now - shown_at > QUOTE_LIFE:
        raise Conflict(
            "shown-too-long-ago",
            "该结果一小时前已显示，其间可能有更正。未引用任何内容，请重新核对后再引用。",
            "This was shown more than an hour ago and may have been corrected since. Nothing was quoted; ask anew.",
        )
    found = quotable(one)
    if not found:
        raise Conflict(
            "nothing-to-quote",
            "没有可引用的结果：没有既往结果，或患者身份未确认。",
            "There is nothing to quote: no existing result, or the identity is not sure.",
        )
    lines = [_line(each) for each in found]
    return QuoteAnswer(
        lines,
        Words(
            "\n".join([*(_zh(each, seen, zone) for each, seen in zip(lines, found, strict=True)), CLOSING.zh]),
            "\n".join([*(_en(each, seen, zone) for each, seen in zip(lines, found, strict=True)), CLOSING.en]),
        ),
    )


def _line(seen: CheckedResult) -> QuoteLine:
    return QuoteLine(seen.name, seen.name_en, seen.value, seen.reference, seen.institution, seen.at, seen.mark)


def _zh(one: QuoteLine, seen: CheckedResult, zone: tzinfo) -> str:
    beside = [f"参考区间 {one.reference}" if one.reference else "", one.mark]
    said = "，".join(part for part in beside if part)
    value = one.value or (IMAGES.zh if seen.images else "")
    return f"{one.institution} {_time(one.at, zone) or UNKNOWN_TIME.zh} {one.name}：{value}" + (
        f"（{said}）" if said else ""
    )


def _en(one: QuoteLine, seen: CheckedResult, zone: tzinfo) -> str:
    beside = [f"reference interval {one.reference}" if one.reference else "", one.mark]
    said = ", ".join(part for part in beside if part)
    value = one.value or (IMAGES.en if seen.images else "")
    return f"{one.institution} {_time(one.at, zone) or UNKNOWN_TIME.en} {one.name_en}: {value}" + (
        f" ({said})" if said else ""
    )


def _time(at: datetime | None, zone: tzinfo) -> str:
    return "" if at is None else at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
