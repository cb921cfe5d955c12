"""Cyclers' text tables and mapped text: units, signs, durations, time zones; every number written here by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from natron import io
from natron.core import InputError
from natron.data import DataError

UNIX = "Unix Time / s"
NEWARE = (
    '"DataPoint","Cycle Index","Step Index","Step Type","Time","Total Time","Current(mA)","Voltage(V)",'
    '"Capacity(mAh)","Chg. Cap.(mAh)","DChg. Cap.(mAh)","Energy(mWh)","Date","Power(mW)","T1(℃)"\n'
)


def test_neware_csv(tmp_path):
    """Times as h:mm:ss, currents in mA with their sign, and the vendor's own step names."""
    path = tmp_path / "neware.csv"
    path.write_text(
        NEWARE + '"1","1","1","Rest","0:00:00.000","0:00:00.000","0.000","3.2000","0","0","0","0",'
        '"2023-06-08 10:05:28","0","25.1"\n'
        '"2","1","2","CC Chg","0:00:00.000","0:01:00.000","1.500","3.3000","0.0000","0.0000","0","0.0000",'
        '"2023-06-08 10:06:28","4.95","25.2"\n'
        '"3","1","2","CC Chg","1:00:00.000","1:01:00.000","1.500","3.4000","1.5000","1.5000","0","5.0250",'
        '"2023-06-08 11:06:28","5.1","25.3"\n'
        '"4","2","3","CC DChg","0:00:00.500","26:01:00.500","-1.500","3.1000","0.0002","0","0.0002","0.0006",'
        '"2023-06-09 12:06:28","-4.65","25.4"\n',
        encoding="utf-8-sig",
    )
    reading = io.read(path)
    table = reading.record.table
    assert reading.format == "Neware .csv"
    assert reading.record.time_s.tolist() == [0, 60, 3660, 93660.5]
    np.testing.assert_allclose(reading.record.current_A, [0, 1.5e-3, 1.5e-3, -1.5e-3])
    assert table["Step Type"].to_list() == ["Rest", "CC Chg", "CC Chg", "CC DChg"]
    assert table["Step Time / s"].to_list() == [0, 0, 3600, 0.5]
    assert table["Cycle Count / 1"].to_list() == [1, 1, 1, 2]
    assert table["Charging Capacity / Ah"].to_list() == [0, 0, 1.5e-3, 0]
    assert table["Step Energy / Wh"].to_list() == pytest.approx([0, 0, 5.025e-3, 0.6e-6])
    assert table["Temperature T1 / degC"][3] == 25.4
    assert table[UNIX][0] == datetime(2023, 6, 8, 10, 5, 28, tzinfo=UTC).timestamp()
    assert any("no time zone" in note for note in reading.notes)


def test_neware_csv_without_rows_or_current(tmp_path):
    path = tmp_path / "neware.csv"
    path.write_text(NEWARE)
    with pytest.raises(DataError, match="no row"):
        io.read(path)
    path.write_text("Cycle Index,Step Index,Total Time,Current(A),Volt(V)\n1,1,0:00:00,0,3\n1,1,0:00:10,0,3\n")
    with pytest.raises(DataError, match="Voltage / V"):
        io.read(path)


def _arbin(path, stamps):
    rows = [f"{k + 1},{10 * k},{stamp},1,1,0.1,3.{k}" for k, stamp in enumerate(stamps)]
    path.write_text(
        "Data_Point,Test_Time(s),Date_Time,Step_Index,Cycle_Index,Current(A),Voltage(V)\n" + "\n".join(rows)
    )
    return io.read(path)


@pytest.mark.parametrize(
    ("stamps", "first", "zoned"),
    [
        (["2024-10-27T02:59:50+02:00", "2024-10-27T02:00:00+01:00"], "2024-10-27T00:59:50", True),
        (["2024-10-27 00:59:50Z", "2024-10-27 01:00:00Z"], "2024-10-27T00:59:50", True),
        (["2024-10-27T00:59:50.500Z", "2024-10-27T01:00:00.500Z"], "2024-10-27T00:59:50.5", True),
        (["2024-10-26 20:59:50 -0400", "2024-10-26 21:00:00 -0400"], "2024-10-27T00:59:50", True),
        (["2024-10-27 02:59:50", "2024-10-27 03:00:00"], "2024-10-27T02:59:50", False),
        (["10/27/2024 02:59:50", "10/27/2024 03:00:00"], "2024-10-27T02:59:50", False),
        (["27.10.2024 02:59:50", "27.10.2024 03:00:00"], "2024-10-27T02:59:50", False),
        (["27-Oct-24 02:59:50 AM", "27-Oct-24 03:00:00 AM"], "2024-10-27T02:59:50", False),
    ],
)
def test_time_stamps_with_and_without_a_zone(tmp_path, stamps, first, zoned):
    """With a zone the clock is the world's, through the end of summer time too; without, as printed, and said."""
    reading = _arbin(tmp_path / "arbin.csv", stamps)
    clock = reading.record.table[UNIX]
    assert clock[0] == datetime.fromisoformat(first).replace(tzinfo=UTC).timestamp()
    assert clock[1] - clock[0] == pytest.approx(10)
    assert any(("carry their time zone" if zoned else "carry no time zone") in note for note in reading.notes)


