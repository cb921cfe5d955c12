import numpy as np
import pytest
from eis_spectra import FREQUENCY_HZ, arcs, noisy, random_arcs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from natron import io
from natron.core import InputError
from natron.data import DataError, Spectrum
from natron.eis import DRTResult, drt
from real_files import real

F = FREQUENCY_HZ
S = 2j * np.pi * F
TWO_ARCS = 10 + 50 / (1 + (S * 1e-5) ** 0.9) + 30 / (1 + (S * 3e-3) ** 0.85)


def zarc_gamma(tau_s: np.ndarray, R: float, tau: float, n: float) -> np.ndarray:
    """γ(ln τ) of R/(1 + (iωτ)^n): Fuoss and Kirkwood 1941, DOI 10.1021/ja01847a013."""
    return R / (2 * np.pi) * np.sin((1 - n) * np.pi) / (np.cosh(n * np.log(tau_s / tau)) - np.cos((1 - n) * np.pi))


def with_noise(z: np.ndarray, size: float, seed: int = 0) -> Spectrum:
    rng = np.random.default_rng(seed)
    return Spectrum(F, z + size * np.abs(z) * (rng.normal(size=len(z)) + 1j * rng.normal(size=len(z))))


def off(found: DRTResult, truth: np.ndarray) -> float:
    """Relative distance of γ from the truth (K,)."""
    return float(np.linalg.norm(found.gamma_ohm - truth) / np.linalg.norm(truth))


def check_consistent(found: DRTResult) -> None:
    """What holds for every result: areas add up, and the parts make up the impedance."""
    s = 2j * np.pi * found.spectrum.frequency_Hz
    step = np.log(found.tau_s[1] / found.tau_s[0])
    assert (found.gamma_ohm >= 0).all()
    assert (found.inductive_ohm >= 0).all()
    assert sum(p.resistance_ohm for p in found.peaks) == pytest.approx(found.polarisation_ohm, rel=1e-12)
    assert found.polarisation_ohm == pytest.approx(found.gamma_ohm.sum() * step, rel=1e-12)
    st_ = np.outer(s, found.tau_s)
    z = found.series_resistance_ohm + s * found.inductance_H
    if found.capacitance_F is not None:
        z = z + 1 / (s * found.capacitance_F)
    z = z + step * ((found.gamma_ohm + found.inductive_ohm * st_) / (1 + st_)).sum(axis=1)
    size = np.abs(found.spectrum.impedance_ohm)
    np.testing.assert_allclose(found.impedance_ohm / size, z / size, atol=1e-9)
    np.testing.assert_allclose(found.residuals, (found.spectrum.impedance_ohm - z) / size, atol=1e-9)
    taus = [p.tau_s for p in found.peaks]
    assert taus == sorted(taus)


@pytest.mark.parametrize("size", [0.0, 1e-3, 5e-3])
@pytest.mark.parametrize("tau", [1e-4, 1.3e-4, 3e-3])
def test_an_rc_is_one_narrow_peak_with_its_resistance(size: float, tau: float) -> None:
    found = drt(with_noise(10 + 50 / (1 + S * tau), size))
    check_consistent(found)
    assert found.status == "resolved"
    (peak,) = found.peaks
    assert peak.resistance_ohm == pytest.approx(50, rel=0.02)
    assert peak.tau_s == pytest.approx(tau, rel=0.05)
    assert peak.frequency_Hz == pytest.approx(1 / (2 * np.pi * peak.tau_s))
    assert peak.capacitance_F == pytest.approx(tau / 50, rel=0.05)
    assert peak.width_decades < 0.25
    assert peak.in_window
    assert found.series_resistance_ohm == pytest.approx(10, rel=0.03)


