"""What people call items of the catalogues, and the places where a card was shown."""

from __future__ import annotations

from collections.abc import Mapping

from telemed.db import Connection
from telemed.recognition.listing import installed
from telemed.statistics.messages import Words

#: Where a question came from: the surface of its card, or by whom it was asked where none was shown.
SOURCES: Mapping[str, Words] = {
    "patient-view": Words("HIS：接诊（CDS Hooks）", "HIS: visit (CDS Hooks)"),
    "order-start": Words("HIS：开始开单（CDS Hooks）", "HIS: order begun (CDS Hooks)"),
    "order-select": Words("HIS：选择项目（CDS Hooks）", "HIS: item chosen (CDS Hooks)"),
    "order-sign": Words("HIS：提交申请（CDS Hooks）", "HIS: order signed (CDS Hooks)"),
    "page": Words("本系统：开单核对", "Here: order check"),
    "embedded": Words("HIS 内嵌页面", "Page inside the HIS"),
    "rest": Words("REST 接口", "REST call"),
    "timeline": Words("本系统：患者时间轴", "Here: patient timeline"),
    "page-silent": Words("本系统查询，未出卡", "Asked here, no card"),
    "system-silent": Words("HIS 查询，未出卡", "Asked by a HIS, no card"),
}


def source_name(code: str) -> Words:
    """Of the surface of a card, or of a silent question; a code that is none of these stays as it is."""
    return SOURCES.get(code, Words(code, code))


async def item_names(connection: Connection) -> dict[str, Words]:
    """Of every item of an installed catalogue, by its key; without a name in English it has the one in Chinese."""
    return {
        key: Words(item.name, item.name_en or item.name)
        for one in await installed(connection)
        for key, item in one.catalogue.items.items()
    }
