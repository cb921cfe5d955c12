"""``natron read`` and ``natron convert``: what is in a file, and the same in an open format."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

TIME, VOLTAGE, CURRENT = "Test Time / s", "Voltage / V", "Current / A"
FREQUENCY, REAL, IMAGINARY = "Frequency / Hz", "Real Impedance / ohm", "Imaginary Impedance / ohm"


@pytest.fixture
def loop_file(tmp_path):
    """Charge, a spectrum, the rest of the charge, discharge; 1 mA, an hour each, in ten rows and five points."""
    hour, points = np.linspace(360.0, 3600.0, 10), np.geomspace(1e4, 1.0, 5)
    rows = [{TIME: t, VOLTAGE: 3 + t / 3600, CURRENT: 1e-3, "Step Index / 1": 1} for t in hour.tolist()]
    rows += [
        {TIME: 3600.0 + k, VOLTAGE: 4.0, CURRENT: 0.0, "Step Index / 1": 2, FREQUENCY: f, REAL: 10 + k, IMAGINARY: -1.0}
        for k, f in enumerate(points.tolist(), start=1)
    ]
    rows += [{TIME: 3610.0 + t, VOLTAGE: 4 - t / 3600, CURRENT: -1e-3, "Step Index / 1": 3} for t in hour.tolist()]
    path = tmp_path / "loop.csv"
    pl.DataFrame(rows).write_csv(path)
    return path


def test_read_json_has_the_record_and_its_spectra(natron, loop_file):
    run = natron(
        "read", loop_file, "--area", "0.5 cm²", "--mass", "2 mg", "--kind", "half", "--working-electrode", "positive",
        "--json",
    )  # fmt: skip
    assert run.code == 0
    assert set(run.json) == {"schema_version", "file", "format", "notes", "record", "spectra"}
    record = run.json["record"]
    assert record["duration"] == {"value": 6850.0, "uncertainty": None, "unit": "s"}
    assert (record["rows"], record["cycles"], record["half_steps"], record["steps"]) == (25, 1, 2, 3)
    assert (record["voltage_min"]["value"], record["voltage_max"]["value"]) == (3.0, 4.0)
    assert record["current_max"] == {"value": 1.0, "uncertainty": None, "unit": "mA"}
    assert record["area"] == {"value": 0.5, "uncertainty": None, "unit": "cm2"}
    assert record["mass"] == {"value": 2.0, "uncertainty": None, "unit": "mg"}
    assert (record["kind"], record["working_electrode"]) == ("half", "positive")
    (spectrum,) = run.json["spectra"]
    assert (spectrum["index"], spectrum["cycle"], spectrum["half_step"], spectrum["points"]) == (0, 1, 1, 5)
    assert spectrum["frequency_max"] == {"value": 10000.0, "uncertainty": None, "unit": "Hz"}
    assert spectrum["frequency_min"]["value"] == 1.0
    assert spectrum["time"]["value"] == 3601.0


def test_read_says_it_to_people(natron, loop_file):
    said = natron("read", loop_file, "--area", "0.5 cm²").out
    for words in ("25 rows over 114 min", "1 cycle, 2 half steps, 3 steps", "3.0000 to 4.0000 V", "-1 to 1 mA",
                  "area 0.5 cm²", "1 spectrum", "Battery Data Format"):  # fmt: skip
        assert words in said, words


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_convert_and_read_give_the_same(natron, loop_file, tmp_path, ending):
    out = tmp_path / f"out.bdf.{ending}"
    run = natron("convert", loop_file, "--to", out, "--area", "0.5 cm²", "--kind", "symmetric", "--json")
    assert run.code == 0
    assert run.json["table"] == str(out)
    assert run.json["metadata"] == f"{out}.json"
    assert run.json["rows"] == 25
    before = natron("read", loop_file, "--area", "0.5 cm²", "--kind", "symmetric", "--json").json
    after = natron("read", out, "--json").json
    assert after["record"] == before["record"]
    assert after["spectra"] == before["spectra"]
    assert after["notes"][1:] == before["notes"]
    assert "Wrote" in natron("convert", out, "--to", tmp_path / "again.bdf.csv").out


def test_several_files_join(natron, loop_file, tmp_path):
    out = tmp_path / "both.bdf.csv"
    run = natron("convert", loop_file, loop_file, "--to", out, "--json")
    assert run.json["rows"] == 50
    assert run.json["record"]["half_steps"] == 4
    assert [spectrum["cycle"] for spectrum in run.json["spectra"]] == [1, 2]
    assert natron("read", out, "--json").json["spectra"] == run.json["spectra"]


def one_line(run, code, *words):
    assert run.code == code, (run.code, run.err)
    assert len(run.err.strip().splitlines()) == 1, run.err
    for word in words:
        assert word in run.err, (word, run.err)


def test_convert_overwrites_nothing(natron, loop_file, tmp_path):
    out = tmp_path / "out.bdf.csv"
    out.write_text("precious")
    one_line(natron("convert", loop_file, "--to", out), 2, "exists already", "out.bdf.csv")
    assert out.read_text() == "precious"
    one_line(natron("convert", loop_file, "--to", loop_file), 2, ".bdf.csv")
    one_line(natron("convert", loop_file, "--to", tmp_path / "nowhere" / "out.bdf.csv"), 2, "cannot be written")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--area", "0.001 cm²"], ["--area", "not one that a cell has"]),
        (["--area", "3 mg"], ["--area", "an area"]),
        (["--area", "-1 cm²"], ["--area"]),
        (["--mass", "0 mg"], ["--mass", "not one that a cell has"]),
        (["--kind", "symetric"], ["--kind", 'Did you mean "symmetric"?']),
        (["--working-electrode", "anode"], ["--working-electrode", "positive"]),
        (["--mapping", "missing.toml"], ["missing.toml"]),
        (["--to"], ["--to"]),
    ],
)
def test_wrong_options_are_usage_errors(natron, loop_file, options, words):
    for command in (["read", loop_file], ["convert", loop_file, "--to", "never.bdf.csv"]):
        if options[0] == "--to" and command[0] == "convert":
            continue
        one_line(natron(*command, *options), 2, *words)


def test_a_file_that_cannot_be_read_leaves_nothing(natron, tmp_path):
    (tmp_path / "bad.mpr").write_bytes(b"BIO-LOGIC MODULAR FILE\x1a".ljust(52) + b"MODULE")
    for arguments in (
        ["read", tmp_path / "bad.mpr"],
        ["convert", tmp_path / "bad.mpr", "--to", tmp_path / "o.bdf.csv"],
    ):
        one_line(natron(*arguments), 3, "bad.mpr", "byte 52")
    assert not (tmp_path / "o.bdf.csv").exists()


def test_a_plus_minus_that_a_record_cannot_carry_is_said(natron, loop_file):
    run = natron("read", loop_file, "--area", "0.5 ± 0.1 cm²")
    assert run.code == 0
    assert "no ±" in run.err


def test_a_mapping_file(natron, tmp_path):
    (tmp_path / "odd.csv").write_text("t;E;J\n0;3;1\n60;3,5;1\n")
    (tmp_path / "map.toml").write_text(
        '[columns]\n"Test Time / s" = "t"\n"Voltage / V" = "E"\n"Current / A" = { column = "J", unit = "mA" }\n'
    )
    record = natron("read", tmp_path / "odd.csv", "--mapping", tmp_path / "map.toml", "--json").json["record"]
    assert (record["rows"], record["voltage_max"]["value"], record["current_max"]["value"]) == (2, 3.5, 1.0)


def test_spectra_alone_convert(natron, tmp_path):
    (tmp_path / "z.csv").write_text("freq/Hz,Re/ohm,Im/ohm\n1000,10,-1\n100,12,-3\n10,15,-2\n")
    run = natron("convert", tmp_path / "z.csv", "--to", tmp_path / "z.bdf.parquet", "--json")
    assert run.json["record"] is None
    (spectrum,) = natron("read", tmp_path / "z.bdf.parquet", "--json").json["spectra"]
    assert (spectrum["points"], spectrum["cycle"]) == (3, None)
