"""Readings brought to a state over the HTTP API, as different people, for pages that show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import APIResponse

from .browser import People
from .stack import Account


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
        answer = self.answer(method, path, body)
        assert answer.ok, f"{path}: {answer.status} {answer.text()}"
        return None if answer.status == 204 else answer.json()

    def answer(self, method: str, path: str, body: object = None) -> APIResponse:
        with self.people.context(self.account) as context:
            token = context.request.get("/api/session").json()["csrf_token"]
            headers = {"X-CSRF-Token": token, "Origin": self.people.stack.url}
            answer = context.request.fetch(path, method=method, data=body, headers=headers)
            answer.body()  # read before the context goes
            return answer


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
