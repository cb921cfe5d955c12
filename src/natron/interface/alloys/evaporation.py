"""Thermal evaporation of an alkali metal in vacuum: flux from the source, growth of the film, loss of a film.

J = α (p_sat − p) √(M/2πRT)            mass flux from a surface (Hertz 1882, Knudsen 1915)
ḣ = s J A cos θ cos φ/(π r² ρ)         growth on a substrate seen by a small source at distance r
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from natron.core import InputError, Quantity, weakest_origin
from natron.core.uncertainty import propagate, sqrt
from natron.interface.alloys.gibbs import GAS_CONSTANT_J_MOL_K
from natron.interface.metals import Metal, vapour_pressure_Pa
from natron.materials import parameters

SMALL_SOURCE = 0.33
"""Largest source radius over distance for which the small source's law is used: off by a tenth there (on the axis of a
disc the exact factor is R²/(R² + r²))."""


@dataclass(frozen=True)
class Evaporation:
    """A film from a source.

    Attributes
    ----------
    vapour_pressure : Quantity
        Of the metal at the source, Pa.
    source_recession : Quantity
        Loss of the source's surface, of solid metal, m/s.
    growth_rate : Quantity
        Of the film by what arrives and stays, m/s.
    time : Quantity or None
        To reach the thickness asked for while the film evaporates again, s; None where it does so faster than it
        grows.
    source_mass : Quantity or None
        Metal that leaves the source in that time, kg; None with it.
    re_evaporation_rate : Quantity
        Loss of the finished film at the substrate's temperature in vacuum, m/s.
    warnings : tuple of str
    """

    vapour_pressure: Quantity
    source_recession: Quantity
    growth_rate: Quantity
    time: Quantity | None
    source_mass: Quantity | None
    re_evaporation_rate: Quantity
    warnings: tuple[str, ...]


def mass_flux_kg_m2_s(
    vapour_pressure_Pa: Any,
    temperature_K: Any,
    molar_mass_kg_mol: Any,
    coefficient: Any = 1.0,
    back_pressure_Pa: Any = 0.0,
) -> Any:
    """Hertz–Knudsen mass flux α (p_sat − p) √(M/2πRT), kg/(m² s); negative where metal condenses."""
    return (
        coefficient
        * (vapour_pressure_Pa - back_pressure_Pa)
        * sqrt(molar_mass_kg_mol / (2 * math.pi * GAS_CONSTANT_J_MOL_K * temperature_K))
    )


def growth_rate_m_s(
    mass_flux: Any,
    source_area_m2: Any,
    distance_m: Any,
    density_kg_m3: Any,
    source_angle_rad: float = 0.0,
    substrate_angle_rad: float = 0.0,
    sticking: Any = 1.0,
) -> Any:
    """Growth of a film in the vapour of a small Lambertian source, m/s.

    Parameters
    ----------
    mass_flux : float
        kg/(m² s), from the source's surface.
    source_area_m2, distance_m : float
        The source's size is to be small against the distance, see `SMALL_SOURCE`.
    density_kg_m3 : float
        Of the film.
    source_angle_rad, substrate_angle_rad : float
        Between the line of sight and either normal, 0 to π/2.
    sticking : float
        Share of the arriving atoms that stay.
    """
    view = math.cos(source_angle_rad) * math.cos(substrate_angle_rad) / math.pi
    return sticking * mass_flux * source_area_m2 * view / (distance_m**2 * density_kg_m3)


def evaporate(
    of: Metal,
    film: Quantity,
    source_temperature: Quantity,
    distance: Quantity,
    source_area: Quantity,
    *,
    source_angle_rad: float = 0.0,
    substrate_angle_rad: float = 0.0,
    sticking: Quantity,
    coefficient: Quantity,
    substrate_temperature: Quantity,
) -> Evaporation:
    """How long a film takes, and how fast it leaves again.

    Parameters
    ----------
    of : Metal
    film : Quantity
        Thickness wanted, > 0.
    source_temperature, substrate_temperature : Quantity
    distance, source_area : Quantity
        > 0.
    source_angle_rad, substrate_angle_rad : float
        0 to below π/2.
    sticking, coefficient : Quantity
        Shares, > 0 and up to 1.

    Raises
    ------
    InputError
        Outside these ranges.
    """
    for name, q in (("the film", film), ("the distance", distance), ("the source's area", source_area)):
        if q.value <= 0:
            raise InputError(f"{name} must be above zero", given=str(q))
    for name, q in (("the sticking", sticking), ("the evaporation coefficient", coefficient)):
        if not 0 < q.value <= 1:
            raise InputError(f"{name} must lie above 0 and at most at 1", given=str(q))
    for angle in (source_angle_rad, substrate_angle_rad):
        if not 0 <= angle < math.pi / 2 - 1e-9:
            raise InputError("an angle to the normal lies from 0 to below 90°", given=f"{math.degrees(angle):g}°")
    states = [_state(of, q.value) for q in (source_temperature, substrate_temperature)]
    accuracy = parameters("vapour")["relative_accuracy"].value
    inputs = {
        "film": film, "distance": distance, "area": source_area, "sticking": sticking, "coefficient": coefficient,
        "T": source_temperature, "T_film": substrate_temperature, "density": of["density"], "M": of["molar_mass"],
        # one factor for both surfaces: the error of the vapour pressure's form is common to them
        "accuracy": Quantity(1.0, accuracy, "number", "literature", "sd"),
        **{f"{name}_{state}": of[f"{state}_vapour_{name}"] for state in states for name in ("a", "b")},
    }  # fmt: skip

    def pressure(x: Mapping[str, Any], state: str, T: Any) -> Any:
        return x["accuracy"] * vapour_pressure_Pa(x[f"a_{state}"], x[f"b_{state}"], T)

    def relation(x: Mapping[str, Any]) -> dict[str, Any]:
        source_pressure = pressure(x, states[0], x["T"])
        flux = mass_flux_kg_m2_s(source_pressure, x["T"], x["M"], x["coefficient"])
        growth = growth_rate_m_s(
            flux, x["area"], x["distance"], x["density"], source_angle_rad, substrate_angle_rad, x["sticking"]
        )
        film_pressure = pressure(x, states[1], x["T_film"])
        loss = mass_flux_kg_m2_s(film_pressure, x["T_film"], x["M"], x["coefficient"]) / x["density"]
        rates = {
            "vapour_pressure": source_pressure,
            "source_recession": flux / x["density"],
            "growth_rate": growth,
            "re_evaporation_rate": loss,
        }
        if not getattr(growth, "nominal_value", growth) > getattr(loss, "nominal_value", loss):
            return rates
        time = x["film"] / (growth - loss)
        return {**rates, "time": time, "source_mass": flux * x["area"] * time}

    kinds = {"vapour_pressure": "vapour_pressure", "time": "time", "source_mass": "mass"}
    found = {
        name: result.quantity(
            kinds.get(name, "thickness_rate"), origin=weakest_origin(inputs[i].origin for i in result.derivatives)
        )
        for name, result in propagate(relation, inputs, method="linear").items()
    }
    return Evaporation(
        found["vapour_pressure"],
        found["source_recession"],
        found["growth_rate"],
        found.get("time"),
        found.get("source_mass"),
        found["re_evaporation_rate"],
        _warnings(of, film, source_temperature, distance, source_area, substrate_temperature, found),
    )


def _state(of: Metal, temperature_K: float) -> str:
    if not temperature_K > 0:
        raise InputError("a temperature must be above absolute zero", given=f"{temperature_K:g} K")
    limit = parameters("evaporation")[f"{of.name}_vapour_limit"]
    if temperature_K > limit.value:
        raise InputError(
            f"this is beyond the formula of {of.name}'s vapour pressure",
            given=f"{temperature_K - 273.15:.4g} °C",
            allowed=f"up to about {limit}",
        )
    return "solid" if temperature_K < of.melting_point_K else "liquid"


def _warnings(
    of: Metal,
    film: Quantity,
    source_temperature: Quantity,
    distance: Quantity,
    source_area: Quantity,
    substrate_temperature: Quantity,
    found: Mapping[str, Quantity],
) -> tuple[str, ...]:
    said = []
    radius = math.sqrt(source_area.value / math.pi)
    if radius > SMALL_SOURCE * distance.value:
        share = radius**2 / (radius**2 + distance.value**2)
        said.append(
            f"the source (radius {radius * 1e3:.3g} mm) is not small against the distance: on the axis of a disc the "
            f"film grows {100 * (1 - share / (radius / distance.value) ** 2):.0f} % slower than said"
        )
    growth, loss = found["growth_rate"].value, found["re_evaporation_rate"].value
    if loss >= growth:
        said.append("the film evaporates from the substrate faster than it grows: nothing is deposited")
    elif loss > 0.01 * growth:
        said.append(f"re-evaporation from the substrate takes {100 * loss / growth:.0f} % of the growth")
    if substrate_temperature.value >= of.melting_point_K:
        said.append(f"the substrate is above the melting point of {of.name}: the film is liquid and may bead")
    if source_temperature.value < of.melting_point_K:
        said.append(f"the source is solid: {of.name} sublimes")
    if film.value * 1e6 > 1e3:
        said.append("a film beyond 1 mm is no film: the small source's law takes its surface as fixed")
    return tuple(said)
