"""Which topics of the event stream a person hears: nobody hears more than the routes would show."""

from dataclasses import replace
from uuid import uuid4

import pytest

from telemed.hearing import may_hear
from telemed.vocabulary import AccountId, OrganizationId, PractitionerId, Principal, Role, SessionId


def somebody(county, now, *roles: Role) -> Principal:
    return Principal(
        account_id=AccountId(uuid4()),
        practitioner_id=PractitionerId(uuid4()),
        name="",
        organization_id=OrganizationId(county.center),
        organization_ids=frozenset({county.center}),
        roles=frozenset(roles),
        session_id=SessionId(uuid4()),
        second_factor_at=now,
        reading_center=True,
        community_ids=frozenset({county.center, county.township, county.clinic}),
    )


@pytest.fixture
async def topics(county) -> list[str]:
    study = uuid4()
    async with county.pool.transaction() as tx:
        await tx.execute(
            "insert into imaging_study (id, study_instance_uid, organization_id, first_received_at, last_received_at)"
            " values (%s, '1.2.3', %s, now(), now())",
            (study, county.township),
        )
    return [
        "worklist",
        "recognition",
        f"organization/{county.center}",
        f"organization/{county.township}",
        f"study/{study}",
        "admin",
    ]


async def heard(county, who: Principal, topics: list[str]) -> list[str]:
    return [one for one in topics if await may_hear(county.pool, who, one)]


async def test_a_centre_head_hears_the_county(county, topics):
    assert await heard(county, somebody(county, county.clock(), Role.CENTER_HEAD), topics) == topics


@pytest.mark.parametrize("role", [Role.CENTER_HEAD, Role.AUTHOR, Role.AUDITOR, Role.SYSTEM_ADMIN])
async def test_whoever_owes_the_second_factor_hears_nothing(county, topics, role):
    proved = somebody(county, county.clock(), role)
    assert await heard(county, proved, topics) != []
    assert await heard(county, replace(proved, second_factor_at=None), topics) == []


async def test_a_role_without_a_second_factor_hears_its_own_without_one(county, topics):
    technician = replace(somebody(county, county.clock(), Role.TECHNICIAN), second_factor_at=None)
    assert f"organization/{county.center}" in await heard(county, technician, topics)


async def test_while_a_new_password_is_due_no_role_counts_and_nothing_is_heard(county, topics):
    assert await heard(county, somebody(county, county.clock()), topics) == []


async def test_what_is_no_topic_or_of_another_place_is_not_heard(county):
    who = somebody(county, county.clock(), Role.CENTER_HEAD)
    strange = [
        f"organization/{county.outside}",
        "recognition/x",
        f"study/{uuid4()}",
        "organization/x",
        "everything",
        "",
    ]
    assert await heard(county, who, strange) == []
