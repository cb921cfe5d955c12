"""``natron eis``: what is simulated comes back, pictures are drawn, wrong input is said clearly."""

import json
import math
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from natron.app.spectra import Sample, load
from natron.eis import parse_circuit
from natron.io.descriptions import REPORT_MARK
from real_files import real

CIRCUIT = "R0-p(R1,CPE1)-p(R2,CPE2)"
TRUTH = {"R0": 5.0, "R1": 20.0, "CPE1_Q": 1e-6, "CPE1_n": 0.9, "R2": 40.0, "CPE2_Q": 2e-5, "CPE2_n": 0.85}
VALUES = [f"{name}={value}" for name, value in TRUTH.items()]


def simulated(file, values, *, circuit=CIRCUIT, noise=0.005, seed=1):
    """A file as ``natron eis simulate`` writes it, without a run of the command line."""
    parsed, f = parse_circuit(circuit), np.geomspace(1e6, 1, 61)
    z = parsed.impedance([values[name] for name in parsed.parameter_names], f)
    g = np.random.default_rng(seed)
    z = z + noise * np.abs(z) * (g.normal(size=61) + 1j * g.normal(size=61))
    rows = [f"{a:.8g},{b.real:.8g},{b.imag:.8g}" for a, b in zip(f, z, strict=True)]
    head = "Frequency / Hz,Real Impedance / ohm,Imaginary Impedance / ohm"
    file.write_text("\n".join([head, *rows]), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def spectrum_file(tmp_path_factory):
    return simulated(tmp_path_factory.mktemp("one") / "spectrum.csv", TRUTH)


def test_simulate_is_the_circuits_impedance(natron):
    rows = natron("eis", "simulate", CIRCUIT, *VALUES, "--json").json["spectrum"]
    f = np.array(rows["frequency_Hz"])
    w = 2j * np.pi * f
    z = 5 + 1 / (1 / 20 + 1e-6 * w**0.9) + 1 / (1 / 40 + 2e-5 * w**0.85)
    assert f[0] == pytest.approx(1e6)
    assert np.allclose(np.array(rows["real_ohm"]) + 1j * np.array(rows["imaginary_ohm"]), z, rtol=1e-9)


def test_fit_gives_back_what_was_simulated(natron, tmp_path):
    spectrum_file = tmp_path / "spectrum.csv"
    run = natron("eis", "simulate", CIRCUIT, *VALUES, "--noise", "0.5 %")
    spectrum_file.write_text(run.out, encoding="utf-8")
    run = natron(
        "eis", "fit", spectrum_file, "--circuit", CIRCUIT, "--area", "0.5 ± 0.01 cm²", "--out",
        tmp_path / "out", "--json",
    )  # fmt: skip
    assert run.code == 0
    (found,) = run.json["fits"]
    assert found["status"] == "converged"
    assert {"file", "index", "circuit", "status", "chi2_reduced", "parameters", "areal", "assignment", "correlation",
            "warnings"} <= set(found)  # fmt: skip
    for name, value in TRUTH.items():
        q = found["parameters"][name]
        assert abs(q["value"] - value) < 4 * q["uncertainty"], name
    areal = found["areal"]["R2"]
    assert areal["unit"] == "ohm.cm2"
    assert areal["value"] == pytest.approx(0.5 * found["parameters"]["R2"]["value"])
    assert areal["uncertainty"] / areal["value"] > 0.02
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "spectrum-0-bode.svg", "spectrum-0-nyquist.svg", "spectrum-0-residuals.svg",
    ]  # fmt: skip


def test_auto_finds_the_circuit(natron, spectrum_file):
    (found,) = natron("eis", "fit", spectrum_file, "--json").json["fits"]
    assert found["circuit"] == CIRCUIT
    assert found["selection"]["runners_up"]
    assert natron("eis", "fit", spectrum_file).code == 0


