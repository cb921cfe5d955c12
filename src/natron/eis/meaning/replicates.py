"""Replicate cells: mean, spread and standard error of what was fitted to each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from natron.core import InputError
from natron.eis.fitting.result import FitResult, Status, student_95
from natron.eis.meaning.geometry import Geometry, areal_resistance


@dataclass(frozen=True, slots=True)
class Replicates:
    """One quantity over n cells.

    Attributes
    ----------
    name, unit : str
        Unit in ASCII, SI.
    values : tuple of float, (n,)
    mean : float
    standard_deviation : float
        Of one cell, with n − 1.
    standard_error : float
        Of the mean, the former over √n.
    interval : tuple of float
        95 % interval of the mean by Student's t with n − 1 degrees of freedom, two-sided.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    mean: float
    standard_deviation: float
    standard_error: float
    interval: tuple[float, float]

    @property
    def n(self) -> int:
        """How many cells."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class ReplicateCells:
    """Parameters over several cells of one make.

    Attributes
    ----------
    parameters : Mapping of Replicates
        By name.
    areal : Mapping of Replicates
        Resistances times area in ohm.m2; empty where no geometry is known of every cell.
    flagged : Mapping of tuple of str
        The fits that are not simply converged, by cell, each with its statuses. They count like the others.
    """

    parameters: Mapping[str, Replicates]
    areal: Mapping[str, Replicates]
    flagged: Mapping[str, tuple[Status, ...]]


def replicate(name: str, values: Sequence[float], unit: str = "1") -> Replicates:
    """Mean, SD, SE and the 95 % interval of the mean.

    Raises
    ------
    InputError
        Where there are fewer than two values, or one is not finite.
    """
    x = np.array(values, dtype=float)
    if x.ndim != 1 or len(x) < 2 or not np.isfinite(x).all():
        raise InputError(
            f"the spread of {name} needs two cells or more",
            given=[float(v) for v in x.ravel()],
            allowed="at least two finite values",
        )
    mean, deviation = float(x.mean()), float(x.std(ddof=1))
    error = deviation / math.sqrt(len(x))
    reach = student_95(len(x) - 1) * error
    return Replicates(name, unit, tuple(x.tolist()), mean, deviation, error, (mean - reach, mean + reach))


def replicate_cells(
    results: Mapping[str, FitResult] | Sequence[FitResult], geometries: Sequence[Geometry] | None = None
) -> ReplicateCells:
    """The parameters of the same circuit over several cells.

    The spread between cells holds the fits' own uncertainties already; they are not added again.

    Parameters
    ----------
    results : Mapping or sequence of FitResult
        At least two; a mapping names the cells, else they are 1, 2, ….
    geometries : sequence of Geometry, optional
        One for each result; else what the spectra say.

    Raises
    ------
    InputError
        Where there are fewer than two, the circuits differ, or the geometries do not pair up.
    """
    cells = dict(results) if isinstance(results, Mapping) else {str(i): r for i, r in enumerate(results, start=1)}
    if len(cells) < 2:
        raise InputError("replicates need two cells or more", given=len(cells), hint="Give more results.")
    circuits = sorted({str(r.circuit) for r in cells.values()})
    if len(circuits) > 1:
        raise InputError("replicates must be fitted with one circuit", given=", ".join(circuits))
    if geometries is not None and len(geometries) != len(cells):
        raise InputError("each cell needs its geometry", given=f"{len(cells)} cells, {len(geometries)} geometries")
    known = list(geometries) if geometries is not None else [Geometry.of_spectrum(r.spectrum) for r in cells.values()]
    first = next(iter(cells.values()))
    parameters = {
        name: replicate(name, [r.parameters[name].value for r in cells.values()], p.unit)
        for name, p in first.parameters.items()
    }
    areal = {}
    if all(g.area is not None for g in known):
        for name, p in first.parameters.items():
            if p.unit == "ohm":
                each = [areal_resistance(r, (name,), g).value for r, g in zip(cells.values(), known, strict=True)]
                areal[name] = replicate(name, each, "ohm.m2")
    flagged: dict[str, tuple[Status, ...]] = {}
    for cell, r in cells.items():
        if r.status != "converged":
            flagged[cell] = tuple(dict.fromkeys((r.status, *(f for p in r.parameters.values() for f in p.flags))))
    return ReplicateCells(parameters, areal, flagged)
