"""The article on LATP and Prussian blue: its numbers, what was put in and what tests it, and verdicts that follow."""

import pytest

from natron.core import Quantity
from natron.studies import claims_texts, latp_full_cells, latp_study, parse_claims
from natron.studies.latp_full_cells import _capacities, _efficiency, _simulated
from natron.studies.latp_study import _conductivity, _ladder, latp, symmetric_cells


def numbers(section):
    return {line.name: line.value for line in section.lines}


def beside(section):
    return {row.name: row for row in section.beside}


@pytest.fixture(scope="module")
def symmetric():
    return symmetric_cells()


def changed(monkeypatch, old, new):
    """The study, reading claims in which one published number is another."""
    text = claims_texts()["latp-prussian-blue"]
    assert old in text
    other = parse_claims(text.replace(old, new))
    for module in (latp_study, latp_full_cells):
        monkeypatch.setattr(module, "built_in_claims", lambda document: other)


def published():
    return parse_claims(claims_texts()["latp-prussian-blue"])


def test_conductivity_audit():
    found = numbers(_conductivity(published()))
    assert found["activation energy, ln(σT)"].to("eV") == pytest.approx(0.573, abs=5e-4)
    assert found["activation energy, ln σ"].to("eV") == pytest.approx(0.545, abs=5e-4)
    assert found["conductivity at 60 °C by the printed activation energy"].to("S/cm") == pytest.approx(4.2e-4, rel=2e-3)
    rows = beside(_conductivity(published()))
    assert {row.verdict for row in rows.values()} == {"disagrees"}
    assert rows["activation energy, ln(σT)"].published.to("eV") == pytest.approx(0.411)


def test_the_audit_follows_the_printed_energy(monkeypatch):
    changed(monkeypatch, 'claimed = "0.411 eV"', 'claimed = "0.573 eV"')
    rows = beside(_conductivity(latp_study.built_in_claims("latp-prussian-blue")))
    assert rows["activation energy, ln(σT)"].verdict == "agrees"
    assert rows["conductivity at 60 °C"].verdict == "agrees"
    assert rows["activation energy, ln σ"].verdict == "disagrees"


def test_the_argument_by_potentials():
    section = _ladder()
    assert "3.07 > 2.34 alone does not shield the ceramic from lithium at 0 V" in section.text
    found = numbers(section)
    assert found["electrons through the fresh layer"].to("mA/cm²") == pytest.approx(0.031, abs=5e-4)
    assert found["the layer is spent after"].to("h") == pytest.approx(0.6, abs=0.05)
    assert found["electronic conductivity to last 800 h, at most"].to("S/cm") == pytest.approx(7e-13, rel=0.06)
    assert found["electronic conductivity to last 800 h, at most"].origin == "assumed"


def test_lifetimes_are_put_in_and_say_so(symmetric):
    rows = beside(symmetric[0])
    assert [rows[f"lifetime, {name}"].computed.to("h") for name in ("bare", "wetted", "Prussian blue")] == [
        pytest.approx(hours, rel=1e-5) for hours in (150, 350, 800)
    ]
    assert {row.computed.origin for row in rows.values()} == {"calibrated"}
    assert rows["lifetime, Prussian blue"].bound
    lines = [line for line in symmetric[0].lines if isinstance(line.value, Quantity)]
    assert {line.origin for line in lines} == {"calibrated", "assumed"}


def test_what_tests_the_rates_was_not_put_in(symmetric):
    rows = beside(symmetric[1])
    higher = rows["lifetime at 0.1 mA/cm², Prussian blue"]
    assert higher.verdict == "agrees"
    assert 300 < higher.computed.to("h") < 800
    steps = [rows[f"voltage of one side at {j} mA/cm²"].computed.to("mV") for j in (0.025, 0.05, 0.1)]
    assert steps == pytest.approx([30, 60, 120], rel=1e-6)
    assert rows["voltage of one side at 0.1 mA/cm²"].computed.origin == "predicted"


def test_a_longer_run_at_the_higher_current_would_bound_the_rate_further(monkeypatch):
    changed(monkeypatch, 'claimed = "300 h"', 'claimed = "600 h"')
    row = beside(symmetric_cells()[1])["lifetime at 0.1 mA/cm², Prussian blue"]
    assert row.verdict == "cannot_be_checked"
    assert "bounds it further" in row.note


def test_activation_energies(symmetric):
    found = {line.name: line for line in symmetric[2].lines}
    assert found["wetted: from"].value.to("eV") == pytest.approx(0.45, abs=1e-3)
    ends = {name: float(line.note.split()[1]) for name, line in found.items()}
    assert ends["wetted: from"] > 0.5
    assert abs(ends["Prussian blue, its voltage stable: from"] - 0.45) < 0.02


def test_capacities_above_the_formula_are_flagged(monkeypatch):
    rows = beside(_capacities())
    flagged = {name for name, row in rows.items() if row.verdict == "disagrees"}
    assert flagged == {
        "LiFePO₄, first discharge at 0.025 mA/cm²", "LiFePO₄, after 160 cycles at 0.025 mA/cm²",
    }  # fmt: skip
    assert rows["FeF₃, first discharge (above)"].computed.to("mAh/g") == pytest.approx(712.6, abs=0.1)
    changed(monkeypatch, 'claimed = "145 mAh/g"', 'claimed = "175 mAh/g"')
    row = beside(_capacities())["LiFePO₄, after 200 cycles at 0.1 mA/cm²"]
    assert row.verdict == "disagrees"
    assert "impossible" in row.note


def test_fade_and_efficiency():
    fade = numbers(_capacities())
    assert fade["fade per cycle, LiFePO₄ at 0.1 mA/cm²"].value == pytest.approx(1 - (145 / 160) ** (1 / 200))
    assert fade["fade per cycle, FeF₃ at 0.025 mA/cm²"].value == pytest.approx(1 - (300 / 400) ** (1 / 60))
    found = numbers(_efficiency())
    assert found["left of a limited inventory, 0.99¹⁶⁰"].value == pytest.approx(0.2003, abs=1e-4)
    areal = 169.9 * 2e-3 * 0.8  # mAh/cm²
    assert found["charge lost in 160 cycles"].to("mAh/cm²") == pytest.approx(1.6 * areal, rel=1e-3)
    assert found["time that 160 cycles at 0.025 mA/cm² take"].to("h") == pytest.approx(320 * areal / 0.025, rel=1e-3)
    assert found["of the reservoir"].value < 0.02


@pytest.mark.long
def test_the_simulated_cells_hold_no_more_than_the_formula():
    pytest.importorskip("pybamm")
    section = _simulated()
    found = numbers(section)
    assert 150 < found["LiFePO₄: discharged by the model"].to("mAh/g") < 169.9
    assert 400 < found["FeF₃: discharged by the model"].to("mAh/g") < 712.6
    assert len(section.pictures) == 2


@pytest.mark.long
def test_the_whole_study(natron, tmp_path):
    run = natron("reproduce", "latp-prussian-blue", "--recalibrate", "--out", tmp_path / "page.html", "--json")
    assert run.code == 0
    titles = [section["title"] for section in run.json["sections"]]
    assert len(titles) == len(latp()) + 1
    assert titles[0] == "Rates of the symmetric cells, recalibrated"
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count("<svg") >= 6
