"""Unit texts to SI factors. The field's own units are known by heart; pint reads every other one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from natron.core.constants import AVOGADRO_PER_MOL
from natron.core.errors import QuantityError
from natron.core.kinds import KINDS, Kind

_SIGNS = str.maketrans(
    {
        "\N{MICRO SIGN}": "u",
        "\N{GREEK SMALL LETTER MU}": "u",
        "\N{GREEK CAPITAL LETTER OMEGA}": "ohm",
        "\N{OHM SIGN}": "ohm",
        "°": "deg",
        "℃": "degC",
        "·": "*",
        "⋅": "*",
        "×": "*",
        "−": "-",
        "–": "-",
        "\u00a0": " ",
        "\u2009": " ",
        "\u202f": " ",
    }
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_MAX_LENGTH = 60


def normalise(unit: str) -> str:
    """`unit` in plain ASCII: signs spelled out, superscripts lowered, spaces around operators gone."""
    text = unit.translate(_SIGNS).translate(_SUPERSCRIPTS).strip()
    text = re.sub(r"\bdeg\s+([CFK])\b", r"deg\1", text)
    text = re.sub(r"\s*([*/().^])\s*", r"\1", text)
    text = re.sub(r"\*\*|\^", "", text)
    # a point multiplies, unless it stands inside a number: m^0.5
    return re.sub(r"\s+|(?<!\d)\.|\.(?!\d)", "*", text)


# SI unit (in the spelling of the kinds), factor and offset; a test holds every line against pint
_ALSO_KNOWN = {
    "m": ("m", 1.0, 0.0),
    "cm": ("m", 1e-2, 0.0),
    "nm": ("m", 1e-9, 0.0),
    "S/cm": ("S/m", 100.0, 0.0),
    "S/m": ("S/m", 1.0, 0.0),
    "mV": ("V", 1e-3, 0.0),
    "Pa": ("Pa", 1.0, 0.0),
    "kPa": ("Pa", 1e3, 0.0),
    "GPa": ("Pa", 1e9, 0.0),
    "K": ("K", 1.0, 0.0),
    "min": ("s", 60.0, 0.0),
    "kg/m3": ("kg/m**3", 1.0, 0.0),
}

PER_MOLE = {"kJ/mol": 1e3, "kcal/mol": 4184.0}
"""Energies per mole read without pint where an energy per particle is asked for, J/mol."""

BY_HEART = {
    **_ALSO_KNOWN,
    **{normalise(spelling): (k.si, k.factor, k.offset) for k in KINDS.values() for spelling in (k.unit, k.pretty)},
}
"""Units read without pint: normalised text to SI unit, factor and offset."""


@lru_cache(maxsize=512)
def to_si(unit: str, kind: Kind) -> tuple[float, float]:
    """Factor and offset that take a number in `unit` to SI: ``x_SI = factor * x + offset``.

    Raises
    ------
    QuantityError
        Where `unit` is not a unit, or not one of `kind`'s dimension.
    """
    text = normalise(unit)
    if len(text) > _MAX_LENGTH:
        raise QuantityError("this unit is too long to be one", given=unit, allowed=_allowed(kind))
    if kind.name == "energy" and text in PER_MOLE:
        return PER_MOLE[text] / AVOGADRO_PER_MOL, 0.0
    known = BY_HEART.get(text)
    if known is None:
        return _ask_pint(unit, text, kind)
    if known[0] != kind.si:  # one SI spelling per dimension, so another spelling is another dimension
        raise QuantityError("this unit does not measure what is asked for", given=unit, allowed=_allowed(kind))
    return known[1], known[2]


def _allowed(kind: Kind) -> str:
    return f'{kind.words}, such as "{kind.example}"'


@lru_cache(maxsize=1)
def _registry() -> Any:
    # Imported here: the field's own units never need it, and it costs half a second.
    import pint

    registry = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    registry.define("percent = 0.01 = %")
    return registry


def _ask_pint(unit: str, text: str, kind: Kind) -> tuple[float, float]:
    registry = _registry()
    spelled = re.sub(r"([A-Za-z%])(-?\d+)", r"\1**\2", text)
    if re.search(r"\d{3}", spelled):
        raise QuantityError("this unit cannot be read", given=unit, allowed=_allowed(kind))
    try:
        parsed = registry.parse_units(spelled)
        target = registry.parse_units(kind.si) if kind.si != "1" else registry.Unit("")
    except Exception as error:
        # pint raises a dozen kinds of error on text that is not a unit, tokenizer errors among them
        raise QuantityError("this unit is not known", given=unit, allowed=_allowed(kind)) from error
    if kind.name == "energy" and parsed.dimensionality == (target / registry.mol).dimensionality:
        parsed, per_particle = parsed * registry.mol, 1 / AVOGADRO_PER_MOL
    else:
        per_particle = 1.0
    if parsed.dimensionality != target.dimensionality:
        raise QuantityError(
            "this unit does not measure what is asked for",
            given=unit,
            allowed=_allowed(kind),
            hint='Write a temperature as "30 °C".' if kind.name == "temperature" and text in {"C", "F"} else None,
        )
    try:
        zero = float(registry.Quantity(0.0, parsed).to(target).magnitude)
        one = float(registry.Quantity(1.0, parsed).to(target).magnitude)
    except Exception as error:
        raise QuantityError("this unit cannot be converted", given=unit, allowed=_allowed(kind)) from error
    return (one - zero) * per_particle, zero
