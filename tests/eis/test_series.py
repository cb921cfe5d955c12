import json
import math
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from natron.core import InputError
from natron.data import DataError, Spectrum
from natron.eis import CircuitError, FitError, fit, parse_circuit
from natron.eis.series.analysis import SeriesResult, fit_series
from natron.eis.series.arrhenius import weighted_line
from natron.eis.series.onset import above_onset
from natron.eis.series.trends import trend
from real_files import real

TWO = "R0-p(R1,CPE1)-p(R2,CPE2)"
F = np.logspace(6, 0, 60)
W = 2j * np.pi * F
EV = 8.617333262e-5


@dataclass(frozen=True)
class Arc:
    """R at 20 °C, E_A of ln(σT), C and n, and what drifts over the range from the hottest to the coldest."""

    R: float
    E: float
    C: float
    n: float
    dn: float = 0.0
    dlnC: float = 0.0
    dE: float = 0.0


FAST, SLOW = Arc(20.0, 0.30, 5e-7, 0.9), Arc(40.0, 0.42, 3e-6, 0.86)


def temperatures(count: int = 8, low: float = 263.15, high: float = 313.15) -> np.ndarray:
    return np.linspace(low, high, count)


def series(
    arcs: tuple[Arc, ...] = (FAST, SLOW),
    T: np.ndarray | None = None,
    noise: float = 0.0,
    seed: int = 0,
    leads: float = 3.0,
    **conditions: Any,
) -> list[Spectrum]:
    rng = np.random.default_rng(seed)
    T = temperatures() if T is None else T
    x = 1 / (EV * T)
    u, reach = x - 1 / (EV * 293.15), float(np.ptp(x))
    s = (x - (x.max() + x.min()) / 2) / reach
    spectra = []
    for i, at in enumerate(T):
        z = np.full(len(F), leads, dtype=complex)
        for arc in arcs:
            R = arc.R * at / 293.15 * math.exp(arc.E * u[i] + 0.5 * arc.dE * reach * s[i] ** 2)
            z += R / (1 + (W * R * arc.C * math.exp(arc.dlnC * s[i])) ** (arc.n + arc.dn * s[i]))
        z = z + noise * np.abs(z) * (rng.normal(size=len(F)) + 1j * rng.normal(size=len(F)))
        spectra.append(Spectrum(F, z, temperature_K=float(at), **conditions))
    return spectra


def drawn(
    rng: np.random.Generator, what: str = "", size: float = 0.0
) -> tuple[list[Spectrum], tuple[float, float], str]:
    """A series with τ ratio 6–16 at 20 °C, its energies, and the arc in which `what` drifts by `size`."""
    tau = 10 ** rng.uniform(-5.3, -4.7)
    times = tau, tau * rng.uniform(6, 16)
    broken, sign = int(rng.integers(2)), float(rng.choice([-1, 1]))
    arcs = []
    for k, energies in enumerate(((0.25, 0.35), (0.35, 0.5))):
        R = rng.uniform(10, 60)
        drift = {what: sign * size} if what and k == broken else {}
        arcs.append(Arc(R, rng.uniform(*energies), times[k] / R, rng.uniform(0.82, 0.93), **drift))
    spectra = series(tuple(arcs), noise=0.005, seed=int(rng.integers(2**31)))
    return spectra, (arcs[0].E, arcs[1].E), f"R{broken + 1}"


def test_exact_data_give_back_what_they_were_made_from() -> None:
    r = fit_series(series(area_m2=1e-4, thickness_m=1e-3), TWO)
    assert r.status == "converged"
    assert r.tie is not None
    assert r.tie.accepted
    for name, arc in (("R1", FAST), ("R2", SLOW)):
        for law in (r.arrhenius[name], r.separate_arrhenius[name]):
            assert law.activation_energy.value == pytest.approx(arc.E, abs=1e-6)
            assert law.resistance(293.15).value == pytest.approx(arc.R, rel=1e-5)
            kappa = arc.R / 293.15 * math.exp(-arc.E / (EV * 293.15))
            assert law.prefactor.value == pytest.approx(kappa, rel=1e-4)
            # d ln T/d(1/kT) is −kT
            assert law.activation_energy_ln_sigma.value == pytest.approx(arc.E - EV * 287.0, abs=5e-4)
            R25 = law.resistance(298.15).value
            assert law.conductivity_25C is not None
            assert law.conductivity_25C.value == pytest.approx(1e-3 / (R25 * 1e-4))
        assert r.arrhenius[name].tied
        assert not r.separate_arrhenius[name].tied
    assert r.tied_fit is not None
    assert r.tied_fit.exponents["CPE2_n"].value == pytest.approx(SLOW.n, abs=1e-6)
    assert r.tied_fit.capacitances["CPE1_C"].value == pytest.approx(FAST.C, rel=1e-5)
    assert r.tied_fit.values[3] == pytest.approx(r.fits[3].values, rel=1e-4)
    assert r.arrhenius["R0"].activation_energy_ln_sigma.value == pytest.approx(0, abs=1e-6)
    assert not r.arrhenius["R0"].tied


