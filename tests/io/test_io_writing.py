"""A reading written as a Battery Data Format table reads back as it was: numbers, spectra, cell, origin, notes."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron import io
from natron.core import InputError
from natron.data import DataError, Provenance, RecordedSpectrum, Spectrum, cycling_record
from natron.io import sidecar
from natron.io.reading import Reading
from natron.io.writing import ENDINGS

TIME, VOLTAGE, CURRENT = "Test Time / s", "Voltage / V", "Current / A"
FREQUENCY, REAL, IMAGINARY = "Frequency / Hz", "Real Impedance / ohm", "Imaginary Impedance / ohm"
KINDS = {".mpr": "galvani", ".nda": "fastnda", ".ndax": "fastnda"}


def _same_spectrum(one: Spectrum, other: Spectrum) -> None:
    for name in ("frequency_Hz", "impedance_ohm", "removed_frequency_Hz", "removed_impedance_ohm"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for name in ("area_m2", "temperature_K", "thickness_m", "time_s", "cycle", "pressure_Pa", "state_of_charge"):
        assert getattr(one, name) == getattr(other, name), name
    if one.noise_ohm is None:
        assert other.noise_ohm is None
    else:
        np.testing.assert_array_equal(one.noise_ohm, other.noise_ohm)


def _same_origin(one: Provenance, other: Provenance) -> None:
    """All but the note on how the written table was recognised."""
    assert (one.file, one.sha256, one.reader, one.reader_version) == (
        other.file,
        other.sha256,
        other.reader,
        other.reader_version,
    )
    assert other.notes[0].startswith("recognised as Battery Data Format")


def _same(written: Reading, read: Reading) -> None:
    assert read.notes[1:] == written.notes
    assert len(read.spectra) == len(written.spectra)
    for one, other in zip(written.spectra, read.spectra, strict=True):
        _same_spectrum(one, other)
        _same_origin(one.provenance, other.provenance)
    if written.record is None:
        assert read.record is None
        return
    one, other = written.record, read.record
    assert other.table.schema == one.table.schema
    assert other.table.equals(one.table)
    for name in ("area_m2", "mass_kg", "kind", "working_electrode"):
        assert getattr(one, name) == getattr(other, name), name
    assert other.notes[1:] == one.notes
    _same_origin(one.provenance, other.provenance)
    for item, again in zip(one.spectra, other.spectra, strict=True):
        for name in ("index", "cycle", "half_step", "time_s", "first_row", "last_row"):
            assert getattr(item, name) == getattr(again, name), name
        _same_spectrum(item.spectrum, again.spectrum)


@pytest.mark.parametrize("ending", ENDINGS)
def test_real_files_read_back_equal(real, tmp_path, every_file, ending):
    path = real(every_file)
    if path.suffix in KINDS:
        pytest.importorskip(KINDS[path.suffix])
    try:
        reading = io.read(path)
    except DataError:
        pytest.skip("a file that is refused")
    io.write(reading, tmp_path / f"out{ending}")
    _same(reading, io.read(tmp_path / f"out{ending}"))


def test_what_the_user_said_reads_back(real, tmp_path):
    """An area above 20 cm² is kept: it was said by the user, not by a file."""
    reading = io.read(
        real("biologic/mb.issue_149.mpt"),
        area_m2=78.54e-4,
        mass_kg=1.23456789e-6,
        kind="symmetric",
        working_electrode="negative",
    )
    for ending in ENDINGS:
        io.write(reading, tmp_path / f"out{ending}")
        again = io.read(tmp_path / f"out{ending}")
        _same(reading, again)
        assert again.record.area_m2 == 78.54e-4
        said_again = io.read(tmp_path / f"out{ending}", area_m2=50e-4)
        assert said_again.record.area_m2 == 50e-4
        assert any("more likely 50 mm²" in note for note in said_again.notes)
    changed = io.read(tmp_path / "out.bdf.csv", area_m2=2e-4, kind="half")
    assert (changed.record.area_m2, changed.record.kind, changed.spectra[0].area_m2) == (2e-4, "half", 2e-4)
    np.testing.assert_allclose(changed.record.table["Current Density / mA.cm-2"], changed.record.current_A * 1e3 / 2)


def test_joined_files_read_back(real, tmp_path):
    pytest.importorskip("galvani")
    joined = io.join([real(f"biologic/250116_kigr_gen6_01_0{k}_GCPL_CD8.mpr") for k in (1, 2)])
    io.write(joined, tmp_path / "out.bdf.parquet")
    _same(joined, io.read(tmp_path / "out.bdf.parquet"))


def test_any_readers_table_is_plain_bdf(real, tmp_path):
    """Without the file beside it, the table alone gives the same rows and the same spectra."""
    reading = io.read(real("biologic/mb.issue_149.mpt"))
    beside = io.write(reading, tmp_path / "out.bdf.csv")
    assert beside == tmp_path / "out.bdf.csv.json"
    beside.unlink()
    alone = io.read(tmp_path / "out.bdf.csv")
    assert set(alone.record.table.columns) == set(reading.record.table.columns)
    assert alone.record.table.select(reading.record.table.columns).equals(reading.record.table)
    assert not any("left out" in note for note in alone.notes)
    for one, other in zip(reading.spectra, alone.spectra, strict=True):
        np.testing.assert_array_equal(one.impedance_ohm, other.impedance_ohm)


numbers = st.floats(1e-3, 1e6, allow_nan=False)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(-5, 5), st.floats(-1, 1)), min_size=1, max_size=12),
    st.lists(st.tuples(numbers, numbers), min_size=2, max_size=8, unique_by=lambda pair: pair[0]),
    st.floats(1e-9, 1.0),
    st.floats(1.0, 2000.0),
    st.sampled_from(ENDINGS),
)
def test_any_record_and_any_spectrum_read_back(tmp_path_factory, rows, points, area, temperature, ending):
    """Spectra that stand in no row, with noise and removed points, are kept beside the table."""
    table = pl.DataFrame(
        {
            TIME: np.cumsum([row[0] for row in rows]),
            VOLTAGE: [row[1] for row in rows],
            CURRENT: [row[2] for row in rows],
            "Step Type": ['a, "b"\n' if k % 2 else None for k in range(len(rows))],
            "Ambient Temperature / degC": [None if k % 3 else 1 / 3 for k in range(len(rows))],
        },
        schema_overrides={"Step Type": pl.String, "Ambient Temperature / degC": pl.Float64},
    )
    frequency, resistance = np.array(points).T
    spectrum = Spectrum(
        frequency,
        resistance - 1j,
        area,
        temperature,
        noise_ohm=resistance / 100,
        state_of_charge=1 / 3,
        provenance=Provenance("other.txt", None, "by hand"),
    )
    spectrum = spectrum.where(np.arange(len(frequency)) > 0)
    record = cycling_record(
        table,
        Provenance("a.b", "00", "test", "1", ("x",)),
        area_m2=area,
        spectra=[RecordedSpectrum(0, spectrum)],
        notes=["x"],
    )
    reading = Reading(record, (spectrum,), ("x",), "test", {"a": ("b", "c")})
    path = tmp_path_factory.mktemp("any") / f"out{ending}"
    io.write(reading, path)
    again = io.read(path)
    _same(reading, again)
    assert again.metadata == reading.metadata


@given(
    st.floats(1e-12, 1e6), st.sampled_from(["area", "mass", "length", "time", "temperature", "pressure", "frequency"])
)
def test_a_quantity_gives_back_its_last_bit(value, kind):
    assert sidecar.in_si(sidecar.measure(value, kind), kind) == value


def test_nothing_is_overwritten(real, tmp_path):
    reading = io.read(real("eis-vendors/data_exampleData.csv"))
    (tmp_path / "a.bdf.csv").write_text("precious")
    (tmp_path / "b.bdf.csv.json").write_text("precious")
    for name in ("a.bdf.csv", "b.bdf.csv"):
        with pytest.raises(InputError, match="exists already"):
            io.write(reading, tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bdf.csv", "b.bdf.csv.json"]
    assert {path.read_text() for path in tmp_path.iterdir()} == {"precious"}
    with pytest.raises(InputError, match=r"\.bdf\.parquet"):
        io.write(reading, tmp_path / "c.csv")


def test_a_table_that_was_changed_is_not_given_stale_rows(real, tmp_path):
    io.write(io.read(real("biologic/mb.issue_149.mpt"), area_m2=1e-4, kind="full"), tmp_path / "out.bdf.csv")
    lines = (tmp_path / "out.bdf.csv").read_text().splitlines()
    (tmp_path / "out.bdf.csv").write_text("\n".join([lines[0], *lines[100:]]) + "\n")
    changed = io.read(tmp_path / "out.bdf.csv")
    assert any("was changed after natron wrote it" in note for note in changed.notes)
    assert (len(changed.record), changed.record.area_m2, changed.record.kind) == (465, 1e-4, "full")
    assert all(item.last_row < 465 for item in changed.record.spectra)


def _spoil(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.update(schema_version=2), "schema_version"),
        (lambda c: c.update(extra=1), "extra"),
        (lambda c: c["table"].update(rows=3), "contradict"),
        (lambda c: c["table"]["columns"].popitem(), "contradict"),
        (lambda c: c["table"]["columns"].update({TIME: "text"}), "not numbers|contradict|out.bdf.csv"),
        (lambda c: c["spectra"][0].update(first_row=10**9), "contradict"),
        (lambda c: c["spectra"][0].update(first_row=0), "contradict|out.bdf.csv"),
        (lambda c: c["spectra"][0].update(provenance=9), "contradict"),
        (lambda c: c["record"].update(provenance=9), "contradict"),
        (lambda c: c["record"].update(area={"value": -1.0, "unit": "cm2"}), "area"),
        (lambda c: c["record"].update(area={"value": 1.0, "unit": "acre"}), "another unit"),
        (lambda c: c["spectra"][0]["conditions"].update(temperature={"value": -400.0, "unit": "degC"}), "temperature"),
    ],
)
def test_metadata_that_do_not_fit_are_refused(real, tmp_path, change, says):
    beside = io.write(io.read(real("biologic/mb.issue_149.mpt"), area_m2=1e-4), tmp_path / "out.bdf.csv")
    _spoil(beside, change)
    with pytest.raises(DataError, match=says) as caught:
        io.read(tmp_path / "out.bdf.csv")
    assert "out.bdf.csv" in str(caught.value)


def test_an_area_edited_in_one_place_is_said(real, tmp_path):
    beside = io.write(io.read(real("biologic/mb.issue_149.mpt"), area_m2=5e-5), tmp_path / "out.bdf.csv")
    assert not any("areas of record and spectra differ" in note for note in io.read(tmp_path / "out.bdf.csv").notes)
    _spoil(beside, lambda c: c["record"]["area"].update(value=2.0))
    edited = io.read(tmp_path / "out.bdf.csv")
    assert any("areas of record and spectra differ" in note for note in edited.notes)
    density = edited.record.table["Current Density / mA.cm-2"].to_numpy()
    np.testing.assert_allclose(density, edited.record.current_A * 1e3 / 2.0)
    one = io.read(tmp_path / "out.bdf.csv", area_m2=3e-4)
    assert {s.spectrum.area_m2 for s in one.record.spectra} == {one.record.area_m2} == {3e-4}
    assert not any("areas of record and spectra differ" in note for note in one.notes)


def test_a_table_whose_metadata_are_lost_is_read_as_it_stands(real, tmp_path):
    written = io.read(real("biologic/mb.issue_149.mpt"), area_m2=5e-5, kind="symmetric")
    io.write(written, tmp_path / "out.bdf.csv").unlink()
    found = io.read(tmp_path / "out.bdf.csv").record
    assert (found.area_m2, found.kind, len(found.spectra)) == (None, None, len(written.spectra))
    np.testing.assert_array_equal(found.current_A, written.record.current_A)


def test_a_column_of_areas_is_not_used_and_said(tmp_path):
    path = tmp_path / "areas.csv"
    path.write_text("time/s,voltage/V,current/mA,area/cm2\n" + "".join(f"{k},3.5,1,0.50 ± 0.01\n" for k in range(9)))
    found = io.read(path)
    assert found.record.area_m2 is None
    assert any("columns not used: 'area/cm2'; a test has one area" in note for note in found.notes)


def test_metadata_that_are_no_json_are_refused(real, tmp_path):
    beside = io.write(io.read(real("eis-vendors/data_exampleData.csv")), tmp_path / "out.bdf.parquet")
    beside.write_bytes(b"\xff{")
    with pytest.raises(DataError, match="not natron's"):
        io.read(tmp_path / "out.bdf.parquet")
