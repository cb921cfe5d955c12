"""The impedance of a body of voxels over frequency."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from natron.constriction.inputs import numbers
from natron.constriction.solver import SolveStatus, solve
from natron.core import InputError, NatronError
from natron.data import Provenance, Spectrum

Admittance = Callable[[float], Any]

_FARTHEST = 2.0


class NotConvergedError(NatronError):
    """A solve ended without an answer that can be trusted."""

    exit_code = 4


@dataclass(frozen=True, eq=False)
class BodySpectrum:
    """A spectrum that was computed, with what each frequency took.

    Attributes
    ----------
    spectrum : Spectrum
        Of the whole cross section; area and thickness are the body's.
    iterations : tuple of int
        By falling frequency.
    balance : tuple of float
    status : str
        ``converged``, or the first that is none.
    advice : str
    """

    spectrum: Spectrum
    iterations: tuple[int, ...]
    balance: tuple[float, ...]
    status: SolveStatus
    advice: str


def sweep(
    kappa_of_omega: Admittance,
    frequency_Hz: ArrayLike,
    spacing_m: float | tuple[float, float, float] = 1.0,
    contact_top: ArrayLike | None = None,
    contact_bottom: ArrayLike | None = None,
    *,
    interface_top: Admittance | None = None,
    interface_bottom: Admittance | None = None,
    boundary: Admittance | None = None,
    grains: ArrayLike | None = None,
    periodic: bool | tuple[bool, bool] = False,
    tolerance: float = 1e-6,
    temperature_K: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BodySpectrum:
    """Impedance of a body at each frequency; see `natron.constriction.solve` for what is not said here.

    Each frequency starts from the two before it, drawn on in the logarithm of the frequency.

    Parameters
    ----------
    kappa_of_omega : callable
        From ω in rad/s to κ = σ + iωε, (n0, n1, n2), S/m.
    frequency_Hz : array_like, (N,)
        Above zero.
    interface_top, interface_bottom, boundary : callable, optional
        From ω to the area-specific impedance of the contacts and of the boundaries between `grains`, ohm m².
    tolerance : float
        Of the residual. The resistance errs by its square.
    temperature_K : float, optional
        Told to the spectrum.
    progress : callable, optional
        Called with the number of frequencies done and their total.

    Raises
    ------
    InputError
        As `solve`, or where no path connects the contacts.
    """
    f = np.atleast_1d(numbers("frequency_Hz", frequency_Hz, "frequencies").astype(np.float64))
    if f.ndim != 1 or f.size == 0 or not (f > 0).all() or np.unique(f).size < f.size:
        raise InputError("frequencies are above zero, and each stands once", given=f.tolist()[:8])
    f = np.sort(f)[::-1]
    impedance = np.empty(f.size, dtype=np.complex128)
    iterations, balance = [], []
    status: SolveStatus = "converged"
    advice, last, before = "", None, None
    thickness = area = math.nan
    for at, frequency in enumerate(f):
        omega = 2 * math.pi * float(frequency)
        found = solve(
            numbers("kappa_of_omega", kappa_of_omega(omega), "conductivities", is_complex=True) + 0j,
            spacing_m,
            contact_top,
            contact_bottom,
            interface_top_ohm_m2=None if interface_top is None else interface_top(omega),
            interface_bottom_ohm_m2=None if interface_bottom is None else interface_bottom(omega),
            boundary_ohm_m2=0.0 if boundary is None else complex(boundary(omega)),
            grains=grains,
            periodic=periodic,
            tolerance=tolerance,
            initial=_drawn_on(f, at, last, before),
        )
        if found.status == "not_percolating":
            raise InputError("nothing connects the contacts", hint=found.advice)
        impedance[at] = found.resistance_ohm
        iterations.append(found.iterations)
        balance.append(found.balance)
        if found.status != "converged" and status == "converged":
            status, advice = found.status, f"At {frequency:.3g} Hz: {found.advice}"
        last, before = found.potential, last
        thickness, area = found.thickness_m, found.area_m2
        if progress is not None:
            progress(at + 1, f.size)
    made = Spectrum(
        f,
        impedance,
        area,
        temperature_K,
        thickness_m=thickness,
        provenance=Provenance(reader="natron.constriction", notes=("computed from a body of voxels",)),
    )
    return BodySpectrum(made, tuple(iterations), tuple(balance), status, advice)


def spectrum(kappa_of_omega: Admittance, frequency_Hz: ArrayLike, *arguments: Any, **options: Any) -> Spectrum:
    """The spectrum alone, all of it converged; arguments as `sweep`.

    Raises
    ------
    InputError
        As `sweep`.
    NotConvergedError
        Where a frequency has no answer to be trusted. `sweep` returns it, with what each frequency took.
    """
    found = sweep(kappa_of_omega, frequency_Hz, *arguments, **options)
    if found.status != "converged":
        raise NotConvergedError(f"{found.status.replace('_', ' ')}. {found.advice}")
    return found.spectrum


def _drawn_on(f: Any, at: int, last: Any, before: Any) -> Any:
    """A potential to start from, from those of the two frequencies before."""
    if before is None:
        return last
    # over a gap much wider than the one before, drawing on leads anywhere
    ratio = min(math.log(f[at] / f[at - 1]) / math.log(f[at - 1] / f[at - 2]), _FARTHEST)
    return last + ratio * (last - before)
