"""QIDO-RS against a real database: every kind of key finds what it should and not its near miss."""

from datetime import date, datetime

import pytest

from telemed.demo.phantom import CHINA, Examination, Subject, ct_series

ZHANG = Subject(
    patient_id="239999195603140024", name="Zhang^San=张^三", sex="M", birth_date=date(1956, 3, 14), charset="GB18030"
)
WANG = Subject(patient_id="LA0002", name="王^桂兰", sex="F", birth_date=date(1958, 7, 1))
IVANOVA = Subject(patient_id="1", name="娜塔莎·伊万诺娃", sex="F", birth_date=date(1961, 1, 1))
MORNING = datetime(2026, 11, 22, 9, 41, 8, tzinfo=CHINA)
MIDNIGHT = datetime(2026, 11, 21, 23, 59, 59, tzinfo=CHINA)


@pytest.fixture(scope="module")
def sent():
    """Three patients: two of one township, one of another."""
    return [
        (code, data)
        for subject, key, at, number, code in (
            (ZHANG, "z", MORNING, "CT20261122001", "xinglong"),
            (WANG, "w", MIDNIGHT, "CT2026_122001", "xinglong"),
            (IVANOVA, "i", MORNING.replace(hour=15), "", "heping"),
        )
        for data in ct_series(subject, Examination(key=key, at=at, accession_number=number), slices=2, size=32)
    ]


@pytest.fixture
async def county(shelf, sent):
    for code, data in sent:
        await shelf.put(data, code=code)
    return shelf


async def names(client, **query) -> list[str]:
    answer = await client.get(
        "/dicom-web/studies", params={name.replace("_", ""): value for name, value in query.items()}
    )
    if answer.status == 204:
        return []
    assert answer.status == 200, await answer.text()
    people = [one["00100010"]["Value"][0] for one in await answer.json(content_type="application/dicom+json")]
    return sorted(person.get("Ideographic") or person["Alphabetic"] for person in people)


@pytest.mark.parametrize("key", ["张", "张三", "张^三", "zhang", "Zhang^San", "zhangsan", "zs", "*zhang*"])
async def test_a_patient_is_found_by_hanzi_pinyin_and_initials(client, county, key):
    assert await names(client, PatientName=key, fuzzymatching="true") == ["张^三"]


@pytest.mark.parametrize("key", ["桂", "张四", "guilan", "三"])
async def test_a_name_is_not_found_by_what_stands_inside_it(client, county, key):
    assert await names(client, PatientName=key, fuzzymatching="true") == []


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("Zhang^San", ["张^三"]),
        ("ZHANG^SAN", ["张^三"]),
        ("张^三", ["张^三"]),
        ("张*", ["张^三"]),
        ("王桂?", ["王^桂兰"]),
        ("娜塔莎*", ["娜塔莎·伊万诺娃"]),
        ("张", []),
        ("王?", []),
        ("%", []),
        ("_^_", []),
    ],
)
async def test_without_fuzzy_matching_a_name_is_matched_as_written(client, county, key, found):
    assert await names(client, PatientName=key) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"PatientID": "239999195603140024"}, ["张^三"]),
        ({"00100020": "LA*"}, ["王^桂兰"]),
        ({"PatientID": "23999919560314002"}, []),
        ({"AccessionNumber": "CT20261122001"}, ["张^三"]),
        ({"AccessionNumber": "CT2026_122001"}, ["王^桂兰"]),
        ({"AccessionNumber": "CT2026?122001"}, ["张^三", "王^桂兰"]),
        ({"AccessionNumber": "ct20261122001"}, []),
        ({"StudyDate": "20261121"}, ["王^桂兰"]),
        ({"StudyDate": "20261122"}, ["娜塔莎·伊万诺娃", "张^三"]),
        ({"StudyDate": "20261121-20261122"}, ["娜塔莎·伊万诺娃", "张^三", "王^桂兰"]),
        ({"StudyDate": "-20261121"}, ["王^桂兰"]),
        ({"StudyDate": "20261123-"}, []),
        ({"StudyDate": "20261122", "StudyTime": "1200-"}, ["娜塔莎·伊万诺娃"]),
        ({"StudyTime": "094108"}, ["张^三"]),
        ({"PatientBirthDate": "19580701"}, ["王^桂兰"]),
        ({"PatientSex": "M"}, ["张^三"]),
        ({"ModalitiesInStudy": "CT"}, ["娜塔莎·伊万诺娃", "张^三", "王^桂兰"]),
        ({"ModalitiesInStudy": "MR\\CT"}, ["娜塔莎·伊万诺娃", "张^三", "王^桂兰"]),
        ({"ModalitiesInStudy": "MR"}, []),
        ({"StudyDescription": "胸*"}, ["娜塔莎·伊万诺娃", "张^三", "王^桂兰"]),
        ({"StudyDescription": "部*"}, []),
    ],
)
async def test_keys_and_their_near_misses(client, county, query, found):
    assert await names(client, **query) == found


