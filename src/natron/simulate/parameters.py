"""What a cell's equations need, gathered from cell file and library: each number with where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from natron.cell import Cell, MetalElectrode, PorousElectrode
from natron.core import (
    CellError,
    InputError,
    Quantity,
    QuantityError,
    did_you_mean,
    read_quantity,
)
from natron.core.constants import BOLTZMANN_J_PER_K, FARADAY_C_PER_MOL
from natron.core.uncertainty import exp
from natron.interface.alloys.film import film_curve, film_figures
from natron.interface.metals import metal
from natron.interface.shorts.voids import PARAMETERS as VOID_PARAMETERS
from natron.materials.laws import scale_conductivity, scale_resistance
from natron.simulate.building import Structure
from natron.simulate.electrode import poles_V
from natron.simulate.equations import UNIT_CONTACT_OHM_M2
from natron.simulate.gathering import REFERENCE_K, films_of, gather, outside
from natron.simulate.interphase import MECHANISMS, fresh_faces, interphase_numbers, sides_of, wetted_sides_of

SWITCHES = ("voids", "electrolyte_loss", "contact_settling", "first_cycle_loss", *MECHANISMS)
"""Mechanisms of ageing that can be switched off."""

_ABOVE_ZERO = (
    "particle_radius", "particle_diffusivity", "exchange_current", "particle_double_layer", "plateau_width",
    "hysteresis_turn", "electronic_conductivity", "contact_resistance_start", "contact_resistance_settled",
    "contact_settling_time", "contact_capacitance", "first_cycle_share", "concentration", "conductivity", "diffusivity",
    "boundary_capacitance", "metal_capacitance", "ceramic_liquid_capacitance", "ceramic_liquid_resistance",
    "ceramic_composite_capacitance", "ceramic_composite_resistance", "catholyte_conductivity", "catholyte_share",
    "negative.film.thickness", "counter.film.thickness", "interlayer_resistance",
    "metal_resistance", "separator_conductivity", "void_depth", "spot_spacing", "accessible_share",
    "interphase_growth_constant", "interphase_start_thickness", "interphase_conductivity", "interphase_contact_length",
    "wetted_resistance", "wetting_time", "interlayer_electron_conductivity", "ceramic_potential", "ceramic_density",
    "ceramic_capacity", "interphase_growth_constant_at", "interphase_conductivity_at", "wetted_resistance_at",
    "positive.thickness", "positive.areal_capacity", "active_share", "positive.porosity", "frame_stiffness",
)  # fmt: skip
_INSIDE_0_1 = ("start_charged_share", "contact_start", "transference_number", "grain_share")


@dataclass(frozen=True, slots=True)
class ModelParameters:
    """Everything the equations of one cell need, at one temperature and pressure.

    Attributes
    ----------
    cell : Cell
    structure : Structure
    values : Mapping[str, Quantity]
        By plain name, SI, each with uncertainty, origin and source.
    off : tuple of str
        Mechanisms switched off, of `SWITCHES`.
    notes : tuple of str
        What is left out of the model of this cell, and what is asked for where it was not measured.
    """

    cell: Cell
    structure: Structure
    values: Mapping[str, Quantity]
    off: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def area_m2(self) -> float:
        """Electrode area; 1 cm² where the cell file gives none."""
        return self.values["area"].value

    @property
    def capacity_C_m2(self) -> float:
        """Accessible capacity, or of two metals 1 mAh/cm²."""
        return self.numbers()["capacity"]

    @property
    def assumed(self) -> dict[str, Quantity]:
        """The values that are assumed."""
        return {name: q for name, q in self.values.items() if q.origin == "assumed"}

    def numbers(self, values: Mapping[str, float] | None = None) -> dict[str, float]:
        """The equations' inputs by name, SI, from `values` or the nominal ones.

        Parameters
        ----------
        values : Mapping[str, float], optional
            Numbers by the names of `ModelParameters.values`, one draw of them.
        """
        v = {name: q.value for name, q in self.values.items()} if values is None else dict(values)
        found = _conditions(v)
        found |= _metals(v, self.structure)
        if self.structure.ceramic:
            found |= _ceramic(v)
        if self.structure.liquid:
            found |= _solid(v) if self.structure.solid else _liquid(v)
        if self.structure.cathode:
            found |= _electrode(v, self.structure)
        if self.structure.interlayer:
            found["interlayer_resistance"] = _law(scale_resistance, v, "interlayer_resistance")
        if self.structure.interphases:
            found |= interphase_numbers(v, self.structure, self.off)
        for side in ("negative", "counter"):
            found[f"voids_grow_{side}"] = float("voids" not in self.off)
        for side in self.structure.films:
            found |= _film(v, side)
        if "electrolyte_loss" in self.off:
            found["loss_per_cycle"] = 0.0
        if "contact_settling" in self.off:
            found["contact_settling_rate"] = 0.0
        if "first_cycle_loss" in self.off:
            found["first_cycle_loss"] = 0.0
        return found

    def start(self, places: Mapping[str, slice], values: Mapping[str, float] | None = None) -> np.ndarray:
        """The state of the cell as assembled, in the layout of `places`, SI; algebraic states are first guesses."""
        v = {name: q.value for name, q in self.values.items()} if values is None else dict(values)
        y = np.zeros(max(place.stop for place in places.values()))
        starts = {"void negative": 1 - v["contact_start"], "void counter": 1 - v["contact_start"], "salt": 1.0}
        starts |= fresh_faces(self.structure, v)
        if self.structure.cathode:
            charged = v["start_charged_share"]
            starts |= {
                "contact": v["contact_resistance_start"] / UNIT_CONTACT_OHM_M2,
                "wetted": 1.0,
                "sodium": 1 - charged,
                "surface potential": open_circuit(self.numbers(v), charged),
            }
        for name, value in starts.items():
            if name in places:
                y[places[name]] = value
        return y


def open_circuit(numbers: Mapping[str, float], extracted: Any) -> Any:
    """Open-circuit potential at a charged share, V; floats or arrays."""
    width = numbers["plateau_width"]
    return (
        numbers["plateau"]
        + numbers["plateau_slope"] * (extracted - 0.5)
        + numbers["charged_tail"] * np.exp((extracted - 1) / width)
        - numbers["discharged_tail"] * np.exp(-np.asarray(extracted) / width)
        + poles_V(extracted)
    )


def model_parameters(
    cell: Cell,
    *,
    temperature_K: float | None = None,
    pressure_Pa: float | None = None,
    changes: Mapping[str, object] | None = None,
    off: Sequence[str] = (),
    cells: int = 20,
    shells: int = 18,
) -> ModelParameters:
    """What the equations of a cell need; what the cell file's ``[simulation]`` gives stands above the library.

    Parameters
    ----------
    cell : Cell
    temperature_K, pressure_Pa : float, optional
        Other than the cell file's.
    changes : Mapping[str, object], optional
        Other values of the model's parameters, as texts with their unit, as quantities, or as plain SI numbers.
    off : sequence of str
        Mechanisms to switch off, of `SWITCHES`.
    cells, shells : int
        Finite volumes across each liquid-filled layer, and along the radius of a particle.

    Raises
    ------
    InputError
        Where a name is unknown, a value is outside its range, or the cell lacks what its model needs.
    """
    for name in off:
        if name not in SWITCHES:
            raise InputError(
                "there is no such mechanism", key="off", given=name, allowed=", ".join(SWITCHES),
                hint=did_you_mean(name, SWITCHES),
            )  # fmt: skip
    found, notes = gather(cell)
    for name, own in cell.simulation.items():
        if name not in found:
            raise CellError(
                "the model of this cell has no such parameter",
                key=f"simulation.{name}",
                hint=did_you_mean(name, found) or "List them: natron simulate CELL --parameters.",
            )
        found[name] = own
    at_K = found["temperature"].value if temperature_K is None else temperature_K
    notes += outside(cell, at_K)
    for name, raw in (changes or {}).items():
        found[name] = _changed(name, raw, found)
    if temperature_K is not None:
        found["temperature"] = Quantity(temperature_K, None, "temperature")
    if pressure_Pa is not None:
        found["pressure"] = Quantity(pressure_Pa, None, "pressure")
    _check(found)
    for side in ("negative", "counter"):
        if side == "counter" and isinstance(cell.positive, PorousElectrode):
            continue
        electrode = cell.negative if side == "negative" else cell.counter
        assert isinstance(electrode, MetalElectrode)
        metal(electrode.metal).require_solid(found["temperature"].value)
    structure = Structure(
        ceramic=not cell.separator.filled,
        cathode=isinstance(cell.positive, PorousElectrode),
        separator_cells=cells,
        cathode_cells=cells,
        shells=shells,
        solid=isinstance(cell.positive, PorousElectrode) and cell.liquid is None,
        interlayer=bool(cell.interlayer),
        films=films_of(cell),
        interphases=sides_of(cell),
        wetted_faces=wetted_sides_of(cell),
    )
    return ModelParameters(cell, structure, found, tuple(off), tuple(notes))


def _changed(name: str, raw: object, found: Mapping[str, Quantity]) -> Quantity:
    if name not in found:
        raise InputError(
            "the model has no such parameter",
            key=name,
            hint=did_you_mean(name, found) or "List them: natron simulate CELL --parameters.",
        )
    kind = found[name].kind
    if isinstance(raw, float | int) and not isinstance(raw, bool):
        return Quantity(float(raw), None, kind)
    try:
        return read_quantity(raw, kind)
    except QuantityError as error:
        raise error.at(key=name) from error


def _check(found: Mapping[str, Quantity]) -> None:
    for name, q in found.items():
        if not np.isfinite(q.value):
            raise InputError("this is not a finite number", key=name, given=q.value)
        if name in _ABOVE_ZERO and not q.value > 0:
            raise InputError("this must be above 0", key=name, given=str(q))
        if name in _ABOVE_ZERO and q.kind == "length" and not 1e-10 < q.value < 0.1:
            raise InputError(
                "no length in a cell is like this", key=name, given=str(q), allowed="above 0.1 nm and below 10 cm"
            )
        if name in _INSIDE_0_1 and not 0 < q.value < 1:
            raise InputError(
                "this must lie between 0 and 1", key=name, given=str(q), allowed="above 0 % and below 100 %"
            )
    if not found["temperature"].value > 0:
        raise InputError("a temperature must be above absolute zero", key="temperature")


# --- from reference values to the equations' inputs ------------------------------------------------------


def _warm(v: Mapping[str, Any], name: str, at_K: float = REFERENCE_K) -> Any:
    """A rate that rises with temperature, exp(−E/k_B (1/T − 1/T₀))."""
    energy = v[_ENERGY[name]]
    return v[name] * exp(-energy / BOLTZMANN_J_PER_K * (1 / v["temperature"] - 1 / at_K))


_ENERGY = {
    "particle_diffusivity": "particle_diffusion_energy",
    "exchange_current": "exchange_current_energy",
    "conductivity": "conductivity_energy",
    "diffusivity": "conductivity_energy",
}


def _law(scale: Callable[..., Any], v: Mapping[str, Any], name: str) -> Any:
    at = v.get(f"{name}_at", REFERENCE_K)
    return scale(v[name], at, v[f"{name}_energy"], v["temperature"])


def _conditions(v: Mapping[str, float]) -> dict[str, float]:
    return {name: v[name] for name in ("temperature", "pressure", "stiffness", "area", "molar_volume")} | {
        "breathing": v["molar_volume"] / FARADAY_C_PER_MOL,
        "capacity": v["positive.areal_capacity"] * v["accessible_share"] if "accessible_share" in v else 36e3,
    }


def _metals(v: Mapping[str, float], structure: Structure) -> dict[str, float]:
    resistance = _law(scale_resistance, v, "metal_resistance")
    found = {name: v[name] for name in (*VOID_PARAMETERS, "spot_spacing")}
    found |= {"closure_rate": 0.0, "metal_start": v["negative.reservoir"] * FARADAY_C_PER_MOL / v["molar_volume"]}
    for side in ("negative", "counter"):
        found |= {f"{side}_resistance": resistance, f"{side}_capacitance": v["metal_capacitance"]}
    if not structure.cathode:
        found["counter_metal_start"] = v["counter.reservoir"] * FARADAY_C_PER_MOL / v["molar_volume"]
    return found


def _film(v: Mapping[str, float], side: str) -> dict[str, float]:
    """Potential of a film's alloy in straight pieces; voids do not grow under a liquid."""
    thickness, T = float(v[f"{side}.film.thickness"]), float(v["temperature"])
    charge, potential = film_curve(thickness, T)
    slopes = np.concatenate([[0.0], np.diff(potential) / np.diff(charge), [0.0]])
    name = f"{side} film"
    found = {f"{name} start": float(potential[0])}
    for k, (place, bend) in enumerate(zip(charge, np.diff(slopes), strict=True)):
        found |= {f"{name} place {k}": float(place), f"{name} bend {k}": float(bend)}
    if film_figures(Quantity(thickness, None, "length"), T):
        found[f"voids_grow_{side}"] = 0.0
    return found


