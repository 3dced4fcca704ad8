"""/api/consultations/{id}/addend…: what is added to a signed opinion, and what the inviting side makes of it."""

from __future__ import annotations

from telemed.consultation.model import words
from telemed.consultation.routes.desk import Desk, consultation_of
from telemed.consultation.routes.messages import AddendumAnswerBody, AddendumBody, SignBody, Signed, Written
from telemed.consultation.service import addenda
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.reading.service.signing import confirm_password
from telemed.vocabulary import Action, Text

LONGEST_VERSION = 4  # digits


class AddendumRoutes:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def write(self, call: Call[Nothing, AddendumBody]) -> Written:
        async with call.transaction() as tx:
            acting, body = self._desk.acting(call, tx), call.body
            return Written(
                await addenda.write(acting, consultation_of(call), body.reason, body.addendum, body.revision)
            )

    async def sign(self, call: Call[Nothing, SignBody]) -> Signed:
        """A wrong password is counted even though nothing is signed, so it is asked before the transaction."""
        id_, body = consultation_of(call), call.body
        await confirm_password(self._desk.signatures, call.principal, body.password, call.now)
        made = await addenda.prepare(
            call.pool,
            call.principal,
            id_,
            revision=body.revision,
            now=call.now,
            zone=self._desk.zone,
            sealing=self._desk.sealing,
        )
        async with call.transaction() as tx:
            version = await addenda.sign(self._desk.acting(call, tx), id_, made)
        return Signed(version, made.document)

    async def answer(self, call: Call[Nothing, AddendumAnswerBody]) -> None:
        id_, version, body = consultation_of(call), call.path["version"], call.body
        if not (version.isascii() and version.isdigit() and len(version) <= LONGEST_VERSION):
            raise words.no_such_addendum()
        async with call.transaction() as tx:
            await addenda.answer(self._desk.acting(call, tx), id_, int(version), body.verdict, body.reason)


def addendum_endpoints(desk: Desk) -> list[Endpoint]:
    routes = AddendumRoutes(desk)
    path = "/api/consultations/{id}"
    return [
        Endpoint(
            "PUT",
            f"{path}/addendum",
            Action.CONSULTATION_ANSWER,
            routes.write,
            Text("书写补充意见", "Write an addendum"),
            body=AddendumBody,
            returns=Written,
        ),
        Endpoint(
            "POST",
            f"{path}/addendum/sign",
            Action.CONSULTATION_SIGN,
            routes.sign,
            Text("签发补充意见", "Sign an addendum"),
            body=SignBody,
            returns=Signed,
            second_factor=True,
        ),
        Endpoint(
            "POST",
            f"{path}/addenda/{{version}}/answer",
            Action.CONSULTATION_REQUEST,
            routes.answer,
            Text("补充意见采纳与否", "Decide on an addendum"),
            body=AddendumAnswerBody,
        ),
    ]
