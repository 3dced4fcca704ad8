"""The receiving process: `python -m dicom_gateway [--config FILE]… [--state DIR] [--dicom HOST:PORT]`."""

import argparse
import asyncio
import contextlib
import os
import resource
import signal
import sys
from pathlib import Path

from dicom_gateway.gateway import serve
from telemed import log
from telemed.config import Config, Faulty, load


def read(arguments: list[str], environment: dict[str, str]) -> Config:
    """Return the configuration of files, environment and arguments; raises Faulty."""
    parser = argparse.ArgumentParser(prog="python -m dicom_gateway", description="影像接收 / DICOM gateway")
    parser.add_argument(
        "--config", type=Path, action="append", default=[], metavar="FILE", help="TOML，可多次 / repeatable"
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="数据目录 / state folder")
    parser.add_argument("--dicom", metavar="HOST:PORT", help="监听地址 / address to listen on")
    chosen = parser.parse_args(arguments)
    settled = dict(environment)
    if chosen.state is not None:
        settled["TELEMED__STATE__PATH"] = str(chosen.state.absolute())
    if chosen.dicom is not None:
        host, _, port = chosen.dicom.rpartition(":")
        if not port.isdecimal():
            parser.error(f"--dicom {chosen.dicom}: HOST:PORT")
        settled["TELEMED__DICOM__PORT"] = port
        if host:
            settled["TELEMED__DICOM__HOST"] = host.removeprefix("[").removesuffix("]")
    config = load(chosen.config, settled)
    if not config.database.dsn:
        parser.error(
            "需要 database.dsn；./run 会启动内嵌数据库 / needs database.dsn; ./run starts a database of its own"
        )
    return config


async def main_until_signalled(config: Config) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(config, stop)


def main() -> int:
    try:
        config = read(sys.argv[1:], dict(os.environ))
    except Faulty as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    log.configure(config.log.level, config.log.format)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # An association is one descriptor, an instance under way another; the usual soft limit of 1024 is for select().
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else max(soft, 65536), hard))
    try:
        asyncio.run(main_until_signalled(config))
    except OSError as fault:
        sys.stderr.write(f"影像接收未能启动 / the DICOM gateway could not start: {fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
