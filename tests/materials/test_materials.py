"""Materials against textbook masses and capacities, laws against their own definition, the library's honesty."""

import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natron.core import MaterialError, NatronError, RangeWarning, parse_quantity
from natron.core.constants import BOLTZMANN_J_PER_K
from natron.core.uncertainty import propagate
from natron.materials import (
    activation_energy,
    library,
    material,
    molar_mass_kg_per_mol,
    parse_formula,
    read_material,
    scale_conductivity,
    scale_resistance,
    theoretical_specific_capacity_C_per_kg,
)

EV = 1.602176634e-19


@pytest.mark.parametrize(
    ("formula", "grams_per_mole"),
    [
        ("NaCl", 58.44),
        ("Na3V2(PO4)3", 455.77),
        ("LiFePO4", 157.76),
        ("FeF3", 112.84),
        ("Fe4[Fe(CN)6]3", 859.23),
        ("Li1.3Al0.3Ti1.7(PO4)3", 383.4),
    ],
)
def test_molar_masses(formula, grams_per_mole):
    assert molar_mass_kg_per_mol(formula) * 1e3 == pytest.approx(grams_per_mole, abs=0.05)


@pytest.mark.parametrize(
    ("formula", "electrons", "mAh_per_g"),
    [
        ("Na3V2(PO4)3", 2, 117.6),
        ("LiFePO4", 1, 169.9),
        ("FeF3", 1, 237.5),
        ("FeF3", 3, 712.6),
        ("Na", 1, 1165.8),
        ("K", 1, 685.5),
        ("Li", 1, 3861.3),
        ("Li1.3Al0.3Ti1.7(PO4)3", 1.7, 118.8),
    ],
)
def test_theoretical_capacities(formula, electrons, mAh_per_g):
    value = theoretical_specific_capacity_C_per_kg(formula, electrons) / 3600
    assert value == pytest.approx(mAh_per_g, rel=1e-3)


@pytest.mark.parametrize("formula", ["", "Xx2", "Na3V2(PO4", "Na)2", "2Na", "na", "Na3V2(PO4)3!", "Na" * 80])
def test_malformed_formulas_are_refused(formula):
    with pytest.raises(MaterialError):
        parse_formula(formula)


@given(st.text(alphabet="NaVPOFeC()[]0123456789.", max_size=25))
def test_any_formula_text_is_read_or_refused(text):
    try:
        atoms = parse_formula(text)
    except NatronError:
        return
    assert all(count >= 0 for count in atoms.values())


def test_the_tape_at_other_temperatures():
    law = material("nzsp-tape").law("conductivity")
    at_25 = law.value_at(298.15)
    assert at_25.value / law.reference.value == pytest.approx(0.849, abs=5e-4)
    assert at_25.shown_value == pytest.approx(1.36, abs=0.005)
    with pytest.warns(RangeWarning, match="measured from"):
        assert law.value_at(333.15).shown_value == pytest.approx(3.8, abs=0.05)


def test_the_laws_slope_is_its_activation_energy():
    energy = 0.28 * EV
    one, other = 300.0, 301.0
    rise = math.log(
        scale_conductivity(1.6, 303.15, energy, other) * other / (scale_conductivity(1.6, 303.15, energy, one) * one)
    )
    assert rise / (1 / one - 1 / other) * BOLTZMANN_J_PER_K == pytest.approx(energy, rel=1e-9)
    assert scale_conductivity(1.6, 303.15, energy, 350.0) * scale_resistance(
        1 / 1.6, 303.15, energy, 350.0
    ) == pytest.approx(1.0)


def test_the_laws_uncertainty_is_that_of_its_relation():
    law = material("nzsp-tape").law("conductivity")
    direct = propagate(
        lambda x: {"s": scale_conductivity(x["s"], law.at.value, x["e"], 273.15)},
        {"s": law.reference, "e": law.activation_energy},
        method="linear",
    )["s"]
    assert law.value_at(273.15).standard_uncertainty == pytest.approx(direct.standard_uncertainty, rel=1e-9)


def test_latp_follows_its_two_points_not_the_printed_energy():
    energy = activation_energy(1.12e-4, 303.15, 7.34e-4, 333.15)
    assert energy / EV == pytest.approx(0.573, abs=5e-4)
    law = material("latp").law("conductivity")
    assert law.value_at(303.15).to("S/cm") == pytest.approx(1.12e-4, rel=1e-9)
    assert law.value_at(333.15).to("S/cm") == pytest.approx(7.34e-4, rel=5e-3)


def test_prefactor_gives_the_value_back():
    law = material("nzsp-tape").law("conductivity")
    T = 303.15
    back = law.prefactor / T * math.exp(-law.activation_energy.value / (BOLTZMANN_J_PER_K * T))
    assert back == pytest.approx(law.reference.value)


def test_without_an_activation_energy_a_law_holds_at_one_temperature():
    own = read_material("mine", {"class": "solid_electrolyte", "conductivity": {"value": "1 mS/cm", "at": "25 °C"}})
    assert own.law("conductivity").value_at(298.15).shown_value == pytest.approx(1.0)
    with pytest.raises(MaterialError, match="without an activation energy"):
        own.law("conductivity").value_at(333.15)
    with pytest.raises(MaterialError, match="absolute zero"):
        own.law("conductivity").value_at(-1.0)


NEEDED = [
    "sodium", "potassium", "lithium", "nzsp-tape", "nzsp-pellet", "n5sm", "nazn-halide", "latp",
    "prussian-blue", "nvp", "lfp", "fef3", "c65", "pvdf", "naclo4-ec-pc",
]  # fmt: skip


@pytest.mark.parametrize("name", NEEDED)
def test_the_library_has(name):
    assert material(name).title


def test_every_value_says_where_it_comes_from():
    for name, entry in library().items():
        laws = [q for law in entry.laws.values() for q in (law.reference, law.activation_energy) if q is not None]
        for q in [*entry.properties.values(), *laws]:
            assert q.source, (name, q)
            assert q.confidence in ("A", "B", "C") or q.origin == "predicted", (name, q)
            assert q.origin in ("literature", "assumed", "predicted"), (name, q)
            assert (q.confidence == "C") == (q.origin == "assumed"), (name, q)


def test_unknown_material_names_the_nearest():
    with pytest.raises(MaterialError, match="nzsp-tape"):
        material("nzsp_tape")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "needs a class"),
        ({"class": "metall"}, "unknown class"),
        ({"class": "metal", "densty": "1 g/cm³"}, "density"),
        ({"class": "metal", "density": "1 µm"}, "does not measure"),
        ({"class": "metal", "electrons": -1}, "positive"),
        ({"class": "metal", "formula": "Qq"}, "unknown element"),
        ({"class": "metal", "formula": 3}, "must be a text"),
        ({"class": "active", "as_made": "half"}, "unknown state"),
        ({"class": "solid_electrolyte", "conductivity": "1 mS/cm"}, "as a table"),
        ({"class": "solid_electrolyte", "conductivity": {"value": "1 mS/cm"}}, "at which temperature"),
        (
            {"class": "solid_electrolyte", "conductivity": {"value": "1 mS/cm", "at": "25 °C", "range": [1]}},
            "two temperatures",
        ),
        ("sodium", "is a table"),
    ],
)
def test_malformed_materials_are_refused(table, words):
    with pytest.raises(NatronError, match=words):
        read_material("mine", table)


def test_missing_property_says_how_to_give_it():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MaterialError, match=r"\[materials.nazn-halide\]"):
            material("nazn-halide").property("melting_point")
    assert parse_quantity("1 g/cm3", "density").value == 1000
