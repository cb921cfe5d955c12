"""Which layers a cell has, and what its equations are collected in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sparse

from natron.core.constants import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C
from natron.simulate.backend import pybamm

SMOOTH_CORNER = 1e-3
"""Width over which a corner of a function of straight pieces is rounded, as a share of its place."""


@dataclass(frozen=True, slots=True)
class Structure:
    """Which layers a cell has and how finely they are cut.

    Attributes
    ----------
    ceramic : bool
        A single-ion separator; without it the separator is a layer filled with liquid.
    cathode : bool
        A porous electrode at the other end; without it a second metal.
    separator_cells, cathode_cells, shells : int
        Finite volumes across a liquid separator, the cathode, and the radius of a particle.
    solid : bool
        Whether a solid electrolyte carries the ions in the cathode, with no liquid: no gradient of salt then.
    interlayer : bool
        Whether there is a layer in series between the separator and an electrode.
    films : tuple of str
        Metal electrodes (``negative``, ``counter``) with a film that alloys with the metal.
    interphases, wetted_faces : tuple of str
        Metal electrodes whose face reacts and grows an interphase, and those of them that a liquid wets.
    """

    ceramic: bool
    cathode: bool
    separator_cells: int = 20
    cathode_cells: int = 20
    shells: int = 18
    solid: bool = False
    interlayer: bool = False
    films: tuple[str, ...] = ()
    interphases: tuple[str, ...] = ()
    wetted_faces: tuple[str, ...] = ()

    @property
    def liquid(self) -> bool:
        """Whether there is any."""
        return self.cathode or not self.ceramic


def layout(structure: Structure, *, capacitive: bool, held: bool) -> tuple[dict[str, int], dict[str, int]]:
    """Lengths of the states that change in time, and of those that follow at once, in the order they stand in."""
    changing = {"charge": 1, "void negative": 1}
    changing |= {f"interphase {side}": 1 for side in structure.interphases}
    changing |= {f"dried {side}": 1 for side in structure.wetted_faces}
    following: dict[str, int] = {}
    arcs = ["negative"]
    if not structure.cathode:
        changing["void counter"] = 1
        arcs.append("counter")
    if structure.ceramic:
        arcs.append("boundary")
    if structure.liquid:
        cells = structure.cathode_cells if structure.cathode else 0
        changing["salt"] = cells + (0 if structure.ceramic else structure.separator_cells)
    if structure.cathode:
        changing |= dict.fromkeys(("contact", "wetted", "spent", "turn", "isolated", "lost salt"), 1)
        changing["sodium"] = structure.cathode_cells * structure.shells
        (changing if capacitive else following)["surface potential"] = structure.cathode_cells
        arcs += ["collector", *(["ceramic liquid"] if structure.ceramic else [])]
    if capacitive:
        changing |= {f"drop {name}": 1 for name in arcs}
    if held:
        following["current"] = 1
    return changing, following


class Builder:
    """Collects inputs, states and equations while a structure's parts are put together."""

    def __init__(self, structure: Structure, capacitive: bool, held: bool) -> None:
        self.pb = pybamm()
        self.structure, self.capacitive, self.held = structure, capacitive, held
        self.inputs: dict[str, None] = {}
        self.changing, self.following = layout(structure, capacitive=capacitive, held=held)
        self.sizes = self.changing | self.following
        ends = np.cumsum(list(self.sizes.values())).tolist()
        self.places = {name: slice(end - n, end) for (name, n), end in zip(self.sizes.items(), ends, strict=True)}
        self.rhs: dict[str, Any] = {}
        self.algebraic: dict[str, Any] = {}
        self.observed: dict[str, Any] = {}
        self.i = self.state("current") if held else self.p("current")
        self.thermal = self.p("temperature") * (BOLTZMANN_J_PER_K / ELEMENTARY_CHARGE_C)

    def p(self, name: str) -> Any:
        """The input of that name."""
        self.inputs[name] = None
        return self.pb.InputParameter(name)

    def state(self, name: str) -> Any:
        """A state, a plain number or a plain vector."""
        return self.pb.StateVector(self.places[name])

    def times(self, matrix: Any, vector: Any) -> Any:
        """A matrix times a vector."""
        return self.pb.Matrix(sparse.csr_matrix(matrix)) @ vector

    def total(self, vector: Any, size: int) -> Any:
        """Sum of a vector's entries."""
        return self.times(np.ones((1, size)), vector)

    def pieces(self, *values: tuple[int, Any]) -> Any:
        """A vector of constant pieces, each a length and its value."""
        whole = sum(count for count, _ in values)
        done, vector = 0, None
        for count, value in values:
            if count:
                column = np.zeros((whole, 1))
                column[done : done + count] = 1.0
                piece = self.pb.Vector(column) * value
                vector, done = piece if vector is None else vector + piece, done + count
        return vector

    def pieced(self, name: str, count: int, x: Any) -> Any:
        """A function of straight pieces: inputs ``<name> start``, and ``place`` and ``bend`` of each of its corners."""
        value = self.p(f"{name} start")
        for k in range(count):
            place = self.p(f"{name} place {k}")
            away, width = x - place, SMOOTH_CORNER * place
            value = value + self.p(f"{name} bend {k}") * 0.5 * (away + (away * away + width * width) ** 0.5)
        return value

    def arc(self, name: str, resistance: Any, capacitance: Any) -> Any:
        """Voltage over a resistance; with a capacitance beside it in the capacitive mode."""
        if not self.capacitive:
            return self.i * resistance
        drop = self.state(f"drop {name}")
        self.rhs[f"drop {name}"] = (self.i - drop / resistance) / capacitance
        return drop
