"""A document with one thing wrong is refused for that thing alone, and the one without is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from telemed.recognition.catalogue import Listing, applicable, newest, read_tree, source_hash
from telemed.recognition.catalogue_files import LARGEST_FILE, read_catalogues
from telemed.recognition.facts import Organization
from telemed.recognition.rules import Code, Direction

HEAD = """\
issuer = "龙安县(演示)"
series = "community"
number = "1"
title = "目录"
clause = "第四条"
mode = "positive"
first_day = 2026-01-01

[scope]
kind = "community"
key = "longan"
label = "龙安县域医共体"
direction = "symmetric"

[systems]
county = "urn:cn:county:item"

[exceptions.pre-operative]
predicate = "pre-operative"
clause = "第七条"

[[items]]
file = "laboratory.csv"
kind = "laboratory"
anchor = "collected"

[[items]]
file = "imaging.csv"
kind = "imaging"
anchor = "acquired"
modality = "CT"
"""
LABORATORY = """\
key,name,name_en,codes,specimen,unit,methods,window_days,by_encounter,volatile,exceptions,price,members
lab.potassium,钾,Potassium,county:12,serum,mmol/L,,3,inpatient:1 checkup:7,,,500,
lab.sodium,钠,Sodium,county:123,serum,mmol/L,ion-selective-electrode,5,,,pre-operative,500,
lab.electrolytes,电解质,Electrolytes,county:E,serum,,,,,,,1000,lab.potassium lab.sodium
"""
IMAGING = """\
key,name,name_en,codes,body_site,laterality,contrast,technique,window_days
ct.knee.left.plain,左膝关节 CT 平扫,"CT knee, left, plain",county:CT-KNEE-L,KNEE,L,plain,slice_mm=2,30
"""
GOOD = {"document.toml": HEAD, "laboratory.csv": LABORATORY, "imaging.csv": IMAGING}


def tree(files: dict[str, str] = GOOD, **others: dict[str, str]):
    texts = {"a": files, **others}
    return read_tree({name: {file: text.encode() for file, text in one.items()} for name, one in texts.items()})


def changed(file: str, old: str, new: str) -> dict[str, str]:
    assert GOOD[file].count(old) >= 1, old
    return GOOD | {file: GOOD[file].replace(old, new, 1)}


def test_a_whole_document_is_read_as_it_says():
    read = tree()
    assert read.faults == ()
    (catalogue,) = read.catalogues
    potassium = catalogue.items["lab.potassium"]
    assert potassium.codes == {Code("urn:cn:county:item", "12")}
    assert (potassium.window.days, potassium.window.days_for("inpatient"), potassium.window.anchor) == (
        3,
        1,
        "collected",
    )
    assert (potassium.unit, potassium.convertible_units) == ("mmol/L", {"meq/L"})
    assert (potassium.clause, potassium.price, potassium.volatile) == ("第四条", 500, False)
    knee = catalogue.items["ct.knee.left.plain"]
    assert (knee.modality, knee.body_site, knee.laterality, knee.contrast) == ("CT", "KNEE", "L", "plain")
    assert dict(knee.technique) == {"slice_mm": "2"}
    assert catalogue.items["lab.sodium"].exceptions[0].clause == "第七条"


def test_a_panel_is_shown_with_what_all_of_its_members_keep():
    window = tree().catalogues[0].items["lab.electrolytes"].window
    assert (window.days, dict(window.by_encounter)) == (3, {"checkup": 5, "inpatient": 1})


def test_the_order_of_files_says_nothing_and_every_byte_counts_for_the_hash():
    files = {name: text.encode() for name, text in GOOD.items()}
    assert source_hash(files) == source_hash(dict(reversed(files.items())))
    assert source_hash(files) != source_hash(files | {"imaging.csv": files["imaging.csv"] + b"\n"})
    assert source_hash({"a": b"bc"}) != source_hash({"ab": b"c"})


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "says"),
    [
        ("document.toml", "issuer =", "isuer =", 1, "is issuer meant"),
        ("document.toml", 'title = "目录"', 'title = " "', 4, "title"),
        ("document.toml", 'title = "目录"', "title = 5", 4, "must be text"),
        ("document.toml", 'mode = "positive"', 'mode = "some"', 6, "all-but-negative"),
        ("document.toml", "first_day = 2026-01-01", "", 0, "first day"),
        ("document.toml", "first_day = 2026-01-01", "first_day = 2026-01-01T00:00:00Z", 7, "must be a date"),
        ("document.toml", "first_day = 2026-01-01", "first_day = 2026-01-01\nend_day = 2026-01-01", 8, "after"),
        ("document.toml", 'kind = "community"', 'kind = "county"', 10, "county is none of"),
        ("document.toml", 'kind = "community"', 'kind = "region"', 11, "GB/T 2260"),
        ("document.toml", 'kind = "community"', 'kind = "bilateral"', 13, "has to be named"),
        ("document.toml", '"symmetric"', '"named"', 13, "needs producers"),
        ("document.toml", '"symmetric"', '"symmetric"\nproducers = ["a"]\naccepters = ["b"]', 13, "have none"),
        ("document.toml", 'predicate = "pre-operative"', 'predicate = "full-moon"', 19, "full-moon is none of"),
        ("document.toml", 'clause = "第七条"', "", 18, "exceptions.pre-operative.clause"),
        ("document.toml", "[systems]", '[negative]\n"lab.blood-gas" = "第六条"\n\n[systems]', 15, "leaves nothing out"),
        ("document.toml", 'file = "imaging.csv"', 'file = "../imaging.csv"', 28, "same folder"),
        ("document.toml", 'file = "imaging.csv"', 'file = "laboratory.csv"', 28, "there twice"),
        ("document.toml", 'kind = "imaging"', 'kind = "imaging"\ncolour = "red"', 30, "colour"),
        ("laboratory.csv", "volatile,", "volatil,", 1, "is volatile meant"),
        ("laboratory.csv", "price", "key", 1, "there twice"),
        ("laboratory.csv", ",name_en", ",unit", 1, "name_en is missing"),
        ("laboratory.csv", "lab.potassium,钾", "lab potassium,钾", 2, "no item key"),
        ("laboratory.csv", "lab.potassium,钾", "ct.potassium,钾", 2, "does not say laboratory"),
        ("laboratory.csv", "钾,", ",", 2, "name is empty"),
        ("laboratory.csv", "county:12,", "provincial:12,", 2, "[systems]"),
        ("laboratory.csv", "county:12,", "county:12 county:12,", 2, "twice"),
        ("laboratory.csv", "county:123", "county:12", 3, "is lab.potassium's already"),
        ("laboratory.csv", "lab.sodium,钠", "lab.potassium,钠", 3, "there already"),
        ("laboratory.csv", "serum,mmol/L,,3", "blood,mmol/L,,3", 2, "blood is none of"),
        ("laboratory.csv", "serum,mmol/L,,3", "serum,mmol/l,,3", 2, "mmol/l is no unit of lab.potassium"),
        ("laboratory.csv", "serum,mmol/L,,3", "serum,mg/dL,,3", 2, "mg/dL is no unit of lab.potassium"),
        ("laboratory.csv", "serum,mmol/L,,3", "serum,mmol/L,,0", 2, "whole days"),
        ("laboratory.csv", "serum,mmol/L,,3", "serum,mmol/L,,-3", 2, "whole days"),
        ("laboratory.csv", "serum,mmol/L,,3", "serum,mmol/L,,3.5", 2, "whole days"),
        ("laboratory.csv", "serum,mmol/L,,3", "serum,mmol/L,,3651", 2, "whole days"),
        ("laboratory.csv", "serum,mmol/L,,3", "serum,mmol/L,,", 2, "window_days is missing"),
        ("laboratory.csv", "inpatient:1", "inpatient:0", 2, "whole days"),
        ("laboratory.csv", "inpatient:1", "ward:1", 2, "ward"),
        ("laboratory.csv", "inpatient:1 checkup:7", "inpatient:1 inpatient:7", 2, "twice"),
        ("laboratory.csv", "ion-selective-electrode", "ISE", 3, "method class ISE"),
        ("laboratory.csv", "5,,,pre-operative", "5,,maybe,pre-operative", 3, "volatile"),
        ("laboratory.csv", "5,,,pre-operative", "5,,,pre-transfusion", 3, "not in [exceptions]"),
        ("laboratory.csv", "pre-operative,500", "pre-operative,5.00", 3, "fen"),
        ("laboratory.csv", "lab.potassium lab.sodium", "lab.potassium lab.chloride", 4, "lab.chloride is not in"),
        ("laboratory.csv", "lab.potassium lab.sodium", "lab.potassium", 4, "two members"),
        ("laboratory.csv", "lab.potassium lab.sodium", "lab.potassium lab.electrolytes", 4, "the panel itself"),
        ("laboratory.csv", "E,serum,,,,", "E,serum,,,7,", 4, "no window of its own"),
        ("laboratory.csv", "E,serum,,,,", "E,serum,mmol/L,,,", 4, "a panel has no unit"),
        ("imaging.csv", "KNEE,L,plain", "膝关节,L,plain", 2, "body_site"),
        ("imaging.csv", "KNEE,L,plain", "KNEE,left,plain", 2, "left is none of"),
        ("imaging.csv", "KNEE,L,plain", "KNEE,L,native", 2, "native is none of"),
        ("imaging.csv", "slice_mm=2", "slice_mm=thin", 2, "slice_mm=thin"),
        ("imaging.csv", "slice_mm=2", "slice_mm=0", 2, "slice_mm=0"),
        ("imaging.csv", "slice_mm=2", "slices=2", 2, "slices=2"),
        ("imaging.csv", "slice_mm=2,30", "slice_mm=2", 2, "cells under"),
        ("document.toml", 'modality = "CT"', 'modality = "MR"', 2, "modality has to be CT"),
        ("document.toml", 'modality = "CT"', 'modality = "CT"\nspecimen = "serum"', 2, "does not belong"),
    ],
)
def test_one_thing_wrong_is_told_with_its_place(file, old, new, line, says):
    faults = tree(changed(file, old, new)).faults
    assert faults
    assert [one for one in faults if one.line == line and says in one.en], "\n".join(map(str, faults))
    assert all(one.zh and one.en for one in faults)


def test_a_window_never_counts_from_the_report():
    faults = tree(changed("document.toml", 'anchor = "collected"', 'anchor = "reported"')).faults
    assert {one.line for one in faults} == {2, 3, 4}
    assert all("报告时间" in one.zh for one in faults)


@pytest.mark.parametrize("anchor", ["acquired", "signed"])
def test_a_laboratory_window_counts_from_collection_alone(anchor):
    assert tree(changed("document.toml", 'anchor = "collected"', f'anchor = "{anchor}"')).faults


def test_everything_wrong_is_told_at_once():
    broken = changed("document.toml", "issuer =", "isuer =") | {"imaging.csv": "key\n"}
    assert len(tree(broken).faults) == 2  # the head's two: what it has and what it lacks
    lines = GOOD | {"laboratory.csv": LABORATORY.replace("mmol/L", "mol"), "imaging.csv": "key\n"}
    assert [(one.file, one.line) for one in tree(lines).faults] == [
        ("a/imaging.csv", 1),
        ("a/imaging.csv", 1),
        ("a/laboratory.csv", 2),
        ("a/laboratory.csv", 3),
    ]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"laboratory.csv": LABORATORY}, "head of the document is missing"),
        ({"document.toml": HEAD, "laboratory.csv": LABORATORY}, "no such file"),
        (GOOD | {"more.csv": "key\n"}, "does not name this file"),
        (GOOD | {"document.toml": "issuer ="}, "no valid TOML"),
        (GOOD | {"imaging.csv": 'key,name,name_en\n"a'}, "no valid CSV"),
        (GOOD | {"imaging.csv": "\n"}, "column names"),
        (GOOD | {"laboratory.csv": LABORATORY.splitlines()[0], "imaging.csv": IMAGING.splitlines()[0]}, "no items"),
    ],
)
def test_files_that_do_not_fit_together_are_told(files, says):
    faults = tree(files).faults
    assert [one for one in faults if says in one.en], faults


def test_text_that_is_not_utf8_is_told_and_a_spreadsheets_mark_is_not_minded():
    files = {name: text.encode() for name, text in GOOD.items()}
    assert read_tree({"a": files | {"imaging.csv": IMAGING.encode("gb18030")}}).faults
    assert not read_tree({"a": files | {"imaging.csv": b"\xef\xbb\xbf" + IMAGING.encode()}}).faults


def test_a_panel_inside_a_panel_is_told():
    more = LABORATORY + "lab.more,更多,More,,serum,,,,,,,0,lab.electrolytes lab.sodium\n"
    assert ["panel itself" in one.en for one in tree(GOOD | {"laboratory.csv": more}).faults] == [True]


def test_a_member_on_a_refused_line_is_not_called_missing():
    faults = tree(changed("laboratory.csv", "serum,mmol/L,,3", "serum,mol,,3")).faults
    assert [one.line for one in faults] == [2]


def document(number: str, first: str, *, end: str | None = None, old: str = "", new: str = "") -> dict[str, str]:
    head = HEAD.replace('number = "1"', f'number = "{number}"').replace(
        "2026-01-01", f"{first}\nend_day = {end}" if end else first
    )
    return GOOD | {"document.toml": head.replace(old, new) if old else head}


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        (document("2", "2026-07-01"), False),  # an open end is until the next begins
        (document("2", "2026-01-01"), True),
        (document("2", "2025-01-01", end="2026-01-01"), False),
        (document("2", "2025-01-01", end="2026-01-02"), True),
        (document("2", "2025-01-01", end="2026-01-02", old="龙安县(演示)", new="省"), False),
        (document("2", "2025-01-01", end="2026-01-02", old='"community"\nnumber', new='"other"\nnumber'), False),
        (document("2", "2025-01-01", end="2026-01-02", old='"longan"', new='"xiantao"'), False),
        (document("1", "2026-07-01"), True),  # one number, two documents
    ],
)
def test_documents_overlap_only_inside_one_series_and_scope_of_one_issuer(other, overlaps):
    assert bool(tree(GOOD, b=other).faults) is overlaps


def hospital(name: str, **facts) -> Organization:
    return Organization(name, name, **({"level": 20, "ownership": None, "region": None, "community": "longan"} | facts))


A, B = hospital("a"), hospital("b")
DAY = date(2026, 6, 30)


@pytest.fixture
def issued():
    return tree().catalogues[0]


def test_the_newest_of_a_series_is_in_force_from_its_first_day(issued):
    later = replace(issued, number="2", first_day=date(2026, 7, 1), end_day=date(2026, 8, 1))
    documents = (later, issued)
    assert newest(documents, date(2025, 12, 31)) == ()
    assert newest(documents, date(2026, 1, 1)) == (issued,)
    assert newest(documents, date(2026, 6, 30)) == (issued,)
    assert newest(documents, date(2026, 7, 1)) == (later,)
    assert newest(documents, date(2026, 7, 31)) == (later,)
    assert newest(documents, date(2026, 8, 1)) == ()  # what was replaced does not come back


def test_documents_of_other_issuers_series_and_scopes_stand_beside_each_other(issued):
    others = (
        replace(issued, issuer="省"),
        replace(issued, series="other"),
        replace(issued, scope=replace(issued.scope, key="group", kind="group")),
    )
    assert len(newest((issued, *others), DAY)) == 4


def test_a_document_applies_with_its_line_where_it_covers_both(issued):
    (found,) = applicable([issued], "lab.potassium", A, B, DAY)
    assert (found.catalogue, found.item) == (issued, issued.items["lab.potassium"])
    assert (found.listing, found.coverage) == (Listing.LISTED, "scope-covers")


@pytest.mark.parametrize(
    ("key", "producer", "accepter", "day"),
    [
        ("lab.chloride", A, B, DAY),
        ("lab.potassium", hospital("a", community=None), B, DAY),
        ("lab.potassium", A, hospital("b", community="xiantao"), DAY),
        ("lab.potassium", A, B, date(2025, 12, 31)),
    ],
)
def test_a_document_does_not_apply_to_another_item_outside_its_scope_or_before_its_day(
    issued, key, producer, accepter, day
):
    assert applicable([issued], key, producer, accepter, day) == ()


def test_what_is_not_known_of_an_organisation_is_told_and_not_guessed(issued):
    directed = replace(issued, scope=replace(issued.scope, direction=Direction.LOWER_ACCEPTS_HIGHER))
    assert applicable([directed], "lab.potassium", hospital("a", level=33), hospital("b", level=22), DAY)
    assert not applicable([directed], "lab.potassium", hospital("a", level=22), hospital("b", level=33), DAY)
    (found,) = applicable([directed], "lab.potassium", hospital("a", level=None), B, DAY)
    assert found.coverage == "organization-unknown"


def test_a_document_of_all_items_speaks_of_what_it_does_not_leave_out():
    head = HEAD.replace('"positive"', '"all-but-negative"').replace(
        "[systems]", '[negative]\n"lab.blood-gas" = "六"\n[systems]'
    )
    (issued,) = tree(GOOD | {"document.toml": head}).catalogues
    (unlisted,) = applicable([issued], "lab.chloride", A, B, DAY)
    assert (unlisted.item, unlisted.listing) == (None, Listing.NOT_EXCLUDED)
    assert applicable([issued], "lab.blood-gas", A, B, DAY) == ()


def test_an_item_both_listed_and_left_out_is_told():
    head = HEAD.replace('"positive"', '"all-but-negative"').replace(
        "[systems]", '[negative]\n"lab.sodium" = "六"\n[systems]'
    )
    assert ["negative list" in one.en for one in tree(GOOD | {"document.toml": head}).faults] == [True]


INCOMPLETE = HEAD.replace("first_day = 2026-01-01", 'incomplete = "Not known: windows."')
NO_WINDOW = LABORATORY.replace("mmol/L,,3,inpatient:1 checkup:7", "mmol/L,,,")


def test_of_an_incomplete_document_what_is_unknown_is_shown_and_never_in_force():
    read = tree(GOOD | {"document.toml": INCOMPLETE, "laboratory.csv": NO_WINDOW})
    assert read.faults == ()
    assert read.catalogues == ()
    assert read.documents[0].unfinished == ("lab.electrolytes", "lab.potassium")
    assert set(read.documents[0].items) == {"lab.sodium", "ct.knee.left.plain"}


def test_a_file_too_large_and_a_missing_folder_are_told_before_anything_is_read(tmp_path):
    assert "no such folder" in read_catalogues(tmp_path / "nowhere").faults[0].en
    folder = tmp_path / "a"
    folder.mkdir()
    for name, text in GOOD.items():
        (folder / name).write_text(text, "utf-8")
    assert read_catalogues(tmp_path).faults == ()
    with (folder / "imaging.csv").open("ab") as file:
        file.truncate(LARGEST_FILE + 1)
    assert "larger" in " ".join(one.en for one in read_catalogues(tmp_path).faults)
