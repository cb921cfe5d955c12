"""Candidates for the starts of a fit: for each branch of a circuit the impedances it might have."""

from __future__ import annotations

import math
from itertools import product
from typing import NamedTuple

import numpy as np

from natron.eis.circuits.elements import Complex
from natron.eis.circuits.notation import Leaf, Node, evaluate
from natron.eis.fitting.equations import CODES, Array, Index
from natron.eis.fitting.program import Block, Program

# time constants per decade: arcs are half a decade to a decade wide, so neighbours overlap
_PER_DECADE = 3.3
_EXPONENTS = (0.7, 0.85, 0.97)
_SAMPLES = 600


class Candidates(NamedTuple):
    """Candidates for every block on one frequency grid of N points; M in all, for K slots.

    Attributes
    ----------
    shape : ndarray, (M, 2N)
        Impedances, Re then Im.
    coordinates : ndarray, (M, size of the largest block)
    first, last : ndarray of int, (K,)
        Candidates of each slot. Slots are the blocks in the order in which they are chosen.
    rank : ndarray of int, (M,)
        Place of the time constant, rising within a slot.
    ordered : ndarray of int, (K,)
        1 where a slot must have a higher rank than the slot before it, its equal.
    slot, column : ndarray of int, (X,)
        Which slot a coordinate belongs to, and which column of `coordinates`.
    scaling : ndarray, (X,)
        Change of each coordinate with ln of the impedance's scale.
    """

    shape: Array
    coordinates: Array
    first: Index
    last: Index
    rank: Index
    ordered: Index
    slot: Index
    column: Index
    scaling: Array

    @property
    def width(self) -> int:
        """Partial choices the beam carries on: as many as keep the search near a tenth of a second."""
        k = np.arange(1, len(self.first) + 1)
        work = float(((self.last - self.first) * k * k).sum())
        return int(min(256, max(8, 1e7 / work)))


def candidates_of(program: Program, lw: Array) -> Candidates:
    """Candidates for each block on the frequency grid ln 2πf (N,).

    An arc's candidates are a grid of time constants and exponents; those of any other element likewise; those
    of a compound branch a fixed low-discrepancy sample of its typical ranges.
    """
    blocks = program.blocks
    # constraints change how a branch is kept, and so its table
    kinds = [f"{block.signature} {[part.role for part in block.parts]}" for block in blocks]
    spans: dict[str, tuple[int, int]] = {}
    tables, ranks, shapes = [], [], []
    count = 0
    for kind, block in zip(kinds, blocks, strict=True):
        if kind in spans:
            continue
        table, rank = _table(program, block, lw)
        shape = _arcs(table, lw) if block.is_arc else np.array([_impedance(program, block, row, lw) for row in table])
        usable = np.isfinite(shape).all(axis=1) & (np.abs(shape).max(axis=1) > 0)
        tables.append(table[usable])
        ranks.append(rank[usable])
        shapes.append(shape[usable])
        spans[kind] = count, count + int(usable.sum())
        count = spans[kind][1]
    slots = sorted(range(len(blocks)), key=lambda b: (spans[kinds[b]][1] - spans[kinds[b]][0], blocks[b].signature, b))
    alike = [kinds[b] for b in slots]
    coordinates = np.zeros((count, max(table.shape[1] for table in tables)))
    for table, (first, last) in zip(tables, spans.values(), strict=True):
        coordinates[first:last, : table.shape[1]] = table
    slot, column = np.empty(program.size, dtype=np.int64), np.empty(program.size, dtype=np.int64)
    for k, b in enumerate(slots):
        first, last = blocks[b].first, blocks[b].last
        slot[first:last], column[first:last] = k, np.arange(last - first)
    every = np.concatenate(shapes)
    return Candidates(
        np.concatenate([every.real, every.imag], axis=1),
        coordinates,
        _index([spans[kind][0] for kind in alike]),
        _index([spans[kind][1] for kind in alike]),
        np.concatenate(ranks),
        _index([int(i > 0 and alike[i] == alike[i - 1]) for i in range(len(alike))]),
        slot,
        column,
        program.scaling,
    )


def _index(numbers: list[int]) -> Index:
    return np.array(numbers, dtype=np.int64)


def _arcs(table: Array, lw: Array) -> Complex:
    """Impedance of arcs (M, N) at their coordinates."""
    log_r, tau, n = (column[:, None] for column in table.T)
    with np.errstate(all="ignore"):
        z: Complex = np.exp(log_r) / (1 + np.exp(n * (lw + tau + 0.5j * math.pi)))
    return z


def _impedance(program: Program, block: Block, row: Array, lw: Array) -> Complex:
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


def _table(program: Program, block: Block, lw: Array) -> tuple[Array, Index]:
    """Candidates of one block: coordinates (M, size) and ranks (M,)."""
    inside = block.parts
    if len(inside) > 1 or inside[0].code < 0:
        table = _sampled(program, block, lw)
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
    rising = np.argsort(clock, kind="stable")
    return table[rising], np.unique(clock[rising], return_inverse=True)[1].astype(np.int64)


def _sampled(program: Program, block: Block, lw: Array) -> Array:
    """Low-discrepancy candidates of a compound branch: resistances near 1, times within the window."""
    size = block.last - block.first
    # additive recurrence on the roots of primes: fixed, even in any number of dimensions
    primes = [p for p in range(2, 600) if all(p % q for q in range(2, p))][:size]
    unit = np.mod(np.outer(np.arange(1, _SAMPLES + 1), np.sqrt(primes)), 1.0)
    table = np.empty((_SAMPLES, size))
    ref = 0.5 * (lw.max() + lw.min())
    window = (-lw.max(), -lw.min())
    for part in block.parts:
        for j in range(part.width):
            u = unit[:, part.at + j - block.first]
            column = part.at + j - block.first
            time = window[0] + u * (window[1] - window[0])
            if part.is_arc:
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
