"""Cycles, efficiencies and events: against what was put in, against conservation, and on real files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron.core import InputError
from natron.cycling import RELATIONS, analyse, half_steps
from natron.data import Provenance, RecordedSpectrum, Spectrum, cycling_record

DATA = Path(os.environ.get("NATRON_TEST_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")).resolve()
TIME, VOLTAGE, CURRENT = "Test Time / s", "Voltage / V", "Current / A"
FREQUENCY, STEP, INCREMENT = "Frequency / Hz", "Step Index / 1", "Charge Increment / Ah"
HOUR = 3600.0


def real(name):
    """A real instrument file; the test is skipped where it is missing."""
    if not (DATA / name).is_file():
        pytest.skip(f"no real file {name} under {DATA}; set NATRON_TEST_DATA to the folder that has it")
    return DATA / name


class Bench:
    """An instrument that writes down what it is told to do; charge is exact, row by row."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, float, float, float | None, int, float]] = [(0.0, 0.0, 0.0, None, 0, 0.0)]
        self.spectra: list[RecordedSpectrum] = []
        self.step = 0

    def _row(self, dt, voltage, current, frequency=None, charge=None):
        t = self.rows[-1][0] + dt
        passed = current * dt / HOUR if charge is None else charge
        self.rows.append((t, voltage, current, frequency, self.step, passed))

    def run(self, current, seconds, voltage, rows=60):
        """Constant current; `voltage` a number or a function of the share passed."""
        self.step += 1
        for k in range(1, rows + 1):
            self._row(seconds / rows, voltage(k / rows) if callable(voltage) else voltage, current)
        return self

    def rest(self, seconds, voltage=0.0, rows=10):
        return self.run(0.0, seconds, voltage, rows)

    def spectrum(self, charge_Ah=0.0, voltage=0.0, points=20, *, settling=3):
        """An impedance step: rows without a frequency while it settles, then the sweep, passing charge."""
        self.step += 1
        total = points + settling
        f = np.geomspace(1e6, 1, points)
        first = len(self.rows) + settling
        for k in range(total):
            frequency = None if k < settling else float(f[k - settling])
            self._row(2.0, voltage, charge_Ah / total * HOUR / 2.0, frequency, charge_Ah / total)
        self.spectra.append(
            RecordedSpectrum(len(self.spectra), Spectrum(f, 50 - 10j / f), first_row=first, last_row=len(self.rows) - 1)
        )
        return self

    def record(self, *, steps=True, increments=True, **options):
        t, v, i, f, s, q = zip(*self.rows, strict=True)
        columns = {TIME: t, VOLTAGE: v, CURRENT: i, FREQUENCY: pl.Series(f, dtype=pl.Float64)}
        if steps:
            columns[STEP] = s
        if increments:
            columns[INCREMENT] = q
        return cycling_record(pl.DataFrame(columns), Provenance(), spectra=self.spectra, **options)


def symmetric_loop(efficiency=0.9993, cycles=4, *, settling=3):
    """Li | oxide | Li: plate 1 h, spectrum, strip, spectrum; the spectra pass up to a quarter of the charge."""
    bench = Bench()
    leaks = [0.28e-3, -0.04e-3, 0.12e-3, 0.30e-3, -0.02e-3, -0.16e-3, 0.20e-3, 0.08e-3]
    for k in range(cycles):
        bench.run(1e-3, HOUR, lambda x: 0.05 + 0.002 * x).rest(60).spectrum(leaks[2 * k], settling=settling)
        bench.run(-1e-3, HOUR * efficiency, lambda x: -0.05 - 0.002 * x).rest(60).spectrum(
            leaks[2 * k + 1], settling=settling
        )
    return bench


