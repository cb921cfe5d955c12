"""Metal | ceramic: pressing, contact, voids, liquid alloys, evaporation, flaws and survival.

What is exported here is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from natron.interface.alloys.anode import AlloyAnode, alloy_anode
    from natron.interface.alloys.evaporation import Evaporation, evaporate
    from natron.interface.alloys.phases import LiquidWindow, alloy_state, eutectic, liquid_window
    from natron.interface.metals import Creep, Metal, metal, vapour_pressure_of, vapour_pressure_Pa
    from natron.interface.pairs import Pair, pair
    from natron.interface.pressing.contact import (
        acoustic_softening,
        closure_rate_per_s,
        constriction_resistance_ohm_m2,
        contact_fraction,
        creep_hardness_Pa,
        elastic_contact,
        interface_conductance_S_m2,
        interface_resistance_ohm_m2,
        plastic_contact,
    )
    from natron.interface.pressing.fixture import PressureSwing, pressure_swing, stiffness_to_keep_N_m
    from natron.interface.pressing.foil import foil_thickness_m, time_to_thickness_s
    from natron.interface.pressing.foil_pressing import FoilPressing, press_foil
    from natron.interface.pressing.fracture import critical_current_of_flaw_A_m2
    from natron.interface.pressing.mapping import PressingMap, pressing_map
    from natron.interface.pressing.pressed import Cracking, Pressing, press
    from natron.interface.pressing.window import Ceramic, Outcome
    from natron.interface.reactions.interphase import Face
    from natron.interface.reactions.lifetimes import Aged, aged_faces
    from natron.interface.reactions.stability import Stability
    from natron.interface.reactions.stack import Stack, parse_stack, short_stack, stack_of_cell
    from natron.interface.relations import RELATIONS
    from natron.interface.shorts.conditions import Bench, bench
    from natron.interface.shorts.prediction import Prediction, predict
    from natron.interface.shorts.protocol import Protocol, ladder, parse_protocol
    from natron.interface.shorts.survival import ShortingLaw, shorting_law
    from natron.interface.shorts.voids import VoidModel, local_current_A_m2, void_model

__all__ = [
    "RELATIONS",
    "Aged",
    "AlloyAnode",
    "Bench",
    "Ceramic",
    "Cracking",
    "Creep",
    "Evaporation",
    "Face",
    "FoilPressing",
    "LiquidWindow",
    "Metal",
    "Outcome",
    "Pair",
    "Prediction",
    "Pressing",
    "PressingMap",
    "PressureSwing",
    "Protocol",
    "ShortingLaw",
    "Stability",
    "Stack",
    "VoidModel",
    "acoustic_softening",
    "aged_faces",
    "alloy_anode",
    "alloy_state",
    "bench",
    "closure_rate_per_s",
    "constriction_resistance_ohm_m2",
    "contact_fraction",
    "creep_hardness_Pa",
    "critical_current_of_flaw_A_m2",
    "elastic_contact",
    "eutectic",
    "evaporate",
    "foil_thickness_m",
    "interface_conductance_S_m2",
    "interface_resistance_ohm_m2",
    "ladder",
    "liquid_window",
    "local_current_A_m2",
    "metal",
    "pair",
    "parse_protocol",
    "parse_stack",
    "plastic_contact",
    "predict",
    "press",
    "press_foil",
    "pressing_map",
    "pressure_swing",
    "short_stack",
    "shorting_law",
    "stack_of_cell",
    "stiffness_to_keep_N_m",
    "time_to_thickness_s",
    "vapour_pressure_Pa",
    "vapour_pressure_of",
    "void_model",
]

_NAMES = {
    "alloys.phases": (
        "LiquidWindow",
        "alloy_state",
        "eutectic",
        "liquid_window",
    ),
    "alloys.anode": (
        "AlloyAnode",
        "alloy_anode",
    ),
    "shorts.conditions": ("Bench", "bench"),
    "pressing.contact": (
        "acoustic_softening",
        "closure_rate_per_s",
        "constriction_resistance_ohm_m2",
        "contact_fraction",
        "creep_hardness_Pa",
        "elastic_contact",
        "interface_conductance_S_m2",
        "interface_resistance_ohm_m2",
        "plastic_contact",
    ),
    "alloys.evaporation": (
        "Evaporation",
        "evaporate",
    ),
    "pressing.fixture": (
        "PressureSwing",
        "pressure_swing",
        "stiffness_to_keep_N_m",
    ),
    "pressing.foil": (
        "foil_thickness_m",
        "time_to_thickness_s",
    ),
    "pressing.foil_pressing": (
        "FoilPressing",
        "press_foil",
    ),
    "pressing.fracture": ("critical_current_of_flaw_A_m2",),
    "pressing.mapping": (
        "PressingMap",
        "pressing_map",
    ),
    "reactions.interphase": ("Face",),
    "reactions.lifetimes": ("Aged", "aged_faces"),
    "metals": (
        "Creep",
        "Metal",
        "metal",
        "vapour_pressure_Pa",
        "vapour_pressure_of",
    ),
    "pairs": (
        "Pair",
        "pair",
    ),
    "shorts.prediction": ("Prediction", "predict"),
    "pressing.pressed": (
        "Cracking",
        "Pressing",
        "press",
    ),
    "shorts.protocol": (
        "Protocol",
        "ladder",
        "parse_protocol",
    ),
    "relations": ("RELATIONS",),
    "reactions.stability": ("Stability",),
    "reactions.stack": ("Stack", "parse_stack", "short_stack", "stack_of_cell"),
    "shorts.survival": (
        "ShortingLaw",
        "shorting_law",
    ),
    "shorts.voids": (
        "VoidModel",
        "local_current_A_m2",
        "void_model",
    ),
    "pressing.window": (
        "Ceramic",
        "Outcome",
    ),
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
