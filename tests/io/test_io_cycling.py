"""Readers of records: the .mpr against EC-Lab's .mpt, the .ndax against Neware's table, others by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from natron import io
from natron.data import DataError

TIME, VOLTAGE, CURRENT = "Test Time / s", "Voltage / V", "Current / A"


def test_an_mpr_is_its_mpt(real, every_pair):
    """EC-Lab exported the text from the same file: every column that both have agrees to the digits it prints."""
    pytest.importorskip("galvani")
    binary, text = (io.read(real(name)) for name in every_pair)
    ours, theirs = binary.record.table, text.record.table
    assert len(ours) == len(theirs)
    shared = [name for name in ours.columns if name in theirs.columns]
    assert {TIME, VOLTAGE, CURRENT, "Step Index / 1", "Charge Increment / Ah", "Half Step / 1"} <= set(shared)
    for name in shared:
        one, other = (table[name].cast(pl.Float64).to_numpy() for table in (ours, theirs))
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other), name)
        if ours[name].dtype.is_integer():
            np.testing.assert_array_equal(one, other, name)
        elif not np.isnan(one).all():
            # single precision, printed with eight digits
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-7 * np.nanmax(np.abs(other)), err_msg=name)
    assert len(binary.spectra) == len(text.spectra)
    for one, other in zip(binary.record.spectra, text.record.spectra, strict=True):
        assert (one.first_row, one.last_row, one.cycle) == (other.first_row, other.last_row, other.cycle)
        np.testing.assert_allclose(one.spectrum.frequency_Hz, other.spectrum.frequency_Hz, rtol=1e-6)
        np.testing.assert_allclose(one.spectrum.impedance_ohm, other.spectrum.impedance_ohm, rtol=1e-6)


def test_a_german_mpt_is_the_english_one(real):
    english, german = (io.read(real(f"biologic/mb.issue_95.{end}")).record for end in ("mpt", "de.mpt"))
    assert english.table.drop("Unix Time / s").equals(german.table.drop("Unix Time / s"))


def test_current_from_charge_holds_in_constant_voltage(real):
    """pr_182.1 has current-held (1), voltage-held (2) and rest (3) rows; EC-Lab's own mean current is <I>."""
    text = io.read(real("biologic/gcpl.pr_182.1.mpt")).record
    pytest.importorskip("galvani")
    reading = io.read(real("biologic/gcpl.pr_182.1.mpr"))
    assert any("dq·3600/Δt" in note for note in reading.notes)
    np.testing.assert_allclose(reading.record.current_A, text.current_A, atol=2e-10)
    assert reading.record.area_m2 == pytest.approx(1.767e-4)
    assert reading.record.mass_kg == pytest.approx(6.52e-6)


def test_formation_capacities(real):
    """Formation, discharge 3.25196 mAh then charge 2.61607 mAh, as published with the file."""
    record = io.read(real("biologic/gcpl.pr_182.1.mpt")).record
    largest = (
        record.table.group_by("Half Step / 1")
        .agg(pl.col("Half-Step Capacity / Ah").max(), pl.col(CURRENT).mean())
        .sort("Half Step / 1")
    )
    capacities = largest["Half-Step Capacity / Ah"].to_numpy() * 1e3
    assert np.min(np.abs(capacities - 3.25196)) < 2e-4
    assert np.min(np.abs(capacities - 2.61607)) < 2e-4


def test_a_spectrum_does_not_end_a_half_step(real):
    """A loop of rest, current and spectrum in one direction is one half step with all spectra in it."""
    record = io.read(real("biologic/mb.issue_149.mpt")).record
    assert record.table["Half Step / 1"].max() == 1
    assert {item.half_step for item in record.spectra} == {1}
    for item in record.spectra:
        assert record.in_spectrum[item.first_row : item.last_row + 1].all()
        assert item.time_s == record.time_s[item.first_row]


@pytest.mark.parametrize("name", ["21_10_7_85", "Unit27_Example_Data_File", "Unit27_Example_Corrupt"])
def test_an_ndax_is_the_vendors_table(real, name):
    """The vendor prints the voltage to 0.1 mV."""
    pytest.importorskip("fastnda")
    binary, table = (io.read(real(f"neware/{name}.{end}")).record for end in ("ndax", "parquet"))
    for column, tolerance in ((TIME, 1e-3), (VOLTAGE, 5.1e-5), (CURRENT, 1e-9), ("Cycle Count / 1", 0)):
        np.testing.assert_allclose(binary.table[column], table.table[column], atol=tolerance)


