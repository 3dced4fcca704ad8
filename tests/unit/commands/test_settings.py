import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from telemed.__main__ import COMMANDS, main
from telemed.certificates import ensure_server_certificate
from telemed.commands import settings
from telemed.commands.supervisor import Supervisor
from telemed.commands.up import keep_house
from telemed.config import load


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", "8080")),
        (":8443", ("", "8443")),
        ("8443", ("", "8443")),
        ("[::1]:80", ("::1", "80")),
    ],
)
def test_addresses_as_people_type_them(text: str, split: tuple[str, str]) -> None:
    assert settings.address(text) == split


@pytest.mark.parametrize("text", ["host", "host:", "host:http", ""])
def test_an_address_without_a_port_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        settings.address(text)


def test_the_command_line_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEMED__HTTP__PORT", "1")
    monkeypatch.setenv("TELEMED__DICOM__PORT", "2")
    arguments = argparse.Namespace(config=[], state=Path("/s"), http=("", "3"), dicom=None)
    config = settings.read(arguments)
    assert (config.state.path, config.http.host, config.http.port, config.dicom.port) == (Path("/s"), "127.0.0.1", 3, 2)


def test_the_certificate_names_what_people_type() -> None:
    config = load([], {"TELEMED__HTTP__HOST": "10.9.8.7"})
    assert settings.certificate_names(config)[0] == "10.9.8.7"
    given = load([], {"TELEMED__HTTP__HOST": "10.9.8.7", "TELEMED__HTTP__NAMES": "a.example"})
    assert settings.certificate_names(given) == ("a.example",)


def test_on_every_address_the_server_is_called_by_a_name_that_leads_to_it() -> None:
    config = settings.named(load([], {"TELEMED__HTTP__HOST": settings.WILDCARDS[0], "TELEMED__HTTP__PORT": "8443"}))
    assert config.public_url == f"https://{config.http.names[0]}:8443"
    assert config.http.names[0] not in settings.WILDCARDS
    assert {"localhost", "127.0.0.1"} <= set(config.http.names)


@pytest.mark.parametrize(
    "given", [{"TELEMED__HTTP__HOST": "10.9.8.7"}, {"TELEMED__HTTP__PUBLIC_URL": "https://a.example"}, {}]
)
def test_elsewhere_the_name_stays_as_given(given: dict[str, str]) -> None:
    config = load([], given)
    assert settings.named(config) == config


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="没有命令 strat / there is no command strat"):
        main(["strat"])
    main(["--help"])
    printed = capsys.readouterr().out
    assert all(name in printed for name in COMMANDS)


def test_check_config_shows_no_secret(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEMED__DATABASE__DSN", "postgresql://u:hunter2@db/x")
    with pytest.raises(SystemExit) as ended:
        main(["check-config"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert "hunter2" not in printed
    assert "dsn = （已设置 / set）" in printed


def test_check_config_reports_everything_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEMED__HTTP__PORT", "many")
    monkeypatch.setenv("TELEMED__DICOM__PORT", "many")
    with pytest.raises(SystemExit, match=r"(?s)HTTP__PORT.*DICOM__PORT|DICOM__PORT.*HTTP__PORT") as ended:
        main(["check-config"])
    assert ended.value.code != 0


def test_a_certificate_about_to_end_restarts_the_web_server_alone(tmp_path: Path) -> None:
    config = load([], {"TELEMED__HTTP__HOST": "10.9.8.7", "TELEMED__STATE__PATH": str(tmp_path)})
    restarted: list[str] = []

    class Watching(Supervisor):
        def restart(self, name: str) -> None:
            restarted.append(name)

    supervisor = Watching(restarted.append)
    old = datetime.now(UTC) - timedelta(days=380)
    names = settings.certificate_names(config)
    ensure_server_certificate(tmp_path / "certificates", config.county.name, names, old)
    keep_house(config, tmp_path, supervisor)
    keep_house(config, tmp_path, supervisor)
    assert restarted == ["telemed"]
