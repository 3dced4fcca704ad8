"""A room in which people want things, right and wrong."""

from uuid import UUID

import msgspec

from telemed.consultation.room.coming import Draft, entering
from telemed.consultation.room.deciding import Image, Who, decide
from telemed.consultation.room.facts import COMMANDS
from telemed.consultation.room.fold import fold
from telemed.consultation.room.protocol import Command
from telemed.consultation.room.refusals import Refusal
from telemed.consultation.room.state import Event, State

MODERATOR, EXPERT, HOST, OTHER, AUDIENCE = (str(UUID(int=n)) for n in range(1, 6))
GUEST = f"guest/{UUID(int=9)}"
STRANGER = str(UUID(int=99))
ROLES = {
    MODERATOR: "moderator",
    EXPERT: "expert",
    HOST: "participant",
    OTHER: "participant",
    AUDIENCE: "audience",
    GUEST: "guest",
}
IMAGE = {"study": "1.2", "series": "1.2.3", "sop": "1.2.3.4", "frame": 1}
MARK = IMAGE | {"id": "m1", "tool": "length", "geom": [0, 0, 1000, 1000]}
ALLOWED = frozenset({Image("1.2", "1.2.3.4")})
DIGEST = "0" * 64


class Room:
    """A room in which things have happened."""

    def __init__(self, kind="consultation", present=(MODERATOR, EXPERT, HOST, OTHER, AUDIENCE)):
        self.state = State()
        self.write(Draft(MODERATOR, "room.open", {"kind": kind, "host": HOST, "mode": "video"}))
        for person, role in ROLES.items():
            self.write(Draft(MODERATOR, "member.role", {"person": person, "role": role}))
        for person in present:
            self.enter(person)

    def write(self, *drafts):
        for one in drafts:
            self.state = fold(self.state, Event(self.state.seq + 1, "e", self.state.at + 1, one.by, one.k, one.d))

    def entering(self, person, gen=1):
        outcome = entering(self.state, person, gen)
        assert not isinstance(outcome, Refusal), outcome
        return outcome

    def enter(self, person, gen=1):
        self.write(*self.entering(person, gen))

    def asked(self, person, kind, data=None, base=None, *, service=False, allowed=ALLOWED, now=0):
        command = Command("c", kind, msgspec.convert(data or {}, COMMANDS[kind]), base)
        return decide(self.state, Who(person, service=service), command, allowed, now=now)

    def do(self, person, kind, data=None, base=None, **more):
        outcome = self.asked(person, kind, data, base, **more)
        assert not isinstance(outcome, Refusal), outcome
        self.write(*outcome)
        return outcome

    def refused(self, person, kind, data=None, base=None, **more):
        outcome = self.asked(person, kind, data, base, **more)
        assert isinstance(outcome, Refusal), outcome
        assert outcome.text.zh
        assert outcome.text.en
        return outcome.code

    def let_in(self, person=GUEST):
        self.enter(person)
        self.do(MODERATOR, "member.admit", {"person": person})