def test_check_and_drt(natron, spectrum_file, tmp_path):
    (check,) = natron("eis", "check", spectrum_file, "--json", "--out", tmp_path).json["checks"]
    assert check["passed"]
    assert check["noise"] == pytest.approx(0.005, rel=0.4)
    (distribution,) = natron("eis", "drt", spectrum_file, "--json", "--out", tmp_path).json["distributions"]
    total = sum(peak["resistance"]["value"] for peak in distribution["peaks"])
    assert total == pytest.approx(distribution["polarisation"]["value"], rel=1e-6)
    assert total == pytest.approx(60, rel=0.03)
    assert natron("eis", "check", spectrum_file).code == 0
    assert natron("eis", "drt", spectrum_file).code == 0
    assert {path.suffix for path in tmp_path.glob("spectrum-*")} == {".svg"}


@pytest.fixture(scope="module")
def temperature_files(tmp_path_factory):
    files, folder = [], tmp_path_factory.mktemp("series")
    for i, celsius in enumerate((-10, 0, 10, 20, 30)):
        kelvin = celsius + 273.15
        x = 1 / 8.617333e-5 * (1 / kelvin - 1 / 303.15)
        scale = kelvin / 303.15
        r1, r2 = 30 * scale * math.exp(0.28 * x), 6 * scale * math.exp(0.41 * x)
        # constant effective capacitance: Q = C^n R^(n-1)
        values = {"R0": 4.0, "R1": r1, "CPE1_Q": (2e-8) ** 0.9 * r1 ** (-0.1), "CPE1_n": 0.9}
        values |= {"R2": r2, "CPE2_Q": (3e-6) ** 0.88 * r2 ** (-0.12), "CPE2_n": 0.88}
        files.append(simulated(folder / f"t{i}.csv", values, seed=i))
    return files


def test_a_temperature_series_gives_both_activation_energies(natron, temperature_files, tmp_path):
    run = natron(
        "eis", "series", *temperature_files, "--circuit", CIRCUIT, "--temperature", "-10, 0, 10, 20, 30 °C",
        "--area", "0.5 cm²", "--thickness", "110 µm", "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    assert run.code == 0
    result = run.json
    assert result["tie"]["accepted"]
    for name, energy in (("R1", 0.28), ("R2", 0.41)):
        law = result["arrhenius"][name]
        assert law["tied"]
        assert law["activation_energy"]["unit"] == "eV"
        assert abs(law["activation_energy"]["value"] - energy) < 4 * law["activation_energy"]["uncertainty"]
    sigma = result["arrhenius"]["R1"]["conductivity_25C"]
    assert sigma is not None
    assert len(result["fits"]) == 5
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        f"series-{name}.svg" for name in ("nyquist", "bode", "residuals", "arrhenius", "exponents", "capacitances")
    }
    assert natron(
        "eis", "series", *temperature_files, "--circuit", CIRCUIT, "--temperature", "-10, 0, 10, 20, 30 °C"
    ).code == 0  # fmt: skip


