import numpy as np
import pytest
from series_spectra import EV, SLOW, TWO, Arc, F, W, series, temperatures

from natron.data import Spectrum
from natron.eis import parse_circuit
from natron.eis.series.analysis import fit_series
from natron.eis.series.onset import above_onset


def with_feature(spectra: list[Spectrum]) -> tuple[list[Spectrum], np.ndarray]:
    """With a slow process that is thermally activated too, and where it reaches 1 % of |Z|, by spectrum."""
    result, onset = [], []
    T = np.array([s.temperature_K for s in spectra], dtype=float)
    for s, at in zip(spectra, 0.5 * np.exp(0.35 * (1 / (EV * T[0]) - 1 / (EV * T))), strict=True):
        slow = 0.6 * s.impedance_ohm[-1].real / (1 + (W / (2 * np.pi * at)) ** 0.9)
        onset.append(F[np.abs(slow) > 0.01 * np.abs(s.impedance_ohm)].max())
        result.append(Spectrum(F, s.impedance_ohm + slow, temperature_K=s.temperature_K))
    return result, np.array(onset)


def test_the_onset_of_a_low_frequency_feature_moves_with_temperature() -> None:
    arcs = Arc(20.0, 0.30, 1e-7, 0.9), Arc(40.0, 0.35, 1e-6, 0.86)
    spectra, onset = with_feature(series(arcs, temperatures(4), noise=0.003, seed=10))
    r = fit_series(spectra, TWO, cut="auto")
    found = np.array([at if at is not None else np.nan for at in r.cut_Hz])
    assert (np.abs(np.log10(found / onset)) < 0.5).all()
    assert (np.diff(found) > 0).all()
    for one in r.spectra:
        assert len(one) + len(one.removed_frequency_Hz) == 60
        assert one.removed_frequency_Hz.max() < one.frequency_Hz.min()
    whole = fit_series(spectra, TWO)
    assert whole.cut_Hz == (None,) * 4
    off = [
        abs(each.separate_arrhenius[name].activation_energy.value - arc.E)
        for each in (r, whole)
        for name, arc in (("R1", arcs[0]), ("R2", arcs[1]))
    ]
    assert max(off[:2]) < 0.01 < max(off[2:])


def test_nothing_is_cut_where_the_circuit_describes_everything() -> None:
    circuit = parse_circuit(TWO)
    cut = [len(above_onset(one, circuit)) < 60 for seed in range(3) for one in series(noise=0.005, seed=seed)]
    assert sum(cut) <= 1
    exact = series()[0]
    assert above_onset(exact, circuit) is exact


def test_given_limits_are_kept_and_recorded() -> None:
    spectra = series(noise=0.002, seed=11)
    r = fit_series(spectra, TWO, fmin_Hz=[None, *[10.0] * 7], fmax_Hz=5e5)
    assert len(r.spectra[0].removed_frequency_Hz) == (F > 5e5).sum()
    assert r.cut_Hz[0] is None
    assert all(at is not None and at >= 10 for at in r.cut_Hz[1:])
    assert r.fits[1].spectrum is r.spectra[1]
    assert r.arrhenius["R2"].activation_energy.value == pytest.approx(SLOW.E, abs=0.005)
