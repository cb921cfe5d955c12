"""Everything natron can say about one cell's design, gathered once for the screen, JSON and the report."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from natron.cell import Cell
from natron.core import InputError, Quantity, RangeWarning
from natron.design.figures import Check, Figures, checks, figures, separator_resistance
from natron.design.inverse import Inverse, solve_for
from natron.design.roadmap import Stage, roadmap
from natron.design.sensitivity import Sensitivity, sensitivity
from natron.design.stack import StackModel
from natron.design.steps import Step

ENERGY_DENSITIES = ("volumetric_energy_density", "gravimetric_energy_density")


@dataclass(frozen=True)
class Assessment:
    """A cell's design, assessed.

    Attributes
    ----------
    cell : Cell
    consistent : bool
        Whether all was derived from loading and thickness.
    theoretical : Figures
    measured : Figures or None
        Where the cell has a measured discharge capacity.
    separator_resistance : Quantity or None
        At the cell's temperature, where the conductivity is known.
    sensitivities : Mapping[str, tuple of Sensitivity]
        By figure, on the theoretical basis; empty for a cell without a porous electrode.
    checks : tuple of Check
    stages : tuple of Stage
        The what-if roadmap, its start included; empty where no step was asked for.
    inverse : Inverse or None
    warnings : tuple of str
    """

    cell: Cell
    consistent: bool
    theoretical: Figures
    measured: Figures | None
    separator_resistance: Quantity | None
    sensitivities: Mapping[str, tuple[Sensitivity, ...]]
    checks: tuple[Check, ...]
    stages: tuple[Stage, ...] = ()
    inverse: Inverse | None = None
    warnings: tuple[str, ...] = ()


def assess(
    cell: Cell,
    *,
    consistent: bool = False,
    steps: Sequence[Step] = (),
    target: tuple[str, Quantity, str] | None = None,
) -> Assessment:
    """Assess a cell's design.

    Parameters
    ----------
    cell : Cell
    consistent : bool
        See `natron.design.figures`.
    steps : sequence of Step
        What-if steps, each built on the one before.
    target : (figure name, wanted value, input name), optional
        An inverse question, asked of the theoretical figures, or of the last step's.

    Raises
    ------
    NoSuchFigureError, CellError, MaterialError
        Where the cell lacks what is asked for.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RangeWarning)
        theoretical = figures(cell, consistent=consistent)
        has_measured = cell.kind == "full" and cell.measured.discharge_capacity is not None
        measured = figures(cell, "measured", consistent=consistent) if has_measured else None
        resistance, remarks = _separator_resistance(cell)
        sensitivities = {n: sensitivity(theoretical, n) for n in ENERGY_DENSITIES if n in theoretical.values}
        stages = roadmap(cell, steps, consistent=consistent) if steps else ()
    found = checks(cell)
    said = [str(w.message) for w in caught if issubclass(w.category, RangeWarning)]
    said += [check.message for check in found if check.verdict == "disagrees"]
    said += foreign_ions(theoretical.model) + _shortfalls("", theoretical) + remarks
    for stage in stages[1:]:
        said += foreign_ions(stage.figures.model) + _shortfalls(f"{stage.label}: ", stage.figures)
    return Assessment(
        cell,
        consistent,
        theoretical,
        measured,
        resistance,
        sensitivities,
        found,
        stages,
        solve_for(stages[-1].figures if stages else theoretical, *target) if target else None,
        tuple(dict.fromkeys(said)),
    )


def foreign_ions(model: StackModel) -> list[str]:
    """What a cell holds that does not work with its metal's ion."""
    cell = model.cell
    metal = cell.material(cell.negative.metal)
    names = [cell.separator.material, *([model.active] if model.active else [])]
    names += [cell.liquid.material] if cell.liquid else []
    return [
        f"{found.title} works with {found.ion}, the metal is {metal.title.lower()}: its values do not hold here"
        for found in map(cell.material, names)
        if found.ion and metal.ion and found.ion != metal.ion
    ]


def _separator_resistance(cell: Cell) -> tuple[Quantity | None, list[str]]:
    """The separator's resistance, or why there is none."""
    try:
        return separator_resistance(cell), []
    except InputError as error:
        return None, [f"separator resistance: {error}"]


def _shortfalls(where: str, figures: Figures) -> list[str]:
    """What keeps a cell from reaching its own figures."""
    ratio = figures.values.get("capacity_ratio")
    if ratio is not None and ratio.value < 1 - 1e-9:
        return [
            f"{where}the metal in the cell holds {ratio.value:.2f} of the cathode's capacity; "
            "the figures need all of it"
        ]
    return []
