"""Critical currents: brackets, voids and shorts told apart, protocols, what is said where nothing can be."""

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron.core import InputError
from natron.cycling.failure.ccd import critical_current
from natron.data import Provenance, cycling_record

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from ccd_detection import FRESH, rates

AREA_M2 = 0.5e-4
OHM = 80.0  # of 0.5 cm²: 40 Ω cm²


def ladder(
    levels_mA=(0.1, 0.2, 0.3, 0.4, 0.5),
    *,
    seconds=1800.0,
    fixed_mAh=None,
    samples=90,
    one_way=False,
    rest_s=0.0,
    factor=None,
    noise_V=5e-5,
    seed=0,
    sign=1,
    flip=1,
    area_m2=AREA_M2,
    kind="symmetric",
    eis_in=(),
):
    """A stepped test; `factor(level, half_step, place)` multiplies the resistance, all counted from 1."""
    rng = np.random.default_rng(seed)
    times, volts, amps, freq = [], [], [], []
    clock, number = 0.0, 0
    place = (np.arange(samples) + 0.5) / samples
    for level, milliamp in enumerate(levels_mA, start=1):
        for direction in (sign,) if one_way else (sign, -sign):
            number += 1
            span = seconds if fixed_mAh is None else fixed_mAh / milliamp * 3600
            ohm = OHM * (np.ones(samples) if factor is None else factor(level, number, place))
            cuts = [samples // 2, samples] if number in eis_in else [samples]
            begin = 0
            for cut in cuts:
                part = slice(begin, cut)
                times.append(clock + place[part] * span)
                volts.append(milliamp * 1e-3 * direction * ohm[part])
                amps.append(np.full(cut - begin, milliamp * 1e-3 * direction))
                freq.append(np.full(cut - begin, np.nan))
                if cut < samples:
                    times.append(clock + place[cut - 1] * span + np.linspace(1, 60, 15))
                    volts.append(np.zeros(15))
                    amps.append(np.zeros(15))
                    freq.append(np.geomspace(1e5, 1, 15))
                    clock += 61.0
                begin = cut
            clock += span
            if rest_s:
                times.append(clock + np.linspace(1, rest_s, 10))
                volts.append(np.zeros(10))
                amps.append(np.zeros(10))
                freq.append(np.full(10, np.nan))
                clock += rest_s
    time, volt, amp, f = map(np.concatenate, (times, volts, amps, freq))
    table = pl.DataFrame(
        {
            "Test Time / s": time,
            "Voltage / V": flip * (volt + rng.normal(0, noise_V, len(time))),
            "Current / A": amp,
            "Frequency / Hz": f,
            "Real Impedance / ohm": np.where(np.isfinite(f), OHM, np.nan),
            "Imaginary Impedance / ohm": np.where(np.isfinite(f), -1.0, np.nan),
        }
    ).fill_nan(None)
    return cycling_record(table, Provenance(), area_m2=area_m2, kind=kind)


def shorted_from(half_step, start, left=0.03):
    """A factor that leaves `left` of the resistance from a place in a half step on."""

    def factor(level, number, place):
        return np.where((number > half_step) | ((number == half_step) & (place >= start)), left, 1.0)

    return factor


def voids_from(level_of_onset, rise):
    """A factor that grows by `rise` within each half step from a level on."""

    def factor(level, number, place):
        return 1 + rise * place * (level >= level_of_onset)

    return factor


def test_a_sound_cell_has_no_critical_current_and_says_why():
    found = critical_current(ladder())
    assert found.short is None
    assert found.void_onset is None
    assert (found.survived_A, found.failed_A) == (None, None)
    assert "1 mA/cm²" in found.why
    assert {half.shape for half in found.half_steps} == {"flat"}


def test_resistance_charge_and_current_of_each_half_step():
    found = critical_current(ladder(noise_V=0.0))
    for k, half in enumerate(found.half_steps):
        milliamp = (0.1, 0.2, 0.3, 0.4, 0.5)[k // 2]
        assert half.current_A == pytest.approx(milliamp * 1e-3, rel=1e-12)
        assert half.current_density_A_m2 == pytest.approx(milliamp * 1e-3 / AREA_M2, rel=1e-12)
        assert half.area_specific_resistance_ohm_m2 == pytest.approx(OHM * AREA_M2, rel=1e-9)
        # samples lie at the middles of their intervals: the record's first and last half interval are not in it
        assert half.charge_Ah == pytest.approx(milliamp * 1e-3 * 0.5, rel=0.02)
        assert half.sign == (1 if k % 2 == 0 else -1)
    passed = sum(half.charge_Ah for half in found.half_steps)
    assert found.cumulative_Ah == pytest.approx(passed, rel=1e-12)
    assert found.cumulative_Ah_m2 == pytest.approx(passed / AREA_M2, rel=1e-12)


def test_the_critical_current_is_the_last_step_survived_with_the_distance_to_the_failed_one():
    found = critical_current(ladder(factor=shorted_from(7, 0.5)))
    assert (found.survived_A, found.failed_A) == (pytest.approx(0.3e-3), pytest.approx(0.4e-3))
    assert found.survived_A_m2 == pytest.approx(6.0)
    assert (found.short.kind, found.short.half_step, found.short.step) == ("hard_short", 7, 4)
    assert found.short.heals_in is None
    whole = [0.5 * (0.1 + 0.2 + 0.3) * 2e-3, 0.5 * 0.4e-3 * 0.5]
    assert found.cumulative_Ah == pytest.approx(sum(whole), rel=0.03)


def test_a_short_in_the_first_step_bounds_from_above():
    found = critical_current(ladder(factor=shorted_from(2, 0.4)))
    assert (found.survived_A, found.failed_A) == (0.0, pytest.approx(0.1e-3))
    assert "below" in found.why


def test_voids_are_told_apart_from_a_short_and_from_interphases():
    found = critical_current(ladder(factor=voids_from(3, 0.3)))
    assert found.short is None
    assert found.survived_A is None
    assert (found.void_onset.step, found.void_onset.half_step, found.void_onset.certainty) == (3, 5, "voids")
    assert "voids grow from 0.6 mA/cm²" in found.why

    def interphase(level, number, place):
        grown = np.maximum(number - 4 + place, 0)
        return 1 + 0.25 * grown

    found = critical_current(ladder(factor=interphase))
    assert found.void_onset.certainty == "ambiguous"
    assert found.short is None


def test_voids_then_a_short_give_both_limits():
    def factor(level, number, place):
        return (
            voids_from(2, 0.25)(level, number, place)
            * shorted_from(8, 0.6, 0.5)(level, number, place)
            * (1 + 0.1 * np.sin(37 * place) * (number >= 8) * (place > 0.6))
        )

    found = critical_current(ladder(factor=factor))
    assert found.void_onset.step == 2
    assert (found.short.kind, found.short.half_step) == ("soft_short", 8)
    assert found.failed_A == pytest.approx(0.4e-3)


def test_growth_in_one_direction_only_is_no_void_onset():
    def factor(level, number, place):
        return 1 + 0.4 * place * (number % 2 == 1) * (level >= 3)

    assert critical_current(ladder(factor=factor)).void_onset is None


@settings(max_examples=25)
@given(
    half_step=st.integers(2, 10),
    start=st.floats(0.0, 0.85),
    left=st.floats(0.0, 0.6),
    sign=st.sampled_from([-1, 1]),
    flip=st.sampled_from([-1, 1]),
    rest=st.sampled_from([0.0, 300.0]),
)
def test_a_lasting_loss_is_found_wherever_it_begins(half_step, start, left, sign, flip, rest):
    found = critical_current(
        ladder(factor=shorted_from(half_step, start, left), sign=sign, flip=flip, rest_s=rest, samples=60)
    )
    # from the very start of a half step on, three sound ones are needed to compare with
    if half_step >= 4 or start > 0.05:
        assert abs(found.short.half_step - half_step) <= 1
        assert any("opposite" in note for note in found.notes) == (flip < 0)


@settings(max_examples=25)
@given(
    end=st.floats(0.3, 1.0),
    time_constant=st.floats(0.05, 8.0),
    bend=st.floats(0.0, 0.2),
    seed=st.integers(0, 1000),
)
def test_a_contact_that_forms_is_never_a_short(end, time_constant, bend, seed):
    def factor(level, number, place):
        along = number - 1 + place
        return end + (1 - end) * np.exp(-along / time_constant) - bend * end * (level - 1) / 4

    found = critical_current(ladder(factor=factor, seed=seed, noise_V=2e-4, samples=60))
    assert found.short is None
    assert found.survived_A is None


def test_fixed_time_fixed_capacity_one_way_and_rests_are_recognised():
    def protocol(**how):
        return critical_current(ladder(**how)).protocol

    time, charge = protocol(rest_s=300.0), protocol(fixed_mAh=0.1)
    assert (time.held, time.one_way, time.equal_steps, time.half_steps_per_step) == ("fixed time", False, True, 2)
    assert time.rest_s == pytest.approx(300.0, rel=0.1)
    assert time.half_step_s == pytest.approx(1800.0, rel=0.03)
    assert charge.held == "fixed capacity"
    assert charge.half_step_Ah == pytest.approx(0.1e-3, rel=0.03)
    assert charge.rest_s is None
    one = protocol(one_way=True, levels_mA=(0.1, 0.2, 0.4, 0.8))
    assert (one.one_way, one.equal_steps, len(one.steps)) == (True, False, 4)


def test_steps_without_a_rest_or_a_change_of_sign_are_steps():
    found = critical_current(ladder(one_way=True, factor=shorted_from(3, 0.5)))
    assert len(found.half_steps) == 5
    assert found.short.half_step == 3
    assert (found.survived_A, found.failed_A) == (pytest.approx(0.2e-3), pytest.approx(0.3e-3))


def test_a_ramp_gives_the_current_at_which_the_voltage_falls():
    rng = np.random.default_rng(0)
    time = np.arange(0, 3600.0, 10)
    current = 1e-3 * (time + 10) / 3610
    ohm = np.where(current < 0.7e-3, OHM, 5.0)
    table = pl.DataFrame(
        {"Test Time / s": time, "Voltage / V": current * ohm + rng.normal(0, 5e-5, len(time)), "Current / A": current}
    )
    found = critical_current(cycling_record(table, Provenance(), area_m2=AREA_M2, kind="symmetric"))
    assert found.protocol.held == "ramp"
    assert found.survived_A < 0.7e-3 <= found.failed_A * 1.03
    assert found.failed_A - found.survived_A < 0.1e-3
    sound = table.with_columns(pl.col("Current / A").mul(OHM).alias("Voltage / V"))
    found = critical_current(cycling_record(sound, Provenance(), area_m2=AREA_M2, kind="symmetric"))
    assert found.short is None


def test_spectra_inside_half_steps_change_nothing():
    plain = critical_current(ladder(factor=shorted_from(8, 0.3)))
    with_spectra = critical_current(ladder(factor=shorted_from(8, 0.3), eis_in=(2, 5, 7)))
    assert [half.index for half in with_spectra.half_steps] == [half.index for half in plain.half_steps]
    assert with_spectra.short.half_step == plain.short.half_step
    assert with_spectra.failed_A == pytest.approx(plain.failed_A)
    assert critical_current(ladder(eis_in=(2, 5, 7))).short is None


def test_without_an_area_there_are_currents_only():
    found = critical_current(ladder(factor=shorted_from(7, 0.5), area_m2=None))
    assert found.failed_A == pytest.approx(0.4e-3)
    assert found.failed_A_m2 is None
    assert found.cumulative_Ah_m2 is None
    assert any("area" in text for text in found.comparable)


def test_the_separators_floor_tells_a_cell_that_was_shorted_from_the_start():
    record = ladder(factor=lambda level, number, place: np.full(len(place), 0.2))
    assert critical_current(record).short is None
    found = critical_current(record, floor_ohm_m2=20e-4)
    assert found.short.half_step == 1
    assert found.half_steps[0].shape == "below floor"
    # a floor as uncertain as that accuses nobody
    assert critical_current(record, floor_ohm_m2=20e-4, floor_uncertainty_ohm_m2=9e-4).short is None


def test_constant_current_cycling_is_no_test_of_a_critical_current():
    found = critical_current(ladder(levels_mA=(0.2,) * 5))
    assert len(found.protocol.steps) == 1
    assert "not stepped" in found.why


def test_other_cells_are_refused_with_a_way_out():
    with pytest.raises(InputError, match="natron cycling"):
        critical_current(ladder(kind="full"))
    rng = np.random.default_rng(0)
    time = np.arange(0, 40000.0, 60)
    current = 1e-4 * np.where((time // 4000) % 2 == 0, 1, -1)
    table = pl.DataFrame(
        {
            "Test Time / s": time,
            "Voltage / V": 3.4 + 300 * current + rng.normal(0, 1e-4, len(time)),
            "Current / A": current,
        }
    )
    with pytest.raises(InputError, match="symmetric"):
        critical_current(cycling_record(table, Provenance()))
    with pytest.raises(InputError, match="no half step"):
        critical_current(cycling_record(table.with_columns(pl.lit(0.0).alias("Current / A")), Provenance()))


def test_a_sample_of_tests_of_known_fate():
    """Few of the cases of the long proof: every short is found here, and nobody is accused."""
    total = rates(range(FRESH, FRESH + 14))
    assert total["shorts_found"] == total["shorts"] == 8
    assert total["false_alarms"] == 0


@pytest.mark.long
def test_tests_of_known_fate():
    """700 cases that were never looked at while the thresholds were chosen."""
    total = rates(range(FRESH, FRESH + 700))
    assert total["shorts_found"] >= 0.98 * total["shorts"]
    assert total["false_alarms"] <= 0.01 * total["sound"]
    assert total["false_ccd"] <= 0.01 * total["sound"]
    assert total["onsets_found"] >= 0.9 * total["onsets"]
    assert total["false_onsets"] <= 0.01 * total["without_voids"]


def drifting(start_V, drift_V_per_h, *, rests, ohm=6.0, levels=10, shorted=None, seed=0):
    """A test at 1 cm² whose polarisation is no larger than what its voltage at no current drifts by."""
    rng = np.random.default_rng(seed)
    times, volts, amps, clock = [], [], [], 0.0
    for number in range(1, 2 * levels + 1):
        current = 5e-5 * ((number + 1) // 2) * (1 if number % 2 else -1)
        time = clock + np.arange(1, 181) * (0.1 / (abs(current) * 1e3) * 20)
        left = 0.1 if shorted is not None and number >= shorted else 1.0
        times.append(time)
        volts.append(current * ohm * left)
        amps.append(np.full(180, current))
        clock = time[-1]
        if rests and number % 2 == 0:
            times.append(clock + np.arange(1, 11) * 30.0)
            volts.append(0.0)
            amps.append(np.zeros(10))
            clock += 300.0
    time = np.concatenate(times)
    volt = np.concatenate([np.broadcast_to(v, len(t)) for v, t in zip(volts, times, strict=True)])
    volt = volt + start_V + drift_V_per_h * time / 3600 + rng.normal(0, 7e-5, len(time))
    columns = {"Test Time / s": time, "Voltage / V": volt, "Current / A": np.concatenate(amps)}
    return cycling_record(pl.DataFrame(columns), Provenance(), area_m2=1e-4, kind="symmetric")


@pytest.mark.parametrize("rests", [False, True])
@pytest.mark.parametrize("drift_V_per_h", [8e-5, -8e-5])
def test_a_drift_as_large_as_the_polarisation_is_neither_short_nor_hides_one(rests, drift_V_per_h):
    sound = critical_current(drifting(-3e-3, drift_V_per_h, rests=rests))
    assert sound.short is None
    resistances = [one.resistance_ohm for one in sound.half_steps]
    assert np.allclose(resistances, 6.0, rtol=0.3)
    shorted = critical_current(drifting(-3e-3, drift_V_per_h, rests=rests, shorted=15))
    assert shorted.short is not None
    assert shorted.short.half_step == 15


def test_both_halves_together_make_an_onset_sure():
    """Growth by a quarter at the noise of which each half step alone would leave it unsure."""
    levels = []
    for seed in range(10):
        record = ladder(
            samples=30,
            noise_V=3e-4,
            seed=seed,
            factor=lambda level, number, place: 0.25 * (1 + (0.25 if level >= 3 else 0.0) * place),
        )
        onset = critical_current(record).void_onset
        levels.append(None if onset is None else onset.step)
    assert sum(level in (3, 4) for level in levels) >= 9


def test_a_steep_rise_is_no_unrest():
    """A void that grows over lifts the voltage without end, smoothly: it rises, and nothing about it is ambiguous."""

    def grows_over(level, half_step, place):
        return 1 + (0.15 / (1.05 - place) - 0.14 if half_step == 9 else 0.0 * place)

    found = critical_current(ladder(factor=grows_over, noise_V=1e-6))
    assert {one.index: one.shape for one in found.half_steps}[9] == "rising"
    assert found.ambiguous == ()
