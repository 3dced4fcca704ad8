from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from telemed.errors import Invalid
from telemed.http.paging import cursor, following

AT = datetime(2026, 11, 23, 9, 5, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
ID = UUID("11111111-2222-3333-4444-555555555555")


def test_a_list_goes_on_where_it_stopped_even_where_a_query_lost_its_plus_sign():
    word = following(AT, ID)
    assert cursor(word) == (AT.astimezone(UTC), ID)
    assert cursor(word.replace("+", " ")) == (AT, ID)
    assert cursor("") is None


@pytest.mark.parametrize("word", ["x", ",", f"2026-11-23,{ID}", f"2026-11-23T09:05:00,{ID}", f"{AT.isoformat()},7"])
def test_another_word_is_refused(word):
    with pytest.raises(Invalid):
        cursor(word)
