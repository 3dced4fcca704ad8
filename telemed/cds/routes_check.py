"""开单核对: a clinician asks before ordering whether a result may be relied on, and says what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from uuid import UUID, uuid4

from telemed.cds import checking, external_results
from telemed.cds.check_messages import CheckBody, Checked, PicturesBody, PicturesLink, Responded, ResponseBody
from telemed.cds.checking import Pictures
from telemed.cds.external_results import ExternalResult, ExternalResultBody, ExternalResults, ExternalWithdrawalBody
from telemed.cds.given_links import told
from telemed.cds.picture_links import linked
from telemed.cds.picture_links_store import PictureLinks
from telemed.cds.registry import Answered, Check
from telemed.db import Connection
from telemed.errors import NotFound
from telemed.http.wire import Call, Endpoint, Nothing
from telemed.patients import store
from telemed.recognition.ledger import (
    PageCard,
    keep_decisions,
    keep_exposures,
    keep_page_response,
    last_response,
    page_card,
)
from telemed.recognition.listing import study_places
from telemed.vocabulary import Action, Principal, Scope, Text

_IMAGING = "imaging/"


class CheckRoutes:
    """Handlers.

    scope: of an action for a person.  links: makes the one-time links to images.  zone: of the county.  local_reasons:
    reasons L1-L4 that the county has switched on.  external: what is known of a patient elsewhere.
    """

    def __init__(
        self,
        check: Check,
        scope: Callable[[Principal, Action], Scope],
        links: PictureLinks,
        zone: tzinfo,
        *,
        local_reasons: tuple[str, ...] = (),
        external: ExternalResults = external_results.of_patient,
    ) -> None:
        self._check = check
        self._scope = scope
        self._links = links
        self._zone = zone
        self._external = external
        self._local_reasons = local_reasons

    async def check(self, call: Call[Nothing, CheckBody]) -> Checked:
        patient_id = call.body.patient_id
        async with call.pool.connection() as connection:
            # Asking keeps something: a record that only break-glass has opened is not asked about.
            known = await store.patient(connection, patient_id, call.scope.organizations)
        if known is None:
            raise NotFound("unknown-patient", "找不到该患者。", "There is no such patient.")
        asked = checking.enquiry(call.body, call.principal.organization_id, call.now)
        answered = await self._check(patient_id, asked)
        cards = checking.dealt(answered, uuid4)
        decisions, exposures = checking.page_rows(
            cards,
            organization_id=asked.organization_id,
            patient_id=patient_id,
            shown_to=str(call.principal.practitioner_id),
            now=call.now,
        )
        call.about("patient", patient_id, patient_id=patient_id)
        for row in decisions:
            call.about("recognition-decision", row.id, patient_id=patient_id)
        call.detail["cards"] = len(exposures)
        async with call.transaction() as tx:
            pictures = await self._pictures(tx, call.principal, answered)
            await keep_decisions(tx, decisions)
            await keep_exposures(tx, exposures)
            external = await self._external(tx, patient_id, asked.organization_id)
        orders = [checking.shown(one, pictures, self._local_reasons) for one in cards]
        return Checked(call.now, orders, checking.FOOTER, external)

    async def note_external(self, call: Call[Nothing, ExternalResultBody]) -> ExternalResult:
        """Record an outside result as it is printed."""
        body = external_results.checked(call.body, call.now, self._zone)
        async with call.transaction() as tx:
            known = await store.patient(tx, body.patient_id, call.scope.organizations)
            if known is None:
                raise NotFound("unknown-patient", "找不到该患者。", "There is no such patient.")
            call.about("patient", body.patient_id, patient_id=body.patient_id)
            number = await external_results.keep(tx, body, call.principal.practitioner_id, call.now)
            call.about("external-result", number, patient_id=body.patient_id)
            return await external_results.one(tx, number, call.principal.organization_id)

    async def withdraw_external(self, call: Call[Nothing, ExternalWithdrawalBody]) -> ExternalResult:
        """Take back what was written down in error; it stays to be read, with the reason and who did it."""
        number, own = call.uuid("id"), call.principal.organization_id
        async with call.transaction() as tx:
            entry = await external_results.one(tx, number, own)
            # under whichever record of this person it is known here
            records = await store.linked(tx, entry.patient_id)
            if not any([await store.patient(tx, one, call.scope.organizations) for one in records]):
                raise external_results.unknown()
            call.about("patient", entry.patient_id, patient_id=entry.patient_id)
            call.about("external-result", number, patient_id=entry.patient_id)
            by = call.principal.practitioner_id
            new = await external_results.withdraw(tx, entry, call.body.reason, by, call.now)
            call.detail["again"] = int(not new)
            return await external_results.one(tx, number, own)

    async def _pictures(
        self, connection: Connection, principal: Principal, answered: Iterable[Answered]
    ) -> Mapping[str, Pictures]:
        """Whose the pictures are, and the way to those this person may open: recognition widens no scope."""
        named = {one for each in answered for one in each.shown if one.startswith(_IMAGING)}
        places = await study_places(connection, [UUID(one.removeprefix(_IMAGING)) for one in named])
        allowed = self._scope(principal, Action.STUDY_READ)
        return {
            f"{_IMAGING}{number}": Pictures(
                place.organization_name,
                place.study_instance_uid if allowed.admits(place.organization_id) else None,
            )
            for number, place in places.items()
        }

    async def respond(self, call: Call[Nothing, ResponseBody]) -> Responded:
        number = call.uuid("id")
        async with call.transaction() as tx:
            card = await _own_card(tx, number, call.principal)
            checking.must_stand(call.body, await last_response(tx, number))
            response = checking.response(card, call.body, call.now, self._local_reasons)
            new = await keep_page_response(tx, response)
            call.about("recognition-card", number)
            call.detail["outcome"] = response.outcome
        return Responded(number, response.outcome, repeated=not new)

    async def pictures(self, call: Call[Nothing, PicturesBody]) -> PicturesLink:
        """调阅影像 of another member's result: the card, not the account, lets this person look, once."""
        number = call.uuid("id")
        async with call.transaction() as tx:
            await _own_card(tx, number, call.principal)
            call.about("recognition-card", number)
            url = await self._links.picture_link(tx, call.body.result, number, call.now)
            if url is None:
                raise NotFound(
                    "no-pictures", "该卡片没有这份影像。", "There are no such images on this card. Check again."
                )
            await told(tx, linked(url), "picture-link.given")
        return PicturesLink(url)


