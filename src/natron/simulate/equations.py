"""The equations of a cell: metal | ceramic | liquid-filled porous electrode, or as much of that as it has.

One set, two modes. *Quasi-steady*: double layers are in equilibrium with the current, for hours to years of time.
*Capacitive*: each interface and the grain boundaries hold their charge, for impedance. All is per area; i > 0 charges
the cell, plating the metal at x = 0.

    metal          η = (2RT/F) asinh[i/(2 j₀ θ)], j₀ = RT/(F R_ct); R_con(θ); θ = 1 − φ, φ as `interface.voids`
    its interphase `natron.simulate.interphase`, where the metal reduces the ceramic
    its film       E of the alloy against the metal over the metal in it, as `interface.film`
    interlayer     i R
    ceramic        i (R_grain + R_boundary): ions of one kind, hence no concentration
    porous cathode `natron.simulate.electrode`
    collector      i R_cc, dR_cc/dt = (R_∞(P) − R_cc)/τ, R_∞ ∝ P^(−m)

Every number is an input of the model, so that one set of equations serves all cells of a structure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sparse

from natron.interface.alloys.film import CURVE_KNOTS
from natron.interface.pressing.contact import interface_conductance_S_m2
from natron.interface.pressing.fixture import pressure_change_Pa
from natron.interface.shorts.voids import PARAMETERS as VOID_PARAMETERS
from natron.interface.shorts.voids import VoidModel
from natron.simulate.backend import casadi, pybamm
from natron.simulate.building import Builder, Structure
from natron.simulate.electrode import SPLIT, cathode, liquid_separator, smooth_positive
from natron.simulate.interphase import reacting_face

SMOOTH_VOID = 1e-6
"""Width over which a void fraction is kept from 0: hard corners stop the solver."""

SMOOTH_CURRENT_A_M2 = 1e-3
"""Width of the corner where stripping starts to leave voids."""

SMOOTH_PRESSURE_PA = 1.0
UNIT_PRESSURE_PA = 1e6
"""Pressure at which the settled contact resistance is stated."""

UNIT_CONTACT_OHM_M2 = 1e-2
"""Unit of the state that holds the contact resistance."""

LEAST_CONTACT = 0.01
"""Contact fraction at which a run stops: contact is lost."""

LEAST_WETTED = 0.02
"""Wetted share at which a run stops: the cathode has run dry."""

PARTS = (
    "metal_interface", "interphase", "constriction", "interlayer", "separator_grain", "separator_boundary",
    "ceramic_liquid", "ceramic_composite", "liquid", "composite_ions", "charge_transfer", "solid_diffusion", "solid",
    "collector",
)  # fmt: skip
"""What a cell loses voltage in, from the metal to the collector."""

EVENTS = (
    "lower_voltage", "upper_voltage", "contact_lost", "metal_exhausted", "ran_dry", "least_current",
)  # fmt: skip
"""What ends a step, in the order of the model's events."""


@dataclass(frozen=True, eq=False)
class Equations:
    """A discretised model and where things stand in it.

    Attributes
    ----------
    structure : Structure
    capacitive, held : bool
        Mode; whether the voltage is set instead of the current.
    model : pybamm.BaseModel
        Discretised. Its initial state is the input ``state``.
    inputs : tuple of str
        Names of its inputs in order, ``state`` left out.
    places : Mapping[str, slice]
        Where each state stands in the vector of all.
    observed : Mapping[str, Any]
        Discretised expressions by name.
    """

    structure: Structure
    capacitive: bool
    held: bool
    model: Any
    inputs: tuple[str, ...]
    places: Mapping[str, slice]
    observed: Mapping[str, Any] = field(repr=False)

    @property
    def size(self) -> int:
        """Number of states."""
        return max(int(place.stop) for place in self.places.values())


class _Smooth:
    """Functions for `VoidModel.rate` that PyBaMM can differentiate."""

    @staticmethod
    def exp(x: Any) -> Any:
        return pybamm().exp(x)

    @staticmethod
    def maximum(x: Any, y: Any) -> Any:
        return y + smooth_positive(x - y, SMOOTH_CURRENT_A_M2)


