"""Circuit elements: each an impedance and its analytic derivative, checked against each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.core import did_you_mean
from natron.eis.errors import CircuitError

Complex = NDArray[np.complexfloating[Any, Any]]
Real = NDArray[np.float64]
Impedance = Callable[[Real, Complex], Complex]
Derivative = Callable[[Real, Complex], Complex]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an element.

    Attributes
    ----------
    name : str
        ``Q`` in ``CPE1_Q``; empty for an element with one parameter, which is called ``R0`` itself.
    unit : str
        SI, in ASCII: ``ohm^-1.s^n``.
    scaling : int
        How the parameter changes when the element's impedance is multiplied by s: with s (1), with 1/s
        (-1) or not (0: times and exponents).
    low, high : float
        Limits of a fit.
    typical : tuple of float
        Range in which an unknown value is looked for, for an impedance near 1 ohm.
    logarithmic : bool
        True for positive parameters that range over decades; false for exponents.
    """

    name: str
    unit: str
    scaling: int
    low: float
    high: float
    typical: tuple[float, float]
    logarithmic: bool = True


@dataclass(frozen=True, slots=True)
class Element:
    """A kind of circuit element with P parameters.

    Attributes
    ----------
    symbol : str
        Letters that stand for it in a circuit: ``CPE``.
    words : str
        What it is.
    parameters : tuple of Parameter
        P of them.
    impedance : callable
        ``impedance(p, s)``: parameters (P,), s = i 2π f in rad/s (N,) → impedance in ohm (N,).
    derivative : callable
        ``derivative(p, s)`` → ∂Z/∂p, shape (P, N).
    source : str
        Where the equation stands.
    """

    symbol: str
    words: str
    parameters: tuple[Parameter, ...]
    impedance: Impedance
    derivative: Derivative
    source: str = ""


def _log(name: str, unit: str, scaling: int, typical: tuple[float, float]) -> Parameter:
    return Parameter(name, unit, scaling, 1e-30, 1e30, typical)


def _exponent() -> Parameter:
    # below 0.2 a constant-phase element is a resistance in disguise and trades places with R0
    return Parameter("n", "1", 0, 0.2, 1.0, (0.5, 0.98), logarithmic=False)


_OHM = (0.03, 30.0)
_SECOND = (1e-6, 1.0)
_FARAD = (1e-6, 1.0)


def _rows(*rows: Complex | complex) -> Complex:
    return np.array(np.broadcast_arrays(*rows), dtype=np.complex128)


def _coth_over(x: Complex) -> tuple[Complex, Complex]:
    """coth(x)/x and its logarithmic derivative x·d/dx, both without overflow for Re x > 0."""
    e = np.exp(-2 * x)
    value = (1 + e) / (1 - e) / x
    return value, -(4 * e / (1 - e) ** 2 + value)


def _tanh_over(x: Complex) -> tuple[Complex, Complex]:
    """tanh(x)/x and its logarithmic derivative x·d/dx."""
    e = np.exp(-2 * x)
    value = (1 - e) / (1 + e) / x
    return value, 4 * e / (1 + e) ** 2 - value


def _wo(p: Real, s: Complex) -> Complex:
    z: Complex = p[0] * _coth_over(np.sqrt(s * p[1]))[0]
    return z


def _wo_derivative(p: Real, s: Complex) -> Complex:
    value, slope = _coth_over(np.sqrt(s * p[1]))
    return _rows(value, p[0] * slope / (2 * p[1]))


def _ws(p: Real, s: Complex) -> Complex:
    z: Complex = p[0] * _tanh_over(np.sqrt(s * p[1]))[0]
    return z


def _ws_derivative(p: Real, s: Complex) -> Complex:
    value, slope = _tanh_over(np.sqrt(s * p[1]))
    return _rows(value, p[0] * slope / (2 * p[1]))


