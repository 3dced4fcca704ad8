"""`telemed opinion verify` as a third party runs it: a file, a CA certificate, no configuration, no database."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from telemed.certificates import fingerprint
from telemed.consultation.opinion.evidence import digest
from tests.integration.consultation.conftest import Sealed
from tests.unit.consultation.opinion.opinions import HOSPITAL, NOW, County

ROOT = Path(__file__).parents[3]


def verify(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "telemed", "opinion", "verify", *map(str, words)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)


def test_a_genuine_opinion_is_told_in_both_languages(sealed: Sealed, file: Path) -> None:
    done = verify(file, "--ca", sealed.county.authority)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for said in (
        "通过核验 / VERIFIED",
        "签署人 / signed by: 孟淑珍 主任医师 110220000012345",
        "机构电子印章 / institution's seal: 龙安县第一人民医院（演示）",
        "2026-11-27T06:05:33Z",
        "images painted on the expert's screen: 3",
        "HZ20261127-0007 v1",
        f"SHA-256 of the evidence: {digest(sealed.opinion.evidence)}\n",
        fingerprint(sealed.keys.seal.certificate) + "\n",
    ):
        assert said in done.stdout
    assert "王桂兰" not in done.stdout


def test_an_altered_one_is_refused_with_the_reason(sealed: Sealed, file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.write_bytes(content)
    done = verify(file, "--ca", sealed.county.authority)
    assert (done.returncode, done.stdout) == (1, "")
    assert "未通过核验 / NOT VERIFIED [altered]" in done.stderr
    assert "altered after it was sealed" in done.stderr


def test_another_county_s_ca_is_a_code_of_its_own(file: Path, tmp_path: Path) -> None:
    other = County(tmp_path / "other")
    other.store.keys(HOSPITAL, NOW)
    done = verify(file, "--ca", other.authority)
    assert done.returncode == 3
    assert "[unknown-authority]" in done.stderr


@pytest.mark.parametrize("missing", ["file", "ca", "ca that is none"])
def test_what_cannot_be_read_is_a_code_of_its_own(sealed: Sealed, file: Path, missing: str) -> None:
    opinion = file.with_name("none.pdf") if missing == "file" else file
    authority = {"ca": file.with_name("none.pem"), "ca that is none": file}.get(missing, sealed.county.authority)
    done = verify(opinion, "--ca", authority)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_on_the_county_s_own_machine_its_ca_is_known(sealed: Sealed, file: Path, tmp_path: Path) -> None:
    (tmp_path / "state" / "certificates").mkdir(parents=True)
    shutil.copy(sealed.county.authority, tmp_path / "state" / "certificates" / "county-ca.pem")
    assert verify(file, "--state", tmp_path / "state").returncode == 0
    assert verify(file, "--state", tmp_path / "elsewhere").returncode == 2
