"""Inputs that fuzzing found to be taken badly, each cut down to what matters; see benchmarks/fuzz/RUNS.md."""

from __future__ import annotations

import json
import logging
import struct
import warnings
import zipfile
from datetime import time, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from natron import io
from natron.cell import parse_cell
from natron.core import CellError, NatronError
from natron.data import DataError
from natron.io.heard import heard


def _taken(path: Path, content: bytes, **options: object) -> str:
    """Read or refused; what is said of it either way, on one printable line each."""
    path.write_bytes(content)
    try:
        reading = io.read(path, **options)
    except NatronError as error:
        assert error.exit_code in (2, 3)
        assert str(error).isprintable()
        return str(error)
    assert reading.record is not None or reading.spectra
    return "\n".join(reading.notes)


def test_a_charge_too_large_for_its_time(tmp_path):
    # dq/Δt is no number any more: the row is left out, and numpy's warning stays inside
    said = _taken(
        tmp_path / "a.mpt",
        b"EC-Lab ASCII FILE\nNb header lines : 4\n\n"
        b"time/s\tEwe/V\tdq/mA.h\n0\t3\t0\n1e-300\t3\t1e20\n1\t3\t1e-3\n2\t3\t1e-3\n",
    )
    assert "1 rows without a time, voltage or current were left out" in said


def test_a_lone_quotation_mark_inside_a_field(tmp_path, recwarn):
    rows = [b"%d,3,1" % k for k in range(10)]
    rows[5] = b'5,3",1'
    path = tmp_path / "a.bdf.csv"
    path.write_bytes(b"\n".join([b"Test Time / s,Voltage / V,Current / A", *rows]))
    with warnings.catch_warnings():
        # polars warns from compiled code, where a warning made an error would be lost
        warnings.simplefilter("always")
        record = io.read(path).record
    assert not recwarn.list
    assert record is not None
    assert record.table["Test Time / s"].to_list() == list(range(10))


def test_what_the_neware_reader_is_not_sure_of_is_a_note(tmp_path, recwarn):
    # version 2 of .nda: a head that says where the rows are, then rows of 39 bytes
    pytest.importorskip("fastnda")
    head = b"NEWARE".ljust(14, b"0") + b"\x02" + bytes(49) + struct.pack("<II", 128, 0) + bytes(56)
    rows = [struct.pack("<B4xIBBIii8xq", 0, 1, 1, 1, k, 31000 + k, 5, 0) for k in range(4)]
    said = _taken(tmp_path / "a.nda", head + b"".join(rows))
    assert "fastnda: nda_version 2 has not been verified" in said
    assert not recwarn.list


