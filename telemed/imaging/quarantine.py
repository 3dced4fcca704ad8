"""异常数据(待处理): bytes kept apart with the reason in words, until a person releases or discards them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from telemed.db import Connection, execute, fetch_all, fetch_one, load
from telemed.errors import Conflict, Invalid, NotFound
from telemed.events import append
from telemed.imaging import store
from telemed.imaging.study import Arrival, Clash, statement_key
from telemed.vocabulary import PractitionerId, Scope, Text

queries = load(__name__, "quarantine.sql")

#: Every reason: what happened, and what to do.  The first group is refused before Success (dicom_gateway.headers).
REASONS: dict[str, Text] = {
    "data-set-empty": Text("数据为空。请在设备上重新发送。", "The data set is empty. Send it again from the device."),
    "data-set-truncated": Text(
        "数据不完整：在保存或传输中被截断。请在设备上重新发送；仍失败时联系厂家。",
        "The data set is cut off. Send it again from the device; if that fails, call its service.",
    ),
    "data-set-unreadable": Text(
        "数据无法解析：内容与声明的传输语法不符。请联系设备厂家。",
        "The bytes are no data set of the declared transfer syntax. Call the device's service.",
    ),
    "nested-too-deep": Text("数据异常：序列嵌套过深。", "Sequences are nested deeper than in any real object."),
    "too-many-elements": Text("数据异常：数据元素过多。", "There are more elements than in any real object."),
    "inflates-too-far": Text("数据异常：解压后过大。", "The data set is out of all proportion once inflated."),
    "identifier-missing": Text(
        "缺少检查、序列或图像的唯一标识。请联系设备厂家。",
        "A study, series or instance UID is missing. Call the device's service.",
    ),
    "identifier-invalid": Text(
        "检查、序列或图像的唯一标识不合规。请联系设备厂家。",
        "A study, series or instance UID is not a UID. Call the device's service.",
    ),
    "sop-class-mismatch": Text(
        "图像类型与发送声明不一致。核对后可放行。",
        "The image is of another type than announced. Check it; it can be released.",
    ),
    "sop-instance-mismatch": Text(
        "图像标识与发送声明不一致。核对后可放行。",
        "The image has another UID than announced. Check it; it can be released.",
    ),
    "image-too-large": Text("图像尺寸异常：行列数过大。", "One frame is larger than any real image."),
    "pixel-data-missing": Text(
        "缺少像素数据。请在设备上重新发送。", "There are no pixels. Send it again from the device."
    ),
    "pixel-data-too-short": Text(
        "像素数据不完整。请在设备上重新发送。", "Pixels are missing. Send it again from the device."
    ),
    "sender-unknown": Text(
        "发送设备已不在名录中。登记设备后可放行。",
        "The sending device is not in the directory any more. Enrol it, then release.",
    ),
    "not-indexable": Text(
        "数据完整但无法入库，已保留。请联系系统管理员。",
        "The data set is whole and could not be indexed; it is kept. Call the system's administrator.",
    ),
    Clash.INSTANCE_CHANGED.value: Text(
        "同一图像标识收到了不同内容。原图保留并继续使用；如需新图，请在设备上以新标识重新发送。",
        "Other content came under the UID of a stored image. The stored one is kept and used; "
        "to use the new one, send it from the device under a new UID.",
    ),
    Clash.ANOTHER_SENDER.value: Text(
        "该检查标识已被另一机构使用。确认属于同一检查后可放行。",
        "This study UID belongs to another organisation's study. Release it if it is the same study.",
    ),
    Clash.ANOTHER_PATIENT.value: Text(
        "疑似混合检查：同一检查标识下的患者信息互相矛盾。确认为同一人后可放行，否则请机构更正后重发。",
        "Two patients under one study UID. Release it if they are one person; else the site corrects and resends.",
    ),
    Clash.ANOTHER_STUDY.value: Text(
        "该序列标识已属于另一检查。请在设备上以新标识重新发送。",
        "This series UID belongs to another study. Send it from the device under new UIDs.",
    ),
}

#: What a person may let through; everything else contradicts a stored image or cannot be read.
RELEASABLE = frozenset(
    {"sop-class-mismatch", "sop-instance-mismatch", "sender-unknown", Clash.ANOTHER_SENDER, Clash.ANOTHER_PATIENT}
)


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes to be kept apart.  arrival: None if the data set could not be read; fault: at which byte or tag."""

    digest: str
    size: int
    reason: str
    organization_id: UUID | None
    calling_ae: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    received_at: datetime
    arrival: Arrival | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as it is listed.  patient_name and patient_id are the device's words."""

    id: UUID
    digest: str
    size: int
    reason: str
    organization_id: UUID | None
    organization_name: str
    calling_ae: str
    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    study_id: UUID | None
    times: int
    received_at: datetime
    last_received_at: datetime
    state: str
    decided_at: datetime | None
    decided_by_name: str
    decision_note: str
    patient_name: str
    patient_id: str
    modality: str
    fault: str
    readable: bool


