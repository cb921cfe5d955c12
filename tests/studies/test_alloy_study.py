"""The study of the potassium anode: what it computes, what it says of origins, where its tornados point."""

import pytest

from natron.core import Quantity
from natron.studies.alloy_study import adambatt2
from natron.studies.survival_study import ten_cells


@pytest.fixture(scope="module")
def sections():
    return {section.title: section for section in adambatt2()}


def numbers(section):
    return {line.name: line.value for line in section.lines}


def test_alloy_and_film(sections):
    diagram = numbers(sections["Phase diagram"])
    assert diagram["eutectic"].to("°C") == pytest.approx(-12.6, abs=0.3)
    film = numbers(sections["The film and the first plating"])
    assert film["potassium for each areal capacity"].to("µm/(mAh/cm²)") == pytest.approx(6.6, abs=0.05)
    assert film["potassium for each areal capacity"].origin == "predicted"
    assert film["potassium that a half step of 5 mAh/cm² needs"].to("µm") == pytest.approx(33, abs=0.5)
    assert film["all liquid up to"].origin == "assumed"
    # atoms are conserved, so the layers add to film and sodium but for a few per cent of volume
    layers = film["liquid layer after 5 mAh/cm²"].value + film["solid sodium after 5 mAh/cm²"].value
    assert layers == pytest.approx((10 + 5 * 8.861) * 1e-6, rel=0.05)


def test_nothing_rests_on_an_assumption_without_saying_so(sections):
    ccd = sections["Both tests of the critical current, predicted"]
    assert all(line.origin == "assumed" for line in ccd.lines if isinstance(line.value, Quantity))
    interface = numbers(sections["Impedance before and after the first charge"])
    assert (
        interface["the same after 10 min at 0.1 MPa"].value > interface["interface after, wetted by the liquid"].value
    )


def test_both_tests_and_why_they_differ(sections):
    ccd = sections["Both tests of the critical current, predicted"]
    found = numbers(ccd)
    assert found["onset of voids, 5 min over 5 mAh/cm²"].value > 3
    for name in ("5 min per half step", "5 mAh/cm² per half step"):
        assert 0 < found[f"{name}: critical current"].to("mA/cm²") < 10
    assert all(tornado.swings for tornado in ccd.tornados)
    widths = [abs(swing.high - swing.low) for swing in ccd.tornados[0].swings]
    assert widths == sorted(widths, reverse=True)


def test_the_study_is_reproduced_from_the_command_line(natron, tmp_path):
    run = natron("reproduce", "adambatt2", "--out", tmp_path / "page.html", "--json")
    assert run.code == 0
    assert run.json["sections"][0]["title"] == "Phase diagram"
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 5


def test_ten_cells():
    (section,) = ten_cells()
    found = numbers(section)
    assert found["alive after 70 cycles at 0.5 mA/cm²"].value == pytest.approx(0.253, abs=0.005)
    assert found["alive after 70 cycles at 1 mA/cm²"].value == pytest.approx(4e-4, abs=5e-5)
    assert found["share that fails, from nine of ten: lower end"].value == pytest.approx(0.555, abs=0.0005)
    assert found["critical stripping current at 1 MPa and 30 °C"].to("mA/cm²") < 0.5
    (tornado,) = section.tornados
    assert {"critical_current", "weibull_modulus", "growth_exponent", "batch_current"} <= {
        s.name for s in tornado.swings
    }
    assert {line.origin for line in section.lines} <= {"calibrated", "assumed"}
