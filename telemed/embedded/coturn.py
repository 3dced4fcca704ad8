"""A relay of our own for voice and video between sites without a route: coturn, stopped with its parent.

It relays between people who show a credential of `telemed.consultation.call.turn` and reaches nothing else: no private,
loopback or link-local address unless the configuration names it, no TCP peers, no multicast.
"""

import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

from telemed.config.call import CallSection
from telemed.embedded.child import User, service_user, start_child, stop_child
from telemed.embedded.closed import drawn_once, write_closed
from telemed.embedded.postgres import StartFailed, tail
from telemed.embedded.programs import locate_coturn
from telemed.embedded.state import Held, service_folder

START_SECONDS = 30
STOP_SECONDS = 10
SECRET = "secret"  # noqa: S105  the file's name
#: Allocations of one person: a call of four from a PC with two networks and three addresses of the relay, made anew
#: while the old ones still end.
USER_QUOTA = 64

#: Where no peer of a call is unless the configuration says so (RFC 6890), or where an address hides one of these.
#: Not :: and ::ffff:0:0/96: coturn reads them as all of IPv4; the first it refuses by itself, the second it reads as
#: the address that is mapped.
DENIED = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "240.0.0.0/4"),
        *("::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fc00::/7", "fe80::/10"),
    )
)

BINDING = bytes.fromhex("0001 0000 2112a442") + b"telemed-here"  # RFC 8489 section 5: a request without attributes
BOUND = bytes.fromhex("0101")


@dataclass(slots=True)
class CoturnServer:
    """A running relay.  urls and secret: what clients are told and what their credentials are made with."""

    urls: tuple[str, ...]
    secret: str = field(repr=False)
    pid: int
    process: "subprocess.Popen[bytes]"
    _held: Held

    def stop(self) -> None:
        stop_child(self.process, (signal.SIGTERM, STOP_SECONDS))
        self._held.release()


def start_coturn(state: Path, call: CallSection) -> CoturnServer:
    """Start coturn with its files in state/coturn and return when it answers on every address.

    Must be called from the main thread.  Raises AlreadyRunning, Unsupported, NotInstalled, or StartFailed, also where
    another program has one of its ports.
    """
    state = state.absolute()
    binary = locate_coturn()
    user = service_user(state / "coturn")
    folder = service_folder(state, "coturn", user)
    logs = state / "log"
    logs.mkdir(mode=0o700, exist_ok=True)
    log = logs / "coturn.log"
    held = Held(folder)
    try:
        _refuse_taken(call)
        secret = call.secret or drawn_once(folder, SECRET, user)
        settings = folder / "turnserver.conf"
        lines = [*configuration(call), *_here(call, folder, user, secret)]
        write_closed(settings, "\n".join([*lines, ""]).encode("ascii"), user)
        with log.open("ab") as output:
            process = start_child(
                [binary, "-c", settings],
                user=user,
                directory=folder,
                keep=[held.programs],
                stdout=output,
                stderr=output,
            )
        _wait_until_ready(process, call, log)
    except BaseException:
        held.release()
        raise
    return CoturnServer(urls=told(call), secret=secret, pid=process.pid, process=process, _held=held)


def told(call: CallSection) -> tuple[str, ...]:
    """Return the addresses that browsers are told: the operator's own, else those that are listened on."""
    if call.urls:
        return call.urls
    first, *others = call.addresses
    hosts = [f"[{one}]" if ":" in one else one for one in (call.public_address or first, *others)]
    plain = [f"turn:{host}:{call.port}?transport={way}" for host in hosts for way in ("udp", "tcp")]
    return (*plain, *(f"turns:{host}:{call.tls_port}?transport=tcp" for host in hosts if call.tls_port))


