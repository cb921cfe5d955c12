"""A stack of layers from a metal to a ceramic, and what their stability hangs on: potentials, conductivities, capacity.

Potentials are against the metal of the ceramic's ion: of lithium for LATP, of sodium for NZSP. What stands against
another metal is brought to this scale by the metals' standard potentials.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from natron.cell import Cell, MetalElectrode
from natron.cell.fields import CurrentDensity, Density, Duration, SpecificCapacity, Temperature, Thickness, Voltage
from natron.core import InputError, Quantity, RangeWarning, did_you_mean
from natron.core.schema import Of, Part, parse_toml, validate
from natron.interface.metals import electrolyte_name, metal
from natron.materials import Material, library, material, parameters, read_material

Role = Literal["metal", "interlayer", "ceramic", "counter"]
Side = Literal["negative", "positive"]

_LAYER_CLASSES = ("interlayer", "solid_electrolyte", "metal")

_METALS = {"Na": "sodium", "Li": "lithium", "K": "potassium"}
ROOM_K = 298.15
"""Temperature of a stack that states none."""

ElectronicConductivity = Annotated[
    Quantity, Of(("electronic_conductivity",), above=0.0, limits="above 0; nothing blocks every electron")
]
IonicConductivity = Annotated[Quantity, Of(("conductivity",), above=0.0, limits="above 0")]


class StackLayer(Part):
    """A layer of a stack file; what it does not give comes from the material."""

    material: str
    thickness: Thickness
    redox_potential: Voltage | None = Field(None, description="Below it the layer is reduced; against its ion's metal.")
    electronic_conductivity: ElectronicConductivity | None = None
    ionic_conductivity: IonicConductivity | None = None
    specific_capacity: SpecificCapacity | None = Field(None, description="Charge that reduces it, per mass.")
    density: Density | None = None


class StackFile(Part):
    """A stack file: a metal, and the layers on it up to the ceramic."""

    name: str = Field(min_length=1, max_length=100)
    metal: str = Field(description="sodium, potassium or lithium.")
    temperature: Temperature | None = None
    current_density: CurrentDensity | None = None
    duration: Duration | None = Field(None, description="That the layers are to last.")
    layer: tuple[StackLayer, ...] = Field(description="From the metal on; the last one is the ceramic.", min_length=1)
    materials: dict[str, Any] = Field(default_factory=dict, description="Your own materials.")


@dataclass(frozen=True)
class Layer:
    """One layer of a stack.

    Attributes
    ----------
    material, title : str
    role : str
        ``metal``, ``interlayer``, ``ceramic`` or ``counter``.
    values : Mapping[str, Quantity]
        ``potential`` against the metal of the stack's ion, ``thickness``, ``electronic_conductivity``,
        ``ionic_conductivity``, ``specific_capacity``, ``density``, SI; what is not known is missing.
    """

    material: str
    title: str
    role: Role
    values: Mapping[str, Quantity]

    @property
    def short(self) -> str:
        """Its title without what follows a comma."""
        return self.title.split(",")[0]


@dataclass(frozen=True)
class Stack:
    """Layers from the metal to the ceramic, and to the counter electrode where there is one.

    Attributes
    ----------
    name : str
    ion : str
        Of the ceramic; potentials are against its metal.
    layers : tuple of Layer
        A metal, interlayers, the ceramic and, of a full cell, the counter electrode.
    temperature, current_density, duration : Quantity
        What the layers are to stand, and how long.
    warnings : tuple of str
    """

    name: str
    ion: str
    layers: tuple[Layer, ...]
    temperature: Quantity
    current_density: Quantity
    duration: Quantity
    warnings: tuple[str, ...] = ()

    @property
    def metal(self) -> Layer:
        """The first layer."""
        return self.layers[0]

    @property
    def ceramic(self) -> Layer:
        """The layer that is to be shielded."""
        return next(layer for layer in self.layers if layer.role == "ceramic")

    @property
    def interlayers(self) -> tuple[Layer, ...]:
        """What lies between metal and ceramic, from the metal on."""
        return tuple(layer for layer in self.layers if layer.role == "interlayer")

    @property
    def counter(self) -> Layer | None:
        """The electrode behind the ceramic."""
        return self.layers[-1] if self.layers[-1].role == "counter" else None


def stack_of_cell(cell: Cell, side: Side = "negative") -> Stack:
    """The stack on one side of a cell's ceramic.

    Raises
    ------
    InputError
        Where the separator is no ceramic, or that side has no metal.
    """
    electrode = cell.negative if side == "negative" else cell.counter
    if not isinstance(electrode, MetalElectrode):
        raise InputError("a stack begins with a metal", key=side, given=electrode.type, allowed="a metal electrode")
    if cell.material(cell.separator.material).material_class != "solid_electrolyte":
        raise InputError("a stack needs a ceramic", key="separator.material", given=cell.separator.material)
    between = [
        StackLayer(material=layer.material, thickness=layer.thickness)
        for layer in cell.interlayer
        if layer.side in (side, "both")
    ]
    ceramic = StackLayer(material=cell.separator.material, thickness=cell.separator.thickness)
    film = electrode.film.material if electrode.film and _is_metal(electrode.film.material) else None
    current = cell.measured.cycling_current
    if current is None and cell.operation.rate is not None and cell.operation.rate.kind == "current_density":
        current = cell.operation.rate
    stack = _stack(
        cell.name,
        film or electrode.metal,
        [*between, ceramic],
        cell.operation.temperature,
        current,
        cell.measured.lifetime,
        cell.materials,
    )
    other = cell.counter if side == "negative" else cell.negative
    if cell.kind != "full" or isinstance(other, MetalElectrode):
        return stack
    active = cell.material(other.active)
    level = other.discharge_voltage or active.properties.get("discharge_voltage")
    if level is None:
        return stack
    scaled, _ = _on_scale(level, active.ion or stack.ion, stack.ion)
    return replace(stack, layers=(*stack.layers, Layer(active.name, active.title, "counter", {"potential": scaled})))


def _is_metal(name: str) -> bool:
    return name in _METALS.values() or name in _METALS


def parse_stack(text: str, *, file: str | None = None) -> Stack:
    """A stack file's text as a stack.

    Raises
    ------
    InputError
        For anything that does not describe a stack: where, what was given, what is allowed.
    """
    found = validate(StackFile, parse_toml(text, file=file, raises=InputError), file=file, raises=InputError)
    own: dict[str, Material] = {}
    for name, table in found.materials.items():
        try:
            own[name] = read_material(name, table, base=library().get(name))
        except InputError as error:
            raise InputError(
                error.problem, file=file, key=f"materials.{error.key or name}", given=error.given,
                allowed=error.allowed, hint=error.hint,
            ) from error  # fmt: skip
    try:
        return _stack(
            found.name, found.metal, found.layer, found.temperature, found.current_density, found.duration, own
        )
    except InputError as error:
        raise InputError(
            error.problem, file=file, key=error.key, given=error.given, allowed=error.allowed, hint=error.hint
        ) from error


def short_stack(text: str) -> Stack:
    """A stack from a line: ``"Li | prussian-blue 1 µm | LATP 1000 µm"``; the ceramic's thickness may be left out.

    Raises
    ------
    InputError
        Where the line is not a metal and layers with their thickness.
    """
    first, *rest = (part.strip() for part in text.split("|"))
    layers = []
    for place, part in enumerate(rest):
        name, _, thickness = part.partition(" ")
        last = place == len(rest) - 1
        if not thickness and not last:
            raise InputError("a layer needs its thickness", key="STACK", given=part, allowed='"prussian-blue 1 µm"')
        if not name:
            raise InputError(
                "a layer needs a material", key="STACK", given=text, allowed='"Li | prussian-blue 1 µm | LATP"'
            )
        deep: object = thickness or parameters("window")["ceramic_thickness"]
        raw = {"material": _ceramic(name) if last else name.lower(), "thickness": deep}
        try:
            layers.append(validate(StackLayer, raw, file=None, raises=InputError))
        except InputError as error:
            raise InputError(
                error.problem, key=f'STACK, "{part}"', given=error.given, allowed=error.allowed, hint=error.hint
            ) from error
    if not layers:
        raise InputError("a stack needs a metal and a ceramic", key="STACK", given=text, allowed='"Li | LATP"')
    return _stack(text, first, layers, None, None, None, {})


def _ceramics() -> list[str]:
    return sorted(name for name, m in library().items() if m.material_class == "solid_electrolyte")


def _ceramic(name: str) -> str:
    """A ceramic by name, by formula, or by the beginning of one name alone (NZSP)."""
    lowered = name.lower()
    if lowered in library():
        return electrolyte_name(lowered)
    begins = [known for known in _ceramics() if known.startswith(lowered)]
    return begins[0] if begins else electrolyte_name(name)


def _stack(
    name: str,
    metal_name: str,
    layers: Sequence[StackLayer],
    temperature: Quantity | None,
    current_density: Quantity | None,
    duration: Quantity | None,
    own: Mapping[str, Material],
) -> Stack:
    first = metal(metal_name)
    last = layers[-1]
    ceramic = material(last.material, own)
    if ceramic.material_class != "solid_electrolyte":
        raise InputError(
            "the last layer is the ceramic", key=f"layer.{len(layers) - 1}.material", given=last.material,
            allowed="a material of class solid_electrolyte",
            hint=did_you_mean(last.material, _ceramics()),
        )  # fmt: skip
    ion = ceramic.ion
    if ion is None:
        raise InputError("the ceramic's ion is not known", key=f"materials.{ceramic.name}.ion", allowed="Na, Li, K")
    at = temperature or Quantity(ROOM_K, None, "temperature", origin="assumed")
    zero, told = _on_scale(Quantity(0.0, None, "potential", origin="literature"), first.symbol, ion)
    warned: list[str] = list(told)
    built = [Layer(first.name, first.title, "metal", {"potential": zero})]
    for place, layer in enumerate(layers):
        if material(layer.material, own).material_class not in _LAYER_CLASSES:
            raise InputError(
                "this cannot be a layer of a stack", key=f"layer.{place}.material", given=layer.material,
                allowed=f"a material of class {' or '.join(_LAYER_CLASSES)}",
            )  # fmt: skip
        role: Role = "ceramic" if place == len(layers) - 1 else "interlayer"
        values, words = _values(layer, material(layer.material, own), ion, at.value)
        warned += words
        built.append(Layer(layer.material, material(layer.material, own).title, role, values))
    known = parameters("stability")
    return Stack(
        name, ion, tuple(built), at, current_density or known["current_density"], duration or known["duration"],
        tuple(dict.fromkeys(warned)),
    )  # fmt: skip


def _values(layer: StackLayer, of: Material, ion: str, temperature_K: float) -> tuple[dict[str, Quantity], list[str]]:
    warned: list[str] = []
    found = {"thickness": layer.thickness}
    if layer.redox_potential is not None or "redox_potential" in of.properties:
        given = layer.redox_potential or of.properties["redox_potential"]
        found["potential"], warned = _on_scale(given, of.ion or ion, ion)
    electronic = layer.electronic_conductivity or of.properties.get("electronic_conductivity")
    if electronic is not None:
        found["electronic_conductivity"] = electronic
    if layer.ionic_conductivity is not None:
        found["ionic_conductivity"] = layer.ionic_conductivity
    elif "conductivity" in of.laws:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RangeWarning)
            found["ionic_conductivity"] = of.law("conductivity").value_at(temperature_K)
        warned += [str(item.message) for item in caught]
    known = of.values()
    for name, own in (("density", layer.density), ("specific_capacity", layer.specific_capacity)):
        if own is not None or name in known:
            found[name] = own or known[name]
    return found, warned


def _on_scale(potential: Quantity, its_ion: str, ion: str) -> tuple[Quantity, list[str]]:
    """A potential against one metal as one against another, and what to say of it."""
    if its_ion == ion:
        return replace(potential, kind="potential"), []
    one, other = (material(_METALS[symbol]).property("standard_potential") for symbol in (its_ion, ion))
    moved = replace(
        potential, value=potential.value + one.value - other.value, rounding=0.0, origin="assumed",
        note=f"brought from {its_ion} to {ion} by their standard potentials in water; in solids only roughly so",
    )  # fmt: skip
    words = (
        f"potentials against {its_ion} are brought to {ion} by standard potentials in water: only roughly so in solids"
    )
    return moved, [words]