@lru_cache(maxsize=32)
def equations(structure: Structure, *, capacitive: bool = False, held: bool = False) -> Equations:
    """The equations of a structure, discretised; kept, since they hold no number of a cell.

    Parameters
    ----------
    structure : Structure
    capacitive : bool
        With double layers, for impedance.
    held : bool
        The voltage is the input, the current an unknown.
    """
    builder = Builder(structure, capacitive, held)
    drops = _drops(builder)
    # an electrode's potential itself, not the sum of its losses: they are shared out by weights whose slopes at no
    # current are so steep that their sum would leave rounding in the impedance
    voltage = builder.observed.get("electrode", builder.pb.Scalar(0))
    for name, value in drops.items():
        builder.observed[f"loss.{name}"] = value
        if not (structure.cathode and name in SPLIT):
            voltage = voltage + value
    if structure.films:
        alloys = _alloys(builder)
        voltage = voltage + alloys
        builder.observed["equilibrium"] = builder.observed.get("equilibrium", builder.pb.Scalar(0)) + alloys
    builder.observed |= {"voltage": voltage, "current": builder.i}
    if held:
        builder.algebraic["current"] = voltage - builder.p("held_voltage")
    return _discretised(builder, voltage)


def _drops(b: Builder) -> dict[str, Any]:
    """Losses of every part, V, and with them all states."""
    p = b.p
    charge = b.state("charge")
    b.rhs["charge"] = b.i / p("capacity")
    change = pressure_change_Pa(p("stiffness"), p("area"), p("breathing"), charge * p("capacity"))
    pressure = smooth_positive(p("pressure") + change, SMOOTH_PRESSURE_PA)
    b.observed |= {"charge": charge, "pressure": pressure}
    b.observed["metal"] = p("metal_start") + charge * p("capacity")
    drops: dict[str, Any] = {}
    _metal(b, drops, "negative", b.i, pressure)
    if not b.structure.cathode:
        b.observed["counter_metal"] = p("counter_metal_start") - charge * p("capacity")
        _metal(b, drops, "counter", -b.i, pressure)
    if b.structure.interlayer:
        drops["interlayer"] = b.i * p("interlayer_resistance")
    if b.structure.ceramic:
        drops["separator_grain"] = b.i * p("grain_resistance")
        drops["separator_boundary"] = b.arc("boundary", p("boundary_resistance"), p("boundary_capacitance"))
    if b.structure.cathode:
        cathode(b, drops)
        _collector(b, drops, pressure)
    elif b.structure.liquid:
        liquid_separator(b, drops)
    return drops


def _metal(b: Builder, drops: dict[str, Any], side: str, plating: Any, pressure: Any) -> None:
    """One metal electrode at its own plating current: its losses, and the voids that stripping leaves."""
    p = b.p
    sign = 1 if side == "negative" else -1
    void = b.state(f"void {side}")
    model = VoidModel.of(p("molar_volume"), {name: p(name) for name in VOID_PARAMETERS})
    rate = model.rate(void, -plating, pressure, p("temperature"), p("closure_rate"), xp=_Smooth)
    b.rhs[f"void {side}"] = p(f"voids_grow_{side}") * rate
    contact = 1 - smooth_positive(void, SMOOTH_VOID)
    b.observed[f"contact {side}"] = contact
    transfer = p(f"{side}_resistance")
    if side in b.structure.interphases:
        transfer = _film_drop(b, drops, side, plating, contact)
    else:
        _kinetic_drop(b, drops, side, plating, contact, transfer)
    if b.structure.ceramic:
        # the law gives contact and constriction together; the contact's own part is taken off again
        whole = 1 / interface_conductance_S_m2(contact, transfer, p("conductivity"), p("spot_spacing"))
        drops["constriction"] = drops.get("constriction", 0) + sign * plating * (whole - transfer / contact)


def _kinetic_drop(b: Builder, drops: dict[str, Any], side: str, plating: Any, contact: Any, transfer: Any) -> None:
    """Charge transfer of metal on a ceramic that it leaves alone."""
    p = b.p
    exchange = b.thermal / transfer * contact
    if b.capacitive:
        eta = b.state(f"drop {side}")
        flowing = 2 * exchange * b.pb.sinh(eta / (2 * b.thermal))
        b.rhs[f"drop {side}"] = (plating - flowing) / (p(f"{side}_capacitance") * contact)
    else:
        eta = 2 * b.thermal * b.pb.arcsinh(plating / (2 * exchange))
    drops["metal_interface"] = drops.get("metal_interface", 0) + (1 if side == "negative" else -1) * eta


def _film_drop(b: Builder, drops: dict[str, Any], side: str, plating: Any, contact: Any) -> Any:
    """A face that grows an interphase, ohmic; the resistance of its fresh part."""
    whole, fresh = reacting_face(b, side)
    eta = plating * whole / contact
    if b.capacitive:
        eta = b.state(f"drop {side}")
        b.rhs[f"drop {side}"] = (plating - eta * contact / whole) / (b.p(f"{side}_capacitance") * contact)
    for part, share in (("metal_interface", fresh / whole), ("interphase", 1 - fresh / whole)):
        drops[part] = drops.get(part, 0) + (1 if side == "negative" else -1) * eta * share
    return fresh


