"""A hierarchy of coarser and coarser voxels, and the V-cycle over it that preconditions the solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.constriction import kernels

Field = NDArray[Any]

SWEEPS = 2
_COARSEST_SWEEPS = 12
# an axis is coarsened while its voxels are not much longer than the shortest
_LONG = 1.5


@dataclass(frozen=True, slots=True)
class Level:
    """Voxels of one size; arrays have one ghost voxel on every side.

    Attributes
    ----------
    faces : tuple of ndarray
        Conductances along each axis, scaled.
    dinv : ndarray
        One over the sum of each voxel's faces.
    x, b : ndarray
        Correction and right-hand side of the V-cycle.
    factors : tuple of int
        By which the next level is coarser along each axis.
    """

    faces: tuple[Field, Field, Field]
    dinv: Field
    x: Field
    b: Field
    factors: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """All levels, finest first."""

    levels: tuple[Level, ...]
    wrap: tuple[bool, bool]
    parts: int

    @classmethod
    def of(
        cls,
        faces: tuple[Field, Field, Field],
        spacing_m: tuple[float, float, float],
        wrap: tuple[bool, bool],
        parts: int,
    ) -> Hierarchy:
        """From the finest faces; voxels are doubled along the axes in which they are shortest (semicoarsening)."""
        levels, spacing = [], list(spacing_m)
        while True:
            shape = tuple(size - 2 for size in faces[0].shape)
            factors = _factors(shape, spacing)
            dinv, x, b = (np.zeros_like(faces[0]) for _ in range(3))
            kernels.diagonal_inverse(dinv, *faces)
            levels.append(Level(faces, dinv, x, b, factors))
            if factors == (1, 1, 1):
                return cls(tuple(levels), wrap, parts)
            coarser = tuple((n + f - 1) // f + 2 for n, f in zip(shape, factors, strict=True))
            made = []
            for axis in range(3):
                coarse = np.zeros(coarser, dtype=faces[0].dtype)
                if axis > 0 and coarser[axis] == 3:
                    # a single voxel across has no neighbour, not even around
                    made.append(coarse)
                    continue
                kernels.coarse_faces(coarse, faces[axis], axis, *factors, axis > 0 and wrap[axis - 1])
                made.append(coarse)
            faces = made[0], made[1], made[2]
            spacing = [h * f for h, f in zip(spacing, factors, strict=True)]

    def cycle(self, at: int = 0) -> None:
        """Solve A x = b on level `at` about: the levels' x from their b, symmetric in the sense of a matrix."""
        level, wrap = self.levels[at], self.wrap
        parts = max(1, min(self.parts, (level.x.shape[0] - 2) // 4))
        system = (level.x, level.b, *level.faces, level.dinv)
        deepest = at == len(self.levels) - 1
        sweeps = _COARSEST_SWEEPS if deepest else SWEEPS
        for turn in range(sweeps):
            kernels.smooth(*system, 0, turn == 0, *wrap, parts)
        if not deepest:
            below, f = self.levels[at + 1], level.factors
            kernels.restrict_residual(below.b, level.x, level.b, *level.faces, *f)
            self.cycle(at + 1)
            kernels.prolong(level.x, below.x, *f, *wrap)
        for _ in range(sweeps):
            kernels.smooth(*system, 1, False, *wrap, parts)

    @property
    def correction(self) -> Field:
        """x of the finest level, with ghosts."""
        return self.levels[0].x

    @property
    def residual(self) -> Field:
        """b of the finest level, with ghosts."""
        return self.levels[0].b


def _factors(shape: tuple[int, ...], spacing: list[float]) -> tuple[int, int, int]:
    """2 along the axes to be coarsened, else 1."""
    open_axes = [axis for axis in range(3) if shape[axis] > (2 if axis == 0 else 1)]
    if not open_axes:
        return 1, 1, 1
    shortest = min(spacing[axis] for axis in open_axes)
    factors = [2 if axis in open_axes and spacing[axis] <= _LONG * shortest else 1 for axis in range(3)]
    return factors[0], factors[1], factors[2]