def test_the_joint_fit_is_the_optimum_and_its_errors_are_those_of_its_jacobian() -> None:
    """Against a least-squares fit written down independently, R0 free in each spectrum."""
    spectra, T = series(noise=0.005, seed=3), temperatures()
    r = fit_series(spectra, TWO)
    u = 1 / (EV * T) - 1 / (EV * 293.15)

    def residual(p: np.ndarray) -> np.ndarray:
        out = []
        for i, one in enumerate(spectra):
            z = np.full(len(F), p[8 + i], dtype=complex)
            for k in (0, 4):
                R = T[i] * np.exp(p[k] + p[k + 1] * u[i])
                z += R / (1 + (W * R * np.exp(p[k + 2])) ** p[k + 3])
            d = (z - one.impedance_ohm) / np.abs(one.impedance_ohm)
            out += [d.real, d.imag]
        return np.concatenate(out)

    start = [v for arc in (FAST, SLOW) for v in (math.log(arc.R / 293.15), arc.E, math.log(arc.C), arc.n)]
    found = least_squares(residual, [*start, *[3.0] * 8], x_scale="jac", xtol=1e-12, ftol=1e-12, gtol=1e-12)
    covariance = np.linalg.inv(found.jac.T @ found.jac) * 2 * found.cost / (len(found.fun) - len(found.x))
    assert r.tied_fit is not None
    assert r.tie is not None
    for name, k in (("R1", 0), ("R2", 4)):
        law = r.tied_arrhenius[name]
        error = math.sqrt(covariance[k + 1, k + 1])
        assert law.activation_energy.value == pytest.approx(found.x[k + 1], abs=1e-2 * error)
        # the noise is taken from the separate fits
        assert law.activation_energy.uncertainty == pytest.approx(error, rel=1e-2)
        R = law.resistance(293.15)
        assert R.value == pytest.approx(293.15 * math.exp(found.x[k]), rel=1e-4)
        assert R.uncertainty / R.value == pytest.approx(math.sqrt(covariance[k, k]), rel=1e-2)
    for name, k in (("CPE1", 2), ("CPE2", 6)):
        C = r.tied_fit.capacitances[f"{name}_C"]
        n = r.tied_fit.exponents[f"{name}_n"]
        assert math.log(C.value) == pytest.approx(found.x[k], abs=1e-3)
        assert C.uncertainty / C.value == pytest.approx(math.sqrt(covariance[k, k]), rel=1e-2)
        assert n.uncertainty == pytest.approx(math.sqrt(covariance[k + 1, k + 1]), rel=1e-2)
    separate = sum(one.chi2 for one in r.fits)
    rise = (2 * found.cost - separate) / 40 / (separate / sum(one.degrees_of_freedom for one in r.fits))
    assert r.tie.degrees_omnibus == (40, 8 * 113)
    assert r.tie.F_omnibus == pytest.approx(rise, rel=1e-3)


def test_the_separate_law_is_the_weighted_line_through_the_fits() -> None:
    spectra, T = series(noise=0.005, seed=4), temperatures()
    r = fit_series(spectra, TWO, tie=False)
    assert r.tie is None
    assert r.tied_arrhenius == {}
    R, error = r.values("R2")
    direct = np.array([fit(one, TWO).values["R2"] for one in spectra])
    np.testing.assert_allclose(R, direct, rtol=1e-6)
    fitted, covariance = np.polyfit(1 / (EV * T), np.log(R / T), 1, w=R / error, cov="unscaled")
    law = r.arrhenius["R2"].activation_energy
    assert law.value == pytest.approx(fitted[0], rel=1e-6)
    widening = max(1.0, law.uncertainty / math.sqrt(covariance[0, 0]))
    assert widening in (pytest.approx(1.0), pytest.approx(math.sqrt(r.arrhenius["R2"].scatter)))


