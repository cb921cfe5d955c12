"""Broken files: each is refused with what was found and what to do, by a DataError and nothing else."""

from __future__ import annotations

import os
import struct
import sys
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natron import io
from natron.data import DataError
from natron.io import recognise

SMALL = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))


def _refused(path) -> str:
    with pytest.raises(DataError) as caught:
        io.read(path)
    assert caught.value.exit_code == 3
    assert Path(path).name in str(caught.value)
    return str(caught.value)


def _try(path) -> None:
    """Read or refused: anything else is a fault."""
    try:
        reading = io.read(path)
    except DataError as error:
        said = str(error)
    else:
        said = str(path) if reading.record is not None or reading.spectra else "nothing read, nothing said"
    assert str(path) in said


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\0" * 5000, "zero bytes"),
        (bytes(range(256)) * 50, "format is not known"),
        (b"f,re,im\n1000,1,-1\n", "neither a spectrum of two points"),
        (b"f,re,im\n", "format is not known|no table"),
        (b"f,re,im\nnan,nan,nan\nnan,nan,nan\n", "neither|no table"),
        (b"f,re,im\n-1,1,1\n-2,1,1\n-3,1,1\n", "neither"),
        (b"1,2\n3,4\n5,6\n", "2 columns"),
        (b"alpha,beta,gamma\n1,2,3\n3,4,1\n2,6,0\n", "cannot be told"),
        (b"a" * 5_000_000, "format is not known|no table|characters long"),
        (b"f,re,im\n1,2,3\n2,3,4\n" + b"9" * 5_000_000 + b"\n", "characters long"),
        ("f,re,im\n1000,5\n".encode("utf-16"), "no table|not known|neither|2 columns"),
        (b"EC-Lab ASCII FILE\nNb header lines : 4294967295\n\n", "no line of column names"),
        (b"EC-Lab ASCII FILE\nNb header lines : 3\nfreq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\n", "no row"),
        (
            b"EXPLAIN\nTAG\tEISPOT\nZCURVE\tTABLE\n\tPt\tFreq\n\t#\tHz\nEXPERIMENTABORTED\tTOGGLE\tT\n",
            "no measurement",
        ),
        (b"<Application>\nName=VersaStudio\n</Application>\n<Segment1>\nType=2\n</Segment1>\n", "no point"),
        (b"ZPLOT2 ASCII\n  End Comments\n", "no rows"),
        (b"RelaxIS 3.0 Spectrum export\nData: Frequency\n", "no columns"),
        (b"[Summary]\nNovonix\n", "no line of column names"),
        (b"PAR1 and nothing else", "Parquet file is damaged"),
        (b"PK\x03\x04 data.ndc", "archive is damaged"),
        (b"BIO-LOGIC MODULAR FILE\x1a".ljust(52), "no module"),
    ],
)
def test_broken_content(tmp_path, content, says):
    path = tmp_path / "file.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        io.read(path)
    assert caught.value.exit_code == 3
    assert "file.txt" in str(caught.value)


def test_no_file_a_directory_a_pipe(tmp_path):
    assert "no such file" in _refused(tmp_path / "missing.mpr")
    assert "directory" in _refused(tmp_path)
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        assert "pipe" in _refused(tmp_path / "pipe")
    with pytest.raises(DataError):
        io.read("with\0zero")


def test_a_length_field_of_all_ones(tmp_path):
    module = b"MODULE" + b"VMP Set   " + b"x" * 25 + struct.pack("<IIII", 0xFFFFFFFF, 0xFFFFFFFF, 10, 0) + b"01/01/26"
    path = tmp_path / "a.mpr"
    path.write_bytes(b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + bytes(4) + module)
    assert "module of 4294967295" in _refused(path)
    ism = tmp_path / "a.ism"
    ism.write_bytes(b"\0\0\xff\xff\xff\xff" + b"\xff" * 6 + b"\0" * 500)
    _refused(ism)


def test_a_zip_bomb_is_not_opened(tmp_path):
    path = tmp_path / "bomb.ndax"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("data.ndc", "w") as member:
        for _ in range(200):
            member.write(bytes(1024 * 1024))
    assert "unpacks to" in _refused(path)


@pytest.mark.parametrize(
    "content",
    [
        b"," * 3_000_000 + b"\n" + b"1," * 1_000_000,
        b"f,re,im" + b",same" * 100_000 + b"\n" + b"1,2,3\n" * 100,
        b"Data_Point,Test_Time,Step_Index,Current,Voltage" + b",same" * 100_000 + b"\n" + b"1,2,3\n" * 100,
        b"ZPLOT2 ASCII\n" + b"\n" * 1_000_000,
        b"ZPLOT2 ASCII\n" + b" " * 1_000_000,
        b"[" * 100_000 + b",b,c\n1,2,3\n2,3,4\n",
        b"[Summary]\nNovonix\n" + b"x\n" * 1_000_000,
        b"EXPLAIN\nTAG\t\n" + b"CURVE\tTABLE\n" * 10_000,
        b"~" * 100_000 + b"\n" * 100_000,
        b"1 2 3\nx\n" * 100_000,
    ],
    ids=range(10),
)
def test_oversized_oddities_take_no_time(tmp_path, content):
    path = tmp_path / "odd.txt"
    path.write_bytes(content)
    started = time.process_time()
    _try(path)
    # not a benchmark: what is quadratic takes minutes
    assert time.process_time() - started < 20


def test_a_large_file_of_zeros(tmp_path):
    path = tmp_path / "zeros.mpr"
    with path.open("wb") as file:
        file.truncate(1024**3)
    assert "zero bytes" in _refused(path)


