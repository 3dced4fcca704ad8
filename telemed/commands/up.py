"""Everything on one machine: database, hints, gateway, web server, and on the first start the demo county."""

import argparse
import errno
import os
import socket
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import msgspec
import psycopg

from telemed.backup import MARKER
from telemed.certificates import ServerCertificate
from telemed.commands import first_administrator, settings
from telemed.commands.supervisor import Launch, Stopping, Supervisor, cut_logs
from telemed.config import Config, CountySection, environment_of
from telemed.config.read import PREFIX
from telemed.db.migrate import UnusableDatabase, migrate
from telemed.demo.county import read as read_demo_county
from telemed.embedded import (
    AlreadyRunning,
    NotInstalled,
    PostgresServer,
    ShuttingDown,
    StartFailed,
    Unsupported,
    ValkeyServer,
    coturn_installed,
    start_postgres,
    start_valkey,
)
from telemed.embedded.child import start_child
from telemed.embedded.coturn import CoturnServer, start_coturn
from telemed.embedded.janus import JanusServer, start_janus
from telemed.embedded.postgres import tail
from telemed.embedded.state import Held
from telemed.events.log import queries as events

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 90
DEMO_COMMUNITY = "longan"  # as config/recognition/catalogues/longan-2026 calls it
DEMO_COMPLETE = "demo-complete"  # in the state folder: names the database that has everything of the demo county


class PortTaken(Exception):
    """An address we cannot listen on; the text names it, in Chinese and English."""


class RestoreUnfinished(Exception):
    """A restore into this state folder was interrupted; nothing may start on half of it."""


REFUSALS = (
    RestoreUnfinished,
    AlreadyRunning,
    ShuttingDown,
    NotInstalled,
    StartFailed,
    Unsupported,
    UnusableDatabase,
    PortTaken,
)


def configure(parser: argparse.ArgumentParser) -> None:
    settings.configure(parser)
    parser.add_argument("--http", type=settings.address, metavar="HOST:PORT", help="网页地址 / pages and API")
    parser.add_argument("--dicom", type=settings.address, metavar="HOST:PORT", help="DICOM 地址 / DICOM listener")
    parser.add_argument("--no-demo", action="store_true", help="不装入演示数据 / without the demo county")


def run(arguments: argparse.Namespace) -> int:
    begun = time.monotonic()
    use_default_state(arguments)
    config = settings.read(arguments)
    if not arguments.no_demo and config.county == CountySection():
        demo = msgspec.structs.replace(config.county, name=read_demo_county().name)
        recognition = msgspec.structs.replace(
            config.recognition, community=config.recognition.community or DEMO_COMMUNITY
        )
        config = msgspec.structs.replace(config, county=demo, recognition=recognition)
    logs = config.state.path.absolute() / "log"
    try:
        with Supervisor(say) as supervisor:
            held = hold_state(config.state.path.absolute())
            settled = settings.named(_settled(config))
            config, certificate = settings.with_certificate(settled)
            config = _start_relay(_start_stores(config, supervisor), supervisor)
            config = _start_forwarding(config, supervisor)
            with step("数据库结构", "database schema"):
                migrate(config.database.dsn)
            programs = Programs(config, None if "JOURNAL_STREAM" in os.environ else logs, held)
            programs.start(supervisor)
            if not arguments.no_demo:
                programs.demo(logs)
            _announce(config, certificate, begun, demo=not arguments.no_demo)
            supervisor.watch(partial(keep_house, settled, logs, supervisor))
    except Stopping:
        say("已停止 / stopped")
    except (*REFUSALS, psycopg.OperationalError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def keep_house(config: Config, logs: Path, supervisor: Supervisor) -> None:
    """Cut large logs; renew the certificate before it ends, which takes a restart of the web server."""
    cut_logs(logs)
    _, certificate = settings.with_certificate(config)
    if certificate and certificate.renewed:
        supervisor.restart("telemed")


def use_default_state(arguments: argparse.Namespace) -> None:
    """Say where state goes unless arguments, environment or a configuration do."""
    if arguments.state is None and f"{PREFIX}STATE__PATH" not in os.environ and not arguments.config:
        arguments.state = default_state()


def default_state() -> Path:
    """Return where state goes when nobody says: a place that the database's user can reach."""
    if os.geteuid() == 0:
        return Path("/var/lib/telemed")
    if base := os.environ.get("XDG_STATE_HOME"):
        return Path(base) / "telemed"
    return ROOT / "state"


def hold_state(state: Path) -> Held:
    """Make the state folder and hold it; only its owner may look inside, others may pass to what they own.

    Waits for programs of a supervisor that was killed.  Raises AlreadyRunning, ShuttingDown or RestoreUnfinished.
    """
    state.mkdir(mode=0o711, parents=True, exist_ok=True)
    (state / "log").mkdir(mode=0o700, exist_ok=True)
    if (state / MARKER).exists():
        raise RestoreUnfinished(
            f"{state} 的恢复尚未完成，请再次运行 telemed restore / "
            f"the restore into {state} is not finished; run telemed restore again"
        )
    return Held(state)


def say(line: str) -> None:
    print(f"  {line}", flush=True)


@contextmanager
def step(zh: str, en: str) -> Generator[None]:
    """Show a line while something takes its time, and how long it took."""
    print(f"  {zh} / {en} …", end="", flush=True)
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - begun:.1f} s", flush=True)


