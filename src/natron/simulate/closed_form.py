"""Resistance and mean voltage of a cell in closed form: the quasi-steady equations half charged, linear in the current.

No solver and no PyBaMM; floats, arrays and numbers that carry their derivatives alike: a number that stands beside a
simulated one, and quick enough to be asked a thousand times. It holds for a cell whose cathode contact has settled and
whose metal has its first contact, and where the reaction is nearly even. With a liquid or a carbon that conducts badly
the charge itself comes to lie unevenly, and half-way through a discharge the equations lose up to a tenth more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from natron.core.constants import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C, FARADAY_C_PER_MOL
from natron.core.uncertainty import exp, log, maximum, minimum, sqrt
from natron.interface.pressing.contact import interface_conductance_S_m2
from natron.simulate.building import Structure
from natron.simulate.equations import UNIT_PRESSURE_PA
from natron.simulate.interphase import fresh_parts

ENDS_ROUNDS = 6
"""Rounds after which the ends of a discharge stand still; each shrinks the error by the plateau's slope over a bend."""

LEAST_BEND_V = 1e-9
"""What is left of a bend where a cut-off falls into the plateau."""


def steady_resistance(
    structure: Structure,
    numbers: Mapping[str, Any],
    current_A_m2: Any,
    *,
    contact_fraction: Any,
    wetted: Any = 1.0,
) -> dict[str, Any]:
    """Resistance of every part at a steady current, half charged, Ω m².

    Parameters
    ----------
    structure : Structure
    numbers : Mapping[str, float or ndarray]
        As `natron.simulate.ModelParameters.numbers` gives them.
    current_A_m2 : float or ndarray
        > 0; only the metal's charge transfer bends with it.
    contact_fraction : float or ndarray
        Of every metal electrode, above 0, up to 1.
    wetted : float or ndarray
        Share of the pores still filled, above 0, up to 1.

    Returns
    -------
    dict of str to float or ndarray
        By the names of `natron.simulate.PARTS`; their sum is the cell's.

    Notes
    -----
    Porous electrode with linear kinetics and a flat potential: Newman and Tiedemann 1975, AIChE J. 21, 25,
    DOI 10.1002/aic.690210103. Of it the liquid has L/3κ and the solid L/3σ, their values where the reaction is even,
    and the charge transfer the rest, below 0 where the reaction is very uneven: the sum alone is exact then.
    Salt: its gradient under an even reaction, 2(1 − t₊)²RTL/(3F²Dc).
    """
    n = numbers
    thermal = BOLTZMANN_J_PER_K * n["temperature"] / ELEMENTARY_CHARGE_C
    parts: dict[str, Any] = {}
    sides = ("negative",) if structure.cathode else ("negative", "counter")
    for side in sides:
        R = n[f"{side}_resistance"]
        if side in structure.interphases:
            R, grown = fresh_parts(n, side, structure)
            face = R / contact_fraction
            parts["interphase"] = parts.get("interphase", 0.0) + grown / contact_fraction
        else:
            ratio = current_A_m2 * R / (2 * thermal * contact_fraction)
            face = 2 * thermal * log(ratio + sqrt(ratio * ratio + 1)) / current_A_m2
        parts["metal_interface"] = parts.get("metal_interface", 0.0) + face
        if structure.ceramic:
            whole = 1 / interface_conductance_S_m2(contact_fraction, R, n["conductivity"], n["spot_spacing"])
            parts["constriction"] = parts.get("constriction", 0.0) + whole - R / contact_fraction
    if structure.interlayer:
        parts["interlayer"] = n["interlayer_resistance"]
    if structure.ceramic:
        parts |= {"separator_grain": n["grain_resistance"], "separator_boundary": n["boundary_resistance"]}
    elif structure.liquid:
        reach = n["separator_porosity"] ** n["tortuosity_exponent"]
        parts["liquid"] = n["separator_thickness"] / (n["liquid_conductivity"] * reach) + 3 * _salt(
            n, thermal, n["separator_thickness"], reach
        )
    if structure.cathode:
        reach = (n["porosity"] * wetted) ** n["tortuosity_exponent"]
        if structure.ceramic:
            parts["ceramic_composite" if structure.solid else "ceramic_liquid"] = (
                n["ceramic_liquid_resistance"] * wetted ** -n["tortuosity_exponent"]
            )
        L, kappa, sigma = n["thickness"], n["liquid_conductivity"] * reach, n["electronic_conductivity"]
        # half charged the exchange current is the stated one
        surface = 3 * n["active_share"] / n["particle_radius"] * wetted
        g = surface * n["exchange_current"] / thermal
        electrode = _porous(L, kappa, sigma, g)
        ohmic = L / (3 * kappa)
        ions = "composite_ions" if structure.solid else "liquid"
        parts[ions] = parts.get(ions, 0.0) + ohmic + _salt(n, thermal, L, reach)
        parts["charge_transfer"] = electrode - ohmic - L / (3 * sigma)
        # surface against mean of a sphere that takes up an even flux, on the plateau's slope
        lag = n["particle_radius"] ** 2 / (15 * n["particle_diffusivity"] * n["capacity"] * wetted)
        parts["solid_diffusion"] = n["plateau_slope"] * lag
        parts["solid"] = L / (3 * sigma)
        settled = n["contact_settled"] * (n["pressure"] / UNIT_PRESSURE_PA) ** -n["contact_pressure_exponent"]
        parts["collector"] = settled
    return parts


