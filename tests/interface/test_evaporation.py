"""Evaporation: Hertz–Knudsen against printed numbers and an integral over the half space."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natron.core import InputError, parse_quantity
from natron.interface.alloys.evaporation import evaporate, growth_rate_m_s, mass_flux_kg_m2_s
from natron.interface.metals import metal

ONE = parse_quantity("100 %", "share")


def run(source="200 °C", film="6.6 µm", distance="10 cm", area="1 cm²", substrate="25 °C", of="K", **changes):
    given = {"sticking": ONE, "coefficient": ONE, **changes}
    return evaporate(
        metal(of), parse_quantity(film, "length"), parse_quantity(source, "temperature"),
        parse_quantity(distance, "length"), parse_quantity(area, "area"),
        substrate_temperature=parse_quantity(substrate, "temperature"), **given,
    )  # fmt: skip


def test_vapour_pressure_of_potassium_at_200_degrees():
    assert run().vapour_pressure.value == pytest.approx(0.99, rel=0.05)


@pytest.mark.parametrize(
    ("source", "loss"), [("25 °C", 0.0045), ("97.8 °C", 4.2), ("150 °C", 118.0), ("200 °C", 1450.0), ("250 °C", 1.1e4)]
)
def test_loss_of_the_surface(source, loss):
    assert run(source).source_recession.to("nm/s") == pytest.approx(loss, rel=0.05)


def test_growth_and_time_of_a_film():
    assert run("150 °C").growth_rate.to("nm/s") == pytest.approx(0.38, abs=0.005)
    assert run("200 °C").growth_rate.to("nm/s") == pytest.approx(4.6, abs=0.05)
    assert run("200 °C").time.value / 60 == pytest.approx(24, abs=0.5)


def test_re_evaporation():
    assert run().re_evaporation_rate.to("nm/s") * 3600 == pytest.approx(16, abs=0.5)
    assert run(substrate="60 °C").re_evaporation_rate.to("nm/s") * 3.6 == pytest.approx(0.7, rel=0.1)


def test_all_that_leaves_arrives_on_the_half_space():
    # the small source's law, integrated over a hemisphere around it, gives back the flux times the source's area
    flux, area, r, density = 1e-3, 1e-4, 0.1, 862.0
    angle = np.linspace(0, math.pi / 2, 20001)
    rate = np.array([growth_rate_m_s(flux, area, r, density, a) for a in angle])
    ring = 2 * math.pi * r**2 * np.sin(angle)
    assert np.trapezoid(rate * ring, angle) * density == pytest.approx(flux * area, rel=1e-6)


def test_source_mass_is_film_mass_over_its_share_of_the_vapour():
    found = run()
    view = 1 / (math.pi * 0.1**2)
    stays = 1 - found.re_evaporation_rate.value / found.growth_rate.value
    assert found.source_mass.value * view == pytest.approx(6.6e-6 * 862 / stays, rel=1e-9)
    assert 0.99 < stays < 1


def test_a_film_that_leaves_faster_than_it_grows_has_no_time():
    warm = run("30 °C", substrate="62 °C")
    assert warm.time is None
    assert warm.source_mass is None
    assert warm.growth_rate.value < warm.re_evaporation_rate.value
    slow, free = run("150 °C", substrate="45 °C"), run("150 °C", substrate="-50 °C")
    assert slow.time.value > free.time.value
    assert slow.time.value * (slow.growth_rate.value - slow.re_evaporation_rate.value) == pytest.approx(6.6e-6)


@given(st.floats(60, 250), st.floats(1, 80))
def test_hotter_is_faster(celsius, more):
    cold, hot = (run(f"{c} °C", substrate="-60 °C") for c in (celsius, celsius + more))
    assert hot.growth_rate.value > cold.growth_rate.value
    assert hot.time.value < cold.time.value


def test_uncertain_temperature_is_carried():
    # p ~ exp(-b ln10/T): relative effect b ln10 u/T²
    found = run("200 ± 2 °C")
    expected = math.hypot(0.05, (4453 * math.log(10) / 473.15 - 0.5) * 2 / 473.15)
    assert found.time.uncertainty / found.time.value == pytest.approx(expected, rel=0.02)


def test_no_net_flux_at_equilibrium():
    assert mass_flux_kg_m2_s(1.0, 450.0, 0.039, 1.0, 1.0) == 0.0
    assert mass_flux_kg_m2_s(1.0, 450.0, 0.039, 1.0, 2.0) < 0


def test_warnings_say_what_does_not_hold():
    assert any("not small against the distance" in text for text in run(distance="1 cm").warnings)
    assert any("faster than it grows" in text for text in run("30 °C", substrate="62 °C").warnings)
    assert any("re-evaporation" in text for text in run("150 °C", substrate="45 °C").warnings)
    assert any("sublimes" in text for text in run("50 °C").warnings)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"film": "0 µm"}, "above zero"),
        ({"distance": "0 cm"}, "above zero"),
        ({"area": "0 cm²"}, "above zero"),
        ({"sticking": parse_quantity("0 %", "share")}, "sticking"),
        ({"source_angle_rad": math.pi / 2}, "below 90"),
        ({"source": "-273.15 °C"}, "absolute zero"),
        ({"source": "400 °C"}, "beyond the formula"),
    ],
)
def test_bad_input_is_refused(changes, words):
    with pytest.raises(InputError, match=words):
        run(**changes)
