import json
import math
from typing import Any

import numpy as np
import pytest
from series_spectra import EV, FAST, SLOW, TWO, Arc, F, W, series, temperatures

from natron.core import InputError
from natron.data import Spectrum
from natron.eis.series.analysis import fit_series
from natron.eis.series.arrhenius import weighted_line
from natron.eis.series.trends import trend


@pytest.mark.parametrize("seed", range(4))
def test_arcs_keep_their_names_where_their_time_constants_cross(seed: int) -> None:
    weak, strong = Arc(100.0, 0.2, 3e-8, 0.9), Arc(10.0, 0.6, 3e-7, 0.88)
    T = temperatures(10, 243.15, 353.15)
    r = fit_series(series((weak, strong), T, noise=0.002, seed=seed, leads=10.0), TWO)
    small, large = sorted(("R1", "R2"), key=lambda name: r.arrhenius[name].activation_energy.value)
    assert r.arrhenius[small].activation_energy.value == pytest.approx(0.2, abs=0.002)
    assert r.arrhenius[large].activation_energy.value == pytest.approx(0.6, abs=0.005)
    assert r.separate_arrhenius[small].activation_energy.value == pytest.approx(0.2, abs=0.02)
    assert r.separate_arrhenius[large].activation_energy.value == pytest.approx(0.6, abs=0.02)
    R = r.values(small)[0]
    expected = weak.R * T / 293.15 * np.exp(weak.E * (1 / (EV * T) - 1 / (EV * 293.15)))
    assert (np.abs(np.log(R / expected)) < 0.6).all()
    assert r.restarted


def test_a_spectrum_that_is_rubbish_is_said_and_does_not_take_the_others_along() -> None:
    spectra, rng = series(noise=0.003, seed=9), np.random.default_rng(0)
    spectra[4] = Spectrum(F, np.exp(rng.normal(size=60) + 1j * rng.normal(size=60)), temperature_K=290.0)
    r = fit_series(spectra, TWO)
    assert r.status != "converged"
    assert any("spectrum 5 of 8 (290 K)" in text for text in r.warnings)
    assert r.arrhenius["R1"].activation_energy.value == pytest.approx(FAST.E, abs=0.02)
    assert r.arrhenius["R2"].activation_energy.value == pytest.approx(SLOW.E, abs=0.02)


def cycling(noise: float, seed: int, growth: float = 0.3, jump: float = 0.0, count: int = 30) -> list[Spectrum]:
    """R2 = 30 + growth · cycle, and more from cycle 18 on; everything else stays."""
    rng = np.random.default_rng(seed)
    spectra = []
    for i in range(count):
        R2 = 30 + growth * i + (jump if i >= 18 else 0.0)
        z = 5 + 20 / (1 + (W * 20 * 5e-7) ** 0.9) + R2 / (1 + (W * R2 * 3e-5) ** 0.86)
        z = z + noise * np.abs(z) * (rng.normal(size=60) + 1j * rng.normal(size=60))
        spectra.append(
            Spectrum(F, z, cycle=10 * i, time_s=3600.0 * i, pressure_Pa=1e6 + 1e5 * i, state_of_charge=i / count)
        )
    return spectra


@pytest.mark.parametrize(
    ("by", "unit", "step"),
    [("cycle", "ohm/cycle", 10), ("time", "ohm/s", 3600), ("pressure", "ohm/Pa", 1e5), ("soc", "ohm", 1 / 30)],
)
def test_what_grows_is_named_with_its_slope(by: Any, unit: str, step: float) -> None:
    r = fit_series(cycling(0.003, 1), TWO, by=by)
    assert r.growing == ("R2",)
    found = r.trends["R2"]
    assert found.slope.unit == unit
    assert found.slope.value * step == pytest.approx(0.3, abs=4 * found.slope.uncertainty * step)
    assert found.slope.uncertainty * step < 0.01
    assert found.growth == pytest.approx(0.3 * 29, rel=0.05)
    assert found.relative_growth == pytest.approx(0.3 * 29 / 30, rel=0.05)
    assert found.p_value < 1e-10
    assert found.jump is None
    assert r.trends["R1"].p_value > 1e-4
    assert abs(r.trends["CPE2_C"].relative_growth) < 0.02
    assert r.arrhenius == {}
    assert r.tie is None
    json.dumps(r.as_json(), allow_nan=False)


def test_a_jump_is_said_and_does_not_pass_for_a_trend() -> None:
    r = fit_series(cycling(0.003, 2, growth=0.0, jump=8.0), TWO, by="cycle")
    found = r.trends["R2"]
    assert found.jump is not None
    assert (found.jump.after, found.jump.before) == (170, 180)
    assert found.jump.size == pytest.approx(8.0, abs=4 * found.jump.size_error)
    assert found.growth == pytest.approx(8.0, abs=0.5)
    assert abs(found.slope.value) < 4 * found.slope.uncertainty
    assert any("R2: it jumps by" in text and "cycle 170 and 180" in text for text in r.warnings)
    assert r.trends["R1"].jump is None


def test_trends_are_honest_and_jumps_rare_where_there_is_nothing() -> None:
    rng = np.random.default_rng(3)
    x, error = np.arange(20.0), rng.uniform(0.5, 2, 20)
    inside, jumps, p_values = [], 0, []
    for _ in range(500):
        smooth = 50 + 0.2 * x
        found = trend("R", "ohm", x, smooth + error * rng.normal(size=20), error, 500, 0.01)
        inside.append(found.slope.interval[0] <= 0.2 <= found.slope.interval[1])
        jumps += found.jump is not None
        flat = trend("R", "ohm", x, 50 + error * rng.normal(size=20), error, 500, 0.01)
        p_values.append(flat.p_value)
    assert 0.92 <= np.mean(inside) <= 0.98
    assert jumps <= 12
    assert 0.02 <= np.mean(np.array(p_values) < 0.05) <= 0.09
    curved = [
        trend("R", "ohm", x, 50 + 20 * (1 - np.exp(-x / 8)) + error * rng.normal(size=20), error, 500, 0.01)
        for _ in range(100)
    ]
    assert sum(each.jump is not None for each in curved) <= 5


def test_a_line_widens_its_errors_only_where_the_points_scatter() -> None:
    x, error = np.linspace(0, 1, 12), np.full(12, 0.1)
    calm = weighted_line(x, 2 + 3 * x + 0.05 * np.cos(40 * x), error, 500)
    assert calm.widening == 1
    assert calm.slope_error == pytest.approx(0.1 / math.sqrt(((x - 0.5) ** 2).sum()))
    wild = weighted_line(x, 2 + 3 * x + np.cos(40 * x), error, 500)
    assert wild.widening == pytest.approx(math.sqrt(wild.scatter))
    assert wild.degrees == 10
    lost = error.copy()
    lost[3] = np.inf
    y = 2 + 3 * x
    y[3] = 99.0
    assert weighted_line(x, y, lost, 500).slope == pytest.approx(3.0)
    with pytest.raises(InputError, match="two different points"):
        weighted_line(x, y, np.where(np.arange(12) == 5, 0.1, np.inf), 500)
