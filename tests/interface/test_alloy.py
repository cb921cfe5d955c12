"""Na-K: phase equilibria against pycalphad and published invariants, films against mass balance."""

import math
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron.core import InputError, parse_quantity
from natron.core.constants import FARADAY_C_PER_MOL
from natron.interface.alloys.anode import alloy_anode, check_sweep
from natron.interface.alloys.film import (
    charge_at_composition_C_m2,
    composition_at_charge,
    film_course,
    film_figures,
    liquid_molar_volume_m3_mol,
    potassium_amount_mol_m2,
    pressure_into_gap_Pa,
    wetting,
)
from natron.interface.alloys.gibbs import GAS_CONSTANT_J_MOL_K, read_tdb
from natron.interface.alloys.phases import (
    HIGHEST_K,
    LOWEST_K,
    alloy_state,
    eutectic,
    liquid_window,
    melting_point_K,
    peritectic,
    phase_boundaries,
    tie_lines,
)
from natron.interface.metals import metal

ROOM_K = 298.15
TDB = (resources.files("natron.interface.alloys") / "NaK.tdb").read_text(encoding="utf-8")
inside = st.floats(LOWEST_K, HIGHEST_K)


def test_eutectic_and_peritectic_are_the_published_ones():
    assert eutectic().temperature_K - 273.15 == pytest.approx(-12.6, abs=0.3)
    assert 0.66 <= 1 - eutectic().x_na <= 0.68
    assert peritectic().temperature_K - 273.15 == pytest.approx(6.9, abs=0.3)
    assert peritectic().x_na == pytest.approx(0.609, abs=0.0005)


def test_melting_points_are_those_of_the_unary_data():
    assert melting_point_K("K") == pytest.approx(336.53, abs=0.05)
    assert melting_point_K("Na") == pytest.approx(370.87, abs=0.05)


def test_window_at_room_temperature():
    window = liquid_window(ROOM_K)
    assert window.x_na_min == pytest.approx(0.147, abs=0.0005)
    assert window.x_na_max == pytest.approx(0.719, abs=0.0005)
    # 40 and 90 % potassium by mass, which these anchors were fitted to
    assert window.x_na_min == pytest.approx(0.147, abs=0.015)
    assert window.potassium_side.x_na[0] == pytest.approx(0.037, abs=0.0005)
    assert 1 - window.sodium_side.x_na[1] == pytest.approx(0.016, abs=0.0005)


@pytest.mark.parametrize(
    ("celsius", "low", "high"),
    [(0, 0.262, 0.456), (10, 0.213, 0.629), (20, 0.168, 0.690), (30, 0.126, 0.747), (40, 0.086, 0.797),
     (60, 0.012, 0.882)],
)  # fmt: skip
def test_window_against_temperature(celsius, low, high):
    window = liquid_window(celsius + 273.15)
    assert window.x_na_min == pytest.approx(low, abs=0.0005)
    assert window.x_na_max == pytest.approx(high, abs=0.001)


def test_window_opens_at_the_eutectic_and_ends_at_the_pure_metals():
    assert liquid_window(eutectic().temperature_K - 0.01) is None
    assert liquid_window(eutectic().temperature_K + 0.01) is not None
    assert liquid_window(melting_point_K("K") + 0.01).x_na_min == 0.0
    assert liquid_window(melting_point_K("K") - 0.5).x_na_min > 0.0
    assert liquid_window(melting_point_K("Na") + 0.01).x_na_max == 1.0


@settings(max_examples=30)
@given(st.floats(262.0, 371.0), st.floats(0.01, 20.0))
def test_the_window_only_widens_with_temperature(T, more):
    cold, warm = liquid_window(T), liquid_window(min(T + more, HIGHEST_K))
    assert warm.x_na_min <= cold.x_na_min + 1e-9
    assert warm.x_na_max >= cold.x_na_max - 1e-9


def test_lever_rule():
    state = alloy_state(ROOM_K, [0.05, 0.90])
    assert state.liquid_fraction == pytest.approx([0.120, 0.318], abs=0.0005)
    assert state.solid == ("potassium", "sodium")


