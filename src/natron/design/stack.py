"""A cell as named independent numbers and one relation that turns them into every design figure.

All figures of a cell come from this one relation, so an input that is used twice (one foil, one
density) is varied once, whatever is asked: a figure, its uncertainty, its sensitivity, its inverse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from natron.cell import Cell, MetalElectrode, PorousElectrode
from natron.core import NatronError, Quantity
from natron.design import relations

Basis = Literal["theoretical", "measured"]


class NoSuchFigureError(NatronError):
    """A figure was asked for that this cell does not have."""

    exit_code = 2


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
    inputs : Mapping[str, Quantity]
        Independent inputs by dotted key: ``separator.thickness``, ``materials.sodium.density``.
    layers : tuple of Layer
        In the order of the stack, negative side first.
    """

    cell: Cell
    basis: Basis
    consistent: bool
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
    "porosity": "fraction",
    "solid_density": "density",
    "loading": "loading",
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
    "solid_density": "Cathode solids",
    "loading": "Cathode loading",
    "cathode_thickness": "Cathode thickness",
    "utilisation": "Utilisation",
}
"""Figure names as people read them."""


def input_label(key: str) -> str:
    """An input's dotted key as people read it: ``materials.sodium.density`` → ``density of sodium``."""
    first, *rest = key.split(".")
    if first == "materials" and len(rest) == 2:
        return f"{rest[1].replace('_', ' ')} of {rest[0]}"
    side = {"negative": "anode", "positive": "cathode"}.get(first, first)
    words = [side, *rest] if side != "measured" else [*rest, "(measured)"]
    return " ".join(words).replace("_", " ")


