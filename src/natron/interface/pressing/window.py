"""The window of pressing: where the metal stays solid, the ceramic whole and the contact good.

Ceramic tapes break in bending. Two causes are added up: a bow pressed flat, and pressure over places that
nothing backs. The first alone predicts that thick tapes break first (σ ∝ h), the second that thin ones do
(σ ∝ 1/h²).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from natron.core.uncertainty import maximum, minimum

Outcome = Literal["safe", "insufficient_contact", "leaks", "cracks"]
"""What becomes of a pressing."""


def span_factor(poisson_ratio: Any) -> Any:
    """β of σ = β P (s/h)²: 3(3 + ν)/32, a disc of diameter s, simply supported, under even pressure.

    Source: Timoshenko and Woinowsky-Krieger 1959, Theory of Plates and Shells, § 16.
    """
    return 3 * (3 + poisson_ratio) / 32


def warp_factor(poisson_ratio: Any) -> Any:
    """k of σ = k E h w/L²: 8(3 + ν)/((5 + ν)(1 − ν)), the same disc bent by w in its middle."""
    return 8 * (3 + poisson_ratio) / ((5 + poisson_ratio) * (1 - poisson_ratio))


@dataclass(frozen=True, slots=True)
class Ceramic:
    """What makes a ceramic layer break under pressure, SI; floats, arrays or uncertain numbers.

    Attributes
    ----------
    thickness_m, youngs_modulus_Pa, poisson_ratio, strength_Pa : float
        Of the layer; its strength in bending.
    warp_height_m, warp_span_m : float
        w and L: its bow before pressing, and over which distance.
    unsupported_span_m : float
        s > 0, largest place without backing.
    """

    thickness_m: Any
    youngs_modulus_Pa: Any
    poisson_ratio: Any
    strength_Pa: Any
    warp_height_m: Any
    warp_span_m: Any
    unsupported_span_m: Any

    @property
    def flat_stress_Pa(self) -> Any:
        """Bending stress once the bow is pressed flat, k E h w/L², Pa."""
        bend = self.youngs_modulus_Pa * self.thickness_m * self.warp_height_m / self.warp_span_m**2
        return warp_factor(self.poisson_ratio) * bend

    @property
    def _per_pressure(self) -> tuple[Any, Any]:
        """Stress per pressure over the whole bow, and over an unsupported place."""
        factor = span_factor(self.poisson_ratio)
        return (
            factor * (self.warp_span_m / self.thickness_m) ** 2,
            factor * (self.unsupported_span_m / self.thickness_m) ** 2,
        )

    @property
    def flattening_pressure_Pa(self) -> Any:
        """Pressure that presses the bow flat, Pa."""
        return self.flat_stress_Pa / self._per_pressure[0]

    def stresses_Pa(self, pressure_Pa: Any) -> tuple[Any, Any]:
        """Largest bending stress by the bow (no more than when flat) and by unsupported places, Pa."""
        bow, span = self._per_pressure
        return minimum(bow * pressure_Pa, self.flat_stress_Pa), span * pressure_Pa

    @property
    def fracture_pressure_Pa(self) -> Any:
        """Pressure at which both stresses together reach the strength, Pa.

        Even pressure alone, without bending, is not limited by the strength in bending.
        """
        bow, span = self._per_pressure
        return maximum(self.strength_Pa / (bow + span), (self.strength_Pa - self.flat_stress_Pa) / span)

    def decides(self) -> Literal["warp", "unsupported_span"]:
        """Which of the two stresses is the larger at the fracture pressure."""
        bow, span = self.stresses_Pa(self.fracture_pressure_Pa)
        return "warp" if bow > span else "unsupported_span"


_BISECTIONS = 50
"""Halvings of a range of logarithms: eight decades come down to 1e-14."""


def solve_rising(function: Callable[[Any], Any], target: Any, low: float, high: float) -> Any:
    """x between `low` and `high` (> 0) at which a rising function reaches `target`; an end where it does not.

    Floats, arrays, or a function whose hidden inputs are uncertain numbers: the root's derivatives follow from
    one Newton step there, by the implicit function theorem.
    """
    shape = np.shape(_nominal(function(low)))
    a, b = np.full(shape, np.log(low)), np.full(shape, np.log(high))
    wanted = _nominal(target)
    for _ in range(_BISECTIONS):
        middle = (a + b) / 2
        x = np.exp(middle)
        below = _nominal(function(float(x) if x.ndim == 0 else x)) < wanted
        a, b = np.where(below, middle, a), np.where(below, b, middle)
    found = np.exp((a + b) / 2)
    root: Any = float(found) if found.ndim == 0 else found
    there = function(root)
    if not hasattr(there, "nominal_value") or root <= low * 1.0001 or root >= high * 0.9999:
        return root
    step = 1e-5 * root
    slope = (_nominal(function(root + step)) - _nominal(function(root - step))) / (2 * step)
    return root - (there - target) / slope


def _nominal(x: Any) -> Any:
    return getattr(x, "nominal_value", x)
