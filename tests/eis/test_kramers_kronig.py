import numpy as np
import pytest
from eis_spectra import FREQUENCY_HZ, arcs, random_arcs
from hypothesis import given, settings
from hypothesis import strategies as st

from natron import io
from natron.core import InputError
from natron.data import DataError, Spectrum
from natron.eis import kramers_kronig, parse_circuit
from real_files import real

F = FREQUENCY_HZ
S = 2j * np.pi * F
TWO_ARCS = 10 + 50 / (1 + (S * 1e-5) ** 0.9) + 30 / (1 + (S * 3e-3) ** 0.85)


def noise(rng: np.random.Generator, z: np.ndarray, size: float) -> np.ndarray:
    return z + size * np.abs(z) * (rng.normal(size=len(z)) + 1j * rng.normal(size=len(z)))


def any_cell(rng: np.random.Generator, frequency_Hz: np.ndarray) -> np.ndarray:
    """Up to three arcs, in the window or out of it, with an inductance, a diffusion, a loop or none of these."""
    s = 2j * np.pi * frequency_Hz
    z = np.full(len(s), rng.uniform(1, 50), dtype=complex)
    for _ in range(rng.integers(1, 4)):
        z += 10 ** rng.uniform(0, 3) / (1 + (s * 10 ** rng.uniform(-8, 2)) ** rng.uniform(0.6, 1))
    x = np.sqrt(s * 10 ** rng.uniform(-2, 1))
    extras = [
        0 * s,
        10 ** rng.uniform(-7, -5) * s,
        1 / (s * 10 ** rng.uniform(-6, -2)) ** rng.uniform(0.5, 1),
        100 * np.tanh(x) / x,
        100 / (np.tanh(x) * x),
        50 / np.sqrt(1 + s * 10 ** rng.uniform(-3, 1)),
        -0.3 * z.real[-1] / (1 + s * 10 ** rng.uniform(-2, 0)),
    ]
    return z + extras[rng.integers(len(extras))]


def drifting(rng: np.random.Generator, growth: float, by: str) -> np.ndarray:
    """Two arcs whose resistances grow by `growth` over the sweep, evenly by point or by time."""
    truth = random_arcs(rng, 2, (10, 100))
    clock = np.cumsum(3 / F + 0.5) if by == "time" else np.arange(len(F)) * 1.0
    clock = (clock - clock[0]) / (clock[-1] - clock[0])
    z = np.empty(len(F), dtype=complex)
    for k, share in enumerate(clock):
        now = truth.copy()
        now[[1, 4]] *= 1 + growth * share
        z[k] = arcs(now, F[k : k + 1], 2)[0]
    return z


@pytest.mark.parametrize(
    ("circuit", "values"),
    [
        ("R0", [5.0]),
        ("p(R1,C1)", [100, 1e-6]),
        ("R0-p(R1,CPE1)", [10, 50, 1e-6, 0.9]),
        ("L0-R0-p(R1,CPE1)-W1", [1e-6, 10, 50, 1e-6, 0.9, 20]),
        ("R0-p(R1-W1,CPE1)", [10, 50, 30, 1e-6, 0.9]),
        ("R0-p(R1,CPE1)-Wo1", [10, 50, 1e-6, 0.9, 20, 0.1]),
        ("R0-p(R1,CPE1)-Ws1", [10, 50, 1e-6, 0.9, 20, 0.1]),
        ("R0-G1", [10, 50, 1e-3]),
        ("R0-CPE1", [5, 1e-4, 0.9]),
        ("p(R1,L1)", [100, 1e-5]),
        ("R0-p(R1,C1)-L1", [0.01, 1e-3, 1.0, 1e-7]),
        ("p(R0-p(R1,CPE1),C0)", [1e9, 1e10, 1e-12, 0.9, 1e-12]),
    ],
)
def test_exact_spectra_of_circuits_pass(circuit: str, values: list[float]) -> None:
    result = kramers_kronig(Spectrum(F, parse_circuit(circuit).impedance(values, F)))
    assert result.passed, result
    assert result.status == "passed"
    assert np.abs(result.residuals).max() < 0.01
    assert not result.failing.any()
    assert result.warnings == ()