def test_potential_against_sodium():
    # the first is the edge of the window, where the plateau beside solid potassium ends
    x = [liquid_window(ROOM_K).x_na_min, 0.34, 0.50, 0.66, 0.80, 0.01]
    printed = [0.0269, 0.0110, 0.0051, 0.0015, 0.0004, 0.059]
    half_digit = [5e-5, 5e-5, 5e-5, 5e-5, 5e-5, 5e-4]
    for E, value, digit in zip(alloy_state(ROOM_K, x).potential_V, printed, half_digit, strict=True):
        assert pytest.approx(value, abs=digit * 1.0001) == E


@given(st.floats(LOWEST_K, HIGHEST_K), st.floats(1e-4, 1 - 1e-4), st.floats(1e-4, 1 - 1e-4))
def test_potential_never_rises_with_sodium(T, a, b):
    low, high = sorted((a, b))
    E = alloy_state(T, [low, high]).potential_V
    assert E[0] >= E[1] - 1e-9
    assert np.isfinite(E).all()


@settings(max_examples=30)
@given(inside)
def test_sodium_is_conserved_along_every_tie_line(T):
    x = np.linspace(0.01, 0.99, 15)
    state = alloy_state(T, x)
    liquid = np.nan_to_num(state.liquid_x_na) * state.liquid_fraction
    solid = np.nan_to_num(state.solid_x_na) * (1 - state.liquid_fraction)
    assert liquid + solid == pytest.approx(x, abs=1e-9)


@settings(max_examples=30)
@given(inside)
def test_both_phases_of_a_tie_line_have_one_potential(T):
    for line in tie_lines(T):
        left, right = line.x_na
        # just inside each end the alloy is in the field, just outside it is one phase: the potential does not jump
        around = np.clip([left - 1e-9, left + 1e-9, right - 1e-9, right + 1e-9], 1e-6, 1 - 1e-6)
        E = alloy_state(T, around).potential_V
        if "Na2K" not in line.phases:
            assert E[0] == pytest.approx(E[1], abs=1e-6)
            assert E[2] == pytest.approx(E[3], abs=1e-6)
        assert E[1] == pytest.approx(E[2], abs=1e-9)


def test_gibbs_slopes_are_the_derivatives():
    solutions, _ = read_tdb(TDB).at(311.0)
    x, h = np.linspace(0.05, 0.95, 19), 1e-5
    for phase in solutions:
        first, second = phase.slopes(x)
        assert first == pytest.approx((phase.energy(x + h) - phase.energy(x - h)) / (2 * h), rel=1e-6, abs=1e-3)
        assert second == pytest.approx((phase.slopes(x + h)[0] - phase.slopes(x - h)[0]) / (2 * h), rel=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_equilibria_are_pycalphads():
    pycalphad = pytest.importorskip("pycalphad")
    v = pycalphad.variables
    database = pycalphad.Database.from_string(TDB, fmt="tdb")
    for T in (270.0, ROOM_K, 350.0):
        x = np.linspace(0.02, 0.98, 17)
        found = pycalphad.equilibrium(
            database, ["K", "NA", "VA"], ["LIQUID", "BCC_A2", "KNA2"],
            {v.T: T, v.P: 101325, v.N: 1, v.X("NA"): list(x)},
        )  # fmt: skip
        is_liquid = found.Phase.values[0, 0, 0] == "LIQUID"
        theirs = np.where(is_liquid, np.nan_to_num(found.NP.values[0, 0, 0]), 0).sum(axis=1)
        ours = alloy_state(T, x)
        assert ours.liquid_fraction == pytest.approx(theirs, abs=2e-4)
        mu = found.MU.sel(component="NA").values[0, 0, 0]
        # potentials up to the common reference of pure sodium
        assert np.diff(-ours.potential_V * FARADAY_C_PER_MOL) == pytest.approx(np.diff(mu), abs=0.5)


def test_phase_boundaries_meet_at_the_invariants():
    fields = phase_boundaries(240.0, 372.0, 12)
    assert set(fields) == {
        ("potassium", "liquid"), ("liquid", "sodium"), ("liquid", "Na2K"), ("potassium", "Na2K"), ("Na2K", "sodium")
    }  # fmt: skip
    top = max(fields["liquid", "Na2K"], key=lambda line: line.temperature_K)
    assert top.temperature_K == pytest.approx(peritectic().temperature_K, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ELEMENT A X 1 0 0 !", "two elements"),
        (TDB.replace("-1300.5+0.8643*T", "EXP(T)"), "cannot be read"),
        (TDB.replace("PARAMETER G(LIQUID,K,NA;1)", "PARAMETER TC(LIQUID,K,NA;1)"), "not supported"),
        (TDB.replace("G(LIQUID,K,NA;1)", "G(LIQUID,K,NA;3)"), "orders"),
    ],
)
def test_a_database_beyond_the_reader_is_refused(text, words):
    with pytest.raises(InputError, match=words):
        read_tdb(text)