@pytest.mark.parametrize(("n", "distance"), [(0.7, 0.02), (0.8, 0.02), (0.9, 0.15)])
def test_a_zarc_has_the_distribution_of_its_closed_form(n: float, distance: float) -> None:
    found = drt(Spectrum(F, 10 + 50 / (1 + (S * 1e-3) ** n)), lambda_=1e-6)
    check_consistent(found)
    assert off(found, zarc_gamma(found.tau_s, 50, 1e-3, n)) < distance
    (peak,) = found.peaks
    assert peak.resistance_ohm == pytest.approx(50, rel=0.002)
    assert peak.tau_s == pytest.approx(1e-3, rel=0.01)
    # half height where cosh(n ln τ/τ0) = 2 + cos nπ
    assert peak.width_decades == pytest.approx(2 / n * np.arccosh(2 + np.cos(n * np.pi)) / np.log(10), rel=0.35)


@pytest.mark.parametrize("n", [0.7, 0.8, 0.9])
def test_the_noise_of_the_best_instrument_leaves_a_zarc_one_peak(n: float) -> None:
    found = drt(Spectrum(F, 10 + 50 / (1 + (S * 1e-3) ** n)))
    check_consistent(found)
    assert found.status == "resolved"
    assert off(found, zarc_gamma(found.tau_s, 50, 1e-3, n)) < 0.3
    (peak,) = found.peaks
    assert peak.resistance_ohm == pytest.approx(50, rel=0.01)
    assert peak.tau_s == pytest.approx(1e-3, rel=0.05)


def test_the_more_noise_the_more_is_smoothed_away() -> None:
    found = [drt(with_noise(TWO_ARCS, size)) for size in (1e-3, 3e-3, 1e-2)]
    assert found[0].lambda_ < found[1].lambda_ < found[2].lambda_
    for each, size in zip(found, (1e-3, 3e-3, 1e-2), strict=True):
        assert each.noise == pytest.approx(size, rel=0.25)
        assert 0.95 * each.noise < each.rms <= each.noise * 1.0001


def test_two_noisy_arcs_are_two_peaks_that_sum_to_the_polarisation() -> None:
    rng = np.random.default_rng(1)
    two, polarisation, covered, truths = 0, [], 0, []
    for _ in range(60):
        truth = random_arcs(rng, 2, (20, 100))
        found = drt(noisy(arcs(truth, F, 2), rng))
        check_consistent(found)
        two += len(found.peaks) == 2
        R = truth[[1, 4]].sum()
        polarisation.append(abs(found.polarisation_ohm / R - 1))
        covered += abs(found.polarisation_ohm - R) < 2 * found.polarisation_uncertainty_ohm
        truths.append(
            off(found, sum(zarc_gamma(found.tau_s, R, (R * Q) ** (1 / n), n) for R, Q, n in truth[1:].reshape(-1, 3)))
        )
    assert two >= 54
    assert np.median(polarisation) < 0.02
    assert np.median(truths) < 0.4
    assert covered >= 57


def test_three_arcs() -> None:
    found = drt(with_noise(TWO_ARCS + 40 / (1 + (S * 0.05) ** 0.95), 3e-3, seed=3))
    check_consistent(found)
    assert len(found.peaks) == 3
    for peak, R, tau in zip(found.peaks, (50, 30, 40), (1e-5, 3e-3, 0.05), strict=True):
        assert peak.resistance_ohm == pytest.approx(R, rel=0.15)
        assert peak.tau_s == pytest.approx(tau, rel=0.25)


def test_an_inductive_loop_stands_beside_gamma() -> None:
    z = TWO_ARCS - 10 / (1 + S * 0.05)
    for size in (0.0, 2e-3):
        found = drt(with_noise(z, size))
        check_consistent(found)
        step = np.log(found.tau_s[1] / found.tau_s[0])
        assert found.polarisation_ohm == pytest.approx(80, rel=0.05)
        loop = found.inductive_ohm * step
        assert loop.sum() == pytest.approx(10, rel=0.1)
        assert np.exp(loop @ np.log(found.tau_s) / loop.sum()) == pytest.approx(0.05, rel=0.2)
        assert any("inductive loops" in warning for warning in found.warnings)
    plain = drt(Spectrum(F, z), inductance="series")
    assert plain.status == "not_followed"
    assert not plain.inductive_ohm.any()


