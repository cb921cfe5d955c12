"""The numerical engines: the loops of the fit bound together, compiled or in numpy.

``series`` is compiled for the circuits most laboratories use, R, C, L, W, CPE and arcs in series; ``tree``
for any other whose elements the engine knows; ``numpy`` needs no compiler and takes user elements too. Each
is compiled when a circuit first needs it, and kept on disk.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from natron.eis.fitting import equations, solver
from natron.eis.fitting.equations import Array, Index, Kind
from natron.eis.fitting.starts import Candidates

__all__ = ["Array", "Engine", "Index", "Kind", "engine", "numba_is_there"]


class Found(NamedTuple):
    """Where a search ended; see `natron.eis.fitting.solver.search`."""

    x: Array
    jtj: Array
    residual: Array
    chi2: float
    evaluations: int
    starts: int
    converged: bool
    noise_like: bool


@dataclass(frozen=True, slots=True)
class Engine:
    """The loops of the fit, and the arrays they work in.

    Attributes
    ----------
    name : str
        ``numba`` or ``numpy``.
    search, covariance, inner_products, choose_starts : callable
        Of these, `natron.eis.fitting.solver` tells.
    """

    name: str
    search: Callable[..., Any]
    covariance: Callable[..., Any]
    inner_products: Callable[..., Any]
    choose_starts: Callable[..., Any]

    def best(
        self,
        points: Array,
        limits: Array,
        free: Index,
        form: Any,
        data: Array,
        floor: float = 0.0,
        few: int = 1,
        limit: int = 1,
        budget: int = 1,
    ) -> Found:
        """The best of the fits from each of `points` (S, X)."""
        size, columns, count = len(free), 2 * data.shape[1], points.shape[1]
        x, jtj, residual = np.empty((3, count)), np.empty((3, size, size)), np.empty((3, columns))
        found = self.search(
            points,
            limits,
            free,
            form,
            data,
            floor,
            few,
            limit,
            budget,
            x,
            np.empty((count + 1, columns)),
            jtj,
            np.empty((2, size)),
            residual,
            np.empty(size),
            np.empty(size),
            np.empty((size, size)),
        )
        return Found(x[2], jtj[2], residual[2], *found)

    def normal_equations(
        self, x: Array, form: Any, data: Any, free: Index, jtj: Array, gradient: Array, residual: Array
    ) -> float:
        """χ² at `x`; fills JᵀJ (F, F), Jᵀr (F,) and the weighted residual (2N,), model − data."""
        size, columns = len(free), 2 * data.shape[1]
        side = np.empty((3, size, size)), np.empty((2, size)), np.empty((3, columns))
        chi2: float = self.search(
            x[None, :],
            np.empty((3, len(x))),
            free,
            form,
            data,
            0.0,
            1,
            1,
            1,
            np.empty((3, len(x))),
            np.empty((len(x) + 1, columns)),
            *side,
            np.empty(size),
            np.empty(size),
            np.empty((size, size)),
        )[0]
        # what was tried first stands in the second row
        jtj[:], gradient[:], residual[:] = side[0][1], side[1][1], side[2][1]
        return chi2

    def covariance_of(self, jtj: Array, turn: Array, variance: float) -> Array | None:
        """turn·(JᵀJ)⁻¹·turnᵀ·variance (P, P) for turn (P, F); None where the data leave it undetermined."""
        count, size = turn.shape
        out = np.empty((count, count))
        # one memory order, so that it is compiled once
        jtj, turn = np.ascontiguousarray(jtj), np.ascontiguousarray(turn)
        if self.covariance(jtj, turn, variance, np.empty((size, size)), np.empty((count, size)), out):
            return out
        return None

    def starts(self, candidates: Candidates, data: Array, width: int, keep: int) -> Array:
        """Coordinates (S, X) of the at most `keep` mixtures of candidates that fit best, the best first."""
        shape, coordinates, first, last, rank, ordered, slot, column, scaling = candidates
        atoms, slots, most = len(shape), len(first), max(width, keep)
        padded = atoms + 4 - atoms % 4
        gram, length, points = np.zeros((padded, padded)), np.zeros(padded), np.empty((keep, len(slot)))
        self.inner_products(shape, data, np.zeros((padded, 2 * data.shape[1])), length, gram)
        count = self.choose_starts(
            gram,
            length,
            coordinates,
            first,
            last,
            rank,
            ordered,
            slot,
            column,
            scaling,
            width,
            keep,
            points,
            np.empty((2, most, slots), dtype=np.int64),
            np.zeros((2, most), dtype=np.int64),
            np.empty(most),
            np.empty((2, most), dtype=np.int64),
            np.empty(most, dtype=np.int64),
            np.empty(most, dtype=np.int64),
            np.empty((most, atoms)),
            np.empty((most, slots)),
            np.empty((slots + 1, slots)),
        )
        if count == 0:
            atom = first[slot]
            points[0], count = coordinates[atom, column] + scaling * np.log(length[atoms] / length[atom]), 1
        return points[:count]


def _extension_scores_numpy(
    gram: Array,
    chosen: Index,
    side: int,
    k: int,
    states: int,
    begin: Index,
    end: Index,
    lower: Array,
    scores: Array,
    weights: Array,
) -> None:
    """`extension_scores` in array code."""
    measured = scores.shape[1]
    for b in range(states):
        each, atoms = slice(int(begin[b]), int(end[b])), chosen[side, b, :k]
        if each.start == each.stop:
            continue
        inverse = np.linalg.inv(gram[np.ix_(atoms, atoms)])
        with_data, beside = gram[measured, atoms], gram[atoms, each]
        mixed, weight = inverse @ beside, inverse @ with_data
        left = 1.0 - (mixed * beside).sum(axis=0)
        usable = left >= 1e-10
        safe = np.where(usable, left, 1.0)
        new = (gram[measured, each] - weight @ beside) / safe
        old = weight[:, None] - new * mixed
        charge = np.minimum(new, 0.0) ** 2 + (np.minimum(old, 0.0) ** 2).sum(axis=0)
        scores[b, each] = np.where(usable, 1.0 - with_data @ weight - new**2 * safe + charge, np.inf)
        weights[b, :k], weights[b, k] = old[:, -1], new[-1]


def _inner_products_numpy(shape: Array, data: Array, weighted: Array, length: Array, gram: Array) -> None:
    """`inner_products` in array code."""
    count = len(shape) + 1
    weighted[:count] = np.concatenate([shape, data[1:3].reshape(1, -1)]) * data[3:5].reshape(-1)
    length[:count] = np.sqrt((weighted[:count] ** 2).sum(axis=1))
    weighted[:count] /= length[:count, None]
    gram[:count, :count] = weighted[:count] @ weighted[:count].T


def _covariance_numpy(jtj: Array, turn: Array, variance: float, lower: Array, spread: Array, out: Array) -> bool:
    """`covariance` in array code."""
    scale = 1.0 / np.sqrt(jtj.diagonal())
    shrink = scale[:, None] * scale
    try:
        inverse = np.linalg.inv(jtj * shrink)
    except np.linalg.LinAlgError:
        return False
    inflation = inverse.diagonal()
    out[:] = turn @ (inverse * shrink * variance) @ turn.T
    return bool((inflation > 0).all() and (inflation < 1e12).all())


def _products_numpy(jacobian: Array, free: Index, side: int, jtj: Array, gradient: Array, residual: Array) -> float:
    """`products` in array code."""
    rows = jacobian[free]
    jtj[side] = rows @ rows.T
    gradient[side] = rows @ residual[side]
    return float(residual[side] @ residual[side])


def _jacobian_numpy(x: Array, side: int, form: Any, data: Array, jacobian: Array, residual: Array) -> None:
    """`tree_jacobian` in array code; `form` is a function of x and ln 2πf giving Z and its rows."""
    lw, zr, zi, wr, wi = data
    z, rows = form(x[side], lw)
    residual[side] = np.concatenate([(z.real - zr) * wr, (z.imag - zi) * wi])
    jacobian[:-1] = np.concatenate([rows.real * wr, rows.imag * wi], axis=1)


_IN_NUMPY: dict[str, Callable[..., Any]] = {
    "fill_jacobian": _jacobian_numpy,
    "products": _products_numpy,
    "covariance": _covariance_numpy,
    "extension_scores": _extension_scores_numpy,
    "inner_products": _inner_products_numpy,
}


_SHARED = ("covariance", "inner_products", "choose_starts")
"""What all engines have alike."""


@cache
def numba_is_there() -> bool:
    """Whether numba can be imported; does not import it."""
    return find_spec("numba") is not None


@cache
def engine(kind: Kind) -> Engine:
    """The engine of that kind; what is compiled is compiled at its first call and kept on disk."""
    if kind == "numpy":
        scope = _sources()
        for name, function in _loops(scope).items():
            scope[name] = FunctionType(function.__code__, scope, name)
        scope.update(_IN_NUMPY)
        return Engine("numpy", scope["search"], *(scope[name] for name in _SHARED))
    search = _compiled("search", kind, {"fill_jacobian": f"{kind}_jacobian"})
    return Engine("numba", search, *_shared())


@cache
def _shared() -> tuple[Callable[..., Any], ...]:
    return tuple(_compiled(name, "any", {}) for name in _SHARED)


def _sources() -> dict[str, Any]:
    return {**vars(equations), **vars(solver)}


def _loops(scope: dict[str, Any]) -> dict[str, FunctionType]:
    return {name: each for name, each in scope.items() if isinstance(each, FunctionType)}


@cache
def _stamp() -> str:
    sources = b"".join(Path(module.__file__ or "").read_bytes() for module in (equations, solver))
    return hashlib.sha256(sources).hexdigest()[:12]


def _compiled(called: str, kind: str, instead: dict[str, str]) -> Callable[..., Any]:
    """The function `called` for numba to compile with all that it calls, some functions put in place of others.

    Only `called` is kept on disk and has a door to Python.
    """
    njit = import_module("numba").njit
    # nan and inf must keep their meaning: a hostile spectrum is noticed by them
    options = {"error_model": "numpy", "fastmath": {"reassoc", "contract", "arcp", "nsz"}, "no_cfunc_wrapper": True}
    scope = _sources()
    loops = _loops(scope)
    for name, function in loops.items():
        scope[name] = njit(FunctionType(function.__code__, scope, name), no_cpython_wrapper=True, **options)
    for name, other in instead.items():
        scope[name] = scope[other]
    door = FunctionType(loops[called].__code__, scope, called)
    # its name on disk: numba itself looks only at the file of the function that is called
    door.__qualname__ = f"{called}_{kind}_{_stamp()}"
    try:
        return _twice(njit(door, cache=True, **options))
    except RuntimeError:
        _no_cache()
        result: Callable[..., Any] = njit(door, **options)
        return result


@cache
def _no_cache() -> None:
    logging.getLogger(__name__).warning(
        "There is nowhere to keep compiled code: each process compiles anew, which takes some seconds. "
        "Set NUMBA_CACHE_DIR to a folder that can be written to."
    )


def _twice(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, called again where keeping it on disk failed: by then it is compiled."""

    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except OSError:
            return function(*arguments)

    return call