@pytest.mark.parametrize("T", [0.0, 199.0, 401.0, -5.0, math.nan])
def test_temperatures_outside_the_database_are_refused(T):
    with pytest.raises(InputError, match="range of the Na-K database"):
        liquid_window(T)


# films


def test_ten_micrometres_of_potassium():
    figures = film_figures(parse_quantity("10 µm", "length"), ROOM_K)
    assert figures["all_liquid_capacity"].to("mAh/cm²") == pytest.approx(1.51, abs=0.005)
    assert figures["all_liquid_from"].to("mAh/cm²") == pytest.approx(0.102, abs=0.0005)
    assert figures["film_thickness_per_areal_capacity"].to("µm/(mAh/cm²)") == pytest.approx(6.6, abs=0.05)
    # ± 0.012 of x at 0.719 is 0.012/(x (1 − x)) of the capacity
    share = 0.012 / (0.7189 * (1 - 0.7189))
    relative = figures["all_liquid_capacity"].uncertainty / figures["all_liquid_capacity"].value
    assert relative == pytest.approx(share, rel=0.001)


@pytest.mark.parametrize(("capacity", "film"), [(1.11, 7.3), (2.14, 14.2), (2.52, 16.7), (5.0, 33.1)])
def test_potassium_for_a_half_step(capacity, film):
    found = alloy_anode(
        parse_quantity("25 °C", "temperature"), capacity=parse_quantity(f"{capacity} mAh/cm²", "areal_capacity")
    )
    assert found.film_needed.to("µm") == pytest.approx(film, abs=0.05)


@given(st.floats(1e-7, 1e-3), st.floats(0.0, 0.99))
def test_charge_and_composition_are_inverse(film_m, x):
    potassium = metal("potassium")
    n = potassium_amount_mol_m2(film_m, potassium["density"].value, potassium["molar_mass"].value)
    assert composition_at_charge(n, charge_at_composition_C_m2(n, x)) == pytest.approx(x, abs=1e-12)


@given(st.floats(1e-7, 1e-3), st.floats(0.0, 0.99), st.floats(0.0, 1.0))
def test_charge_and_composition_are_inverse_with_exchange(film_m, x, exchanged):
    n = potassium_amount_mol_m2(film_m, 862.0, 39.0983e-3)
    q = charge_at_composition_C_m2(n, x, exchanged)
    assert composition_at_charge(n, q, exchanged) == pytest.approx(x, abs=1e-12)


@pytest.mark.parametrize("exchanged", [0.0, 0.1, 1.0])
def test_exchange_takes_from_what_a_film_holds(exchanged):
    """The figures, the film needed and the course say one thing: solid sodium forms beyond the capacity."""
    room, film = parse_quantity("25 °C", "temperature"), parse_quantity("10 µm", "length")
    limit = alloy_anode(room, film, exchanged_share=exchanged).figures["all_liquid_capacity"]
    just = [
        alloy_anode(room, film, replace(limit, value=limit.value * times), exchanged_share=exchanged)
        for times in (0.999, 1.001)
    ]
    assert [found.end.solid for found in just] == ["", "sodium"]
    assert just[1].film_needed.value == pytest.approx(10.01e-6, rel=1e-6)
    x = just[0].window.x_na_max
    assert limit.value / 36e3 == pytest.approx(0.5909 * x / (1 + exchanged - x), rel=1e-3)


