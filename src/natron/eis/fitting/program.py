"""A circuit made ready for the fit: internal coordinates and the form the engines read."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np

from natron.eis.circuits.elements import Complex
from natron.eis.circuits.notation import Circuit, Leaf, Node, Parallel, Series, evaluate
from natron.eis.fitting.equations import CODES, SERIES_CODES, ZARC, Array, Index, Kind

Role = Literal["arc", "capacitor_arc", "admittance", "plain"]


@dataclass(frozen=True, slots=True)
class Part:
    """One element of the program and the circuit parameters it stands for.

    ``arc`` is p(R,CPE) and ``capacitor_arc`` p(R,C), both kept as (ln R, ln τ, n), in which overlapping
    arcs are nearly independent; ``admittance`` has a pair Q, n kept as the admittance at mid-frequency and n.
    """

    role: Role
    code: int
    at: int
    natives: tuple[int, ...]

    @property
    def is_arc(self) -> bool:
        """Whether it is kept as an arc that the circuit does not write as one element."""
        return self.role in ("arc", "capacitor_arc")

    @property
    def width(self) -> int:
        """How many coordinates it has."""
        return 3 if self.is_arc else len(self.natives)


class Watched(NamedTuple):
    """A coordinate that is one parameter alone, and what is asked of its result."""

    at: int
    native: int
    name: str
    unit: str
    logarithmic: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A branch of the top-level series.

    Attributes
    ----------
    node : Leaf, Series or Parallel
    first, last : int
        Its place in x.
    signature : str
        Its shape: branches of equal signature can trade places, unless they are constrained.
    constrained : bool
        Whether the user fixed or bounded one of its parameters.
    parts : tuple
        Its compiled elements.
    """

    node: Node
    first: int
    last: int
    signature: str
    constrained: bool
    parts: tuple[Part, ...]

    @property
    def is_arc(self) -> bool:
        """Whether x holds it as (ln R, ln τ, n)."""
        return len(self.parts) == 1 and self.parts[0].code == ZARC

    def clock(self, x: Array) -> float | None:
        """ln τ of an arc, also of one kept as p(R,CPE) or p(R,C); None for other branches."""
        if self.is_arc:
            return float(x[self.first + 1])
        if self.signature not in ("p(CPE,R)", "p(C,R)"):
            return None
        at = {len(part.natives): part.at for part in self.parts}
        if self.signature == "p(CPE,R)":
            return float((x[at[1]] + x[at[2]]) / x[at[2] + 1])
        return float(x[self.first] + x[self.first + 1])


