"""The materials that ship with natron, and how any material is read: one file per source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from typing import Any, Literal, get_args

from natron.core import MaterialError, Quantity, QuantityError, did_you_mean, read_quantity
from natron.core.quantity import Origin
from natron.materials.formula import parse_formula, theoretical_specific_capacity_C_per_kg
from natron.materials.laws import ArrheniusLaw

Class = Literal[
    "metal", "solid_electrolyte", "active", "carbon", "binder", "liquid", "interlayer", "collector", "porous",
    "pair", "housing",
]  # fmt: skip
AsMade = Literal["discharged", "charged"]
Ion = Literal["Na", "Li", "K"]

PROPERTIES: dict[str, str] = {
    "density": "density",
    "specific_capacity": "specific_capacity",
    "discharge_voltage": "potential",
    "redox_potential": "potential",
    "standard_potential": "potential",
    "melting_point": "temperature",
    "porosity": "share",
    "electronic_conductivity": "electronic_conductivity",
    "collector_thickness": "length",
    "housing_volume_share": "share",
    "housing_mass_share": "share",
}
"""Plain properties a material may have, and the kind of each."""

_ABOVE_ZERO = ("density", "specific_capacity", "discharge_voltage", "melting_point")
_BELOW_ONE = ("porosity", "housing_volume_share", "housing_mass_share")

LAWS: dict[str, str] = {"conductivity": "conductivity", "interface_resistance": "area_specific_resistance"}
"""Properties that move with temperature: given as a value, `at`, `activation_energy` and `range`."""

_FACTS = ("class", "title", "formula", "electrons", "as_made", "ion")
_LAW_KEYS = ("value", "at", "activation_energy", "range")


@dataclass(frozen=True, slots=True)
class Material:
    """A substance and what is known of it.

    Attributes
    ----------
    name, title : str
        As written in cell files, and as shown to people.
    material_class : str
        What it can be used for.
    formula : str or None
        Chemical formula; gives the theoretical capacity together with `electrons`.
    electrons : float or None
        Electrons exchanged per formula unit.
    as_made : str or None
        ``discharged`` or ``charged``: the state in which an active material goes into a cell.
    ion : str or None
        The ion it works with: ``Na``, ``Li``, ``K``.
    properties : Mapping[str, Quantity]
        SI values with uncertainty, source and confidence.
    laws : Mapping[str, ArrheniusLaw]
        Properties that move with temperature.
    """

    name: str
    title: str
    material_class: Class
    formula: str | None = None
    electrons: float | None = None
    as_made: AsMade | None = None
    ion: Ion | None = None
    properties: Mapping[str, Quantity] = field(default_factory=dict)
    laws: Mapping[str, ArrheniusLaw] = field(default_factory=dict)

    def property(self, name: str) -> Quantity:
        """One property; `specific_capacity` is computed from the formula where it is not given.

        Raises
        ------
        MaterialError
            Where it is not known; says how to give it.
        """
        if name in self.properties:
            return self.properties[name]
        if name == "specific_capacity" and self.formula and self.electrons:
            return Quantity(
                theoretical_specific_capacity_C_per_kg(self.formula, self.electrons),
                None,
                "specific_capacity",
                origin="predicted",
                source=f"n F / M of {self.formula} with n = {self.electrons:g}",
            )
        raise MaterialError(
            f'the {name.replace("_", " ")} of "{self.name}" is not known',
            hint=f"Give it in the cell file: [materials.{self.name}] {name} = …",
        )

    def law(self, name: str) -> ArrheniusLaw:
        """One temperature law.

        Raises
        ------
        MaterialError
            Where it is not known; says how to give it.
        """
        if name in self.laws:
            return self.laws[name]
        raise MaterialError(
            f'the {name.replace("_", " ")} of "{self.name}" is not known',
            hint=f"Give it in the cell file: [materials.{self.name}.{name}] value, at, activation_energy, range.",
        )

    def values(self) -> dict[str, Quantity]:
        """Every value known of it by key: plain properties, then each law's value and activation energy."""
        found = dict(self.properties)
        if "specific_capacity" not in found and self.formula and self.electrons:
            found["specific_capacity"] = self.property("specific_capacity")
        for name, law in self.laws.items():
            found[f"{name} at {law.at}"] = law.reference
            if law.activation_energy is not None:
                found[f"{name}.activation_energy"] = law.activation_energy
        return found


def read_material(
    name: str,
    raw: object,
    *,
    base: Material | None = None,
    origin: Origin = "input",
    source: str | None = None,
) -> Material:
    """A material from its TOML table.

    Parameters
    ----------
    name : str
        Its name.
    raw : object
        The table: ``class, title, formula, electrons, as_made``, any of `PROPERTIES` and of `LAWS`.
    base : Material, optional
        What the table changes; without one the table must say its class.
    origin, source : str
        For values that state none.

    Raises
    ------
    MaterialError, QuantityError
        With the dotted key inside the table.
    """
    if not isinstance(raw, Mapping):
        raise MaterialError("a material is a table", key=name, given=raw)
    known = {*_FACTS, *PROPERTIES, *LAWS}
    for key in raw:
        if key not in known:
            raise MaterialError("unknown key", key=f"{name}.{key}"[:120], hint=did_you_mean(str(key), known))
    facts = _read_facts(name, raw, base)
    properties = dict(base.properties) if base else {}
    laws = dict(base.laws) if base else {}
    for key, value in raw.items():
        try:
            if key in PROPERTIES:
                properties[key] = _sourced(_read_property(key, value, origin), source)
            elif key in LAWS:
                laws[key] = _read_law(value, LAWS[key], origin, source)
        except QuantityError as error:
            raise error.at(key=f"{name}.{key}") from error
    return Material(name=name, properties=properties, laws=laws, **facts)