def test_enthalpy_of_mixing_and_thermodynamic_factor():
    """ΔH_mix(0.5) of the liquid, and φ = 1 + ∂ln γ/∂ln x = x (1 − x) G″/RT, as printed for this database."""
    (liquid,) = (s for s in read_tdb(TDB).at(ROOM_K)[0] if s.name == "LIQUID")
    (warmer,) = (s for s in read_tdb(TDB).at(ROOM_K + 1)[0] if s.name == "LIQUID")

    def excess(phase):  # at x = 0.5 only the first term of the polynomial counts
        return 0.25 * phase.excess[0]

    assert excess(liquid) - ROOM_K * (excess(warmer) - excess(liquid)) == pytest.approx(730.5, abs=0.05)
    x = np.array([0.2, 0.4, 0.6, 0.7])
    factor = x * (1 - x) * liquid.slopes(x)[1] / (GAS_CONSTANT_J_MOL_K * ROOM_K)
    assert factor == pytest.approx([0.76, 0.60, 0.50, 0.50], abs=0.005)


@given(st.floats(0.0, 5.0), st.floats(0.0, 1.0))
def test_exchange_swaps_atom_for_atom(charge_mAh_cm2, exchanged):
    n = 0.2
    q = charge_mAh_cm2 * 36e3
    moved = q / FARADAY_C_PER_MOL
    x = float(composition_at_charge(n, q, exchanged))
    if moved * exchanged <= n and moved > 0:
        sodium = moved * (1 + exchanged)
        assert x == pytest.approx(sodium / (moved + n), rel=1e-12)


def test_layers_of_the_course():
    q = np.array([0.0, 0.5, 1.0, 3.0]) * 36e3
    course = film_course(10e-6, ROOM_K, q)
    total = course.liquid_thickness_m + course.solid_thickness_m
    # roughly film + 8.86 µm per mAh/cm²; the liquid is a few per cent thinner or thicker than the solids
    assert total * 1e6 == pytest.approx(10 + 8.86 * q / 36e3, rel=0.05)
    assert total[0] == pytest.approx(10e-6, rel=1e-4)
    assert course.solid_thickness_m[1:3] == pytest.approx([0, 0], abs=1e-15)
    assert course.solid_thickness_m[3] > 10e-6


def test_density_of_the_eutectic_is_the_measured_one():
    x = eutectic().x_na
    mass = x * 22.98977e-3 + (1 - x) * 39.0983e-3
    assert mass / liquid_molar_volume_m3_mol(x, 294.15) == pytest.approx(866, abs=3)


def test_wetting_and_gaps():
    assert wetting(math.radians(60)) == "wets"
    assert wetting(math.radians(120)) == "does_not_wet"
    assert pressure_into_gap_Pa(0.1, math.radians(180), 1e-6) == pytest.approx(2e5)
    assert pressure_into_gap_Pa(0.1, math.radians(60), 1e-6) < 0
    with pytest.raises(InputError, match="0 to 180"):
        wetting(math.radians(200))


def test_past_the_window_solid_sodium_is_said():
    film, capacity = parse_quantity("10 µm", "length"), parse_quantity("5 mAh/cm²", "areal_capacity")
    found = alloy_anode(parse_quantity("25 °C", "temperature"), film, capacity)
    assert found.end.solid == "sodium"
    assert any("solid sodium forms" in text for text in found.warnings)
    cold = alloy_anode(parse_quantity("-20 °C", "temperature"), film)
    assert cold.window is None
    assert any("no Na-K alloy is liquid" in text for text in cold.warnings)
    assert cold.course


def test_bad_films_and_sweeps_are_refused():
    room = parse_quantity("25 °C", "temperature")
    with pytest.raises(InputError, match="above zero"):
        alloy_anode(room, parse_quantity("0 µm", "length"))
    with pytest.raises(InputError, match="above zero"):
        alloy_anode(room, parse_quantity("1 µm", "length"), parse_quantity("0 mAh/cm²", "areal_capacity"))
    with pytest.raises(InputError, match="no film"):
        alloy_anode(room, parse_quantity("10 km", "length"))
    with pytest.raises(InputError, match="sweep"):
        check_sweep(300.0, 290.0, 1.0)
    assert check_sweep(253.15, 333.15, 5.0)[-1] == pytest.approx(333.15)