@dataclass(frozen=True, eq=False)
class Program:
    """A circuit of P parameters in X internal coordinates.

    Attributes
    ----------
    circuit : Circuit
    parts : tuple
        Compiled elements.
    blocks : tuple of Block
        Branches of the top-level series.
    tree : tuple of ndarray
        The circuit in the form `natron.eis.fitting.equations.model` reads, except for reference frequencies.
    kind : str
        The fastest engine that takes it.
    size : int
        X.
    always_fixed : ndarray of int
        Coordinates that no parameter stands for: the exponent of a p(R,C).
    """

    circuit: Circuit
    parts: tuple[Part, ...]
    blocks: tuple[Block, ...]
    tree: tuple[Index, ...]
    kind: Kind
    size: int
    always_fixed: Index

    @cached_property
    def logarithmic(self) -> Any:
        """(X,) booleans: which coordinates are logarithms."""
        result = np.ones(self.size, dtype=np.bool_)
        for part in self.parts:
            if part.is_arc:
                result[part.at + 2] = False
            else:
                for j, native in enumerate(part.natives):
                    result[part.at + j] = self.circuit.parameters[native].logarithmic
        return result

    @cached_property
    def longest(self) -> Array:
        """(X,) longest step of each coordinate: arcs that leap across one another do not come back."""
        return np.where(self.logarithmic, 1.5, 0.15)

    @cached_property
    def scaling(self) -> Array:
        """(X,) change of each coordinate with ln of the impedance's scale."""
        result = np.zeros(self.size)
        for part in self.parts:
            if part.is_arc:
                result[part.at] = 1.0
            else:
                for j, native in enumerate(part.natives):
                    result[part.at + j] = self.circuit.parameters[native].scaling
        return result

    @cached_property
    def watched(self) -> tuple[Watched, ...]:
        """Every coordinate that stands for one parameter."""
        names, parameters = self.circuit.parameter_names, self.circuit.parameters
        return tuple(
            Watched(part.at + j, native, names[native], parameters[native].unit, parameters[native].logarithmic)
            for part in self.parts
            for j, native in enumerate(part.natives)
            if not (part.is_arc and j == 1)
        )

    @cached_property
    def arcs(self) -> tuple[tuple[int, int], ...]:
        """Of each arc the place of its ln τ and of its resistance among the parameters."""
        return tuple((part.at + 1, part.natives[0]) for part in self.parts if part.code == ZARC)

    @cached_property
    def equals(self) -> tuple[tuple[int, ...], ...]:
        """Where equal, unconstrained arcs begin: those may trade places."""
        groups: dict[str, list[int]] = {}
        for block in self.blocks:
            if block.is_arc and not block.constrained:
                groups.setdefault(block.signature, []).append(block.first)
        return tuple(tuple(places) for places in groups.values() if len(places) > 1)

    @cached_property
    def settled(self) -> bool:
        """Whether sorting equal arcs puts all into order, since none is constrained."""
        return not any(block.constrained for block in self.blocks)

    def order(self, x: Array) -> Index | None:
        """The permutation of coordinates that sorts equal, unconstrained arcs by rising time constant, if any."""
        if all(x[a + 1] <= x[b + 1] for places in self.equals for a, b in pairwise(places)):
            return None
        moved = np.arange(self.size)
        for places in self.equals:
            for place, source in zip(places, sorted(places, key=lambda at: float(x[at + 1])), strict=True):
                moved[place : place + 3] = source, source + 1, source + 2
        return moved

    def in_order(self, x: Array) -> bool:
        """Whether equal arcs, those that may trade places being sorted, come by rising time constant."""
        before: dict[str, float] = {}
        for block in self.blocks:
            clock = block.clock(x)
            if clock is None:
                continue
            if clock < before.get(block.signature, -math.inf):
                return False
            before[block.signature] = clock
        return True

    def form(self, kind: Kind, ref: float) -> Any:
        """The circuit as the engine of that kind reads it; `ref` is the ln 2πf of mid-frequency."""
        if kind == "numpy":
            return self._numpy_form(ref)
        codes, places, *tree = self.tree
        refs = np.array([ref if part.role == "admittance" else 0.0 for part in self.parts])
        if kind == "series":
            return np.stack([codes, places], axis=1), refs
        return codes, places, refs, *tree

    def _numpy_form(self, ref: float) -> Any:
        def program(x: Array, lw: Array) -> tuple[Complex, Complex]:
            values, turn = self.to_native(x, ref)
            z, rows, _ = evaluate(self.circuit.root, values, 1j * np.exp(lw), 0)
            native = np.concatenate(rows)
            inner = np.zeros((self.size, len(lw)), dtype=np.complex128)
            # part by part: the full product is mostly zeros
            for part in self.parts:
                own, end = list(part.natives), part.at + part.width
                inner[part.at : end] = np.einsum("pi,pk->ik", turn[own, part.at : end], native[own])
            return z, inner

        return program

    def to_native(self, x: Array, ref: float) -> tuple[Array, Array]:
        """Parameter values (P,) at `x`, and their derivatives (P, X)."""
        inner: list[float] = x.tolist()
        values = [0.0] * len(self.circuit.parameters)
        turn = np.zeros((len(values), self.size))
        for part in self.parts:
            at = part.at
            if part.is_arc:
                log_r, tau, n = inner[at : at + 3]
                resistance, second = part.natives[:2]
                values[resistance] = turn[resistance, at] = math.exp(log_r)
                values[second] = q = _exp(n * tau - log_r)
                turn[second, at : at + 3] = -q, n * q, tau * q
                if part.role == "arc":
                    values[part.natives[2]] = n
                    turn[part.natives[2], at + 2] = 1.0
                continue
            for j, native in enumerate(part.natives):
                if self.circuit.parameters[native].logarithmic:
                    values[native] = turn[native, at + j] = _exp(inner[at + j])
                else:
                    values[native] = inner[at + j]
                    turn[native, at + j] = 1.0
            if part.role == "admittance":
                # Q and n are the last two parameters of every element that has them
                j = len(part.natives) - 2
                native = part.natives[j]
                values[native] = q = _exp(inner[at + j] - inner[at + j + 1] * ref)
                turn[native, at + j : at + j + 2] = q, -ref * q
        return np.array(values), turn

    def to_internal(self, values: Array, ref: float) -> Array:
        """Coordinates (X,) of the parameter values (P,)."""
        x = np.ones(self.size)
        for part in self.parts:
            at = part.at
            own = [float(values[native]) for native in part.natives]
            if part.is_arc:
                n = own[2] if part.role == "arc" else 1.0
                x[at : at + 3] = math.log(own[0]), (math.log(own[0]) + math.log(own[1])) / n, n
                continue
            for j, (native, value) in enumerate(zip(part.natives, own, strict=True)):
                x[at + j] = math.log(value) if self.circuit.parameters[native].logarithmic else value
            if part.role == "admittance":
                x[at + len(own) - 2] += own[-1] * ref
        return x

    def spans(self, lw: Array) -> tuple[Array, Array, Array]:
        """Lowest and highest coordinates for impedances of 1 ohm, and how they move with ln |Z|, (X,) each.

        An impedance stays within 1e-6 and 1e6 of the data and a time constant within three decades of the
        window `lw`, which falls: beyond, nothing can be seen and the fit would only drift.
        """
        low, high, moved = np.empty(self.size), np.empty(self.size), np.zeros(self.size)
        slow, fast = float(lw[-1]), float(lw[0])
        half, far = 0.5 * (fast - slow), math.log(1e6)
        spans = {
            "ohm": (-far, far, 1.0),
            "H": (-far - fast, far - slow, 1.0),
            "F": (-far - fast, far - slow, -1.0),
            "S": (-far - half, far + half, -1.0),
            "ohm.s^-1/2": (-far + 0.5 * slow, far + 0.5 * fast, 1.0),
            "s": (-fast - math.log(1e3), -slow + math.log(1e3), 0.0),
        }
        for part in self.parts:
            at = part.at
            for j, native in enumerate(part.natives):
                parameter = self.circuit.parameters[native]
                span = (parameter.low, parameter.high, 0.0)
                if parameter.logarithmic:
                    unit = "S" if part.role == "admittance" and j == len(part.natives) - 2 else parameter.unit
                    span = spans.get(unit, (-230.0, 230.0, 0.0))
                low[at + j], high[at + j], moved[at + j] = span
            if part.is_arc:
                low[at + 1], high[at + 1], moved[at + 1] = spans["s"]
                low[at + 2], high[at + 2] = 0.2, 1.0
        return low, high, moved

    def bind(self, bounds: Mapping[str, tuple[float, float]], low: Array, high: Array) -> None:
        """Put the user's bounds into `low` and `high` (X,).

        A constraint on Q or C of an arc never comes here, since such an arc is not taken as one.
        """
        for watched in self.watched:
            if watched.name not in bounds:
                continue
            at, (bottom, top) = watched.at, bounds[watched.name]
            if watched.logarithmic:
                # an open side stays open where the other lies beyond the usual limits
                bottom = math.log(bottom) if bottom > 0 else -math.inf
                top = math.log(top) if top < math.inf else math.inf
                bottom, top = (
                    bottom if bottom > -math.inf else min(low[at], top - 30),
                    top if top < math.inf else max(high[at], bottom + 30),
                )
            low[at], high[at] = bottom, top

    def places_of(self, names: Collection[str]) -> list[int]:
        """Coordinates of these parameters; the Q or C of an arc has none of its own."""
        return [watched.at for watched in self.watched if watched.name in names]


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))


