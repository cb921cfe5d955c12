"""The ``[simulation]`` table of a cell file: values of the model's parameters for this one cell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from natron.core import CellError, Quantity, QuantityError, did_you_mean, read_quantity
from natron.core.kinds import KINDS
from natron.core.schema import Of, refusal
from natron.materials import parameters

_GROUPS = ("interfaces", "contact", "voids", "active", "cathode", "liquid-electrolyte", "ageing")
"""Groups of the library whose values a cell's model takes."""

INTERPHASE_NAMES: Mapping[str, str] = {
    "growth_constant": "interphase_growth_constant",
    "growth_energy": "interphase_growth_constant_energy",
    "growth_temperature": "interphase_growth_constant_at",
    "start_thickness": "interphase_start_thickness",
    "conductivity": "interphase_conductivity",
    "conductivity_energy": "interphase_conductivity_energy",
    "conductivity_temperature": "interphase_conductivity_at",
    "contact_length": "interphase_contact_length",
    "wetted_resistance": "wetted_resistance",
    "wetted_energy": "wetted_resistance_energy",
    "wetted_temperature": "wetted_resistance_at",
    "exhaustion_time": "wetting_time",
}
"""Names in the library's group ``interphase``, and those that a cell's model gives them."""

_OF_THE_CELL = {
    "plateau": "potential",
    "active_share": "share",
    "catholyte_share": "share",
    "catholyte_conductivity": "conductivity",
    "interlayer_resistance": "area_specific_resistance",
    "interlayer_electron_conductivity": "electronic_conductivity",
    "metal_resistance_at": "temperature",
    "negative.reservoir": "length",
    "counter.reservoir": "length",
    "separator.thickness": "length",
    "separator.porosity": "share",
    "positive.thickness": "length",
    "positive.porosity": "share",
    "positive.areal_capacity": "areal_capacity",
}
"""What the model takes from other tables of the file, and a calibration may find otherwise."""


@lru_cache(maxsize=1)
def simulation_kinds() -> Mapping[str, str]:
    """Kind of quantity of each parameter that ``[simulation]`` may give, by name."""
    grown = {own: parameters("interphase")[name].kind for name, own in INTERPHASE_NAMES.items()}
    return {name: q.kind for group in _GROUPS for name, q in parameters(group).items()} | grown | _OF_THE_CELL


def read_simulation(raw: Mapping[str, Any]) -> dict[str, Quantity]:
    """The table's values as quantities.

    Raises
    ------
    PydanticCustomError
        For an unknown name or a value that is not of its kind: what a validator of the cell file raises.
    """
    known, found = simulation_kinds(), {}
    for name, value in _flat(raw).items():
        if name not in known:
            raise refusal(
                f'the model has no parameter "{str(name)[:60]}"',
                key=f"simulation.{str(name)[:60]}",
                hint=did_you_mean(str(name), known) or "List them: natron simulate CELL --parameters.",
            )
        try:
            found[name] = read_quantity(value, known[name])
        except QuantityError as error:
            raise refusal(
                error.problem, key=f"simulation.{name}", given=error.given, allowed=error.allowed, hint=error.hint
            ) from error
    return found


def _flat(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names written without quotes, which TOML makes tables of, as the names they are."""
    flat: dict[str, Any] = {}
    for name, value in raw.items():
        if name in ("negative", "counter", "separator", "positive") and isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": item for inner, item in value.items()}
        else:
            flat[str(name)] = value
    return flat


def simulation_schema() -> dict[str, Any]:
    """JSON Schema of the table, for editors."""

    def entry(kind: str) -> dict[str, Any]:
        return Of((kind,)).__get_pydantic_json_schema__({}, None)  # type: ignore[arg-type]

    return {
        "type": "object",
        "description": "Values of the model's parameters for this cell, instead of the library's.",
        "properties": {name: entry(kind) for name, kind in sorted(simulation_kinds().items())},
        "additionalProperties": {"type": "object"},
    }


def with_simulation(text: str, values: Mapping[str, Quantity], *, file: str | None = None) -> str:
    """A cell file's text with these values in its ``[simulation]`` table; every other line stays as it is.

    Parameters
    ----------
    text : str
        Of a cell file.
    values : Mapping[str, Quantity]
        By name; those that the table has already are replaced, its others kept.

    Raises
    ------
    CellError
        Where the text is not TOML, or gives ``simulation`` otherwise than as a table of its own.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CellError(f"this is not valid TOML: {error}", file=file) from error
    before = _flat(raw.get("simulation", {}))
    kept = {name: read_quantity(value, simulation_kinds()[name]) for name, value in before.items()}
    others = re.sub(r"(?ms)^[ \t]*\[simulation(?:\.[^\]\n]*)?\].*?(?=^[ \t]*\[|\Z)", "", text)
    if "simulation" in tomllib.loads(others):
        raise CellError(
            "this key is not written as a table of its own", file=file, key="simulation",
            hint="Write it as [simulation], with one value a line.",
        )  # fmt: skip
    lines = [f"{_key(name)} = {_entry(q)}" for name, q in (kept | dict(values)).items()]
    return f"{others.rstrip()}\n\n[simulation]\n" + "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return f'"{name}"' if "." in name else name


def _entry(q: Quantity) -> str:
    """A quantity as a person would write it, with its origin; six digits, so that it reads back as the same."""
    k = KINDS[q.kind]
    number = f"{q.shown_value:.6g}"
    if q.shown_uncertainty:
        number = f"{number} ± {q.shown_uncertainty:.2g}"
    said = {
        "value": f"{number} {k.pretty}".strip(),
        "origin": q.origin,
        "uncertainty_kind": q.uncertainty_kind if q.uncertainty_kind != "unknown" else None,
        "confidence": q.confidence,
        "source": q.source,
        "note": q.note,
    }
    return "{ " + ", ".join(f"{key} = {_text(value)}" for key, value in said.items() if value is not None) + " }"


def _text(value: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in value)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
