"""Shorts: sound cells are not accused, whatever their records suffer from; full and half cells need two signals."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from natron.cycling.failure.criteria import ShortCriteria
from natron.cycling.failure.shorts import detect_shorts, follows_current
from natron.cycling.half_step import half_steps
from natron.data import Provenance, cycling_record

DATA = Path(os.environ.get("NATRON_TEST_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")).resolve()
REAL = (
    "bdf/DLR__LiLNMOHydra0b__20221125__POCV__25degC__Basytec.bdf.csv",
    "bdf/SINTEF__SLPBA842124HV__2024-10-23__Rate_25degC__Neware__Time_Bug.bdf.csv",
    "biologic/250116_kigr_gen6_01_02_GCPL_CD8.mpr",
    "biologic/gcpl.issue_149.mpt",
    "biologic/gcpl.issue_211.mpt",
    "biologic/gcpl.pr_182.1.mpt",
    "biologic/mb.issue_149.mpt",
    "biologic/mb.issue_95.mpt",
    "text/arbin_example.csv",
)


def record(time, voltage, current, kind=None, area_m2=1e-4):
    table = pl.DataFrame({"Test Time / s": time, "Voltage / V": voltage, "Current / A": current})
    return cycling_record(table, Provenance(), area_m2=area_m2, kind=kind)


def alternating(half_steps_=32, samples=120, current_A=1e-4, seconds=3600.0):
    """Time, half step (from 0), place in it and current of a symmetric cell at one current."""
    k = np.repeat(np.arange(half_steps_), samples)
    place = np.tile((np.arange(samples) + 0.5) / samples, half_steps_)
    return (k + place) * seconds, k, place, current_A * np.where(k % 2 == 0, 1.0, -1.0)


def shorts(time, voltage, current, kind="symmetric"):
    rec = record(time, voltage, current, kind)
    return detect_shorts(rec, half_steps(rec))


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("kind", [None, "full", "half"])
def test_real_healthy_cells_are_not_accused(name, kind):
    from natron.io import read

    if not (DATA / name).is_file():
        pytest.skip(f"no real file {name} under {DATA}")
    found = read(DATA / name).record
    assert detect_shorts(dataclasses.replace(found, kind=kind), half_steps(found)) == ()


@pytest.mark.parametrize("seed", range(6))
def test_slowly_rising_polarisation_over_32_half_steps_is_no_short(seed):
    """Interphase growth, drift with the room's temperature, gaps and a contact that forms, all at once."""
    rng = np.random.default_rng(seed)
    time, k, place, current = alternating()
    ohm = 300 * (1 + 0.6 * (k + place) / 32) * (1 + 0.04 * np.sin((k + place) * rng.uniform(0.2, 1.0)))
    ohm = ohm * (1 + rng.uniform(0, 1.0) * np.exp(-(k + place) / rng.uniform(0.2, 4.0)))
    ohm = ohm * (1 - 0.2 * np.exp(-place / 0.02))
    voltage = current * ohm + 2e-3 + 1e-3 * time / time[-1] + rng.normal(0, 3e-4, len(time))
    keep = rng.random(len(time)) > 0.1
    for start in rng.uniform(0, time[-1], 4):
        keep &= ~((time > start) & (time < start + 600))
    assert shorts(time[keep], voltage[keep], current[keep]) == ()


def test_a_step_onto_half_the_polarisation_is_one_soft_short_at_its_time():
    rng = np.random.default_rng(1)
    time, k, place, current = alternating()
    ohm = np.full(len(time), 300.0)
    low = (k > 20) | ((k == 20) & (place > 0.4))
    ohm[low] *= 0.5 * np.exp(0.08 * np.sin(place[low] * 40))
    found = shorts(time, current * ohm + rng.normal(0, 1e-4, len(time)), current)
    assert [event.kind for event in found] == ["soft_short"]
    assert found[0].half_step == 21
    assert found[0].time_s == pytest.approx(20.4 * 3600, abs=0.05 * 3600)
    assert 0.5 < found[0].confidence <= 1
    assert "mV" in found[0].evidence


def test_a_lost_polarisation_is_a_hard_short_and_one_that_heals_is_told():
    rng = np.random.default_rng(2)
    time, k, place, current = alternating()
    ohm = np.where((k == 11) & (place > 0.3), 5.0, 300.0)
    found = shorts(time, current * ohm + rng.normal(0, 1e-4, len(time)), current)
    assert [(event.kind, event.half_step) for event in found] == [("hard_short", 12)]
    assert "gone" in found[0].evidence


@pytest.mark.parametrize("share", [0.9, 0.85])
def test_small_losses_are_left_alone(share):
    rng = np.random.default_rng(3)
    time, k, _, current = alternating()
    ohm = np.where(k >= 15, 300.0 * share, 300.0)
    assert shorts(time, current * ohm + rng.normal(0, 1e-4, len(time)), current) == ()


