"""From the person part of a form to a person of the county."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import NamedTuple
from uuid import UUID

from telemed.db import Connection
from telemed.errors import Conflict, Invalid, NotFound
from telemed.imaging.forms import DocumentForm, PersonForm
from telemed.patients import admission, identity, resolving, store
from telemed.patients.age import birth_date_of_age
from telemed.patients.identifiers import Fault, Identifier, IdentifierKind, Malformed, document
from telemed.patients.identity import Identity, Person
from telemed.vocabulary import Scope, Sex


class Who(NamedTuple):
    """Whom a registration is for."""

    patient_id: UUID
    sex: Sex
    birth_date: date | None


_FAULTS = {
    Fault.EMPTY: ("证件号码为空。", "The document number is empty."),
    Fault.LENGTH: ("证件号码位数不对。", "The document number has the wrong length."),
    Fault.CHARACTERS: ("证件号码含有不应出现的字符。", "The document number has characters that it cannot have."),
    Fault.REGION: ("证件号码的地区码不存在。", "The region of the document number does not exist."),
    Fault.BIRTH_DATE: ("证件号码中的出生日期不存在。", "The birth date in the document number does not exist."),
    Fault.CHECKSUM: ("证件号码校验位不符，请重新核对或刷卡。", "The check digit is wrong: type or scan it again."),
    Fault.ISSUER: ("请选择证件的签发国家。", "Choose the country that issued the document."),
}


def read_document(form: DocumentForm | None, organization_id: UUID) -> Identifier | None:
    """The number of the form.

    Raises Invalid for a number that cannot be of its kind: nobody is turned away for it, 其他证件 takes any number.
    """
    if form is None or not form.number.strip():
        return None
    if form.kind in (IdentifierKind.TEMPORARY, IdentifierKind.DEVICE):
        raise Invalid("document-kind", "该号码种类不能手工填写。", "Numbers of this kind are not typed in.")
    found = document(form.kind, form.number, country=form.country, issuer=f"ORG:{organization_id}")
    if isinstance(found, Malformed):
        zh, en = _FAULTS[found.fault]
        raise Invalid(
            f"document-{found.fault}",
            f"{zh}如证件确实如此，请改选“其他证件”登记。",
            f"{en} If the document really says so, register it as another document.",
        )
    return found


def describe(form: PersonForm, number: Identifier | None, day: date) -> Person:
    """The person a form describes, for comparing and for storing.

    Raises Invalid if the form contradicts its own document, or leaves out the name.
    """
    if not identity.names.search_key(form.name):
        raise Invalid("name-missing", "请填写姓名，或选择“无名氏”。", "State the name, or choose “unidentified”.")
    born, estimated = form.birth_date, False
    if born is None and form.age_years is not None:
        born, estimated = birth_date_of_age(form.age_years, day), True
    if number is not None and number.birth_date is not None:
        if form.birth_date is not None and form.birth_date != number.birth_date:
            raise Invalid(
                "document-contradicts-birth",
                "出生日期与证件号码不一致，请核对；若证件不是本人的，请勾选“人证不符”。",
                "The birth date contradicts the document; if the card is somebody else's, tick card mismatch.",
            )
        born, estimated = number.birth_date, False
    if number is not None and number.sex is not None and form.sex not in (number.sex, Sex.UNKNOWN):
        raise Invalid(
            "document-contradicts-sex",
            "性别与证件号码不一致，请核对；若证件不是本人的，请勾选“人证不符”。",
            "The sex contradicts the document; if the card is somebody else's, tick card mismatch.",
        )
    if born is not None and born > day:
        raise Invalid("birth-in-future", "出生日期在今天之后。", "The birth date lies in the future.")
    sex = number.sex if number is not None and number.sex is not None else form.sex
    return Person(form.name, sex, born, estimated, frozenset({number} if number else ()))


async def namesakes(
    connection: Connection, form: PersonForm, organization_id: UUID, day: date
) -> list[store.PatientRow]:
    """同名患者: whom the registrar must have looked at before this person is made."""
    if form.patient_id is not None or form.unidentified or form.newborn is not None:
        return []
    born = form.birth_date
    if born is None and form.age_years is not None:
        born = birth_date_of_age(form.age_years, day)
    rows = await store.namesakes(connection, form.name, organization_id)
    return [row for row in rows if identity.is_namesake(form.name, born, row.name, row.birth_date)]


async def resolve(
    tx: Connection,
    form: PersonForm,
    *,
    card_mismatch: bool,
    organization_id: UUID,
    scope: Scope,
    now: datetime,
    zone: tzinfo,
) -> Who:
    """Find or make whom the form means.

    Raises Conflict `same-name-undecided` while people of the same name wait to be told apart, NotFound for a person
    whom this organisation does not know, Invalid as describe() does. Nothing is written then.
    """
    day = now.astimezone(zone).date()
    if form.newborn is not None:
        return await _newborn(tx, form, organization_id, scope, now, zone)
    if form.unidentified:
        return await _unidentified(tx, form, organization_id, now, day)
    number = read_document(form.document, organization_id)
    contact = store.Contact(phone=form.phone.strip(), address=form.address.strip())
    if form.patient_id is not None:
        return await _chosen(tx, form, form.patient_id, None if card_mismatch else number, organization_id, scope, now)
    person = describe(form, None if card_mismatch else number, day)
    if not form.another_person:
        alike = await namesakes(tx, form, organization_id, day)
        # The holder is looked for second: who was seen as a namesake is then seen as the holder, too.
        if alike and not await holds(tx, person, number):
            raise Conflict(
                "same-name-undecided",
                "同名患者：请核对村屯和电话，选择已有患者或确认是另一人。尚未登记。",
                "People of the same name are known here: choose one of them or confirm it is another person. "
                "Nothing was registered.",
                people=len(alike),
            )
    admitted = await admission.admit(tx, person, organization_id=organization_id, contact=contact, now=now)
    if not admitted.is_new:
        await store.update_contact(tx, admitted.patient_id, contact)
    if card_mismatch and number is not None:
        await _report_card(tx, number, admitted.patient_id, organization_id, now)
    return Who(admitted.patient_id, person.sex, person.birth_date)


async def holds(tx: Connection, person: Person, number: Identifier | None) -> bool:
    """Whether the number already belongs to this very person, which settles it without a question."""
    if number is None or number not in person.identifiers:
        return False
    holder = await store.holder(tx, number)
    return holder is not None and identity.compare(holder.person(number), person).verdict is identity.Verdict.SAME


async def _report_card(
    tx: Connection, number: Identifier, patient_id: UUID, organization_id: UUID, now: datetime
) -> None:
    holder = await store.holder(tx, number)
    if holder is not None and holder.id != patient_id:
        await store.open_review(
            tx,
            organization_id,
            patient_id=patient_id,
            other_patient_id=holder.id,
            reason="card-mismatch",
            now=now,
        )


async def _known(tx: Connection, patient_id: UUID, scope: Scope) -> store.PatientRow:
    row = await store.patient(tx, patient_id, scope.organizations)
    if row is None:
        raise NotFound(
            "unknown-patient", "找不到该患者。尚未登记。", "There is no such patient. Nothing was registered."
        )
    return row


async def _chosen(  # noqa: PLR0917 -- one branch of resolve, with its arguments
    tx: Connection,
    form: PersonForm,
    patient_id: UUID,
    number: Identifier | None,
    organization_id: UUID,
    scope: Scope,
    now: datetime,
) -> Who:
    """Somebody the registrar chose. A card shown for the first time becomes theirs only if it contradicts nothing."""
    row = await _known(tx, patient_id, scope)
    if number is not None:
        known = Person(row.name, Sex(row.sex), row.birth_date, row.birth_date_estimated, frozenset({number}))
        shown = Person(
            form.name or row.name,
            number.sex or form.sex,
            number.birth_date or form.birth_date,
            identifiers=frozenset({number}),
        )
        if identity.compare(known, shown).verdict is not identity.Verdict.SAME:
            raise Invalid(
                "document-contradicts-patient",
                "所刷证件与所选患者的姓名、性别或出生日期不一致。请核对；若证件不是本人的，请勾选“人证不符”。",
                "The card contradicts the chosen patient. Check again; if it is somebody else's, tick card mismatch.",
            )
        holder = await store.holder(tx, number)
        if holder is None:
            await store.give(tx, number, "", patient_id, now)
        elif holder.id != patient_id:
            await resolving.shown(tx, patient_id, holder.id, number, known, organization_id=organization_id, now=now)
    await store.know(tx, organization_id, patient_id, now)
    await store.update_contact(tx, patient_id, store.Contact(phone=form.phone.strip(), address=form.address.strip()))
    return Who(patient_id, Sex(row.sex), row.birth_date)


async def _temporary_number(tx: Connection, organization_id: UUID, day: date) -> Identifier:
    count = await store.next_number(tx, organization_id, "temporary", day)
    return Identifier(IdentifierKind.TEMPORARY, f"ORG:{organization_id}", f"L{day:%y%m%d}{count:04d}")


async def _unidentified(tx: Connection, form: PersonForm, organization_id: UUID, now: datetime, day: date) -> Who:
    count = await store.next_number(tx, organization_id, "unidentified", day)
    number = await _temporary_number(tx, organization_id, day)
    estimate = None if form.age_years is None else birth_date_of_age(form.age_years, day)
    person = Person(
        identity.unidentified_name(form.sex, day, count),
        form.sex,
        estimate,
        estimate is not None,
        frozenset({number}),
        Identity.TEMPORARY,
    )
    admitted = await admission.admit(
        tx, person, organization_id=organization_id, contact=store.Contact(form.phone, form.address), now=now
    )
    return Who(admitted.patient_id, form.sex, estimate)


async def _newborn(  # noqa: PLR0917 -- one branch of resolve, with its arguments
    tx: Connection, form: PersonForm, organization_id: UUID, scope: Scope, now: datetime, zone: tzinfo
) -> Who:
    """A child without a name. The mother's number is never the child's, whatever the form carries."""
    newborn = form.newborn
    if newborn is None:
        raise LookupError("resolve() sends only newborns here")
    mother = await _known(tx, newborn.mother_id, scope)
    if mother.sex == Sex.MALE:
        raise Invalid("mother-is-male", "所选母亲的性别为男，请核对。", "The chosen mother is recorded as male.")
    if newborn.born_at > now:
        raise Invalid("birth-in-future", "出生时间在现在之后。", "The hour of birth lies in the future.")
    born = newborn.born_at.astimezone(zone).date()
    number = await _temporary_number(tx, organization_id, now.astimezone(zone).date())
    person = Person(
        identity.newborn_name(mother.name, form.sex, newborn.birth),
        form.sex,
        born,
        identifiers=frozenset({number}),
        identity=Identity.TEMPORARY,
    )
    contact = store.Contact(
        form.phone.strip() or mother.phone, form.address.strip() or mother.address, newborn.born_at, mother.id
    )
    admitted = await admission.admit(tx, person, organization_id=organization_id, contact=contact, now=now)
    return Who(admitted.patient_id, form.sex, born)
