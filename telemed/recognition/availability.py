"""G5: whether what is to be recognised can be had now, and whether it is good enough."""

from datetime import datetime, timedelta

from telemed.recognition.canonical import moment
from telemed.recognition.decision import Finding
from telemed.recognition.facts import Acquisition, Grade, Probe
from telemed.recognition.grounds import finding
from telemed.recognition.rule_set import Parameters

_GRADED: dict[Grade | None, str] = {
    "A": "grade-sufficient",
    "B": "grade-sufficient",
    "C": "grade-c",
    "reject": "grade-reject",
    None: "grade-missing",
}


def data() -> tuple[Finding, ...]:
    """A laboratory's data are in the registry itself."""
    return (finding("data-held"),)


def images(acquired: Acquisition, as_of: datetime, parameters: Parameters) -> tuple[Finding, Finding]:
    """The images were fetched a short while ago, and their grade is 甲 or 乙."""
    return (
        _fetched(acquired.probe, as_of, timedelta(minutes=parameters.probe_minutes)),
        finding(_GRADED[acquired.grade], ("grade", acquired.grade)),
    )


def _fetched(probe: Probe | None, as_of: datetime, counts_for: timedelta) -> Finding:
    if probe is None:
        return finding("images-unchecked", ("missing", "probe"))
    told = ("checked_at", moment(probe.checked_at))
    if as_of - probe.checked_at > counts_for:
        return finding("images-stale", told, ("minutes", int(counts_for.total_seconds()) // 60))
    return finding("images-available" if probe.available else "images-unavailable", told)