@pytest.mark.parametrize(
    "frequency_Hz", [F, np.logspace(7, -2, 91), np.logspace(6, -1, 36), np.logspace(5, 2, 16)], ids=len
)
@pytest.mark.parametrize("size", [3e-4, 5e-3])
def test_sound_spectra_with_noise_pass(frequency_Hz: np.ndarray, size: float) -> None:
    rng = np.random.default_rng(3)
    spectra = [Spectrum(frequency_Hz, noise(rng, any_cell(rng, frequency_Hz), size)) for _ in range(200)]
    assert sum(kramers_kronig(spectrum).passed for spectrum in spectra) >= 198


def test_the_chances_are_what_they_say() -> None:
    rng = np.random.default_rng(4)
    results = [kramers_kronig(Spectrum(F, noise(rng, any_cell(rng, F), 4e-3))) for _ in range(400)]
    for chance in ([r.structure_p for r in results], [r.drift_p for r in results]):
        assert 0.02 < np.mean(np.array(chance) < 0.05) < 0.08
    assert np.median([r.noise for r in results]) == pytest.approx(4e-3, rel=0.03)
    assert np.median([r.rms for r in results]) == pytest.approx(4e-3, rel=0.03)


@pytest.mark.parametrize(
    ("growth", "by", "size", "least"),
    [
        (0.05, "point", 5e-4, 0.9),
        (0.05, "time", 5e-4, 0.85),
        (0.10, "point", 1e-3, 0.97),
        (0.10, "time", 1e-3, 0.95),
        (0.20, "point", 5e-3, 0.9),
        (0.20, "time", 5e-3, 0.85),
    ],
)
def test_what_changes_during_the_sweep_fails(growth: float, by: str, size: float, least: float) -> None:
    rng = np.random.default_rng(5)
    results = [kramers_kronig(Spectrum(F, noise(rng, drifting(rng, growth, by), size))) for _ in range(100)]
    assert np.mean([not r.passed for r in results]) >= least
    found = [r for r in results if not r.passed]
    assert np.mean([r.status in ("drift", "low_frequency_drift") for r in found]) >= 0.9
    assert all(r.warnings for r in found)


def test_drift_shows_though_every_residual_is_small() -> None:
    result = kramers_kronig(Spectrum(F, TWO_ARCS * np.linspace(1, 1.05, 60)))
    assert result.status in ("drift", "low_frequency_drift")
    assert max(np.abs(result.residuals.real).max(), np.abs(result.residuals.imag).max()) < 0.008
    assert not result.failing.any()
    assert result.structure_p < 1e-6
    assert result.autocorrelation > 0.5
    assert result.systematic > result.noise


def test_drift_at_low_frequency_is_named_with_its_frequency() -> None:
    z = TWO_ARCS.copy()
    z[42:] *= 1 + 0.15 * np.sin(np.linspace(0, np.pi, 18))
    result = kramers_kronig(Spectrum(F, noise(np.random.default_rng(1), z, 1e-3)))
    assert result.status == "low_frequency_drift"
    assert result.suspect_below_Hz == pytest.approx(F[42], rel=1.0)
    assert result.suspect_above_Hz is None
    assert f"{result.suspect_below_Hz:.4g} Hz" in result.warnings[0]
    kept = Spectrum(F, z).where(result.suspect_below_Hz <= F)
    assert kramers_kronig(kept).passed


def test_what_is_wrong_at_high_frequency_is_named() -> None:
    z = TWO_ARCS.copy()
    z[:8] *= 1 + 0.2 * np.sin(np.arange(8))
    result = kramers_kronig(Spectrum(F, z))
    assert result.status == "high_frequency_artefact"
    assert result.suspect_above_Hz is not None
    assert kramers_kronig(Spectrum(F, z).where(result.suspect_above_Hz >= F)).passed