NUMBERS = b"t,E,I\n0,3,1\n1,3,1\n2,3,1\n"
COLUMNS = '\n[columns]\n"Test Time / s" = "t"\n"Voltage / V" = "E"\n"Current / A" = "I"\n'


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("delimiter = 5" + COLUMNS, "delimiter: this cannot part the fields"),
        ('delimiter = ""' + COLUMNS, "delimiter: this cannot part the fields"),
        ('delimiter = ",,"' + COLUMNS, "delimiter: this cannot part the fields"),
        ('delimiter = "é"' + COLUMNS, "delimiter: this cannot part the fields"),
        ('delimiter = ","\ndecimal = ","' + COLUMNS, "delimiter: this cannot part the fields"),
        ("decimal = 7" + COLUMNS, "decimal: unknown decimal sign"),
        ('[columns]\n"Voltage / V" = { column = "E", factor = "x" }', "columns.Voltage / V: a column is a name"),
        ('[columns]\n"Voltage / V" = { column = "E", factor = nan }', "columns.Voltage / V: a column is a name"),
        ('[columns]\n"Voltage / V" = { column = "E", unit = 5 }', "columns.Voltage / V: a column is a name"),
        ('[columns]\n"Voltage / V" = ""', "columns.Voltage / V: a column is a name"),
        ("a = " + "[" * 5000 + "]" * 5000, "too deep"),
        ("a = 1" + "0" * 5000, "too long"),
        ('[columns]\n"Voltage / V" = { column = "E", factor = 0x' + "F" * 6000 + " }", "too large"),
        ("x" * 6000 + " = 1", "unknown key"),
        ("[columns]\n" + "x" * 6000 + " = 1", "unknown column"),
    ],
    ids=range(15),
)
def test_a_mapping_that_is_none(tmp_path, mapping, says):
    (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
    said = _taken(tmp_path / "a.txt", NUMBERS, mapping=tmp_path / "map.toml")
    assert says in said
    assert "map.toml" in said
    assert len(said) < 1000


def test_a_mapping_with_a_delimiter_of_its_own(tmp_path):
    (tmp_path / "map.toml").write_text('delimiter = ":"' + COLUMNS, encoding="utf-8")
    said = _taken(tmp_path / "a.txt", NUMBERS.replace(b",", b":"), mapping=tmp_path / "map.toml")
    assert "fields parted by :, decimal point" in said


def test_columns_named_in_another_script(tmp_path):
    # such names have no plain letter to be compared by: both were taken for the first
    (tmp_path / "map.toml").write_text(COLUMNS.replace('"E"', '"电压"').replace('"I"', '"电流"'), encoding="utf-8")
    (tmp_path / "a.txt").write_text("t,电压,电流\n0,3.1,1\n1,3.2,2\n2,3.3,3\n", encoding="utf-8")
    record = io.read(tmp_path / "a.txt", mapping=tmp_path / "map.toml").record
    assert record is not None
    assert record.table["Voltage / V"].to_list() == [3.1, 3.2, 3.3]
    assert record.table["Current / A"].to_list() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "content",
    [
        b"EC-Lab ASCII FILE\nNb header lines : "
        + b"9" * 5000
        + b"\n\ntime/s\tEwe/V\tI/mA\n0\t3\t0\n1\t3\t1\n2\t3\t1\n",
        b"EXPLAIN\nTAG\tX\nCURVE\tTABLE\t"
        + b"9" * 5000
        + b"\n\tPt\tT\tVf\tIm\n\t#\ts\tV\tA\n\t0\t0\t3\t0\n\t1\t1\t3\t1\n",
    ],
    ids=["EC-Lab", "Gamry"],
)
def test_a_count_with_thousands_of_digits(tmp_path, content):
    _taken(tmp_path / "a.txt", content)


@pytest.mark.parametrize(
    "rows",
    ["-1e308,3,1e308,1\n1e308,3,-1e308,1", "0,1e308,1e308,1e308\n1e308,1e308,1e308,1", "0,3,-1e300,1\n1e300,3,1e10,1"],
    ids=range(3),
)
def test_numbers_whose_sums_and_products_are_none(tmp_path, rows):
    # rows of numbers that no instrument measures are as good as empty, and numpy has nothing to warn of
    names = "Test Time / s,Voltage / V,Current / A,Unix Time / s"
    said = _taken(tmp_path / "a.csv", f"{names}\n{rows}\n2,3,1,1\n3,3,1,1\n".encode())
    assert "2 rows without a time, voltage or current were left out" in said


ODD = {
    "times of day": pl.Series([time(1), time(2), None, time(3)]),
    "durations": pl.Series([timedelta(seconds=1)] * 4),
    "dates beyond the calendar": pl.Series([2**62, -(2**62), 0, 1]).cast(pl.Datetime("ms")),
    "lists": pl.Series([[1.0], [2.0], [], None]),
    "arrays": pl.Series([[1.0, 2.0]] * 4, dtype=pl.Array(pl.Float64, 2)),
    "records": pl.Series([{"a": 1}] * 4),
    "bytes": pl.Series([b"1", b"\xff", None, b"3"]),
    "nothing": pl.Series([None] * 4),
    "decimals": pl.Series([Decimal("1.5")] * 4),
    "categories": pl.Series(["1", "2", "x", None]).cast(pl.Categorical),
}


@pytest.mark.parametrize("kind", ODD)
def test_parquet_columns_of_every_kind(tmp_path, capfd, kind):
    columns = {"Test Time / s": [0.0, 1.0, 2.0, 3.0], "Voltage / V": [3.0] * 4, "Current / A": [1e-3] * 4}
    odd = [ODD[kind].alias(label) for label in ("Unix Time / s", "Cycle Count / 1", "Step Type", "Frequency / Hz")]
    pl.DataFrame(columns).with_columns(odd).write_parquet(tmp_path / "odd.parquet")
    _taken(tmp_path / "a.parquet", (tmp_path / "odd.parquet").read_bytes())
    assert "panicked" not in capfd.readouterr().err


