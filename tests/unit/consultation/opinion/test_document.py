"""What stands on the paper, and that evidence is of this paper."""

import json

import msgspec
import pytest

from telemed.consultation.opinion.document import (
    KEYWORD,
    Opinion,
    county_time,
    disagreement,
    opinion_bytes,
    opinion_digest,
    read_opinion,
    sheet,
)
from telemed.consultation.opinion.spelling import Malformed
from telemed.consultation.opinion.typesetting import characters
from tests.unit.consultation.opinion.opinions import OPINION, ZONE, another, evidence_for

GOOD = json.loads(opinion_bytes(OPINION))


def changed(**fields: object) -> bytes:
    return json.dumps(GOOD | fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_an_opinion_comes_back_as_it_was_signed() -> None:
    assert opinion_bytes(OPINION) == changed()
    assert read_opinion(changed()) == OPINION


@pytest.mark.parametrize(
    "content",
    [
        changed(diagnosis=" \n"),
        changed(version=2),
        changed(reason="更正"),
        changed(patient=GOOD["patient"] | {"name": ""}),
        changed(purpose="a\x1b[31m"),
        changed(summary="a" * 20_001),
        changed(examinations=GOOD["examinations"] * 301),
        changed(signed_at="2026-11-27"),
        changed(format="telemed-opinion/2"),
        changed(more=""),
    ],
    ids=[
        "nothing said",
        "a second version without a reason",
        "a first version with one",
        "nobody's",
        "a control character",
        "a text without end",
        "a list without end",
        "a day for a moment",
        "another format",
        "an unknown field",
    ],
)
def test_what_is_no_opinion_is_refused(content: bytes) -> None:
    assert isinstance(read_opinion(content), Malformed)


def test_evidence_is_of_one_opinion() -> None:
    assert disagreement(OPINION, evidence_for(OPINION)) is None
    assert disagreement(another(), evidence_for(OPINION)) == "text_sha256"


@pytest.mark.parametrize(
    ("field", "opinion"),
    [
        ("consultation_number", msgspec.structs.replace(OPINION, consultation_number="HZ1")),
        ("version", msgspec.structs.replace(OPINION, version=2, reason="更正")),
        ("inviting_institution", msgspec.structs.replace(OPINION, inviting_institution="他院")),
        ("signed_at", msgspec.structs.replace(OPINION, signed_at="2026-11-27T06:05:34Z")),
        *(
            (name, msgspec.structs.replace(OPINION, expert=msgspec.structs.replace(OPINION.expert, **{name: "他"})))
            for name in ("name", "title", "institution", "licence_number")
        ),
    ],
)
def test_each_fact_that_both_say_has_to_be_the_same(field: str, opinion: Opinion) -> None:
    evidence = msgspec.structs.replace(evidence_for(OPINION), text_sha256=opinion_digest(opinion))
    assert disagreement(opinion, evidence) == field


def test_the_paper_says_the_county_s_time_with_its_zone() -> None:
    assert county_time("2026-11-27T18:05:33Z", ZONE) == "2026年11月28日 02:05:33（Asia/Shanghai，UTC+08:00）"


def test_the_paper_names_the_seal_the_person_and_both_hashes() -> None:
    shown = sheet(OPINION, "e" * 64, ZONE, characters())
    assert "机构电子印章" in shown.statement
    assert "孟淑珍" in shown.statement
    assert "第二身份验证" in shown.statement
    assert [value for _, value in shown.hashes] == [opinion_digest(OPINION), "e" * 64]
    assert shown.keyword == KEYWORD + "e" * 64


def test_what_was_not_given_says_so() -> None:
    bare = msgspec.structs.replace(OPINION, purpose="", advice=" ", inviting_physician="")
    shown = sheet(bare, "e" * 64, ZONE, characters())
    assert dict(shown.sections)["会诊目的"] == dict(shown.sections)["建议"] == "未填写"
    assert dict(shown.rows)["邀请医师"] == "未提供"