def test_neware_currents_are_signed_amperes(real):
    pytest.importorskip("fastnda")
    record = io.read(real("neware/test.ndax")).record
    assert len(record) == 1464
    assert record.current_A.min() == pytest.approx(-1.199e-4, rel=1e-3)
    assert record.current_A.max() == pytest.approx(1.2e-4, rel=1e-3)
    assert record.table["Half Step / 1"].max() == 2


@pytest.mark.parametrize("name", ["neware/empty.ndax", "neware/empty.parquet"])
def test_a_test_that_had_not_begun(real, name):
    if name.endswith("ndax"):
        pytest.importorskip("fastnda")
    with pytest.raises(DataError, match=r"no row|neither"):
        io.read(real(name))


def test_arbin(real):
    record = io.read(real("text/arbin_example.csv")).record
    assert len(record) == 2142
    row = record.table.row(1, named=True)
    assert (row[TIME], row[VOLTAGE], row[CURRENT]) == (5.0275, 3.3750653, 1.0999289)
    assert row["Charging Capacity / Ah"] == 0.88141066
    assert row["Unix Time / s"] == 1499006358


def test_maccor_old_and_new(real):
    old = io.read(real("text/maccor_example.001")).record
    np.testing.assert_allclose(old.time_s[:3], [0, 0.1667 * 60, 0.3333 * 60])
    assert old.voltage_V[1] == 3.3057145
    assert old.table["Unix Time / s"][1] - old.table["Unix Time / s"][0] == 10
    new = io.read(real("text/sample_data_maccor.csv"))
    assert new.record.current_A[11] == 28.844
    assert any("no state column" in note for note in new.notes)


def test_unsigned_maccor_currents_are_signed_by_state(tmp_path):
    path = tmp_path / "m.001"
    path.write_text(
        "Today's Date 1\nRec#\tCyc#\tStep\tTest (Sec)\tStep (Sec)\tAmp-hr\tWatt-hr\tAmps\tVolts\tState\n"
        "1\t0\t1\t0\t0\t0\t0\t0\t3\tR\n2\t0\t2\t10\t10\t0\t0\t0.5\t3.2\tC\n3\t0\t3\t20\t10\t0\t0\t0.5\t2.9\tD\n"
    )
    assert io.read(path).record.current_A.tolist() == [0, 0.5, -0.5]


def test_novonix(real):
    reading = io.read(real("text/sample_data_novonix.csv"))
    record = reading.record
    assert record.time_s[1] == pytest.approx(0.0003556 * 3600)
    assert (record.voltage_V[1], record.current_A[1]) == (3.85240349, 0.49989602)
    assert record.area_m2 is None
    assert any("preset" in note for note in reading.notes)


def test_landt_and_basytec(tmp_path):
    landt = tmp_path / "landt.csv"
    landt.write_text(
        "Record,Cycle-Index,Step-Index,TestTime/Sec,StepTime/Sec,Voltage/V,Current/mA,Capacity/mAh\n"
        "1,1,1,0,0,3.1,0.5,0\n2,1,1,10,10,3.2,0.5,0.0014\n3,1,2,20,0,3.0,-0.5,0\n"
    )
    record = io.read(landt).record
    assert record.current_A.tolist() == [5e-4, 5e-4, -5e-4]
    assert record.table["Step Index / 1"].to_list() == [1, 1, 2]
    snake = tmp_path / "landt2.csv"
    snake.write_text(
        "cycle_index,step_index,test_time_s,step_time_s,voltage_V,current_A\n1,1,0,0,3.1,0.5\n1,1,9,9,3.2,0.5\n"
    )
    assert io.read(snake).format == "Landt text"
    basytec = tmp_path / "b.txt"
    basytec.write_bytes(
        "~Resultfile from Basytec\n~Start of Test: 05.11.2022 10:02:03\n~\n"
        "~Time[h]\tDataSet\tt-Step[h]\tLine\tCommand\tU[V]\tI[A]\tT1[°C]\n"
        "0\t1\t0\t2\tPause\t3.5\t0\t25\n0.5\t2\t0.5\t3\tCharge\t3.6\t0.1\t25\n".encode("latin-1")
    )
    record = io.read(basytec).record
    assert record.time_s.tolist() == [0, 1800]
    assert record.table["Unix Time / s"][0] == 1667642523


def test_gamry_in_both_decimal_signs(real):
    english, german = (io.read(real(f"gamry/chronoa_{end}.dta")).record for end in ("data", "de_data"))
    np.testing.assert_allclose(english.time_s, german.time_s)
    assert english.voltage_V[1] == german.voltage_V[1] == 0.499669


