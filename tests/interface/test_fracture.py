"""Filled flaws: printed numbers, inverses and power laws."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natron.core.constants import FARADAY_C_PER_MOL
from natron.interface.metals import metal
from natron.interface.pressing.fracture import (
    cracking_overpotential_V,
    cracking_pressure_Pa,
    critical_current_of_flaw_A_m2,
    energy_release_rate_J_m2,
    flaw_of_critical_current_m,
    flaw_of_strength_m,
    weibull_modulus_of_current,
)
from natron.materials import parameters

K_IC, Y = parameters("shorting")["fracture_toughness"].value, parameters("shorting")["geometry_factor"].value
SIGMA, VM = 0.16, metal("sodium").molar_volume_m3_mol


@pytest.mark.parametrize(("flaw_um", "MPa", "mV"), [(5, 270, 67), (10, 191, 47), (20, 135, 33), (50, 85, 21)])
def test_cracking_pressure_and_overpotential(flaw_um, MPa, mV):
    c = flaw_um * 1e-6
    assert cracking_pressure_Pa(c, K_IC, Y) / 1e6 == pytest.approx(MPa, abs=0.5)
    assert cracking_overpotential_V(c, K_IC, Y, VM) * 1e3 == pytest.approx(mV, abs=0.5)


@pytest.mark.parametrize(("flaw_um", "mA_cm2"), [(10, 75), (20, 27), (50, 6.7), (100, 2.4)])
def test_critical_current_of_a_flaw(flaw_um, mA_cm2):
    j = critical_current_of_flaw_A_m2(flaw_um * 1e-6, SIGMA, K_IC, Y, VM) / 10
    assert j == pytest.approx(mA_cm2, abs=0.5 if mA_cm2 > 10 else 0.05)
    pellet = critical_current_of_flaw_A_m2(flaw_um * 1e-6, 0.5, K_IC, Y, VM) / 10
    assert pellet / j == pytest.approx(3.1, abs=0.05)


def test_closed_form_is_the_ohmic_drop_over_the_flaw():
    c = 30e-6
    j = critical_current_of_flaw_A_m2(c, SIGMA, K_IC, Y, VM)
    assert j * c / SIGMA == pytest.approx(cracking_overpotential_V(c, K_IC, Y, VM), rel=1e-12)
    closed = SIGMA * VM * K_IC / (Y * math.sqrt(math.pi) * FARADAY_C_PER_MOL * c**1.5)
    assert j == pytest.approx(closed, rel=1e-12)


@given(st.floats(1e-7, 1e-3), st.floats(1.1, 100.0))
def test_power_law_and_inverse(c, times):
    j = critical_current_of_flaw_A_m2(c, SIGMA, K_IC, Y, VM)
    longer = critical_current_of_flaw_A_m2(c * times, SIGMA, K_IC, Y, VM)
    assert math.log(longer / j) / math.log(times) == pytest.approx(-1.5, rel=1e-6)
    assert flaw_of_critical_current_m(j, SIGMA, K_IC, Y, VM) == pytest.approx(c, rel=1e-9)


def test_scale_of_the_paper():
    # θ/γ = 0.15 and a flaw of 50 µm: about 1 mA/cm²
    assert 0.15 * critical_current_of_flaw_A_m2(50e-6, SIGMA, K_IC, Y, VM) / 10 == pytest.approx(1.0, abs=0.05)


def test_strength_and_energy():
    assert flaw_of_strength_m(110e6, K_IC, Y) * 1e6 == pytest.approx(30, abs=0.5)
    assert flaw_of_strength_m(50e6, K_IC, Y) * 1e6 == pytest.approx(146, abs=0.5)
    assert energy_release_rate_J_m2(K_IC, 75e9, 0.26) == pytest.approx(18, abs=0.5)
    assert weibull_modulus_of_current(5) == pytest.approx(1.7, abs=0.05)
    assert weibull_modulus_of_current(10) == pytest.approx(3.3, abs=0.05)