@dataclass(frozen=True, slots=True)
class _Opened:
    id: UUID
    opened: bool


@dataclass(frozen=True, slots=True)
class _Locked:
    id: UUID
    digest: str
    reason: str
    arrival: Any
    organization_id: UUID | None
    study_id: UUID | None
    state: str


@dataclass(frozen=True, slots=True)
class _Count:
    count: int


def of_clash(arrival: Arrival, clash: Clash) -> Case:
    """The case of an instance that is whole and clashes with the index."""
    return Case(
        digest=arrival.digest,
        size=arrival.size,
        reason=clash.value,
        organization_id=arrival.organization_id,
        calling_ae=arrival.calling_ae,
        sop_class_uid=arrival.sop_class_uid,
        sop_instance_uid=arrival.sop_instance_uid,
        transfer_syntax_uid=arrival.transfer_syntax_uid,
        received_at=arrival.received_at,
        arrival=arrival,
    )


async def open_case(tx: Connection, case: Case) -> UUID:
    """Keep bytes apart and tell those who look after it; bytes that are kept already are only counted."""
    detail: dict[str, Any] = {"fault": case.fault} if case.fault else {}
    if case.arrival is not None:
        detail["arrival"] = msgspec.to_builtins(case.arrival)
    row = await fetch_one(
        tx,
        queries["open_case"],
        {
            "digest": case.digest,
            "size": case.size,
            "reason": case.reason,
            "detail": msgspec.json.encode(detail).decode(),
            "organization_id": case.organization_id,
            "calling_ae": case.calling_ae,
            "sop_class_uid": case.sop_class_uid,
            "sop_instance_uid": case.sop_instance_uid,
            "study_instance_uid": "" if case.arrival is None else case.arrival.study_instance_uid,
            "transfer_syntax_uid": case.transfer_syntax_uid,
            "received_at": case.received_at,
        },
        _Opened,
    )
    if row is None:
        raise LookupError("an upsert returned no row")
    if row.opened:
        await append(tx, "quarantine.opened", row.id, _topics(case.organization_id))
    return row.id


def _topics(organization_id: UUID | None) -> list[str]:
    # a reading centre's people may see the case and hear of the county by `worklist` only
    return ["admin", "worklist", *([] if organization_id is None else [f"organization/{organization_id}"])]


