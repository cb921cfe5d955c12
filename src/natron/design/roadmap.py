"""A roadmap: the cell as it is and after each what-if step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from natron.cell import Cell
from natron.design.figures import Figures, figures
from natron.design.stack import Basis
from natron.design.steps import Step


@dataclass(frozen=True, slots=True)
class Stage:
    """The cell after some steps, with its figures.

    Attributes
    ----------
    label : str
        For people.
    figures : Figures
        On the measured basis where the cell has a measured capacity, else on the theoretical one; the
        step ``activation`` sets what share of the theoretical capacity counts.
    """

    label: str
    figures: Figures


def roadmap(cell: Cell, steps: Sequence[Step], *, consistent: bool = False) -> tuple[Stage, ...]:
    """The cell as it is and after each step, each built on the one before.

    Every stage rests on the inputs that the cell file gives, so the uncertainty of a stage holds whatever
    the order of the steps, and a step that changes nothing changes no uncertainty.

    Parameters
    ----------
    cell : Cell
    steps : sequence of Step
    consistent : bool
        Derive all from loading and thickness; see `natron.design.figures`.

    Raises
    ------
    CellError, NoSuchFigureError, MaterialError
        Where a step does not fit the cell.
    """
    measured = cell.kind == "full" and cell.measured.discharge_capacity is not None
    basis: Basis = "measured" if measured else "theoretical"
    labels = ["as built", *(step.label for step in steps)]
    return tuple(
        Stage(label, figures(cell, basis, consistent=consistent, steps=steps[:count]))
        for count, label in enumerate(labels)
    )
