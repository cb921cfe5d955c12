"""How many cells of a batch live: a Weibull population of flaws, sub-critical growth, and its calibration.

    first charge   F(j) = 1 − exp[−(A/A₀) (j/J₀)^k]
    later          a flaw of critical current J grows by (j/J)^p a cycle and shorts the cell when the sum reaches N₀
    survival       S(N, j) = exp{−max[1, (N/N₀)^{k/p}] (A/A₀) (j/J₀)^k}

J₀ is a current per electrode area at full contact; the factor by which the current is higher at the edge of a contact
is inside it.

Sources: Weibull 1951, J. Appl. Mech. 18, 293; k = m/3 and the power law see `natron.interface.pressing.fracture`; the
growth law is the usual one of slow crack growth, counted in cycles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from natron.core import InputError, Quantity
from natron.core.uncertainty import exp, log
from natron.materials import parameters

PARAMETERS = ("critical_current", "weibull_modulus", "growth_exponent")
"""Names in the library's group ``shorting`` that shape the law; its fourth parameter, N₀, is calibrated."""


@dataclass(frozen=True, slots=True)
class ShortingLaw:
    """Parameters of the law; floats, arrays or uncertain numbers.

    Attributes
    ----------
    critical_current_A_m2 : float
        J₀ at the reference area, > 0.
    weibull_modulus : float
        k, > 0.
    growth_exponent : float
        p, > 0.
    cycles : float
        N₀, > 0: cycles at the critical current of a flaw that short the cell.
    reference_area_m2 : float
        A₀, > 0.
    """

    critical_current_A_m2: Any
    weibull_modulus: Any
    growth_exponent: Any
    cycles: Any
    reference_area_m2: float

    def scale_A_m2(self, area_m2: Any) -> Any:
        """Weibull scale of the critical current of an electrode of that area, J₀ (A₀/A)^{1/k}."""
        return self.critical_current_A_m2 * (self.reference_area_m2 / area_m2) ** (1 / self.weibull_modulus)

    def survival(self, cycles: Any, current_A_m2: Any, area_m2: float | None = None) -> Any:
        """Share of cells alive after `cycles` plating half cycles at one current and full contact.

        Parameters
        ----------
        cycles : float or array
            ≥ 0; nothing has happened at 0.
        current_A_m2 : float or array
            ≥ 0, by its amount.
        area_m2 : float, optional
            Of the electrode; the reference area by default.
        """
        N, j = np.asarray(cycles, dtype=float), np.asarray(current_A_m2, dtype=float)
        scale = self.scale_A_m2(self.reference_area_m2 if area_m2 is None else area_m2)
        fatigue = np.maximum(1.0, (N / self.cycles) ** (self.weibull_modulus / self.growth_exponent))
        alive = np.exp(-np.where(N > 0, fatigue, 0.0) * (j / scale) ** self.weibull_modulus)
        return float(alive) if alive.ndim == 0 else alive

    def cycles_to(self, survival: float, current_A_m2: float, area_m2: float | None = None) -> float:
        """Cycles after which that share is alive; 0 where the first charge takes more, inf at no current.

        Raises
        ------
        InputError
            Where the share does not lie between 0 and 1.
        """
        if not 0 < survival < 1:
            raise InputError("a share of survivors lies between 0 and 1", given=survival)
        if current_A_m2 == 0:
            return float("inf")
        scale = self.scale_A_m2(self.reference_area_m2 if area_m2 is None else area_m2)
        hazard = -np.log(survival) / (current_A_m2 / scale) ** self.weibull_modulus
        if hazard < 1:
            return 0.0
        return float(self.cycles * hazard ** (self.growth_exponent / self.weibull_modulus))


def calibrated_cycles(
    survival: Any, cycles: Any, current_A_m2: Any, critical_current_A_m2: Any, modulus: Any, exponent: Any
) -> Any:
    """N₀ that gives a survival S after N cycles at a current, N/[−ln S (J₀/j)^k]^{p/k}.

    Above N (a hazard below that of the first charge alone) no N₀ fits: the first charge then already takes more cells.
    """
    hazard = -log(survival) * exp(modulus * log(critical_current_A_m2 / current_A_m2))
    return cycles / exp(exponent / modulus * log(hazard))


def failure_interval(failed: int, cells: int, confidence: float = 0.95) -> tuple[float, float]:
    """Clopper–Pearson interval of a share of failures.

    Raises
    ------
    InputError
        Where the counts are not 0 ≤ failed ≤ cells, cells ≥ 1, or the confidence is not between 0 and 1.

    Source: Clopper and Pearson 1934, DOI 10.1093/biomet/26.4.404.
    """
    if not (0 <= failed <= cells and cells >= 1 and 0 < confidence < 1):
        raise InputError("an interval needs 0 ≤ failed ≤ cells and a confidence between 0 and 1", given=(failed, cells))
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, failed, cells - failed + 1)) if failed else 0.0
    high = float(beta.ppf(1 - tail, failed + 1, cells - failed)) if failed < cells else 1.0
    return low, high


def shorting_parameters() -> Mapping[str, Quantity]:
    """The library's parameters of shorting by name, calibration data included."""
    return parameters("shorting")


def shorting_law(changes: Mapping[str, float] | None = None) -> ShortingLaw:
    """The law at the library's nominal values, N₀ calibrated to the batch of ten cells in that library.

    Parameters
    ----------
    changes : Mapping[str, float], optional
        SI values of ``shorting`` parameters to take instead; N₀ is then calibrated anew, unless it is given as
        ``cycles``.
    """
    values = {name: q.value for name, q in shorting_parameters().items()} | dict(changes or {})
    return law_of(values)


def law_of(values: Mapping[str, Any]) -> ShortingLaw:
    """The law of these parameters (SI, floats or arrays), N₀ calibrated unless given as ``cycles``."""
    J0, k, p = (values[name] for name in PARAMETERS)
    cycles = values.get("cycles")
    if cycles is None:
        failed = values.get("batch_failed_share", values["batch_failed"] / values["batch_cells"])
        cycles = calibrated_cycles(1 - failed, values["batch_cycles"], values["batch_current"], J0, k, p)
    return ShortingLaw(J0, k, p, cycles, values["reference_area"])
