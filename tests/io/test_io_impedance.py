"""Readers of spectra against the numbers in the files, against each other, and against what was made."""

from __future__ import annotations

import numpy as np
import pytest

from natron import io
from natron.data import DataError

# file, format, points, (frequency, impedance) of a point read off the file by eye
POINTS = [
    ("eis-vendors/data_exampleData.csv", "delimited text", 66, 3.1623e-3, 4.949989776e-2 - 2.043869854e-2j),
    (
        "eis-vendors/data_exampleDataAutolab.txt",
        "ZPlot .z",
        41,
        10000,
        0.013785863964281 + 0.007191946305823j,
    ),
    ("eis-vendors/data_exampleDataBioLogic.mpt", "BioLogic .mpt", 43, 1.0003201e3, 65.470886 - 0.38998979j),
    ("eis-vendors/data_exampleDataCHInstruments.txt", "CH Instruments .txt", 73, 8.252e4, 99.12 + 1.603j),
    ("eis-vendors/data_exampleDataGamry.DTA", "Gamry .DTA", 72, 200015.6, 825.8584 - 1367.239j),
    ("eis-vendors/data_exampleDataGamryABORT.DTA", "Gamry .DTA", 72, None, None),
    ("gamry/eispot_data_curveaborted.dta", "Gamry .DTA", 5, 500.1, 225.5566 - 5.513721j),
    (
        "eis-vendors/data_exampleDataParstat.txt",
        "delimited text",
        31,
        10000,
        -0.00049816280376 + 0.01751434799764j,
    ),
    ("eis-vendors/data_exampleDataPowersuite.txt", "delimited text", 30, 0.1, 423929.46 - 49014.063j),
    ("eis-vendors/data_exampleDataVersaStudio.par", "VersaStudio .par", 61, 77426.37, 56.93847 + 1.668054j),
    ("eis-vendors/data_exampleDataZPlot.z", "ZPlot .z", 21, 3.0e3, 613.68 - 137.13j),
    ("eis-vendors/data_exampleDataZPlot_noComments.z", "ZPlot .z", 31, 3.0e5, 642.62 - 85.821j),
    ("eis-vendors/li-ion-battery.ism", "Zahner .ism", 128, 0.0005, 0.67871 * np.exp(-0.91001467j)),
    ("eis-vendors/EIS_data_text_files_zarc_data.txt", "delimited text", 81, 1e6, 9.953881 - 0.020948j),
    (
        "eis-vendors/EIS_data_text_files_LIB_data.txt",
        "delimited text",
        107,
        999.040405,
        0.112362966 + 0.00318273902j,
    ),
    (
        "solid-electrolyte/EIS_Data_Example-2_Example2a.txt",
        "delimited text",
        51,
        1e6,
        3.8055903e3 - 6.3180615e3j,
    ),
    ("solid-electrolyte/EIS_Data_Example-2_Example2b.txt", "delimited text", 50, 1e6, 3.60382e3 - 8.57835e3j),
    ("solid-electrolyte/EIS_Data_Example-2_Example2c.txt", "delimited text", 42, 1e6, 1.73627e4 - 6.88145e4j),
]


@pytest.mark.parametrize(("name", "form", "points", "frequency", "impedance"), POINTS, ids=[p[0] for p in POINTS])
def test_the_numbers_of_the_file(real, name, form, points, frequency, impedance):
    reading = io.read(real(name))
    assert reading.format == form
    assert reading.notes[0].startswith(f"recognised as {form}, for ")
    (spectrum,) = reading.spectra
    assert len(spectrum) == points
    assert (np.diff(spectrum.frequency_Hz) < 0).all()
    assert spectrum.provenance.file == str(real(name))
    assert len(spectrum.provenance.sha256) == 64
    assert spectrum.provenance.notes == reading.notes
    if frequency is not None:
        at = int(np.argmin(abs(spectrum.frequency_Hz - frequency)))
        assert spectrum.frequency_Hz[at] == pytest.approx(frequency, rel=1e-6)
        assert spectrum.impedance_ohm[at] == pytest.approx(impedance, rel=1e-4)


def test_one_spectrum_from_three_programs(real):
    """EC-Lab's binary, its text and RelaxIS's export of one measurement."""
    folder = "solid-electrolyte/tutorials_data_PEIS_LPSCl_IonBlocking_-25C"
    pytest.importorskip("galvani")
    binary, text, relaxis = (io.read_spectra(real(folder + end))[0] for end in (".mpr", ".txt", "_RelaxIS.txt"))
    for other in (text, relaxis):
        assert len(other) == len(binary) == 79
        np.testing.assert_allclose(other.frequency_Hz, binary.frequency_Hz, rtol=1e-6)
        np.testing.assert_allclose(other.impedance_ohm, binary.impedance_ohm, rtol=1e-6)


