"""The programs beyond wheels that the tests need: find them, install them where that is allowed, or name them.

Runs under the system's Python before anything else, with its standard library alone.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Needed(NamedTuple):
    """A Debian package and what shows that it, or something as good, is there: any of the programs or files."""

    package: str
    why: str
    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def present(self) -> bool:
        path = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin{os.pathsep}/usr/local/sbin"
        return any(shutil.which(name, path=path) for name in self.programs) or any(
            next(Path("/").glob(pattern.removeprefix("/")), None) for pattern in self.files
        )


NEEDED = (
    Needed("chromium", "浏览器测试 / browser tests", BROWSERS),
    Needed(
        "fonts-noto-cjk",
        "页面与打印中的汉字 / Chinese on pages and print-outs",
        files=("/usr/share/fonts/**/Noto*CJK*",),
    ),
    Needed("dcmtk", "DICOM 对端 / DICOM peer", ("dcmsend",)),
    Needed("orthanc", "DICOM 对端与对照 / DICOM peer and yardstick", ("Orthanc",)),
    Needed(
        "orthanc-dicomweb",
        "DICOMweb 对照 / DICOMweb yardstick",
        files=("/usr/share/orthanc/plugins/libOrthancDicomWeb.so",),
    ),
    Needed(
        "postgresql",
        "以发行版的 PostgreSQL 复验 / the suite once on Debian's",
        files=("/usr/lib/postgresql/*/bin/initdb",),
    ),
    Needed("coturn", "音视频中继 / relay of voice and video", ("turnserver",)),
    Needed(
        "janus", "多于四人的音视频 / calls of more than four", files=("/usr/lib/*/janus/plugins/libjanus_videoroom.so",)
    ),
    Needed("iproute2", "两地之间没有路由的网络 / networks without a route between them", ("ip",)),
    Needed("poppler-utils", "检查打印出的报告与电子签名 / looking into printed reports and signatures", ("pdfsig",)),
    Needed("strace", "观察落盘次序 / watching the order of fsync", ("strace",)),
)


def main() -> None:
    missing = [one for one in NEEDED if not one.present()]
    if not missing:
        return
    packages = [one.package for one in missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"  安装测试所需程序 / installing what the tests need: {' '.join(packages)}", flush=True)  # noqa: T201
        if not installed(packages):
            # the list of packages may be old or, on a bare machine, empty
            apt("update")
            installed(packages)
        missing = [one for one in NEEDED if not one.present()]
    if missing:
        lines = [f"  {one.package:16} {one.why}" for one in missing]
        hint = f"sudo apt-get install {' '.join(one.package for one in missing)}"
        sys.exit("\n".join(["测试缺少以下程序 / the tests lack these programs:", *lines, "", hint]))


def installed(packages: list[str]) -> bool:
    return apt("install", "--yes", "--no-install-recommends", *packages)


def apt(*arguments: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "--quiet", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)  # noqa: T201
    return done.returncode == 0


if __name__ == "__main__":
    main()
