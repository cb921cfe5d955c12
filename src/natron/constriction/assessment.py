"""A body solved, with what its contacts cost and how well that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy.typing import ArrayLike

from natron.constriction.bodies import Body
from natron.constriction.currents import LocalCurrent, at_top
from natron.constriction.impedance import BodySpectrum, sweep
from natron.constriction.refinement import refined
from natron.constriction.solver import MOST_ITERATIONS, TOLERANCE, Solution, solve


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a body resists.

    Attributes
    ----------
    body : Body
    solution : Solution
        On the voxels given; its status is the assessment's.
    resistance_ohm : float
        Of the cross section: drawn on to voxels of no size where two grids were solved, else that of the voxels
        given; inf where nothing connects the contacts.
    error_estimate_ohm : float or None
        Of the grid; None where one grid alone was solved.
    constriction_ohm_m2 : float or None
        Beyond the body between full contacts and the interfaces at their shares in contact.
    local : LocalCurrent or None
        At the top contact.
    """

    body: Body
    solution: Solution
    resistance_ohm: float
    error_estimate_ohm: float | None
    constriction_ohm_m2: float | None
    local: LocalCurrent | None

    @property
    def area_specific_resistance_ohm_m2(self) -> float:
        """Of the whole cross section."""
        return self.resistance_ohm * self.body.area_m2

    @property
    def conductivity_S_m(self) -> float:
        """Of a uniform body of the same resistance under full contacts without interfaces; 0 without a path."""
        return self.body.thickness_m / self.area_specific_resistance_ohm_m2


def _solve(body: Body, tolerance: float, max_iterations: int) -> Solution:
    return solve(
        body.conductivity_S_m,
        body.spacing_m,
        body.contact_top,
        body.contact_bottom,
        interface_top_ohm_m2=body.interface_ohm_m2 or None,
        interface_bottom_ohm_m2=body.interface_ohm_m2 or None,
        grains=body.grains,
        boundary_ohm_m2=body.boundary_ohm_m2,
        periodic=body.periodic,
        tolerance=tolerance,
        max_iterations=max_iterations,
    )


def assess(
    body: Body, *, tolerance: float = TOLERANCE, max_iterations: int = MOST_ITERATIONS, refine: bool = True
) -> Assessment:
    """Solve a body at rest, with what part of its resistance the contacts make.

    Parameters
    ----------
    body : Body
    tolerance, max_iterations
        See `natron.constriction.solve`.
    refine : bool
        Solve a uniform body on voxels of twice the edge too, for what is lost between voxels at contacts' edges.

    Raises
    ------
    InputError
        As `natron.constriction.solve`.
    """
    found = _solve(body, tolerance, max_iterations)
    resistance, error = float(found.resistance_ohm), None
    if found.status != "converged":
        return Assessment(body, found, resistance, None, None, None)
    coarse = body.coarser() if refine else None
    if coarse is not None:
        on = {1: _solve(coarse, tolerance, max_iterations), 2: found}
        if on[1].status == "converged":
            faces = (body.contact_top, body.contact_bottom, coarse.contact_top, coarse.contact_bottom)
            cut = any(bool(((face > 0) & (face < 1)).any()) for face in faces)
            both = refined(lambda n: on[n], 1, cut=cut)
            resistance, error = both.resistance_ohm, both.error_estimate_ohm
    return Assessment(
        body,
        found,
        resistance,
        error,
        _constriction(body, resistance, tolerance, max_iterations),
        at_top(found, body.contact_top),
    )


def _constriction(body: Body, resistance_ohm: float, tolerance: float, max_iterations: int) -> float | None:
    if body.full:
        return 0.0
    whole = resistance_ohm * body.area_m2
    if body.uniform:
        inside = body.thickness_m / float(body.conductivity_S_m.flat[0])
    else:
        between = _solve(body.with_full_contacts(), tolerance, max_iterations)
        if between.status != "converged":
            return None
        inside = float(between.resistance_ohm) * body.area_m2
    shares = (float(body.contact_top.mean()), float(body.contact_bottom.mean()))
    return whole - inside - sum(body.interface_ohm_m2 / share for share in shares)


def body_spectrum(
    body: Body,
    frequency_Hz: ArrayLike,
    *,
    tolerance: float = 1e-6,
    temperature_K: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BodySpectrum:
    """Impedance of a body at each frequency; see `natron.constriction.sweep`."""
    has_interface = body.interface_ohm_m2 > 0
    return sweep(
        body.kappa,
        frequency_Hz,
        body.spacing_m,
        body.contact_top,
        body.contact_bottom,
        interface_top=body.interface if has_interface else None,
        interface_bottom=body.interface if has_interface else None,
        boundary=body.boundary if body.boundary_ohm_m2 > 0 else None,
        grains=body.grains,
        periodic=body.periodic,
        tolerance=tolerance,
        temperature_K=temperature_K,
        progress=progress,
    )
