"""异常数据 over HTTP: each sees the own organisation's, a person decides once."""

from uuid import uuid4

import pytest

from telemed.access.policy import admit, scope
from telemed.http.server import Server
from telemed.http.wire import Authenticated, Gate
from telemed.imaging import routes_quarantine
from telemed.vocabulary import AccountId, OrganizationId, PractitionerId, Principal, Role, SessionId
from tests.datasets import data_set, encoded
from tests.integration.receiving.conftest import RECEIVED, Gateway

CSRF = {"X-CSRF-Token": "c"}
CENTRE = {"head", "reader", "quality", "technician of the centre"}


@pytest.fixture
async def client(gateway: Gateway, aiohttp_client):
    """X-Who: here or there, a technician of one or the other township; besides them people of a reading centre."""
    people: dict[str, Principal] = {}
    community = frozenset({gateway.organization, gateway.other_organization})
    async with gateway.pool.transaction() as tx:
        for name, organization, role in (
            ("here", gateway.organization, Role.TECHNICIAN),
            ("there", gateway.other_organization, Role.TECHNICIAN),
            ("head", gateway.other_organization, Role.CENTER_HEAD),
            ("reader", gateway.other_organization, Role.AUTHOR),
            ("quality", gateway.other_organization, Role.QUALITY_OFFICER),
            ("technician of the centre", gateway.other_organization, Role.TECHNICIAN),
            ("head of a township", gateway.other_organization, Role.CENTER_HEAD),
        ):
            number = uuid4()
            await tx.execute(
                "insert into practitioner (id, organization_id, name) values (%s, %s, '赵国军')", (number, organization)
            )
            people[name] = Principal(
                account_id=AccountId(uuid4()),
                practitioner_id=PractitionerId(number),
                name="赵国军",
                organization_id=OrganizationId(organization),
                organization_ids=frozenset({organization}),
                roles=frozenset({role}),
                session_id=SessionId(uuid4()),
                second_factor_at=RECEIVED,
                reading_center=name in CENTRE,
                community_ids=community,
            )

    async def authenticate(request, _now):
        return Authenticated(people[request.headers.get("X-Who", "here")], "c")

    async def record(_tx, _call):
        return None

    server = Server(
        routes_quarantine.endpoints(scope),
        pool=gateway.pool,
        gate=Gate(authenticate=authenticate, scope=admit, second_factor_fresh=lambda *_: True, record=record),
        clock=lambda: RECEIVED,
    )
    return await aiohttp_client(server.application())


async def listed(client, **query) -> dict:
    answer = await client.get("/api/quarantine", headers={"X-Who": query.pop("who", "here")}, params=query)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_a_case_says_why_in_two_languages_and_whether_it_may_be_released(client, gateway: Gateway) -> None:
    await gateway.send(encoded(data_set())[:-9], sop_instance_uid="1.2.3")
    await gateway.send(encoded(data_set()), sop_instance_uid="1.2.4")
    await gateway.indexer.drain()
    found = await listed(client)
    assert found["open"] == 2
    by_reason = {one["reason"]: one for one in found["items"]}
    torn, renamed = by_reason["data-set-truncated"], by_reason["sop-instance-mismatch"]
    assert (torn["releasable"], renamed["releasable"]) == (False, True)
    assert "截断" in torn["reason_zh"]
    assert "cut off" in torn["reason_en"]
    assert torn["fault"].startswith("byte ")
    assert (torn["patient_name"], renamed["patient_name"]) == ("", "王^桂兰")


async def test_a_release_indexes_and_a_second_decision_conflicts(client, gateway: Gateway) -> None:
    await gateway.send(encoded(data_set()), sop_instance_uid="1.2.4")
    await gateway.indexer.drain()
    case = (await listed(client))["items"][0]["id"]
    answer = await client.post(f"/api/quarantine/{case}/release", json={"note": "已核对"}, headers=CSRF)
    assert answer.status == 200, await answer.text()
    assert await gateway.rows("select instance_count from imaging_study") == [(1,)]
    again = await client.post(f"/api/quarantine/{case}/discard", json={}, headers=CSRF)
    assert again.status == 409
    assert (await listed(client))["items"] == []
    [done] = (await listed(client, state="released"))["items"]
    assert (done["decision_note"], done["decided_by_name"]) == ("已核对", "赵国军")


