"""The two documents on pressure: what natron computes about them, and on what it rests."""

import pytest

from natron.core import Quantity
from natron.core.compare import VERDICTS
from natron.studies import audit_document, reproduce, reproduction_page
from natron.studies.pressure_studies import tapes_under_pressure

STUDIES = {name: reproduce(name) for name in ("stack-pressure", "thermal-press")}


def lines(study):
    return {line.name: line for section in STUDIES[study].sections for line in section.lines}


@pytest.mark.parametrize("study", STUDIES)
def test_every_number_says_on_what_it_rests(study):
    for section in STUDIES[study].sections:
        assert section.lines
        for line in section.lines:
            assert line.origin in ("literature", "assumed", "predicted", "calibrated") or isinstance(line.value, str)
        for tornado in section.tornados:
            assert tornado.swings
            widths = [abs(swing.high - swing.low) for swing in tornado.swings]
            assert widths == sorted(widths, reverse=True)
            assert all(min(s.low, s.high) <= tornado.value.value <= max(s.low, s.high) for s in tornado.swings)
    assert {finding.verdict for finding in STUDIES[study].findings} <= set(VERDICTS)


def test_each_assumed_parameter_shows():
    (tornado,) = STUDIES["stack-pressure"].sections[0].tornados
    shown = {swing.name: swing.parameter.origin for swing in tornado.swings}
    assert shown["flow_stress"] == "literature"
    assert shown["indentation_strain"] == "assumed"
    assert {"gas_pressure", "pressure_spread"} <= set(tornado.fixed)


def test_assembly_pressure_is_far_above_what_creep_needs():
    found = lines("stack-pressure")
    assert found["99 % contact at 25 °C in 60 s needs"].value.value < 5e6
    assert found["contact after 60 s at 25 °C and 72 MPa"].value.value == pytest.approx(1.0)
    (claim,) = [f for f in STUDIES["stack-pressure"].findings if f.claim.id == "assembly-pressure-closes-voids"]
    assert claim.verdict == "disagrees"
    assert "lower bound" in claim.explanation


def test_critical_currents_of_the_sheet():
    found = lines("stack-pressure")
    for pressure, mA in (("0.05 MPa", 0.2125), ("1 MPa", 0.45), ("15 MPa", 3.95)):
        assert found[f"critical stripping current at {pressure}"].value.value / 10 == pytest.approx(mA, abs=5e-5)


def test_a_stiff_frame_loses_contact_and_a_spring_does_not():
    frames = [line for line in STUDIES["stack-pressure"].sections[-1].lines if "frame" in line.name]
    assert [line.note for line in frames] == ["contact lost", "pressed to the end"]


def test_the_foil_is_never_said_to_agree():
    for document in ("thermal-press", "stack-pressure"):
        for finding in STUDIES[document].findings:
            if "foil" in finding.claim.id:
                assert finding.verdict == "cannot_be_checked"
    (foil,) = [f for f in audit_document("lowack2025") if f.claim.id == "foil-pressed-at-97"]
    assert foil.verdict == "cannot_be_checked"


@pytest.mark.parametrize("study", STUDIES)
def test_json_and_page(study):
    answer = STUDIES[study].as_json()
    assert answer["cells"] == []
    assert answer["sections"][0]["lines"][0]["value"]["unit"] in ("MPa", "1")
    swing = answer["sections"][0]["tornados"][0]["swings"][0]
    assert set(swing) == {"parameter", "origin", "given", "low", "high"}
    page = reproduction_page(STUDIES[study])
    assert page.count("<svg") >= 2
    for section in STUDIES[study].sections:
        assert section.title in page
    assert all(isinstance(line.value, Quantity | str) for line in lines(study).values())


def test_reproduce_writes_its_page(natron, tmp_path):
    run = natron("reproduce", "thermal-press", "--out", tmp_path / "page.html", "--json")
    assert run.code == 0
    assert [section["title"] for section in run.json["sections"]] == [
        "Pressing sodium onto the ceramic", "The window", "Foil between heated plates",
    ]  # fmt: skip
    assert (tmp_path / "page.html").stat().st_size > 50_000
    assert natron("reproduce", "thermal", "--out", tmp_path / "other.html").code == 2


def test_thin_tapes_break_by_places_without_backing_and_thick_ones_by_their_bow():
    (section,) = tapes_under_pressure()
    found = {line.name: line.value.value for line in section.lines}
    assert found["110 ± 5 µm: stress by a bow pressed flat"] > found["50 ± 4 µm: stress by a bow pressed flat"]
    thin, thick = (found[f"{um}: stress where nothing backs it, at 1 MPa"] for um in ("50 ± 4 µm", "110 ± 5 µm"))
    assert thin == pytest.approx(thick * (110 / 50) ** 2, rel=1e-6)
    chances = [found[f"{um} under 1 MPa: chance of breaking"] for um in ("50 ± 4 µm", "110 ± 5 µm")]
    assert chances[0] > 0.5 > chances[1] > 0
