"""Contacts have edges where the current density is infinite: answers on two grids, drawn on to none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from natron.constriction.solver import Solution
from natron.core import InputError

ORDER = 1.0
"""With an edge of contact the resistance converges as the first power of the voxel."""
LEFT_ALIGNED, LEFT_CUT = 0.1, 1.0
"""Share of the step from the finer grid to the limit that is left in doubt: where edges of contact run between
voxels, and where they cut voxels, whose share in contact moves from grid to grid."""


@dataclass(frozen=True, eq=False)
class Refined:
    """A resistance of two grids (Richardson 1911, DOI 10.1098/rsta.1911.0009).

    Attributes
    ----------
    resistance_ohm : float
        Drawn on to voxels of no size, at the order stated.
    error_estimate_ohm : float
        The step from the finer grid to that, or a tenth of it where edges of contact run between voxels on both
        grids; more where a third grid was solved and says so.
    coarse, fine : Solution
    observed_order : float or None
        From three grids, where a third was asked for.
    """

    resistance_ohm: float
    error_estimate_ohm: float
    coarse: Solution
    fine: Solution
    observed_order: float | None = None


def refined(make: Callable[[int], Solution], count: int, *, check_order: bool = False, cut: bool = False) -> Refined:
    """Solve with `count` and twice as many voxels, and draw on.

    Parameters
    ----------
    make : callable
        From a number of voxels along an edge to the solution.
    count : int
        Of the coarser grid, even where the order is checked.
    check_order : bool
        Solve with half as many voxels also, for the order that shows.

    cut : bool
        Edges of contact cut voxels on one of the grids.

    Raises
    ------
    InputError
        Where a solve did not converge, or nothing connects the contacts.
    """
    coarse, fine = (_trusted(make(n)) for n in (count, 2 * count))
    step = fine.resistance_ohm - coarse.resistance_ohm
    limit = fine.resistance_ohm + step / (2**ORDER - 1)
    error, order = (LEFT_CUT if cut else LEFT_ALIGNED) * abs(limit - fine.resistance_ohm), None
    if check_order:
        before = coarse.resistance_ohm - _trusted(make(count // 2)).resistance_ohm
        order = math.log2(abs(before / step)) if before and step else None
        # where the order is another, so is the limit
        if order is not None and order > 0:
            error = max(error, abs(fine.resistance_ohm + step / (2**order - 1) - limit))
    return Refined(float(limit), float(error), coarse, fine, order)


def _trusted(found: Solution) -> Solution:
    if found.status != "converged":
        raise InputError("a grid gave no answer to draw on from", given=found.status, hint=found.advice)
    return found
