"""The sodium–potassium anode: what is liquid when, and what sodium plated into a potassium film does.

Phase equilibria follow from the Gibbs functions of the database that ships with natron (``NaK.tdb``: unary data of
SGTE, Dinsdale 1991, DOI 10.1016/0364-5916(91)90030-N; binary terms fitted to anchor points of the diagram, not a
published assessment).

All compositions are mole fractions of sodium in the alloy. Valid from 200 to 400 K.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError
from natron.core.constants import FARADAY_C_PER_MOL
from natron.interface.alloys.gibbs import BinaryDatabase, CompoundAt, SolutionAt, read_tdb

Array = NDArray[np.float64]

LOWEST_K, HIGHEST_K = 200.0, 400.0
"""Where the database is meant to hold: its unary data begin at 200 K, its anchors end below 400 K."""

_EDGE = 1e-6
"""As near to a pure metal as compositions go."""

_NEWTON_STEPS = 60

_GRID = np.concatenate(
    [np.geomspace(_EDGE, 0.02, 120), np.linspace(0.02, 0.98, 481)[1:-1], 1 - np.geomspace(_EDGE, 0.02, 120)[::-1]]
)


@dataclass(frozen=True, slots=True)
class TieLine:
    """Two phases in equilibrium.

    Attributes
    ----------
    temperature_K : float
    phases : tuple of str
        ``liquid``, ``potassium`` (solid), ``sodium`` (solid), ``Na2K``; the one richer in potassium first.
    x_na : tuple of float
        Mole fraction of sodium in each.
    """

    temperature_K: float
    phases: tuple[str, str]
    x_na: tuple[float, float]


@dataclass(frozen=True, slots=True)
class LiquidWindow:
    """The compositions that are wholly liquid at one temperature.

    Attributes
    ----------
    temperature_K : float
    x_na_min, x_na_max : float
        0 where pure potassium is liquid, 1 where pure sodium is.
    potassium_side, sodium_side : TieLine or None
        What the liquid meets beyond either end; None at a pure liquid metal.
    """

    temperature_K: float
    x_na_min: float
    x_na_max: float
    potassium_side: TieLine | None
    sodium_side: TieLine | None


@dataclass(frozen=True, slots=True)
class Invariant:
    """Three phases in equilibrium.

    Attributes
    ----------
    name : str
        ``eutectic`` (the liquid freezes to two solids) or ``peritectic`` (Na2K melts to liquid and solid sodium).
    temperature_K : float
    x_na : float
        Of the liquid.
    """

    name: str
    temperature_K: float
    x_na: float


@dataclass(frozen=True, slots=True)
class AlloyState:
    """The anode at given overall compositions and one temperature; arrays of one shape (C,).

    Attributes
    ----------
    temperature_K : float
    x_na : ndarray, shape (C,)
        Overall mole fraction of sodium.
    liquid_fraction : ndarray, shape (C,)
        Moles of liquid over all moles.
    liquid_x_na : ndarray, shape (C,)
        Composition of the liquid; NaN where there is none.
    potential_V : ndarray, shape (C,)
        Of the alloy against solid (above its melting point: liquid) sodium, −(μ − μ°)/F.
    solid : tuple of str
        The solid beside or instead of the liquid, ``""`` where there is none.
    solid_x_na : ndarray, shape (C,)
        Its composition; NaN where there is none.
    """

    temperature_K: float
    x_na: Array
    liquid_fraction: Array
    liquid_x_na: Array
    potential_V: Array
    solid: tuple[str, ...]
    solid_x_na: Array


@lru_cache(maxsize=1)
def _database() -> BinaryDatabase:
    return read_tdb((resources.files("natron.interface.alloys") / "NaK.tdb").read_text(encoding="utf-8"))


@lru_cache(maxsize=4096)
def _phases(temperature_K: float) -> tuple[tuple[SolutionAt, ...], tuple[CompoundAt, ...]]:
    return _database().at(temperature_K)


def _name(phase: str, x_na: float) -> str:
    if phase == "LIQUID":
        return "liquid"
    if phase == "KNA2":
        return "Na2K"
    return "sodium" if x_na > 0.5 else "potassium"


def _checked(temperature_K: float) -> float:
    if not LOWEST_K <= temperature_K <= HIGHEST_K:
        raise InputError(
            "this temperature is outside the range of the Na-K database",
            given=f"{temperature_K - 273.15:.4g} °C",
            allowed=f"{LOWEST_K - 273.15:.0f} to {HIGHEST_K - 273.15:.0f} °C",
        )
    return float(temperature_K)


def _lower_hull(x: Array, g: Array) -> list[int]:
    """Indices of the lower convex hull of points sorted by x (monotone chain)."""
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) >= 2:
            o, m = hull[-2], hull[-1]
            if (x[m] - x[o]) * (g[i] - g[o]) - (g[m] - g[o]) * (x[i] - x[o]) > 0:
                break
            hull.pop()
        hull.append(i)
    return hull


@lru_cache(maxsize=4096)
def tie_lines(temperature_K: float) -> tuple[TieLine, ...]:
    """Every pair of phases that meets at this temperature, from potassium to sodium.

    The lower convex hull of all Gibbs functions finds them, Newton steps on equal chemical potentials sharpen them.

    Raises
    ------
    InputError
        Outside `LOWEST_K` to `HIGHEST_K`.
    """
    T = _checked(temperature_K)
    solutions, compounds = _phases(T)
    energies = np.array([s.energy(_GRID) for s in solutions])
    owner = energies.argmin(axis=0)
    x = np.concatenate([_GRID, [c.x for c in compounds]])
    g = np.concatenate([energies.min(axis=0), [c.energy for c in compounds]])
    phase = np.concatenate([owner, len(solutions) + np.arange(len(compounds))])
    place = np.concatenate([np.arange(len(_GRID)), np.full(len(compounds), -1)])
    order = np.argsort(x, kind="stable")
    found = []
    hull = _lower_hull(x[order], g[order])
    for i, j in zip(order[hull[:-1]], order[hull[1:]], strict=True):
        one_phase = phase[i] == phase[j] and place[j] - place[i] == 1
        if one_phase:
            continue
        ends = [(solutions + compounds)[phase[k]] for k in (i, j)]
        at = _common_tangent(ends[0], ends[1], float(x[i]), float(x[j]))
        names = (_name(ends[0].name, at[0]), _name(ends[1].name, at[1]))
        found.append(TieLine(T, names, at))
    return tuple(found)


def _common_tangent(
    first: SolutionAt | CompoundAt, second: SolutionAt | CompoundAt, x1: float, x2: float
) -> tuple[float, float]:
    """Compositions of two phases with equal chemical potentials: Newton's method in z = ln x/(1 − x)."""
    if isinstance(first, CompoundAt):
        return first.x, second.x if isinstance(second, CompoundAt) else _tangent_from(second, first, x2)
    if isinstance(second, CompoundAt):
        return _tangent_from(first, second, x1), second.x
    z = np.log([x1 / (1 - x1), x2 / (1 - x2)])
    for _ in range(_NEWTON_STEPS):
        x = 1 / (1 + np.exp(-z))
        residual = np.subtract(first.potentials(x[0]), second.potentials(x[1]))
        bend = [first.slopes(x[0])[1] * x[0] * (1 - x[0]), -second.slopes(x[1])[1] * x[1] * (1 - x[1])]
        jacobian = np.array([-x * bend, (1 - x) * bend])
        step = np.clip(np.linalg.solve(jacobian, -residual), -1, 1)
        z = z + step
        if np.all(np.abs(step) < 1e-12):
            break
    x = 1 / (1 + np.exp(-z))
    return float(x[0]), float(x[1])