def _fsd(p: Real, s: Complex) -> Complex:
    z: Complex = p[0] * _coth_over((s * p[1]) ** (p[2] / 2))[0]
    return z


def _fsd_derivative(p: Real, s: Complex) -> Complex:
    value, slope = _coth_over((s * p[1]) ** (p[2] / 2))
    return _rows(value, p[0] * slope * p[2] / (2 * p[1]), p[0] * slope * np.log(s * p[1]) / 2)


def _cpe(p: Real, s: Complex) -> Complex:
    z: Complex = 1 / (p[0] * s ** p[1])
    return z


def _cpe_derivative(p: Real, s: Complex) -> Complex:
    z = _cpe(p, s)
    return _rows(-z / p[0], -z * np.log(s))


def _zarc(p: Real, s: Complex) -> Complex:
    z: Complex = p[0] / (1 + (s * p[1]) ** p[2])
    return z


def _zarc_derivative(p: Real, s: Complex) -> Complex:
    u = (s * p[1]) ** p[2]
    inner = -p[0] * u / (1 + u) ** 2
    return _rows(1 / (1 + u), inner * p[2] / p[1], inner * np.log(s * p[1]))


def _gerischer(p: Real, s: Complex) -> Complex:
    z: Complex = p[0] / np.sqrt(1 + s * p[1])
    return z


def _gerischer_derivative(p: Real, s: Complex) -> Complex:
    root = np.sqrt(1 + s * p[1])
    return _rows(1 / root, -p[0] * s / (2 * root**3))


def _tlmq(p: Real, s: Complex) -> Complex:
    z: Complex = p[0] * _coth_over(np.sqrt(p[0] * p[1] * s ** p[2]))[0]
    return z


def _tlmq_derivative(p: Real, s: Complex) -> Complex:
    value, slope = _coth_over(np.sqrt(p[0] * p[1] * s ** p[2]))
    half = p[0] * slope / 2
    return _rows(value + half / p[0], half / p[1], half * np.log(s))


def _tlm(p: Real, s: Complex) -> Complex:
    z: Complex = p[0] * _coth_over(np.sqrt(p[0] * (1 / p[1] + p[2] * s ** p[3])))[0]
    return z


def _tlm_derivative(p: Real, s: Complex) -> Complex:
    blocking = p[2] * s ** p[3]
    admittance = 1 / p[1] + blocking
    value, slope = _coth_over(np.sqrt(p[0] * admittance))
    half = p[0] * slope / 2
    share = blocking / admittance
    return _rows(
        value + half / p[0],
        -half / (p[1] ** 2 * admittance),
        half * share / p[2],
        half * share * np.log(s),
    )


