"""The deployment files, checked by the programs that read them; no container engine is needed."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from telemed.config import load
from telemed.config.read import FILE_SUFFIX, PREFIX

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
COMPOSE = ROOT / "docker-compose.yml"
PROFILES = ("--profile", "orthanc", "--profile", "coturn", "--profile", "janus")


def composed() -> dict[str, dict[str, dict[str, object]]]:
    command = [BIN / "docker-compose", "-f", COMPOSE, *PROFILES, "config", "--format", "json"]
    done = subprocess.run(command, check=True, capture_output=True)
    return msgspec.json.decode(done.stdout)


@pytest.mark.parametrize("profiles", [(), PROFILES], ids=["plain", "with profiles"])
def test_compose_accepts_its_file(profiles: tuple[str, ...]) -> None:
    subprocess.run([BIN / "docker-compose", "-f", COMPOSE, *profiles, "config", "-q"], check=True)


def test_the_compose_file_follows_the_specification() -> None:
    subprocess.run([BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE], check=True)


@pytest.mark.parametrize("path", ["Dockerfile", "config/janus/Dockerfile"])
def test_the_dockerfiles_have_no_findings(path: str) -> None:
    subprocess.run([BIN / "hadolint", ROOT / path], check=True)


def test_every_service_is_there() -> None:
    assert set(composed()["services"]) == {
        *("postgres", "valkey", "migrate", "telemed", "dicom_gateway", "proxy", "orthanc", "coturn", "janus")
    }


@pytest.mark.parametrize("name", ["telemed", "dicom_gateway", "migrate"])
def test_the_environment_of_our_services_is_a_configuration_without_faults(tmp_path: Path, name: str) -> None:
    given = composed()["services"][name]["environment"]
    assert isinstance(given, dict)
    environment = {key: str(value) for key, value in given.items()}
    secret = tmp_path / "dsn"
    secret.write_text("postgresql://telemed:secret@postgres/telemed", "utf-8")
    for key in environment:
        if key.startswith(PREFIX) and key.endswith(FILE_SUFFIX):
            environment[key] = str(secret)
    config = load([], environment)
    assert config.database.dsn
    assert config.redis.url


def test_our_containers_run_unprivileged_and_hold_no_secret_in_the_file() -> None:
    services = composed()["services"]
    for name in ("telemed", "dicom_gateway", "migrate", "janus"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    last = (ROOT / "Dockerfile").read_text("utf-8").split("\nFROM ")[-1]
    assert "\nUSER 10001\n" in last
    assert "PASSWORD:" not in COMPOSE.read_text("utf-8")


def test_nothing_but_the_gateway_and_the_proxy_is_published_and_only_on_loopback() -> None:
    published = {
        name: [port["host_ip"] for port in service["ports"]]  # pyright: ignore[reportGeneralTypeIssues, reportIndexIssue, reportUnknownVariableType]
        for name, service in composed()["services"].items()
        if "ports" in service
    }
    assert published == {"dicom_gateway": ["127.0.0.1"], "proxy": ["127.0.0.1"]}
