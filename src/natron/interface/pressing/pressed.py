"""Pressing a metal onto a ceramic: contact, resistance, the ceramic's stress, and what becomes of it."""

from __future__ import annotations

import math
import warnings as python_warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from natron.core import InputError, Quantity, RangeWarning, weakest_origin
from natron.core.uncertainty import DEFAULT_SAMPLES, Propagated, draw, propagate
from natron.interface.metals import Creep
from natron.interface.pairs import CREEP, Pair
from natron.interface.pressing.contact import (
    acoustic_softening,
    closure_rate_per_s,
    constriction_resistance_ohm_m2,
    contact_fraction,
    residual_gap_m,
    smallest_pore_filled_m,
)
from natron.interface.pressing.window import Ceramic, Outcome, solve_rising

ContactState = Literal["contact", "no_contact", "liquid"]
"""Whether metal touches ceramic; where it does not, there is no resistance, and where it is liquid no model."""

PRESSURE_RANGE_PA = (1e2, 1e10)
"""Where the lowest pressure of a window is looked for."""

MELTING_MARGIN_K = 2.0
"""Distance to the melting point below which a pressing asks for close temperature control."""

CRACKING_WARNING = 0.01
"""Probability of cracking from which a pressing that should hold carries a warning."""

SLOWEST_CLOSURE_PER_S = 1e-20
"""Rate below which gaps are said not to close: slower than the age of the universe by far."""

ROOM_K = 298.15
"""Temperature at which the interface's resistance is given unless asked otherwise."""

HAZARD = (
    "Hazard: hot {metal} burns on contact with air and reacts violently with water; work under argon or in vacuum, "
    "without water nearby, with a class D extinguisher at hand."
)
"""The line that goes with every proposal to handle hot metal."""


@dataclass(frozen=True, slots=True)
class Cracking:
    """What pressing does to the ceramic.

    Attributes
    ----------
    warp_stress, span_stress : Quantity
        Bending stress by a bow pressed flat, and by pressure over unsupported places.
    strength, fracture_pressure : Quantity
    probability : float
        Share of what the inputs' uncertainties allow in which the ceramic breaks at this pressure.
    decided_by : str
        ``warp`` or ``unsupported_span``: the larger stress at fracture.
    """

    warp_stress: Quantity
    span_stress: Quantity
    strength: Quantity
    fracture_pressure: Quantity
    probability: float
    decided_by: Literal["warp", "unsupported_span"]


@dataclass(frozen=True, slots=True)
class Pressing:
    """A pressing and what natron expects of it.

    Attributes
    ----------
    pair : Pair
    temperature, pressure, time : Quantity
    outcome : str
        ``safe``, ``insufficient_contact``, ``leaks`` or ``cracks``; the graver one where several hold.
    state : str
        ``contact``, ``no_contact`` (θ = 0) or ``liquid``.
    contact_fraction : Quantity or None
        None where the metal is liquid.
    interface_resistance : Quantity or None
        At `resistance_temperature`; None without contact, or where the pair is not known.
    resistance_temperature : Quantity
    softening : float
        Factor on the flow stress under ultrasound; 1 without.
    residual_gap, smallest_pore : Quantity or None
        Mean gap left, and the finest pore filled even where the metal does not wet.
    closure_time : Quantity or None
        1/k_c, in which isolated gaps close; None where that is slower than `SLOWEST_CLOSURE_PER_S`.
    lowest_pressure : Quantity or None
        Giving the required contact in this time at this temperature.
    cracking : Cracking or None
        None where the ceramic's strength is not known.
    assumed : Mapping[str, Quantity]
        Parameters in use that are assumptions.
    warnings : tuple of str
    hazard : str
    """

    pair: Pair
    temperature: Quantity
    pressure: Quantity
    time: Quantity
    outcome: Outcome
    state: ContactState
    contact_fraction: Quantity | None
    interface_resistance: Quantity | None
    resistance_temperature: Quantity
    softening: float
    residual_gap: Quantity | None
    smallest_pore: Quantity | None
    closure_time: Quantity | None
    lowest_pressure: Quantity | None
    cracking: Cracking | None
    assumed: Mapping[str, Quantity]
    warnings: tuple[str, ...]
    hazard: str