@lru_cache(maxsize=256)
def lower(circuit: Circuit, constrained: frozenset[str]) -> Program:
    """The program of a circuit some of whose parameters are fixed or bounded.

    An arc whose Q or C is constrained stays p(R,CPE): in (R, τ, n) that constraint would be curved. For the
    same reason a constrained Q elsewhere is a coordinate itself.
    """
    names = circuit.parameter_names
    parts: list[Part] = []
    node_leaf: list[int] = []
    node_is_parallel: list[int] = []
    node_parent: list[int] = []
    place = 0
    native = 0
    fixed: list[int] = []

    def add(node: Node) -> int:
        nonlocal place, native
        arc = _as_arc(node, native, names, constrained)
        if arc is not None or isinstance(node, Leaf):
            if arc is not None:
                role, natives = arc
                part = Part(role, ZARC, place, natives)
                native += 3 if role == "arc" else 2
                if role == "capacitor_arc":
                    fixed.append(place + 2)
                place += 3
            else:
                assert isinstance(node, Leaf)
                count = len(node.element.parameters)
                natives = tuple(range(native, native + count))
                q_and_n = [p.name for p in node.element.parameters[-2:]] == ["Q", "n"]
                free_q = q_and_n and names[natives[-2]] not in constrained
                compiled_here = node.element.symbol in CODES
                part = Part(
                    "admittance" if free_q and compiled_here else "plain",
                    CODES.get(node.element.symbol, -1),
                    place,
                    natives,
                )
                native += count
                place += count
            parts.append(part)
            node_leaf.append(len(parts) - 1)
            node_is_parallel.append(0)
        else:
            assert not isinstance(node, Leaf)
            children = [add(child) for child in node.children]
            node_leaf.append(-1)
            node_is_parallel.append(1 if isinstance(node, Parallel) else 0)
            for child in children:
                node_parent[child] = len(node_leaf) - 1
        node_parent.append(-1)
        return len(node_leaf) - 1

    blocks: list[Block] = []
    top = circuit.root.children if isinstance(circuit.root, Series) else (circuit.root,)
    roots = []
    for node in top:
        before, parts_before, native_before = place, len(parts), native
        roots.append(add(node))
        held = bool(constrained.intersection(names[native_before:native]))
        blocks.append(Block(node, before, place, _signature(node), held, tuple(parts[parts_before:])))
    if len(roots) > 1:
        node_leaf.append(-1)
        node_is_parallel.append(0)
        node_parent.append(-1)
        for child in roots:
            node_parent[child] = len(node_leaf) - 1
    flat = all(leaf >= 0 for leaf in node_leaf[: len(node_leaf) - (len(roots) > 1)])
    codes = [part.code for part in parts]
    tree = tuple(
        np.array(a, dtype=np.int64)
        for a in (codes, [part.at for part in parts], node_leaf, node_is_parallel, node_parent)
    )
    kind: Kind = "numpy" if -1 in codes else "series" if flat and SERIES_CODES.issuperset(codes) else "tree"
    always = np.array(fixed, dtype=np.int64)
    return Program(circuit, tuple(parts), tuple(blocks), tree, kind, place, always)


def _as_arc(
    node: Node, native: int, names: tuple[str, ...], constrained: frozenset[str]
) -> tuple[Role, tuple[int, ...]] | None:
    """Role and parameters (R, Q or C, n) of a node that is p(R,CPE) or p(R,C) with Q or C free."""
    if not isinstance(node, Parallel) or len(node.children) != 2:
        return None
    symbols = [child.element.symbol if isinstance(child, Leaf) else "" for child in node.children]
    for capacitive, width in (("CPE", 2), ("C", 1)):
        if sorted(symbols) == sorted(["R", capacitive]):
            resistance = native if symbols[0] == "R" else native + width
            second = native + 1 if symbols[0] == "R" else native
            if names[second] in constrained:
                return None
            if width == 2:
                return "arc", (resistance, second, second + 1)
            return "capacitor_arc", (resistance, second)
    return None


def _signature(node: Node) -> str:
    """The shape of a branch without its labels: equal branches can trade places."""
    if isinstance(node, Leaf):
        return node.element.symbol
    inside = sorted(_signature(child) for child in node.children)
    return ("p" if isinstance(node, Parallel) else "s") + f"({','.join(inside)})"