def test_a_real_part_that_nothing_causes_fails() -> None:
    result = kramers_kronig(Spectrum(F, TWO_ARCS + np.linspace(0, 5, 60)))
    assert not result.passed


def test_reversed_imaginary_part_is_recognised() -> None:
    rng = np.random.default_rng(6)
    for _ in range(30):
        z = noise(rng, arcs(random_arcs(rng, 2, (10, 100)), F, 2), 3e-3)
        result = kramers_kronig(Spectrum(F, z.conj()))
        assert result.status == "sign_reversed"
        assert "Im Z" in result.warnings[0]
    # a capacitor alone, written so, is a capacitor below zero: only its shape tells
    blocked = kramers_kronig(Spectrum(F, 10 - 1 / (S * 1e-4)))
    assert any("sign" in warning for warning in blocked.warnings)


@pytest.mark.parametrize("places", [[7], [0], [59], [10, 30, 45]])
def test_points_that_stand_out_are_named(places: list[int]) -> None:
    z = noise(np.random.default_rng(7), TWO_ARCS, 1e-3)
    z[places] *= 1.08
    result = kramers_kronig(Spectrum(F, z))
    assert result.status == "outliers"
    assert result.failing.any()
    assert all(f"{F[at]:.4g}" in result.warnings[0] for at in places)


def test_noise_beyond_the_limit_fails_as_noise_and_passes_with_a_wider_limit() -> None:
    spectrum = Spectrum(F, noise(np.random.default_rng(8), TWO_ARCS, 0.03))
    assert kramers_kronig(spectrum).status == "noisy"
    assert kramers_kronig(spectrum, limit=0.05).passed


def test_the_number_of_elements_follows_mu() -> None:
    rng = np.random.default_rng(9)
    for size in (1e-4, 1e-3, 5e-3):
        result = kramers_kronig(Spectrum(F, noise(rng, TWO_ARCS, size)))
        # three to five per decade of window and half a decade at either end
        assert 21 <= result.elements <= 35
        assert result.mu <= result.mu_limit or result.elements == 35
        assert len(result.time_constants_s) == len(result.resistances_ohm) == result.elements
        R = result.resistances_ohm
        assert result.mu == pytest.approx(1 - R[R < 0].sum() / -R[R >= 0].sum())
    few = kramers_kronig(Spectrum(F, TWO_ARCS), elements=7)
    assert few.elements == 7
    assert few.status == "too_few_elements"
    assert kramers_kronig(Spectrum(F, TWO_ARCS), max_elements=25).elements <= 25
    assert kramers_kronig(Spectrum(F, TWO_ARCS), mu_limit=-10.0).elements == 35


def test_the_elements_make_up_the_impedance() -> None:
    z = 1e-6 * S + TWO_ARCS + 1 / (S * 0.01)
    r = kramers_kronig(Spectrum(F, noise(np.random.default_rng(0), z, 1e-3)))
    assert r.inductance_H is not None
    assert r.capacitance_F is not None
    model = r.series_resistance_ohm + S * r.inductance_H + 1 / (S * r.capacitance_F)
    model = model + (r.resistances_ohm / (1 + np.outer(S, r.time_constants_s))).sum(axis=1)
    np.testing.assert_allclose(r.impedance_ohm, model, rtol=1e-9)
    np.testing.assert_allclose(
        r.residuals, (r.spectrum.impedance_ohm - model) / np.abs(r.spectrum.impedance_ohm), atol=1e-9
    )
    assert r.chi2 == pytest.approx((np.abs(r.residuals) ** 2).sum())
    without = kramers_kronig(Spectrum(F, TWO_ARCS), inductance=False, capacitance=False)
    assert without.inductance_H is None
    assert without.capacitance_F is None
    assert without.passed