def contact_of(values: Mapping[str, Any]) -> Any:
    """Contact fraction from a pressing's inputs by name; the form that propagation and maps share."""
    return contact_fraction(
        Creep.of(values).softened(values.get("softening", 1.0)),
        values["pressure"],
        values["temperature"],
        values["time"],
        indentation_strain=values["indentation_strain"],
        gas_pressure_Pa=values["gas_pressure"],
        pressure_spread=values["pressure_spread"],
    )


def resistance_of(values: Mapping[str, Any], contact: Any) -> Any:
    """Interface resistance from a pressing's inputs by name and its contact fraction.

    Without the guard of `natron.interface.interface_resistance_ohm_m2`: a draw or a search that comes upon no contact
    expects infinity or a division by zero there, not a refusal.
    """
    spreading = constriction_resistance_ohm_m2(contact, values["spot_spacing"], values["electrolyte_conductivity"])
    return (values["charge_transfer_resistance"] + values["film_resistance"]) / contact + spreading


def ceramic_of(values: Mapping[str, Any]) -> Ceramic:
    """The ceramic layer from a pressing's inputs by name."""
    return Ceramic(
        values["electrolyte_thickness"],
        values["electrolyte_youngs_modulus"],
        values["electrolyte_poisson_ratio"],
        values["electrolyte_strength"],
        values["warp_height"],
        values["warp_span"],
        values["unsupported_span"],
    )


def lowest_pressure_Pa(values: Mapping[str, Any]) -> Any:
    """Pressure that gives the required contact, from a pressing's inputs by name; the range's end where none does."""
    return solve_rising(
        lambda pressure: contact_of({**values, "pressure": pressure}),
        values["required_contact_fraction"],
        *PRESSURE_RANGE_PA,
    )


