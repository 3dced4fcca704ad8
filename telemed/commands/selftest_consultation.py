"""A part of the self-test: a township asks a specialist, both meet in the room, the opinion is signed and proved."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
from cryptography import x509

from telemed.commands.selftest_recognition import Failed, Steps
from telemed.consultation.opinion.verifying import Refused, verify
from telemed.demo.consultations import photograph
from telemed.demo.person import Person

IMAGING = "32"
QUESTION = "右肺上叶结节，12 mm，是否需要增强或转诊？"
DIAGNOSIS = "右肺上叶实性结节，恶性可能不能除外。"
ADVICE = "建议 2 周内到县医院行增强 CT；必要时多学科会诊。"
ANSWER_SECONDS = 20


async def ask(requester: Person, patient: str, study: str) -> str:
    """A draft with question and study, the paper consent beside it, sent."""
    number = str(uuid4())
    form = {
        "kind": "video",
        "urgency": "urgent",
        "purpose": "diagnosis",
        "department": IMAGING,
        "history": "体检发现右肺结节，无咳嗽、咯血，吸烟 30 年。",
        "question": QUESTION,
        "studies": [study],
    }
    await requester.post("/api/consultations", {"id": number, "patient_id": patient, "form": form})
    sent = await requester.upload(f"/api/consultations/{number}/photographs", photograph(), "image/png")
    consent = {
        "kind": "paper",
        "name": "自检患者",
        "relation": "self",
        "manner": "fingerprint",
        "at": datetime.now(UTC).isoformat(),
        "paper": sent["digest"],
    }
    await requester.post(f"/api/consultations/{number}/consents", consent)
    await requester.post(f"/api/consultations/{number}/submit")
    return number


async def stand_by(coordinator: Person, expert: Person, inviting: str) -> None:
    """The expert is one, has an agreement behind, stands on the first line and has signed in."""
    person, place = str(expert.me["practitioner_id"]), str(expert.me["organization_id"])
    asked = {"departments": [IMAGING], "since": "2012-07-01", "accepts": True, "revision": 0}
    await coordinator.post(f"/api/consultation-experts/{person}", asked, method="PUT")
    agreed = {
        "id": str(uuid4()),
        "inviting_id": inviting,
        "invited_id": place,
        "number": "自检协议",
        "valid_from": "2026-01-01",
    }
    await coordinator.post("/api/consultation-agreements", agreed)
    now, shift = datetime.now(UTC), str(uuid4())
    turn = {
        "id": shift,
        "department": IMAGING,
        "line": 1,
        "practitioner_id": person,
        "begins": (now - timedelta(minutes=5)).isoformat(),
        "ends": (now + timedelta(hours=8)).isoformat(),
        "phone": "0312-5550101",
    }
    await coordinator.post("/api/duty/shifts", turn)
    await expert.post(f"/api/duty/shifts/{shift}/sign-in")


async def meet(requester: Person, expert: Person, room: str, image: dict[str, str]) -> None:
    """Both enter the room; what the expert shows and says reaches the inviting physician.

    image: UIDs of study, series and sop.
    """
    path = f"/api/rooms/{room}/socket"
    async with requester.socket(path) as here, expert.socket(path) as there:
        for socket, who in ((here, requester), (there, expert)):
            hello = {"t": "hello", "v": 1, "device": str(uuid4()), "token": who.csrf, "gen": 0}
            await socket.send_json(hello)
            await until(socket, "welcome")
        await command(there, "presenter.take", {}, base=0)
        shown = await until(here, "ev", k="presenter.take")
        key = {**image, "frame": 1, "pe": shown["d"]["pe"], "wl": [-600_000, 1_500_000]}
        await command(there, "viewer.key", key)
        await until(here, "ev", k="viewer.key")
        await command(there, "chat.msg", {"text": "请看这一层 <b>右上</b>"})
        await until(here, "ev", k="chat.msg")
        await there.send_json({"t": "seen", "n": 1, "study": image["study"], "images": [[image["sop"], 1]]})
        await until(there, "seen")


async def command(
    socket: aiohttp.ClientWebSocketResponse, kind: str, fact: dict[str, Any], *, base: int | None = None
) -> None:
    """Say something to the room and have it taken.  base: of what has versions.  Raises Failed where it is refused."""
    cid = str(uuid4())
    await socket.send_json({"t": "cmd", "cid": cid, "k": kind, "d": fact, "base": base})
    said = await until(socket, "ok", "err", cid=cid)
    if said["t"] == "err":
        raise Failed(f"the room refused {kind}: {said['code']}")


async def until(socket: aiohttp.ClientWebSocketResponse, *kinds: str, **fields: str) -> dict[str, Any]:
    """The first message of one of these kinds with these fields.  Raises Failed when it does not come."""
    async with asyncio.timeout(ANSWER_SECONDS):
        async for message in socket:
            said: dict[str, Any] = message.json()
            if said["t"] in kinds and all(said.get(name) == value for name, value in fields.items()):
                return said
    raise Failed("the room closed before it answered")


def proved(pdf: bytes, authority: bytes) -> str:
    """Who signed, as a third party finds it.  Raises Failed where it does not verify."""
    found = verify(pdf, (x509.load_pem_x509_certificate(authority),))
    if isinstance(found, Refused):
        raise Failed(f"the opinion does not verify: {found.reason}")
    return found.evidence.signer.name


def altered(pdf: bytes, authority: bytes) -> None:
    """One byte changed is found.  Raises Failed where it is not."""
    content = bytearray(pdf)
    content[len(content) // 2] ^= 1
    if not isinstance(verify(bytes(content), (x509.load_pem_x509_certificate(authority),)), Refused):
        raise Failed("an opinion with one byte changed verifies")


async def consult(steps: Steps, coordinator: Person, expert: Person, requester: Person, study_uid: str) -> None:
    """One consultation from the question to the decision."""
    study = await _study(requester, study_uid)
    with steps.step("会诊专家、协议与值班（签到）", "an expert, an agreement, a turn of duty with sign-in"):
        await stand_by(coordinator, expert, str(requester.me["organization_id"]))
    with steps.step("乡镇提交急会诊（纸质知情同意）", "the township asks, consent on paper beside it"):
        number = await ask(requester, study["patient_id"], study["id"])
    with steps.step("调度员请值班专家，专家接诊", "the coordinator asks whoever is on duty, who accepts"):
        await coordinator.post(f"/api/consultations/{number}/offer", {})
        await expert.post(f"/api/consultations/{number}/accept")
        await expert.post(f"/api/consultations/{number}/begin")
    detail = await expert.get(f"/api/consultations/{number}")
    with steps.step("会诊室：同看一幅图，留言", "both in the room look at one image, and talk"):
        await meet(requester, expert, detail["consultation"]["room_id"], await _image(expert, study_uid))
    with steps.step("专家签发会诊意见（密码与动态口令）", "the expert signs, with password and second factor"):
        written = await expert.post(
            f"/api/consultations/{number}/opinion", {"diagnosis": DIAGNOSIS, "advice": ADVICE}, method="PUT"
        )
        signing = {"password": expert.password, "revision": written["revision"]}
        signed = await expert.post(f"/api/consultations/{number}/sign", signing)
    with steps.step("意见书离线验证，改动一字节即被发现", "the opinion verifies offline, one byte changed does not"):
        pdf = await requester.download(f"/api/consultations/{number}/opinions/{signed['version']}/document")
        authority = await requester.download("/county-ca.crt")
        name = await asyncio.to_thread(proved, pdf, authority)
        if name != expert.me["name"]:
            raise Failed(f"the opinion names {name}")
        await asyncio.to_thread(altered, pdf, authority)
    with steps.step("邀请医师采纳意见，双方归档", "the inviting physician adopts it, archived on both sides"):
        await requester.post(f"/api/consultations/{number}/decide", {"verdict": "adopted"})
        after = await expert.get(f"/api/consultations/{number}")
        if after["consultation"]["state"] != "archived":
            raise Failed(f"the consultation is {after['consultation']['state']}")


async def _study(requester: Person, study_uid: str) -> dict[str, Any]:
    listed = (await requester.get("/api/studies"))["items"]
    mine = [one for one in listed if one["study_instance_uid"] == study_uid]
    if not mine:
        raise Failed("the township does not see its own study")
    return {"id": mine[0]["id"], "patient_id": mine[0]["patient_id"]}


async def _image(expert: Person, study_uid: str) -> dict[str, str]:
    """The first image of a study."""
    metadata = await expert.get(f"/dicom-web/studies/{study_uid}/metadata")
    first = metadata[0]
    series, sop = first["0020000E"]["Value"][0], first["00080018"]["Value"][0]
    return {"study": study_uid, "series": series, "sop": sop}
