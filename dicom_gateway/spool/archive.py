"""Where a blob stands in the archive, and the order of steps that makes it durable there."""

from pathlib import Path

from dicom_gateway.spool.files import FileSystem


def blob_path(root: Path, digest: str) -> Path:
    """Place a digest: ROOT/archive/ab/<digest> (docs/adr/0006-one-level-of-shelves.md)."""
    return root / "archive" / digest[:2] / digest


class Shelves:
    """The folders of the archive.  A folder counts as durable once this process synced the folder it stands in.

    Another process may have made it a moment ago without having synced yet, so seeing it is not enough.
    """

    def __init__(self, files: FileSystem, root: Path) -> None:
        self._files = files
        self._root = root
        #: Shelf → its folder at hand: each sync of a name would open and close it, and there are 256.
        self._durable: dict[Path, int] = {}

    def prepare(self) -> None:
        """Make the archive folder, durably; the root is durable already."""
        self._files.make_folder(self._root / "archive")
        self._files.sync_folder(self._root)

    def place(self, part: Path, digest: str) -> None:
        """Give a synced part its name in the archive and return when the name is durable."""
        shelf = blob_path(self._root, digest).parent
        if shelf not in self._durable:
            self._files.make_folder(shelf)
        self._files.rename(part, shelf / digest)
        self.sync_name(digest)

    def sync_name(self, digest: str) -> None:
        """Make a name that is there durable, with its shelf."""
        shelf = blob_path(self._root, digest).parent
        at_hand = self._durable.get(shelf)
        if at_hand is not None:
            self._files.sync_names(at_hand)
            return
        self._files.sync_folder(shelf)
        # The sync above has most often carried this one along (one file system transaction); it need not have.
        self._files.sync_folder(shelf.parent)
        folder = self._files.open_folder(shelf)
        if self._durable.setdefault(shelf, folder) != folder:
            self._files.close(folder)

    def close(self) -> None:
        while self._durable:
            self._files.close(self._durable.popitem()[1])
