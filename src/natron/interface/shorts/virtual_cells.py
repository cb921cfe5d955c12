"""Many virtual cells through one protocol: voids at their electrodes, growing flaws in their ceramics.

Two engines with the same answers: arrays over cells in numpy, and a compiled loop (numba) for large populations.
Each half step is integrated exactly: void growth and closure are piecewise exponential
(`natron.interface.shorts.voids`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError

Array = NDArray[np.float64]
Index = NDArray[np.int32]
Engine = Literal["auto", "numba", "numpy"]

LARGE = 10_000_000
"""Cells times half steps from which ``auto`` compiles: below, numpy is done before numba is loaded."""

NEVER = -1
"""Half step of what did not happen."""

_LARGEST_EXPONENT = 600.0


@dataclass(frozen=True)
class Population:
    """Virtual cells; arrays of shape (C,), the critical currents (C, 2) for the negative and the counter electrode.

    Attributes
    ----------
    contact_fraction : ndarray
        θ₀ of the finished cell, above 0 to 1.
    per_charge_m2_C : ndarray
        a, void fraction per charge.
    replenishing_current_A_m2 : ndarray
        j_rep.
    refill_efficiency : ndarray
    closure_rate_per_s : ndarray
        k_c, ≥ 0.
    critical_current_A_m2 : ndarray, shape (C, 2)
        J of the worst flaw each electrode touches.
    growth_exponent : ndarray
    damage_limit : ndarray
        N₀.
    voids : tuple of bool
        Whether voids grow at the negative and at the counter electrode: not in a liquid, not where there is no metal.
    plates : tuple of bool
        Whether metal is plated against the ceramic there.
    """

    contact_fraction: Array
    per_charge_m2_C: Array
    replenishing_current_A_m2: Array
    refill_efficiency: Array
    closure_rate_per_s: Array
    critical_current_A_m2: Array
    growth_exponent: Array
    damage_limit: Array
    voids: tuple[bool, bool] = (True, True)
    plates: tuple[bool, bool] = (True, True)

    def __post_init__(self) -> None:
        count = len(self.contact_fraction)
        if self.critical_current_A_m2.shape != (count, 2):
            raise InputError("a population needs two critical currents a cell", given=self.critical_current_A_m2.shape)
        if not np.all((self.contact_fraction > 0) & (self.contact_fraction <= 1)):
            raise InputError(
                "a cell without contact carries no current", given=float(np.min(self.contact_fraction)),
                allowed="contact fractions above 0 to 1",
            )  # fmt: skip

    def __len__(self) -> int:
        return len(self.contact_fraction)


@dataclass(frozen=True)
class Fates:
    """What became of each cell; arrays of shape (C,).

    Attributes
    ----------
    shorted_at : ndarray of int
        Half step of the short, `NEVER` where none came before contact was lost or the protocol ended.
    contact_lost_at : ndarray of int
        Half step in which an electrode lost all contact, whether the cell had shorted before or not.
    void_fraction : ndarray, shape (C, 2)
        At the end, or when contact was lost.
    """

    shorted_at: Index
    contact_lost_at: Index
    void_fraction: Array


def run(current_A_m2: Array, duration_s: Array, cells: Population, *, engine: Engine = "auto") -> Fates:
    """Send every cell through the half steps.

    Parameters
    ----------
    current_A_m2 : ndarray, shape (H,)
        Positive plates the negative electrode; 0 rests.
    duration_s : ndarray, shape (H,)
        ≥ 0.
    cells : Population
    engine : str
        ``auto``, ``numba`` or ``numpy``.
    """
    j = np.ascontiguousarray(current_A_m2, dtype=float)
    t = np.ascontiguousarray(duration_s, dtype=float)
    if j.shape != t.shape or j.ndim != 1 or not (np.isfinite(j).all() and np.isfinite(t).all() and (t >= 0).all()):
        raise InputError("half steps need finite currents and durations of 0 or more, as many of one as of the other")
    compiled = engine == "numba" or (engine == "auto" and len(cells) * len(j) > LARGE)
    if not compiled:
        return Fates(*_arrays(j, t, cells))
    from natron.interface.shorts.virtual_cells_loop import cell_by_cell  # compiles on import

    return Fates(*cell_by_cell(j, t, *_flat(cells)))


def _flat(c: Population) -> tuple[Any, ...]:
    arrays = (
        c.contact_fraction, c.per_charge_m2_C, c.replenishing_current_A_m2, c.refill_efficiency, c.closure_rate_per_s,
        c.critical_current_A_m2, c.growth_exponent, c.damage_limit, np.array(c.voids), np.array(c.plates),
    )  # fmt: skip
    return tuple(np.ascontiguousarray(a) for a in arrays)


def _arrays(j: Array, t: Array, c: Population) -> tuple[Index, Index, Array]:
    """All cells abreast, half step by half step."""
    count = len(c)
    phi = np.where(np.array(c.voids), (1 - c.contact_fraction)[:, None], 0.0)
    damage = np.zeros((count, 2))
    shorted = np.full(count, NEVER, dtype=np.int32)
    lost = np.full(count, NEVER, dtype=np.int32)
    a, k, j_rep = c.per_charge_m2_C, c.closure_rate_per_s, c.replenishing_current_A_m2
    for h, (current, time) in enumerate(zip(j, t, strict=True)):
        here = lost == NEVER
        if not here.any():
            break
        for e, stripping in enumerate((-current, current)):
            if c.plates[e] and stripping < 0:
                with np.errstate(divide="ignore", over="ignore"):
                    ratio = -stripping / ((1 - phi[:, e]) * c.critical_current_A_m2[:, e])
                    damage[:, e] += np.where(here, ratio**c.growth_exponent, 0.0)
                now = here & (shorted == NEVER) & ((ratio >= 1) | (damage[:, e] >= c.damage_limit))
                shorted[now] = h
        for e, stripping in enumerate((-current, current)):
            if not c.voids[e]:
                continue
            if stripping > 0:
                after = _stripped(phi[:, e], stripping, time, a, j_rep, k)
            else:
                after = phi[:, e] * np.exp(-(a * c.refill_efficiency * -stripping + k) * time)
            phi[:, e] = np.where(here, after, phi[:, e])
            lost[here & (phi[:, e] >= 1)] = h
    return shorted, lost, phi


def _stripped(phi: Array, j: float, t: float, a: Array, j_rep: Array, k: Array) -> Array:
    """φ after stripping, see `VoidModel.after_stripping`: here every parameter differs from cell to cell."""
    source, slope = a * (j - j_rep), a * j_rep - k
    growing = j > (1 - phi) * j_rep
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.minimum(slope * t, _LARGEST_EXPONENT)
        grown = phi + (source + slope * phi) * np.where(slope == 0, t, np.expm1(exponent) / slope)
        edge = 1 - j / j_rep
        falling = growing & (edge > 0) & (grown < edge)
        crossing = np.where(
            slope == 0, (edge - phi) / source, np.log((source + slope * edge) / (source + slope * phi)) / slope
        )
        grown = np.where(falling, edge * np.exp(-k * (t - np.where(falling, crossing, 0.0))), grown)
    return np.where(growing, np.clip(grown, 0.0, 1.0), phi * np.exp(-k * t))
