import pytest

from dicom_gateway.spool import Ladder, Pressure, pressure
from dicom_gateway.spool.disk import GIB, MIB
from dicom_gateway.spool.files import Space

LARGE = 4000 * GIB


@pytest.mark.parametrize(
    ("free", "step"),
    [
        (50 * GIB, Pressure.NONE),
        (50 * GIB - 1, Pressure.WARN),
        (10 * GIB, Pressure.WARN),
        (10 * GIB - 1, Pressure.REFUSE_ASSOCIATIONS),
        (2 * GIB, Pressure.REFUSE_ASSOCIATIONS),
        (2 * GIB - 1, Pressure.REFUSE_INSTANCES),
        (0, Pressure.REFUSE_INSTANCES),
    ],
)
def test_the_ladder_of_a_large_volume(free: int, step: Pressure) -> None:
    assert pressure(Space(free, LARGE), Ladder()) is step


def test_a_small_volume_is_not_full_from_the_start() -> None:
    assert pressure(Space(18 * MIB, 20 * MIB), Ladder()) is Pressure.NONE
    assert pressure(Space(100, 20 * MIB), Ladder()) is Pressure.REFUSE_INSTANCES
