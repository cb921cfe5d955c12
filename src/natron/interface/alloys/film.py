"""A potassium film under plated sodium: capacity, composition, potential and layer thicknesses, by mass balance.

The ceramic conducts sodium ions, so only sodium moves; the first half step plates it into the potassium. Potassium ions
that enter the ceramic in exchange for sodium ions are a switch, off by default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError, Quantity, weakest_origin
from natron.core.constants import FARADAY_C_PER_MOL
from natron.core.uncertainty import propagate
from natron.interface.alloys.phases import AlloyState, alloy_state, eutectic, liquid_window, tie_lines
from natron.interface.metals import Metal, liquid_density_kg_m3, metal
from natron.materials import parameters

Array = NDArray[np.float64]
Wetting = Literal["wets", "does_not_wet"]

THICKEST_FILM_M = 1e-2
"""Beyond a centimetre potassium is no film on an electrode."""

LEAST_SODIUM = 1e-3
"""Mole fraction below which a film's potential is held: without any sodium it would be infinite."""

MOST_SODIUM = 0.9999
"""Mole fraction from which the alloy counts as sodium."""

CURVE_KNOTS = 48

WETTING_ANGLE_RAD = np.pi / 2
"""Contact angle below which a liquid spreads into gaps by itself."""


@dataclass(frozen=True)
class FilmCourse:
    """The anode while sodium is plated into a film; arrays over charge, shape (C,).

    Attributes
    ----------
    charge_C_m2 : ndarray
        Sodium plated, C/m².
    state : AlloyState
        Composition, liquid fraction and potential.
    liquid_thickness_m, solid_thickness_m : ndarray
        Of all liquid and of all solid, as if they lay in layers.
    """

    charge_C_m2: Array
    state: AlloyState
    liquid_thickness_m: Array
    solid_thickness_m: Array


def potassium_amount_mol_m2(thickness_m: Any, density_kg_m3: Any, molar_mass_kg_mol: Any) -> Any:
    """Potassium in a film per area, mol/m²."""
    return thickness_m * density_kg_m3 / molar_mass_kg_mol


def charge_at_composition_C_m2(potassium_mol_m2: Any, x_na: Any, exchanged_share: Any = 0.0) -> Any:
    """Sodium charge that brings a film to a mole fraction, q = n_K F x/(1 + e − x), C/m²; x from 0 to below 1.

    Parameters
    ----------
    exchanged_share : float
        e, see `composition_at_charge`; each atom exchanged is one of sodium more and one of potassium fewer.
    """
    return potassium_mol_m2 * FARADAY_C_PER_MOL * x_na / (1 + exchanged_share - x_na)


def composition_at_charge(potassium_mol_m2: Any, charge_C_m2: Any, exchanged_share: Any = 0.0) -> Any:
    """Mole fraction of sodium after a charge, the inverse of `charge_at_composition_C_m2`.

    Parameters
    ----------
    potassium_mol_m2, charge_C_m2 : float or array
        ≥ 0; sodium plated.
    exchanged_share : float
        Potassium atoms that leave into the ceramic per sodium atom plated, each replaced by a sodium atom.
    """
    sodium = charge_C_m2 / FARADAY_C_PER_MOL * (1 + exchanged_share)
    potassium = np.maximum(potassium_mol_m2 - charge_C_m2 / FARADAY_C_PER_MOL * exchanged_share, 0.0)
    return sodium / (sodium + potassium)


