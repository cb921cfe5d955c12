"""Design figures against the paper, closed forms, conservation and other estimators."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron.cell import built_in, built_in_texts, changed
from natron.core import CellError, NatronError, QuantityError, parse_quantity
from natron.core.uncertainty import propagate
from natron.design import (
    NoSuchFigureError,
    assess,
    checks,
    describe_area,
    figures,
    parse_step,
    reference_area_m2,
    roadmap,
    sensitivity,
    separator_resistance,
    solve_for,
    stack_model,
)

CELL1, CELL2 = built_in("lowack2025-cell1"), built_in("lowack2025-cell2")
V, G = "volumetric_energy_density", "gravimetric_energy_density"

# computed by hand from Eqs. 1 and 5; the last column is the ± the paper prints
PAPER = [
    (CELL1, "theoretical", V, 278.0, 11), (CELL1, "theoretical", G, 138.0, 6),
    (CELL1, "measured", V, 238.6, 10), (CELL1, "measured", G, 117.8, 5),
    (CELL2, "theoretical", V, 174.2, 9), (CELL2, "theoretical", G, 73.7, 4),
    (CELL2, "measured", V, 147.5, 7), (CELL2, "measured", G, 62.2, 3),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "basis", "name", "expected", "printed_uncertainty"), PAPER)
def test_the_papers_energy_densities(cell, basis, name, expected, printed_uncertainty):
    figure = figures(cell, basis)[name]
    assert figure.shown_value == pytest.approx(expected, rel=5e-3)
    assert figure.shown_uncertainty == pytest.approx(printed_uncertainty, rel=0.25)


def test_eq_1_and_eq_5_by_hand():
    f = figures(CELL1)
    sodium = 96485.33212 / 22.990e-3  # C/kg
    anode = 36e-6 + 2.52 * 36e3 / (sodium * 968)
    thickness = anode + 50e-6 + 200e-6
    mass = 968 * anode + 3300 * 50e-6 + (0.37 * 3050 + 0.63 * 1380) * 200e-6
    assert f["anode_thickness"].value == pytest.approx(anode, rel=1e-9)
    assert f[V].value == pytest.approx(3.4 * 2.52 * 36e3 / thickness, rel=1e-9)
    assert f[G].value == pytest.approx(3.4 * 2.52 * 36e3 / mass, rel=1e-9)


@pytest.mark.parametrize("name", sorted(built_in_texts()))
@pytest.mark.parametrize("basis", ["theoretical", "measured"])
def test_layers_add_up_to_the_stack(name, basis):
    cell = built_in(name)
    if basis == "measured" and (cell.kind != "full" or cell.measured.discharge_capacity is None):
        with pytest.raises(NoSuchFigureError):
            figures(cell, basis)
        return
    f = figures(cell, basis)
    assert sum(s.volume_share for s in f.breakdown) == pytest.approx(1, abs=1e-12)
    assert sum(s.mass_share for s in f.breakdown) == pytest.approx(1, abs=1e-12)
    assert sum(s.thickness.value for s in f.breakdown) == pytest.approx(f["stack_thickness"].value, rel=1e-12)


@pytest.mark.parametrize("name", sorted(built_in_texts()))
def test_first_order_and_monte_carlo_agree(name):
    model = stack_model(built_in(name))
    linear = propagate(model, model.inputs, method="linear")
    drawn = propagate(model, model.inputs, method="monte_carlo")
    auto = propagate(model, model.inputs)
    for figure in ("stack_thickness", V, G):
        if figure not in linear or not linear[figure].standard_uncertainty:
            continue
        if auto[figure].method == "linear":
            spread = drawn[figure].standard_uncertainty
            assert linear[figure].standard_uncertainty == pytest.approx(spread, rel=0.12), (name, figure)


def test_one_foil_on_both_sides_is_one_uncertainty():
    cell = built_in("lowack2025-symmetric")
    f = figures(cell)
    foil, tape = 5e-6, cell.separator.thickness.standard_uncertainty
    assert f["stack_thickness"].standard_uncertainty == pytest.approx(math.hypot(2 * foil, tape), rel=1e-9)


def test_consistent_derives_all_from_loading_and_thickness():
    f = figures(CELL1, consistent=True)
    density = 1 / (0.925 / 3200 + 0.05 / 2000 + 0.025 / 1750)
    assert f["porosity"].value == pytest.approx(1 - 0.231 / (density * 200e-6), rel=1e-9)
    assert f["areal_capacity"].shown_value == pytest.approx(23.1 * 0.925 * 0.118, rel=1e-9)
    assert figures(CELL2, consistent=True)["areal_capacity"].shown_value == pytest.approx(1.299, abs=5e-4)
    with pytest.raises(NoSuchFigureError, match="loading"):
        figures(changed(CELL1, {"positive.loading": None}), consistent=True)


def test_contradictions_are_named():
    found = {check.name: check for check in checks(CELL2)}
    capacity = found["positive.areal_capacity"]
    assert capacity.verdict == "disagrees"
    assert "1.32" in capacity.message
    assert "1.29" in capacity.message or "1.30" in capacity.message
    assert "11.9 mg/cm²" in capacity.message
    porosity = found["positive.porosity"]
    assert porosity.verdict == "agrees"
    assert porosity.derived.value == pytest.approx(0.609, abs=2e-3)
    assert {check.verdict for check in checks(CELL1)} == {"agrees"}
    too_much = changed(CELL1, {"measured.discharge_capacity": "2.9 mAh/cm²"})
    assert {c.name: c.verdict for c in checks(too_much)}["measured.discharge_capacity"] == "disagrees"


STEPS = [parse_step(text) for text in ("activation = 100 %", "porosity = 30 %", "reservoir = 0 µm")]


@pytest.mark.parametrize(
    ("consistent", "cathode_um", "expected"),
    [
        (False, 105.7, [(238.6, 117.8), (278, 138), (400, 175), (481, 188)]),
        (True, 108.4, [(238.6, None), (278, None), (395, 172), (474, 185)]),
    ],
)
def test_the_roadmap_at_conserved_solids(consistent, cathode_um, expected):
    stages = roadmap(CELL1, STEPS, consistent=consistent)
    assert [stage.figures.model.basis for stage in stages] == ["measured"] * 4
    for stage, (volumetric, gravimetric) in zip(stages, expected, strict=True):
        assert stage.figures[V].shown_value == pytest.approx(volumetric, rel=3e-3)
        if gravimetric is not None:
            assert stage.figures[G].shown_value == pytest.approx(gravimetric, rel=3e-3)
    assert stages[-1].figures["cathode_thickness"].shown_value == pytest.approx(cathode_um, abs=0.15)


@given(st.floats(0.0, 0.9))
@settings(max_examples=40, deadline=None)
def test_pressing_conserves_the_solids(porosity):
    for consistent in (False, True):
        before, after = (
            stage.figures for stage in roadmap(CELL1, [parse_step(f"porosity = {porosity:.6f}")], consistent=consistent)
        )
        assert after["solids"].value == pytest.approx(before["solids"].value, rel=1e-9)
        assert after["areal_capacity"].value == pytest.approx(before["areal_capacity"].value, rel=1e-9)


NULL_STEPS = ["porosity = 63 %", "active = nvp", "reservoir = 36 ± 5 µm", "separator = 50 ± 4 µm"]


@pytest.mark.parametrize("consistent", [False, True])
@pytest.mark.parametrize("text", NULL_STEPS)
def test_a_step_that_changes_nothing_changes_nothing(text, consistent):
    cell = changed(CELL1, {"positive.porosity": "63 %"}) if text.startswith("porosity") else CELL1
    if text.startswith("porosity") and consistent:
        text = f"porosity = {figures(cell, consistent=True)['porosity'].value!r}"
    before, after = (stage.figures for stage in roadmap(cell, [parse_step(text)], consistent=consistent))
    for name, q in before.values.items():
        if text.startswith("porosity") and consistent and name in ("porosity", "cathode_thickness"):
            continue  # the porosity is then wanted, not measured: its uncertainty goes over to the thickness
        assert after[name].value == pytest.approx(q.value, rel=1e-9), name
        if not (text.startswith("porosity") and consistent):
            assert after[name].standard_uncertainty == pytest.approx(q.standard_uncertainty, rel=1e-6, abs=1e-30), name


def test_steps_keep_the_correlation_of_their_inputs():
    """Loading and porosity given, then pressed: the starting porosity no longer counts (own Monte Carlo)."""
    cell = changed(
        CELL1,
        {"positive.loading": "23.1 ± 1.0 mg/cm²", "positive.thickness": None, "positive.areal_capacity": None,
         "positive.solid_density": None, "measured.discharge_capacity": None, "measured.first_charge_capacity": None},
    )  # fmt: skip
    _, stage = roadmap(cell, [parse_step("porosity = 30 %")])
    rng = np.random.default_rng(3)
    n = 200_000
    m = rng.normal(0.231, 0.01, n)
    rho = 1 / (0.925 / rng.normal(3200, 100, n) + 0.05 / rng.normal(2000, 100, n) + 0.025 / rng.normal(1750, 50, n))
    d = m / rho / 0.7
    q = m * 0.925 * 118 * 3600
    stack = rng.normal(36e-6, 5e-6, n) + q / (96485.33 / 22.990e-3 * 968) + rng.normal(50e-6, 4e-6, n) + d
    assert stage.figures["cathode_thickness"].standard_uncertainty == pytest.approx(d.std(), rel=0.02)
    assert stage.figures[V].standard_uncertainty == pytest.approx((3.4 * q / stack).std(), rel=0.03)
    assert stage.figures["solids"].standard_uncertainty == pytest.approx(0.01, rel=1e-6)


def test_another_active_material_keeps_solids_and_utilisation_in_any_order():
    swap, full = parse_step("active = lfp"), parse_step("activation = 90 %")
    before, after = (stage.figures for stage in roadmap(CELL2, [swap]))
    assert after["solids"].value == pytest.approx(before["solids"].value, rel=1e-9)
    assert after["utilisation"].value == pytest.approx(before["utilisation"].value, rel=1e-9)
    capacities = [CELL2.material("lfp").property("specific_capacity").value, 118 * 3600]
    assert after["areal_capacity"].value / before["areal_capacity"].value == pytest.approx(
        capacities[0] / capacities[1], rel=1e-9
    )
    one, other = (roadmap(CELL2, steps)[-1].figures for steps in ([swap, full], [full, swap]))
    for name in one.values:
        assert one[name].value == pytest.approx(other[name].value, rel=1e-9), name


def test_a_foreign_ion_and_an_empty_anode_are_warned_of():
    said = assess(CELL1, steps=[parse_step("active = fef3")]).warnings
    assert any("works with Li" in text for text in said)
    assert any("holds" in text for text in said)


def test_a_target_is_asked_of_the_last_step():
    wanted = parse_quantity("380 Wh/l", V)
    result = assess(CELL1, steps=[parse_step("porosity = 30 %")], target=(V, wanted, "separator.thickness"))
    assert result.inverse.status == "found"


def test_solids_that_do_not_fit_are_refused():
    with pytest.raises(CellError, match="do not fit"):
        figures(changed(CELL1, {"positive.loading": "2310 mg/cm²", "positive.porosity": None}))
    f = figures(changed(CELL1, {"positive.porosity": None, "positive.areal_capacity": None}))
    answer = solve_for(f, V, parse_quantity("2000 Wh/l", V), "positive.loading")
    assert answer.status == "cannot_be_reached"
    with pytest.raises(CellError, match="no such input"):
        solve_for(f, V, parse_quantity("300 Wh/l", V), "positive.composition.nvp")


def test_a_porosity_near_one_has_a_finite_uncertainty():
    cell = changed(
        CELL1, {"positive.thickness": None, "positive.porosity": "90 ± 5 %", "positive.areal_capacity": None}
    )
    thickness = figures(cell)["cathode_thickness"]
    assert thickness.standard_uncertainty < 2 * thickness.value


@pytest.mark.parametrize(
    "text", ["porosity", "porosity = 130 %", "prosity = 30 %", "activation = 0 %", "active = c65", "active = nothing",
             "reservoir = 5 kg", "= 3", "separator = -3 µm"]
)  # fmt: skip
def test_steps_that_make_no_sense_are_refused(text):
    with pytest.raises(NatronError):
        figures(CELL1, steps=[parse_step(text)])


def test_the_optimised_cell_is_the_end_of_the_roadmap():
    f = figures(built_in("lowack2025-optimised"))
    assert f["cathode_thickness"].shown_value == pytest.approx(105.7, abs=0.05)
    assert f[V].shown_value == pytest.approx(481, rel=3e-3)
    assert f[G].shown_value == pytest.approx(188, rel=3e-3)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["separator.thickness", "positive.thickness", "negative.reservoir"]), st.floats(150, 320))
def test_inverse_questions_answer_what_was_asked(name, wanted):
    f = figures(CELL1)
    answer = solve_for(f, V, parse_quantity(f"{wanted:.4f} Wh/l", V), name)
    low, high = answer.reachable
    if answer.status == "found":
        back = figures(changed(CELL1, {name: answer.value}))
        assert back[V].shown_value == pytest.approx(wanted, rel=1e-6)
    else:
        assert not low <= wanted * 3.6e6 <= high


def test_what_cannot_be_reached_is_said_so():
    f = figures(CELL1)
    answer = solve_for(f, V, parse_quantity("450 Wh/l", V), "separator.thickness")
    assert answer.status == "cannot_be_reached"
    assert answer.value is None
    # without any separator: 3.4 V 2.52 mAh/cm² in 258.3 µm
    assert answer.reachable[1] / 3.6e6 == pytest.approx(3.4 * 2.52 / 258.331e-4, rel=1e-4)
    with pytest.raises(CellError, match="separator.thickness"):
        solve_for(f, V, parse_quantity("300 Wh/l", V), "separator.thicknes")


def test_sensitivities_against_closed_forms():
    rows = {row.input: row for row in sensitivity(figures(CELL1), V)}
    total = 36 + 2.52 * 8.8608 + 50 + 200
    assert rows["separator.thickness"].elasticity == pytest.approx(-50 / total, rel=1e-3)
    assert rows["positive.discharge_voltage"].elasticity == pytest.approx(1)
    assert rows["separator.thickness"].variance_share == pytest.approx(16 / (16 + 25 + 100), rel=1e-6)
    assert sum(row.variance_share for row in rows.values()) == pytest.approx(1)
    assert rows["positive.thickness"].sobol_total == pytest.approx(100 / 141, abs=0.05)


def test_variance_based_indices_against_scipy():
    from scipy import stats

    f = figures(CELL1)
    model = f.model
    uncertain = sorted(
        k for k, q in model.inputs.items() if q.standard_uncertainty and k in f.propagated[G].derivatives
    )
    nominal = {k: q.value for k, q in model.inputs.items()}

    def function(x):
        return np.atleast_2d(model({**nominal, **dict(zip(uncertain, x, strict=True))})[G])

    reference = stats.sobol_indices(
        func=function,
        n=4096,
        dists=[stats.norm(model.inputs[k].value, model.inputs[k].standard_uncertainty) for k in uncertain],
        rng=np.random.default_rng(7),
    )
    rows = {row.input: row for row in sensitivity(f, G)}
    for i, name in enumerate(uncertain):
        assert rows[name].sobol_first == pytest.approx(np.ravel(reference.first_order)[i], abs=0.05)
        assert rows[name].sobol_total == pytest.approx(np.ravel(reference.total_order)[i], abs=0.05)


def test_housing_is_off_unless_asked_and_assumed():
    f = figures(CELL1)
    assert f["packaged_" + V].value < f[V].value
    assert f["packaged_" + G].value < f[G].value
    assert f["packaged_" + G].origin == "assumed"
    assert f[V].origin == "predicted"
    assert f["areal_capacity"].origin == "input"
    assert figures(CELL1, "measured")["areal_capacity"].origin == "input"


def test_a_cell_with_assumed_inputs_gives_assumed_figures():
    assert figures(built_in("latp-pb-lfp"))[V].origin == "assumed"


def test_cells_assembled_charged_do_not_grow_on_charge():
    cell = built_in("latp-pb-fef3")
    f = figures(cell)
    assert f["anode_thickness"].value == pytest.approx(cell.negative.reservoir.value)


def test_separator_resistance():
    resistance = separator_resistance(CELL2)
    assert resistance.shown_value == pytest.approx(110e-4 / 1.6e-3, rel=1e-6)  # 6.9 Ω cm²
    assert separator_resistance(CELL1).shown_value == pytest.approx(3.125, rel=1e-6)


def test_the_smaller_electrode_is_the_reference():
    cell = changed(CELL1, {"positive.diameter": "5 mm"})
    assert reference_area_m2(cell) == pytest.approx(math.pi / 4 * 25e-6)
    assert "positive electrode" in describe_area(cell)


def test_an_assessment_warns_of_contradictions():
    assert any("1.32" in text for text in assess(CELL2).warnings)
    assert assess(CELL1).warnings == ()


def test_targets_are_read_in_the_figures_unit():
    with pytest.raises(QuantityError):
        parse_quantity("450 µm", V)