def _tangent_from(solution: SolutionAt, compound: CompoundAt, x: float) -> float:
    """Composition at which the solution's tangent passes through the compound."""
    z = np.log(x / (1 - x))
    for _ in range(_NEWTON_STEPS):
        x = 1 / (1 + np.exp(-z))
        point = np.asarray(x)
        slope, bend = solution.slopes(point)
        residual = solution.energy(point) + (compound.x - x) * slope - compound.energy
        step = np.clip(-residual / ((compound.x - x) * bend * x * (1 - x)), -1, 1)
        z = z + step
        if abs(step) < 1e-12:
            break
    return float(1 / (1 + np.exp(-z)))


def liquid_window(temperature_K: float) -> LiquidWindow | None:
    """The compositions that are wholly liquid, or None where none is.

    Parameters
    ----------
    temperature_K : float
        `LOWEST_K` to `HIGHEST_K`.

    Raises
    ------
    InputError
        Outside this range.
    """
    T = _checked(temperature_K)
    lines = tie_lines(T)
    left = max((line for line in lines if line.phases[1] == "liquid"), key=lambda line: line.x_na[1], default=None)
    right = min((line for line in lines if line.phases[0] == "liquid"), key=lambda line: line.x_na[0], default=None)
    if left is None and right is None:
        middle = alloy_state(T, [0.5])
        if middle.liquid_fraction[0] == 0:
            return None
    return LiquidWindow(T, left.x_na[1] if left else 0.0, right.x_na[0] if right else 1.0, left, right)


def _turning_point(low_K: float, high_K: float, is_above: Callable[[float], bool]) -> float:
    """The temperature from which on something is so, to 0.1 mK from above, by bisection."""
    while high_K - low_K > 1e-4:
        middle = (low_K + high_K) / 2
        low_K, high_K = (low_K, middle) if is_above(middle) else (middle, high_K)
    return high_K


@lru_cache(maxsize=1)
def eutectic() -> Invariant:
    """The lowest temperature at which an alloy is liquid."""
    T = _turning_point(LOWEST_K, 273.15, lambda T: liquid_window(T) is not None)
    window = liquid_window(T)
    assert window is not None
    return Invariant("eutectic", T, (window.x_na_min + window.x_na_max) / 2)


