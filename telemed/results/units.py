"""Units as laboratories write them → UCUM; conversion by factors that are certain, in decimals. Pure.

UCUM is read by ucumvert on pint.  Its factors are binary fractions: units of a laboratory differ by powers of ten and
of sixty, so a factor rounded to twelve digits is the exact one, and the arithmetic is done in decimals.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Any, Literal

from lark.exceptions import LarkError
from pint.errors import PintError

#: What is known of an analyte beyond its unit; the only ones between whose mass and amount anything is converted.
Analyte = Literal[
    "glucose", "creatinine", "bilirubin", "calcium", "magnesium", "phosphate", "cholesterol", "triglycerides", "urate",
    "iron", "lactate", "sodium", "potassium", "chloride", "enzyme",
]  # fmt: skip
#: Grams a mole.  Urea is left out: mg/dL may mean urea or its nitrogen (BUN).  So is HbA1c: NGSP and IFCC are a line.
#: Triglycerides as triolein, phosphate as phosphorus, the customs of all analysers.
_MOLAR_MASS = {
    "glucose": "180.16",
    "creatinine": "113.12",
    "bilirubin": "584.66",
    "calcium": "40.078",
    "magnesium": "24.305",
    "phosphate": "30.974",
    "cholesterol": "386.65",
    "triglycerides": "885.43",
    "urate": "168.11",
    "iron": "55.845",
    "lactate": "90.08",
}
#: Charges of an ion: equivalents a mole.
_VALENCE = {"sodium": 1, "potassium": 1, "chloride": 1, "calcium": 2, "magnesium": 2}
_EXACT = Context(prec=40, rounding=ROUND_HALF_EVEN)
_SHOWN_DIGITS = 6

#: Spellings that no rule of form explains, folded as `_folded` does.
_LOCAL = {
    "u/l": "U/L",
    "ku/l": "kU/L",
    "u/ml": "U/mL",
    "g%": "g/dL",
    "mg%": "mg/dL",
    "秒": "s",
    "分": "min",
    "sec": "s",
    "℃": "Cel",
    "°c": "Cel",
    "mmhg": "mm[Hg]",
    "mm/60min": "mm/h",
    "mm/1h": "mm/h",
    "mm/hr": "mm/h",
    "inr": "{INR}",
    "ratio": "{ratio}",
    "比值": "{ratio}",
    "s/co": "{s_co_ratio}",
    "coi": "{cutoff_index}",
    "ph": "[pH]",
    "meq/l": "meq/L",
    "mosm/l": "mosm/L",
    "mosm/kg": "mosm/kg",
    "mosm/kgh2o": "mosm/kg",
    "au/ml": "[arb'U]/mL",
    "ru/ml": "[arb'U]/mL",
    "/hp": "/[HPF]",
    "/hpf": "/[HPF]",
    "个/hp": "/[HPF]",
    "个/hpf": "/[HPF]",
    "/lp": "/[LPF]",
    "/lpf": "/[LPF]",
    "个/lp": "/[LPF]",
    "个/ul": "/uL",
    "cells/ul": "/uL",
    "/mm3": "/uL",
    "个/mm3": "/uL",
    "k/ul": "10*3/uL",
    "ml/min/1.73m2": "mL/min/{1.73_m2}",
    "ml/min/1.73m^2": "mL/min/{1.73_m2}",
    "ml/(min*1.73m2)": "mL/min/{1.73_m2}",
    "copies/ml": "{copies}/mL",
    "拷贝/ml": "{copies}/mL",
    "giga.l-1": "10*9/L",
    "tera.l-1": "10*12/L",
}
# "G/L" is giga per litre to one analyser and grams per litre to another, and gauss to UCUM: in capitals it is no unit
_AMBIGUOUS = frozenset({"G/L", "MG/L", "T/L"})
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_POWER = re.compile(r"^(?:x|X|×|\*)?\s*10\s*(?:\^|\*\*|\*|[eE])?\s*(3|6|9|12)\s*(?:个)?/")
_INTERNATIONAL = re.compile(r"(?<![A-Za-z\[])([mukMUKμ]?)I[Uu](?=/|$)")
_LITRE = re.compile(r"(?<=/)([munpfd]?)l(?![A-Za-z])|(?<![A-Za-z])([munpfd])l(?=/|$)")
_A_DAY = re.compile(r"/24h(r|rs|小时)?$", re.IGNORECASE)
# a fibrinogen equivalent unit is about half a D-dimer unit: never one for the other, and neither for none
_D_DIMER = re.compile(r"(?<=[A-Za-z])[\[(]?(FEU|DDU)[\])]?$", re.IGNORECASE)
_COUNT = re.compile(r"10\*(3|6|9|12)/[munpfd]?L")
_BRACKETED = re.compile(r"\[[^\]]+\]")
_ANNOTATION = re.compile(r"\{[^}]*\}")
_WORDS_OF_AMOUNT = re.compile(r"(?<![a-zA-Z])[munk]?(eq|osm)(?![a-zA-Z])")


def ucum(written: str) -> str | None:
    """The UCUM code that a laboratory's spelling stands for; None if it is not known, or stands for two."""
    text = _RAISED.sub(lambda found: "^" + found[0].translate(_SUPERSCRIPTS), written)
    text = _folded(text)
    if not text or text in _AMBIGUOUS:
        return None
    local = _LOCAL.get(text.lower())
    if local is not None:
        return local
    text = _POWER.sub(lambda found: f"10*{found[1]}/", text)
    text = _INTERNATIONAL.sub(lambda found: found[1].replace("U", "u").replace("K", "k") + "[IU]", text)
    text = _LITRE.sub(lambda found: f"{found[1] or found[2] or ''}L", text)
    text = text.replace("mcg", "ug").replace("[iU]", "[IU]")
    text = _A_DAY.sub("/d", text)
    text = _D_DIMER.sub(lambda found: "{" + found[1].upper() + "}", text)
    return text if _is_ucum(text) else None