def _alloys(b: Builder) -> Any:
    """What the alloys of films take of the voltage, or give to it, V: their potentials against the metal."""
    total: Any = 0
    for side, sodium, sign in (("negative", "metal", -1), ("counter", "counter_metal", 1)):
        if side in b.structure.films:
            potential = b.pieced(f"{side} film", CURVE_KNOTS, b.observed[sodium])
            b.observed[f"alloy {side}"] = potential
            total = total + sign * potential
    return total


def _collector(b: Builder, drops: dict[str, Any], pressure: Any) -> None:
    """Contact of cathode and collector, settling towards what the pressure gives."""
    p = b.p
    contact = b.state("contact")
    settled = p("contact_settled") * (pressure / UNIT_PRESSURE_PA) ** (-p("contact_pressure_exponent"))
    b.rhs["contact"] = (settled / UNIT_CONTACT_OHM_M2 - contact) * p("contact_settling_rate")
    drops["collector"] = b.arc("collector", contact * UNIT_CONTACT_OHM_M2, p("contact_capacitance"))


def _discretised(b: Builder, voltage: Any) -> Equations:
    """The collected equations as a discretised PyBaMM model whose initial state is an input."""
    pb, p = b.pb, b.p
    missing = set(b.sizes) ^ {*b.rhs, *b.algebraic}
    assert not missing, f"states without an equation, or equations without a state: {missing}"
    model = _model_class()("natron cell")
    names = {name: pb.Variable(name) for name in b.sizes}
    # equations on plain vectors need no mesh: what a discretisation would fill in is filled in here
    model.rhs = {names[name]: b.rhs[name] for name in b.changing}
    model.algebraic = {names[name]: b.algebraic[name] for name in b.following}
    model.concatenated_rhs = pb.numpy_concatenation(*model.rhs.values())
    model.concatenated_algebraic = pb.numpy_concatenation(*model.algebraic.values())
    model.len_rhs, model.len_alg = sum(b.changing.values()), sum(b.following.values())
    size = model.len_rhs_and_alg = model.len_rhs + model.len_alg
    model.y_slices = {names[name]: [place] for name, place in b.places.items()}
    model.bounds = (np.full(size, -np.inf), np.full(size, np.inf))
    model.mass_matrix = pb.Matrix(sparse.diags(np.r_[np.ones(model.len_rhs), np.zeros(model.len_alg)]).tocsr())
    state = pb.InputParameter("state", expected_size=size)
    model.initial_conditions = {names[name]: pb.Index(state, place) for name, place in b.places.items()}
    model.concatenated_initial_conditions = state
    contacts = [value for name, value in b.observed.items() if name.startswith("contact ")]
    metals = [p("stripping_negative") * b.observed["metal"] + (1 - p("stripping_negative")) * p("capacity")]
    if "counter_metal" in b.observed:
        other = p("stripping_counter")
        metals.append(other * b.observed["counter_metal"] + (1 - other) * p("capacity"))
    model.events = [
        pb.Event("lower_voltage", voltage - p("lower_voltage")),
        pb.Event("upper_voltage", p("upper_voltage") - voltage),
        *(pb.Event("contact_lost", value - LEAST_CONTACT) for value in contacts),
        *(pb.Event("metal_exhausted", value / p("capacity")) for value in metals),
    ]
    if "wetted" in b.observed:
        model.events.append(pb.Event("ran_dry", b.observed["wetted"] - LEAST_WETTED))
    if b.held:
        model.events.append(pb.Event("least_current", (b.i * b.i) ** 0.5 - p("least_current")))
    model.is_discretised = True
    return Equations(b.structure, b.capacitive, b.held, model, tuple(sorted(b.inputs)), b.places, dict(b.observed))


@lru_cache(maxsize=1)
def _model_class() -> Any:
    """PyBaMM's model, its Jacobian taken from scalar operations: of 250 states that is several times quicker."""
    casadi_ = casadi()

    class _Model(pybamm().BaseModel):  # type: ignore[misc]
        def build_casadi_jacobian(self, expression: Any, y: Any) -> Any:
            states = [each for each in casadi_.symvar(y) if each.numel()]
            names = {each.name() for each in states}
            symbols = states + [each for each in casadi_.symvar(expression) if each.name() not in names]
            plain = casadi_.Function("plain", symbols, [expression]).expand()
            scalars = [casadi_.SX.sym(each.name(), each.shape) for each in symbols]
            slope = casadi_.jacobian(plain(*scalars), casadi_.vertcat(*scalars[: len(states)]))
            return casadi_.Function("slope", scalars, [slope])(*symbols)

    return _Model
