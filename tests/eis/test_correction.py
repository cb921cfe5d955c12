"""Leads that are added and taken off again, blanks read between their points, and blanks that do not belong."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natron.core import InputError
from natron.data import DataError, Provenance, Spectrum
from natron.eis.checks.correction import CorrectionWarning, correct

F = np.logspace(6, 0, 61)
S = 2j * np.pi * F
SAMPLE = 20 + 1 / (1 / 300 + 1e-7 * S**0.9) + 1 / (1e-4 * S**0.7)


def lead(R: float = 0.5, L: float = 3e-7, s: np.ndarray = S) -> np.ndarray:
    return R + L * s


def stray(C: float = 5e-12, G: float = 1e-9, s: np.ndarray = S) -> np.ndarray:
    return G + C * s


def measured(sample: np.ndarray, zs: np.ndarray, y: np.ndarray | float) -> np.ndarray:
    """What the instrument sees: the leads in series with the sample and the stray admittance beside it."""
    return zs + 1 / (1 / sample + y)


def test_a_known_network_is_added_and_taken_off() -> None:
    s = Spectrum(F, measured(SAMPLE, lead(), stray()))
    short, empty = Spectrum(F, lead()), Spectrum(F, lead() + 1 / stray())
    z = correct(s, short=short, open_=empty).impedance_ohm
    np.testing.assert_allclose(z, SAMPLE, rtol=1e-12)


def test_the_result_is_the_handbooks_formula() -> None:
    zm, zs, zo = 30 - 200j, 0.7 + 1.9j, 900 - 31000j
    z = correct(Spectrum([1e5], [zm]), short=Spectrum([1e5], [zs]), open_=Spectrum([1e5], [zo])).impedance_ohm[0]
    assert z == pytest.approx((zm - zs) / (1 - (zm - zs) / (zo - zs)), rel=1e-14)


def test_known_leads_stand_for_a_short() -> None:
    s = Spectrum(F, SAMPLE + lead())
    by_value = correct(s, lead_resistance_ohm=0.5, lead_inductance_H=3e-7)
    by_short = correct(s, short=Spectrum(F, lead()))
    np.testing.assert_allclose(by_value.impedance_ohm, SAMPLE, rtol=1e-12)
    np.testing.assert_allclose(by_short.impedance_ohm, by_value.impedance_ohm, rtol=1e-14)
    with_open = correct(
        Spectrum(F, measured(SAMPLE, lead(), stray())),
        lead_resistance_ohm=0.5,
        lead_inductance_H=3e-7,
        open_=Spectrum(F, lead() + 1 / stray()),
    )
    np.testing.assert_allclose(with_open.impedance_ohm, SAMPLE, rtol=1e-12)


def test_an_open_alone_takes_off_the_stray_admittance() -> None:
    z = correct(Spectrum(F, measured(SAMPLE, 0 * S, stray())), open_=Spectrum(F, 1 / stray())).impedance_ohm
    np.testing.assert_allclose(z, SAMPLE, rtol=1e-12)


@given(
    st.tuples(st.floats(1, 1e4), st.floats(-1e4, 1e4)),
    st.tuples(st.floats(1e-3, 5), st.floats(-9, -6)),
    st.tuples(st.floats(-13, -9), st.floats(-12, -7)),
)
def test_any_leads_and_any_stray_come_off(
    sample: tuple[float, float], leads: tuple[float, float], shunt: tuple[float, float]
) -> None:
    z = np.full(len(F), complex(*sample))
    zs, y = lead(leads[0], 10 ** leads[1]), stray(10 ** shunt[0], 10 ** shunt[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CorrectionWarning)
        got = correct(Spectrum(F, measured(z, zs, y)), short=Spectrum(F, zs), open_=Spectrum(F, zs + 1 / y))
    # what the leads drown, double precision loses: relative to the largest term
    scale = np.abs(z) * np.maximum(1, np.abs(1 / y) ** -1 * np.abs(z)) + np.abs(zs) * (1 + np.abs(z * y)) ** 2
    assert (np.abs(got.impedance_ohm - z) <= 1e-12 * scale).all()


@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 1e-6), st.floats(0, 1e-6))
def test_leads_taken_off_twice_are_their_sum(R: float, r: float, L: float, inductance: float) -> None:
    s = Spectrum(F, SAMPLE + 100)
    twice = correct(
        correct(s, lead_resistance_ohm=R, lead_inductance_H=L), lead_resistance_ohm=r, lead_inductance_H=inductance
    )
    once = correct(s, lead_resistance_ohm=R + r, lead_inductance_H=L + inductance)
    np.testing.assert_allclose(twice.impedance_ohm, once.impedance_ohm, rtol=1e-12)


def test_nothing_to_take_off_changes_nothing() -> None:
    s = Spectrum(F, SAMPLE)
    assert (correct(s, lead_resistance_ohm=0.0).impedance_ohm == s.impedance_ohm).all()


def test_more_lead_leaves_less_resistance() -> None:
    s = Spectrum(F, SAMPLE)
    found = [correct(s, lead_resistance_ohm=R).impedance_ohm.real for R in (0, 1, 2, 5)]
    assert (np.diff(found, axis=0) < 0).all()


@pytest.mark.parametrize(
    "law", [lambda s: 0.3 + 0 * s, lambda s: 2e-7 * s, lambda s: 1 / (4e-12 * s), lambda s: 1 / (1e-9 * s**0.9)]
)
def test_between_its_points_a_power_law_is_read_exactly(law) -> None:
    coarse = np.logspace(6.2, -0.2, 24)
    blank = Spectrum(coarse, law(2j * np.pi * coarse))
    got = correct(Spectrum(F, law(S) + 1000), short=blank)
    np.testing.assert_allclose(got.impedance_ohm, 1000, rtol=1e-11, atol=1e-10 * np.abs(law(S)).max())
    assert any("interpolated at" in note for note in got.provenance.notes)


def test_a_resistive_and_inductive_short_is_read_between_its_points_to_a_third_of_a_percent() -> None:
    coarse = np.logspace(6, 0, 61) * 10**0.05
    coarse = np.append(coarse, 0.9)
    got = correct(Spectrum(F, SAMPLE + lead()), short=Spectrum(coarse, lead(s=2j * np.pi * coarse)))
    assert (np.abs(got.impedance_ohm - SAMPLE) < 3.5e-3 * np.abs(lead())).all()


def test_frequencies_printed_with_fewer_digits_are_the_same() -> None:
    rounded = np.array([float(f"{f:.6g}") for f in F])
    got = correct(Spectrum(F, SAMPLE + lead()), short=Spectrum(rounded, lead()))
    np.testing.assert_allclose(got.impedance_ohm, SAMPLE, rtol=1e-12)
    assert not any("interpolated" in note for note in got.provenance.notes)


def test_noise_is_propagated_as_repeated_measurements_show() -> None:
    rng = np.random.default_rng(1)
    f = np.array([1e6, 1e4, 1e2])
    s = 2j * np.pi * f
    z, zs, y = np.array([40 - 30j, 300 - 200j, 500 - 900j]), lead(2, 2e-6, s), stray(2e-10, 1e-6, s)
    zm, zo = measured(z, zs, y), zs + 1 / y
    sd_m = 1e-3 * np.abs(zm) * (1 + 2j)
    sd_s, sd_o = 2e-2 * np.abs(zs) * (1 + 1j), 3e-3 * np.abs(zo) * (1 + 1j)

    def draw(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
        return mean + sd.real * rng.normal(size=3) + 1j * sd.imag * rng.normal(size=3)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CorrectionWarning)
        told = correct(
            Spectrum(f, zm, noise_ohm=sd_m),
            short=Spectrum(f, zs, noise_ohm=sd_s),
            open_=Spectrum(f, zo, noise_ohm=sd_o),
        ).noise_ohm
        found = np.array(
            [
                correct(
                    Spectrum(f, draw(zm, sd_m)), short=Spectrum(f, draw(zs, sd_s)), open_=Spectrum(f, draw(zo, sd_o))
                ).impedance_ohm
                for _ in range(1500)
            ]
        )
    assert told is not None
    np.testing.assert_allclose(told.real, found.real.std(axis=0), rtol=0.08)
    np.testing.assert_allclose(told.imag, found.imag.std(axis=0), rtol=0.08)


def test_noise_of_the_sample_alone_is_kept_and_the_blank_said_to_be_exact() -> None:
    s = Spectrum(F, SAMPLE, noise_ohm=0.01 * np.abs(SAMPLE))
    got = correct(s, short=Spectrum(F, lead()))
    assert got.noise_ohm is not None
    np.testing.assert_allclose(got.noise_ohm, s.noise_ohm, rtol=1e-14)
    assert any("taken as zero" in note for note in got.provenance.notes)
    assert correct(Spectrum(F, SAMPLE), short=Spectrum(F, lead(), noise_ohm=np.full(61, 0.1))).noise_ohm is None


def test_what_was_done_is_remembered_and_the_conditions_stay() -> None:
    source = Provenance("cell.mpt", "ab" * 32, "biologic", "1", ("Im Z is printed negative",))
    blank = Spectrum(F, lead(), provenance=Provenance("short.mpt"))
    s = Spectrum(F, SAMPLE, 5e-5, 300.0, cycle=4, provenance=source)
    s = s.where(s.frequency_Hz > 2)
    got = correct(s, short=blank)
    assert got.provenance.notes[0] == "Im Z is printed negative"
    assert any("short.mpt" in note and blank.digest[:12] in note for note in got.provenance.notes)
    assert "the removed points were not corrected" in got.provenance.notes
    assert (got.area_m2, got.temperature_K, got.cycle) == (5e-5, 300.0, 4)
    assert (got.removed_frequency_Hz == s.removed_frequency_Hz).all()
    by_value = correct(s, lead_resistance_ohm=0.5, lead_inductance_H=3e-7)
    assert "took off leads of 0.5 ohm and 3e-07 H" in by_value.provenance.notes


def test_a_correction_larger_than_what_was_measured_is_said() -> None:
    with pytest.warns(CorrectionWarning, match="larger than the measured impedance at 1e\\+06 Hz") as caught:
        got = correct(Spectrum([1e6, 1e3], [1 + 1.9j, 10]), lead_inductance_H=1e-6)
    assert len(caught) == 1
    assert any(note.startswith("warning: the correction is larger") for note in got.provenance.notes)


def test_leads_that_are_not_this_samples_are_said() -> None:
    s = Spectrum(F, 1 + 1 / (1e-3 * S))
    low = s.where(F < 100)
    with pytest.warns(CorrectionWarning, match="other leads"):
        correct(low, short=Spectrum(F, 1.8 + 0 * S))
    # below zero by less than its noise, it is no contradiction
    loud = Spectrum(low.frequency_Hz, low.impedance_ohm, noise_ohm=np.full(len(low), 0.5))
    correct(loud, short=Spectrum(F, 1.8 + 0 * S))


def test_another_temperature_is_said() -> None:
    s, warm = Spectrum(F, SAMPLE, temperature_K=300.0), Spectrum(F, lead(), temperature_K=340.0)
    with pytest.warns(CorrectionWarning, match="40 K"):
        correct(s, short=warm)
    correct(s, short=Spectrum(F, lead(), temperature_K=305.0))


def test_a_fixture_whose_symmetry_matters_is_said() -> None:
    zs, zo = np.array([10.0]), np.array([300.0])
    with pytest.warns(CorrectionWarning, match="3.3 % of the open"):
        correct(Spectrum([1e6], [100.0]), short=Spectrum([1e6], zs), open_=Spectrum([1e6], zo))


@pytest.mark.parametrize(
    ("blank", "message"),
    [
        (Spectrum(F[5:], lead()[5:]), "does not span"),
        (Spectrum(F[:-5], lead()[:-5]), "does not span"),
        (Spectrum([1e3], [1.0]), "does not span"),
        (Spectrum(F[[0, 20, 60]], lead()[[0, 20, 60]]), "too few points"),
        (Spectrum(F, np.where(F > 1e3, lead(), 0)), "impedance of zero"),
    ],
)
def test_a_blank_that_cannot_be_used_is_refused(blank: Spectrum, message: str) -> None:
    with pytest.raises(DataError, match=message):
        correct(Spectrum(F, SAMPLE), short=blank)


def test_swapped_blanks_and_an_empty_fixture_are_refused() -> None:
    s, short, empty = Spectrum(F, SAMPLE), Spectrum(F, lead()), Spectrum(F, lead() + 1 / stray())
    with pytest.raises(DataError, match="swapped"):
        correct(s, short=empty, open_=short)
    with pytest.raises(DataError, match="same as the open"):
        correct(empty, short=short, open_=empty)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "nothing to correct by"),
        ({"lead_resistance_ohm": -1.0}, "out of range"),
        ({"lead_inductance_H": float("nan")}, "out of range"),
        ({"lead_inductance_H": float("inf")}, "out of range"),
        ({"lead_resistance_ohm": 1.0, "short": Spectrum(F, lead())}, "twice"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        correct(Spectrum(F, SAMPLE), **arguments)


def test_one_point_is_enough() -> None:
    assert correct(Spectrum([50.0], [3 + 1j]), short=Spectrum([50.0], [1 + 1j])).impedance_ohm.tolist() == [2]
