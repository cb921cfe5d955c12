"""What `natron.constriction.solve` is given, checked: blocks of numbers, contacts, interfaces, grains, memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from natron.core import InputError

Array = NDArray[np.float64]
Field = NDArray[Any]

BYTES_PER_VOXEL_REAL = 96
"""Peak memory of a solve beside κ itself; twice as much where κ is complex."""
SMALLEST_SPACING_M, LARGEST_SPACING_M = 1e-30, 1e30
SMALLEST_KAPPA_S_M, LARGEST_KAPPA_S_M = 1e-100, 1e100
MOST_UNEQUAL = 1e6
"""Longest edge of a voxel over its shortest: beyond, single precision no longer tells the faces apart."""
_HIGHEST_START = 1e6


def numbers(key: str, given: ArrayLike, wanted: str, *, is_complex: bool = False) -> Field:
    """An array of finite numbers, real unless `is_complex`; refuses what is none."""
    try:
        values = np.asarray(given)
    except (TypeError, ValueError):
        values = np.empty(0, dtype=object)
    if values.dtype.kind == "O":
        # nested lists with a None in them, and numbers of Python's own that numpy has no type for
        try:
            values = values.astype(np.complex128 if is_complex else np.float64)
        except (TypeError, ValueError, OverflowError):
            raise InputError(f"numbers are needed for {wanted}", key=key, given=type(given).__name__) from None
    if values.dtype.kind not in ("buifc" if is_complex else "buif"):
        raise InputError(f"numbers are needed for {wanted}", key=key, given=str(values.dtype))
    if not np.isfinite(values).all():
        raise InputError(f"a number is not finite among {wanted}", key=key, given=int((~np.isfinite(values)).sum()))
    return values


def checked_kappa(given: ArrayLike, memory_bytes: float | None = None) -> Field:
    """Conductivities as a block of float64 or complex128; refuses what is none, and what is too much."""
    if isinstance(given, np.ndarray):
        # before anything is made of it
        refuse_too_large(given.size, np.iscomplexobj(given), memory_bytes)
    kappa = numbers("kappa_S_per_m", given, "conductivities", is_complex=True)
    refuse_too_large(kappa.size, np.iscomplexobj(kappa), memory_bytes)
    kappa = kappa.astype(np.complex128 if np.iscomplexobj(kappa) else np.float64, copy=False)
    if kappa.ndim != 3 or min(kappa.shape) < 1:
        raise InputError(
            "conductivities are needed for a block of voxels",
            given=f"shape {kappa.shape}",
            allowed="three axes, the current along the first",
        )
    if kappa.real.min() < 0 or (np.iscomplexobj(kappa) and kappa.imag.min() < 0):
        raise InputError(
            "a conductivity is negative",
            given=f"{kappa.real.min():g}" if kappa.real.min() < 0 else f"{kappa.imag.min():g}i",
            allowed="0 S/m and more; for σ + iωε both parts",
        )
    if not kappa.any():
        raise InputError("all conductivities are zero", allowed="at least one voxel that conducts")
    largest = float(max(kappa.real.max(), kappa.imag.max()))
    if not SMALLEST_KAPPA_S_M <= largest <= LARGEST_KAPPA_S_M:
        raise InputError(
            "the largest conductivity is out of range",
            given=f"{largest:g}",
            allowed=f"{SMALLEST_KAPPA_S_M:g} to {LARGEST_KAPPA_S_M:g} S/m",
        )
    return kappa


def checked_spacing(given: float | ArrayLike) -> tuple[float, float, float]:
    """Three edges of a voxel in m; refuses what is none."""
    values = numbers("spacing_m", given, "a voxel's edges").astype(np.float64)
    three = np.broadcast_to(values, (3,)) if values.shape in ((), (1,), (3,)) else np.zeros(3)
    if not ((three >= SMALLEST_SPACING_M) & (three <= LARGEST_SPACING_M)).all():
        raise InputError(
            "this is not a voxel's size",
            given=given,
            allowed=f"one length, or three, from {SMALLEST_SPACING_M:g} to {LARGEST_SPACING_M:g} m",
        )
    if three.max() > MOST_UNEQUAL * three.min():
        raise InputError(
            "a voxel's edges are too unequal", given=given, allowed=f"the longest {MOST_UNEQUAL:g} times the shortest"
        )
    return float(three[0]), float(three[1]), float(three[2])


def checked_sides(periodic: Any, shape: tuple[int, int, int]) -> tuple[bool, bool]:
    """Whether the sides of axes 1 and 2 are joined; a single voxel is its own neighbour, with no current between."""
    pair = (periodic, periodic) if isinstance(periodic, (bool, np.bool_)) else periodic
    if (
        not isinstance(pair, (tuple, list, np.ndarray))
        or len(pair) != 2
        or not all(isinstance(side, (bool, np.bool_)) for side in pair)
    ):
        raise InputError("periodic is one truth value or two", given=periodic)
    return bool(pair[0]) and shape[1] > 1, bool(pair[1]) and shape[2] > 1


def checked_contact(name: str, given: ArrayLike | None, shape: tuple[int, int, int]) -> Array:
    """Shares of each voxel's face in contact, (n1, n2)."""
    if given is None:
        return np.ones(shape[1:])
    share = numbers(name, given, "shares in contact")
    if share.shape != shape[1:] or not ((share >= 0) & (share <= 1)).all():
        raise InputError(
            "a contact is a truth value, or a share from 0 to 1, for each voxel of the face",
            key=name,
            given=f"{share.dtype} of shape {share.shape}",
            allowed=f"shape {shape[1:]}",
        )
    if not share.any():
        raise InputError("the contact touches nowhere", key=name, hint="No contact is a cell without current.")
    return share.astype(np.float64)


