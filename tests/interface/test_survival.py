"""Survival: the worked calibration, its slopes, and Monte Carlo against the closed form."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natron.core import InputError
from natron.interface.shorts.survival import calibrated_cycles, failure_interval, shorting_law
from natron.interface.shorts.virtual_cells import NEVER, Population, run

J = {"half": 5.0, "one": 10.0}


def test_worked_calibration():
    law = shorting_law()
    assert law.cycles == pytest.approx(2.63, abs=0.005)
    assert law.survival(10, J["one"]) == pytest.approx(0.100, abs=0.005)
    assert law.survival(10, J["half"]) == pytest.approx(0.666, abs=0.005)
    assert law.survival(70, J["half"]) == pytest.approx(0.253, abs=0.005)
    assert law.survival(70, J["one"]) == pytest.approx(4e-4, abs=5e-5)
    assert 1 - law.survival(1, J["one"]) == pytest.approx(0.63, abs=0.005)
    assert law.cycles_to(0.5, J["half"]) == pytest.approx(23, abs=0.5)


@pytest.mark.parametrize(
    ("change", "survival"),
    [({"weibull_modulus": 2.0}, 0.22), ({"weibull_modulus": 3.0}, 0.29), ({"growth_exponent": 2.0}, 0.010)],
)
def test_other_exponents_with_a_new_calibration(change, survival):
    assert shorting_law(change).survival(70, J["half"]) == pytest.approx(survival, abs=0.005)
    assert shorting_law(change).survival(10, J["one"]) == pytest.approx(0.100, abs=1e-9)


def test_interval_of_nine_in_ten():
    low, high = failure_interval(9, 10)
    assert (low, high) == (pytest.approx(0.555, abs=0.0005), pytest.approx(0.997, abs=0.0005))
    assert failure_interval(0, 5)[0] == 0.0
    assert failure_interval(5, 5)[1] == 1.0
    with pytest.raises(InputError):
        failure_interval(6, 5)


@given(st.floats(0.5, 5), st.floats(1, 8), st.floats(3.0, 1e4), st.floats(0.05, 3.0))
def test_slopes_of_the_weibull_plot(k, p, N, j):
    law = shorting_law({"weibull_modulus": k, "growth_exponent": p, "cycles": 2.0})

    def hazard(n, current):
        return -math.log(law.survival(n, current))

    # shares too near to 0 or 1 have no digits left to take a slope from
    if law.survival(1.1 * N, 1.1 * j) > 1e-250 and law.survival(N, j) < 1 - 1e-9:
        assert math.log(hazard(N, 1.1 * j) / hazard(N, j)) / math.log(1.1) == pytest.approx(k, rel=1e-3)
        assert math.log(hazard(1.1 * N, j) / hazard(N, j)) / math.log(1.1) == pytest.approx(k / p, rel=1e-3)


@given(st.floats(1.0, 5.0))
def test_size_effect(k):
    law = shorting_law({"weibull_modulus": k})
    area = law.reference_area_m2
    assert law.scale_A_m2(4 * area) / law.scale_A_m2(area) == pytest.approx(4 ** (-1 / k), rel=1e-9)
    # four electrodes in one: its survival is the fourth power
    assert law.survival(7, 4.0, 4 * area) == pytest.approx(law.survival(7, 4.0, area) ** 4, rel=1e-9)


@given(st.floats(0, 1e5), st.floats(0, 100))
def test_survival_is_a_share_and_falls(N, j):
    law = shorting_law()
    S = law.survival(N, j)
    assert 0 <= S <= 1
    assert law.survival(N + 1, j) <= S
    assert law.survival(N, j + 0.1) <= S
    assert law.survival(0, j) == 1.0


@given(st.floats(0.01, 0.99), st.floats(0.5, 9.0))
def test_cycles_to_a_share_is_the_inverse(share, j):
    law = shorting_law()
    N = law.cycles_to(share, j)
    if law.cycles < N:
        assert law.survival(N, j) == pytest.approx(share, rel=1e-9)
    elif N == 0:
        assert law.survival(1e-6, j) <= share


def test_calibration_returns_what_it_was_given():
    N0 = calibrated_cycles(0.3, 25, 7.0, 12.0, 2.2, 3.1)
    law = shorting_law({"critical_current": 12.0, "weibull_modulus": 2.2, "growth_exponent": 3.1, "cycles": N0})
    assert law.survival(25, 7.0) == pytest.approx(0.3, rel=1e-12)


def weibull_cells(count, **changes):
    law = shorting_law()
    # evenly spaced quantiles instead of random ones: the error is 1/count, not 1/√count
    quantiles = -np.log((np.arange(count) + 0.5) / count)
    strength = law.critical_current_A_m2 * quantiles[:, None] ** (1 / law.weibull_modulus) * np.ones(2)
    given = {
        "contact_fraction": np.ones(count), "per_charge_m2_C": np.full(count, 4.9e-5),
        "replenishing_current_A_m2": np.full(count, 1e3), "refill_efficiency": np.ones(count),
        "closure_rate_per_s": np.zeros(count), "critical_current_A_m2": strength,
        "growth_exponent": np.full(count, law.growth_exponent), "damage_limit": np.full(count, law.cycles),
        "voids": (True, False), "plates": (True, False), **changes,
    }  # fmt: skip
    return Population(**given)


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_monte_carlo_is_the_closed_form(engine):
    cells = weibull_cells(4000)
    for j in (5.0, 10.0):
        current, duration = np.tile([j, -j], 70), np.full(140, 3600.0)
        fates = run(current, duration, cells, engine=engine)
        assert not (fates.contact_lost_at != NEVER).any()
        for N in (1, 10, 70):
            alive = np.mean((fates.shorted_at == NEVER) | (fates.shorted_at >= 2 * N))
            assert alive == pytest.approx(shorting_law().survival(N, j), abs=0.0003)


def test_both_engines_tell_the_same_fates():
    rng = np.random.default_rng(7)
    count = 400
    current = np.repeat(np.linspace(1, 12, 24), 3) * np.tile([1.0, -1.0, 0.0], 24)
    duration = np.tile([3600.0, 3600.0, 600.0], 24)
    for closure in (0.0, 2e-5, 1e-3):
        for flags in ((True, True), (False, True), (True, False)):
            cells = weibull_cells(
                count, contact_fraction=rng.uniform(0.5, 1, count), replenishing_current_A_m2=rng.uniform(0, 8, count),
                per_charge_m2_C=rng.uniform(2e-5, 9e-5, count), refill_efficiency=rng.uniform(0.3, 1, count),
                closure_rate_per_s=np.full(count, closure), voids=flags, plates=(True, flags[1]),
            )  # fmt: skip
            one, other = (run(current, duration, cells, engine=engine) for engine in ("numpy", "numba"))
            assert np.array_equal(one.shorted_at, other.shorted_at)
            assert np.array_equal(one.contact_lost_at, other.contact_lost_at)
            assert one.void_fraction == pytest.approx(other.void_fraction, abs=1e-12)


def test_population_refuses_cells_without_contact():
    with pytest.raises(InputError, match="without contact"):
        weibull_cells(3, contact_fraction=np.zeros(3))
    with pytest.raises(InputError, match="half steps"):
        run(np.array([1.0]), np.array([-1.0]), weibull_cells(2))
