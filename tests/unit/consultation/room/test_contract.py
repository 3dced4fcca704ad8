"""The fixtures that the page's reducer is held to as well (web/test/roomContract.test.ts)."""

import json
from pathlib import Path
from random import Random

import msgspec
import pytest

from telemed.consultation.room.facts import FACTS
from telemed.consultation.room.fold import fold, fold_all
from telemed.consultation.room.spelling import canonical
from telemed.consultation.room.state import NEW, Event, read
from tests.contract.room import generating

FOLDER = Path(generating.__file__).parent
FIXTURES = sorted(FOLDER.glob("*.json"))


def events_of(path: Path) -> list[Event]:
    return msgspec.convert(json.loads(path.read_text(encoding="utf-8"))["events"], list[Event])


@pytest.mark.parametrize("path", FIXTURES, ids=lambda one: one.stem)
def test_each_log_folds_to_the_bytes_that_are_written_down(path):
    fixture = json.loads(path.read_text(encoding="utf-8"))
    events = events_of(path)
    assert fixture["states"]
    for length, expected in fixture["states"].items():
        assert canonical(fold_all(events[: int(length)])).decode() == expected, length


@pytest.mark.parametrize("path", sorted((FOLDER / "earlier").glob("*.json")), ids=lambda one: one.stem)
def test_a_log_and_a_state_of_an_earlier_version_still_lead_to_each_other(path):
    """As they were written before recordings were everyone's own and said how they ended."""
    events = events_of(path)
    for length, expected in json.loads(path.read_text(encoding="utf-8"))["states"].items():
        assert canonical(fold_all(events[: int(length)])) == canonical(read(expected)), length


def test_the_fixtures_are_those_of_the_generator():
    for log in generating.logs():
        assert (FOLDER / f"{log.name}.json").read_text(encoding="utf-8") == generating.written(log), log.name


def test_every_kind_occurs_in_a_log_that_was_lived():
    lived = {
        one.k for path in FIXTURES if path.stem.startswith(("lived", "crowded", "recorded")) for one in events_of(path)
    }
    assert lived == set(FACTS)


@pytest.mark.parametrize("seed", range(100, 115))
def test_a_snapshot_at_any_point_and_what_follows_is_the_same_as_everything(seed):
    log = generating.lived(seed, 90) if seed % 3 else generating.wild(seed, 90)
    random, whole = Random(seed), canonical(log.state)
    for at in {0, len(log.events), *(random.randrange(len(log.events)) for _ in range(12))}:
        snapshot = canonical(fold_all(log.events[:at]))
        assert canonical(fold_all(log.events[at:], read(snapshot))) == whole, at


@pytest.mark.parametrize("seed", [5, 6])
def test_the_state_after_each_event_is_the_fold_of_all_up_to_it(seed):
    log = generating.lived(seed, 60)
    state = NEW
    for n, event in enumerate(log.events, start=1):
        state = fold(read(canonical(state)), event)
        assert canonical(state) == canonical(fold_all(log.events[:n]))
        assert state.seq == n


@pytest.mark.parametrize("seed", range(200, 208))
def test_however_people_behave_there_is_one_presenter_who_is_there(seed):
    log = generating.lived(seed, 150)
    state, number = NEW, 0
    for event in log.events:
        state = fold(state, event)
        assert state.presenter.pe >= number, "the number never goes back"
        number = state.presenter.pe
        holder = state.members.get(state.presenter.person)
        if state.presenter.person:
            assert holder.st in {"present", "reconnecting"}, (event.seq, event.k)
            assert holder.role in {"moderator", "expert", "participant"}, (event.seq, event.k)
