"""A circuit made ready for the fit: internal coordinates, compiled form, and candidates for its starts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import Any, Literal

import numpy as np

from natron.eis._engine import CODES, ZARC, Array, Index
from natron.eis.circuits import Circuit, Leaf, Node, Parallel, Series, evaluate
from natron.eis.elements import Complex

Role = Literal["arc", "capacitor_arc", "admittance", "plain"]


@dataclass(frozen=True, slots=True)
class _Part:
    """One compiled element and the circuit parameters it stands for.

    ``arc`` is p(R,CPE) and ``capacitor_arc`` p(R,C), both kept as (ln R, ln τ, n), in which overlapping
    arcs are nearly independent; ``admittance`` has a pair Q, n kept as the admittance at mid-frequency and n.
    """

    role: Role
    code: int
    at: int
    natives: tuple[int, ...]


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
    parts: tuple[_Part, ...]

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
        The circuit in the form `natron.eis._engine.model` reads, except for reference frequencies.
    compiled : bool
        Whether every element is one the engine compiles.
    size : int
        X.
    always_fixed : ndarray of int
        Coordinates that no parameter stands for: the exponent of a p(R,C).
    """

    circuit: Circuit
    parts: tuple[_Part, ...]
    blocks: tuple[Block, ...]
    tree: tuple[Index, ...]
    compiled: bool
    size: int
    always_fixed: Index

    @cached_property
    def logarithmic(self) -> Any:
        """(X,) booleans: which coordinates are logarithms."""
        result = np.ones(self.size, dtype=np.bool_)
        for part in self.parts:
            if part.role in ("arc", "capacitor_arc"):
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
            if part.role in ("arc", "capacitor_arc"):
                result[part.at] = 1.0
            else:
                for j, native in enumerate(part.natives):
                    result[part.at + j] = self.circuit.parameters[native].scaling
        return result

    def engine_form(self, ref: float) -> tuple[Any, ...]:
        """The program tuple of the compiled engine; `ref` is the ln 2πf of mid-frequency."""
        codes, places, node_leaf, node_is_parallel, node_parent, is_flat = self.tree
        refs = np.array([ref if part.role == "admittance" else 0.0 for part in self.parts])
        return codes, places, refs, node_leaf, node_is_parallel, node_parent, is_flat

    def numpy_form(self, ref: float) -> Any:
        """The program of the numpy engine: a function of x and ln 2πf."""

        def program(x: Array, lw: Array) -> tuple[Complex, Complex]:
            values, turn = self.to_native(x, ref)
            z, rows, _ = evaluate(self.circuit.root, values, 1j * np.exp(lw), 0)
            native = np.concatenate(rows)
            inner = np.zeros((self.size, len(lw)), dtype=np.complex128)
            # part by part: the full product is mostly zeros
            for part in self.parts:
                own, end = list(part.natives), part.at + _width(part)
                inner[part.at : end] = np.einsum("pi,pk->ik", turn[own, part.at : end], native[own])
            return z, inner

        return program

    def to_native(self, x: Array, ref: float) -> tuple[Array, Array]:
        """Parameter values (P,) at `x`, and their derivatives (P, X)."""
        circuit = self.circuit
        values = np.empty(len(circuit.parameters))
        turn = np.zeros((len(values), self.size))
        for part in self.parts:
            at = part.at
            if part.role in ("arc", "capacitor_arc"):
                tau, n = x[at + 1], x[at + 2]
                resistance, second = part.natives[:2]
                values[resistance] = math.exp(x[at])
                turn[resistance, at] = values[resistance]
                values[second] = q = _exp(n * tau - x[at])
                turn[second, at : at + 3] = -q, n * q, tau * q
                if part.role == "arc":
                    values[part.natives[2]] = n
                    turn[part.natives[2], at + 2] = 1.0
                continue
            for j, native in enumerate(part.natives):
                if circuit.parameters[native].logarithmic:
                    values[native] = turn[native, at + j] = _exp(x[at + j])
                else:
                    values[native] = x[at + j]
                    turn[native, at + j] = 1.0
            if part.role == "admittance":
                # Q and n are the last two parameters of every element that has them
                j = len(part.natives) - 2
                native = part.natives[j]
                values[native] = q = _exp(x[at + j] - x[at + j + 1] * ref)
                turn[native, at + j : at + j + 2] = q, -ref * q
        return values, turn

    def to_internal(self, values: Array, ref: float) -> Array:
        """Coordinates (X,) of the parameter values (P,)."""
        x = np.ones(self.size)
        for part in self.parts:
            at = part.at
            own = [float(values[native]) for native in part.natives]
            if part.role in ("arc", "capacitor_arc"):
                n = own[2] if part.role == "arc" else 1.0
                x[at : at + 3] = math.log(own[0]), (math.log(own[0]) + math.log(own[1])) / n, n
                continue
            for j, (native, value) in enumerate(zip(part.natives, own, strict=True)):
                x[at + j] = math.log(value) if self.circuit.parameters[native].logarithmic else value
            if part.role == "admittance":
                x[at + len(own) - 2] += own[-1] * ref
        return x

    def limits(
        self, bounds: Mapping[str, tuple[float, float]], lw: Array, size: tuple[float, float]
    ) -> tuple[Array, Array]:
        """Lowest and highest coordinates, (X,) each.

        `size` is the smallest and largest |Z|, `lw` falls. Without bounds of the user's, an impedance stays
        within 1e-6 and 1e6 of it and a time constant within three decades of the window: beyond, nothing can
        be seen and the fit would only drift. A constraint on Q or C of an arc never comes here, since such an
        arc is not taken as one.
        """
        low, high = np.empty(self.size), np.empty(self.size)
        names = self.circuit.parameter_names
        smallest, largest = math.log(size[0]) - math.log(1e6), math.log(size[1]) + math.log(1e6)
        slow, fast = float(lw[-1]), float(lw[0])
        half = 0.5 * (fast - slow)
        spans = {
            "ohm": (smallest, largest),
            "H": (smallest - fast, largest - slow),
            "F": (-largest - fast, -smallest - slow),
            "S": (-largest - half, -smallest + half),
            "ohm.s^-1/2": (smallest + 0.5 * slow, largest + 0.5 * fast),
            "s": (-fast - math.log(1e3), -slow + math.log(1e3)),
        }
        for part in self.parts:
            at = part.at
            if part.role in ("arc", "capacitor_arc"):
                low[at + 1], high[at + 1] = spans["s"]
                low[at + 2], high[at + 2] = (0.2, 1.0)
            for j, native in enumerate(part.natives):
                if part.role in ("arc", "capacitor_arc") and j == 1:
                    continue
                parameter = self.circuit.parameters[native]
                span = (parameter.low, parameter.high)
                if parameter.logarithmic:
                    unit = "S" if part.role == "admittance" and j == len(part.natives) - 2 else parameter.unit
                    span = spans.get(unit, (-230.0, 230.0))
                low[at + j], high[at + j] = span
                if names[native] in bounds:
                    asked = bounds[names[native]]
                    if parameter.logarithmic:
                        # an open side stays open where the other lies beyond the usual limits
                        bottom = math.log(asked[0]) if asked[0] > 0 else -math.inf
                        top = math.log(asked[1]) if asked[1] < math.inf else math.inf
                        asked = (
                            bottom if bottom > -math.inf else min(low[at + j], top - 30),
                            top if top < math.inf else max(high[at + j], bottom + 30),
                        )
                    low[at + j], high[at + j] = asked
        return low, high

    def coordinate_of(self, native: int) -> int | None:
        """The coordinate that is one parameter alone, or None for the Q or C of an arc."""
        for part in self.parts:
            if native in part.natives:
                j = part.natives.index(native)
                if part.role in ("arc", "capacitor_arc") and j == 1:
                    return None
                return part.at + j
        raise AssertionError("every parameter belongs to a part")


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))


