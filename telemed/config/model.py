"""Every setting with its type, default, bounds and meaning.  The reference page is generated from here."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from telemed.config.call import CallSection
from telemed.config.janus import JanusSection
from telemed.config.kinds import Count, Note, Port, Seconds
from telemed.config.outgoing import OutgoingSection

# PS3.5 6.2, AE: at most 16 characters of the default repertoire, no backslash, no control characters
AETitle = Annotated[str, Meta(pattern=r"^(?! +$)[ -\[\]-~]{1,16}$")]


class StateSection(msgspec.Struct, frozen=True):
    path: Annotated[
        Path,
        Note(
            "数据目录：内嵌数据库、影像档案、日志、证书都在其下。",
            "The state folder: embedded database, archive, logs and certificates are below it.",
        ),
    ] = Path("state")


class CountySection(msgspec.Struct, frozen=True):
    name: Annotated[
        str,
        Note("医共体名称，显示在页面与证书上。", "Name of the medical community, on pages and certificates."),
        Meta(min_length=1, max_length=60),
    ] = "县域医共体"
    time_zone: Annotated[
        str,
        Note(
            "工作时间、班次和打印所用时区（IANA 名称）。",
            "Time zone of working hours, shifts and print-outs (IANA name).",
        ),
    ] = "Asia/Shanghai"


class DatabaseSection(msgspec.Struct, frozen=True):
    dsn: Annotated[
        str,
        Note(
            "PostgreSQL（15 以上，UTF8）连接串；留空则使用内嵌数据库。",
            "Connection string of PostgreSQL (15 or newer, UTF8); empty starts the embedded one.",
            secret=True,
        ),
    ] = ""
    pool_size: Annotated[
        Count,
        Note("每个进程最多打开的连接数。", "Connections that one process opens at most."),
    ] = 10


class RedisSection(msgspec.Struct, frozen=True):
    url: Annotated[
        str,
        Note(
            "Redis/Valkey 地址；留空则使用内嵌 Valkey。只存提示信息，丢失不影响数据。",
            "Address of Redis or Valkey; empty starts the embedded one. It holds hints only: losing it loses nothing.",
            secret=True,
        ),
    ] = ""


class HttpSection(msgspec.Struct, frozen=True):
    host: Annotated[
        str,
        Note(
            "监听地址。默认只限本机；改为 0.0.0.0 后自动启用 HTTPS。",
            "Address to listen on. Loopback unless told otherwise; anything else brings HTTPS with it.",
        ),
    ] = "127.0.0.1"
    port: Annotated[Port, Note("网页与接口端口。", "Port of pages and API.")] = 8080
    public_url: Annotated[
        str,
        Note(
            "用户浏览器中的地址，用于链接、二维码和来源检查；留空则由 host、port 推出。",
            "The address in people's browsers, for links, QR codes and the Origin check; derived when empty.",
        ),
    ] = ""
    tls: Annotated[
        Literal["auto", "on", "proxy"],
        Note(
            "auto：本机明文，其他地址使用县级 CA 证书；on：始终 HTTPS；proxy：由前置代理终止 TLS，本服务明文。",
            "auto: plain on loopback, a certificate of the county CA elsewhere; on: always HTTPS; "
            "proxy: a reverse proxy in front ends TLS, this server speaks plain HTTP.",
        ),
    ] = "auto"
    names: Annotated[
        tuple[str, ...],
        Note(
            "证书中的主机名和 IP；留空则取本机名与 host。",
            "Host names and addresses in the certificate; empty takes this machine's name and host.",
        ),
    ] = ()
    certificate: Annotated[
        Path | None,
        Note("自备证书（PEM，含中间证书）；留空则由县级 CA 签发。", "A certificate of your own (PEM with its chain)."),
    ] = None
    private_key: Annotated[
        Path | None,
        Note("自备证书的私钥（PEM）。", "The private key of that certificate (PEM)."),
    ] = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        Note(
            "可信代理的地址段（CIDR），只采信它们给出的 X-Forwarded-For。",
            "Networks (CIDR) of proxies whose X-Forwarded-For is believed; nobody else's is.",
        ),
    ] = ()
    web: Annotated[
        Path,
        Note("网页构建结果目录。", "Folder of the built web pages."),
    ] = Path("web/dist")


class DicomSection(msgspec.Struct, frozen=True):
    host: Annotated[
        str,
        Note("DICOM 监听地址。默认只限本机。", "Address of the DICOM listener. Loopback unless told otherwise."),
    ] = "127.0.0.1"
    port: Annotated[Port, Note("DICOM 端口。", "Port of the DICOM listener.")] = 11112
    ae_title: Annotated[AETitle, Note("本方 AE Title。", "Our AE title.")] = "TELEMED"
    processes: Annotated[
        Annotated[int, Meta(ge=1, le=64)],
        Note("接收进程数，共用一个端口。", "Receiving processes on the one port."),
    ] = 1
    max_associations: Annotated[
        Count,
        Note(
            "每个进程的关联数上限，C-ECHO 另有保留名额。", "Associations of one process; C-ECHO has slots of its own."
        ),
    ] = 500
    max_associations_per_ae: Annotated[
        Count,
        Note("同一呼叫方 AE 的关联数上限。", "Associations of one calling AE."),
    ] = 32
    max_pdu_length: Annotated[
        Annotated[int, Meta(ge=16_384, le=1_048_576)],
        Note("可接收的最大 PDU（字节）。", "Longest PDU that is taken, in bytes."),
    ] = 131_072
    pdu_seconds: Annotated[
        Seconds,
        Note(
            "PDU 开始后须在此时间内收完，断线设备因此很快释放。",
            "A PDU begun is complete within this time; a peer that vanished is gone then.",
        ),
    ] = 20.0
    idle_seconds: Annotated[
        Seconds,
        Note("空闲关联保留时间。", "How long an association without messages is kept."),
    ] = 600.0
    certificate: Annotated[
        Path | None,
        Note("DICOM TLS 证书（PEM）；留空则不用 TLS。", "Certificate for DICOM over TLS (PEM); empty means no TLS."),
    ] = None
    private_key: Annotated[Path | None, Note("DICOM TLS 私钥（PEM）。", "Its private key (PEM).")] = None
    client_ca: Annotated[
        Path | None,
        Note(
            "校验设备证书的 CA（PEM）；设置后设备必须出示证书。",
            "CA for devices' certificates (PEM); set, they must show one.",
        ),
    ] = None
    metrics_port: Annotated[
        Port,
        Note("接收进程的监控端口（仅本机，0 为不开）。", "Metrics of the receiver, on loopback; 0 for none."),
    ] = 0


class LaboratorySection(msgspec.Struct, frozen=True):
    mllp: Annotated[
        Literal["off", "on"],
        Note(
            "是否接收检验系统的 HL7 v2 结果与就诊消息 ADT（MLLP）。发送方须先登记：telemed laboratory enrol。",
            "Whether results of laboratory systems and visits (ADT) are taken as HL7 v2 over MLLP. Senders are "
            "enrolled first: telemed laboratory enrol.",
        ),
    ] = "off"
    host: Annotated[
        str,
        Note(
            "MLLP 监听地址。默认只限本机；MLLP 不加密，其他地址须经 VPN 或专网。",
            "Address of the MLLP listener. Loopback unless told otherwise; MLLP is not encrypted: use a VPN elsewhere.",
        ),
    ] = "127.0.0.1"
    port: Annotated[Port, Note("MLLP 端口。", "Port of the MLLP listener.")] = 2575
    max_connections: Annotated[Count, Note("每个进程的连接数上限。", "Connections of one process.")] = 200
    max_connections_per_peer: Annotated[Count, Note("同一来源地址的连接数上限。", "Connections of one address.")] = 20
    max_message_bytes: Annotated[
        Annotated[int, Meta(ge=4096, le=4 << 20)],
        Note("一条消息或一个批次的最大字节数。", "Longest message or batch, in bytes."),
    ] = 1 << 20
    message_seconds: Annotated[
        Seconds,
        Note(
            "消息开始后须在此时间内收完，应答也须在此时间内取走。",
            "A message begun is complete within this time, and its answer is fetched within it.",
        ),
    ] = 20.0
    idle_seconds: Annotated[Seconds, Note("空闲连接保留时间。", "How long a connection without messages is kept.")] = (
        3600.0
    )


class RecognitionSection(msgspec.Struct, frozen=True):
    community: Annotated[
        str,
        Note(
            "本医共体在互认目录中的名称（目录 scope 的 key）；留空则不适用任何医共体目录。",
            "How catalogues call this medical community (key of their scope); empty: none of a community applies.",
        ),
        Meta(pattern=r"^[a-z0-9-]{0,60}$"),
    ] = ""
    local_reasons: Annotated[
        tuple[Literal["L1", "L2", "L3", "L4"], ...],
        Note(
            "本县另行启用的不互认原因：L1 患者或家属要求、L2 出具机构质评未通过、L3 时间差距大已无参考价值、"
            "L4 医师认为必要。默认只有 L1 不启用。",
            "Reasons to repeat that this county offers besides the national ones: L1 the patient or family asks for "
            "it, L2 the issuing institution failed its quality assessment, L3 too old to be of use, L4 the physician "
            "holds it necessary. All but L1 unless told otherwise.",
        ),
    ] = ("L2", "L3", "L4")
    link_minutes: Annotated[
        Annotated[int, Meta(ge=1, le=60)],
        Note(
            "卡片上的影像链接须在多少分钟内打开；每个链接只能打开一次。",
            "Minutes in which the link to images on a card must be opened; each opens once.",
        ),
    ] = 10
    viewing_minutes: Annotated[
        Annotated[int, Meta(ge=1, le=240)],
        Note(
            "打开链接后可调阅多少分钟（仅限打开它的浏览器）。",
            "Minutes that the browser which opened such a link may look.",
        ),
    ] = 30


class ReportUploadSection(msgspec.Struct, frozen=True):
    url: Annotated[
        str,
        Note(
            "省平台接收已签发报告的地址（FHIR R4 Bundle，HTTP POST）；留空则不上传任何报告。",
            "Where the provincial platform takes signed reports (a FHIR R4 Bundle by HTTP POST); empty sends none.",
        ),
        Meta(pattern=r"^(https?://[^\s]+)?$"),
    ] = ""
    authorization: Annotated[
        str,
        Note(
            "上传时 Authorization 头的内容；留空则不带。",
            "What the Authorization header of an upload says; empty sends none.",
            secret=True,
        ),
    ] = ""


class ArchiveSection(msgspec.Struct, frozen=True):
    path: Annotated[
        Path | None,
        Note(
            "影像目录：其下 archive 为档案，spool 为接收日志，须在同一文件系统；留空为数据目录下 imaging。",
            "Folder of the images, with archive and spool on one file system; empty means imaging in the state folder.",
        ),
    ] = None
    warn_free_bytes: Annotated[
        Count, Note("剩余空间低于此值时告警。", "Free space below which operators are told.")
    ] = 50 << 30
    pause_free_bytes: Annotated[
        Count, Note("低于此值时拒绝新的存储关联。", "Free space below which new storing associations are refused.")
    ] = 10 << 30
    refuse_free_bytes: Annotated[
        Count, Note("低于此值时逐幅拒绝（A700）。", "Free space below which every instance is refused (A700).")
    ] = 2 << 30


class LogSection(msgspec.Struct, frozen=True):
    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Note("日志级别。日志不含患者信息。", "Log level. Logs hold no patient data at any level."),
    ] = "info"
    format: Annotated[
        Literal["text", "json"],
        Note("text 供人阅读，json 供采集。", "text for people, json for collectors."),
    ] = "text"


class Config(msgspec.Struct, frozen=True):
    """The whole configuration."""

    state: StateSection = StateSection()
    county: CountySection = CountySection()
    database: DatabaseSection = DatabaseSection()
    redis: RedisSection = RedisSection()
    http: HttpSection = HttpSection()
    dicom: DicomSection = DicomSection()
    laboratory: LaboratorySection = LaboratorySection()
    recognition: RecognitionSection = RecognitionSection()
    report_upload: ReportUploadSection = ReportUploadSection()
    call: CallSection = CallSection()
    janus: JanusSection = JanusSection()
    outgoing: OutgoingSection = OutgoingSection()
    archive: ArchiveSection = ArchiveSection()
    log: LogSection = LogSection()

    @property
    def archive_path(self) -> Path:
        """The folder that holds archive/ and spool/."""
        return self.archive.path or self.state.path / "imaging"

    @property
    def recordings_path(self) -> Path:
        """The folder of what was recorded in rooms."""
        return self.state.path / "recordings"

    @property
    def audit_key(self) -> Path:
        """The key that signs audit checkpoints: outside the database, so that who can write there cannot sign."""
        return self.state.path / "audit.key"

    @property
    def audit_checkpoints(self) -> Path:
        """The folder of signed checkpoints."""
        return self.state.path / "audit"

    @property
    def one_time_codes_key(self) -> Path:
        """The key that the secrets of one-time codes are encrypted with."""
        return self.state.path / "one-time-codes.key"

    @property
    def demo_accounts(self) -> Path:
        """The log-ins of the demo county (mode 0600)."""
        return self.state.path / "demo-accounts.json"

    @property
    def demo_hospital_key(self) -> Path:
        """The key of the demo's hospital system (mode 0600)."""
        return self.state.path / "demo-hospital-system.pem"

    @property
    def county_authority(self) -> Path:
        """The certificate of the county's own CA."""
        return self.state.path / "certificates" / "county-ca.pem"

    @property
    def https(self) -> bool:
        """Whether this server itself speaks TLS."""
        return self.http.tls == "on" or (self.http.tls == "auto" and not is_loopback(self.http.host))

    @property
    def public_url(self) -> str:
        """The address in people's browsers, without a slash at the end."""
        if self.http.public_url:
            return self.http.public_url.rstrip("/")
        host = self.http.names[0] if self.http.names else self.http.host
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.https else 'http'}://{host}:{self.http.port}"


def is_loopback(host: str) -> bool:
    """Whether a listening address is reachable from this machine only."""
    return host in ("localhost", "::1") or host.startswith("127.")