def configuration(call: CallSection) -> list[str]:
    """Return turnserver.conf without what is secret or of one machine: addresses, files.

    config/coturn/turnserver.conf is made of it, for a relay that somebody else starts.
    """
    return [
        "use-auth-secret",
        f"realm={call.realm}",
        "fingerprint",
        f"listening-port={call.port}",
        *([f"tls-listening-port={call.tls_port}", "no-tlsv1", "no-tlsv1_1"] if call.tls_port else ["no-tls"]),
        "no-dtls",
        "no-cli",
        "no-tcp-relay",
        "no-multicast-peers",
        f"min-port={call.relay_port_first}",
        f"max-port={call.relay_port_last}",
        f"user-quota={USER_QUOTA}",
        # a nonce that is not for ever: what was overheard is soon worth nothing
        "stale-nonce=600",
        # no second port, no answer longer than it must be, nothing that a database could change
        *("no-rfc5780", "no-stun-backward-compatibility", "response-origin-only-with-rfc5780"),
        *("no-dynamic-ip-list", "no-dynamic-realms", "no-auth-pings"),
        *(f"denied-peer-ip={span}" for span in _spans(DENIED)),
        *(f"allowed-peer-ip={span}" for span in _spans(ip_network(one) for one in call.relayed_networks)),
    ]


def _here(call: CallSection, folder: Path, user: User | None, secret: str) -> list[str]:
    """Return what is of this machine: its addresses, the secret, files."""
    first = call.addresses[0]
    lines = [
        *(f"listening-ip={one}" for one in call.addresses),
        f"relay-ip={first}",
        *([f"external-ip={call.public_address}/{first}"] if call.public_address else []),
        # two people on the relay meet at its own address
        f"allowed-peer-ip={first}",
        *(["allow-loopback-peers"] if ip_address(first).is_loopback else []),
        f"static-auth-secret={secret}",
        f"userdb={folder / 'turndb'}",
        f"pidfile={folder / 'turnserver.pid'}",
        "log-file=stdout",
        "simple-log",
    ]
    if call.tls_port and call.certificate and call.private_key:
        # copies: the operator's files stay closed to the user that the relay runs as
        for name, source in (("cert", call.certificate), ("pkey", call.private_key)):
            copy = folder / f"{name}.pem"
            write_closed(copy, source.read_bytes(), user)
            lines.append(f"{name}={copy}")
    return lines


def _spans(networks: Iterable[IPv4Network | IPv6Network]) -> list[str]:
    """Return networks as coturn reads them: an address, or the first and the last."""
    return [
        str(one[0]) if one.num_addresses == 1 else f"{one.network_address}-{one.broadcast_address}" for one in networks
    ]


def _refuse_taken(call: CallSection) -> None:
    """Raise StartFailed where a port is another program's: coturn itself would share it and take half the packets."""
    for address in call.addresses:
        family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
        places = [(socket.SOCK_DGRAM, call.port), (socket.SOCK_STREAM, call.port), (socket.SOCK_STREAM, call.tls_port)]
        for kind, port in places:
            with socket.socket(family, kind) as probe:
                if kind == socket.SOCK_STREAM:  # connections that have ended do not hold the port
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((address, port))
                except OSError as error:
                    raise StartFailed(
                        f"中继不能使用 {address}:{port}：{error.strerror}"
                        "（发行版自带的 coturn 服务：systemctl disable --now coturn）/ "
                        f"the relay cannot have {address}:{port}: {error.strerror} "
                        "(the distribution's own service: systemctl disable --now coturn)"
                    ) from error


def _wait_until_ready(process: "subprocess.Popen[bytes]", call: CallSection, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    waiting = list(call.addresses)
    while waiting:
        if process.poll() is None and time.monotonic() < deadline:
            waiting = [one for one in waiting if not _answers(one, call)]
            continue
        process.kill()
        process.wait()
        raise StartFailed(f"coturn: {process.returncode}\n{tail(log)}")


def _answers(address: str, call: CallSection) -> bool:
    """Whether a STUN request is answered there within a moment, and somebody listens for TLS if that is wanted."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.05)
        try:
            asking.connect((address, call.port))
            asking.send(BINDING)
            if not asking.recv(1500).startswith(BOUND):
                return False
        except (ConnectionError, TimeoutError):
            return False
    return not call.tls_port or _listens(address, call.tls_port)


def _listens(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False
