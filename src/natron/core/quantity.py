"""A number that knows its unit, its uncertainty and where it came from; and the texts people write for it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from natron.core.errors import QuantityError, did_you_mean
from natron.core.kinds import KINDS, Kind, kind
from natron.core.units import to_si

Origin = Literal["input", "literature", "calibrated", "assumed", "predicted", "round_trip"]
"""Where a number came from; one vocabulary for every report."""

UncertaintyKind = Literal["sd", "se", "range", "unknown"]
"""What a printed ± means: standard deviation, standard error, half a full range, or not said."""

Confidence = Literal["A", "B", "C"]
"""How sure a literature value is: A read in the source, B well known, C an estimate (always `assumed`)."""

ORIGINS: tuple[str, ...] = get_args(Origin)


def weakest_origin(used: Iterable[str]) -> Origin:
    """Origin of a number computed from others: of the weakest of them, or `predicted`."""
    found = set(used)
    weakest: Origin
    for weakest in ("round_trip", "calibrated", "assumed"):
        if weakest in found:
            return weakest
    return "predicted"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One value in SI with what is known about it.

    Attributes
    ----------
    value : float
        Nominal value, SI unit of `kind`.
    uncertainty : float or None
        The ± as printed, SI; None where none was given.
    kind : str
        Name of its `natron.core.Kind`.
    origin : str
        One of ``input, literature, calibrated, assumed, predicted, round_trip``.
    uncertainty_kind : str
        What the ± means: ``sd, se, range, unknown``.
    rounding : float
        Half of the last printed digit, SI; 0 for a computed value.
    source : str or None
        DOI or words saying where the number was read.
    confidence : str or None
        ``A``, ``B`` or ``C``.
    note : str or None
        What a reader should know before using it.
    """

    value: float
    uncertainty: float | None
    kind: str
    origin: Origin = "input"
    uncertainty_kind: UncertaintyKind = "unknown"
    rounding: float = 0.0
    source: str | None = None
    confidence: Confidence | None = None
    note: str | None = None

    @property
    def standard_uncertainty(self) -> float:
        """One standard uncertainty, SI; 0 where none is known.

        A ± that is half a range counts as a uniform distribution (half-width/√3, GUM 4.3.7); one of
        unknown meaning counts as a standard deviation.
        """
        if self.uncertainty is None:
            return 0.0
        return self.uncertainty / math.sqrt(3) if self.uncertainty_kind == "range" else self.uncertainty

    @property
    def rounding_uncertainty(self) -> float:
        """Standard uncertainty left by printing finitely many digits: half the last digit/√3, SI."""
        return self.rounding / math.sqrt(3)

    @property
    def shown_value(self) -> float:
        """The value in the field's unit."""
        k = kind(self.kind)
        return (self.value - k.offset) / k.factor

    @property
    def shown_uncertainty(self) -> float | None:
        """The ± in the field's unit."""
        return None if self.uncertainty is None else self.uncertainty / kind(self.kind).factor

    def to(self, unit: str) -> float:
        """The value in `unit`, any text pint reads.

        Raises
        ------
        QuantityError
            Where `unit` does not measure this kind.
        """
        factor, offset = to_si(unit, kind(self.kind))
        return (self.value - offset) / factor

    def as_json(self) -> dict[str, Any]:
        """``{"value", "uncertainty", "unit"}`` in the field's unit, spelled in ASCII."""
        shown = self.shown_uncertainty
        return {
            "value": _tidy(self.shown_value),
            "uncertainty": None if shown is None else _tidy(shown),
            "unit": kind(self.kind).unit,
        }

    def difference_as_json(self) -> dict[str, Any]:
        """As `as_json` for a value that is a difference: a temperature's is in kelvin, whatever its zero."""
        k = kind(self.kind)
        shown = self.shown_uncertainty
        return {
            "value": _tidy(self.value / k.factor),
            "uncertainty": None if shown is None else _tidy(shown),
            "unit": "K" if k.name == "temperature" else k.unit,
        }

    def stamped(self, *, origin: Origin | None = None, source: str | None = None, note: str | None = None) -> Quantity:
        """The same value with another origin, source or note."""
        return replace(self, origin=origin or self.origin, source=source or self.source, note=note or self.note)

    def __str__(self) -> str:
        return format_quantity(self)


def _tidy(number: float) -> float:
    """`number` without the last few bits that a change of unit leaves behind."""
    return float(f"{number:.12g}")


