"""A growing interphase against closed forms and its own differential equation, in its limits, always a number."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from natron.core import InputError
from natron.interface.reactions.interphase import (
    LONGEST_S,
    Face,
    barrier_m,
    growth_constant_m2_s,
    growth_constant_of_lifetime,
    resistance_of_barrier_ohm_m2,
    thickness_at_resistance_m,
    thickness_m,
)

EV = 1.602176634e-19
KB = 1.380649e-23
HOUR = 3600.0
BARE = Face(9e-17, 1e-9, 1e-5, 0.6 * EV, 0.2, 0.4 * EV, 1e-5)
WETTED = replace(BARE, wetted_resistance_ohm_m2=0.05, wetted_energy_J=0.45 * EV, exhaustion_time_s=400 * HOUR)

logs = {"k": st.floats(-22, -12), "start": st.floats(-10, -7), "barrier": st.floats(-12, 0), "t": st.floats(0, 9)}


@given(**logs)
def test_growth_solves_its_equation(k, start, barrier, t):
    k, start, barrier, t = (10.0**x for x in (k, start, barrier, t))
    end = thickness_m(t, k, start, barrier)
    solved = solve_ivp(lambda _, L: k / (L + barrier), (0, t), [start], rtol=1e-10, atol=1e-16, method="LSODA").y[0, -1]
    assert end == pytest.approx(solved, rel=1e-6)
    if end - start > 1e-7 * end:  # else rounding has taken the digits of what grew
        assert (end - start) * (end + start + 2 * barrier) / (2 * k) == pytest.approx(t, rel=1e-5)


def test_parabolic_without_a_barrier_and_linear_behind_a_large_one():
    t, k = np.geomspace(1e3, 1e7, 9), 1e-16
    assert thickness_m(t, k) == pytest.approx(np.sqrt(2 * k * t), rel=1e-12)
    slope = np.diff(np.log(thickness_m(t, k, 0.0, 1.0))) / np.diff(np.log(t))
    assert slope == pytest.approx(1.0, abs=1e-6)
    # behind a barrier that limits, what grows is what leaks: ΔE/R over the charge of a volume
    resistance, capacity, volts = 1e6, 1.25e9, 2.34
    b = barrier_m(k, resistance, capacity, volts)
    assert thickness_m(1e6, k, 0.0, b) == pytest.approx(volts / resistance / capacity * 1e6, rel=1e-3)
    assert resistance_of_barrier_ohm_m2(b, k, capacity, volts) == pytest.approx(resistance, rel=1e-12)


def test_a_worked_number():
    """k = 1e-16 m²/s grows √(2·1e-16·3600·150) = 10.39 µm in 150 h."""
    assert thickness_m(150 * HOUR, 1e-16) == pytest.approx(10.392e-6, rel=1e-4)
    assert growth_constant_of_lifetime(10.392e-6, 150 * HOUR) == pytest.approx(1e-16, rel=1e-4)
    # four times the time, twice the thickness; 35 K at 0.65 eV are a factor of 14
    assert thickness_m(600 * HOUR, 1e-16) == pytest.approx(2 * 10.392e-6, rel=1e-4)
    warm = growth_constant_m2_s(1e-17, 0.65 * EV, 333.15, 298.15)
    assert warm / 1e-17 == pytest.approx(math.exp(0.65 / 8.617333e-5 * (1 / 298.15 - 1 / 333.15)), rel=1e-6)


@given(st.floats(-1, 4), st.floats(0, 8))
def test_a_lifetime_gives_back_its_barrier(times, t):
    """At a limit that the face reaches without a barrier before its time, the barrier makes it last just that long."""
    t = 10.0**t
    for face in (BARE, replace(WETTED, exhaustion_time_s=0.3 * t)):
        limit = 0.2002 * (1 + 10.0**times)  # above what the dry face has before anything grew
        found = face.with_barrier_for(limit, t)
        end = float(found.resistance(t))
        if found.barrier_m > 0:
            assert end == pytest.approx(limit, rel=1e-6)
        else:
            assert end <= limit * (1 + 1e-9)
    with pytest.raises(InputError, match="no barrier"):
        replace(WETTED, fresh_resistance_ohm_m2=2.0, exhaustion_time_s=1.0).with_barrier_for(1.0, 3600.0)


@given(st.floats(-3, 3), st.floats(-9, -1), st.floats(-7, 0), st.floats(-3, 6))
def test_the_thickness_of_a_resistance(fresh, conductivity, contact, factor):
    fresh, conductivity, contact = 10.0**fresh, 10.0**conductivity, 10.0**contact
    wanted = fresh * (1 + 10.0**factor) + 1e-9 / conductivity
    found = thickness_at_resistance_m(wanted, fresh, conductivity, contact, 1e-9)
    exponent = (found - 1e-9) / contact
    assert math.log(fresh + found / conductivity) + exponent == pytest.approx(math.log(wanted), abs=1e-9)


def test_bare_face_by_its_parts():
    t = 150 * HOUR
    L = float(BARE.thickness(t))
    expected = (0.2 + L / 1e-5) / math.exp(-(L - 1e-9) / 1e-5)
    assert float(BARE.resistance(t)) == pytest.approx(expected, rel=1e-12)
    assert BARE.lifetime_s(expected) == pytest.approx(t, rel=1e-9)


def test_wetted_face_is_the_sum_of_its_patches():
    """Half way: half wet, and dry patches of every age up to now, each as a bare face of that age."""
    for hours in (1.0, 200.0, 399.0, 600.0):
        t, tau = hours * HOUR, 400 * HOUR
        wet = max(1 - t / tau, 0) / 0.05
        dry = quad(
            lambda age, tau=tau: 1 / float(BARE.resistance(age)) / tau, max(t - tau, 0), t, epsrel=1e-10, limit=200
        )[0]
        assert float(WETTED.resistance(t)) == pytest.approx(1 / (wet + dry), rel=1e-6)


def test_limits_of_the_liquid():
    t = np.array([0.0, 10.0, 1e6])
    never = replace(WETTED, exhaustion_time_s=math.inf)
    assert never.resistance(t) == pytest.approx(0.05)
    soon = replace(WETTED, exhaustion_time_s=1e-3)
    assert soon.resistance(t[2]) == pytest.approx(float(BARE.resistance(t[2])), rel=1e-6)
    assert float(WETTED.resistance(0.0)) == pytest.approx(0.05)


def test_resistance_grows_without_jumps():
    t = np.linspace(0, 1000 * HOUR, 4001)
    r = WETTED.resistance(t)
    assert np.all(np.diff(r) > 0)
    assert np.max(np.diff(np.log(r))) < 0.05
    more = replace(WETTED, exhaustion_time_s=500 * HOUR)
    assert np.all(more.resistance(t[1:]) < r[1:])


def test_a_lifetime_gives_back_its_liquid():
    limit = 1.0
    found = replace(WETTED, exhaustion_time_s=0.0).with_lifetime(limit, 350 * HOUR)
    assert found.lifetime_s(limit) == pytest.approx(350 * HOUR, rel=1e-9)
    with pytest.raises(InputError, match="no amount of liquid"):
        WETTED.with_lifetime(0.01, 350 * HOUR)


@pytest.mark.parametrize("face", [BARE, WETTED], ids=["bare", "wetted"])
def test_activation_energy_is_the_slope_of_an_arrhenius_plot(face):
    """The face's state held, its resistances moved with temperature one by one, the line fitted as by hand."""
    temperatures = np.linspace(323.15, 343.15, 5)
    for hours in (0.0, 50.0, 300.0):
        total = []
        for kelvin in temperatures:

            def moved(value, energy, kelvin=kelvin):
                return value * math.exp(energy / KB * (1 / kelvin - 1 / 333.15))

            there = replace(
                face, fresh_resistance_ohm_m2=moved(face.fresh_resistance_ohm_m2, face.fresh_energy_J),
                conductivity_S_m=moved(face.conductivity_S_m, -face.conductivity_energy_J),
                wetted_resistance_ohm_m2=moved(face.wetted_resistance_ohm_m2, face.wetted_energy_J),
            )  # fmt: skip
            total.append(math.log(float(there.resistance(hours * HOUR))))
        slope = np.polyfit(1 / (KB * temperatures), total, 1)[0]
        assert float(face.activation_energy_J(hours * HOUR)) / EV == pytest.approx(slope / EV, abs=2e-3)