_BUILT_IN = (
    Element(
        "R",
        "resistor",
        (_log("", "ohm", 1, _OHM),),
        lambda p, s: np.full(len(s), p[0], dtype=np.complex128),
        lambda p, s: np.ones((1, len(s)), dtype=np.complex128),
    ),
    Element(
        "C",
        "capacitor",
        (_log("", "F", -1, _FARAD),),
        lambda p, s: 1 / (p[0] * s),
        lambda p, s: _rows(-1 / (p[0] ** 2 * s)),
    ),
    Element("L", "inductor", (_log("", "H", 1, (1e-8, 1e-5)),), lambda p, s: p[0] * s, lambda p, s: _rows(s)),
    Element(
        "CPE",
        "constant-phase element, Z = 1/[Q (i2πf)^n]",
        (_log("Q", "ohm^-1.s^n", -1, _FARAD), _exponent()),
        _cpe,
        _cpe_derivative,
        "Brug et al. 1984, DOI 10.1016/S0022-0728(84)80324-1",
    ),
    Element(
        "W",
        "semi-infinite Warburg diffusion, Z = σ (1 − i)/√(2πf)",
        (_log("", "ohm.s^-1/2", 1, (0.01, 100.0)),),
        lambda p, s: np.sqrt(2) * p[0] / np.sqrt(s),
        lambda p, s: _rows(np.sqrt(2) / np.sqrt(s)),
        "Warburg 1899, DOI 10.1002/andp.18993030302",
    ),
    Element(
        "Wo",
        "finite-space Warburg diffusion (blocked end), Z = R coth(√(i2πfτ))/√(i2πfτ)",
        (_log("R", "ohm", 1, _OHM), _log("tau", "s", 0, _SECOND)),
        _wo,
        _wo_derivative,
        "Bisquert and Compte 2001, DOI 10.1016/S0022-0728(00)00497-6",
    ),
    Element(
        "Ws",
        "finite-length Warburg diffusion (open end), Z = R tanh(√(i2πfτ))/√(i2πfτ)",
        (_log("R", "ohm", 1, _OHM), _log("tau", "s", 0, _SECOND)),
        _ws,
        _ws_derivative,
        "Bisquert and Compte 2001, DOI 10.1016/S0022-0728(00)00497-6",
    ),
    Element(
        "FSD",
        "finite-space anomalous diffusion, Z = R coth(x)/x with x = (i2πfτ)^(n/2); n = 1 is Wo",
        (_log("R", "ohm", 1, _OHM), _log("tau", "s", 0, _SECOND), _exponent()),
        _fsd,
        _fsd_derivative,
        "Bisquert and Compte 2001, DOI 10.1016/S0022-0728(00)00497-6",
    ),
    Element(
        "G",
        "Gerischer, diffusion with reaction, Z = R/√(1 + i2πfτ)",
        (_log("R", "ohm", 1, _OHM), _log("tau", "s", 0, _SECOND)),
        _gerischer,
        _gerischer_derivative,
        "Boukamp 2003, DOI 10.1016/S0167-2738(02)00185-6",
    ),
    Element(
        "ZARC",
        "depressed arc, Z = R/[1 + (i2πfτ)^n]: p(R,CPE) with Q = τ^n/R",
        (_log("R", "ohm", 1, _OHM), _log("tau", "s", 0, _SECOND), _exponent()),
        _zarc,
        _zarc_derivative,
        "Cole and Cole 1941, DOI 10.1063/1.1750906",
    ),
    Element(
        "TLMQ",
        "porous electrode with blocking pore walls, Z = √(Rion ζ) coth√(Rion/ζ), ζ = 1/[Q (i2πf)^n]",
        (_log("Rion", "ohm", 1, _OHM), _log("Q", "ohm^-1.s^n", -1, _FARAD), _exponent()),
        _tlmq,
        _tlmq_derivative,
        "Bisquert 2002, DOI 10.1021/jp011941g",
    ),
    Element(
        "TLM",
        "porous electrode with reacting pore walls, as TLMQ with 1/ζ = 1/Rct + Q (i2πf)^n",
        (
            _log("Rion", "ohm", 1, _OHM),
            _log("Rct", "ohm", 1, _OHM),
            _log("Q", "ohm^-1.s^n", -1, _FARAD),
            _exponent(),
        ),
        _tlm,
        _tlm_derivative,
        "Bisquert 2002, DOI 10.1021/jp011941g",
    ),
)

# impedance.py spells the arc this way
_ALIASES = {"Zarc": "ZARC"}
_registry: dict[str, Element] = {}


def known_elements() -> dict[str, Element]:
    """Every registered element by its symbol; a copy."""
    return dict(_registry)


def find_element(symbol: str) -> Element | None:
    """The element of that symbol, or None."""
    return _registry.get(_ALIASES.get(symbol, symbol))


