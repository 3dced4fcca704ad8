"""The page as HTML: templates that escape everything, and what browsers are told to let it do."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from telemed.cds.registration import ORIGIN
from telemed.his.cards import FOOTER
from telemed.his.store import PageRow
from telemed.his.view import CardView, Reader, strip_view
from telemed.his.words import IDENTITIES, REFUSED
from telemed.vocabulary import Text

HERE = Path(__file__).parent
#: Files beside the page, by the name they are asked for.
FILES = {
    name: ((HERE / "static" / name).read_bytes(), kind)
    for name, kind in (("recognition.css", "text/css"), ("recognition.js", "text/javascript"))
}
VERSIONS = {name: hashlib.sha256(content).hexdigest()[:16] for name, (content, _) in FILES.items()}

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def rendered(
    row: PageRow,
    token: str,
    cards: Sequence[CardView],
    reader: Reader,
    *,
    due: int,
    notice: str = "",
    status: int = 200,
) -> web.Response:
    """The whole page.  token: for its forms.  due: how many orders may be recognised at once."""
    nonce = secrets.token_urlsafe(16)
    origins = _origins([row.origin] if row.origin in row.allowed_origins else row.allowed_origins)
    text = _templates.get_template("page.html").render(
        cards=cards,
        due=due,
        footer=reader.say(FOOTER),
        identity="" if row.identity == "sure" else reader.say(IDENTITIES[row.identity]),
        language=row.language,
        listeners=msgspec.json.encode(origins).decode(),
        nonce=nonce,
        notice=notice,
        patient=row.patient.name,
        pictures=reader.pictures,
        strip=strip_view(row.patient, reader),
        t=reader.words,
        token=token,
        until=reader.word("until", time=reader.moment(row.expires_at)),
        versions=VERSIONS,
        visit=row.visit,
    )
    return _html(text, status, policy(nonce, row.allowed_origins))


def refused(ground: str, allowed_origins: Iterable[str] | None, status: int) -> web.Response:
    """Why nothing is shown, in both languages.

    allowed_origins: of the system it is inside of; None where that is not known: the sentence may be read anywhere, for
    a doctor who sees an empty frame learns nothing.
    """
    nonce = secrets.token_urlsafe(16)
    said: Text = REFUSED[ground]
    text = _templates.get_template("refused.html").render(ground=ground, nonce=nonce, said=said, versions=VERSIONS)
    return _html(text, status, policy(nonce, allowed_origins))


def policy(nonce: str, allowed_origins: Iterable[str] | None) -> str:
    """The content security policy: two files of ours, forms to ourselves, framed by pages of one system alone."""
    framed = "*" if allowed_origins is None else " ".join(_origins(allowed_origins)) or "'none'"
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {framed}"
    )


def _origins(named: Iterable[str]) -> list[str]:
    return sorted(one for one in named if ORIGIN.fullmatch(one))


def _html(text: str, status: int, csp: str) -> web.Response:
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": csp, "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=headers)