def checked_interface(name: str, given: ArrayLike | None, shape: tuple[int, int, int]) -> Field | None:
    """Area-specific resistance or impedance of a contact, (n1, n2)."""
    if given is None:
        return None
    values = numbers(name, given, "interface resistances", is_complex=True)
    if values.shape not in ((), shape[1:]) or values.real.min() < 0 or values.imag.max() > 0:
        raise InputError(
            "an interface resistance is a number of 0 or more, or one for each voxel of the face",
            key=name,
            given=f"{values:g}" if values.shape == () else f"shape {values.shape}",
            allowed=f"a number, or shape {shape[1:]}, in ohm m²; of an impedance Re Z ≥ 0 and Im Z ≤ 0",
        )
    return np.broadcast_to(values, shape[1:])


def checked_boundary(given: Any) -> float | complex:
    """Area-specific resistance or impedance of the boundaries between grains."""
    values = numbers("boundary_ohm_m2", given, "a boundary's resistance", is_complex=True)
    if values.shape != () or values.real < 0 or values.imag > 0:
        raise InputError(
            "a boundary has a resistance of 0 or more",
            key="boundary_ohm_m2",
            given=given,
            allowed="one number; of an impedance Re Z ≥ 0 and Im Z ≤ 0",
        )
    return complex(values) if np.iscomplexobj(values) else float(values)


def checked_grains(given: ArrayLike | None, shape: tuple[int, int, int]) -> Field:
    """Numbers of grains, (n0, n1, n2); of no size where there are none."""
    if given is None:
        return np.zeros((0, 0, 0), dtype=np.int32)
    found = np.asarray(given)
    if found.shape != shape or not np.issubdtype(found.dtype, np.integer):
        raise InputError(
            "grains are numbered by a whole number for each voxel",
            key="grains",
            given=f"{found.dtype} of shape {found.shape}",
            allowed=f"integers of shape {shape}",
        )
    if found.min() < np.iinfo(np.int32).min or found.max() > np.iinfo(np.int32).max:
        found = np.unique(found, return_inverse=True)[1].reshape(shape)
    return found.astype(np.int32)


def checked_initial(given: ArrayLike, shape: tuple[int, int, int], *, is_complex: bool) -> Field:
    """A potential to start from, (n0, n1, n2)."""
    values = numbers("initial", given, "a potential", is_complex=is_complex)
    if values.shape != shape or not np.abs(values).max() <= _HIGHEST_START:
        raise InputError(
            "this is no potential to start from",
            key="initial",
            given=f"shape {values.shape}",
            allowed=f"shape {shape}, for 1 V at the top and 0 V at the bottom",
        )
    return values


def checked_tolerance(given: Any) -> float:
    """Of the residual."""
    if not isinstance(given, (int, float, np.floating)) or not 1e-12 <= given <= 1e-2:
        raise InputError("the tolerance is out of range", given=given, allowed="1e-12 to 1e-2")
    return float(given)


def checked_iterations(given: Any) -> int:
    """The most that are done."""
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or not given >= 1:
        raise InputError("max_iterations is out of range", given=given, allowed="a whole number, 1 or more")
    return int(given)


def refuse_too_large(voxels: int, is_complex: bool, memory_bytes: float | None = None) -> None:
    """Refuse a body whose solve would take more memory than `memory_bytes`, or than is free."""
    needed = voxels * BYTES_PER_VOXEL_REAL * (2 if is_complex else 1)
    free = memory_bytes if memory_bytes is not None else _free_memory()
    if free is not None and needed > free:
        raise InputError(
            "there is not enough memory for so many voxels",
            given=f"{voxels:.3g} voxels, about {needed / 2**30:.1f} GiB",
            allowed=f"{free / 2**30:.1f} GiB",
            hint="Take coarser voxels, or a part of the body.",
        )


def _free_memory() -> float | None:
    """Bytes that can be had without swapping; all that the machine has where it does not say."""
    import os

    try:
        told = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return 1024.0 * next(int(line.split()[1]) for line in told if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (ValueError, OSError, AttributeError):
        return None