@lru_cache(maxsize=1)
def peritectic() -> Invariant:
    """The highest temperature at which Na2K exists."""
    T = _turning_point(
        eutectic().temperature_K, 300.0, lambda T: not any("Na2K" in line.phases for line in tie_lines(T))
    )
    window = liquid_window(T)
    assert window is not None
    return Invariant("peritectic", T, window.x_na_max)


@lru_cache(maxsize=2)
def melting_point_K(element: str) -> float:
    """Melting point of ``K`` or ``Na`` in the database: from there on its liquid has the lower Gibbs energy."""

    def is_liquid(T: float) -> bool:
        phases = {s.name: s for s in _phases(T)[0]}
        liquid, solid = phases["LIQUID"], phases["BCC_A2"]
        return liquid.second < solid.second if element == "Na" else liquid.first < solid.first

    return _turning_point(LOWEST_K, HIGHEST_K, is_liquid)


def alloy_state(temperature_K: float, x_na: Sequence[float] | Array) -> AlloyState:
    """Liquid fraction, phases and potential at overall compositions.

    Parameters
    ----------
    temperature_K : float
        `LOWEST_K` to `HIGHEST_K`.
    x_na : array-like, shape (C,)
        0 to 1; a pure metal is taken as 1 ppm away from pure, but for the potential without any sodium, which is inf.

    Raises
    ------
    InputError
        Outside these ranges.
    """
    T = _checked(temperature_K)
    given = np.asarray(x_na, dtype=float)
    if given.ndim != 1 or not given.size or not np.all((given >= 0) & (given <= 1)):
        raise InputError("compositions are mole fractions of sodium from 0 to 1", given=given.tolist())
    x = np.clip(given, _EDGE, 1 - _EDGE)
    solutions, _ = _phases(T)
    owner = np.array([s.energy(x) for s in solutions]).argmin(axis=0)
    names = [_name(solutions[k].name, float(c)) for k, c in zip(owner, x, strict=True)]
    mu = np.array([s.potentials(x)[1] for s in solutions])[owner, np.arange(x.size)]
    is_liquid = np.array([name == "liquid" for name in names])
    liquid = np.where(is_liquid, 1.0, 0.0)
    liquid_x = np.where(is_liquid, x, np.nan)
    solid = ["" if name == "liquid" else name for name in names]
    solid_x = np.where(is_liquid, np.nan, x)
    for line in tie_lines(T):
        inside = (x > line.x_na[0]) & (x < line.x_na[1])
        share = (x - line.x_na[0]) / (line.x_na[1] - line.x_na[0])
        mu = np.where(inside, _potential_on(line), mu)
        if "liquid" in line.phases:
            k = line.phases.index("liquid")
            liquid = np.where(inside, share if k else 1 - share, liquid)
            liquid_x = np.where(inside, line.x_na[k], liquid_x)
            solid_x = np.where(inside, line.x_na[1 - k], solid_x)
            words = line.phases[1 - k]
        else:
            liquid, liquid_x, solid_x = (
                np.where(inside, 0.0, liquid), np.where(inside, np.nan, liquid_x), np.where(inside, x, solid_x)
            )  # fmt: skip
            words = " + ".join(line.phases)
        solid = [words if here else before for here, before in zip(inside, solid, strict=True)]
    pure = min(s.second for s in solutions)
    potential = np.where(given > 0, -(mu - pure) / FARADAY_C_PER_MOL, np.inf)
    return AlloyState(T, given, liquid, liquid_x, potential, tuple(solid), solid_x)


def phase_boundaries(
    low_K: float = LOWEST_K, high_K: float = HIGHEST_K, points: int = 141
) -> Mapping[tuple[str, str], tuple[TieLine, ...]]:
    """The two-phase fields of the phase diagram: for each pair of phases its tie lines, by rising temperature.

    Parameters
    ----------
    low_K, high_K : float
        `LOWEST_K` to `HIGHEST_K`.
    points : int
        Temperatures between them; those at which fields end are added.
    """
    ends = [eutectic().temperature_K, peritectic().temperature_K, melting_point_K("K"), melting_point_K("Na")]
    near = [T + side for T in ends for side in (-0.02, -2e-4, 2e-4)]
    temperatures = sorted({*np.linspace(low_K, high_K, points).tolist(), *(T for T in near if low_K < T < high_K)})
    fields: dict[tuple[str, str], list[TieLine]] = {}
    for T in temperatures:
        for line in tie_lines(T):
            fields.setdefault(line.phases, []).append(line)
    return {names: tuple(lines) for names, lines in fields.items()}


def _potential_on(line: TieLine) -> float:
    """Chemical potential of sodium where two phases meet."""
    solutions, _ = _phases(line.temperature_K)
    tags = {"liquid": "LIQUID", "potassium": "BCC_A2", "sodium": "BCC_A2"}
    for name, x in zip(line.phases, line.x_na, strict=True):
        for s in solutions:
            if s.name == tags.get(name):
                return float(s.potentials(np.asarray(x))[1])
    raise AssertionError("two compounds have no potential between them")
