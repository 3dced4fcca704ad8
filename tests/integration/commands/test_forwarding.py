"""When the supervisor starts Janus, and what its children are told."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from telemed.commands import up
from telemed.commands.supervisor import Supervisor
from telemed.config import Config, JanusSection, StateSection, environment_of, load
from telemed.embedded import NotInstalled
from tests.ports import free_port


@pytest.fixture
def config() -> Iterator[Config]:
    # not tmp_path: pytest closes its folders to others, and as root Janus runs as nobody
    folder = Path(tempfile.mkdtemp(prefix="telemed-test-"))
    yield Config(state=StateSection(path=folder), janus=JanusSection(port=free_port()))
    shutil.rmtree(folder)


def forwarded(config: Config, **more: object) -> Config:
    """What the children are told; Janus is stopped again."""
    janus = msgspec.structs.replace(config.janus, **more)
    supervisor = Supervisor(lambda _line: None)
    try:
        return up._start_forwarding(msgspec.structs.replace(config, janus=janus), supervisor)
    finally:
        supervisor.__exit__()


def test_it_is_started_where_the_configuration_says_so_and_the_children_are_told_how_to_reach_it(
    config: Config,
) -> None:
    told = forwarded(config, start="on")
    assert told.janus.url == f"ws://127.0.0.1:{config.janus.port}"
    assert len(told.janus.secret) >= 32
    assert load([], environment_of(told)).janus == told.janus


def test_it_is_not_started_where_nobody_says_so(config: Config) -> None:
    assert forwarded(config).janus == config.janus


def test_where_it_is_wanted_and_not_installed_nothing_starts(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotInstalled):
        forwarded(config, start="on")
