"""Readings brought to a state over the HTTP API, as different people, for pages that show them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

from telemed.demo.phantom import Examination, Subject, dr_chest

from .browser import People
from .stack import Account, push

COUNTY = timezone(timedelta(hours=8))
ARRIVES_WITHIN = 60.0  # seconds; a busy machine is slow


@dataclass(frozen=True)
class Hands:
    """One signed-in person's requests."""

    people: People
    account: Account

    def get(self, path: str) -> Any:
        with self.people.context(self.account) as context:
            answer = context.request.get(path)
            assert answer.ok, f"{path}: {answer.status} {answer.text()}"
            return answer.json()

    def send(self, method: str, path: str, body: object = None) -> Any:
        """POST or PUT with the session's CSRF token; returns the answer's JSON, None for 204."""
        status, text = self.answer(method, path, body)
        assert 200 <= status < 300, f"{path}: {status} {text}"
        return json.loads(text) if text else None

    def answer(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """Status and text of whatever the server answers."""
        with self.people.context(self.account) as context:
            token = context.request.get("/api/session").json()["csrf_token"]
            headers = {"X-CSRF-Token": token, "Origin": self.people.stack.url}
            answer = context.request.fetch(path, method=method, data=body, headers=headers)
            return answer.status, answer.text()


@dataclass(frozen=True)
class Signers:
    """Author and verifier of the county, and the site's technician."""

    author: Hands
    verifier: Hands
    site: Hands


def signers(people: People) -> Signers:
    """Two people of the county's accounts and one of the township's."""
    accounts = people.stack.accounts
    author = next(one for one in accounts if one.roles == ("author",))
    verifier = next(one for one in accounts if "verifier" in one.roles)
    site = people.stack.account("technician", organization="青石")
    return Signers(Hands(people, author), Hands(people, verifier), Hands(people, site))


def waiting(hands: Hands, organization: str = "") -> list[Any]:
    """Readings nobody has claimed, the most urgent first."""
    items = hands.get("/api/worklist?limit=200")["items"] + hands.get("/api/worklist?view=checkup&limit=200")["items"]
    return [one for one in items if one["state"] == "awaiting-reading" and organization in one["organization_name"]]


VIEWS = ("view=all&limit=200", "view=checkup&limit=200")
GIVEN = "兰英芝珍华秀玉梅桂凤春淑福国军贵德宝忠义明文志海"


def register(hands: Hands, name: str, born: date, *, priority: str = "routine", encounter: str = "outpatient") -> Any:
    """Register a chest film of a new person at the township."""
    return hands.send(
        "POST",
        "/api/registrations",
        {
            "submission_id": str(uuid4()),
            "person": {"sex": "F", "name": name, "birth_date": born.isoformat(), "phone": "0999-0000000"},
            "modality": "DX",
            "item": "DR 胸部正位",
            "body_site": "胸部",
            "laterality": "U",
            "encounter_class": encounter,
            "priority": priority,
            "history": "咳嗽 2 周。",
            "purpose": "了解心肺情况。",
            "requester_name": "王立春",
            "department": "内科",
            "consent_told": True,
            "fee_state": "paid",
        },
    )


def _of_its_own(who: Signers, name: str, born: date, *, priority: str, encounter: str) -> tuple[str, str]:
    """Register until the accession number is nobody else's; returns the name that was registered, and the number.

    Each township counts from 1 every day, so soon after midnight two of them meet.
    """
    taken = {one["accession_number"] for view in VIEWS for one in who.author.get(f"/api/worklist?{view}")["items"]}
    while True:
        registered = register(who.site, name, born, priority=priority, encounter=encounter)
        if registered["accession_number"] not in taken:
            return name, str(registered["accession_number"])
        name += GIVEN[len(name)]


def push_case(people: People, *, priority: str = "routine", encounter: str = "outpatient") -> Any:
    """Register a new person at the township, push a chest film, wait until it can be read; returns the list's line."""
    seed = uuid4().int
    name = f"孟{GIVEN[seed % len(GIVEN)]}{GIVEN[seed // 100 % len(GIVEN)]}{GIVEN[seed // 10_000 % len(GIVEN)]}"
    who = signers(people)
    born = date(1940 + seed % 40, 1 + seed // 7 % 12, 1 + seed // 11 % 28)
    name, accession = _of_its_own(who, name, born, priority=priority, encounter=encounter)
    subject = Subject(patient_id=f"QS{seed % 10**9:09}", name=f"={name[0]}^{name[1:]}", birth_date=born)
    examination = Examination(key=accession, at=datetime.now(COUNTY), accession_number=accession, station="DR01")
    assert push(people.stack, [dr_chest(subject, examination, rows=512, columns=512)]) == 1
    deadline = time.monotonic() + ARRIVES_WITHIN
    while time.monotonic() < deadline:
        for one in waiting(who.author):
            if one["accession_number"] == accession:
                return one
        time.sleep(0.3)
    raise AssertionError(f"{accession} never came to the worklist")


def claim(hands: Hands, reading: str) -> None:
    hands.send("POST", f"/api/readings/{reading}/claim")


def write(hands: Hands, reading: str, impression: str = "胸部正位片未见明显异常。") -> Any:
    """Write the draft of a step that is mine; returns what a signature has to name."""
    detail = hands.get(f"/api/readings/{reading}")
    body = {
        "technique": "常规摄影。",
        "findings": "双肺纹理清晰，走行自然，肺野内未见明显实变及肿块影。双侧肺门影不大。纵隔不宽。心影未见明显异常。",
        "impression": impression,
        "significance": "none",
        "template_id": None,
        "revision": detail["draft"]["revision"],
    }
    saved = hands.send("PUT", f"/api/readings/{reading}/draft", body)
    return {"revision": saved["revision"], "study_instance_uid": detail["line"]["study_instance_uid"]}


def submit(hands: Hands, reading: str) -> None:
    claim(hands, reading)
    hands.send("POST", f"/api/readings/{reading}/submit", write(hands, reading))


def sign(hands: Hands, reading: str) -> str:
    """Verify and sign; returns the id of the report."""
    hands.send("POST", f"/api/readings/{reading}/claim-verification", {})
    shown = write(hands, reading, "胸部正位片未见明显异常，请结合临床。")
    hands.send("POST", f"/api/readings/{reading}/sign", {**shown, "password": hands.account.password})
    return str(hands.get(f"/api/readings/{reading}")["line"]["current_version_id"])


def readings_in_each_state(people: People) -> dict[str, str]:
    """A reading the author writes, one submitted, and one signed and said to be of another, for the pages of them."""
    who = signers(people)
    writing, submitted, signed = (push_case(people)["id"] for _ in range(3))
    claim(who.author, writing)
    submit(who.author, submitted)
    submit(who.author, signed)
    report = sign(who.verifier, signed)
    code = str(who.site.get(f"/api/reports/{report}")["code"])
    study = who.site.get(f"/api/reports/{report}")["line"]["study_id"]
    other = register(who.site, "程玉华", date(1950, 2, 3))
    target = {"patient_id": other["patient"]["id"], "service_request_id": other["id"], "reason": "登记时选错患者"}
    who.site.send("POST", f"/api/studies/{study}/reassignment", target)
    return {"reading": str(writing), "submitted": str(submitted), "report": report, "code": code}
