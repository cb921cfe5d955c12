import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from natron.core import InputError
from natron.data import DataError, Spectrum
from natron.eis import (
    CircuitError,
    FitError,
    FitResult,
    effective_capacitance,
    fit,
    parse_circuit,
)

TWO = "R0-p(R1,CPE1)-p(R2,CPE2)"
F = np.logspace(6, 0, 60)
Make = Callable[[int], tuple[Spectrum, np.ndarray]]


def simulated(circuit: str, values: list[float], noise: float = 0.0, seed: int = 0) -> Spectrum:
    z = parse_circuit(circuit).impedance(values, F)
    rng = np.random.default_rng(seed)
    return Spectrum(F, z + noise * np.abs(z) * (rng.normal(size=60) + 1j * rng.normal(size=60)))


CIRCUITS: dict[str, list[float]] = {
    "R0": [5.0],
    "p(R1,C1)": [100, 1e-6],
    "R0-p(R1,CPE1)": [10, 50, 1e-6, 0.9],
    "R0-p(R1,C1)-p(R2,C2)": [10, 50, 1e-8, 30, 1e-5],
    "R0-p(CPE1,R1)-p(CPE2,R2)": [10, 1e-7, 0.9, 50, 1e-4, 0.85, 20],
    "L0-R0-p(R1,CPE1)-W1": [1e-6, 10, 50, 1e-6, 0.9, 20],
    "R0-p(R1-W1,CPE1)": [10, 50, 30, 1e-6, 0.9],
    "R0-p(R1,CPE1)-Wo1": [10, 50, 1e-6, 0.9, 20, 0.1],
    "R0-p(R1,CPE1)-Ws1": [10, 50, 1e-6, 0.9, 20, 0.1],
    "R0-p(R1-Wo1,CPE1)": [10, 50, 30, 0.05, 1e-6, 0.9],
    "R0-G1": [10, 50, 1e-3],
    "R0-ZARC1-ZARC2": [10, 50, 1e-5, 0.9, 20, 1e-3, 0.8],
    "R0-TLMQ1": [10, 50, 1e-3, 0.9],
    "R0-TLM1": [10, 50, 80, 1e-4, 0.9],
    "R0-FSD1": [10, 50, 1e-2, 0.8],
    "R0-CPE1": [5, 1e-4, 0.9],
    "p(R0-p(R1,CPE1),C0)": [100, 300, 1e-6, 0.9, 1e-9],
    "R0-p(R1,CPE1)-p(R2,CPE2)-C1": [10, 50, 1e-7, 0.9, 20, 1e-4, 0.85, 1e-2],
}


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_any_circuit_is_recovered_from_exact_data_without_a_guess(circuit: str) -> None:
    result = fit(simulated(circuit, CIRCUITS[circuit]), circuit)
    assert list(result.values.values()) == pytest.approx(CIRCUITS[circuit], rel=1e-5)
    assert result.status == "converged"


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_numba_and_numpy_give_the_same_answer(circuit: str) -> None:
    pytest.importorskip("numba")
    spectrum = simulated(circuit, CIRCUITS[circuit], 0.003, seed=3)
    one, other = (fit(spectrum, circuit, engine=engine) for engine in ("numba", "numpy"))
    assert (one.engine, other.engine) == ("numba", "numpy")
    for name, p in one.parameters.items():
        q = other.parameters[name]
        assert abs(p.value - q.value) < 1e-3 * p.uncertainty, name
        assert p.uncertainty == pytest.approx(q.uncertainty, rel=1e-3)
    assert one.chi2 == pytest.approx(other.chi2, rel=1e-7)
    assert one.status == other.status


def test_the_result_is_consistent_in_itself(two_arcs: Make) -> None:
    spectrum, _ = two_arcs(5)
    r = fit(spectrum, TWO)
    p = list(r.values.values())
    z, slope = r.circuit.with_derivative(p, spectrum.frequency_Hz)
    np.testing.assert_allclose(r.impedance_ohm, z, rtol=1e-10)
    residuals = (spectrum.impedance_ohm - z) / np.abs(spectrum.impedance_ohm)
    np.testing.assert_allclose(r.residuals, residuals, atol=1e-12)
    assert r.chi2 == pytest.approx((np.abs(residuals) ** 2).sum())
    assert r.degrees_of_freedom == 113
    assert r.chi2_reduced == pytest.approx(r.chi2 / 113)
    # the uncertainty as it is defined: sqrt(diag((JᵀJ)⁻¹) χ²/(2N − P)), J by the parameters themselves
    weighted = slope / np.abs(spectrum.impedance_ohm)
    J = np.concatenate([weighted.real, weighted.imag], axis=1) * np.array(p)[:, None]
    covariance = np.linalg.inv(J @ J.T) * r.chi2_reduced
    relative = [q.uncertainty / q.value for q in r.parameters.values()]
    np.testing.assert_allclose(relative, np.sqrt(np.diag(covariance)), rtol=1e-6)
    np.testing.assert_allclose(r.correlation, covariance / np.outer(relative, relative), rtol=1e-5, atol=1e-6)
    assert [q.unit for q in r.parameters.values()][:4] == ["ohm", "ohm", "ohm^-1.s^n", "1"]
    assert all(q.interval[0] < q.value < q.interval[1] for q in r.parameters.values())


