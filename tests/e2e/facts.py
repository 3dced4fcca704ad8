"""What the pages are opened on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """Study Instance UIDs of what was pushed for the tests."""

    ct_study: str
    ct_images: int
    prior_study: str
    dr_study: str
    #: A reading the author writes, one that waits for its verifier, a signed report and its printed code.
    reading: str = "0"
    submitted: str = "0"
    report: str = "0"
    code: str = "0"