def test_a_lead_inductance_is_found_and_needs_no_loop() -> None:
    found = drt(with_noise(TWO_ARCS + 2e-6 * S, 1e-3))
    assert found.inductance_H == pytest.approx(2e-6, rel=0.02)
    assert not found.inductive_ohm.any()
    assert found.polarisation_ohm == pytest.approx(80, rel=0.03)
    assert drt(Spectrum(F, TWO_ARCS), inductance="none").inductance_H == 0


def test_a_blocking_electrode_is_a_capacitance() -> None:
    found = drt(with_noise(10 + 50 / (1 + (S * 1e-5) ** 0.9) + 1 / (S * 1e-4), 2e-3))
    check_consistent(found)
    assert found.status == "open"
    assert found.capacitance_F == pytest.approx(1e-4, rel=0.01)
    assert found.polarisation_ohm == pytest.approx(50, rel=0.05)
    assert "series capacitance" in found.warnings[0]
    without = drt(Spectrum(F, TWO_ARCS))
    assert without.capacitance_F is None


@pytest.mark.parametrize(("tau", "word"), [(2e-8, "above"), (1.5, "below")])
def test_what_lies_outside_the_window_is_said(tau: float, word: str) -> None:
    found = drt(with_noise(TWO_ARCS + 200 / (1 + S * tau), 1e-3))
    assert found.status == "under_resolved"
    assert any(f"lies {word}" in warning for warning in found.warnings)
    assert any(not peak.in_window for peak in found.peaks)


def test_diffusion_that_goes_on_is_under_resolved() -> None:
    found = drt(with_noise(10 + 50 / (1 + (S * 1e-5) ** 0.9) + 100 * S**-0.5, 2e-3))
    check_consistent(found)
    assert found.status == "under_resolved"
    assert found.capacitance_F is not None
    assert found.peaks[0].resistance_ohm == pytest.approx(50, rel=0.1)


def test_a_spectrum_that_fails_kramers_kronig_is_not_followed_into_its_faults() -> None:
    found = drt(Spectrum(F, TWO_ARCS * np.linspace(1, 1.2, 60)))
    assert found.status == "not_kramers_kronig"
    assert "Kramers–Kronig" in found.warnings[-1]


def test_a_resistor_has_no_polarisation() -> None:
    found = drt(with_noise(10 + 0 * S, 2e-3))
    assert found.polarisation_ohm < 0.1
    assert found.series_resistance_ohm == pytest.approx(10, rel=0.01)
    assert "resistor" in found.warnings[0]


@pytest.mark.parametrize("strength", [1e-5, 1e-3, 0.1, 10.0])
@pytest.mark.parametrize("z", [TWO_ARCS, TWO_ARCS + 1e-6 * S, 10 + 50 / (1 + S * 1e-4)])
def test_the_minimum_is_that_of_lawson_and_hanson(strength: float, z: np.ndarray) -> None:
    found = drt(with_noise(z, 2e-3), lambda_=strength, inductance="series", capacitance="none")
    assert found.criterion == "given"
    assert found.lambda_ == pytest.approx(strength)
    measured = found.spectrum.impedance_ohm
    scale, size, step = np.abs(measured).max(), np.abs(measured), np.log(found.tau_s[1] / found.tau_s[0])
    columns = np.column_stack([step / (1 + np.outer(S, found.tau_s)), np.ones(60), S / (2 * np.pi * F[0])])
    design = columns * (scale / size)[:, None]
    penalty = np.sqrt(strength * step) * np.eye(len(found.tau_s), columns.shape[1])
    rows = np.vstack([design.real, design.imag, penalty])
    right = np.concatenate([measured.real / size, measured.imag / size, np.zeros(len(found.tau_s))])
    best, _ = nnls(rows, right, maxiter=10_000)

    def total(gamma: np.ndarray, R: float, L: float) -> float:
        x = np.concatenate([gamma, [R, L * 2 * np.pi * F[0]]]) / scale
        return float(((rows @ x - right) ** 2).sum())

    least = float(((rows @ best - right) ** 2).sum())
    assert total(found.gamma_ohm, found.series_resistance_ohm, found.inductance_H) <= least * (1 + 1e-6)