def test_activation_energy_drifts_where_the_interphase_takes_over():
    t = np.linspace(0, 350 * HOUR, 50)
    drift = WETTED.activation_energy_J(t) / EV
    assert drift[0] == pytest.approx(0.45)
    assert np.all(np.diff(drift[5:]) > 0)
    assert drift[-1] > 0.46
    assert float(WETTED.activation_energy_J(2000 * HOUR)) / EV > 0.57
    held = replace(BARE, growth_constant_m2_s=0.0).activation_energy_J(t) / EV
    assert np.ptp(held) < 1e-12


@given(st.floats(-25, -10), st.floats(-9, 1), st.floats(-6, 4), st.floats(-8, 2), st.floats(-12, 2), st.floats(-3, 10))
def test_never_not_a_number(k, conductivity, fresh, contact, barrier, tau):
    face = Face(
        10.0**k, 1e-9, 10.0**conductivity, 0.6 * EV, 10.0**fresh, 0.4 * EV, 10.0**contact, 10.0**barrier, 1.0, 0.5 * EV,
        10.0**tau,
    )  # fmt: skip
    t = np.array([0.0, 1.0, 1e5, 1e9, LONGEST_S])
    assert np.all(np.isfinite(face.resistance(t)))
    assert np.all(np.diff(face.thickness(t)) >= 0)
    energy = face.activation_energy_J(t) / EV
    assert np.all((energy > 0.4 - 1e-9) & (energy < 0.6 + 1e-9))
    assert 0 <= face.lifetime_s(10.0) <= LONGEST_S


@pytest.mark.parametrize("wrong", [{"conductivity_S_m": 0.0}, {"growth_constant_m2_s": -1.0}, {"barrier_m": math.nan}])
def test_what_is_no_face(wrong):
    with pytest.raises(InputError):
        replace(BARE, **wrong)
