"""Catalogue documents on the disk: one folder a document, every file bounded before it is read."""

from __future__ import annotations

from pathlib import Path

from telemed.recognition.catalogue import Tree, read_tree
from telemed.recognition.faults import Fault

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "recognition" / "catalogues"
LARGEST_FILE = 2 << 20
MOST_FILES = 500
READ = frozenset({".toml", ".csv"})


def read_catalogues(folder: Path = SHIPPED) -> Tree:
    """Read every document below `folder`.  A missing folder, a file too large or not readable are faults."""
    faults: list[Fault] = []
    folders: dict[str, dict[str, bytes]] = {}
    try:
        paths = sorted(path for path in folder.glob("*/*") if path.suffix in READ and path.is_file())
        if not folder.is_dir():
            faults.append(Fault(str(folder), 0, "目录不存在", "no such folder"))
        if len(paths) > MOST_FILES:
            faults.append(Fault(str(folder), 0, f"超过 {MOST_FILES} 个文件", f"more than {MOST_FILES} files"))
            paths = []
        for path in paths:
            size = path.stat().st_size
            if size > LARGEST_FILE:
                zh, en = f"超过 {LARGEST_FILE} 字节", f"is larger than {LARGEST_FILE} bytes"
                faults.append(Fault(f"{path.parent.name}/{path.name}", 0, zh, en))
                continue
            folders.setdefault(path.parent.name, {})[path.name] = path.read_bytes()
    except OSError as error:
        faults.append(Fault(str(error.filename), 0, f"无法读取：{error.strerror}", f"cannot be read: {error.strerror}"))
    tree = read_tree(folders)
    return Tree(tree.documents, tuple(sorted([*faults, *tree.faults])), tree.doubts)
