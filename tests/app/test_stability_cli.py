"""``natron stability``: numbers in JSON, sentences on screen, the ladder drawn, wrong input refused."""

import pytest


def test_prussian_blue(natron, tmp_path):
    run = natron("stability", "latp-pb", "--json", "--out", tmp_path)
    assert run.code == 0
    assert run.json["shield"] == "does_not_last"
    layer, ceramic = run.json["exposures"]
    assert layer["figures"]["leakage"]["value"] == pytest.approx(0.0307)
    assert layer["figures"]["leakage"]["unit"] == "mA/cm2"
    assert layer["figures"]["conductivity_to_last"]["unit"] == "S/cm"
    assert ceramic["layer"] == "latp"
    assert "prussian-blue.electronic_conductivity" in run.json["assumed"]
    assert "<svg" in (tmp_path / "ladder.svg").read_text(encoding="utf-8")


def test_in_words(natron):
    run = natron("stability", "Na | prussian-blue 1 µm | NZSP", "--duration", "100 h", "--current", "1 mA/cm²")
    assert run.code == 0
    assert "to last 100 h" in run.out
    assert "Shield:" in run.out
    assert "standard potentials in water" in run.err


def test_a_stack_file_and_a_cell_file(natron, tmp_path):
    stack = tmp_path / "stack.toml"
    stack.write_text('name = "x"\nmetal = "K"\n[[layer]]\nmaterial = "n5sm"\nthickness = "1 mm"\n', encoding="utf-8")
    assert natron("stability", stack, "--json").json["potentials_against"] == "Na"
    cell = tmp_path / "cell.toml"
    natron("cell", "new", cell)
    assert natron("stability", cell, "--json").json["shield"] == "bare"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["latpb"], "latp-pb"),
        (["nowhere.toml"], "no such file"),
        (["nvp-coin"], "needs a ceramic"),
        (["lowack2025-cell1", "--side", "positive"], "begins with a metal"),
        (["latp-pb", "--side", "left"], "two sides"),
        (["latp-pb", "--duration", "0 h"], "above 0"),
        (["latp-pb", "--duration", "800 V"], "does not measure"),
    ],
)
def test_wrong_input(natron, arguments, words):
    run = natron("stability", *arguments)
    assert run.code == 2
    assert words in run.err


@pytest.mark.parametrize(
    ("stack", "words"),
    [
        ("Li |", "needs a material"),
        ("Li | prussian-blue 0 µm | LATP", "above 0.1 nm"),
        ("Li | prussian-blue 1e9 m | LATP", "below 10 cm"),
        ("Li | nvp 1 µm | LATP", "cannot be a layer"),
        ("Li | naclo4-ec-pc 1 µm | LATP", "cannot be a layer"),
    ],
)
def test_silly_layers_are_refused(natron, stack, words):
    run = natron("stability", stack)
    assert run.code == 2
    assert words in run.err


def test_what_rests_on_an_assumed_potential_says_so(natron):
    for stack, shield in (("Na | NZSP", "bare"), ("Na | n5sm 500 µm", "undecided")):
        found = natron("stability", stack, "--json").json
        assert found["shield"] == shield
        assert found["origin"] == "assumed"
        assert any("is assumed, and so is all that rests on it" in words for words in found["statements"])
    assert not any("rests on it" in words for words in natron("stability", "latp-pb", "--json").json["statements"])
