"""The settings of messages to other systems: who receives them, signed with which secret."""

import base64
import binascii
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from telemed.config.kinds import Note
from telemed.vocabulary import NoticeKind

PREFIX = "whsec_"  # Standard Webhooks, "Signature scheme"
SHORTEST, LONGEST = 24, 64  # bytes of a secret, as there

#: What a receiver may ask for: a kind, or a family of kinds.
KNOWN = frozenset({one.value for one in NoticeKind} | {one.value.partition(".")[0] for one in NoticeKind})


class ReceiverTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[outgoing.receivers]]`."""

    name: Annotated[
        str,
        Note(
            "名称，显示在“外发通知”页；小写字母、数字和连字符。",
            "Its name on the page of outgoing messages: small letters, digits, hyphens.",
        ),
        Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$"),
    ]
    url: Annotated[
        str,
        Note(
            "接收地址（https；只有本机可用 http）。不跟随重定向。",
            "Where messages are posted (https; http on this machine alone). Redirects are not followed.",
            secret=True,
        ),
    ]
    secret_file: Annotated[
        Path,
        Note(
            "存放签名密钥的文件：whsec_ 加 24–64 字节的 base64；轮换时新旧密钥各占一行。",
            "File of the signing secret: whsec_ and base64 of 24 to 64 bytes; old and new on two lines while rotating.",
        ),
    ]
    kinds: Annotated[
        tuple[str, ...],
        Note(
            "要哪些消息，如 consultation.asked；consultation 表示该类全部；留空为全部。",
            "Which messages, such as consultation.asked; consultation means all of that family; empty: every one.",
        ),
    ] = ()
    institutions: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=40)], ...],
        Note(
            "只要涉及这些机构（机构代码）的消息；留空为全部机构。",
            "Only messages that concern these institutions (their codes); empty: all of them.",
        ),
    ] = ()
    phones: Annotated[
        bool,
        Note(
            "是否附上收信职工登记的电话，供短信网关使用。",
            "Whether the telephone numbers of the staff who are told go with a message, for an SMS gateway.",
        ),
    ] = False
    ca: Annotated[
        Path | None,
        Note(
            "校验接收方证书的 CA（PEM）；留空用系统信任的 CA。",
            "CA of the receiver's certificate (PEM); empty: the system's.",
        ),
    ] = None


class OutgoingSection(msgspec.Struct, frozen=True):
    receivers: Annotated[
        tuple[ReceiverTable, ...],
        Note(
            "外发通知的接收方，每个一节 [[outgoing.receivers]]；环境变量中写成 JSON。默认没有，不向外发送任何消息。"
            "见 docs/how-to/outgoing-notifications.md。",
            "Who receives messages, a table [[outgoing.receivers]] each; JSON in the environment. None unless told "
            "otherwise: nothing is sent anywhere. See docs/how-to/outgoing-notifications.md.",
        ),
    ] = ()
    give_up_hours: Annotated[
        Annotated[int, Meta(ge=1, le=168)],
        Note(
            "一条消息最多重试多少小时，之后停止并显示为“未送达”。",
            "Hours for which a message is tried again; after them it stands as undelivered.",
        ),
    ] = 24


class ReceiverFault(NamedTuple):
    """What is wrong with a receiver, where, in both languages."""

    where: str
    zh: str
    en: str


def secrets_of(receiver: ReceiverTable) -> tuple[bytes, ...]:
    """Read the keys that a receiver's messages are signed with, the first one first.

    Raises OSError for a file that cannot be read, ValueError for one that holds no such secret.
    """
    found: list[bytes] = []
    for text in receiver.secret_file.read_text("ascii").split():
        if not text.startswith(PREFIX):
            raise ValueError("a secret begins with whsec_")
        try:
            key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            raise ValueError("a secret is base64 after whsec_") from None
        if not SHORTEST <= len(key) <= LONGEST:
            raise ValueError(f"a secret has {SHORTEST} to {LONGEST} bytes")
        found.append(key)
    if not found:
        raise ValueError("the file is empty")
    return tuple(found)


def trust_of(receiver: ReceiverTable) -> ssl.SSLContext:
    """Who may vouch for a receiver.  Raises OSError or ssl.SSLError where the CA cannot be read."""
    context = ssl.create_default_context(cafile=receiver.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def faults_of(section: OutgoingSection) -> Iterator[ReceiverFault]:
    """What is wrong with the receivers beyond what their types say."""
    names = [one.name for one in section.receivers]
    for at, one in enumerate(section.receivers):
        where = f"outgoing.receivers[{at}]"
        if names.index(one.name) != at:
            yield ReceiverFault(f"{where}.name", f"名称重复：{one.name}", f"the name is taken: {one.name}")
        if unknown := set(one.kinds) - KNOWN:
            known = ", ".join(sorted(KNOWN))
            yield ReceiverFault(
                f"{where}.kinds",
                f"没有消息类型 {min(unknown)}；可用：{known}",
                f"there is no kind {min(unknown)}; known are {known}",
            )
        if not is_reachable(one.url):
            yield ReceiverFault(
                f"{where}.url",
                "应形如 https://主机/路径，不含账号和 #；http 只限本机",
                "must look like https://host/path, without a user and without #; http on this machine alone",
            )
        try:
            secrets_of(one)
        except (OSError, ValueError) as error:
            yield ReceiverFault(f"{where}.secret_file", f"无法使用：{error}", f"cannot be used: {error}")
        try:
            trust_of(one)
        except OSError as error:
            yield ReceiverFault(f"{where}.ca", f"无法使用：{error}", f"cannot be used: {error}")


def is_reachable(url: str) -> bool:
    """Whether messages may be posted there at all."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or parts.fragment or port == 0 or not url.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))