def test_arcs_are_named_by_falling_frequency_whatever_the_guess(two_arcs: Make) -> None:
    spectrum, truth = two_arcs(2)
    names = parse_circuit(TWO).parameter_names
    swapped = dict(zip(names, truth[[0, 4, 5, 6, 1, 2, 3]].tolist(), strict=True))
    free = fit(spectrum, TWO)
    guessed = fit(spectrum, TWO, initial=swapped)
    assert list(guessed.values.values()) == pytest.approx(list(free.values.values()), rel=1e-5)
    kept = fit(spectrum, TWO, initial=swapped, order=False)
    assert kept.values["R1"] == pytest.approx(free.values["R2"], rel=1e-5)


def test_weights_are_what_they_say(two_arcs: Make) -> None:
    spectrum, _ = two_arcs(7)
    z = spectrum.impedance_ohm
    measured = Spectrum(spectrum.frequency_Hz, z, noise_ohm=0.005 * np.abs(z))
    modulus, sd = fit(spectrum, TWO), fit(measured, TWO, "measured")
    assert sd.chi2_reduced == pytest.approx(modulus.chi2_reduced / 0.005**2)
    assert sd.values["R1"] == pytest.approx(modulus.values["R1"], rel=1e-6)
    assert sd.parameters["R1"].uncertainty == pytest.approx(modulus.parameters["R1"].uncertainty, rel=1e-4)
    unit = fit(spectrum, TWO, "unit")
    assert unit.chi2 == pytest.approx((np.abs(z - unit.impedance_ohm) ** 2).sum())
    proportional = fit(spectrum, TWO, "proportional")
    floor = 0.01 * np.abs(z)
    d = z - proportional.impedance_ohm
    expected = (d.real / np.maximum(np.abs(z.real), floor)) ** 2 + (d.imag / np.maximum(np.abs(z.imag), floor)) ** 2
    assert proportional.chi2 == pytest.approx(expected.sum())


@pytest.mark.parametrize("fixed", [{"CPE1_n": 0.9}, {"R2": 40.0}, {"CPE2_Q": 1e-5}, {"R0": 9.0, "R1": 20.0}])
def test_fixed_values_stay_and_the_rest_follows(fixed: dict[str, float]) -> None:
    true = dict(zip(parse_circuit(TWO).parameter_names, [9.0, 20, 1e-7, 0.9, 40, 1e-5, 0.85], strict=True))
    r = fit(simulated(TWO, list(true.values())), TWO, fixed=fixed)
    assert r.values == pytest.approx(true, rel=1e-5)
    for name in fixed:
        assert r.parameters[name].fixed
        assert r.parameters[name].uncertainty == 0
    assert r.degrees_of_freedom == 120 - 7 + len(fixed)


def test_bounds_hold_and_are_flagged_where_they_bind() -> None:
    spectrum = simulated(TWO, [9.0, 20, 1e-7, 0.9, 40, 1e-5, 0.85], 0.002)
    loose = fit(spectrum, TWO, bounds={"R2": (30, 60), "CPE2_Q": (1e-6, 1e-4)})
    assert loose.status == "converged"
    tight = fit(spectrum, TWO, bounds={"R2": (0, 35)})
    assert tight.values["R2"] == pytest.approx(35)
    assert tight.status == "at_bound"
    assert tight.parameters["R2"].flags == ("at_bound",)
    assert "limit" in " ".join(tight.warnings)
    above = fit(spectrum, TWO, bounds={"CPE1_n": (0.92, 1)})
    assert above.values["CPE1_n"] == pytest.approx(0.92)
    assert "at_bound" in above.parameters["CPE1_n"].flags


def test_an_arc_outside_the_window_is_said_and_keeps_its_value() -> None:
    spectrum = simulated("R0-p(R1,CPE1)", [5.0, 50, 2e-10, 0.95], 0.005)
    r = fit(spectrum, "R0-p(R1,CPE1)")
    assert r.status == "arc_outside_window"
    assert "arc_outside_window" in r.parameters["R1"].flags
    assert r.parameters["R1"].value > 0
    assert r.parameters["R1"].uncertainty > 0
    assert any("outside the measured" in w for w in r.warnings)


