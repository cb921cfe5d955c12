"""What the app answers about cells: designed, and simulated beside a measurement."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel

from natron.app.web.pictures import Picture, picture_response
from natron.app.web.records import capacity_curves
from natron.core import InputError, Quantity

if TYPE_CHECKING:
    from fastapi import Response

    from natron.app.web.desk import Desk
    from natron.app.web.jobs import Jobs
    from natron.cell import Cell

_SLIDERS = (
    ("separator.thickness", "Separator", "µm", 10.0, 400.0),
    ("positive.thickness", "Cathode", "µm", 20.0, 400.0),
    ("positive.loading", "Cathode loading", "mg/cm²", 1.0, 50.0),
    ("negative.reservoir", "Metal in reserve", "µm", 0.0, 150.0),
)
"""Value of the cell file, name, unit, least, most: the knobs that a designer turns first."""


class Asked(BaseModel):
    """A cell with its changes, keys as in a cell file."""

    cell: str
    changes: dict[str, str] = {}
    consistent: bool = False
    figure: str = "volumetric_energy_density"
    protocol: str = ""
    view: Literal["stack", "breakdown", "tornado"] = "stack"
    format: Literal["svg", "pdf"] = "svg"


def routes(desk: Desk, jobs: Jobs) -> APIRouter:
    """The app's answers about cells."""
    router = APIRouter(prefix="/api/cells")

    @router.get("")
    def cells() -> dict[str, Any]:
        from natron.cell import built_in_texts
        from natron.io.descriptions import load_cell
        from natron.simulate.protocol import built_in_protocols

        told = []
        for name in built_in_texts():
            cell = load_cell(name)
            told.append({"name": name, "title": cell.title, "kind": cell.kind, "sliders": _sliders(cell)})
        return {"cells": told, "protocols": list(built_in_protocols())}

    @router.post("/design")
    def design(asked: Asked) -> dict[str, Any]:
        from natron.design import assess
        from natron.report.as_json import design as to_json

        found = assess(_cell(asked), consistent=asked.consistent)
        return {**to_json(found), "command": _command(asked, "design"), "script": _script(asked)}

    @router.post("/simulate")
    def simulate(asked: Asked) -> dict[str, Any]:
        _cell(asked)
        return {"job": jobs.start(simulated, asked.cell, asked.changes, asked.protocol)}

    @router.post("/picture")
    def picture(asked: Asked) -> Response:
        return picture_response(_picture(asked), asked.format, asked.view)

    return router


def _cell(asked: Asked) -> Cell:
    """A built-in cell; a path is not taken, for the page may ask for nothing outside its own desk."""
    from natron.cell import built_in_texts
    from natron.io.descriptions import load_cell

    if asked.cell not in built_in_texts():
        raise InputError("there is no built-in cell of this name", given=asked.cell)
    return load_cell(asked.cell, {key: value for key, value in asked.changes.items() if value.strip()})


def _sliders(cell: Cell) -> list[dict[str, Any]]:
    """The knobs that this cell has, with where they stand."""
    found = []
    for key, label, unit, low, high in _SLIDERS:
        part, _, name = key.partition(".")
        value = getattr(getattr(cell, part, None), name, None)
        if isinstance(value, Quantity):
            shown = value.shown_value
            found.append({"key": key, "label": label, "unit": unit, "value": shown,
                          "least": min(low, shown), "most": max(high, 1.5 * shown)})  # fmt: skip
    return found


def simulated(report: Callable[[int, str], None], name: str, changes: dict[str, str], protocol: str) -> dict[str, Any]:
    """A run of a built-in cell, as the page draws it; in a process of its own."""
    from natron.app.commands.simulation import DEFAULT_PROTOCOLS, parameters_of
    from natron.cycling import analyse
    from natron.plot.cycling import envelope
    from natron.report.cycling import cycle
    from natron.report.simulation import simulation
    from natron.simulate import built_in_protocol, run

    of = parameters_of(name, [f"{key}={value}" for key, value in changes.items() if value.strip()], None, None, None)
    plan = built_in_protocol(protocol or DEFAULT_PROTOCOLS[of.cell.kind])
    parts = len(plan.unrolled())
    result = run(of, plan, progress=lambda doing: report(parts, doing))
    found = analyse(result.record)
    record = result.record
    keep = envelope(record.voltage_V, np.nan_to_num(record.current_A), points=3000)
    area = record.area_m2 or 1e-4
    return {
        **simulation(result, [cycle(one) for one in found.cycles]),
        "course": {
            "time_h": (record.time_s[keep] / 3600).tolist(),
            "voltage_V": record.voltage_V[keep].tolist(),
            "current": (np.where(record.in_spectrum, 0.0, record.current_A)[keep] * 0.1 / area).tolist(),
        },
        "curves": capacity_curves(found),
    }


def _picture(asked: Asked) -> Picture:
    from natron.design import assess
    from natron.plot import design as plot

    found = assess(_cell(asked), consistent=asked.consistent)
    if asked.view == "stack":
        return Picture(lambda ax: plot.stack_to_scale(found.theoretical, ax=ax), (15, 10))
    if asked.view == "breakdown":
        return Picture(lambda ax: plot.breakdown(found.theoretical, ax=ax), (15, 9))
    rows = found.sensitivities.get(asked.figure)
    if rows is None:
        raise InputError("there is no such figure", given=asked.figure, allowed=", ".join(found.sensitivities))
    return Picture(lambda ax: plot.tornado(found.theoretical[asked.figure], asked.figure, rows, ax=ax), (15, 10))


def _command(asked: Asked, what: str) -> str:
    changes = " ".join(f'--set {key}="{value.strip()}"' for key, value in asked.changes.items() if value.strip())
    return " ".join(filter(None, [f"natron {what} {asked.cell}", changes, "--consistent" if asked.consistent else ""]))


def _script(asked: Asked) -> str:
    changes = {key: value for key, value in asked.changes.items() if value.strip()}
    return "\n".join(
        [
            "import natron",
            "from natron.design import figures",
            "",
            f"cell = natron.load_cell({asked.cell!r}, {changes!r})",
            f"print(figures(cell, consistent={asked.consistent})['volumetric_energy_density'])",
        ]
    )