def _folded(written: str) -> str:
    """Without blanks; full width, Greek and Latin mu, and signs of division brought to one form."""
    text = "".join(chr(ord(one) - 0xFEE0) if "！" <= one <= "～" else one for one in written)
    text = "".join(one for one in text if not one.isspace())
    return text.replace("µ", "u").replace("μ", "u").replace("／", "/").replace("∕", "/")


def _is_ucum(code: str) -> bool:
    """Whether it is a unit; a bare number is none, a power of ten only over something."""
    bare = _ANNOTATION.sub("", code)
    if not bare:
        return True
    if bare[0].isdigit() and not _COUNT.fullmatch(bare):
        return False
    return _base(code) is not None


def factor(one: str, other: str, analyte: Analyte | None = None) -> Decimal | None:
    """What a value in `one` is multiplied by to be in `other`; None where that is not certain.

    analyte: whose molar mass or charge may be used; without it mass, amount and equivalents stay apart.
    Arbitrary units (international units, per field, ratios to a cutoff) only ever equal themselves (UCUM §24).
    """
    if one == other:
        return Decimal(1)
    first, second = _base(one), _base(other)
    if first is None or second is None or "Cel" in (one, other):
        return None
    arbitrary = (_arbitrary(one), _arbitrary(other))
    if analyte == "enzyme":
        # one international unit of an enzyme is one U, a micromole a minute, by definition; of anything else it is not
        arbitrary = tuple(_as_enzyme(kind) for kind in arbitrary)
        first, second = _enzyme(one) or first, _enzyme(other) or second
    if arbitrary[0] == arbitrary[1] and first[1] == second[1]:
        return _EXACT.divide(first[0], second[0])
    return _between_mass_and_amount(one, other, analyte)


def convert(number: str, one: str, other: str, analyte: Analyte | None = None) -> str | None:
    """A decimal string in another unit, to six significant digits; None where the factor is not certain.

    number is given back as it is where the unit is the same.
    """
    by = factor(one, other, analyte)
    if by is None:
        return None
    if by == 1:
        return number
    product = _EXACT.multiply(Decimal(number), by)
    rounded = Context(prec=_SHOWN_DIGITS, rounding=ROUND_HALF_EVEN).plus(product)
    plain = format(rounded, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _between_mass_and_amount(one: str, other: str, analyte: Analyte | None) -> Decimal | None:
    mass, charges = _MOLAR_MASS.get(analyte or ""), _VALENCE.get(analyte or "")
    # both are brought to moles: grams by the molar mass, equivalents by the charge
    sides = [_in_moles(code, mass, charges) for code in (one, other)]
    if sides[0] is None or sides[1] is None or sides[0][1] != sides[1][1]:
        return None
    return _EXACT.divide(sides[0][0], sides[1][0])


def _in_moles(code: str, mass: str | None, charges: int | None) -> tuple[Decimal, str] | None:
    base = _base(code)
    if base is None:
        return None
    kinds = _arbitrary(code)
    if kinds == ("eq",):
        return None if charges is None else (_EXACT.divide(base[0], Decimal(charges)), base[1])
    if kinds:
        return None
    if "[mass]" in base[1]:
        if mass is None:
            return None
        amount = base[1].replace("[mass]", "[substance]")
        return (_EXACT.divide(_EXACT.multiply(base[0], Decimal(1000)), Decimal(mass)), amount)  # kilograms to grams
    return base


def _arbitrary(code: str) -> tuple[str, ...]:
    found = [one for one in _BRACKETED.findall(code) if one != "[Hg]"]
    bare = _ANNOTATION.sub("", code)
    found += [one for one in _ANNOTATION.findall(code) if not bare or one in ("{FEU}", "{DDU}")]
    return tuple(sorted([*found, *_WORDS_OF_AMOUNT.findall(code)]))


def _as_enzyme(kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind for kind in kinds if kind != "[IU]")


def _enzyme(code: str) -> tuple[Decimal, str] | None:
    return _base(code.replace("[IU]", "U")) if "[IU]" in code else None


@lru_cache(maxsize=2048)
def _base(code: str) -> tuple[Decimal, str] | None:
    """The factor to the base units of SI, and the dimension as a word; None for what is no UCUM expression."""
    bare = _ANNOTATION.sub("", code) or "1"
    bare = "1" + bare if bare.startswith("/") else bare
    try:
        quantity = _registry().from_ucum(bare).to_base_units()
    except (LarkError, PintError, AttributeError, ValueError):
        # AttributeError: ucumvert hands back the token of an expression without a unit
        return None
    size = Decimal(format(float(quantity.magnitude), ".12g"))
    dimensions = sorted(f"{name}^{power:g}" for name, power in dict(quantity.dimensionality).items())
    return (size, " ".join(dimensions)) if size > 0 else None


def prepare() -> None:
    """Make the tables of UCUM now, which takes a second; otherwise the first unit does."""
    _registry()


@lru_cache(maxsize=1)
def _registry() -> Any:
    from ucumvert import PintUcumRegistry  # noqa: PLC0415 -- takes a second to make and is needed by numbers alone

    return PintUcumRegistry()