async def test_a_list_of_uids(client, county):
    uids = [Examination(key=key).study for key in ("z", "i")]
    assert await names(client, StudyInstanceUID=",".join(uids)) == ["娜塔莎·伊万诺娃", "张^三"]
    assert await names(client, StudyInstanceUID=uids[0][:-1]) == []


@pytest.mark.parametrize(
    "query",
    [{"StudyDate": "2026"}, {"Weight": "70"}, {"Modality": "CT"}, {"limit": "-1"}, {"00201208": "5"}, {"nix": ""}],
)
async def test_a_key_that_cannot_be_answered_is_refused_and_not_ignored(client, county, query):
    answer = await client.get("/dicom-web/studies", params=query)
    assert answer.status == 400
    assert answer.content_type == "application/problem+json"


async def test_pages_and_the_warning_of_a_cut_answer(client, county, monkeypatch):
    async def page(**query):
        answer = await client.get("/dicom-web/studies", params=query)
        return (
            [one["0020000D"]["Value"][0] for one in await answer.json(content_type=None)]
            if answer.status == 200
            else []
        )

    newest = await page(limit=1)
    assert newest == [Examination(key="i").study]
    assert await page(limit=2, offset=1) == [Examination(key=key).study for key in ("z", "w")]
    assert await page(offset=3) == []
    answer = await client.get("/dicom-web/studies", params={"limit": 1})
    assert "Warning" not in answer.headers  # the client asked for one
    monkeypatch.setattr("dicom_gateway.dicomweb.qido.USUAL", 2)
    answer = await client.get("/dicom-web/studies")
    assert answer.headers["Warning"].startswith("299 ")


async def test_what_is_shown_and_what_includefield_adds(client, county):
    path = "/dicom-web/studies"
    (plain,) = await (await client.get(path, params={"PatientID": "1"})).json(content_type=None)
    assert "00100021" not in plain
    assert plain["00201208"]["Value"] == [2]
    assert plain["00081190"]["Value"][0].endswith(f"/dicom-web/studies/{Examination(key='i').study}")
    assert list(plain) == sorted(plain)
    for field in ("00080080", "InstitutionName", "all", "00080080,00081030", "nonsense,00080080"):
        (more,) = await (await client.get(path, params={"PatientID": "1", "includefield": field})).json(
            content_type=None
        )
        assert more["00080080"]["Value"] == ["heping卫生院"]


async def test_series_and_instances_below_a_study(client, county):
    study = Examination(key="z").study
    (series,) = await (await client.get(f"/dicom-web/studies/{study}/series")).json(content_type=None)
    assert series["00080060"]["Value"] == ["CT"]
    uid = series["0020000E"]["Value"][0]
    instances = await (await client.get(f"/dicom-web/studies/{study}/series/{uid}/instances")).json(content_type=None)
    assert [one["00200013"]["Value"] for one in instances] == [[1], [2]]
    assert (await client.get("/dicom-web/instances", params={"PatientID": "none"})).status == 204
    everywhere = await (await client.get("/dicom-web/series", params={"Modality": "C?"})).json(content_type=None)
    assert len(everywhere) == 3


async def test_a_township_sees_its_own(client, county, door):
    door.only(county.organizations["heping"])
    assert await names(client) == ["娜塔莎·伊万诺娃"]
    assert await names(client, PatientName="zhang", fuzzymatching="true") == []


async def test_nobody_sees_anything_without_signing_in(client, county):
    assert (await client.get("/dicom-web/studies", headers={"X-Who": ""})).status in (200, 401)
    del client.session._default_headers["X-Who"]
    assert (await client.get("/dicom-web/studies")).status == 401
