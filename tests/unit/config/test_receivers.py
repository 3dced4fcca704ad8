"""Receivers of messages in the configuration: read whole, from a file and from the environment, or every fault said."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from telemed.config import Config, Faulty, environment_of, load
from telemed.config.outgoing import is_reachable, secrets_of

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def written(folder: Path, **other: str) -> Path:
    """A configuration file with one receiver; a value of '' leaves the key out."""
    (folder / "secret").write_text(SECRET)
    said = {
        "name": '"sms"',
        "url": '"https://gateway.example/hook?key=1"',
        "secret_file": f'"{folder / "secret"}"',
        "kinds": '["consultation.asked", "room"]',
        "phones": "true",
    } | other
    path = folder / "telemed.toml"
    path.write_text(
        "\n".join(["[[outgoing.receivers]]", *(f"{key} = {value}" for key, value in said.items() if value)])
    )
    return path


def faults(folder: Path, **other: str) -> str:
    with pytest.raises(Faulty) as raised:
        load([written(folder, **other)], {})
    return str(raised.value)


def test_a_receiver_is_read_and_its_secret_with_it(tmp_path: Path):
    config = load([written(tmp_path)], {})
    (one,) = config.outgoing.receivers
    assert (one.name, one.kinds, one.phones, one.institutions) == ("sms", ("consultation.asked", "room"), True, ())
    assert secrets_of(one) == (KEY,)


def test_nobody_receives_unless_told():
    assert Config().outgoing.receivers == ()


def test_children_get_the_same_receivers_by_their_environment(tmp_path: Path):
    config = load([written(tmp_path)], {})
    assert load([], environment_of(config)).outgoing == config.outgoing


def test_two_secrets_stand_in_the_file_while_one_takes_the_place_of_the_other(tmp_path: Path):
    config = load([written(tmp_path)], {})
    other = bytes(range(1, 33))
    (tmp_path / "secret").write_text(f"whsec_{base64.b64encode(other).decode()}\n{SECRET}\n")
    assert secrets_of(config.outgoing.receivers[0]) == (other, KEY)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("url", '"http://gateway.example/hook"', "must look like https://"),
        ("url", '"https://user@gateway.example/"', "must look like https://"),
        ("url", '"file:///etc/passwd"', "must look like https://"),
        ("kinds", '["consultation.aksed"]', "there is no kind consultation.aksed"),
        ("secret_file", '"/nowhere"', "cannot be used"),
        ("ca", '"/nowhere"', "cannot be used"),
        ("name", '"Gateway"', "does not fit"),
        ("phone", "true", "does not fit"),
        ("secret_file", "", "does not fit"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, key: str, value: str, said: str):
    assert said in faults(tmp_path, **{key: value})


@pytest.mark.parametrize("text", ["", "secret", "whsec_???", "whsec_" + base64.b64encode(b"x" * 23).decode()])
def test_a_secret_that_is_none_is_refused(tmp_path: Path, text: str):
    path = written(tmp_path)
    (tmp_path / "secret").write_text(text)
    with pytest.raises(Faulty, match="secret_file"):
        load([path], {})


def test_a_name_stands_for_one_receiver(tmp_path: Path):
    path = written(tmp_path)
    path.write_text(path.read_text() + "\n" + path.read_text())
    with pytest.raises(Faulty, match="the name is taken"):
        load([path], {})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://gateway.example/hook", True),
        ("https://gateway.example:8443/hook?key=1", True),
        ("http://127.0.0.1:9000/hook", True),
        ("http://[::1]/hook", True),
        ("http://localhost/hook", True),
        ("http://10.0.0.1/hook", False),
        ("https:///hook", False),
        ("https://gateway.example/#x", False),
        ("https://gateway.example:99999/", False),
        ("https://gateway.example/\nx", False),
    ],
)
def test_where_messages_may_be_posted(url: str, *, expected: bool):
    assert is_reachable(url) is expected