def one_line(run, code, *words):
    assert run.code == code, (run.code, run.err)
    assert len(run.err.strip().splitlines()) == 1, run.err
    for word in words:
        assert word in run.err, run.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--circuit", "R0-p(R1,CPE1"], ["bracket"]),
        (["--circuit", "R0-X1"], ["X"]),
        (["--area", "0 cm²"], ["area"]),
        (["--area", "0.5 µm"], ["area"]),
        (["--area", "1 cm²", "--diameter", "8 mm"], ["both"]),
        (["--weight", "modulous"], ["modulus"]),
        (["--cell", "symetric"], ["symmetric"]),
        (["--fmin", "1 GHz"], ["--fmin"]),
        (["--temperature", "1, 2 °C"], ["2 values for 1 spectra"]),
        (["--area", "1,5 cm²"], ["--area", "point"]),
        (["--electrolyte", "nzsp-tap"], ["--electrolyte", "nzsp-tape"]),
        (["--electrolyte", "sodium"], ["latp"]),
        (["--circuit", CIRCUIT, "--fixed", "CPE1_n"], ["--fixed", "NAME=number"]),
        (["--circuit", CIRCUIT, "--fixed", "CPE9_n=1"], ["CPE9_n"]),
        (["--circuit", CIRCUIT, "--bounds", "CPE1_n=x:y"], ["--bounds", "low:high"]),
        (["--circuit", CIRCUIT, "--bounds", "CPE1_n=0.9:0.8"], ["leave nothing"]),
        (["--fixed", "CPE1_n=0.9"], ["--circuit", "auto"]),
        (["--interfaces", "R2"], ["symmetric"]),
        (["--circuit", CIRCUIT, "--cell", "symmetric", "--area", "1 cm²", "--interfaces", "R7"], ["R7", "R2"]),
        (["--circuit", CIRCUIT, "--lead-resistance", "-1 Ω"], ["--lead-resistance", "zero or more"]),
        (["--circuit", CIRCUIT, "--replicates"], ["two cells"]),
        (["--temperature", "-300 °C"], ["absolute zero"]),
    ],
)
def test_wrong_options_give_one_clear_line(natron, spectrum_file, arguments, words):
    one_line(natron("eis", "fit", spectrum_file, *arguments), 2, *words)


def test_wrong_files_give_one_clear_line(natron, tmp_path):
    one_line(natron("eis", "fit", tmp_path / "missing.csv", "--circuit", CIRCUIT), 3, "missing.csv")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    one_line(natron("eis", "check", tmp_path / "empty.csv"), 3, "empty.csv")
    (tmp_path / "junk.csv").write_bytes(bytes(range(256)) * 10)
    one_line(natron("eis", "drt", tmp_path / "junk.csv"), 3, "junk.csv")
    one_line(natron("read", tmp_path), 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["R0", "R0"], ["R0"]),
        (["R0", "R0=x"], ["R0=x"]),
        (["R0", "R1=3"], ["R1=3"]),
        (["R0-R1", "R0=1"], ["R1"]),
        (["R0", "R0=1", "--fmin", "1 MHz", "--fmax", "1 Hz"], ["--fmin"]),
    ],
)
def test_wrong_simulations_give_one_clear_line(natron, arguments, words):
    one_line(natron("eis", "simulate", *arguments), 2, *words)


def test_json_is_json_alone(natron, spectrum_file):
    run = natron("eis", "fit", spectrum_file, "--circuit", "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)", "--json")
    assert run.code == 0
    assert json.loads(run.out)["schema_version"] == 1
    assert run.err.startswith("natron: warning:")


GEOMETRY = ("--area", "0.5 ± 0.01 cm²", "--thickness", "110 ± 4 µm")


def test_a_symmetric_cell_is_taken_apart(natron, temperature_files):
    arguments = (
        temperature_files[0],
        "--circuit",
        CIRCUIT,
        *GEOMETRY,
        "--temperature",
        "-10 °C",
        "--cell",
        "symmetric",
    )
    (found,) = natron("eis", "fit", *arguments, "--electrolyte", "nzsp-tape", "--json").json["fits"]
    apart, fitted = found["symmetric"], found["parameters"]
    assert (apart["separator"], apart["interfaces"]) == (["R0", "R1"], ["R2"])
    assert apart["interface_resistance"]["unit"] == "ohm.cm2"
    assert apart["interface_resistance"]["value"] == pytest.approx(0.5 * fitted["R2"]["value"] / 2)
    total = fitted["R0"]["value"] + fitted["R1"]["value"]
    assert apart["separator_resistance"]["value"] == pytest.approx(0.5 * total)
    # 110 µm over 0.5 cm² and ohm: mS/cm
    assert apart["conductivity"]["value"] == pytest.approx(1e3 * 0.011 / (0.5 * total))
    assert apart["conductivity"]["uncertainty"] / apart["conductivity"]["value"] > math.hypot(0.02, 4 / 110)
    assert any("R2/2" in words for words in apart["words"])
    assert "R2/2" in natron("eis", "fit", *arguments).out
    named = natron("eis", "fit", *arguments, "--interfaces", "R1, R2", "--json").json["fits"][0]["symmetric"]
    assert named["separator"] == ["R0"]


