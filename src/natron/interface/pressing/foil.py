"""Metal foil by squeezing between plates, and how much of it is squeezed out under stack pressure.

A power-law creeping disc between platens that it sticks to gets thinner ever more slowly: h ∝ R P^(−n/(n+1))
t^(−1/(n+1)) whatever it began with.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from natron.core.uncertainty import exp
from natron.interface.metals import Creep

Squeeze = Literal["fixed_radius", "fixed_volume", "slip"]
"""How the disc is bounded: metal leaves the platens, spreads between them under a constant force, or slips."""


def shear_consistency_Pa_s(creep: Creep, temperature_K: Any) -> Any:
    """K of τ = K γ̇^(1/n): (3^((n+1)/2) A)^(−1/n), Pa s^(1/n)."""
    n = creep.exponent
    return (3 ** ((n + 1) / 2) * creep.coefficient(temperature_K)) ** (-1 / n)


def _drive(creep: Creep, pressure_Pa: Any, temperature_K: Any) -> Any:
    """[P (3n + 1)/(2 n K)]ⁿ, 1/s: what drives the flow."""
    n = creep.exponent
    return (pressure_Pa * (3 * n + 1) / (2 * n * shear_consistency_Pa_s(creep, temperature_K))) ** n


def foil_thickness_m(
    creep: Creep,
    pressure_Pa: Any,
    temperature_K: Any,
    time_s: Any,
    radius_m: Any,
    start_thickness_m: Any,
    squeeze: Squeeze = "fixed_radius",
) -> Any:
    """Thickness of a disc pressed between parallel platens, m.

    Parameters
    ----------
    pressure_Pa : float
        Mean pressure at the start, ≥ 0; with ``fixed_volume`` the force stays and the pressure falls as the disc
        spreads.
    temperature_K : float
        Below the melting point.
    time_s : float
        ≥ 0.
    radius_m, start_thickness_m : float
        Of the disc at the start, > 0; thin: thickness well below radius.
    squeeze : str
        ``fixed_radius``: sticking, metal leaves the platens. ``fixed_volume``: sticking, the disc spreads.
        ``slip``: no friction, h = h₀ exp(−A Pⁿ t), unbounded thinning; not for more than about 1 MPa.

    Source: Scott 1931, Trans. Inst. Rubber Ind. 7, 169, for a power-law fluid.
    """
    n, h0 = creep.exponent, start_thickness_m
    if squeeze == "slip":
        return h0 * exp(-creep.coefficient(temperature_K) * pressure_Pa**n * time_s)
    drive = _drive(creep, pressure_Pa, temperature_K)
    if squeeze == "fixed_radius":
        power = n + 1
        thinned = (n + 1) / (n + 2) * time_s * drive / radius_m ** (n + 1)
    else:
        # P = P₀ h/h₀ and R = R₀ √(h₀/h) in dh/dt = −hⁿ⁺² drive/((n + 2) Rⁿ⁺¹)
        power = (5 * n + 3) / 2
        spread = h0 ** (-(3 * n + 1) / 2)
        thinned = power / (n + 2) * time_s * drive / radius_m ** (n + 1) * spread
    # scaled by h₀, so that powers of micrometres do not run out of range
    return h0 * (1 + thinned * h0**power) ** (-1 / power)


def time_to_thickness_s(
    creep: Creep, pressure_Pa: Any, temperature_K: Any, thickness_m: Any, radius_m: Any, start_thickness_m: Any
) -> Any:
    """Time of pressing with a fixed radius until that thickness (up to the start's) is reached, s; pressure > 0."""
    n = creep.exponent
    gain = thickness_m ** -(n + 1) - start_thickness_m ** -(n + 1)
    return gain * (n + 2) / (n + 1) * radius_m ** (n + 1) / _drive(creep, pressure_Pa, temperature_K)


def limiting_slope(creep: Creep) -> Any:
    """d ln h/d ln t once the start is forgotten, −1/(n + 1)."""
    return -1 / (creep.exponent + 1)


def extruded_share(thickness_m: Any, start_thickness_m: Any) -> Any:
    """Share of the metal that has left platens of fixed radius, 1 − h/h₀."""
    return 1 - thickness_m / start_thickness_m


def force_N(pressure_Pa: Any, radius_m: Any) -> Any:
    """Force behind a mean pressure on the disc, N."""
    return pressure_Pa * math.pi * radius_m**2
