"""Current constriction in three dimensions: resistance and impedance of contacts, pores and grains on voxels."""

from __future__ import annotations

from natron.constriction.solver import Solution, SolveStatus, solve

__all__ = ["Solution", "SolveStatus", "solve"]
