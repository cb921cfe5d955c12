"""The answer of ``natron alloy``: a sodium–potassium anode at one temperature, with a film and a charge where given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from natron.core import InputError, Quantity, weakest_origin
from natron.core.constants import FARADAY_C_PER_MOL
from natron.interface.alloys.film import (
    Wetting,
    film_course,
    film_figures,
    potassium_amount_mol_m2,
    pressure_into_gap_Pa,
    wetting,
)
from natron.interface.alloys.phases import (
    HIGHEST_K,
    LOWEST_K,
    Invariant,
    LiquidWindow,
    eutectic,
    liquid_window,
    peritectic,
)
from natron.interface.metals import metal
from natron.materials import parameters

COURSE_POINTS = 81
"""Charges along a course."""

_ANY_FILM = Quantity(1e-6, None, "length", "predicted")  # film per capacity does not hang on the film


@dataclass(frozen=True, slots=True)
class FilmPoint:
    """The anode at one charge.

    Attributes
    ----------
    capacity : Quantity
        Sodium plated.
    x_na, liquid_fraction : float
        Overall mole fraction of sodium; moles of liquid over all moles.
    potential : Quantity or None
        Against solid sodium; None before there is any sodium.
    solid : str
        What is solid, ``""`` for nothing.
    liquid_thickness, solid_thickness : Quantity
    """

    capacity: Quantity
    x_na: float
    liquid_fraction: float
    potential: Quantity | None
    solid: str
    liquid_thickness: Quantity
    solid_thickness: Quantity


@dataclass(frozen=True)
class AlloyAnode:
    """A sodium–potassium anode.

    Attributes
    ----------
    temperature : Quantity
    window : LiquidWindow or None
    composition_uncertainty : float
        Standard uncertainty of its ends.
    eutectic, peritectic : Invariant
    eutectic_temperature, peritectic_temperature : Quantity
    film, capacity : Quantity or None
        As given.
    figures : Mapping[str, Quantity]
        See `film_figures`; without a film only what does not hang on it.
    film_needed : Quantity or None
        Film that keeps the given capacity free of solid sodium.
    exchanged_share : float
    wetting : str or None
    pressure_into_gap : Quantity or None
    end : FilmPoint or None
        After the half step that plates the given capacity.
    course : tuple of FilmPoint
        On the way there.
    sweep : tuple of (temperature, window, all-liquid capacity)
    assumed : Mapping[str, Quantity]
    warnings : tuple of str
    """

    temperature: Quantity
    window: LiquidWindow | None
    composition_uncertainty: float
    eutectic: Invariant
    peritectic: Invariant
    eutectic_temperature: Quantity
    peritectic_temperature: Quantity
    film: Quantity | None
    capacity: Quantity | None
    figures: Mapping[str, Quantity]
    film_needed: Quantity | None
    exchanged_share: float
    wetting: Wetting | None
    pressure_into_gap: Quantity | None
    end: FilmPoint | None
    course: tuple[FilmPoint, ...]
    sweep: tuple[tuple[float, LiquidWindow | None, Quantity | None], ...]
    assumed: Mapping[str, Quantity]
    warnings: tuple[str, ...]


def alloy_anode(
    temperature: Quantity,
    film: Quantity | None = None,
    capacity: Quantity | None = None,
    *,
    exchanged_share: float = 0.0,
    contact_angle_rad: float | None = None,
    gap: Quantity | None = None,
    sweep_K: Sequence[float] = (),
) -> AlloyAnode:
    """What is liquid at a temperature, and what a potassium film takes.

    Parameters
    ----------
    temperature : Quantity
    film : Quantity, optional
        Thickness of the potassium film.
    capacity : Quantity, optional
        Sodium that the half step plates, per area. Without one the course ends past the liquid window.
    exchanged_share : float
        Potassium that leaves into the ceramic per sodium plated; 0 to 1.
    contact_angle_rad : float, optional
        Of the liquid on the ceramic; without one the liquid is taken to wet.
    gap : Quantity, optional
        Width of a gap to be filled, for the pressure that needs.
    sweep_K : sequence of float
        Temperatures for which the window is wanted too.

    Raises
    ------
    InputError
        Outside the database, or for a film or a capacity that is not above zero.
    """
    known = parameters("na-k")
    window = liquid_window(temperature.value)
    if capacity is not None and capacity.value <= 0:
        raise InputError("a half step plates a capacity above zero", given=str(capacity))
    figures = film_figures(film or _ANY_FILM, temperature.value, exchanged_share)
    if film is None:
        figures = {name: q for name, q in figures.items() if name == "film_thickness_per_areal_capacity"}
    per = figures.get("film_thickness_per_areal_capacity")
    needed = None
    if capacity is not None and per is not None:
        relative = math.hypot(per.standard_uncertainty / per.value, capacity.standard_uncertainty / capacity.value)
        thickness = per.value * capacity.value
        needed = Quantity(thickness, relative * thickness, "length", per.origin, "sd")
    course: tuple[FilmPoint, ...] = ()
    if film is not None:
        end_C_m2 = capacity.value if capacity is not None else _past_the_window(film, figures)
        course = _course(film, temperature, np.linspace(0, end_C_m2, COURSE_POINTS), exchanged_share)
    u = known["invariant_temperature_uncertainty"].value
    low, high = eutectic(), peritectic()
    angle = contact_angle_rad
    pressure = None
    if angle is not None and gap is not None:
        pressure = _gap_pressure(known["surface_tension"], angle, gap)
    return AlloyAnode(
        temperature,
        window,
        known["composition_uncertainty"].value,
        low,
        high,
        Quantity(low.temperature_K, u, "temperature", "predicted", "sd"),
        Quantity(high.temperature_K, u, "temperature", "predicted", "sd"),
        film,
        capacity,
        figures,
        needed,
        exchanged_share,
        None if angle is None else wetting(angle),
        pressure,
        course[-1] if course and capacity is not None else None,
        course,
        tuple(_swept(kelvin, film, exchanged_share) for kelvin in sweep_K),
        {"surface_tension": known["surface_tension"]} if pressure is not None else {},
        _warnings(temperature, window, film, capacity, figures, needed, course, exchanged_share, angle),
    )


def _past_the_window(film: Quantity, figures: Mapping[str, Quantity]) -> float:
    """A charge that shows what comes after the window: half as much again."""
    full = figures.get("all_liquid_capacity")
    if full is not None:
        return 1.5 * full.value
    # no upper end: up to four sodium atoms for each of potassium
    potassium = metal("potassium")
    atoms = potassium_amount_mol_m2(film.value, potassium["density"].value, potassium["molar_mass"].value)
    return float(4 * atoms * FARADAY_C_PER_MOL)


def _course(film: Quantity, temperature: Quantity, charges: object, exchanged_share: float) -> tuple[FilmPoint, ...]:
    found = film_course(film.value, temperature.value, np.asarray(charges, dtype=float), exchanged_share)
    state = found.state
    u = parameters("na-k")["potential_uncertainty"].value
    origin = weakest_origin([film.origin])
    return tuple(
        FilmPoint(
            Quantity(float(found.charge_C_m2[i]), None, "areal_capacity", "input"),
            float(state.x_na[i]),
            float(state.liquid_fraction[i]),
            Quantity(float(state.potential_V[i]), u, "potential", "assumed", "sd") if state.x_na[i] > 0 else None,
            state.solid[i],
            Quantity(float(found.liquid_thickness_m[i]), None, "length", origin),
            Quantity(float(found.solid_thickness_m[i]), None, "length", origin),
        )
        for i in range(len(found.charge_C_m2))
    )


def _gap_pressure(tension: Quantity, angle: float, gap: Quantity) -> Quantity:
    if gap.value <= 0:
        raise InputError("a gap needs a width above zero", given=str(gap))
    value, relative = (
        float(pressure_into_gap_Pa(tension.value, angle, gap.value)),
        tension.standard_uncertainty / tension.value,
    )
    return Quantity(value, abs(value) * relative or None, "pressure", "assumed", "sd")


def _swept(
    kelvin: float, film: Quantity | None, exchanged_share: float
) -> tuple[float, LiquidWindow | None, Quantity | None]:
    window = liquid_window(kelvin)
    capacity = None if film is None else film_figures(film, kelvin, exchanged_share).get("all_liquid_capacity")
    return kelvin, window, capacity


def _warnings(
    temperature: Quantity,
    window: LiquidWindow | None,
    film: Quantity | None,
    capacity: Quantity | None,
    figures: Mapping[str, Quantity],
    needed: Quantity | None,
    course: tuple[FilmPoint, ...],
    exchanged_share: float,
    angle: float | None,
) -> tuple[str, ...]:
    said = []
    if window is None:
        said.append(
            f"no Na-K alloy is liquid at {temperature}: the eutectic lies at {eutectic().temperature_K - 273.15:.1f} °C"
        )
    limit = figures.get("all_liquid_capacity")
    if film is not None and capacity is not None and limit is not None and course:
        end = course[-1]
        if capacity.value > limit.value and end.solid:
            said.append(
                f"{capacity} is beyond the {limit} that this film takes as a liquid: solid {end.solid} forms "
                f"({100 * (1 - end.liquid_fraction):.0f} % of the atoms); {needed} of potassium would stay liquid"
            )
        elif end.solid:
            said.append(f"{capacity} leaves solid {end.solid} beside the liquid")
    if film is not None and course and course[0].liquid_fraction < 1 and "all_liquid_from" in figures:
        start = figures["all_liquid_from"]
        if start.value > 0:
            said.append(f"the film is solid at first; all of it is liquid from {start} on")
    if exchanged_share:
        said.append("potassium that enters the ceramic is assumed to stay there; its transport is not computed")
    if angle is None:
        said.append("the liquid is taken to wet the ceramic; give its contact angle where it may not")
    elif wetting(angle) == "does_not_wet":
        said.append("at this contact angle the liquid does not spread by itself: contact is left where it is pressed")
    return tuple(said)


def check_sweep(low_K: float, high_K: float, step_K: float) -> list[float]:
    """Temperatures of a sweep, both ends included.

    Raises
    ------
    InputError
        Where they leave the database, or are too many.
    """
    if not (LOWEST_K <= low_K < high_K <= HIGHEST_K and step_K > 0 and (high_K - low_K) / step_K <= 1000):
        raise InputError(
            "this temperature sweep is not possible",
            given=f"{low_K - 273.15:.4g} to {high_K - 273.15:.4g} °C in steps of {step_K:.4g} K",
            allowed=f"rising, within {LOWEST_K - 273.15:.0f} to {HIGHEST_K - 273.15:.0f} °C, up to 1000 steps",
        )
    count = round((high_K - low_K) / step_K)
    return [float(low_K + i * (high_K - low_K) / max(count, 1)) for i in range(count + 1)]
