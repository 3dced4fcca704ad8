"""What the pages are opened on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """Study Instance UIDs of what was pushed for the tests."""

    ct_study: str
    ct_images: int
    prior_study: str
    dr_study: str
