"""Contact, its resistance, the ceramic's stress: printed numbers, limits, monotony."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from uncertainties import ufloat

from natron.core import InputError
from natron.interface.metals import metal
from natron.interface.pressing.contact import (
    acoustic_softening,
    closure_rate_per_s,
    contact_fraction,
    creep_hardness_Pa,
    elastic_contact,
    interface_conductance_S_m2,
    interface_resistance_ohm_m2,
    isothermal_discs,
    plastic_contact,
    residual_gap_m,
    smallest_pore_filled_m,
    uniform_flux_discs,
)
from natron.interface.pressing.window import Ceramic, solve_rising, span_factor, warp_factor
from natron.materials import material, parameters

CREEP = metal("Na").creep
STRAIN = parameters("contact")["indentation_strain"].value
ROOM, HOT = 298.15, 370.15
MPA = 1e6
R_CT, SIGMA, B = 1.5e-4, 0.16, 10e-6


@pytest.mark.parametrize(
    ("time", "MPa", "digit"), [(1, 2.81, 2), (60, 1.24, 2), (600, 0.78, 2), (3600, 0.55, 2), (86400, 0.29, 2)]
)
def test_creep_hardness(time, MPa, digit):
    assert creep_hardness_Pa(CREEP, time, ROOM) / MPA == pytest.approx(MPa, abs=0.5 * 10**-digit)


def test_hardness_after_thirty_seconds():
    assert creep_hardness_Pa(CREEP, 30.0, ROOM) / MPA == pytest.approx(1.42, abs=0.005)
    brinell = metal("Na")["brinell_hardness"].value
    assert creep_hardness_Pa(CREEP, 30.0, ROOM, STRAIN) == pytest.approx(brinell, rel=0.005)


@pytest.mark.parametrize(("MPa", "theta"), [(0.05, 0.08), (1, 0.65), (15, 0.96), (72, 0.99)])
def test_plastic_contact_after_an_hour(MPa, theta):
    assert plastic_contact(MPa * MPA / creep_hardness_Pa(CREEP, 3600.0, ROOM)) == pytest.approx(theta, abs=0.005)


@pytest.mark.parametrize(("strain", "theta"), [(1.0, 0.94), (STRAIN, 0.97)])
def test_plastic_contact_of_hot_pressing(strain, theta):
    assert plastic_contact(10 * MPA / creep_hardness_Pa(CREEP, 60.0, HOT, strain)) == pytest.approx(theta, abs=0.005)


CLOSURE = [
    (0.05, 25, 6.3e8, 0.05e8), (0.05, 60, 9.9e7, 0.05e7), (0.05, 97, 2.0e7, 0.05e7),
    (0.5, 25, 6.3e3, 50), (0.5, 60, 990, 5), (0.5, 97, 204, 0.5),
    (1, 25, 197, 0.5), (1, 60, 31, 0.5), (1, 97, 6.4, 0.05),
    (2, 25, 6.1, 0.05), (2, 60, 1.0, 0.05), (2, 97, 0.2, 0.05),
    (10, 25, 2e-3, 0.5e-3), (10, 60, 0.3e-3, 0.05e-3), (10, 97, 0.06e-3, 0.005e-3),
]  # fmt: skip


@pytest.mark.parametrize(("MPa", "celsius", "seconds", "half_digit"), CLOSURE)
def test_closure_times(MPa, celsius, seconds, half_digit):
    time = 1 / closure_rate_per_s(CREEP, MPa * MPA, celsius + 273.15)
    assert time == pytest.approx(seconds, abs=half_digit)


def test_ten_megapascals_hot_for_a_minute_close_everything():
    plastic = plastic_contact(10 * MPA / creep_hardness_Pa(CREEP, 60.0, HOT, STRAIN))
    both = contact_fraction(CREEP, 10 * MPA, HOT, 60.0, indentation_strain=STRAIN)
    assert plastic < 0.98
    assert both == 1.0


@pytest.mark.parametrize(
    ("theta", "printed"), [(1, 1.50), (0.5, 3.1), (0.2, 8.0), (0.1, 15.9), (0.01, 154), (0.001, 1515)]
)
def test_resistance_against_contact(theta, printed):
    found = interface_resistance_ohm_m2(theta, R_CT, SIGMA, B) * 1e4
    digit = {1.5: 0.005, 154: 0.5, 1515: 0.5}.get(printed, 0.05)
    assert found == pytest.approx(printed, abs=digit)


def test_interface_of_the_paper():
    tape = material("nzsp-tape").law("conductivity")
    transfer = material("sodium|nzsp-tape").law("interface_resistance")
    assert transfer.value_at(303.15).value * 1e4 == pytest.approx(1.5)
    assert transfer.value_at(298.15).value * 1e4 == pytest.approx(1.92, abs=0.005)
    separator = 110e-6 / tape.value_at(303.15).value
    whole = separator + interface_resistance_ohm_m2(1.0, transfer.value_at(303.15).value, SIGMA, B)
    assert whole * 1e4 == pytest.approx(8.4, abs=0.05)


# the exact isothermal disc on a flux tube (Bessel-Galerkin)
EXACT = [(0.1, 0.859363), (0.2, 0.720850), (0.3162, 0.565270), (0.5, 0.339600), (0.7, 0.140282)]


@pytest.mark.parametrize(("epsilon", "psi"), EXACT)
def test_isothermal_discs_against_the_flux_tube(epsilon, psi):
    shown = isothermal_discs(epsilon**2) * epsilon * 4 / math.pi / psi - 1
    expected = {0.1: -0.007, 0.2: -0.007, 0.3162: 0.0, 0.5: 0.041, 0.7: 0.17}[epsilon]
    assert shown == pytest.approx(expected, abs=0.007)


@pytest.mark.parametrize("theta", [0.01, 0.1, 0.2, 0.3])
def test_even_flux_resists_more_but_hardly_shows(theta):
    assert 1.05 < uniform_flux_discs(theta) / isothermal_discs(theta) < 1.16
    one, other = (
        interface_resistance_ohm_m2(theta, R_CT, SIGMA, B, constriction=law)
        for law in (isothermal_discs, uniform_flux_discs)
    )
    assert abs(other / one - 1) < 0.01


def test_elastic_contact_of_sodium_is_a_thousand_times_too_small():
    E = 1 / ((1 - 0.36**2) / 4.6e9 + (1 - 0.26**2) / 75e9)
    assert E / creep_hardness_Pa(CREEP, 60.0, ROOM, STRAIN) > 5000
    slope = (elastic_contact(1e3, E, 0.5) - elastic_contact(0.0, E, 0.5)) / 1e3
    assert slope == pytest.approx(math.sqrt(8 / math.pi) / (E * 0.5), rel=1e-6)
    assert elastic_contact(np.array([0.0, 1e12]), E, 0.5) == pytest.approx([0.0, 1.0])
    ratio = contact_fraction(CREEP, MPA, ROOM, 60.0, indentation_strain=STRAIN) / elastic_contact(MPA, E, 0.5)
    assert ratio > 1e3


STATE = {
    "pressure": st.floats(0, 1e9), "temperature": st.floats(200, 370.94), "time": st.floats(0, 1e7),
    "gas": st.floats(0, 1e6), "spread": st.floats(0, 0.9),
}  # fmt: skip


@given(**STATE, more=st.floats(1.0, 10.0))
def test_contact_is_a_share_and_rises(pressure, temperature, time, gas, spread, more):
    def theta(P=pressure, T=temperature, t=time, p=gas, u=spread):
        return contact_fraction(CREEP, P, T, t, indentation_strain=STRAIN, gas_pressure_Pa=p, pressure_spread=u)

    here = theta()
    assert 0 <= here <= 1
    assert theta(P=pressure * more) >= here - 1e-12
    assert theta(t=time * more) >= here - 1e-12
    assert theta(T=min(temperature * (1 + 0.1 * (more - 1) / 9), 370.949)) >= here - 1e-12
    assert theta(p=gas * more) <= here + 1e-12
    if pressure == 0 or time == 0:
        assert here == 0


@pytest.mark.parametrize("limit", ["pressure", "time", "melting", "forever", "crush"])
def test_limits_are_finite(limit):
    P, T, t = {
        "pressure": (1e-12, ROOM, 60.0), "time": (MPA, ROOM, 1e-12), "melting": (MPA, 370.95 - 1e-9, 60.0),
        "forever": (MPA, ROOM, 1e12), "crush": (1e12, ROOM, 60.0),
    }[limit]  # fmt: skip
    found = contact_fraction(CREEP, P, T, t, indentation_strain=STRAIN)
    assert math.isfinite(found)
    assert found == pytest.approx({"pressure": 0, "time": 0}.get(limit, 1.0), abs=2e-2)


@given(st.floats(-30, 0), st.floats(-30, 0), st.floats(1.01, 10.0))
def test_a_light_touch_does_not_drown_in_the_last_digit(log_P, log_t, more):
    """Far below the smallest difference from 1, θ still is P/H and rises with each cause."""

    def theta(P, t):
        return contact_fraction(CREEP, P, ROOM, t, indentation_strain=STRAIN)

    P, t = 10.0**log_P, 10.0**log_t
    expected = P / creep_hardness_Pa(CREEP, t, ROOM, STRAIN)
    assert theta(P, t) == pytest.approx(expected, rel=1e-3)
    assert theta(P * more, t) > theta(P, t) > 0
    assert theta(P, t * more) > theta(P, t)
    resistance = [interface_resistance_ohm_m2(theta(p, t), R_CT, SIGMA, B) for p in (P, P * more)]
    assert math.isfinite(resistance[0])
    assert resistance[1] < resistance[0]


@pytest.mark.parametrize("of", ["Na", "K", "Li"])
def test_up_to_the_melting_point_all_metals_are_finite_and_monotone(of):
    melting = metal(of).melting_point_K
    T = melting - np.geomspace(60.0, 1e-9, 12)
    theta = contact_fraction(metal(of).creep, 1e4, T, 60.0, indentation_strain=STRAIN)
    assert np.isfinite(theta).all()
    assert np.all(np.diff(theta) >= 0)
    assert theta[-1] > theta[0]
    with pytest.raises(InputError, match="is liquid"):
        metal(of).require_solid(melting)


def test_shut_in_gas_keeps_gaps_open():
    closed = contact_fraction(CREEP, 10 * MPA, HOT, 1e4, indentation_strain=STRAIN)
    gas = contact_fraction(CREEP, 10 * MPA, HOT, 1e4, indentation_strain=STRAIN, gas_pressure_Pa=1e5)
    gaps = 1 - plastic_contact(10 * MPA / creep_hardness_Pa(CREEP, 1e4, HOT, STRAIN))
    assert closed == 1.0
    assert 1 - gas == pytest.approx(gaps * 0.1 / 10.1, rel=1e-9)


def test_no_contact_is_a_state_of_its_own():
    for nothing in (0, 0.0, np.array([0.5, 0.0]), ufloat(0.0, 0.1)):
        with pytest.raises(InputError, match="without contact there is no interface resistance"):
            interface_resistance_ohm_m2(nothing, R_CT, SIGMA, B)
    assert interface_conductance_S_m2(0.0, R_CT, SIGMA, B) == 0


@given(st.floats(1e-6, 1.0))
def test_conductance_is_one_over_resistance_and_rises(theta):
    conductance = interface_conductance_S_m2(theta, R_CT, SIGMA, B, 1e-4)
    assert conductance == pytest.approx(1 / interface_resistance_ohm_m2(theta, R_CT, SIGMA, B, film_ohm_m2=1e-4))
    assert interface_conductance_S_m2(theta * 0.99, R_CT, SIGMA, B, 1e-4) < conductance


def test_gap_and_pores():
    assert residual_gap_m(0.75, 1e-6) == pytest.approx(0.25e-6)
    # 50 nm at about 10 MPa
    assert smallest_pore_filled_m(10 * MPA, metal("Na")["surface_energy"].value) == pytest.approx(50e-9, abs=5e-9)


def test_ultrasound_softens():
    assert acoustic_softening(4e4, 0.25) == pytest.approx(0.5)
    soft = CREEP.softened(0.5)
    assert soft.coefficient(ROOM) == pytest.approx(2**5 * CREEP.coefficient(ROOM))
    with pytest.raises(InputError, match="no flow stress"):
        acoustic_softening(16e4, 0.25)


# the ceramic


def ceramic(thickness, warp=50e-6, span=1e-3, strength=50e6):
    return Ceramic(thickness, 75e9, 0.26, strength, warp, 10e-3, span)


def test_plate_factors():
    assert span_factor(0.26) == pytest.approx(0.306, abs=5e-4)
    assert warp_factor(0.26) == pytest.approx(6.7, abs=0.05)


@pytest.mark.parametrize(("um", "MPa", "kPa"), [(110, 25, 11), (50, 11, 1)])
def test_warp_pressed_flat(um, MPa, kPa):
    layer = ceramic(um * 1e-6)
    # printed for k = 6
    assert layer.flat_stress_Pa * 6 / warp_factor(0.26) / MPA == pytest.approx(MPa, abs=0.5)
    assert layer.flattening_pressure_Pa / 1e3 == pytest.approx(kPa, abs=0.5)


@pytest.mark.parametrize(("um", "mm"), [(50, 0.64), (110, 1.4)])
def test_spans_that_break_at_one_megapascal(um, mm):
    flat = ceramic(um * 1e-6, warp=0.0, span=mm * 1e-3)
    assert flat.fracture_pressure_Pa / MPA == pytest.approx(1.0, rel=0.04)


def test_which_tape_breaks_first_hangs_on_the_cause():
    by_warp = [ceramic(h, warp=150e-6, span=1e-5) for h in (50e-6, 110e-6)]
    assert [layer.decides() for layer in by_warp] == ["warp", "warp"]
    assert by_warp[0].fracture_pressure_Pa > by_warp[1].fracture_pressure_Pa
    by_span = [ceramic(h, warp=1e-6) for h in (50e-6, 110e-6)]
    assert [layer.decides() for layer in by_span] == ["unsupported_span", "unsupported_span"]
    assert by_span[0].fracture_pressure_Pa < by_span[1].fracture_pressure_Pa


@given(st.floats(2e-5, 2e-3), st.floats(0, 3e-4), st.floats(1e-5, 3e-3), st.floats(1e7, 3e8))
def test_fracture_pressure_is_where_the_stress_is_the_strength(h, warp, span, strength):
    layer = ceramic(h, warp, span, strength)
    limit = layer.fracture_pressure_Pa
    assume(limit > 0)
    assert sum(layer.stresses_Pa(limit)) == pytest.approx(strength, rel=1e-9)


def test_roots_carry_uncertainty():
    a = ufloat(2.0, 0.1)
    root = solve_rising(lambda x: a * x**2, 18.0, 1e-3, 1e3)
    assert root.nominal_value == pytest.approx(3.0, rel=1e-9)
    assert root.std_dev == pytest.approx(3.0 / 2 * 0.05, rel=1e-4)
    assert solve_rising(lambda x: np.array([1.0, 2.0]) * x, 4.0, 1e-3, 1e3) == pytest.approx([4.0, 2.0])