def _settled(config: Config) -> Config:
    """Return the Config with what depends on this machine: absolute paths, free ports where 0 was asked for."""
    state = msgspec.structs.replace(config.state, path=config.state.path.absolute())
    web = config.http.web if config.http.web.is_absolute() else ROOT / config.http.web
    http = msgspec.structs.replace(config.http, web=web, port=free_port(config.http.host, config.http.port))
    dicom = msgspec.structs.replace(config.dicom, port=free_port(config.dicom.host, config.dicom.port))
    return msgspec.structs.replace(config, state=state, http=http, dicom=dicom)


def free_port(host: str, port: int) -> int:
    """Return the port, or a free one for 0; raises PortTaken or OSError for an address that is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(
                    f"{host}:{port} 已被其他程序占用，请用 --http 或 --dicom 换一个 / "
                    f"{host}:{port} is taken by another program; choose another with --http or --dicom"
                ) from None
            raise PortTaken(f"{host}:{port}：{error.strerror} / {error.strerror}") from error
        return probe.getsockname()[1]


def _start_stores(config: Config, supervisor: Supervisor) -> Config:
    """Start PostgreSQL and Valkey unless the configuration names others, and return the Config that names them."""
    state = config.state.path
    if not config.database.dsn:
        with step("数据库 PostgreSQL", "database PostgreSQL"):
            server = cast("PostgresServer", supervisor.start("PostgreSQL", partial(start_postgres, state)))
        config = msgspec.structs.replace(config, database=msgspec.structs.replace(config.database, dsn=server.dsn))
    if not config.redis.url:
        with step("提示服务 Valkey", "hints Valkey"):
            valkey = cast("ValkeyServer", supervisor.start("Valkey", partial(start_valkey, state)))
        config = msgspec.structs.replace(config, redis=msgspec.structs.replace(config.redis, url=valkey.url))
    return config


def _start_relay(config: Config, supervisor: Supervisor) -> Config:
    """Start coturn where it is wanted, and return the Config that says how to reach it.

    Where nobody asked for it, a county without a relay is better than none: consultations then have no voice and video
    across firewalls, and all the rest.
    """
    call = config.call
    if call.relay == "off" or (call.relay == "auto" and (call.urls or not coturn_installed())):
        return config
    try:
        with step("音视频中继 coturn", "relay of voice and video"):
            start = partial(start_coturn, config.state.path, call)
            relay = cast("CoturnServer", supervisor.start("coturn", start))
    except StartFailed as error:
        if call.relay == "on":
            raise
        say(f"未启用中继 / going on without the relay: {error}")
        return config
    return msgspec.structs.replace(config, call=msgspec.structs.replace(call, urls=relay.urls, secret=relay.secret))


def _start_forwarding(config: Config, supervisor: Supervisor) -> Config:
    """Start Janus where the configuration says so, and return the Config that says how to reach it."""
    janus = config.janus
    if janus.start == "off":
        return config
    with step("多人音视频 Janus", "calls of many, Janus"):
        started = cast("JanusServer", supervisor.start("Janus", partial(start_janus, config.state.path, janus)))
    elsewhere = msgspec.structs.replace(janus, start="off", url=started.url, secret=started.secret)
    return msgspec.structs.replace(config, janus=elsewhere)


@dataclass(frozen=True, slots=True)
class Programs:
    """Our own programs as children.  logs: None where systemd keeps what they say.

    Each inherits the hold on the state folder, so that the next supervisor waits for the last of them.
    """

    config: Config
    logs: Path | None
    held: Held

    def start(self, supervisor: Supervisor) -> None:
        """Start them all at once, then wait until each is ready."""
        config = self.config
        environment = environment_for(config)
        http, dicom = (config.http.host, config.http.port), (config.dicom.host, config.dicom.port)
        launches = {"telemed": self._launch("telemed", ["telemed", "serve"], environment, http)}
        for number in range(config.dicom.processes):
            name = f"dicom_gateway-{number}" if config.dicom.processes > 1 else "dicom_gateway"
            mine = dict(environment)
            if config.dicom.metrics_port:
                mine[f"{PREFIX}DICOM__METRICS_PORT"] = str(config.dicom.metrics_port + number)
            launches[name] = self._launch(name, ["dicom_gateway"], mine, dicom)
        programs = {name: launch.spawn() for name, launch in launches.items()}
        for name, program in programs.items():
            supervisor.adopt(name, program, launches[name])
        with step("影像接收、网页与接口", "DICOM gateway, pages and API"):
            for name, program in programs.items():
                launches[name].wait(program)

    def _launch(self, name: str, module: list[str], environment: dict[str, str], ready: tuple[str, int]) -> Launch:
        log = self.logs / f"{name}.log" if self.logs else None
        command = [sys.executable, "-P", "-m", *module]
        return Launch(command, environment, log, ready, READY_SECONDS, [self.held.programs])

    def demo(self, logs: Path) -> None:
        """Bring the demo county in, once for each life of the database; its own progress shows on the terminal.

        What was interrupted is gone on with at the next start.
        """
        complete, life = self.config.state.path / DEMO_COMPLETE, _life_of(self.config.database.dsn)
        if complete.exists() and complete.read_text("ascii") == life:
            return
        say("装入演示数据（仅首次，约 1 分钟；中断后下次启动会继续）")
        say("bringing in the demo county (once, about a minute; the next start goes on with what is interrupted)")
        log = logs / "demo.log"
        with log.open("ab") as errors:
            process = start_child(
                [sys.executable, "-P", "-m", "telemed.demo"],
                environment=environment_for(self.config),
                stderr=errors,
                keep=[self.held.programs],
            )
            try:
                status = process.wait()
            finally:
                process.kill()
                process.wait()
        if status:
            raise StartFailed(f"演示数据未能装入 / the demo county: {status}\n{tail(log)}")
        complete.write_text(life, "ascii")


def _life_of(dsn: str) -> str:
    """Which database this is: another one after a restore, or where its folder was removed."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(events["epoch"]).fetchone()
    return "" if row is None else str(row[0])


