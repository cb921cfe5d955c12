import math

import numpy as np
import pytest
from series_spectra import EV, F, W

from natron.data import Spectrum
from natron.eis.series.analysis import SeriesResult, fit_series
from real_files import real


def test_a_published_fit_report_comes_out_to_its_printed_digits() -> None:
    """An oxide ceramic (LAGP) between blocking electrodes, from the raw file with modulus weights.

    The report has 80 degrees of freedom: 44 of the file's 50 points, the lowest six left out.
    """
    report, raw = (
        real("solid-electrolyte/Example_scripts_Example2_EIS_fit_report.txt"),
        real("solid-electrolyte/EIS_Data_Example-2_Example2b.txt"),
    )
    from natron.io import read_spectra

    (spectrum,) = read_spectra(raw)
    colder = Spectrum(spectrum.frequency_Hz, spectrum.impedance_ohm, temperature_K=290.0)
    warmer = Spectrum(spectrum.frequency_Hz, spectrum.impedance_ohm, temperature_K=300.0)
    r = fit_series([colder, warmer], "p(R1,CPE1)-p(R2,CPE2)-CPE3", fmin_Hz=5.0, tie=False)
    found = r.fits[0]
    assert found.degrees_of_freedom == 80
    assert f"{found.chi2:.6e}" == "4.311136e-03"
    names = {"R1": "R1", "Q1": "CPE1_Q", "n1": "CPE1_n", "R2": "R2", "Q2": "CPE2_Q", "n2": "CPE2_n"}
    names |= {"Q3": "CPE3_Q", "n3": "CPE3_n"}
    rows = [words for line in report.read_text(encoding="utf-8").splitlines() if len(words := line.split()) == 5]
    printed = {words[0]: words[2:4] for words in rows if words[1] == "="}
    assert printed.keys() == names.keys()
    for name, (value, error) in printed.items():
        p = found.parameters[names[name]]
        assert f"{p.value:.3e}" == value
        assert f"{p.uncertainty:.3e}" == error


def test_an_oxide_ceramic_like_the_published_one_keeps_its_energies_and_fails_its_tie() -> None:
    """The published parameters as the middle of a series with a blocking tail, its grain exponent drifting."""
    circuit = "p(R1,CPE1)-p(R2,CPE2)-CPE3"
    T, spectra = np.array([283.15, 293.15, 303.15, 313.15, 323.15]), []
    for i, at in enumerate(T):
        x = 1 / (EV * at) - 1 / (EV * 298.15)
        R1, R2 = (R * at / 298.15 * math.exp(E * x) for R, E in ((4.471e4, 0.36), (4.712e4, 0.40)))
        n1 = 0.85 + 0.02 * x / 4
        C1, C2 = (4.471e4 * 1.727e-10) ** (1 / 0.8501) / 4.471e4, (4.712e4 * 1.244e-8) ** (1 / 0.8189) / 4.712e4
        z = R1 / (1 + (W * R1 * C1) ** n1) + R2 / (1 + (W * R2 * C2) ** 0.8189) + 1 / (4.405e-7 * W**0.8824)
        rng = np.random.default_rng(i)
        z = z * (1 + 0.002 * (rng.normal(size=60) + 1j * rng.normal(size=60)))
        spectra.append(Spectrum(F, z, temperature_K=float(at)))
    r = fit_series(spectra, circuit)
    assert r.arrhenius["R1"].activation_energy.value == pytest.approx(0.36, abs=0.0163)
    assert r.arrhenius["R2"].activation_energy.value == pytest.approx(0.40, abs=0.005)
    assert r.tie is not None
    assert not r.tie.accepted
    assert (r.tie.culprit, r.tie.what) == ("R1", "exponent")
    assert isinstance(r, SeriesResult)
