"""The code maps of `config/recognition/maps`, read when the server starts."""

from __future__ import annotations

from pathlib import Path

from telemed.results.code_map import CodeMaps, Fault, read


class FaultyMaps(Exception):
    """Maps that cannot be used; `faults` holds everything that is wrong with them."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        lines = (f"  {fault.where}: {fault.text.zh} / {fault.text.en}" for fault in faults)
        super().__init__("代码对照表有误 / the code maps are wrong:\n" + "\n".join(lines))


def read_maps(folder: Path) -> CodeMaps:
    """Read every file of a folder, in the order of their names.  Raises FaultyMaps."""
    found = read((path.name, path.read_bytes()) for path in sorted(folder.glob("*.toml")))
    if isinstance(found, CodeMaps):
        return found
    raise FaultyMaps(found)