def film_figures(thickness: Quantity, temperature_K: float, exchanged_share: float = 0.0) -> dict[str, Quantity]:
    """What a film of potassium takes while the anode stays liquid.

    Parameters
    ----------
    thickness : Quantity
        Of the film, kind ``length``, above 0 up to `THICKEST_FILM_M`.
    temperature_K : float
    exchanged_share : float
        See `composition_at_charge`; 0 to 1.

    Returns
    -------
    dict of str to Quantity
        ``all_liquid_from`` and ``all_liquid_capacity`` (areal capacities between which all is liquid) and
        ``film_thickness_per_areal_capacity`` (potassium needed so that no solid sodium forms); empty where no
        composition is liquid. At and above the melting point of sodium there is no upper end, and the last two are
        left out.

    Raises
    ------
    InputError
        For a film without thickness, or a temperature outside the database.
    """
    if thickness.value <= 0:
        raise InputError("a film needs a thickness above zero", given=str(thickness))
    if thickness.value > THICKEST_FILM_M:
        raise InputError(
            "this is no film", given=str(thickness), allowed=f"a thickness up to {THICKEST_FILM_M * 1e3:g} mm"
        )
    if not 0 <= exchanged_share <= 1:
        raise InputError("an exchanged share lies from 0 to 1", given=exchanged_share)
    window = liquid_window(temperature_K)
    if window is None:
        return {}
    potassium = metal("potassium")
    u = parameters("na-k")["composition_uncertainty"]
    inputs = {
        "thickness": thickness,
        "density": potassium["density"],
        "molar_mass": potassium["molar_mass"],
        "x_min": _fraction(window.x_na_min, u.value),
        "x_max": _fraction(window.x_na_max, u.value),
    }

    def relation(x: Mapping[str, Any]) -> dict[str, Any]:
        n = potassium_amount_mol_m2(x["thickness"], x["density"], x["molar_mass"])
        found = {"all_liquid_from": charge_at_composition_C_m2(n, x["x_min"], exchanged_share)}
        if window.x_na_max < 1:
            per_thickness = potassium_amount_mol_m2(1.0, x["density"], x["molar_mass"])
            found |= {
                "all_liquid_capacity": charge_at_composition_C_m2(n, x["x_max"], exchanged_share),
                "film_thickness_per_areal_capacity": 1
                / charge_at_composition_C_m2(per_thickness, x["x_max"], exchanged_share),
            }
        return found

    kinds = {
        "all_liquid_from": "areal_capacity",
        "all_liquid_capacity": "areal_capacity",
        "film_thickness_per_areal_capacity": "thickness_per_areal_capacity",
    }
    return {
        name: result.quantity(kinds[name], origin=weakest_origin(inputs[key].origin for key in result.derivatives))
        for name, result in propagate(relation, inputs, method="linear").items()
    }


def _fraction(x: float, u: float) -> Quantity:
    """A composition of the window; at a pure metal its edge is the melting point's, and sure."""
    return Quantity(x, u if 0 < x < 1 else None, "share", uncertainty_kind="sd", origin="predicted")


def film_course(
    thickness_m: float, temperature_K: float, charge_C_m2: Sequence[float] | Array, exchanged_share: float = 0.0
) -> FilmCourse:
    """The anode along the charge of plated sodium.

    Parameters
    ----------
    thickness_m : float
        Of the potassium film, > 0.
    temperature_K : float
    charge_C_m2 : array-like, shape (C,)
        ≥ 0.
    exchanged_share : float
        See `composition_at_charge`; 0 to 1.

    Raises
    ------
    InputError
        Outside these ranges.
    """
    q = np.asarray(charge_C_m2, dtype=float)
    if not (thickness_m > 0 and q.size and np.all(q >= 0) and 0 <= exchanged_share <= 1):
        raise InputError("a course needs a film, charges of 0 or more and an exchanged share from 0 to 1")
    potassium, sodium = metal("potassium"), metal("sodium")
    n_K = potassium_amount_mol_m2(thickness_m, potassium["density"].value, potassium["molar_mass"].value)
    x = composition_at_charge(n_K, q, exchanged_share)
    state = alloy_state(temperature_K, x)
    # exchange swaps atom for atom: the number of atoms grows by the plated ones alone
    atoms = n_K + q / FARADAY_C_PER_MOL
    liquid = atoms * state.liquid_fraction
    liquid_volume = liquid_molar_volume_m3_mol(np.nan_to_num(state.liquid_x_na), temperature_K)
    solid_x = np.nan_to_num(state.solid_x_na)
    solid_volume = solid_x * sodium.molar_volume_m3_mol + (1 - solid_x) * potassium.molar_volume_m3_mol
    return FilmCourse(q, state, liquid * liquid_volume, (atoms - liquid) * solid_volume)


