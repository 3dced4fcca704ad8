"""value[x], units and reference ranges of FHIR R4 as the values of a laboratory report.  Pure."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from telemed.results import units
from telemed.results.fhir_resources import CodeableConcept, Quantity, ReferenceRange, Valued
from telemed.results.values import CodedText, Comparator, Value, decimal_string

UCUM = "http://unitsofmeasure.org"
_COMPARATORS: dict[str, Comparator] = {"": "", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
#: Powers of ten beyond any measurement; a number such as 1e999999 is not written out.
_LARGEST_POWER = 30


def codes_of(concept: CodeableConcept) -> tuple[CodedText, ...]:
    """The codes of a concept as they were written; its text alone where it has none."""
    found = tuple(
        CodedText(one.code, one.display or concept.text, one.system)
        for one in concept.coding
        if one.code or one.display
    )
    return found or ((CodedText("", concept.text, ""),) if concept.text else ())


def number_of(quantity: Quantity) -> str:
    """The number as a plain decimal string; '' if it is none, or none that is ever measured."""
    written = bytes(quantity.value).decode("ascii", "replace").strip()
    plain = decimal_string(written)
    if plain or not written:
        return plain
    try:
        number = Decimal(written)
    except InvalidOperation:
        return ""
    if (
        not number.is_finite()
        or abs(number.adjusted()) > _LARGEST_POWER
        or len(number.as_tuple().digits) > _LARGEST_POWER
    ):
        return ""
    return decimal_string(format(number, "f"))


def unit_of(quantity: Quantity) -> tuple[str, bool]:
    """The unit as it is to be read, and whether its text contradicts its code.

    The text is what the laboratory wrote; where nobody can read it, its UCUM code stands for it.
    """
    code = quantity.code if quantity.system in {"", UCUM} else ""
    if not quantity.unit or not code or quantity.unit == code:
        return quantity.unit or code, False
    read = units.ucum(quantity.unit)
    if read is None:
        return code, False
    return quantity.unit, units.factor(read, units.ucum(code) or code) != 1


def value_of(one: Valued) -> tuple[Value, str, bool]:
    """What was found, its unit, and whether text and code of the unit contradict each other."""
    if one.value_quantity is not None:
        return _quantity(one.value_quantity)
    if one.value_integer is not None:
        return _number(str(one.value_integer))
    if one.value_range is not None:
        low, high = one.value_range.low or Quantity(), one.value_range.high or Quantity()
        first, second = number_of(low), number_of(high)
        unit, contradicts = unit_of(low)
        same = unit_of(high)[0] in {"", unit}
        if first and second and same:
            return Value("quantity", _shown(low) + "-" + _shown(high), "", first, high=second), unit, contradicts
        return Value("text", f"{_shown(low)}-{_shown(high)}", fault="not-a-number"), unit, contradicts
    if one.value_ratio is not None:
        above, below = one.value_ratio.numerator or Quantity(), one.value_ratio.denominator or Quantity()
        first, second = number_of(above), number_of(below)
        text = f"{_shown(above)}:{_shown(below)}"
        if first and second and not unit_of(below)[0]:
            return Value("quantity", text, _compared(above), first, denominator=second), *unit_of(above)
        return Value("text", text), "", False
    return _words(one), "", False


def _quantity(quantity: Quantity) -> tuple[Value, str, bool]:
    number, (unit, contradicts) = number_of(quantity), unit_of(quantity)
    written = _shown(quantity)
    if not bytes(quantity.value).strip():
        return Value("none", ""), unit, contradicts
    if not number or quantity.comparator not in _COMPARATORS:
        return Value("text", written, fault="not-a-number"), unit, contradicts
    return Value("quantity", written, _compared(quantity), number), unit, contradicts


def _number(written: str) -> tuple[Value, str, bool]:
    number = decimal_string(written)
    return (
        (Value("quantity", written, "", number) if number else Value("text", written, fault="not-a-number")),
        "",
        False,
    )


def _words(one: Valued) -> Value:
    """What is no number."""
    if one.value_codeable_concept is not None:
        found = codes_of(one.value_codeable_concept)
        text = one.value_codeable_concept.words
        return Value("coded", text, codes=found) if found else Value("none", "")
    if one.value_boolean is not None:
        return Value("text", "true" if one.value_boolean else "false")
    said = next((each for each in (one.value_string, one.value_date_time, one.value_time) if each), "")
    if not said and one.value_period is not None:
        said = f"{one.value_period.start}/{one.value_period.end}"
    if not said and one.value_sampled_data is not None:
        said = bytes(one.value_sampled_data).decode("utf-8", "replace")[:2000]
    return Value("text", said) if said.strip() else Value("none", "")


def _compared(quantity: Quantity) -> Comparator:
    return _COMPARATORS.get(quantity.comparator, "")


def _shown(quantity: Quantity) -> str:
    """A quantity as one reads it."""
    number = bytes(quantity.value).decode("utf-8", "replace").strip()[:60]
    return " ".join(one for one in (quantity.comparator + number, quantity.unit or quantity.code) if one)


def range_of(ranges: tuple[ReferenceRange, ...]) -> str:
    """The reference range as it was issued: its text, else its bounds; several are told apart by a semicolon."""
    said: list[str] = []
    for one in ranges:
        low, high = number_of(one.low or Quantity()), number_of(one.high or Quantity())
        bounds = f"{low}-{high}" if low and high else f"≥{low}" if low else f"≤{high}" if high else ""
        said.append(one.text or bounds)
    return "; ".join(one for one in said if one)[:1000]