def test_thresholds_can_be_tuned():
    rng = np.random.default_rng(4)
    time, k, place, current = alternating()
    ohm = np.where((k >= 15) & ((k > 15) | (place > 0.5)), 255.0, 300.0)
    rec = record(time, current * ohm + rng.normal(0, 1e-5, len(time)), current, "symmetric")
    assert detect_shorts(rec, half_steps(rec)) == ()
    strict = ShortCriteria(fall=0.1, low_level=0.9)
    assert [event.half_step for event in detect_shorts(rec, half_steps(rec), strict)] == [16]


def test_below_the_separators_own_resistance_nothing_is_sound():
    """Shorted from the first row on: only the floor d/σ can tell."""
    time, _, _, current = alternating(8)
    rec = record(time, current * 40.0, current, "symmetric")
    assert detect_shorts(rec, half_steps(rec)) == ()
    found = detect_shorts(rec, half_steps(rec), floor_ohm=100.0)
    assert [(event.half_step, event.kind) for event in found] == [(1, "soft_short")]
    assert "ohmic" in found[0].evidence


def full_cell(charges=12, samples=200, capacity_Ah=1e-3, rng=None):
    """A full cell charged and discharged between two voltages; one list of (time, voltage, current) per half step."""
    rng = rng or np.random.default_rng(0)
    x = (np.arange(samples) + 0.5) / samples
    pieces, clock = [], 0.0
    for number in range(2 * charges):
        charging = number % 2 == 0
        soc = x if charging else 1 - x
        voltage = 3.4 + 0.03 * np.log(np.maximum(soc, 1e-4) / np.maximum(1 - soc, 1e-4))
        voltage = voltage + (0.05 if charging else -0.05) + rng.normal(0, 3e-4, samples)
        held = capacity_Ah * (1 - 0.002 * number) * (1.0 if charging else 0.99)
        current = held * (1 if charging else -1)
        pieces.append([clock + 3600 * x, voltage, np.full(samples, current)])
        clock += 3600.0
    return pieces


def joined(pieces, kind="full"):
    time, voltage, current = (np.concatenate([piece[i] for piece in pieces]) for i in range(3))
    return record(time, voltage, current, kind)


def test_a_sound_full_cell_is_not_accused():
    rec = joined(full_cell())
    assert not follows_current(rec, half_steps(rec))
    assert detect_shorts(rec, half_steps(rec)) == ()
    unknown = dataclasses.replace(rec, kind=None)
    assert detect_shorts(unknown, half_steps(unknown)) == ()


def test_a_charge_that_wavers_and_takes_more_than_the_cell_holds_is_a_soft_short():
    """As the sodium cell whose 71st charge was its last: the charge does not end, its voltage falls and wavers."""
    rng = np.random.default_rng(5)
    pieces = full_cell(rng=rng)[:21]
    time, voltage, current = pieces[-1]
    late = np.arange(len(time)) > 120
    voltage = np.where(late, 3.36 + 0.04 * np.sin(np.arange(len(time)) * 1.3) + rng.normal(0, 0.02, len(time)), voltage)
    time = time[0] + (time - time[0]) * 1.5
    pieces[-1] = [time, voltage, current]
    rec = joined(pieces)
    found = detect_shorts(rec, half_steps(rec))
    assert [(event.kind, event.half_step) for event in found] == [("soft_short", 21)]
    assert "hold" in found[0].evidence or "held" in found[0].evidence
    assert found[0].confidence >= 0.8


def test_one_signal_alone_does_not_accuse_a_full_cell():
    pieces = full_cell()
    pieces[14][0] = pieces[14][0][0] + (pieces[14][0] - pieces[14][0][0])
    pieces[14][2] = pieces[14][2] * 0.999
    voltage = pieces[14][1]
    voltage[100:] -= 0.05
    voltage[150:] += 0.05
    rec = joined(pieces)
    assert detect_shorts(rec, half_steps(rec)) == ()


def test_a_full_cell_whose_voltage_is_lost_is_a_hard_short():
    pieces = full_cell()[:17]
    pieces[-1][1] = np.where(np.arange(200) > 60, 0.05, pieces[-1][1])
    rec = joined(pieces)
    found = detect_shorts(rec, half_steps(rec))
    assert [(event.kind, event.half_step) for event in found] == [("hard_short", 17)]


def test_a_slow_charge_after_fast_ones_is_no_excess():
    """Rate steps: a slower charge takes more, and the cell gives it back."""
    pieces = full_cell()
    for number, factor in enumerate([1.0] * 8 + [0.25] * 4 + [1.0] * 12):
        time, voltage, current = pieces[number]
        longer = 1.3 / factor if factor < 1 else 1.0
        pieces[number] = [(time - time[0]) * longer, voltage, current * factor]
    clock = 0.0
    for piece in pieces:
        span = piece[0][-1]
        piece[0] = piece[0] + clock
        clock += span + 18.0
    rec = joined(pieces)
    assert detect_shorts(rec, half_steps(rec)) == ()


def test_pulses_of_one_row_have_no_polarisation_to_judge():
    pulse = [0.0, 0.0, 1e-3]
    current = np.array([*pulse * 4, *(-np.ones(30) * 1e-3), *np.ones(30) * 1e-3])
    time = np.arange(len(current)) * 10.0
    one = record(time, 40 * current, current, kind="symmetric")
    assert detect_shorts(one, half_steps(one)) == ()
