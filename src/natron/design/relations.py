"""The formulas of a cell stack, each a pure function of SI numbers.

All use arithmetic alone, so they take floats, arrays of samples and correlated uncertain numbers alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from natron.core.relation import NamedRelation

# A float, a numpy array or an uncertain number.
Number = Any


def solid_density(mass_fractions: Sequence[Number], densities: Sequence[Number]) -> Number:
    """Density of a mixture of solids without pores: 1/Σ(w/ρ), kg/m³.

    Parameters
    ----------
    mass_fractions : sequence of N
        Adding to 1.
    densities : sequence of N
        kg/m³, > 0.

    Examples
    --------
    >>> round(solid_density([0.925, 0.05, 0.025], [3200, 2000, 1750]), 0)
    3046.0
    """
    return 1.0 / sum(w / rho for w, rho in zip(mass_fractions, densities, strict=True))


def porosity(loading_kg_m2: Number, thickness_m: Number, solid_density_kg_m3: Number) -> Number:
    """Volume share of the pores of an electrode: 1 − m/(ρ d).

    Examples
    --------
    >>> round(porosity(0.231, 200e-6, 3050), 3)
    0.621
    """
    return 1.0 - loading_kg_m2 / (solid_density_kg_m3 * thickness_m)


def electrode_thickness(loading_kg_m2: Number, porosity_1: Number, solid_density_kg_m3: Number) -> Number:
    """Thickness in which a loading has that porosity: m/(ρ (1 − P)), m."""
    return loading_kg_m2 / (solid_density_kg_m3 * (1.0 - porosity_1))


def solids_loading(thickness_m: Number, porosity_1: Number, solid_density_kg_m3: Number) -> Number:
    """Mass of solids per area: (1 − P) ρ d, kg/m²."""
    return (1.0 - porosity_1) * solid_density_kg_m3 * thickness_m


def areal_capacity(loading_kg_m2: Number, active_mass_fraction: Number, specific_capacity_C_kg: Number) -> Number:
    """Theoretical charge per area of an electrode: m w c, C/m².

    Examples
    --------
    >>> round(areal_capacity(0.119, 0.925, 118 * 3600) / 36e3, 3)
    1.299
    """
    return loading_kg_m2 * active_mass_fraction * specific_capacity_C_kg


def metal_thickness(areal_capacity_C_m2: Number, specific_capacity_C_kg: Number, density_kg_m3: Number) -> Number:
    """Thickness of metal that holds a charge per area: q/(c ρ), m.

    Examples
    --------
    >>> round(metal_thickness(36e3, 1165.8 * 3600, 968) * 1e6, 2)
    8.86
    """
    return areal_capacity_C_m2 / (specific_capacity_C_kg * density_kg_m3)


def volumetric_energy_density(voltage_V: Number, areal_capacity_C_m2: Number, thickness_m: Number) -> Number:
    """Energy per volume of a stack of that thickness: U q / d, J/m³.

    Source: Lowack et al. 2025, Eq. 1, DOI 10.1080/10667857.2025.2560836 (charged thicknesses, without
    packaging and current collectors).
    """
    return voltage_V * areal_capacity_C_m2 / thickness_m


def gravimetric_energy_density(voltage_V: Number, areal_capacity_C_m2: Number, areal_mass_kg_m2: Number) -> Number:
    """Energy per mass of a stack: U q / m, J/kg.

    Source: Lowack et al. 2025, Eq. 5, DOI 10.1080/10667857.2025.2560836; the mass is that of anode,
    separator, cathode solids and the liquid in the cathode's pores.
    """
    return voltage_V * areal_capacity_C_m2 / areal_mass_kg_m2


def packaged(stack: Number, collectors: Number, housing_share: Number) -> Number:
    """What a stack takes up in a finished cell, in thickness or in mass per area.

    Parameters
    ----------
    stack, collectors : Number
        Of the stack and of the collectors that fall to it (half of each side's, shared with its
        neighbours), in the same unit; the result is in it too.
    housing_share : Number
        Share of the finished cell that is neither, 0 to below 1.
    """
    return (stack + collectors) / (1.0 - housing_share)


def layer_resistance(thickness_m: Number, conductivity_S_m: Number) -> Number:
    """Area-specific resistance of a dense layer: d/σ, Ω m²."""
    return thickness_m / conductivity_S_m


def c_rate(current_density_A_m2: Number, areal_capacity_C_m2: Number) -> Number:
    """Rate at which a current density passes an areal capacity: j/q, 1/s."""
    return current_density_A_m2 / areal_capacity_C_m2


def ohmic_drop(current_density_A_m2: Number, resistance_ohm_m2: Number) -> Number:
    """Voltage lost over an area-specific resistance: j R, V."""
    return current_density_A_m2 * resistance_ohm_m2


RELATIONS: dict[str, NamedRelation] = {
    "porosity": NamedRelation(
        "porosity from loading and thickness",
        {"loading": "loading", "thickness": "length", "solid_density": "density"},
        "fraction",
        lambda x: porosity(x["loading"], x["thickness"], x["solid_density"]),
    ),
    "densified_thickness": NamedRelation(
        "thickness after pressing to another porosity, solids conserved",
        {"thickness": "length", "porosity": "fraction", "new_porosity": "fraction"},
        "length",
        lambda x: x["thickness"] * (1 - x["porosity"]) / (1 - x["new_porosity"]),
    ),
    "areal_capacity": NamedRelation(
        "areal capacity from loading",
        {"loading": "loading", "active_fraction": "fraction", "specific_capacity": "specific_capacity"},
        "areal_capacity",
        lambda x: areal_capacity(x["loading"], x["active_fraction"], x["specific_capacity"]),
    ),
    "metal_thickness": NamedRelation(
        "thickness of metal that holds an areal capacity",
        {"areal_capacity": "areal_capacity", "specific_capacity": "specific_capacity", "density": "density"},
        "length",
        lambda x: metal_thickness(x["areal_capacity"], x["specific_capacity"], x["density"]),
    ),
    "metal_thickness_per_capacity": NamedRelation(
        "thickness of metal per areal capacity",
        {"specific_capacity": "specific_capacity", "density": "density"},
        "thickness_per_areal_capacity",
        lambda x: 1 / (x["specific_capacity"] * x["density"]),
    ),
    "layer_resistance": NamedRelation(
        "d/σ of a dense layer",
        {"thickness": "length", "conductivity": "conductivity"},
        "area_specific_resistance",
        lambda x: layer_resistance(x["thickness"], x["conductivity"]),
    ),
    "layer_conductivity": NamedRelation(
        "d/R of a dense layer",
        {"thickness": "length", "resistance": "area_specific_resistance"},
        "conductivity",
        lambda x: x["thickness"] / x["resistance"],
    ),
    "layer_and_interface_resistance": NamedRelation(
        "d/σ of a layer and one interface in series",
        {
            "thickness": "length",
            "conductivity": "conductivity",
            "interface_resistance": "area_specific_resistance",
        },
        "area_specific_resistance",
        lambda x: layer_resistance(x["thickness"], x["conductivity"]) + x["interface_resistance"],
    ),
    "stack_energy_density": NamedRelation(
        "U q / d of three layers",
        {
            "voltage": "potential",
            "areal_capacity": "areal_capacity",
            "anode": "length",
            "separator": "length",
            "cathode": "length",
        },
        "volumetric_energy_density",
        lambda x: volumetric_energy_density(
            x["voltage"], x["areal_capacity"], x["anode"] + x["separator"] + x["cathode"]
        ),
    ),
    "c_rate": NamedRelation(
        "rate of a current density",
        {"current_density": "current_density", "areal_capacity": "areal_capacity"},
        "c_rate",
        lambda x: c_rate(x["current_density"], x["areal_capacity"]),
    ),
    "ohmic_drop": NamedRelation(
        "voltage lost over a resistance",
        {"current_density": "current_density", "resistance": "area_specific_resistance"},
        "potential",
        lambda x: ohmic_drop(x["current_density"], x["resistance"]),
    ),
    "resistance_from_drop": NamedRelation(
        "resistance that loses a voltage",
        {"voltage": "potential", "current_density": "current_density"},
        "area_specific_resistance",
        lambda x: x["voltage"] / x["current_density"],
    ),
}
"""What claims files can ask of this room, besides any design figure of a cell (``design.figure``)."""
