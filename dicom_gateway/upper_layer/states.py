"""The DICOM upper layer state machine of an association acceptor, PS3.8 section 9.2, as data.

Sta4, Sta5, Sta9 and Sta11 belong to the requestor alone and are not here, neither are the events Evt1 and Evt2.
A pair that is not in TABLE cannot occur: it would be a local user calling a primitive in the wrong state.
"""

from dataclasses import dataclass
from enum import Enum, auto


class State(Enum):
    """States an acceptor can be in, PS3.8 Tables 9-1 to 9-5."""

    IDLE = "Sta1"
    AWAITING_REQUEST = "Sta2"
    AWAITING_LOCAL_RESPONSE = "Sta3"
    ESTABLISHED = "Sta6"
    AWAITING_RELEASE_RP = "Sta7"
    AWAITING_LOCAL_RELEASE = "Sta8"
    COLLISION_AWAITING_RELEASE_RP = "Sta10"
    COLLISION_AWAITING_LOCAL_RELEASE = "Sta12"
    AWAITING_CLOSE = "Sta13"


class Event(Enum):
    """What can happen to an acceptor, PS3.8 Table 9-10."""

    ASSOCIATE_AC_RECEIVED = "Evt3"
    ASSOCIATE_RJ_RECEIVED = "Evt4"
    TRANSPORT_INDICATION = "Evt5"
    ASSOCIATE_RQ_RECEIVED = "Evt6"
    LOCAL_ACCEPT = "Evt7"
    LOCAL_REJECT = "Evt8"
    LOCAL_P_DATA = "Evt9"
    P_DATA_RECEIVED = "Evt10"
    LOCAL_RELEASE_REQUEST = "Evt11"
    RELEASE_RQ_RECEIVED = "Evt12"
    RELEASE_RP_RECEIVED = "Evt13"
    LOCAL_RELEASE_RESPONSE = "Evt14"
    LOCAL_ABORT = "Evt15"
    ABORT_RECEIVED = "Evt16"
    TRANSPORT_CLOSED = "Evt17"
    ARTIM_EXPIRED = "Evt18"
    INVALID_PDU = "Evt19"


class Effect(Enum):
    """What an action does, in order."""

    START_ARTIM = auto()
    STOP_ARTIM = auto()
    SEND_ASSOCIATE_AC = auto()
    SEND_ASSOCIATE_RJ = auto()
    SEND_P_DATA = auto()
    SEND_RELEASE_RQ = auto()
    SEND_RELEASE_RP = auto()
    SEND_ABORT_BY_USER = auto()
    SEND_ABORT_BY_PROVIDER = auto()
    INDICATE_ASSOCIATE = auto()
    INDICATE_P_DATA = auto()
    INDICATE_RELEASE = auto()
    CONFIRM_RELEASE = auto()
    INDICATE_ABORT = auto()
    INDICATE_LOST = auto()
    CLOSE_TRANSPORT = auto()


@dataclass(frozen=True, slots=True)
class Action:
    """Effects and the state that follows, PS3.8 Tables 9-6 to 9-9."""

    effects: tuple[Effect, ...]
    next_state: State


_E = Effect
_S = State