@dataclass
class Shares:
    rejected: float
    right: float
    separate_meV: float
    tied_meV: float
    inside_separate: float
    inside_tied: float
    inside_given: float


def shares(count: int, seed: int, what: str = "", size: float = 0.0) -> Shares:
    rng = np.random.default_rng(seed)
    rejected, right, errors, inside = [], [], [], []
    for _ in range(count):
        spectra, energies, culprit = drawn(rng, what, size)
        r = fit_series(spectra, TWO)
        assert r.tie is not None
        rejected.append(not r.tie.accepted)
        if r.tie.culprit:
            right.append(r.tie.culprit == culprit)
        for name, E in zip(("R1", "R2"), energies, strict=True):
            laws = [each[name].activation_energy for each in (r.separate_arrhenius, r.tied_arrhenius, r.arrhenius)]
            errors.append([1e3 * abs(p.value - E) for p in laws])
            inside.append([p.interval[0] <= E <= p.interval[1] for p in laws])
    separate, tied, _ = np.median(errors, axis=0)
    return Shares(float(np.mean(rejected)), float(np.mean(right or [1.0])), separate, tied, *np.mean(inside, axis=0))


def test_a_true_tie_is_accepted_and_pays() -> None:
    found = shares(40, seed=1)
    assert found.rejected <= 0.05
    assert found.separate_meV > 3 * found.tied_meV
    assert 0.85 < found.inside_tied <= 1
    assert 0.85 < found.inside_separate <= 1


@pytest.mark.parametrize(
    ("what", "size", "word"),
    [("dn", 0.03, "exponent"), ("dlnC", math.log(1.15), "capacitance"), ("dE", 0.05, "arrhenius")],
)
@pytest.mark.parametrize("culprit", [0, 1])
def test_a_false_tie_is_rejected_and_the_arc_named(what: str, size: float, word: str, culprit: int) -> None:
    pair = [FAST, SLOW]
    pair[culprit] = Arc(**{**vars_of(pair[culprit]), what: size})
    r = fit_series(series(tuple(pair), noise=0.003, seed=2), TWO)
    assert r.tie is not None
    assert not r.tie.accepted
    assert r.tie.p_value < 0.01
    assert r.tie.culprit == f"R{culprit + 1}"
    assert r.tie.what == word
    worst = r.tie.breaks[0]
    # the scores are of first order: what they say of the size is not exact
    assert abs(worst.change - size) < max(4 * worst.change_error, 0.25 * size)
    name = {"exponent": f"CPE{culprit + 1}_n", "capacitance": f"CPE{culprit + 1}_C", "arrhenius": f"R{culprit + 1}"}
    assert worst.parameter == name[word]
    assert r.arrhenius == r.separate_arrhenius
    assert not any(law.tied for law in r.arrhenius.values())
    assert any(f"R{culprit + 1} breaks it" in text for text in r.warnings)


def vars_of(arc: Arc) -> dict[str, float]:
    return {name: getattr(arc, name) for name in Arc.__dataclass_fields__}


@pytest.mark.long
def test_long_the_level_of_the_test_and_the_gain_hold() -> None:
    found = shares(1000, seed=2025)
    assert found.rejected <= 0.02
    assert found.separate_meV >= 3 * found.tied_meV
    assert 0.93 <= found.inside_tied <= 0.97
    assert 0.93 <= found.inside_separate <= 0.97
    assert 0.93 <= found.inside_given <= 0.97


@pytest.mark.long
@pytest.mark.parametrize(("what", "size"), [("dn", 0.03), ("dlnC", math.log(1.15))])
def test_long_drifts_are_found_and_named(what: str, size: float) -> None:
    found = shares(400, 6, what, size)
    assert found.rejected >= 0.90
    assert found.right >= 0.95
    assert found.inside_given >= 0.90


