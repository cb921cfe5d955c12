"""``natron constriction`` as a user meets it."""

import numpy as np
import pytest

BLOCK = ("constriction", "solve", "--voxels", "16", "--kappa", "1.6 mS/cm")


def test_solve_json(natron, tmp_path):
    run = natron(*BLOCK, "--contact", "25 %", "--pattern", "square", "--out", tmp_path / "o", "--json")
    assert run.code == 0
    answer = run.json
    assert set(answer) >= {
        "effective_conductivity", "resistance", "constriction_resistance", "error_estimate", "iterations", "balance",
        "status",
    }  # fmt: skip
    assert answer["status"] == "converged"
    assert answer["effective_conductivity"]["unit"] == "mS/cm"
    assert 0 < answer["effective_conductivity"]["value"] < 1.6
    assert answer["constriction_resistance"]["unit"] == "ohm.cm2"
    whole = answer["area_specific_resistance"]["value"]
    # 16 µm of 1.6 mS/cm are 1 Ω cm²
    assert whole == pytest.approx(1 + answer["constriction_resistance"]["value"], rel=1e-6)
    assert answer["balance"] < 1e-6
    assert (tmp_path / "o" / "body.vtk").read_bytes().startswith(b"# vtk DataFile")
    assert (tmp_path / "o" / "potential-and-current.svg").exists()


def test_a_cell_brings_its_separator_and_what_is_assumed(natron):
    answer = natron(
        "constriction", "solve", "lowack2025-symmetric", "--voxels", "4", "--contact", "25 %", "--json"
    ).json
    assert answer["thickness"]["value"] == pytest.approx(110)
    assert answer["assumed"]["spot_spacing"]["unit"] == "um"


def test_a_body_without_a_path_is_an_answer(natron, tmp_path):
    image = np.ones((6, 4, 4))
    image[3] = 0
    np.save(tmp_path / "a.npy", image)
    run = natron(
        "constriction", "solve", "--image", tmp_path / "a.npy", "--threshold", "0.5", "--kappa", "0 mS/cm", "--kappa",
        "1 mS/cm", "--json",
    )  # fmt: skip
    assert run.code == 0
    assert run.json["status"] == "not_percolating"
    assert run.json["resistance"] is None
    assert run.json["effective_conductivity"]["value"] == 0
    assert "infinite" in run.err


def test_a_spectrum_that_natron_eis_reads(natron, tmp_path):
    run = natron(
        *BLOCK, "--contact", "25 %", "--pattern", "square", "--interface", "1 Ω cm²", "--interface-capacitance",
        "1 µF/cm²", "--frequency", "10 MHz:1 Hz:3", "--out", tmp_path, "--json",
    )  # fmt: skip
    assert run.code == 0
    points = run.json["spectrum"]["points"]
    assert len(points) == 3
    assert points[-1]["real"]["value"] == pytest.approx(run.json["area_specific_resistance"]["value"], rel=0.05)
    assert natron("read", tmp_path / "spectrum.bdf.csv", "--json").code == 0


def test_not_converged_leaves_with_4(natron):
    run = natron(*BLOCK, "--pores", "30 %", "--max-iterations", "1", "--json")
    assert run.code == 4
    assert run.json["status"] == "not_converged"


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        ((), "--kappa", 2),
        (("--kappa", "-1 mS/cm"), "--kappa", 2),
        (("--kappa", "1 mS/cm", "--contact", "0 %"), "share in contact", 2),
        (("--kappa", "1 mS/cm", "--contact", "10 %", "--pattern", "dics"), "disc", 2),
        (("--kappa", "1 mS/cm", "--voxels", "many"), "--voxels", 2),
        (("--kappa", "1 mS/cm", "--voxels", "100000"), "memory", 2),
        (("--kappa", "1 mS/cm", "--frequency", "1 Hz:2 Hz"), "--frequency", 2),
        (("--kappa", "1 mS/cm", "--period", "1 µm"), "--period", 2),
        (("--image", "nowhere.npy", "--threshold", "1", "--kappa", "1 mS/cm", "--kappa", "2 mS/cm"), "no such file", 3),
        (("nocell",), "neither", 2),
        (("--kappa", "1 mS/cm", "--pores", "20 %", "--pore-diameter", "1 m"), "diameter", 2),
        (("--kappa", "1 mS/cm", "--pores", "20 %", "--seed", "-1"), "seed", 2),
        (("--kappa", "1e-320 S/m"), "largest conductivity", 2),
        (("--kappa", "1 mS/cm", "--permittivity", "nan"), "permittivity", 2),
        (("--kappa", "1 mS/cm", "--interface-capacitance", "1 µF/cm²"), "capacitance", 2),
    ],
)
def test_wrong_use_says_what_is_allowed(natron, arguments, message, code):
    run = natron("constriction", "solve", *arguments)
    assert run.code == code
    assert message in run.err


def test_an_image_is_not_cut_into_other_voxels_and_must_conduct(natron, tmp_path):
    np.save(tmp_path / "a.npy", np.ones((4, 4, 4)))
    both = ("constriction", "solve", "--image", tmp_path / "a.npy", "--kappa", "0 mS/cm", "--kappa", "1 mS/cm")
    assert natron(*both, "--threshold", "0.5").code == 0
    for more, message in (
        (("--threshold", "0.5", "--voxels", "7"), "its own voxels"),
        (("--threshold", "2"), "no voxel of this image conducts"),
        (("--threshold", "nan"), "rise from phase to phase"),
    ):
        run = natron(*both, *more)
        assert run.code == 2
        assert message in run.err


def test_table(natron):
    answer = natron(
        "constriction", "table", "--contact", "10 %", "--period", "10 µm", "--kappa", "1.6 mS/cm", "--json"
    ).json
    assert answer["constriction_resistance"]["unit"] == "ohm.cm2"
    expected = answer["resistance_times_conductivity_over_scale"] * 10e-4 / 1.6e-3
    assert answer["constriction_resistance"]["value"] == pytest.approx(expected)
    assert natron("constriction", "table", "--contact", "90 %").code == 2
    assert natron("constriction", "table", "--contact", "10 %", "--period", "0 µm").code == 2
