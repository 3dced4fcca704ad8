"""What the bureau and a doctor are shown of figures."""

from uuid import UUID

from telemed.statistics.counting import Cell
from telemed.statistics.figures import for_members, for_the_bureau, of_oneself

SMALL = 5
HOME = UUID(int=1)


def month(**existing: int) -> tuple[list[Cell], int]:
    return [Cell(None, "item", key, "existing", value) for key, value in existing.items()], SMALL


def hidden(*months: tuple[list[Cell], int]) -> set[str]:
    return {one.key for one in for_the_bureau(months, "item") if one.hidden}


def shown(*months: tuple[list[Cell], int]) -> dict[str, int | None]:
    return {one.key: one.figures[0].value for one in for_the_bureau(months, "item")}


def test_an_item_hidden_in_one_month_is_hidden_in_the_half_year():
    first, second = month(ct=4, dx=3, mr=9, us=20), month(ct=10, dx=10, mr=10, us=20)
    assert hidden(first) == {"ct", "dx"}
    assert hidden(second) == set()
    assert hidden(first, second) == hidden(second, first) == {"ct", "dx"}
    assert shown(first, second) == {"ct": None, "dx": None, "mr": 19, "us": 40}


def test_an_item_hidden_in_no_month_is_shown_in_the_half_year():
    first, second = month(ct=5, dx=5, mr=9), month(ct=10, dx=10, mr=10)
    assert hidden(first, second) == set()
    assert shown(first, second) == {"ct": 15, "dx": 15, "mr": 19}


def test_what_was_hidden_beside_a_single_item_stays_hidden_too():
    first, second = month(ct=4, dx=6, mr=9), month(ct=10, dx=10, mr=10)
    assert hidden(first) == hidden(first, second) == {"ct", "dx"}


def test_no_month_has_no_lines():
    assert for_the_bureau([], "item") == []


def test_a_doctor_does_not_see_what_only_the_quality_officer_sees():
    counts = {"shown": 2, "accepted": 1, "overridden": 1, "under-second": 1, "decision-time": 500, "reason:R1": 1}
    cells = [Cell(HOME, "doctor", "d", code, value) for code, value in counts.items()]
    (whole,) = for_members(cells, "doctor", None, quality=True)
    own = of_oneself(whole)
    left_out = {one.code for one in whole.figures} - {one.code for one in own.figures}
    assert left_out == {"decision-time", "rubber-stamp", "reason-entropy"}
    assert own.reasons == whole.reasons
