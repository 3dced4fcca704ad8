import base64
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from telemed.consultation.call.turn import IceServer, credential, ice_servers, password

NOW = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERSON = "7d0c3a52-6f5b-4c55-9d0a-1f6f4c9b2a11"
URLS = ("turn:relay.county.example:3478?transport=udp", "turns:relay.county.example:443?transport=tcp")


@pytest.mark.parametrize(
    ("key", "text", "digest"),
    [
        ("\x0b" * 20, "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
        ("Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ("\x0c" * 20, "Test With Truncation", "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"),
    ],
    ids=["RFC 2202 case 1", "RFC 2202 case 2", "RFC 2202 case 5"],
)
def test_the_password_is_the_hmac_of_the_rfc(key, text, digest):
    assert base64.b64decode(password(key, text)).hex() == digest


@pytest.mark.parametrize(
    ("person", "answer"),
    # printf '1795399920:…' | openssl dgst -sha1 -hmac north -binary | base64
    [(PERSON, "EW4XYP8NZdqzkXldImfVPAQJg4c="), (f"guest/{PERSON}", "0MFaOqKYeM5ZjXagUQMAV7ztPiY=")],
)
def test_a_credential_says_its_end_and_openssl_agrees_with_its_password(person, answer):
    made = credential("north", person, NOW, HOUR)
    assert made.username == f"1795399920:{person}"
    assert made.password == answer
    assert made.expires == NOW + HOUR


def test_the_end_is_the_same_moment_in_every_time_zone():
    county = NOW.astimezone(timezone(timedelta(hours=8)))
    assert credential("north", PERSON, county, HOUR).username == credential("north", PERSON, NOW, HOUR).username


@pytest.mark.parametrize(
    ("secret", "person", "lifetime"),
    [
        ("", PERSON, HOUR),
        ("north", "", HOUR),
        ("north", f"9999999999:{PERSON}", HOUR),
        ("north", "张桂兰", HOUR),
        ("north", "a\nb", HOUR),
        ("north", "a" * 498, HOUR),
        ("north", PERSON, timedelta(0)),
    ],
    ids=["no secret", "nobody", "an end of one's own", "a name", "a line of the log", "too long", "ended at once"],
)
def test_what_the_relay_would_read_otherwise_is_not_made(secret, person, lifetime):
    with pytest.raises(ValueError, match=r"secret|person|user name|credential"):
        credential(secret, person, NOW, lifetime)


def test_the_longest_person_is_made():
    assert len(credential("north", "a" * 497, NOW, HOUR).username) == 508


def test_a_client_gets_every_address_with_one_credential():
    (server,) = ice_servers(URLS, "north", PERSON, NOW, HOUR)
    assert msgspec.to_builtins(server) == {
        "urls": URLS,
        "username": f"1795399920:{PERSON}",
        "credential": "EW4XYP8NZdqzkXldImfVPAQJg4c=",
    }


def test_without_a_relay_there_is_nothing_to_give_and_no_secret_is_needed():
    assert ice_servers((), "", PERSON, NOW, HOUR) == []


def test_neither_shows_its_password_in_a_log():
    made = credential("north", PERSON, NOW, HOUR)
    assert made.password not in repr(made)
    assert made.password not in repr(IceServer(URLS, made.username, made.password))
