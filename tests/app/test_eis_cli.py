"""``natron eis`` and ``natron read``: what is simulated comes back, pictures are drawn, wrong input is said clearly."""

import json
import math

import numpy as np
import pytest

CIRCUIT = "R0-p(R1,CPE1)-p(R2,CPE2)"
TRUTH = {"R0": 5.0, "R1": 20.0, "CPE1_Q": 1e-6, "CPE1_n": 0.9, "R2": 40.0, "CPE2_Q": 2e-5, "CPE2_n": 0.85}
VALUES = [f"{name}={value}" for name, value in TRUTH.items()]


@pytest.fixture
def spectrum_file(natron, tmp_path):
    run = natron("eis", "simulate", CIRCUIT, *VALUES, "--noise", "0.5 %")
    file = tmp_path / "spectrum.csv"
    file.write_text(run.out, encoding="utf-8")
    return file


def test_simulate_is_the_circuits_impedance(natron):
    rows = natron("eis", "simulate", CIRCUIT, *VALUES, "--json").json["spectrum"]
    f = np.array(rows["frequency_Hz"])
    w = 2j * np.pi * f
    z = 5 + 1 / (1 / 20 + 1e-6 * w**0.9) + 1 / (1 / 40 + 2e-5 * w**0.85)
    assert f[0] == pytest.approx(1e6)
    assert np.allclose(np.array(rows["real_ohm"]) + 1j * np.array(rows["imaginary_ohm"]), z, rtol=1e-9)


def test_fit_gives_back_what_was_simulated(natron, spectrum_file, tmp_path):
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
        "spectrum-0-nyquist.svg", "spectrum-0-residuals.svg",
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


@pytest.fixture
def temperature_files(natron, tmp_path):
    files = []
    for i, celsius in enumerate((-10, 0, 10, 20, 30)):
        kelvin = celsius + 273.15
        x = 1 / 8.617333e-5 * (1 / kelvin - 1 / 303.15)
        scale = kelvin / 303.15
        r1, r2 = 30 * scale * math.exp(0.28 * x), 6 * scale * math.exp(0.41 * x)
        # constant effective capacitance: Q = C^n R^(n-1)
        values = {"R0": 4.0, "R1": r1, "CPE1_Q": (2e-8) ** 0.9 * r1 ** (-0.1), "CPE1_n": 0.9}
        values |= {"R2": r2, "CPE2_Q": (3e-6) ** 0.88 * r2 ** (-0.12), "CPE2_n": 0.88}
        pairs = [f"{name}={value!r}" for name, value in values.items()]
        run = natron("eis", "simulate", CIRCUIT, *pairs, "--noise", "0.5 %", "--seed", i)
        file = tmp_path / f"t{i}.csv"
        file.write_text(run.out, encoding="utf-8")
        files.append(file)
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
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"series-nyquist.svg", "series-arrhenius.svg"}
    assert natron(
        "eis", "series", *temperature_files, "--circuit", CIRCUIT, "--temperature", "-10, 0, 10, 20, 30 °C"
    ).code == 0  # fmt: skip


def test_read_says_what_is_in_a_file(natron, spectrum_file):
    run = natron("read", spectrum_file)
    assert run.code == 0
    assert "61 points" in run.out
    (spectrum,) = natron("read", spectrum_file, "--json").json["spectra"]
    assert spectrum["points"] == 61


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
        (["--temperature", "1, 2 °C"], ["2 temperatures for 1 spectra"]),
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
