"""What claims files can ask of the constriction room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from natron.constriction.table import SQRT_PI, constriction_table, tabulated_shares
from natron.core import Quantity
from natron.core.relation import NamedRelation
from natron.materials import parameters


def spreading_ohm_m2(x: Mapping[str, Any]) -> Any:
    """R_con of a pattern on a thick body, ohm m² of the whole face; see `natron.constriction.table`."""
    table = constriction_table(x["pattern"])
    return table(_within(x["contact_fraction"], x["pattern"])) * x["spot_spacing"] / x["electrolyte_conductivity"]


def _within(contact_fraction: Any, pattern: str) -> Any:
    """Random draws held at the ends of the table, where an uncertain share reaches beyond; one share is as it is."""
    if isinstance(contact_fraction, np.ndarray):
        return np.clip(contact_fraction, *tabulated_shares(pattern))
    return contact_fraction


def grain_contact_factor(contact_fraction: Any, pattern: str = "square") -> Any:
    """Conductivity of cubic grains that touch their neighbours on a share of each face, over that of the grains.

    1/(1 + 2 ρ), ρ = R_con σ/g of half a grain, whose middle is a plane of equal potential by symmetry; neither
    the grains' size g nor the temperature enters. Gaps insulate.

    Parameters
    ----------
    contact_fraction : float, array or uncertain number
        Within the table's range; see `natron.constriction.spreading`.
    pattern : str
        ``square`` or ``disc``, one spot in the middle of each face.
    """
    # the scale is a grain's edge, the thickness half of one
    return 1 / (1 + 2 * constriction_table(pattern, 2.0)(contact_fraction) / SQRT_PI)


RELATIONS: dict[str, NamedRelation] = {
    "constriction_resistance": NamedRelation(
        "areal resistance that current gathering to contact spots adds in a thick ceramic, one side",
        {"contact_fraction": "share", "electrolyte_conductivity": "conductivity"},
        "area_specific_resistance",
        spreading_ohm_m2,
        texts=("pattern",),
        looked_up=lambda texts: {"spot_spacing": _spacing()},
    ),
    "conductivity_of_touching_grains": NamedRelation(
        "conductivity of cubic grains that touch on a share of each face",
        {"contact_fraction": "share", "grain_conductivity": "conductivity"},
        "conductivity",
        lambda x: (
            grain_contact_factor(_within(x["contact_fraction"], x["pattern"]), x["pattern"]) * x["grain_conductivity"]
        ),
        texts=("pattern",),
    ),
}
"""Relations by name."""


def _spacing() -> Quantity:
    return parameters("contact")["spot_spacing"]
