"""The pages of consultations and of duty, as tests/e2e/pages.py has the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from playwright.sync_api import APIResponse, BrowserContext

from telemed.demo.consultations import photograph

from .browser import People
from .pages import Known, Visit, enter, patient_of
from .stack import Account

LIST = "[role='grid'][aria-busy='false']"
#: Of the demo's consultations by how their question begins: who asked, and which expert answers.
SIDES = {"心影增大": ("jianghaiyan", "qinlan"), "结节较前增大": ("wanglichun", "mashumin")}


@dataclass(frozen=True)
class Asked:
    """A consultation in session in whose room nobody has been. question: no other has it. study: its UID."""

    id: str
    room: str
    question: str
    study: str


def account(people: People, username: str) -> Account:
    return next(one for one in people.stack.accounts if one.username == username)


def asked(people: People, like: str) -> Asked:
    """Ask about the same images as the demo's consultation whose question begins so, and have its expert begin."""
    physician, expert = (account(people, one) for one in SIDES[like])
    with (
        people.context(physician) as asking,
        people.context(people.stack.account("coordinator")) as between,
        people.context(expert) as answering,
    ):
        found = _get(asking, "/api/consultations?open=true&limit=200")["items"]
        demo = next(one for one in found if one["question"].startswith(like))
        (study,) = _get(asking, f"/api/consultations/{demo['id']}")["studies"]
        number = str(uuid4())
        question = f"{like}，请会诊（{number[:4]}）"
        form = {
            "kind": demo["kind"],
            "urgency": "routine",
            "purpose": "diagnosis",
            "department": demo["department"],
            "history": "复查。",
            "question": question,
            "studies": [study["id"]],
        }
        _post(asking, "/api/consultations", {"id": number, "patient_id": demo["patient_id"], "form": form})
        path = f"/api/consultations/{number}"
        paper = _post(asking, f"{path}/photographs", photograph(), {"Content-Type": "image/png"}).json()["digest"]
        agreed = {"kind": "paper", "name": "患者本人", "relation": "self", "manner": "signature", "paper": paper}
        _post(asking, f"{path}/consents", agreed | {"at": datetime.now(UTC).isoformat()})
        _post(asking, f"{path}/submit")
        _post(between, f"{path}/offer", {"expert_id": demo["expert_id"]})
        _post(answering, f"{path}/accept")
        _post(answering, f"{path}/begin")
        room_id = _get(answering, path)["consultation"]["room_id"]
    return Asked(number, str(room_id), question, study["study_instance_uid"])


def _get(context: BrowserContext, path: str) -> Any:
    answer = context.request.get(path)
    assert answer.ok, f"{path}: {answer.status} {answer.text()}"
    return answer.json()


def _post(context: BrowserContext, path: str, body: Any = None, kind: dict[str, str] | None = None) -> APIResponse:
    headers = {"X-CSRF-Token": _get(context, "/api/session")["csrf_token"], **(kind or {})}
    answer = context.request.post(path, data=body, headers=headers)
    assert answer.ok, f"{path}: {answer.status} {answer.text()}"
    return answer


def requested(known: Known) -> str:
    """Begin to ask for a consultation about a patient of one's own township; returns the draft."""
    form = {
        "kind": "image-text",
        "urgency": "urgent",
        "purpose": "diagnosis",
        "department": "03.04",
        "history": "胸闷 2 小时，既往高血压。",
        "question": "是否需要急诊转院？",
    }
    body = {"id": str(uuid4()), "patient_id": patient_of(known), "form": form}
    return str(known.tell("/api/consultations", body)["id"])


def room(known: Known) -> str:
    """Return a room of the demo's that its expert may enter."""
    items = known.ask("/api/consultations?open=true&limit=200")["items"]
    return next(str(one["room_id"]) for one in items if one["room_id"] and one["question"].startswith("心影增大"))


CONSULTATION_VISITS: tuple[Visit, ...] = (
    Visit("consultations", "/consultations", "requester", LIST, organization="青石"),
    Visit(
        "consultation",
        lambda known: f"/consultations/{requested(known)}",
        "requester",
        ".detail .facts",
        organization="青石",
        route="/consultations/:id",
    ),
    Visit(
        "consultation-new",
        lambda known: f"/consultations/new?patient={patient_of(known)}",
        "requester",
        ".step fieldset",
        organization="青石",
        route="/consultations/new",
    ),
    Visit(
        "consultation-question",
        lambda known: f"/consultations/new?draft={requested(known)}&step=question",
        "requester",
        ".step textarea",
        organization="青石",
        route="/consultations/new",
    ),
    Visit(
        "consultation-consent",
        lambda known: f"/consultations/new?draft={requested(known)}&step=consent",
        "requester",
        ".step dl",
        organization="青石",
        route="/consultations/new",
    ),
    Visit("room", lambda known: f"/rooms/{room(known)}", "expert", ".corner.top", route="/rooms/:id"),
    Visit("consultations-coordinator", "/consultations", "coordinator", LIST),
    Visit("teaching", "/teaching", "requester", ".page .cases, .page .empty", organization="青石"),
    Visit("teaching-proposals", "/teaching/proposals", "center-head", ".page .proposals, .page .empty"),
    Visit("duty", "/duty", "coordinator", ".both .on, .both .empty", route="/duty/board"),
    Visit("duty-expert-side", "/duty/board", "expert", ".both .on, .both .empty"),
    Visit("exchange-outgoing", "/exchange/outgoing", "system-admin", ".receivers .empty, .receivers table"),
    Visit("exchange-outgoing-read", "/exchange/outgoing", "coordinator", ".receivers .empty, .receivers table"),
    Visit("duty-roster", "/duty/roster", "coordinator", ".part table, .part .empty"),
    Visit("duty-turn", "/duty/roster", "coordinator", ".part table, .part .empty", prepare=enter),
    Visit("duty-experts", "/duty/experts", "coordinator", LIST),
    Visit("duty-expert", "/duty/experts", "coordinator", LIST, prepare=enter),
    Visit("duty-agreements", "/duty/agreements", "coordinator", LIST),
    Visit("duty-agreement", "/duty/agreements", "coordinator", LIST, prepare=enter),
)