def test_without_an_area_a_symmetric_cell_says_what_is_missing(natron, temperature_files):
    run = natron("eis", "fit", temperature_files[0], "--circuit", CIRCUIT, "--cell", "symmetric", "--json")
    (found,) = run.json["fits"]
    assert found["symmetric"] is None
    assert any("Without an area" in note for note in found["notes"])


def test_the_electrolyte_is_evidence(natron, temperature_files):
    arguments = (temperature_files[-1], "--circuit", CIRCUIT, *GEOMETRY, "--temperature", "30 °C", "--json")
    plain = natron("eis", "fit", *arguments).json["fits"][0]["assignment"]
    known = natron("eis", "fit", *arguments, "--electrolyte", "nzsp-tape").json["fits"][0]["assignment"]
    assert "1.60 ± 0.30 mS/cm" in known["R0"]["words"]
    assert "mS/cm (" not in plain["R0"]["words"]


def test_outside_its_range_the_electrolyte_says_so(natron, temperature_files):
    run = natron(
        "eis",
        "fit",
        temperature_files[0],
        "--circuit",
        CIRCUIT,
        "--temperature",
        "-40 °C",
        "--electrolyte",
        "nzsp-tape",
    )
    assert run.code == 0
    assert "-40.0 °C" in run.err


def test_leads_are_taken_off(natron, tmp_path):
    exact = simulated(tmp_path / "leads.csv", TRUTH | {"L0": 3e-7}, circuit=f"L0-{CIRCUIT}", noise=0)
    arguments = (exact, "--circuit", CIRCUIT, "--json")
    run = natron("eis", "fit", *arguments, "--lead-resistance", "2 Ω", "--lead-inductance", "300 nH")
    (found,) = run.json["fits"]
    assert found["parameters"]["R0"]["value"] == pytest.approx(3, rel=1e-5)
    assert found["parameters"]["R2"]["value"] == pytest.approx(40, rel=1e-5)
    assert any("took off leads" in note for note in found["provenance"]["notes"])
    leads = {"R0": 2, "L0": 3e-7, "C0": 1e-13}
    short = simulated(tmp_path / "short.csv", leads, circuit="R0-L0", noise=0)
    open_ = simulated(tmp_path / "open.csv", leads, circuit="R0-L0-C0", noise=0)
    (blank,) = natron("eis", "fit", *arguments, "--short", short, "--open", open_).json["fits"]
    assert blank["parameters"]["R0"]["value"] == pytest.approx(3, rel=1e-3)
    one_line(natron("eis", "fit", *arguments, "--short", short, "--lead-resistance", "1 Ω"), 2, "--short")
    one_line(natron("eis", "fit", *arguments, "--short", tmp_path / "missing.csv"), 3, "missing.csv")


def test_fixed_bounded_and_robust(natron, tmp_path):
    file = simulated(tmp_path / "outlier.csv", TRUTH, noise=0.002)
    rows = file.read_text(encoding="utf-8").splitlines()
    frequency, real, imaginary = rows[30].split(",")
    rows[30] = f"{frequency},{2 * float(real)},{imaginary}"
    file.write_text("\n".join(rows), encoding="utf-8")
    arguments = ("eis", "fit", file, "--circuit", CIRCUIT, "--json")
    off = {}
    for option in ((), ("--robust",)):
        found = natron(*arguments, *option).json["fits"][0]["parameters"]["R1"]["value"]
        off[option] = abs(found - TRUTH["R1"])
    assert off[("--robust",)] < 0.2 * off[()]
    run = natron(*arguments, "--robust", "--fixed", "CPE1_n=0.9", "--bounds", "R2=:38")
    (found,) = run.json["fits"]
    assert found["fixed"] == ["CPE1_n"]
    assert found["parameters"]["CPE1_n"] == {"value": 0.9, "uncertainty": None, "unit": "1"}
    assert found["parameters"]["R2"]["value"] == pytest.approx(38)
    assert found["status"] == "at_bound"
    assert run.code == 0


