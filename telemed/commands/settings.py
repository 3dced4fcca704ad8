"""The arguments that most commands share, and the Config they lead to."""

import argparse
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from telemed.certificates import ServerCertificate, ensure_server_certificate
from telemed.config import Config, load
from telemed.config.model import is_loopback

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104  asked about, not bound


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, action="append", default=[], metavar="FILE", help="TOML，可多次 / repeatable"
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="数据目录 / state folder")


def read(arguments: argparse.Namespace) -> Config:
    """Return the configuration of files, environment and arguments; raises Faulty."""
    environment = dict(os.environ)
    for name, value in (("state", "TELEMED__STATE__PATH"), ("http", "HTTP"), ("dicom", "DICOM")):
        given = getattr(arguments, name, None)
        if given is None:
            continue
        if name == "state":
            environment[value] = str(given.absolute())
        else:
            host, port = given
            environment[f"TELEMED__{value}__PORT"] = port
            if host:
                environment[f"TELEMED__{value}__HOST"] = host
    return load(arguments.config, environment)


def address(text: str) -> tuple[str, str]:
    """Split HOST:PORT, :PORT or PORT; an IPv6 host stands in brackets."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text}: HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), port


def named(config: Config) -> Config:
    """Return a Config that says what this server is called where it listens on every address of the machine."""
    if config.http.names or config.http.public_url or config.http.host not in WILDCARDS:
        return config
    return msgspec.structs.replace(config, http=msgspec.structs.replace(config.http, names=certificate_names(config)))


def with_certificate(config: Config) -> tuple[Config, ServerCertificate | None]:
    """Return a Config that names a certificate where HTTPS is on: the operator's own, else the county CA's."""
    if not config.https or config.http.certificate is not None:
        return config, None
    made = ensure_server_certificate(
        config.state.path / "certificates", config.county.name, certificate_names(config), datetime.now(UTC)
    )
    http = msgspec.structs.replace(config.http, certificate=made.pem, private_key=made.pem)
    return msgspec.structs.replace(config, http=http), made


def certificate_names(config: Config) -> tuple[str, ...]:
    """Return the names the server is called by: those given, else this machine's own."""
    if config.http.names:
        return config.http.names
    wildcard = config.http.host in WILDCARDS
    names = [socket.gethostname(), *([] if wildcard else [config.http.host]), "localhost", "127.0.0.1"]
    if wildcard and (own := _own_address()):
        names.insert(0, own)
    elif not wildcard and not is_loopback(config.http.host):
        names.insert(0, config.http.host)
    return tuple(dict.fromkeys(names))


def _own_address() -> str | None:
    """Return the address this machine uses towards others, or None without a network.  Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1, RFC 5737: a route is all that is asked for
        except OSError:
            return None
        return probe.getsockname()[0]
