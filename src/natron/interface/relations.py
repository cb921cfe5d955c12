"""What claims files can ask of the interface room.

Parameters of metals, ceramics and contacts come from the library, with their uncertainty and their origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from natron.core import Quantity
from natron.core.relation import NamedRelation
from natron.interface.metals import Creep, metal
from natron.interface.pairs import CREEP, pair
from natron.interface.pressing.foil import foil_thickness_m
from natron.interface.pressing.pressed import ceramic_of, contact_of, lowest_pressure_Pa, resistance_of
from natron.interface.reactions.interphase import thickness_m
from natron.interface.reactions.stability import conductivity_to_last_S_m, leakage_A_m2, time_to_spend_s
from natron.interface.shorts.voids import PARAMETERS, VoidModel, void_parameters
from natron.materials import material, parameters

_CONTACT = ("indentation_strain", "gas_pressure", "pressure_spread")
_CERAMIC = ("electrolyte_strength", "electrolyte_youngs_modulus", "electrolyte_poisson_ratio", "warp_height",
            "warp_span", "unsupported_span")  # fmt: skip


def _contact_library(texts: Mapping[str, str]) -> dict[str, Quantity]:
    of = metal(texts["metal"])
    return {**{name: of[name] for name in CREEP}, **{name: parameters("contact")[name] for name in _CONTACT}}


def _ceramic_library(texts: Mapping[str, str]) -> dict[str, Quantity]:
    values = pair("sodium", texts["electrolyte"]).values
    return {name: values[name] for name in _CERAMIC if name in values}


def _pressing_library(texts: Mapping[str, str]) -> dict[str, Quantity]:
    law = material(f"{metal(texts['metal']).name}|{texts['electrolyte']}").law("interface_resistance")
    conductivity = material(texts["electrolyte"]).law("conductivity")
    return {
        **_contact_library(texts),
        "charge_transfer_resistance": law.reference,
        "electrolyte_conductivity": conductivity.value_at(law.at.value),
        "spot_spacing": parameters("contact")["spot_spacing"],
        "film_resistance": parameters("contact")["film_resistance"],
    }


def _void_library(texts: Mapping[str, str]) -> dict[str, Quantity]:
    of = metal(texts["metal"])
    voids = {name: void_parameters()[name] for name in PARAMETERS}
    return {"molar_mass": of["molar_mass"], "density": of["density"], **voids}


def _foil_library(texts: Mapping[str, str]) -> dict[str, Quantity]:
    of = metal(texts["metal"])
    return {**{name: of[name] for name in CREEP}, "start_thickness": parameters("foil")["start_thickness"]}


def _voids(x: Mapping[str, Any]) -> VoidModel:
    return VoidModel.of(x["molar_mass"] / x["density"], x)


def _layer_capacity(x: Mapping[str, Any]) -> Any:
    return x["density"] * x["specific_capacity"] * x["thickness"]


_LAYER = {
    "potential": "potential",
    "thickness": "length",
    "density": "density",
    "specific_capacity": "specific_capacity",
}

RELATIONS: dict[str, NamedRelation] = {
    "leakage_through_layer": NamedRelation(
        "current of electrons through a layer across which their potential drops",
        {"electronic_conductivity": "electronic_conductivity", "potential": "potential", "thickness": "length"},
        "current_density",
        lambda x: leakage_A_m2(x["electronic_conductivity"], x["potential"], x["thickness"]),
    ),
    "time_to_spend_layer": NamedRelation(
        "time in which the leakage through a layer spends the layer's own capacity",
        {"electronic_conductivity": "electronic_conductivity", **_LAYER},
        "duration",
        lambda x: time_to_spend_s(
            _layer_capacity(x), leakage_A_m2(x["electronic_conductivity"], x["potential"], x["thickness"])
        ),
    ),
    "conductivity_to_last": NamedRelation(
        "electronic conductivity at which a layer lasts a time",
        {"time": "duration", **_LAYER},
        "electronic_conductivity",
        lambda x: conductivity_to_last_S_m(_layer_capacity(x), x["thickness"], x["potential"], x["time"]),
    ),
    "interphase_thickness": NamedRelation(
        "thickness of an interphase that grows with the root of time",
        {"growth_constant": "diffusivity", "time": "duration"},
        "length",
        lambda x: thickness_m(x["time"], x["growth_constant"]),
    ),
    "contact_fraction_after_pressing": NamedRelation(
        "share of the interface in contact after pressing a solid metal onto a ceramic",
        {"pressure": "pressure", "temperature": "temperature", "time": "time"},
        "fraction",
        contact_of,
        texts=("metal",),
        looked_up=_contact_library,
    ),
    "pressure_to_close_voids": NamedRelation(
        "pressure that brings a static contact to a wanted contact fraction; a lower bound",
        {"temperature": "temperature", "time": "time", "required_contact_fraction": "share"},
        "pressure",
        lowest_pressure_Pa,
        texts=("metal",),
        looked_up=_contact_library,
    ),
    "resistance_of_contact": NamedRelation(
        "interface resistance at a contact fraction",
        {
            "contact_fraction": "share",
            "charge_transfer_resistance": "area_specific_resistance",
            "electrolyte_conductivity": "conductivity",
        },
        "area_specific_resistance",
        lambda x: resistance_of(x, x["contact_fraction"]),
        looked_up=lambda _: {name: parameters("contact")[name] for name in ("spot_spacing", "film_resistance")},
    ),
    "resistance_after_pressing": NamedRelation(
        "interface resistance after pressing, at the temperature for which the pair's resistance is known",
        {"pressure": "pressure", "temperature": "temperature", "time": "time"},
        "area_specific_resistance",
        lambda x: resistance_of(x, contact_of(x)),
        texts=("metal", "electrolyte"),
        looked_up=_pressing_library,
    ),
    "highest_pressing_temperature": NamedRelation(
        "melting point of the metal, above which it leaks",
        {},
        "temperature",
        lambda x: x["melting_point"],
        texts=("metal",),
        looked_up=lambda texts: {"melting_point": metal(texts["metal"])["melting_point"]},
    ),
    "pressed_foil_thickness": NamedRelation(
        "thickness of a metal disc squeezed between platens it sticks to",
        {"temperature": "temperature", "pressure": "pressure", "time": "time", "radius": "diameter"},
        "length",
        lambda x: foil_thickness_m(
            Creep.of(x), x["pressure"], x["temperature"], x["time"], x["radius"], x["start_thickness"]
        ),
        texts=("metal",),
        looked_up=_foil_library,
    ),
    "fracture_pressure": NamedRelation(
        "pressure at which a ceramic layer breaks by its bow and over places without backing",
        {"electrolyte_thickness": "length"},
        "pressure",
        lambda x: ceramic_of(x).fracture_pressure_Pa,
        texts=("electrolyte",),
        looked_up=_ceramic_library,
    ),
    "critical_stripping_current": NamedRelation(
        "largest stripping current without growing voids",
        {"pressure": "pressure", "temperature": "temperature", "contact_fraction": "share"},
        "current_density",
        lambda x: _voids(x).critical_current(x["contact_fraction"], x["pressure"], x["temperature"]),
        texts=("metal",),
        looked_up=_void_library,
    ),
    "pressure_against_voids": NamedRelation(
        "stack pressure at which a stripping current is the critical one; a lower bound",
        {"current_density": "current_density", "temperature": "temperature", "contact_fraction": "share"},
        "pressure",
        lambda x: _voids(x).pressure_against_voids(x["current_density"], x["contact_fraction"], x["temperature"]),
        texts=("metal",),
        looked_up=_void_library,
    ),
}
"""Relations by name."""
