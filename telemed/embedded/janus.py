"""What forwards calls of more than a mesh carries: Janus with its videoroom and nothing else, stopped with its parent.

Its API listens on loopback alone and takes what names the secret; there is no administration, no recording, no other
plugin and no other transport.
"""

import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from telemed.config.janus import JanusSection
from telemed.embedded.child import User, give, service_user, start_child, stop_child
from telemed.embedded.closed import drawn_once, write_closed
from telemed.embedded.postgres import StartFailed, tail
from telemed.embedded.programs import locate_janus
from telemed.embedded.state import Held, service_folder

START_SECONDS = 30
STOP_SECONDS = 10
API = "127.0.0.1"
SECRET = "secret"  # noqa: S105  the file's name


@dataclass(slots=True)
class JanusServer:
    """A running Janus.  url and secret: how the server reaches it."""

    url: str
    secret: str = field(repr=False)
    pid: int
    process: "subprocess.Popen[bytes]"
    _held: Held

    def stop(self) -> None:
        stop_child(self.process, (signal.SIGTERM, STOP_SECONDS))
        self._held.release()


def start_janus(state: Path, janus: JanusSection) -> JanusServer:
    """Start Janus with its files in state/janus and return when its API answers.

    Must be called from the main thread.  Raises AlreadyRunning, Unsupported, NotInstalled, or StartFailed, also where
    another program has its port.
    """
    state = state.absolute()
    binary, plugin, transport = locate_janus()
    user = service_user(state / "janus")
    folder = service_folder(state, "janus", user)
    logs = state / "log"
    logs.mkdir(mode=0o700, exist_ok=True)
    log = logs / "janus.log"
    held = Held(folder)
    try:
        _refuse_taken(janus)
        secret = janus.secret or drawn_once(folder, SECRET, user)
        _link(folder / "plugins", plugin, user)
        _link(folder / "transports", transport, user)
        for name, lines in configuration(janus, folder, secret).items():
            write_closed(folder / name, "\n".join([*lines, ""]).encode("ascii"), user)
        with log.open("ab") as output:
            process = start_child(
                [binary, "-C", folder / "janus.jcfg", "-F", folder],
                user=user,
                directory=folder,
                keep=[held.programs],
                stdout=output,
                stderr=output,
            )
        _wait_until_ready(process, janus, log)
    except BaseException:
        held.release()
        raise
    return JanusServer(f"ws://{API}:{janus.port}", secret, process.pid, process, held)


def configuration(janus: JanusSection, folder: Path, secret: str, *, listen: str = API) -> dict[str, list[str]]:
    """Return Janus' configuration, by file.  folder: where its plugins and transports are linked, each alone."""
    key = janus.admin_key or secret
    return {
        "janus.jcfg": [
            "general: {",
            f'  configs_folder = "{folder}"',
            f'  plugins_folder = "{folder}/plugins"',
            f'  transports_folder = "{folder}/transports"',
            # none of either is there
            f'  events_folder = "{folder}/events"',
            f'  loggers_folder = "{folder}/loggers"',
            # warnings; more would say who talks
            "  debug_level = 3",
            "  debug_colors = false",
            "  debug_timestamps = true",
            f'  api_secret = "{secret}"',
            '  server_name = "telemed"',
            # seconds of silence after which what a server has left is given up
            "  session_timeout = 60",
            "  hide_dependencies = true",
            "}",
            "media: {",
            f'  rtp_port_range = "{janus.media_port_first}-{janus.media_port_last}"',
            "}",
            "nat: {",
            *([f'  ice_enforce_list = "{janus.address}"'] if janus.address else []),
            *([f'  nat_1_1_mapping = "{janus.public_address}"'] if janus.public_address else []),
            "}",
        ],
        "janus.transport.websockets.jcfg": [
            "general: {",
            '  json = "compact"',
            "  ws = true",
            f"  ws_port = {janus.port}",
            f'  ws_ip = "{listen}"',
            "  wss = false",
            "}",
            "admin: { admin_ws = false }",
        ],
        "janus.plugin.videoroom.jcfg": [f'general: {{ admin_key = "{key}" }}'],
    }


def _link(folder: Path, target: Path, user: User | None) -> None:
    """Make a folder that has this one library and no other."""
    folder.mkdir(mode=0o700, exist_ok=True)
    give(folder, user, 0o700)
    for old in folder.iterdir():
        old.unlink()
    (folder / target.name).symlink_to(target)


def _refuse_taken(janus: JanusSection) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((API, janus.port))
        except OSError as error:
            raise StartFailed(
                f"Janus 不能使用 {API}:{janus.port}：{error.strerror}"
                "（发行版自带的 janus 服务：systemctl disable --now janus）/ "
                f"Janus cannot have {API}:{janus.port}: {error.strerror} "
                "(the distribution's own service: systemctl disable --now janus)"
            ) from error


def _wait_until_ready(process: "subprocess.Popen[bytes]", janus: JanusSection, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection((API, janus.port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)  # it has no way to say that it listens
    process.kill()
    process.wait()
    raise StartFailed(f"Janus: {process.returncode}\n{tail(log)}")
