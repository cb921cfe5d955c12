"""The engines: which circuit goes to which, that they agree, and what happens where compiled code cannot be kept."""

import logging
import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from natron.data import Spectrum
from natron.eis import fit, parse_circuit
from natron.eis.fitting import engine
from natron.eis.fitting.program import lower

LW = np.log(2 * np.pi * np.logspace(6, 0, 60))
REF = float(0.5 * (LW[0] + LW[-1]))
SERIES = {
    "R0-p(R1,CPE1)-p(R2,CPE2)-CPE3": [10, 50, 1e-7, 0.9, 20, 1e-4, 0.85, 1e-3, 0.6],
    "L0-R0-p(R1,C1)-p(CPE1,R2)-W1": [1e-6, 10, 50, 1e-8, 1e-5, 0.9, 30, 20],
    "R0-ZARC1-C1": [10, 50, 1e-5, 0.9, 1e-2],
}


@pytest.mark.parametrize(
    ("circuit", "fixed", "kind"),
    [
        *((circuit, (), "series") for circuit in SERIES),
        ("R0", (), "series"),
        ("R0-p(R1,CPE1)", ("R1",), "series"),
        ("R0-p(R1,CPE1)", ("CPE1_Q",), "tree"),
        ("R0-p(R1,CPE1)-Wo1", (), "tree"),
        ("R0-p(R1-W1,CPE1)", (), "tree"),
        ("p(R1,CPE1,C1)", (), "tree"),
    ],
)
def test_chains_of_common_elements_have_an_engine_of_their_own(circuit: str, fixed: tuple[str, ...], kind: str) -> None:
    assert lower(parse_circuit(circuit), frozenset(fixed)).kind == kind


@pytest.mark.parametrize("circuit", SERIES)
def test_all_engines_have_the_same_derivatives(circuit: str) -> None:
    pytest.importorskip("numba")
    program = lower(parse_circuit(circuit), frozenset())
    x = program.to_internal(np.array(SERIES[circuit]), REF) + 0.01
    x[program.always_fixed] = 1.0
    z = parse_circuit(circuit).impedance([1.02 * p if p > 1 else p for p in SERIES[circuit]], np.exp(LW) / 2 / np.pi)
    data = np.array([LW, z.real, z.imag, 1 / np.abs(z), 0.7 / np.abs(z)])
    free = np.arange(program.size)
    found = []
    for kind in ("series", "tree", "numpy"):
        jtj, gradient, residual = np.empty((len(x), len(x))), np.empty(len(x)), np.empty(120)
        form = program.form(kind, REF)  # type: ignore[arg-type]
        chi2 = engine.engine(kind).normal_equations(x, form, data, free, jtj, gradient, residual)  # type: ignore[arg-type]
        found.append((chi2, jtj, gradient, residual))
    scale = np.sqrt(np.diag(found[2][1]))
    for chi2, jtj, gradient, residual in found[:2]:
        assert chi2 == pytest.approx(found[2][0], rel=1e-10)
        np.testing.assert_allclose(residual, found[2][3], atol=1e-12)
        live = np.setdiff1d(free, program.always_fixed)
        outer = np.outer(scale, scale)
        np.testing.assert_allclose(
            (jtj / outer)[np.ix_(live, live)], (found[2][1] / outer)[np.ix_(live, live)], atol=1e-10
        )
        np.testing.assert_allclose((gradient / scale)[live], (found[2][2] / scale)[live], atol=1e-10)


def test_without_a_place_for_compiled_code_it_is_compiled_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def njit(function: Callable[..., Any], cache: bool = False, **options: Any) -> Callable[..., Any]:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return function

    monkeypatch.setattr(engine, "import_module", lambda name: SimpleNamespace(njit=njit))
    engine._no_cache.cache_clear()
    with caplog.at_level(logging.WARNING):
        covariance = engine._compiled("covariance", "any", {})
        engine._compiled("inner_products", "any", {})
    assert [record.message.count("NUMBA_CACHE_DIR") for record in caplog.records] == [1]
    out = np.empty((2, 2))
    assert covariance(4 * np.eye(2), np.eye(2), 3.0, np.empty((2, 2)), np.empty((2, 2)), out)
    np.testing.assert_allclose(out, 0.75 * np.eye(2))


def test_a_full_disk_does_not_stop_a_fit() -> None:
    calls = []

    def compiled(x: int) -> int:
        calls.append(x)
        if len(calls) == 1:
            raise OSError("No space left on device")
        return x + 1

    assert engine._twice(compiled)(1) == 2
    assert calls == [1, 1]


def test_parameters_are_a_mapping_like_any_other(two_arcs: Callable[[int], tuple[Spectrum, np.ndarray]]) -> None:
    r = fit(two_arcs(3)[0], "R0-p(R1,CPE1)-p(R2,CPE2)")
    assert list(r.parameters) == list(r.circuit.parameter_names)
    assert len(r.parameters) == 7
    assert "R1" in r.parameters
    assert "R3" not in r.parameters
    assert repr(r.parameters).startswith("{'R0': FitParameter(")
    again = pickle.loads(pickle.dumps(r.parameters))
    assert again == dict(r.parameters)
    assert r.parameters == again


def test_a_gap_in_the_covariance_is_infinite_and_stays_where_it_is() -> None:
    f = np.exp(LW) / 2 / np.pi
    z = parse_circuit("R0-p(R1,CPE1)").impedance([10.0, 50.0, 1e-6, 0.9], f)
    # of two resistors in series only the sum can be seen
    r = fit(Spectrum(f, z), "R0-R9-p(R1,CPE1)")
    assert r.parameters["R0"].uncertainty == np.inf
    assert r.parameters["R9"].uncertainty == np.inf
    assert np.isfinite(r.parameters["R1"].uncertainty)
    assert r.status == "not_separable"
    assert r.values["R0"] + r.values["R9"] == pytest.approx(10.0)
