"""医保影像云索引: a settlement line beside the Study Instance UID it paid for, one row each. Pure.

The columns are those of NHSA's pilot as far as they are known (domain A5): settlement, charge line, item code, study,
state of the upload.  Pixels stay; a row exists once the report is signed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from telemed.vocabulary import Text

#: Of the hospital's settlement table, the names a column goes by.
SETTLEMENT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "settlement": ("结算编号", "结算ID", "settlement"),
    "charge": ("费用明细流水号", "charge"),
    "item": ("医保影像检查项目编码", "医保项目编码", "item"),
    "accession": ("检查号", "accession"),
    "organization": ("机构代码", "organization"),
}
COLUMNS = (
    "结算编号",
    "费用明细流水号",
    "医保影像检查项目编码",
    "检查实例UID",
    "检查号",
    "机构代码",
    "机构名称",
    "检查类型",
    "检查时间",
    "报告签发时间",
    "序列数",
    "图像数",
    "上传状态",
)
#: Upload state: nothing has been sent to the platform by this command.
NOT_SENT = "0"
NO_SETTLEMENT = "缺少结算信息"
_MONTH = re.compile(r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Settlement:
    """One line of a settlement.  organization: the code of who made the study: another's may have its number too.

    line: of its file.
    """

    settlement: str
    charge: str
    item: str
    accession: str
    organization: str
    line: int


@dataclass(frozen=True, slots=True)
class IndexedStudy:
    """A study whose report is signed.  acquired_at, signed_at: UTC."""

    study_instance_uid: str
    accession_number: str
    organization_code: str
    organization_name: str
    modalities: Sequence[str]
    acquired_at: datetime | None
    signed_at: datetime
    series: int
    instances: int


@dataclass(frozen=True, slots=True)
class SettlementFault:
    """What is wrong with a line of the settlement table; line 1 is the header."""

    line: int
    text: Text


def month(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a month of the county and that of the next, UTC.  Raises ValueError for another text."""
    if not _MONTH.fullmatch(text):
        raise ValueError(f"no month: {text!r}")
    begins = datetime(int(text[:4]), int(text[5:]), 1, tzinfo=zone)
    ends = begins.replace(year=begins.year + begins.month // 12, month=begins.month % 12 + 1)
    return begins.astimezone(UTC), ends.astimezone(UTC)


def settlements(lines: Iterable[tuple[int, Sequence[str]]]) -> tuple[list[Settlement], list[SettlementFault]]:
    """Read a settlement table, its first line naming the columns; other columns are passed over."""
    found: list[Settlement] = []
    faults: list[SettlementFault] = []
    at: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    for number, cells in lines:
        if not at:
            names = {cell.strip(): index for index, cell in enumerate(cells)}
            at = {key: names[one] for key, several in SETTLEMENT_COLUMNS.items() for one in several if one in names}
            missing = [several[0] for key, several in SETTLEMENT_COLUMNS.items() if key not in at]
            if missing:
                words = "、".join(missing)
                return [], [SettlementFault(number, Text(f"缺少列：{words}", f"columns are missing: {words}"))]
            continue
        said = {key: cells[index].strip() if index < len(cells) else "" for key, index in at.items()}
        if not all(said.values()):
            faults.append(SettlementFault(number, Text("有空的必填项。", "A cell that is needed is empty.")))
        elif (said["settlement"], said["charge"]) in seen:
            faults.append(
                SettlementFault(number, Text("同一结算明细出现两次。", "The charge line stands there twice."))
            )
        else:
            seen.add((said["settlement"], said["charge"]))
            found.append(Settlement(**said, line=number))
    return found, faults


@dataclass(frozen=True, slots=True)
class Index:
    """Rows in the order of COLUMNS.  unsettled: studies without one.  unmatched: settlements without a study."""

    rows: tuple[tuple[str, ...], ...]
    unsettled: int
    unmatched: tuple[Settlement, ...]


def index(studies: Sequence[IndexedStudy], paid: Sequence[Settlement], zone: ZoneInfo) -> Index:
    """Put settlement lines beside the studies of their institutions and accession numbers.

    A study that several lines paid for has several rows; one without any has a row that says so.  zone: of the times.
    """
    by_number: dict[tuple[str, str], list[Settlement]] = {}
    for one in paid:
        by_number.setdefault((one.organization, one.accession), []).append(one)
    rows: list[tuple[str, ...]] = []
    unsettled = 0
    for study in studies:
        named = (study.organization_code, study.accession_number)
        lines = by_number.get(named, []) if study.accession_number else []
        rows += [_row(study, one, zone) for one in lines]
        if not lines:
            unsettled += 1
            rows.append(_row(study, None, zone))
    known = {(one.organization_code, one.accession_number) for one in studies if one.accession_number}
    return Index(tuple(rows), unsettled, tuple(one for one in paid if (one.organization, one.accession) not in known))


def _row(study: IndexedStudy, one: Settlement | None, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        "" if one is None else one.settlement,
        "" if one is None else one.charge,
        "" if one is None else one.item,
        study.study_instance_uid,
        study.accession_number,
        study.organization_code,
        study.organization_name,
        "/".join(study.modalities),
        "" if study.acquired_at is None else _local(study.acquired_at, zone),
        _local(study.signed_at, zone),
        str(study.series),
        str(study.instances),
        NO_SETTLEMENT if one is None else NOT_SENT,
    )


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