def test_the_engines_agree() -> None:
    pytest.importorskip("numba")
    spectra = series(noise=0.005, seed=7)
    one, other = (fit_series(spectra, TWO, engine=engine) for engine in ("numba", "numpy"))
    assert one.tie is not None
    assert other.tie is not None
    assert one.tie.p_value == pytest.approx(other.tie.p_value, rel=1e-3)
    for name, law in one.arrhenius.items():
        twin = other.arrhenius[name].activation_energy
        assert law.activation_energy.value == pytest.approx(twin.value, abs=1e-2 * twin.uncertainty)
        assert law.activation_energy.uncertainty == pytest.approx(twin.uncertainty, rel=1e-3)


@settings(max_examples=10)
@given(order=st.permutations(range(8)), scale=st.floats(1e-3, 1e6))
def test_neither_order_nor_scale_changes_an_energy(order: list[int], scale: float) -> None:
    spectra = series(noise=0.003, seed=8)
    moved = [Spectrum(F, scale * spectra[i].impedance_ohm, temperature_K=spectra[i].temperature_K) for i in order]
    one, other = fit_series(spectra, TWO), fit_series(moved, TWO)
    assert [s.temperature_K for s in other.spectra] == [spectra[i].temperature_K for i in order]
    np.testing.assert_allclose(other.values("R2")[0], scale * one.values("R2")[0][order], rtol=1e-4)
    for name in ("R1", "R2"):
        E = one.arrhenius[name].activation_energy
        assert other.arrhenius[name].activation_energy.value == pytest.approx(E.value, abs=0.05 * E.uncertainty)


@settings(max_examples=15)
@given(
    E1=st.floats(0.1, 0.6), E2=st.floats(0.1, 0.6), n1=st.floats(0.75, 1.0), n2=st.floats(0.75, 1.0),
    R1=st.floats(5, 200), ratio=st.floats(0.2, 5), count=st.integers(2, 9),
)  # fmt: skip
def test_any_tied_series_comes_back(
    E1: float, E2: float, n1: float, n2: float, R1: float, ratio: float, count: int
) -> None:
    arcs = Arc(R1, E1, 1e-7, n1), Arc(R1 * ratio, E2, 5e-6, n2)
    r = fit_series(series(arcs, temperatures(count, 283.15, 313.15), noise=1e-5), TWO)
    assert r.tied_fit is not None
    for name, arc in (("R1", arcs[0]), ("R2", arcs[1])):
        law = r.tied_arrhenius[name].activation_energy
        assert law.value == pytest.approx(arc.E, abs=max(6 * law.uncertainty, 1e-5))
        assert law.uncertainty < 0.01


@pytest.mark.parametrize(
    ("circuit", "names"),
    [
        ("R0-ZARC1-ZARC2", ("ZARC1_R", "ZARC2_R")),
        ("L0-R0-p(CPE1,R1)-p(R2,CPE2)", ("R1", "R2")),
        ("R0-p(R1,CPE1)-p(R2,CPE2)-CPE3", ("R1", "R2")),
        ("R0-p(R1,CPE1)-p(R2-Wo1,CPE2)", ("R1",)),
        ("p(R1,C1)-p(R2,C2)", ("R1", "R2")),
    ],
)
def test_arcs_of_any_circuit_are_tied_and_the_rest_stays_free(circuit: str, names: tuple[str, ...]) -> None:
    parsed, T = parse_circuit(circuit), temperatures(4, 283.15, 313.15)
    at_20 = {"R0": 3.0, "L0": 1e-7, "R1": 30.0, "R2": 50.0, "ZARC1_R": 30.0, "ZARC2_R": 50.0, "ZARC1_n": 0.9}
    at_20 |= {"ZARC2_n": 0.85, "CPE1_n": 0.9, "CPE2_n": 0.85, "C1": 1e-7, "C2": 5e-6, "Wo1_R": 20.0, "Wo1_tau": 0.1}
    at_20 |= {"CPE3_Q": 1e-3, "CPE3_n": 0.8}
    energies = {"R1": 0.3, "R2": 0.4, "ZARC1_R": 0.3, "ZARC2_R": 0.4}
    spectra = []
    for i, at in enumerate(T):
        grown = {n: math.exp(E * (1 / (EV * at) - 1 / (EV * 293.15))) * at / 293.15 for n, E in energies.items()}
        values = {n: at_20[n] * grown.get(n, 1.0) for n in parsed.parameter_names if n in at_20}
        for k, C in ((1, 1e-7), (2, 5e-6)):
            if f"CPE{k}_Q" in parsed.parameter_names:
                n, R = values[f"CPE{k}_n"], values[f"R{k}"]
                values[f"CPE{k}_Q"] = (R * C) ** n / R
            if f"ZARC{k}_tau" in parsed.parameter_names:
                values[f"ZARC{k}_tau"] = values[f"ZARC{k}_R"] * C
        z = parsed.impedance(values, F)
        rng = np.random.default_rng(i)
        z = z * (1 + 1e-4 * (rng.normal(size=60) + 1j * rng.normal(size=60)))
        spectra.append(Spectrum(F, z, temperature_K=float(at)))
    r = fit_series(spectra, circuit)
    assert r.tie is not None
    assert set(r.tied_arrhenius) == set(names)
    assert r.tie.accepted
    for name in names:
        law = r.arrhenius[name]
        assert law.tied
        assert law.activation_energy.value == pytest.approx(energies[name], abs=5 * law.activation_energy.uncertainty)