def test_what_cannot_be_separated_is_said() -> None:
    # one arc, asked to be two
    r = fit(simulated("R0-p(R1,CPE1)", [10.0, 50, 1e-6, 0.9], 0.005, seed=4), TWO)
    assert r.status != "converged"
    assert r.warnings
    n_is_one = fit(simulated("R0-p(R1,C1)", [10.0, 50, 1e-6], 0.005, seed=1), "R0-p(R1,CPE1)")
    assert n_is_one.values["CPE1_n"] <= 1
    if n_is_one.values["CPE1_n"] == 1:
        assert n_is_one.parameters["CPE1_n"].flags == ("not_separable",)


def test_strict_raises_with_the_result_inside() -> None:
    rng = np.random.default_rng(0)
    huge = "L0-R0-" + "-".join(f"p(R{i},CPE{i})" for i in range(1, 9)) + "-TLM1"
    spectrum = Spectrum(F, np.exp(rng.normal(size=60) + 1j * rng.normal(size=60)))
    loose = fit(spectrum, huge, starts=1)
    if loose.status == "not_converged":
        with pytest.raises(FitError) as caught:
            fit(spectrum, huge, starts=1, strict=True)
        assert isinstance(caught.value.result, FitResult)
        assert caught.value.exit_code == 4


def test_robust_fit_forgives_outliers() -> None:
    true = [9.0, 20, 1e-7, 0.9, 40, 1e-5, 0.85]
    clean = simulated(TWO, true, 0.005, seed=8)
    z = clean.impedance_ohm.copy()
    z[[7, 20, 33, 48]] *= [1.5, 0.6, 1.4j, 2.0]
    dirty = Spectrum(F, z)
    plain, robust = fit(dirty, TWO), fit(dirty, TWO, robust=True)
    error = {
        name: max(abs(r.values[name] / t - 1) for name, t in zip(("R0", "R1"), (9, 20), strict=True))
        for name, r in (("R1", robust),)
    }
    assert error["R1"] < 0.05
    assert abs(robust.values["R2"] / 40 - 1) < 0.05
    assert abs(plain.values["R2"] / 40 - 1) > abs(robust.values["R2"] / 40 - 1)
    assert np.argsort(-np.abs(robust.residuals))[:4].tolist() != []
    assert set(np.argsort(-np.abs(robust.residuals))[:4].tolist()) == {7, 20, 33, 48}


def test_robust_intervals_are_as_honest_as_plain_ones(two_arcs: Make) -> None:
    inside = []
    for seed in range(100):
        spectrum, truth = two_arcs(seed)
        r = fit(spectrum, TWO, robust=True)
        inside += [p.interval[0] <= t <= p.interval[1] for p, t in zip(r.parameters.values(), truth, strict=True)]
    assert 0.91 < np.mean(inside) < 0.98


def test_effective_capacitance_by_both_formulas() -> None:
    r = fit(simulated("R0-p(R1,CPE1)", [10.0, 50, 1e-6, 0.9], 0.002), "R0-p(R1,CPE1)")
    R0, R, Q, n = r.values.values()
    film = effective_capacitance(r, "CPE1")
    surface = effective_capacitance(r, "CPE1", "brug")
    assert film.value == pytest.approx(Q ** (1 / n) * R ** ((1 - n) / n))
    assert surface.value == pytest.approx(Q ** (1 / n) * (1 / R0 + 1 / R) ** ((n - 1) / n))
    assert film.unit == "F"
    for formula, c in (("hsu_mansfeld", film), ("brug", surface)):
        rng = np.random.default_rng(0)
        drawn = rng.multivariate_normal([R0, R, Q, n], r.covariance, size=20000)
        a, b, q, m = drawn.T
        sampled = q ** (1 / m) * (b ** ((1 - m) / m) if formula == "hsu_mansfeld" else (1 / a + 1 / b) ** ((m - 1) / m))
        assert c.uncertainty == pytest.approx(sampled.std(), rel=0.03)
    with pytest.raises(CircuitError):
        effective_capacitance(r, "R1")
    with pytest.raises(InputError, match="brug"):
        effective_capacitance(r, "CPE1", "bruk")  # type: ignore[arg-type]


def test_effective_capacitance_of_a_capacitor_is_itself_in_both_formulas() -> None:
    r = fit(simulated("R0-p(R1,CPE1)", [10.0, 50, 1e-6, 1.0]), "R0-p(R1,CPE1)", fixed={"CPE1_n": 1.0})
    assert effective_capacitance(r, "CPE1").value == pytest.approx(1e-6)
    assert effective_capacitance(r, "CPE1", "brug").value == pytest.approx(1e-6)


