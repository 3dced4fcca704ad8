"""An addendum as it is spelt, printed and proved: the first version's words, its hash, what is added."""

from __future__ import annotations

import msgspec
import pytest

from telemed.consultation.opinion.document import Addition, Earlier, Opinion, opinion_bytes, read_opinion, sheet
from telemed.consultation.opinion.evidence import digest
from telemed.consultation.opinion.spelling import Malformed
from tests.unit.consultation.opinion.opinions import OPINION, ZONE

FIRST = Earlier(1, "孟淑珍", OPINION.signed_at, digest(opinion_bytes(OPINION)), "ab" * 32, "", "")
SECOND = Earlier(2, "孟淑珍", "2026-11-27T08:00:00Z", "cd" * 32, "ef" * 32, "补充病理", "病理：炎性肉芽肿。")


def added(*earlier: Earlier, version: int = 2, reason: str = "补充随访", text: str = "三个月后结节缩小。") -> Opinion:
    return msgspec.structs.replace(
        OPINION, version=version, reason=reason, addition=Addition(text, earlier), signed_at="2026-11-27T09:00:00Z"
    )


def test_a_paper_without_an_addition_is_spelt_as_it_always_was() -> None:
    assert b"addition" not in opinion_bytes(OPINION)
    assert digest(opinion_bytes(OPINION)) == FIRST.text_sha256
    assert read_opinion(opinion_bytes(OPINION)) == OPINION


def test_an_addendum_reads_back_and_says_what_it_adds_to() -> None:
    opinion = added(FIRST, SECOND, version=3)
    assert read_opinion(opinion_bytes(opinion)) == opinion
    assert isinstance(read_opinion(opinion_bytes(OPINION).replace(b"}", b',"addition":null}')), Malformed)
    made = sheet(opinion, "12" * 32, ZONE, range(0x20, 0x30000))
    said = dict(made.sections)
    assert said["诊断意见（第 1 版原文，未作改动）"].replace("\u200b", "") == OPINION.diagnosis
    assert said["建议（第 1 版原文，未作改动）"].replace("\u200b", "") == OPINION.advice
    assert said["本次补充意见（第 3 版）"].replace("\u200b", "") == "三个月后结节缩小。"
    (second,) = [text for name, text in made.sections if name.startswith("第 2 版补充意见")]
    assert second.replace("\u200b", "") == SECOND.addendum
    hashes = said["本次补充所针对的版本"].replace("\u200b", "")
    for one in (FIRST, SECOND):
        assert one.text_sha256 in hashes
        assert one.document_sha256 in hashes
    assert "对第 1 版的补充意见（补充原因：补充随访）" in dict(made.rows)["版本"]


@pytest.mark.parametrize(
    ("earlier", "more"),
    [
        ((FIRST,), {"version": 3}),  # one between is left out
        ((SECOND,), {"version": 3}),
        ((FIRST, FIRST), {"version": 3}),
        ((FIRST,), {"text": " \n"}),
        ((FIRST,), {"reason": ""}),
        ((msgspec.structs.replace(FIRST, addendum="多出的话"),), {}),
        ((FIRST, msgspec.structs.replace(SECOND, reason="")), {"version": 3}),
        ((msgspec.structs.replace(FIRST, signed_at="2026-13-27T06:05:33Z"),), {}),
    ],
)
def test_one_that_leaves_something_out_is_none(earlier: tuple[Earlier, ...], more: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- which of them, the parameters say
        added(*earlier, **more)  # type: ignore[arg-type]
