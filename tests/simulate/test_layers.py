"""What else a cell file can describe: films that alloy, interlayers, cathodes without liquid; and what it cannot."""

import numpy as np
import pytest

pytest.importorskip("pybamm")

from natron.cell import built_in, changed, parse_cell
from natron.core import InputError
from natron.interface.alloys.film import (
    CURVE_KNOTS,
    LEAST_SODIUM,
    film_course,
    film_curve,
    film_figures,
    potassium_amount_mol_m2,
)
from natron.interface.metals import metal
from natron.materials import scale_conductivity
from natron.simulate import breakdowns, model_parameters, parse_protocol, run, spectrum, steady_resistance
from natron.simulate.engine import engine
from natron.simulate.impedance import impedance, rested

ALL_SOLID = """
schema_version = 1
name = "all-solid"
[operation]
temperature = "30 °C"
lower_voltage = "2.6 V"
upper_voltage = "3.8 V"
[stack]
pressure = "10 MPa"
[negative]
type = "metal"
metal = "sodium"
reservoir = "30 µm"
[separator]
material = "nzsp-tape"
thickness = "50 µm"
[positive]
type = "porous"
active = "nvp"
composition = { nvp = "60 %", nzsp-tape = "35 %", c65 = "5 %" }
thickness = "40 µm"
porosity = "10 %"
specific_capacity = "118 mAh/g"
discharge_voltage = "3.4 V"
"""

LAYER = """
[[interlayer]]
material = "nzsp-tape"
thickness = "20 µm"
side = "{side}"
"""


def plan(text):
    return parse_protocol(text)


# --- films -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("celsius", [-20.0, 25.0, 60.0])
def test_straight_pieces_follow_the_phase_diagram(celsius):
    T, thickness = celsius + 273.15, 10e-6
    charge, potential = film_curve(thickness, T)
    assert len(charge) == CURVE_KNOTS
    assert (np.diff(charge) > 0).all()
    n = potassium_amount_mol_m2(thickness, metal("potassium")["density"].value, metal("potassium")["molar_mass"].value)
    x = np.linspace(LEAST_SODIUM, 0.999, 3001)
    q = n * 96485.33212 * x / (1 - x)
    own = film_course(thickness, T, q).state.potential_V
    # at −20 °C Na2K stands between two plateaus: the potential falls in a step there
    away = np.abs(x - 2 / 3) > 2e-3
    assert np.abs(np.interp(q, charge, potential) - own)[away].max() < 2e-4


@pytest.mark.parametrize("celsius", [25.0, 50.0])
def test_a_film_takes_its_potential_off_the_cell(celsius):
    T = celsius + 273.15
    slow = plan('[[step]]\ncharge = "0.02 mA/cm²"\nuntil = "1.0 mAh/cm²"\n[[step]]\nrest = "1 h"')
    film = run(model_parameters(built_in("adambatt2-potassium"), temperature_K=T), slow)
    assert film.completed
    flowing = film.course.current_density_A_m2 > 0
    q = film.course.states["charge"][flowing] * film.parameters.capacity_C_m2
    inside = q > 360
    own = film_course(10e-6, T, q[inside]).state.potential_V
    # sodium | ceramic | alloy: a cell of its own, the alloy its negative electrode
    np.testing.assert_allclose(film.course.equilibrium_V[flowing][inside], -own, atol=3e-4)
    losses = sum(film.course.loss_V.values())[flowing][inside]
    np.testing.assert_allclose(film.record.voltage_V[flowing][inside], losses - own, atol=3e-4)
    assert film.record.voltage_V[-1] == pytest.approx(-own[-1], abs=3e-4)
    assert own[0] > 5e-3


def test_a_liquid_film_leaves_no_voids_and_a_solid_one_does():
    there_and_back = plan(
        '[[step]]\ncharge = "1 mA/cm²"\nuntil = "0.2 mAh/cm²"\n[[step]]\ndischarge = "1 mA/cm²"\nuntil = "0.15 mAh/cm²"'
    )
    least = {}
    for celsius in (25.0, -25.0):
        T = celsius + 273.15
        of = model_parameters(built_in("adambatt2-potassium"), temperature_K=T, pressure_Pa=1e5)
        liquid = bool(film_figures(of.values["negative.film.thickness"], T))
        least[liquid] = run(of, there_and_back).course.states["contact negative"].min()
    assert least[True] == pytest.approx(0.999, abs=1e-5)
    assert least[False] < 0.9


def test_films_and_metals_without_a_law_are_refused_by_name():
    with pytest.raises(InputError, match="no law for this film"):
        model_parameters(changed(built_in("adambatt2-potassium"), {"negative.film.material": "lithium"}))
    with pytest.raises(InputError, match="no two metals"):
        model_parameters(changed(built_in("adambatt2-potassium"), {"positive.metal": "potassium"}))


