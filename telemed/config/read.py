"""TOML files and environment → Config, or every fault at once."""

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from telemed.config.call import CallSection
from telemed.config.janus import JanusSection
from telemed.config.kinds import Section, tables_of
from telemed.config.model import Config, is_loopback
from telemed.config.outgoing import faults_of

PREFIX = "TELEMED__"
FILE_SUFFIX = "_FILE"


class Fault(NamedTuple):
    """One thing that is wrong, where, and what would be right."""

    where: str
    zh: str
    en: str


class Faulty(Exception):
    """The configuration cannot be used; `faults` holds everything that is wrong with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        lines = (f"  {fault.where}: {fault.zh} / {fault.en}" for fault in self.faults)
        super().__init__("配置有误 / the configuration is wrong:\n" + "\n".join(lines))


class _Given(NamedTuple):
    value: object
    where: str


def load(files: Iterable[Path], environment: Mapping[str, str]) -> Config:
    """Read the files in order (later ones win, key by key), then the environment, which wins over files.

    Raises Faulty with all faults.  Reads the files named, those named by *_FILE, and nothing else.
    """
    faults: list[Fault] = []
    given: dict[tuple[str, str], _Given] = {}
    for path in files:
        _read_file(path, given, faults)
    _read_environment(environment, given, faults)
    sections: dict[str, Section] = {}
    for section in msgspec.structs.fields(Config):
        sections[section.name] = _section(section.name, cast("type[Section]", section.type), given, faults)
    config = Config(**cast("dict[str, Any]", sections))
    faults += _contradictions(config)
    if faults:
        raise Faulty(faults)
    return config


def environment_of(config: Config) -> dict[str, str]:
    """Return the environment variables from which `load` makes an equal Config: how children get theirs."""
    variables: dict[str, str] = {}
    for section in msgspec.structs.fields(Config):
        table = cast("Section", getattr(config, section.name))
        for field in msgspec.structs.fields(table):
            value = getattr(table, field.name)
            if value != field.default:
                variables[f"{PREFIX}{section.name}__{field.name}".upper()] = _text(value, field)
    return variables


def _text(value: object, field: msgspec.structs.FieldInfo) -> str:
    """A value as an environment variable says it."""
    if tables_of(field.type) is not None:
        return msgspec.json.encode(value, enc_hook=str).decode()
    return ",".join(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else str(value)


def _known() -> dict[tuple[str, str], msgspec.structs.FieldInfo]:
    return {
        (section.name, field.name): field
        for section in msgspec.structs.fields(Config)
        for field in msgspec.structs.fields(cast("type[Section]", section.type))
    }


def _read_file(path: Path, given: dict[tuple[str, str], _Given], faults: list[Fault]) -> None:
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        faults.append(Fault(str(path), f"无法读取：{error.strerror}", f"cannot be read: {error.strerror}"))
        return
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(Fault(str(path), f"不是有效的 TOML：{error}", f"is no valid TOML: {error}"))
        return
    known = _known()
    names = {section for section, _ in known}
    for section, table in tables.items():
        if section not in names:
            faults.append(_unknown(f"{path} [{section}]", section, names))
        elif not isinstance(table, dict):
            faults.append(Fault(f"{path} {section}", "应为一节 [..]", "must be a table [..]"))
        else:
            for key, value in cast("dict[str, object]", table).items():
                where = f"{path} [{section}] {key}"
                if (section, key) in known:
                    given[section, key] = _Given(value, where)
                else:
                    faults.append(_unknown(where, key, {name for owner, name in known if owner == section}))


def _read_environment(
    environment: Mapping[str, str], given: dict[tuple[str, str], _Given], faults: list[Fault]
) -> None:
    known = _known()
    variables = {f"{PREFIX}{section}__{key}".upper(): (section, key) for section, key in known}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX):
            continue
        if variable in variables:
            given[variables[variable]] = _Given(text, variable)
        elif (name := variable.removesuffix(FILE_SUFFIX)) in variables and name != variable:
            if name in environment:
                faults.append(Fault(variable, f"与 {name} 只能给一个", f"give this or {name}, not both"))
                continue
            try:
                given[variables[name]] = _Given(Path(text).read_text("utf-8").strip(), variable)
            except (OSError, UnicodeDecodeError) as error:
                faults.append(Fault(variable, f"无法读取 {text}：{error}", f"cannot read {text}: {error}"))
        else:
            faults.append(_unknown(variable, variable, set(variables)))


def _section(name: str, kind: type[Section], given: Mapping[tuple[str, str], _Given], faults: list[Fault]) -> Section:
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        got = given.get((name, field.name))
        if got is None:
            continue
        try:
            values[field.name] = _converted(got.value, field)
        except msgspec.ValidationError as error:
            faults.append(Fault(got.where, f"值不符合要求：{error}", f"does not fit: {error}"))
    return kind(**values)


def _converted(value: object, field: msgspec.structs.FieldInfo) -> object:
    """Return the value in the field's type; texts of the environment may stand for numbers and comma lists."""
    if value == "" and field.default is None:
        return None  # an empty text means "not set" where that is possible
    if isinstance(value, str) and tables_of(field.type) is not None:
        try:
            value = msgspec.json.decode(value or "[]")
        except msgspec.DecodeError as error:
            raise msgspec.ValidationError(f"应为 JSON / must be JSON: {error}") from None
    elif isinstance(value, str) and isinstance(field.default, tuple):
        value = [part.strip() for part in value.split(",") if part.strip()]
    return msgspec.convert(value, field.type, strict=not isinstance(value, str), dec_hook=_path)


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str) and value and "\0" not in value:
        return Path(value)
    raise msgspec.ValidationError("路径须为非空文本 / a path is a text that is not empty")