def test_parquet_damage_that_ends_the_process_which_decodes_it(tmp_path, capfd):
    # the first page's count of values, 4, made negative: polars then asks for 2**61 bytes and aborts
    table = pl.DataFrame({"Test Time / s": [0.0, 1.0, 2.0, 3.0], "Voltage / V": [3.0] * 4, "Current / A": [1e-3] * 4})
    table.write_parquet(tmp_path / "whole.parquet", compression="uncompressed")
    whole = (tmp_path / "whole.parquet").read_bytes()
    at = whole.index(b"\x15\x08") + 1
    said = _taken(tmp_path / "a.parquet", whole[:at] + b"\x55" + whole[at + 1 :])
    assert "the Parquet file is damaged" in said
    assert capfd.readouterr().err == ""


def test_parquet_durations_are_seconds(tmp_path):
    time_s = pl.Series([timedelta(seconds=k / 2) for k in range(4)]).cast(pl.Duration("ns"))
    table = pl.DataFrame({"Test Time / s": time_s, "Voltage / V": [3.0] * 4, "Current / A": [1e-3] * 4})
    table.write_parquet(tmp_path / "a.parquet")
    record = io.read(tmp_path / "a.parquet").record
    assert record is not None
    assert record.table["Test Time / s"].to_list() == [0.0, 0.5, 1.0, 1.5]


def test_a_parquet_bomb_is_not_opened(tmp_path):
    one = pl.repeat(1.0, 4_000_000)
    pl.select(one.alias("Test Time / s"), one.alias("Voltage / V"), one.alias("Current / A")).write_parquet(
        tmp_path / "bomb.parquet"
    )
    assert (tmp_path / "bomb.parquet").stat().st_size < 1_000_000
    with pytest.raises(DataError, match="unpacks to 4000000 rows of 3 columns"):
        io.read(tmp_path / "bomb.parquet")


def test_what_other_packages_say_is_a_note(caplog, recwarn):
    notes: list[str] = []
    with heard(("fastexcel", "calamine"), notes):
        for _ in range(2):
            logging.getLogger("calamine.xlsx").warning("'Types' not a valid worksheet\nand more")
            logging.getLogger("fastexcel").info("not worth a note")
            warnings.warn("A column was guessed. Please report it.", UserWarning, stacklevel=1)
    assert notes == ["calamine: 'Types' not a valid worksheet", "fastexcel: A column was guessed"]
    assert not caplog.records
    assert not recwarn.list
    logging.getLogger("calamine.xlsx").warning("heard by nobody")
    assert len(caplog.records) == 1
    assert len(notes) == 2


@pytest.mark.parametrize("first_row", [0, 3, 10**30])
@pytest.mark.parametrize("last_row", [5, 10**30])
def test_a_sidecar_with_rows_that_are_not_there(tmp_path, first_row, last_row):
    (tmp_path / "a.txt").write_text("f,re,im\n1000,10,-1\n100,12,-3\n10,14,-2\n")
    side = io.write(io.read(tmp_path / "a.txt"), tmp_path / "b.bdf.csv")
    content = json.loads(side.read_text())
    content["spectra"][0] |= {"first_row": first_row, "last_row": last_row}
    side.write_text(json.dumps(content))
    with pytest.raises(DataError, match="contradict each other"):
        io.read(tmp_path / "b.bdf.csv")


def test_a_sidecar_beside_numbers_that_natron_never_writes(tmp_path):
    (tmp_path / "a.csv").write_text("Test Time / s,Voltage / V,Current / A\n0,3,1\n1,3,1\n2,3,1\n")
    side = io.write(io.read(tmp_path / "a.csv"), tmp_path / "b.bdf.csv")
    table = tmp_path / "b.bdf.csv"
    digest = sha256(table.read_bytes()).hexdigest()
    rows = table.read_text().split("\n")
    at = rows[0].split(",").index("Charge Increment / Ah")
    fields = rows[2].split(",")
    fields[at] = "inf"
    table.write_text("\n".join([*rows[:2], ",".join(fields), *rows[3:]]))
    side.write_text(side.read_text().replace(digest, sha256(table.read_bytes()).hexdigest()))
    with pytest.raises(DataError, match="contradict each other"):
        io.read(table)


