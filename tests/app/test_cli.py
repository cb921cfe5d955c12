"""The command line as a user meets it: answers, exit codes, one clear line for everything that is wrong."""

import json
import os
import re
import subprocess
import sys
import time

import pytest

from natron.cell import built_in_texts

TEXT = built_in_texts()["lowack2025-cell1"]


def test_design_json_has_the_agreed_shape(natron):
    run = natron("design", "lowack2025-cell1", "--json")
    assert run.code == 0
    result = run.json
    assert result["schema_version"] == 1
    five = {"areal_capacity", "anode_thickness", "stack_thickness", "volumetric_energy_density",
            "gravimetric_energy_density"}  # fmt: skip
    for basis in ("theoretical", "measured"):
        figures = result["figures"][basis]
        assert five <= set(figures)
        for name in five:
            assert set(figures[name]) == {"value", "uncertainty", "unit"}
    energy = result["figures"]["theoretical"]["volumetric_energy_density"]
    assert energy["value"] == pytest.approx(278, rel=5e-3)
    assert energy["unit"] == "Wh/l"
    assert result["figures"]["porosity"] == {"value": 0.63, "uncertainty": 0.03, "unit": "1"}
    assert result["breakdown"]
    assert result["sensitivity"]["gravimetric_energy_density"]
    assert run.err == ""


def test_contradictions_go_to_stderr_and_json_stays_clean(natron):
    run = natron("design", "lowack2025-cell2", "--json")
    assert run.code == 0
    assert "1.32" in run.err
    assert any("1.32" in warning for warning in run.json["warnings"])


@pytest.mark.parametrize("name", sorted(built_in_texts()))
def test_every_built_in_cell_designs_and_shows(natron, name):
    assert natron("design", name).code == 0
    result = natron("design", name, "--json")
    assert result.code == 0
    assert "theoretical" in result.json["figures"]
    assert natron("cell", "show", name).code == 0
    assert natron("cell", "check", name).code == 0


def test_set_changes_a_value(natron):
    run = natron("design", "lowack2025-cell1", "--set", "separator.thickness=0 µm", "--json")
    assert run.code == 2
    run = natron("design", "lowack2025-cell1", "--set", "separator.thickness=100 µm", "--json")
    assert run.json["figures"]["theoretical"]["stack_thickness"]["value"] == pytest.approx(358.33, abs=0.01)


def test_what_if_and_target(natron):
    steps = ["activation = 100 %", "porosity = 30 %", "reservoir = 0 µm"]
    arguments = [part for step in steps for part in ("--what-if", step)]
    run = natron("design", "lowack2025-cell1", *arguments, "--json")
    energies = [stage["volumetric_energy_density"]["value"] for stage in run.json["what_if"]]
    assert energies == pytest.approx([238.6, 277.9, 400.3, 481.0], abs=0.5)
    run = natron("design", "lowack2025-cell1", "--target", "volumetric_energy_density = 450 Wh/l", "--json")
    assert run.code == 0
    assert run.json["solve"]["status"] == "cannot_be_reached"
    run = natron(
        "design", "lowack2025-cell1", "--target", "volumetric_energy_density = 350 Wh/l",
        "--by", "positive.thickness", "--json",
    )  # fmt: skip
    assert run.json["solve"]["value"]["unit"] == "um"


def test_audit_json_has_the_agreed_shape(natron):
    run = natron("audit", "--json")
    assert run.code == 0
    claims = run.json["claims"]
    assert len({claim["document"] for claim in claims}) == 5
    for claim in claims:
        assert {
            "id",
            "document",
            "statement",
            "claimed",
            "computed",
            "verdict",
            "origin",
            "explanation",
        } <= set(claim)
    only = natron("audit", "lowack2025", "--only", "disagrees").out
    assert "421" in only


def test_audit_reads_a_file(natron, tmp_path):
    file = tmp_path / "claims.toml"
    file.write_text(
        '[document]\nkey = "mine"\ntitle = "Mine"\n[[claim]]\nid = "a"\nstatement = "LFP gives 160"\n'
        'claimed = "160 mAh/g"\nmust_be = "at_most"\nrelation = "materials.theoretical_capacity"\n'
        'inputs = { formula = "LiFePO4", electrons = 1 }\n',
        encoding="utf-8",
    )
    claim = natron("audit", file, "--json").json["claims"][0]
    assert claim["verdict"] == "agrees"
    assert claim["computed"]["value"] == pytest.approx(169.9, abs=0.05)


