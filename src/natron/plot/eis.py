"""Pictures of impedance: Nyquist with equal axes, Bode, residuals, Arrhenius, relaxation times, series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.core import format_number
from natron.data import Spectrum
from natron.eis import DRTResult, FitResult, SeriesResult
from natron.plot.style import ACCENT, GRID, INK, LOSS, MUTED

SHADES = ("#0f6f8c", "#b4532a", "#2b4c5e", "#8d99a6", "#6b5b95", "#2f8f6b", "#274690", "#7a6a2f")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
"""Colour and marker change together, so that curves stay apart without colour."""


def _scale(spectrum: Spectrum, per_area: bool) -> tuple[float, str]:
    """Factor from ohms to what is shown, and its unit."""
    if per_area and spectrum.area_m2 is not None:
        return spectrum.area_m2 * 1e4, "Ω cm²"
    return 1.0, "Ω"


def nyquist(
    spectra: Spectrum | Sequence[Spectrum],
    fits: FitResult | Sequence[FitResult | None] | None = None,
    *,
    ax: Any,
    labels: Sequence[str] = (),
    per_area: bool = True,
) -> Any:
    """−Im Z against Re Z on equal axes, each decade of frequency labelled, the fit as a line.

    Parameters
    ----------
    spectra : Spectrum or sequence of them
    fits : FitResult or sequence, optional
        One for each spectrum, or None where there is none.
    ax : matplotlib Axes
    labels : sequence of str
        For the legend.
    per_area : bool
        Times the electrode area where every spectrum has one.

    Returns
    -------
    The same axes.
    """
    shown = [spectra] if isinstance(spectra, Spectrum) else list(spectra)
    fitted: list[FitResult | None] = (
        [fits] if isinstance(fits, FitResult) else list(fits) if fits is not None else [None] * len(shown)
    )
    per_area = per_area and all(spectrum.area_m2 is not None for spectrum in shown)
    unit = "Ω"
    for i, (spectrum, fit) in enumerate(zip(shown, fitted, strict=True)):
        factor, unit = _scale(spectrum, per_area)
        z = spectrum.impedance_ohm * factor
        colour, marker = SHADES[i % len(SHADES)], MARKERS[i % len(MARKERS)]
        label = labels[i] if i < len(labels) else None
        ax.plot(z.real, -z.imag, marker, color=colour, markersize=4, markerfacecolor="none", label=label, zorder=2)
        if fit is not None:
            model = fit.impedance_ohm * factor
            ax.plot(model.real, -model.imag, color=colour, linewidth=1.2, zorder=3)
        if len(shown) == 1:
            _label_decades(ax, spectrum.frequency_Hz, z)
    removed = shown[0].removed_impedance_ohm if len(shown) == 1 else np.array([])
    if len(removed):
        z = removed * _scale(shown[0], per_area)[0]
        ax.plot(z.real, -z.imag, "x", color=MUTED, markersize=4, label="left out", zorder=1)
    _frame(ax, [spectrum.impedance_ohm * _scale(spectrum, per_area)[0] for spectrum in shown])
    ax.set_xlabel(f"Re Z / ({unit})" if " " in unit else f"Re Z / {unit}")
    ax.set_ylabel(f"−Im Z / ({unit})" if " " in unit else f"−Im Z / {unit}")
    ax.axhline(0, color=GRID, linewidth=0.8, zorder=0)
    ax.grid(color=GRID, linewidth=0.5)
    ax.set_axisbelow(True)
    if labels or len(removed):
        ax.legend(frameon=False, fontsize=8)
    return ax


def _frame(ax: Any, points: Sequence[NDArray[np.complex128]]) -> None:
    """Equal axes around the points, the real axis in sight, and not flatter than one to three."""
    real = np.concatenate([z.real for z in points])
    imaginary = -np.concatenate([z.imag for z in points])
    low_x, high_x = min(float(real.min()), 0.0), float(real.max())
    low_y, high_y = min(float(imaginary.min()), 0.0), max(float(imaginary.max()), 0.0)
    width, height = (high_x - low_x) or 1.0, high_y - low_y
    high_y = max(high_y, low_y + width / 3)
    margin = 0.05 * max(width, height)
    ax.set_xlim(low_x - margin, high_x + margin)
    ax.set_ylim(low_y - margin, high_y + margin)
    ax.set_aspect("equal", adjustable="box")


def _label_decades(ax: Any, frequency_Hz: NDArray[np.float64], z: NDArray[np.complex128]) -> None:
    """A filled mark and its frequency at the point nearest to each whole decade, where there is room."""
    lowest, highest = np.log10(frequency_Hz.min()), np.log10(frequency_Hz.max())
    span = max(np.ptp(z.real), np.ptp(z.imag)) or 1.0
    placed: list[complex] = []
    for decade in range(int(np.ceil(lowest - 0.05)), int(np.floor(highest + 0.05)) + 1):
        i = int(np.argmin(np.abs(np.log10(frequency_Hz) - decade)))
        if abs(np.log10(frequency_Hz[i]) - decade) > 0.15:
            continue
        ax.plot(z[i].real, -z[i].imag, "o", color=INK, markersize=4, zorder=4)
        if all(abs(z[i] - other) > 0.07 * span for other in placed):
            placed.append(z[i])
            ax.annotate(
                _frequency(10.0**decade),
                (z[i].real, -z[i].imag),
                textcoords="offset points",
                xytext=(3, 5),
                fontsize=7.5,
                color=INK,
            )


def _frequency(f: float) -> str:
    for limit, prefix in ((1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ")):
        if f >= limit:
            return f"{f / limit:.3g} {prefix}Hz"
    return f"{f:.2g} Hz"


def bode(spectrum: Spectrum, fit: FitResult | None = None, *, axes: Sequence[Any], per_area: bool = True) -> Any:
    """|Z| and phase against frequency.

    Parameters
    ----------
    spectrum : Spectrum
    fit : FitResult, optional
    axes : sequence of two matplotlib Axes
        For |Z| and for the phase.
    per_area : bool
        Times the electrode area where it is known.

    Returns
    -------
    The same axes.
    """
    upper, lower = axes
    factor, unit = _scale(spectrum, per_area)
    f, z = spectrum.frequency_Hz, spectrum.impedance_ohm * factor
    upper.loglog(f, np.abs(z), "o", color=ACCENT, markersize=4, markerfacecolor="none")
    lower.semilogx(f, np.degrees(np.angle(z)), "o", color=ACCENT, markersize=4, markerfacecolor="none")
    if fit is not None:
        model = fit.impedance_ohm * factor
        upper.loglog(f, np.abs(model), color=INK, linewidth=1.2)
        lower.semilogx(f, np.degrees(np.angle(model)), color=INK, linewidth=1.2)
    upper.set_ylabel(f"|Z| / ({unit})" if " " in unit else f"|Z| / {unit}")
    lower.set_ylabel("Phase / °")
    lower.set_xlabel("Frequency / Hz")
    for ax in axes:
        ax.grid(color=GRID, linewidth=0.5)
        ax.set_axisbelow(True)
    return axes


def residuals(
    frequency_Hz: NDArray[np.float64],
    relative: NDArray[np.complex128],
    *,
    ax: Any,
    limit: float | None = None,
) -> Any:
    """Relative residuals of Re and Im against frequency, in per cent.

    Parameters
    ----------
    frequency_Hz : ndarray, (N,)
    relative : ndarray of complex, (N,)
        (measured − model)/|Z|.
    ax : matplotlib Axes
    limit : float, optional
        Drawn on both sides of zero, as a fraction.

    Returns
    -------
    The same axes.
    """
    ax.semilogx(frequency_Hz, 100 * relative.real, "o-", color=ACCENT, markersize=3.5, linewidth=0.8, label="Re")
    ax.semilogx(
        frequency_Hz,
        100 * relative.imag,
        "s--",
        color=LOSS,
        markersize=3.5,
        linewidth=0.8,
        markerfacecolor="none",
        label="Im",
    )
    ax.axhline(0, color=MUTED, linewidth=0.8)
    if limit is not None:
        for side in (-limit, limit):
            ax.axhline(100 * side, color=MUTED, linewidth=0.8, linestyle=":")
    ax.set_xlabel("Frequency / Hz")
    ax.set_ylabel("Residual / % of |Z|")
    ax.grid(color=GRID, linewidth=0.5)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=8, ncols=2)
    return ax


def arrhenius(result: SeriesResult, *, ax: Any, names: Sequence[str] = ()) -> Any:
    """ln(R/T) of each resistance against 1000/T, with the separate fits' law and, where there is one, the tied one's.

    Parameters
    ----------
    result : SeriesResult
        By temperature.
    ax : matplotlib Axes
    names : sequence of str, optional
        Of resistances; else all that have a law.

    Returns
    -------
    The same axes.
    """
    T = np.asarray(result.course, dtype=float)
    grid = np.linspace(T.min(), T.max(), 100)
    for i, name in enumerate(names or result.separate_arrhenius):
        values, errors = result.values(name)
        colour, marker = SHADES[i % len(SHADES)], MARKERS[i % len(MARKERS)]
        known = np.isfinite(errors)
        bars = np.where(known, errors, 0.0) / T
        ax.errorbar(
            1000 / T, values / T, yerr=np.minimum(bars, 0.9 * values / T), fmt=marker, color=colour,
            markersize=5, markerfacecolor="none", capsize=2.5, linewidth=1, label=f"{name}, each spectrum",
        )  # fmt: skip
        for laws, style, words in ((result.separate_arrhenius, "--", "separate"), (result.tied_arrhenius, "-", "tied")):
            if name in laws:
                law = laws[name]
                energy = law.activation_energy
                value, error = format_number(energy.value, energy.uncertainty)
                label = f"{name} {words}: {value} ± {error} eV" if error else f"{name} {words}: {value} eV"
                model = np.array([law.resistance(float(t)).value for t in grid]) / grid
                ax.plot(1000 / grid, model, style, color=colour, linewidth=1.2, label=label)
    ax.set_yscale("log")
    ax.set_xlabel("1000 K / T")
    ax.set_ylabel("R/T / (Ω/K)")
    ax.grid(color=GRID, linewidth=0.5)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=7.5)
    return ax


def relaxation_times(result: DRTResult, *, ax: Any) -> Any:
    """γ(ln τ) against τ with its band, each peak with its resistance.

    Parameters
    ----------
    result : DRTResult
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    tau, gamma, band = result.tau_s, result.gamma_ohm, result.gamma_uncertainty_ohm
    ax.fill_between(tau, np.maximum(gamma - band, 0), gamma + band, color=ACCENT, alpha=0.18, linewidth=0)
    ax.semilogx(tau, gamma, color=ACCENT, linewidth=1.4)
    top = float(gamma.max()) or 1.0
    for peak in result.peaks:
        height = float(np.interp(np.log(peak.tau_s), np.log(tau), gamma))
        ax.annotate(
            f"{peak.resistance_ohm:.3g} Ω\n{_frequency(peak.frequency_Hz)}",
            (peak.tau_s, height),
            textcoords="offset points",
            xytext=(0, 6),
            ha="center",
            fontsize=8,
        )
    low, high = (1 / (2 * np.pi * f) for f in (result.spectrum.frequency_Hz[0], result.spectrum.frequency_Hz[-1]))
    for edge in (low, high):
        ax.axvline(edge, color=MUTED, linewidth=0.8, linestyle=":")
    ax.set_ylim(0, 1.25 * top)
    ax.set_xlabel("Time constant τ / s  (dotted: the window measured)")
    ax.set_ylabel("γ(ln τ) / Ω")
    ax.grid(color=GRID, linewidth=0.5)
    ax.set_axisbelow(True)
    return ax


