"""What is agreed with a hospital system before it may call, and what keeps such an agreement from being good. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from telemed.cds.request import identity_number_in
from telemed.cds.tokens import VERIFIERS, Jwk, Jwks, fits, public_key
from telemed.vocabulary import Text

#: Bytes of an agreement.
LIMIT = 256 * 1024
#: Members of a private or secret key (RFC 7518 6.2.2, 6.3.2, 6.4.1): they belong to the hospital alone.
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

#: RFC 6454: scheme, host and port alone, as browsers write them; nothing that could end a directive of a policy.
ORIGIN = re.compile(r"https?://([a-z0-9_.\-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")

Short = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One hospital system for one organisation.

    issuer, tenant: as its tokens say.  organization_code: whose doctors it calls for.  keys: its public keys (JWKS);
    key_address: where it publishes them instead.  allowed_origins: of pages that call from a browser.  specification:
    of CDS Hooks, as far as the system is known to read it; what only 3.0 knows is said to nobody else.
    """

    issuer: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    name: Short
    organization_code: Short
    tenant: Annotated[str, msgspec.Meta(max_length=512)] = ""
    keys: Jwks = msgspec.field(default_factory=lambda: Jwks([]))
    key_address: Annotated[str, msgspec.Meta(max_length=2048)] = ""
    allowed_origins: Annotated[list[str], msgspec.Meta(max_length=50)] = []
    specification: Literal["2.0.1", "3.0"] = "2.0.1"


class _Members(msgspec.Struct):
    keys: list[dict[str, msgspec.Raw]] = []


class _Whole(msgspec.Struct):
    keys: _Members = msgspec.field(default_factory=_Members)


def read(raw: bytes) -> Agreement | list[Text]:
    """The agreement, or everything that is wrong with it."""
    if len(raw) > LIMIT:
        return [Text("文件过大。", "The file is too large.")]
    try:
        agreement = msgspec.json.decode(raw, type=Agreement)
        whole = msgspec.json.decode(raw, type=_Whole)
    except (msgspec.DecodeError, RecursionError) as error:
        return [Text("文件格式有误。", f"The file is malformed ({error}).")]
    wrong = faults(agreement)
    if any(not PRIVATE_MEMBERS.isdisjoint(one) for one in whole.keys.keys):
        wrong.append(
            Text(
                "文件含有私钥，已拒绝。请对方更换密钥，只提供公钥。",
                "The file holds a private key and is refused. Have the key replaced; only its public half is wanted.",
            )
        )
    return wrong or agreement


def faults(agreement: Agreement) -> list[Text]:
    """Everything that is wrong with an agreement; empty for a good one."""
    wrong: list[Text] = []
    if not agreement.keys.keys and not agreement.key_address:
        wrong.append(Text("缺少公钥或公钥地址。", "Neither keys nor a key_address is given."))
    if agreement.key_address and not _https(agreement.key_address):
        wrong.append(Text("公钥地址须为 https。", "key_address must be an https address."))
    names = [one.kid for one in agreement.keys.keys]
    if len(names) > 1 and (None in names or len(set(names)) < len(names)):
        wrong.append(Text("多个公钥须各有不同的 kid。", "Several keys need a kid each, all different."))
    wrong += [_unusable(one) for one in agreement.keys.keys if not usable(one)]
    wrong += [
        Text(f"来源 {one} 应形如 https://主机。", f"The origin {one} must look like https://host.")
        for one in agreement.allowed_origins
        if not ORIGIN.fullmatch(one)
    ]
    if identity_number_in(agreement.issuer + " " + agreement.tenant):
        wrong.append(Text("issuer 中含有证件号码。", "The issuer holds an identity number."))
    return wrong


def usable(one: Jwk) -> bool:
    """Whether tokens signed by this key could ever be accepted."""
    key = public_key(one)
    return key is not None and one.alg in {None, *VERIFIERS} and one.use in {None, "sig"} and fits(key)


def _unusable(one: Jwk) -> Text:
    name = one.kid or "?"
    return Text(
        f"公钥 {name} 不可用：须为 P-384 或不少于 2048 位的 RSA 签名公钥。",
        f"The key {name} cannot be used: it must be a P-384 or an RSA key of at least 2048 bits, for signatures.",
    )


def _https(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and bool(parts.netloc) and not any(one.isspace() for one in address)
