"""Several cells: survival and Weibull statistics against closed forms, other estimators and repeated draws."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron.core import InputError
from natron.cycling.failure.population import CellOutcome, fit_weibull, kaplan_meier, population_of


def outcomes(draws, width, highest):
    """What a ladder of equal steps makes of true critical values."""
    cells = []
    for k, draw in enumerate(draws):
        failed = width * math.ceil(draw / width)
        if failed > highest:
            cells.append(CellOutcome(str(k), highest, None))
        else:
            cells.append(CellOutcome(str(k), failed - width, failed))
    return cells


def test_without_censoring_survival_is_the_share_left():
    cells = outcomes([0.05, 0.15, 0.15, 0.35, 0.75], 0.1, 1.0)
    points = kaplan_meier(cells)
    assert [round(point.value, 9) for point in points] == [0.1, 0.2, 0.4, 0.8]
    assert [point.survival for point in points] == pytest.approx([0.8, 0.4, 0.2, 0.0])
    assert [point.at_risk for point in points] == [5, 4, 2, 1]


def test_the_textbook_example_with_censoring():
    """Remission of 21 patients under 6-MP (Freireich et al. 1963, doi 10.1182/blood.V21.6.699.699)."""
    times = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    cells = [CellOutcome(f"f{i}", t - 1, t) for i, t in enumerate(times)]
    cells += [CellOutcome(f"c{i}", t, None) for i, t in enumerate(censored)]
    points = kaplan_meier(cells)
    assert [point.survival for point in points] == pytest.approx(
        [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=6e-4
    )
    # Greenwood's standard error at 6 is 0.0764; the log(−log) interval of that point is 0.620 to 0.952
    assert (points[0].low, points[0].high) == pytest.approx((0.620, 0.952), abs=1e-3)
    assert population_of(cells).median == (22, 23)


def test_an_exponential_fit_agrees_with_its_closed_form():
    """With the shape at 1 the likelihood's maximum is events over total value; the fit finds a shape near it."""
    rng = np.random.default_rng(1)
    draws = rng.exponential(2.0, 4000)
    weibull, why = fit_weibull(outcomes(draws, 0.01, 3.0))
    assert why is None
    closed = np.minimum(draws, 3.0).sum() / np.count_nonzero(draws <= 3.0)
    assert weibull.shape.value == pytest.approx(1.0, abs=0.05)
    assert weibull.scale.value == pytest.approx(closed, rel=0.03)
    assert weibull.median.value == pytest.approx(
        weibull.scale.value * math.log(2) ** (1 / weibull.shape.value), rel=1e-6
    )


def test_intervals_cover_the_truth():
    rng = np.random.default_rng(7)
    shape, scale, inside = 2.5, 1.0, {"shape": 0, "scale": 0, "median": 0}
    truth = {"shape": shape, "scale": scale, "median": scale * math.log(2) ** (1 / shape)}
    runs = 40
    for _ in range(runs):
        cells = outcomes(scale * rng.weibull(shape, 20), 0.1, 1.3)
        weibull, _ = fit_weibull(cells)
        for name, value in truth.items():
            found = getattr(weibull, name)
            inside[name] += (found.low or 0) <= value <= (found.high or math.inf)
    # of 40 intervals of 95 %, fewer than 34 hold the truth in one run of 300
    assert min(inside.values()) >= 34


@settings(max_examples=8)
@given(unit=st.floats(1e-3, 1e3), seed=st.integers(0, 100))
def test_the_unit_does_not_matter(unit, seed):
    draws = np.random.default_rng(seed).weibull(2.0, 8)
    cells = outcomes(draws, 0.2, 2.0)
    scaled = [CellOutcome(c.name, c.survived * unit, None if c.failed is None else c.failed * unit) for c in cells]
    one, two = fit_weibull(cells)[0], fit_weibull(scaled)[0]
    if one is None:
        assert two is None
    else:
        assert two.shape.value == pytest.approx(one.shape.value, rel=1e-3)
        assert two.scale.value == pytest.approx(one.scale.value * unit, rel=1e-3)


def test_what_cannot_be_fitted_is_said():
    assert "2 of 3 cells failed" in fit_weibull(outcomes([0.1, 0.2, 5.0], 0.1, 1.0))[1]
    assert "same step" in fit_weibull([CellOutcome(str(k), 0.4, 0.5) for k in range(5)])[1]
    with pytest.raises(InputError, match="no cell"):
        population_of([])
    for survived, failed in ((-1, 2), (2, 1), (0, None), (math.nan, 1), (1, math.inf)):
        with pytest.raises(InputError, match="interval"):
            CellOutcome("x", survived, failed)


def test_fewer_than_half_failed_leaves_the_median_open():
    cells = [CellOutcome("a", 0.4, 0.5), *(CellOutcome(str(k), 1.0, None) for k in range(3))]
    found = population_of(cells)
    assert (found.median, found.failed, found.censored) == (None, 1, 3)
    assert found.quartiles == ((0.4, 0.5), None)
