"""``natron ccd`` as a user meets it."""

import sys
from pathlib import Path

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "cycling"))
from ccd_generator import make_case

HEALTHY, SOFT, HARD, VOID_HARD = 0, 3, 4, 6


@pytest.fixture
def written(tmp_path):
    """A case's record as a file in Battery Data Format."""

    def write(seed):
        case = make_case(seed)
        path = tmp_path / f"cell{seed}.bdf.csv"
        pl.DataFrame(case.columns).fill_nan(None).write_csv(path)
        return path, case

    return write


def test_json_of_one_cell(natron, written):
    path, case = written(VOID_HARD)
    found = natron("ccd", path, "--area", f"{case.area_cm2} cm²", "--json")
    assert found.code == 0
    answer = found.json
    assert answer["schema_version"] == 1
    truth = case.levels[case.short_level - 1]
    ccd = answer["critical_current_density"]
    assert ccd["unit"] == "mA/cm2"
    assert ccd["value"] == pytest.approx(case.levels[case.short_level - 2], rel=2e-3)
    assert ccd["value"] + ccd["uncertainty"] == pytest.approx(truth, rel=2e-3)
    assert answer["bracket"]["failed"]["value"] == pytest.approx(truth, rel=2e-3)
    assert answer["short"]["kind"] == "hard"
    assert answer["short"]["half_step"] == case.short_half_step
    assert answer["short"]["current_density"]["value"] == pytest.approx(truth, rel=2e-3)
    assert answer["short"]["time"]["unit"] == "s"
    assert answer["short"]["evidence"]
    assert answer["void_onset"]["step"] == case.void_level
    assert answer["cumulative_areal_capacity"]["unit"] == "mAh/cm2"
    assert answer["protocol"]["held"] in ("fixed time", "fixed capacity")
    first = answer["half_steps"][0]
    assert {"index", "current_density", "areal_capacity", "area_specific_resistance", "shape"} <= set(first)
    assert first["area_specific_resistance"]["unit"] == "ohm.cm2"


def test_a_healthy_cell_has_none_and_says_why(natron, written):
    path, _ = written(HEALTHY)
    answer = natron("ccd", path, "--area", "0.5 cm2", "--json").json
    assert answer["critical_current_density"] is None
    assert answer["short"] is None
    assert "no short" in answer["why"]


def test_without_an_area_the_current_is_given(natron, written):
    path, case = written(SOFT)
    answer = natron("ccd", path, "--json").json
    assert answer["critical_current_density"] is None
    assert "area" in answer["why"]
    failed = answer["critical_current"]["value"] + answer["critical_current"]["uncertainty"]
    assert failed == pytest.approx(case.levels[case.short_level - 1] * case.area_cm2, rel=2e-3)
    assert answer["cumulative_areal_capacity"] is None


def test_on_the_screen_with_pictures_and_a_floor(natron, written, tmp_path):
    path, case = written(HARD)
    floor = ("--thickness", "100 ± 5 µm", "--conductivity", "1.6 ± 0.3 mS/cm")
    found = natron("ccd", path, "--area", f"{case.area_cm2} cm²", *floor, "--out", tmp_path / "pictures")
    assert found.code == 0
    assert "Critical current density" in found.out
    assert "survived" in found.out
    assert "Short: hard" in found.out
    assert "ohmic floor" in found.out
    picture = (tmp_path / "pictures" / "cell4.bdf-ccd.svg").read_text()
    assert "<svg" in picture


def test_several_cells_are_a_population(natron, written, tmp_path):
    files = [written(seed)[0] for seed in (0, 3, 4, 6, 11)]
    found = natron("ccd", *files, "--area", "0.5 cm²", "--out", tmp_path / "pictures", "--json")
    assert found.code == 0
    answer = found.json
    assert [cell["short"] is None for cell in answer["cells"]] == [True, False, False, False, False]
    population = answer["population"]
    assert (population["cells"], population["failed"], population["censored"]) == (5, 4, 1)
    assert population["weibull"]["shape"]["value"]["value"] > 0
    assert population["survival"][-1]["survival"]["value"] < 1
    assert (tmp_path / "pictures" / "population.svg").exists()
    assert "5 cells" in natron("ccd", *files, "--area", "0.5 cm²").out


def test_a_broken_file_among_good_ones(natron, written, tmp_path):
    good, _ = written(SOFT)
    bad = tmp_path / "bad.mpr"
    bad.write_bytes(b"nothing")
    found = natron("ccd", good, bad, "--area", "0.5 cm2", "--json")
    assert found.code == 5
    assert "bad.mpr" in found.err
    assert len(found.json["cells"]) == 1
    assert found.json["failed"][0]["file"].endswith("bad.mpr")
    assert natron("ccd", bad).code == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--area", "big"), "area"),
        (("--area", "0.001 cm2"), "area"),
        (("--kind", "full"), "symmetric"),
        (("--kind", "round"), "symmetric"),
        (("--thickness", "100 um"), "conductivity"),
        (("--thickness", "0 um", "--conductivity", "1 mS/cm"), "above zero"),
    ],
)
def test_wrong_input_is_told(natron, written, arguments, words):
    path, _ = written(HEALTHY)
    found = natron("ccd", path, *arguments)
    assert found.code in (2, 3)
    assert words in found.err
    assert found.out == ""


def test_one_test_in_two_files(natron, tmp_path):
    case = make_case(HARD)
    table = pl.DataFrame(case.columns).fill_nan(None)
    half = len(table) // 2
    files = [tmp_path / "a.bdf.csv", tmp_path / "b.bdf.csv"]
    table[:half].write_csv(files[0])
    table[half:].write_csv(files[1])
    answer = natron("ccd", *files, "--join", "--area", f"{case.area_cm2} cm²", "--json").json
    assert answer["short"]["half_step"] == case.short_half_step
    assert len(answer["files"]) == 2