@pytest.mark.parametrize(
    "text",
    ["schema_version = 0x" + "F" * 6000, "x" * 6000 + ' = "\\u001b"', "x" * 6000 + " = 1"],
    ids=["a number that Python does not print", "a control character under a long key", "a long key"],
)
def test_a_cell_file_gone_wrong_is_refused_in_few_words(text):
    with pytest.raises(CellError) as caught:
        parse_cell(text, file="a.toml")
    assert len(str(caught.value)) < 1000
    assert str(caught.value).isprintable()


def test_a_small_archive_that_would_take_much_memory(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.ndax", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.ndc", bytes(20 * 1024**2))
    with pytest.raises(DataError, match="unpacks to 20971520 bytes in 1 files"):
        io.read(tmp_path / "bomb.ndax")


def test_short_rows_under_a_long_line_of_names(tmp_path):
    # every missing field would take its place in memory: 20 kB of text made 100 MB, and 30 MB all there is
    names = "Test Time / s,Voltage / V,Current / A," + ",".join(f"c{k}" for k in range(1900))
    said = _taken(tmp_path / "a.bdf.csv", (names + "\n" + "1,3,1\n" * 3000).encode())
    assert "3001 rows are far shorter than its line of 1903 names" in said
    assert "3 names" not in _taken(tmp_path / "b.bdf.csv", (names + "\n" + "1,3,1\n" * 30).encode())


def test_a_signalling_nan_in_an_mpr(tmp_path):
    pytest.importorskip("galvani")
    rows = [struct.pack("<dfI", k, 3.0, bits) for k, bits in enumerate((0x3F800000, 0x7FA00000, 0x3F800000))]
    columns = struct.pack("<IBHHH", len(rows), 3, 4, 6, 8)  # time/s, Ewe/V, I/mA
    data = columns.ljust(405, b"\0") + b"".join(rows)

    def module(name: bytes, version: int, body: bytes) -> bytes:
        return b"MODULE" + name.ljust(10) + bytes(25) + struct.pack("<II", len(body), version) + b"01/02/26" + body

    content = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + bytes(4)
    said = _taken(tmp_path / "a.mpr", content + module(b"VMP Set", 10, bytes(100)) + module(b"VMP data", 2, data))
    assert "1 rows without a time, voltage or current were left out" in said


@pytest.mark.parametrize("name", ["*", "^.*$", "^Voltage.*$"])
def test_a_column_whose_name_polars_takes_for_a_pattern(tmp_path, name):
    rows = {"t": [0.0, 1.0, 2.0], name: [3.0, 3.1, 3.2], "I": [0.1, 0.2, 0.3]}
    pl.DataFrame(rows).write_csv(tmp_path / "a.txt")
    mapping = {"columns": {"Test Time / s": "t", "Voltage / V": name, "Current / A": "I"}}
    record = io.read(tmp_path / "a.txt", mapping=mapping).record
    assert record is not None
    assert record.table["Voltage / V"].to_list() == [3.0, 3.1, 3.2]
    _taken(tmp_path / "a.mpt", f"EC-Lab ASCII FILE\ntime/s\tEwe/V\tI/mA\t{name}\n0\t3\t1\t1\n1\t3\t1\t1\n".encode())
    odd = pl.DataFrame({"Test Time / s": rows["t"], "Voltage / V": rows[name], "Current / A": rows["I"]})
    odd.with_columns(pl.Series("x", [[1], [2], [3]]).alias(name)).write_parquet(tmp_path / "a.parquet")
    record = io.read(tmp_path / "a.parquet").record
    assert record is not None
    assert record.table["Voltage / V"].to_list() == [3.0, 3.1, 3.2]


def test_infinite_numbers_in_a_table_without_names(tmp_path):
    said = _taken(tmp_path / "a.txt", b"1000\t5\t-1\ninf\t5\t-1\ninf\t5\t-1\n100\t6\t-2\n10\t7\t-3\n")
    assert "taken by their place" in said
