"""The pages of consultations and of duty, as tests/e2e/pages.py has the others."""

from __future__ import annotations

from uuid import uuid4

from .pages import Known, Visit, enter, patient_of

LIST = "[role='grid'][aria-busy='false']"


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
    """Return the room of the demo's consultation that its expert has accepted."""
    return room_of(known, "心影增大")


def room_of(known: Known, question: str) -> str:
    """Return the room of the consultation whose question begins so."""
    items = known.ask("/api/consultations?open=true&limit=200")["items"]
    return next(str(one["room_id"]) for one in items if one["room_id"] and one["question"].startswith(question))


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
