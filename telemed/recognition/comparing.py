"""G4: whether a result answers what is asked.  A demand that nobody makes is met by whatever there is."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from telemed.recognition.decision import Finding
from telemed.recognition.facts import Acquisition, Measurement
from telemed.recognition.grounds import finding
from telemed.recognition.order import Order
from telemed.recognition.rules import Contrast, Item

_ANSWERS: Mapping[Contrast, frozenset[Contrast]] = {
    "plain": frozenset({"plain", "plain-and-enhanced"}),
    "enhanced": frozenset({"enhanced", "plain-and-enhanced"}),
    "plain-and-enhanced": frozenset({"plain-and-enhanced"}),
}
#: What a document may demand of an acquisition: at most a slice, at least the others.
AT_MOST = frozenset({"slice_mm"})
AT_LEAST = frozenset({"tesla", "views", "rows", "leads"})


def measurement(item: Item, measured: Measurement) -> tuple[Finding, ...]:
    """Laboratory: a value of a clean specimen of the kind, by a method of the class, in a unit that converts."""
    units = frozenset({item.unit} if item.unit else ()) | item.convertible_units
    flags = " ".join(sorted(measured.flags))
    return (
        finding("value-present" if measured.value else "value-missing", ("value", measured.value), clause=item.clause),
        _one_of("specimen", frozenset({item.specimen} if item.specimen else ()), measured.specimen, item.clause),
        finding("specimen-unfit" if flags else "specimen-clean", ("flags", flags or None)),
        _one_of("method", item.method_classes, measured.method_class, item.clause),
        _one_of("unit", units, measured.unit, item.clause),
    )


def acquisition(item: Item, order: Order, acquired: Acquisition) -> tuple[Finding, ...]:
    """Imaging, ultrasound, ECG: the modality, site and side asked, contrast and technique no less, nothing left out."""
    clause = item.clause
    return (
        _one_of("modality", frozenset({item.modality} if item.modality else ()), acquired.modality, clause),
        _one_of("site", frozenset({item.body_site} if item.body_site else ()), acquired.body_site, clause),
        _side([one for one in (item.laterality, order.laterality) if one], acquired.laterality, clause),
        _contrast([one for one in (item.contrast, order.contrast) if one], acquired.contrast, clause),
        _technique(item.technique, acquired.technique, clause),
        finding(_COMPLETE[acquired.complete]),
    )


_COMPLETE = {True: "series-complete", False: "series-incomplete", None: "completeness-unknown"}


def _one_of(what: str, asked: frozenset[str], found: str | None, clause: str) -> Finding:
    """Equal as a whole to one of what is asked: never a part of it."""
    told = (("asked", " ".join(sorted(asked)) or None), ("found", found))
    if not asked or found in asked:
        return finding(f"{what}-comparable", *told, clause=clause)
    return finding(f"{what}-missing" if found is None else f"{what}-other", *told, clause=clause)


def _side(asked: list[str], found: str | None, clause: str) -> Finding:
    """Both sides answer for either; neither answers for both, nor for the other."""
    told = (("asked", " ".join(asked) or None), ("found", found))
    if all(found in (one, "both") for one in asked):
        return finding("side-comparable", *told, clause=clause)
    return finding("side-missing" if found is None else "side-other", *told, clause=clause)


def _contrast(asked: list[Contrast], found: Contrast | None, clause: str) -> Finding:
    told = (("asked", " ".join(asked) or None), ("found", found))
    if all(found in _ANSWERS[one] for one in asked):
        return finding("contrast-comparable", *told, clause=clause)
    return finding("contrast-missing" if found is None else "contrast-less", *told, clause=clause)


def _technique(asked: Mapping[str, str], found: Mapping[str, str], clause: str) -> Finding:
    """Every demand met; a value that is no number, or a demand of no known direction, leaves it to a person."""
    met = {name: _meets(name, limit, found.get(name)) for name, limit in sorted(asked.items())}
    for holds, code in ((False, "technique-below"), (None, "technique-missing")):
        names = [name for name, one in met.items() if one is holds]
        if names:
            told = ((name, f"{found.get(name, '')} / {asked[name]}") for name in names)
            return finding(code, *told, clause=clause)
    return finding("technique-sufficient", *((name, found[name]) for name in met), clause=clause)


def _meets(name: str, limit: str, found: str | None) -> bool | None:
    wanted, had = _number(limit), _number(found)
    if wanted is None or had is None or name not in AT_MOST | AT_LEAST:
        return None
    return had <= wanted if name in AT_MOST else had >= wanted


@lru_cache
def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