def press(
    of: Pair,
    temperature: Quantity,
    pressure: Quantity,
    time: Quantity,
    *,
    resistance_at_K: float = ROOM_K,
    ultrasound_intensity: Quantity | None = None,
    softening_coefficient: float | None = None,
) -> Pressing:
    """Contact and outcome of pressing a metal onto a ceramic, uncertainties carried along.

    Parameters
    ----------
    of : Pair
    temperature, pressure, time : Quantity
        From 150 K up; 0 or more; 0 or more.
    resistance_at_K : float
        Where the interface's resistance is wanted.
    ultrasound_intensity : Quantity, optional
        Of a sonotrode, with `softening_coefficient` (β in (cm²/W)^½): scales the flow stress by 1 − β √I.

    Raises
    ------
    InputError
        Inputs out of range; an intensity without a coefficient.
    """
    for name, q in (("pressure", pressure), ("time", time)):
        if q.value < 0:
            raise InputError("this cannot be negative", key=name, given=str(q))
    softening = _softening(ultrasound_intensity, softening_coefficient)
    notes: list[str] = []
    melting = of.values["melting_point"].value
    hazard = HAZARD.format(metal=of.metal.name)
    at = Quantity(resistance_at_K, None, "temperature", origin="input")
    about_ceramic: list[str] = []
    cracking, limit_pressure = _cracking(of, pressure, about_ceramic)
    assumed = {name: q for name, q in of.values.items() if q.origin == "assumed"}
    common: dict[str, Any] = {
        "pair": of,
        "temperature": temperature,
        "pressure": pressure,
        "time": time,
        "resistance_temperature": at,
        "softening": softening,
        "cracking": cracking,
        "hazard": hazard,
    }
    if temperature.value >= melting:
        notes.append(f"{of.metal.title} is liquid at {temperature}: it melts at {of.values['melting_point']}.")
        nothing: dict[str, Any] = dict.fromkeys(
            (
                "contact_fraction",
                "interface_resistance",
                "residual_gap",
                "smallest_pore",
                "closure_time",
                "lowest_pressure",
            )
        )
        return Pressing(outcome="leaks", state="liquid", assumed=assumed, warnings=tuple(notes), **nothing, **common)
    # melting point as the user may have set it; the metal's own guard sees to the cold end
    of.metal.require_solid(min(temperature.value, of.metal.melting_point_K - 1))
    notes += [*about_ceramic, *near_melting(temperature, of.values["melting_point"])]
    inputs = {
        **{name: of.values[name] for name in CREEP},
        **{
            name: of.values[name]
            for name in ("indentation_strain", "gas_pressure", "pressure_spread", "gap_depth",
                         "required_contact_fraction", "spot_spacing", "film_resistance")
        },
        "temperature": temperature,
        "pressure": pressure,
        "time": time,
    }  # fmt: skip
    touching = pressure.value > 0 and time.value > 0
    # so light or so short a touch that its share is below the smallest number counts as none
    touching = touching and contact_of({n: q.value for n, q in inputs.items()} | {"softening": softening}) > 0
    transfer, conductivity = _resistances(of, resistance_at_K, notes)
    known = transfer is not None and conductivity is not None
    if transfer is not None and conductivity is not None:
        inputs |= {"charge_transfer_resistance": transfer, "electrolyte_conductivity": conductivity}
        for name, q in (("charge_transfer_resistance", transfer), ("electrolyte_conductivity", conductivity)):
            if q.origin == "assumed":
                assumed[name] = q
    lowest = None
    if time.value > 0:
        root = propagate(lambda x: {"pressure": lowest_pressure_Pa({**x, "softening": softening})}, inputs)
        lowest = _quantity(root["pressure"], "pressure", inputs)
    if touching:
        creep = Creep.of({n: q.value for n, q in inputs.items()}).softened(softening)
        closes = closure_rate_per_s(creep, pressure.value, temperature.value) > SLOWEST_CLOSURE_PER_S
        found = propagate(lambda x: _results({**x, "softening": softening}, known, closes), inputs)
        contact = _quantity(found["contact"], "share", inputs)
        gap = _quantity(found["gap"], "length", inputs)
    else:
        found = {}
        contact = Quantity(0.0, None, "share", origin="predicted")
        gap = of.values["gap_depth"]
        notes.append("Without pressure or without time there is no contact, and no resistance can be given.")
    outcome = _outcome(of, contact, pressure, limit_pressure)
    if outcome == "insufficient_contact" and lowest is not None and lowest.value < PRESSURE_RANGE_PA[1] * 0.99:
        notes.append(
            f"{of.values['required_contact_fraction']} of contact needs {lowest} at this temperature and time."
        )
    pore = None
    if touching and "surface_tension" in of.values:
        tension = of.values["surface_tension"]
        radius = smallest_pore_filled_m(pressure.value, tension.value)
        relative = math.hypot(
            tension.standard_uncertainty / tension.value, pressure.standard_uncertainty / pressure.value
        )
        pore = Quantity(radius, relative * radius or None, "length", origin="predicted", uncertainty_kind="sd")
    return Pressing(
        outcome=outcome,
        state="contact" if touching else "no_contact",
        contact_fraction=contact,
        interface_resistance=_quantity(found["resistance"], "area_specific_resistance", inputs)
        if "resistance" in found
        else None,
        residual_gap=gap,
        smallest_pore=pore,
        closure_time=_quantity(found["closure_time"], "time", inputs) if "closure_time" in found else None,
        lowest_pressure=lowest,
        assumed=assumed,
        warnings=tuple(notes),
        **common,
    )


def _results(x: Mapping[str, Any], known: bool, closes: bool) -> dict[str, Any]:
    contact = contact_of(x)
    closure = closure_rate_per_s(Creep.of(x).softened(x["softening"]), x["pressure"], x["temperature"])
    found = {"contact": contact, "gap": residual_gap_m(contact, x["gap_depth"])}
    if closes:
        found["closure_time"] = 1 / closure
    if known:
        found["resistance"] = resistance_of(x, contact)
    return found


def _quantity(found: Propagated, kind: str, inputs: Mapping[str, Quantity]) -> Quantity:
    """What was found, its origin that of the weakest input."""
    return found.quantity(kind, origin=weakest_origin(q.origin for q in inputs.values()))


