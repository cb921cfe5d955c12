"""What claims files can ask of the materials room."""

from __future__ import annotations

from typing import Any

from natron.core.constants import BOLTZMANN_J_PER_K
from natron.core.relation import NamedRelation
from natron.core.uncertainty import log
from natron.materials.formula import theoretical_specific_capacity_C_per_kg
from natron.materials.laws import scale_conductivity, scale_resistance


def activation_energy(first: Any, first_K: Any, second: Any, second_K: Any) -> Any:
    """E_A that σT = A exp(−E_A/k_BT) takes through two conductivities, J per particle.

    Parameters
    ----------
    first, second : float
        Conductivities, in the same unit.
    first_K, second_K : float
        Their temperatures, K, not equal.

    Examples
    --------
    >>> from natron.core.constants import ELEMENTARY_CHARGE_C
    >>> round(activation_energy(1.12e-4, 303.15, 7.34e-4, 333.15) / ELEMENTARY_CHARGE_C, 3)
    0.573
    """
    return BOLTZMANN_J_PER_K * log(second * second_K / (first * first_K)) / (1 / first_K - 1 / second_K)


RELATIONS: dict[str, NamedRelation] = {
    "theoretical_capacity": NamedRelation(
        "n F / M of a formula",
        {"electrons": "count"},
        "specific_capacity",
        lambda x: theoretical_specific_capacity_C_per_kg(x["formula"], x["electrons"]),
        texts=("formula",),
    ),
    "activation_energy": NamedRelation(
        "E_A of σT = A exp(−E_A/k_BT) through two conductivities",
        {
            "first": "conductivity",
            "first_temperature": "temperature",
            "second": "conductivity",
            "second_temperature": "temperature",
        },
        "energy",
        lambda x: activation_energy(x["first"], x["first_temperature"], x["second"], x["second_temperature"]),
    ),
    "conductivity_at": NamedRelation(
        "a conductivity carried to another temperature",
        {
            "reference": "conductivity",
            "at": "temperature",
            "activation_energy": "energy",
            "temperature": "temperature",
        },
        "conductivity",
        lambda x: scale_conductivity(x["reference"], x["at"], x["activation_energy"], x["temperature"]),
    ),
    "resistance_at": NamedRelation(
        "an area-specific resistance carried to another temperature",
        {
            "reference": "area_specific_resistance",
            "at": "temperature",
            "activation_energy": "energy",
            "temperature": "temperature",
        },
        "area_specific_resistance",
        lambda x: scale_resistance(x["reference"], x["at"], x["activation_energy"], x["temperature"]),
    ),
}
"""Relations by name."""