@pytest.mark.parametrize("note", ["", " \n"])
async def test_nobody_releases_without_a_word_why_and_anybody_discards(client, gateway: Gateway, note: str) -> None:
    await gateway.send(encoded(data_set()), sop_instance_uid="1.2.4")
    await gateway.indexer.drain()
    case = (await listed(client))["items"][0]["id"]
    refused = await client.post(f"/api/quarantine/{case}/release", json={"note": note}, headers=CSRF)
    assert (refused.status, (await refused.json())["code"]) == (422, "release-needs-note")
    assert (await listed(client))["open"] == 1
    assert await gateway.rows("select count(*) from imaging_study") == [(0,)]
    assert (await client.post(f"/api/quarantine/{case}/discard", json={"note": note}, headers=CSRF)).status == 204


async def test_what_came_from_nowhere_is_of_who_decides_for_the_county(client, gateway: Gateway) -> None:
    await gateway.send(encoded(data_set()), sop_instance_uid="1.2.4", ae="CT9")
    await gateway.indexer.drain()
    async with gateway.pool.transaction() as tx:
        await tx.execute("update quarantine set organization_id = null")
    seen = {name: (await listed(client, who=name))["open"] for name in ("here", "there", *CENTRE, "head of a township")}
    assert seen == dict.fromkeys(seen, 0) | {"head": 1}
    (case,) = (await listed(client, who="head"))["items"]
    for name in ("here", "technician of the centre", "head of a township"):
        path, who = f"/api/quarantine/{case['id']}/discard", CSRF | {"X-Who": name}
        assert (await client.post(path, json={}, headers=who)).status == 404, name
    path, who = f"/api/quarantine/{case['id']}/release", CSRF | {"X-Who": "head"}
    unknown = await client.post(path, json={"note": "已核对"}, headers=who)
    assert (unknown.status, (await unknown.json())["code"]) == (409, "sender-still-unknown")
    async with gateway.pool.transaction() as tx:
        await tx.execute("insert into device (organization_id, ae_title) values (%s, 'CT9')", (gateway.organization,))
    assert (await client.post(path, json={"note": "设备已登记"}, headers=who)).status == 200
    assert await gateway.rows("select organization_id from imaging_study") == [(gateway.organization,)]


async def test_another_organisation_sees_and_decides_nothing(client, gateway: Gateway) -> None:
    await gateway.send(b"rubbish", sop_instance_uid="1.2.3")
    await gateway.indexer.drain()
    case = (await listed(client))["items"][0]["id"]
    assert (await listed(client, who="there"))["items"] == []
    refused = await client.post(f"/api/quarantine/{case}/discard", json={}, headers=CSRF | {"X-Who": "there"})
    assert refused.status == 404
    done = await client.post(f"/api/quarantine/{case}/discard", json={}, headers=CSRF)
    assert done.status == 204


async def test_pages_follow_each_other_without_gap(client, gateway: Gateway, monkeypatch) -> None:
    monkeypatch.setattr(routes_quarantine, "PAGE", 2)
    for number in range(5):
        await gateway.send(b"rubbish %d" % number, sop_instance_uid="1.2.3")
    await gateway.indexer.drain()
    seen, after = [], ""
    while after is not None:
        page = await listed(client, after=after)
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize("query", [{"state": "nonsense"}, {"after": "nonsense"}, {"after": "2026-01-01,x"}])
async def test_nonsense_is_refused(client, query: dict) -> None:
    assert (await client.get("/api/quarantine", params=query)).status == 422
