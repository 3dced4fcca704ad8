"""Files of a service that its own user alone may read."""

import os
import secrets
from pathlib import Path

from telemed.embedded.child import User, give


def drawn_once(folder: Path, name: str, user: User | None) -> str:
    """Return the secret drawn at the first start."""
    path = folder / name
    if not path.exists():
        write_closed(path, secrets.token_urlsafe(32).encode("ascii"), user)
    return path.read_text("ascii")


def write_closed(path: Path, content: bytes, user: User | None) -> None:
    """Write a file that its owner alone may read, whole or not at all."""
    arriving = path.with_name(f"{path.name}.new")
    arriving.unlink(missing_ok=True)
    with os.fdopen(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    give(arriving, user, 0o600)
    arriving.rename(path)
