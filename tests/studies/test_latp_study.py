"""The article on LATP and Prussian blue: its numbers, what was put in and what tests it, and verdicts that follow."""

import pytest

from natron.cell import built_in
from natron.studies import claims_texts, latp_study, latp_symmetric, parse_claims
from natron.studies.latp_full_cells import _capacities, _efficiency, _simulated
from natron.studies.latp_study import _conductivity, _ladder, latp
from natron.studies.latp_symmetric import _energies, calibrated, lifetime_inputs, rates_of, shipped


def numbers(section):
    return {line.name: line.value for line in section.lines}


def beside(section):
    return {row.name: row for row in section.beside}


@pytest.fixture(scope="module")
def symmetric():
    pytest.importorskip("pybamm")
    return calibrated(again=False)


def settings(section):
    return {setting.mechanism: setting for setting in section.settings}


def changed(monkeypatch, old, new):
    """The study, reading claims in which one published number is another."""
    text = claims_texts()["latp-prussian-blue"]
    assert old in text
    other = parse_claims(text.replace(old, new))
    for module in (latp_study, latp_symmetric):
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


def test_the_cells_ship_with_what_the_lifetimes_give():
    """Each rate as --recalibrate finds it, to the digits that are written down."""
    again = rates_of(lifetime_inputs()).values()
    for name, own in shipped().items():
        assert own.origin == "calibrated", name
        assert own.value == pytest.approx(again[name].value, rel=1e-4), name


def test_published_lifetimes_are_those_of_the_cell_files():
    for name, claim in latp_symmetric.LIFETIMES.items():
        cell = built_in(latp_symmetric.CELLS[name])
        assert cell.measured.lifetime.value == latp_symmetric.claimed(claim, "duration").value


def test_lifetimes_are_put_in_and_say_so(symmetric):
    found = settings(symmetric[0])
    rows = [row for setting in found.values() for row in setting.data]
    lasted = [row for row in rows if row.name.startswith("lifetime")]
    assert [row.computed.to("h") for row in lasted] == [pytest.approx(hours, rel=3e-3) for hours in (150, 350, 800)]
    assert {row.verdict for row in rows} == {"agrees"}
    assert {row.computed.origin for row in rows} == {"calibrated"}
    assert [row.bound for row in lasted] == [False, False, True]
    assert all(len(setting.parameters) == len(setting.data) == 1 for setting in found.values())


def test_the_courses_are_simulated(symmetric):
    lines = {line.name: line for line in symmetric[1].lines}
    assert lines["voltage of one side, Prussian blue: from"].value.to("mV") == pytest.approx(60, rel=1e-3)
    assert lines["interphase, bare: where it is oldest"].value.to("µm") == pytest.approx(4.4, abs=0.05)
    stays = lines["voltage of one side, Prussian blue, rising by 5 mV in 800 h: from"]
    assert stays.value.to("mV") == pytest.approx(60, rel=1e-3)
    assert 0.064 < float(stays.note.split()[1]) < 0.066
    assert {line.origin for line in lines.values()} == {"calibrated"}


def test_what_tests_the_rates_was_not_put_in(symmetric):
    rows = beside(symmetric[2])
    higher = rows["lifetime at 0.1 mA/cm², Prussian blue"]
    assert higher.verdict == "agrees"
    assert higher.computed.origin == "assumed"
    assert 300 < higher.computed.to("h") < 800
    steps = [rows[f"voltage of one side at {j} mA/cm²"].computed.to("mV") for j in (0.025, 0.05, 0.1)]
    assert steps == pytest.approx([30, 60, 120], rel=0.01)
    assert rows["voltage of one side at 0.1 mA/cm²"].computed.origin == "predicted"


