"""Design figures of a cell with their uncertainties, the breakdown of its stack and checks of its file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from natron.cell import Cell, PorousElectrode
from natron.core import Origin, Quantity, weakest_origin
from natron.core.compare import Verdict, compare, counted_uncertainty
from natron.core.uncertainty import Method, Propagated, propagate
from natron.design import relations
from natron.design.parts import NoSuchFigureError
from natron.design.stack import FIGURE_KINDS, Basis, StackModel, stack_model
from natron.design.steps import Step
from natron.materials import theoretical_specific_capacity_C_per_kg


@dataclass(frozen=True, slots=True)
class Share:
    """What one layer adds to the stack.

    Attributes
    ----------
    name, label : str
        Of the layer.
    thickness : Quantity
        0 for the liquid, which stands inside the cathode.
    areal_mass : Quantity
        kg/m².
    volume_share, mass_share : float
        Of the stack, 0 to 1.
    """

    name: str
    label: str
    thickness: Quantity
    areal_mass: Quantity
    volume_share: float
    mass_share: float


@dataclass(frozen=True, slots=True)
class Check:
    """A value the file gives against the same one derived from others.

    Attributes
    ----------
    name : str
        What is checked, as a dotted key.
    given, derived : Quantity
    verdict : str
        ``agrees`` or ``disagrees``.
    message : str
        For people.
    """

    name: str
    given: Quantity
    derived: Quantity
    verdict: Verdict
    message: str


@dataclass(frozen=True)
class Figures:
    """Design figures of one cell on one basis.

    Attributes
    ----------
    model : StackModel
        What they come from.
    values : Mapping[str, Quantity]
        By name, see `FIGURE_KINDS`; a cell without a porous electrode has no energy density.
    propagated : Mapping[str, Propagated]
        The same with derivatives and contributions, layers included.
    """

    model: StackModel
    values: Mapping[str, Quantity]
    propagated: Mapping[str, Propagated]

    def __getitem__(self, name: str) -> Quantity:
        if name not in self.values:
            raise NoSuchFigureError(
                f'{self.model.cell.name} has no figure "{name}" on the {self.model.basis} basis',
                allowed=", ".join(self.values),
            )
        return self.values[name]

    @property
    def breakdown(self) -> tuple[Share, ...]:
        """What each layer adds to thickness and mass, in the order of the stack."""
        shares = []
        total_m = self.propagated["stack_thickness"].value
        total_kg_m2 = self.propagated["areal_mass"].value
        for layer in self.model.layers:
            thickness = self._layer(f"thickness.{layer.name}", "length")
            mass = self._layer(f"mass.{layer.name}", "loading")
            volume = self._layer(f"volume.{layer.name}", "length").value or thickness.value
            shares.append(Share(layer.name, layer.label, thickness, mass, volume / total_m, mass.value / total_kg_m2))
        return tuple(shares)

    def _layer(self, name: str, kind_name: str) -> Quantity:
        if name not in self.propagated:
            return Quantity(0.0, None, kind_name, origin="predicted")
        return self.propagated[name].quantity(kind_name, origin=origin_of(self.propagated[name], self.model))


def figures(
    cell: Cell,
    basis: Basis = "theoretical",
    *,
    consistent: bool = False,
    steps: Sequence[Step] = (),
    method: Method = "auto",
) -> Figures:
    """Design figures of a cell: capacity, thicknesses, energy densities, each with its uncertainty.

    Parameters
    ----------
    cell : Cell
    basis : str
        ``theoretical`` (the positive electrode's full capacity) or ``measured`` (its discharge capacity).
    consistent : bool
        Derive all from loading and thickness instead of taking values as given.
    steps : sequence of Step
        What-if steps, each built on the one before.
    method : str
        How uncertainty is propagated; see `natron.core.uncertainty.propagate`.

    Raises
    ------
    NoSuchFigureError
        Where the cell lacks what the basis or a step needs.
    CellError
        Where the numbers cannot be those of a cell.
    MaterialError
        Where a density or a capacity is not known.

    Source: Lowack et al. 2025, Eqs. 1 and 5, DOI 10.1080/10667857.2025.2560836.
    """
    model = stack_model(cell, basis, consistent=consistent, steps=steps)
    propagated = propagate(model, model.inputs, method=method)
    values = {
        name: propagated[name].quantity(FIGURE_KINDS[name], origin=origin_of(propagated[name], model))
        for name in FIGURE_KINDS
        if name in propagated
    }
    return Figures(model, values, propagated)


def origin_of(result: Propagated, model: StackModel) -> Origin:
    """Origin of a figure: of an input that it merely repeats, else the weakest it depends on, or `predicted`."""
    if list(result.derivatives.values()) == [1.0]:
        (only,) = result.derivatives
        return model.inputs[only].origin
    return weakest_origin(model.inputs[name].origin for name in result.derivatives)


def separator_resistance(cell: Cell) -> Quantity:
    """Area-specific resistance d/σ of the separator at the cell's temperature.

    Raises
    ------
    MaterialError
        Where its conductivity is not known (at that temperature).
    """
    conductivity = cell.material(cell.separator.material).law("conductivity").value_at(cell.operation.temperature.value)
    inputs = {"thickness": cell.separator.thickness, "conductivity": conductivity}
    result = propagate(lambda x: {"resistance": relations.layer_resistance(x["thickness"], x["conductivity"])}, inputs)[
        "resistance"
    ]
    return result.quantity("area_specific_resistance", origin=weakest_origin(q.origin for q in inputs.values()))


def reference_area_m2(cell: Cell) -> float | None:
    """Area of the smaller electrode, m², to which areal figures refer; None where no diameter is given."""
    diameters = [e.diameter.value for e in (cell.negative, cell.counter) if e.diameter is not None]
    return math.pi / 4 * min(diameters) ** 2 if diameters else None


def cell_capacity(figures: Figures) -> Quantity | None:
    """Charge of the whole cell: areal capacity times reference area; None where no diameter is given."""
    area = reference_area_m2(figures.model.cell)
    q = figures.values["areal_capacity"]
    if area is None:
        return None
    return Quantity(
        q.value * area, q.standard_uncertainty * area or None, "capacity", origin=q.origin, uncertainty_kind="sd"
    )


def describe_area(cell: Cell) -> str:
    """One sentence saying which area the figures refer to."""
    area = reference_area_m2(cell)
    if area is None:
        return "Figures are per area; the file gives no electrode diameter."
    sides = {"negative": cell.negative.diameter, "positive": cell.counter.diameter}
    known = {side: q for side, q in sides.items() if q is not None}
    smaller = min(known, key=lambda side: known[side].value)
    text = f"Areal figures refer to {area * 1e4:.3f} cm², "
    if len(known) == 2 and known["negative"].value != known["positive"].value:
        return text + f"the {smaller} electrode ({known[smaller]}), the smaller one."
    return text + f"an electrode of {known[smaller]}."


def checks(cell: Cell) -> tuple[Check, ...]:
    """What the file says twice: each given value against the one that follows from the others."""
    found: list[Check] = []
    positive = cell.positive
    if isinstance(positive, PorousElectrode):
        found += _electrode_checks(cell, positive)
        found += _capacity_checks(cell)
    return tuple(found)


def _electrode_checks(cell: Cell, electrode: PorousElectrode) -> list[Check]:
    found = []
    names = list(electrode.composition)
    inputs = {f"w.{name}": electrode.composition[name] for name in names}
    inputs |= {f"rho.{name}": cell.material(name).property("density") for name in names}

    def mixture(x: Mapping[str, object]) -> object:
        return relations.solid_density([x[f"w.{n}"] for n in names], [x[f"rho.{n}"] for n in names])

    if electrode.solid_density is not None:
        found.append(
            _check("positive.solid_density", electrode.solid_density, mixture, inputs, "the composition gives")
        )
        inputs["rho"] = electrode.solid_density
    if electrode.loading is not None and electrode.thickness is not None and electrode.porosity is not None:
        inputs |= {"m": electrode.loading, "d": electrode.thickness}
        found.append(
            _check(
                "positive.porosity",
                electrode.porosity,
                lambda x: relations.porosity(x["m"], x["d"], x["rho"] if "rho" in x else mixture(x)),
                inputs,
                "loading and thickness give",
            )
        )
    capacity = electrode.specific_capacity
    active = cell.material(electrode.active)
    if capacity is not None and active.formula and active.electrons:
        theory = theoretical_specific_capacity_C_per_kg(active.formula, active.electrons)
        found.append(
            _check("positive.specific_capacity", capacity, lambda _: theory, {}, f"{active.formula} gives", 0.01)
        )
    if electrode.areal_capacity is not None and electrode.loading is not None:
        specific = capacity if capacity is not None else active.property("specific_capacity")
        found.append(
            _check(
                "positive.areal_capacity",
                electrode.areal_capacity,
                lambda x: relations.areal_capacity(x["m"], x["w"], x["c"]),
                {"m": electrode.loading, "w": electrode.composition[electrode.active], "c": specific},
                f"loading {electrode.loading} gives",
            )
        )
    return found


def _capacity_checks(cell: Cell) -> list[Check]:
    model = stack_model(cell)
    theoretical = propagate(model, model.inputs, method="linear")["areal_capacity"]
    limit = theoretical.quantity("areal_capacity", origin="predicted")
    found = []
    for name in ("discharge_capacity", "first_charge_capacity"):
        given = getattr(cell.measured, name)
        if given is None:
            continue
        result = compare(given.value, counted_uncertainty(given), limit.value, limit.standard_uncertainty, "at_most")
        words = "within" if result.verdict == "agrees" else "above"
        found.append(
            Check(
                f"measured.{name}",
                given,
                limit,
                result.verdict,
                f"{given} is {words} the theoretical {limit}",
            )
        )
    for phase in ("formation", "cycling"):
        current, rate = getattr(cell.measured, f"{phase}_current"), getattr(cell.measured, f"{phase}_rate")
        if current is not None and rate is not None and rate.kind == "c_rate":
            found.append(
                _check(
                    f"measured.{phase}_rate",
                    rate,
                    lambda x: relations.c_rate(x["j"], x["q"]),
                    {"j": current, "q": limit},
                    f"{current} over the theoretical capacity gives",
                )
            )
    return found


def _check(
    name: str,
    given: Quantity,
    relation: object,
    inputs: Mapping[str, Quantity],
    words: str,
    relative_tolerance: float = 0.0,
) -> Check:
    """Compare a given value with `relation` over `inputs`, each with its ± or else its rounding."""
    counted = {
        key: Quantity(q.value, counted_uncertainty(q), q.kind, uncertainty_kind="sd") for key, q in inputs.items()
    }
    assert callable(relation)
    result = propagate(lambda x: {"value": relation(x)}, counted)["value"]
    derived = result.quantity(given.kind, origin="predicted")
    spread = math.hypot(result.standard_uncertainty, relative_tolerance * result.value)
    outcome = compare(given.value, counted_uncertainty(given), derived.value, spread)
    relation_words = "and" if outcome.verdict == "agrees" else "but"
    message = f"the file says {given} {relation_words} {words} {derived}"
    if outcome.verdict == "disagrees":
        message += f" ({outcome.percent:+.1f} %)" if outcome.percent is not None else ""
    return Check(name, given, derived, outcome.verdict, message)
