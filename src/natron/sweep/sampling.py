"""Where a sweep looks: points between limits or over distributions, the same for the same seed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError, Quantity
from natron.core.kinds import kind
from natron.core.uncertainty import draw

Array = NDArray[np.float64]

METHODS = ("grid", "latin-hypercube", "sobol", "monte-carlo", "sobol-indices")

MOST_POINTS = 10_000_000


@dataclass(frozen=True)
class Range:
    """Between two ends, SI.

    Attributes
    ----------
    low, high : float
    steps : int or None
        Of a grid, the ends included.
    logarithmic : bool
    """

    low: float
    high: float
    steps: int | None = None
    logarithmic: bool = False

    def at(self, share: Array) -> Array:
        """Values at shares of the way, 0 to 1."""
        if self.logarithmic:
            return np.asarray(self.low * (self.high / self.low) ** share)
        return np.asarray(self.low + (self.high - self.low) * share)


@dataclass(frozen=True)
class Values:
    """Told values, SI."""

    values: tuple[float, ...]


Varied = Range | Values | Quantity
"""How a parameter varies; a quantity by its own uncertainty."""


def sample(varied: Mapping[str, Varied], method: str, points: int, seed: int) -> Array:
    """The points of a sweep, shape (N, parameters), SI.

    Parameters
    ----------
    varied : Mapping[str, Varied]
    method : str
        ``grid``: every combination. ``latin-hypercube``, ``sobol``: `points` that fill the space evenly
        (`scipy.stats.qmc`). ``monte-carlo``: `points` independent draws. ``sobol-indices``: `points` × (parameters + 2)
        as Saltelli et al. 2010 lay them out (DOI 10.1016/j.cpc.2009.09.018); `points` a power of two.
    points, seed : int

    Raises
    ------
    InputError
        Where a parameter has not what the method needs, or there are too many points.
    """
    if method == "grid":
        _refuse_many(math.prod(_steps(name, how) for name, how in varied.items()))
        axes = [
            np.array(how.values) if isinstance(how, Values) else how.at(np.linspace(0.0, 1.0, _steps(name, how)))
            for name, how in varied.items()
            if not isinstance(how, Quantity)
        ]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    if seed < 0:
        raise InputError("a seed is a whole number of zero or more", key="sample.seed", given=seed)
    if points < 1:
        raise InputError("a sweep needs a point", key="sample.points", given=points)
    d = len(varied)
    _refuse_many(points * (d + 2 if method == "sobol-indices" else 1))
    if method == "monte-carlo" and all(isinstance(how, Quantity) for how in varied.values()):
        # as every other Monte Carlo of natron: drawn again where a draw leaves the physical limits
        drawn = draw(
            {name: how for name, how in varied.items() if isinstance(how, Quantity)}, samples=points, seed=seed
        )
        return np.column_stack([np.broadcast_to(drawn[name], points) for name in varied])
    from scipy.stats import qmc

    if method == "monte-carlo":
        cube = np.random.Generator(np.random.PCG64(seed)).random((points, d))
    elif method == "latin-hypercube":
        cube = qmc.LatinHypercube(d, rng=np.random.default_rng(seed)).random(points)
    elif method == "sobol":
        with warnings.catch_warnings():
            # another number than a power of two is less even, and still no mistake
            warnings.simplefilter("ignore", UserWarning)
            cube = qmc.Sobol(d, rng=np.random.default_rng(seed)).random(points)
    else:
        if points & (points - 1):
            raise InputError(
                "Sobol indices need a power of two", key="sample.points", given=points, allowed="256, 512, 1024, …"
            )
        both = qmc.Sobol(2 * d, rng=np.random.default_rng(seed)).random(points)
        a, b = both[:, :d], both[:, d:]
        crossed = []
        for i in range(d):
            ab = a.copy()
            ab[:, i] = b[:, i]
            crossed.append(ab)
        cube = np.concatenate([a, b, *crossed])
    return np.column_stack([_at(how, np.asarray(cube[:, i], float)) for i, how in enumerate(varied.values())])


def _steps(name: str, how: Varied) -> int:
    """Of an axis of a grid."""
    if isinstance(how, Values):
        return len(how.values)
    if isinstance(how, Range) and how.steps is not None:
        return how.steps
    raise InputError(
        "a grid needs values or steps", key=f"vary.{name}",
        allowed='{ from = "20 µm", to = "60 µm", steps = 9 } or { values = ["20 µm", "30 µm"] }',
    )  # fmt: skip


def _at(how: Varied, share: Array) -> Array:
    """Values of a parameter at shares of its distribution."""
    if isinstance(how, Values):
        places = np.minimum((share * len(how.values)).astype(int), len(how.values) - 1)
        return np.asarray(np.array(how.values)[places])
    if isinstance(how, Range):
        return how.at(share)
    from scipy.special import ndtr, ndtri

    if how.uncertainty_kind == "range" and how.uncertainty is not None:
        return np.asarray(how.value + how.uncertainty * (2 * share - 1))
    k, u = kind(how.kind), how.standard_uncertainty
    # the normal distribution between the kind's physical limits
    low, high = (ndtr((limit - how.value) / u) for limit in (k.minimum, k.maximum))
    return np.asarray(how.value + u * ndtri(np.clip(low + (high - low) * share, 1e-16, 1 - 1e-16)))


def _refuse_many(points: Any) -> None:
    if points > MOST_POINTS:
        raise InputError(
            "these are too many points", given=f"{points:.3g}", allowed=f"up to {MOST_POINTS:,}",
            hint='Take fewer points or steps, or sample.method = "sobol".',
        )  # fmt: skip
