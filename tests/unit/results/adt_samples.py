"""ADT messages of a county's hospital system, made up."""

from __future__ import annotations

HEADER = "MSH|^~\\&|HIS|县医院|TELEMED|LONGAN|{sent}||ADT^{event}|{control}|P|2.5.1||||||GB18030"
EVENT = "EVN||{sent}"
PATIENT = "PID|1||20481^^^县医院^MR~239999195603140024^^^CN^NNCHN||王桂兰||19560314|F"
BEGAN = "20261012083000+0800"


def pv1(number: str = "V1", began: str = BEGAN, kind: str = "O") -> str:
    """The segment of a visit; '' leaves a field empty."""
    fields = ["PV1", "1", kind, *[""] * 43]
    fields[19], fields[44] = number, began
    return "|".join(fields)


def text(*lines: str, event: str = "A04", control: str = "V1-1", sent: str = "20261012083100+0800") -> str:
    """A whole message as characters; without lines, one outpatient visit that is registered."""
    head = [HEADER.format(event=event, control=control, sent=sent), EVENT.format(sent=sent)]
    return "\r".join([*head, *(lines or (PATIENT, pv1()))]) + "\r"


def adt(*lines: str, event: str = "A04", control: str = "V1-1", sent: str = "20261012083100+0800") -> bytes:
    """The same as bytes."""
    return text(*lines, event=event, control=control, sent=sent).encode("gb18030")