def _unknown(where: str, word: str, known: Iterable[str]) -> Fault:
    near = get_close_matches(word, list(known), n=3)
    hint = ", ".join(near)
    return Fault(
        where,
        f"没有名为 {word} 的设置" + (f"；是否指 {hint}？" if near else ""),
        f"there is no setting {word}" + (f"; is {hint} meant?" if near else ""),
    )


def _contradictions(config: Config) -> list[Fault]:
    """What is right in each key and wrong together."""
    faults: list[Fault] = []
    http, dicom, archive, call = config.http, config.dicom, config.archive, config.call
    for where, one, other in (
        ("http.certificate, http.private_key", http.certificate, http.private_key),
        ("dicom.certificate, dicom.private_key", dicom.certificate, dicom.private_key),
        ("call.certificate, call.private_key", call.certificate, call.private_key),
    ):
        if (one is None) != (other is None):
            faults.append(Fault(where, "须同时给出", "must be given together"))
    if dicom.client_ca is not None and dicom.certificate is None:
        faults.append(Fault("dicom.client_ca", "需要 dicom.certificate", "needs dicom.certificate"))
    if http.tls == "proxy" and not is_loopback(http.host) and not http.trusted_proxies:
        faults.append(
            Fault(
                "http.tls",
                "proxy 模式在非本机地址上须给出 http.trusted_proxies",
                "proxy on another address than loopback needs http.trusted_proxies",
            )
        )
    faults += _of_the_relay(call)
    faults += _of_janus(config.janus)
    faults += [Fault(*one) for one in faults_of(config.outgoing)]
    if not archive.refuse_free_bytes < archive.pause_free_bytes < archive.warn_free_bytes:
        faults.append(
            Fault(
                "archive.*_free_bytes",
                "须满足 refuse < pause < warn",
                "must rise from refuse through pause to warn",
            )
        )
    faults += _malformed(config)
    return faults


def _of_the_relay(call: CallSection) -> list[Fault]:
    faults: list[Fault] = []
    if call.relay == "off" and call.urls and not call.secret:
        faults.append(Fault("call.urls", "别处的中继需要 call.secret", "a relay elsewhere needs call.secret"))
    if call.tls_port and call.certificate is None:
        faults.append(Fault("call.tls_port", "需要 call.certificate", "needs call.certificate"))
    if call.relay_port_first >= call.relay_port_last:
        faults.append(Fault("call.relay_port_last", "须大于 relay_port_first", "must be greater than relay_port_first"))
    if not call.addresses:
        faults.append(Fault("call.addresses", "至少一个 IP 地址", "at least one IP address"))
    for where, address in (
        *(("call.addresses", one) for one in call.addresses),
        *((("call.public_address", call.public_address),) if call.public_address else ()),
    ):
        try:
            if ip_address(address).is_unspecified:
                faults.append(Fault(where, f"须为确定的地址：{address}", f"must be one address: {address}"))
        except ValueError as error:
            faults.append(Fault(where, f"不是 IP 地址：{error}", f"is no IP address: {error}"))
    for network in call.relayed_networks:
        try:
            ip_network(network)
        except ValueError as error:
            faults.append(Fault("call.relayed_networks", f"不是地址段：{error}", f"is no network: {error}"))
    return faults


def _of_janus(janus: JanusSection) -> list[Fault]:
    faults: list[Fault] = []
    if janus.start == "on" and janus.url:
        faults.append(Fault("janus.url", "start 为 on 时不填", "is not given where start is on"))
    if janus.url and not janus.secret:
        faults.append(Fault("janus.url", "需要 janus.secret", "needs janus.secret"))
    if janus.media_port_first >= janus.media_port_last:
        faults.append(
            Fault("janus.media_port_last", "须大于 media_port_first", "must be greater than media_port_first")
        )
    for where, address in (("janus.address", janus.address), ("janus.public_address", janus.public_address)):
        try:
            if address and (ip_address(address).is_unspecified or ip_address(address).is_loopback):
                faults.append(
                    Fault(where, f"须为确定的、非回环的地址：{address}", f"must be one address, no loopback: {address}")
                )
        except ValueError as error:
            faults.append(Fault(where, f"不是 IP 地址：{error}", f"is no IP address: {error}"))
    return faults


def _malformed(config: Config) -> list[Fault]:
    """What the type alone does not catch."""
    faults: list[Fault] = []
    for network in config.http.trusted_proxies:
        try:
            ip_network(network)
        except ValueError as error:
            faults.append(Fault("http.trusted_proxies", f"不是地址段：{error}", f"is no network: {error}"))
    if config.http.public_url:
        parts = urlsplit(config.http.public_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.path.strip("/"):
            faults.append(
                Fault("http.public_url", "应形如 https://主机:端口", "must look like https://host:port, without a path")
            )
    try:
        ZoneInfo(config.county.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        faults.append(Fault("county.time_zone", "不是 IANA 时区名", "is no IANA time zone name"))
    if config.database.dsn and not config.database.dsn.startswith(("postgresql://", "postgres://")):
        faults.append(Fault("database.dsn", "应以 postgresql:// 开头", "must start with postgresql://"))
    if config.redis.url and not config.redis.url.startswith(("redis://", "rediss://", "unix://")):
        faults.append(
            Fault(
                "redis.url",
                "应以 redis://、rediss:// 或 unix:// 开头",
                "must start with redis://, rediss:// or unix://",
            )
        )
    return faults
