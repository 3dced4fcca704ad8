"""Agreements with hospital systems: a good one, and each with exactly one thing wrong."""

import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from telemed.cds.registration import Agreement, read
from telemed.cds.tokens import Jwk
from tests.integration.cds.systems import b64, public

CURVE = public(ec.generate_private_key(ec.SECP384R1()), "k1")
RSA = public(rsa.generate_private_key(65537, 2048), "k2")
P256 = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
SMALLER = Jwk("EC", "k3", crv="P-256", x=b64(P256.x.to_bytes(32)), y=b64(P256.y.to_bytes(32)))


def keys(*several, **members):
    return {"keys": [{**msgspec.to_builtins(one), **members} for one in several]}


GOOD = {
    "issuer": "https://his.example",
    "name": "县医院 HIS",
    "organization_code": "county-center",
    "keys": keys(CURVE, RSA),
    "allowed_origins": ["https://his.example", "http://127.0.0.1:8080"],
}


def said(**changes):
    whole = {**GOOD, **changes}
    found = read(json.dumps({name: value for name, value in whole.items() if value is not ...}).encode())
    return [] if isinstance(found, Agreement) else found


def test_a_good_agreement_is_read():
    assert said() == []
    assert said(keys=keys(CURVE)) == []
    assert said(keys=..., key_address="https://his.example/jwks.json") == []
    assert said(allowed_origins=...) == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"issuer": ""}, "malformed"),
        ({"name": ...}, "malformed"),
        ({"organization_code": ...}, "malformed"),
        ({"secret": "x"}, "malformed"),
        ({"keys": ...}, "Neither"),
        ({"keys": keys()}, "Neither"),
        ({"keys": keys(SMALLER)}, "cannot be used"),
        ({"keys": keys(CURVE, use="enc")}, "cannot be used"),
        ({"keys": keys(CURVE, alg="ES256")}, "cannot be used"),
        ({"keys": keys(CURVE, y="AA")}, "cannot be used"),
        ({"keys": keys(CURVE, CURVE)}, "kid"),
        ({"keys": keys(CURVE, RSA, kid=None)}, "kid"),
        ({"keys": keys(CURVE, d="AA")}, "private key"),
        ({"keys": ..., "key_address": "http://his.example/jwks.json"}, "https"),
        ({"keys": ..., "key_address": "https:///jwks.json"}, "https"),
        ({"allowed_origins": ["https://his.example/"]}, "origin"),
        ({"allowed_origins": ["his.example"]}, "origin"),
        ({"allowed_origins": ["*"]}, "origin"),
        ({"allowed_origins": ["null"]}, "origin"),
        ({"allowed_origins": ["https://HIS.example"]}, "origin"),
        ({"allowed_origins": ["https://his.example;x"]}, "origin"),
        ({"allowed_origins": ["https://his.example *"]}, "origin"),
        ({"issuer": "https://his.example/11010519491231002X"}, "identity number"),
    ],
)
def test_an_agreement_with_one_thing_wrong_is_refused_and_says_which(changes, word):
    (fault,) = said(**changes)
    assert word in fault.en
    assert fault.zh


def test_a_file_that_is_none_is_refused():
    for raw in (b"", b"[]", b"{" * 10_000, b" " * 300_000):
        assert isinstance(read(raw), list)