def _softening(intensity: Quantity | None, coefficient: float | None) -> float:
    if intensity is None:
        if coefficient is not None:
            raise InputError("a softening coefficient goes with an intensity of ultrasound", given=coefficient)
        return 1.0
    if coefficient is None:
        raise InputError(
            "ultrasound softens a metal by a coefficient that is not known of it",
            given=str(intensity),
            hint="Give the coefficient β of 1 - β √I, in (cm²/W)^½.",
        )
    if coefficient < 0:
        raise InputError("a softening coefficient cannot be negative", given=coefficient)
    return float(acoustic_softening(intensity.value, coefficient))


def near_melting(temperature: Quantity, melting_point: Quantity) -> list[str]:
    """What to mind where a solid metal is pressed close to its melting point; empty where it is not."""
    margin = melting_point.value - temperature.value
    if temperature.uncertainty is not None and temperature.uncertainty >= margin:
        return [f"Within its uncertainty the temperature reaches the melting point ({melting_point})."]
    if margin < MELTING_MARGIN_K:
        return [
            f"Only {margin:.1f} K below the melting point: hold the temperature within ±{margin / 2:.1f} K everywhere."
        ]
    return []


def _resistances(of: Pair, at_K: float, notes: list[str]) -> tuple[Quantity | None, Quantity | None]:
    with python_warnings.catch_warnings(record=True) as caught:
        python_warnings.simplefilter("always", RangeWarning)
        transfer, conductivity = of.resistance_at(at_K)
    notes += [f"{str(w.message)[0].upper()}{str(w.message)[1:]}." for w in caught]
    if transfer is None:
        notes.append(
            f"The charge-transfer resistance of {of.metal.name} on {of.electrolyte} is not known, so none is given for "
            'the interface. Give it: charge_transfer_resistance = "1.5 Ω cm²".'
        )
    if conductivity is None:
        notes.append(f"The conductivity of {of.electrolyte} is not known. Give electrolyte_conductivity.")
    return transfer, conductivity


def _cracking(of: Pair, pressure: Quantity, notes: list[str]) -> tuple[Cracking | None, float]:
    """The ceramic's stresses, and the pressure at which it breaks where pressed hardest, Pa."""
    if not of.can_break:
        notes.append(
            f"The strength of {of.electrolyte} is not known, so whether it cracks cannot be said. Give "
            "electrolyte_strength, electrolyte_youngs_modulus and electrolyte_poisson_ratio."
        )
        return None, math.inf
    names = ("electrolyte_thickness", "electrolyte_youngs_modulus", "electrolyte_poisson_ratio", "electrolyte_strength",
             "warp_height", "warp_span", "unsupported_span")  # fmt: skip
    inputs = {name: of.values[name] for name in names}
    spread = of.values["pressure_spread"].value
    hardest = Quantity(
        pressure.value * (1 + spread), pressure.uncertainty, "pressure", uncertainty_kind=pressure.uncertainty_kind
    )

    def relation(x: Mapping[str, Any]) -> dict[str, Any]:
        ceramic = ceramic_of(x)
        bow, span = ceramic.stresses_Pa(x["pressure"])
        return {"bow": bow, "span": span, "limit": ceramic.fracture_pressure_Pa}

    found = propagate(relation, {**inputs, "pressure": hardest})
    limit = _quantity(found["limit"], "pressure", inputs)
    nominal = ceramic_of({name: q.value for name, q in inputs.items()})
    drawn = relation(draw({**inputs, "pressure": hardest}, samples=DEFAULT_SAMPLES, seed=1))
    broken = float(np.mean(np.broadcast_to(drawn["limit"] <= hardest.value, DEFAULT_SAMPLES)))
    cracking = Cracking(
        _quantity(found["bow"], "pressure", inputs),
        _quantity(found["span"], "pressure", inputs),
        inputs["electrolyte_strength"],
        limit,
        broken,
        nominal.decides(),
    )
    if hardest.value < limit.value and broken >= CRACKING_WARNING:
        notes.append(
            f"The ceramic may crack: it does in {100 * broken:.0f} % of what strength, thickness, bow and backing "
            "allow."
        )
    return cracking, limit.value / (1 + spread)


def _outcome(of: Pair, contact: Quantity, pressure: Quantity, limit_pressure_Pa: float) -> Outcome:
    if pressure.value >= limit_pressure_Pa:
        return "cracks"
    if contact.value < of.values["required_contact_fraction"].value:
        return "insufficient_contact"
    return "safe"