class _Inputs:
    """Collects a cell's inputs under one name each, while the relation is being put together."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.found: dict[str, Quantity] = {}

    def own(self, key: str, quantity: Quantity) -> str:
        self.found[key] = quantity
        return key

    def of_material(self, name: str, prop: str) -> str:
        return self.own(f"materials.{name}.{prop}", self.cell.material(name).property(prop))


def stack_model(cell: Cell, basis: Basis = "theoretical", *, consistent: bool = False) -> StackModel:
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

    Raises
    ------
    NoSuchFigureError
        For the measured basis of a cell without a measured discharge capacity, and for `consistent`
        without a loading.
    MaterialError
        Where a density or a capacity is known nowhere.
    """
    inputs = _Inputs(cell)
    positive = cell.positive
    if basis == "measured" and (positive is None or cell.measured.discharge_capacity is None):
        raise NoSuchFigureError(
            f"{cell.name}: there is no measured discharge capacity. Give measured.discharge_capacity."
        )
    cathode = _porous_relation(cell, positive, inputs, consistent) if isinstance(positive, PorousElectrode) else None
    anode = _metal_relation("negative", cell, cell.negative, inputs)
    counter = None
    if not isinstance(positive, PorousElectrode):
        # of a symmetric cell the same foil stands on both sides: the same inputs, so the same keys
        side, electrode = ("negative", cell.negative) if positive is None else ("positive", positive)
        counter = _metal_relation(side, cell, electrode, inputs)
    between = _between_relation(cell, inputs)
    housing = _housing_relation(cell, inputs)
    discharge = cell.measured.discharge_capacity
    if basis == "measured" and discharge is not None:
        inputs.own("measured.discharge_capacity", discharge)
    voltage_key = _voltage(cell, inputs)
    charged_as_made = isinstance(positive, PorousElectrode) and cell.material(positive.active).as_made == "charged"

    def evaluate(x: Mapping[str, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        cathode_values = cathode(x) if cathode else None
        if cathode_values is not None:
            theoretical = cathode_values["areal_capacity"]
            cycled = x["measured.discharge_capacity"] if basis == "measured" else theoretical
        else:
            theoretical = cycled = 0.0
        plated = 0.0 if charged_as_made else cycled
        anode_values = anode(x, plated)
        thickness, mass = dict(anode_values["thickness"]), dict(anode_values["mass"])
        between_values = between(x)
        thickness |= between_values["thickness"]
        mass |= between_values["mass"]
        counter_values = counter(x, 0.0) if counter else None
        if counter_values is not None:
            thickness |= {f"{k}.counter": v for k, v in counter_values["thickness"].items()}
            mass |= {f"{k}.counter": v for k, v in counter_values["mass"].items()}
        if cathode_values is not None:
            thickness["positive"] = cathode_values["thickness"]
            mass |= {"positive": cathode_values["solids"], "liquid": cathode_values["liquid"]}
            # solids and liquid share the cathode's thickness
            out["volume.liquid"] = cathode_values["porosity"] * cathode_values["thickness"]
            out["volume.positive"] = (1.0 - cathode_values["porosity"]) * cathode_values["thickness"]
        total_thickness, total_mass = sum(thickness.values()), sum(mass.values())
        out["anode_thickness"] = sum(anode_values["thickness"].values())
        out["stack_thickness"], out["areal_mass"] = total_thickness, total_mass
        out |= {f"thickness.{k}": v for k, v in thickness.items()}
        out |= {f"mass.{k}": v for k, v in mass.items()}
        if cathode_values is None:
            # what can be moved: of a half cell the counter electrode's metal, of a symmetric one either's
            out["areal_capacity"] = counter_values["inventory"] if counter_values else anode_values["inventory"]
            return out
        out["areal_capacity"] = cycled
        out["utilisation"] = cycled / theoretical
        out["capacity_ratio"] = (anode_values["inventory"] + plated) / theoretical
        out["metal_excess"] = (anode_values["inventory"] + plated) / cycled - 1.0
        for name in ("porosity", "solid_density", "loading"):
            out[name] = cathode_values[name]
        out["cathode_thickness"] = cathode_values["thickness"]
        voltage = x[voltage_key]
        out["volumetric_energy_density"] = relations.volumetric_energy_density(voltage, cycled, total_thickness)
        out["gravimetric_energy_density"] = relations.gravimetric_energy_density(voltage, cycled, total_mass)
        packaged_m, packaged_kg_m2 = housing(x, total_thickness, total_mass)
        out["packaged_volumetric_energy_density"] = relations.volumetric_energy_density(voltage, cycled, packaged_m)
        out["packaged_gravimetric_energy_density"] = relations.gravimetric_energy_density(
            voltage, cycled, packaged_kg_m2
        )
        return out

    return StackModel(cell, basis, consistent, dict(inputs.found), _layers(cell, charged_as_made), evaluate)


def _voltage(cell: Cell, inputs: _Inputs) -> str:
    positive = cell.positive
    if not isinstance(positive, PorousElectrode):
        return ""
    if positive.discharge_voltage is not None:
        return inputs.own("positive.discharge_voltage", positive.discharge_voltage)
    return inputs.of_material(positive.active, "discharge_voltage")


def _porous_relation(
    cell: Cell, electrode: PorousElectrode, inputs: _Inputs, consistent: bool
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Porous electrode: thickness, porosity, solids, capacity; given values first, the rest derived."""
    given = {
        name: getattr(electrode, name)
        for name in ("loading", "thickness", "porosity", "solid_density", "areal_capacity")
    }
    if consistent:
        if given["loading"] is None:
            raise NoSuchFigureError(f"{cell.name}: deriving all from the loading needs positive.loading.")
        given |= {"solid_density": None, "areal_capacity": None}
        if given["thickness"] is not None:
            given["porosity"] = None
    keys = {name: inputs.own(f"positive.{name}", q) for name, q in given.items() if q is not None}
    if {"thickness", "porosity", "areal_capacity"} <= keys.keys():
        # the loading is then only a check: nothing is computed from it
        inputs.found.pop(keys.pop("loading"), None) if "loading" in keys else None
    names = list(electrode.composition)
    needs_fraction = "areal_capacity" not in keys
    needs_densities = "solid_density" not in keys
    fractions: dict[str, str] = {}
    if needs_fraction or needs_densities:
        fractions = {name: inputs.own(f"positive.composition.{name}", electrode.composition[name]) for name in names}
    densities = {name: inputs.of_material(name, "density") for name in names} if needs_densities else {}
    capacity_key = ""
    if needs_fraction:
        if electrode.specific_capacity is not None:
            capacity_key = inputs.own("positive.specific_capacity", electrode.specific_capacity)
        else:
            capacity_key = inputs.of_material(electrode.active, "specific_capacity")
    if cell.liquid is None:
        raise NoSuchFigureError(f"{cell.name}: a porous electrode needs a liquid in its pores.")
    liquid_key = inputs.of_material(cell.liquid.material, "density")

    def evaluate(x: Mapping[str, Any]) -> dict[str, Any]:
        v = {name: x[key] for name, key in keys.items()}
        if "solid_density" not in v:
            v["solid_density"] = relations.solid_density(
                [x[fractions[name]] for name in names], [x[densities[name]] for name in names]
            )
        rho = v["solid_density"]
        if "thickness" not in v:
            v["thickness"] = relations.electrode_thickness(v["loading"], v["porosity"], rho)
        if "porosity" not in v:
            v["porosity"] = relations.porosity(v["loading"], v["thickness"], rho)
        # Eq. 5 weighs the solids by porosity and thickness, whatever loading stands beside them
        solids = relations.solids_loading(v["thickness"], v["porosity"], rho)
        if "areal_capacity" not in v:
            v["areal_capacity"] = relations.areal_capacity(
                v.get("loading", solids), x[fractions[electrode.active]], x[capacity_key]
            )
        return {
            **v,
            "solids": solids,
            "loading": v.get("loading", solids),
            "liquid": v["porosity"] * x[liquid_key] * v["thickness"],
        }

    return evaluate


def _metal_relation(
    side: str, cell: Cell, electrode: MetalElectrode, inputs: _Inputs
) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """Metal electrode: reservoir, film and what is plated onto them."""
    reservoir = inputs.own(f"{side}.reservoir", electrode.reservoir)
    density = inputs.of_material(electrode.metal, "density")
    capacity = inputs.of_material(electrode.metal, "specific_capacity")
    film = film_density = ""
    if electrode.film:
        film = inputs.own(f"{side}.film.thickness", electrode.film.thickness)
        film_density = inputs.of_material(electrode.film.material, "density")

    def evaluate(x: Mapping[str, Any], plated_C_m2: Any) -> dict[str, Any]:
        plated_m = relations.metal_thickness(plated_C_m2, x[capacity], x[density])
        thickness = {"reservoir": x[reservoir], "plated": plated_m}
        mass = {name: value * x[density] for name, value in thickness.items()}
        if film:
            thickness["film"] = x[film]
            mass["film"] = x[film] * x[film_density]
        return {
            "thickness": thickness,
            "mass": mass,
            "inventory": x[reservoir] * x[density] * x[capacity],
        }

    return evaluate


def _between_relation(cell: Cell, inputs: _Inputs) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Separator and interlayers."""
    separator = cell.separator
    thickness = inputs.own("separator.thickness", separator.thickness)
    density = inputs.of_material(separator.material, "density")
    pores = liquid = ""
    if separator.filled or cell.material(separator.material).material_class == "porous":
        if separator.porosity is not None:
            pores = inputs.own("separator.porosity", separator.porosity)
        else:
            pores = inputs.of_material(separator.material, "porosity")
        if cell.liquid is not None:
            liquid = inputs.of_material(cell.liquid.material, "density")
    extra = [
        (
            f"interlayer.{i}",
            inputs.own(f"interlayer.{i}.thickness", layer.thickness),
            inputs.of_material(layer.material, "density"),
            2 if layer.side == "both" else 1,
        )
        for i, layer in enumerate(cell.interlayer)
    ]

    def evaluate(x: Mapping[str, Any]) -> dict[str, Any]:
        solid_share = 1.0 - x[pores] if pores else 1.0
        filling = x[pores] * x[liquid] if pores and liquid else 0.0
        d = x[thickness]
        thicknesses = {"separator": d}
        masses = {"separator": d * (solid_share * x[density] + filling)}
        for name, its_thickness, its_density, times in extra:
            thicknesses[name] = times * x[its_thickness]
            masses[name] = times * x[its_thickness] * x[its_density]
        return {"thickness": thicknesses, "mass": masses}

    return evaluate


def _housing_relation(cell: Cell, inputs: _Inputs) -> Callable[[Mapping[str, Any], Any, Any], tuple[Any, Any]]:
    """Collectors and packaging, for the figures that are to stand beside commercial cells."""
    name = cell.housing.material
    default = inputs.of_material(name, "collector_thickness")
    volume_share = inputs.of_material(name, "housing_volume_share")
    mass_share = inputs.of_material(name, "housing_mass_share")
    sides: list[tuple[str, str]] = []
    for side, electrode in (("negative", cell.negative), ("positive", cell.counter)):
        collector = electrode.collector
        metal = collector.material if collector else "aluminium"
        key = default
        if collector and collector.thickness is not None:
            key = inputs.own(f"{side}.collector.thickness", collector.thickness)
        sides.append((key, inputs.of_material(metal, "density")))

    def evaluate(x: Mapping[str, Any], stack_m: Any, stack_kg_m2: Any) -> tuple[Any, Any]:
        # each collector serves two neighbouring stacks
        collectors_m = sum(0.5 * x[d] for d, _ in sides)
        collectors_kg_m2 = sum(0.5 * x[d] * x[rho] for d, rho in sides)
        return (
            relations.packaged(stack_m, collectors_m, x[volume_share]),
            relations.packaged(stack_kg_m2, collectors_kg_m2, x[mass_share]),
        )

    return evaluate


def _layers(cell: Cell, charged_as_made: bool) -> tuple[Layer, ...]:
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
    if isinstance(counter, PorousElectrode):
        layers += [
            Layer("positive", f"cathode ({cell.material(counter.active).title})"),
            Layer("liquid", "liquid in the cathode's pores"),
        ]
    else:
        layers.append(Layer("reservoir.counter", f"{cell.material(counter.metal).title.lower()} counter"))
        if counter.film:
            title = cell.material(counter.film.material).title.lower()
            layers.append(Layer("film.counter", f"{title} film on the counter electrode"))
    return tuple(layers)
