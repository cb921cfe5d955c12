"""A study's report as a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from natron.core import ORIGINS
from natron.core.compare import VERDICTS
from natron.design import Stage
from natron.design.assessment import ENERGY_DENSITIES
from natron.report.html import design_view, render
from natron.studies.explain import told_once
from natron.studies.findings import Finding
from natron.studies.reproduction import Reproduction
from natron.studies.round_trip import RoundTrip
from natron.studies.sections import Section
from natron.studies.tally import Tally


def reproduction_page(result: Reproduction) -> str:
    """A reproduced document as one self-contained page.

    Raises
    ------
    NatronError
        Where matplotlib is not installed.
    """
    return render("reproduction.html", title=f"{result.document.key}, reproduced", **_content(result))


def reproduction_body(result: Reproduction) -> str:
    """The same without head and foot, to stand in a page with others."""
    return render("reproduction_body.html", **_content(result))


def all_page(parts: Sequence[tuple[Tally, str]]) -> str:
    """Every document on one page, with the count of verdicts first.

    Parameters
    ----------
    parts : sequence of (Tally, body)
    """
    tallies = [tally for tally, _ in parts]
    totals = {v: sum(tally.claims[v] + tally.computed[v] for tally in tallies) for v in VERDICTS}
    origins = {origin: sum(tally.origins[origin] for tally in tallies) for origin in ORIGINS}
    return render(
        "reproduction_all.html",
        title="Five documents, recomputed",
        tallies=tallies,
        totals=totals,
        origins={origin: count for origin, count in origins.items() if count},
        parts=parts,
    )


def _content(result: Reproduction) -> dict[str, Any]:
    printed = {name: printed_roadmap(result, name) for name in ENERGY_DENSITIES} if result.assessments else {}
    views = [design_view(assessment, printed if assessment.stages else None) for assessment in result.assessments]
    verdicts = [finding.verdict for finding in result.findings]
    return {
        "document": result.document,
        "tables": result.tables,
        "roadmaps": [(start, [_stage_row(stage) for stage in stages]) for start, stages in result.roadmaps.items()],
        "cells": views,
        "round_trips": [_round_trip(trip) for trip in result.round_trips],
        "sections": [_section(section) for section in result.sections],
        "counts": {verdict: sum(found == verdict for found in verdicts) for verdict in VERDICTS},
        "disagreements": told_once([finding for finding in result.findings if finding.verdict == "disagrees"]),
        "findings": result.findings,
    }


def sections_page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """Sections that belong to no document as one self-contained page.

    Raises
    ------
    NatronError
        Where matplotlib is not installed.
    """
    return render("sections.html", title=title, lead=lead, sections=[_section(section) for section in sections])


def _round_trip(trip: RoundTrip) -> dict[str, Any]:
    """What the template shows of a round trip: rows, pictures, and what was assumed."""
    from natron.plot import figure, to_svg
    from natron.plot.eis import nyquist
    from natron.plot.eis_series import arrhenius, course

    series = trip.series
    celsius = series.by == "temperature"
    labels = [f"{v - 273.15:.0f} °C" if celsius else f"cycle {v:.0f}" for v in series.course]
    drawings: list[tuple[str, Callable[..., Any]]] = [
        ("spectra", partial(nyquist, series.spectra, series.fits, labels=labels))
    ]
    if celsius:
        drawings.append(("Arrhenius", partial(arrhenius, series, names=("R1", "R2"))))
    else:
        drawings.append(("resistances", partial(course, series, ("R0", "R1", "R2", "R3"))))
    pictures = []
    for name, draw in drawings:
        drawn, ax = figure(15, 10)
        draw(ax=ax)
        pictures.append(to_svg(drawn, f"{trip.title}: {name}"))
    return {
        "title": trip.title,
        "rows": trip.rows,
        "pictures": pictures,
        "assumed": [(key.replace("_", " "), value) for key, value in trip.assumed.items()],
        "remarks": trip.remarks,
    }


def _section(section: Section) -> dict[str, Any]:
    """What the template shows of a section."""
    from natron.plot import figure, to_svg
    from natron.plot.pressing import parameter_tornado

    pictures = []
    for name, size, draw in section.pictures:
        drawn, ax = figure(*size)
        draw(ax=ax)
        pictures.append(to_svg(drawn, f"{section.title}: {name}"))
    tornados = []
    for tornado in section.tornados:
        swings = [
            (f"{swing.name.replace('_', ' ')} ({swing.parameter.origin})", swing.low, swing.high)
            for swing in tornado.swings
        ]
        drawn, ax = figure(15, 3.5 + 0.7 * len(swings))
        parameter_tornado(tornado.name, tornado.value, swings, ax=ax)
        tornados.append(
            {
                "name": tornado.name,
                "value": tornado.value,
                "picture": to_svg(drawn, f"{section.title}: {tornado.name}"),
                "fixed": [name.replace("_", " ") for name in tornado.fixed],
            }
        )
    return {
        "title": section.title,
        "text": section.text,
        "lines": section.lines,
        "beside": section.beside,
        "costs": section.costs,
        "settings": section.settings,
        "pictures": pictures,
        "tornados": tornados,
    }


def _stage_row(stage: Stage) -> dict[str, str]:
    values = stage.figures.values
    return {
        "label": stage.label,
        "volumetric": str(values["volumetric_energy_density"]),
        "gravimetric": str(values["gravimetric_energy_density"]),
        "cathode": str(values["cathode_thickness"]),
        "packaged_volumetric": str(values["packaged_volumetric_energy_density"]),
        "packaged_gravimetric": str(values["packaged_gravimetric_energy_density"]),
    }


def printed_roadmap(result: Reproduction, figure: str) -> list[float | None]:
    """What the document prints of a figure at each stage of the roadmap, in the figure's shown unit."""
    stages: Sequence[Stage] = result.assessments[0].stages
    printed: list[float | None] = []
    for count, stage in enumerate(stages):
        basis = "measured" if count == 0 else "theoretical"
        # activation is what takes the measured basis to the theoretical one; the other steps are claimed by name
        steps = result.steps[1:count]
        printed.append(_claimed(result.findings, stage.figures.model.cell.name, figure, basis, steps))
    return printed


def _claimed(findings: Sequence[Finding], cell: str, figure: str, basis: str, steps: Sequence[str]) -> float | None:
    for finding in findings:
        claim = finding.claim
        if (claim.cell, claim.figure, claim.basis, claim.steps) == (cell, figure, basis, tuple(steps)):
            return finding.claimed.shown_value if finding.claimed and not claim.set else None
    return None
