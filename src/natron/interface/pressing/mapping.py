"""The window of pressing over temperature and pressure."""

from __future__ import annotations

import warnings as python_warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from natron.core import InputError, Quantity, RangeWarning
from natron.interface.pairs import Pair
from natron.interface.pressing.pressed import ROOM_K, ceramic_of, contact_of, lowest_pressure_Pa, resistance_of
from natron.materials import parameters

BELOW_MELTING_K = 1e-3
"""How near to the melting point the map of the solid goes."""


@dataclass(frozen=True, slots=True)
class PressingMap:
    """Contact after a given time over temperature and pressure, and the limits of the window.

    Attributes
    ----------
    pair : Pair
    time : Quantity
    temperature_K : array, shape (n_T,)
        Up to just below the melting point.
    pressure_Pa : array, shape (n_P,)
    contact_fraction : array, shape (n_P, n_T)
    interface_resistance_ohm_m2 : array, shape (n_P, n_T), or None
        At `resistance_K`; None where the pair is not known.
    lowest_pressure_Pa : array, shape (n_T,)
        Giving the required contact.
    lowest_band_Pa : array, shape (2, n_T)
        The same for the good and the poor end of what is assumed: soft metal, no gas and even pressure; hard metal,
        gas shut in and uneven pressure.
    fracture_pressure_Pa : float or None
        Where the ceramic breaks, at its most heavily pressed place.
    fracture_band_Pa : tuple of float, or None
        Central 68 % of what strength, thickness, bow and backing allow.
    melting_K : float
    resistance_K : float
    """

    pair: Pair
    time: Quantity
    temperature_K: Any
    pressure_Pa: Any
    contact_fraction: Any
    interface_resistance_ohm_m2: Any
    lowest_pressure_Pa: Any
    lowest_band_Pa: Any
    fracture_pressure_Pa: float | None
    fracture_band_Pa: tuple[float, float] | None
    melting_K: float
    resistance_K: float


def pressing_map(
    of: Pair,
    time: Quantity,
    *,
    lowest_temperature_K: float = 273.15,
    pressure_range_Pa: tuple[float, float] = (1e4, 2e8),
    points: int = 121,
    resistance_at_K: float = ROOM_K,
    softening: float = 1.0,
) -> PressingMap:
    """The map of a metal on a ceramic, pressed for `time`, at the nominal values with the band of what is assumed.

    Parameters
    ----------
    of : Pair
    time : Quantity
        Above 0.
    lowest_temperature_K : float
        Below the melting point.
    pressure_range_Pa : tuple of float
        Drawn logarithmically.
    points : int
        Along each axis.
    resistance_at_K, softening : float
        As for `natron.interface.press`.

    Raises
    ------
    InputError
        Without time; where the lowest temperature is not that of a solid.
    """
    if not time.value > 0:
        raise InputError("a map needs a time of pressing", key="time", given=str(time), allowed="above 0 s")
    of.metal.require_solid(lowest_temperature_K)
    melting = of.values["melting_point"].value
    if not melting > lowest_temperature_K + BELOW_MELTING_K:
        raise InputError(
            "a map is of the solid, and ends at the melting point", key="melting_point",
            given=str(of.values["melting_point"]), allowed=f"above {lowest_temperature_K - 273.15:.4g} °C",
        )  # fmt: skip
    temperature = np.linspace(lowest_temperature_K, melting - BELOW_MELTING_K, points)
    pressure = np.geomspace(*pressure_range_Pa, points)
    values: dict[str, Any] = {name: q.value for name, q in of.values.items()} | {
        "time": time.value,
        "softening": softening,
    }
    column = {**values, "temperature": temperature}
    contact = contact_of({**column, "pressure": pressure[:, None]})
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore", RangeWarning)
        transfer, conductivity = of.resistance_at(resistance_at_K)
    resistance = None
    if transfer is not None and conductivity is not None:
        resistance = resistance_of(
            {**values, "charge_transfer_resistance": transfer.value, "electrolyte_conductivity": conductivity.value},
            contact,
        )
    fracture, band = _fracture(of, values) if of.can_break else (None, None)
    return PressingMap(
        of,
        time,
        temperature,
        pressure,
        contact,
        resistance,
        lowest_pressure_Pa(column),
        np.array([lowest_pressure_Pa({**column, **end}) for end in _ends(of)]),
        fracture,
        band,
        melting,
        resistance_at_K,
    )


def _ends(of: Pair) -> tuple[dict[str, float], dict[str, float]]:
    """Good and poor end of what a contact hangs on: creep, gas and evenness of pressure."""
    flow = of.values["flow_stress"]
    spread = flow.uncertainty or 0.0
    poor = {name: q.value for name, q in parameters("contact-band").items() if name != "film_resistance"}
    good = {"flow_stress": flow.value - spread, "gas_pressure": 0.0, "pressure_spread": 0.0}
    return good, {"flow_stress": flow.value + spread, **poor}


def _fracture(of: Pair, values: dict[str, Any]) -> tuple[float, tuple[float, float]]:
    from natron.core.uncertainty import draw

    unevenness = 1 + values["pressure_spread"]
    nominal = ceramic_of(values).fracture_pressure_Pa / unevenness
    drawn = ceramic_of(draw(of.values, samples=4000, seed=1)).fracture_pressure_Pa / unevenness
    low, high = np.quantile(np.broadcast_to(drawn, 4000), [0.158655, 0.841345])
    return float(nominal), (float(low), float(high))