def course(result: SeriesResult, names: Sequence[str], *, ax: Any) -> Any:
    """Parameters along a series with their standard errors; what grows significantly is filled.

    Parameters
    ----------
    result : SeriesResult
    names : sequence of str
        Of parameters of one unit.
    ax : matplotlib Axes

    Returns
    -------
    The same axes.
    """
    x = np.asarray(result.course, dtype=float)
    for i, name in enumerate(names):
        values, errors = result.values(name)
        colour, marker = SHADES[i % len(SHADES)], MARKERS[i % len(MARKERS)]
        grows = name in result.growing
        ax.errorbar(
            x, values, yerr=np.where(np.isfinite(errors), errors, 0.0), fmt=f"{marker}-", color=colour, markersize=5,
            markerfacecolor=colour if grows else "none", capsize=2.5, linewidth=1,
            label=f"{name}, grows" if grows else name,
        )  # fmt: skip
    unit = result.fits[0].parameters[names[0]].unit if names else ""
    own = result.by.capitalize()
    ax.set_xlabel(own if result.course_unit in ("", "1", result.by) else f"{own} / {result.course_unit}")
    ax.set_ylabel("Resistance / Ω" if unit == "ohm" else f"Value / {unit}")
    ax.grid(color=GRID, linewidth=0.5)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=8)
    return ax