# --- interlayers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "faces"), [("negative", 1), ("both", 2)])
def test_an_interlayer_is_its_thickness_over_its_conductivity(side, faces):
    of = model_parameters(parse_cell(ALL_SOLID + LAYER.format(side=side)))
    law = of.cell.material("nzsp-tape").law("conductivity")
    sigma = scale_conductivity(law.reference.value, law.at.value, law.activation_energy.value, 303.15)
    n = of.numbers()
    # resistances go with T exp(E/kT), conductivities with exp(−E/kT)/T: the same law
    assert n["interlayer_resistance"] == pytest.approx(faces * 20e-6 / sigma, rel=1e-9)
    bare = model_parameters(parse_cell(ALL_SOLID))
    z, z0 = (spectrum(each, charged_share=0.5).impedance_ohm * each.area_m2 for each in (of, bare))
    np.testing.assert_allclose(z - z0, n["interlayer_resistance"], rtol=1e-6)


def test_an_interlayer_of_unknown_conductivity_says_so_and_one_of_metal_is_refused():
    known = model_parameters(built_in("latp-pb"))
    assert known.values["interlayer_resistance"].origin == "assumed"
    assert any("prussian-blue is not known" in note for note in known.notes)
    own = model_parameters(built_in("latp-pb"), changes={"interlayer_resistance": "7 Ω cm²"})
    assert own.values["interlayer_resistance"].value == pytest.approx(7e-4)
    with pytest.raises(InputError, match="interlayer of metal"):
        model_parameters(parse_cell(ALL_SOLID + LAYER.format(side="negative").replace("nzsp-tape", "potassium")))


# --- cathodes without liquid -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def solid():
    return model_parameters(parse_cell(ALL_SOLID))


def test_a_cathode_without_liquid_is_charged_and_discharged(solid):
    result = run(solid, plan('[[step]]\ncharge = "C/10"\n[[step]]\ndischarge = "C/10"'))
    assert result.completed
    found = breakdowns(result)[-1].resistance_ohm_m2
    assert {"composite_ions", "ceramic_composite"} < set(found)
    assert not {"liquid", "ceramic_liquid"} & set(found)
    rate = abs(breakdowns(result)[-1].current_density_A_m2)
    parts = steady_resistance(solid.structure, solid.numbers(), rate, contact_fraction=0.999)
    for part in ("ceramic_composite", "separator_grain", "metal_interface"):
        assert found[part] == pytest.approx(parts[part], rel=1e-3), part
    # charge transfer and ions of an uneven reaction are exact in their sum alone
    uneven = ("composite_ions", "charge_transfer", "solid", "solid_diffusion")
    assert sum(found[p] for p in uneven) == pytest.approx(sum(parts[p] for p in uneven), rel=0.02)
    assert result.course.states["wetted"].min() == 1.0


def test_its_salt_stands_still_and_its_ions_are_the_solid_s(solid):
    at = engine(solid.structure)
    result = run(solid, plan('[[step]]\ncharge = "1C"\nuntil = "20 min"'))
    np.testing.assert_allclose(result.state[at.equations.places["salt"]], 1.0, atol=1e-12)
    n = solid.numbers()
    law = solid.cell.material("nzsp-tape").law("conductivity")
    assert n["liquid_conductivity"] == pytest.approx(law.reference.value)
    weights = {"nvp": 0.60, "nzsp-tape": 0.35, "c65": 0.05}
    volumes = {name: w / solid.cell.material(name).property("density").value for name, w in weights.items()}
    assert n["porosity"] == pytest.approx(0.9 * volumes["nzsp-tape"] / sum(volumes.values()), rel=1e-9)
    # at high frequency ions and electrons share the electrode's thickness; badly conducting ions ask for a fine mesh
    solid = model_parameters(solid.cell, cells=80, shells=4)
    at = engine(solid.structure)
    z = impedance(solid, rested(solid, solid.start(at.equations.places)), np.array([1e11]))[0]
    reach = n["porosity"] ** n["tortuosity_exponent"]
    electrode = n["thickness"] / (n["liquid_conductivity"] * reach + n["electronic_conductivity"])
    assert z.real == pytest.approx(n["grain_resistance"] + electrode, rel=5e-3)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('nvp = "60 %", nzsp-tape = "35 %", c65 = "5 %"', 'nvp = "95 %", c65 = "5 %"', "a liquid in its pores, or"),
        ('nzsp-tape = "35 %"', 'nzsp-tape = "20 %", n5sm = "15 %"', "one solid electrolyte"),
        ('material = "nzsp-tape"', 'material = "glass-fibre"\nfilled = true', "filled separator needs a liquid"),
    ],
)
def test_what_the_model_cannot_hold_is_refused_by_name(old, new, words):
    with pytest.raises(InputError, match=words):
        model_parameters(parse_cell(ALL_SOLID.replace(old, new, 1)))
