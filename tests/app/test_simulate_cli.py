"""``natron simulate`` as a user runs it: answers, files that read back, and words for what cannot be."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("pybamm")

PLAN = """
[[step]]
charge = "0.3 mA/cm²"
[[step]]
impedance = { from = "100 kHz", to = "1 Hz", points = 13 }
[[step]]
discharge = "0.3 mA/cm²"
"""


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(PLAN, encoding="utf-8")
    return path


def test_json_holds_cycles_breakdown_and_status(natron):
    left = natron("simulate", "lowack2025-cell2", "--json")
    assert left.code == 0
    found = left.json
    assert found["schema_version"] == 1
    assert found["status"] == "completed"
    (cycle,) = found["cycles"]
    assert cycle["cycle"] == 1
    assert [one["direction"] for one in found["resistance_breakdown"]] == ["charge", "discharge"]
    one = found["resistance_breakdown"][0]
    assert one["total"]["unit"] == "ohm.cm2"
    assert one["largest"] == "collector"
    assert sum(part["value"] for part in one["parts"].values()) == pytest.approx(one["total"]["value"], rel=1e-9)
    loss = sum(part["value"] for part in one["loss"].values())
    assert loss == pytest.approx(one["total"]["value"] * 1e-4 * one["current_density"]["value"] * 10, rel=1e-9)
    assert found["parameters"]["particle_radius"]["origin"] == "assumed"
    assert "particle_radius" in found["assumed"]
    assert "separator.thickness" not in found["assumed"]
    assert found["protocol"] == {"name": "discharge", "steps_asked": 3, "steps_done": 3}


def test_what_is_written_reads_back_and_analyses_the_same(natron, plan, tmp_path):
    out = tmp_path / "out"
    left = natron("simulate", "lowack2025-cell2", "--protocol", plan, "--out", out, "--json")
    assert left.code == 0, left.err
    assert {path.name for path in out.iterdir()} == {
        "record.bdf.csv", "record.bdf.csv.json", "voltage.svg", "losses.svg", "impedance.svg",
    }  # fmt: skip
    from natron.io import read

    back = read(out / "record.bdf.csv")
    assert back.record.kind == "full"
    (one,) = back.record.spectra
    assert one.spectrum.area_m2 == pytest.approx(left.json["area"]["value"] * 1e-4)
    np.testing.assert_allclose(one.spectrum.impedance_ohm.real[::1], left.json["spectra"][0]["real_ohm"])
    again = natron("cycling", out / "record.bdf.csv", "--json")
    assert again.code == 0, again.err
    theirs, ours = again.json, left.json["cycles"]
    assert theirs["cycles"] == ours
    # a second run does not write over the first, and says so before it is run
    twice = natron("simulate", "lowack2025-cell2", "--protocol", plan, "--out", out)
    assert twice.code == 2
    assert "exists already" in twice.err


def test_impedance_of_a_state(natron, tmp_path):
    half = natron("simulate", "lowack2025-cell2", "--eis", "--soc", "50 %", "--json", "--out", tmp_path / "z").json
    assert half["spectra"][0]["charged_share"] == pytest.approx(0.5)
    assert half["spectra"][0]["points"] == 60
    assert half["status"] == "completed"
    fitted = natron("eis", "check", tmp_path / "z" / "impedance.bdf.csv", "--json")
    assert fitted.code == 0, fitted.err
    warm = natron("simulate", "lowack2025-cell2", "--eis", "--soc", "50 %", "--temperature", "40 °C", "--json").json
    low = [each["spectra"][0]["resistance_at_highest"]["value"] for each in (half, warm)]
    assert low[1] < low[0]


def test_impedance_after_cycles_at_a_share(natron, tmp_path):
    (tmp_path / "two.toml").write_text(
        '[[step]]\nrepeat = 3\nsteps = [{ charge = "1C" }, { discharge = "1C" }]\n', encoding="utf-8"
    )
    left = natron(
        "simulate", "lowack2025-cell2", "--eis", "--protocol", tmp_path / "two.toml", "--after-cycle", "2",
        "--soc", "50 %", "--set", "replenishing_current=2 mA/cm²", "--json",
    )  # fmt: skip
    assert left.code == 0, left.err
    assert left.json["after_cycle"] == 2
    # a particle that was never quite full or empty: near the share, not on it
    assert left.json["spectra"][0]["charged_share"] == pytest.approx(0.5, abs=0.05)


def test_a_run_that_ends_short_exits_4(natron):
    left = natron("simulate", "lowack2025-symmetric", "--json")
    assert left.code == 4
    assert left.json["status"] == "contact_lost"
    assert left.json["protocol"]["steps_done"] < left.json["protocol"]["steps_asked"]
    assert "pressure" in left.json["message"]
    screen = natron("simulate", "lowack2025-symmetric")
    assert screen.code == 4
    assert "contact_lost" in screen.out


def test_screen_says_what_limits_and_what_is_assumed(natron):
    left = natron("simulate", "lowack2025-cell1")
    assert left.code == 0
    assert "What limits this cell now: cathode | collector" in left.out
    assert "assumed" in left.err


def test_parameters_are_listed_with_their_origin(natron):
    left = natron("simulate", "lowack2025-cell2", "--parameters")
    assert left.code == 0
    assert "particle_radius" in left.out
    assert "assumed C" in left.out
    changed = natron("simulate", "lowack2025-cell2", "--parameters", "--set", "particle_radius=2 µm", "--json").json
    assert changed["parameters"]["particle_radius"]["value"] == pytest.approx(2)
    assert changed["parameters"]["particle_radius"]["origin"] == "input"


@pytest.mark.parametrize("key", ['"positive.areal_capacity"', 'simulation."positive.areal_capacity"'])
def test_names_with_dots_stand_in_quotes(natron, key):
    left = natron("simulate", "lowack2025-cell2", "--parameters", "--json", "--set", f"{key}=1.4 mAh/cm²")
    assert left.code == 0, left.err
    assert left.json["parameters"]["positive.areal_capacity"]["value"] == pytest.approx(1.4)


def test_switches_and_changes_reach_the_equations(natron):
    base = natron("simulate", "lowack2025-cell2", "--json").json
    thin = natron("simulate", "lowack2025-cell2", "--set", "separator.thickness=55 µm", "--json").json

    def part(found, name):
        return found["resistance_breakdown"][0]["parts"][name]["value"]

    assert part(thin, "separator_boundary") == pytest.approx(part(base, "separator_boundary") / 2, rel=1e-6)
    off = natron(
        "simulate", "lowack2025-cell2", "--off", "first_cycle_loss", "--off", "electrolyte_loss", "--json"
    ).json
    efficiencies = [each["cycles"][0]["coulombic_efficiency"]["value"] for each in (off, base)]
    assert efficiencies[0] > 0.98 > efficiencies[1]
    assert off["off"] == ["first_cycle_loss", "electrolyte_loss"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-cell"], "neither a built-in cell nor a file"),
        (["lowack2025-cell2", "--protocol", "dischrge"], 'Did you mean "discharge"'),
        (["lowack2025-cell2", "--protocol", "missing.toml"], "no such file"),
        (["lowack2025-cell2", "--set", "particle_radios=1 µm"], 'Did you mean "particle_radius"'),
        (["lowack2025-cell2", "--set", "particle_radius=1 V"], "particle_radius"),
        (["lowack2025-cell2", "--set", "particle_radius"], "key=value"),
        (["lowack2025-cell2", "--set", "particle_radius=1 pm"], "above 0.1 nm"),
        (["lowack2025-cell2", "--set", "separator.thicknes=1 µm"], "thickness"),
        (["lowack2025-cell2", "--temperature", "120 °C"], "liquid"),
        (["lowack2025-cell2", "--temperature", "cold"], "cold"),
        (["lowack2025-cell2", "--pressure", "-1 MPa"], "-1"),
        (["lowack2025-cell2", "--off", "rust"], "no such mechanism"),
        (["lowack2025-cell2", "--soc", "50 %"], "Add --eis"),
        (["lowack2025-cell2", "--eis", "--soc", "120 %"], "120"),
        (["lowack2025-symmetric", "--eis", "--soc", "50 %"], "charged share"),
        (["lowack2025-cell2", "--eis", "--after-cycle", "99"], "no such cycle"),
        (["lowack2025-symmetric", "--protocol", "discharge"], "C-rate"),
        (["lowack2025-cell2", "--set", "positive.areal_capacity=1.4 mAh/cm²"], '--set \'"positive.areal_capacity"=1.4'),
        (["lowack2025-cell2", "--set", 'separator.".thickness=1 µm'], "this is not a key"),
    ],
)
def test_wrong_usage_says_what_and_why_and_exits_2(natron, arguments, said):
    left = natron("simulate", *arguments)
    assert left.code == 2, left.err
    assert said in left.err
    assert not left.out


def test_without_pybamm_it_says_how_to_get_it():
    code = (
        "import sys; sys.modules['pybamm'] = None\n"
        "from natron.app.cli import main\n"
        "main(['simulate', 'lowack2025-cell2'])\n"
    )
    left = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert left.returncode == 2
    assert 'pip install "natron[simulate]"' in left.stderr
    assert "Traceback" not in left.stderr


def test_a_folder_that_cannot_be_made_is_told_before_the_run(natron, tmp_path):
    (tmp_path / "file").write_text("")
    left = natron("simulate", "lowack2025-cell2", "--eis", "--out", tmp_path / "file" / "out")
    assert left.code == 2
    assert "cannot be made" in left.err
    assert not left.out
