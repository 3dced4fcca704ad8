"""The settings of voice and video."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from telemed.config.kinds import Note, Port

# RFC 7065, with the port and the transport said: no client has to guess
TurnUrl = Annotated[
    str, Meta(pattern=r"^(turn:[^\s?@/]+:\d{1,5}\?transport=(udp|tcp)|turns:[^\s?@/]+:\d{1,5}\?transport=tcp)$")
]


class CallSection(msgspec.Struct, frozen=True):
    relay: Annotated[
        Literal["auto", "on", "off"],
        Note(
            "音视频中继（coturn）。auto：装有 coturn 且未填 urls 时启动，没有 coturn 则不用中继；on：必须启动；"
            "off：不启动（urls 可指向别处的中继）。",
            "The relay of voice and video (coturn). auto: started where coturn is installed and urls is empty, off "
            "where there is none; on: started or nothing starts; off: not started (urls may name one elsewhere).",
        ),
    ] = "auto"
    urls: Annotated[
        tuple[TurnUrl, ...],
        Note(
            "告诉浏览器的中继地址，如 turn:主机:3478?transport=udp、turns:主机:443?transport=tcp；"
            "留空则由 addresses 推出。",
            "Addresses of the relay that browsers are told, such as turn:host:3478?transport=udp and "
            "turns:host:443?transport=tcp; empty derives them from addresses.",
        ),
    ] = ()
    secret: Annotated[
        str,
        Note(
            "与中继共用的密钥（coturn 的 static-auth-secret），请用 _FILE 给出；留空则在首次启动时生成。",
            "Secret shared with the relay (coturn's static-auth-secret), best given by _FILE; empty draws one at the "
            "first start.",
            secret=True,
        ),
        Meta(pattern=r"^[!-~]*$"),
    ] = ""
    realm: Annotated[
        str,
        Note("中继的认证域（realm）。", "The realm of the relay's credentials."),
        Meta(pattern=r"^[!-~]{1,127}$"),
    ] = "telemed"
    credential_minutes: Annotated[
        Annotated[int, Meta(ge=1, le=1440)],
        Note(
            "中继凭据的有效分钟数；到期后已建立的通话不受影响。",
            "Minutes for which a credential for the relay is good; a call that stands by then goes on.",
        ),
    ] = 60
    max_peers: Annotated[
        Annotated[int, Meta(ge=2, le=4)],
        Note(
            "一次会诊中互相直连音视频的人数上限；其余的人参加会诊而没有音视频。",
            "Persons of one consultation who see and hear each other; whoever comes after them takes part without.",
        ),
    ] = 4
    recording_segment_seconds: Annotated[
        Annotated[int, Meta(ge=3, le=25)],
        Note(
            "录制的每一段的秒数（3–25）；浏览器或服务器突然中断时，最多丢失正在录的这一段。",
            "Seconds of one segment of a recording (3-25); a browser or a server that dies loses at most the one that "
            "is being recorded.",
        ),
    ] = 20
    addresses: Annotated[
        tuple[str, ...],
        Note(
            "中继监听的 IP 地址（不接受 0.0.0.0）；经第一个地址转发。默认只限本机。",
            "IP addresses that the relay listens on (no wildcard); it relays from the first. Loopback unless told "
            "otherwise.",
        ),
    ] = ("127.0.0.1",)
    public_address: Annotated[
        str,
        Note(
            "中继在地址转换（NAT）之后时，外面看到的第一个地址的 IP；留空则没有 NAT。",
            "The first address as the outside sees it where the relay is behind NAT; empty: it is not.",
        ),
    ] = ""
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)], Note("中继端口（UDP 与 TCP）。", "Port of the relay, UDP and TCP.")
    ] = 3478
    tls_port: Annotated[
        Port,
        Note(
            "中继的 TLS 端口，0 为不开。443 最易穿过防火墙，但需要允许普通用户监听该端口，或由防火墙转到此端口。",
            "Port of the relay over TLS, 0 for none. 443 passes most firewalls; let ordinary users bind it or have "
            "the firewall send it here.",
        ),
    ] = 0
    certificate: Annotated[
        Path | None,
        Note(
            "中继的 TLS 证书（PEM，含中间证书）；须为浏览器所信任。",
            "Certificate of the relay over TLS (PEM with its chain); browsers must trust it.",
        ),
    ] = None
    private_key: Annotated[Path | None, Note("该证书的私钥（PEM）。", "Its private key (PEM).")] = None
    relay_port_first: Annotated[
        Annotated[int, Meta(ge=1024, le=65535)],
        Note("中继转发所用 UDP 端口的第一个。", "The first of the UDP ports that the relay relays from."),
    ] = 49_152
    relay_port_last: Annotated[
        Annotated[int, Meta(ge=1024, le=65535)],
        Note(
            "中继转发所用 UDP 端口的最后一个；四人通话约用 36 个。",
            "The last of the UDP ports that the relay relays from; a call of four takes about 36.",
        ),
    ] = 50_175
    relayed_networks: Annotated[
        tuple[str, ...],
        Note(
            "允许经中继到达的内网地址段（CIDR），如各院的视频终端网段。未列出的内网、本机、链路本地地址一律拒绝。",
            "Private networks (CIDR) that may be reached through the relay. Every other private, loopback or "
            "link-local address is refused.",
        ),
    ] = ()
