"""Squeeze flow and stack pressure in a frame: printed numbers, the differential equation, limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from natron.core import InputError
from natron.interface.metals import metal, thickness_per_areal_capacity_m3_C
from natron.interface.pressing.fixture import (
    in_series,
    pressure_change_Pa,
    pressure_swing,
    stack_stiffness_N_m,
    stiffness_to_keep_N_m,
)
from natron.interface.pressing.foil import (
    extruded_share,
    foil_thickness_m,
    force_N,
    limiting_slope,
    shear_consistency_Pa_s,
    time_to_thickness_s,
)

NA = metal("Na")
CREEP = NA.creep
HOT, ROOM, MPA = 370.15, 298.15, 1e6
R, THICK = 4e-3, 1.0


def test_consistency():
    assert shear_consistency_Pa_s(CREEP, HOT) == pytest.approx(2.437e5, abs=0.002e5)
    # shear and tension of one creep law: τ = σ/√3 at γ̇ = √3 ε̇
    rate = 1e-2
    tau = CREEP.flow_stress(rate, HOT) / math.sqrt(3)
    assert shear_consistency_Pa_s(CREEP, HOT) * (math.sqrt(3) * rate) ** (1 / 5) == pytest.approx(tau)


@pytest.mark.parametrize(
    ("time", "um", "digit"), [(10, 86, 0.5), (60, 63, 0.5), (600, 43, 0.5), (1800, 36.0, 0.05), (3600, 32, 0.5)]
)
def test_thickness_of_hot_foil(time, um, digit):
    assert foil_thickness_m(CREEP, 10 * MPA, HOT, time, R, THICK) * 1e6 == pytest.approx(um, abs=digit)


@pytest.mark.parametrize(
    ("MPa", "time", "start", "um", "digit"),
    [
        (10, 60, THICK, 112, 0.5),
        (10, 3600, THICK, 57, 0.5),
        (15, 3600, 36e-6, 33.7, 0.05),
        (70, 3600, 36e-6, 11.2, 0.05),
    ],
)
def test_thickness_at_room_temperature(MPa, time, start, um, digit):
    assert foil_thickness_m(CREEP, MPa * MPA, ROOM, time, R, start) * 1e6 == pytest.approx(um, abs=digit)


def test_slopes_of_the_self_limiting_curve():
    def h(t=1800.0, P=10 * MPA, r=R):
        return foil_thickness_m(CREEP, P, HOT, t, r, THICK)

    assert math.log(h(t=1801.0) / h()) / math.log(1801 / 1800) == pytest.approx(-1 / 6, rel=1e-6)
    assert limiting_slope(CREEP) == pytest.approx(-1 / 6)
    assert math.log(h(P=11 * MPA) / h()) / math.log(1.1) == pytest.approx(-5 / 6, rel=1e-6)
    assert h(r=2 * R) / h() == pytest.approx(2, rel=1e-6)


@pytest.mark.parametrize("squeeze", ["fixed_radius", "fixed_volume"])
def test_closed_form_solves_the_equation(squeeze):
    n, h0, K, P0 = 5.0, 2e-4, shear_consistency_Pa_s(CREEP, HOT), 2 * MPA

    def thinning(_, y):
        h = y[0]
        radius = R if squeeze == "fixed_radius" else R * math.sqrt(h0 / h)
        P = P0 * (R / radius) ** 2
        return [-(h ** (n + 2)) / (n + 2) * (P * (3 * n + 1) / (2 * n * K)) ** n / radius ** (n + 1)]

    found = solve_ivp(thinning, (0, 1e4), [h0], rtol=1e-10, atol=1e-16, method="LSODA")
    closed = foil_thickness_m(CREEP, P0, HOT, 1e4, R, h0, squeeze)
    assert closed < 0.9 * h0
    assert closed == pytest.approx(found.y[0, -1], rel=1e-6)


def test_slip_is_uniform_creep():
    rate = CREEP.rate(0.2 * MPA, ROOM)
    found = foil_thickness_m(CREEP, 0.2 * MPA, ROOM, 500.0, R, 1e-3, "slip")
    assert math.log(1e-3 / found) == pytest.approx(rate * 500.0)


@given(
    st.floats(0, 1e8),
    st.floats(0, 1e8),
    st.floats(200, 370.9),
    st.sampled_from(["fixed_radius", "fixed_volume", "slip"]),
)
def test_thickness_is_finite_and_falls(pressure, time, temperature, squeeze):
    def h(P=pressure, t=time):
        return foil_thickness_m(CREEP, P, temperature, t, R, 1e-3, squeeze)

    assert 0 <= h() <= 1e-3
    assert h(t=2 * time) <= h() + 1e-18
    assert h(P=2 * pressure) <= h() + 1e-18
    if pressure == 0 or time == 0:
        assert h() == pytest.approx(1e-3)


@given(st.floats(20e-6, 800e-6))
def test_time_to_a_thickness_is_the_inverse(wanted):
    time = time_to_thickness_s(CREEP, 10 * MPA, HOT, wanted, R, 1e-3)
    assert foil_thickness_m(CREEP, 10 * MPA, HOT, time, R, 1e-3) == pytest.approx(wanted, rel=1e-9)


def test_share_and_force():
    assert extruded_share(0.25, 1.0) == 0.75
    assert force_N(10 * MPA, R) == pytest.approx(502.65, abs=0.01)


# the frame

AREA = 0.5e-4
BREATHING = thickness_per_areal_capacity_m3_C(NA.molar_volume_m3_mol)
CHARGE = 1.11 * 36e3


def test_breathing_of_sodium():
    assert pytest.approx(8.86, abs=0.005) == BREATHING * 36e3 * 1e6
    # 500 N/mm on 0.5 cm²: 8.86 µm times 1.11 are 4.9 N or 98 kPa
    assert pressure_change_Pa(500e3, AREA, BREATHING, CHARGE) == pytest.approx(98.4e3, rel=2e-3)


def test_a_stiff_frame_loses_what_a_spring_keeps():
    stack = stack_stiffness_N_m(AREA, [110e-6, 100e-6, 40e-6], [75e9, 1e9, 4.6e9])
    stiff = pressure_swing(MPA, in_series(1e12, stack), AREA, BREATHING, np.linspace(0, -CHARGE, 50))
    spring = pressure_swing(MPA, in_series(500e3, stack), AREA, BREATHING, np.linspace(0, -CHARGE, 50))
    assert stiff.state == "contact_lost"
    assert stiff.pressure_Pa[-1] == 0
    assert stiff.contact_lost_at_C_m2 < 0.1 * CHARGE
    assert spring.state == "pressed"
    assert spring.contact_lost_at_C_m2 is None
    assert spring.pressure_Pa[-1] / MPA == pytest.approx(0.9, abs=0.01)


def test_charge_and_discharge_cancel():
    up = pressure_change_Pa(2e6, AREA, BREATHING, CHARGE)
    assert pressure_swing(MPA, 2e6, AREA, BREATHING, [CHARGE, 0.0]).pressure_Pa == pytest.approx([MPA + up, MPA])


def test_stiffness_that_keeps_a_pressure():
    k = stiffness_to_keep_N_m(15 * MPA, 13 * MPA, AREA, BREATHING, CHARGE)
    assert pressure_swing(15 * MPA, k, AREA, BREATHING, -CHARGE).pressure_Pa[-1] == pytest.approx(13 * MPA)
    with pytest.raises(InputError, match="below that at the start"):
        stiffness_to_keep_N_m(MPA, MPA, AREA, BREATHING, CHARGE)
    with pytest.raises(InputError, match="above 0"):
        pressure_swing(MPA, 0.0, AREA, BREATHING, 0.0)


@given(st.floats(1, 1e12), st.floats(1, 1e12))
def test_series_is_softer_than_either(a, b):
    assert in_series(a, b) <= min(a, b) * (1 + 1e-12)