async def _own_card(tx: Connection, number: UUID, principal: Principal) -> PageCard:
    """A card that was shown to this very person; NotFound for every other."""
    card = await page_card(tx, number)
    if card is None or card.shown_to != str(principal.practitioner_id):
        raise NotFound(
            "unknown-card",
            "没有向您提示过这张卡片。未作任何记录。",
            "This card was not shown to you. Nothing was recorded.",
        )
    return card


def endpoints(
    check: Check,
    scope: Callable[[Principal, Action], Scope],
    links: PictureLinks,
    zone: tzinfo,
    local_reasons: tuple[str, ...] = (),
) -> list[Endpoint]:
    """The routes of the page 开单核对."""
    routes = CheckRoutes(check, scope, links, zone, local_reasons=local_reasons)
    return [
        Endpoint(
            "POST",
            "/api/recognition/check",
            Action.RECOGNITION_CHECK,
            routes.check,
            Text(
                "开单核对：既往结果能否互认，以及依据", "Before ordering: may an existing result be relied on, and why"
            ),
            body=CheckBody,
            returns=Checked,
        ),
        Endpoint(
            "POST",
            "/api/recognition/cards/{id}/response",
            Action.RECOGNITION_CHECK,
            routes.respond,
            Text("互认、不互认（附原因）或撤销", "Recognise, do not with a reason, or take that back"),
            body=ResponseBody,
            returns=Responded,
        ),
        Endpoint(
            "POST",
            "/api/recognition/cards/{id}/pictures",
            Action.RECOGNITION_CHECK,
            routes.pictures,
            Text("调阅卡片所列影像（一次性链接）", "Look at the images of a card, by a one-time link"),
            body=PicturesBody,
            returns=PicturesLink,
        ),
        Endpoint(
            "POST",
            "/api/recognition/external-results",
            Action.RECOGNITION_CHECK,
            routes.note_external,
            Text("登记院外结果（未核验）", "Record an outside result, unverified"),
            body=ExternalResultBody,
            returns=ExternalResult,
        ),
        Endpoint(
            "POST",
            "/api/recognition/external-results/{id}/withdrawal",
            Action.RECOGNITION_CHECK,
            routes.withdraw_external,
            Text("撤回误登记的院外结果", "Take back an outside result that was recorded in error"),
            body=ExternalWithdrawalBody,
            returns=ExternalResult,
        ),
    ]
