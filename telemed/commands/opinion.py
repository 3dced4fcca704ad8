"""A sealed consultation opinion: whether the file is genuine, whole, and by whom and when it was signed.

Offline, for anybody: it reads the file and the CA's certificate, asks no database and no network.
Exit codes: 0 verified; 1 altered or false; 2 a file or certificate that cannot be read, or a wrong call;
3 whole, but not to be trusted with this CA (another CA's, or a certificate not valid then).
"""

import argparse
import sys
from pathlib import Path

from cryptography import x509
from msgspec import UNSET

from telemed.certificates import fingerprint
from telemed.commands import settings
from telemed.consultation.opinion.characters import visible
from telemed.consultation.opinion.container import MOST_BYTES
from telemed.consultation.opinion.reasons import NO_FILE, WORDS
from telemed.consultation.opinion.verifying import Refused, Verified, common_name, verify

EVERY_CHARACTER = range(sys.maxunicode + 1)


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    one = actions.add_parser(
        "verify",
        help="核验会诊意见书 / verify a sealed opinion",
        description="0 通过 verified；1 被改动或不实 altered or false；2 无法读取 cannot be read；"
        "3 完整但不受所给 CA 信任 whole, but not to be trusted with this CA",
    )
    settings.configure(one)
    one.add_argument("file", type=Path, metavar="FILE", help="会诊意见书 PDF / the opinion's PDF")
    one.add_argument(
        "--ca",
        type=Path,
        action="append",
        default=[],
        metavar="county-ca.pem",
        help="信任的 CA 证书，可多次；缺省为本机的县级 CA / a CA you trust, repeatable; default: this county's own",
    )


def run(arguments: argparse.Namespace) -> int:
    # without --ca this is a county's own machine: a third party has no configuration to read
    named: list[Path] = arguments.ca or [settings.read(arguments).county_authority]
    authorities: list[x509.Certificate] = []
    for path in named:
        try:
            authorities.append(x509.load_pem_x509_certificate(path.read_bytes()))
        except (OSError, ValueError):
            print(
                f"读不到 CA 证书 {path}，请用 --ca 给出 PEM 文件 / there is no CA certificate there: "
                "name a PEM file with --ca",
                file=sys.stderr,
            )
            return NO_FILE
    try:
        with arguments.file.open("rb") as file:
            content: bytes = file.read(MOST_BYTES + 1)
    except OSError as error:
        print(f"读不到文件 {arguments.file} / cannot be read: {error.strerror}", file=sys.stderr)
        return NO_FILE
    found = verify(content, tuple(authorities))
    if isinstance(found, Refused):
        return _refuse(found)
    for zh, en, said in _lines(found):
        print(f"{zh} / {en}: {visible(said, EVERY_CHARACTER)}")
    return 0


def _refuse(found: Refused) -> int:
    code, zh, en = WORDS[found.reason]
    print(f"未通过核验 / NOT VERIFIED [{found.reason}]", file=sys.stderr)
    print(zh, file=sys.stderr)
    print(en, file=sys.stderr)
    if found.detail:
        print(f"[{visible(found.detail, EVERY_CHARACTER)}]", file=sys.stderr)
    return code


def _lines(found: Verified) -> list[tuple[str, str, str]]:
    evidence, signer = found.evidence, found.evidence.signer
    addition = found.opinion.addition
    earlier = () if addition is UNSET else addition.earlier
    images = f"{len(evidence.images)}" + (f" (1: {evidence.images[0].first_seen})" if evidence.images else "")
    return [
        ("通过核验", "VERIFIED", "文件完整，签署后未改动 whole, and unaltered since it was sealed"),
        ("会诊编号", "consultation", f"{evidence.consultation_number} v{evidence.opinion_version}"),
        *(
            ("补充于", "adds to", f"v{one.version} {one.signed_at} {one.text_sha256} PDF {one.document_sha256}")
            for one in earlier
        ),
        ("签署人", "signed by", f"{signer.name} {signer.title} {signer.licence_number}"),
        ("机构电子印章", "institution's seal", signer.institution),
        ("邀请方", "inviting institution", evidence.inviting_institution),
        ("签署时间（由签署系统声明）", "signed at, as the sealing system states", evidence.signed_at),
        ("专家屏幕上显示过的图像", "images painted on the expert's screen", images),
        ("会诊室记录", "record of the room", f"{evidence.room.id} #{evidence.room.seq} {evidence.room.head}"),
        ("意见正文 SHA-256", "SHA-256 of the text", evidence.text_sha256),
        ("签署证据 SHA-256", "SHA-256 of the evidence", found.evidence_sha256),
        ("印章证书", "seal's certificate", f"{common_name(found.seal)} {fingerprint(found.seal)}"),
        (
            "证据证书",
            "evidence's certificate",
            f"{common_name(found.evidence_certificate)} {fingerprint(found.evidence_certificate)}",
        ),
        (
            "签发 CA（请核对指纹）",
            "CA (compare its fingerprint)",
            f"{common_name(found.authority)} {fingerprint(found.authority)}",
        ),
    ]
