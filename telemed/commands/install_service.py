"""Install this checkout as a systemd service under a user of its own."""

import argparse
import os
import pwd
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from telemed.commands import settings
from telemed.commands.up import ROOT
from telemed.embedded.child import User, reachable

UNIT = Path("/etc/systemd/system/telemed.service")
USER = "telemed"
STATE = Path("/var/lib/telemed")
CONFIG = Path("/etc/telemed/telemed.toml")


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("--http", type=settings.address, metavar="HOST:PORT", help="网页地址 / pages and API")
    parser.add_argument("--dicom", type=settings.address, metavar="HOST:PORT", help="DICOM 地址 / DICOM listener")
    parser.add_argument("--demo", action="store_true", help="含演示数据 / with the demo county")
    parser.add_argument("--print", action="store_true", help="只显示，不安装 / show the unit only")


def run(arguments: argparse.Namespace) -> int:
    settings.read(arguments)  # every fault shows now, not in a log at night
    state = (arguments.state or STATE).absolute()
    configs = arguments.config or ([CONFIG] if CONFIG.exists() else [])
    text = unit(ROOT, Path(sys.executable), state, up_arguments(arguments, state, configs))
    if arguments.print:
        print(text, end="")
        return 0
    if os.geteuid() != 0 or not shutil.which("systemctl"):
        print(
            "需要 root 和 systemd；--print 只显示内容 / needs root and systemd; --print shows the unit", file=sys.stderr
        )
        return 1
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--home-dir",
            str(state),
            "--shell",
            "/usr/sbin/nologin",
            USER,
        ]
        subprocess.run(command, check=True)
        user = pwd.getpwnam(USER)
    for needed in (ROOT, Path(sys.executable).resolve().parent, *(path.absolute().parent for path in configs)):
        if not reachable(needed, User(user.pw_uid, user.pw_gid)):
            print(
                f"用户 {USER} 进不了 {needed}；请把程序放到如 /opt/telemed / "
                f"the user {USER} cannot enter {needed}; put the checkout in a place such as /opt/telemed",
                file=sys.stderr,
            )
            return 1
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(state, user.pw_uid, user.pw_gid)
    UNIT.write_text(text, "utf-8")
    UNIT.chmod(0o644)
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    subprocess.run(["systemctl", "enable", "--now", UNIT.name], check=True)
    print(f"{UNIT}\n查看 / follow: journalctl -u telemed -f")
    return 0


def up_arguments(arguments: argparse.Namespace, state: Path, configs: Sequence[Path]) -> list[str]:
    """Return what follows `telemed up` in the unit."""
    words = ["--state", str(state)]
    for path in configs:
        words += ["--config", str(path.absolute())]
    for name in ("http", "dicom"):
        if (given := getattr(arguments, name)) is not None:
            host, port = given
            words += [f"--{name}", f"[{host}]:{port}" if ":" in host else f"{host}:{port}"]
    return words if arguments.demo else [*words, "--no-demo"]


def unit(root: Path, python: Path, state: Path, words: Sequence[str]) -> str:
    """Return the unit's text."""
    command = shlex.join([str(python), "-P", "-m", "telemed", "up", *words]).replace("%", "%%")
    return f"""\
[Unit]
Description=Telemedicine for a county medical community
After=network-online.target
Wants=network-online.target

[Service]
User={USER}
Group={USER}
WorkingDirectory={state}
Environment=PYTHONPATH={root}
ExecStart={command}
Restart=on-failure
RestartSec=5
# the supervisor stops its children in order; what is left after that is killed
KillMode=mixed
TimeoutStopSec=120
LimitNOFILE=65536
UMask=0027
NoNewPrivileges=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
ReadWritePaths={state}

[Install]
WantedBy=multi-user.target
"""