def test_a_long_spectrum_keeps_all_its_points() -> None:
    f = np.logspace(6, 0, 3000)
    z = parse_circuit(TWO).impedance([9.0, 20, 1e-7, 0.9, 40, 1e-5, 0.85], f)
    r = fit(Spectrum(f, z), TWO)
    assert r.values["R2"] == pytest.approx(40, rel=1e-6)
    assert len(r.impedance_ohm) == 3000
    assert r.degrees_of_freedom == 5993


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"initial": {"R9": 1.0}}, "no such parameter"),
        ({"fixed": {"R1": -1.0}}, "cannot have this value"),
        ({"fixed": {"R1": 0.0}}, "Leave an element out"),
        ({"fixed": {"CPE1_n": 1.2}}, "at most 1"),
        ({"initial": {"R1": math.nan}}, "cannot have this value"),
        ({"bounds": {"R1": (5, 1)}}, "leave nothing"),
        ({"bounds": {"R1": 5}}, "not a pair"),
        ({"bounds": {"R1": (1, 5)}, "fixed": {"R1": 2.0}}, "fixed and bounded"),
        ({"weight": "modulos"}, 'Did you mean "modulus"'),
        ({"engine": "cuda"}, "unknown engine"),
        ({"starts": 0}, "1 to 200"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(two_arcs: Make, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit(two_arcs(0)[0], TWO, **arguments)  # type: ignore[arg-type]


def test_too_few_points_and_missing_noise_are_refused(two_arcs: Make) -> None:
    spectrum, _ = two_arcs(0)
    one = spectrum.where(np.arange(60) == 3)
    with pytest.raises(DataError, match="7 free parameters, 1 points"):
        fit(one, TWO)
    with pytest.raises(DataError, match="no noise"):
        fit(spectrum, TWO, "measured")
    with pytest.raises(DataError, match="cannot be fitted"):
        fit(spectrum, "R0", fixed={"R0": 1.0})


RNG = np.random.default_rng(0)
HOSTILE = {
    "noise alone": (F, RNG.normal(size=60) + 1j * RNG.normal(size=60)),
    "constant": (F, np.ones(60)),
    "inductive": (F, 10 + 1e-5j * F),
    "negative": (F, np.full(60, -5.0)),
    "all zero": (F, np.zeros(60)),
    "huge": (F, 1e200 * (1 + 1j * RNG.normal(size=60))),
    "tiny": (F, 1e-200 * (1 + 1j * RNG.normal(size=60))),
    "300 decades": (F, 10.0 ** np.linspace(-150, 150, 60) * (1 - 1j)),
    "wild frequencies": (10.0 ** np.linspace(-300, 300, 60), np.ones(60) - 1j),
    "one frequency, nearly": (1000 + 1e-9 * np.arange(60), np.ones(60) - 1j),
    "four points": (F[:4], np.ones(4) - 1j),
    "pure capacitor": (F, -1j / F),
    "spike": (F, np.where(np.arange(60) == 30, 1e12, 1.0) + 0j),
}


@pytest.mark.parametrize("weight", ["modulus", "unit", "proportional"])
@pytest.mark.parametrize("data", HOSTILE)
@pytest.mark.parametrize("circuit", [TWO, "R0-p(R1-Wo1,CPE1)-TLM1"])
def test_hostile_data_give_a_status_or_a_clear_error(data: str, circuit: str, weight: str) -> None:
    frequency, z = HOSTILE[data]
    try:
        r = fit(Spectrum(frequency, z), circuit, weight)  # type: ignore[arg-type]
    except DataError:
        return
    assert all(math.isfinite(p.value) for p in r.parameters.values())
    assert not any(math.isnan(p.uncertainty) for p in r.parameters.values())
    assert np.isfinite(r.correlation).all()
    assert r.status == "converged" or r.warnings


def test_importing_the_room_does_not_import_numba() -> None:
    import subprocess
    import sys

    code = "import sys, natron.eis; sys.exit('numba' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_result_travels_to_another_process_and_back() -> None:
    f = np.logspace(6, 0, 40)
    z = parse_circuit("R0-p(R1,CPE1)").impedance([10.0, 50.0, 1e-6, 0.9], f)
    result = fit(Spectrum(f, z), "R0-p(R1,CPE1)")
    again = pickle.loads(pickle.dumps(result))
    assert again.circuit == result.circuit
    assert again.parameters == dict(result.parameters)
    assert np.array_equal(again.covariance, result.covariance)
    assert not again.spectrum.impedance_ohm.flags.writeable
