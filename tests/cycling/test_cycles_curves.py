"""dQ/dV, DC resistance, titration and polarisation against closed forms."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron.core import InputError
from natron.cycling import analyse, differential_capacity
from natron.data import Provenance, cycling_record

TIME, VOLTAGE, CURRENT = "Test Time / s", "Voltage / V", "Current / A"
HOUR = 3600.0


def record(t, v, i, **options):
    return cycling_record(pl.DataFrame({TIME: t, VOLTAGE: v, CURRENT: i}), Provenance(), **options)


# dQ/dV


def nernst(noise=0.0, seed=1, width=0.03, rows=4000):
    """One charge of 1 mAh along V = 3.4 V + w ln(x/(1-x)), whose dQ/dV is x (1-x) Q / w."""
    x = np.linspace(0.002, 0.998, rows)
    v = 3.4 + width * np.log(x / (1 - x)) + np.random.default_rng(seed).normal(0, noise, rows)
    t = HOUR * (x - x[0]) / 1e-3 * 1e-3
    return analyse(record(t, v, np.full(rows, 1e-3), kind="full"))


@pytest.mark.parametrize("noise", [0.0, 2e-4, 1e-3])
def test_dqdv_of_a_nernst_curve(noise):
    found = nernst(noise)
    curve = differential_capacity(found.rows, found.half_steps[0], bin_V=2e-3, smoothing_V=4e-3)
    shape = 1 / (1 + np.exp(-(curve.voltage_V - 3.4) / 0.03))
    inside = np.abs(curve.voltage_V - 3.4) < 0.1
    exact = shape * (1 - shape) * 1e-3 / 0.03
    # the smoothing alone lowers a peak of this width by (4/42)²/2, half a per cent
    assert (
        np.max(np.abs(curve.capacity_per_voltage_Ah_V - exact)[inside]) < (0.015 if noise == 0 else 0.03) * exact.max()
    )
    assert curve.voltage_V[np.argmax(curve.capacity_per_voltage_Ah_V)] == pytest.approx(3.4, abs=4e-3)


@settings(max_examples=40)
@given(
    st.lists(st.floats(2.0, 4.5), min_size=3, max_size=60),
    st.floats(1e-3, 0.1),
    st.sampled_from([0.0, 0.01, 0.2]),
    st.sampled_from([-1, 1]),
)
def test_dqdv_keeps_the_charge(voltages, width, smoothing, sign):
    """Whatever the voltage does, the sum over the bins is the charge less what was held."""
    if np.ptp(voltages) < 1e-3:
        return
    t = np.arange(len(voltages)) * 100.0
    found = analyse(record(t, voltages, np.full(len(voltages), sign * 1e-3), kind="full"))
    half = found.half_steps[0]
    curve = differential_capacity(found.rows, half, bin_V=width, smoothing_V=smoothing)
    total = float(curve.capacity_per_voltage_Ah_V.sum() * curve.bin_V) + curve.held_capacity_Ah
    assert total == pytest.approx(half.capacity_Ah, rel=1e-9)


def test_charge_at_held_voltage_has_no_dqdv():
    v = np.concatenate([np.linspace(3.0, 4.0, 200), np.full(100, 4.0)])
    i = np.concatenate([np.full(200, 1e-3), 1e-3 * np.exp(-np.arange(1, 101) / 20)])
    found = analyse(record(np.arange(300) * 10.0, v, i, kind="full"))
    half = found.half_steps[0]
    curve = differential_capacity(found.rows, half)
    moved = 1e-3 * 199 * 10 / HOUR
    assert curve.held_capacity_Ah == pytest.approx(half.capacity_Ah - moved, rel=0.02)
    # a straight line has one dQ/dV; the spike that the held charge would make is not there
    middle = curve.capacity_per_voltage_Ah_V[5:-5]
    assert middle == pytest.approx(np.full(len(middle), moved / 1.0), rel=0.02)


def test_charge_held_before_a_rest_has_no_dqdv_either():
    v = np.concatenate([np.linspace(3.0, 3.6, 200), np.full(50, 3.6), np.full(20, 3.55), np.linspace(3.5, 4.0, 100)])
    i = np.concatenate([np.full(200, 1e-3), 1e-3 * np.linspace(1.0, 0.8, 50), np.zeros(20), np.full(100, 1e-3)])
    found = analyse(record(np.arange(370) * 10.0, v, i, kind="full"))
    assert len(found.half_steps) == 1
    curve = differential_capacity(found.rows, found.half_steps[0])
    assert curve.held_capacity_Ah == pytest.approx(i[200:250].sum() * 10 / HOUR, rel=0.05)
    densest = max(1e-3 * 199 * 10 / 0.6, 1e-3 * 99 * 10 / 0.5) / HOUR
    # both straight lines over one another at the most, and no spike
    assert curve.capacity_per_voltage_Ah_V[5:-5].max() < 2.1 * densest


@pytest.mark.parametrize(("bin_V", "smoothing_V"), [(0.0, None), (-1.0, None), (1e-9, None), (None, -1.0)])
def test_widths_that_make_no_dqdv(bin_V, smoothing_V):
    found = nernst()
    with pytest.raises(InputError, match="widths"):
        differential_capacity(found.rows, found.half_steps[0], bin_V=bin_V, smoothing_V=smoothing_V)


def test_a_voltage_that_does_not_move_has_no_dqdv():
    found = analyse(record([0.0, 10, 20], [3.0] * 3, [1e-3] * 3, kind="full"))
    with pytest.raises(InputError, match="did not move"):
        differential_capacity(found.rows, found.half_steps[0])


# DC resistance


@pytest.mark.parametrize("stale", [False, True], ids=["settled", "first row from before the step"])
def test_resistance_of_a_current_step(stale):
    """20 Ω behind 3.4 V, currents of 0, 1 and -2 mA."""
    t, i = np.arange(31) * 0.5, np.repeat([0.0, 1e-3, -2e-3], [11, 10, 10])
    v = 3.4 + 20 * i
    if stale:
        v[11], v[21] = v[10], v[20]
    found = analyse(record(t, v, i, area_m2=2e-4, kind="full"))
    assert [s.resistance_ohm for s in found.current_steps] == pytest.approx([20, 20])
    assert [s.area_specific_resistance_ohm_m2 for s in found.current_steps] == pytest.approx([40e-4] * 2)
    assert [s.delay_s for s in found.current_steps] == pytest.approx([1.0, 1.0] if stale else [0.5, 0.5])
    assert [h.resistance_ohm for h in found.half_steps] == pytest.approx([20, 20])
    assert found.half_steps[0].resistance_from == "current step at the start"


def test_a_step_that_is_not_resolved_in_time_has_no_resistance():
    found = analyse(record(np.arange(6) * 60.0, [3.4] * 3 + [3.42] * 3, [0.0] * 3 + [1e-3] * 3, kind="full"))
    assert found.current_steps == ()
    assert found.half_steps[0].resistance_ohm is None


# titration


def titration(pulses=8, *, length=1e-6, diffusion=1e-15, tau=600.0, rest=7200.0, ohm=30.0, du_dq=20.0, relax=600.0):
    """Pulses of 0.1 mA: ohmic step, a √t of the slope that the length and D demand, and relaxation between.

    From D = 4/(π τ) L² (ΔE_s/ΔE_t)²: the √t amplitude is ΔE_s L sqrt(4/(π τ D)) over the pulse.
    """
    current = 1e-4
    t, v, i = [0.0, 1.0], [3.0, 3.0], [0.0, 0.0]
    open_V = 3.0
    for _ in range(pulses):
        step = du_dq * current * tau / HOUR
        transient = step * length * math.sqrt(4 / (math.pi * tau * diffusion))
        begun = t[-1]
        for s in np.geomspace(1, tau, 80):
            t.append(begun + s)
            v.append(open_V + ohm * current + transient * math.sqrt(s / tau))
            i.append(current)
        last, begun = v[-1] - ohm * current, t[-1]
        open_V += step
        for s in np.linspace(1, rest, 60):
            t.append(begun + s)
            v.append(open_V + (last - open_V) * math.exp(-s / relax))
            i.append(0.0)
    return record(np.array(t), np.array(v), np.array(i), kind="half", working_electrode="positive")


@pytest.mark.parametrize("diffusion", [3e-16, 1e-15, 1e-14])
def test_diffusion_coefficient_comes_back(diffusion):
    found = analyse(titration(diffusion=diffusion), diffusion_length_m=1e-6)
    assert len(found.pulses) == 8
    # the pulse is counted from the row before it, a second long against 600
    assert [p.diffusion_coefficient_m2_s for p in found.pulses] == pytest.approx([diffusion] * 8, rel=5e-3)
    assert all(p.linearity > 0.999 and p.relaxed for p in found.pulses)
    assert [p.step_V for p in found.pulses] == pytest.approx([20e-4 / 6] * 8, rel=1e-3)
    assert [e.kind for e in found.events] == ["titration"]
    assert found.pulses[0].short == (600 * diffusion / 1e-12 < 0.25)


def test_without_a_length_there_is_no_diffusion_coefficient():
    found = analyse(titration())
    assert len(found.pulses) == 8
    assert all(p.diffusion_coefficient_m2_s is None and p.short is None for p in found.pulses)


def test_rests_cut_short_give_a_pseudo_open_circuit_voltage():
    assert not any(p.relaxed for p in analyse(titration(rest=900, relax=2000, du_dq=200.0)).pulses)


def test_cycles_with_rests_are_no_titration():
    t = np.arange(400) * 10.0
    i = np.tile(np.repeat([1e-3, 0.0, -1e-3, 0.0], 25), 4)
    found = analyse(record(t, 3.4 + 20 * i, i, kind="full"), diffusion_length_m=1e-6)
    assert found.pulses == ()
    assert any("no titration" in note for note in found.notes)


def test_a_diffusion_length_must_be_one():
    with pytest.raises(InputError, match="diffusion length"):
        analyse(titration(), diffusion_length_m=0.0)


# polarisation


def held(end=2e-9, early=3e-7, rate=1e-3, seconds=20000.0, voltages=(0.5,), drift=0.0, noise=0.0, power=None):
    """Held voltages; a current that decays to `end` per volt."""
    t, v, i = [0.0], [0.0], [0.0]
    rng = np.random.default_rng(5)
    for volt in voltages:
        begun = t[-1]
        for s in np.linspace(1, seconds, 400):
            decay = math.exp(-rate * s) if power is None else (1 + rate * s) ** power
            t.append(begun + s)
            v.append(volt)
            i.append(volt * (end + early * decay) * (1 + noise * rng.normal()))
    return record(np.array(t), np.array(v), np.array(i))


def test_a_steady_polarisation_gives_the_electronic_conductivity():
    """2 nS between 1 mm and 1 cm²: 2e-9 S × 1e-3 m / 1e-4 m² = 2e-8 S/m."""
    measured = held(noise=1e-3)
    found = analyse(analyse(measured).record, thickness_m=1e-3).polarisation
    assert found.steady_state == "reached"
    assert found.conductivity_S_m is None
    with_area = record(measured.time_s, measured.voltage_V, measured.current_A, area_m2=1e-4)
    found = analyse(with_area, thickness_m=1e-3).polarisation
    assert found.conductivity_S_m == pytest.approx(2e-8, rel=0.01)
    assert abs(found.conductivity_S_m - 2e-8) < 3 * found.conductivity_uncertainty_S_m


def test_a_polarisation_that_was_stopped_early_is_extrapolated():
    found = analyse(held(rate=2e-4, early=1e-8)).polarisation
    (hold,) = found.holds
    assert hold.steady_state == found.steady_state == "extrapolated"
    assert hold.current_A == pytest.approx(1e-9, rel=1e-3)
    assert hold.current_A < hold.current_end_A


def test_a_polarisation_far_from_its_end_says_so():
    found = analyse(held(rate=1e-2, early=3e-6, power=-0.8, end=1e-12)).polarisation
    assert found.steady_state == "not_steady"
    assert found.holds[0].current_A is None
    assert found.conductivity_S_m is None
    assert found.resistance_ohm is None


def test_several_voltages_share_one_conductance():
    found = analyse(held(voltages=(0.2, 0.4, 0.6))).polarisation
    assert [h.voltage_V for h in found.holds] == pytest.approx([0.2, 0.4, 0.6])
    assert found.resistance_ohm == pytest.approx(1 / 2e-9, rel=1e-3)


def test_a_charge_that_ends_at_held_voltage_is_no_polarisation():
    v = np.concatenate([np.linspace(3.0, 4.0, 200), np.full(100, 4.0)])
    i = np.concatenate([np.full(200, 1e-3), 1e-3 * np.exp(-np.arange(1, 101) / 20)])
    assert analyse(record(np.arange(300) * 10.0, v, i, kind="full")).polarisation is None
