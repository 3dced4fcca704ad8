"""The settings of calls of more people than a mesh carries."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from telemed.config.kinds import Note

# What stands between quotes in Janus' own configuration, and cannot end them
Quoted = Annotated[str, Meta(pattern=r"^[!#-\[\]-~]*$")]
HighPort = Annotated[int, Meta(ge=1024, le=65535)]


class JanusSection(msgspec.Struct, frozen=True):
    start: Annotated[
        Literal["off", "on"],
        Note(
            "多人音视频的转发服务（Janus，Debian 软件包 janus）。off：不启动（url 可指向别处的 Janus）；on：必须启动。",
            "What forwards calls of more people than call.max_peers (Janus, Debian's package janus). off: not started "
            "(url may name one elsewhere); on: started or nothing starts.",
        ),
    ] = "off"
    url: Annotated[
        str,
        Note(
            "Janus 的 WebSocket 接口，如 ws://10.20.0.9:8188；只有服务器访问它，须在内网地址上。"
            "留空则会诊音视频以 call.max_peers 为限。",
            "Janus' WebSocket API, such as ws://10.20.0.9:8188: only the server talks to it, on a private address. "
            "Empty: calls end at call.max_peers.",
        ),
        Meta(pattern=r"^(wss?://[^\s/?#@]+(/[^\s?#]*)?)?$"),
    ] = ""
    secret: Annotated[
        Quoted,
        Note(
            "Janus 的 api_secret，请用 _FILE 给出；start 为 on 且留空时在首次启动时生成。",
            "Janus' api_secret, best given by _FILE; empty with start = on draws one at the first start.",
            secret=True,
        ),
    ] = ""
    admin_key: Annotated[
        Quoted,
        Note(
            "videoroom 插件的 admin_key：没有它不能创建房间；留空则用 secret。",
            "The videoroom plugin's admin_key, without which nobody makes a room; empty: the secret.",
            secret=True,
        ),
    ] = ""
    people: Annotated[
        Annotated[int, Meta(ge=5, le=24)],
        Note(
            "经 Janus 的一次通话的人数上限；其余的人参加会诊而没有音视频。",
            "Persons of one call through Janus; whoever comes after them takes part without voice and video.",
        ),
    ] = 12
    port: Annotated[
        HighPort,
        Note(
            "start 为 on 时 Janus 接口的端口，只在本机。", "Port of Janus' API where it is started here: loopback only."
        ),
    ] = 8188
    address: Annotated[
        str,
        Note(
            "start 为 on 时收发音视频的本机 IP 地址，不能是回环地址；留空则用本机的所有地址。",
            "IP address of this machine that media go through where Janus is started here, no loopback; empty: each "
            "that the machine has.",
        ),
    ] = ""
    public_address: Annotated[
        str,
        Note(
            "Janus 在地址转换（NAT）之后时，外面看到的 IP；留空则没有 NAT。",
            "The address as the outside sees it where Janus is behind NAT; empty: it is not.",
        ),
    ] = ""
    media_port_first: Annotated[
        HighPort,
        Note("音视频所用 UDP 端口的第一个。", "The first of the UDP ports of voice and video."),
    ] = 51_200
    media_port_last: Annotated[
        HighPort,
        Note(
            "音视频所用 UDP 端口的最后一个；每人用两个。",
            "The last of the UDP ports of voice and video; a person takes two.",
        ),
    ] = 52_223

    @property
    def key(self) -> str:
        """What rooms are made with."""
        return self.admin_key or self.secret
