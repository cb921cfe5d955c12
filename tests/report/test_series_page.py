"""The page of a series: self-contained, with the numbers of the fits in words, tables and pictures."""

import math
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from test_pages import check

from natron.core import Quantity
from natron.data import Provenance, Spectrum
from natron.eis import Geometry, fit, fit_series, parse_circuit
from natron.plot import figure
from natron.plot.eis import along, bode, frequency_text, nyquist, nyquist_height, relative_residuals
from natron.plot.eis_series import capacitances, course, course_axis, series_residuals
from natron.report import impedance as to_json
from natron.report.series_page import pictures, series_page, shown
from natron.report.told import fit_report, gathered, series_report, tie_in_words

CIRCUIT = parse_circuit("R0-p(R1,CPE1)-p(R2,CPE2)")
GEOMETRY = Geometry(Quantity(5e-5, 1e-6, "area"), Quantity(110e-6, 4e-6, "length"))
CELSIUS = (-10, 0, 10, 20, 30)
BOLTZMANN = 8.617333262e-5


def spectrum(values, seed=0, **conditions):
    f = np.geomspace(1e6, 1, 41)
    z = CIRCUIT.impedance(values, f)
    g = np.random.default_rng(seed)
    z = z + 0.003 * np.abs(z) * (g.normal(size=41) + 1j * g.normal(size=41))
    origin = Provenance(f"<b>{seed}</b>.csv", "0123456789abcdef" * 4, "test", None, ("Im Z was taken as printed",))
    return Spectrum(f, z, area_m2=5e-5, thickness_m=110e-6, provenance=origin, **conditions)


def temperature_series(drift=0.0):
    spectra = []
    for i, celsius in enumerate(CELSIUS):
        T = celsius + 273.15
        x = (1 / T - 1 / 303.15) / BOLTZMANN
        r1, r2 = 30 * T / 303.15 * math.exp(0.28 * x), 6 * T / 303.15 * math.exp(0.41 * x)
        n = 0.9 + drift * i / (len(CELSIUS) - 1)
        values = [4, r1, (2e-8) ** n * r1 ** (n - 1), n, r2, (3e-6) ** 0.88 * r2 ** (-0.12), 0.88]
        spectra.append(spectrum(values, i, temperature_K=T))
    return fit_series(spectra, CIRCUIT)


def told(result, cell="symmetric", geometry=GEOMETRY):
    fits = [
        fit_report(one, f"<i>{i}</i>.csv", 0, geometry, cell, arrhenius=result.arrhenius)
        for i, one in enumerate(result.fits)
    ]
    return series_report(result, fits, cell)


@pytest.fixture(scope="module")
def tied():
    return told(temperature_series())


@pytest.fixture(scope="module")
def rejected():
    return told(temperature_series(0.05), "unknown", Geometry())


@pytest.fixture(scope="module")
def cycled():
    values = [[4, 30, 1e-7, 0.9, 6 * (1 + 0.2 * i), 8e-6, 0.88] for i in range(5)]
    return told(fit_series([spectrum(v, i, cycle=1 + 10 * i) for i, v in enumerate(values)], CIRCUIT, "cycle"))


def test_the_page_of_a_temperature_series(tied):
    text = series_page(tied)
    page = check(text, pictures=6)
    assert page.tags.count("details") == 3
    assert "<b>0</b>" not in text
    assert "<i>0</i>" not in text
    law = tied.result.arrhenius["R1"]
    assert law.tied
    assert shown(law.activation_energy) in text
    assert shown(tied.result.separate_arrhenius["R1"].activation_energy) in text
    areal = tied.fits[0].normalised.areal["R2"]
    assert str(areal).removesuffix(" Ω cm²") in text
    for words in ("The tie is accepted", "each of the two interfaces R2/2", "0123456789abcdef…", "−10 °C", "Ω cm²"):
        assert words in text, words


@pytest.fixture
def without_pictures(monkeypatch):
    monkeypatch.setattr("natron.report.series_page._drawn", lambda result: {})


@pytest.mark.usefixtures("without_pictures")
def test_the_page_of_a_rejected_tie_names_what_breaks_it(rejected):
    text = series_page(rejected)
    check(text, pictures=0)
    assert rejected.result.tie.culprit == "R1"
    assert "The tie is rejected" in text
    rows = re.findall(r"<tr><td>(R\d)</td><td>(exponent|capacitance|activation energy)</td>", text)
    assert rows[0] == ("R1", "exponent")
    assert len(rows) == len(rejected.result.tie.breaks)
    assert "no geometry given" in text
    assert "R0 / Ω<" in text


@pytest.mark.usefixtures("without_pictures")
def test_the_page_of_a_cycle_series_says_what_grows(cycled):
    text = series_page(cycled)
    check(text, pictures=0)
    growth = cycled.result.trends["R2"].relative_growth
    assert f"{100 * growth:+.0f} %" in text
    slope = cycled.result.trends["R2"].slope
    assert abs(slope.value - 0.12) < 4 * slope.uncertainty
    assert "cycle 41" in text
    assert "Arrhenius plot" not in text