#: AE-6 is written for an acceptable request; AE_6_REFUSED is its other branch.
ACTIONS: dict[str, Action] = {
    "AE-5": Action((_E.START_ARTIM,), _S.AWAITING_REQUEST),
    "AE-6": Action((_E.STOP_ARTIM, _E.INDICATE_ASSOCIATE), _S.AWAITING_LOCAL_RESPONSE),
    "AE-7": Action((_E.SEND_ASSOCIATE_AC,), _S.ESTABLISHED),
    "AE-8": Action((_E.SEND_ASSOCIATE_RJ, _E.START_ARTIM), _S.AWAITING_CLOSE),
    "DT-1": Action((_E.SEND_P_DATA,), _S.ESTABLISHED),
    "DT-2": Action((_E.INDICATE_P_DATA,), _S.ESTABLISHED),
    "AR-1": Action((_E.SEND_RELEASE_RQ,), _S.AWAITING_RELEASE_RP),
    "AR-2": Action((_E.INDICATE_RELEASE,), _S.AWAITING_LOCAL_RELEASE),
    "AR-3": Action((_E.CONFIRM_RELEASE, _E.CLOSE_TRANSPORT), _S.IDLE),
    "AR-4": Action((_E.SEND_RELEASE_RP, _E.START_ARTIM), _S.AWAITING_CLOSE),
    "AR-5": Action((_E.STOP_ARTIM,), _S.IDLE),
    "AR-6": Action((_E.INDICATE_P_DATA,), _S.AWAITING_RELEASE_RP),
    "AR-7": Action((_E.SEND_P_DATA,), _S.AWAITING_LOCAL_RELEASE),
    "AR-8": Action((_E.INDICATE_RELEASE,), _S.COLLISION_AWAITING_RELEASE_RP),
    "AR-10": Action((_E.CONFIRM_RELEASE,), _S.COLLISION_AWAITING_LOCAL_RELEASE),
    "AA-1": Action((_E.SEND_ABORT_BY_USER, _E.START_ARTIM), _S.AWAITING_CLOSE),
    "AA-2": Action((_E.STOP_ARTIM, _E.CLOSE_TRANSPORT), _S.IDLE),
    "AA-3": Action((_E.INDICATE_ABORT, _E.CLOSE_TRANSPORT), _S.IDLE),
    "AA-4": Action((_E.INDICATE_LOST,), _S.IDLE),
    "AA-5": Action((_E.STOP_ARTIM,), _S.IDLE),
    "AA-6": Action((), _S.AWAITING_CLOSE),
    "AA-7": Action((_E.SEND_ABORT_BY_PROVIDER,), _S.AWAITING_CLOSE),
    "AA-8": Action((_E.SEND_ABORT_BY_PROVIDER, _E.INDICATE_LOST, _E.START_ARTIM), _S.AWAITING_CLOSE),
}

#: AE-6 when the service provider itself cannot take the request (protocol version), PS3.8 Table 9-6.
AE_6_REFUSED = Action((_E.STOP_ARTIM, _E.SEND_ASSOCIATE_RJ, _E.START_ARTIM), _S.AWAITING_CLOSE)

# One row an event, one column a state, as PS3.8 Table 9-10 prints them; "-" is a pair that cannot occur.
_COLUMNS = "Sta1 Sta2 Sta3 Sta6 Sta7 Sta8 Sta10 Sta12 Sta13"
_ROWS = """
Evt3   -    AA-1 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-6
Evt4   -    AA-1 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-6
Evt5   AE-5 -    -    -    -    -    -     -    -
Evt6   -    AE-6 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-7
Evt7   -    -    AE-7 -    -    -    -     -    -
Evt8   -    -    AE-8 -    -    -    -     -    -
Evt9   -    -    -    DT-1 -    AR-7 -     -    -
Evt10  -    AA-1 AA-8 DT-2 AR-6 AA-8 AA-8  AA-8 AA-6
Evt11  -    -    -    AR-1 -    -    -     -    -
Evt12  -    AA-1 AA-8 AR-2 AR-8 AA-8 AA-8  AA-8 AA-6
Evt13  -    AA-1 AA-8 AA-8 AR-3 AA-8 AR-10 AA-8 AA-6
Evt14  -    -    -    -    -    AR-4 -     AR-4 -
Evt15  -    -    AA-1 AA-1 AA-1 AA-1 AA-1  AA-1 -
Evt16  -    AA-2 AA-3 AA-3 AA-3 AA-3 AA-3  AA-3 AA-2
Evt17  -    AA-5 AA-4 AA-4 AA-4 AA-4 AA-4  AA-4 AR-5
Evt18  -    AA-2 -    -    -    -    -     -    AA-2
Evt19  -    AA-1 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-7
"""


def _read_table() -> dict[tuple[State, Event], str]:
    """Read the rows above into a look-up by (state, event)."""
    states = [State(name) for name in _COLUMNS.split()]
    table: dict[tuple[State, Event], str] = {}
    for row in _ROWS.strip().splitlines():
        event, *cells = row.split()
        for state, action in zip(states, cells, strict=True):
            if action != "-":
                table[state, Event(event)] = action
    return table


#: (state, event) → the name of an action.
TABLE: dict[tuple[State, Event], str] = _read_table()
