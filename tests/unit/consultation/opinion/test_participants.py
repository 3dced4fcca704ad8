"""Who took part, on the paper of a conference; an opinion of two physicians is spelled as it always was."""

import json

import msgspec

from telemed.consultation.opinion.document import Participant, opinion_bytes, read_opinion, sheet
from telemed.consultation.opinion.spelling import Malformed
from telemed.consultation.opinion.typesetting import characters
from tests.unit.consultation.opinion.opinions import OPINION, ZONE

THREE = (
    Participant("秦岚", "龙安县人民医院", "主任医师", "会诊专家"),
    Participant("林慧敏", "省肿瘤医院", "", "会诊同事"),
    Participant("高洋", "龙安县人民医院", "住院医师", "旁听"),
)


def test_an_opinion_of_two_says_nothing_of_participants() -> None:
    assert b"participants" not in opinion_bytes(OPINION)
    rows = dict(sheet(OPINION, "0" * 64, ZONE, characters()).rows)
    assert "参加人员" not in rows


def test_a_conference_names_everybody_with_institution_and_role() -> None:
    opinion = msgspec.structs.replace(OPINION, participants=THREE)
    assert read_opinion(opinion_bytes(opinion)) == opinion
    rows = dict(sheet(opinion, "0" * 64, ZONE, characters()).rows)
    assert rows["参加人员"] == (
        "秦岚（龙安县人民医院 主任医师 会诊专家）、林慧敏（省肿瘤医院 会诊同事）、高洋（龙安县人民医院 住院医师 旁听）"
    )
    assert opinion_bytes(opinion) != opinion_bytes(OPINION)


def test_a_conference_of_nobody_is_none() -> None:
    said = json.loads(opinion_bytes(OPINION)) | {"participants": []}
    spelled = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert isinstance(read_opinion(spelled), Malformed)
