"""What a prediction takes from a cell: its conditions, its electrodes, and the parameters of voids and shorts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

from natron.cell import Cell, MetalElectrode
from natron.core import InputError, Quantity, RangeWarning, check_range
from natron.interface.alloys.film import film_figures
from natron.interface.metals import metal
from natron.interface.shorts.survival import ShortingLaw, law_of
from natron.interface.shorts.voids import PARAMETERS as VOID_NAMES
from natron.materials import parameters

ABOVE_ZERO = (
    "void_depth", "pressure_exponent", "contact_fraction", "critical_current", "weibull_modulus", "growth_exponent",
    "batch_current", "batch_cells", "batch_cycles", "reference_area", "conductivity_ratio", "molar_mass", "density",
)  # fmt: skip
"""Inputs that the laws divide by or raise to a power: no draw of them may reach zero."""

SHORT_NAMES = ("critical_current", "weibull_modulus", "growth_exponent", "batch_current", "contact_fraction")


@dataclass(frozen=True)
class Bench:
    """What a prediction takes from a cell.

    Attributes
    ----------
    cell : str
        Its name.
    inputs : Mapping[str, Quantity]
        Every number that goes in by name, SI: conditions, void and shorting parameters.
    temperature_K, area_m2 : float
    metal : str
    voids, plates : tuple of bool
        Of the negative and the counter electrode, see `Population`.
    warnings : tuple of str
    """

    cell: str
    inputs: Mapping[str, Quantity]
    temperature_K: float
    area_m2: float
    metal: str
    voids: tuple[bool, bool]
    plates: tuple[bool, bool]
    warnings: tuple[str, ...]


def bench(cell: Cell, changes: Mapping[str, Quantity] | None = None) -> Bench:
    """What a cell brings to a prediction.

    Parameters
    ----------
    cell : Cell
        With a ceramic separator and at least one electrode of metal.
    changes : Mapping[str, Quantity], optional
        Inputs by name to take instead.

    Raises
    ------
    InputError
        Where its separator is no solid electrolyte, its metal is liquid, or a change names no input or lies where the
        laws do not hold.
    """
    separator = cell.material(cell.separator.material)
    if separator.material_class != "solid_electrolyte":
        raise InputError(
            "shorts through flaws are predicted for ceramic separators",
            key="separator.material", given=cell.separator.material, allowed="a material of class solid_electrolyte",
        )  # fmt: skip
    temperature = cell.operation.temperature
    plated = metal(cell.negative.metal)
    plated.require_solid(temperature.value)
    warnings: list[str] = []
    shorting, voids = parameters("shorting"), parameters("voids")
    inputs = {name: voids[name] for name in VOID_NAMES} | {name: shorting[name] for name in SHORT_NAMES}
    inputs |= {name: shorting[name] for name in ("batch_failed", "batch_cells", "batch_cycles", "reference_area")}
    inputs["closure_rate"] = shorting["closure_rate"]
    inputs["molar_mass"], inputs["density"] = plated["molar_mass"], plated["density"]
    if cell.stack is None:
        inputs["pressure"] = Quantity(0.0, None, "pressure", "assumed", note="the cell file gives none")
        warnings.append("the cell file gives no stack pressure: none is taken")
    else:
        inputs["pressure"] = cell.stack.pressure
        if cell.stack.fixture != "constant_force":
            warnings.append(
                "the stack pressure is taken as constant, whatever the fixture does while the anode breathes"
            )
    reference = shorting["reference_conductivity"]
    with catch_warnings(record=True) as caught:
        simplefilter("always", RangeWarning)
        conductivity = separator.law("conductivity").value_at(temperature.value)
    warnings += [str(warning.message) for warning in caught]
    u = math.hypot(
        conductivity.standard_uncertainty / conductivity.value, reference.standard_uncertainty / reference.value
    )
    ratio = conductivity.value / reference.value
    inputs["conductivity_ratio"] = Quantity(ratio, u * ratio or None, "count", conductivity.origin, "sd")
    if not cell.separator.material.startswith("nzsp"):
        warnings.append(f"the shorting law was calibrated on NZSP; {separator.title} may crack at other currents")
    if cell.negative.metal != "sodium":
        warnings.append(f"void and shorting parameters are sodium's; {plated.name} differs")
    for name, q in (changes or {}).items():
        if name not in inputs:
            raise InputError("no such input of a prediction", given=name, allowed=", ".join(sorted(inputs)))
        inputs[name] = check_range(q)
        _check(name, inputs[name])
    if not 0 < inputs["batch_failed"].value < inputs["batch_cells"].value:
        raise InputError(
            "a batch of which none or all failed does not say how flaws grow",
            key="batch_failed",
            given=f"{inputs['batch_failed'].value:g} of {inputs['batch_cells'].value:g}",
            allowed="more than none and fewer than all",
            hint="Give 0.5 for none, or half a cell fewer than all.",
        )
    area = _area_m2(cell)
    if area is None:
        area = inputs["reference_area"].value
        warnings.append(f"the cell file gives no diameter: {inputs['reference_area']} is taken")
    solid, counter = _electrodes(cell, warnings)
    return Bench(
        cell.name, inputs, temperature.value, area, plated.name, (solid, counter), (True, counter), tuple(warnings)
    )


def _check(name: str, q: Quantity) -> None:
    """Nothing, where an input and its ± lie where the laws hold."""
    reach = q.standard_uncertainty
    if q.uncertainty_kind == "range" and q.uncertainty is not None:
        reach = q.uncertainty
    if name in ABOVE_ZERO and not q.value - reach > 0:
        raise InputError("this input must stay above 0, its ± taken off", key=name, given=str(q))
    if name not in ABOVE_ZERO and q.value < 0:
        raise InputError("this input cannot be negative", key=name, given=str(q))


def _area_m2(cell: Cell) -> float | None:
    """Area of the smaller electrode."""
    diameters = [e.diameter.value for e in (cell.negative, cell.counter) if e.diameter is not None]
    return math.pi / 4 * min(diameters) ** 2 if diameters else None


def _electrodes(cell: Cell, warnings: list[str]) -> tuple[bool, bool]:
    """Whether the negative electrode is solid metal, and whether the counter electrode is."""
    counter = isinstance(cell.counter, MetalElectrode)
    film = cell.negative.film
    if film is None or film.material != "potassium":
        return True, counter
    takes = film_figures(film.thickness, cell.operation.temperature.value)
    if not takes:
        warnings.append("the potassium film stays solid at this temperature: it is treated as solid metal")
        return True, counter
    warnings.append(
        "the film's liquid alloy is taken to wet the ceramic all over: no voids there"
        + ("; the solid sodium of the counter electrode decides" if counter else "")
    )
    return False, counter


def liquid_capacity(cell: Cell) -> Quantity | None:
    """Areal capacity up to which the cell's potassium film stays wholly liquid; None where it has no such film."""
    film = cell.negative.film
    if film is None or film.material != "potassium":
        return None
    return film_figures(film.thickness, cell.operation.temperature.value).get("all_liquid_capacity")


def nominal_law(bench: Bench) -> ShortingLaw:
    """The shorting law at the bench's nominal inputs."""
    return law_of({name: q.value for name, q in bench.inputs.items()})
