"""The acceptor's half of PS3.8 Table 9-10: written out once more by hand, and held against a foreign table."""

import itertools

import pytest
from pynetdicom.fsm import TRANSITION_TABLE

from dicom_gateway.upper_layer.states import ACTIONS, TABLE, Effect, Event, State

#: A local user may do this and nothing else; every other local primitive in every other state is forbidden.
LOCAL_PRIMITIVES = {
    Event.LOCAL_ACCEPT: {State.AWAITING_LOCAL_RESPONSE},
    Event.LOCAL_REJECT: {State.AWAITING_LOCAL_RESPONSE},
    Event.LOCAL_P_DATA: {State.ESTABLISHED, State.AWAITING_LOCAL_RELEASE},
    Event.LOCAL_RELEASE_REQUEST: {State.ESTABLISHED},
    Event.LOCAL_RELEASE_RESPONSE: {State.AWAITING_LOCAL_RELEASE, State.COLLISION_AWAITING_LOCAL_RELEASE},
    Event.LOCAL_ABORT: set(State) - {State.IDLE, State.AWAITING_REQUEST, State.AWAITING_CLOSE},
    Event.TRANSPORT_INDICATION: {State.IDLE},
    Event.ARTIM_EXPIRED: {State.AWAITING_REQUEST, State.AWAITING_CLOSE},
}
FROM_THE_PEER = set(Event) - set(LOCAL_PRIMITIVES)
NO_ACCEPTOR = {"Sta4", "Sta5", "Sta9", "Sta11"}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)), ids=lambda x: x.value)
def test_every_pair_is_allowed_or_forbidden_as_the_hand_written_rule_says(state, event):
    allowed = state is not State.IDLE if event in FROM_THE_PEER else state in LOCAL_PRIMITIVES[event]
    assert ((state, event) in TABLE) is allowed


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)), ids=lambda x: x.value)
def test_every_pair_has_the_action_of_pynetdicoms_table(state, event):
    assert TABLE.get((state, event)) == TRANSITION_TABLE.get((event.value, state.value))


def test_no_pair_of_an_acceptor_is_missing():
    theirs = {
        (State(state), Event(event)): action
        for (event, state), action in TRANSITION_TABLE.items()
        if state not in NO_ACCEPTOR and event not in ("Evt1", "Evt2")
    }
    assert theirs == TABLE


def test_every_action_of_the_table_is_defined_and_every_defined_one_used():
    assert set(TABLE.values()) == set(ACTIONS)


def test_an_action_that_leaves_the_transport_waiting_for_the_peer_has_started_artim():
    """Otherwise a peer that never closes would stay for ever."""
    for (state, _), name in TABLE.items():
        action = ACTIONS[name]
        if action.next_state is State.AWAITING_CLOSE and state is not State.AWAITING_CLOSE:
            assert Effect.START_ARTIM in action.effects