_EXPONENT = r"(?:[eE][+-]?\d{1,3}|\s*[x×*]\s*10\^?[+-]?\d{1,3})"
_PLAIN = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_QUANTITY = re.compile(
    rf"""^(?:
        \(\s*(?P<a>{_PLAIN}{_EXPONENT}?)\s*±\s*(?P<b>{_PLAIN}{_EXPONENT}?)\s*\)(?P<ab_exp>{_EXPONENT})?
      | (?P<c>{_PLAIN}{_EXPONENT}?)\s*±\s*(?P<d>{_PLAIN}{_EXPONENT}?)
      | (?P<e>{_PLAIN})\((?P<f>\d+)\)(?P<ef_exp>{_EXPONENT})?
      | (?P<g>{_PLAIN}{_EXPONENT}?)(?:\s*(?P<unit1>[^±\s\d(][^±]*?)\s*±\s*(?P<h>{_PLAIN}{_EXPONENT}?)
            \s*(?P<unit2>[^\s].*))?
    )\s*(?P<unit>(?:1\s*/\s*)?[^\d\s+\-±.,(][^±]*)?$""",
    re.VERBOSE,
)
_MAX_LENGTH = 200

LARGEST = 1e15
"""In the field's unit: a value or a ± beyond it is a slip, and its square would not be a number."""


_PLAIN_SIGNS = str.maketrans("−–\u00a0\u2009\u202f", "--   ")


def _clean(text: str) -> str:
    text = text.translate(_PLAIN_SIGNS)
    text = re.sub(r"\+\s*/\s*-|\+-", "±", text)
    # a superscript exponent of ten is part of the number, not of the unit
    return re.sub(
        r"10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)",
        lambda m: "10^" + m.group(1).translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")),
        text,
    ).strip()


def _number(text: str) -> float:
    return float(re.sub(r"\s*[x×*]\s*10\^?", "e", text))


def _last_digit(text: str) -> float:
    """Value of one unit in the last printed digit of a number's text."""
    mantissa, _, exponent = re.sub(r"\s*[x×*]\s*10\^?", "e", text).lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals)


def parse_quantity(text: str, kind_name: str, *, origin: Origin = "input", source: str | None = None) -> Quantity:
    """Read a quantity as a person writes it.

    Parameters
    ----------
    text : str
        ``"50 ± 4 µm"``, ``"(3.05 ± 0.08) g/cm³"``, ``"1.6(3) mS/cm"``, ``"50 µm ± 8 %"``,
        ``"1.12e-4 S/cm"``, ``"1.12 × 10⁻⁴ S/cm"``, ``"30 °C"``, ``"97 degC"``, ``"63 %"``, ``"0.63"``,
        and ``"C/10"`` where a C-rate is meant.
    kind_name : str
        What it must measure: a key of `natron.core.KINDS`.
    origin, source : str
        Recorded on the result.

    Raises
    ------
    QuantityError
        Where the text is not a number with a unit of that kind, or lies outside its physical limits.

    Examples
    --------
    >>> q = parse_quantity("50 ± 4 µm", "length")
    >>> round(q.value * 1e6, 9), round(q.uncertainty * 1e6, 9), round(q.rounding * 1e6, 9)
    (50.0, 4.0, 0.5)
    """
    k = kind(kind_name)
    if len(text) > _MAX_LENGTH:
        raise QuantityError("this text is too long to be a quantity", given=text, allowed=_allowed(k))
    cleaned = _clean(text)
    if kind_name == "c_rate" and (rate := _c_rate(cleaned)):
        value, digit = rate
        return Quantity(value, None, kind_name, origin=origin, source=source, rounding=digit)
    match = _QUANTITY.match(cleaned)
    if match is None:
        raise QuantityError(f"this cannot be read as {k.words}", given=text, allowed=_allowed(k), hint=_advice(text))
    nominal, plus_minus, digit, unit = _parts(match, text, k)
    if not unit and k.si != "1":
        raise QuantityError("this number needs a unit", given=text, allowed=_allowed(k))
    try:
        factor, offset = to_si(unit, k) if unit else (1.0, 0.0)
    except QuantityError as error:
        raise QuantityError(error.problem, given=text, allowed=error.allowed, hint=error.hint) from error
    uncertainty = None if plus_minus is None else plus_minus * factor
    quantity = Quantity(
        nominal * factor + offset,
        uncertainty,
        kind_name,
        origin=origin,
        source=source,
        rounding=0.5 * digit * factor,
    )
    return check_range(quantity, text)


