"""Bodies of voxels: pores, grains and images, as numbers of phases or of grains."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from natron.core import InputError

Index = NDArray[np.int32]
Mask = NDArray[np.bool_]

_MOST_SPHERES = 200_000


def _checked_shape(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    if len(shape) != 3 or not all(1 <= n <= 100_000 for n in shape):
        raise InputError("this is not a block of voxels", given=shape, allowed="three numbers of voxels")
    return int(shape[0]), int(shape[1]), int(shape[2])


def checked_seed(seed: int) -> int:
    """Of what is random: 0 or more."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError("a seed is a whole number of 0 or more", given=seed)
    return int(seed)


def spherical_pores(
    shape: tuple[int, int, int], porosity: float, diameter: float, seed: int = 0, overlapping: bool = True
) -> Mask:
    """Spheres at random, true inside; the body repeats on all sides.

    Parameters
    ----------
    shape : three int
        Voxels.
    porosity : float
        Share of voxels inside, 0 or more, below 1; without overlap at most 0.3 (random sequential addition
        jams at 0.38).
    diameter : float
        In voxels, at most the body's longest edge.
    seed : int
    overlapping : bool

    Raises
    ------
    InputError
        Where an argument is out of range, or the spheres cannot be placed.
    """
    n = _checked_shape(shape)
    if not 0 <= porosity < 1 or not 0 < diameter <= max(n):
        raise InputError(
            "porosity or diameter is out of range",
            given=f"{porosity:g}, {diameter:g} voxels",
            allowed=f"0 to 1; above 0, at most {max(n)} voxels",
        )
    if not overlapping and porosity > 0.3:
        raise InputError("so many spheres cannot be placed without overlap", given=porosity, allowed="at most 0.3")
    generator, radius = np.random.default_rng(checked_seed(seed)), 0.5 * diameter
    inside = np.zeros(n, dtype=np.bool_)
    reach = math.ceil(radius)
    steps = np.arange(-reach, reach + 1)
    centres: list[NDArray[np.float64]] = []
    wanted = porosity * inside.size
    size = np.array(n)
    for _ in range(_MOST_SPHERES):
        if inside.sum() >= wanted:
            return inside
        centre = generator.random(3) * size
        if not overlapping and centres:
            away = np.abs(np.array(centres) - centre)
            away = np.minimum(away, size - away)
            if ((away**2).sum(axis=1) < diameter**2).any():
                continue
        centres.append(centre)
        places = [(np.floor(c).astype(int) + steps) for c in centre]
        distance = [place + 0.5 - c for place, c in zip(places, centre, strict=True)]
        ball = (
            distance[0][:, None, None] ** 2 + distance[1][None, :, None] ** 2 + distance[2][None, None, :] ** 2
        ) <= radius**2
        where = np.ix_(*(place % m for place, m in zip(places, n, strict=True)))
        inside[where] |= ball
    raise InputError("the spheres could not be placed", given=f"porosity {porosity}, diameter {diameter} voxels")


def bricks(shape: tuple[int, int, int], size: int | tuple[int, int, int]) -> Index:
    """Numbers of brick-shaped grains with edges of `size` voxels."""
    n = _checked_shape(shape)
    edges = (size, size, size) if isinstance(size, int) else size
    if not all(edge >= 1 for edge in edges):
        raise InputError("a brick has edges of one voxel or more", given=size)
    place = [np.arange(count) // edge for count, edge in zip(n, edges, strict=True)]
    counts = [int(p[-1]) + 1 for p in place]
    return (
        (place[0][:, None, None] * counts[1] + place[1][None, :, None]) * counts[2] + place[2][None, None, :]
    ).astype(np.int32)


def voronoi(shape: tuple[int, int, int], grains: int, seed: int = 0) -> Index:
    """Numbers of the nearest of `grains` random points; repeats along axes 1 and 2."""
    n = _checked_shape(shape)
    if not 1 <= grains <= 100_000:
        raise InputError("the number of grains is out of range", given=grains, allowed="1 to 100 000")
    from scipy.spatial import cKDTree

    points = np.random.default_rng(checked_seed(seed)).random((grains, 3)) * np.array(n)
    images, numbers = [points], [np.arange(grains)]
    for dy in (-1, 0, 1):
        for dz in (-1, 0, 1):
            if dy or dz:
                images.append(points + np.array([0, dy * n[1], dz * n[2]]))
                numbers.append(np.arange(grains))
    tree, number = cKDTree(np.concatenate(images)), np.concatenate(numbers)
    result = np.empty(n, dtype=np.int32)
    y, z = (np.arange(m) + 0.5 for m in n[1:])
    plane = np.stack(np.meshgrid(y, z, indexing="ij"), axis=-1).reshape(-1, 2)
    for i in range(n[0]):
        nearest = tree.query(np.column_stack([np.full(len(plane), i + 0.5), plane]))[1]
        result[i] = number[nearest].reshape(n[1:])
    return result


def boundary_voxels(grains: ArrayLike, contact_share: float, seed: int = 0) -> Mask:
    """Voxels beside a grain boundary that are no contact: true where insulating, for a share of contact 0 to 1.

    Of the voxels that touch a grain of higher number across a face, a random share 1 − `contact_share`.
    """
    numbers = np.asarray(grains)
    if numbers.ndim != 3 or not np.issubdtype(numbers.dtype, np.integer):
        raise InputError("grains are whole numbers in a block of voxels", given=f"{numbers.dtype}, {numbers.shape}")
    if not 0 <= contact_share <= 1:
        raise InputError("the share in contact is out of range", given=contact_share, allowed="0 to 1")
    beside = np.zeros(numbers.shape, dtype=np.bool_)
    for axis in range(3):
        here = [slice(None)] * 3
        there = [slice(None)] * 3
        here[axis], there[axis] = slice(None, -1), slice(1, None)
        beside[tuple(here)] |= numbers[tuple(here)] != numbers[tuple(there)]
    return beside & (np.random.default_rng(checked_seed(seed)).random(numbers.shape) >= contact_share)


def phases(image: ArrayLike, thresholds: ArrayLike) -> Index:
    """Numbers of phases of a grey image: how many of the rising `thresholds` each voxel reaches.

    Raises
    ------
    InputError
        Where the image is not a block of finite numbers, or the thresholds do not rise.
    """
    grey = np.asarray(image)
    levels = np.atleast_1d(np.asarray(thresholds, dtype=np.float64))
    if grey.ndim != 3 or not (np.issubdtype(grey.dtype, np.number) or grey.dtype == np.bool_):
        raise InputError("an image is a block of numbers", given=f"{grey.dtype} of shape {grey.shape}")
    if not np.isfinite(grey).all():
        raise InputError("a voxel of the image is not a number")
    if levels.ndim != 1 or not np.isfinite(levels).all() or not (np.diff(levels) > 0).all():
        raise InputError("thresholds rise from phase to phase", given=levels.tolist())
    numbers: Index = np.digitize(grey, levels).astype(np.int32)
    return numbers
