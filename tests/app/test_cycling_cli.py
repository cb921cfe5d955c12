"""``natron cycling`` as a user meets it: one test, several files, JSON, pictures, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

DATA = Path(os.environ.get("NATRON_TEST_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")).resolve()
HEADER = (
    "Test Time / s,Voltage / V,Current / A,Step Index / 1,Frequency / Hz,Real Impedance / ohm,Imaginary Impedance / ohm"
)


def real(name):
    if not (DATA / name).is_file():
        pytest.skip(f"no real file {name} under {DATA}; set NATRON_TEST_DATA to the folder that has it")
    return DATA / name


def write(path, *, cycles=3, current=1e-3, efficiency=0.99, spectra=False, begin=0.0):
    """A symmetric cell's test as a BDF table; a spectrum that leaks charge after each half step."""
    lines, t = [HEADER], begin
    for k in range(2 * cycles):
        sign = 1 if k % 2 == 0 else -1
        rows = 60 if sign > 0 else round(60 * efficiency)
        lines += [f"{t + 60 * (n + 1)},{sign * 0.05},{sign * current},{1 if sign > 0 else 3},,," for n in range(rows)]
        t += 60 * rows
        if spectra:
            for f in np.geomspace(1e6, 1, 12):
                t += 5
                lines.append(f"{t},0.0,5e-3,{2 if sign > 0 else 4},{f},50,{-1e5 / f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_json_of_a_loop_with_spectra(natron, tmp_path):
    file = write(tmp_path / "loop.bdf.csv", spectra=True, efficiency=0.95)
    run = natron("cycling", file, "--area", "0.785 cm²", "--kind", "symmetric", "--json")
    assert (run.code, run.err) == (0, "")
    content = run.json
    assert content["schema_version"] == 1
    assert len(content["cycles"]) == 3
    # the first row of a test closes no interval, so that the first charge is one of 60 rows short
    assert [c["coulombic_efficiency"]["value"] for c in content["cycles"][1:]] == pytest.approx([0.95] * 2)
    assert content["cycles"][1]["coulombic_efficiency_with_eis"]["value"] != pytest.approx(0.95, abs=0.02)
    assert content["cycles"][1]["coulombic_efficiency"]["unit"] == "1"
    assert content["cycles"][1]["charge_capacity"] == {"value": pytest.approx(1.0), "uncertainty": None, "unit": "mAh"}
    assert content["cycles"][1]["areal_charge_capacity"]["value"] == pytest.approx(1 / 0.785)
    assert content["cycles"][1]["areal_charge_capacity"]["unit"] == "mAh/cm2"
    half = content["half_steps"][2]
    assert {"index", "cycle", "sign", "current_density", "areal_capacity", "capacity", "voltage_start", "voltage_end",
            "area_specific_resistance"} <= set(half)  # fmt: skip
    assert half["area_specific_resistance"] == {"value": pytest.approx(39.25), "uncertainty": None, "unit": "ohm.cm2"}
    assert [(s["cycle"], s["half_step"], s["points"]) for s in content["spectra"]] == [
        (1 + k // 2, 1 + k, 12) for k in range(6)
    ]
    assert content["spectra"][0]["frequency_max"]["unit"] == "Hz"
    assert content["events"] == []
    assert content["pairing"] == {
        "rule": "second_over_first",
        "words": content["pairing"]["words"],
        "assumed": False,
    }


def test_areal_values_are_null_without_an_area(natron, tmp_path):
    content = natron("cycling", write(tmp_path / "a.bdf.csv"), "--json").json
    for one in content["cycles"]:
        assert one["areal_charge_capacity"] is one["areal_discharge_capacity"] is None
    for one in content["half_steps"]:
        assert one["areal_capacity"] is one["current_density"] is one["area_specific_resistance"] is None
        assert one["resistance"]["value"] == pytest.approx(50)
    assert content["pairing"]["assumed"]


def test_several_files_are_one_test_unless_each_is_asked_for(natron, tmp_path):
    files = [write(tmp_path / "1.bdf.csv"), write(tmp_path / "2.bdf.csv", cycles=2)]
    joined = natron("cycling", *files, "--json")
    assert [c["cycle"] for c in joined.json["cycles"]] == [1, 2, 3, 4, 5]
    assert any("starts anew" in note for note in joined.json["notes"])
    apart = natron("cycling", *files, "--each", "--json").json
    assert [len(test["cycles"]) for test in apart["tests"]] == [3, 2]
    assert [test["files"] for test in apart["tests"]] == [[str(file)] for file in files]


def test_one_broken_file_of_several_tests(natron, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"\x00" * 100)
    run = natron("cycling", write(tmp_path / "1.bdf.csv"), broken, "--each", "--json")
    assert run.code == 5
    assert len(run.json["tests"]) == 1
    assert "broken.csv" in run.err


def test_pictures_and_tables(natron, tmp_path):
    file = write(tmp_path / "a.bdf.csv", spectra=True)
    for _ in range(2):  # natron's own are written anew
        assert natron("cycling", file, "--out", tmp_path / "out").code == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"voltage-current.svg", "voltage-capacity.svg", "cycles.svg", "cycles.csv"}
    table = (tmp_path / "out" / "cycles.csv").read_text().splitlines()
    assert table[0].startswith("Cycle Count / 1,Charging Capacity / mAh")
    assert len(table) == 4
    assert all((tmp_path / "out" / name).stat().st_size > 1000 for name in names if name.endswith("svg"))


def test_a_users_file_is_never_written_over(natron, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "cycles.csv").write_text("mine\n")
    run = natron("cycling", write(tmp_path / "a.bdf.csv"), "--out", tmp_path / "out")
    assert run.code == 2
    assert (tmp_path / "out" / "cycles.csv").read_text() == "mine\n"


def test_the_terminal_says_how_efficiency_is_formed(natron, tmp_path):
    run = natron("cycling", write(tmp_path / "a.bdf.csv", spectra=True), "--area", "0.785 cm²", "--mass", "6.5 mg")
    assert run.code == 0
    assert "0.785 cm²" in run.out
    assert "6.5 mg" in run.out
    assert "mAh/cm²" in run.out
    assert "symmetric cell" in run.out
    assert "assumed" in run.out
    assert "CE with EIS" in run.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--kind", "symetric"], "symmetric"),
        (["--area", "0.001 cm²"], "0.001 cm2"),
        (["--area", "1 V"], "--area"),
        (["--formation", "9"], "so many cycles"),
        (["--thickness", "0 mm"], "above zero"),
        (["--diffusion-length", "soon"], "--diffusion-length"),
        (["--working-electrode", "left"], "positive, negative"),
    ],
)
def test_wrong_usage(natron, tmp_path, options, words):
    run = natron("cycling", write(tmp_path / "a.bdf.csv"), *options)
    assert run.code == 2
    assert words in run.err
    assert run.out == ""


