"""A body solved, with what its contacts cost and how well that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy.typing import ArrayLike

from natron.constriction.bodies import Body
from natron.constriction.currents import LocalCurrent, at_top
from natron.constriction.impedance import BodySpectrum, sweep
from natron.constriction.refinement import Refined, refined
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
        Of the grid; None where one grid alone was solved, as `error_reason` says.
    error_reason : str
        Empty where the error is estimated.
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
    error_reason: str = ""

    @property
    def area_specific_resistance_ohm_m2(self) -> float:
        """Of the whole cross section."""
        return self.resistance_ohm * self.body.area_m2

    @property
    def conductivity_S_m(self) -> float:
        """Of a uniform body of the same resistance under full contacts without interfaces; 0 without a path."""
        return self.body.thickness_m / self.area_specific_resistance_ohm_m2


FINER_UP_TO = 2**18
"""Voxels of a body that is not uniform up to which it is solved on voxels half as large too (eight times as many)."""


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
    body: Body,
    *,
    tolerance: float = TOLERANCE,
    max_iterations: int = MOST_ITERATIONS,
    refine: bool = True,
    finer_up_to: int = FINER_UP_TO,
) -> Assessment:
    """Solve a body at rest, with what part of its resistance the contacts make.

    Parameters
    ----------
    body : Body
    tolerance, max_iterations
        See `natron.constriction.solve`.
    refine : bool
        Solve on a second grid, for what is lost between voxels at contacts' and phases' edges: a uniform body on
        voxels of twice the edge, any other, and one of an odd number of voxels, on voxels of half the edge.
    finer_up_to : int
        Voxels up to which the latter is done.

    Raises
    ------
    InputError
        As `natron.constriction.solve`.
    """
    found = _solve(body, tolerance, max_iterations)
    resistance = float(found.resistance_ohm)
    if found.status != "converged":
        return Assessment(body, found, resistance, None, None, None, found.advice)
    second, reason = _second_grid(body, finer_up_to) if refine else (None, "a second grid was not asked for")
    error = None
    if second is not None:
        other = _solve(second, tolerance, max_iterations)
        if other.status == "converged":
            both = _drawn_on(body, found, second, other)
            resistance, error = both.resistance_ohm, both.error_estimate_ohm
        else:
            second, reason = None, f"the second grid gave no answer: {other.advice}"
    constriction = _constriction(body, second, resistance, tolerance, max_iterations)
    return Assessment(body, found, resistance, error, constriction, at_top(found, body.contact_top), reason)


def _second_grid(body: Body, finer_up_to: int) -> tuple[Body | None, str]:
    """Coarser voxels where the body is uniform, else finer ones where these are not too many; why not, else."""
    coarse, voxels = body.coarser(), body.conductivity_S_m.size
    if coarse is not None:
        return coarse, ""
    if voxels <= finer_up_to:
        return body.finer(), ""
    return None, (
        f"one grid alone was solved: {voxels:.3g} voxels that are not uniform, or odd in number, are not made eight "
        f"times as many (done up to {finer_up_to:.3g}); take fewer voxels to have the error of the grid estimated"
    )


def _drawn_on(body: Body, found: Solution, second: Body, other: Solution) -> Refined:
    """Richardson's limit of both grids; with edges that cut voxels or phases, all of the step is in doubt."""
    is_coarser = second.spacing_m[0] > body.spacing_m[0]
    on = {1: other, 2: found} if is_coarser else {1: found, 2: other}
    faces = (body.contact_top, body.contact_bottom, second.contact_top, second.contact_bottom)
    cut = not is_coarser or any(bool(((face > 0) & (face < 1)).any()) for face in faces)
    return refined(lambda n: on[n], 1, cut=cut)


def _constriction(
    body: Body, second: Body | None, resistance_ohm: float, tolerance: float, max_iterations: int
) -> float | None:
    if body.full:
        return 0.0
    whole = resistance_ohm * body.area_m2
    if body.uniform:
        inside = body.thickness_m / float(body.conductivity_S_m.flat[0])
    else:
        on_both = [each.with_full_contacts() for each in (body, second) if each is not None]
        between = [_solve(each, tolerance, max_iterations) for each in on_both]
        if any(each.status != "converged" for each in between):
            return None
        inside = float(between[0].resistance_ohm)
        if len(between) == 2:
            inside = _drawn_on(on_both[0], between[0], on_both[1], between[1]).resistance_ohm
        inside *= body.area_m2
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
