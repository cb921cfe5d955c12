"""Results as one self-contained page: styles and pictures inside, nothing fetched, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from natron.design import FIGURE_LABELS, Assessment, describe_area, figure_label, input_label
from natron.design.assessment import ENERGY_DENSITIES


@lru_cache(maxsize=1)
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("natron.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **content: Any) -> str:
    """A page from one of the templates in ``report/templates``; every value is escaped."""
    from natron import __version__

    return str(_environment().get_template(template).render(version=__version__, **content))


def design_page(assessment: Assessment) -> str:
    """A cell's assessment as a page.

    Raises
    ------
    NatronError
        Where matplotlib is not installed.
    """
    shown = design_view(assessment)
    return render("design.html", title=f"{shown['name']}: design", a=shown)


def design_view(assessment: Assessment, printed: Mapping[str, Sequence[float | None]] | None = None) -> dict[str, Any]:
    """What the templates show of a cell: rows of text and pictures as SVG.

    Parameters
    ----------
    assessment : Assessment
    printed : Mapping[str, sequence], optional
        By figure, what a document prints for each stage of the roadmap.

    Raises
    ------
    NatronError
        Where matplotlib is not installed.
    """
    from natron.plot import breakdown, figure, roadmap_waterfall, stack_to_scale, to_svg, tornado

    cell, theoretical = assessment.cell, assessment.theoretical
    name = cell.name

    def picture(title: str, width_cm: float, height_cm: float, draw: Any) -> str:
        drawn, ax = figure(width_cm, height_cm)
        draw(ax)
        return to_svg(drawn, f"{name}: {title}")

    both = [figures for figures in (theoretical, assessment.measured) if figures is not None]
    rows = []
    for figure_name in FIGURE_LABELS:
        label = figure_label(figure_name, cell)
        values = [figures.values.get(figure_name) for figures in both]
        if any(value is not None for value in values):
            origins = sorted({value.origin for value in values if value is not None})
            rows.append(
                {
                    "label": label,
                    "values": [str(v) if v else "–" for v in values],
                    "origin": ", ".join(origins),
                }
            )
    if assessment.separator_resistance is not None:
        r = assessment.separator_resistance
        rows.append(
            {
                "label": f"Separator resistance at {cell.operation.temperature}",
                "values": [str(r)] + ["" for _ in both[1:]],
                "origin": r.origin,
            }
        )
    return {
        "name": name,
        "subtitle": cell.title or "",
        "area": describe_area(cell),
        "columns": ["theoretical", "measured"][: len(both)],
        "rows": rows,
        "shares": theoretical.breakdown,
        "stack": picture("stack to scale", 13.5, 11.5, lambda ax: stack_to_scale(theoretical, ax=ax)),
        "breakdown": picture("volume and mass", 15, 6.6, lambda ax: breakdown(theoretical, ax=ax)),
        "tornados": [
            picture(
                f"what {figure_name} hangs on",
                15,
                8.5,
                lambda ax, n=figure_name: tornado(theoretical[n], n, assessment.sensitivities[n], ax=ax),
            )
            for figure_name in assessment.sensitivities
        ],
        "waterfalls": [
            picture(
                f"roadmap of {figure_name}",
                15,
                9,
                lambda ax, n=figure_name: roadmap_waterfall(
                    assessment.stages, n, ax=ax, printed=(printed or {}).get(n)
                ),
            )
            for figure_name in (ENERGY_DENSITIES if assessment.stages else ())
        ],
        "inverse": assessment.inverse.message if assessment.inverse else "",
        "checks": [
            {"label": input_label(check.name), "verdict": check.verdict, "message": check.message}
            for check in assessment.checks
        ],
        "warnings": assessment.warnings,
        "inputs": [(key, input_label(key), q) for key, q in sorted(theoretical.model.inputs.items())],
    }
