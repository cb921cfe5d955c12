"""Voids: closed forms against numerical integration, the printed numbers, limits, and another program's symbols."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from natron.core import KINDS
from natron.core.constants import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C, FARADAY_C_PER_MOL
from natron.core.uncertainty import propagate
from natron.interface.metals import metal
from natron.interface.shorts.voids import PARAMETERS, VoidModel, local_current_A_m2, void_model, void_parameters

NA = metal("Na")
MODEL = void_model(NA)
ROOM = 298.15
MPA = 1e6


def integrated(model, phi, current, time, pressure, closure=0.0, temperature=ROOM):
    def rate(_, y):
        return model.rate(y[0], current, pressure, temperature, closure)

    found = solve_ivp(rate, (0, time), [phi], rtol=1e-10, atol=1e-12, max_step=time / 200)
    return float(found.y[0, -1])


@pytest.mark.parametrize(("MPa", "mA"), [(0.05, 0.2125), (1, 0.45), (5, 1.45), (9, 2.45), (15, 3.95)])
def test_critical_current_against_pressure(MPa, mA):
    assert MODEL.critical_current(1.0, MPa * MPA, ROOM) / 10 == pytest.approx(mA, abs=5e-5)


def test_critical_current_is_contact_times_replenishment():
    for theta in (0.0, 0.3, 1.0):
        assert MODEL.critical_current(theta, MPA, ROOM) == pytest.approx(theta * MODEL.replenishing_current(MPA, ROOM))
    # without pressure the metal carries j_D0 alone, and 9 MPa stay within the measured bound
    assert MODEL.critical_current(1.0, 9 * MPA, ROOM) / 10 <= 2.5


@pytest.mark.parametrize("pressure", [0.0, MPA, 9 * MPA])
def test_arrhenius_slope_of_the_critical_current(pressure):
    T = np.array([273.15, 333.15])
    ln = np.log(MODEL.critical_current(1.0, pressure, T))
    energy = -np.diff(ln)[0] * BOLTZMANN_J_PER_K / (1 / T[1] - 1 / T[0])
    assert 0.13 <= energy / ELEMENTARY_CHARGE_C <= 0.15


def test_only_the_pressureless_part_activated_leaves_too_little():
    base = VoidModel.of(NA.molar_volume_m3_mol, {name: void_parameters()[name].value for name in PARAMETERS})
    half = VoidModel(*(getattr(base, name) for name in base.__slots__[:-1]), pressure_activated=False)
    T = np.array([273.15, 333.15])
    ln = np.log(half.critical_current(1.0, MPA, T))
    energy = -np.diff(ln)[0] * BOLTZMANN_J_PER_K / (1 / T[1] - 1 / T[0]) / ELEMENTARY_CHARGE_C
    assert energy == pytest.approx(0.06, abs=0.01)


def test_time_to_delamination_as_printed():
    assert MODEL.delamination_time_s(10.0, MPA, ROOM) == pytest.approx(2699, abs=0.5)
    # a metal that replenishes nothing loses contact after one void depth of charge
    depth = MODEL.void_depth_m * FARADAY_C_PER_MOL / NA.molar_volume_m3_mol
    assert depth / KINDS["areal_capacity"].factor == pytest.approx(0.564, abs=5e-4)
    dead = void_model(NA, {"replenishing_current": 0.0, "pressure_slope": 0.0})
    assert dead.delamination_time_s(10.0, 0.0, ROOM) * 10.0 == pytest.approx(depth, rel=1e-12)


@pytest.mark.parametrize("phi", [0.0, 0.2, 0.6])
@pytest.mark.parametrize("current", [5.0, 10.0, 60.0])
def test_delamination_time_against_numerical_integration(phi, current):
    time = MODEL.delamination_time_s(current, MPA, ROOM, phi)

    def lost(_, y):
        return y[0] - 1.0

    lost.terminal = True
    found = solve_ivp(
        lambda _, y: MODEL.rate(y[0], current, MPA, ROOM), (0, 2 * time), [phi], events=lost, rtol=1e-10, atol=1e-12
    )
    assert found.t_events[0][0] == pytest.approx(time, rel=1e-7)


def test_no_growth_at_and_below_the_critical_current():
    critical = MODEL.critical_current(0.7, MPA, ROOM)
    assert MODEL.delamination_time_s(critical, MPA, ROOM, 0.3) == math.inf
    assert MODEL.after_stripping(0.3, critical, 1e6, MPA, ROOM) == 0.3
    assert MODEL.rate(0.3, critical * 0.999, MPA, ROOM) == 0
    assert MODEL.rate(0.3, critical * 1.001, MPA, ROOM) > 0


@settings(max_examples=60)
@given(
    phi=st.floats(0.0, 0.95), current=st.floats(0.0, 40.0), hours=st.floats(0.01, 0.6), MPa=st.floats(0.0, 10.0),
    closure=st.sampled_from([0.0, 1e-5, 3e-4, 2e-3]),
)  # fmt: skip
def test_stripping_in_closed_form_equals_the_integral(phi, current, hours, MPa, closure):
    time, pressure = hours * 3600, MPa * MPA
    exact = MODEL.after_stripping(phi, current, time, pressure, ROOM, closure)
    if exact < 1:
        assert exact == pytest.approx(integrated(MODEL, phi, current, time, pressure, closure), abs=2e-5)


@pytest.mark.parametrize("time", [100.0, 400.0, 3000.0])
def test_closure_carries_a_void_below_the_critical_current(time):
    # 3.5 A/m² grow voids at φ = 0.5; closure brings φ below 1 − j/j_rep = 0.22, where nothing grows any more
    exact = MODEL.after_stripping(0.5, 3.5, time, MPA, ROOM, 2e-3)
    assert exact == pytest.approx(integrated(MODEL, 0.5, 3.5, time, MPA, 2e-3), abs=1e-6)


@given(phi=st.floats(0.0, 0.99), current=st.floats(0.0, 40.0), time=st.floats(0, 7200), closure=st.floats(0, 1e-3))
def test_plating_and_rest_in_closed_form(phi, current, time, closure):
    rate = MODEL.per_charge * MODEL.refill_efficiency * current + closure
    after = MODEL.after_plating(phi, current, time, closure)
    assert after == pytest.approx(phi * math.exp(-rate * time))
    assert 0 <= after <= phi
    assert MODEL.rate(phi, -current, MPA, ROOM, closure) == pytest.approx(-rate * phi)


def test_lost_contact_stays_lost():
    assert MODEL.after_plating(1.0, 5.0, 1e6) == 1.0
    assert MODEL.after_stripping(1.0, 0.0, 10.0, MPA, ROOM) == 1.0
    assert MODEL.delamination_time_s(1.0, MPA, ROOM, 1.0) == 0.0


def test_voids_ratchet_above_the_critical_current_and_not_below():
    critical = MODEL.critical_current(1.0, MPA, ROOM)
    below = MODEL.over_cycles(0.98 * critical, 3600.0, 20, MPA, ROOM)
    assert np.all(below == 0)
    above = MODEL.over_cycles(1.2 * critical, 1200.0, 40, MPA, ROOM)
    assert np.all(np.diff(above) >= 0)
    assert above[0] < 0.5
    assert above[-1] == 1.0
    # even perfect refilling leaves a share behind: the charge that closes a void shrinks with the void
    perfect = void_model(NA, {"refill_efficiency": 1.0}).over_cycles(1.2 * critical, 1200.0, 40, MPA, ROOM)
    assert perfect[1] > perfect[0] > 0


def test_pressure_against_voids_is_the_inverse():
    for current, theta, T in ((10.0, 1.0, 298.15), (5.0, 0.6, 333.15)):
        pressure = MODEL.pressure_against_voids(current, theta, T)
        assert MODEL.critical_current(theta, pressure, T) == pytest.approx(current)
    assert MODEL.pressure_against_voids(0.1, 1.0, ROOM) == 0


@given(st.floats(0, 1), st.floats(0, 50e6), st.floats(200, 370))
def test_critical_current_is_finite_and_monotone(theta, pressure, T):
    here = MODEL.critical_current(theta, pressure, T)
    assert math.isfinite(here)
    assert here >= 0
    assert MODEL.critical_current(theta, pressure + 1e5, T) >= here
    assert MODEL.critical_current(theta, pressure, T + 1) >= here


def test_uncertainties_pass_through():
    inputs = {name: void_parameters()[name] for name in PARAMETERS}
    found = propagate(
        lambda x: {"ccs": VoidModel.of(NA.molar_volume_m3_mol, x).critical_current(1.0, MPA, ROOM)}, inputs
    )["ccs"]
    assert found.value == pytest.approx(4.5)
    # j_D0 alone is uncertain at 25 °C: ± 0.1 mA/cm² as half a range
    assert found.standard_uncertainty == pytest.approx(1.0 / math.sqrt(3), rel=1e-6)


def test_local_current():
    assert local_current_A_m2(-5.0, 0.25, 2.0) == 40.0
    assert np.all(local_current_A_m2(np.array([1.0, -1.0]), 0.5) == 2.0)


def test_the_right_hand_side_is_symbolic_too():
    pybamm = pytest.importorskip("pybamm")
    phi, current = pybamm.InputParameter("phi"), pybamm.InputParameter("j")
    expression = MODEL.rate(phi, current, MPA, ROOM, 1e-4, xp=pybamm)
    for point in ((0.1, 8.0), (0.1, -8.0), (0.4, 0.0), (0.05, 4.5)):
        symbolic = float(np.squeeze(expression.evaluate(inputs={"phi": point[0], "j": point[1]})))
        assert symbolic == pytest.approx(MODEL.rate(*point, MPA, ROOM, 1e-4), rel=1e-12, abs=1e-18)
