"""Contact of a soft metal and a hard ceramic: how much of the area touches, and what that resists.

Written with arithmetic alone: floats, arrays and uncertain numbers alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from natron.core import InputError
from natron.core.uncertainty import expm1, maximum, sqrt
from natron.interface.metals import Creep

HARDNESS_OVER_FLOW_STRESS = 3.0
"""Constraint factor of a plastic indentation (Tabor 1951)."""

_NODES = (-math.sqrt(0.6), 0.0, math.sqrt(0.6))
_WEIGHTS = (5 / 18, 8 / 18, 5 / 18)

Constriction = Callable[[Any], Any]
"""R_con σ/b of one contact fraction: the spreading resistance of one side over spot spacing and conductivity."""


def creep_hardness_Pa(creep: Creep, time_s: Any, temperature_K: Any, indentation_strain: Any = 1.0) -> Any:
    """Hardness after a dwell, H = 3 σ_flow(ε̇ = ε_r/t) = 3 (A t/ε_r)^(−1/n), Pa; time > 0.

    Parameters
    ----------
    indentation_strain : float
        ε_r, the strain whose rate counts under an asperity. 1 overstates the early hardness; 0.027 gives
        sodium's Brinell hardness after 30 s.
    """
    return HARDNESS_OVER_FLOW_STRESS * creep.flow_stress(indentation_strain / time_s, temperature_K)


def plastic_contact(pressure_over_hardness: Any) -> Any:
    """Contact fraction of a plastic rough surface whose asperities persist, θ = x/(1 + x), x = P/H ≥ 0.

    Source: Pullen and Williamson 1972, Proc. R. Soc. A 327, 159.
    """
    return pressure_over_hardness / (1 + pressure_over_hardness)


def elastic_contact(pressure_Pa: Any, reduced_modulus_Pa: Any, rms_slope: Any) -> Any:
    """Contact fraction of an elastic rough surface, θ = erf(√2 P/(E* h')): for hard layers; floats or arrays.

    Sodium on ceramic is a thousand times softer than this law assumes.

    Parameters
    ----------
    reduced_modulus_Pa : float
        E*, 1/E* = Σ(1 − ν²)/E.
    rms_slope : float
        h', root-mean-square slope of the combined roughness, > 0.

    Source: Persson 2001, J. Chem. Phys. 115, 3840, DOI 10.1063/1.1388626.
    """
    from scipy.special import erf

    return erf(np.sqrt(2) * pressure_Pa / (reduced_modulus_Pa * rms_slope))


def closure_rate_per_s(creep: Creep, pressure_Pa: Any, temperature_K: Any) -> Any:
    """Rate at which isolated gaps close under a remote pressure, k_c = (3/2) A (3P/2n)ⁿ, 1/s.

    An upper bound: bulk metal, no friction, no film, no gas. It says what static contact needs, not what
    stripping needs; the pressure measured there is far larger and linear (`natron.interface.shorts.voids`).

    Source: Budiansky, Hutchinson and Slutsky 1982, in Mechanics of Solids, p. 13.
    """
    n = creep.exponent
    return 1.5 * creep.coefficient(temperature_K) * (1.5 * pressure_Pa / n) ** n


def contact_fraction(
    creep: Creep,
    pressure_Pa: Any,
    temperature_K: Any,
    time_s: Any,
    *,
    indentation_strain: Any,
    gas_pressure_Pa: Any = 0.0,
    pressure_spread: Any = 0.0,
) -> Any:
    """Share of the area in contact after pressing, 0 to 1.

    Asperities are flattened by creep hardness; the gaps left, φ₁ = 1 − θ_plastic, close by creep towards what
    shut-in gas holds open: φ = φ₁ [r + (1 − r) exp(−k_c t)], r = p/(P + p) for gas shut in at p and squeezed
    isothermally. Rises with pressure, temperature and time; 0 at no pressure or no time.

    Parameters
    ----------
    creep : Creep
    pressure_Pa, time_s : float
        ≥ 0. Pressure beyond that of the surroundings.
    temperature_K : float
        Below the melting point.
    indentation_strain : float
        See `creep_hardness_Pa`.
    gas_pressure_Pa : float
        p, ≥ 0.
    pressure_spread : float
        Half-width of an even spread of the pressure over the area, 0 to below 1; the mean of θ is taken.
    """
    total: Any = 0.0
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        local = pressure_Pa * (1 + node * pressure_spread)
        # P/H without H, which is infinite at t = 0
        hardness_free = (creep.coefficient(temperature_K) * time_s / indentation_strain) ** (1 / creep.exponent)
        flat = plastic_contact(local / HARDNESS_OVER_FLOW_STRESS * hardness_free)
        held = gas_pressure_Pa / (local + gas_pressure_Pa + 1e-300)
        closed = -expm1(-closure_rate_per_s(creep, local, temperature_K) * time_s)
        # written as what is gained, not as 1 − φ: a light touch must not drown in the last digit of 1
        total = total + weight * (flat + (1 - flat) * (1 - held) * closed)
    return total


def isothermal_discs(contact_fraction: Any) -> Any:
    """R_con σ/b = (π/4)(1 − √θ)^1.5/√θ: discs of equal potential, 0 < θ ≤ 1.

    Against the exact flux tube −0.7 % up to ε = √θ = 0.2, +4 % at 0.5, +17 % at 0.7.

    Source: Mikic and Rohsenow 1966, MIT Technical Report 4542-41; ψ = (1 − ε)^1.5.
    """
    e = sqrt(contact_fraction)
    return math.pi / 4 * (1 - e) ** 1.5 / e


def uniform_flux_discs(contact_fraction: Any) -> Any:
    """As `isothermal_discs` with an even flux over each disc: where charge transfer, not spreading, rules.

    ψ = 1.08085 − 1.41002 ε + 0.2597 ε³ + 0.0189 ε⁵ + 0.0420 ε⁷, not below 0, ε = √θ.

    Source: Negus, Yovanovich and Beck 1989, J. Heat Transfer 111, 804.
    """
    e = sqrt(contact_fraction)
    psi = 1.08085 - 1.41002 * e + 0.2597 * e**3 + 0.0189 * e**5 + 0.0420 * e**7
    return math.pi / 4 * maximum(psi, 0.0) / e


def constriction_resistance_ohm_m2(
    contact_fraction: Any, spot_spacing_m: Any, conductivity_S_m: Any, constriction: Constriction = isothermal_discs
) -> Any:
    """Spreading resistance in the ceramic under contact spots, one side, Ω m².

    Parameters
    ----------
    contact_fraction : float
        θ, above 0 up to 1.
    spot_spacing_m : float
        b, radius of the cell around one spot.
    conductivity_S_m : float
        Of the ceramic.
    constriction : callable
        R_con σ/b from θ: `isothermal_discs`, `uniform_flux_discs`, or a table's interpolation.
    """
    return constriction(contact_fraction) * spot_spacing_m / conductivity_S_m


def interface_resistance_ohm_m2(
    contact_fraction: Any,
    charge_transfer_ohm_m2: Any,
    conductivity_S_m: Any,
    spot_spacing_m: Any,
    *,
    film_ohm_m2: Any = 0.0,
    constriction: Constriction = isothermal_discs,
) -> Any:
    """R_int = (R_ct + R_film)/θ + R_con per area, Ω m².

    Parameters
    ----------
    contact_fraction : float or array
        θ, above 0 up to 1.
    charge_transfer_ohm_m2, film_ohm_m2 : float
        Of contacted area.
    conductivity_S_m, spot_spacing_m, constriction
        See `constriction_resistance_ohm_m2`.

    Raises
    ------
    InputError
        At θ = 0: no contact is a state without a resistance; `interface_conductance_S_m2` is 0 there.
    """
    if not np.all(np.asarray(_nominal(contact_fraction)) > 0):
        raise InputError(
            "without contact there is no interface resistance",
            key="contact_fraction",
            given=0,
            allowed="above 0 (0 %) up to 1 (100 %)",
            hint="Ask for the conductance, which is 0 there.",
        )
    spreading = constriction_resistance_ohm_m2(contact_fraction, spot_spacing_m, conductivity_S_m, constriction)
    return (charge_transfer_ohm_m2 + film_ohm_m2) / contact_fraction + spreading


def _nominal(x: Any) -> Any:
    return getattr(x, "nominal_value", x)


def interface_conductance_S_m2(
    contact_fraction: Any,
    charge_transfer_ohm_m2: Any,
    conductivity_S_m: Any,
    spot_spacing_m: Any,
    film_ohm_m2: Any = 0.0,
) -> Any:
    """1/R_int with isothermal discs, finite and monotone from θ = 0 (none) to 1, S/m².

    Powers and arithmetic alone, so that a solver may take it symbolically.
    """
    e = contact_fraction**0.5
    spreading = math.pi / 4 * (1 - e) ** 1.5 * e * spot_spacing_m / conductivity_S_m
    return contact_fraction / (charge_transfer_ohm_m2 + film_ohm_m2 + spreading)


def residual_gap_m(contact_fraction: Any, gap_depth_m: Any) -> Any:
    """Mean gap left between metal and ceramic over the whole area, (1 − θ) depth, m."""
    return (1 - contact_fraction) * gap_depth_m


def smallest_pore_filled_m(pressure_Pa: Any, surface_tension_N_m: Any) -> Any:
    """Radius of the finest pore that a metal which does not wet at all is pressed into, 2γ/P, m; P > 0.

    Source: Washburn 1921, Proc. Natl. Acad. Sci. 7, 115; contact angle 180° taken, the worst case.
    """
    return 2 * surface_tension_N_m / pressure_Pa


def acoustic_softening(intensity_W_m2: Any, coefficient: Any) -> Any:
    """Factor on the flow stress under ultrasound, 1 − β √I.

    Parameters
    ----------
    intensity_W_m2 : float
        I, ≥ 0.
    coefficient : float
        β in (cm²/W)^½: depends on metal and frequency, is not known of sodium, and must be given.

    Raises
    ------
    InputError
        Where nothing would be left of the flow stress.

    Source: Langenecker 1966, IEEE Trans. Sonics Ultrason. 13, 1, for the proportionality.
    """
    left = 1 - coefficient * (intensity_W_m2 / 1e4) ** 0.5
    if not _nominal(left) > 0:
        raise InputError(
            "this intensity and coefficient leave no flow stress",
            given=f"1 - β √I = {float(_nominal(left)):.3g}",
            allowed="above 0",
            hint="Below 0 the law does not hold; lower the intensity or the coefficient.",
        )
    return left
