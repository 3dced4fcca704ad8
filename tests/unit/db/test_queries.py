"""Queries kept as text."""

import pytest

from telemed.db.queries import MalformedQueries, parse


def test_statements_are_found_by_name_without_their_sentences():
    text = "-- name: one\n-- A sentence.\nselect 1;\n\n-- name: two\nselect\n  2;\n"
    assert parse(text) == {"one": "select 1;", "two": "select\n  2;"}


def test_a_comment_before_the_first_name_is_welcome():
    assert parse("-- What these are for.\n-- name: one\nselect 1;") == {"one": "select 1;"}


@pytest.mark.parametrize(
    "text",
    [
        "select 1;\n-- name: one\nselect 1;",
        "-- name: one\n-- nothing\n",
        "-- name: a\nselect 1;\n-- name: a\nselect 2;",
    ],
    ids=["text before a name", "no statement", "a name twice"],
)
def test_a_file_that_is_not_made_of_named_statements_is_refused(text):
    with pytest.raises(MalformedQueries):
        parse(text)