def test_without_galvani_the_remedy_is_said(real, monkeypatch):
    monkeypatch.setitem(sys.modules, "galvani.BioLogic", None)
    message = _refused(real("biologic/PEIS.mpr"))
    assert "pip install 'natron[biologic]'" in message


def test_without_fastnda_the_remedy_is_said(real, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastnda", None)
    assert "pip install 'natron[neware]'" in _refused(real("neware/test.ndax"))


def test_renamed_files_are_known_by_their_content(real, tmp_path, every_file):
    if every_file.endswith((".mpr", ".nda", ".ndax")):
        pytest.importorskip("galvani" if every_file.endswith(".mpr") else "fastnda")
    original = real(every_file)
    renamed = tmp_path / "renamed"
    renamed.write_bytes(original.read_bytes())
    try:
        expected = io.read(original)
    except DataError:
        with pytest.raises(DataError):
            io.read(renamed)
        return
    found = io.read(renamed)
    assert found.format == expected.format
    assert len(found.spectra) == len(expected.spectra)


def test_files_cut_short(real, tmp_path, every_file):
    raw = real(every_file).read_bytes()
    for part in (0.1, 0.5, 0.97):
        path = tmp_path / f"{part}{real(every_file).suffix}"
        path.write_bytes(raw[: int(part * len(raw))])
        _try(path)


def test_a_spectrum_is_asked_of_a_record(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("Test Time / s,Voltage / V,Current / A\n0,3,1\n1,3,1\n")
    with pytest.raises(DataError, match="no impedance spectrum"):
        io.read_spectra(path)


HEADS = (
    b"",
    b"EC-Lab ASCII FILE\nNb header lines : 4\n\nfreq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\n",
    b"mode\ttime/s\tEwe/V\tI/mA\tfreq/Hz\t|Z|/Ohm\tPhase(Z)/deg\n",
    b"EXPLAIN\nTAG\tEISPOT\nZCURVE\tTABLE\n\tPt\tTime\tFreq\tZreal\tZimag\n\t#\ts\tHz\tohm\tohm\n\t",
    b"ZPLOT2 ASCII\n  End Comments\n",
    b"<Application>\nVersaStudio\n<Segment1>\nDefinition=E(V), I(A), Elapsed Time(s), Frequency(Hz), Z Real, "
    b"Z Imag, 0\n",
    b"RelaxIS 3.0 Spectrum export\nData: Frequency\tData: Z'\tData: Z''\n",
    b"Instrument Model:  CHI660E\nFreq/Hz, Z'/ohm, Z\"/ohm\n",
    b"\0\0\0\0\0\0\0\0\0\0\0\x03",
    b"Test Time / s,Voltage / V,Current / A,Frequency / Hz\n",
    b"Data_Point,Test_Time,Step_Index,Current,Voltage\n",
    b"Rec#\tCyc#\tStep\tTest (Sec)\tAmps\tVolts\tState\n",
    b"Cycle-Index,TestTime/Sec,StepTime/Sec,Voltage/V,Current/mA\n",
    b"~Time[h]\tU[V]\tI[A]\n",
    b"[Summary]\nNovonix\nRun Time (h),Potential (V),Current (A)\n",
    b"Cycle Index,Step Index,Total Time,Current(A),Voltage(V)\n",
    b"f;re;im\n",
    b"PAR1",
    b"BIO-LOGIC MODULAR FILE\x1a".ljust(52) + b"MODULEVMP Set   ",
)
LINES = st.lists(
    st.lists(
        st.one_of(
            st.floats(allow_nan=True, width=32).map(repr),
            st.integers(-(10**12), 10**12).map(str),
            st.sampled_from(["", "nan", "1,5", "-1.0E+003", "R", "12:30:01", "2024-01-01 10:00:00", '"', "#", "\0"]),
        ),
        max_size=8,
    ),
    max_size=12,
)


def _fuzz(folder, head: bytes, body: bytes) -> None:
    path = folder / "fuzz"
    path.write_bytes(head + body)
    _try(path)


def _text(lines, delimiter: str) -> bytes:
    return "\n".join(delimiter.join(line) for line in lines).encode()


@SMALL
@given(st.sampled_from(HEADS), st.binary(max_size=300))
def test_fuzz_bytes(tmp_path, head, body):
    _fuzz(tmp_path, head, body)


@SMALL
@given(st.sampled_from(HEADS), LINES, st.sampled_from(["\t", ",", ";", " "]))
def test_fuzz_lines(tmp_path, head, lines, delimiter):
    _fuzz(tmp_path, head, _text(lines, delimiter))


@pytest.mark.long
@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_fuzz_long(tmp_path, head):
    @LONG
    @given(LINES, st.sampled_from(["\t", ",", ";", " "]), st.binary(max_size=200))
    def run(lines, delimiter, tail):
        _fuzz(tmp_path, head, _text(lines, delimiter) + tail)

    run()


@pytest.mark.exhaustive
def test_fuzz_real_files_with_changed_bytes(real, tmp_path, every_file):
    raw = real(every_file).read_bytes()[:200_000]

    @settings(LONG, max_examples=60)
    @given(st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)), min_size=1, max_size=20))
    def run(changes):
        changed = bytearray(raw)
        for at, value in changes:
            changed[at] = value
        _fuzz(tmp_path, b"", bytes(changed))

    run()


def test_every_format_says_what_it_is():
    names = [form.name for form in recognise.FORMATS]
    assert len(set(names)) == len(names)
    assert names[-1] == "delimited text"