def test_cross_validation_takes_weaker_penalties() -> None:
    spectrum = with_noise(TWO_ARCS, 5e-3, seed=2)
    found = drt(spectrum, lambda_="gcv")
    check_consistent(found)
    assert found.criterion == "gcv"
    assert found.lambda_ <= drt(spectrum).lambda_
    assert found.polarisation_ohm == pytest.approx(80, rel=0.05)


def test_a_finer_grid_changes_nothing_but_the_grid() -> None:
    spectrum = with_noise(TWO_ARCS, 3e-3)
    coarse, fine = drt(spectrum), drt(spectrum, points_per_decade=20)
    assert len(fine.tau_s) == 2 * len(coarse.tau_s) - 1
    assert fine.polarisation_ohm == pytest.approx(coarse.polarisation_ohm, rel=0.005)
    np.testing.assert_allclose(fine.gamma_ohm[::2], coarse.gamma_ohm, atol=0.03 * coarse.gamma_ohm.max())


def test_arguments_out_of_range_are_refused() -> None:
    spectrum = Spectrum(F, TWO_ARCS)
    for wrong in (
        {"lambda_": "gvc"},
        {"lambda_": 0.0},
        {"lambda_": 1e3},
        {"points_per_decade": 2},
        {"inductance": "yes"},
        {"capacitance": "yes"},
    ):
        with pytest.raises(InputError):
            drt(spectrum, **wrong)
    with pytest.raises(InputError, match="gcv"):
        drt(spectrum, lambda_="gvc")
    with pytest.raises(DataError):
        drt(Spectrum([3, 2, 1], [1, 2, 3]))


@given(st.integers(4, 30), st.floats(-6, 6), st.floats(0.01, 9), st.floats(-9, 9), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_any_numbers_give_a_consistent_answer(
    points: int, start: float, decades: float, size: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    z = 10.0**size * (rng.normal(size=points) + 1j * rng.normal(size=points)) * 10 ** rng.uniform(-2, 2, points)
    found = drt(Spectrum(np.logspace(start, start + decades, points), z))
    check_consistent(found)
    assert np.isfinite(found.gamma_uncertainty_ohm).all()
    assert np.isfinite([found.rms, found.polarisation_uncertainty_ohm]).all()


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6), st.floats(1e-3, 1e3))
@settings(deadline=None, max_examples=20)
def test_units_make_no_difference(seed: int, ohm: float, hertz: float) -> None:
    rng = np.random.default_rng(seed)
    z = noisy(arcs(random_arcs(rng, 2, (10, 100)), F, 2), rng).impedance_ohm
    one, other = drt(Spectrum(F, z), lambda_=0.05), drt(Spectrum(F * hertz, z * ohm), lambda_=0.05)
    assert other.polarisation_ohm == pytest.approx(one.polarisation_ohm * ohm, rel=1e-5)
    np.testing.assert_allclose(other.gamma_ohm / ohm, one.gamma_ohm, atol=1e-4 * one.gamma_ohm.max())


def test_a_measured_zarc() -> None:
    file = real("eis-vendors/EIS_data_text_files_zarc_data.txt")
    found = drt(io.read_spectra(file)[0])
    check_consistent(found)
    assert found.status == "resolved"
    # 10 Ω and a ZARC of 50 Ω, 0.01 s, n = 0.7
    assert found.series_resistance_ohm == pytest.approx(10, rel=0.02)
    assert found.polarisation_ohm == pytest.approx(50, rel=0.02)
    assert off(found, zarc_gamma(found.tau_s, 50, 0.01, 0.7)) < 0.3


@pytest.mark.parametrize(
    "name",
    [
        "eis-vendors/EIS_data_text_files_LIB_data.txt",
        "solid-electrolyte/tutorials_data_PEIS_LPSCl_IonBlocking_-25C.txt",
        "eis-vendors/data_exampleDataGamry.DTA",
    ],
)
def test_measured_spectra_give_consistent_answers(name: str) -> None:
    file = real(name)
    check_consistent(drt(io.read_spectra(file)[0]))