def test_a_format_that_fits_the_first_stamps_alone_is_not_kept(tmp_path):
    """12/11 may be either; 13/11, after fifty rows that fit both, is the 13th of November."""
    stamps = [f"{day}/11/2024 10:00:{k:02}" for k, day in enumerate([12] * 55 + [13])]
    clock = _arbin(tmp_path / "arbin.csv", stamps).record.table[UNIX]
    assert clock.null_count() == 0
    assert clock[0] == datetime(2024, 11, 12, 10, tzinfo=UTC).timestamp()


def test_a_start_in_the_header_is_said_to_be_without_zone(real):
    notes = io.read(real("biologic/mb.issue_149.mpt")).notes
    assert any("as if in UTC" in note for note in notes)


def test_a_row_that_breaks_off_is_left_out_and_said(real, tmp_path):
    for name in ("biologic/mb.issue_149.mpt", "text/arbin_example.csv", "bdf/DLR__LiLNMOHydra0b__20221125__POCV__25degC"
                 "__Basytec.bdf.csv"):  # fmt: skip
        raw = real(name).read_bytes()
        whole = io.read(real(name)).record
        end = raw.rstrip(b"\r\n").rfind(b"\n") + 1
        cut = tmp_path / real(name).name
        # within the second field of the last row
        separator = b"\t" if name.endswith(".mpt") else b","
        cut.write_bytes(raw[: raw.index(separator, end) + 2])
        reading = io.read(cut)
        assert any("breaks off" in note for note in reading.notes), name
        assert len(reading.record) == len(whole) - 1
        assert reading.record.voltage_V[-1] == whole.voltage_V[-2]


def test_a_mapping_of_spectra_with_units_factors_and_signs(tmp_path):
    (tmp_path / "odd.txt").write_text("bench 7\nnu;R;X\n1,0;50,5;2,5\n0,1;60,5;7,5\n")
    mapping = {
        "delimiter": ";",
        "decimal": ",",
        "columns": {
            "Frequency / Hz": {"column": "nu", "unit": "kHz"},
            "Real Impedance / ohm": "R",
            "Imaginary Impedance / ohm": {"column": "X", "unit": "mohm", "factor": -1000},
        },
    }
    (spectrum,) = io.read(tmp_path / "odd.txt", mapping=mapping).spectra
    assert spectrum.frequency_Hz.tolist() == [1000, 100]
    np.testing.assert_allclose(spectrum.impedance_ohm, [50.5 - 2.5j, 60.5 - 7.5j])


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"columns": {"Voltage / V": {"column": "E", "units": "mV"}}}, "column, unit and factor"),
        ({"columns": {}}, r"\[columns\]"),
        ({"colums": {}}, 'Did you mean "columns"'),
        ({"columns": {"Voltage / V": "E"}, "current": "negative"}, "charge positive or discharge positive"),
    ],
)
def test_a_mapping_that_is_none(tmp_path, mapping, says):
    (tmp_path / "a.csv").write_text("E,I\n1,2\n")
    with pytest.raises(InputError, match=says):
        io.read(tmp_path / "a.csv", mapping=mapping)


def test_a_mapping_whose_columns_are_not_there(tmp_path):
    (tmp_path / "a.csv").write_text("E,I\n1,2\n")
    with pytest.raises(DataError, match="no line of column names as the mapping"):
        io.read(tmp_path / "a.csv", mapping={"columns": {"Voltage / V": "U"}})
    (tmp_path / "map.toml").write_text("[columns\n")
    with pytest.raises(InputError, match="TOML"):
        io.read(tmp_path / "a.csv", mapping=tmp_path / "map.toml")


def test_a_loop_with_spectra_in_plain_text_is_written_and_read_back(tmp_path):
    """Text gives every column as a floating-point number, the cycle counts as well."""
    rows = ["time/s,Ewe/V,I/mA,freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm,Ns,cycle number"]
    for k in range(60):
        swept = 20 <= k < 40
        numbers = (
            10 * k,
            0.1,
            0.01 if swept else 0.1,
            10 ** (6 - 0.2 * (k - 20)) if swept else 0,
            50,
            5,
            int(swept),
            1,
        )
        rows.append(",".join(str(number) for number in numbers))
    file = tmp_path / "loop.csv"
    file.write_text("\n".join(rows))
    found = io.read(file, kind="symmetric")
    out = tmp_path / "out.bdf.csv"
    io.write(found, out)
    again = io.read(out)
    assert [(one.cycle, one.half_step) for one in again.record.spectra] == [(1, 1)]
    assert isinstance(found.record.spectra[0].cycle, int)


def test_a_test_of_many_years_is_one_in_another_unit(tmp_path):
    file = tmp_path / "years.csv"
    lines = [f"{36000 * k},3.5,0.33" for k in range(10000)]
    file.write_text("time/s,voltage/V,current/mA\n" + "\n".join(lines))
    assert any("11.4 years" in note and "unit" in note for note in io.read(file).notes)
    file.write_text("time/s,voltage/V,current/mA\n" + "\n".join(lines[:5000]))
    assert not any("years" in note for note in io.read(file).notes)
