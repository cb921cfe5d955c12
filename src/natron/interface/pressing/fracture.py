"""When metal that fills a flaw cracks the ceramic: the pressure, the overpotential and the current that do it.

A crack-like flaw of length c filled with metal opens at p_c = K_IC/(Y √(πc)). Plating builds that pressure up where the
overpotential is η_c = p_c V_m/F. What drives plating into the flaw is the ohmic drop over its length, j c/σ; setting
both equal gives the closed form

    j_crit(c) = σ V_m K_IC / (Y √π F c^{3/2}).

Its power law stands on firmer ground than its prefactor, which is an estimate. The power of −3/2 also follows from
minimal dissipation (Lowack et al. 2026, arXiv:2603.20113, abstract).
"""

from __future__ import annotations

import math
from typing import Any

from natron.core.constants import FARADAY_C_PER_MOL
from natron.core.uncertainty import sqrt


def cracking_pressure_Pa(flaw_m: Any, fracture_toughness: Any, geometry_factor: Any) -> Any:
    """Pressure inside a filled flaw at which it grows, K_IC/(Y √(πc)), Pa.

    Parameters
    ----------
    flaw_m : float or array
        Length of the flaw, > 0.
    fracture_toughness : float
        K_IC, Pa √m.
    geometry_factor : float
        Y, 1.12 for a crack at a surface.
    """
    return fracture_toughness / (geometry_factor * sqrt(math.pi * flaw_m))


def cracking_overpotential_V(
    flaw_m: Any, fracture_toughness: Any, geometry_factor: Any, molar_volume_m3_mol: Any
) -> Any:
    """Overpotential that holds the cracking pressure, p_c V_m/F, V; arguments as `cracking_pressure_Pa`."""
    return cracking_pressure_Pa(flaw_m, fracture_toughness, geometry_factor) * molar_volume_m3_mol / FARADAY_C_PER_MOL


def critical_current_of_flaw_A_m2(
    flaw_m: Any, conductivity_S_m: Any, fracture_toughness: Any, geometry_factor: Any, molar_volume_m3_mol: Any
) -> Any:
    """Local current density at which a flaw grows, σ η_c/c, A/m²; arguments as `cracking_overpotential_V`.

    The conductivity is that of the ceramic around the flaw, S/m.
    """
    overpotential = cracking_overpotential_V(flaw_m, fracture_toughness, geometry_factor, molar_volume_m3_mol)
    return conductivity_S_m * overpotential / flaw_m


def flaw_of_critical_current_m(
    current_A_m2: Any, conductivity_S_m: Any, fracture_toughness: Any, geometry_factor: Any, molar_volume_m3_mol: Any
) -> Any:
    """The flaw that a local current density just opens, m: the inverse of `critical_current_of_flaw_A_m2`."""
    per = conductivity_S_m * molar_volume_m3_mol * fracture_toughness
    return (per / (geometry_factor * math.sqrt(math.pi) * FARADAY_C_PER_MOL * current_A_m2)) ** (2 / 3)


def flaw_of_strength_m(strength_Pa: Any, fracture_toughness: Any, geometry_factor: Any) -> Any:
    """The flaw that a measured strength implies, (K_IC/(Y σ_f))²/π, m."""
    return (fracture_toughness / (geometry_factor * strength_Pa)) ** 2 / math.pi


def energy_release_rate_J_m2(fracture_toughness: Any, youngs_modulus_Pa: Any, poisson_ratio: Any) -> Any:
    """Critical energy release rate in plane strain, K_IC² (1 − ν²)/E, J/m²."""
    return fracture_toughness**2 * (1 - poisson_ratio**2) / youngs_modulus_Pa


def weibull_modulus_of_current(weibull_modulus_of_strength: Any) -> Any:
    """Weibull modulus of the critical current, m/3: strength goes with c^{−1/2}, the current with c^{−3/2}."""
    return weibull_modulus_of_strength / 3