@lru_cache(maxsize=256)
def lower(circuit: Circuit, constrained: frozenset[str]) -> Program:
    """The program of a circuit some of whose parameters are fixed or bounded.

    An arc whose Q or C is constrained stays p(R,CPE): in (R, τ, n) that constraint would be curved. For the
    same reason a constrained Q elsewhere is a coordinate itself.
    """
    names = circuit.parameter_names
    parts: list[_Part] = []
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
                part = _Part(role, ZARC, place, natives)
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
                part = _Part(
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
    tree = tuple(
        np.array(a, dtype=np.int64)
        for a in (
            [part.code for part in parts],
            [part.at for part in parts],
            node_leaf,
            node_is_parallel,
            node_parent,
            [int(flat)],
        )
    )
    compiled = all(part.code >= 0 for part in parts)
    always = np.array(fixed, dtype=np.int64)
    return Program(circuit, tuple(parts), tuple(blocks), tree, compiled, place, always)


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


@dataclass(frozen=True, slots=True)
class Atoms:
    """Candidates for every block, on one frequency grid of N points.

    Attributes
    ----------
    shape : ndarray of complex, (M, N)
        Impedances.
    coordinates : tuple of ndarray
        For each block its atoms' coordinates (M of the block, size of the block).
    first, last : ndarray of int, (K,)
        Atoms of each block, in the order `slots`.
    slots : tuple of int
        Blocks in the order they are chosen.
    rank : ndarray of int, (M,)
    ordered : ndarray of int, (K,)
    """

    shape: Complex
    coordinates: tuple[Array, ...]
    first: Index
    last: Index
    slots: tuple[int, ...]
    rank: Index
    ordered: Index


# time constants per decade: arcs are half a decade to a decade wide, so neighbours overlap
_PER_DECADE = 3.3
_EXPONENTS = (0.7, 0.85, 0.97)
_SAMPLES = 600


@lru_cache(maxsize=32)
def atoms(program: Program, grid: bytes) -> Atoms:
    """Candidates for each block on the frequency grid, ln 2πf as bytes; kept, since sweeps share grids.

    An arc's candidates are a grid of time constants and exponents; those of any other element likewise; those
    of a compound branch a fixed low-discrepancy sample of its typical ranges.
    """
    lw = np.frombuffer(grid)
    tables: dict[str, tuple[int, int]] = {}
    shapes: list[Complex] = []
    ranks: list[Index] = []
    coordinates: list[Array] = [np.empty((0, 0))] * len(program.blocks)
    spans: list[tuple[int, int]] = [(0, 0)] * len(program.blocks)
    kept: dict[str, Array] = {}
    count = 0
    for b, block in enumerate(program.blocks):
        # constraints change how a branch is kept, and so its table
        kind = f"{block.signature} {[part.role for part in block.parts]}"
        if kind not in tables:
            table, rank = _block_table(program, block, lw)
            shape = np.array([_block_shape(program, block, row, lw) for row in table])
            usable = np.isfinite(shape).all(axis=1) & (np.abs(shape).max(axis=1) > 0)
            table, rank, shape = table[usable], rank[usable], shape[usable]
            shapes.append(shape)
            ranks.append(rank)
            tables[kind] = (count, count + len(table))
            kept[kind] = table
            count += len(table)
        coordinates[b] = kept[kind]
        spans[b] = tables[kind]
    slots = tuple(sorted(range(len(spans)), key=lambda b: (spans[b][1] - spans[b][0], program.blocks[b].signature, b)))
    alike = [(program.blocks[b].signature, spans[b]) for b in slots]
    ordered = [int(i > 0 and alike[i] == alike[i - 1]) for i in range(len(slots))]
    return Atoms(
        np.concatenate(shapes),
        tuple(coordinates),
        np.array([spans[b][0] for b in slots], dtype=np.int64),
        np.array([spans[b][1] for b in slots], dtype=np.int64),
        slots,
        np.concatenate(ranks),
        np.array(ordered, dtype=np.int64),
    )


def _block_shape(program: Program, block: Block, row: Array, lw: Array) -> Complex:
    """Impedance of one block (N,) at its coordinates."""
    x = np.zeros(program.size)
    x[program.always_fixed] = 1.0
    x[block.first : block.last] = row
    values, _ = program.to_native(x, float(0.5 * (lw.max() + lw.min())))
    at = 0
    for other in program.blocks:
        if other is block:
            break
        at += _native_count(other.node)
    with np.errstate(all="ignore"):
        return evaluate(block.node, values, 1j * np.exp(lw), at)[0]


def _native_count(node: Node) -> int:
    if isinstance(node, Leaf):
        return len(node.element.parameters)
    return sum(_native_count(child) for child in node.children)


def _block_table(program: Program, block: Block, lw: Array) -> tuple[Array, Index]:
    """Candidates of one block: coordinates (M, size) and ranks (M,)."""
    inside = block.parts
    if len(inside) > 1 or inside[0].code < 0:
        table = _sampled_table(program, block, lw)
        return table, np.arange(len(table))
    part = inside[0]
    decades = (lw.max() - lw.min()) / math.log(10)
    times = np.linspace(-lw.max(), -lw.min(), min(60, max(3, 1 + round(_PER_DECADE * decades))))
    ref = 0.5 * (lw.max() + lw.min())
    symbol = {code: name for name, code in CODES.items()}[part.code]
    exponents: tuple[float, ...] = (1.0,) if part.role == "capacitor_arc" else _EXPONENTS
    rows: list[tuple[float, ...]]
    match symbol:
        case "ZARC":
            rows = [(0.0, t, n) for t in times for n in exponents]
        case "Wo" | "Ws" | "G":
            rows = [(0.0, t) for t in times]
        case "FSD":
            rows = [(0.0, t, n) for t in times for n in (0.7, 0.95)]
        case "CPE":
            rows = [(0.0, n) for n in (0.4, 0.55, 0.7, 0.85, 0.97)]
        case "TLMQ":
            rows = [(0.0, n * (t + ref), n) for t in times for n in (0.75, 0.95)]
        case "TLM":
            rows = [
                (0.0, ratio, n * (t + ref) - ratio, n) for t, ratio, n in product(times, (-2.3, 0.0, 2.3), (0.75, 0.95))
            ]
        case _:
            rows = [(0.0,)]
    if part.role == "plain" and symbol in ("CPE", "TLMQ", "TLM"):
        # here ln Q itself is the coordinate
        j = len(rows[0]) - 2
        rows = [(*r[:j], r[j] - r[j + 1] * ref, r[j + 1]) for r in rows]
    table = np.array(rows)
    clock = table[:, 1] if table.shape[1] > 1 else table[:, 0]
    return table, np.unique(clock, return_inverse=True)[1].astype(np.int64)


def _sampled_table(program: Program, block: Block, lw: Array) -> Array:
    """Low-discrepancy candidates of a compound branch: resistances near 1, times within the window."""
    size = block.last - block.first
    # additive recurrence on the roots of primes: fixed, even in any number of dimensions
    primes = [p for p in range(2, 600) if all(p % q for q in range(2, p))][:size]
    unit = np.mod(np.outer(np.arange(1, _SAMPLES + 1), np.sqrt(primes)), 1.0)
    table = np.empty((_SAMPLES, size))
    ref = 0.5 * (lw.max() + lw.min())
    window = (-lw.max(), -lw.min())
    for part in block.parts:
        for j in range(_width(part)):
            u = unit[:, part.at + j - block.first]
            column = part.at + j - block.first
            time = window[0] + u * (window[1] - window[0])
            if part.role in ("arc", "capacitor_arc"):
                table[:, column] = (3.0 * (2 * u - 1), time, 0.6 + 0.39 * u)[j]
                if j == 2 and part.role == "capacitor_arc":
                    table[:, column] = 1.0
                continue
            parameter = program.circuit.parameters[part.natives[j]]
            if not parameter.logarithmic:
                low, high = parameter.typical
                table[:, column] = low + u * (high - low)
            elif parameter.unit in ("s", "F", "H"):
                # 1/C and L by the window too, for a resistance near 1 ohm
                table[:, column] = time
            elif parameter.unit == "ohm.s^-1/2":
                table[:, column] = -0.5 * time
            elif parameter.name == "Q" and part.code >= 0:
                # the admittance at mid-frequency of a CPE that turns over within the window
                table[:, column] = 0.8 * (time + ref) - (0.0 if part.role == "admittance" else 0.8 * ref)
            elif parameter.unit == "ohm":
                table[:, column] = 3.0 * (2 * u - 1)
            else:
                low, high = np.log(parameter.typical)
                table[:, column] = low + u * (high - low)
    return table


def _width(part: _Part) -> int:
    return 3 if part.role in ("arc", "capacitor_arc") else len(part.natives)


def start_points(program: Program, candidates: Atoms, chosen: Index, weight: Array, least: Array) -> Array:
    """Coordinates (S, X) of the chosen mixtures; weights below `least` (S, K) are raised to it."""
    x = np.ones((len(chosen), program.size))
    scale = np.log(np.maximum(weight, least))
    for k, b in enumerate(candidates.slots):
        block = program.blocks[b]
        own = candidates.coordinates[b][chosen[:, k] - candidates.first[k]]
        x[:, block.first : block.last] = own + scale[:, k : k + 1] * program.scaling[block.first : block.last]
    return x