def test_a_published_lifetime_that_changes_changes_its_line_and_the_rate(monkeypatch, symmetric):
    before = rates_of(lifetime_inputs()).values()
    changed(monkeypatch, 'claimed = "150 h"', 'claimed = "200 h"')
    after = rates_of(lifetime_inputs()).values()
    assert after["interphase_growth_constant"].value == pytest.approx(
        0.75 * before["interphase_growth_constant"].value, rel=1e-4
    )
    row = settings(symmetric[0])["growth of the interphase"].data[0]
    assert latp_symmetric.claimed("lifetime-bare", "duration").to("h") == pytest.approx(200)
    runs = dict.fromkeys(latp_symmetric.CELLS)
    monkeypatch.setattr(latp_symmetric, "lifetime_s", lambda result, limit: row.computed.value)
    monkeypatch.setattr(latp_symmetric, "course", lambda result: ([row.computed.value], [0.5]))
    (line,) = latp_symmetric._lifetime(lifetime_inputs(), runs, "bare")
    assert line.verdict == "disagrees"


def test_a_longer_run_at_the_higher_current_would_bound_the_rate_further(monkeypatch):
    pytest.importorskip("pybamm")
    inputs = lifetime_inputs()
    runs = latp_symmetric.simulated_cells(None, inputs, only=("bare", "wetted with ionic liquid",
                                                              latp_symmetric.AT_HIGHER, "rate steps"))  # fmt: skip
    changed(monkeypatch, 'claimed = "300 h"', 'claimed = "600 h"')
    row = beside(latp_symmetric._tests(inputs, runs))["lifetime at 0.1 mA/cm², Prussian blue"]
    assert row.verdict == "cannot_be_checked"
    assert "bounds it further" in row.note


def test_activation_energies():
    found = {line.name: line for line in _energies(lifetime_inputs()).lines}
    assert found["wetted with ionic liquid: from"].value.to("eV") == pytest.approx(0.45, abs=1e-3)
    ends = {name: float(line.note.split()[1]) for name, line in found.items()}
    assert ends["wetted with ionic liquid: from"] > 0.5
    assert abs(ends["Prussian blue, rising by 5 mV in 800 h: from"] - 0.45) < 0.02


def test_the_impedance_of_an_aged_cell_has_the_face_s_activation_energy():
    """Arrhenius plot of the simulated cell: spectra at three temperatures of one state, the ceramic taken off."""
    pytest.importorskip("pybamm")
    import numpy as np

    from natron.simulate import model_parameters, rested
    from natron.simulate.engine import engine
    from natron.simulate.impedance import impedance, resting

    of = model_parameters(built_in("latp-il"), off=("voids",))
    at = engine(of.structure)
    aged = at.solve(of.start(at.equations.places), resting(of.numbers()), 300 * 3600.0).states[:, -1]
    kelvin, ln = np.array([328.15, 333.15, 338.15]), []
    for T in kelvin:
        warm = model_parameters(built_in("latp-il"), temperature_K=T, off=("voids",))
        n = warm.numbers()
        z = impedance(warm, rested(warm, aged), np.array([1e-6]))[0].real
        # resistances go with T exp(E/kT): the plot of natron's laws is one of R/T
        ln.append(np.log((z - n["grain_resistance"] - n["boundary_resistance"]) / T))
    slope = np.polyfit(1 / (8.617333e-5 * kelvin), ln, 1)[0]
    face = rates_of(lifetime_inputs()).aged.wetted
    assert slope == pytest.approx(float(face.activation_energy_J(300 * 3600.0)) / 1.602176634e-19, abs=3e-3)


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
    assert 165 < found["LiFePO₄: discharged by the model"].to("mAh/g") < 169.9
    assert 400 < found["FeF₃: discharged by the model"].to("mAh/g") < 712.6
    assert len(section.pictures) == 2


@pytest.mark.long
def test_the_whole_study(natron, tmp_path):
    run = natron("reproduce", "latp-prussian-blue", "--recalibrate", "--out", tmp_path / "page.html", "--json")
    assert run.code == 0
    sections = run.json["sections"]
    assert len(sections) == len(latp()) + 4
    again = {p["name"]: p for setting in sections[0]["settings"] for p in setting["parameters"]}
    for name, values in again.items():
        assert values["recomputed"]["value"] == pytest.approx(values["shipped"]["value"], rel=1e-3), name
    assert "90 % of the draws" in sections[0]["lines"][0]["note"]
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count("<svg") >= 9
