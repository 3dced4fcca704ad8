"""Two documents that speak of the same thing differently: whose members, whose line, and which is told first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from telemed.recognition.decision import Verdict
from telemed.recognition.rules import Code, Item, ItemException, Window
from tests.unit.recognition.good import GLUCOSE_ITEM, OTHER, Case, catalogue, laboratory, scope

PANEL = Code("urn:cn:item", "PANEL")


def listed(key: str, *members: str) -> Item:
    return replace(GLUCOSE_ITEM, key=key, codes=frozenset({Code("urn:cn:item", key)}), members=members)


def of_the_nation(*items: Item):
    """A newer document of another scope."""
    wide = scope(kind="national", key="", label="全国HR")
    return catalogue(*items, number="2026-9", scope=wide, first_day=date(2026, 6, 1))


def ordered(key: str, *documents) -> Case:
    case = laboratory().with_rules(catalogues=documents)
    return case.with_order(codes=frozenset({Code("urn:cn:item", key)}))


def analytes(case: Case) -> list[str]:
    return [one.key for one in case.decide().analytes]


def test_the_members_of_a_panel_are_those_the_newest_document_gives_it():
    older = catalogue(listed("panel", "urea", "sodium"), listed("urea"), listed("sodium"))
    newer = of_the_nation(listed("panel", "urea", "potassium"), listed("potassium"))
    assert analytes(ordered("panel", older, newer)) == ["urea", "potassium"]


def test_the_members_of_a_panel_inside_a_panel_are_those_the_newest_document_gives_it():
    older = catalogue(listed("inner", "urea", "sodium"), listed("urea"), listed("sodium"))
    newer = of_the_nation(listed("panel", "inner"), listed("inner", "urea", "potassium"), listed("potassium"))
    assert analytes(ordered("panel", older, newer)) == ["urea", "potassium"]


def test_what_only_an_older_document_calls_a_panel_is_none_inside_a_panel():
    older = catalogue(listed("inner", "urea"), listed("urea"))
    newer = of_the_nation(listed("panel", "inner"), listed("inner"))
    assert analytes(ordered("panel", older, newer)) == ["inner"]


def test_what_only_an_older_document_calls_no_panel_is_opened_inside_a_panel():
    older = catalogue(listed("inner"), listed("urea"))
    newer = of_the_nation(listed("panel", "inner"), listed("inner", "urea", "potassium"))
    assert analytes(ordered("panel", older, newer)) == ["urea", "potassium"]


def test_a_document_that_gives_the_item_another_code_says_nothing_of_an_order_by_this_one():
    case = laboratory()
    again = b"glucose".decode()  # another object than the literal, as from a database
    ended = catalogue(replace(case.item, key=again), series="旧目录", end_day=date(2026, 2, 1))
    newer = of_the_nation(replace(case.item, codes=frozenset({OTHER})))
    case = case.with_rules(catalogues=(ended, *case.rules.catalogues, newer))
    (analyte,) = case.decide().analytes
    assert [(one.basis.number, one.others) for one in analyte.candidates] == [("2026-1", ())]
    other = case.with_candidate(mapping=replace(case.candidate.mapping, code=OTHER))
    assert other.decide().analytes[0].candidates == ()


def test_what_is_not_known_counts_against_a_basis_as_what_is_known_to_be_wrong():
    case = laboratory().with_item(window=Window(1, "collected"), exceptions=()).with_measured(abnormal=None)
    asks = replace(case.item, exceptions=(ItemException("abnormal", "value-abnormal", "附则"),))
    more = catalogue(asks, issuer="一机构", number="2026-0", scope=scope(kind="national", key=""))
    (result,) = case.with_rules(catalogues=(more, *case.rules.catalogues)).decide().analytes[0].candidates
    assert (result.verdict, result.basis.number) == (Verdict.MAY_OFFER, "2026-1")
    assert [basis.number for basis, _ in result.others] == ["2026-0"]
