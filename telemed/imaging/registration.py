"""What a registration form (检查登记) must say before it is taken, and what a person must confirm. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from telemed.imaging import body
from telemed.patients.age import years
from telemed.vocabulary import EncounterClass, Laterality, Sex, Text


class EmergencyClass(StrEnum):
    """Why it cannot wait (practice 11)."""

    CHEST_PAIN = "chest-pain"  # 胸痛
    STROKE = "stroke"  # 卒中
    TRAUMA = "trauma"  # 创伤
    OBSTETRIC = "obstetric"  # 危重孕产妇
    CHILD_NEWBORN = "child-newborn"  # 危重儿童和新生儿
    ACUTE_ABDOMEN = "acute-abdomen"  # 急腹症
    OTHER = "other"


class Pregnancy(StrEnum):
    """妊娠情况."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


class FeeState(StrEnum):
    """收费状态."""

    UNSTATED = ""
    PAID = "paid"
    UNPAID = "unpaid"
    EXEMPT = "exempt"


#: Ages at which a woman is asked twice before abdomen or pelvis is exposed (practice 9).
FERTILE_YEARS = range(12, 56)
# Modalities that use no ionising radiation: no second question.
_HARMLESS = frozenset({"US", "MR", "ES", "ECG"})


class Weight(StrEnum):
    """What a fault asks for."""

    REQUIRED = "required"  # the form is not taken
    CONFIRM = "confirm"  # taken once a person has confirmed
    ADVICE = "advice"  # shown, taken anyway


class Fault(NamedTuple):
    """One thing about the form."""

    field: str
    code: str
    weight: Weight
    text: Text


@dataclass(frozen=True, slots=True)
class Form:
    """The answers that the rules look at. age: completed years, None if nobody knows."""

    sex: Sex
    age: int | None
    modality: str
    item: str
    body_site: str
    laterality: Laterality
    encounter_class: EncounterClass
    emergency_class: EmergencyClass | None
    pregnancy: Pregnancy
    pregnancy_confirmed: bool
    history: str
    consent_told: bool


def age_of(birth_date: date | None, day: date) -> int | None:
    """Completed years for the rules, None for an unknown birth."""
    return None if birth_date is None else years(birth_date, day)


def check(form: Form) -> tuple[Fault, ...]:
    """Everything wrong or to be confirmed, in the order of the form."""
    return (*_site(form), *_encounter(form), *_pregnancy(form), *_texts(form))


def _site(form: Form) -> Sequence[Fault]:
    faults: list[Fault] = []
    if not form.item.strip():
        faults.append(
            Fault("item", "item-missing", Weight.REQUIRED, Text("请填写检查项目。", "State the examination."))
        )
    if not form.body_site.strip():
        faults.append(Fault("body_site", "site-missing", Weight.REQUIRED, Text("请填写部位。", "State the body site.")))
    paired = body.is_paired(form.body_site) or body.is_paired(form.item)
    if paired and form.laterality is Laterality.UNPAIRED:
        faults.append(
            Fault(
                "laterality",
                "laterality-missing",
                Weight.REQUIRED,
                Text("该部位分左右，请选择侧别。", "This site has two sides: choose left, right or both."),
            )
        )
    said = body.sides(f"{form.item} {form.body_site}")
    if body.compare_sides(form.laterality, said) in (body.Agreement.DIFFERS, body.Agreement.LIKELY):
        faults.append(
            Fault(
                "laterality",
                "laterality-contradicts",
                Weight.REQUIRED,
                Text("侧别与项目文字不一致，请确认。", "The side contradicts the words of the examination."),
            )
        )
    return faults


def _encounter(form: Form) -> Sequence[Fault]:
    emergency = form.encounter_class is EncounterClass.EMERGENCY
    if emergency and form.emergency_class is None:
        text = Text("急诊须选择急诊类别。", "An emergency needs its class.")
        return [Fault("emergency_class", "emergency-class-missing", Weight.REQUIRED, text)]
    if not emergency and form.emergency_class is not None:
        text = Text("非急诊不填急诊类别。", "Only an emergency has an emergency class.")
        return [Fault("emergency_class", "emergency-class-unasked", Weight.REQUIRED, text)]
    return []


def _pregnancy(form: Form) -> Sequence[Fault]:
    if form.sex is Sex.MALE:
        if form.pregnancy is Pregnancy.YES:
            text = Text("性别为男，妊娠情况不能为是。", "A man cannot be pregnant: check sex and pregnancy.")
            return [Fault("pregnancy", "pregnancy-contradicts-sex", Weight.REQUIRED, text)]
        return []
    fertile = form.age is None or form.age in FERTILE_YEARS
    exposed = form.modality not in _HARMLESS and (body.is_pelvic(form.body_site) or body.is_pelvic(form.item))
    if not fertile or not exposed:
        return []
    if form.pregnancy is Pregnancy.NOT_APPLICABLE and form.sex is Sex.FEMALE:
        text = Text("请询问妊娠情况。", "Ask about pregnancy.")
        return [Fault("pregnancy", "pregnancy-unasked", Weight.REQUIRED, text)]
    if form.pregnancy in (Pregnancy.YES, Pregnancy.UNKNOWN) and not form.pregnancy_confirmed:
        text = Text(
            "妊娠情况为是/不详，且检查腹部或盆腔：请与申请医师再次确认。",
            "Pregnant or unknown, and abdomen or pelvis is exposed: confirm again with the requesting physician.",
        )
        return [Fault("pregnancy", "pregnancy-to-confirm", Weight.CONFIRM, text)]
    return []


def _texts(form: Form) -> Sequence[Fault]:
    faults: list[Fault] = []
    if not form.history.strip() and form.encounter_class is not EncounterClass.EMERGENCY:
        text = Text("未填病史，诊断医师可能退回补充。", "Without a history the reader may return it.")
        faults.append(Fault("history", "history-missing", Weight.ADVICE, text))
    if not form.consent_told:
        text = Text("请勾选已告知远程诊断。", "Tick that remote reading was explained.")
        weight = Weight.ADVICE if form.encounter_class is EncounterClass.EMERGENCY else Weight.REQUIRED
        faults.append(Fault("consent_told", "consent-untold", weight, text))
    return faults


def standing(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """The faults for which the form is not taken as it is."""
    return tuple(f for f in faults if f.weight is not Weight.ADVICE)


def accession_number(day: date, number: int) -> str:
    """The accession number given out: day and number, 10 places of the 16 that DICOM allows (SH)."""
    return f"{day:%y%m%d}{number:04d}"
