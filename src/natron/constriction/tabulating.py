"""The shipped table of constriction: how it is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from natron.constriction.currents import at_top
from natron.constriction.patterns import PATTERNS, pattern
from natron.constriction.refinement import refined
from natron.constriction.solver import Solution, solve

PERIODS_OVER_THICKNESS = (1.0, 2.0, 4.0, 8.0)
"""Beyond a thickness of one period nothing changes by more than e^(−4π)."""
SHARES_DISC = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.78)
SHARES_STRIPES = tuple(k / 32 for k in (2, 3, 5, 8, 12, 16, 20, 24, 28, 30))
SHARES_SQUARE = tuple((k / 32) ** 2 for k in (3, 4, 5, 7, 10, 14, 18, 21, 24, 26, 28, 30, 31))
"""Edges of stripes and squares run between voxels on every grid with a multiple of 64 along the period. A contact
of one voxel from its middle to its edge would be too coarse to draw on from."""
SHARES_RANDOM = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95)
REGULAR = {"disc": SHARES_DISC, "square": SHARES_SQUARE, "stripes": SHARES_STRIPES}
SCALE_RANDOM = 0.25
"""Diameter of patches and voids, or longest wavelength of roughness, over the period that repeats."""
HOT_SHARE = 0.1
"""Of the contact: a tenth is resolved by the voxels at every share of the table; a hundredth would not be."""


@dataclass(frozen=True)
class Row:
    """One entry.

    Attributes
    ----------
    pattern : str
    scale_over_thickness : float
        The scale is the period of a regular pattern; the diameter of random patches and voids; the longest
        wavelength of a rough surface.
    contact_share : float
    resistance : float
        R_con σ/scale: of the whole face, per area, beyond thickness/σ.
    error : float
        Of the grid, and for random patterns the standard error of their mean.
    hot_spot_factor, hot_spot_error : float
        Density exceeded on a tenth of the contact over the contact's mean; the error is the step between the grids.
    """

    pattern: str
    scale_over_thickness: float
    contact_share: float
    resistance: float
    error: float
    hot_spot_factor: float
    hot_spot_error: float


def rows(
    names: tuple[str, ...] = tuple(PATTERNS), count: int = 128, count_random: int = 64, seeds: int = 2
) -> Iterator[Row]:
    """Every entry of the table, one after the other.

    Parameters
    ----------
    names : tuple of str
        Patterns.
    count, count_random : int
        Voxels along a period of the coarser of two grids.
    seeds : int
        Random surfaces for each entry.
    """
    for name in names:
        is_regular = name in REGULAR
        for share in REGULAR.get(name, SHARES_RANDOM):
            for ratio in PERIODS_OVER_THICKNESS:
                if is_regular:
                    yield _regular(name, share, ratio, count)
                else:
                    yield _random(name, share, ratio, count_random, seeds)


def _regular(name: str, share: float, ratio: float, count: int) -> Row:
    def contact(n: int) -> NDArray[np.float64]:
        # mirror planes make a quarter stand for the whole; along a stripe nothing changes
        quarter = pattern(name, n, share)[n // 2 :, n // 2 :]
        return quarter[:, :1] if name == "stripes" else quarter

    def make(n: int) -> Solution:
        top = contact(n)
        body = np.ones((round(n / ratio), *top.shape))
        return solve(body, (1 / n, 1 / n, 1.0 if name == "stripes" else 1 / n), top)

    found = refined(make, count, cut=name == "disc")
    area = found.fine.area_m2
    hot = [at_top(each, contact(n), HOT_SHARE) for each, n in ((found.coarse, count), (found.fine, 2 * count))]
    return Row(
        name,
        ratio,
        share,
        float(found.resistance_ohm * area - 1 / ratio),
        found.error_estimate_ohm * area,
        hot[1].hot_spot_factor,
        abs(hot[1].hot_spot_factor - hot[0].hot_spot_factor),
    )


def _random(name: str, share: float, ratio: float, count: int, seeds: int) -> Row:
    resistances, errors, hots, hot_errors = [], [], [], []
    for seed in range(seeds):
        surface = pattern(name, 2 * count, share, size=SCALE_RANDOM, seed=seed)
        # the same surface on both grids: shares of the finer grid's voxels make up those of the coarser
        shares = {2 * count: surface, count: surface.reshape(count, 2, count, 2).mean(axis=(1, 3))}

        def make(n: int, shares: dict[int, NDArray[np.float64]] = shares) -> Solution:
            return solve(np.ones((round(n / ratio), n, n)), 1 / n, shares[n], periodic=True)

        found = refined(make, count, cut=True)
        resistances.append((float(found.resistance_ohm) - 1 / ratio) / SCALE_RANDOM)
        errors.append(found.error_estimate_ohm / SCALE_RANDOM)
        both = [at_top(each, shares[n], HOT_SHARE) for each, n in ((found.coarse, count), (found.fine, 2 * count))]
        hots.append(both[1].hot_spot_factor)
        hot_errors.append(abs(both[1].hot_spot_factor - both[0].hot_spot_factor))
    spread = float(np.std(resistances, ddof=1) / np.sqrt(seeds)) if seeds > 1 else 0.0
    hot_spread = float(np.std(hots, ddof=1) / np.sqrt(seeds)) if seeds > 1 else 0.0
    return Row(
        name,
        ratio * SCALE_RANDOM,
        share,
        float(np.mean(resistances)),
        float(np.hypot(np.mean(errors), spread)),
        float(np.mean(hots)),
        float(np.hypot(np.mean(hot_errors), hot_spread)),
    )