def register(element: Element) -> None:
    """Make `element` known to circuits, once its derivative agrees with its impedance.

    Parameters
    ----------
    element : Element
        Its symbol is made of letters and not taken; the derivative must agree with five-point differences
        of the impedance within 1e-6 of the largest term, at three sets of parameters and nine frequencies
        from 1 mHz to 1 MHz.

    Raises
    ------
    CircuitError
        Where the symbol, the shapes or a value are wrong, or impedance and derivative disagree.
    """
    if not re.fullmatch(r"[A-Za-z]{1,12}", element.symbol) or element.symbol == "p":
        raise CircuitError("this cannot be an element's symbol", given=element.symbol, allowed="1 to 12 letters, not p")
    if find_element(element.symbol) is not None:
        raise CircuitError("this symbol is taken", given=element.symbol, hint="Choose another; built-in elements stay.")
    _check_parameters(element)
    _check_derivative(element)
    _registry[element.symbol] = element


def _check_parameters(element: Element) -> None:
    names = [p.name for p in element.parameters]
    unnamed = len(names) > 1 and "" in names
    if not names or len(set(names)) != len(names) or unnamed:
        raise CircuitError(
            f"the parameters of {element.symbol} need names of their own",
            given=names,
            allowed="one or more, all different; the name is empty only where there is one",
        )
    for p in element.parameters:
        ordered = p.low <= p.typical[0] <= p.typical[1] <= p.high and p.low < p.high
        if not ordered or (p.logarithmic and p.low <= 0) or p.scaling not in (-1, 0, 1):
            raise CircuitError(
                f"parameter {p.name or element.symbol} of {element.symbol} has limits that do not fit",
                given=f"low {p.low}, typical {p.typical}, high {p.high}, scaling {p.scaling}",
                allowed="low <= typical <= high, above zero where logarithmic; scaling -1, 0 or 1",
            )


def _check_derivative(element: Element) -> None:
    s = 2j * np.pi * np.logspace(-3, 6, 9)
    low = np.array([p.typical[0] for p in element.parameters])
    high = np.array([p.typical[1] for p in element.parameters])
    for share in (0.23, 0.5, 0.71):
        p = np.array(
            [
                a ** (1 - share) * b**share if each.logarithmic else a + (b - a) * share
                for a, b, each in zip(low, high, element.parameters, strict=True)
            ]
        )
        z, slope = element.impedance(p, s), element.derivative(p, s)
        if np.shape(z) != s.shape or np.shape(slope) != (len(p), len(s)):
            raise CircuitError(
                f"{element.symbol} returns arrays of the wrong shape",
                given=f"impedance {np.shape(z)}, derivative {np.shape(slope)}",
                allowed=f"impedance {s.shape}, derivative {(len(p), len(s))}",
            )
        if not (np.isfinite(z).all() and np.isfinite(slope).all()):
            raise CircuitError(f"{element.symbol} is not finite", given=f"p = {p.tolist()}", allowed="finite values")
        for i, parameter in enumerate(element.parameters):
            step = np.zeros(len(p))
            step[i] = 1e-3 * p[i]
            numeric = (
                8 * (element.impedance(p + step, s) - element.impedance(p - step, s))
                - (element.impedance(p + 2 * step, s) - element.impedance(p - 2 * step, s))
            ) / (12 * step[i])
            error = np.abs(numeric - slope[i])
            scale = np.maximum(np.abs(slope[i]), np.abs(z) / p[i])
            if (error > 1e-6 * scale).any():
                at = int(np.argmax(error / scale))
                raise CircuitError(
                    f"impedance and derivative of {element.symbol} disagree in {parameter.name or element.symbol}",
                    given=f"derivative {slope[i][at]:.6g}, differences {numeric[at]:.6g}"
                    f" at {abs(s[at]) / (2 * np.pi):.3g} Hz",
                    hint="Correct one of them.",
                )


def unknown_element(symbol: str) -> CircuitError:
    """The error for a symbol nobody registered; names the nearest."""
    return CircuitError(
        "unknown element",
        given=symbol,
        allowed=", ".join(_registry),
        hint=did_you_mean(symbol, [*_registry, *_ALIASES]),
    )


for _element in _BUILT_IN:
    register(_element)
