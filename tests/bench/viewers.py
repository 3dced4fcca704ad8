"""The viewers that are compared: ours on our DICOMweb, OHIF on Orthanc's or on ours, with the same instances."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import urllib.request
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.bench.receivers import accepts, end, wait_until
from tests.e2e.ohif import CONFIG, fetched
from tests.ports import free_port

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
UPSTREAM = web.AppKey("upstream", aiohttp.ClientSession)
#: Headers that a proxy hands on; the session's cookie among them.
ASKED = ("Accept", "Accept-Encoding", "Cookie")
ANSWERED = ("Content-Type", "Content-Encoding", "Cache-Control")


@contextmanager
def orthanc(files: Iterable[bytes]) -> Generator[str]:
    """Orthanc with its DICOMweb plugin, as Debian ships both, holding these Part 10 files; yields its HTTP address."""
    if not PLUGIN.exists():
        raise FileNotFoundError(f"{PLUGIN}; `apt-get install orthanc-dicomweb`")
    http = free_port()
    with tempfile.TemporaryDirectory(prefix="bench-orthanc-", dir="/var/tmp") as name:
        folder = Path(name)
        configuration = folder / "orthanc.json"
        configuration.write_text(
            json.dumps(
                {
                    "Name": "bench",
                    "StorageDirectory": str(folder / "storage"),
                    "IndexDirectory": str(folder / "index"),
                    "HttpPort": http,
                    "DicomPort": free_port(),
                    "RemoteAccessAllowed": False,
                    "AuthenticationEnabled": False,
                    "Plugins": [str(PLUGIN)],
                    "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
                }
            )
        )
        with (folder / "orthanc.log").open("wb") as log:
            process = subprocess.Popen(
                ["/usr/sbin/Orthanc", configuration],
                env=dict(os.environ) | {"TCP_NODELAY": "1"},
                stdout=log,
                stderr=log,
            )
            try:
                wait_until(lambda: accepts(http), 30, "Orthanc did not listen")
                for file in files:
                    sent = urllib.request.Request(f"http://127.0.0.1:{http}/instances", data=file, method="POST")
                    with urllib.request.urlopen(sent, timeout=60) as answer:  # noqa: S310 -- our own loopback address
                        answer.read()
                yield f"http://127.0.0.1:{http}"
            finally:
                process.send_signal(signal.SIGINT)
                end(process)


@contextmanager
def ohif(dicomweb: str) -> Generator[str]:
    """OHIF's published files at a root of their own, cached by the browser; /dicom-web is passed on to an address."""
    dist, port = fetched(), free_port()
    loop = asyncio.new_event_loop()

    async def passed(request: web.Request) -> web.StreamResponse:
        headers = {name: request.headers[name] for name in ASKED if name in request.headers}
        async with request.app[UPSTREAM].get(dicomweb + request.path_qs, headers=headers) as inner:
            kept = {name: inner.headers[name] for name in ANSWERED if name in inner.headers}
            answer = web.StreamResponse(status=inner.status, headers=kept)
            if inner.content_length is not None:
                answer.content_length = inner.content_length
            with contextlib.suppress(ConnectionResetError):  # a page that was closed waits for nothing more
                await answer.prepare(request)
                async for chunk in inner.content.iter_any():
                    await answer.write(chunk)
            return answer

    async def file(request: web.Request) -> web.StreamResponse:
        if request.path == "/app-config.js":
            return web.Response(text=CONFIG, content_type="text/javascript")
        found = dist / request.path.lstrip("/")
        if found.is_file() and found.name != "index.html":
            return web.FileResponse(found, headers={"Cache-Control": "public, max-age=31536000, immutable"})
        return web.FileResponse(dist / "index.html", headers={"Cache-Control": "no-cache"})

    async def start() -> web.AppRunner:
        app = web.Application()
        app[UPSTREAM] = aiohttp.ClientSession(auto_decompress=False)
        app.router.add_get("/dicom-web/{rest:.*}", passed)
        app.router.add_get("/{rest:.*}", file)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    # a loop of its own thread: the browser's driver runs one in this thread already
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(30)

    async def stop() -> None:
        await runner.app[UPSTREAM].close()
        await runner.cleanup()

    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
