"""``natron alloy``, ``natron evaporate``, ``natron predict``: real answers, pictures, and wrong input said clearly."""

import pytest

ALLOY = ("alloy", "Na-K", "--temperature", "25 °C", "--film", "10 µm")
EVAPORATE = ("evaporate", "K", "--film", "6.6 µm", "--source-temperature", "200 °C", "--distance", "10 cm")
SURVIVAL = ("predict", "survival", "lowack2025-cell2", "--current", "0.5 mA/cm²", "--cycles", "70", "--cells", "1000")
CCD = ("predict", "ccd", "lowack2025-symmetric", "--cells", "1000")


def value(q, unit):
    assert set(q) == {"value", "uncertainty", "unit"}
    assert q["unit"] == unit
    return q["value"]


def test_alloy(natron):
    run = natron(*ALLOY, "--json")
    assert run.code == 0
    found = run.json
    assert value(found["liquid_window"]["x_na_min"], "1") == pytest.approx(0.147, abs=0.015)
    assert value(found["liquid_window"]["x_na_max"], "1") == pytest.approx(0.719, abs=0.01)
    assert value(found["eutectic"]["temperature"], "degC") == pytest.approx(-12.6, abs=0.3)
    assert 0.66 <= value(found["eutectic"]["x_k"], "1") <= 0.68
    assert value(found["all_liquid_capacity"], "mAh/cm2") == pytest.approx(1.51, abs=0.01)
    assert value(found["film_thickness_per_areal_capacity"], "um/(mAh/cm2)") == pytest.approx(6.6, abs=0.05)
    assert found["course"][0]["potential"] is None
    assert "catch fire" in found["hazard"]


def test_alloy_with_a_half_step_a_sweep_and_pictures(natron, tmp_path):
    run = natron(
        *ALLOY, "--capacity", "5 mAh/cm²", "--sweep", "--exchange", "1 %", "--contact-angle", "110°", "--gap", "1 µm",
        "--out", tmp_path, "--json",
    )  # fmt: skip
    found = run.json
    assert found["half_step"]["solid"] == "sodium"
    # 1 % of exchange takes potassium away: 33.1 µm times (1.01 − x)/(1 − x) at the window's end
    assert value(found["film_needed"], "um") == pytest.approx(33.1 * (1.01 - 0.719) / (1 - 0.719), abs=0.1)
    assert [row["x_na_min"] is None for row in found["temperatures"]][:3] == [True, True, False]
    assert found["wetting"] == "does_not_wet"
    assert value(found["pressure_into_gap"], "MPa") > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["na-k-film.svg", "na-k-phase-diagram.svg"]


def test_alloy_on_the_terminal(natron):
    run = natron(*ALLOY, "--capacity", "1 mAh/cm²", "--sweep")
    assert run.code == 0
    assert "Wholly liquid" in run.out
    assert "0.147" in run.out
    assert sum(line.startswith("Hazard:") for line in run.out.splitlines()) == 1


def test_alloy_where_all_is_frozen(natron):
    run = natron("alloy", "NaK", "--temperature", "-20 °C", "--film", "10 µm", "--json")
    assert run.code == 0
    assert run.json["liquid_window"] is None
    assert run.json["all_liquid_capacity"] is None
    assert natron("alloy", "NaK", "--temperature", "-20 °C").code == 0


def test_evaporate(natron):
    run = natron(*EVAPORATE, "--sticking", "100 %", "--json")
    assert run.code == 0
    assert value(run.json["vapour_pressure"], "Pa") == pytest.approx(0.99, rel=0.05)
    assert value(run.json["growth_rate"], "nm/s") == pytest.approx(4.6, abs=0.05)
    assert value(run.json["time"], "s") == pytest.approx(24 * 60, rel=0.02)
    assert "source_area" in run.json["assumed"]
    assert "Time" in natron(*EVAPORATE).out
    sodium = natron("evaporate", "Na", *EVAPORATE[2:])
    assert [line for line in sodium.out.splitlines() if line.startswith("Hazard: hot sodium")]


