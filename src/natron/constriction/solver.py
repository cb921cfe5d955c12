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

from natron.constriction.inputs import (
    Array,
    Field,
    checked_boundary,
    checked_contact,
    checked_grains,
    checked_initial,
    checked_interface,
    checked_iterations,
    checked_kappa,
    checked_sides,
    checked_spacing,
    checked_tolerance,
)
from natron.core import InputError

SolveStatus = Literal["converged", "not_percolating", "not_converged", "not_passive"]

TOLERANCE = 1e-8
BALANCE_LIMIT = 1e-6
MOST_ITERATIONS = 300
SMALLEST_SHARE = 1e-25
"""Of the largest conductivity: voxels below are taken as insulating, for single precision ends at 1e-38."""
_LEAST_CONTACT = 1e-30
_ROUNDING = 1e-6
_PARTS_PER_THREAD = 4


@dataclass(frozen=True, eq=False)
class Solution:
    """What was found; all of one kind of number, real or complex, as κ.

    Attributes
    ----------
    resistance_ohm : float or complex
        Between the electrodes, from the power dissipated at 1 V, which errs by the square of the potential's error;
        inf where nothing connects them.
    conductivity_S_per_m : float or complex
        Of a uniform body of the same resistance under full contacts without interface resistance.
    potential : ndarray, (n0, n1, n2)
        At the voxels' centres, for 1 V at the top (index 0 of axis 0) and 0 V at the bottom. 0 in voxels that
        nothing connects to an electrode.
    current_top_A, current_bottom_A : float or complex
        For 1 V, through each face.
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
        Conductivity of each voxel, 0 or more; complex for σ + iωε (both parts 0 or more). What lies below 1e-25 of
        the largest insulates.
    spacing_m : float or three
        Edges of a voxel along the axes.
    contact_top, contact_bottom : array_like, (n1, n2), optional
        Where the electrode touches, as truth values or as the share of each voxel's face that it covers, 0 to 1;
        everywhere by default.
    interface_top_ohm_m2, interface_bottom_ohm_m2 : array_like, scalar or (n1, n2), optional
        Area-specific resistance (complex: impedance, Im Z ≤ 0) of the contact itself, such as charge transfer.
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
    from natron.constriction import kernels

    kappa = checked_kappa(kappa_S_per_m, memory_bytes)
    shape = (kappa.shape[0], kappa.shape[1], kappa.shape[2])
    spacing = checked_spacing(spacing_m)
    wrap = checked_sides(periodic, shape)
    tolerance, max_iterations = checked_tolerance(tolerance), checked_iterations(max_iterations)
    top_mask = checked_contact("contact_top", contact_top, shape)
    bottom_mask = checked_contact("contact_bottom", contact_bottom, shape)
    top_interface = checked_interface("interface_top_ohm_m2", interface_top_ohm_m2, shape)
    bottom_interface = checked_interface("interface_bottom_ohm_m2", interface_bottom_ohm_m2, shape)
    numbers, boundary = checked_grains(grains, shape), checked_boundary(boundary_ohm_m2)
    if any(each is not None and np.iscomplexobj(each) for each in (boundary, top_interface, bottom_interface)):
        kappa = kappa.astype(np.complex128, copy=False)
    start = None if initial is None else checked_initial(initial, shape, is_complex=np.iscomplexobj(kappa))
    smallest, largest = kernels.extremes(kappa)
    if smallest < SMALLEST_SHARE * largest:
        kappa = np.where(np.abs(kappa) < SMALLEST_SHARE * largest, 0, kappa)
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
    return _solved(blank, largest, numbers, boundary, tolerance, max_iterations, start)


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
    blank: Solution,
    largest: float,
    grains: Field,
    boundary_ohm_m2: complex,
    tolerance: float,
    most: int,
    initial: Field | None,
) -> Solution:
    from numba import get_num_threads

    from natron.constriction import kernels
    from natron.constriction.multigrid import Hierarchy

    kappa, spacing, wrap = blank.kappa_S_per_m, blank.spacing_m, blank.periodic
    is_complex = np.iscomplexobj(kappa)
    wide, narrow = (np.complex128, np.complex64) if is_complex else (np.float64, np.float32)
    h0, h1, h2 = spacing
    # the largest conductance of a face: what single precision is scaled by
    unit = largest * max(h1 * h2 / h0, h0 * h2 / h1, h0 * h1 / h2)
    faces = _faces(blank, kappa, grains, boundary_ohm_m2, unit, narrow)
    hierarchy = Hierarchy.of(faces, spacing, wrap, _PARTS_PER_THREAD * get_num_threads())
    inner = (slice(1, -1),) * 3
    x, r = (np.zeros(faces[0].shape, dtype=wide) for _ in range(2))
    # directions may be rounded: what they take from the residual is computed from them in full precision
    p = np.zeros(faces[0].shape, dtype=narrow)
    top, bottom = faces[0][1, 1:-1, 1:-1].astype(wide), faces[0][-1, 1:-1, 1:-1].astype(wide)
    if not min(np.abs(top).max(), np.abs(bottom).max()) >= _LEAST_CONTACT:
        raise InputError(
            "a contact's interface resists so much that nothing is left of the body beside it",
            allowed=f"contacts that conduct more than {_LEAST_CONTACT:g} of the best face between voxels",
            hint="The resistance is that of the interfaces, over their areas in contact.",
        )
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
        bend = kernels.curvature(wide(0), p, *faces)
        if now == 0 or bend == 0:
            break
        alpha = now / bend
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
    through = _power(blank, potential, largest, grains, boundary_ohm_m2)
    resistance = 1 / through if through else math.inf
    status, advice = _verdict(resistance, residual, balance, tolerance, is_complex, iterations)
    area = kappa.shape[1] * kappa.shape[2] * spacing[1] * spacing[2]
    return replace(
        blank,
        resistance_ohm=resistance,
        conductivity_S_per_m=through * kappa.shape[0] * spacing[0] / area,
        potential=potential,
        current_top_A=through_top,
        current_bottom_A=through_bottom,
        balance=balance,
        iterations=iterations,
        residual=residual,
        status=status,
        advice=advice,
    )


def _power(blank: Solution, potential: Field, largest: float, grains: Field, boundary_ohm_m2: complex) -> Any:
    """Current for 1 V as the power that is dissipated: it errs by the square of the potential's error.

    In double precision throughout: rounded faces move the potential, of which the power does not feel a small step.
    """
    from natron.constriction import kernels

    kappa, (h0, h1, h2) = blank.kappa_S_per_m, blank.spacing_m
    weights = np.array([2 * h1 * h2 / h0, 2 * h0 * h2 / h1, 2 * h0 * h1 / h2])
    aparts = 2 * boundary_ohm_m2 * largest / np.array(blank.spacing_m)
    inside = kernels.power(potential, kappa / largest, grains, weights, aparts, *blank.periodic)
    at_ends = (blank.face_top_S * (1 - potential[0]) ** 2).sum() + (blank.face_bottom_S * potential[-1] ** 2).sum()
    return inside * largest + at_ends


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
    # less is rounding, of a resistance or a reactance that is not there
    if is_complex and max(-resistance.real, resistance.imag) > _ROUNDING * abs(resistance):
        return "not_passive", "A passive body has Re Z ≥ 0 and Im Z ≤ 0: do not trust this result."
    return "converged", ""
