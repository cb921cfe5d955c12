import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares
from series_spectra import EV, FAST, SLOW, TWO, Arc, F, W, series, shares, temperatures, vars_of

from natron.data import Spectrum
from natron.eis import fit, parse_circuit
from natron.eis.series.analysis import fit_series


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
