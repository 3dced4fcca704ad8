"""Posix: the little that is not one system call."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dicom_gateway.spool.files import Posix


def test_a_lock_is_had_once_and_goes_with_its_process(tmp_path: Path) -> None:
    files, path = Posix(), tmp_path / "lock"
    script = "import sys; from pathlib import Path; from dicom_gateway.spool.files import Posix\n"
    script += "print(Posix().lock(Path(sys.argv[1])) is not None, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert files.lock(path) is None
        other.kill()
        other.wait()
    lock = files.lock(path)
    assert lock is not None
    assert files.lock(path) is None
    files.unlock(lock)
    assert files.lock(path) is not None


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, path = Posix(), tmp_path / "lock"
    whole = os.open

    def removed_after_open(name, flags, mode=0o777) -> int:
        descriptor = whole(name, flags, mode)
        path.unlink()
        return descriptor

    monkeypatch.setattr(os, "open", removed_after_open)
    assert files.lock(path) is None


def test_an_interrupted_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Posix()
    whole = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: whole(handle, data[:3]))
    handle = files.create(tmp_path / "file")
    files.append(handle, b"ten bytes.")
    files.close(handle)
    assert (tmp_path / "file").read_bytes() == b"ten bytes."


def test_a_folder_that_is_not_there_has_no_names(tmp_path: Path) -> None:
    assert Posix().names(tmp_path / "none") == []
