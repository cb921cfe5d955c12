"""What goes into a pressing: the parameters of metal, ceramic, contact and window, changed where the user says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from natron.core import InputError, Quantity, QuantityError, did_you_mean, read_quantity
from natron.interface.metals import Metal, electrolyte_name, metal, parameters_of_ceramic
from natron.materials import library, parameters

CREEP = ("flow_stress", "flow_strain_rate", "flow_temperature", "creep_exponent", "creep_activation_energy")
"""Names of a metal's creep law among its parameters."""

_CONTACT = ("indentation_strain", "spot_spacing", "gap_depth", "film_resistance", "gas_pressure", "pressure_spread")
_WINDOW = ("required_contact_fraction", "warp_height", "warp_span", "unsupported_span")
_CERAMIC = ("strength", "youngs_modulus", "poisson_ratio")
_ABOVE_ZERO = (
    "flow_stress", "flow_strain_rate", "flow_temperature", "creep_activation_energy", "melting_point",
    "indentation_strain", "spot_spacing", "gap_depth", "warp_span", "unsupported_span", "electrolyte_thickness",
    "electrolyte_strength", "electrolyte_youngs_modulus",
)  # fmt: skip
_BELOW_ONE = ("pressure_spread", "required_contact_fraction", "electrolyte_poisson_ratio")


@dataclass(frozen=True, slots=True)
class Pair:
    """A metal on a ceramic, and every parameter its models need.

    Attributes
    ----------
    metal : Metal
    electrolyte : str
        Name of the library.
    values : Mapping[str, Quantity]
        By plain name; the ceramic's own begin with ``electrolyte_``. What is not known of the ceramic is missing.
    """

    metal: Metal
    electrolyte: str
    values: Mapping[str, Quantity]

    @property
    def can_break(self) -> bool:
        """Whether strength and elasticity of the ceramic are known."""
        return all(f"electrolyte_{name}" in self.values for name in _CERAMIC)

    def resistance_at(self, temperature_K: float) -> tuple[Quantity | None, Quantity | None]:
        """Charge-transfer resistance of the pair and conductivity of the ceramic there, None where not known.

        Values changed by the user hold at that temperature.

        Raises
        ------
        MaterialError
            Where a value is known at another temperature alone.
        """
        materials = library()
        pair = materials.get(f"{self.metal.name}|{self.electrolyte}")
        transfer = self.values.get("charge_transfer_resistance")
        if transfer is None and pair is not None and "interface_resistance" in pair.laws:
            transfer = pair.law("interface_resistance").value_at(temperature_K)
        ceramic = materials[self.electrolyte]
        conductivity = self.values.get("electrolyte_conductivity")
        if conductivity is None and "conductivity" in ceramic.laws:
            conductivity = ceramic.law("conductivity").value_at(temperature_K)
        return transfer, conductivity


def pair(
    metal_name: str,
    electrolyte: str,
    *,
    thickness: Quantity | None = None,
    changes: Mapping[str, object] | None = None,
) -> Pair:
    """A metal on a solid electrolyte with the library's parameters.

    Parameters
    ----------
    metal_name, electrolyte : str
        Name, symbol or formula.
    thickness : Quantity, optional
        Of the ceramic; without it a pellet's is assumed.
    changes : Mapping[str, object], optional
        Other values by name, as texts with their unit or as quantities.

    Raises
    ------
    MaterialError, InputError
        Unknown metal, electrolyte or name; a value outside its range.
    """
    of = metal(metal_name)
    name = electrolyte_name(electrolyte)
    values = {key: of[key] for key in (*CREEP, "melting_point") if key in of.values}
    values |= {key: parameters("contact")[key] for key in _CONTACT}
    values |= {key: parameters("window")[key] for key in _WINDOW}
    values["electrolyte_thickness"] = thickness or parameters("window")["ceramic_thickness"]
    if "surface_tension" in of.values:
        values["surface_tension"] = of["surface_tension"]
    ceramic = parameters_of_ceramic(name)
    values |= {f"electrolyte_{key}": ceramic[key] for key in _CERAMIC if key in ceramic}
    kinds = {key: q.kind for key, q in values.items()} | {
        "electrolyte_strength": "pressure",
        "electrolyte_youngs_modulus": "modulus",
        "electrolyte_poisson_ratio": "share",
        "electrolyte_conductivity": "conductivity",
        "charge_transfer_resistance": "area_specific_resistance",
    }
    for key, given in (changes or {}).items():
        if key not in kinds:
            raise InputError("unknown parameter", given=key, hint=did_you_mean(key, kinds))
        try:
            values[key] = read_quantity(given, kinds[key])
        except QuantityError as error:
            raise error.at(key=key) from error
    for key, q in values.items():
        check_parameter(key, q)
    return Pair(of, name, values)


def check_parameter(key: str, q: Quantity) -> None:
    """Nothing, where a parameter of pressing lies in its range.

    Raises
    ------
    InputError
        Where it does not.
    """
    if key in _ABOVE_ZERO and not q.value > 0:
        raise InputError("this must be above 0", key=key, given=str(q))
    if key in _BELOW_ONE and not 0 <= q.value < 1:
        raise InputError("this must be below 1", key=key, given=str(q), allowed="from 0 to below 1 (100 %)")
    if key == "creep_exponent" and not 1 < q.value <= 20:
        raise InputError("an exponent of creep lies above 1, up to 20", key=key, given=str(q))