def environment_for(config: Config) -> dict[str, str]:
    """Return a child's environment: ours, with every setting as this process has settled it."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**ours, **environment_of(config), "PYTHONSAFEPATH": "1", "PYTHONPATH": str(ROOT)}


def _announce(config: Config, certificate: ServerCertificate | None, begun: float, *, demo: bool) -> None:
    """Say where everything is, and what a newcomer does next."""
    say("")
    took = f"{time.monotonic() - begun:.1f}"
    say(f"{config.county.name} 已就绪，用时 {took} 秒 / ready after {took} s")
    say(f"  网页 / pages             {config.public_url}")
    say(f"  接收影像 / DICOM         {config.dicom.ae_title} @ {config.dicom.host}:{config.dicom.port}")
    say(f"  数据目录 / state folder  {config.state.path}")
    accounts = config.state.path / "demo-accounts.json"
    if demo and accounts.exists():
        where = "" if config.state.path == default_state() else f" --state {config.state.path}"
        say(f"  演示账号 / demo log-ins  ./run telemed demo-login{where}")
        say(f"     文件 / file           {accounts}")
    elif (link := first_administrator.setup_link(config)) is not None:
        say(f"  首位管理员，链接一次有效 / first administrator, the link works once  {link}")
    if certificate:
        say(f"  县级 CA 证书 / CA        {certificate.authority}")
        say(f"     SHA-256               {certificate.fingerprint}")
        say("     在各电脑上信任它 / trust it on every PC: docs/how-to/trust-the-county-ca.md")
    if os.geteuid() == 0:
        say("  长期运行请用专用账号 / for every day use, a user of its own: ./run install-service")
    say("  停止 / stop              Ctrl-C")
    say("")
