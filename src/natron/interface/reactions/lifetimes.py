"""Rates of an ageing face from lifetimes of symmetric cells: each fixes one rate, a lower bound only bounds one.

Three cells that differ in their faces alone: bare, wetted with a liquid, and with an interlayer under the liquid. The
bare one's lifetime fixes the growth constant; with it the wetted one's fixes how long the liquid lasts; the third,
under the same liquid and still running, bounds how well the interlayer may conduct electrons. A cell counts as failed
where one side's voltage reaches a limit that has to be chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from natron.core import InputError, Quantity
from natron.core.uncertainty import draw
from natron.interface.reactions.interphase import (
    Face,
    growth_constant_of_lifetime,
    resistance_of_barrier_ohm_m2,
    thickness_at_resistance_m,
)

INPUTS: dict[str, str] = {
    "current": "current_density",
    "rest_resistance": "area_specific_resistance",
    "contact_start": "share",
    "failure_polarisation": "potential",
    "bare_lifetime": "duration",
    "wetted_lifetime": "duration",
    "layered_lifetime": "duration",
    "layered_polarisation": "potential",
    "bare_resistance": "area_specific_resistance",
    "wetted_resistance": "area_specific_resistance",
    "start_thickness": "length",
    "conductivity": "conductivity",
    "contact_length": "length",
    "layer_thickness": "length",
    "ceramic_potential": "potential",
    "ceramic_capacity": "volumetric_capacity",
    "bare_energy": "energy",
    "wetted_energy": "energy",
    "conductivity_energy": "energy",
}
"""What the rates hang on, and the kind of each; resistances are of one face in full contact, ``rest_resistance``
of all else on one side."""


@dataclass(frozen=True)
class Aged:
    """Three faces with the rates that their lifetimes give.

    Attributes
    ----------
    bare, wetted, layered : Face
        The layered one with the least barrier that lasts its lifetime.
    limit_ohm_m2 : float
        Resistance of a face at which its cell counts as failed at the lifetimes' current.
    largest_conductivity_S_m : float
        Electronic conductivity of the interlayer, once spent, that its lifetime allows at most; inf where any does.
    """

    bare: Face
    wetted: Face
    layered: Face
    limit_ohm_m2: float
    largest_conductivity_S_m: float


def aged_faces(x: Mapping[str, float]) -> Aged:
    """Faces and rates from lifetimes.

    Parameters
    ----------
    x : Mapping[str, float]
        `INPUTS`, SI.

    Raises
    ------
    InputError
        Where no rate gives a lifetime: a face is at its limit from the start, or a dry one outlasts the wetted.
    """
    limit = _of_face(x, x["failure_polarisation"], x["current"])
    layered = _of_face(x, x["layered_polarisation"], x["current"])
    fresh = x["bare_resistance"] + x["start_thickness"] / x["conductivity"]
    if not (limit > fresh and limit > layered > 0):
        raise InputError(
            "a face is at its limit from the start", key="failure_polarisation",
            given=f"{x['failure_polarisation']:.3g} V",
            allowed="above what the fresh faces need, and a polarisation above the rest of the cell's",
        )  # fmt: skip
    start = x["start_thickness"]
    failed = float(
        thickness_at_resistance_m(limit, x["bare_resistance"], x["conductivity"], x["contact_length"], start)
    )
    constant = growth_constant_of_lifetime(failed, x["bare_lifetime"], start)
    bare = Face(
        constant, start, x["conductivity"], x["conductivity_energy"], x["bare_resistance"], x["bare_energy"],
        x["contact_length"],
    )  # fmt: skip
    wetted = replace(
        bare, wetted_resistance_ohm_m2=x["wetted_resistance"], wetted_energy_J=x["wetted_energy"]
    ).with_lifetime(limit, x["wetted_lifetime"])
    # a patch of the layered face has its contact from the layer, wet or dry
    contacted = replace(
        wetted, fresh_resistance_ohm_m2=layered, fresh_energy_J=x["wetted_energy"], wetted_resistance_ohm_m2=layered
    )
    held = contacted.with_barrier_for(limit, x["layered_lifetime"])
    return Aged(bare, wetted, held, limit, _conductivity(x, held))


def _of_face(x: Mapping[str, float], polarisation_V: float, current_A_m2: float) -> float:
    """Resistance of a face in full contact at which one side needs a voltage at a current, Ω m²."""
    return (polarisation_V / current_A_m2 - x["rest_resistance"]) * x["contact_start"]


def _conductivity(x: Mapping[str, float], face: Face) -> float:
    """Electronic conductivity of the interlayer that is a face's barrier, S/m."""
    resistance = resistance_of_barrier_ohm_m2(
        face.barrier_m, face.growth_constant_m2_s, x["ceramic_capacity"], x["ceramic_potential"]
    )
    return x["layer_thickness"] / resistance if resistance > 0 else float("inf")


def lifetime_at_current_s(face: Face, x: Mapping[str, float], current_A_m2: float) -> float:
    """Time until a face reaches the polarisation of failure at another current, s; 0 where at once."""
    limit = _of_face(x, x["failure_polarisation"], current_A_m2)
    return face.lifetime_s(limit) if limit > 0 else 0.0


def layered_that_stays(x: Mapping[str, float], aged: Aged, rise_V: float) -> tuple[Face, float]:
    """The layered face whose polarisation rises by `rise_V` (> 0) over its lifetime, and the layer's conductivity, S/m.

    Raises
    ------
    InputError
        Where the interphase that is there from the start gives this rise already.
    """
    fresh = float(aged.layered.resistance(0.0))
    face = aged.layered.with_barrier_for(fresh + rise_V / x["current"] * x["contact_start"], x["layered_lifetime"])
    return face, _conductivity(x, face)


def drawn_rates(inputs: Mapping[str, Quantity], *, samples: int, seed: int = 1) -> tuple[dict[str, np.ndarray], int]:
    """Growth constant, exhaustion time and largest conductivity by draws of the inputs, and how many draws gave none.

    Parameters
    ----------
    inputs : Mapping[str, Quantity]
        `INPUTS`.
    samples, seed : int
    """
    drawn = draw(inputs, samples=samples, seed=seed)
    rows: list[tuple[float, float, float]] = []
    for k in range(samples):
        x = {name: float(np.broadcast_to(value, samples)[k]) for name, value in drawn.items()}
        try:
            found = aged_faces(x)
        except InputError:
            continue
        rows.append(
            (found.bare.growth_constant_m2_s, found.wetted.exhaustion_time_s, found.largest_conductivity_S_m)
        )  # fmt: skip
    table = np.array(rows).reshape(-1, 3)
    names = ("growth_constant", "exhaustion_time", "largest_conductivity")
    return {name: table[:, i] for i, name in enumerate(names)}, samples - len(rows)
