"""Pictures of spectra: Nyquist with equal axes, Bode, residuals, relaxation times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.data import Spectrum
from natron.eis import DRTResult, FitResult
from natron.plot.style import ACCENT, GRID, INK, LOSS, MUTED

SHADES = ("#0f6f8c", "#b4532a", "#2b4c5e", "#8d99a6", "#6b5b95", "#2f8f6b", "#274690", "#7a6a2f")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
"""Colour and marker change together, so that curves stay apart without colour."""


_RAMP = ("#14315c", "#8a4a7d", "#e09a4f")
_MOST_IN_LEGEND = 9


def along(count: int) -> list[str]:
    """Colours of the members of a series in its order, dark to light: from cold to hot, or first to last.

    Lightness rises all the way, so that the order can be read without colour.
    """
    stops = [np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)]) for text in _RAMP]
    places = np.linspace(0, len(stops) - 1, count) if count > 1 else np.zeros(1)
    mixed = [
        np.array([np.interp(at, range(len(stops)), [stop[c] for stop in stops]) for c in range(3)]) for at in places
    ]
    return ["#" + "".join(f"{round(float(c)):02x}" for c in colour) for colour in mixed]


def in_legend(count: int) -> set[int]:
    """Which of so many curves the legend names: all, or some evenly spread ones with the first and the last."""
    return {round(i) for i in np.linspace(0, count - 1, min(count, _MOST_IN_LEGEND)).tolist()}


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
    colours, named = _colours(len(shown)), in_legend(len(shown))
    for i, (spectrum, fit) in enumerate(zip(shown, fitted, strict=True)):
        factor, unit = _scale(spectrum, per_area)
        z = spectrum.impedance_ohm * factor
        label = labels[i] if i < len(labels) and i in named else None
        marker = MARKERS[i % len(MARKERS)]
        ax.plot(z.real, -z.imag, marker, color=colours[i], markersize=4, markerfacecolor="none", label=label, zorder=2)
        if fit is not None:
            model = fit.impedance_ohm * factor
            ax.plot(model.real, -model.imag, color=colours[i], linewidth=1.2, zorder=3)
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


def _colours(count: int) -> list[str]:
    return [SHADES[0]] if count == 1 else along(count)


def _limits(points: Sequence[NDArray[np.complex128]]) -> tuple[float, float, float, float]:
    """Left, right, bottom and top around the points, the real axis in sight, and not flatter than one to three."""
    real = np.concatenate([z.real for z in points])
    imaginary = -np.concatenate([z.imag for z in points])
    low_x, high_x = min(float(real.min()), 0.0), float(real.max())
    low_y, high_y = min(float(imaginary.min()), 0.0), max(float(imaginary.max()), 0.0)
    width = (high_x - low_x) or 1.0
    high_y = max(high_y, low_y + width / 3)
    margin = 0.05 * max(width, high_y - low_y)
    return low_x - margin, high_x + margin, low_y - margin, high_y + margin


def nyquist_height(spectra: Sequence[Spectrum], width_cm: float) -> float:
    """Height in cm of a figure of that width that equal axes fill, 7 cm to as much as the width."""
    left, right, bottom, top = _limits([spectrum.impedance_ohm for spectrum in spectra])
    # labels take some 2 cm beside the axes and 1.5 cm below them
    return float(np.clip((width_cm - 2.0) * (top - bottom) / (right - left) + 1.5, 7.0, width_cm))


def _frame(ax: Any, points: Sequence[NDArray[np.complex128]]) -> None:
    """Equal axes around the points."""
    left, right, bottom, top = _limits(points)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
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
                frequency_text(10.0**decade),
                (z[i].real, -z[i].imag),
                textcoords="offset points",
                xytext=(0, 6),
                ha="center",
                fontsize=7.5,
                color=INK,
                # over the curve a label must stay legible
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5},
                zorder=5,
            )


def frequency_text(f: float) -> str:
    """A frequency with the prefix people use: ``1 MHz``."""
    for limit, prefix in ((1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ")):
        if f >= limit:
            return f"{f / limit:.3g} {prefix}Hz"
    return f"{f:.2g} Hz"


def bode(
    spectra: Spectrum | Sequence[Spectrum],
    fits: FitResult | Sequence[FitResult | None] | None = None,
    *,
    axes: Sequence[Any],
    labels: Sequence[str] = (),
    per_area: bool = True,
) -> Any:
    """|Z| and phase against frequency, the fit as a line.

    Parameters
    ----------
    spectra : Spectrum or sequence of them
    fits : FitResult or sequence, optional
        One for each spectrum, or None where there is none.
    axes : sequence of two matplotlib Axes
        For |Z| and for the phase.
    labels : sequence of str
        For the legend.
    per_area : bool
        Times the electrode area where every spectrum has one.

    Returns
    -------
    The same axes.
    """
    upper, lower = axes
    shown = [spectra] if isinstance(spectra, Spectrum) else list(spectra)
    fitted = [fits] if isinstance(fits, FitResult) else list(fits) if fits is not None else [None] * len(shown)
    per_area = per_area and all(spectrum.area_m2 is not None for spectrum in shown)
    unit = "Ω"
    colours, named = _colours(len(shown)), in_legend(len(shown))
    for i, (spectrum, fit) in enumerate(zip(shown, fitted, strict=True)):
        factor, unit = _scale(spectrum, per_area)
        f, z = spectrum.frequency_Hz, spectrum.impedance_ohm * factor
        how = {"color": colours[i], "markersize": 3.5, "markerfacecolor": "none", "linestyle": "none"}
        label = labels[i] if i < len(labels) and i in named else None
        upper.loglog(f, np.abs(z), marker=MARKERS[i % len(MARKERS)], label=label, **how)
        lower.semilogx(f, np.degrees(np.angle(z)), marker=MARKERS[i % len(MARKERS)], **how)
        if fit is not None:
            f, model = fit.spectrum.frequency_Hz, fit.impedance_ohm * factor
            upper.loglog(f, np.abs(model), color=colours[i], linewidth=1.2)
            lower.semilogx(f, np.degrees(np.angle(model)), color=colours[i], linewidth=1.2)
    upper.set_ylabel(f"|Z| / ({unit})" if " " in unit else f"|Z| / {unit}")
    lower.set_ylabel("Phase / °")
    lower.set_xlabel("Frequency / Hz")
    for ax in axes:
        ax.grid(color=GRID, linewidth=0.5)
        ax.set_axisbelow(True)
    if labels:
        legend_above(upper)
    return axes


def legend_above(ax: Any) -> None:
    """Where curves fill the axes, the legend stands above them."""
    ax.legend(frameon=False, fontsize=7.5, ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=1.2)


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


def relative_residuals(fit: FitResult) -> NDArray[np.complex128]:
    """(measured − model)/|Z measured|, (N,)."""
    z = fit.spectrum.impedance_ohm
    return np.asarray((z - fit.impedance_ohm) / np.abs(z))


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
            f"{peak.resistance_ohm:.3g} Ω\n{frequency_text(peak.frequency_Hz)}",
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
