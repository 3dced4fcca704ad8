"""coturn as telemed.embedded starts it: whom it serves, where it relays to, what it leaves behind."""

import os
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from telemed.certificates import ensure_server_certificate
from telemed.config import CallSection
from telemed.consultation.call.turn import credential, password
from telemed.embedded import AlreadyRunning, StartFailed
from telemed.embedded.coturn import CoturnServer, start_coturn
from tests.ports import free_port

from .stun import Client, Place
from .test_services import gone, until

ROOT = Path(__file__).parents[3]
PERSON = "7d0c3a52-6f5b-4c55-9d0a-1f6f4c9b2a11"
LOOPBACK = "127.0.0.1"


def settings(**more: object) -> CallSection:
    return msgspec.structs.replace(CallSection(port=free_port()), **more)


@pytest.fixture
def state() -> Iterator[Path]:
    # not tmp_path: pytest closes its folders to others, and as root the relay runs as nobody
    folder = Path(tempfile.mkdtemp(prefix="telemed-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def call() -> CallSection:
    return settings()


@pytest.fixture(scope="module")
def relay(call: CallSection) -> Iterator[CoturnServer]:
    folder = Path(tempfile.mkdtemp(prefix="telemed-test-"))
    server = start_coturn(folder, call)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def place(call: CallSection) -> Place:
    return LOOPBACK, call.port


def client(relay: CoturnServer, place: Place, *, lifetime: timedelta = timedelta(hours=1)) -> Client:
    made = credential(relay.secret, PERSON, datetime.now(UTC), lifetime)
    return Client(place, made.username, made.password)


def test_who_shows_a_credential_gets_a_port_of_the_range_at_the_relays_own_address(
    relay: CoturnServer, call: CallSection, place: Place
) -> None:
    with client(relay, place) as one:
        assert one.allocate().error == 0
        host, port = one.relayed
    assert host == LOOPBACK
    assert call.relay_port_first <= port <= call.relay_port_last


def test_without_a_credential_nothing_is_allocated(place: Place, relay: CoturnServer) -> None:
    with Client(place, "", "") as nobody:
        assert nobody.allocate().error in (400, 401)


def test_a_wrong_password_is_refused(relay: CoturnServer, place: Place) -> None:
    made = credential(f"{relay.secret}x", PERSON, datetime.now(UTC), timedelta(hours=1))
    with Client(place, made.username, made.password) as stranger:
        assert stranger.allocate().error == 401


def test_an_expired_credential_is_refused_though_its_password_is_right(relay: CoturnServer, place: Place) -> None:
    username = f"{int((datetime.now(UTC) - timedelta(seconds=5)).timestamp())}:{PERSON}"
    with Client(place, username, password(relay.secret, username)) as late:
        assert late.allocate().error == 401
    with client(relay, place, lifetime=timedelta(minutes=1)) as near_miss:
        assert near_miss.allocate().error == 0


def test_a_later_end_than_was_signed_is_refused(relay: CoturnServer, place: Place) -> None:
    made = credential(relay.secret, PERSON, datetime.now(UTC), timedelta(minutes=1))
    expiry, person = made.username.split(":")
    with Client(place, f"{int(expiry) + 3600}:{person}", made.password) as forger:
        assert forger.allocate().error == 401


def test_what_one_sends_arrives_at_the_other_through_the_relay(relay: CoturnServer, place: Place) -> None:
    with client(relay, place) as one, client(relay, place) as other:
        assert one.allocate().error == other.allocate().error == 0
        assert one.permit(other.relayed[0]).error == other.permit(one.relayed[0]).error == 0
        one.send(other.relayed, b"a word")
        assert other.received() == (one.relayed, b"a word")
        other.send(one.relayed, b"an answer")
        assert one.received() == (other.relayed, b"an answer")


@pytest.mark.parametrize(
    ("peer", "error"),
    [
        ("127.0.0.2", 403),
        ("10.20.0.5", 403),
        ("172.16.0.1", 403),
        ("172.31.255.255", 403),
        ("192.168.1.1", 403),
        ("100.64.0.1", 403),
        ("169.254.169.254", 403),
        ("0.0.0.0", 403),  # noqa: S104  asked about, not bound
        ("224.0.0.1", 403),
        ("255.255.255.255", 403),
        ("172.32.0.1", 0),
        ("11.0.0.1", 0),
        ("203.0.113.7", 0),
    ],
)
def test_the_relay_reaches_no_address_inside(relay: CoturnServer, place: Place, peer: str, error: int) -> None:
    with client(relay, place) as one:
        assert one.allocate().error == 0
        assert one.permit(peer).error == error


def test_a_private_network_that_the_configuration_names_is_reached_and_its_neighbour_is_not(state: Path) -> None:
    call = settings(relayed_networks=("10.20.0.0/16",))
    server = start_coturn(state, call)
    with client(server, (LOOPBACK, call.port)) as one:
        assert one.allocate().error == 0
        assert one.permit("10.20.255.255").error == 0
        assert one.permit("10.21.0.0").error == 403
    server.stop()


def listening(pid: int) -> set[tuple[str, str, int]]:
    """Where a process waits to be spoken to: protocol, address, port (proc_net_tcp(5))."""
    own = {str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()}
    found: set[tuple[str, str, int]] = set()
    for protocol in ("tcp", "udp", "tcp6", "udp6"):
        for line in Path(f"/proc/{pid}/net/{protocol}").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            waits = fields[3] == "0A" or protocol.startswith("udp")
            if waits and f"socket:[{fields[9]}]" in own:
                host, port = fields[1].split(":")
                readable = socket.inet_ntop(socket.AF_INET, bytes.fromhex(host)[::-1]) if len(host) == 8 else host
                found.add((protocol, readable, int(port, 16)))
    return found


def test_it_listens_where_it_was_told_and_has_no_command_line_of_its_own(state: Path) -> None:
    call = settings(addresses=(LOOPBACK, "127.0.0.3"))
    server = start_coturn(state, call)
    expected = {(protocol, host, call.port) for protocol in ("tcp", "udp") for host in call.addresses}
    assert listening(server.pid) == expected
    assert server.urls[:2] == tuple(f"turn:{LOOPBACK}:{call.port}?transport={way}" for way in ("udp", "tcp"))
    server.stop()


def test_over_tls_it_shows_the_certificate_it_was_given(state: Path, tmp_path: Path) -> None:
    made = ensure_server_certificate(tmp_path, "龙安县医共体", ("localhost", LOOPBACK), datetime.now(UTC))
    call = settings(tls_port=free_port(), certificate=made.pem, private_key=made.pem)
    server = start_coturn(state, call)
    assert server.urls[-1] == f"turns:{LOOPBACK}:{call.tls_port}?transport=tcp"
    context = ssl.create_default_context(cafile=str(made.authority))
    with (
        socket.create_connection((LOOPBACK, call.tls_port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        assert secured.version() in ("TLSv1.2", "TLSv1.3")
    server.stop()


def test_the_secret_is_drawn_once_and_lies_open_to_nobody(state: Path) -> None:
    call = settings()
    first = start_coturn(state, call)
    folder = state / "coturn"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("secret", "turnserver.conf"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    assert first.secret not in Path(f"/proc/{first.pid}/cmdline").read_text("utf-8")
    assert first.secret not in Path(f"/proc/{first.pid}/environ").read_text("utf-8")
    assert first.secret not in repr(first)
    assert os.geteuid() != 0 or Path(f"/proc/{first.pid}").stat().st_uid != 0
    with client(first, (LOOPBACK, call.port)) as one:
        assert one.allocate().error == 0
    first.stop()
    assert gone(first.pid)
    assert first.secret not in (state / "log" / "coturn.log").read_text("utf-8")
    second = start_coturn(state, call)
    assert second.secret == first.secret
    second.stop()


def test_a_second_start_on_the_same_folder_and_a_port_of_another_are_refused(state: Path) -> None:
    call = settings()
    state.chmod(0o711)
    server = start_coturn(state / "one", call)
    with pytest.raises(AlreadyRunning, match="in use"):
        start_coturn(state / "one", call)
    with pytest.raises(StartFailed, match=f"cannot have {LOOPBACK}:{call.port}"):
        start_coturn(state / "two", call)
    server.stop()


def test_kill_9_of_the_parent_leaves_nothing_running(state: Path) -> None:
    call = settings()
    code = f"""
import signal
from pathlib import Path
from telemed.config import CallSection
from telemed.embedded.coturn import start_coturn
print(start_coturn(Path({str(state)!r}), CallSection(port={call.port})).pid, flush=True)
signal.pause()
"""
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    again = start_coturn(state, call)  # at once: it waits for its predecessor by itself
    until(lambda: gone(pid))
    again.stop()
