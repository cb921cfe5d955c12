"""Series of spectra made by formulas of their own, for the tests of series."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from natron.data import Spectrum
from natron.eis.series.analysis import fit_series

TWO = "R0-p(R1,CPE1)-p(R2,CPE2)"
F = np.logspace(6, 0, 60)
W = 2j * np.pi * F
EV = 8.617333262e-5


@dataclass(frozen=True)
class Arc:
    """R at 20 °C, E_A of ln(σT), C and n, and what drifts over the range from the hottest to the coldest."""

    R: float
    E: float
    C: float
    n: float
    dn: float = 0.0
    dlnC: float = 0.0
    dE: float = 0.0


FAST, SLOW = Arc(20.0, 0.30, 5e-7, 0.9), Arc(40.0, 0.42, 3e-6, 0.86)


def temperatures(count: int = 8, low: float = 263.15, high: float = 313.15) -> np.ndarray:
    return np.linspace(low, high, count)


def series(
    arcs: tuple[Arc, ...] = (FAST, SLOW),
    T: np.ndarray | None = None,
    noise: float = 0.0,
    seed: int = 0,
    leads: float = 3.0,
    **conditions: Any,
) -> list[Spectrum]:
    rng = np.random.default_rng(seed)
    T = temperatures() if T is None else T
    x = 1 / (EV * T)
    u, reach = x - 1 / (EV * 293.15), float(np.ptp(x))
    s = (x - (x.max() + x.min()) / 2) / reach
    spectra = []
    for i, at in enumerate(T):
        z = np.full(len(F), leads, dtype=complex)
        for arc in arcs:
            R = arc.R * at / 293.15 * math.exp(arc.E * u[i] + 0.5 * arc.dE * reach * s[i] ** 2)
            z += R / (1 + (W * R * arc.C * math.exp(arc.dlnC * s[i])) ** (arc.n + arc.dn * s[i]))
        z = z + noise * np.abs(z) * (rng.normal(size=len(F)) + 1j * rng.normal(size=len(F)))
        spectra.append(Spectrum(F, z, temperature_K=float(at), **conditions))
    return spectra


def drawn(
    rng: np.random.Generator, what: str = "", size: float = 0.0
) -> tuple[list[Spectrum], tuple[float, float], str]:
    """A series with τ ratio 6–16 at 20 °C, its energies, and the arc in which `what` drifts by `size`."""
    tau = 10 ** rng.uniform(-5.3, -4.7)
    times = tau, tau * rng.uniform(6, 16)
    broken, sign = int(rng.integers(2)), float(rng.choice([-1, 1]))
    arcs = []
    for k, energies in enumerate(((0.25, 0.35), (0.35, 0.5))):
        R = rng.uniform(10, 60)
        drift = {what: sign * size} if what and k == broken else {}
        arcs.append(Arc(R, rng.uniform(*energies), times[k] / R, rng.uniform(0.82, 0.93), **drift))
    spectra = series(tuple(arcs), noise=0.005, seed=int(rng.integers(2**31)))
    return spectra, (arcs[0].E, arcs[1].E), f"R{broken + 1}"


@dataclass
class Shares:
    rejected: float
    right: float
    separate_meV: float
    tied_meV: float
    inside_separate: float
    inside_tied: float
    inside_given: float


def shares(count: int, seed: int, what: str = "", size: float = 0.0) -> Shares:
    rng = np.random.default_rng(seed)
    rejected, right, errors, inside = [], [], [], []
    for _ in range(count):
        spectra, energies, culprit = drawn(rng, what, size)
        r = fit_series(spectra, TWO)
        assert r.tie is not None
        rejected.append(not r.tie.accepted)
        if r.tie.culprit:
            right.append(r.tie.culprit == culprit)
        for name, E in zip(("R1", "R2"), energies, strict=True):
            laws = [each[name].activation_energy for each in (r.separate_arrhenius, r.tied_arrhenius, r.arrhenius)]
            errors.append([1e3 * abs(p.value - E) for p in laws])
            inside.append([p.interval[0] <= E <= p.interval[1] for p in laws])
    separate, tied, _ = np.median(errors, axis=0)
    return Shares(float(np.mean(rejected)), float(np.mean(right or [1.0])), separate, tied, *np.mean(inside, axis=0))


def vars_of(arc: Arc) -> dict[str, float]:
    return {name: getattr(arc, name) for name in Arc.__dataclass_fields__}
