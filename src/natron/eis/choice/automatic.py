"""Fit of a circuit to a spectrum, without a guess: of one that is named, or of the one it calls for."""

from __future__ import annotations

from collections.abc import Mapping

from natron.core import InputError
from natron.data import Spectrum
from natron.eis.choice.selection import select_circuit
from natron.eis.circuits.notation import Circuit, parse_circuit
from natron.eis.fitting.result import FitResult, Weight
from natron.eis.fitting.spectrum_fit import fit_circuit
from natron.eis.fitting.task import EngineName


def fit(
    spectrum: Spectrum,
    circuit: str | Circuit,
    weight: Weight = "modulus",
    *,
    initial: Mapping[str, float] | None = None,
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    order: bool = True,
    robust: bool = False,
    starts: int = 24,
    engine: EngineName = "auto",
    strict: bool = False,
) -> FitResult:
    """Fit a circuit to a spectrum; no guess is needed.

    A dictionary of candidates for each branch of the top-level series is combined by variable projection
    (Golub and Pereyra 1973, DOI 10.1137/0710036); the best mixtures start Levenberg–Marquardt fits in
    logarithms of positive parameters, p(R,CPE) as (R, τ, n). Exponents stay as they are, within bounds that
    take part in the step: a logit would put the ideal capacitor, n = 1, out of reach.

    Parameters
    ----------
    spectrum : Spectrum
        No point of it is dropped.
    circuit : str or Circuit
        Such as ``R0-p(R1,CPE1)-p(R2,CPE2)``; ``auto`` takes the one that `natron.eis.select_circuit` finds,
        and then neither `initial`, `fixed` nor `bounds` can be given.
    weight : {"modulus", "proportional", "unit", "measured"}
        1/|Z measured|; 1/|Re Z| and 1/|Im Z|, each at least 1 % of |Z|; 1; or 1/`spectrum.noise_ohm`.
    initial : mapping, optional
        Values to start from. Where all free parameters are given, that is the only start.
    fixed : mapping, optional
        Values that stay.
    bounds : mapping of (low, high), optional
        Limits of parameters; 0 and inf leave a side as it is.
    order : bool
        Whether equal arcs are named by falling frequency: R1 is the fastest, also where a parameter of one
        is fixed or bounded.
    robust : bool
        Weigh points down that lie far out (Huber 1964, DOI 10.1214/aoms/1177703732); χ² is then the
        weighed-down one, `residuals` stay as they are.
    starts : int
        At most so many fits are tried, 1 to 200.
    engine : {"auto", "numba", "numpy"}
        Compiled where numba is installed, else array code; the answers agree.
    strict : bool
        Raise where the status is ``not_converged``.

    Raises
    ------
    CircuitError
        Where the circuit cannot be read, or a parameter is unknown or outside its limits.
    DataError
        Where the spectrum has too few points for the circuit, more than 10 000, a |Z| of zero where the
        weights need it, or no noise for measured weights.
    FitError
        Where `strict` and not converged.

    Examples
    --------
    >>> import numpy as np
    >>> from natron.eis import parse_circuit
    >>> f = np.logspace(6, 0, 60)
    >>> z = parse_circuit("R0-p(R1,CPE1)").impedance([10.0, 50.0, 1e-6, 0.9], f)
    >>> round(fit(Spectrum(f, z), "R0-p(R1,CPE1)").parameters["R1"].value, 6)
    50.0
    """
    if not (isinstance(circuit, str) and circuit.strip() == "auto"):
        named = parse_circuit(circuit) if isinstance(circuit, str) else circuit
        return fit_circuit(
            spectrum,
            named,
            weight,
            initial=initial,
            fixed=fixed,
            bounds=bounds,
            order=order,
            robust=robust,
            starts=starts,
            engine=engine,
            strict=strict,
        )
    if initial or fixed or bounds:
        raise InputError(
            "no parameter can be given while the circuit is still to be chosen", key="circuit", given="auto"
        )
    chosen = select_circuit(spectrum, weight=weight, starts=starts, engine=engine).result
    if not (robust or strict):
        return chosen
    # χ² values weighed down differently cannot be compared, so the choice is made plainly and fitted again
    return fit_circuit(spectrum, chosen.circuit, weight, robust=robust, starts=starts, engine=engine, strict=strict)