def test_a_circuit_without_arcs_has_laws_but_no_tie() -> None:
    spectra = [Spectrum(F, np.full(60, 0.01 * T * math.exp(0.3 / (EV * T))), temperature_K=T) for T in (270.0, 300.0)]
    r = fit_series(spectra, "R0")
    assert r.tie is None
    assert r.activation_energy["R0"].value == pytest.approx(0.3, abs=1e-6)
    assert any("nothing can be tied" in text for text in r.warnings)


@pytest.mark.parametrize("seed", range(4))
def test_arcs_keep_their_names_where_their_time_constants_cross(seed: int) -> None:
    weak, strong = Arc(100.0, 0.2, 3e-8, 0.9), Arc(10.0, 0.6, 3e-7, 0.88)
    T = temperatures(10, 243.15, 353.15)
    r = fit_series(series((weak, strong), T, noise=0.002, seed=seed, leads=10.0), TWO)
    small, large = sorted(("R1", "R2"), key=lambda name: r.arrhenius[name].activation_energy.value)
    assert r.arrhenius[small].activation_energy.value == pytest.approx(0.2, abs=0.002)
    assert r.arrhenius[large].activation_energy.value == pytest.approx(0.6, abs=0.005)
    assert r.separate_arrhenius[small].activation_energy.value == pytest.approx(0.2, abs=0.02)
    assert r.separate_arrhenius[large].activation_energy.value == pytest.approx(0.6, abs=0.02)
    R = r.values(small)[0]
    expected = weak.R * T / 293.15 * np.exp(weak.E * (1 / (EV * T) - 1 / (EV * 293.15)))
    assert (np.abs(np.log(R / expected)) < 0.6).all()
    assert r.restarted


def test_a_spectrum_that_is_rubbish_is_said_and_does_not_take_the_others_along() -> None:
    spectra, rng = series(noise=0.003, seed=9), np.random.default_rng(0)
    spectra[4] = Spectrum(F, np.exp(rng.normal(size=60) + 1j * rng.normal(size=60)), temperature_K=290.0)
    r = fit_series(spectra, TWO)
    assert r.status != "converged"
    assert any("spectrum 5 of 8 (290 K)" in text for text in r.warnings)
    assert r.arrhenius["R1"].activation_energy.value == pytest.approx(FAST.E, abs=0.02)
    assert r.arrhenius["R2"].activation_energy.value == pytest.approx(SLOW.E, abs=0.02)


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


def cycling(noise: float, seed: int, growth: float = 0.3, jump: float = 0.0, count: int = 30) -> list[Spectrum]:
    """R2 = 30 + growth · cycle, and more from cycle 18 on; everything else stays."""
    rng = np.random.default_rng(seed)
    spectra = []
    for i in range(count):
        R2 = 30 + growth * i + (jump if i >= 18 else 0.0)
        z = 5 + 20 / (1 + (W * 20 * 5e-7) ** 0.9) + R2 / (1 + (W * R2 * 3e-5) ** 0.86)
        z = z + noise * np.abs(z) * (rng.normal(size=60) + 1j * rng.normal(size=60))
        spectra.append(
            Spectrum(F, z, cycle=10 * i, time_s=3600.0 * i, pressure_Pa=1e6 + 1e5 * i, state_of_charge=i / count)
        )
    return spectra