def test_geometry_reaches_conductivity_but_not_the_activation_energy(tied):
    exact = told(tied.result, geometry=Geometry(replace(GEOMETRY.area, uncertainty=None), replace(
        GEOMETRY.thickness, uncertainty=None)))  # fmt: skip
    with_errors, without = to_json.series(tied)["arrhenius"]["R1"], to_json.series(exact)["arrhenius"]["R1"]
    assert with_errors["activation_energy"] == without["activation_energy"]
    sigma, bare = with_errors["conductivity_25C"], without["conductivity_25C"]
    assert sigma["value"] == bare["value"]
    assert sigma["uncertainty"] / sigma["value"] == pytest.approx(
        math.hypot(bare["uncertainty"] / bare["value"], 0.02, 4 / 110)
    )


def test_constriction_is_held_against_the_separators_own_energy(tied):
    hint = tied.constriction["R2"]
    assert hint.verdict == "disagrees"
    inner, outer = (tied.result.arrhenius[name].activation_energy.value for name in ("R1", "R2"))
    assert hint.difference.to("eV") == pytest.approx(outer - inner)


def test_tie_in_words_is_silent_where_there_is_none(cycled):
    assert tie_in_words(cycled.result) is None


def test_warnings_that_differ_in_numbers_alone_are_told_once():
    texts = [f"spectrum {i} of 3 ({T} K): R1: its arc peaks at {T}e3 Hz" for i, T in ((1, 263.15), (2, 273.15))]
    assert gathered([*texts, "The tie is rejected."]) == [
        f"{texts[0]} Likewise in 1 more spectra.", "The tie is rejected.",
    ]  # fmt: skip
    other = "spectrum 3 of 3 (283.15 K): R2: its arc peaks at 2e3 Hz"
    assert gathered([texts[0], other]) == [texts[0], other]


@pytest.mark.parametrize(
    ("value", "uncertainty", "text"),
    [(0.28, 0.004, "0.280 ± 0.004"), (2.07e-7, 4e-9, "(2.07 ± 0.04) × 10⁻⁷"), (-0.0331, 0.0041, "−0.033 ± 0.004"),
     (5.0, math.inf, "5 ± not known"), (-2e-19, 4.1e-3, "(0 ± 4) × 10⁻³"), (3.0, 2e7, "(0.0 ± 2.0) × 10⁷")],
)  # fmt: skip
def test_numbers_are_shown_as_one_would_write_them(value, uncertainty, text):
    p = fit(spectrum([4, 30, 1e-7, 0.9, 6, 8e-6, 0.88]), CIRCUIT).parameters["R1"]
    assert shown(replace(p, value=value, uncertainty=uncertainty)) == text


def luminance(colour):
    return float(np.dot([int(colour[i : i + 2], 16) for i in (1, 3, 5)], (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("count", [1, 2, 8, 40])
def test_colours_of_a_series_get_lighter_all_the_way(count):
    shades = [luminance(colour) for colour in along(count)]
    assert len(shades) == count
    assert all(a < b for a, b in pairwise(shades))


def test_nyquist_and_bode_carry_every_spectrum(tied):
    result = tied.result
    _, ax = figure(16, 10)
    assert nyquist(result.spectra, result.fits, ax=ax) is ax
    assert ax.get_aspect() == 1
    marks = [line for line in ax.lines if line.get_marker() != "None"]
    x, y = marks[0].get_data()
    assert np.allclose(x - 1j * np.asarray(y), result.spectra[0].impedance_ohm * 0.5)
    _, axes = figure(16, 12, 2)
    bode(result.spectra, result.fits, axes=axes)
    assert len(axes[0].lines) == 2 * len(result.fits)
    assert np.allclose(axes[0].lines[0].get_ydata(), np.abs(result.spectra[0].impedance_ohm) * 0.5)
    assert 7 <= nyquist_height(result.spectra, 16) <= 16


def test_residuals_are_those_of_the_fits(tied):
    _, axes = figure(16, 10, 2)
    series_residuals(tied.result.fits, axes=axes)
    drawn = axes[1].lines[0].get_ydata()
    assert np.allclose(drawn, 100 * relative_residuals(tied.result.fits[0]).imag)
    assert axes[0].get_ylim() == axes[1].get_ylim()


def test_capacitances_are_drawn_with_the_tied_value(tied):
    _, ax = figure(16, 10)
    capacitances(tied.result, ax=ax)
    tied_values = {p.value for p in tied.result.tied_fit.capacitances.values()}
    levels = {float(line.get_ydata()[0]) for line in ax.lines if len(set(line.get_ydata())) == 1}
    assert tied_values <= levels
    marks = ax.containers[0].lines[0].get_ydata()
    assert np.median(marks) == pytest.approx(2e-8, rel=0.05)


def test_a_series_stands_on_an_axis_in_peoples_units(tied, cycled):
    assert course_axis(tied.result)[0] == pytest.approx(CELSIUS)
    _, ax = figure(16, 10)
    course(tied.result, ["R1", "R2"], ax=ax)
    assert ax.get_xlabel() == "Temperature / °C"
    assert course_axis(cycled.result)[1] == "Cycle"
    assert [frequency_text(f) for f in (1e6, 2500.0, 0.1)] == ["1 MHz", "2.5 kHz", "100 mHz"]
    assert {name for name, *_ in pictures(cycled.result)} == {
        "nyquist", "bode", "residuals", "resistances", "exponents", "capacitances",
    }  # fmt: skip
