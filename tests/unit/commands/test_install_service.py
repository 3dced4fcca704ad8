import argparse
import shutil
import subprocess
from pathlib import Path

import pytest

from telemed.commands.install_service import unit, up_arguments


def words(**given: object) -> list[str]:
    arguments = argparse.Namespace(**{"http": None, "dicom": None, "demo": False, **given})
    return up_arguments(arguments, Path("/var/lib/telemed"), [])


def test_the_service_starts_without_demo_unless_asked() -> None:
    assert words() == ["--state", "/var/lib/telemed", "--no-demo"]
    assert words(demo=True) == ["--state", "/var/lib/telemed"]
    assert words(http=("::1", "8443"))[2:4] == ["--http", "[::1]:8443"]


def test_the_unit_quotes_what_a_path_may_hold(tmp_path: Path) -> None:
    text = unit(Path("/opt/telemed"), Path("/opt/telemed/.venv/bin/python"), tmp_path, ["--state", "/srv/100% full"])
    assert "ExecStart=/opt/telemed/.venv/bin/python -P -m telemed up --state '/srv/100%% full'" in text
    assert "User=telemed" in text
    assert "KillMode=mixed" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    path = tmp_path / "telemed.service"
    path.write_text(unit(Path("/"), Path("/bin/true"), tmp_path, []), "utf-8")
    subprocess.run(["systemd-analyze", "verify", path], check=True)
