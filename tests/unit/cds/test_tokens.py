"""Tokens of hospital systems: a good one of each algorithm, and everything that is one change away from it."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from telemed.cds import tokens
from telemed.cds.authentication import Refused, judge
from telemed.cds.store import Client
from telemed.cds.tokens import LEEWAY, LONGEST_LIFE, TOKEN_LIMIT, Ground, Jwk, Jwks, Token

NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ENDPOINT = "https://county.example/cds-services/result-recognition"
CURVE = ec.generate_private_key(ec.SECP384R1())
OTHER = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(65537, 2048)
HEADER = {"alg": "ES384", "typ": "JWT", "kid": "k1"}
CLAIMS = {"iss": "https://his.example", "aud": ENDPOINT, "exp": SECONDS + 300, "iat": SECONDS, "jti": "j1"}


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value):
    return b64(value.to_bytes((value.bit_length() + 7) // 8))


def jwk(private, kid="k1", **changes):
    public = private.public_key().public_numbers()
    if isinstance(private, rsa.RSAPrivateKey):
        return Jwk(**{"kty": "RSA", "kid": kid, "n": number(public.n), "e": number(public.e), **changes})
    curve = {"kty": "EC", "crv": "P-384", "kid": kid}
    return Jwk(**{**curve, "x": b64(public.x.to_bytes(48)), "y": b64(public.y.to_bytes(48)), **changes})


def es384(private, signed):
    r, s = decode_dss_signature(private.sign(signed, ec.ECDSA(SHA384())))
    return r.to_bytes(48) + s.to_bytes(48)


def rs384(private, signed):
    return private.sign(signed, padding.PKCS1v15(), SHA384())


def made(header=HEADER, claims=CLAIMS, sign=lambda signed: es384(CURVE, signed)):
    head, body = (b64(json.dumps(one).encode()) for one in (header, claims))
    return f"{head}.{body}.{b64(sign(f'{head}.{body}'.encode()))}"


def parsed(**changes):
    token = tokens.parse(made(**changes))
    assert isinstance(token, Token)
    return token


def client(**changes):
    facts = {
        "id": UUID(int=1),
        "issuer": CLAIMS["iss"],
        "tenant": "",
        "name": "县医院 HIS",
        "organization_id": UUID(int=2),
        "keys": Jwks([jwk(CURVE)]),
        "key_address": "",
        "allowed_origins": frozenset[str](),
    }
    return Client(**{**facts, **changes})


def ground(header=HEADER, claims=CLAIMS, registered=None, endpoint=ENDPOINT):
    answer = judge(parsed(header=header, claims=claims), registered or [client()], endpoint, NOW)
    return answer.ground if isinstance(answer, Refused) else None


def test_both_algorithms_are_verified_by_the_key_of_their_kind():
    curve, with_rsa = parsed(), parsed(header={**HEADER, "alg": "RS384"}, sign=lambda signed: rs384(RSA, signed))
    assert tokens.genuine(curve, CURVE.public_key())
    assert tokens.genuine(with_rsa, RSA.public_key())


def test_a_signature_of_another_key_of_another_kind_or_of_other_words_is_none():
    good = parsed()
    assert not tokens.genuine(good, OTHER.public_key())
    assert not tokens.genuine(good, RSA.public_key())
    assert not tokens.genuine(Token(good.header, good.claims, good.signed + b"x", good.signature), CURVE.public_key())
    assert not tokens.genuine(Token(good.header, good.claims, good.signed, bytes(96)), CURVE.public_key())
    assert not tokens.genuine(Token(good.header, good.claims, good.signed, good.signature[:-1]), CURVE.public_key())


def test_the_encoding_of_other_libraries_for_the_signature_is_not_that_of_a_token():
    """RFC 7518 3.4: r and s side by side, not ASN.1."""
    assert not tokens.genuine(parsed(sign=lambda m: CURVE.sign(m, ec.ECDSA(SHA384()))), CURVE.public_key())


def test_a_right_key_with_a_weaker_hash_or_curve_does_not_sign_for_it():
    sha256 = parsed(header={**HEADER, "alg": "RS384"}, sign=lambda m: RSA.sign(m, padding.PKCS1v15(), SHA256()))
    assert not tokens.genuine(sha256, RSA.public_key())
    small = rsa.generate_private_key(65537, 1024)  # noqa: S505 -- refused for it
    weak = parsed(header={**HEADER, "alg": "RS384"}, sign=lambda m: rs384(small, m))
    assert not tokens.genuine(weak, small.public_key())
    p256 = ec.generate_private_key(ec.SECP256R1())
    assert not tokens.genuine(parsed(sign=lambda signed: es384(p256, signed)), p256.public_key())


def test_a_key_of_the_other_kind_is_no_key_for_an_algorithm():
    with_rsa = parsed(header={**HEADER, "alg": "RS384"}, sign=lambda signed: rs384(RSA, signed))
    assert not tokens.genuine(with_rsa, CURVE.public_key())
    assert not tokens.genuine(parsed(), RSA.public_key())


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "HS384", "ES256", "RS256", "PS384", ""])
def test_an_algorithm_that_is_not_one_of_the_two_is_refused_before_any_key_is_looked_at(alg):
    assert ground(header={**HEADER, "alg": alg}) is Ground.ALGORITHM


def test_a_public_key_taken_for_a_shared_secret_signs_nothing():
    """The classic confusion: HMAC with the bytes of the public key, presented under the name of the key."""
    secret = json.dumps({"x": jwk(CURVE).x}).encode()

    def sign(signed):
        return hmac.new(secret, signed, hashlib.sha384).digest()

    token = parsed(sign=sign)
    assert not tokens.genuine(token, CURVE.public_key())
    assert ground(header={**HEADER, "alg": "HS384"}) is Ground.ALGORITHM


@pytest.mark.parametrize(
    ("header", "refused"),
    [
        (HEADER, None),
        ({**HEADER, "typ": "jwt"}, None),
        ({**HEADER, "typ": "at+jwt"}, Ground.ALGORITHM),
        ({"alg": "ES384", "kid": "k1"}, Ground.ALGORITHM),
        ({**HEADER, "crit": ["exp"]}, Ground.ALGORITHM),
        ({**HEADER, "jku": "https://evil.example/keys"}, Ground.ALGORITHM),
    ],
)
def test_a_header_asks_for_nothing_but_what_is_registered(header, refused):
    assert ground(header=header) is refused


def test_a_key_address_in_the_header_is_the_registered_one_or_none():
    address = "https://his.example/jwks.json"
    header = {**HEADER, "jku": address}
    assert ground(header=header, registered=[client(key_address=address)]) is None
    assert ground(header=header, registered=[client(key_address=address + "?")]) is Ground.ALGORITHM
    assert ground(header=header) is Ground.ALGORITHM


@pytest.mark.parametrize(
    ("aud", "refused"),
    [
        (ENDPOINT, None),
        (["https://elsewhere.example", ENDPOINT], None),
        (ENDPOINT + "/", Ground.AUDIENCE),
        (ENDPOINT + "/feedback", Ground.AUDIENCE),
        (ENDPOINT.removesuffix("/result-recognition"), Ground.AUDIENCE),
        (ENDPOINT.replace("https", "http"), Ground.AUDIENCE),
        ([], Ground.AUDIENCE),
    ],
)
def test_a_token_is_for_exactly_one_endpoint(aud, refused):
    assert ground(claims={**CLAIMS, "aud": aud}) is refused


@pytest.mark.parametrize(
    ("iat", "exp", "refused"),
    [
        (0, 300, None),
        (LEEWAY, 300, None),
        (LEEWAY + 1, 400, Ground.TIME),
        (-300, -LEEWAY + 1, None),
        (-300, -LEEWAY, Ground.TIME),
        (0, LONGEST_LIFE, None),
        (0, LONGEST_LIFE + 1, Ground.TIME),
        (10, 10, Ground.TIME),
        (10, 9, Ground.TIME),
    ],
)
def test_a_token_is_in_its_time_give_or_take_two_clocks(iat, exp, refused):
    assert ground(claims={**CLAIMS, "iat": SECONDS + iat, "exp": SECONDS + exp}) is refused


def test_a_tenant_is_the_registered_one():
    north, south = client(tenant="north"), client(id=UUID(int=3), tenant="south")
    answer = judge(parsed(claims={**CLAIMS, "tenant": "south"}), [north, south], ENDPOINT, NOW)
    assert answer == south
    assert ground(claims={**CLAIMS, "tenant": "east"}, registered=[north, south]) is Ground.TENANT
    assert ground(registered=[north]) is Ground.TENANT
    assert ground(claims={**CLAIMS, "tenant": "north"}) is Ground.TENANT


def test_what_is_wrong_is_said_in_the_order_of_the_standard():
    """Each step mended brings the next ground: nobody learns of a later one before the earlier holds."""
    header, claims = {**HEADER, "alg": "none"}, {**CLAIMS, "aud": "x", "exp": SECONDS - 900, "tenant": "x"}
    assert judge(parsed(header=header, claims=claims), [], ENDPOINT, NOW) == Refused(Ground.ISSUER)
    seen = [ground(header=header, claims=claims)]
    for mended in ({"aud": ENDPOINT}, {"exp": CLAIMS["exp"]}, {"tenant": None}):
        claims = {**claims, **mended}
        seen.append(ground(header=header, claims=claims))
    assert seen == [Ground.AUDIENCE, Ground.TIME, Ground.TENANT, Ground.ALGORITHM]


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "jti"])
def test_a_token_without_a_required_claim_is_malformed(name):
    assert tokens.parse(made(claims={key: value for key, value in CLAIMS.items() if key != name})) is Ground.MALFORMED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "a.b.c.d",
        "..",
        "a.b.c",
        made() + "=",
        made() + ".AAAA",
        made().rpartition(".")[0],
        made().replace(".", " ", 1),
        made(claims={**CLAIMS, "jti": "x" * TOKEN_LIMIT}),
        made(claims={**CLAIMS, "jti": "a\0b"}),
        made(claims={**CLAIMS, "exp": "soon"}),
    ],
)
def test_what_is_no_token_is_malformed_and_no_bug(text):
    assert tokens.parse(text) is Ground.MALFORMED


def test_a_header_nested_without_end_is_malformed_and_no_bug():
    deep = b64(b'{"a":' * 1000)
    assert tokens.parse(f"{deep}.{deep}.{deep}") is Ground.MALFORMED


def test_a_token_is_never_spelt_out():
    assert "j1" not in repr(parsed())


@pytest.mark.parametrize(
    ("said", "found"),
    [("Bearer x.y.z", "x.y.z"), ("bearer x.y.z", "x.y.z"), ("Basic eA==", None), ("Bearer ", None), (None, None)],
)
def test_the_token_is_that_of_the_bearer_scheme(said, found):
    assert tokens.bearer(said) == found


def header_of(**changes):
    return parsed(header={**HEADER, **changes}).header


def test_a_key_is_found_by_its_name_and_only_when_it_fits():
    keys = Jwks([jwk(OTHER, "k0"), jwk(CURVE), jwk(RSA, "k2")])
    found = tokens.find_key(keys, header_of())
    assert found is not None
    assert found.public_numbers() == CURVE.public_key().public_numbers()
    assert tokens.find_key(keys, header_of(kid="k9")) is None
    assert tokens.find_key(keys, header_of(kid="k2")) is None
    assert tokens.find_key(Jwks([jwk(CURVE, use="enc")]), header_of()) is None
    assert tokens.find_key(Jwks([jwk(CURVE, alg="ES256")]), header_of()) is None
    assert tokens.find_key(Jwks([jwk(CURVE), jwk(OTHER)]), header_of()) is None


def test_without_a_name_the_only_fitting_key_is_meant():
    nameless = parsed(header={"alg": "ES384", "typ": "JWT"}).header
    assert tokens.find_key(Jwks([jwk(CURVE), jwk(RSA)]), nameless) is not None
    assert tokens.find_key(Jwks([jwk(CURVE), jwk(OTHER, "k2")]), nameless) is None


def test_numbers_that_are_no_key_are_none():
    assert tokens.public_key(jwk(CURVE)) is not None
    assert tokens.public_key(jwk(CURVE, y=b64(bytes(48)))) is None
    assert tokens.public_key(jwk(CURVE, x="*")) is None
    assert tokens.public_key(jwk(CURVE, crv="P-256")) is None
    assert tokens.public_key(jwk(CURVE, kty="RSA")) is None
    assert tokens.public_key(jwk(CURVE, x=None)) is None
    assert tokens.public_key(jwk(CURVE, y=None)) is None
    assert tokens.public_key(jwk(RSA, e=None)) is None
    assert tokens.public_key(jwk(RSA, kty="EC")) is None
    assert tokens.public_key(jwk(RSA, n=None)) is None


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"keys":{}}', b"[" * 2000, b'{"keys":[' + b"1," * 40_000 + b"1]}"])
def test_what_is_no_key_set_is_none(raw):
    assert tokens.key_set(raw) is None


def test_a_key_set_and_a_token_may_be_as_long_as_allowed_and_not_one_character_longer():
    full = b'{"keys":[]}'.ljust(tokens.JWKS_LIMIT)
    assert tokens.key_set(full) == Jwks([])
    assert tokens.key_set(full + b" ") is None
    padding_needed = TOKEN_LIMIT - len(made(header={**HEADER, "x": ""}))
    longest = made(header={**HEADER, "x": "y" * (padding_needed * 3 // 4 - 2)})
    assert TOKEN_LIMIT - 8 <= len(longest) <= TOKEN_LIMIT
    assert isinstance(tokens.parse(longest), Token)
    assert tokens.parse(made(header={**HEADER, "x": "y" * (padding_needed * 3 // 4 + 8)})) is Ground.MALFORMED