@pytest.mark.parametrize("steps", [True, False], ids=["step column", "no step column"])
@pytest.mark.parametrize("kind", ["symmetric", None])
def test_a_symmetric_loop_with_eight_spectra_inside(steps, kind):
    """4 cycles at 99.93 %, where counting the impedance steps' charge gives 72 to 104 % and more."""
    # rows that the instrument writes before a sweep are told from the cycle's own by their step alone
    bench = symmetric_loop(settling=3 if steps else 0)
    found = analyse(bench.record(steps=steps, kind=kind, area_m2=1e-4))
    assert found.pairing == "second_over_first"
    assert len(found.half_steps) == 8
    assert [c.cycle for c in found.cycles] == [1, 2, 3, 4]
    assert [c.coulombic_efficiency for c in found.cycles] == pytest.approx([0.9993] * 4, abs=1e-9)
    assert [(s.cycle, s.half_step) for s in found.spectra] == [(1 + k // 2, 1 + k) for k in range(8)]
    naive = _naive(bench)
    assert max(abs(ce - 0.9993) for ce in naive) > 0.2
    assert all(h.area_specific_resistance_ohm_m2 == pytest.approx(52e-4) for h in found.half_steps)
    assert not [e for e in found.events if "short" in e.kind]


def _naive(bench):
    """Charge out over charge in by instrument step of each loop, impedance rows counted with the half step before."""
    s, q = (np.array(x, dtype=float) for x in list(zip(*bench.rows, strict=True))[4:])
    loop = (s - 1) // 6
    return [
        abs(np.minimum(q[loop == k], 0).sum()) / np.maximum(q[loop == k], 0).sum() for k in range(int(loop.max()) + 1)
    ]


@pytest.mark.parametrize("efficiency", [0.97, 0.9993])
def test_efficiency_with_the_spectra_counts_their_charge(efficiency):
    found = analyse(symmetric_loop(efficiency).record(kind="symmetric"))
    first = found.cycles[0]
    assert first.coulombic_efficiency == pytest.approx(efficiency)
    assert first.spectral_charge_Ah == pytest.approx(0.28e-3)
    assert first.spectral_discharge_Ah == pytest.approx(0.04e-3)
    assert first.coulombic_efficiency_with_eis == pytest.approx((efficiency + 0.04) / 1.28)


currents = st.lists(
    st.tuples(
        st.sampled_from([-2e-3, -1e-3, -0.5e-3, 0.0, 0.5e-3, 1e-3, 2e-3]),
        st.integers(1, 12),
        st.booleans(),
        st.floats(-1e-4, 1e-4),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(currents, st.booleans(), st.sampled_from(["symmetric", "full", None]))
def test_charge_is_conserved_between_rows_half_steps_and_cycles(program, steps, kind):
    bench = Bench()
    for current, rows, spectrum, leak in program:
        bench.run(current, 600, 3.0 + 100 * current, rows)
        if spectrum:
            bench.spectrum(leak)
    record = bench.record(steps=steps, kind=kind)
    found = analyse(record)
    rows = found.rows
    before = rows.increment_Ah[rows.half_step == 0].sum()
    halves = sum(h.sign * h.capacity_Ah + h.spectral_charge_Ah for h in found.half_steps)
    assert before + halves == pytest.approx(rows.increment_Ah.sum(), abs=1e-15)
    cycles = sum((c.charge_capacity_Ah or 0) - (c.discharge_capacity_Ah or 0) for c in found.cycles)
    assert cycles == pytest.approx(sum(h.sign * h.capacity_Ah for h in found.half_steps), abs=1e-15)
    spectral = sum(c.spectral_charge_Ah - c.spectral_discharge_Ah for c in found.cycles)
    inside = rows.spectral & (rows.half_step > 0) if found.half_steps else np.zeros(len(rows), dtype=bool)
    outside = rows.increment_Ah[rows.spectral & ~inside].sum()
    if found.cycles:
        assert spectral == pytest.approx(rows.increment_Ah[inside].sum() + outside, abs=1e-15)
    assert [i for c in found.cycles for i in c.half_steps] == [h.index for h in found.half_steps]


def full_cell(cycles=20, *, every=0, eis_charge=0.0, current=1e-3, efficiency=0.998, start_current=None, formation=0):
    """A full cell whose spectra, taken after the discharge, take charge that the next charge makes up for."""
    bench = Bench()
    owed = 0.0
    for k in range(1, cycles + 1):
        i = start_current if start_current is not None and k <= formation else current
        q = 1e-3 + owed
        owed = 0.0
        bench.run(i, HOUR * q / i, lambda x: 3.3 + 0.2 * x, 40).rest(100, 3.45)
        bench.run(-i, HOUR * 1e-3 * efficiency / i, lambda x: 3.4 - 0.6 * x, 40).rest(100, 2.9)
        if every and k % every == 0:
            bench.spectrum(-eis_charge, 2.9)
            owed = eis_charge
    return bench


def test_dips_that_a_spectrum_makes_are_no_degradation():
    found = analyse(full_cell(every=5, eis_charge=1e-5).record(kind="full"))
    dips = [e for e in found.events if e.kind == "eis_dip"]
    assert [e.cycle for e in dips] == [6, 11, 16]
    assert all(e.confidence == 0.9 for e in dips)
    assert "100 % of what is missing" in dips[0].evidence or "101 % of what is missing" in dips[0].evidence
    assert [c.cycle for c in found.cycles if "eis_dip" in c.flags] == [6, 11, 16]
    assert found.cycles[5].coulombic_efficiency == pytest.approx(0.998 / 1.01)
    assert {e.kind for e in found.events} == {"eis_dip"}


def test_spectra_that_take_nothing_make_no_dip():
    found = analyse(full_cell(every=5, eis_charge=0.0).record(kind="full"))
    assert found.events == ()


@pytest.mark.parametrize(("eis_charge", "cycles"), [(0.0, []), (-1e-4, [1])])
def test_a_first_cycle_that_loses_charge_of_its_own_is_no_dip_of_the_spectrum_before_it(eis_charge, cycles):
    bench = Bench()
    bench.spectrum(eis_charge, 2.9)
    for k in range(8):
        bench.run(1e-3, HOUR * (1.1 if k == 0 else 1.0), lambda x: 3.3 + 0.2 * x, 40).rest(100, 3.45)
        bench.run(-1e-3, HOUR, lambda x: 3.4 - 0.6 * x, 40).rest(100, 2.9)
    found = analyse(bench.record(kind="full"))
    assert found.cycles[0].coulombic_efficiency == pytest.approx(1 / 1.1)
    assert [e.cycle for e in found.events if e.kind == "eis_dip"] == cycles


def test_pulses_between_long_half_steps_are_named():
    bench = full_cell(3)
    assert not [n for n in analyse(bench.record(kind="full")).notes if "pulse" in n]
    for _ in range(4):
        bench.run(-2e-3, 10, lambda x: 3.3, 20).rest(40, 3.4).run(1e-3, 10, lambda x: 3.4, 20).rest(40, 3.4)
    (note,) = [n for n in analyse(bench.record(kind="full")).notes if "pulse" in n]
    assert note.startswith("8 half steps")


def test_a_fall_without_a_spectrum_is_no_eis_dip():
    bench = full_cell(9)
    bench.run(1e-3, HOUR * 1.05, lambda x: 3.3 + 0.2 * x, 40).run(-1e-3, HOUR, lambda x: 3.4 - 0.6 * x, 40)
    assert not [e for e in analyse(bench.record(kind="full")).events if e.kind == "eis_dip"]


def test_a_charge_that_takes_more_than_the_cell_can_hold_is_a_short_and_dips_before_it_are_not():
    """Formation, 70 cycles with a spectrum every ten, then a charge that wavers and does not end."""
    rng = np.random.default_rng(1)
    bench = full_cell(74, every=10, eis_charge=2e-6, start_current=0.2e-3, formation=4, current=0.5e-3)
    bench.run(0.5e-3, 2 * HOUR, lambda x: 3.3 + 0.2 * x, 40)
    bench.step -= 1
    bench.run(0.5e-3, 3 * HOUR, lambda x: 3.42 + rng.normal(0, 0.02), 120)
    bench.run(-0.5e-3, 1.2 * HOUR, lambda x: 3.4 - 0.6 * x, 40)
    found = analyse(bench.record(kind="full"))
    shorts = [e for e in found.events if "short" in e.kind]
    assert [(e.cycle, e.half_step) for e in shorts] == [(75, 149)]
    assert [e.cycle for e in found.events if e.kind == "eis_dip"] == [11, 21, 31, 41, 51, 61, 71]
    assert found.cycles[-1].flags == ("open_ended", "short")


def test_relations_for_claims():
    """25 mV through 120 Ω cm² over 100 s, one half wave in two: 25e-3·100/(π·120e-4) C/m² of 1.07 mAh/cm²."""
    charge = 25e-3 * 100 / (np.pi * 120e-4)
    inputs = {"efficiency_dip": charge / (1.07 * 36e3), "areal_capacity": 1.07 * 36e3, "resistance": 120e-4,
              "duration": 100.0}  # fmt: skip
    assert RELATIONS["amplitude_of_efficiency_dips"].function(inputs) == pytest.approx(25e-3)
    assert RELATIONS["share_of_shorted_cells"].function({"cells": 10, "lasting": 1}) == pytest.approx(0.9)


def test_formation_is_told_from_its_current():
    found = analyse(full_cell(14, start_current=0.2e-3, formation=4).record(kind="full"))
    assert found.formation == (1, 2, 3, 4)
    assert [(s.first_cycle, s.last_cycle, s.formation) for s in found.rate_steps] == [(1, 4, True), (5, 14, False)]
    assert [e.kind for e in found.events] == ["formation_end"]
    assert found.cycles[3].retention is None
    assert found.cycles[13].retention == pytest.approx(1)


def test_formation_by_number():
    found = analyse(full_cell(6).record(kind="full"), formation=2)
    assert found.formation == (1, 2)
    with pytest.raises(InputError, match="so many cycles"):
        analyse(full_cell(6).record(kind="full"), formation=7)


def test_rate_steps_are_recognised_and_no_ageing():
    bench = Bench()
    for i, capacity in ((0.1e-3, 1.0), (0.5e-3, 0.9), (2e-3, 0.6), (0.1e-3, 0.98)):
        for _ in range(3):
            bench.run(i, HOUR * 1e-3 * capacity / i, 3.4, 20).run(-i, HOUR * 1e-3 * capacity / i, 3.3, 20)
    found = analyse(bench.record(kind="full"))
    assert [(s.first_cycle, s.last_cycle) for s in found.rate_steps] == [(1, 3), (4, 6), (7, 9), (10, 12)]
    assert [e.cycle for e in found.events if e.kind == "rate_change"] == [4, 7, 10]
    assert not found.formation
    # the return to the first rate is measured against the first rate
    assert found.cycles[9].retention == pytest.approx(0.98)
    assert found.cycles[6].retention == pytest.approx(1)


def test_pairing_by_kind():
    """A half cell that begins with a discharge, 3.25 out, 2.6 back: 80 % of an anode, nothing of a cathode yet."""
    bench = Bench()
    for out, back in ((3.25, 2.6), (2.7, 2.55)):
        bench.run(-1e-3, HOUR * out, lambda x: 0.8 - 0.7 * x).run(1e-3, HOUR * back, lambda x: 0.1 + 1.2 * x)
    anode = analyse(bench.record(kind="half", working_electrode="negative"))
    assert [c.coulombic_efficiency for c in anode.cycles] == pytest.approx([2.6 / 3.25, 2.55 / 2.7])
    assert [c.retention for c in anode.cycles] == pytest.approx([1, 2.55 / 2.6])
    assert not anode.pairing_assumed
    cathode = analyse(bench.record(kind="half", working_electrode="positive"))
    assert cathode.cycles[0].coulombic_efficiency is None
    assert cathode.cycles[1].coulombic_efficiency == pytest.approx(2.7 / 2.6)
    unknown = analyse(bench.record())
    assert unknown.pairing == "charge_over_discharge"
    assert unknown.pairing_assumed
    assert any("assumed" in note for note in unknown.notes)


def test_a_full_cell_that_begins_with_discharge_is_paired_with_the_charge_before():
    bench = Bench().run(-1e-3, 1000, 3.3)
    for _ in range(3):
        bench.run(1e-3, HOUR, 3.4).run(-1e-3, 0.99 * HOUR, 3.3)
    found = analyse(bench.record(kind="full"))
    assert [c.coulombic_efficiency for c in found.cycles[1:]] == pytest.approx([0.99] * 3)
    assert found.cycles[0].coulombic_efficiency is None


def test_leads_on_the_negative_electrode_of_a_full_cell():
    """Every sign is the other way round in such a file."""
    usual = analyse(full_cell(3).record(kind="full"))
    bench = full_cell(3)
    bench.rows = [(t, -v, -i, f, s, -q) for t, v, i, f, s, q in bench.rows]
    turned = analyse(bench.record(kind="full", working_electrode="negative"))
    assert [c.charge_capacity_Ah for c in turned.cycles] == [c.charge_capacity_Ah for c in usual.cycles]
    assert [c.mean_charge_voltage_V for c in turned.cycles] == [c.mean_charge_voltage_V for c in usual.cycles]
    assert any("turned" in note for note in turned.notes)


def test_areal_values_only_with_an_area():
    with_area, without = (half_steps(full_cell(2).record(kind="full", area_m2=a)) for a in (2e-4, None))
    assert with_area[0].areal_capacity_Ah_m2 == pytest.approx(1e-3 / 2e-4)
    assert with_area[0].current_density_A_m2 == pytest.approx(5)
    for h in without:
        assert (h.areal_capacity_Ah_m2, h.current_density_A_m2, h.area_specific_resistance_ohm_m2) == (None,) * 3


def test_energy_and_voltages():
    """A linear voltage's mean is that of its ends: 3.3 to 3.5 V in charge, 3.4 to 2.8 V in discharge."""
    found = analyse(full_cell(2).record(kind="full"))
    second = found.cycles[1]
    # the first row's interval has no row before it under current: 1/40 of the charge at its end's voltage
    assert second.mean_charge_voltage_V == pytest.approx(3.4, abs=0.2 / 40 / 40)
    assert second.mean_discharge_voltage_V == pytest.approx(3.1, abs=0.6 / 40 / 40)
    assert second.polarisation_V == pytest.approx(0.3, abs=1e-3)
    assert second.energy_efficiency == pytest.approx(0.998 * 3.1 / 3.4, rel=2e-4)


def test_a_half_step_ends_where_the_current_steps_without_a_rest():
    bench = Bench()
    for i in (1e-4, 2e-4, 4e-4):
        bench.run(i, 600, 100 * i, 20)
    for steps in (True, False):
        found = half_steps(bench.record(steps=steps, kind="symmetric"))
        assert [h.current_A for h in found] == pytest.approx([1e-4, 2e-4, 4e-4])
        assert {h.cycle for h in found} == {1}


@pytest.mark.parametrize("steps", [True, False])
def test_constant_voltage_belongs_to_its_charge(steps):
    bench = Bench().run(1e-3, HOUR, lambda x: 3.3 + 0.5 * x)
    bench.step += 1
    for k in range(60):
        bench._row(30, 3.8, 1e-3 * np.exp(-k / 12))
    bench.run(-1e-3, HOUR, lambda x: 3.7 - x)
    found = half_steps(bench.record(steps=steps, kind="full"))
    assert [h.sign for h in found] == [1, -1]
    assert "constant_voltage" in found[0].flags
    assert found[0].current_A == pytest.approx(1e-3)


def test_noise_about_zero_in_a_rest_is_no_half_step():
    rng = np.random.default_rng(3)
    bench = Bench().run(1e-3, HOUR, 0.05)
    bench.step += 1
    for _ in range(500):
        bench._row(1, 0.0, float(rng.normal(0, 4e-7)))
    bench.run(-1e-3, HOUR, -0.05)
    for steps in (True, False):
        found = half_steps(bench.record(steps=steps, kind="symmetric"))
        assert [h.sign for h in found] == [1, -1]
        assert found[0].capacity_Ah == pytest.approx(1e-3, rel=1e-3)


def test_one_row_of_the_other_sign_within_a_step_does_not_end_it():
    bench = Bench().run(1e-3, HOUR, 0.05)
    k = len(bench.rows) // 2
    t, v, _, f, s, _ = bench.rows[k]
    bench.rows[k] = (t, v, -1e-3, f, s, -1e-3 * 60 / HOUR)
    assert len(half_steps(bench.record(kind="symmetric"))) == 1


def test_a_record_without_current():
    found = analyse(Bench().rest(100, 3.0).record())
    assert found.half_steps == found.cycles == ()
    assert any("no current flowed" in note for note in found.notes)


# real files


def test_published_capacities_of_a_formation():
    """3.25196 mAh out, 2.61607 mAh back, as published with the file."""
    from natron import io

    found = analyse(io.read(real("biologic/gcpl.pr_182.1.mpt"), kind="half", working_electrode="negative").record)
    first = found.cycles[0]
    assert first.discharge_capacity_Ah == pytest.approx(3.25196e-3, rel=1e-5)
    assert first.charge_capacity_Ah == pytest.approx(2.61607e-3, rel=1e-5)
    assert first.coulombic_efficiency == pytest.approx(0.80446, abs=1e-5)
    assert [c.flags for c in found.cycles] == [()] * 4
    assert found.events == ()


def test_a_real_loop_with_sixteen_spectra():
    """40 % of the charge in the file flowed in the impedance steps; the half step's own is current times time."""
    from natron import io

    record = io.read(real("biologic/mb.issue_149.mpt")).record
    found = analyse(record)
    assert [(s.cycle, s.half_step) for s in found.spectra] == [(1, 1)] * 16
    (half,) = found.half_steps
    driven = record.table.filter(pl.col("Frequency / Hz").is_null() & (pl.col(CURRENT) > 1e-5))
    pulses = driven.group_by("Step Count / 1").agg((pl.col(TIME).max() - pl.col(TIME).min()).alias("s"))
    assert half.capacity_Ah == pytest.approx(0.1e-3 * pulses["s"].sum() / HOUR, rel=0.02)
    assert half.spectral_charge_Ah > 0.3 * half.capacity_Ah
    total = record.table["Charge Increment / Ah"].sum()
    before = record.table.filter(pl.col("Half Step / 1") == 0)["Charge Increment / Ah"].sum()
    assert half.capacity_Ah + half.spectral_charge_Ah == pytest.approx(total - before)


def test_rates_of_a_published_table():
    """One charge rate, discharges at five rates, the first cell half charged; no short, no dip."""
    from natron import io

    file = "bdf/SINTEF__SLPBA842124HV__2024-10-23__Rate_25degC__Neware__Time_Bug.bdf.csv"
    found = analyse(io.read(real(file)).record)
    assert [round(c.discharge_current_A, 1) for c in found.cycles] == [0.7, 6.5, 13.1, 32.8, 59.5]
    assert "began_charged" in found.cycles[0].flags
    assert all(0.99 < c.coulombic_efficiency < 1 for c in found.cycles[1:])
    assert {e.kind for e in found.events} == {"rate_change"}
    assert np.all(np.diff([c.polarisation_V for c in found.cycles[1:]]) > 0)


@pytest.mark.parametrize(("name", "tolerance"), [("test.ndax", 5e-3), ("test.nda", 1e-2)])
def test_capacities_are_the_vendors(name, tolerance):
    """Neware counts capacity by step on its own, faster than it writes rows; the .nda has steps of 5 s."""
    from natron import io

    pytest.importorskip("fastnda")
    record = io.read(real(f"neware/{name}")).record
    found = analyse(record)
    steps = record.table.filter(pl.col(CURRENT).abs() > 1e-6).group_by("Step Count / 1", maintain_order=True)
    told = steps.agg(pl.col("Step Capacity / Ah").last(), pl.col(CURRENT).median().sign().alias("sign"))
    for sign, one in ((1, "charge_capacity_Ah"), (-1, "discharge_capacity_Ah")):
        theirs = told.filter(pl.col("sign") == sign)["Step Capacity / Ah"].abs().sum()
        ours = sum(getattr(c, one) or 0 for c in found.cycles)
        assert ours == pytest.approx(theirs, rel=tolerance)


def test_one_formation_over_two_files():
    from natron import io

    pytest.importorskip("galvani")
    names = [real(f"biologic/250116_kigr_gen6_01_0{k}_GCPL_CD8.mpr") for k in (1, 2)]
    joined = analyse(io.join(names, kind="full").record)
    apart = [analyse(io.read(name, kind="full").record) for name in names]
    charge = sum(c.charge_capacity_Ah or 0 for c in joined.cycles)
    assert charge == pytest.approx(sum(c.charge_capacity_Ah or 0 for a in apart for c in a.cycles), rel=1e-6)
    assert all(0.7 < c.coulombic_efficiency < 1 for c in joined.cycles if c.coulombic_efficiency is not None)


def test_pulses_of_a_discharge_are_no_cycles_of_a_cell():
    bench = Bench().run(1e-3, HOUR, 3.6)
    for _ in range(4):
        bench.run(-1e-3, HOUR / 4, 3.4).rest(60, 3.5).run(1e-3, 30, 3.55).rest(60, 3.5)
    cycles = analyse(bench.record(kind="full")).cycles
    assert "unbalanced" not in cycles[0].flags
    assert all("unbalanced" in cycle.flags for cycle in cycles[1:-1])