def test_a_zarc_is_what_its_maker_put_in(real):
    """R∞ = 10 Ω, R = 50 Ω (pyDRTtools' example): the spectrum's ends."""
    spectrum = io.read_spectra(real("eis-vendors/EIS_data_text_files_zarc_data.txt"))[0]
    assert spectrum.impedance_ohm[:5].real.mean() == pytest.approx(10, abs=0.2)
    assert spectrum.impedance_ohm[-5:].real.mean() == pytest.approx(60, abs=1)


@pytest.mark.parametrize(
    ("name", "lengths"),
    [
        ("biologic/peis.issue_149.mpr", [21] * 4),
        ("biologic/geis.issue_149.mpr", [21] * 4),
        ("biologic/PEIS.mpr", [61] * 4),
        ("biologic/mb.issue_149.mpr", [13] * 16),
        ("biologic/mb.issue_149.mpt", [13] * 16),
        ("biologic/mb.issue_223.mpt", [19] * 4),
        ("solid-electrolyte/tutorials_data_PEIS_SSB.mpr", [89]),
    ],
)
def test_several_spectra_in_one_file_give_several(real, name, lengths):
    if name.endswith("mpr"):
        pytest.importorskip("galvani")
    assert [len(s) for s in io.read_spectra(real(name))] == lengths


def test_geometry_in_a_novocontrol_header(real):
    (spectrum,) = io.read_spectra(real("solid-electrolyte/EIS_Data_Example-2_Example2a.txt"))
    assert spectrum.area_m2 == pytest.approx(np.pi / 4 * 0.013**2)
    assert spectrum.thickness_m == pytest.approx(0.75e-3)


def test_a_preset_or_unfilled_area_is_not_used_but_the_users_is(real):
    path = real("eis-vendors/data_exampleDataBioLogic.mpt")
    reading = io.read(path)
    assert reading.spectra[0].area_m2 is None
    assert any("0.001 cm² is the instrument's unfilled field" in note for note in reading.notes)
    assert io.read(path, area_m2=1.5e-4, temperature_K=298.15).spectra[0].area_m2 == 1.5e-4
    assert io.read(real("eis-vendors/data_exampleDataGamry.DTA")).spectra[0].area_m2 is None


def test_a_missing_frequency_column_is_named(real):
    with pytest.raises(DataError, match="no frequency column") as caught:
        io.read(real("eis-vendors/data_exampleDataBioLogic_MissingFreq.mpt"))
    assert caught.value.exit_code == 3


def test_an_aborted_measurement_is_said(real):
    notes = io.read(real("eis-vendors/data_exampleDataGamryABORT.DTA")).notes
    assert any("aborted" in note for note in notes)


FREQUENCY = np.geomspace(1e6, 1, 25)
IMPEDANCE = 20 + 100 / (1 + 1j * 2 * np.pi * FREQUENCY * 1e-4)


def _write(path, rows, header="", delimiter=",", decimal=".", encoding="utf-8"):
    lines = [delimiter.join(f"{value:.8e}".replace(".", decimal) for value in row) for row in rows]
    path.write_bytes((header + "\n".join(lines) + "\n").encode(encoding))
    return path


Z = IMPEDANCE
GENERIC = [
    ("no header, comma", "", ",", ".", [FREQUENCY, Z.real, Z.imag]),
    ("no header, minus Im", "", ",", ".", [FREQUENCY, Z.real, -Z.imag]),
    ("no header, German", "", ";", ",", [FREQUENCY, Z.real, Z.imag]),
    ("no header, blanks and decimal comma", "", "  ", ",", [FREQUENCY, Z.real, Z.imag]),
    ("no header, blanks", "", "   ", ".", [FREQUENCY, Z.real, Z.imag]),
    ("Nova", "Index;Frequency (Hz);Z' (Ω);-Z'' (Ω);Z (Ω);-Phase (°);Time (s)\n", ";", ",",
     [np.arange(25), FREQUENCY, Z.real, -Z.imag, abs(Z), -np.degrees(np.angle(Z)), FREQUENCY]),
    ("kilohm and kHz", "f / kHz\tRe(Z) / kOhm\t-Im(Z) / kOhm\n", "\t", ".",
     [FREQUENCY / 1e3, Z.real / 1e3, -Z.imag / 1e3]),
    ("magnitude and phase", "Freq[Hz],|Z|[ohm],Phase[deg]\n", ",", ".",
     [FREQUENCY, abs(Z), np.degrees(np.angle(Z))]),
    ("magnitude and phase in rad", "Freq[Hz],|Z|[ohm],Phase[rad]\n", ",", ".",
     [FREQUENCY, abs(Z), np.angle(Z)]),
    ("names and a row of units", "Frequency\tZreal\tZimag\nHz\tohm\tohm\n", "\t", ".",
     [FREQUENCY, Z.real, Z.imag]),
    ("other order", "Z_imag,Z_real,freq\n", ",", ".", [Z.imag, Z.real, FREQUENCY]),
    ("commented", "# made by hand\n# freq, re, im\n", ",", ".", [FREQUENCY, Z.real, Z.imag]),
    ("BDF", "Frequency / Hz,Real Impedance / ohm,Imaginary Impedance / ohm\n", ",", ".",
     [FREQUENCY, Z.real, Z.imag]),
    ("BDF machine names", "frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm\n", ",", ".",
     [FREQUENCY, Z.real, Z.imag]),
    ("EC-Lab without its header", "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\ttime/s\t<Ewe>/V\t<I>/mA\n", "\t", ",",
     [FREQUENCY, Z.real, -Z.imag, np.arange(25), np.ones(25), np.ones(25)]),
]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("what", "header", "delimiter", "decimal", "columns"), GENERIC, ids=[g[0] for g in GENERIC])
def test_text_of_any_make(tmp_path, what, header, delimiter, decimal, columns, encoding):
    path = _write(tmp_path / "s.txt", np.column_stack(columns), header, delimiter, decimal, encoding)
    (spectrum,) = io.read_spectra(path)
    np.testing.assert_allclose(spectrum.frequency_Hz, FREQUENCY, rtol=1e-7)
    np.testing.assert_allclose(spectrum.impedance_ohm, IMPEDANCE, rtol=1e-6)


