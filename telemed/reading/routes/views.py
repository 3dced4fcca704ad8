"""Rows as the client sees them."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TypeVar

import msgspec
import segno

from telemed.patients.names import shown_pinyin
from telemed.reading.model import sites
from telemed.reading.model.clocks import out_of_hours, total_time
from telemed.reading.model.delivery import Receipts, is_closed, needs_acknowledgement
from telemed.reading.model.rules import ReadingRules
from telemed.reading.routes.messages import ClockView, Line, SiteLine, VersionView
from telemed.reading.service.clocking import clock
from telemed.reading.store.rows import OverviewRow, SiteReportRow, VersionRow

View = TypeVar("View", bound=msgspec.Struct)


def line(row: OverviewRow, now: datetime, rules: ReadingRules) -> Line:
    """One reading with its clock read at `now`."""
    shown = _like(row, Line)
    return msgspec.structs.replace(
        shown,
        clock=_clock(row, now, rules),
        body_site=sites.spoken(row.body_site),
        patient_pinyin=shown_pinyin(row.patient_name),  # the column holds every reading, for searching
    )


def site_line(row: SiteReportRow, now: datetime, rules: ReadingRules) -> SiteLine:
    receipts = Receipts(row.first_delivered, row.first_viewed, row.first_printed, row.first_acknowledged)
    matters = needs_acknowledgement(
        status=row.report_status or "preliminary",
        significance=row.significance or "none",
        major_discrepancy=row.major_discrepancy,
    )
    return SiteLine(
        line=line(row, now, rules),
        report_id=row.current_version_id or row.preliminary_version_id,
        delivered_at=row.first_delivered,
        viewed_at=row.first_viewed,
        printed_at=row.first_printed,
        acknowledged_at=row.first_acknowledged,
        needs_acknowledgement=matters,
        grade=row.grade,
        closed=is_closed(receipts, acknowledgement=matters),
    )


def version(row: VersionRow) -> VersionView:
    plain = {name: getattr(row, name) for name in VersionView.__struct_fields__ if name != "content_sha256"}
    return VersionView(content_sha256=row.content_sha256.hex(), **plain)


def qr(url: str) -> str:
    """The code as SVG in black on white, four modules of quiet zone (ISO/IEC 18004 6.3.8)."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        out,
        kind="svg",
        border=4,
        scale=1,
        xmldecl=False,
        svgns=True,
        omitsize=True,
        dark="#000",
        light="#fff",
    )
    return out.getvalue().decode()


def _clock(row: OverviewRow, now: datetime, rules: ReadingRules) -> ClockView | None:
    reading = clock(row, now, rules)
    if reading is None or row.due_at is None:
        return None
    ended = row.clock_ended_at
    promised = None
    if ended is None:
        promised = out_of_hours(row.due_at, working_time=row.working_time, calendar=rules.calendar, now=now)
    total = total_time(row.acquired_at, ended, now)
    return ClockView(
        elapsed_seconds=int(reading.elapsed.total_seconds()),
        allowed_seconds=int(reading.allowed.total_seconds()),
        level=reading.level.value,
        running=reading.running,
        overdue=reading.overdue,
        promised_at=promised,
        total_seconds=None if total is None else int(total.total_seconds()),
    )


def _like(row: msgspec.Struct, view: type[View]) -> View:
    """The view's fields that the row has too."""
    known = set(row.__struct_fields__)
    return view(**{name: getattr(row, name) for name in view.__struct_fields__ if name in known})
