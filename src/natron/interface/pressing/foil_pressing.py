"""Foil making as a task: the thickness that pressing gives, against time, with its uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from natron.core import InputError, Quantity, QuantityError, did_you_mean, read_quantity, weakest_origin
from natron.core.uncertainty import propagate
from natron.interface.metals import Creep, Metal, metal
from natron.interface.pairs import CREEP, check_parameter
from natron.interface.pressing.foil import Squeeze, extruded_share, foil_thickness_m, limiting_slope
from natron.interface.pressing.pressed import HAZARD, near_melting
from natron.materials import parameters

SLIP_LIMIT_PA = 1e6
"""Pressure above which thinning without friction is not to be trusted: no platen is that slippery."""

THIN_DISC = 0.3
"""Thickness over radius above which a disc is not thin, and squeeze flow only a guide."""

CURVE_POINTS = 41


@dataclass(frozen=True, slots=True)
class FoilPressing:
    """A foil's thickness after pressing.

    Attributes
    ----------
    metal : Metal
    squeeze : str
    temperature, pressure, time, radius, start_thickness : Quantity
    thickness : Quantity
    extruded : Quantity or None
        Share of the metal pressed out beyond the platens; None where nothing leaves.
    slope : float or None
        d ln h/d ln t that the curve tends to; None for slip.
    curve_time_s : array, shape (n,)
    curve_thickness_m, curve_low_m, curve_high_m : array, shape (n,)
        Nominal, and less and plus one standard uncertainty.
    assumed : Mapping[str, Quantity]
    warnings : tuple of str
    hazard : str
    """

    metal: Metal
    squeeze: Squeeze
    temperature: Quantity
    pressure: Quantity
    time: Quantity
    radius: Quantity
    start_thickness: Quantity
    thickness: Quantity
    extruded: Quantity | None
    slope: float | None
    curve_time_s: Any
    curve_thickness_m: Any
    curve_low_m: Any
    curve_high_m: Any
    assumed: Mapping[str, Quantity]
    warnings: tuple[str, ...]
    hazard: str


def press_foil(
    metal_name: str,
    temperature: Quantity,
    pressure: Quantity,
    time: Quantity,
    *,
    radius: Quantity | None = None,
    start_thickness: Quantity | None = None,
    squeeze: Squeeze = "fixed_radius",
    changes: Mapping[str, object] | None = None,
) -> FoilPressing:
    """Thickness of a metal disc squeezed between platens, against time.

    Parameters
    ----------
    metal_name : str
    temperature, pressure, time : Quantity
        Below the melting point; 0 or more; above 0.
    radius, start_thickness : Quantity, optional
        Of the disc; the library's where not given, and then said to be assumed.
    squeeze : str
        See `natron.interface.pressing.foil.foil_thickness_m`.
    changes : Mapping[str, object], optional
        Parameters of the metal's creep law, by name, to take instead.

    Raises
    ------
    InputError
        Liquid metal; values out of range.
    """
    of = metal(metal_name)
    of.require_solid(temperature.value)
    radius = radius or parameters("foil")["radius"]
    start_thickness = start_thickness or parameters("foil")["start_thickness"]
    for name, q in (("time", time), ("radius", radius), ("start_thickness", start_thickness)):
        if not q.value > 0:
            raise InputError("this must be above 0", key=name, given=str(q))
    if pressure.value < 0:
        raise InputError("a pressure cannot be negative", key="pressure", given=str(pressure))
    creep = {name: of[name] for name in CREEP}
    for name, given in (changes or {}).items():
        if name not in creep:
            raise InputError("unknown parameter", given=name, hint=did_you_mean(name, creep))
        try:
            creep[name] = read_quantity(given, creep[name].kind)
        except QuantityError as error:
            raise error.at(key=name) from error
        check_parameter(name, creep[name])
    inputs = {
        **creep,
        "temperature": temperature,
        "pressure": pressure,
        "radius": radius,
        "start_thickness": start_thickness,
    }

    def after(x: Mapping[str, Any], time_s: Any) -> Any:
        return foil_thickness_m(
            Creep.of(x), x["pressure"], x["temperature"], time_s, x["radius"], x["start_thickness"], squeeze
        )

    def relation(x: Mapping[str, Any]) -> dict[str, Any]:
        thickness = after(x, x["time"])
        return {"thickness": thickness, "extruded": extruded_share(thickness, x["start_thickness"])}

    found = propagate(relation, {**inputs, "time": time})
    origin = weakest_origin(q.origin for q in inputs.values())
    times = np.geomspace(min(1.0, time.value / 10), time.value, CURVE_POINTS)
    curve = propagate(lambda x: {str(i): after(x, t) for i, t in enumerate(times)}, inputs, method="linear")
    nominal = np.array([curve[str(i)].value for i in range(CURVE_POINTS)])
    spread = np.array([curve[str(i)].standard_uncertainty for i in range(CURVE_POINTS)])
    notes = near_melting(temperature, of["melting_point"])
    if squeeze == "slip" and pressure.value > SLIP_LIMIT_PA:
        notes.append(f"Thinning without friction is not to be trusted above {SLIP_LIMIT_PA / 1e6:g} MPa.")
    if start_thickness.value > THIN_DISC * radius.value:
        notes.append("The disc is not thin at the start; early times are a guide only, late ones forget the start.")
    return FoilPressing(
        of,
        squeeze,
        temperature,
        pressure,
        time,
        radius,
        start_thickness,
        found["thickness"].quantity("length", origin=origin),
        None if squeeze == "fixed_volume" else found["extruded"].quantity("share", origin=origin),
        None if squeeze == "slip" else _slope(creep, squeeze),
        times,
        nominal,
        np.maximum(nominal - spread, 0.0),
        nominal + spread,
        {name: q for name, q in inputs.items() if q.origin == "assumed"},
        tuple(notes),
        HAZARD.format(metal=of.name),
    )


def _slope(creep: Mapping[str, Quantity], squeeze: Squeeze) -> float:
    n = creep["creep_exponent"].value
    if squeeze == "fixed_volume":
        return -2 / (5 * n + 3)
    return float(limiting_slope(Creep.of({name: q.value for name, q in creep.items()})))