def test_what_was_recognised_is_said(tmp_path):
    path = _write(tmp_path / "s.csv", np.column_stack([FREQUENCY, Z.real, -Z.imag]), "f/Hz;Z'/ohm;Z''/ohm\n", ";", ",")
    notes = " | ".join(io.read(path).notes)
    assert "semicolon" in notes
    assert "decimal comma" in notes
    assert "'f/Hz' as Frequency / Hz" in notes
    assert "taken as its negative" in notes


def test_latin_1_and_odd_line_ends(tmp_path):
    rows = "\r\r\n".join(f"{f:.6e}\t{z.real:.6e}\t{z.imag:.6e}" for f, z in zip(FREQUENCY, Z, strict=True))
    path = tmp_path / "s.txt"
    path.write_bytes(("Größe in Ω cm²".replace("Ω", "Ohm") + "\r\r\nFreq\tZre\tZim\r\r\n" + rows).encode("latin-1"))
    assert len(io.read_spectra(path)[0]) == 25


def test_spectra_one_under_the_other(tmp_path):
    rows = np.column_stack([FREQUENCY, Z.real, Z.imag])
    first, again = (
        _write(tmp_path / "a", rows, "f,re,im\n"),
        _write(tmp_path / "b", rows * [1, 2, 2], "f,re,im\n"),
    )
    both = tmp_path / "both.csv"
    both.write_text(first.read_text() + "\n" + again.read_text())
    spectra = io.read_spectra(both)
    assert [len(s) for s in spectra] == [25, 25]
    np.testing.assert_allclose(spectra[1].impedance_ohm, 2 * spectra[0].impedance_ohm, rtol=1e-6)
    run_on = _write(tmp_path / "c.csv", np.vstack([rows, rows]), "f,re,im\n")
    assert [len(s) for s in io.read_spectra(run_on)] == [25, 25]


def test_disorder_repeats_and_gaps_are_mended_and_said(tmp_path):
    rows = np.column_stack([FREQUENCY, Z.real, Z.imag])
    shuffled = rows[np.random.default_rng(1).permutation(25)]
    reading = io.read(_write(tmp_path / "u.csv", shuffled, "f,re,im\n"))
    np.testing.assert_allclose(reading.spectra[0].impedance_ohm, IMPEDANCE, rtol=1e-6)
    assert any("were sorted" in note for note in reading.notes)
    reading = io.read(_write(tmp_path / "d.csv", np.repeat(rows, 2, axis=0), "f,re,im\n"))
    assert len(reading.spectra[0]) == 25
    assert any("averaged" in note for note in reading.notes)
    broken = rows.copy()
    broken[3, 1] = np.nan
    reading = io.read(_write(tmp_path / "n.csv", broken, "f,re,im\n"))
    assert len(reading.spectra[0]) == 24
    assert any("1 points of spectra that are not numbers were left out" in note for note in reading.notes)


def test_relaxis_with_two_spectra_and_temperatures(tmp_path):
    block = "".join(f"{f}\t{z.real}\t{z.imag}\n" for f, z in zip(FREQUENCY, Z, strict=True))
    head = "RelaxIS 3.0 Spectrum export\nDate: 1/1/2026\nData: Frequency\tData: Z'\tData: Z''\n"
    path = tmp_path / "r.txt"
    path.write_text(head + f"T=-25 °C, DC=0\tModel: none\t\n{block}T=30 °C, DC=0\tModel: none\t\n{block}")
    spectra = io.read_spectra(path)
    assert [s.temperature_K for s in spectra] == [pytest.approx(248.15), pytest.approx(303.15)]