def test_replicates_give_n_mean_sd_and_se(natron, tmp_path):
    files, areas = [], ["0.50", "0.52", "0.48"]
    for i in range(3):
        files.append(simulated(tmp_path / f"cell{i}.csv", TRUTH, seed=i))
    arguments = (*files, "--circuit", CIRCUIT, "--replicates", "--cell", "symmetric")
    run = natron("eis", "fit", *arguments, "--area", ", ".join(areas) + " cm²", "--thickness", "0.1 mm", "--json")
    found = run.json["replicates"]
    values = [one["parameters"]["R2"]["value"] for one in run.json["fits"]]
    spread = found["parameters"]["R2"]
    assert (found["n"], spread["n"]) == (3, 3)
    assert spread["mean"]["value"] == pytest.approx(np.mean(values))
    assert spread["sd"]["value"] == pytest.approx(np.std(values, ddof=1))
    assert spread["se"]["value"] == spread["mean"]["uncertainty"] == pytest.approx(np.std(values, ddof=1) / 3**0.5)
    areal = np.array(values) * [0.50, 0.52, 0.48]
    assert found["areal"]["R2"]["mean"] == {"value": pytest.approx(areal.mean()), "uncertainty": pytest.approx(
        areal.std(ddof=1) / 3**0.5), "unit": "ohm.cm2"}  # fmt: skip
    each = [one["symmetric"]["interface_resistance"]["value"] for one in run.json["fits"]]
    assert found["symmetric"]["interface_resistance"]["mean"]["value"] == pytest.approx(np.mean(each))
    assert "Over 3 cells" in natron("eis", "fit", *arguments, "--area", "0.5 cm²").out
    doubled = natron("eis", "fit", files[0], files[0], "--circuit", CIRCUIT, "--replicates", "--json")
    assert "more than once" in doubled.err


def test_an_unknown_uncertainty_is_null_with_a_warning(natron, tmp_path):
    file = simulated(tmp_path / "one-arc.csv", {"R0": 5, "R1": 20, "C1": 1e-6}, circuit="R0-p(R1,C1)", noise=0)
    circuit = "R0-p(R1,C1)-p(R2,C2)-p(R3,C3)"
    run = natron("eis", "fit", file, "--circuit", circuit, "--area", "1 cm²", "--cell", "symmetric", "--json")
    (found,) = run.json["fits"]
    unknown = [name for name, q in found["parameters"].items() if q["uncertainty"] is None]
    assert unknown
    assert all(found["areal"][name]["uncertainty"] is None for name in unknown if name in found["areal"])
    for name in unknown:
        assert any(text.startswith(f"{name}: the spectrum does not determine it") for text in found["warnings"])
    assert natron("eis", "fit", file, "--circuit", circuit, "--area", "1 cm²", "--cell", "symmetric").code == run.code


def test_some_of_a_batch_may_fail(natron, spectrum_file, tmp_path):
    (tmp_path / "junk.csv").write_bytes(bytes(range(256)) * 10)
    run = natron("eis", "fit", spectrum_file, tmp_path / "junk.csv", "--circuit", CIRCUIT, "--json")
    assert run.code == 5
    assert [Path(one["file"]).name for one in run.json["fits"]] == ["spectrum.csv"]
    assert [Path(one["file"]).name for one in run.json["failed"]] == ["junk.csv"]
    assert "junk.csv" in run.err
    for command in ("check", "drt"):
        assert natron("eis", command, spectrum_file, tmp_path / "junk.csv").code == 5
    assert natron("eis", "fit", tmp_path / "junk.csv", tmp_path / "junk.csv").code == 3