def test_predict_ccd(natron, tmp_path):
    short = natron(*CCD, "--assume", "pressure=1 MPa", "--out", tmp_path, "--json").json
    long = natron(*CCD, "--assume", "pressure=1 MPa", "--protocol", "fixed-capacity", "--json").json
    for found in (short, long):
        assert found["origin"] == "assumed"
        assert value(found["critical_current"]["median"], "mA/cm2") > 0
        assert sum(found["ended_by"].values()) == pytest.approx(1)
        assert found["dominates"][0]["parameter"]
        assert found["survival"][0]["nominal"]["value"] <= 1
    nominal = [value(f["void_onset"]["nominal"]["median"], "mA/cm2") for f in (short, long)]
    assert nominal[0] > 3 * nominal[1]
    assert len(list(tmp_path.iterdir())) == 3


def test_predict_ccd_by_a_file(natron, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[step]]\ncharge_current = "1 mA/cm²"\ndischarge_current = "1 mA/cm²"\ntime = "1 h"\ncycles = 30\n', "utf-8"
    )
    found = natron(*CCD, "--protocol", file, "--json").json
    assert found["protocol"]["cycles"] == 30
    run = natron("predict", "ccd", "adambatt2-potassium", "--protocol", "fixed-capacity", "--cells", "500")
    assert run.code == 0
    assert "solid sodium forms" in run.err
    assert sum(line.startswith("Hazard:") for line in run.out.splitlines()) == 1
    assert "stays liquid" in run.out


def test_predict_survival(natron, tmp_path):
    found = natron(*SURVIVAL, "--out", tmp_path, "--json").json
    assert found["survival_of_flaws"]["nominal"]["value"] == pytest.approx(0.253, abs=0.005)
    assert found["law"]["cycles"] == pytest.approx(2.63, abs=0.005)
    assert len(found["course"]) == 70
    low, high = found["batch"]["alive_interval_90"]
    assert 0 <= low <= found["batch"]["alive_mean"] <= high <= 10
    assert len(list(tmp_path.iterdir())) == 2
    assert "live" in natron(*SURVIVAL).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("alloy", "Na-Li"), "sodium and potassium alone"),
        (("alloy", "Na-K", "--temperature", "25"), "needs a unit"),
        (("alloy", "Na-K", "--temperature", "300 °C"), "range of the Na-K database"),
        (("alloy", "Na-K", "--film", "0 µm"), "above zero"),
        (("alloy", "Na-K", "--film", "-3 µm"), "cannot be negative"),
        (("alloy", "Na-K", "--film", "5 mAh/cm²"), "does not measure"),
        (("alloy", "Na-K", "--gap", "1 µm"), "contact angle"),
        (("alloy", "Na-K", "--exchange", "120 %", "--film", "1 µm"), "outside the allowed range"),
        (("alloy", "Na-K", "--contact-angle", "200°"), "0 to 180"),
        ((*EVAPORATE[:2], "--film", "0 µm", *EVAPORATE[4:]), "above zero"),
        (("evaporate", "Cu", *EVAPORATE[2:]), "not a metal of the interface models"),
        ((*EVAPORATE, "--sticking", "0 %"), "sticking"),
        ((*EVAPORATE, "--source-angle", "90°"), "below 90"),
        (("evaporate", "K"), "film"),
        (("predict", "ccd", "no-such-cell"), "neither a built-in cell nor a file"),
        (("predict", "ccd", "nvp-coin"), "ceramic separators"),
        ((*CCD, "--protocol", "fixed-tine"), "fixed-time"),
        ((*CCD, "--protocol", "nowhere.toml"), "no such file"),
        ((*CCD, "--half-step", "5 mA"), "half-step"),
        ((*CCD, "--increment", "0 mA/cm²"), "above zero"),
        ((*CCD, "--assume", "void_dept=3 µm"), "void_depth"),
        ((*CCD, "--assume", "void_depth=3 MPa"), "void_depth"),
        ((*CCD, "--assume", "void_depth"), "name=value"),
        ((*CCD[:-2], "--cells", "5"), "number of cells"),
        ((*SURVIVAL[:4], "0 mA/cm²", *SURVIVAL[5:]), "above zero"),
        ((*SURVIVAL, "--cycles", "0"), "out of range"),
        ((*SURVIVAL, "--batch", "0"), "batch"),
        (("predict", "survival", "lowack2025-symmetric", "--current", "1 mA/cm²", "--cycles", "3"), "--capacity"),
    ],
)  # fmt: skip
def test_wrong_input_is_said(natron, arguments, words):
    run = natron(*arguments)
    assert run.code == 2
    assert words in run.err
    assert run.out == ""
