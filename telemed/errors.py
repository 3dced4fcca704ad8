"""The five errors that may cross packages; everything else is a bug and becomes a 500 with a request id."""

from __future__ import annotations


class DomainError(Exception):
    """An expected refusal: what happened, what was kept and what to do next, in Chinese and English.

    code: stable kebab-case word that clients may switch on.
    facts: ids and counts that help (never a patient's name or number).
    Nothing has been changed when it is raised.
    """

    status: int = 500

    def __init__(self, code: str, zh: str, en: str, **facts: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.zh = zh
        self.en = en
        self.facts: dict[str, str | int] = facts


class Invalid(DomainError):
    """The request contradicts itself or the rules; the same request will never succeed."""

    status = 422


class Forbidden(DomainError):
    """The person is known and may not do this."""

    status = 403


class NotFound(DomainError):
    """No such thing, or nothing that this person may know of."""

    status = 404


class Conflict(DomainError):
    """The thing has moved on meanwhile; read it again and decide anew."""

    status = 409


class Gone(DomainError):
    """It was there once, and is no longer."""

    status = 410


class Unavailable(DomainError):
    """A service this needs is away for the moment; the same request may succeed later."""

    status = 503