def test_pictures_of_files_of_one_name_stay_apart(tmp_path, spectrum_file):
    other = tmp_path / "other" / "spectrum.csv"
    other.parent.mkdir()
    other.write_text(spectrum_file.read_text(encoding="utf-8"), encoding="utf-8")
    loaded, _ = load([str(spectrum_file), str(other), str(other)], Sample())
    assert [one.name for one in loaded][1:] == ["other-spectrum-0", "other-spectrum-0-2"]
    assert len({one.name for one in loaded}) == 3


def test_a_users_file_is_never_written_over(natron, tmp_path, spectrum_file, temperature_files, monkeypatch):
    page = f"<head>{REPORT_MARK}</head>"
    monkeypatch.setattr("natron.report.series_page.series_page", lambda report: f"{page} of {report.result.by}")
    out = tmp_path / "out"
    out.mkdir()
    (out / "spectrum-0-drt.svg").write_text("<svg>mine</svg>", encoding="utf-8")
    one_line(natron("eis", "drt", spectrum_file, "--out", out, "--json"), 2, "spectrum-0-drt.svg")
    assert (out / "spectrum-0-drt.svg").read_text(encoding="utf-8") == "<svg>mine</svg>"
    for _ in range(2):
        assert natron("eis", "check", spectrum_file, "--out", out).code == 0
    mine = tmp_path / "notes.html"
    mine.write_text("<html>mine</html>", encoding="utf-8")
    series = (*temperature_files[:2], "--circuit", CIRCUIT, "--temperature", "-10, 0 °C", "--report")
    assert natron("eis", "series", *series, mine).code == 2
    assert mine.read_text(encoding="utf-8") == "<html>mine</html>"
    earlier = tmp_path / "report.html"
    earlier.write_text(page, encoding="utf-8")
    run = natron("eis", "series", *series, earlier, "--json")
    assert run.code == 0
    assert run.json["report"] == str(earlier)
    assert earlier.read_text(encoding="utf-8") == f"{page} of temperature"


def test_a_series_says_what_its_arcs_may_be(natron, temperature_files):
    arguments = ("eis", "series", *temperature_files, "--circuit", CIRCUIT, "--temperature", "-10, 0, 10, 20, 30 °C",
                 *GEOMETRY, "--cell", "symmetric", "--electrolyte", "nzsp-tape")  # fmt: skip
    run = natron(*arguments, "--json")
    result = run.json
    assert run.code == 0
    first = result["fits"][0]
    assert first["temperature"] == {"value": -10, "uncertainty": None, "unit": "degC"}
    assert first["areal"]["R2"]["unit"] == "ohm.cm2"
    # activation energies of the series are evidence
    assert any("eV" in words for words in first["assignment"]["R2"]["evidence"])
    assert first["symmetric"]["interfaces"] == ["R2"]
    assert result["arcs"]["R2"] == {"metal_interface": 5}
    assert result["constriction"]["R2"]["verdict"] == "disagrees"
    sigma = result["arrhenius"]["R1"]["conductivity_25C"]
    assert sigma["unit"] == "mS/cm"
    R = 30 * (298.15 / 303.15) * math.exp(0.28 / 8.617333e-5 * (1 / 298.15 - 1 / 303.15))
    assert abs(sigma["value"] - 1e3 * 0.011 / (0.5 * R)) < 2 * sigma["uncertainty"]
    # of the geometry alone
    assert sigma["uncertainty"] / sigma["value"] > math.hypot(0.02, 4 / 110)
    shown = natron(*arguments).out
    assert "tie is accepted" in shown
    assert "each of the two interfaces R2/2" in shown


