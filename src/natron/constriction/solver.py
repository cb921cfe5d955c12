"""Current through a body of voxels: div(κ grad φ) = 0 between two electrodes.

Cell-centred finite volumes with harmonic means at the faces; conjugate gradients (for complex κ their
unconjugated form, van der Vorst and Melissen 1990, DOI 10.1109/20.106415), preconditioned by a geometric
multigrid V-cycle in single precision, the residual kept in double.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from natron.core import InputError

Array = NDArray[np.float64]
Field = NDArray[Any]
SolveStatus = Literal["converged", "not_percolating", "not_converged", "not_passive"]

TOLERANCE = 1e-8
BALANCE_LIMIT = 1e-6
MOST_ITERATIONS = 300
BYTES_PER_VOXEL_REAL = 96
"""Peak memory of a solve beside κ itself; twice as much where κ is complex."""

# single precision holds 1e-38: conductances this far below the largest are taken as none
_SMALLEST = 1e-25
_PARTS_PER_THREAD = 4


@dataclass(frozen=True, eq=False)
class Solution:
    """What was found; all of one kind of number, real or complex, as κ.

    Attributes
    ----------
    resistance_ohm : float or complex
        Between the electrodes, from the current at the top; inf where nothing connects them.
    conductivity_S_per_m : float or complex
        Of a uniform body of the same resistance under full contacts without interface resistance.
    potential : ndarray, (n0, n1, n2)
        At the voxels' centres, for 1 V at the top (index 0 of axis 0) and 0 V at the bottom. 0 in voxels that
        nothing connects to an electrode.
    current_top_A, current_bottom_A : float or complex
        For 1 V. The former converges as the square of the residual.
    balance : float
        Their difference over the current.
    iterations : int
    residual : float
        Of the equations, relative.
    status : str
        ``converged``; ``not_percolating`` (no path from top to bottom); ``not_converged``; ``not_passive`` (Re Z < 0
        or Im Z > 0, which no passive body has).
    advice : str
        What to do; empty where converged.
    connected : ndarray of bool, (n0, n1, n2)
        Voxels that take part.
    kappa_S_per_m : ndarray, (n0, n1, n2)
        As given, zero where not connected.
    spacing_m : tuple of float
    face_top_S, face_bottom_S : ndarray, (n1, n2)
        From the electrode to the outermost voxels' centres, interface included.
    periodic : tuple of bool
    """

    resistance_ohm: Any
    conductivity_S_per_m: Any
    potential: Field
    current_top_A: Any
    current_bottom_A: Any
    balance: float
    iterations: int
    residual: float
    status: SolveStatus
    advice: str
    connected: NDArray[np.bool_]
    kappa_S_per_m: Field
    spacing_m: tuple[float, float, float]
    face_top_S: Field
    face_bottom_S: Field
    periodic: tuple[bool, bool]

    @property
    def area_m2(self) -> float:
        """Of the cross section."""
        _, n1, n2 = self.potential.shape
        return float(n1 * n2 * self.spacing_m[1] * self.spacing_m[2])

    @property
    def thickness_m(self) -> float:
        """Along axis 0."""
        return float(self.potential.shape[0] * self.spacing_m[0])

    @property
    def area_specific_resistance_ohm_m2(self) -> Any:
        """Resistance times the whole cross section."""
        return self.resistance_ohm * self.area_m2


def solve(
    kappa_S_per_m: ArrayLike,
    spacing_m: float | tuple[float, float, float] = 1.0,
    contact_top: ArrayLike | None = None,
    contact_bottom: ArrayLike | None = None,
    *,
    interface_top_ohm_m2: ArrayLike | None = None,
    interface_bottom_ohm_m2: ArrayLike | None = None,
    grains: ArrayLike | None = None,
    boundary_ohm_m2: complex = 0.0,
    periodic: bool | tuple[bool, bool] = False,
    tolerance: float = TOLERANCE,
    max_iterations: int = MOST_ITERATIONS,
    initial: ArrayLike | None = None,
    memory_bytes: float | None = None,
) -> Solution:
    """Resistance and potential of a body of voxels, current along axis 0.

    Parameters
    ----------
    kappa_S_per_m : array_like, (n0, n1, n2)
        Conductivity of each voxel, 0 or more; complex for σ + iωε (real part 0 or more).
    spacing_m : float or three
        Edges of a voxel along the axes.
    contact_top, contact_bottom : array_like, (n1, n2), optional
        Where the electrode touches, as truth values or as the share of each voxel's face that it covers, 0 to 1;
        everywhere by default.
    interface_top_ohm_m2, interface_bottom_ohm_m2 : array_like, scalar or (n1, n2), optional
        Area-specific resistance (complex: impedance) of the contact itself, such as charge transfer.
    grains : array_like of int, (n0, n1, n2), optional
        Number of the grain that each voxel belongs to.
    boundary_ohm_m2 : float or complex
        Area-specific resistance (impedance) between voxels of different grains, 0 or more.
    periodic : bool or two
        Whether the sides of axes 1 and 2 are joined; else they are insulated.
    tolerance : float
        Of the residual, relative; 1e-12 to 1e-2.
    max_iterations : int
    initial : array_like, (n0, n1, n2), optional
        A potential to start from.
    memory_bytes : float, optional
        Refuse what would take more; by default what the machine has free.

    Raises
    ------
    InputError
        Where κ is not a block of finite numbers with real parts of 0 or more, a contact has another shape or
        touches nowhere, an argument is out of range, or memory does not suffice (estimated before it is taken).

    Examples
    --------
    >>> import numpy as np
    >>> round(solve(np.full((8, 4, 4), 2.0), spacing_m=1e-3).conductivity_S_per_m, 6)
    2.0
    """
    kappa = checked_kappa(kappa_S_per_m, memory_bytes)
    shape = (kappa.shape[0], kappa.shape[1], kappa.shape[2])
    spacing = checked_spacing(spacing_m)
    wrap = _checked_sides(periodic, shape)
    if not 1e-12 <= tolerance <= 1e-2:
        raise InputError("the tolerance is out of range", given=tolerance, allowed="1e-12 to 1e-2")
    if not max_iterations >= 1:
        raise InputError("max_iterations is out of range", given=max_iterations, allowed="1 or more")
    top_mask = _checked_contact("contact_top", contact_top, shape)
    bottom_mask = _checked_contact("contact_bottom", contact_bottom, shape)
    top_interface = _checked_interface("interface_top_ohm_m2", interface_top_ohm_m2, shape)
    bottom_interface = _checked_interface("interface_bottom_ohm_m2", interface_bottom_ohm_m2, shape)
    numbers = _checked_grains(grains, boundary_ohm_m2, shape)
    interfaces = [each for each in (top_interface, bottom_interface) if each is not None]
    if isinstance(boundary_ohm_m2, complex) or any(np.iscomplexobj(each) for each in interfaces):
        kappa = kappa.astype(np.complex128, copy=False)
    connected, through = _connected(kappa, top_mask, bottom_mask, wrap)
    # what is tied to no electrode carries nothing, and would leave its potential open
    kappa = np.where(connected, kappa, 0)
    top = _electrode_face(kappa[0], top_mask, top_interface, spacing)
    bottom = _electrode_face(kappa[-1], bottom_mask, bottom_interface, spacing)
    blank = Solution(
        math.inf,
        kappa.dtype.type(0),
        np.zeros(shape, dtype=kappa.dtype),
        kappa.dtype.type(0),
        kappa.dtype.type(0),
        0.0,
        0,
        0.0,
        "not_percolating",
        "No path of voxels above zero leads from the top contact to the bottom contact: the resistance is infinite.",
        connected,
        kappa,
        spacing,
        top,
        bottom,
        wrap,
    )
    if not through:
        return blank
    start = None if initial is None else _checked_initial(initial, shape)
    return _solved(blank, numbers, boundary_ohm_m2, tolerance, max_iterations, start)


def checked_kappa(given: ArrayLike, memory_bytes: float | None = None) -> Field:
    """Conductivities as a block of float64 or complex128; refuses what is none, and what is too much."""
    try:
        kappa = np.asarray(given)
        refuse_too_large(kappa.size, np.iscomplexobj(kappa), memory_bytes)
        kappa = kappa.astype(np.complex128 if np.iscomplexobj(kappa) else np.float64, copy=False)
    except (TypeError, ValueError):
        raise InputError("these are not conductivities", given=type(given).__name__, allowed="numbers") from None
    if kappa.ndim != 3 or min(kappa.shape) < 1:
        raise InputError(
            "conductivities are needed for a block of voxels",
            given=f"shape {kappa.shape}",
            allowed="three axes, the current along the first",
        )
    if not np.isfinite(kappa).all():
        raise InputError("a conductivity is not a finite number", given=int((~np.isfinite(kappa)).sum()))
    if kappa.real.min() < 0 or (np.iscomplexobj(kappa) and kappa.imag.min() < 0):
        raise InputError(
            "a conductivity is negative",
            given=f"{kappa.real.min():g}" if kappa.real.min() < 0 else f"{kappa.imag.min():g}i",
            allowed="0 S/m and more; for σ + iωε both parts",
        )
    if not kappa.any():
        raise InputError("all conductivities are zero", allowed="at least one voxel that conducts")
    return kappa


def checked_spacing(given: float | tuple[float, float, float]) -> tuple[float, float, float]:
    """Three edges of a voxel in m; refuses what is none."""
    three = np.broadcast_to(np.asarray(given, dtype=np.float64), (3,)) if np.size(given) in (1, 3) else np.zeros(3)
    if not (np.isfinite(three).all() and (three > 0).all()):
        raise InputError("this is not a voxel's size", given=given, allowed="one length above zero, or three")
    return float(three[0]), float(three[1]), float(three[2])


def _checked_sides(periodic: bool | tuple[bool, bool], shape: tuple[int, int, int]) -> tuple[bool, bool]:
    pair = (periodic, periodic) if isinstance(periodic, bool) else tuple(periodic)
    if len(pair) != 2:
        raise InputError("periodic is one truth value or two", given=periodic)
    # a single voxel is its own neighbour, with no current between
    return bool(pair[0]) and shape[1] > 1, bool(pair[1]) and shape[2] > 1


def _checked_contact(name: str, given: ArrayLike | None, shape: tuple[int, int, int]) -> Array:
    if given is None:
        return np.ones(shape[1:])
    share = np.asarray(given)
    numeric = np.issubdtype(share.dtype, np.number) or share.dtype == np.bool_
    if share.shape != shape[1:] or not numeric or not ((share >= 0) & (share <= 1)).all():
        raise InputError(
            "a contact is a truth value, or a share from 0 to 1, for each voxel of the face",
            key=name,
            given=f"{share.dtype} of shape {share.shape}",
            allowed=f"shape {shape[1:]}",
        )
    if not share.any():
        raise InputError("the contact touches nowhere", key=name, hint="No contact is a cell without current.")
    return share.astype(np.float64)


def _checked_grains(given: ArrayLike | None, boundary_ohm_m2: complex, shape: tuple[int, int, int]) -> Field:
    if not (np.isfinite(boundary_ohm_m2) and np.real(boundary_ohm_m2) >= 0):
        raise InputError("a boundary has a resistance of 0 or more", key="boundary_ohm_m2", given=boundary_ohm_m2)
    if given is None:
        return np.zeros((0, 0, 0), dtype=np.int32)
    numbers = np.asarray(given)
    if numbers.shape != shape or not np.issubdtype(numbers.dtype, np.integer):
        raise InputError(
            "grains are numbered by a whole number for each voxel",
            key="grains",
            given=f"{numbers.dtype} of shape {numbers.shape}",
            allowed=f"integers of shape {shape}",
        )
    return numbers.astype(np.int32)


def _checked_interface(name: str, given: ArrayLike | None, shape: tuple[int, int, int]) -> Field | None:
    if given is None:
        return None
    values = np.asarray(given)
    if values.shape not in ((), shape[1:]) or not np.isfinite(values).all() or values.real.min() < 0:
        raise InputError(
            "an interface resistance is a number of 0 or more, or one for each voxel of the face",
            key=name,
            given=f"shape {values.shape}",
            allowed=f"a number, or shape {shape[1:]}, in ohm m²",
        )
    return np.broadcast_to(values, shape[1:])


def _checked_initial(given: ArrayLike, shape: tuple[int, int, int]) -> Field:
    values = np.asarray(given)
    if values.shape != shape or not np.isfinite(values).all():
        raise InputError("this is no potential to start from", given=f"shape {values.shape}", allowed=f"{shape}")
    return values


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
    import os

    try:
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (ValueError, OSError, AttributeError):
        return None


def _connected(kappa: Field, top: Array, bottom: Array, wrap: tuple[bool, bool]) -> tuple[NDArray[np.bool_], bool]:
    """Voxels with a path to an electrode, and whether one path joins both."""
    conducts = kappa != 0
    if conducts.all():
        return conducts, True
    from scipy.ndimage import label

    clusters, count = label(conducts)
    if any(wrap):
        clusters = _joined(clusters, count, wrap)
    at_top, at_bottom = (np.unique(face[share > 0]) for face, share in ((clusters[0], top), (clusters[-1], bottom)))
    at_top, at_bottom = at_top[at_top > 0], at_bottom[at_bottom > 0]
    through = np.intersect1d(at_top, at_bottom)
    # what touches one electrode only carries nothing either, but its potential is known
    tied = np.zeros(int(clusters.max()) + 1, dtype=np.bool_)
    tied[at_top] = tied[at_bottom] = True
    return tied[clusters], len(through) > 0


def _joined(clusters: Field, count: int, wrap: tuple[bool, bool]) -> Field:
    """Clusters that touch across a periodic side, made one."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = []
    for axis, is_wrapped in enumerate(wrap, start=1):
        if is_wrapped:
            first, last = np.take(clusters, 0, axis=axis).ravel(), np.take(clusters, -1, axis=axis).ravel()
            both = (first > 0) & (last > 0)
            pairs.append(np.stack([first[both], last[both]]))
    i, j = np.concatenate(pairs, axis=1)
    graph = coo_matrix((np.ones(len(i)), (i, j)), shape=(count + 1, count + 1))
    group = connected_components(graph, directed=False)[1]
    return np.where(clusters > 0, group[clusters] + 1, 0)


