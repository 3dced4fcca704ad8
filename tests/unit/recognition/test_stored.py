"""A document and a fact come back from their stored form as they went in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telemed.recognition.catalogue_files import read_catalogues
from telemed.recognition.rules import Basis, Direction, Scope
from telemed.recognition.stored import FactRow, catalogue_from, columns_of, content_of, hash_of, scope_text
from tests.unit.recognition.good import GOOD
from tests.unit.recognition.quality_facts import (
    agreement,
    change,
    passed,
    reinstate,
    revocation,
    verification,
    withdraw,
)

CATALOGUES = read_catalogues().catalogues


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda one: one.number)
def test_a_document_comes_back_whole(catalogue):
    assert catalogue_from(content_of(catalogue), catalogue.source_hash) == catalogue


def test_a_document_that_ends_and_names_its_members_comes_back_whole():
    scope = Scope("bilateral", "a-b", "双边", Direction.NAMED, frozenset({"a"}), frozenset({"b"}))
    ended = replace(CATALOGUES[0], scope=scope, end_day=CATALOGUES[0].first_day.replace(year=2030))
    assert catalogue_from(content_of(ended), ended.source_hash) == ended


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("contrast", ["plain", "enhanced", "plain-and-enhanced"])
def test_a_document_of_every_kind_and_demand_comes_back_whole(kind, contrast):
    (one,) = GOOD[kind]().with_item(contrast=contrast).rules.catalogues
    assert catalogue_from(content_of(one), one.source_hash) == one


def test_how_the_files_were_written_says_nothing_and_every_line_does():
    one = CATALOGUES[0]
    assert content_of(replace(one, source_hash="0" * 64)) == content_of(one)
    assert hash_of(content_of(replace(one, items=dict(list(one.items.items())[1:])))) != hash_of(content_of(one))


@pytest.mark.parametrize(
    "fact",
    [
        revocation(passed(0), 5),
        withdraw(5, retroactive_from=None),
        reinstate(5, device_id="ct-1"),
        change(5),
        verification(5),
        agreement(0, 365),
        agreement(0, 365, Basis.COUNTY_READING, reader_id="county", evidence_hash="a" * 64),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_fact_comes_back_whole(fact):
    columns = columns_of(fact)
    if columns["scope"]:
        assert scope_text(fact.scope) == columns["scope"]
        columns["scope"] = {"kind": "community", "key": "longan", "label": "龙安县域医共体", "direction": "symmetric"}
    row = FactRow(id=fact.id, organization_id="a", known_from=fact.known_from, **columns)
    assert row.fact == fact


def test_a_row_that_is_not_whole_is_a_bug_and_not_a_fact():
    columns = columns_of(withdraw(5)) | {"programme": None}
    with pytest.raises(LookupError):
        _ = FactRow(id="x", organization_id="a", known_from=withdraw(5).known_from, **columns).fact