def test_reproduce_writes_a_page_and_says_where(natron, tmp_path):
    page = tmp_path / "report.html"
    run = natron("reproduce", "lowack2025", "--out", page)
    assert run.code == 0
    assert str(page) in run.out
    assert page.stat().st_size > 100_000
    result = natron("reproduce", "lowack2025", "--out", page, "--json").json
    assert [roadmap["start"] for roadmap in result["roadmaps"]] == [
        "From porosity and thickness as given", "From loading and solid density",
    ]  # fmt: skip
    thickness = [roadmap["stages"][-1]["cathode_thickness"]["value"] for roadmap in result["roadmaps"]]
    assert thickness == pytest.approx([105.7, 108.4], abs=0.1)


def test_a_new_cell_file_works_at_once(natron, tmp_path):
    file = tmp_path / "mine.toml"
    assert natron("cell", "new", file).code == 0
    assert natron("cell", "check", file).code == 0
    result = natron("design", file, "--json").json
    assert result["cell"]["name"] == "mine"
    again = natron("cell", "new", file)
    assert again.code == 2
    assert "exists" in again.err
    assert natron("cell", "new", file, "--force").code == 0


def test_schema_is_json(natron):
    schema = natron("cell", "schema").json
    assert schema["$schema"].startswith("https://json-schema.org")
    assert "separator" in schema["properties"]


def wrong(run, *words):
    assert run.code == 2, (run.code, run.err)
    assert run.out == ""
    lines = run.err.strip().splitlines()
    assert len(lines) == 1, run.err
    for word in words:
        assert word in run.err, run.err


def test_bad_files_give_one_clear_line(natron, tmp_path):
    def file(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    wrong(natron("design", tmp_path / "missing.toml"), "missing.toml", "no such file")
    wrong(natron("design", f"{tmp_path}/"), "folder")
    wrong(natron("design", file("broken.toml", "[negative\n")), "broken.toml", "TOML", "line 1")
    wrong(natron("design", file("empty.toml", "")), "empty.toml", "missing")
    wrong(natron("design", file("binary.toml", b"\x00\xff\xfe\x80")), "binary.toml", "UTF-8")
    wrong(natron("design", file("latin.toml", 'title = "Grö'.encode("latin-1"))), "UTF-8")
    kg = TEXT.replace('"50 ± 4 µm"', '"50 kg"', 1)
    wrong(natron("design", file("kg.toml", kg)), "kg.toml", "separator.thickness", "50 kg", "length")
    minus = TEXT.replace('"50 ± 4 µm"', '"-50 µm"', 1)
    wrong(natron("cell", "check", file("minus.toml", minus)), "separator.thickness", "-50 µm")
    key = TEXT.replace("reservoir =", "resevoir =", 1)
    wrong(natron("design", file("key.toml", key)), "negative.resevoir", '"reservoir"')
    cold = TEXT.replace('"30 °C"', '"-300 °C"', 1)
    wrong(natron("design", file("cold.toml", cold)), "operation.temperature", "-300 °C", "-273.15")


def test_a_hundred_megabytes_are_refused_at_once(natron, tmp_path):
    path = tmp_path / "huge.toml"
    with path.open("wb") as handle:
        handle.truncate(100_000_000)
    started = time.monotonic()
    wrong(natron("design", path), "huge.toml", "too large")
    assert time.monotonic() - started < 30  # it hangs or it does not: not a measure of speed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["design"], ["Missing argument"]),
        (["design", "lowack2025-cel1"], ["lowack2025-cell1"]),
        (["design", "lowack2025-cell1", "--set", "thickness"], ["key=value"]),
        (["design", "lowack2025-cell1", "--set", "separator.thicknes=30 µm"], ["thickness"]),
        (["design", "lowack2025-cell1", "--what-if", "porosity 30 %"], ["porosity = 30 %"]),
        (["design", "lowack2025-cell1", "--target", "energy = 450 Wh/l"], ["volumetric_energy_density"]),
        (["design", "lowack2025-cell1", "--target", "volumetric_energy_density = 450 µm"], ["450 µm"]),
        (["design", "lowack2025-symmetric", "--what-if", "porosity = 30 %"], ["porous"]),
        (["cell", "show", "nothing"], ["natron cell list"]),
        (["reproduce", "lowack2024"], ["lowack2025"]),
        (["audit", "lowack2024"], ["lowack2025"]),
        (["audit", "lowack2025", "--only", "wrong"], ["agrees"]),
        (["desgin", "lowack2025-cell1"], ["design"]),
        (["design", "lowack2025-cell1", "--jsn"], ["--json"]),
    ],
)
def test_wrong_usage_gives_one_clear_line(natron, arguments, words):
    wrong(natron(*arguments), *words)