def _electrode_face(kappa: Field, share: Array, interface: Field | None, spacing: tuple[float, float, float]) -> Field:
    """Conductance (n1, n2) from the electrode through its interface to the centres of the outermost voxels."""
    area = spacing[1] * spacing[2]
    touched = (share > 0) & (kappa != 0)
    inside = 0.5 * spacing[0] / np.where(touched, kappa, 1.0)
    total = inside if interface is None else inside + interface
    return np.where(touched, share * area / total, 0)


def _solved(
    blank: Solution, grains: Field, boundary_ohm_m2: complex, tolerance: float, most: int, initial: Field | None
) -> Solution:
    from numba import get_num_threads

    from natron.constriction import kernels
    from natron.constriction.multigrid import Hierarchy

    kappa, spacing, wrap = blank.kappa_S_per_m, blank.spacing_m, blank.periodic
    is_complex = np.iscomplexobj(kappa)
    wide, narrow = (np.complex128, np.complex64) if is_complex else (np.float64, np.float32)
    h0, h1, h2 = spacing
    smallest, largest = kernels.extremes(kappa)
    # the largest conductance of a face: what single precision is scaled by
    unit = largest * max(h1 * h2 / h0, h0 * h2 / h1, h0 * h1 / h2)
    if smallest < _SMALLEST * largest:
        kappa = np.where(np.abs(kappa) < _SMALLEST * largest, 0, kappa)
    faces = _faces(blank, kappa, grains, boundary_ohm_m2, unit, narrow)
    hierarchy = Hierarchy.of(faces, spacing, wrap, _PARTS_PER_THREAD * get_num_threads())
    inner = (slice(1, -1),) * 3
    x, r = (np.zeros(faces[0].shape, dtype=wide) for _ in range(2))
    # directions may be rounded: what they take from the residual is computed from them in full precision
    p = np.zeros(faces[0].shape, dtype=narrow)
    top, bottom = faces[0][1, 1:-1, 1:-1].astype(wide), faces[0][-1, 1:-1, 1:-1].astype(wide)
    r[1, 1:-1, 1:-1] = top
    size = float(np.linalg.norm(top))
    begin = 0.0
    if initial is not None:
        hierarchy.correction[inner] = np.where(blank.connected, initial, 0)
        kernels.turn(p, hierarchy.correction, wide(0), *wrap)
        begin = 1.0
    squares, rest = kernels.advance(x, r, hierarchy.residual, p, *faces, wide(begin))
    # what the residual sums to is what enters at the top and does not leave at the bottom
    residual, lost, before, iterations = math.sqrt(squares) / size, abs(rest), 1.0, 0
    while iterations < most:
        passed = abs((top * (1 - x[1, 1:-1, 1:-1])).sum())
        if residual <= tolerance and lost <= 0.5 * BALANCE_LIMIT * passed:
            break
        iterations += 1
        hierarchy.cycle()
        now = kernels.product(r, hierarchy.correction)
        kernels.turn(p, hierarchy.correction, wide(now / before if iterations > 1 else 0), *wrap)
        before = now
        alpha = now / kernels.curvature(wide(0), p, *faces)
        squares, rest = kernels.advance(x, r, hierarchy.residual, p, *faces, wide(alpha))
        residual, lost = math.sqrt(squares) / size, abs(rest)
        if not math.isfinite(residual):
            break
    # what is no longer needed makes room for the answer
    del hierarchy, faces, r, p
    potential = np.ascontiguousarray(x[inner])
    through_top = (top * (1 - potential[0])).sum() * unit
    through_bottom = (bottom * potential[-1]).sum() * unit
    balance = float(abs(through_top - through_bottom) / abs(through_top)) if through_top else math.inf
    resistance = 1 / through_top if through_top else math.inf
    status, advice = _verdict(resistance, residual, balance, tolerance, is_complex, iterations)
    area = kappa.shape[1] * kappa.shape[2] * spacing[1] * spacing[2]
    return replace(
        blank,
        resistance_ohm=resistance,
        conductivity_S_per_m=through_top * kappa.shape[0] * spacing[0] / area,
        potential=potential,
        current_top_A=through_top,
        current_bottom_A=through_bottom,
        balance=balance,
        iterations=iterations,
        residual=residual,
        status=status,
        advice=advice,
    )