async def cases(
    connection: Connection,
    scope: Scope,
    *,
    unplaced: bool,
    state: str,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[CaseRow]:
    """Cases of the organisations in scope, newest first; unplaced: those of no organisation too."""
    params = {
        "state": state,
        "organizations": scope.organizations,
        "unplaced": unplaced,
        "before_at": None if before is None else before[0],
        "before_id": None if before is None else before[1],
        "limit": limit,
    }
    return await fetch_all(connection, queries["cases"], params, CaseRow)


async def count_open(connection: Connection, scope: Scope, *, unplaced: bool) -> int:
    """How many wait for a decision."""
    params = {"organizations": scope.organizations, "unplaced": unplaced}
    row = await fetch_one(connection, queries["count_open"], params, _Count)
    return 0 if row is None else row.count


async def release(
    tx: Connection, scope: Scope, case_id: UUID, *, by: PractitionerId, note: str, now: datetime
) -> UUID | None:
    """Let a case into the index as it was received; returns the study.

    Raises NotFound, Invalid without a note, Conflict if it was decided before or contradicts a stored image; nothing
    was changed then.
    """
    if not note.strip():
        raise Invalid(
            "release-needs-note",
            "放行须写明理由：核对了什么、为何可以放行。数据仍保留，未作任何改动。",
            "Say what was checked and why it may be released. It is kept, and nothing was changed.",
        )
    case = await _lock(tx, scope, case_id)
    if case.reason not in RELEASABLE or case.arrival is None:
        raise Conflict(
            "case-not-releasable",
            "该数据不能放行：" + REASONS[case.reason].zh,
            "This cannot be released: " + REASONS[case.reason].en,
        )
    arrival = msgspec.convert(case.arrival, Arrival)
    organization = await store.organization_of(tx, case.organization_id, arrival.calling_ae)
    if organization is None:
        raise Conflict(
            "sender-still-unknown",
            "发送设备仍未登记。请先在设备管理中登记，再放行。",
            "The sending device is still not in the directory. Enrol it first, then release.",
        )
    # its association is long over and proves nothing about the study it comes into now
    arrival = replace(
        arrival, organization_id=organization, association_id=str(uuid5(case.id, "release")), received_at=now
    )
    same = {
        (one.sop_instance_uid, arrival.digest): False
        for one in await store.known_bytes(tx, [arrival.sop_instance_uid])
        if one.digest != arrival.digest
    }
    if await store.index(tx, [arrival], same, released=frozenset({arrival.digest})):
        raise Conflict(
            "case-contradicts-index",
            "该图像与已保存的图像标识冲突，不能放行；原图保留。",
            "It contradicts a stored image of the same UID and cannot be released; the stored one is kept.",
        )
    await store.end_association(tx, arrival.association_id, now, released=True)
    await execute(
        tx, queries["decide"], {"id": case.id, "state": "released", "by": by, "now": now, "note": note.strip()}
    )
    if case.reason == Clash.ANOTHER_PATIENT and case.study_id is not None:
        await accept_statement(tx, case.study_id, statement_key(arrival.whose))
    await _after(tx, case)
    return case.study_id


async def discard(tx: Connection, scope: Scope, case_id: UUID, *, by: PractitionerId, note: str, now: datetime) -> None:
    """Close a case without letting it in; its bytes are still kept."""
    case = await _lock(tx, scope, case_id)
    await execute(tx, queries["decide"], {"id": case.id, "state": "discarded", "by": by, "now": now, "note": note})
    await _after(tx, case)


async def accept_statement(tx: Connection, study_id: UUID, key: bytes | None = None) -> None:
    """Note that what a study's instances say of their patient is of one person; key: one statement, None: all."""
    await execute(tx, store.queries["accept_statements"], {"id": study_id, "key": key})


async def settle(
    tx: Connection, case_ids: Sequence[UUID], organization_id: UUID, *, by: PractitionerId, note: str, now: datetime
) -> None:
    """Close cases whose instances somebody has brought into the index."""
    await execute(tx, queries["settle"], {"ids": list(case_ids), "by": by, "note": note, "now": now})
    for case_id in case_ids:
        await append(tx, "quarantine.decided", case_id, _topics(organization_id))


async def _lock(tx: Connection, scope: Scope, case_id: UUID) -> _Locked:
    case = await fetch_one(tx, queries["lock_case"], {"id": case_id}, _Locked)
    unplaced = case is not None and case.organization_id is None and scope.is_county_wide
    if case is None or not (unplaced or scope.admits(case.organization_id)):
        raise NotFound("unknown-case", "找不到该异常数据。", "There is no such quarantined item.")
    if case.state != "open":
        raise Conflict("case-decided", "该异常数据已由他人处理。", "Somebody has decided this item already.")
    return case


async def _after(tx: Connection, case: _Locked) -> None:
    """Lift the hold of a study that nothing contradicts any more, and tell."""
    await append(tx, "quarantine.decided", case.id, _topics(case.organization_id))
    if case.study_id is None or case.reason != Clash.ANOTHER_PATIENT:
        return
    left = await fetch_one(tx, queries["open_of_other_patient"], {"study_id": case.study_id}, _Count)
    if left is not None and left.count == 0:
        await execute(tx, queries["release_hold"], {"study_id": case.study_id})
        if case.organization_id is not None:
            await store.tell(tx, case.study_id, case.organization_id, "study.updated")