def test_reports_overwrite_nothing_but_reports(natron, tmp_path):
    file = tmp_path / "mine.toml"
    assert natron("cell", "new", file).code == 0
    before = file.read_text(encoding="utf-8")
    wrong(natron("design", file, "--report", file), "exists already")
    assert file.read_text(encoding="utf-8") == before
    page = tmp_path / "page.html"
    assert natron("design", file, "--report", page).code == 0
    assert natron("design", file, "--report", page).code == 0
    for target in ("/dev/null", tmp_path, "/", ""):
        wrong(natron("design", file, "--report", target), "regular file")
    wrong(natron("design", file, "--report", tmp_path / ("x" * 300)), "cannot be written")


def test_a_pipe_does_not_hang(natron, tmp_path):
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    wrong(natron("design", pipe), "regular file")
    wrong(natron("audit", pipe), "regular file")


@pytest.mark.parametrize("name", ['we"ird', "back\\slash", "new\nline", "x" * 150, "ümläut", "..."])
def test_a_new_cell_of_any_name_can_be_read(natron, tmp_path, name):
    file = tmp_path / f"{name}.toml"
    assert natron("cell", "new", file).code == 0
    assert natron("cell", "check", file).code == 0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("materials.nvp.density", "0 g/cm3"), ("materials.nvp.specific_capacity", "0 mAh/g"),
        ("materials.pouch.housing_volume_share", "100 %"), ("materials.nvp.discharge_voltage", "-3 V"),
        ("materials.nzsp-tape.porosity", "200 %"), ("positive.thickness", "1e-200 µm"),
        ("separator.thickness", "200 ± 1e300 µm"), ("positive.discharge_voltage", "1e300 V"),
        ("positive.loading", "231000 mg/cm²"), ("operation.rate", "fast"), ("negative.type", "porous"),
    ],
)  # fmt: skip
def test_impossible_values_name_their_key(natron, key, value):
    changes = ["--set", f"{key}={value}"]
    if key == "positive.loading":
        changes += ["--consistent"]
    run = natron("design", "lowack2025-cell1", *changes)
    wrong(run, key.split(".")[0])


def test_a_temperature_beyond_every_law_is_a_warning(natron):
    run = natron("design", "lowack2025-cell1", "--set", "operation.temperature=1 K", "--json")
    assert run.code == 0
    assert any("separator resistance" in text for text in run.json["warnings"])


def test_control_characters_and_endless_keys_are_refused(natron, tmp_path):
    file = tmp_path / "red.toml"
    file.write_text(TEXT.replace('name = "lowack2025-cell1"', 'name = "a\\u001b[31mred"'), encoding="utf-8")
    wrong(natron("design", file), "control character")
    file.write_text("[" + ".".join("a" * 50_000) + "]", encoding="utf-8")
    wrong(natron("design", file), "dots")


def test_output_that_cannot_show_a_sign_is_no_failure():
    run = process("design", "lowack2025-cell1", PYTHONIOENCODING="ascii")
    assert run.returncode == 0
    assert "278 ? 11 Wh/l" in run.stdout
    assert process("audit", "--json", PYTHONIOENCODING="ascii").returncode == 0


def test_no_arguments_print_the_help(natron):
    run = natron()
    assert run.code == 2
    assert "design" in run.out
    assert natron("--help").code == 0
    assert re.match(r"natron \d+\.\d+", natron("--version").out)


def test_an_unwritable_report_is_said(natron, tmp_path):
    wrong(
        natron("reproduce", "lowack2025", "--out", tmp_path / "no" / "such" / "folder.html"),
        "cannot be written",
    )


def process(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "natron", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
        timeout=120,
    )


def test_the_installed_program_answers_and_honours_no_color():
    run = process("design", "lowack2025-cell1", NO_COLOR="1")
    assert run.returncode == 0
    assert "278 ± 11 Wh/l" in run.stdout
    assert "\x1b" not in run.stdout
    assert json.loads(process("design", "lowack2025-cell1", "--json").stdout)["schema_version"] == 1
    assert process("design", "nothing.toml").returncode == 2


def test_importing_natron_is_light():
    code = (
        "import sys, natron; heavy = {'numpy', 'pint', 'pydantic', 'scipy', 'matplotlib', 'typer', 'polars'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "[]"


def test_a_design_needs_neither_pint_nor_scipy_nor_matplotlib():
    code = (
        "import sys\nfrom natron.app.cli import main\ntry:\n    main(['design', 'lowack2025-cell1', '--json'])\n"
        "except SystemExit:\n    pass\n"
        "print(sorted({'pint', 'scipy', 'matplotlib', 'polars', 'numba'} & set(sys.modules)), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stderr.strip() == "[]"
