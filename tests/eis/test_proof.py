"""Does the fit without a guess find the best answer, are its intervals honest, and does it flag what it should?

The spectra are made by formulas of this folder; the fit sees frequencies and impedances alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from eis_spectra import FREQUENCY_HZ, arcs, noisy, random_arcs

from natron.eis import fit

TWO = "R0-p(R1,CPE1)-p(R2,CPE2)"
THREE = "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-CPE4"


@dataclass(frozen=True)
class Found:
    reach: float
    flagged: float
    coverage: float
    coverage_unflagged: float
    coverage_of_standard_error: float
    off_unflagged: float


def prove(circuit: str, draw: Callable[[np.random.Generator], np.ndarray], count: int, seed: int) -> Found:
    rng = np.random.default_rng(seed)
    arc_count = circuit.count("p(")
    reach, flagged, inside, linear, off = [], [], [], [], []
    for _ in range(count):
        truth = draw(rng)
        z = arcs(truth, FREQUENCY_HZ, arc_count)
        spectrum = noisy(z, rng)
        r = fit(spectrum, circuit)
        true_chi2 = (np.abs((z - spectrum.impedance_ohm) / spectrum.impedance_ohm) ** 2).sum()
        reach.append(r.chi2 <= true_chi2)
        flagged.append(r.status != "converged")
        pairs = list(zip(r.parameters.values(), truth, strict=True))
        inside.append([p.interval[0] <= t <= p.interval[1] for p, t in pairs])
        linear.append([abs(p.value - t) <= 1.96 * p.uncertainty for p, t in pairs])
        off.append(any(abs(p.value / t - 1) > 0.3 for p, t in pairs if p.unit == "ohm"))
    plain = ~np.array(flagged)
    return Found(
        float(np.mean(reach)),
        float(np.mean(flagged)),
        float(np.mean(inside)),
        float(np.mean(np.array(inside)[plain])),
        float(np.mean(linear)),
        float(np.mean(np.array(off)[plain])),
    )


def test_two_arcs_a_small_sample() -> None:
    found = prove(TWO, lambda rng: random_arcs(rng, 2, (10, 100)), 150, seed=11)
    assert found.reach >= 0.99
    assert found.flagged <= 0.05
    assert 0.92 <= found.coverage <= 0.98


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_two_arcs(seed: int) -> None:
    found = prove(TWO, lambda rng: random_arcs(rng, 2, (10, 100)), 2000, seed)
    assert found.reach >= 0.99
    assert found.flagged <= 0.03
    assert 0.93 <= found.coverage <= 0.97
    assert 0.93 <= found.coverage_unflagged <= 0.97
    assert 0.93 <= found.coverage_of_standard_error <= 0.97


@pytest.mark.long
def test_overlapping_arcs() -> None:
    found = prove(TWO, lambda rng: random_arcs(rng, 2, (3, 10)), 2000, seed=3)
    assert found.reach >= 0.98
    assert found.flagged <= 0.5
    assert found.off_unflagged <= 0.04


@pytest.mark.long
@pytest.mark.parametrize("ratio", [(10, 30), (10, 100)])
def test_three_arcs_and_a_tail(ratio: tuple[float, float]) -> None:
    found = prove(THREE, lambda rng: random_arcs(rng, 3, ratio, tail=True), 2000, seed=4)
    assert found.reach >= 0.95
    assert found.coverage >= 0.90
    assert found.coverage_unflagged >= 0.90
