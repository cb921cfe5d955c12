"""What-if steps: the same cell with one thing improved, the cathode's solids conserved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from natron.cell import Cell, PorousElectrode, changed
from natron.core import CellError, Quantity, did_you_mean, parse_quantity
from natron.core.uncertainty import propagate
from natron.design import relations
from natron.design.figures import Figures, figures
from natron.design.stack import Basis, NoSuchFigureError


@dataclass(frozen=True, slots=True)
class Step:
    """One what-if step: what is changed, and to what.

    Attributes
    ----------
    name : str
        ``activation``, ``porosity``, ``reservoir``, ``separator`` or ``active``.
    target : str
        As written: ``30 %``, ``0 µm``, ``lfp``.
    """

    name: str
    target: str


@dataclass(frozen=True, slots=True)
class Stage:
    """The cell after a step, with its figures.

    Attributes
    ----------
    label : str
        For people.
    cell : Cell
    figures : Figures
        On the measured basis as long as the cell has a measured capacity, else on the theoretical one.
    """

    label: str
    cell: Cell
    figures: Figures


def parse_step(text: str) -> Step:
    """A step written as ``porosity = 30 %``.

    Raises
    ------
    CellError
        Where it is not one of the known steps.
    """
    name, equals, target = text.partition("=")
    name, target = name.strip(), target.strip()
    if not equals or not target or name not in STEPS:
        raise CellError(
            "this is not a what-if step",
            given=text,
            allowed=", ".join(f'"{known} = {example}"' for known, (_, example) in STEPS.items()),
            hint=did_you_mean(name, STEPS) if equals else None,
        )
    return Step(name, target)


def roadmap(cell: Cell, steps: Sequence[Step], *, consistent: bool = False) -> tuple[Stage, ...]:
    """The cell as it is and after each step, each built on the one before.

    Parameters
    ----------
    cell : Cell
    steps : sequence of Step
    consistent : bool
        Derive all from loading and thickness; see `natron.design.figures`.

    Raises
    ------
    CellError, NoSuchFigureError
        Where a step does not fit the cell.
    """
    stages = [Stage("as built", cell, _figures(cell, consistent))]
    for step in steps:
        cell = take_step(cell, step, consistent=consistent)
        stages.append(Stage(f"{_WORDS[step.name]} {step.target}", cell, _figures(cell, consistent)))
    return tuple(stages)


def _figures(cell: Cell, consistent: bool) -> Figures:
    basis: Basis = "measured" if cell.measured.discharge_capacity is not None else "theoretical"
    return figures(cell, basis, consistent=consistent)


def take_step(cell: Cell, step: Step, *, consistent: bool = False) -> Cell:
    """The cell after one step.

    Raises
    ------
    CellError, NoSuchFigureError
    """
    if step.name not in STEPS:
        raise CellError("unknown step", given=step.name, hint=did_you_mean(step.name, STEPS))
    return STEPS[step.name][0](cell, step.target, consistent)


def _cathode(cell: Cell) -> PorousElectrode:
    if not isinstance(cell.positive, PorousElectrode):
        raise NoSuchFigureError(f"{cell.name}: this step needs a porous positive electrode.")
    return cell.positive


def _activate(cell: Cell, target: str, consistent: bool) -> Cell:
    """Discharge capacity becomes that share of the theoretical one."""
    share = parse_quantity(target, "fraction")
    if not 0 < share.value <= 1:
        raise CellError("activation goes from above 0 to 1 (100 %)", given=target)
    _cathode(cell)
    theoretical = figures(cell, consistent=consistent)["areal_capacity"]
    capacity = Quantity(share.value * theoretical.value, None, "areal_capacity", origin="assumed")
    return changed(cell, {"measured.discharge_capacity": capacity})


def _densify(cell: Cell, target: str, consistent: bool) -> Cell:
    """The cathode is pressed to that porosity; its solids, and so its capacity, stay."""
    electrode = _cathode(cell)
    porosity = parse_quantity(target, "fraction")
    if not 0 <= porosity.value < 1:
        raise CellError("a porosity goes from 0 to below 1 (100 %)", given=target)
    now = figures(cell, consistent=consistent)
    pressed = porosity.stamped(origin="assumed")
    if consistent:
        # the thickness follows from the loading, so it is left to follow
        return changed(cell, {"positive.porosity": pressed, "positive.thickness": None})
    thickness = propagate(
        lambda x: {"d": x["d"] * (1 - x["p"]) / (1 - porosity.value)},
        {"d": now["cathode_thickness"], "p": now["porosity"]},
    )["d"].quantity("length", origin="assumed")  # it rests on the wanted porosity
    changes: dict[str, object] = {"positive.porosity": pressed, "positive.thickness": thickness}
    if electrode.areal_capacity is None and electrode.loading is None:
        changes["positive.loading"] = now["loading"]
    return changed(cell, changes)


def _set_reservoir(cell: Cell, target: str, consistent: bool) -> Cell:
    return changed(cell, {"negative.reservoir": parse_quantity(target, "length", origin="assumed")})


def _set_separator(cell: Cell, target: str, consistent: bool) -> Cell:
    return changed(cell, {"separator.thickness": parse_quantity(target, "length", origin="assumed")})


def _swap_active(cell: Cell, target: str, consistent: bool) -> Cell:
    """Another active material in this one's place: same solids by mass, same fractions, same porosity."""
    electrode = _cathode(cell)
    material = cell.material(target)
    if material.material_class != "active":
        raise CellError(f'"{target}" is not an active material', given=target)
    now = figures(cell, consistent=consistent)
    composition = {target if k == electrode.active else k: v for k, v in electrode.composition.items()}
    names = list(composition)
    density = relations.solid_density(
        [composition[n].value for n in names],
        [cell.material(n).property("density").value for n in names],
    )
    ratio = relations.areal_capacity(
        now["loading"].value,
        composition[target].value,
        material.property("specific_capacity").value,
    ) / relations.areal_capacity(
        now["loading"].value,
        electrode.composition[electrode.active].value,
        (electrode.specific_capacity or cell.material(electrode.active).property("specific_capacity")).value,
    )
    thickness = relations.electrode_thickness(now["loading"].value, now["porosity"].value, density)
    scale = now["cathode_thickness"].standard_uncertainty / now["cathode_thickness"].value
    changes: dict[str, object] = {
        "positive.active": target,
        "positive.composition": composition,
        "positive.loading": now["loading"],
        "positive.porosity": now["porosity"],
        "positive.solid_density": None,
        "positive.specific_capacity": None,
        "positive.areal_capacity": None,
        "positive.discharge_voltage": None,
        "positive.thickness": Quantity(thickness, thickness * scale or None, "length", origin="predicted"),
    }
    if cell.measured.discharge_capacity is not None:
        was = cell.measured.discharge_capacity
        # the same share of the theoretical capacity is taken to be reached
        changes["measured.discharge_capacity"] = Quantity(was.value * ratio, None, "areal_capacity", origin="assumed")
    changes["measured.first_charge_capacity"] = None
    return changed(cell, changes)


STEPS: dict[str, tuple[Callable[[Cell, str, bool], Cell], str]] = {
    "activation": (_activate, "100 %"),
    "porosity": (_densify, "30 %"),
    "reservoir": (_set_reservoir, "0 µm"),
    "separator": (_set_separator, "30 µm"),
    "active": (_swap_active, "lfp"),
}
"""The known steps: what each does to a cell, and an example of its target."""

_WORDS = {
    "activation": "activated to",
    "porosity": "cathode porosity",
    "reservoir": "reservoir",
    "separator": "separator",
    "active": "active material",
}