def _ceramic(v: Mapping[str, float]) -> dict[str, float]:
    conductivity = _law(scale_conductivity, v, "separator_conductivity")
    whole = v["separator.thickness"] / conductivity
    return {
        "conductivity": conductivity,
        "grain_resistance": v["grain_share"] * whole,
        "boundary_resistance": (1 - v["grain_share"]) * whole,
        "boundary_capacitance": v["boundary_capacitance"] / v["separator.thickness"],
    }


def _liquid(v: Mapping[str, float]) -> dict[str, float]:
    return {
        "concentration": v["concentration"],
        "liquid_conductivity": _warm(v, "conductivity"),
        "liquid_diffusivity": _warm(v, "diffusivity"),
        "transference_number": v["transference_number"],
        "tortuosity_exponent": v["tortuosity_exponent"],
        "separator_thickness": v["separator.thickness"],
        "separator_porosity": v.get("separator.porosity", 1.0),
    }


def _solid(v: Mapping[str, float]) -> dict[str, float]:
    """Ions through a solid: one kind, so nothing that would run short; concentration and diffusivity play no part."""
    return {
        "concentration": 1e3,
        "liquid_conductivity": _law(scale_conductivity, v, "catholyte_conductivity"),
        "liquid_diffusivity": 1e-10,
        "transference_number": 1.0,
        "tortuosity_exponent": v["tortuosity_exponent"],
        "separator_thickness": v["separator.thickness"],
        "separator_porosity": 1.0,
    }


