"""Messages of a county's laboratory, made up, in whatever character set a test asks for."""

from __future__ import annotations

HEADER = "MSH|^~\\&|LIS|县医院检验科|TELEMED|LONGAN|20261123091200||ORU^R01|{control}|P|2.5.1||||||{charset}"
PATIENT = "PID|1||20481^^^县医院^MR~239999195603140024^^^CN^NNCHN||王桂兰||19560314|F"
ORDER = "OBR|1|P1|F20261123-7^LIS|GLU^空腹血糖^LOCAL|||20261123080000||||||||Ser&血清&LOCAL|||||||20261123090500||LAB|F"
GLUCOSE = (
    "OBX|1|NM|2345-7^葡萄糖^LN^GLU^血糖^LOCAL||5.60|mmol/L|3.9-6.1|N|||F|||20261123080000|县医院||"
    "GOD^葡萄糖氧化酶法^LOCAL|AU5800"
)


def text(*lines: str, control: str = "M1", charset: str = "GB18030", header: str = HEADER) -> str:
    """A whole message as characters; without lines, one fasting glucose."""
    body = lines or (PATIENT, ORDER, GLUCOSE)
    return "\r".join([header.format(control=control, charset=charset), *body]) + "\r"


def message(*lines: str, control: str = "M1", charset: str = "GB18030", codec: str = "gb18030") -> bytes:
    """The same as bytes."""
    return text(*lines, control=control, charset=charset).encode(codec)