def _parts(match: re.Match[str], text: str, k: Kind) -> tuple[float, float | None, float, str]:
    """Nominal value, ±, last digit and unit text of a matched quantity, in the unit as written."""
    g = match.groupdict()
    unit = g["unit"] or ""
    try:
        if g["a"] is not None:
            scale = _number("1" + g["ab_exp"]) if g["ab_exp"] else 1.0
            nominal, plus_minus, digit = _number(g["a"]), _number(g["b"]), _last_digit(g["a"])
            nominal, plus_minus, digit = nominal * scale, plus_minus * scale, digit * scale
        elif g["c"] is not None:
            nominal, plus_minus, digit = _number(g["c"]), _number(g["d"]), _last_digit(g["c"])
        elif g["e"] is not None:
            scale = _number("1" + g["ef_exp"]) if g["ef_exp"] else 1.0
            digit = _last_digit(g["e"]) * scale
            nominal, plus_minus = _number(g["e"]) * scale, int(g["f"]) * digit
        else:
            nominal, digit, plus_minus = _number(g["g"]), _last_digit(g["g"]), None
            if g["h"] is not None:
                unit = (g["unit1"] or "").strip()
                plus_minus = _second_uncertainty(_number(g["h"]), (g["unit2"] or "").strip(), nominal, unit, k)
    except (OverflowError, ValueError) as error:
        raise QuantityError("this number is out of range", given=text, allowed=_allowed(k)) from error
    if plus_minus is not None and plus_minus < 0:
        raise QuantityError("an uncertainty cannot be negative", given=text, allowed=_allowed(k))
    if not math.isfinite(nominal) or not math.isfinite(plus_minus or 0.0):
        raise QuantityError("this number is out of range", given=text, allowed=_allowed(k))
    return nominal, plus_minus, digit, unit.strip()


def _second_uncertainty(amount: float, its_unit: str, nominal: float, unit: str, k: Kind) -> float:
    """The ± of "50 µm ± 4 µm" or "50 µm ± 8 %", in the first unit."""
    if its_unit == "%" and unit != "%":
        return abs(amount * nominal) / 100
    return amount * to_si(its_unit, k)[0] / to_si(unit, k)[0]


def check_range(quantity: Quantity, given: object = None) -> Quantity:
    """`quantity` itself, once it is known to be finite and inside its kind's physical limits.

    Raises
    ------
    QuantityError
    """
    k = kind(quantity.kind)
    given = quantity.shown_value if given is None else given
    if not math.isfinite(quantity.value):
        raise QuantityError("this number is not finite", given=given, allowed=_allowed(k))
    largest = max(abs(quantity.shown_value), abs(quantity.shown_uncertainty or 0.0))
    if largest > LARGEST:
        raise QuantityError("this number is out of range", given=given, allowed=_allowed(k))
    if not k.minimum <= quantity.value <= k.maximum:
        if k.name == "temperature":
            raise QuantityError("this is below absolute zero", given=given, allowed="above -273.15 °C")
        if k.maximum < math.inf:
            raise QuantityError("this is outside the allowed range", given=given, allowed="from 0 to 1 (0 to 100 %)")
        raise QuantityError(f"{k.words} cannot be negative", given=given, allowed=_allowed(k))
    return quantity


def _c_rate(text: str) -> tuple[float, float] | None:
    """SI rate (1/s) and half its last digit of "C/10", "0.1C", "2 C"; None where it is no C-rate."""
    match = re.fullmatch(r"(\d*\.?\d*)\s*C(?:\s*/\s*(\d+\.?\d*))?", text)
    if match is None or match.group(1) == "." or (match.group(2) and float(match.group(2)) == 0):
        return None
    multiple, divisor = match.group(1) or "1", match.group(2)
    rate = float(multiple) / float(divisor or 1) / 3600
    relative = 0.0
    if divisor:
        relative = 0.5 * _last_digit(divisor) / float(divisor)
    elif match.group(1) and float(multiple) > 0:
        relative = 0.5 * _last_digit(multiple) / float(multiple)
    return rate, rate * relative


def _allowed(k: Kind) -> str:
    return f'{k.words}, such as "{k.example}"'


def _advice(text: str) -> str | None:
    if re.search(r"\d,\d", text):
        return 'Write decimals with a point: "1.6", not "1,6".'
    return None


_TABLE_KEYS = ("value", "origin", "source", "confidence", "uncertainty_kind", "note")


def read_quantity(raw: object, kind_name: str, *, origin: Origin = "input") -> Quantity:
    """Read a quantity from a TOML value: a text, a plain number where no unit is needed, or a table.

    Parameters
    ----------
    raw : str, int, float, Mapping or Quantity
        A table has ``value`` and, at will, ``origin, source, confidence, uncertainty_kind, note``.
        A Quantity of the same kind passes through.
    kind_name : str
        What it must measure.
    origin : str
        Taken where the table names none; confidence C always gives ``assumed``.

    Raises
    ------
    QuantityError
    """
    k = kind(kind_name)
    if isinstance(raw, Quantity):
        if kind(raw.kind).si != k.si:
            raise QuantityError(f"{kind(raw.kind).words} was given", given=str(raw), allowed=_allowed(k))
        return check_range(replace(raw, kind=kind_name))
    if isinstance(raw, Mapping):
        return _read_table(raw, kind_name, origin)
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise QuantityError(f"this cannot be read as {k.words}", given=raw, allowed=_allowed(k))
    if isinstance(raw, str):
        return parse_quantity(raw, kind_name, origin=origin)
    if k.si != "1":
        raise QuantityError("this number needs a unit", given=raw, allowed=_allowed(k))
    quantity = parse_quantity(repr(raw), kind_name, origin=origin)
    # a whole number written without quotes is a count, and exact
    return replace(quantity, rounding=0.0) if isinstance(raw, int) else quantity


