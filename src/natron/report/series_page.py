"""A series of spectra as one self-contained page."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from natron.core import KINDS, Quantity, format_number
from natron.eis import Arrhenius, FitParameter, SeriesResult, features
from natron.plot.eis import bode, frequency_text, nyquist, nyquist_height
from natron.plot.eis_series import arrhenius, capacitances, course, course_labels, series_residuals
from natron.report.html import render
from natron.report.told import (
    FitReport,
    SeriesReport,
    arcs_in_words,
    conductivity_25C,
    gathered,
    symmetric_in_words,
    tie_in_words,
)

Picture = tuple[str, Callable[..., Any], tuple[float, float], int]

_NOT_THE_SAMPLE = ("metal_interface", "charge_transfer", "double_layer", "diffusion", "collector")

_CAPTIONS = {
    "nyquist": "Nyquist plot on equal axes. Marks: measured; lines: the separate fits.",
    "bode": "Magnitude and phase, marks measured, lines fitted.",
    "residuals": "Residuals of each fit. What is left should be noise: a wave shared by all spectra is something that "
    "the circuit does not have.",
    "arrhenius": "Arrhenius plot of each resistance. Dashed: through the separate fits; full: the fit tied over all "
    "temperatures. Whiskers: one standard error.",
    "resistances": "Resistances along the series with standard errors; filled where the growth is significant.",
    "exponents": "Exponents of the constant-phase elements.",
    "capacitances": "Effective capacitance of each arc.",
}


def pictures(result: SeriesResult) -> list[Picture]:
    """The pictures of a series: name, what draws it on ``ax`` (or ``axes``), size in cm, and rows."""
    labels = course_labels(result)
    found: list[Picture] = [
        (
            "nyquist",
            partial(nyquist, result.spectra, result.fits, labels=labels),
            (16, nyquist_height(result.spectra, 16)),
            1,
        ),
        ("bode", partial(bode, result.spectra, result.fits, labels=labels), (16, 13), 2),
        ("residuals", partial(series_residuals, result.fits, labels=labels), (16, 11), 2),
    ]
    if result.arrhenius:
        found.append(("arrhenius", partial(arrhenius, result), (16, 13), 1))
    units = {name: p.unit for name, p in result.fits[0].parameters.items()}
    resistances = [name for name, unit in units.items() if unit == "ohm"]
    exponents = [name for name, unit in units.items() if unit == "1" and name.endswith("_n")]
    if resistances and not result.arrhenius:
        found.append(("resistances", partial(course, result, resistances), (16, 10), 1))
    if exponents:
        found.append(("exponents", partial(course, result, exponents), (16, 9), 1))
    if any(one.form == "arc" for one in features(result.fits[0])):
        found.append(("capacitances", partial(capacitances, result), (16, 9), 1))
    return found


def series_page(report: SeriesReport) -> str:
    """A series of spectra as one page: words, pictures, values with uncertainties, where each file came from.

    Raises
    ------
    NatronError
        Where matplotlib is not installed.
    """
    result = report.result
    return render(
        "series.html",
        title=f"Impedance by {result.by}: {result.circuit}",
        result=result,
        cell={"unknown": "cell of unknown kind"}.get(report.cell, f"{report.cell} cell"),
        geometry=_geometry(report),
        electrolyte=report.electrolyte,
        cards=_cards(report),
        warnings=gathered(report.warnings),
        tie=tie_in_words(result),
        breaks=_breaks(result),
        meaning=[*arcs_in_words(report), *symmetric_in_words(report), *(h.words for h in report.constriction.values())],
        growth=_growth(result),
        laws=_laws(report),
        table=_table(report),
        parameters=_parameters(report),
        evidence=_evidence(report),
        files=[_file(one, label) for one, label in zip(report.fits, course_labels(result), strict=True)],
        pictures=_drawn(result),
    )


def _drawn(result: SeriesResult) -> dict[str, dict[str, str]]:
    from natron.plot import figure, to_svg

    drawn = {}
    dashed = " Dashed: the one value of the tied fit." if result.tied_fit is not None else ""
    for name, picture, size, rows in pictures(result):
        canvas, axes = figure(*size, rows)
        picture(**({"ax": axes} if rows == 1 else {"axes": axes}))
        caption = _CAPTIONS[name] + (dashed if name in ("exponents", "capacitances") else "")
        drawn[name] = {"svg": to_svg(canvas, f"{name} of the series"), "caption": caption}
    return drawn


def shown(p: FitParameter, factor: float = 1.0) -> str:
    """A fitted value with its standard error, as text."""
    value, error = p.value * factor, p.uncertainty * factor
    if p.fixed:
        return f"{value:.5g} (fixed)"
    return _shown(value, error).replace("-", "−")


def _shown(value: float, error: float) -> str:
    if not math.isfinite(error):
        return f"{value:.3g} ± not known"
    larger = max(abs(value), error)
    if larger == 0 or 1e-2 <= larger < 1e6:
        number, plus_minus = format_number(value, error)
        return f"{number} ± {plus_minus}" if plus_minus else number
    # one power of ten for both, as it would be written by hand
    exponent = math.floor(math.log10(larger))
    number, plus_minus = format_number(value / 10.0**exponent, error / 10.0**exponent)
    number = number.removeprefix("-") if float(number) == 0 else number
    power = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"({number} ± {plus_minus or 0}) × 10{power}"


def _areal(q: Quantity | None) -> str:
    if q is None:
        return "–"
    if q.uncertainty is not None and not math.isfinite(q.uncertainty):
        return f"{q.shown_value:.3g} ± not known"
    return str(q).removesuffix(KINDS[q.kind].pretty).strip()


def _geometry(report: SeriesReport) -> str:
    if report.geometry is None:
        return "geometries that differ between the spectra"
    area, thickness = report.geometry.area, report.geometry.thickness
    known = [f"area {area}" if area else "", f"thickness {thickness}" if thickness else ""]
    return ", ".join(text for text in known if text) or "no geometry given"


def _cards(report: SeriesReport) -> list[tuple[str, str]]:
    """The few numbers that a reader looks for first."""
    result, cards = report.result, []
    for name, law in result.arrhenius.items():
        if _is_arc(report, name):
            value, error = format_number(law.activation_energy.value, law.activation_energy.uncertainty)
            plus_minus = f"± {error} eV, " if error else ""
            cards.append((f"{value} eV", f"{plus_minus}activation energy of {name}, {_source(law)}"))
    for name in result.growing[:2]:
        trend = result.trends[name]
        cards.append((_percent(trend.relative_growth), f"growth of {name} over the series"))
    if result.tie is not None:
        cards.append(("accepted" if result.tie.accepted else "rejected", "tie over temperature"))
    bad = sum(one.status != "converged" for one in result.fits)
    cards.append((f"{len(result.fits) - bad} of {len(result.fits)}", "fits without a flag"))
    return cards


def _is_arc(report: SeriesReport, name: str) -> bool:
    return name in report.fits[0].meaning.assignments


def _source(law: Arrhenius) -> str:
    return "tied fit" if law.tied else "separate fits"


def _breaks(result: SeriesResult) -> list[dict[str, str]]:
    """What departs from a rejected tie, the likeliest culprit first."""
    if result.tie is None or result.tie.accepted:
        return []
    rows = []
    for each in result.tie.breaks:
        factor, unit = {"exponent": (1.0, ""), "capacitance": (100.0, " %"), "arrhenius": (1.0, " eV")}[each.what]
        if each.what == "capacitance" and math.isfinite(each.change):
            change = 100 * math.expm1(min(each.change, 7.0))
        else:
            change = each.change
        known = math.isfinite(change) and math.isfinite(each.change_error)
        number, error = format_number(change, each.change_error * factor) if known else ("not known", None)
        rows.append(
            {
                "arc": each.arc,
                "what": {"exponent": "exponent", "capacitance": "capacitance", "arrhenius": "activation energy"}[
                    each.what
                ],
                "change": (f"{number} ± {error}{unit}" if error else f"{number}{unit if known else ''}").replace(
                    "-", "−"
                ),
                "p": f"{each.p_value:.2g}",
            }
        )
    return rows


def _growth(result: SeriesResult) -> list[dict[str, str]]:
    rows = []
    for name, trend in result.trends.items():
        rows.append(
            {
                "name": name,
                "slope": f"{shown(trend.slope)} {trend.slope.unit if trend.slope.unit != '1' else ''}".strip(),
                "growth": _percent(trend.relative_growth) if math.isfinite(trend.relative_growth) else "–",
                "p": f"{trend.p_value:.2g}",
                "verdict": "grows" if name in result.growing else "",
                "jump": ""
                if trend.jump is None
                else f"{trend.jump.size:.3g} ± {trend.jump.size_error:.1g} between {trend.jump.after:g} and "
                f"{trend.jump.before:g}",
            }
        )
    return rows


def _percent(share: float) -> str:
    return f"{100 * share:+.{0 if abs(share) >= 0.1 else 1}f} %".replace("-", "−")


def _laws(report: SeriesReport) -> list[dict[str, str]]:
    """Both fits' activation energies beside each other."""
    result, rows = report.result, []
    for name, law in result.arrhenius.items():
        separate, tied = result.separate_arrhenius.get(name), result.tied_arrhenius.get(name)
        sigma = None if report.geometry is None else conductivity_25C(law, report.geometry)
        rows.append(
            {
                "name": name,
                "separate": shown(separate.activation_energy) if separate else "–",
                "tied": shown(tied.activation_energy) if tied else "–",
                "ln_sigma": shown(law.activation_energy_ln_sigma),
                "prefactor": shown(law.prefactor),
                "sigma": str(sigma) if sigma is not None and not _beside_the_sample(report, name) else "–",
                "scatter": f"{separate.scatter:.2g}" if separate and math.isfinite(separate.scatter) else "–",
                "from": _source(law),
            }
        )
    return rows


