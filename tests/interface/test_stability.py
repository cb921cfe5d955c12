"""Stacks: the ladder's order, leakage and lifetime against their closed forms, and what must be said of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natron.cell import built_in, changed
from natron.core import InputError
from natron.interface.reactions.stability import (
    conductivity_to_even_S_m,
    conductivity_to_last_S_m,
    leakage_A_m2,
    stability,
    time_to_spend_s,
)
from natron.interface.reactions.stack import parse_stack, short_stack, stack_of_cell

STACK = """
name = "mine"
metal = "{metal}"
temperature = "60 °C"
current_density = "0.05 mA/cm²"
duration = "{duration}"
[[layer]]
material = "prussian-blue"
thickness = "{thickness} µm"
redox_potential = "{potential} V"
electronic_conductivity = "{sigma:e} S/cm"
specific_capacity = "100 mAh/g"
density = "1.8 g/cm³"
[[layer]]
material = "{ceramic}"
thickness = "1000 µm"
redox_potential = "{ceramic_potential} V"
"""
GIVEN = {
    "metal": "lithium", "duration": "800 h", "thickness": 1.0, "potential": 3.07, "sigma": 1e-9, "ceramic": "latp",
    "ceramic_potential": 2.34,
}  # fmt: skip


def judged(**changes):
    return stability(parse_stack(STACK.format(**GIVEN | changes)))


def layer_figures(found):
    return found.exposures[0].figures


def test_prussian_blue_on_latp_by_hand():
    """1e-9 S/cm, 3.07 V and 1 µm leak 0.031 mA/cm² and spend 0.018 mAh/cm² in 0.6 h; 800 h need 7e-13 S/cm."""
    f = layer_figures(judged())
    assert f["leakage"].to("mA/cm²") == pytest.approx(0.0307, abs=5e-5)
    assert f["capacity"].to("mAh/cm²") == pytest.approx(0.018, rel=1e-12)
    assert f["lasts"].to("h") == pytest.approx(0.018 / 0.0307, rel=1e-9)
    assert f["lasts_moving_front"].value == pytest.approx(f["lasts"].value / 2)
    assert f["conductivity_to_last"].to("S/cm") == pytest.approx(7.33e-13, rel=1e-3)
    assert f["drop_fresh"].value == pytest.approx(3.07)
    assert f["drop_spent"].value == pytest.approx(2.34)


def test_the_built_in_cell_says_that_the_order_does_not_shield():
    found = stability(stack_of_cell(built_in("latp-pb")))
    text = " ".join(found.statements)
    assert found.shield == "does_not_last"
    assert "3.07 > 2.34 alone does not shield the ceramic from lithium at 0 V" in text
    assert "no layer is both a mixed conductor that evens out the current and a filter of electrons" in text
    verdicts = {(r.reductant.material, r.oxidant.material): r.verdict for r in found.reductions}
    assert verdicts == {
        ("lithium", "prussian-blue"): "can",
        ("lithium", "latp"): "can",
        ("prussian-blue", "latp"): "cannot",
        ("latp", "prussian-blue"): "can",
    }


def test_the_words_follow_the_numbers():
    """A layer that blocks lasts; one below the ceramic reduces it; one that the metal cannot reduce is left alone."""
    assert judged(sigma=5e-13).shield == "lasts"
    assert judged(sigma=8e-13).shield == "does_not_last"
    below = judged(potential=1.0)
    assert "itself can reduce" in " ".join(below.statements)
    assert "alone does not shield" not in " ".join(below.statements)
    inert = judged(potential=-0.5)
    assert "cannot reduce Prussian blue" in " ".join(inert.statements)
    assert judged(ceramic_potential=-0.1).shield == "not_needed"


def test_a_layer_that_lasts_must_be_far_worse_than_one_that_evens_out_the_current():
    f = layer_figures(judged())
    even = 0.5 * 1e-6 / (8.617333e-5 * 333.15)
    assert f["conductivity_to_even"].value == pytest.approx(even, rel=1e-6)
    assert f["even_over_last"].value == pytest.approx(even / f["conductivity_to_last"].value, rel=1e-6)


positive = st.floats(1e-3, 1e3)


@given(positive, positive, positive, positive)
def test_closed_forms_agree_with_one_another(sigma, volts, thickness, capacity):
    """The conductivity at which a layer lasts t leaks just so much that it is spent after t."""
    j = leakage_A_m2(sigma, volts, thickness)
    t = time_to_spend_s(capacity, j)
    assert conductivity_to_last_S_m(capacity, thickness, volts, t) == pytest.approx(sigma, rel=1e-9)
    # a front that moves: q dx/dt = σΔE/x, integrated through the layer
    steps = [(i + 0.5) / 2000 * thickness for i in range(2000)]
    moving = sum(capacity / thickness * x / (sigma * volts) for x in steps) * thickness / 2000
    assert moving == pytest.approx(t / 2, rel=1e-6)
    assert conductivity_to_even_S_m(1.0, thickness, 300.0) == pytest.approx(thickness / 0.025852, rel=1e-4)


@given(st.floats(1e-14, 1e-3), st.floats(0.01, 100), st.floats(-1, 4), st.floats(-1, 4))
def test_any_stack_gives_finite_numbers(sigma, thickness, potential, ceramic):
    found = judged(sigma=sigma, thickness=thickness, potential=round(potential, 3), ceramic_potential=round(ceramic, 3))
    for exposure in found.exposures:
        assert all(math.isfinite(q.value) for q in exposure.figures.values())
    # what one can do to the other, the other cannot do back
    pairs = {(r.reductant.role, r.oxidant.role): r.driving_potential.value for r in found.reductions}
    assert pairs["interlayer", "ceramic"] == pytest.approx(-pairs["ceramic", "interlayer"])


def test_two_layers_share_the_drop_as_their_resistances():
    text = STACK.format(**GIVEN).replace(
        "[[layer]]\n", '[[layer]]\nmaterial = "prussian-blue"\nthickness = "3 µm"\n'
        'redox_potential = "2.0 V"\nelectronic_conductivity = "1e-9 S/cm"\n[[layer]]\n', 1
    )  # fmt: skip
    first, second, ceramic = stability(parse_stack(text)).exposures
    assert first.figures["drop_spent"].value == pytest.approx(2.34 * 3 / 4)
    assert second.figures["drop_spent"].value == pytest.approx(2.34 / 4)
    assert ceramic.figures["leakage"].value == pytest.approx(2.34 / (4e-6 / 1e-7))
    assert first.figures["drop_fresh"].value + second.figures["drop_fresh"].value == pytest.approx(3.07)


def test_uncertainty_is_carried_and_what_is_assumed_stays_so():
    f = layer_figures(stability(stack_of_cell(built_in("latp-pb"))))
    # capacity 100 ± 25 mAh/g and 1.8 ± 0.2 g/cm³, both ranges
    relative = math.hypot(25 / 100, 0.2 / 1.8) / math.sqrt(3)
    assert f["capacity"].standard_uncertainty / f["capacity"].value == pytest.approx(relative, rel=0.05)
    assert f["leakage"].origin == "assumed"
    given_sigma = judged()
    assert layer_figures(given_sigma)["leakage"].origin == "predicted"


@pytest.mark.parametrize(
    ("text", "shield"),
    [("Li|LATP", "bare"), ("Na|NZSP", "bare"), ("Na | N5SM 300 µm", "undecided"), ("K|NZSP", "bare")],
)
def test_other_pairs(text, shield):
    found = stability(short_stack(text))
    assert found.shield == shield
    assert found.statements


def test_potassium_stands_below_sodium_and_exchanges():
    found = stability(stack_of_cell(built_in("adambatt2-potassium")))
    assert found.stack.metal.values["potential"].value == pytest.approx(-2.931 + 2.71)
    assert "exchange" in found.statements[0]
    assert found.stack.warnings


def test_a_full_cell_has_a_ladder_to_its_other_side():
    found = stability(stack_of_cell(built_in("latp-pb-fef3")))
    assert found.stack.counter.material == "fef3"
    assert any("on the other side" in text for text in found.statements)
    cell = changed(built_in("latp-pb-fef3"), {"materials.latp": {"electronic_conductivity": "1e-9 S/cm"}})
    f = stability(stack_of_cell(cell)).exposures[-1].figures
    assert f["self_discharge"].value == pytest.approx(1e-7 * 2.4 / 1e-3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Li", "a metal and a ceramic"),
        ("Li | prussian-blue | LATP", "thickness"),
        ("Xe | LATP", "not a metal"),
        ("Li | Foo", "unknown solid electrolyte"),
        ("Li | prussian-blue 1 kg | LATP", "does not measure"),
        ("Li | prussian-blue -1 µm | LATP", "cannot be negative"),
    ],
)
def test_lines_that_are_no_stack(text, words):
    with pytest.raises(InputError, match=words):
        short_stack(text)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('metal = "lithium"', 'metal = "iron"', "not a metal"),
        ('metal = "lithium"', "", "missing"),
        ("electronic_conductivity", "electronic_conductance", "unknown key"),
        ('"1.0 µm"', '"0 µm"', "outside the allowed range"),
        ("1.000000e-09 S/cm", "0 S/cm", "outside the allowed range"),
        ('material = "latp"', 'material = "prussian-blue"', "the last layer is the ceramic"),
        ("[[layer]]", "[[layers]]", "unknown key"),
    ],
)
def test_files_that_are_no_stack(old, new, words):
    text = STACK.format(**GIVEN)
    assert old in text
    with pytest.raises(InputError, match=words):
        parse_stack(text.replace(old, new), file="mine.toml")
