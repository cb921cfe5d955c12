"""The parts of a stack as relations between named numbers: electrodes, what lies between, the housing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from natron.cell import Cell, MetalElectrode, PorousElectrode
from natron.core import CellError, InputError, Quantity
from natron.design import relations
from natron.design.steps import Step

Values = Mapping[str, Any]


class NoSuchFigureError(InputError):
    """A figure was asked for that this cell does not have."""


class Inputs:
    """Collects a cell's inputs under one name each, while the relation is being put together."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.found: dict[str, Quantity] = {}

    def own(self, key: str, quantity: Quantity) -> str:
        """Take a value of the cell file in; its key again."""
        self.found[key] = quantity
        return key

    def of_material(self, name: str, prop: str) -> str:
        """Take a material's property in; its key."""
        return self.own(f"materials.{name}.{prop}", self.cell.material(name).property(prop))


class PorousCathode:
    """A porous electrode: thickness, porosity, solids and capacity, as given or derived, and after what-if steps.

    Given values come first and the rest is derived. Steps act on the relation, not on its inputs, so
    whatever is asked after them still rests on the numbers the file gives.
    """

    def __init__(
        self, cell: Cell, electrode: PorousElectrode, inputs: Inputs, consistent: bool, steps: Sequence[Step]
    ) -> None:
        self._cell, self._electrode, self._inputs = cell, electrode, inputs
        self.active = electrode.active
        self._given = self._choose(consistent)
        self._keys = {name: inputs.own(f"positive.{name}", q) for name, q in self._given.items() if q is not None}
        self._composition = dict.fromkeys(electrode.composition, "")
        self._capacity_key = ""
        if "solid_density" not in self._keys:
            self._register_composition()
        if "areal_capacity" not in self._keys:
            self._register_capacity()
        self._liquid = inputs.of_material(cell.liquid.material, "density") if cell.liquid is not None else ""
        self._voltage = (
            inputs.own("positive.discharge_voltage", electrode.discharge_voltage)
            if electrode.discharge_voltage is not None
            else inputs.of_material(electrode.active, "discharge_voltage")
        )
        changes = {"porosity": self._press, "activation": self._activate, "active": self._swap}
        self._steps = [changes[step.name](step) for step in steps if step.name in changes]

    def _choose(self, consistent: bool) -> dict[str, Quantity | None]:
        names = ("loading", "thickness", "porosity", "solid_density", "areal_capacity")
        given = {name: getattr(self._electrode, name) for name in names}
        if not consistent:
            return given
        if given["loading"] is None:
            raise NoSuchFigureError(
                f"{self._cell.name}: deriving all from the loading needs one", key="positive.loading"
            )
        return given | {
            "solid_density": None,
            "areal_capacity": None,
            "porosity": None if given["thickness"] is not None else given["porosity"],
        }

    def _register_composition(self) -> None:
        for name, fraction in self._electrode.composition.items():
            self._composition[name] = self._inputs.own(f"positive.composition.{name}", fraction)
            self._inputs.of_material(name, "density")

    def _register_capacity(self) -> str:
        """Key of the specific capacity in use, and with it that of the active material's mass fraction."""
        electrode = self._electrode
        self._capacity_key = (
            self._inputs.own("positive.specific_capacity", electrode.specific_capacity)
            if electrode.specific_capacity is not None
            else self._inputs.of_material(electrode.active, "specific_capacity")
        )
        self._inputs.own(f"positive.composition.{electrode.active}", electrode.composition[electrode.active])
        return self._capacity_key

    def _mixture(self, x: Values, active: str) -> Any:
        """Density of the solids with `active` in the active material's place."""
        fractions, densities = [], []
        for name in self._electrode.composition:
            fractions.append(x[f"positive.composition.{name}"])
            stands = active if name == self._electrode.active else name
            densities.append(x[f"materials.{stands}.density"])
        return relations.solid_density(fractions, densities)

    def __call__(self, x: Values, discharged: Any) -> dict[str, Any]:
        """The cathode's state from named numbers; `discharged` is the measured capacity, or None for all of it."""
        v = {name: x[key] for name, key in self._keys.items()}
        if "solid_density" not in v:
            v["solid_density"] = self._mixture(x, self._electrode.active)
        rho = v["solid_density"]
        if "thickness" not in v:
            v["thickness"] = relations.electrode_thickness(v["loading"], v["porosity"], rho)
        if "porosity" not in v:
            v["porosity"] = relations.porosity(v["loading"], v["thickness"], rho)
        # Eq. 5 weighs the solids by porosity and thickness, whatever loading stands beside them
        v["solids"] = relations.solids_loading(v["thickness"], v["porosity"], rho)
        v.setdefault("loading", v["solids"])
        if "areal_capacity" not in v:
            fraction = x[f"positive.composition.{self._electrode.active}"]
            v["areal_capacity"] = relations.areal_capacity(v["loading"], fraction, x[self._capacity_key])
        v["cycled"] = v["areal_capacity"] if discharged is None else discharged
        v["voltage"] = x[self._voltage]
        for step in self._steps:
            step(v, x)
        if "override.thickness" in x:
            # a search asks what other thickness and porosity would give, whatever becomes of the solids
            v["thickness"], v["porosity"] = x["override.thickness"], x["override.porosity"]
            v["solids"] = relations.solids_loading(v["thickness"], v["porosity"], v["solid_density"])
        # without a liquid the pores are empty
        v["liquid"] = v["porosity"] * x[self._liquid] * v["thickness"] if self._liquid else 0.0
        return v

    def _target(self, step: Step) -> str:
        """Input key of a step's target; a step taken twice has two."""
        assert isinstance(step.target, Quantity)
        key, count = f"step.{step.name}", 2
        while key in self._inputs.found:
            key, count = f"step.{step.name}.{count}", count + 1
        return self._inputs.own(key, step.target)

    def _press(self, step: Step) -> Callable[[dict[str, Any], Values], None]:
        key = self._target(step)

        def press(v: dict[str, Any], x: Values) -> None:
            v["porosity"] = x[key]
            v["thickness"] = relations.electrode_thickness(v["solids"], v["porosity"], v["solid_density"])

        return press

    def _activate(self, step: Step) -> Callable[[dict[str, Any], Values], None]:
        key = self._target(step)

        def activate(v: dict[str, Any], x: Values) -> None:
            v["cycled"] = x[key] * v["areal_capacity"]

        return activate

    def _swap(self, step: Step) -> Callable[[dict[str, Any], Values], None]:
        name, before = str(step.target), self.active
        found = self._cell.material(name)
        if found.material_class != "active":
            raise CellError(f'"{name}" is a material of class {found.material_class}', key="step active")
        if name == before:
            return lambda v, x: None
        self._register_composition()
        old_capacity = self._capacity_key or self._register_capacity()
        new_capacity = self._inputs.of_material(name, "specific_capacity")
        self._inputs.of_material(name, "density")
        voltage = self._inputs.of_material(name, "discharge_voltage")
        self.active, self._capacity_key = name, new_capacity

        def swap(v: dict[str, Any], x: Values) -> None:
            # ratios, so that a density or a capacity that the file gives keeps its say
            v["solid_density"] = v["solid_density"] * self._mixture(x, name) / self._mixture(x, before)
            ratio = x[new_capacity] / x[old_capacity]
            v["areal_capacity"], v["cycled"] = v["areal_capacity"] * ratio, v["cycled"] * ratio
            v["thickness"] = relations.electrode_thickness(v["solids"], v["porosity"], v["solid_density"])
            v["voltage"] = x[voltage]

        return swap


def metal_relation(
    side: str, cell: Cell, electrode: MetalElectrode, inputs: Inputs
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


def between_relation(cell: Cell, inputs: Inputs) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
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


def housing_relation(cell: Cell, inputs: Inputs) -> Callable[[Mapping[str, Any], Any, Any], tuple[Any, Any]]:
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
