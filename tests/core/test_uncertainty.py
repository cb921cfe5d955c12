"""Propagation against closed forms, first order against Monte Carlo, correlated inputs counted once."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natron.core import InputError, Quantity
from natron.core.compare import compare
from natron.core.uncertainty import draw, exp, log, propagate, sqrt


def number(value, u=None, kind="number"):
    return Quantity(value, u, kind, uncertainty_kind="sd")


def test_an_input_used_twice_counts_once():
    foil = {"foil": number(36e-6, 5e-6, "length")}
    twice = propagate(lambda x: {"sum": x["foil"] + x["foil"], "difference": x["foil"] - x["foil"]}, foil)
    assert twice["sum"].standard_uncertainty == pytest.approx(10e-6)  # not 5e-6 times the root of two
    assert twice["difference"].standard_uncertainty == 0
    drawn = propagate(lambda x: {"sum": x["foil"] + x["foil"]}, foil, method="monte_carlo")
    assert drawn["sum"].standard_uncertainty == pytest.approx(10e-6, rel=0.02)


def test_independent_inputs_add_in_quadrature():
    inputs = {"a": number(3.0, 0.3), "b": number(4.0, 0.4)}
    result = propagate(lambda x: {"s": x["a"] + x["b"], "p": x["a"] * x["b"]}, inputs)
    assert result["s"].standard_uncertainty == pytest.approx(0.5)
    assert result["p"].standard_uncertainty == pytest.approx(12 * math.hypot(0.1, 0.1))
    assert result["p"].derivatives == {"a": pytest.approx(4.0), "b": pytest.approx(3.0)}
    assert {row.method for row in result.values()} == {"linear"}


def test_a_curved_relation_goes_to_monte_carlo_by_itself():
    s = 0.5
    inputs = {"x": number(1.0, s)}
    result = propagate(lambda x: {"e": exp(x["x"]), "line": 3 * x["x"]}, inputs)
    assert result["e"].method == "monte_carlo"
    assert result["line"].method == "linear"
    lognormal = math.sqrt((math.exp(s**2) - 1) * math.exp(2 + s**2))  # closed form
    assert result["e"].standard_uncertainty == pytest.approx(lognormal, rel=0.05)
    assert result["e"].standard_uncertainty > 1.15 * s * math.e  # what first order alone would say


def test_a_result_without_a_variance_has_an_uncertainty_all_the_same():
    inputs = {"p": Quantity(0.9, 0.05, "share", uncertainty_kind="sd")}
    result = propagate(lambda x: {"d": 1 / (1 - x["p"])}, inputs)["d"]
    assert result.method == "monte_carlo"
    assert 4 < result.standard_uncertainty < 15


def test_first_order_and_monte_carlo_agree_where_the_relation_is_straight():
    inputs = {"u": number(3.4, 0.05), "q": number(2.5, 0.05), "d": number(308.0, 12.0)}

    def energy(x):
        return {"e": x["u"] * x["q"] / x["d"]}

    linear = propagate(energy, inputs, method="linear")["e"]
    drawn = propagate(energy, inputs, method="monte_carlo")["e"]
    assert drawn.standard_uncertainty == pytest.approx(linear.standard_uncertainty, rel=0.02)


def test_the_same_call_gives_the_same_answer():
    inputs = {"x": number(1.0, 0.5)}
    results = [propagate(lambda x: {"e": exp(x["x"])}, inputs, method="monte_carlo")["e"] for _ in range(2)]
    assert results[0] == results[1]


@given(st.floats(0.01, 2.0))
def test_draws_stay_inside_physical_limits(relative):
    drawn = draw({"d": number(1e-5, relative * 1e-5, "length")}, samples=500, seed=3)["d"]
    assert np.all(drawn >= 0)


def test_a_range_is_drawn_uniformly():
    q = Quantity(10.0, 2.0, "number", uncertainty_kind="range")
    drawn = draw({"x": q}, samples=20000, seed=1)["x"]
    assert drawn.min() >= 8
    assert drawn.max() <= 12
    assert drawn.std() == pytest.approx(2 / math.sqrt(3), rel=0.02)


def test_functions_take_floats_arrays_and_uncertain_numbers():
    inputs = {"x": number(2.0, 0.01)}
    for f, slope in ((exp, math.exp(2)), (log, 0.5), (sqrt, 0.5 / math.sqrt(2))):
        result = propagate(lambda x, f=f: {"y": f(x["x"])}, inputs, method="linear")["y"]
        assert result.derivatives["x"] == pytest.approx(slope)
        assert f(np.array([2.0]))[0] == pytest.approx(result.value)


def test_no_finite_number_is_an_error():
    with pytest.raises(InputError):
        propagate(lambda x: {"y": x["x"] * float("inf")}, {"x": number(1.0, 0.1)})


def test_two_combined_uncertainties_are_the_limit():
    assert compare(10.0, 0.3, 9.0, 0.4).in_uncertainties == pytest.approx(2.0)
    assert compare(9.99, 0.3, 9.0, 0.4).verdict == "agrees"
    assert compare(10.01, 0.3, 9.0, 0.4).verdict == "disagrees"
    assert compare(5.0, 0.0, 9.0, 0.4, "at_most").verdict == "agrees"
    assert compare(10.0, 0.0, 9.0, 0.4, "at_most").verdict == "disagrees"
    assert compare(5.0, 0.0, 9.0, 0.4, "at_least").verdict == "disagrees"
    assert compare(1.0, 0.0, 1.0, 0.0).verdict == "agrees"
    assert compare(1.0, 0.0, 1.1, 0.0).verdict == "disagrees"


def test_inputs_without_a_result_are_refused_not_crashed():
    for relation in (lambda x: {"y": 1 / (x["x"] - 1.0)}, lambda x: {"y": (x["x"] - 3.0) ** 0.5}):
        with pytest.raises(InputError):
            propagate(relation, {"x": number(1.0, 0.1)})
