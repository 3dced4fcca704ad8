from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemed.patients.identifiers import (
    Fault,
    Identifier,
    IdentifierKind,
    Malformed,
    document,
    is_placeholder,
    masked,
    national_id,
    of_modality,
)
from telemed.vocabulary import Sex

ORGANIZATION = "6b0c9e1e-5d0f-4d2a-9a54-2f7a5a3c1a01"
OTHER = "6b0c9e1e-5d0f-4d2a-9a54-2f7a5a3c1a02"


@pytest.mark.parametrize(
    ("typed", "value", "born", "sex"),
    [
        ("11010519491231002X", "11010519491231002X", date(1949, 12, 31), Sex.FEMALE),
        ("440524188001010014", "440524188001010014", date(1880, 1, 1), Sex.MALE),
        ("239999195603140024", "239999195603140024", date(1956, 3, 14), Sex.FEMALE),
        ("239999198907220115", "239999198907220115", date(1989, 7, 22), Sex.MALE),
        ("239999202611180037", "239999202611180037", date(2026, 11, 18), Sex.MALE),
    ],
)
def test_a_true_number_says_its_birth_date_and_sex(typed, value, born, sex):
    assert national_id(typed) == Identifier(IdentifierKind.NATIONAL_ID, "CN:GB11643", value, born, sex)


def test_three_forms_of_one_number_are_one_person():
    forms = [
        "11010519491231002X",
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105 19491231 002x",
        "110105491231002",
    ]
    assert len({national_id(form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", Fault.EMPTY),
        ("1101051949123100", Fault.LENGTH),
        ("11010519491231002A", Fault.CHARACTERS),
        ("X1010519491231002X", Fault.CHARACTERS),
        ("11010549123100X", Fault.CHARACTERS),
        ("110105194912310021", Fault.CHECKSUM),
        ("110105194902300027", Fault.BIRTH_DATE),
        ("110105494902300", Fault.BIRTH_DATE),
        ("010105194912310021", Fault.REGION),
    ],
)
def test_a_false_number_says_what_is_wrong(typed, fault):
    assert national_id(typed) == Malformed(fault)


@given(st.dates(date(1900, 1, 1), date(2026, 12, 31)), st.integers(0, 999), st.integers(0, 16), st.integers(1, 9))
def test_no_single_wrong_digit_passes(born, sequence, place, shift):
    seventeen = f"239999{born:%Y%m%d}{sequence:03d}"
    true = next(seventeen + c for c in "0123456789X" if isinstance(national_id(seventeen + c), Identifier))
    wrong = true[:place] + str((int(true[place]) + shift) % 10) + true[place + 1 :]
    assert isinstance(national_id(wrong), Malformed)


@pytest.mark.parametrize(
    ("kind", "typed", "country", "issuer", "value"),
    [
        (IdentifierKind.PASSPORT, "e 12345678", "CHN", "PASSPORT:CHN", "E12345678"),
        (IdentifierKind.PASSPORT, "E12345678", "rus", "PASSPORT:RUS", "E12345678"),
        (IdentifierKind.HK_MACAU_PASS, "h01234567", "", "CN:HMP", "H01234567"),
        (IdentifierKind.HK_MACAU_PASS, "H0123456702", "", "CN:HMP", "H01234567"),
        (IdentifierKind.TAIWAN_PASS, "01234567", "", "CN:TWP", "01234567"),
        (IdentifierKind.PERMANENT_RESIDENCE, "RUS 110081010110", "", "CN:NIA", "RUS110081010110"),
        (IdentifierKind.BIRTH_CERTIFICATE, "W230012345", "", "CN:NHC:BIRTH", "W230012345"),
    ],
)
def test_other_documents_have_their_own_issuers(kind, typed, country, issuer, value):
    assert document(kind, typed, country=country) == Identifier(kind, issuer, value)


@pytest.mark.parametrize(
    ("kind", "typed", "country"),
    [
        (IdentifierKind.PASSPORT, "E12345678", ""),
        (IdentifierKind.PASSPORT, "E1", "CHN"),
        (IdentifierKind.HK_MACAU_PASS, "K01234567", ""),
        (IdentifierKind.TAIWAN_PASS, "0123", ""),
        (IdentifierKind.PERMANENT_RESIDENCE, "RU110081010110", ""),
        (IdentifierKind.BIRTH_CERTIFICATE, "1230012345", ""),
        (IdentifierKind.OTHER, "A1", ""),
        (IdentifierKind.NATIONAL_ID, " ", ""),
        (IdentifierKind.PASSPORT, "", "CHN"),
    ],
)
def test_a_document_of_another_form_is_malformed(kind, typed, country):
    assert isinstance(document(kind, typed, country=country), Malformed)


def test_a_residence_permit_and_a_card_of_2023_come_back_under_their_own_kind():
    permit = next(
        f"83000019900101001{c}" for c in "0123456789X" if isinstance(national_id(f"83000019900101001{c}"), Identifier)
    )
    card = next(
        f"93164319811111001{c}" for c in "0123456789X" if isinstance(national_id(f"93164319811111001{c}"), Identifier)
    )
    found = document(IdentifierKind.NATIONAL_ID, permit)
    assert isinstance(found, Identifier)
    assert found.kind is IdentifierKind.HMT_RESIDENCE
    found = document(IdentifierKind.PERMANENT_RESIDENCE, card)
    assert isinstance(found, Identifier)
    assert (found.kind, found.issuer, found.birth_date) == (
        IdentifierKind.PERMANENT_RESIDENCE,
        "CN:NIA",
        date(1981, 11, 11),
    )


@pytest.mark.parametrize(
    "typed",
    [
        "1",
        "0",
        "",
        "00000",
        "000001",
        "123456",
        "12345678",
        "654321",
        "TEST",
        "test01",
        "Unknown",
        "无名氏",
        "不详",
        "-",
        "9999999",
        "？？",
        "***",
    ],
)
def test_a_placeholder_never_stands_for_a_person(typed):
    assert is_placeholder(typed)
    assert of_modality(typed, "", ORGANIZATION) is None


@pytest.mark.parametrize("typed", ["20481", "ZY0031", "239999195603140024", "2611230001", "CT1024"])
def test_a_number_that_somebody_gave_out_is_no_placeholder(typed):
    assert not is_placeholder(typed)


def test_a_modality_number_belongs_to_its_issuer_or_to_the_sender():
    here, there = of_modality("20481", "", ORGANIZATION), of_modality("20481", "", OTHER)
    named = of_modality("20481", "HIS", ORGANIZATION)
    assert len({here, there, named}) == 3
    assert not any(one.personal for one in (here, there, named) if one)


def test_a_valid_national_number_is_its_own_issuer_whoever_typed_it():
    here, there = of_modality("11010519491231002x", "PACS", ORGANIZATION), of_modality("110105491231002", "", OTHER)
    assert here == there
    assert here
    assert here.personal


def test_only_the_last_four_places_are_shown():
    assert masked("239999195603140024") == "**************0024"
    assert masked("1234") == "**34"
    assert masked("7") == "*"
    assert masked("") == ""


def test_a_number_of_a_hospital_needs_its_issuer():
    assert document(IdentifierKind.OTHER, "A-1001", issuer="ORG:1") == Identifier(
        IdentifierKind.OTHER, "ORG:1", "A1001"
    )
