"""What fits of one circuit on one frequency grid share, made once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from natron.eis.circuits.notation import Circuit
from natron.eis.fitting.engine import Engine, engine
from natron.eis.fitting.equations import Array, Index
from natron.eis.fitting.program import Program, lower
from natron.eis.fitting.starts import Candidates, candidates_of

COARSE_POINTS = 100
"""Spectra of at least twice as many points are searched on a part of them."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What fits of one circuit on one frequency grid of N points share; X coordinates.

    Attributes
    ----------
    program : Program
    engine : Engine
    form : object
        The circuit as the engine reads it.
    lw : ndarray, (N,)
        ln 2πf.
    ref : float
        That of mid-frequency.
    free : ndarray of int
        Coordinates that are fitted.
    bounded : frozenset of int
        Those the user gave bounds.
    order : bool
    limits : ndarray, (3, X)
        Lowest and highest coordinates for |Z| of 1 ohm, and the longest step of each.
    moved : tuple of ndarray, (2, X)
        How the limits move with ln of the smallest and of the largest |Z|.
    """

    program: Program
    engine: Engine
    form: Any
    lw: Array
    ref: float
    free: Index
    bounded: frozenset[int]
    order: bool
    limits: Array
    moved: tuple[Array, Array]

    @classmethod
    def of(
        cls,
        circuit: Circuit,
        fixed: frozenset[str],
        bounded: frozenset[str],
        compiled: bool,
        order: bool,
        frequency_Hz: bytes,
    ) -> Plan:
        """Made ready; `frequency_Hz` are the bytes of the array, by which plans are remembered."""
        program = lower(circuit, fixed | bounded)
        kind = program.kind if compiled else "numpy"
        lw = np.log(2 * math.pi * np.frombuffer(frequency_Hz))
        ref = float(0.5 * (lw[0] + lw[-1]))
        low, high, moved = program.spans(lw)
        up, down = np.maximum(moved, 0.0), np.minimum(moved, 0.0)
        held = np.zeros(program.size, dtype=np.bool_)
        held[program.always_fixed] = True
        held[program.places_of(fixed)] = True
        return cls(
            program,
            engine(kind),
            program.form(kind, ref),
            lw,
            ref,
            np.flatnonzero(~held),
            frozenset(program.places_of(bounded)),
            order,
            np.array([low, high, program.longest]),
            # what scales as 1/|Z| is lowest where |Z| is largest
            (np.array([up, down]), np.array([down, up])),
        )

    @cached_property
    def every(self) -> int:
        """Long spectra are searched on every so-maneth point."""
        return max(1, len(self.lw) // COARSE_POINTS) if len(self.lw) >= 2 * COARSE_POINTS else 1

    @cached_property
    def candidates(self) -> Candidates:
        """Where fits without a guess start, on the grid that is searched."""
        return candidates_of(self.program, self.lw[:: self.every])

    @cached_property
    def width(self) -> int:
        """See `Candidates.width`."""
        return self.candidates.width

    @cached_property
    def free_set(self) -> frozenset[int]:
        """As `free`."""
        return frozenset(self.free.tolist())

    @cached_property
    def window(self) -> tuple[float, float]:
        """Highest and lowest ln 2πf."""
        return float(self.lw[0]), float(self.lw[-1])


# a sweep of spectra shares both the circuit and the frequencies
plan_of = lru_cache(maxsize=64)(Plan.of)
