"""When the supervisor starts a relay, and what it does where it cannot."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from telemed.commands import up
from telemed.commands.supervisor import Supervisor
from telemed.config import CallSection, Config, StateSection
from telemed.embedded import StartFailed
from tests.ports import free_port


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def config(port: int) -> Iterator[Config]:
    # not tmp_path: pytest closes its folders to others, and as root the relay runs as nobody
    folder = Path(tempfile.mkdtemp(prefix="telemed-test-"))
    yield Config(state=StateSection(path=folder), call=CallSection(port=port))
    shutil.rmtree(folder)


def relayed(config: Config, **more: object) -> CallSection:
    """What the children are told; the relay is stopped again."""
    call = msgspec.structs.replace(config.call, **more)
    supervisor = Supervisor(lambda _line: None)
    try:
        return up._start_relay(msgspec.structs.replace(config, call=call), supervisor).call
    finally:
        supervisor.__exit__()


@pytest.mark.parametrize("relay", ["auto", "on"])
def test_it_is_started_where_coturn_is_and_the_children_are_told_how_to_reach_it(config: Config, relay: str) -> None:
    told = relayed(config, relay=relay)
    assert told.urls == tuple(f"turn:127.0.0.1:{config.call.port}?transport={way}" for way in ("udp", "tcp"))
    assert len(told.secret) >= 32


def test_it_is_off_where_there_is_no_coturn(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert relayed(config) == config.call


@pytest.mark.parametrize(
    "more",
    [{"relay": "off"}, {"urls": ("turn:relay.example:3478?transport=udp",), "secret": "north"}],
    ids=["switched off", "one elsewhere is named"],
)
def test_it_is_not_started_where_nobody_wants_it(config: Config, more: dict[str, object]) -> None:
    assert relayed(config, **more) == msgspec.structs.replace(config.call, **more)


def test_a_port_of_another_costs_the_relay_and_not_the_county_unless_it_was_asked_for(config: Config) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", config.call.port))
        assert relayed(config) == config.call
        with pytest.raises(StartFailed, match="cannot have"):
            relayed(config, relay="on")
