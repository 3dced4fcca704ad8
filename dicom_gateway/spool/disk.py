"""How full is too full: a pure decision on the room that is left."""

from dataclasses import dataclass
from enum import IntEnum

from dicom_gateway.spool.files import Space

MIB = 1 << 20
GIB = 1 << 30


class Pressure(IntEnum):
    """The ladder.  Each step includes those below it; nothing is ever deleted to climb down."""

    NONE = 0
    #: Tell the operator.
    WARN = 1
    #: New associations that would store are refused, running ones may finish.
    REFUSE_ASSOCIATIONS = 2
    #: Every instance is refused with A700.
    REFUSE_INSTANCES = 3


@dataclass(frozen=True, slots=True)
class Ladder:
    """Free bytes below which each step begins.

    Each limit is the smaller of a fixed size and a share of the volume, so that a small test volume is not full from
    the start and a large one does not waste a tenth of itself.
    """

    warn_bytes: int = 50 * GIB
    warn_share: float = 0.15
    associations_bytes: int = 10 * GIB
    associations_share: float = 0.05
    instances_bytes: int = 2 * GIB
    instances_share: float = 0.02


def pressure(space: Space, ladder: Ladder) -> Pressure:
    """Say on which step of the ladder the volume stands."""
    steps = (
        (Pressure.REFUSE_INSTANCES, ladder.instances_bytes, ladder.instances_share),
        (Pressure.REFUSE_ASSOCIATIONS, ladder.associations_bytes, ladder.associations_share),
        (Pressure.WARN, ladder.warn_bytes, ladder.warn_share),
    )
    for step, size, share in steps:
        if space.free < min(size, int(space.total * share)):
            return step
    return Pressure.NONE
