"""What settings are made of: their note, and the kinds of value that several sections use."""

from typing import Annotated, NamedTuple

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