@pytest.mark.parametrize(
    ("by", "unit", "step"),
    [("cycle", "ohm/cycle", 10), ("time", "ohm/s", 3600), ("pressure", "ohm/Pa", 1e5), ("soc", "ohm", 1 / 30)],
)
def test_what_grows_is_named_with_its_slope(by: Any, unit: str, step: float) -> None:
    r = fit_series(cycling(0.003, 1), TWO, by=by)
    assert r.growing == ("R2",)
    found = r.trends["R2"]
    assert found.slope.unit == unit
    assert found.slope.value * step == pytest.approx(0.3, abs=4 * found.slope.uncertainty * step)
    assert found.slope.uncertainty * step < 0.01
    assert found.growth == pytest.approx(0.3 * 29, rel=0.05)
    assert found.relative_growth == pytest.approx(0.3 * 29 / 30, rel=0.05)
    assert found.p_value < 1e-10
    assert found.jump is None
    assert r.trends["R1"].p_value > 1e-4
    assert abs(r.trends["CPE2_C"].relative_growth) < 0.02
    assert r.arrhenius == {}
    assert r.tie is None
    json.dumps(r.as_json(), allow_nan=False)


def test_a_jump_is_said_and_does_not_pass_for_a_trend() -> None:
    r = fit_series(cycling(0.003, 2, growth=0.0, jump=8.0), TWO, by="cycle")
    found = r.trends["R2"]
    assert found.jump is not None
    assert (found.jump.after, found.jump.before) == (170, 180)
    assert found.jump.size == pytest.approx(8.0, abs=4 * found.jump.size_error)
    assert found.growth == pytest.approx(8.0, abs=0.5)
    assert abs(found.slope.value) < 4 * found.slope.uncertainty
    assert any("R2: it jumps by" in text and "cycle 170 and 180" in text for text in r.warnings)
    assert r.trends["R1"].jump is None


def test_trends_are_honest_and_jumps_rare_where_there_is_nothing() -> None:
    rng = np.random.default_rng(3)
    x, error = np.arange(20.0), rng.uniform(0.5, 2, 20)
    inside, jumps, p_values = [], 0, []
    for _ in range(500):
        smooth = 50 + 0.2 * x
        found = trend("R", "ohm", x, smooth + error * rng.normal(size=20), error, 500, 0.01)
        inside.append(found.slope.interval[0] <= 0.2 <= found.slope.interval[1])
        jumps += found.jump is not None
        flat = trend("R", "ohm", x, 50 + error * rng.normal(size=20), error, 500, 0.01)
        p_values.append(flat.p_value)
    assert 0.92 <= np.mean(inside) <= 0.98
    assert jumps <= 12
    assert 0.02 <= np.mean(np.array(p_values) < 0.05) <= 0.09
    curved = [
        trend("R", "ohm", x, 50 + 20 * (1 - np.exp(-x / 8)) + error * rng.normal(size=20), error, 500, 0.01)
        for _ in range(100)
    ]
    assert sum(each.jump is not None for each in curved) <= 5


def test_a_line_widens_its_errors_only_where_the_points_scatter() -> None:
    x, error = np.linspace(0, 1, 12), np.full(12, 0.1)
    calm = weighted_line(x, 2 + 3 * x + 0.05 * np.cos(40 * x), error, 500)
    assert calm.widening == 1
    assert calm.slope_error == pytest.approx(0.1 / math.sqrt(((x - 0.5) ** 2).sum()))
    wild = weighted_line(x, 2 + 3 * x + np.cos(40 * x), error, 500)
    assert wild.widening == pytest.approx(math.sqrt(wild.scatter))
    assert wild.degrees == 10
    lost = error.copy()
    lost[3] = np.inf
    y = 2 + 3 * x
    y[3] = 99.0
    assert weighted_line(x, y, lost, 500).slope == pytest.approx(3.0)
    with pytest.raises(InputError, match="two different points"):
        weighted_line(x, y, np.where(np.arange(12) == 5, 0.1, np.inf), 500)


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