def _beside_the_sample(report: SeriesReport, name: str) -> bool:
    """Whether most spectra clearly give an arc to something that does not fill the sample."""
    counts = report.arcs.get(name)
    return counts is not None and counts.most_common(1)[0][0] in _NOT_THE_SAMPLE


def _table(report: SeriesReport) -> dict[str, Any]:
    """Resistances of every spectrum, per area where that is known of all."""
    per_area = all(one.normalised is not None for one in report.fits)
    names = [name for name, p in report.fits[0].result.parameters.items() if p.unit == "ohm"]
    rows = []
    for one, label in zip(report.fits, course_labels(report.result), strict=True):
        if per_area and one.normalised is not None:
            values = [_areal(one.normalised.areal.get(name)) for name in names]
        else:
            values = [shown(one.result.parameters[name]) for name in names]
        rows.append(
            {
                "label": label,
                "values": values,
                "flags": [", ".join(one.result.parameters[name].flags).replace("_", " ") for name in names],
                "chi2": f"{one.result.chi2_reduced:.2g}",
                "status": one.result.status.replace("_", " "),
            }
        )
    return {"names": names, "unit": "Ω cm²" if per_area else "Ω", "rows": rows}


def _parameters(report: SeriesReport) -> dict[str, Any]:
    """Every parameter of every spectrum as fitted, of the whole cell."""
    first = report.fits[0].result.parameters
    rows = []
    for name, p in first.items():
        values = [shown(one.result.parameters[name]) for one in report.fits]
        rows.append({"name": name, "unit": "" if p.unit == "1" else p.unit, "values": values})
    return {"labels": course_labels(report.result), "rows": rows}


def _evidence(report: SeriesReport) -> list[tuple[str, list[str]]]:
    """The assignment's own words for each spectrum."""
    told = []
    for one, label in zip(report.fits, course_labels(report.result), strict=True):
        words = [each.words for each in one.meaning.assignments.values()]
        if one.meaning.high_frequency is not None:
            words.append(one.meaning.high_frequency.words)
        told.append((label, [*words, *one.notes]))
    return told


def _file(one: FitReport, label: str) -> dict[str, Any]:
    spectrum = one.result.spectrum
    f, origin = spectrum.frequency_Hz, spectrum.provenance
    return {
        "label": label,
        "file": one.file,
        "index": one.index,
        "reader": origin.reader or "–",
        "sha256": (origin.sha256 or "–")[:16],
        "points": len(spectrum),
        "removed": len(spectrum.removed_frequency_Hz),
        "window": f"{frequency_text(f[-1])} to {frequency_text(f[0])}",
        "notes": origin.notes,
    }
