"""Nothing is found that cannot be said, in both languages, with the clause it rests on."""

from __future__ import annotations

import re

from telemed.recognition.decision import Gate, Verdict
from telemed.recognition.grounds import GROUNDS
from telemed.recognition.words import FINDINGS, FOOTER, GATES, NOTES, VERDICTS

HAN = re.compile(r"[\u4e00-\u9fff]")


def test_every_ground_has_words_and_a_clause_and_no_words_are_left_over():
    assert set(FINDINGS) == set(GROUNDS)
    assert all(ground.clause for ground in GROUNDS.values())


def test_every_verdict_and_gate_has_words():
    assert set(VERDICTS) == set(NOTES) == set(Verdict)
    assert set(GATES) == set(Gate)


def test_the_chinese_words_are_chinese_and_the_english_words_are_english():
    for words in (*FINDINGS.values(), *VERDICTS.values(), *NOTES.values(), *GATES.values(), FOOTER):
        assert HAN.search(words.zh), words
        assert words.en.isprintable(), words
        assert not HAN.search(words.en), words


def test_no_two_grounds_are_told_by_the_same_words():
    for language in ("zh", "en"):
        said = [getattr(words, language) for words in FINDINGS.values()]
        assert len(set(said)) == len(said)


def test_the_verdicts_are_told_in_the_words_of_the_field():
    assert [VERDICTS[one].zh for one in Verdict] == [
        "符合互认条件",
        "可参考（鼓励互认）",
        "属可复查情形",
        "不符合互认条件",
        "需人工核对",
    ]
    assert FINDINGS["window-past"].zh == "超参考时限"
    assert FINDINGS["scope-outside"].zh == "不在互认范围"
    assert NOTES[Verdict.EXEMPT].zh + FINDINGS["context-emergency"].zh == "未提示：急诊"
