"""Binary files and long texts: what natron reads on its own, checked against files made here by hand."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from natron import io
from natron.data import DataError
from natron.io.instruments import biologic_mpr


@pytest.mark.parametrize("name", ["gcpl.pr_182.1", "gcpl.issue_211", "250116_kigr_gen6_01_02_GCPL_CD8"])
def test_rows_that_galvani_does_not_see_are_the_ones_it_would_give(real, name, monkeypatch):
    """Of a long file galvani is shown a few rows for their columns; all rows are the same as when it reads all."""
    pytest.importorskip("galvani")
    whole = io.read(real(f"biologic/{name}.mpr"))
    monkeypatch.setattr(biologic_mpr, "_ENOUGH", 1100)
    short = io.read(real(f"biologic/{name}.mpr"))
    assert len(short.record) > 1100
    assert short.record.table.equals(whole.record.table)


def test_a_row_count_that_does_not_fit_is_refused(real, tmp_path, monkeypatch):
    pytest.importorskip("galvani")
    raw = bytearray(real("biologic/gcpl.pr_182.1.mpr").read_bytes())
    body = raw.find(b"MODULEVMP data  ")
    body += 65 if raw[body + 41 : body + 45] == b"\xff" * 4 else 57
    (rows,) = struct.unpack_from("<I", raw, body)
    monkeypatch.setattr(biologic_mpr, "_ENOUGH", 1100)
    for wrong in (rows + 1, rows - 1, rows // 2, 2 * rows, 2**32 - 1):
        struct.pack_into("<I", raw, body, wrong)
        (tmp_path / "wrong.mpr").write_bytes(raw)
        with pytest.raises(DataError, match="cannot be decoded"):
            io.read(tmp_path / "wrong.mpr")


def _ism(frequency, impedance, texts=("20251122", "cell 7")) -> bytes:
    """Zahner Thales: the count less one, then columns, then texts with upper and lower case exchanged."""
    count = len(frequency)
    columns = [frequency, np.abs(impedance), np.angle(impedance), np.arange(count, dtype=float)]
    body = b"".join(np.asarray(column, dtype=">f8").tobytes() for column in columns)
    said = b"".join(struct.pack(">H", len(text)) + text.swapcase().encode() for text in texts)
    return bytes(6) + (count - 1).to_bytes(6, "big") + body + bytes(2 * count) + said


def test_zahner_keeps_the_branch_between_the_turns(tmp_path):
    """The sweep begins at 100 Hz, climbs to 1 kHz and only then comes down: the way up is no part of the spectrum."""
    frequency = np.array([100.0, 316.0, 1000.0, 316.0, 100.0, 10.0, 1.0])
    impedance = np.array([9.0, 9, 5 - 1j, 6 - 2j, 7 - 3j, 8 - 2j, 9 - 1j])
    path = tmp_path / "bench.ism"
    path.write_bytes(_ism(frequency, impedance))
    reading = io.read(path)
    (spectrum,) = reading.spectra
    np.testing.assert_array_equal(spectrum.frequency_Hz, frequency[2:])
    np.testing.assert_allclose(spectrum.impedance_ohm, impedance[2:])
    assert any("2 points before the sweep turned" in note for note in reading.notes)
    assert reading.metadata == {"Date": "20251122", "System": "cell 7"}


def test_zahner_upward_and_cut(tmp_path):
    frequency, impedance = np.geomspace(1, 1e5, 20), np.linspace(1, 2, 20) - 1j
    path = tmp_path / "up.ism"
    path.write_bytes(_ism(frequency, impedance))
    reading = io.read(path)
    np.testing.assert_allclose(reading.spectra[0].frequency_Hz, frequency[::-1])
    assert not any("turned" in note for note in reading.notes)
    for size in (12, 100, 12 + 34 * 20 - 1):
        path.write_bytes(_ism(frequency, impedance)[:size])
        with pytest.raises(DataError, match="shorter than the number of points|not known"):
            io.read(path)
    path.write_bytes(_ism(-frequency, impedance))
    with pytest.raises(DataError):
        io.read(path)


def test_long_text_is_read_in_one_piece(tmp_path):
    time = np.arange(120_000)
    lines = [f"{k},{3 + k / 1e6:.6f},{(-1) ** (k // 30_000) * 0.001:.4f}" for k in time.tolist()]
    path = tmp_path / "long.csv"
    path.write_text("bench 7\n\ntime/s,voltage/V,current/A\n" + "\n".join(lines) + "\n")
    assert path.stat().st_size > 2e6
    record = io.read(path).record
    np.testing.assert_array_equal(record.time_s, time)
    np.testing.assert_allclose(record.voltage_V, 3 + time / 1e6, atol=1e-9)
    # a remark between the rows parts the table; all rows are still there
    lines[50_000:50_000] = ["a remark"]
    path.write_text("time/s,voltage/V,current/A\n" + "\n".join(line + " " * 8 for line in lines))
    assert len(io.read(path).record) == 120_000
