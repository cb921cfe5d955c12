"""A cell as named independent numbers and one relation that turns them into every design figure.

All figures of a cell come from this one relation, so an input that is used twice (one foil, one
density) is varied once, whatever is asked: a figure, its uncertainty, its sensitivity, its inverse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from natron.cell import Cell, MetalElectrode, PorousElectrode, changed
from natron.core import CellError, Quantity
from natron.design import relations
from natron.design.parts import (
    Inputs,
    NoSuchFigureError,
    PorousCathode,
    between_relation,
    housing_relation,
    metal_relation,
)
from natron.design.steps import Step

Basis = Literal["theoretical", "measured"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the stack, for breakdowns and pictures.

    Attributes
    ----------
    name : str
        ``reservoir``, ``plated``, ``film``, ``separator``, ``interlayer.0``, ``positive`` …
    label : str
        For people.
    """

    name: str
    label: str


@dataclass(frozen=True)
class StackModel:
    """Inputs of a cell's design figures and the relation between them.

    Attributes
    ----------
    cell : Cell
    basis : str
        Capacity that counts: ``theoretical`` or ``measured``.
    consistent : bool
        Whether everything follows from loading and thickness, whatever else the file gives.
    steps : tuple of Step
        What-if steps taken.
    active : str or None
        The active material in the end.
    inputs : Mapping[str, Quantity]
        Independent inputs by dotted key: ``separator.thickness``, ``materials.sodium.density``.
    layers : tuple of Layer
        In the order of the stack, negative side first.
    """

    cell: Cell
    basis: Basis
    consistent: bool
    steps: tuple[Step, ...]
    active: str | None
    inputs: Mapping[str, Quantity]
    layers: tuple[Layer, ...]
    _evaluate: Callable[[Mapping[str, Any]], dict[str, Any]] = field(repr=False)

    def __call__(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Every figure from named input numbers (SI); see `FIGURE_KINDS` for names and units."""
        return self._evaluate(values)


FIGURE_KINDS: dict[str, str] = {
    "areal_capacity": "areal_capacity",
    "anode_thickness": "length",
    "stack_thickness": "length",
    "areal_mass": "loading",
    "volumetric_energy_density": "volumetric_energy_density",
    "gravimetric_energy_density": "gravimetric_energy_density",
    "packaged_volumetric_energy_density": "volumetric_energy_density",
    "packaged_gravimetric_energy_density": "gravimetric_energy_density",
    "capacity_ratio": "number",
    "metal_excess": "fraction",
    "porosity": "share",
    "solid_density": "density",
    "loading": "loading",
    "solids": "loading",
    "cathode_thickness": "length",
    "utilisation": "fraction",
}
"""Names of the figures and the kind of each. A cell without a porous electrode has only some."""

FIGURE_LABELS: dict[str, str] = {
    "areal_capacity": "Areal capacity",
    "anode_thickness": "Anode, charged",
    "stack_thickness": "Stack, charged",
    "areal_mass": "Stack mass",
    "volumetric_energy_density": "Energy density, volumetric",
    "gravimetric_energy_density": "Energy density, gravimetric",
    "packaged_volumetric_energy_density": "… with collectors and housing",
    "packaged_gravimetric_energy_density": "… with collectors and housing",
    "capacity_ratio": "N/P capacity ratio",
    "metal_excess": "Metal excess",
    "porosity": "Cathode porosity",
    "solid_density": "Cathode solid density",
    "loading": "Cathode loading",
    "solids": "Cathode solids, (1 − porosity) × density × thickness",
    "cathode_thickness": "Cathode thickness",
    "utilisation": "Utilisation",
}
"""Figure names as people read them."""


def figure_label(name: str, cell: Cell) -> str:
    """A figure's name as people read it; a cell of two metals is shown as assembled, not charged."""
    label = FIGURE_LABELS[name]
    if cell.kind == "full":
        return label
    own = {"anode_thickness": "Negative electrode, as assembled", "stack_thickness": "Stack, as assembled",
           "areal_capacity": "Areal capacity that can be moved"}  # fmt: skip
    return own.get(name, label)


def input_label(key: str) -> str:
    """An input's dotted key as people read it: ``materials.sodium.density`` → ``density of sodium``."""
    first, *rest = key.split(".")
    if first == "materials" and len(rest) == 2:
        return f"{rest[1].replace('_', ' ')} of {rest[0]}"
    side = {"negative": "anode", "positive": "cathode"}.get(first, first)
    if first == "step":
        return f"what-if {' '.join(rest)}"
    words = [side, *rest] if side != "measured" else [*rest, "(measured)"]
    return " ".join(words).replace("_", " ")


def stack_model(
    cell: Cell, basis: Basis = "theoretical", *, consistent: bool = False, steps: Sequence[Step] = ()
) -> StackModel:
    """The stack relation of a cell.

    Parameters
    ----------
    cell : Cell
    basis : str
        ``theoretical``: the positive electrode's full capacity is cycled; ``measured``: the measured
        discharge capacity is.
    consistent : bool
        False uses values as the file gives them and derives only what is missing. True derives porosity,
        solid density and areal capacity from loading, thickness and the materials (and the thickness from
        loading and porosity where the file gives none).
    steps : sequence of Step
        What-if steps, each built on the one before.

    Raises
    ------
    NoSuchFigureError
        For the measured basis of a cell without a measured discharge capacity, for `consistent` without a
        loading, and for a step that needs a porous electrode where there is none.
    MaterialError
        Where a density or a capacity is known nowhere.
    CellError
        Where the numbers cannot be those of a cell: solids that do not fit into their electrode.
    """
    cell = changed(cell, _cell_changes(steps))
    inputs = Inputs(cell)
    positive = cell.positive
    measured = cell.measured.discharge_capacity if basis == "measured" else None
    if basis == "measured" and (measured is None or not isinstance(positive, PorousElectrode)):
        raise NoSuchFigureError(
            f"{cell.name}: there is no measured discharge capacity", key="measured.discharge_capacity"
        )
    cathode = counter = None
    if isinstance(positive, PorousElectrode):
        cathode = PorousCathode(cell, positive, inputs, consistent, steps)
    else:
        _refuse_cathode_steps(cell, steps)
        # of a symmetric cell the same foil stands on both sides: the same inputs, so the same keys
        side, electrode = ("negative", cell.negative) if positive is None else ("positive", positive)
        counter = metal_relation(side, cell, electrode, inputs)
    anode = metal_relation("negative", cell, cell.negative, inputs)
    between = between_relation(cell, inputs)
    housing = housing_relation(cell, inputs)
    if measured is not None:
        inputs.own("measured.discharge_capacity", measured)
    charged_as_made = cathode is not None and cell.material(cathode.active).as_made == "charged"

    def evaluate(x: Mapping[str, Any]) -> dict[str, Any]:
        state = cathode(x, x["measured.discharge_capacity"] if measured is not None else None) if cathode else None
        cycled = state["cycled"] if state else 0.0
        plated = 0.0 if charged_as_made else cycled
        metal, middle = anode(x, plated), between(x)
        thickness, mass = {**metal["thickness"], **middle["thickness"]}, {**metal["mass"], **middle["mass"]}
        out: dict[str, Any] = {"anode_thickness": sum(metal["thickness"].values())}
        inventory = metal["inventory"]
        if counter is not None:
            other = counter(x, 0.0)
            thickness |= {f"{name}.counter": value for name, value in other["thickness"].items()}
            mass |= {f"{name}.counter": value for name, value in other["mass"].items()}
            inventory = other["inventory"]
        if state is not None:
            thickness["positive"] = state["thickness"]
            mass |= {"positive": state["solids"], "liquid": state["liquid"]}
            # solids and liquid share the cathode's thickness
            out["volume.liquid"] = state["porosity"] * state["thickness"]
            out["volume.positive"] = (1.0 - state["porosity"]) * state["thickness"]
        stack_m, stack_kg_m2 = sum(thickness.values()), sum(mass.values())
        out |= {"stack_thickness": stack_m, "areal_mass": stack_kg_m2}
        out |= {f"thickness.{name}": value for name, value in thickness.items()}
        out |= {f"mass.{name}": value for name, value in mass.items()}
        if state is None:
            # what can be moved: of a half cell the counter electrode's metal, of a symmetric one either's
            return out | {"areal_capacity": inventory}
        packaged_m, packaged_kg_m2 = housing(x, stack_m, stack_kg_m2)
        voltage = state["voltage"]
        return out | {
            "areal_capacity": cycled,
            "utilisation": cycled / state["areal_capacity"],
            "capacity_ratio": (inventory + plated) / state["areal_capacity"],
            "metal_excess": (inventory + plated) / cycled - 1.0,
            "porosity": state["porosity"],
            "solid_density": state["solid_density"],
            "loading": state["loading"],
            "solids": state["solids"],
            "cathode_thickness": state["thickness"],
            "volumetric_energy_density": relations.volumetric_energy_density(voltage, cycled, stack_m),
            "gravimetric_energy_density": relations.gravimetric_energy_density(voltage, cycled, stack_kg_m2),
            "packaged_volumetric_energy_density": relations.volumetric_energy_density(voltage, cycled, packaged_m),
            "packaged_gravimetric_energy_density": relations.gravimetric_energy_density(
                voltage, cycled, packaged_kg_m2
            ),
        }

    active = cathode.active if cathode else None
    layers = _layers(cell, active, charged_as_made)
    model = StackModel(cell, basis, consistent, tuple(steps), active, dict(inputs.found), layers, evaluate)
    _refuse_impossible(model)
    return model


def _cell_changes(steps: Sequence[Step]) -> dict[str, object]:
    """Steps that only put another thickness in the file's place."""
    keys = {"reservoir": "negative.reservoir", "separator": "separator.thickness"}
    return {keys[step.name]: step.target for step in steps if step.name in keys}


def _refuse_cathode_steps(cell: Cell, steps: Sequence[Step]) -> None:
    for step in steps:
        if step.name in ("activation", "porosity", "active"):
            raise NoSuchFigureError(
                f"{cell.name}: this step needs a porous positive electrode", key=f"step {step.name}"
            )


def physical(out: Mapping[str, Any]) -> Any:
    """Whether figures can be those of a cell (elementwise for arrays): pores from none to not quite all."""
    if "porosity" not in out:
        return True
    porosity = out["porosity"]
    return (porosity > -1e-9) & (porosity < 1.0)


def _refuse_impossible(model: StackModel) -> None:
    try:
        out = model({name: q.value for name, q in model.inputs.items()})
    except (ArithmeticError, ValueError) as error:
        raise CellError(f"{model.cell.name}: these numbers do not make a cell ({error})") from error
    if not physical(out):
        solids = Quantity(float(out["solids"]), None, "loading")
        thickness = Quantity(float(out["cathode_thickness"]), None, "length")
        raise CellError(
            f"{model.cell.name}: {solids} of solids do not fit into a cathode of {thickness} "
            f"(porosity {100 * float(out['porosity']):.0f} %)",
            key="positive",
            allowed="loading and thickness that leave a porosity from 0 to below 100 %",
        )


def _layers(cell: Cell, active: str | None, charged_as_made: bool) -> tuple[Layer, ...]:
    """The stack's layers with their labels, negative side first."""
    metal = cell.material(cell.negative.metal).title.lower()
    layers = [Layer("reservoir", f"{metal} reservoir")]
    if cell.negative.film:
        layers.insert(0, Layer("film", f"{cell.material(cell.negative.film.material).title.lower()} film"))
    if cell.kind == "full" and not charged_as_made:
        layers.append(Layer("plated", f"{metal} plated on charge"))
    before = [
        Layer(f"interlayer.{i}", cell.material(layer.material).title)
        for i, layer in enumerate(cell.interlayer)
        if layer.side != "positive"
    ]
    after = [
        Layer(f"interlayer.{i}", cell.material(layer.material).title)
        for i, layer in enumerate(cell.interlayer)
        if layer.side == "positive"
    ]
    layers += [
        *before,
        Layer("separator", f"separator ({cell.material(cell.separator.material).title})"),
        *after,
    ]
    counter = cell.counter
    if active is not None:
        layers += [
            Layer("positive", f"cathode ({cell.material(active).title})"),
            Layer("liquid", "liquid in the cathode's pores" if cell.liquid else "the cathode's pores, empty"),
        ]
    elif isinstance(counter, MetalElectrode):
        layers.append(Layer("reservoir.counter", f"{cell.material(counter.metal).title.lower()} counter"))
        if counter.film:
            title = cell.material(counter.film.material).title.lower()
            layers.append(Layer("film.counter", f"{title} film on the counter electrode"))
    return tuple(layers)
