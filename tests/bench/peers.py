"""Other servers that hand events on, for a bench: nginx with nchan, socket.io, nats-server, where they are here."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.served import processor_seconds
from tests.bench.talkers import Heard, NatsTalker, WebSocketTalker, text_frame
from tests.ports import free_port

NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
_NGINX = """
load_module {module};
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{ access_log off; server {{ listen 127.0.0.1:{port};
  location ~ ^/room/(\\w+)$ {{ nchan_pubsub websocket; nchan_channel_id $1; nchan_message_buffer_length 0; }} }} }}
"""
_SOCKET_IO = """
const http = require('http').createServer();
const io = new (require('socket.io').Server)(http, {transports: ['websocket'], perMessageDeflate: false});
io.on('connection', one => {
  one.on('join', room => { one.join(room); one.emit('joined'); });
  one.on('eph', (room, text) => one.to(room).emit('eph', text));
});
http.listen(Number(process.argv[2]), '127.0.0.1');
"""

Talking = WebSocketTalker | NatsTalker


@dataclass(frozen=True)
class Peer:
    """echoes: whether a speaker hears itself.  said: what a speaker writes for a text in a room."""

    name: str
    port: int
    pids: list[int]
    talker: Callable[[Heard, str], Talking]
    said: Callable[[str, str], str]
    echoes: bool = False

    def used(self) -> float:
        return sum(processor_seconds(pid) for pid in self.pids)


@contextmanager
def _running(command: list[str], port: int, folder: Path, **settings: str) -> Generator[int]:
    with (folder / "peer.log").open("ab") as log:
        process = subprocess.Popen(command, env=os.environ | settings, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "peer.log").read_text()[-1000:]) from None
                time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def nchan(folder: Path) -> Generator[Peer | None]:
    nginx = shutil.which("nginx")
    if nginx is None or not NCHAN.exists():
        yield None
        return
    port = free_port()
    (folder / "nginx.conf").write_text(_NGINX.format(module=NCHAN, folder=folder, port=port))
    with _running([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")], port, folder) as pid:
        yield Peer(
            "nginx-nchan",
            port,
            [pid, *_children(pid)],
            lambda heard, room: WebSocketTalker(heard, path=f"/room/{room}", headers={}, hello="", until=b""),
            lambda _room, text: text,
            echoes=True,
        )


@contextmanager
def nats(folder: Path) -> Generator[Peer | None]:
    server = shutil.which("nats-server")
    if server is None:
        yield None
        return
    port = free_port()
    with _running([server, "-a", "127.0.0.1", "-p", str(port)], port, folder, GOMAXPROCS="1") as pid:
        yield Peer(
            "nats-server (TCP)", port, [pid], lambda heard, room: NatsTalker(heard, room=room), lambda _room, text: text
        )


@contextmanager
def socket_io(folder: Path, modules: Path | None) -> Generator[Peer | None]:
    """modules: a node_modules outside this repository that has socket.io."""
    node = shutil.which("node")
    if node is None or modules is None or not (modules / "socket.io").exists():
        yield None
        return
    port = free_port()
    (folder / "server.cjs").write_text(_SOCKET_IO)

    def talker(heard: Heard, room: str) -> WebSocketTalker:
        def answer(content: bytes) -> bytes | None:
            if content.startswith(b"0{"):
                return text_frame("40")
            if content.startswith(b"40"):
                return text_frame(f'42["join","{room}"]')
            return text_frame("3") if content == b"2" else None

        path = "/socket.io/?EIO=4&transport=websocket"
        return WebSocketTalker(heard, path=path, headers={}, hello="", until=b'["joined"]', answer=answer)

    command = [node, str(folder / "server.cjs"), str(port)]
    with _running(command, port, folder, NODE_PATH=str(modules)) as pid:
        yield Peer("socket.io", port, [pid], talker, lambda room, text: f'42["eph","{room}","{text}"]')
