"""What a fit means: specific numbers, which arc is which, what the window hides, what cannot be known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron import io
from natron.core import InputError, Quantity, parse_quantity
from natron.core.constants import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C
from natron.core.uncertainty import propagate
from natron.data import Spectrum
from natron.eis import FitResult, effective_capacitance, fit, parse_circuit
from natron.eis.meaning.arcs import features
from natron.eis.meaning.assignment import CLEAR_ODDS, assign
from natron.eis.meaning.evidence import SCALES, Electrolyte, Range, table, thickness_exponent
from natron.eis.meaning.geometry import Geometry, areal_resistance, conductivity, conductivity_law, normalise
from natron.eis.meaning.replicates import replicate, replicate_cells
from natron.eis.meaning.symmetric import constriction_hint, symmetric_cell
from natron.materials import material
from real_files import real

FREQUENCY_HZ = np.logspace(6, 0, 61)
PELLET = Geometry.of(diameter="13.00 ± 0.05 mm", thickness="0.750 ± 0.010 mm")
TAPE = Geometry.of(area="0.500 ± 0.010 cm²", thickness="110 ± 5 µm")
TWO_ARCS = "R0-p(R1,CPE1)-p(R2,CPE2)"


def spectrum(R0, arcs, tail=None, frequency_Hz=FREQUENCY_HZ, seed=1, **conditions):
    """R0, arcs of (R, C = τ/R, n) and a tail of (Q, n), with 0.2 % noise, made by formulas of its own."""
    rng = np.random.default_rng(seed)
    s = 2j * np.pi * frequency_Hz
    z = R0 + sum(R / (1 + (s * R * C) ** n) for R, C, n in arcs)
    if tail is not None:
        z = z + 1 / (tail[0] * s ** tail[1])
    z = z * (1 + 0.002 * (rng.normal(size=len(s)) + 1j * rng.normal(size=len(s))))
    return Spectrum(frequency_Hz, z, **conditions)


def symmetric(R_A, R_B, R_C, C_B, C_C, temperature_K=303.15, seed=1) -> FitResult:
    """Areal resistances in Ω cm² and capacitances in F/cm² of the whole cell, on 0.5 cm²."""
    arcs = [(R_B / 0.5, C_B * 0.5, 0.92), (R_C / 0.5, C_C * 0.5, 0.9)]
    return fit(spectrum(R_A / 0.5, arcs, temperature_K=temperature_K, seed=seed), TWO_ARCS)


@pytest.fixture(scope="module")
def blocking() -> FitResult:
    """Bulk 2e-12 F/cm, grain boundary 1e-10 F/cm, two electrodes of 2e-6 F/cm² on a pellet."""
    per_area = PELLET.thickness.value / PELLET.area.value
    arcs = [(4e4, 2e-10 / per_area, 0.97), (6e4, 1e-8 / per_area, 0.9)]
    return fit(
        spectrum(1e-3, arcs, (1e-2 * PELLET.area.value * 2.0**0.12, 0.95), np.logspace(6.5, 0, 66)),
        "p(R1,CPE1)-p(R2,CPE2)-CPE3",
    )


# --- normalisation ---------------------------------------------------------------------------------


def test_the_capacitance_of_an_arc_is_that_of_the_stated_formula(blocking):
    for feature, cpe in zip(features(blocking), ("CPE1", "CPE2"), strict=False):
        reference = effective_capacitance(blocking, cpe)
        assert feature.capacitance_F == pytest.approx(reference.value)
        relative = feature.capacitance_decades * math.log(10)
        assert relative == pytest.approx(reference.uncertainty / reference.value)


def test_every_way_to_write_an_arc_is_one_arc():
    arcs = [(40.0, 1e-6, 0.9)]
    cpe = features(fit(spectrum(10.0, arcs), "R0-p(R1,CPE1)"))[1]
    zarc = features(fit(spectrum(10.0, arcs), "R0-ZARC1"))[1]
    assert zarc.capacitance_F == pytest.approx(cpe.capacitance_F, rel=1e-6)
    assert zarc.frequency_Hz == pytest.approx(cpe.frequency_Hz, rel=1e-6)
    assert zarc.frequency_decades == pytest.approx(cpe.frequency_decades, rel=1e-3)
    assert (zarc.name, cpe.name) == ("ZARC1_R", "R1")
    ideal = features(fit(spectrum(10.0, [(40.0, 1e-6, 1.0)]), "R0-p(R1,C1)"))[1]
    assert ideal.capacitance_F == pytest.approx(1e-6, rel=0.01)


def test_a_branch_with_diffusion_is_an_arc_and_a_diffusion_element():
    circuit = parse_circuit("L0-R0-p(R1-Wo1,C1)-p(R2,CPE2,C2)")
    z = circuit.impedance([1e-7, 5, 40, 30, 1, 1e-6, 20, 1e-3, 0.9, 1e-4], FREQUENCY_HZ)
    parts = features(fit(Spectrum(FREQUENCY_HZ, z), circuit))
    assert [p.form for p in parts] == ["lead", "resistor", "arc", "diffusion", "other"]
    assert [p.name for p in parts] == ["L0", "R0", "R1", "Wo1_R", "R2|CPE2|C2"]


def test_areal_resistance_adds_the_fit_and_the_area_in_squares(blocking):
    q = areal_resistance(blocking, ("R1",), PELLET)
    p = blocking.parameters["R1"]
    assert q.value == pytest.approx(p.value * math.pi / 4 * 0.013**2)
    assert q.uncertainty / q.value == pytest.approx(math.hypot(p.uncertainty / p.value, 2 * 0.05 / 13))
    assert q.kind == "area_specific_resistance"
    assert normalise(blocking, PELLET).areal["R1"] == q


def test_a_sum_knows_that_its_parts_are_anticorrelated(blocking):
    u = [blocking.parameters[n].uncertainty for n in ("R1", "R2")]
    both = areal_resistance(blocking, ("R1", "R2"), Geometry(Quantity(1.0, None, "area")))
    assert both.uncertainty < 0.9 * math.hypot(*u)
    c = blocking.covariance[np.ix_([0, 3], [0, 3])]
    assert both.uncertainty == pytest.approx(math.sqrt(c.sum()))


def test_conductivity_carries_thickness_area_and_fit(blocking):
    sigma = conductivity(blocking, ("R1", "R2"), PELLET)
    R = areal_resistance(blocking, ("R1", "R2"), PELLET)
    found = propagate(lambda v: {"s": v["d"] / v["R"]}, {"d": PELLET.thickness, "R": R})["s"]
    assert sigma.value == pytest.approx(found.value)
    assert sigma.uncertainty == pytest.approx(found.standard_uncertainty)
    assert sigma.to("S/cm") == pytest.approx(0.075 / 1.3273 / 1e5, rel=0.02)


def test_specific_capacitances_come_out_as_they_went_in(blocking):
    c = normalise(blocking, PELLET).capacitances
    assert c["R1"].per_length.value / 100 == pytest.approx(2e-12, rel=0.05)
    assert c["R2"].per_length.value / 100 == pytest.approx(1e-10, rel=0.05)
    assert c["CPE3"].areal.value / 1e4 == pytest.approx(1e-6, rel=0.2)
    assert abs(c["R2"].per_length.value - 1e-8) < 4 * c["R2"].per_length.uncertainty
    without = normalise(blocking, Geometry(PELLET.area)).capacitances["R1"]
    assert without.per_length is None
    assert without.areal == c["R1"].areal


def test_geometry_cancels_in_the_activation_energy_and_not_in_the_conductivity():
    T = np.array([263.0, 283.0, 303.0, 313.0])
    E = 0.28 * ELEMENTARY_CHARGE_C
    R = T * 3e-7 * np.exp(E / (BOLTZMANN_J_PER_K * T))
    x = ELEMENTARY_CHARGE_C / (BOLTZMANN_J_PER_K * T)
    energy = Quantity(E, 0.01 * ELEMENTARY_CHARGE_C, "energy", uncertainty_kind="se")
    pivot = float(x.mean())
    level = float(np.log(R / T).mean())
    rough = Geometry.of(area="0.50 ± 0.05 cm²", thickness="110 ± 11 µm")
    laws = [conductivity_law(energy, pivot, level, 0.002, g) for g in (TAPE, rough)]
    for law, g in zip(laws, (TAPE, rough), strict=True):
        assert law.activation_energy == energy
        sigma = law.at(303.0)
        assert sigma.value == pytest.approx(g.thickness.value / (g.area.value * R[2]))
        assert sigma.uncertainty / sigma.value > g.relative_uncertainty
    # by hand: the slope of ln(σT) is the same whatever the factor d/A
    for factor in (1.0, 7.3):
        slope = np.polyfit(x, np.log(factor * T / R), 1)[0]
        assert slope == pytest.approx(-0.28)
    assert laws[0].ln_prefactor_fit == laws[1].ln_prefactor_fit
    assert laws[1].ln_prefactor_geometry == pytest.approx(math.hypot(0.1, 0.1))
    assert laws[0].at(303.0).uncertainty < laws[1].at(303.0).uncertainty
    # far from the pivot the activation energy counts as well
    assert laws[0].at(400.0).uncertainty / laws[0].at(400.0).value > laws[0].ln_prefactor_geometry
    with pytest.raises(InputError):
        laws[0].at(0.0)


@pytest.mark.parametrize(
    "wrong",
    [{"area": "0.5 cm²", "diameter": "8 mm"}, {"area": "0 cm²"}, {"diameter": "0 mm"}, {"thickness": "0 µm"}],
)
def test_geometry_that_cannot_be_is_refused(wrong):
    with pytest.raises(InputError):
        Geometry.of(**wrong)


def test_what_is_missing_is_said(blocking):
    with pytest.raises(InputError, match="area"):
        normalise(blocking)
    with pytest.raises(InputError, match="thickness"):
        conductivity(blocking, ("R1",), Geometry(PELLET.area))
    with pytest.raises(InputError, match='Did you mean "R1"'):
        areal_resistance(blocking, ("R11",), PELLET)
    with pytest.raises(InputError, match="no resistance"):
        areal_resistance(blocking, (), PELLET)


def test_an_assumed_area_makes_an_assumed_result(blocking):
    area = Quantity(1e-4, 1e-5, "area", origin="assumed")
    assert areal_resistance(blocking, ("R1",), Geometry(area)).origin == "assumed"
    assert areal_resistance(blocking, ("R1",), PELLET).origin == "input"
    assert areal_resistance(blocking, ("R1",), PELLET, origin="round_trip").origin == "round_trip"


@settings(max_examples=30, deadline=None)
@given(k=st.floats(1e-3, 1e3), d=st.floats(1e-6, 1e-2))
def test_scaling_the_sample_scales_what_it_must(blocking, k, d):
    small = Geometry(Quantity(1e-4, 2e-6, "area"), Quantity(d, 0.01 * d, "length"))
    large = Geometry(Quantity(k * 1e-4, k * 2e-6, "area"), Quantity(d, 0.01 * d, "length"))
    a, b = normalise(blocking, small), normalise(blocking, large)
    assert b.areal["R2"].value == pytest.approx(k * a.areal["R2"].value)
    assert b.areal["R2"].uncertainty == pytest.approx(k * a.areal["R2"].uncertainty)
    assert b.capacitances["R2"].areal.value == pytest.approx(a.capacitances["R2"].areal.value / k)
    sigma = [conductivity(blocking, ("R1", "R2"), g) for g in (small, large)]
    assert sigma[0].value == pytest.approx(k * sigma[1].value)
    # R C is the material's own: no area, no thickness
    c = b.capacitances["R2"]
    rho_eps = b.areal["R2"].value / d * c.per_length.value
    assert rho_eps == pytest.approx(1 / (2 * math.pi * c.frequency.value))


# --- assignment ------------------------------------------------------------------------------------


def test_a_blocking_cell_with_known_capacitances(blocking):
    meaning = assign(blocking, "blocking", PELLET)
    found = {name: a.process for name, a in meaning.assignments.items()}
    assert found == {"R1": "bulk", "R2": "grain_boundary", "CPE3": "double_layer"}
    assert not any(a.ambiguous for a in meaning.assignments.values())
    assert meaning.high_frequency is None
    words = meaning.assignments["R2"].words
    assert "F/cm lies in 1e-11 to 1e-08 F/cm" in words
    assert "10.1002/adma.19900020304" in words


def test_a_symmetric_cell_is_grain_boundary_and_interface():
    result = symmetric(2.3, 4.6, 3.0, 5e-9, 2e-6)
    meaning = assign(result, "symmetric", TAPE)
    assert {n: a.process for n, a in meaning.assignments.items()} == {"R1": "grain_boundary", "R2": "metal_interface"}
    # both interfaces in series: each has twice the capacitance of their arc
    capacitance = next(e for e in meaning.assignments["R2"].candidates[0].evidence if e.about == "areal_capacitance")
    assert capacitance.value == pytest.approx(4e-6, rel=0.1)


def test_a_full_cell_with_a_liquid_filled_cathode():
    f = np.logspace(6, -1, 71)
    arcs = [(16.0, 5e-7, 0.9), (120.0, 1.3e-6, 0.9), (50.0, 1e-4, 0.9)]
    result = fit(
        spectrum(28.0, arcs, (2.5e-3, 0.85), f, temperature_K=303.15),
        "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-CPE4",
    )
    meaning = assign(result, "full", TAPE)
    assert {n: a.process for n, a in meaning.assignments.items()} == {
        "R1": "double_layer",
        "R2": "charge_transfer",
        "R3": "diffusion",
        "CPE4": "collector",
    }
    assert "liquid_electrolyte" in meaning.high_frequency.contains
    # 1.3 µF/cm² is too little for the inner surface of a porous electrode, and that is said
    assert "less than a smooth surface's double layer" in meaning.assignments["R2"].words
    cold = fit(
        spectrum(28.0, arcs, (2.5e-3, 0.85), f, temperature_K=263.15), "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-CPE4"
    )
    without = assign(cold, "full", TAPE)
    assert any("do not count at -10 °C" in note for note in without.notes)
    assert without.assignments["R2"].score("charge_transfer") < meaning.assignments["R2"].score("charge_transfer")


def test_overlapping_ranges_are_ambiguous():
    # one arc of 1e-7 F/cm²: 1.1e-9 F/cm is a grain boundary's, 2e-7 F/cm² an interface's
    result = fit(spectrum(4.0, [(60.0, 0.5e-7, 0.95)]), "R0-p(R1,CPE1)")
    a = assign(result, "symmetric", TAPE).assignments["R1"]
    assert a.ambiguous
    assert {c.process for c in a.candidates[:2]} == {"grain_boundary", "metal_interface"}
    assert a.candidates[0].score < CLEAR_ODDS * a.candidates[1].score
    assert "ambiguous" in a.words
    assert a.as_json()["ambiguous"] is True


@pytest.mark.parametrize(
    ("energy", "exponent", "process"),
    [(None, 1.0, "grain_boundary"), (None, 0.0, "metal_interface"), ("0.58 ± 0.01 eV", None, "metal_interface")],
)
def test_more_evidence_decides_what_capacitance_does_not(energy, exponent, process):
    result = fit(spectrum(4.0, [(60.0, 0.5e-7, 0.95)]), "R0-p(R1,CPE1)")
    more = {}
    if energy is not None:
        more["activation_energy"] = {"R1": parse_quantity(energy, "energy")}
    if exponent is not None:
        more["thickness_series"] = {
            "R1": [
                (
                    parse_quantity(f"{d} ± 2 µm", "length"),
                    Quantity(3e-3 * (d / 110) ** exponent, 5e-5, "area_specific_resistance"),
                )
                for d in (55, 110, 220)
            ]
        }
    electrolyte = Electrolyte(activation_energy=parse_quantity("0.28 ± 0.01 eV", "energy"))
    a = assign(result, "symmetric", TAPE, electrolyte=electrolyte, **more).assignments["R1"]
    assert a.process == process
    assert not a.ambiguous


def test_without_geometry_it_cannot_be_known(blocking):
    meaning = assign(blocking, "blocking")
    for name in ("R1", "R2"):
        assert meaning.assignments[name].process == "unknown"
        assert meaning.assignments[name].ambiguous
        assert "cannot be known" in meaning.assignments[name].words
    assert any("No area" in note for note in meaning.notes)


def test_an_arc_like_nothing_known_is_unknown():
    # 50 F/cm² in a symmetric cell
    result = fit(spectrum(1e-3, [(1e-2, 25.0, 0.95)], frequency_Hz=np.logspace(3, -1, 60)), "R0-p(R1,CPE1)")
    a = assign(result, "symmetric", TAPE).assignments["R1"]
    assert (a.process, a.ambiguous) == ("unknown", True)
    assert "no known process fits" in a.words
    assert "outside" in a.words


def test_a_tail_of_a_symmetric_cell_is_left_open():
    result = fit(spectrum(4.0, [(60.0, 1e-6, 0.95)], (1e-2, 0.5)), "R0-p(R1,CPE1)-CPE2")
    a = assign(result, "symmetric", TAPE).assignments["CPE2"]
    assert (a.process, a.ambiguous) == ("unknown", True)


def test_order_alone_never_decides():
    # both arcs fit both ranges equally well
    result = fit(spectrum(4.0, [(2.0, 0.5e-7, 0.95), (60.0, 0.5e-7, 0.95)]), TWO_ARCS)
    meaning = assign(result, "symmetric", TAPE)
    assert [meaning.assignments[n].process for n in ("R1", "R2")] == ["grain_boundary", "metal_interface"]
    assert all(a.ambiguous for a in meaning.assignments.values())


@settings(max_examples=25, deadline=None)
@given(
    log_c=st.floats(-11, 0),
    cell=st.sampled_from(["symmetric", "blocking", "full", "unknown"]),
    thickness=st.booleans(),
)
def test_scores_are_shares_whatever_comes(log_c, cell, thickness):
    C = 10**log_c
    f = np.logspace(2, -2, 30) / (2 * np.pi * 50 * C)
    keep = (f < 1e14) & (f > 1e-11)
    result = fit(spectrum(5.0, [(50.0, C, 0.9)], frequency_Hz=f[keep]), "R0-p(R1,CPE1)")
    geometry = TAPE if thickness else Geometry(TAPE.area)
    meaning = assign(result, cell, geometry)
    a = meaning.assignments["R1"]
    scores = [c.score for c in a.candidates]
    assert sum(scores) == pytest.approx(1)
    assert scores == sorted(scores, reverse=True)
    clear = a.process != "unknown" and scores[0] >= CLEAR_ODDS * scores[1]
    assert a.ambiguous is not clear
    assert meaning.as_json()["R0"]["process"] == "unresolved"


def test_wrong_names_are_refused(blocking):
    with pytest.raises(InputError, match='Did you mean "symmetric"'):
        assign(blocking, "symetric", PELLET)
    with pytest.raises(InputError, match="no arc"):
        assign(blocking, "blocking", PELLET, activation_energy={"R9": parse_quantity("0.3 eV", "energy")})
    one = [(parse_quantity("110 µm", "length"), Quantity(1e-3, None, "area_specific_resistance"))]
    with pytest.raises(InputError, match="two thicknesses"):
        assign(blocking, "blocking", PELLET, thickness_series={"R1": one})


def test_the_exponent_of_thickness():
    pairs = [
        (Quantity(d, None, "length"), Quantity(2 * d**0.7, 0.02 * d**0.7, "area_specific_resistance"))
        for d in (1e-4, 2e-4, 4e-4)
    ]
    p, u = thickness_exponent(pairs)
    assert p == pytest.approx(0.7)
    assert u == pytest.approx(0.01 / math.sqrt(2 * math.log(2) ** 2))


def test_the_table_is_sourced_and_in_order():
    names = {p.name for p in table().processes}
    for r in table().ranges:
        assert r.process in names
        assert r.about in SCALES
        assert r.low < r.high
        assert r.source
        assert r.confidence in ("A", "B", "C")
        if r.confidence != "C":
            assert "DOI" in r.source or r.about == "thickness_exponent"


@settings(max_examples=40, deadline=None)
@given(low=st.floats(1e-13, 1e-6), decades=st.floats(0.1, 5), spread=st.floats(0, 1))
def test_a_range_is_a_density(low, decades, spread):
    r = Range("bulk", "areal_capacitance", low, low * 10**decades, "F/cm2", "", "C")
    x = np.linspace(math.log10(low) - 8, math.log10(low) + decades + 8, 4001)
    total = sum(r.density(10**v, spread) for v in x) * (x[1] - x[0])
    assert total == pytest.approx(1, abs=1e-3)


# --- what the window hides ---------------------------------------------------------------------------


def test_r0_at_a_megahertz_is_bulk_and_leads():
    result = symmetric(2.3, 4.6, 3.0, 5e-9, 2e-6)
    nzsp = Electrolyte.of_material(material("nzsp-tape"), 303.15)
    hidden = assign(result, "symmetric", TAPE, electrolyte=nzsp).high_frequency
    # σ/(2π ε ε0) with 1.6 ± 0.3 mS/cm less twice its u, ε_r 100
    assert hidden.bulk_frequency_Hz[0] == pytest.approx(0.10 / (2 * math.pi * 100 * 8.854e-12), rel=1e-3)
    assert hidden.bulk_frequency_Hz[0] > 1e6
    assert hidden.contains == ("bulk", "leads")
    assert hidden.certain
    assert "not bulk alone" in hidden.words
    assert "assumed" in hidden.words
    # no material: R0 itself bounds the bulk's conductivity from below
    own = assign(result, "symmetric", TAPE).high_frequency
    assert own.certain
    assert "at least" in own.words


def test_r0_beside_a_resolved_bulk_is_leads():
    per_area = PELLET.thickness.value / PELLET.area.value
    arcs = [(4e4, 2e-10 / per_area, 0.97), (6e4, 1e-8 / per_area, 0.9)]
    result = fit(spectrum(5e3, arcs, frequency_Hz=np.logspace(7, 1, 61)), TWO_ARCS)
    hidden = assign(result, "blocking", PELLET).high_frequency
    assert hidden.contains == ("leads",)
    assert "R1" in hidden.words


def test_r0_without_anything_known():
    result = symmetric(2.3, 4.6, 3.0, 5e-9, 2e-6)
    hidden = assign(result, "symmetric", Geometry(TAPE.area)).high_frequency
    assert not hidden.certain
    assert hidden.bulk_frequency_Hz is None
    slow = Electrolyte(conductivity=parse_quantity("1e-6 mS/cm", "conductivity"))
    inside = assign(result, "symmetric", TAPE, electrolyte=slow).high_frequency
    assert not inside.certain
    assert "may hold the bulk or not" in inside.words


# --- symmetric cells -----------------------------------------------------------------------------------


def test_the_published_separator_and_interface_come_out():
    # 6.9 Ω cm² of separator at 110 µm, 1.5 Ω cm² of each interface, σ = 1.6 mS/cm at 30 °C
    result = symmetric(2.3, 4.6, 3.0, 5e-9, 2e-6)
    cell = symmetric_cell(result, TAPE)
    assert (cell.separator, cell.interfaces) == (("R0", "R1"), ("R2",))
    assert cell.certain
    assert cell.separator_resistance.to("ohm*cm**2") == pytest.approx(6.9, abs=0.3)
    assert cell.separator_resistance.uncertainty > 0.02 * cell.separator_resistance.value
    assert cell.conductivity.to("mS/cm") == pytest.approx(1.6, abs=0.1)
    assert cell.interface_resistance.to("ohm*cm**2") == pytest.approx(1.5, abs=0.1)
    assert any("R2/2 = 1." in w for w in cell.words)
    total = cell.separator_resistance.value + cell.interface_resistance.value
    assert total < 10e-4


def test_a_grain_boundary_arc_above_the_window_leaves_the_sum():
    warm = symmetric_cell(symmetric(2.3, 4.6, 3.0, 5e-9, 2e-6), TAPE)
    assert warm.parts == {}
    assert any("Only the sum R0 + R1 is reported" in w for w in warm.words)
    cold = symmetric_cell(symmetric(10.0, 20.0, 21.0, 8e-8, 2e-6, temperature_K=263.15), TAPE)
    assert set(cold.parts) == {"R0", "R1"}
    assert cold.parts["R1"].to("ohm*cm**2") == pytest.approx(20, rel=0.05)


def test_places_given_by_name_are_kept():
    result = symmetric(2.3, 4.6, 3.0, 5e-9, 2e-6)
    cell = symmetric_cell(result, TAPE, interfaces=("R1", "R2"))
    assert cell.separator == ("R0",)
    assert any("(R1 + R2)/2" in w for w in cell.words)
    none = symmetric_cell(result, Geometry(TAPE.area), separator=("R0", "R1", "R2"))
    assert none.interface_resistance is None
    assert none.conductivity is None
    for wrong in (
        {"separator": ("R0",), "interfaces": ("R0",)},
        {"interfaces": ("R0", "R1", "R2")},
        {"separator": ("R7",)},
    ):
        with pytest.raises(InputError):
            symmetric_cell(result, TAPE, **wrong)


def test_an_uncertain_side_is_said():
    result = fit(spectrum(4.0, [(60.0, 0.5e-7, 0.95)]), "R0-p(R1,CPE1)")
    cell = symmetric_cell(result, TAPE)
    assert not cell.certain
    assert any("not certain" in w for w in cell.words)


@pytest.mark.parametrize(
    ("interface", "verdict", "distance"),
    [("0.41 ± 0.04 eV", "disagrees", 3.2), ("0.30 ± 0.02 eV", "agrees", 0.9)],
)
def test_the_constriction_hint(interface, verdict, distance):
    hint = constriction_hint(parse_quantity(interface, "energy"), parse_quantity("0.28 ± 0.01 eV", "energy"))
    assert hint.verdict == verdict
    assert hint.in_uncertainties == pytest.approx(distance, abs=0.05)
    assert f"{distance} combined" in hint.words
    assert "10.1021/acsami.2c07077" in hint.source


def test_a_constriction_hint_needs_uncertainties_and_energies():
    bare = [parse_quantity(t, "energy") for t in ("0.41 eV", "0.28 eV")]
    assert constriction_hint(*bare).verdict == "cannot_be_checked"
    with pytest.raises(InputError, match="activation energy"):
        constriction_hint(bare[0], parse_quantity("6.9 Ω cm²", "area_specific_resistance"))


# --- replicates ------------------------------------------------------------------------------------------


def test_replicates_have_mean_spread_and_students_interval():
    r = replicate("R", [1.0, 2.0, 4.0])
    assert (r.n, r.mean) == (3, pytest.approx(7 / 3))
    assert r.standard_deviation == pytest.approx(math.sqrt(7 / 3))
    assert r.standard_error == pytest.approx(r.standard_deviation / math.sqrt(3))
    # two-sided 95 % with two degrees of freedom
    assert r.interval[1] - r.mean == pytest.approx(4.30265 * r.standard_error, rel=1e-5)


def test_replicate_cells_keep_flagged_fits_and_name_them():
    results = {f"cell {i}": symmetric(10.0, 20.0 + i, 21.0, 8e-8, 2e-6, seed=i) for i in range(3)}
    results["warm"] = symmetric(2.3, 4.6, 3.0, 5e-9, 2e-6)
    found = replicate_cells(results, [TAPE] * 4)
    assert found.parameters["R2"].n == 4
    assert found.areal["R2"].mean == pytest.approx(found.parameters["R2"].mean * 0.5e-4)
    assert "cell 0" not in found.flagged
    assert "arc_outside_window" in found.flagged["warm"]
    assert replicate_cells(list(results.values())).areal == {}


def test_replicates_that_are_none_are_refused(blocking):
    with pytest.raises(InputError, match="two cells"):
        replicate_cells([blocking])
    with pytest.raises(InputError, match="two cells"):
        replicate("R", [1.0])
    with pytest.raises(InputError, match="one circuit"):
        replicate_cells([blocking, symmetric(2.3, 4.6, 3.0, 5e-9, 2e-6)])
    with pytest.raises(InputError, match="geometry"):
        replicate_cells([blocking, blocking], [PELLET])


# --- real files --------------------------------------------------------------------------------------------


def measured(name: str) -> Spectrum:
    path = real(f"solid-electrolyte/{name}")
    return io.read(path).spectra[0]


def test_an_oxide_ceramic_is_bulk_grain_boundary_and_electrode():
    # its file gives no geometry: that of the sister sample, 13 mm and 0.75 mm
    result = fit(measured("EIS_Data_Example-2_Example2b.txt"), "p(R1,CPE1)-p(R2,CPE2)-CPE3")
    meaning = assign(result, "blocking", PELLET)
    assert {n: a.process for n, a in meaning.assignments.items()} == {
        "R1": "bulk",
        "R2": "grain_boundary",
        "CPE3": "double_layer",
    }
    # as the published fit of the same file
    assert result.parameters["R1"].value == pytest.approx(4.471e4, rel=0.02)


def test_a_sulfide_pellet_between_steel_is_the_electrolyte_and_its_electrodes():
    result = fit(measured("tutorials_data_PEIS_LPSCl_IonBlocking_-25C.txt"), "R0-p(R1,CPE1)-CPE2")
    # the pellet's size is not in the file: 100 mg of about 1.7 g/cm³ pressed to 10 mm
    meaning = assign(result, "blocking", Geometry.of(diameter="10 mm", thickness="0.75 mm"))
    assert meaning.assignments["CPE2"].process == "double_layer"
    arc = meaning.assignments["R1"]
    assert arc.score("bulk", "grain_boundary") > 0.95
    # 8e-12 F/cm stands where both ranges meet
    assert arc.ambiguous