def test_bdf_and_its_planted_time_bug(real):
    reading = io.read(real("bdf/SINTEF__SLPBA842124HV__2024-10-23__Rate_25degC__Neware__Time_Bug.bdf.csv"))
    assert (np.diff(reading.record.time_s) >= 0).all()
    assert any("19 single rows" in note for note in reading.notes)
    healthy = io.read(real("bdf/DLR__LiLNMOHydra0b__20221125__POCV__25degC__Basytec.bdf.csv"))
    assert not any("falls back" in note for note in healthy.notes)


def test_bdf_written_is_bdf_read(tmp_path):
    table = pl.DataFrame(
        {TIME: [0.0, 1, 2], VOLTAGE: [3.0, 3.1, 3.2], CURRENT: [0.1, 0.1, -0.1], "Step Index / 1": [1, 1, 2]}
    )
    table.write_csv(tmp_path / "a.bdf.csv")
    table.write_parquet(tmp_path / "a.bdf.parquet")
    for path in tmp_path.iterdir():
        assert io.read(path).record.table.select(table.columns).equals(table)


def test_a_mapping_file(tmp_path):
    (tmp_path / "odd.csv").write_text("made up\nt (min);E;J\n0;3000;1\n1;3100;1\n2;2900;-2\n")
    (tmp_path / "map.toml").write_text(
        'current = "discharge positive"\n[columns]\n"Test Time / s" = "t (min)"\n'
        '"Voltage / V" = { column = "E", unit = "mV" }\n'
        '"Current / A" = { column = "J", unit = "mA", factor = 2 }\n'
    )
    record = io.read(tmp_path / "odd.csv", mapping=tmp_path / "map.toml").record
    assert record.time_s.tolist() == [0, 60, 120]
    assert record.voltage_V.tolist() == pytest.approx([3.0, 3.1, 2.9])
    assert record.current_A.tolist() == pytest.approx([-2e-3, -2e-3, 4e-3])


def test_a_mapping_with_a_slip_names_the_nearest(tmp_path):
    from natron.core import InputError

    with pytest.raises(InputError, match='Did you mean "Voltage / V"'):
        io.read(_record(tmp_path / "a.csv"), mapping={"columns": {"Voltages / V": "E"}})


def test_one_formation_in_two_files(real):
    """Given in the wrong order: joined by their clocks; charge is the instrument's net charge."""
    pytest.importorskip("galvani")
    parts = [real(f"biologic/250116_kigr_gen6_01_0{k}_GCPL_CD8.mpr") for k in (2, 1)]
    joined = io.join(parts)
    record = joined.record
    assert len(record) == 392 + 3791
    assert record.area_m2 == pytest.approx(0.95e-4)
    assert any("order of their clocks" in note for note in joined.notes)
    assert np.diff(record.time_s).max() < 1000
    net = record.table["Net Capacity / Ah"].to_numpy()
    passed = np.cumsum(record.table["Charge Increment / Ah"].to_numpy())
    np.testing.assert_allclose(passed[-1] - passed[392], net[-1] - net[392], atol=1e-8)


def _record(path, start=0.0, unix=None, rows=5, current=1.0):
    table = {
        TIME: start + 10.0 * np.arange(rows),
        VOLTAGE: np.full(rows, 3.0),
        CURRENT: np.full(rows, current),
    }
    if unix is not None:
        table["Unix Time / s"] = unix + 10.0 * np.arange(rows)
    pl.DataFrame(table).write_csv(path)
    return path


def test_files_whose_time_starts_anew(tmp_path):
    first, again = _record(tmp_path / "1.csv"), _record(tmp_path / "2.csv", current=-1.0)
    joined = io.join([first, again])
    assert joined.record.time_s.tolist() == [0, 10, 20, 30, 40, 40, 50, 60, 70, 80]
    assert joined.record.table["Half Step / 1"].to_list() == [1] * 5 + [2] * 5
    assert any("starts anew" in note for note in joined.notes)


def test_files_that_overlap_in_time(tmp_path):
    first, again = _record(tmp_path / "1.csv", unix=1e9), _record(tmp_path / "2.csv", unix=1e9 + 30)
    joined = io.join([again, first])
    assert joined.record.time_s.tolist() == [0, 10, 20, 30, 40, 50, 60, 70]
    assert any("first 2 rows overlap" in note for note in joined.notes)


def test_joining_keeps_spectra_at_their_rows(real):
    path = real("biologic/mb.issue_149.mpt")
    joined = io.join([path, path]).record
    # the same file twice: its clock says that every row is there already
    assert len(joined) == 564
    assert len(joined.spectra) == 16


def test_files_of_different_cells_are_not_joined(tmp_path):
    first, other = (io.read(_record(tmp_path / f"{k}.csv"), area_m2=k * 1e-4) for k in (1, 2))
    with pytest.raises(DataError, match="different electrode areas"):
        io.join([first, other])
