"""Why a file is no opinion that can be relied on, in the words of the person who checks it, and the exit code."""

from __future__ import annotations

from enum import StrEnum

#: Exit codes of `telemed opinion verify`; 0 is verified.
FALSE, NO_FILE, NOT_TRUSTED = 1, 2, 3


class Reason(StrEnum):
    UNREADABLE = "unreadable"
    UNSIGNED = "unsigned"
    SEVERAL_SIGNATURES = "several-signatures"
    APPENDED = "appended"
    ALTERED = "altered"
    UNKNOWN_ALGORITHM = "unknown-algorithm"
    UNKNOWN_AUTHORITY = "unknown-authority"
    NOT_VALID_THEN = "not-valid-then"
    NO_SEAL = "no-seal"
    NO_SIGNING_TIME = "no-signing-time"
    NOT_PADES = "not-pades"
    ATTACHMENT_MISSING = "attachment-missing"
    ATTACHMENT_UNKNOWN = "attachment-unknown"
    OPINION_MALFORMED = "opinion-malformed"
    EVIDENCE_MALFORMED = "evidence-malformed"
    EVIDENCE_CERTIFICATE = "evidence-certificate"
    EVIDENCE_NOT_VALID_THEN = "evidence-not-valid-then"
    EVIDENCE_ALTERED = "evidence-altered"
    OPINION_OF_ANOTHER = "opinion-of-another"
    PAGE_OF_ANOTHER = "page-of-another"
    PAGE_ILLEGIBLE = "page-illegible"
    TIME_DIFFERS = "time-differs"
    INSTITUTION_DIFFERS = "institution-differs"
    SIGNER_DIFFERS = "signer-differs"


#: Reason → exit code, Chinese, English.
WORDS: dict[Reason, tuple[int, str, str]] = {
    Reason.UNREADABLE: (
        NO_FILE,
        "不是 PDF 文件，或文件超过 32 MB。",
        "This is no PDF, or one of more than 32 MB.",
    ),
    Reason.UNSIGNED: (
        FALSE,
        "文件中没有电子签名。打印后再扫描、或另存过的文件会失去签名，请索取原电子文件。",
        "There is no signature in the file. One that was scanned or saved anew has lost it: ask for the original.",
    ),
    Reason.SEVERAL_SIGNATURES: (
        FALSE,
        "文件中有多处签名：签署后又被改写或追加。",
        "There is more than one signature: the file was written to after it was sealed.",
    ),
    Reason.APPENDED: (
        FALSE,
        "签署后文件末尾被追加了内容。",
        "Something was appended to the file after it was sealed.",
    ),
    Reason.ALTERED: (
        FALSE,
        "文件在签署后被改动，或传输中损坏。",
        "The file was altered after it was sealed, or damaged on its way.",
    ),
    Reason.UNKNOWN_ALGORITHM: (
        NOT_TRUSTED,
        "签名算法不是本程序能核验的（ECDSA P-256、SHA-256）。",
        "The signature is by an algorithm this program does not check (it checks ECDSA P-256 with SHA-256).",
    ),
    Reason.UNKNOWN_AUTHORITY: (
        NOT_TRUSTED,
        "文件完整，但印章证书不是由所给的 CA 签发。请核对 CA 证书是否取自该县。",
        "The file is whole, but this CA did not certify the seal. Check that the CA certificate is that county's.",
    ),
    Reason.NOT_VALID_THEN: (
        NOT_TRUSTED,
        "文件完整，但签署时印章证书不在有效期内。",
        "The file is whole, but the seal's certificate was not valid when it was sealed.",
    ),
    Reason.NO_SEAL: (
        NOT_TRUSTED,
        "签名证书不是用于签署文件的电子印章证书。",
        "The certificate of the signature is not one for sealing documents.",
    ),
    Reason.NO_SIGNING_TIME: (FALSE, "签名中没有签署时间。", "The signature does not say when it was made."),
    Reason.NOT_PADES: (
        FALSE,
        "签名结构不符合 PAdES，或未覆盖整个文件。",
        "The signature is not built as PAdES asks, or does not cover the whole file.",
    ),
    Reason.ATTACHMENT_MISSING: (
        FALSE,
        "缺少附件：意见正文、签署证据、证据签名或证据证书。",
        "An attachment is missing: the text, the evidence, its signature or its certificate.",
    ),
    Reason.ATTACHMENT_UNKNOWN: (
        FALSE,
        "有不属于会诊意见书的附件，或附件重复。",
        "There is an attachment that does not belong to an opinion, or one is there twice.",
    ),
    Reason.OPINION_MALFORMED: (
        FALSE,
        "所附意见正文的格式不符。",
        "The text attached is not in its form.",
    ),
    Reason.EVIDENCE_MALFORMED: (
        FALSE,
        "所附签署证据的格式不符。",
        "The evidence attached is not in its form.",
    ),
    Reason.EVIDENCE_CERTIFICATE: (
        FALSE,
        "签署证据所用密钥的证书不是由该 CA 为此用途签发。",
        "This CA did not certify the evidence's key for this purpose.",
    ),
    Reason.EVIDENCE_NOT_VALID_THEN: (
        FALSE,
        "签署时证据证书不在有效期内。",
        "The evidence's certificate was not valid when the opinion was signed.",
    ),
    Reason.EVIDENCE_ALTERED: (
        FALSE,
        "签署证据与其签名不符：证据被改动。",
        "The evidence is not what its signature is over: it was altered.",
    ),
    Reason.OPINION_OF_ANOTHER: (
        FALSE,
        "所附意见正文与签署证据不是同一份意见。",
        "The text attached is not the one the evidence is for.",
    ),
    Reason.PAGE_OF_ANOTHER: (
        FALSE,
        "文件页面上的证据摘要与所附签署证据不符。",
        "The page names other evidence than what is attached.",
    ),
    Reason.PAGE_ILLEGIBLE: (
        FALSE,
        "文件页面上有无法显示的字符。",
        "A page has characters that are not shown.",
    ),
    Reason.TIME_DIFFERS: (
        FALSE,
        "电子签名的时间与签署证据的时间不同。",
        "The signature and the evidence say different times.",
    ),
    Reason.INSTITUTION_DIFFERS: (
        FALSE,
        "印章、证据密钥与签署证据所说的机构不同。",
        "The seal, the evidence's key and the evidence name different institutions.",
    ),
    Reason.SIGNER_DIFFERS: (
        FALSE,
        "电子签名与签署证据所说的签署人不同。",
        "The signature and the evidence name different people.",
    ),
}