def _salt(n: Mapping[str, Any], thermal: Any, L: Any, reach: Any) -> Any:
    """Loss to the salt's gradient over current, Ω m²: an even reaction over L."""
    flux = (1 - n["transference_number"]) / (FARADAY_C_PER_MOL * n["concentration"] * n["liquid_diffusivity"] * reach)
    return 2 * (1 - n["transference_number"]) * thermal * flux * L / 3


def _porous(L: Any, kappa: Any, sigma: Any, g: Any) -> Any:
    """Porous electrode of ionic and electronic conductivity and conductance g per volume (S/m³), Ω m²."""
    nu = L * sqrt(g * (1 / kappa + 1 / sigma))
    share = sigma / kappa + kappa / sigma
    e = exp(-nu)
    return L / (kappa + sigma) * (1 + (4 * e + share * (1 + e * e)) / (nu * (1 - e * e)))


def mean_discharge_voltage(
    numbers: Mapping[str, Any],
    resistance_ohm_m2: Any,
    current_A_m2: Any,
    lower_voltage_V: float,
    upper_voltage_V: float,
) -> Any:
    """Voltage over a discharge from one cut-off to the other, averaged over the charge, V.

    Parameters
    ----------
    numbers : Mapping[str, float or ndarray]
        As `natron.simulate.ModelParameters.numbers` gives them, of a cell with a cathode.
    resistance_ohm_m2 : float or ndarray
        Of the whole cell, the same at every charge.
    current_A_m2 : float or ndarray
        > 0; of the discharge and of the charge before it.
    lower_voltage_V, upper_voltage_V : float
    """
    n = numbers
    drop = current_A_m2 * resistance_ohm_m2 + 0.5 * n["hysteresis"]
    bottom, top = _ends(n, lower_voltage_V + drop, upper_voltage_V - drop)
    return (_integral(n, top) - _integral(n, bottom)) / (top - bottom) - drop


def _ends(n: Mapping[str, Any], lowest_V: Any, highest_V: Any) -> tuple[Any, Any]:
    """Charged shares at two open-circuit potentials, 0 and 1 where they lie beyond the ends."""
    width, bottom, top = n["plateau_width"], 0.0, 1.0
    for _ in range(ENDS_ROUNDS):
        above = highest_V - n["plateau"] - n["plateau_slope"] * (top - 0.5)
        top = minimum(1 + width * log(maximum(above, LEAST_BEND_V) / n["charged_tail"]), 1.0)
        below = n["plateau"] + n["plateau_slope"] * (bottom - 0.5) - lowest_V
        bottom = maximum(-width * log(maximum(below, LEAST_BEND_V) / n["discharged_tail"]), 0.0)
    return bottom, top


def _integral(n: Mapping[str, Any], y: Any) -> Any:
    """∫ U dy of the open-circuit potential from 0."""
    width = n["plateau_width"]
    return (
        n["plateau"] * y
        + n["plateau_slope"] * (y * y - y) / 2
        + n["charged_tail"] * width * exp((y - 1) / width)
        + n["discharged_tail"] * width * exp(-y / width)
    )