def _read_property(key: str, raw: object, origin: Origin) -> Quantity:
    quantity = read_quantity(raw, PROPERTIES[key], origin=origin)
    if (key in _ABOVE_ZERO and quantity.value <= 0) or (key in _BELOW_ONE and quantity.value >= 1):
        allowed = "above 0" if key in _ABOVE_ZERO else "from 0 to below 1 (100 %)"
        raise QuantityError("this is outside the allowed range", given=str(quantity), allowed=allowed)
    return quantity


def _sourced(quantity: Quantity, source: str | None) -> Quantity:
    return quantity if quantity.source or source is None else replace(quantity, source=source)


def _read_facts(name: str, raw: Mapping[str, Any], base: Material | None) -> dict[str, Any]:
    material_class = raw.get("class", base.material_class if base else None)
    if material_class not in get_args(Class):
        raise MaterialError(
            "a material needs a class" if material_class is None else "unknown class",
            key=f"{name}.class",
            given=material_class,
            allowed=", ".join(get_args(Class)),
        )
    as_made = raw.get("as_made", base.as_made if base else None)
    if as_made not in (None, *get_args(AsMade)):
        raise MaterialError("unknown state", key=f"{name}.as_made", given=as_made, allowed="discharged, charged")
    ion = raw.get("ion", base.ion if base else None)
    if ion not in (None, *get_args(Ion)):
        raise MaterialError("unknown ion", key=f"{name}.ion", given=ion, allowed=", ".join(get_args(Ion)))
    electrons = raw.get("electrons", base.electrons if base else None)
    if electrons is not None and (
        isinstance(electrons, bool) or not isinstance(electrons, int | float) or not 0 < electrons <= 100
    ):
        raise MaterialError(
            "electrons per formula unit must be a positive number", key=f"{name}.electrons", given=electrons
        )
    facts: dict[str, Any] = {
        "material_class": material_class,
        "as_made": as_made,
        "ion": ion,
        "electrons": None if electrons is None else float(electrons),
    }
    for key, fallback in (
        ("title", base.title if base else name),
        ("formula", base.formula if base else None),
    ):
        facts[key] = raw.get(key, fallback)
        if not isinstance(facts[key], str | None):
            raise MaterialError(f"{key} must be a text", key=f"{name}.{key}", given=facts[key])
    if facts["formula"]:
        try:
            parse_formula(facts["formula"])
        except MaterialError as error:
            raise error.at(key=f"{name}.formula") from error
    return facts


def _read_law(raw: object, kind_name: str, origin: Origin, source: str | None) -> ArrheniusLaw:
    if not isinstance(raw, Mapping):
        raise QuantityError(
            "this moves with temperature: write it as a table",
            given=raw,
            allowed='{ value = "1.6 ± 0.3 mS/cm", at = "30 °C", activation_energy = "0.28 eV" }',
        )
    table = {key: value for key, value in raw.items() if key not in ("at", "activation_energy", "range")}
    reference = _sourced(read_quantity(table, kind_name, origin=origin), source)
    if reference.value <= 0:
        raise QuantityError("this must be above zero", given=table["value"])
    if "at" not in raw:
        raise QuantityError('say at which temperature it was measured: at = "30 °C"')
    at = read_quantity(raw["at"], "temperature", origin=reference.origin)
    if at.value <= 0:
        raise QuantityError("a temperature must be above absolute zero", given=raw["at"])
    energy = raw.get("activation_energy")
    return ArrheniusLaw(
        reference,
        at,
        None if energy is None else _sourced(read_quantity(energy, "energy", origin=reference.origin), source),
        _read_range(raw.get("range")),
    )


def _read_range(raw: object) -> tuple[float, float] | None:
    if raw is None:
        return None
    if not isinstance(raw, list) or len(raw) != 2:
        raise QuantityError("a range is two temperatures", given=raw, allowed='["-10 °C", "40 °C"]')
    low, high = (read_quantity(end, "temperature").value for end in raw)
    if not 0 < low <= high:
        raise QuantityError("a range goes from the lower to the higher temperature", given=raw)
    return low, high


@lru_cache(maxsize=1)
def library() -> Mapping[str, Material]:
    """Every material that ships with natron, by name, merged over its source files.

    Raises
    ------
    MaterialError
        Where two sources give the same property of a material (one must then be left out).
    """
    merged: dict[str, Material] = {}
    folder = resources.files("natron.materials") / "library"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".toml"):
            continue
        content = tomllib.loads(entry.read_text(encoding="utf-8"))
        cited = citation(content["source"])
        for name, table in content.get("materials", {}).items():
            base = merged.get(name)
            twice = set(table) & ({*base.properties, *base.laws} if base else set())
            if twice:
                raise MaterialError(f"{', '.join(sorted(twice))} given by two sources", file=entry.name, key=name)
            merged[name] = read_material(name, table, base=base, origin="literature", source=cited)
    return merged


def citation(source: Mapping[str, Any]) -> str:
    """A source's authors, year and DOI in one line."""
    words = f"{source['authors']} {source['year']}" if "year" in source else str(source["authors"])
    return f"{words}, DOI {source['doi']}" if "doi" in source else words


def material(name: str, own: Mapping[str, Material] | None = None) -> Material:
    """The material of that name, from `own` first and the library after.

    Raises
    ------
    MaterialError
        Where there is none; names the nearest.
    """
    if own and name in own:
        return own[name]
    try:
        return library()[name]
    except KeyError:
        raise MaterialError(
            "unknown material",
            given=name,
            hint=f"{did_you_mean(name, {*library(), *(own or {})})} See: natron cell list --materials. Your own "
            f"goes into the cell file as [materials.{name[:40]}].",
        ) from None
