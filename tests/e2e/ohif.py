"""OHIF, the second opinion: its published build, fetched once by npm, laid over the county's own address.

The build wants the root path, so the browser is given its files there and everything below /dicom-web comes from the
county with the session's cookie, as behind a proxy with a host of its own.
"""

from __future__ import annotations

import hashlib
import mimetypes
import subprocess
import tarfile
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Route

from .stack import ROOT, node_program

PACKAGE = "@ohif/app@3.13.2"
SHA512 = (
    "5997719a9986eeba85816f5924b71b82bdd70ad2e2d4a0cd3e831a798e4f3deea"
    "3e06e1f8c48e393271933a0ba664d85f3b04ac457e9abe8dde715d907d13c10"
)
CONFIG = """
window.config = {
  routerBasename: null,
  extensions: [],
  modes: [],
  showStudyList: true,
  maxNumberOfWebWorkers: 2,
  showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: false,
  strictZSpacingForVolumeViewport: true,
  investigationalUseDialog: {option: 'never'},
  customizationService: {},
  defaultDataSourceName: 'dicomweb',
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
    sourceName: 'dicomweb',
    configuration: {
      friendlyName: 'telemed',
      name: 'telemed',
      qidoRoot: '/dicom-web',
      wadoRoot: '/dicom-web',
      qidoSupportsIncludeField: true,
      supportsFuzzyMatching: true,
      supportsWildcard: true,
      imageRendering: 'wadors',
      thumbnailRendering: 'wadors',
      enableStudyLazyLoad: true,
      bulkDataURI: {enabled: true},
    },
  }],
};
"""


def fetched() -> Path:
    """Return the folder of the build; fetch it by npm the first time."""
    folder = ROOT / ".tools" / "ohif"
    dist = folder / "package" / "dist"
    if dist.exists():
        return dist
    folder.mkdir(parents=True, exist_ok=True)
    node = node_program()
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node), str(npm), "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, cwd=folder, capture_output=True)
    archive = next(folder.glob("*.tgz"))
    if hashlib.sha512(archive.read_bytes()).hexdigest() != SHA512:
        raise AssertionError(f"{PACKAGE} is not what it was")
    with tarfile.open(archive) as content:
        content.extractall(folder, filter="data")
    archive.unlink()
    return dist


def lay_over(context: BrowserContext, dist: Path) -> None:
    """Give the browser OHIF's files at the county's address, everything but /dicom-web and /api."""

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith(("/dicom-web", "/api/")):
            route.continue_()
            return
        if path == "/app-config.js":
            route.fulfill(body=CONFIG, content_type="text/javascript")
            return
        file = dist / path.lstrip("/")
        if not file.is_file():
            file = dist / "index.html"
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        route.fulfill(path=file, content_type="text/javascript" if file.suffix in {".js", ".mjs"} else kind)

    context.route("**/*", answer)
