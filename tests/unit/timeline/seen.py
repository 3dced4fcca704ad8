"""One good glucose of one laboratory, from which every test takes away or adds one thing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from telemed.timeline.results import Result, Seen, folded

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
JOINT, CHINESE = UUID(int=5), UUID(int=6)


def seen(**changes: Any) -> Seen:
    said: dict[str, Any] = {
        "id": UUID(int=1),
        "report_id": UUID(int=2),
        "report_version_id": UUID(int=3),
        "patient_id": UUID(int=4),
        "linked": True,
        "organization_id": JOINT,
        "organization_name": "龙安联合医学检验所",
        "code_system": "LN",
        "code": "14771-0",
        "name": "空腹血糖",
        "sub_id": "",
        "item_key": None,
        "map_version": None,
        "value_type": "NM",
        "value_kind": "quantity",
        "value_text": "7.42",
        "comparator": "",
        "number": "7.42",
        "high": "",
        "denominator": "",
        "unit_written": "mmol/L",
        "unit_ucum": "mmol/L",
        "reference_range": "3.9-6.1",
        "flags": ["H"],
        "status": "final",
        "collected_at": AT,
        "collected_day": date(2026, 11, 20),
        "collected_written": "20261120090000",
        "collected_source": "OBX-14",
        "collected_doubt": "",
        "collected_zone_stated": False,
        "specimen_code": "Ser",
        "specimen_text": "血清",
        "specimen_system": "LOCAL",
        "specimen_flags": [],
        "specimen_ambiguous": False,
        "method_code": "hexokinase",
        "method_text": "己糖激酶法",
        "device": "AU5800",
        "performer": "",
        "ordered_at": AT + timedelta(hours=3),
        "known_from": AT + timedelta(hours=3),
        "line": 1,
        "notes": [],
        "report_status": "final",
        "report_ordered_at": AT + timedelta(hours=3),
    }
    number = changes.get("number")
    if number is not None:
        said["value_text"] = f"{changes.get('comparator', '')}{number}"
    return Seen(**{**said, **changes})


def result(*versions: Seen, **changes: Any) -> Result:
    (one,) = folded(versions or (seen(**changes),))
    return one
