"""A hospital system on another site: it launches the county's page by a signed call and shows it in a frame."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tests.integration.cds.systems import System

from .stack import ROOT, Stack

PAGE = ROOT / "docs" / "how-to" / "hospital-page.html"
CHEST = {"order": "O-1", "system": "urn:cn:county:item-key", "code": "dx.chest.pa"}
HEAD = {"order": "O-2", "system": "urn:cn:county:item-key", "code": "ct.head.plain"}


@dataclass
class Hospital:
    """Its pages live at `origin`, the county's at another site; launches: what its next page is opened with."""

    county: Stack
    system: System
    origin: str
    patient: dict[str, Any]
    launches: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    visits: int = 0

    def call(self, path: str, body: dict[str, Any]) -> Any:
        """A call of its server, signed."""
        self.system.now = datetime.now(UTC)
        token = self.system.token(claims={"aud": f"{self.county.url}/his/{path}"})
        request = urllib.request.Request(  # noqa: S310 -- our own loopback address
            f"{self.county.url}/his/{path}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)

    def address(self, *, language: str = "zh-CN") -> str:
        """The address of a page of this hospital for a new visit; its server launches when it is asked for."""
        self.visits += 1
        said = {"user": "D17", "visit": f"V{self.visits}", "language": language, "encounter_class": "outpatient"}
        self.launches.append({**said, "patient": self.patient, "orders": [CHEST, HEAD]})
        return f"{self.origin}/visits/{len(self.launches) - 1}"

    def page(self, number: int) -> str:
        launched = self.call("launches", self.launches[number])
        orders = "".join(f'<li data-order="{one["order"]}">{one["code"]}</li>' for one in (CHEST, HEAD))
        text = PAGE.read_text("utf-8").replace("{orders}", orders)
        filled = {"address": launched["address"], "code": launched["code"], "county": self.county.url}
        for name, value in filled.items():
            text = text.replace(f"{{{name}}}", escape(value))
        return text


@contextmanager
def serving(hospital: Hospital) -> Generator[None]:
    """Its web server, on the port its origin says."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, kind, number = [*self.path.split("/"), "", ""][:3]
            if kind != "visits":
                self.send_error(404)
                return
            body = hospital.page(int(number)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002 -- the base class says so
            return

    port = int(hospital.origin.rpartition(":")[2])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def register(county: Stack, folder: Path, organization_code: str, origin: str) -> System:
    """Agree with the hospital at the county's own terminal."""
    system = System(origin, ec.generate_private_key(ec.SECP384R1()), datetime.now(UTC))
    agreement = {
        "issuer": origin,
        "name": "医生站（示例）",
        "organization_code": organization_code,
        "keys": msgspec.to_builtins(system.keys),
        "allowed_origins": [origin],
    }
    file = folder / "his.json"
    file.write_text(json.dumps(agreement), "utf-8")
    command = [sys.executable, "-P", "-m", "telemed", "cds-client", "register", str(file)]
    subprocess.run(
        [*command, "--state", str(county.state)], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT
    )
    return system
