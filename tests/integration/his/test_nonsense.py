"""Every call against bodies that fit its shape and mean nothing, and any form: refused in words, never a bug."""

from __future__ import annotations

import json

import pytest

from telemed.county import records_away
from telemed.his.desk import Desk
from telemed.his.routes import endpoints
from telemed.http.openapi import document
from tests.integration.his.hospital import Hospital
from tests.integration.test_nonsense import SEED, WORDS, Nonsense

ROUNDS = 12


@pytest.mark.timeout(300)
async def test_no_call_answers_nonsense_with_a_bug(hospital: Hospital):
    county = hospital.registered.county
    table = endpoints(Desk("", records_away, county.now.tzinfo))
    described = document(table, version="0")
    nonsense = Nonsense(SEED, described["components"]["schemas"])
    bugs, taken, refused = [], 0, 0
    for one in table:
        if one.method == "GET":
            continue
        operation = described["paths"][one.path]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for _ in range(ROUNDS):
            body = json.dumps(nonsense.value(schema), ensure_ascii=False).encode("utf-8", "surrogatepass")
            status, answer = await hospital.send(one.path.removeprefix("/his/"), body)
            taken += status == 200
            refused += status >= 400
            if status >= 500 or (status >= 400 and not (answer["zh"] and answer["en"])):
                bugs.append(f"{one.path} {body[:300]!r} → {status} {answer}")
    assert bugs == [], "\n".join(bugs)
    assert refused > 0
    assert taken + refused == ROUNDS * (len(table) - 1)


async def test_no_form_is_answered_with_a_bug(hospital: Hospital):
    page = await hospital.open()
    names = ("page", "action", "decision", "choice", "reason", "comment", "code")
    good = {"page": page.token, "action": "accept", "decision": page.decisions[0], "choice": page.choices[0]}
    for path in ("/embedded/page", "/embedded/launch"):
        for name in names:
            for word in WORDS:
                answer = await hospital.post(path, {**good, name: word})
                assert answer.status < 500, (path, name, word)
    for raw in (b"\xff\xfe", b"page=%FF", b"a=1&a=2", b"&&&", b"{", b""):
        async with hospital.line.session.post(
            hospital.line.server.make_url("/embedded/page"),
            data=raw,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ) as answer:
            assert answer.status == 422, raw
            assert "未作任何记录" in await answer.text()
