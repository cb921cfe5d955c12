"""Relations of this room that a claims file can ask for."""

from __future__ import annotations

import math
from typing import Any

from natron.core.relation import NamedRelation

Number = Any
"""A float or an array."""


def amplitude_of_efficiency_dips(
    efficiency_dip: Number, areal_capacity_C_m2: Number, resistance_ohm_m2: Number, duration_s: Number
) -> Number:
    """Amplitude of a spectrum whose discharging half waves alone pass the charge that an efficiency dip misses, V.

    A sine of amplitude V̂ of which one direction alone flows has the mean current V̂/(π R); over the duration t of
    the sweep it passes V̂ t/(π R) = Δη q. Both directions flowing, a sweep passes nothing: the least amplitude.

    Examples
    --------
    >>> round(amplitude_of_efficiency_dips(1.72e-3, 1.07 * 36e3, 120e-4, 100.0), 4)
    0.025
    """
    return math.pi * resistance_ohm_m2 * efficiency_dip * areal_capacity_C_m2 / duration_s


def share_of_shorted_cells(cells: Number, lasting: Number) -> Number:
    """Share of cells that shorted, the others having lasted: 1 − lasting/cells."""
    return 1 - lasting / cells


RELATIONS: dict[str, NamedRelation] = {
    "amplitude_of_efficiency_dips": NamedRelation(
        "least amplitude of a spectrum that can take the charge of a dip in efficiency",
        {
            "efficiency_dip": "share",
            "areal_capacity": "areal_capacity",
            "resistance": "area_specific_resistance",
            "duration": "time",
        },
        "potential",
        lambda x: amplitude_of_efficiency_dips(
            x["efficiency_dip"], x["areal_capacity"], x["resistance"], x["duration"]
        ),
    ),
    "share_of_shorted_cells": NamedRelation(
        "share of cells that shorted, from how many lasted",
        {"cells": "count", "lasting": "count"},
        "fraction",
        lambda x: share_of_shorted_cells(x["cells"], x["lasting"]),
    ),
}
"""What claims files can ask of this room."""