def test_inductance_and_blocking_capacitance_are_found() -> None:
    result = kramers_kronig(Spectrum(F, 1e-5 * S + 10 + 1 / (S * 1e-3)))
    assert result.inductance_H == pytest.approx(1e-5, rel=1e-3)
    assert result.capacitance_F == pytest.approx(1e-3, rel=1e-3)


def test_arguments_out_of_range_are_refused() -> None:
    spectrum = Spectrum(F, TWO_ARCS)
    for wrong in (
        {"limit": 0.0},
        {"limit": 1.5},
        {"max_elements": 0},
        {"mu_limit": 1.0},
        {"elements": 0},
        {"elements": 88},
    ):
        with pytest.raises(InputError):
            kramers_kronig(spectrum, **wrong)
    with pytest.raises(DataError, match="4 to 10000 points"):
        kramers_kronig(Spectrum([3, 2, 1], [1, 2, 3]))
    with pytest.raises(DataError, match="1e15 Hz"):
        kramers_kronig(Spectrum([1e16, 3, 2, 1], [1, 2, 3, 4]))
    with pytest.raises(DataError, match="zero"):
        kramers_kronig(Spectrum([4, 3, 2, 1], [1, 2, 0, 3]))


def test_few_points_are_tested_and_said_to_be_few() -> None:
    f = np.logspace(4, 2, 6)
    result = kramers_kronig(Spectrum(f, 10 + 5 / (1 + 2j * np.pi * f * 1e-4)))
    assert result.passed
    assert "6 points are few" in result.warnings[0]


@given(
    st.integers(4, 40),
    st.floats(-12, 3),
    st.floats(0.001, 12),
    st.floats(-12, 12),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=150)
def test_any_numbers_give_a_finite_answer(points: int, start: float, decades: float, size: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    z = 10.0**size * (rng.normal(size=points) + 1j * rng.normal(size=points)) * 10 ** rng.uniform(-3, 3, points)
    result = kramers_kronig(Spectrum(np.logspace(start, start + decades, points), z))
    assert np.isfinite(result.residuals).all()
    assert np.isfinite([result.chi2, result.rms, result.noise, result.systematic]).all()
    assert 0 <= result.structure_p <= 1
    assert 0 <= result.drift_p <= 1
    assert result.passed == (result.status == "passed")


@given(st.integers(0, 2**32 - 1), st.floats(1e-9, 1e9), st.floats(1e-5, 1e5))
@settings(deadline=None, max_examples=40)
def test_units_make_no_difference(seed: int, ohm: float, hertz: float) -> None:
    rng = np.random.default_rng(seed)
    z = noise(rng, any_cell(rng, F), 2e-3)
    one, other = kramers_kronig(Spectrum(F, z)), kramers_kronig(Spectrum(F * hertz, z * ohm))
    assert one.status == other.status
    assert one.rms == pytest.approx(other.rms, rel=1e-4)
    assert one.structure_p == pytest.approx(other.structure_p, rel=1e-2, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        ("eis-vendors/EIS_data_text_files_zarc_data.txt", True),
        ("eis-vendors/EIS_data_text_files_LIB_data.txt", True),
        ("solid-electrolyte/tutorials_data_PEIS_SSB.mpr", True),
        ("solid-electrolyte/tutorials_data_PEIS_LPSCl_IonBlocking_-25C.txt", True),
        ("solid-electrolyte/EIS_Data_Example-2_Example2a.txt", True),
        # its low-frequency half wanders by 3 %
        ("eis-vendors/data_exampleDataGamry.DTA", False),
    ],
)
def test_measured_spectra(name: str, passes: bool) -> None:
    file = real(name)
    if name.endswith(".mpr"):
        pytest.importorskip("galvani")
    result = kramers_kronig(io.read_spectra(file)[0])
    assert result.passed == passes, result.warnings


def test_the_noise_of_a_measured_zarc_is_what_its_maker_added() -> None:
    file = real("eis-vendors/EIS_data_text_files_zarc_data.txt")
    assert kramers_kronig(io.read_spectra(file)[0]).rms == pytest.approx(0.005, rel=0.1)
