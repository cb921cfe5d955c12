"""Arrhenius laws of resistances: R = T κ exp(E_A/k_B T), with honest errors."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc

from natron.core import InputError
from natron.core.constants import ABSOLUTE_ZERO_DEGC, BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C
from natron.eis.fitting.engine import Array
from natron.eis.fitting.result import FitParameter, student_95

BOLTZMANN_EV_PER_K = BOLTZMANN_J_PER_K / ELEMENTARY_CHARGE_C
_CELSIUS_25_K = 25 - ABSOLUTE_ZERO_DEGC
_SCATTER_LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line y = intercept + slope (x − pivot) through S points, by weighted least squares.

    Attributes
    ----------
    pivot : float
        Weighted mean of x, where intercept and slope are independent.
    intercept, slope : float
    intercept_error, slope_error : float
        One standard error, widened by `widening`.
    degrees : int
        Degrees of freedom of the errors.
    scatter : float
        χ²/(S − 2) of the points about the line; nan for two points.
    widening : float
        1, or √`scatter` where the points scatter by more than their errors explain, at the 5 % level.
    """

    pivot: float
    intercept: float
    slope: float
    intercept_error: float
    slope_error: float
    degrees: int
    scatter: float
    widening: float

    def tilted(self, by: float) -> Line:
        """The same line with `by` added to its slope."""
        return replace(self, slope=self.slope + by)


def weighted_line(x: Array, y: Array, error: Array, degrees: int) -> Line:
    """The line through points (S,) with standard errors (S,) that were found with so many degrees of freedom.

    Points of infinite error do not count. At least two different x of finite error are needed.

    Raises
    ------
    InputError
        Where fewer are left.
    """
    known = np.isfinite(error) & np.isfinite(y)
    x, y, error = x[known], y[known], error[known]
    if len(x) < 2 or np.ptp(x) <= 1e-9 * np.abs(x).max():
        raise InputError(
            "a line needs two different points whose errors are known",
            given=f"{len(np.unique(x))} such",
            hint="Measure at more values, or take a circuit that the spectra determine.",
        )
    # exact data have no error; a billionth is less than anyone can measure
    weight = 1 / np.maximum(error, 1e-9 * max(1.0, float(np.abs(y).max()))) ** 2
    total = float(weight.sum())
    pivot = float(weight @ x) / total
    away = x - pivot
    spread = float(weight @ away**2)
    intercept, slope = float(weight @ y) / total, float(weight @ (away * y)) / spread
    left = len(x) - 2
    chi2 = float(weight @ (y - intercept - slope * away) ** 2)
    scatter = chi2 / left if left else math.nan
    significant = left > 0 and float(chdtrc(left, chi2)) < _SCATTER_LEVEL
    widening = math.sqrt(scatter) if significant else 1.0
    return Line(
        pivot,
        intercept,
        slope,
        widening / math.sqrt(total),
        widening / math.sqrt(spread),
        left if significant else degrees,
        scatter,
        widening,
    )


@dataclass(frozen=True, slots=True)
class Arrhenius:
    """The law R = T κ exp(E_A/k_B T) of one resistance.

    Attributes
    ----------
    name : str
        Of the resistance, such as ``R1``.
    activation_energy : FitParameter
        E_A in eV by ln(σT) = ln(σ₀) − E_A/k_B T: the slope of ln(R/T) over 1/k_B T.
    activation_energy_ln_sigma : FitParameter
        E_A in eV by ln σ: the slope of ln R over 1/k_B T, about k_B T smaller.
    prefactor : FitParameter
        κ in ohm/K. It lies far outside the measured range and is strongly correlated with E_A: for a
        resistance and its error ask `resistance`.
    tied : bool
        Whether it comes from the joint fit, which found the tie to hold, or from the separate fits.
    points : int
        Temperatures that took part.
    scatter : float
        χ²/(points − 2) about the law; nan where it is tied or has two points.
    conductivity_25C : FitParameter or None
        Thickness/(R area) at 25 °C in S/m, where all spectra have the same area and thickness. Their own
        uncertainty is not in it.
    pivot_per_eV, log_at_pivot, log_error_at_pivot : float
        1/k_B T where ln(R/T) and E_A are independent; ln(R/T) there and its standard error.
    degrees_of_freedom : int
        Of the errors.
    """

    name: str
    activation_energy: FitParameter
    activation_energy_ln_sigma: FitParameter
    prefactor: FitParameter
    tied: bool
    points: int
    scatter: float
    conductivity_25C: FitParameter | None
    pivot_per_eV: float
    log_at_pivot: float
    log_error_at_pivot: float
    degrees_of_freedom: int

    def resistance(self, temperature_K: float) -> FitParameter:
        """R in ohm by the law at a temperature, with its error.

        Raises
        ------
        InputError
            Where the temperature is not above 0 K.
        """
        if not (math.isfinite(temperature_K) and temperature_K > 0):
            raise InputError("a temperature above 0 K is needed", given=temperature_K)
        away = 1 / (BOLTZMANN_EV_PER_K * temperature_K) - self.pivot_per_eV
        energy = self.activation_energy
        log = math.log(temperature_K) + self.log_at_pivot + energy.value * away
        relative = math.hypot(self.log_error_at_pivot, away * energy.uncertainty)
        return _positive(self.name, log, relative, "ohm", self.degrees_of_freedom)


def arrhenius_law(
    name: str,
    line: Line,
    ln_sigma: Line,
    *,
    tied: bool,
    points: int,
    thickness_over_area_per_m: float | None,
) -> Arrhenius:
    """The law from the lines of ln(R/T) and of ln R over 1/k_B T in 1/eV."""
    at_zero = line.intercept - line.slope * line.pivot
    error_at_zero = math.hypot(line.intercept_error, line.slope_error * line.pivot)
    law = Arrhenius(
        name,
        _energy(f"{name}_E", line),
        _energy(f"{name}_E_ln_sigma", ln_sigma),
        _positive(f"{name}_kappa", at_zero, error_at_zero, "ohm/K", line.degrees),
        tied,
        points,
        line.scatter,
        None,
        line.pivot,
        line.intercept,
        line.intercept_error,
        line.degrees,
    )
    if thickness_over_area_per_m is None:
        return law
    R = law.resistance(_CELSIUS_25_K)
    log = math.log(thickness_over_area_per_m / R.value)
    conductivity = _positive(f"{name}_sigma_25C", log, R.uncertainty / R.value, "S/m", line.degrees)
    return replace(law, conductivity_25C=conductivity)


def _energy(name: str, line: Line) -> FitParameter:
    reach = student_95(line.degrees) * line.slope_error
    return FitParameter(name, line.slope, line.slope_error, "eV", (line.slope - reach, line.slope + reach))


def _positive(name: str, log: float, relative: float, unit: str, degrees: int) -> FitParameter:
    """exp(log) with an interval that is symmetric in the logarithm."""
    value, ratio = _exp(log), _exp(student_95(degrees) * relative)
    return FitParameter(name, value, value * relative, unit, (value / ratio, value * ratio))


def _exp(value: float) -> float:
    return math.exp(min(max(value, -700.0), 700.0))