def test_a_series_by_cycle_tells_what_grows(natron, tmp_path):
    files = []
    for i in range(6):
        values = TRUTH | {"R2": TRUTH["R2"] * (1 + 0.1 * i)}
        files.append(simulated(tmp_path / f"c{i}.csv", values, noise=0.002, seed=i))
    series = ("eis", "series", *files, "--circuit", CIRCUIT)
    result = natron(*series, "--by", "cycle", "--at", "1,5,10,15,20,25", "--json").json
    assert result["growing"] == ["R2"]
    assert [one["cycle"] for one in result["fits"]] == [1, 5, 10, 15, 20, 25]
    result = natron(*series, "--by", "pressure", "--at", "0, 1, 2, 3, 4, 5 MPa", "--json").json
    assert result["fits"][1]["pressure"] == {"value": 1, "uncertainty": None, "unit": "MPa"}
    assert "R2 grows" in natron(*series, "--by", "time", "--at", "0, 1, 2, 3, 4, 5 h").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["--temperature"]),
        (["--temperature", "1 °C"], ["same temperature"]),
        (["--temperature", "1, 2, 3 °C"], ["3 values for 2 spectra"]),
        (["--at", "1, 2"], ["--temperature"]),
        (["--by", "cycle"], ["--at"]),
        (["--by", "cycle", "--at", "1.5, 2"], ["whole number"]),
        (["--by", "cycl"], ["cycle"]),
        (["--cut", "car"], ["auto"]),
        (["--circuit", "auto", "--temperature", "1, 2 °C"], ["one circuit"]),
        (["--temperature", "1, 2 °C", "--fmin", "1,2 Hz"], ["--fmin", "parted"]),
    ],
)
def test_wrong_series_give_one_clear_line(natron, temperature_files, arguments, words):
    one_line(natron("eis", "series", *temperature_files[:2], "--circuit", CIRCUIT, *arguments), 2, *words)


def test_a_real_pellet_between_blocking_electrodes(natron):
    file = real("solid-electrolyte/EIS_Data_Example-2_Example2b.txt")
    run = natron(
        "eis", "fit", file, "--circuit", "p(R1,CPE1)-p(R2,CPE2)-CPE3", "--cell", "blocking", "--diameter", "10 mm",
        "--thickness", "1 mm", "--json",
    )  # fmt: skip
    assert run.code == 0
    (found,) = run.json["fits"]
    # the fit published beside the file: 4.471(27)e4 and 4.712(55)e4 ohm
    assert found["parameters"]["R1"]["value"] == pytest.approx(4.471e4, rel=0.01)
    assert found["parameters"]["R2"]["value"] == pytest.approx(4.712e4, rel=0.02)
    processes = {name: each["process"] for name, each in found["assignment"].items()}
    assert processes == {"R1": "bulk", "R2": "grain_boundary", "CPE3": "double_layer"}


def in_a_terminal(arguments, stop_after=None):
    """What a command shows on a terminal of its own, its exit code; stopped by Ctrl-C once it shows some text."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "natron", *map(str, arguments)]
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(slave)
    shown, until = "", time.monotonic() + 120
    while time.monotonic() < until:
        if select.select([master], [], [], 0.1)[0]:
            try:
                shown += os.read(master, 65536).decode("utf-8", "replace")
            except OSError:  # the terminal's other end is closed
                break
        if stop_after is not None and stop_after in shown:
            os.kill(process.pid, signal.SIGINT)
            stop_after = None
        if process.poll() is not None and not select.select([master], [], [], 0)[0]:
            break
    out, _ = process.communicate(timeout=30)
    os.close(master)
    return shown, out.decode("utf-8"), process.returncode


def test_a_terminal_sees_a_bar_and_json_stays_alone(spectrum_file):
    shown, out, code = in_a_terminal(["eis", "fit", spectrum_file, "--circuit", CIRCUIT, "--json"])
    assert code == 0
    assert "Preparing the solver" in shown
    assert "Fitting spectrum-0" in shown
    assert json.loads(out)["fits"]


def test_control_c_leaves_130(spectrum_file):
    shown, out, code = in_a_terminal(["eis", "fit", *[spectrum_file] * 40], stop_after="Fitting")
    assert code == 130
    assert "Fitting" in shown
    assert not out