def _faces(
    blank: Solution, kappa: Field, grains: Field, boundary_ohm_m2: complex, unit: float, dtype: Any
) -> tuple[Field, Field, Field]:
    """Scaled conductances along each axis, with ghosts; see `natron.constriction.kernels`."""
    from natron.constriction import kernels

    h0, h1, h2 = blank.spacing_m
    boundary = kappa.dtype.type(boundary_ohm_m2)
    made = []
    for axis, (area, length) in enumerate(((h1 * h2, h0), (h0 * h2, h1), (h0 * h1, h2))):
        faces = np.zeros(tuple(n + 2 for n in kappa.shape), dtype=dtype)
        wrapped = axis > 0 and blank.periodic[axis - 1]
        kernels.faces_between(faces, kappa, grains, boundary * unit / area, axis, area / length / unit, wrapped)
        made.append(faces)
    made[0][1, 1:-1, 1:-1] = blank.face_top_S / unit
    made[0][-1, 1:-1, 1:-1] = blank.face_bottom_S / unit
    return made[0], made[1], made[2]


def _verdict(
    resistance: Any, residual: float, balance: float, tolerance: float, is_complex: bool, iterations: int
) -> tuple[SolveStatus, str]:
    if not residual <= tolerance or not balance < BALANCE_LIMIT:
        return "not_converged", (
            f"After {iterations} iterations the residual is {residual:.2g} and top and bottom differ by {balance:.2g}"
            " of the current. Allow more iterations, or make the contrast of conductivities or the voxels' edges less"
            " unequal."
        )
    # rounding of a reactance that is not there
    if is_complex and (resistance.real < 0 or resistance.imag > 1e-6 * abs(resistance)):
        return "not_passive", "A passive body has Re Z ≥ 0 and Im Z ≤ 0: do not trust this result."
    return "converged", ""
