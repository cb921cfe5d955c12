"""What limits a cell now: voltage lost and resistance of every part, half step by half step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from natron.data.cycling import HALF_STEP
from natron.simulate.running import Run

LABELS: Mapping[str, str] = {
    "metal_interface": "metal | ceramic",
    "interphase": "interphase",
    "constriction": "current constriction",
    "interlayer": "interlayer",
    "separator_grain": "separator, grains",
    "separator_boundary": "separator, grain boundaries",
    "ceramic_liquid": "ceramic | liquid",
    "ceramic_composite": "ceramic | composite",
    "liquid": "liquid in the pores",
    "composite_ions": "ions in the composite",
    "charge_transfer": "charge transfer",
    "solid_diffusion": "diffusion in the particles",
    "solid": "electronic, cathode",
    "collector": "cathode | collector",
}
"""The parts for people."""

HALF_WAY = 0.5
"""Share of a half step's charge at which it is looked at: away from the bends at the ends."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What a cell loses half-way through one half step.

    Attributes
    ----------
    half_step : int
    cycle : int
    time_s : float
    current_density_A_m2 : float
        Positive while charging.
    loss_V : Mapping[str, float]
        Voltage lost in each part, positive as a loss whatever the direction.
    resistance_ohm_m2 : Mapping[str, float]
        Loss over current density.
    """

    half_step: int
    cycle: int
    time_s: float
    current_density_A_m2: float
    loss_V: Mapping[str, float]
    resistance_ohm_m2: Mapping[str, float]

    @property
    def total_ohm_m2(self) -> float:
        """Of all parts."""
        return sum(self.resistance_ohm_m2.values())

    @property
    def largest(self) -> str:
        """The part that limits: the one with the largest resistance."""
        return max(self.resistance_ohm_m2, key=lambda name: self.resistance_ohm_m2[name])


def breakdowns(of: Run) -> tuple[Breakdown, ...]:
    """What the cell loses in every half step of a run, half-way through its charge."""
    table, course = of.record.table, of.course
    half, cycle = table[HALF_STEP].to_numpy(), table["Cycle Count / 1"].to_numpy()
    flowing = (np.abs(course.current_density_A_m2) > 0) & ~of.record.in_spectrum
    charge = course.states["charge"]
    found = []
    for number in np.unique(half[flowing]):
        rows = np.flatnonzero((half == number) & flowing)
        if number == 0 or charge[rows[-1]] == charge[rows[0]]:
            continue
        target = charge[rows[0]] + HALF_WAY * (charge[rows[-1]] - charge[rows[0]])
        at = int(rows[np.argmin(np.abs(charge[rows] - target))])
        current = float(course.current_density_A_m2[at])
        sign = np.sign(current)
        losses = {name: float(sign * loss[at]) for name, loss in course.loss_V.items()}
        found.append(
            Breakdown(
                int(number),
                int(cycle[at]),
                float(course.time_s[at]),
                current,
                losses,
                {name: loss / abs(current) for name, loss in losses.items()},
            )
        )
    return tuple(found)
