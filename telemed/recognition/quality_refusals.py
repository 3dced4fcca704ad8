"""Why something about quality is not recorded: everything that contradicts itself, in one answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from telemed.errors import Invalid
from telemed.recognition.head import ITEM_KEY
from telemed.recognition.quality import (
    Agreement,
    IssuerDecision,
    Outcome,
    QualityEvaluation,
    QualityFact,
    Revocation,
    Ruling,
)
from telemed.recognition.rules import PRINTS_HR, Basis
from telemed.vocabulary import Text

MOST_ITEMS = 2000
_HASH = re.compile(r"^([0-9a-f]{64})?$")


def refuse(fact: QualityFact) -> Invalid | None:
    """Return why a fact is not recorded, None where it may be."""
    said = list(_contradictions(fact))
    if not said:
        return None
    return Invalid(
        "quality-fact-contradicts-itself",
        f"{'；'.join(one.zh for one in said)}。未作任何记录，请更正后重新提交。",
        f"{'; '.join(one.en for one in said)}. Nothing was recorded; please correct it and send it again.",
    )


def _contradictions(fact: QualityFact) -> Iterator[Text]:
    if not isinstance(fact, Revocation):
        if not 0 < len(fact.item_keys) <= MOST_ITEMS:
            yield Text(f"项目数应为 1 至 {MOST_ITEMS}", f"it has to speak of 1 to {MOST_ITEMS} items")
        for key in sorted(fact.item_keys):
            if not ITEM_KEY.match(key):
                yield Text(f"{key} 不是项目代码", f"{key} is no item key")
    match fact:
        case QualityEvaluation():
            yield from _of_evaluation(fact)
        case Agreement():
            yield from _of_agreement(fact)
        case IssuerDecision():
            yield from _of_ruling(fact)
        case _:
            pass


def _of_evaluation(fact: QualityEvaluation) -> Iterator[Text]:
    if not fact.programme.strip() or not fact.round.strip():
        yield Text("缺少质评计划或轮次", "programme or round is missing")
    if fact.basis not in PRINTS_HR:
        yield Text("质量评价应为室间质评、影像质控或现场检查", "an evaluation is EQA, imaging QC or an on-site check")
    if fact.period_begins >= fact.period_ends:
        yield Text("评价周期结束须晚于开始", "the period ends before it begins")
    if fact.period_ends > fact.published_at:
        yield Text("公布日期早于评价周期结束", "it was published before the period ended")
    if fact.next_due is not None and fact.next_due <= fact.published_at:
        yield Text("下一轮日期须晚于公布日期", "the next round is due before this one was published")
    if fact.retroactive_from is not None and fact.outcome is not Outcome.FAIL:
        yield Text("只有不合格可以追溯", "only a failure reaches back")
    if fact.retroactive_from is not None and fact.retroactive_from > fact.published_at:
        yield Text("追溯日期晚于公布日期", "it reaches back to a day after its publication")
    if not _HASH.match(fact.evidence_hash):
        yield Text("证据摘要应为 SHA-256", "the evidence hash is no SHA-256")


def _of_ruling(fact: IssuerDecision) -> Iterator[Text]:
    if not fact.programme.strip():
        yield Text("缺少质评计划", "the programme is missing")
    if fact.retroactive_from is not None and fact.ruling is Ruling.REINSTATE:
        yield Text("恢复不能追溯", "giving back does not reach back")
    if fact.retroactive_from is not None and fact.retroactive_from > fact.at:
        yield Text("追溯日期晚于决定日期", "it reaches back to a day after the decision")


def _of_agreement(fact: Agreement) -> Iterator[Text]:
    if fact.basis not in (Basis.COMMUNITY_DOCUMENT, Basis.COUNTY_READING):
        yield Text(
            "协议应为医共体文件或县中心远程诊断", "an agreement is a community's document or the county's reading"
        )
    if fact.begins >= fact.ends:
        yield Text("结束须晚于开始", "it ends before it begins")
    if (fact.basis is Basis.COUNTY_READING) != (fact.reader_id is not None):
        yield Text("远程诊断须写明诊断机构，其他协议不得写", "the county's reading names who reads, nothing else does")
    if not _HASH.match(fact.evidence_hash):
        yield Text("证据摘要应为 SHA-256", "the evidence hash is no SHA-256")