def test_a_file_that_is_none(natron, tmp_path):
    run = natron("cycling", tmp_path / "none.mpr", "--json")
    assert run.code in (2, 3)
    assert run.out == ""
    (tmp_path / "empty.mpr").write_bytes(b"")
    assert natron("cycling", tmp_path / "empty.mpr", "--json").code == 3


def test_spectra_alone_are_no_cycling(natron):
    run = natron("cycling", real("solid-electrolyte/EIS_Data_Example-2_Example2a.txt"))
    assert run.code == 2
    assert "natron eis" in run.err


@pytest.mark.parametrize(
    "name",
    ["biologic/mb.issue_149.mpt", "text/arbin_example.csv",
     "biologic/mb.issue_223.mpt", "text/maccor_example.001", "gamry/chronoa_data.dta"],
)  # fmt: skip
def test_real_files_give_json_and_pictures(natron, tmp_path, name):
    run = natron("cycling", real(name), "--json", "--out", tmp_path / "out")
    assert run.code == 0
    json.loads(run.out, parse_constant=lambda text: pytest.fail(f"{text} in JSON"))
    assert (tmp_path / "out" / "voltage-current.svg").is_file()
    assert not [e for e in run.json["events"] if "short" in e["kind"]]


def test_published_capacities(natron):
    content = natron("cycling", real("biologic/gcpl.pr_182.1.mpt"), "--mass", "6.52 mg", "--kind", "half",
                     "--working-electrode", "negative", "--json").json  # fmt: skip
    first = content["cycles"][0]
    assert first["discharge_capacity"]["value"] == pytest.approx(3.25196, rel=1e-5)
    assert first["charge_capacity"]["value"] == pytest.approx(2.61607, rel=1e-5)
    assert first["specific_charge_capacity"]["value"] == pytest.approx(2.61607 / 6.52e-3, rel=1e-5)
    assert first["specific_charge_capacity"]["unit"] == "mAh/g"
