"""The web client's files: immutable assets by content hash, every other path is the application page."""

from __future__ import annotations

import re
from pathlib import Path

from aiohttp import web

# A missing file is not the application page; a page address may end in a UID, which has dots and no letters.
FILE_NAME = re.compile(r"\.[A-Za-z][A-Za-z0-9]*$")
# Where programs ask, what is not there is not the application page either.
INTERFACES = ("api/", "cds-services", "dicom-web/", "embedded/", "fhir/", "health", "his/", "metrics")
IMMUTABLE = "public, max-age=31536000, immutable"


def add_client(app: web.Application, folder: Path) -> None:
    """Serve the built client below `/`; register it last, it takes every path that nothing else took.

    Precompressed neighbours (`x.js.gz`) are used where the browser accepts them.
    """
    root = folder.resolve()

    async def serve(request: web.Request) -> web.StreamResponse:
        name = request.match_info["path"]
        if name.startswith(INTERFACES):
            raise web.HTTPNotFound
        target = (root / name).resolve()
        if name and target.is_relative_to(root) and target.is_file():
            cache = IMMUTABLE if name.startswith("assets/") else "no-cache"
            return web.FileResponse(target, headers={"Cache-Control": cache})
        if FILE_NAME.search(name):
            raise web.HTTPNotFound
        return web.FileResponse(root / "index.html", headers={"Cache-Control": "no-cache"})

    app.router.add_get("/{path:.*}", serve)
