"""The cycling record: its counts, its charge, its areas, and what it refuses."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natron.data import CyclingRecord, DataError, Provenance, cycling_record, mend_time
from natron.data.cycling import checked_area, checked_mass

TIME, VOLTAGE, CURRENT = "Test Time / s", "Voltage / V", "Current / A"


def _record(current, frequency=None, **options):
    size = len(current)
    columns = {
        TIME: 3600.0 * np.arange(size),
        VOLTAGE: np.ones(size),
        CURRENT: np.array(current, dtype=float),
    }
    if frequency is not None:
        columns["Frequency / Hz"] = pl.Series(frequency, dtype=pl.Float64)
    return cycling_record(pl.DataFrame(columns), Provenance(), **options)


def test_cycles_of_a_cell_that_starts_with_discharge():
    record = _record([0, -1, -1, 1, 1, 0, -1, 1])
    assert record.table["Half Step / 1"].to_list() == [0, 1, 1, 2, 2, 2, 3, 4]
    assert record.table["Cycle Count / 1"].to_list() == [1, 1, 1, 1, 1, 1, 2, 2]


def test_a_spectrum_inside_a_half_step_is_looked_through_and_its_charge_kept_apart():
    record = _record([1, 1, -3, 3, 1, -1], [None, None, 1e3, 1.0, None, None])
    assert record.table["Half Step / 1"].to_list() == [1, 1, 1, 1, 1, 2]
    assert record.in_spectrum.tolist() == [False, False, True, True, False, False]
    # +1 Ah, the two spectral rows nothing, then the mean of 3 and 1
    np.testing.assert_allclose(record.table["Half-Step Capacity / Ah"][:5], [0, 1, 1, 1, 3])


def test_a_staircase_in_one_direction_has_its_steps():
    record = _record([1, 1, 0, 2, 2, 0, 3])
    assert record.table["Half Step / 1"].to_list() == [1, 1, 1, 2, 2, 2, 3]
    assert record.table["Cycle Count / 1"].max() == 1


def test_titration_pulses_at_one_current_are_one_half_step():
    assert _record([1, 0, 1, 0, 1.01, 0]).table["Half Step / 1"].max() == 1


def test_areal_columns_only_with_an_area():
    assert "Current Density / mA.cm-2" not in _record([1, -1]).table.columns
    table = _record([1, -1], area_m2=2e-4).table
    assert table["Current Density / mA.cm-2"].to_list() == [500, -500]


@given(st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0]), min_size=1, max_size=40))
def test_half_steps_count_up_by_one_and_hold_one_sign(current):
    record = _record(current)
    half = record.table["Half Step / 1"].to_numpy()
    assert set(np.diff(half)) <= {0, 1}
    for k in range(1, half.max() + 1):
        signs = np.sign(record.current_A[half == k])
        assert len(set(signs) - {0.0}) == 1
    assert (record.table["Half-Step Capacity / Ah"] >= 0).all()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_mended_time_never_runs_backwards(times):
    mended, notes = mend_time(np.array(times))
    assert (np.diff(mended) >= 0).all()
    assert bool(notes) == bool((np.diff(times) < 0).any())


def test_time_that_starts_anew_goes_on():
    mended, notes = mend_time(np.array([0.0, 5, 10, 0, 5, 10]))
    assert mended.tolist() == [0, 5, 10, 10, 15, 20]
    assert "starts anew in 1 places" in notes[0]


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ({TIME: [0.0], VOLTAGE: [1.0]}, "no column Current"),
        ({TIME: [0.0, 1.0], VOLTAGE: [1.0, float("nan")], CURRENT: [0.0, 0.0]}, "1 of 2 values of Voltage"),
        ({TIME: [1.0, 0.0], VOLTAGE: [1.0, 1.0], CURRENT: [0.0, 0.0]}, "runs backwards"),
        ({TIME: [], VOLTAGE: [], CURRENT: []}, "no row"),
    ],
)
def test_what_is_no_record(table, match):
    with pytest.raises(DataError, match=match):
        CyclingRecord(pl.DataFrame(table), Provenance())


@pytest.mark.parametrize("area_m2", [0.0, -1e-4, float("nan")])
def test_an_area_must_be_one(area_m2):
    with pytest.raises(DataError, match="the area is not a positive number"):
        CyclingRecord(pl.DataFrame({TIME: [0.0], VOLTAGE: [1.0], CURRENT: [0.0]}), Provenance(), area_m2=area_m2)


def test_areas_and_masses_that_are_not_used_silently():
    assert checked_area(0.001e-4, told_by="file")[0] is None
    area, why = checked_area(78.54e-4, told_by="file", largest_current_A=1e-3)
    assert area is None
    assert "78.54 mm² (a disc of 10.0 mm)" in why
    assert checked_area(78.54e-4, told_by="user")[0] == 78.54e-4
    assert checked_area(78.54e-4, told_by="file", largest_current_A=0.1) == (78.54e-4, None)
    with pytest.raises(DataError, match=r"0\.001 cm2"):
        checked_area(0.001e-4, told_by="user")
    assert checked_mass(1e-9, told_by="file")[0] is None
    assert checked_mass(1e-6, told_by="file") == (1e-6, None)
    assert checked_mass(2.0, told_by="file")[0] is None
    with pytest.raises(DataError, match="active mass"):
        checked_mass(0.0, told_by="user")


def test_counts_in_floating_point_are_counts():
    table = pl.DataFrame(
        {
            TIME: 10.0 * np.arange(4),
            VOLTAGE: np.ones(4),
            CURRENT: [1.0, 1.0, -1.0, -1.0],
            "Cycle Count / 1": [1.0, 1.0, 2.0, 2.0],
            "Step Index / 1": [1.0, 1.5, 2.0, 2.0],
        }
    )
    record = cycling_record(table, Provenance())
    assert record.table["Cycle Count / 1"].to_list() == [1, 1, 2, 2]
    assert record.table.schema["Cycle Count / 1"] == pl.Int64
    # what is no whole number is kept as it stands
    assert record.table.schema["Step Index / 1"] == pl.Float64
