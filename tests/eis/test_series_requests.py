import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from series_spectra import FAST, SLOW, TWO, F, W, series

from natron.core import InputError
from natron.data import DataError, Spectrum
from natron.eis import CircuitError, FitError
from natron.eis.series.analysis import fit_series


def test_spectra_of_different_lengths_and_noise_go_together() -> None:
    spectra = [
        one.where((one.frequency_Hz > 10 ** (i / 4)) & (np.arange(60) % (1 + i % 2) == 0))
        for i, one in enumerate(series(noise=0.002, seed=12))
    ]
    rng = np.random.default_rng(1)
    z = spectra[2].impedance_ohm
    worse = z + 0.02 * np.abs(z) * (rng.normal(size=len(z)) + 1j * rng.normal(size=len(z)))
    spectra[2] = Spectrum(spectra[2].frequency_Hz, worse, temperature_K=spectra[2].temperature_K)
    r = fit_series(spectra, TWO)
    assert r.tie is not None
    assert r.tie.accepted
    for name, arc in (("R1", FAST), ("R2", SLOW)):
        law = r.arrhenius[name].activation_energy
        assert law.value == pytest.approx(arc.E, abs=4 * law.uncertainty)


def test_two_temperatures_are_enough_and_a_repeated_one_is_welcome() -> None:
    both = series(noise=0.002, seed=13)
    two = fit_series([both[0], both[7]], TWO)
    assert two.tie is not None
    assert two.arrhenius["R2"].activation_energy.value == pytest.approx(SLOW.E, abs=0.005)
    assert math.isnan(two.separate_arrhenius["R2"].scatter)
    # with two temperatures, any pair of resistances obeys an Arrhenius law
    assert "arrhenius" not in {each.what for each in two.tie.breaks}
    repeated = fit_series([both[0], both[0], both[7]], TWO)
    assert repeated.tie is not None
    assert repeated.arrhenius["R2"].activation_energy.value == pytest.approx(SLOW.E, abs=0.005)


GOOD = series(noise=0.005, seed=14)


@pytest.mark.parametrize(
    ("spectra", "arguments", "message"),
    [
        ([], {}, "at least two spectra"),
        (GOOD[:1], {}, "at least two spectra"),
        (GOOD[0], {}, "at least two spectra"),
        ([1, 2], {}, "each a Spectrum"),
        ([GOOD[0], GOOD[0]], {}, "two different values"),
        ([GOOD[0], Spectrum(F, GOOD[1].impedance_ohm)], {}, "none in spectrum 2 of 2"),
        (GOOD, {"by": "cycle"}, "does not say a cycle|do not say a cycle"),
        (GOOD, {"by": "temprature"}, "temperature"),
        ([GOOD[0], GOOD[1].where(np.arange(60) < 3)], {}, "spectrum 2 of 2 .*cannot be fitted"),
        (GOOD, {"weight": "measured"}, "spectrum 1 of 8.*no noise"),
        (GOOD, {"fmin_Hz": 1e9}, "spectrum 1 of 8.*no point"),
        (GOOD, {"fmin_Hz": [1.0, 2.0]}, "one, or 8"),
        (GOOD, {"fmax_Hz": math.nan}, "no frequency"),
        (GOOD, {"cut": "onset"}, "unknown cut"),
        (GOOD, {"level": 2.0}, "level"),
        (GOOD, {"circuit": "R0-p(R1,"}, "."),
    ],
)
def test_a_wrong_request_says_what_is_wrong(spectra: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_series(spectra, arguments.pop("circuit", TWO), **arguments)


def test_nan_never_enters_a_series() -> None:
    z = GOOD[0].impedance_ohm.copy()
    z[3] = np.nan
    with pytest.raises(DataError, match="not a finite number"):
        Spectrum(F, z, temperature_K=300.0)


HOSTILE = {
    "constant": lambda T, rng: np.full(60, T, dtype=complex),
    "noise alone": lambda T, rng: np.exp(rng.normal(size=60) + 1j * rng.normal(size=60)),
    "inductive": lambda T, rng: 1e-6 * W + 5.0,
    "capacitor": lambda T, rng: 1 / (1e-9 * T * W),
    "one arc": lambda T, rng: 5 + T / (1 + (W * 1e-5) ** 0.9),
    "tiny": lambda T, rng: 1e-12 * (1 + T / (1 + W * 1e-5)),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("by", ["temperature", "cycle"])
def test_hostile_series_end_in_a_status(name: str, by: Any) -> None:
    rng = np.random.default_rng(0)
    spectra = [
        Spectrum(F, HOSTILE[name](T, rng), temperature_K=T, cycle=i) for i, T in enumerate((270.0, 285.0, 300.0))
    ]
    r = fit_series(spectra, TWO, by=by)
    json.dumps(r.as_json(), allow_nan=False)
    assert r.status in ("converged", "not_separable", "at_bound", "arc_outside_window", "not_converged")
    assert r.warnings or r.status == "converged"


def test_strict_raises_where_a_fit_did_not_converge() -> None:
    spectra = [Spectrum(F, np.full(60, T), temperature_K=T) for T in (270.0, 300.0)]
    if fit_series(spectra, TWO).status == "not_converged":
        with pytest.raises(FitError):
            fit_series(spectra, TWO, strict=True)


def test_degrees_celsius_are_suspected() -> None:
    spectra = [Spectrum(F, one.impedance_ohm, temperature_K=t) for one, t in zip(GOOD, range(5, 45, 5), strict=True)]
    assert any("°C" in text for text in fit_series(spectra, TWO, tie=False).warnings)


def test_the_result_goes_into_json_and_between_processes() -> None:
    r = fit_series(GOOD, TWO)
    found = json.loads(json.dumps(r.as_json(), allow_nan=False))
    assert found["by"] == "temperature"
    assert found["tie"]["accepted"] is True
    assert 0.01 <= found["tie"]["p_value"] <= 1
    assert found["tie"]["culprit"] is None
    energy = found["arrhenius"]["R1"]["activation_energy"]
    assert energy["unit"] == "eV"
    assert energy["value"] == pytest.approx(FAST.E, abs=0.01)
    assert found["arrhenius"]["R1"]["tied"] is True
    assert found["arrhenius"]["R0"]["tied"] is False
    assert found["fits"][0]["parameters"]["CPE1_Q"]["unit"] == "ohm^-1.s^n"
    assert found["fits"][2]["temperature"]["unit"] == "K"
    again: Any = pickle.loads(pickle.dumps((r.arrhenius, r.tie, r.tied_fit, r.trends)))
    assert again[0]["R1"].activation_energy == r.arrhenius["R1"].activation_energy
    with pytest.raises(CircuitError):
        r.values("R9")