def film_curve(thickness_m: float, temperature_K: float) -> tuple[Array, Array]:
    """Potential of a film's alloy against sodium over the sodium in it: corners of straight pieces.

    Parameters
    ----------
    thickness_m : float
        Of the potassium film, > 0.
    temperature_K : float

    Returns
    -------
    tuple of ndarray
        Charge, C/m², rising, and potential, V, falling to 0, each of shape (`CURVE_KNOTS`,); straight between, constant
        beyond. They miss the phase diagram's own potential by less than 0.2 mV but within 0.2 % of sodium of a
        compound, where it falls in a step.

    Raises
    ------
    InputError
        Outside the database.
    """
    potassium = metal("potassium")
    n_K = potassium_amount_mol_m2(thickness_m, potassium["density"].value, potassium["molar_mass"].value)
    x = np.unique(
        np.concatenate(
            [
                np.geomspace(LEAST_SODIUM, 0.05, 100),
                np.linspace(0.05, 0.95, 400),
                1 - np.geomspace(1 - MOST_SODIUM, 0.05, 100),
                *(line.x_na for line in tie_lines(temperature_K)),
            ]
        )
    )
    x = x[(x >= LEAST_SODIUM) & (x <= MOST_SODIUM)]
    charge = charge_at_composition_C_m2(n_K, x, 0.0)
    potential = alloy_state(temperature_K, x).potential_V
    knots = [0, len(x) - 1]
    while len(knots) < CURVE_KNOTS:
        # one more where the straight pieces miss most
        missed = np.abs(np.interp(charge, charge[knots], potential[knots]) - potential)
        missed[knots] = -1.0
        knots = sorted([*knots, int(missed.argmax())])
    return charge[knots], potential[knots]


def liquid_molar_volume_m3_mol(x_na: Any, temperature_K: float) -> Any:
    """Molar volume of the liquid alloy: ideal mixing of the (supercooled) liquid metals and the measured excess.

    The excess was measured at the eutectic; elsewhere it is taken to go with x (1 − x), as a regular solution's.
    """
    parts = [_liquid_volume(metal(name), temperature_K) for name in ("sodium", "potassium")]
    ideal = x_na * parts[0] + (1 - x_na) * parts[1]
    excess = parameters("na-k")["excess_volume"].value
    at = eutectic().x_na
    return ideal * (1 + excess * x_na * (1 - x_na) / (at * (1 - at)))


def _liquid_volume(of: Metal, temperature_K: float) -> float:
    density = liquid_density_kg_m3(
        of["liquid_density"].value, of["liquid_density_slope"].value, of.melting_point_K, temperature_K
    )
    return float(of["molar_mass"].value / density)


def wetting(contact_angle_rad: float) -> Wetting:
    """Whether a liquid of that contact angle on the ceramic spreads by itself.

    Raises
    ------
    InputError
        Outside 0 to 180°.
    """
    if not 0 <= contact_angle_rad <= np.pi:
        raise InputError(
            "a contact angle lies from 0 to 180°", given=f"{np.degrees(contact_angle_rad):g}°", allowed="0 to 180 deg"
        )
    return "wets" if contact_angle_rad < WETTING_ANGLE_RAD else "does_not_wet"


def pressure_into_gap_Pa(surface_tension_N_m: Any, contact_angle_rad: float, gap_m: Any) -> Any:
    """Pressure that pushes the liquid into a gap between parallel faces, −2γ cos θ/h; negative where it is drawn in.

    Source: Laplace's equation for a slit of width h.
    """
    return -2 * surface_tension_N_m * np.cos(contact_angle_rad) / gap_m
