"""Which form of an answer is asked for, and what may stand in an address.  Pure.

FHIR R4 3.1.0.1.8, RFC 9110 12.5.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from telemed.cds.request import identity_number_in
from telemed.fhir.outcomes import Refusal
from telemed.fhir.searching import Param
from telemed.fhir.table import VERSION
from telemed.vocabulary import Text

JSON = frozenset({"application/fhir+json", "application/json", "text/json", "json"})
_ANY = frozenset({"*/*", "application/*"})

NOT_ACCEPTABLE = Refusal(
    406,
    "not-supported",
    Text("只提供 application/fhir+json（FHIR 4.0）。", "Answers come as application/fhir+json of FHIR 4.0 alone."),
)
NUMBER_IN_ADDRESS = Refusal(
    400,
    "security",
    Text(
        "证件号码出现在地址中，已拒绝。请用 POST _search，把号码放在请求正文里。",
        "ID numbers in URLs (refused): use POST _search with the number in the body.",
    ),
)
NOT_JSON = Refusal(
    415,
    "not-supported",
    Text("内容须为 application/fhir+json，未保存。", "The content must be application/fhir+json; nothing was stored."),
)


def answerable(accept: str | None, wanted: str | None) -> bool:
    """Whether JSON of FHIR R4 answers the Accept header, or `_format`, which goes before it."""
    if wanted:
        # a plus sign that nobody has escaped is a blank
        return _is_json(wanted.replace(" ", "+"))
    if not accept or not accept.strip():
        return True
    return any(_is_json(one) or _kind(one) in _ANY for one in accept.split(",") if not _refused(one))


def is_json(content_type: str | None) -> bool:
    """Whether a body says that it is JSON of FHIR R4."""
    return content_type is not None and _is_json(content_type)


def is_form(content_type: str | None) -> bool:
    return content_type is not None and _kind(content_type) == "application/x-www-form-urlencoded"


def stands_against(address: str, pairs: Iterable[tuple[str, str]], params: Sequence[Param]) -> Refusal | None:
    """Why an address is refused: a number of a person in it, or a parameter that no address may carry."""
    hidden = {one.name for one in params if not one.in_address}
    if identity_number_in(unquote(address)) or any(name.partition(":")[0] in hidden for name, _ in pairs):
        return NUMBER_IN_ADDRESS
    return None


def _kind(media: str) -> str:
    return media.partition(";")[0].strip().lower()


def _is_json(media: str) -> bool:
    asked = [one.strip().lower() for one in media.split(";")[1:]]
    versions = [one.removeprefix("fhirversion=").strip('"') for one in asked if one.startswith("fhirversion=")]
    return _kind(media) in JSON and all(VERSION.startswith(one) for one in versions)


def _refused(media: str) -> bool:
    return any(part.replace(" ", "").lower() in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for part in media.split(";")[1:])
