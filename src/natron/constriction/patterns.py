"""Where an electrode touches a face: contact patterns of a given share, as shares of each voxel's face covered.

A pattern is the unit cell of a periodic contact (or, by mirror symmetry, of an insulated one). Edges that cross a
voxel cover a share of it, so that the contact's area is right on every grid.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from natron.constriction.media import checked_seed
from natron.core import InputError, did_you_mean

Array = NDArray[np.float64]

_FINE = 16
_MOST_PATCHES = 100_000


def checked_share(share: float) -> float:
    """A share of contact above 0, at most 1."""
    if not 0 < share <= 1:
        raise InputError("the share in contact is out of range", given=share, allowed="above 0, at most 1")
    return float(share)


def _checked_count(count: int) -> int:
    if isinstance(count, bool) or not 1 <= count <= 100_000:
        raise InputError("the number of voxels is out of range", given=count, allowed="1 to 100 000")
    return int(count)


def square(count: int, share: float) -> Array:
    """A square in the middle of the cell of `count` × `count` voxels: (count, count)."""
    n, side = _checked_count(count), math.sqrt(checked_share(share))
    covered = _covered(n, 0.5 - 0.5 * side, 0.5 + 0.5 * side)
    result: Array = np.outer(covered, covered)
    return result


def stripes(count: int, share: float) -> Array:
    """A stripe along the second axis: (count, count)."""
    n, width = _checked_count(count), checked_share(share)
    return np.repeat(_covered(n, 0.5 - 0.5 * width, 0.5 + 0.5 * width)[:, None], n, axis=1)


def _covered(count: int, low: float, high: float) -> Array:
    """Share of each of `count` equal parts of 0…1 between `low` and `high`."""
    edges = np.linspace(0, 1, count + 1)
    inside: Array = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0, None) * count
    return np.minimum(inside, 1.0)


def disc(count: int, share: float) -> Array:
    """A disc in the middle: (count, count); the share is at most π/4."""
    n, radius = _checked_count(count), math.sqrt(checked_share(share) / math.pi)
    if radius > 0.5:
        raise InputError(
            "a disc of this share does not fit its cell", given=share, allowed=f"at most {math.pi / 4:.4f}"
        )
    return inside(n, n, lambda y, z: (y - 0.5) ** 2 + (z - 0.5) ** 2 <= radius**2)


def inside(count1: int, count2: int, holds: Callable[[Array, Array], NDArray[np.bool_]]) -> Array:
    """Share of each of the voxels in which `holds` of the places (0…1, 0…1) is true: (count1, count2)."""
    fine = [(np.arange(n * _FINE) + 0.5) / (n * _FINE) for n in (count1, count2)]
    shares = np.empty((count1, count2))
    for i in range(count1):
        rows = holds(fine[0][i * _FINE : (i + 1) * _FINE, None], fine[1][None, :])
        shares[i] = rows.reshape(_FINE, count2, _FINE).mean(axis=(0, 2))
    return shares


def patches(count: int, share: float, size: float = 0.1, seed: int = 0) -> Array:
    """Discs of diameter `size` (of the cell) at random, overlapping at will, until the share is covered.

    The cell repeats: a disc that leaves it on one side comes in on the other.
    """
    return _discs(_checked_count(count), checked_share(share), size, seed)


def voids(count: int, share: float, size: float = 0.1, seed: int = 0) -> Array:
    """Contact but for discs of diameter `size` at random, which leave the share."""
    lost = 1 - checked_share(share)
    n = _checked_count(count)
    return 1 - _discs(n, lost, size, seed) if lost > 0 else np.ones((n, n))


def _discs(n: int, share: float, size: float, seed: int) -> Array:
    if not 0 < size <= 1:
        raise InputError("the size of a patch is out of range", given=size, allowed="above 0, at most 1 (the cell)")
    generator = np.random.default_rng(checked_seed(seed))
    centre = (np.arange(n) + 0.5) / n
    depth = np.full((n, n), np.inf)
    for _ in range(_MOST_PATCHES):
        y, z = generator.random(2)
        away = [np.minimum(np.abs(centre - c), 1 - np.abs(centre - c)) for c in (y, z)]
        np.minimum(depth, np.hypot(away[0][:, None], away[1][None, :]), out=depth)
        if (depth <= 0.5 * size).mean() >= share:
            break
    return _lowest(depth, share)


def rough(count: int, share: float, size: float = 0.1, hurst: float = 0.8, seed: int = 0) -> Array:
    """A rough surface pressed until the share is in contact: the lowest gaps of a self-affine height.

    Parameters
    ----------
    size : float
        Longest wavelength of the roughness, of the cell.
    hurst : float
        Hurst exponent above 0, at most 1: the power spectrum falls as q^(−2(1 + H)) (Persson 2006,
        DOI 10.1016/j.surfrep.2006.04.001).
    """
    n = _checked_count(count)
    if not 0 < size <= 1 or not 0 < hurst <= 1:
        raise InputError("size and hurst are out of range", given=f"{size}, {hurst}", allowed="above 0, at most 1")
    q = np.fft.fftfreq(n, 1 / n)
    wave = np.hypot(q[:, None], q[None, :])
    amplitude = np.where(wave >= 1 / size, np.maximum(wave, 1e-9) ** -(1 + hurst), 0.0)
    noise = np.fft.fft2(np.random.default_rng(checked_seed(seed)).normal(size=(n, n)))
    height = np.fft.ifft2(noise * amplitude).real
    return _lowest(height, checked_share(share))


def _lowest(values: Array, share: float) -> Array:
    """Contact where `values` are lowest, in whole voxels but for the last one."""
    order = np.argsort(values, axis=None, kind="stable")
    wanted = share * values.size
    result = np.zeros(values.size)
    whole = int(wanted)
    result[order[:whole]] = 1.0
    if whole < values.size:
        result[order[whole]] = wanted - whole
    return result.reshape(values.shape)


PATTERNS: dict[str, Callable[..., Array]] = {
    "disc": disc,
    "square": square,
    "stripes": stripes,
    "patches": patches,
    "voids": voids,
    "rough": rough,
}


def pattern(name: str, count: int, share: float, **options: float) -> Array:
    """The pattern of that name on `count` × `count` voxels.

    Raises
    ------
    InputError
        Where there is none of that name, or a share or size is out of range.
    """
    if name not in PATTERNS:
        raise InputError(
            "unknown contact pattern", given=name, allowed=", ".join(PATTERNS), hint=did_you_mean(name, PATTERNS)
        )
    return np.ones((count, count)) if share == 1 else PATTERNS[name](count, share, **options)