def _read_table(raw: Mapping[str, Any], kind_name: str, origin: Origin) -> Quantity:
    for key in raw:
        if key not in _TABLE_KEYS:
            raise QuantityError(f'unknown key "{shorten_key(key)}"', hint=did_you_mean(str(key), _TABLE_KEYS))
    if "value" not in raw:
        raise QuantityError("a quantity written as a table needs the key value", allowed=_allowed(kind(kind_name)))
    if isinstance(raw["value"], Mapping):
        raise QuantityError("value must be a text", given=raw["value"], allowed=_allowed(kind(kind_name)))
    stated: dict[str, Any] = {}
    vocabularies = {
        "origin": ORIGINS,
        "confidence": get_args(Confidence),
        "uncertainty_kind": get_args(UncertaintyKind),
    }
    for key, allowed in vocabularies.items():
        if key in raw:
            if raw[key] not in allowed:
                raise QuantityError(f"unknown {key}", given=raw[key], allowed=", ".join(allowed))
            stated[key] = raw[key]
    for key in ("source", "note"):
        if key in raw:
            if not isinstance(raw[key], str):
                raise QuantityError(f"{key} must be a text", given=raw[key])
            stated[key] = raw[key]
    if stated.get("confidence") == "C":
        stated["origin"] = "assumed"
    quantity = read_quantity(raw["value"], kind_name, origin=origin)
    return replace(quantity, **stated)


def shorten_key(key: object) -> str:
    """A key as it may stand in a message."""
    return str(key)[:60]


def format_number(value: float, uncertainty: float | None) -> tuple[str, str | None]:
    """`value` and its ± as texts: the ± with one or two digits, the value with as many decimals.

    The ± keeps two digits where its leading ones are below 36, else one (the Particle Data Group's
    rule, Workman et al. 2022, DOI 10.1093/ptep/ptac097, §5.3).

    Examples
    --------
    >>> format_number(278.03, 10.71)
    ('278', '11')
    >>> format_number(50.0, 4.0)
    ('50', '4')
    """
    if uncertainty is None or uncertainty <= 0 or not math.isfinite(uncertainty):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}", None
    exponent = math.floor(math.log10(uncertainty))
    two_digits = uncertainty / 10.0**exponent < 3.55
    decimals = (1 if two_digits else 0) - exponent
    if decimals > 8 and value:
        # as many digits of the value as its ± leaves, both as powers of ten
        places = math.floor(math.log10(abs(value))) - exponent + (1 if two_digits else 0)
        return f"{value:.{max(places, 0)}e}", f"{uncertainty:.{1 if two_digits else 0}e}"
    if decimals > 8 or abs(value) >= 1e9:
        return f"{value:.4g}", f"{uncertainty:.2g}"
    decimals = max(decimals, 0)
    return f"{value:.{decimals}f}", f"{uncertainty:.{decimals}f}"


def format_quantity(quantity: Quantity) -> str:
    """A quantity for people: ``278 ± 11 Wh/l``."""
    k = KINDS[quantity.kind]
    if k.name == "c_rate":
        return _format_c_rate(quantity)
    if k.name in ("fraction", "share"):
        k = KINDS["percentage"]
    scale = 1 / k.factor
    shown = (quantity.value - k.offset) * scale
    if not quantity.uncertainty and quantity.rounding:
        number, plus_minus = _as_printed(shown, 2 * quantity.rounding * scale), None
    else:
        number, plus_minus = format_number(
            shown, None if quantity.uncertainty is None else quantity.uncertainty * scale
        )
    text = f"{number} ± {plus_minus}" if plus_minus else number
    return f"{text} {k.pretty}".strip()


def _as_printed(value: float, last_digit: float) -> str:
    """`value` with the digits it was printed with."""
    decimals = -round(math.log10(last_digit)) if last_digit > 0 else 3
    return f"{value:.{decimals}f}" if 0 <= decimals <= 8 else f"{value:.4g}"


def _format_c_rate(quantity: Quantity) -> str:
    per_hour = quantity.value * 3600
    text = f"C/{1 / per_hour:.3g}" if 0 < per_hour < 1 else f"{per_hour:.3g}C"
    if quantity.uncertainty and quantity.value:
        text += f" (± {100 * quantity.uncertainty / quantity.value:.2g} %)"
    return text
