"""``natron press`` and ``natron foil`` as a user meets them."""

import xml.etree.ElementTree as ET

import pytest

from natron.app.commands.pressing import _shown
from natron.core import Quantity

PRESS = ("press", "--metal", "Na", "--electrolyte", "Na5SmSi4O12", "--temperature", "97 °C", "--pressure", "10 MPa",
         "--time", "60 s")  # fmt: skip
FOIL = ("foil", "--metal", "Na", "--temperature", "97 °C", "--pressure", "10 MPa", "--time", "1800 s")


def test_press_json(natron):
    run = natron(*PRESS, "--json")
    assert run.code == 0
    answer = run.json
    assert answer["schema_version"] == 1
    assert answer["outcome"] == "safe"
    assert answer["contact_fraction"]["unit"] == "1"
    assert answer["contact_fraction"]["value"] == pytest.approx(1.0)
    assert answer["interface_resistance"]["unit"] == "ohm.cm2"
    assert answer["interface_resistance"]["value"] == pytest.approx(1.92, abs=0.005)
    assert answer["interface_resistance"]["uncertainty"] > 0
    assert answer["origins"]["interface_resistance"] == "assumed"
    assert answer["hazard"].startswith("Hazard: hot sodium")
    assert answer["warnings"]
    assert set(answer["cracking"]) >= {"warp_stress", "span_stress", "fracture_pressure", "decided_by"}
    assert answer["assumed"]["warp_height"]["unit"] == "um"


def test_press_for_people(natron):
    run = natron(*PRESS)
    assert run.code == 0
    assert "Outcome: safe" in run.out
    assert run.out.count("Hazard:") == 1
    assert "Assumed" in run.out
    assert "below the melting point" in run.err


@pytest.mark.parametrize(
    ("q", "shown"),
    [
        (Quantity(39e-9, 0.577e-9, "length"), "39.0 ± 0.6 nm"),
        (Quantity(0.0637e-3, 0.037e-3, "time"), "0.06 ± 0.04 ms"),
        (Quantity(1.0, 2.9e-29, "share"), "100 %"),
        (Quantity(0.684e-9, 17e-9, "length"), "1 ± 17 nm"),
        (Quantity(3e-22, 2e-15, "length"), "below 0.001 nm"),
        (Quantity(0.0, None, "length"), "0 µm"),
        (Quantity(36e-6, 3.3e-6, "length"), "36.0 ± 3.3 µm"),
        (Quantity(60.0, None, "time"), "60 s"),
    ],
)
def test_digits_on_the_screen(q, shown):
    assert _shown(q) == shown


@pytest.mark.parametrize(
    ("T", "P", "outcome"),
    [("98 °C", "10 MPa", "leaks"), ("25 °C", "0.1 MPa", "insufficient_contact"), ("25 °C", "72 MPa", "cracks")],
)
def test_press_outcomes(natron, T, P, outcome):
    run = natron("press", "--electrolyte", "n5sm", "--temperature", T, "--pressure", P, "--time", "60 s", "--json")
    assert run.code == 0
    assert run.json["outcome"] == outcome


def test_press_map(natron, tmp_path):
    target = tmp_path / "window.svg"
    run = natron(*PRESS, "--map", "--out", target)
    assert run.code == 0
    assert str(target) in run.out
    root = ET.parse(target).getroot()
    assert root.tag.endswith("svg")
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 50
    # natron's own picture is drawn anew, a file of the user's is not
    assert natron(*PRESS, "--map", "--out", target).code == 0
    target.write_text("mine")
    refused = natron(*PRESS, "--map", "--out", target)
    assert refused.code == 2
    assert target.read_text() == "mine"


@pytest.mark.parametrize(
    "wrong",
    [("--metal", "Mg"), ("--electrolyte", "nzps-tape"), ("--temperature", "97"), ("--pressure", "-1 MPa"),
     ("--time", "soon"), ("--thickness", "0 µm"), ("--set", "gas=1"), ("--set", "gas_pressure"),
     ("--set", "flow_stress=0 MPa"), ("--out", "x.svg"), ("--ultrasound", "3 W/cm²"), ("--softening", "0.2"),
     ("--resistance-at", "-300 °C"), ("--temperature", "-200 °C")],
)  # fmt: skip
def test_press_refuses(natron, wrong):
    run = natron(*PRESS, *wrong)
    assert run.code == 2
    assert run.out == ""
    assert run.err.startswith("natron: ")
    assert run.err.count("\n") == 1


def test_foil_json(natron, tmp_path):
    target = tmp_path / "foil.svg"
    run = natron(*FOIL, "--out", target, "--json")
    assert run.code == 0
    answer = run.json
    assert answer["thickness"]["value"] == pytest.approx(36.0, abs=0.05)
    assert answer["thickness"]["unit"] == "um"
    assert answer["slope"] == pytest.approx(-1 / 6)
    assert answer["curve"][-1]["thickness"]["value"] == pytest.approx(answer["thickness"]["value"])
    assert answer["assumed"]["radius"]["value"] == pytest.approx(4.0)
    assert answer["hazard"].startswith("Hazard:")
    assert ET.parse(target).getroot().tag.endswith("svg")


def test_foil_for_people_and_wrong(natron):
    run = natron(*FOIL)
    assert run.code == 0
    assert "36.0 ± 3.3 µm" in run.out
    assert run.out.count("Hazard:") == 1
    melted = natron("foil", "--temperature", "98 °C", "--pressure", "10 MPa", "--time", "60 s")
    assert melted.code == 2
    assert "is liquid" in melted.err
    assert natron(*FOIL, "--squeeze", "round").code == 2
    assert natron(*FOIL, "--out", "foil.png").code == 2
