"""Rates from lifetimes: they give the lifetimes back, move as their closed forms say, and refuse what cannot be."""

import math

import numpy as np
import pytest

from natron.core import InputError, Quantity
from natron.interface.reactions.lifetimes import (
    INPUTS,
    aged_faces,
    drawn_rates,
    layered_that_stays,
    lifetime_at_current_s,
)

HOUR = 3600.0
EV = 1.602176634e-19
X = {
    "current": 0.5, "rest_resistance": 0.007, "contact_start": 1.0, "failure_polarisation": 0.5,
    "bare_lifetime": 150 * HOUR,
    "wetted_lifetime": 350 * HOUR, "layered_lifetime": 800 * HOUR, "layered_polarisation": 0.06,
    "bare_resistance": 0.2, "wetted_resistance": 0.05, "start_thickness": 1e-9, "conductivity": 1e-5,
    "contact_length": 1e-5, "layer_thickness": 1e-6, "ceramic_potential": 2.34, "ceramic_capacity": 1.253e9,
    "bare_energy": 0.4 * EV, "wetted_energy": 0.45 * EV, "conductivity_energy": 0.6 * EV,
}  # fmt: skip


def test_every_input_has_a_kind():
    assert set(X) == set(INPUTS)


def test_each_lifetime_comes_back():
    found = aged_faces(X)
    for face, name in ((found.bare, "bare"), (found.wetted, "wetted"), (found.layered, "layered")):
        assert face.lifetime_s(found.limit_ohm_m2) == pytest.approx(X[f"{name}_lifetime"], rel=1e-6)
    assert 0.5 * (0.007 + float(found.layered.resistance(0.0))) == pytest.approx(0.06, rel=1e-3)


def test_one_lifetime_moves_one_rate():
    base = aged_faces(X)
    longer = aged_faces(X | {"bare_lifetime": 200 * HOUR})
    assert longer.bare.growth_constant_m2_s == pytest.approx(base.bare.growth_constant_m2_s * 0.75, rel=1e-9)
    wetter = aged_faces(X | {"wetted_lifetime": 400 * HOUR})
    assert wetter.bare == base.bare
    assert wetter.wetted.exhaustion_time_s > base.wetted.exhaustion_time_s
    lasting = aged_faces(X | {"layered_lifetime": 2000 * HOUR})
    assert (lasting.bare, lasting.wetted) == (base.bare, base.wetted)
    assert lasting.largest_conductivity_S_m < base.largest_conductivity_S_m


def test_the_bound_by_hand():
    """No contact lost, no start, next to no liquid: k from 150 h, barrier from 800 h, σ = d k q/(L_b ΔE)."""
    x = X | {"contact_length": math.inf, "start_thickness": 0.0, "wetted_lifetime": 150.001 * HOUR}
    found = aged_faces(x)
    assert found.wetted.exhaustion_time_s < 0.01 * HOUR
    limit = 0.5 / 0.5 - 0.007
    failed = (limit - 0.2) * 1e-5
    k = failed**2 / (2 * 150 * HOUR)
    at_end = (limit - (0.06 / 0.5 - 0.007)) * 1e-5
    barrier = k * 800 * HOUR / at_end - at_end / 2
    assert found.bare.growth_constant_m2_s == pytest.approx(k, rel=1e-9)
    assert found.layered.barrier_m == pytest.approx(barrier, rel=1e-5)
    assert found.largest_conductivity_S_m == pytest.approx(1e-6 * k * 1.253e9 / (barrier * 2.34), rel=1e-5)


def test_liquid_under_the_layer_lets_it_conduct_better():
    """What the liquid shields, the layer need not."""
    dry, wet = aged_faces(X | {"wetted_lifetime": 200 * HOUR}), aged_faces(X)
    assert wet.largest_conductivity_S_m > 1.1 * dry.largest_conductivity_S_m
    assert wet.layered.exhaustion_time_s == wet.wetted.exhaustion_time_s


def test_a_layer_whose_bare_ceramic_would_last_needs_no_barrier():
    found = aged_faces(X | {"layered_lifetime": 100 * HOUR})
    assert found.layered.barrier_m == 0
    assert found.largest_conductivity_S_m == math.inf


def test_a_higher_current_ends_sooner():
    found = aged_faces(X)
    assert lifetime_at_current_s(found.layered, X, 0.5) == pytest.approx(800 * HOUR, rel=1e-6)
    times = [lifetime_at_current_s(found.layered, X, j) / HOUR for j in (0.25, 0.5, 1.0, 2.0, 10.0)]
    assert times == sorted(times, reverse=True)
    assert times[-1] == 0


def test_a_stable_voltage_bounds_more_than_the_lifetime():
    found = aged_faces(X)
    face, conductivity = layered_that_stays(X, found, 0.005)
    assert conductivity < 0.05 * found.largest_conductivity_S_m
    rise = 0.5 * float(face.resistance(800 * HOUR) - found.layered.fresh_resistance_ohm_m2)
    assert rise == pytest.approx(0.005, rel=1e-6)
    with pytest.raises(InputError, match="from the start"):
        layered_that_stays(X, found, 1e-9)


def test_draws_follow_the_inputs():
    inputs = {name: Quantity(value, None, INPUTS[name]) for name, value in X.items()}
    drawn, failed = drawn_rates(inputs, samples=5)
    assert failed == 0
    assert np.ptp(drawn["growth_constant"]) == 0
    inputs["bare_lifetime"] = Quantity(150 * HOUR, 15 * HOUR, "duration", uncertainty_kind="sd")
    drawn, failed = drawn_rates(inputs, samples=60)
    assert failed == 0
    assert np.std(np.log(drawn["growth_constant"])) == pytest.approx(0.1, rel=0.4)
    inputs["failure_polarisation"] = Quantity(0.12, 0.1, "potential", uncertainty_kind="range")
    assert drawn_rates(inputs, samples=60)[1] > 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"failure_polarisation": 0.05},
        {"layered_polarisation": 0.001},
        {"bare_resistance": 2.0},
        {"wetted_lifetime": 1 * HOUR},
        {"wetted_resistance": 5.0},
    ],
)
def test_what_no_rate_explains(wrong):
    with pytest.raises(InputError):
        aged_faces(X | wrong)
