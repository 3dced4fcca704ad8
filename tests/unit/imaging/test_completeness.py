"""Completeness is evidence, not silence."""

from datetime import UTC, datetime, timedelta

import pytest

from telemed.imaging.completeness import QUIET, RELEASE_GRACE, Complete, Evidence, Quiet, Receiving, decide, words

LAST = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
SOON, LATER = LAST + timedelta(seconds=3), LAST + QUIET


def test_the_announced_number_proves_it_at_once() -> None:
    assert decide(Evidence(40, LAST, expected=40), SOON) == Complete("announced")
    assert decide(Evidence(41, LAST, expected=40), SOON) == Complete("announced")


def test_fewer_than_announced_is_never_complete_however_orderly_the_release() -> None:
    evidence = Evidence(37, LAST, expected=40, released_associations=1)
    assert decide(evidence, SOON) == Receiving(LATER)
    assert decide(evidence, LATER) == Quiet(LAST)
    assert decide(evidence, LATER - timedelta(microseconds=1)) == Receiving(LATER)


def test_an_orderly_release_proves_it_after_a_moment() -> None:
    evidence = Evidence(200, LAST, released_associations=1)
    assert decide(evidence, SOON) == Receiving(LAST + RELEASE_GRACE)
    assert decide(evidence, LAST + RELEASE_GRACE) == Complete("released")


@pytest.mark.parametrize(("still_open", "lost"), [(1, 0), (0, 1)])
def test_an_association_that_is_open_or_was_lost_proves_nothing(still_open: int, lost: int) -> None:
    evidence = Evidence(
        200,
        LAST,
        procedure_step_completed=True,
        open_associations=still_open,
        lost_associations=lost,
        released_associations=3,
    )
    assert decide(evidence, LAST + RELEASE_GRACE) == Receiving(LATER)
    assert decide(evidence, LATER) == Quiet(LAST)


def test_the_procedure_step_proves_it() -> None:
    assert decide(Evidence(3, LAST, procedure_step_completed=True), SOON) == Complete("procedure-step")


def test_silence_alone_is_quiet_and_never_complete() -> None:
    assert decide(Evidence(3, LAST), LATER + timedelta(days=9)) == Quiet(LAST)


def test_the_screen_says_which_proof_and_how_many() -> None:
    assert (
        words("complete", "announced", instances=40, expected=40, quiet_minutes=0).zh
        == "已收齐 40 幅（发送方声明 40 幅）"
    )
    assert words("quiet", "", instances=37, expected=40, quiet_minutes=10).en == "37 of 40, quiet 10 min"
    assert words("quiet", "", instances=37, expected=40, quiet_minutes=10).zh == "未收齐 37/40，静默 10 分钟"
    assert words("receiving", "", instances=3, expected=None, quiet_minutes=0).zh == "上传中 3"
    assert words("complete", "released", instances=3, expected=None, quiet_minutes=0).en.endswith("in good order)")
