"""Pressings as a task: outcomes, limits, what is assumed, the map, and foils."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron.core import InputError, MaterialError, parse_quantity
from natron.interface import pair, press, press_foil, pressing_map
from natron.interface.pressing.pressed import HAZARD


def quantity(text, kind):
    return parse_quantity(text, kind)


def pressed(T="97 °C", P="10 MPa", t="60 s", metal="Na", electrolyte="n5sm", thickness=None, changes=None, **more):
    of = pair(metal, electrolyte, thickness=thickness, changes=changes)
    return press(of, quantity(T, "temperature"), quantity(P, "pressure"), quantity(t, "time"), **more)


def test_the_documents_pressing_is_safe_near_the_edge():
    found = pressed()
    assert found.outcome == "safe"
    assert found.state == "contact"
    assert found.contact_fraction.value == pytest.approx(1.0)
    assert found.interface_resistance.value * 1e4 == pytest.approx(1.92, abs=0.005)
    assert found.interface_resistance.origin == "assumed"
    assert any("0.8 K below the melting point" in note for note in found.warnings)
    assert found.hazard == HAZARD.format(metal="sodium")
    assert "\n" not in found.hazard


def test_every_outcome():
    assert pressed(T="25 °C", P="0.3 MPa").outcome == "insufficient_contact"
    assert pressed(T="98 °C").outcome == "leaks"
    assert pressed(P="72 MPa", T="25 °C").outcome == "cracks"
    # the graver first
    assert pressed(P="72 MPa", T="98 °C").outcome == "leaks"
    assert pressed(P="0.3 MPa", T="25 °C", changes={"electrolyte_strength": "0.01 MPa"}).outcome == "cracks"


@pytest.mark.parametrize("T", ["97.8 °C", "98 °C", "300 °C"])
def test_liquid_metal_has_no_contact_of_a_solid(T):
    found = pressed(T=T)
    assert found.state == "liquid"
    assert found.contact_fraction is None
    assert found.interface_resistance is None
    assert "is liquid" in found.warnings[0]


@pytest.mark.parametrize(("P", "t"), [("0 MPa", "60 s"), ("1 MPa", "0 s")])
def test_no_contact_is_named(P, t):
    found = pressed(T="25 °C", P=P, t=t)
    assert found.state == "no_contact"
    assert found.outcome == "insufficient_contact"
    assert found.contact_fraction.value == 0
    assert found.interface_resistance is None
    assert found.residual_gap.value == pair("Na", "n5sm").values["gap_depth"].value


def test_uncertain_temperature_may_melt():
    assert any("reaches the melting point" in note for note in pressed(T="97 ± 1 °C").warnings)


def test_lowest_pressure_gives_just_the_required_contact():
    low = pressed(T="25 °C", P="0.3 MPa").lowest_pressure
    again = pressed(T="25 °C", P=f"{low.value / 1e6:.9f} MPa")
    assert again.contact_fraction.value == pytest.approx(0.95, abs=1e-6)
    # the factor of seven in creep rate is a fifth of a decade here
    assert 0.05 < low.uncertainty / low.value < 0.2


def test_creep_is_an_uncertainty_and_not_hidden():
    exact = pressed(T="25 °C", P="0.5 MPa", changes={"flow_stress": "0.235 MPa"}).contact_fraction.uncertainty
    whole = pressed(T="25 °C", P="0.5 MPa").contact_fraction.uncertainty
    assert whole > 1.3 * exact


def test_films_gas_and_uneven_pressure_are_inputs():
    clean = pressed()
    dirty = pressed(changes={"film_resistance": "10 Ω cm²", "gas_pressure": "0.1 MPa", "pressure_spread": "50 %"})
    assert dirty.interface_resistance.value > clean.interface_resistance.value + 9e-4
    assert dirty.contact_fraction.value < clean.contact_fraction.value
    assert "film_resistance" in clean.assumed
    assert "film_resistance" not in dirty.assumed


def test_ultrasound_does_with_less_pressure():
    plain = pressed(T="25 °C", P="0.3 MPa").contact_fraction.value
    soft = pressed(
        T="25 °C", P="0.3 MPa", ultrasound_intensity=quantity("4 W/cm²", "intensity"), softening_coefficient=0.25
    )
    assert soft.contact_fraction.value > plain
    with pytest.raises(InputError, match="coefficient that is not known"):
        pressed(ultrasound_intensity=quantity("4 W/cm²", "intensity"))
    with pytest.raises(InputError, match="goes with an intensity"):
        pressed(softening_coefficient=0.25)


def test_thin_tapes_break_before_thick_ones():
    limits = {
        um: pressed(electrolyte="nzsp-tape", thickness=quantity(f"{um} µm", "length")).cracking for um in (50, 110, 500)
    }
    values = [limits[um].fracture_pressure.value for um in (50, 110, 500)]
    assert values == sorted(values)
    assert limits[50].decided_by == "unsupported_span"
    assert 0 < limits[500].probability < limits[110].probability <= limits[50].probability <= 1


def test_what_is_not_known_is_said():
    found = pressed(metal="Li", electrolyte="latp", T="60 °C")
    assert found.cracking is None
    assert found.interface_resistance is None
    assert any("strength of latp is not known" in note for note in found.warnings)
    assert any("charge-transfer resistance of lithium on latp" in note for note in found.warnings)
    given_all = {
        "charge_transfer_resistance": "10 Ω cm²", "electrolyte_strength": "100 MPa",
        "electrolyte_youngs_modulus": "115 GPa", "electrolyte_poisson_ratio": "0.25",
    }  # fmt: skip
    told = pressed(metal="Li", electrolyte="latp", T="60 °C", changes=given_all)
    assert told.cracking is not None
    assert told.interface_resistance.value >= 10e-4


@pytest.mark.parametrize(
    "changes",
    [{"gas": "1 MPa"}, {"flow_stress": "0 MPa"}, {"pressure_spread": "1"}, {"creep_exponent": "0.5"},
     {"warp_height": "3 V"}, {"spot_spacing": "-1 µm"}],
)  # fmt: skip
def test_wrong_parameters_are_refused(changes):
    with pytest.raises(InputError):
        pair("Na", "n5sm", changes=changes)


def test_wrong_names_are_refused():
    with pytest.raises(MaterialError):
        pair("Na", "glass-fibre")
    with pytest.raises(InputError, match="low a temperature"):
        pressed(T="-200 °C")


@pytest.mark.parametrize(
    ("T", "P", "t"), [("25 °C", "1e-30 Pa", "1e-30 s"), ("25 ± 80 °C", "1 MPa", "60 s"), ("25 °C", "1 ± 3 MPa", "60 s")]
)
def test_the_lightest_touch_and_the_widest_doubt_have_an_answer(T, P, t):
    found = pressed(T=T, P=P, t=t)
    assert found.state == "contact"
    assert found.contact_fraction.value > 0
    assert np.isfinite(found.interface_resistance.value)
    assert np.isfinite(found.interface_resistance.uncertainty or 0.0)


def test_contact_below_the_smallest_number_is_no_contact():
    found = pressed(P="1e-300 Pa", t="1e-290 s")
    assert found.state == "no_contact"
    assert found.interface_resistance is None


@settings(max_examples=15)
@given(st.floats(-100, 120), st.floats(0, 300), st.floats(0, 1e5))
def test_any_pressing_has_an_outcome(T, P, t):
    found = pressed(T=f"{T:.6f} °C", P=f"{P:.9f} MPa", t=f"{t:.6f} s")
    assert found.outcome in ("safe", "insufficient_contact", "leaks", "cracks")
    assert (found.state == "liquid") == (found.outcome == "leaks")
    assert (found.interface_resistance is None) == (found.state != "contact")


# the map

MAP = pressing_map(pair("Na", "n5sm"), quantity("60 s", "time"), points=25)


def test_map_is_monotone_and_stops_at_the_melting_point():
    assert MAP.temperature_K[-1] < MAP.melting_K
    assert np.all(np.diff(MAP.contact_fraction, axis=0) >= 0)
    assert np.all(np.diff(MAP.contact_fraction, axis=1) >= 0)
    assert np.all(np.diff(MAP.interface_resistance_ohm_m2, axis=0) <= 1e-18)


def test_map_has_a_window_with_bands_around_its_edges():
    good, poor = MAP.lowest_band_Pa
    assert np.all(good < MAP.lowest_pressure_Pa)
    assert np.all(poor > MAP.lowest_pressure_Pa)
    assert np.all(np.diff(MAP.lowest_pressure_Pa) < 0)
    assert np.all(MAP.lowest_pressure_Pa < MAP.fracture_pressure_Pa)
    low, high = MAP.fracture_band_Pa
    assert low < MAP.fracture_pressure_Pa < high


def test_both_ends_of_the_band_rest_on_creep_too():
    exact = pressing_map(pair("Na", "n5sm", changes={"flow_stress": "0.235 MPa"}), quantity("60 s", "time"), points=25)
    assert np.all(exact.lowest_band_Pa[0] > MAP.lowest_band_Pa[0])
    assert np.all(exact.lowest_band_Pa[1] < MAP.lowest_band_Pa[1])


def test_map_agrees_with_a_single_pressing():
    i, j = 15, 10
    one = pressed(T=f"{MAP.temperature_K[j] - 273.15:.9f} °C", P=f"{MAP.pressure_Pa[i] / 1e6:.9f} MPa")
    assert one.contact_fraction.value == pytest.approx(MAP.contact_fraction[i, j], rel=1e-6)


def test_maps_of_nothing_are_refused():
    with pytest.raises(InputError, match="needs a time"):
        pressing_map(pair("Na", "n5sm"), quantity("0 s", "time"))
    with pytest.raises(InputError, match="liquid"):
        pressing_map(pair("Na", "n5sm"), quantity("60 s", "time"), lowest_temperature_K=380.0)
    with pytest.raises(InputError, match="ends at the melting point"):
        pressing_map(pair("Na", "n5sm", changes={"melting_point": "-50 °C"}), quantity("60 s", "time"))


# foils


def foil(T="97 °C", P="10 MPa", t="1800 s", **more):
    return press_foil("Na", quantity(T, "temperature"), quantity(P, "pressure"), quantity(t, "time"), **more)


def test_foil_with_its_band():
    found = foil()
    assert found.thickness.value * 1e6 == pytest.approx(36.0, abs=0.05)
    # h goes with σ₀ to the power n/(n + 1): ± 19 % as half a range, over √3, times 5/6
    assert found.thickness.uncertainty / found.thickness.value == pytest.approx(0.1915 / 3**0.5 * 5 / 6, rel=0.02)
    assert found.curve_thickness_m[-1] == pytest.approx(found.thickness.value)
    assert np.all(np.diff(found.curve_thickness_m) < 0)
    assert np.all(found.curve_low_m < found.curve_high_m)
    assert set(found.assumed) == {"radius", "start_thickness"}
    assert found.thickness.origin == "assumed"


def test_foil_from_given_sizes_is_not_assumed():
    found = foil(radius=quantity("4 mm", "diameter"), start_thickness=quantity("1 mm", "length"))
    assert found.assumed == {}
    assert found.thickness.origin == "predicted"


def test_foil_refuses_and_warns():
    with pytest.raises(InputError, match="liquid"):
        foil(T="97.8 °C")
    with pytest.raises(InputError, match="above 0"):
        foil(t="0 s")
    with pytest.raises(InputError, match="unknown parameter"):
        foil(changes={"flow": "1 MPa"})
    for exponent in ("0.1", "100"):
        with pytest.raises(InputError, match="above 1, up to 20"):
            foil(changes={"creep_exponent": exponent})
    assert any("below the melting point" in text for text in foil().warnings)
    assert any("reaches the melting point" in text for text in foil(T="90 ± 20 °C").warnings)
    assert foil(T="60 °C").warnings == ()
    assert any("friction" in text for text in foil(squeeze="slip").warnings)
    assert foil(P="0 MPa").thickness.value == pytest.approx(1e-3)
    assert any("not thin" in text for text in foil(start_thickness=quantity("3 mm", "length")).warnings)
