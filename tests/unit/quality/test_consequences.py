"""What a fact would change for whoever looks today, and that a digest is of what was shown."""

from __future__ import annotations

from dataclasses import replace

from telemed.quality.consequences import after_it, alike, changes, digest, due_soon_days
from telemed.recognition.grant_states import losses, state_at
from telemed.recognition.granting import derive_known
from telemed.recognition.rules import GrantState
from telemed.recognition.rules_store import Foreseen, Listed
from tests.unit.recognition.quality_facts import PARAMETERS, day, failed, passed, withdraw

SODIUM = frozenset({"lab.sodium"})


def foreseen(*facts, fact) -> Foreseen:
    """What the store would find."""
    moment = fact.known_from
    before = {one.id: one for one in derive_known(facts, PARAMETERS, moment)}
    after = {one.id: one for one in derive_known([*facts, fact], PARAMETERS, moment)}
    other = tuple(one for name, one in after.items() if before.get(name) != one)
    struck = tuple(name for name in before if name not in after)
    return Foreseen(fact, before, other, struck, losses(before.values(), before.values(), other, moment))


def seen(*facts, fact, at):
    one = foreseen(*facts, fact=fact)
    return [(each.before, each.after, each.mark) for each in changes(one.before, after_it(one), day(at), 30)]


def test_a_first_pass_gives_a_grant_and_its_mark():
    assert seen(fact=passed(0), at=1) == [(None, GrantState.ACTIVE, "黑HR")]


def test_a_failure_suspends_what_was_active_or_due_soon():
    assert seen(passed(0), fact=failed(100), at=100) == [(GrantState.ACTIVE, GrantState.SUSPENDED, None)]
    assert seen(passed(0), fact=failed(160), at=160) == [(GrantState.DUE_SOON, GrantState.SUSPENDED, None)]


def test_what_is_about_another_item_changes_nothing_here():
    one = seen(passed(0), fact=passed(50, item_keys=SODIUM), at=60)
    assert one == [(None, GrantState.ACTIVE, "黑HR")]


def test_a_suspension_that_a_withdrawal_strikes_is_told_as_withdrawn():
    facts = (passed(0), failed(100))
    assert seen(*facts, fact=withdraw(120, retroactive_from=day(60)), at=121) == [
        (GrantState.SUSPENDED, GrantState.WITHDRAWN, None)
    ]


def test_the_digest_does_not_depend_on_when_one_looked_and_does_on_what_was_seen():
    first, fact = passed(0), failed(100)
    one = foreseen(first, fact=fact)
    later = foreseen(first, fact=replace(fact, known_from=day(101)))
    assert digest(one) == digest(later)
    assert digest(one) != digest(foreseen(first, fact=replace(fact, score="61")))
    assert digest(one) != digest(foreseen(first, passed(50), fact=fact))


def test_items_that_stand_alike_make_one_line_and_others_their_own():
    both = frozenset({"lab.potassium", "lab.sodium"})
    facts = [passed(0, item_keys=both), failed(50, item_keys=frozenset({"lab.chloride"}))]
    grants = derive_known(facts, PARAMETERS, day(60))
    lines = alike([Listed(one, state_at(one, day(60), 30), None) for one in grants])
    assert sorted((one.state, one.items) for one in lines) == [
        (GrantState.ACTIVE, ("lab.potassium", "lab.sodium")),
        (GrantState.SUSPENDED, ("lab.chloride",)),
    ]


def test_due_soon_is_of_the_parameters_that_hold_now():
    early, late = PARAMETERS[0], replace(PARAMETERS[0], effective=day(100), due_soon_days=60)
    assert [due_soon_days((early, late), day(at)) for at in (-1000, 99, 100)] == [30, 30, 60]
