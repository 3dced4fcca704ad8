"""What settings are made of: their note, and the kinds of value that several sections use."""

from typing import Annotated, Any, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Meta


class Note(NamedTuple):
    """What a setting means, in Chinese and English; secret values are never printed."""

    zh: str
    en: str
    secret: bool = False


Section = msgspec.Struct  # a table of the configuration file

Port = Annotated[int, Meta(ge=0, le=65535)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


def tables_of(kind: Any) -> type[Section] | None:
    """Of what a setting is an array, where it is one of tables (`[[section.key]]`); None for every other."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    inner = get_args(kind)[0] if get_origin(kind) is tuple else None
    return inner if isinstance(inner, type) and issubclass(inner, msgspec.Struct) else None
