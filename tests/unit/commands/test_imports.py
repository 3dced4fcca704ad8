"""A start is mostly importing: the heavy packages stay out of it until somebody needs them."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("program", "heavy"),
    [
        ("telemed.commands.up", {"numpy", "pydicom", "pynetdicom", "pypinyin", "aiohttp", "redis", "PIL"}),
        ("telemed.commands.serve", {"pynetdicom", "pypinyin", "imagecodecs"}),
        ("dicom_gateway.__main__", {"numpy", "pydicom", "pynetdicom", "pypinyin", "PIL", "imagecodecs"}),
    ],
)
def test_a_program_does_not_import_what_its_start_does_not_need(program: str, heavy: set[str]) -> None:
    listing = f"import sys, {program}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", listing], check=True, capture_output=True, text=True).stdout.split()
    assert program in loaded
    assert heavy.isdisjoint(loaded)