def _electrode(v: Mapping[str, float], structure: Structure) -> dict[str, float]:
    same = (
        "plateau", "plateau_slope", "plateau_width", "charged_tail", "discharged_tail", "hysteresis", "hysteresis_turn",
        "particle_radius", "particle_double_layer", "electronic_conductivity", "contact_pressure_exponent",
        "contact_capacitance", "first_cycle_share", "active_share",
    )  # fmt: skip
    face = "ceramic_composite" if structure.solid else "ceramic_liquid"
    return {name: v[name] for name in same} | {
        "thickness": v["positive.thickness"],
        "porosity": v["catholyte_share"] if structure.solid else v["positive.porosity"],
        "particle_diffusivity": _warm(v, "particle_diffusivity"),
        "exchange_current": _warm(v, "exchange_current"),
        "contact_settled": v["contact_resistance_settled"],
        "contact_settling_rate": 1 / v["contact_settling_time"],
        "first_cycle_loss": v["first_cycle_loss"] / (v["positive.areal_capacity"] * v["accessible_share"]),
        "loss_per_cycle": 0.0 if structure.solid else v["electrolyte_loss_per_cycle"],
        "ceramic_liquid_resistance": _law(scale_resistance, v, f"{face}_resistance"),
        "ceramic_liquid_capacitance": v[f"{face}_capacitance"],
    }
