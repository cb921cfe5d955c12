"""What the app answers about tests over time: curves, cycles, critical currents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel, Field

from natron.app.web.pictures import Picture, picture_response
from natron.core import InputError

if TYPE_CHECKING:
    from fastapi import Response
    from numpy.typing import NDArray

    from natron.app.web.desk import Desk
    from natron.cycling import CyclingAnalysis
    from natron.data import CyclingRecord

_POINTS = 3000
"""Points that a curve over time is drawn with: the least and the most of each stretch."""


class Asked(BaseModel):
    """A record on the desk and what is known of it; texts as on the command line, empty ones are not given."""

    file: str
    area: str = ""
    mass: str = ""
    kind: str = ""
    working_electrode: str = ""
    from_h: float | None = None
    to_h: float | None = None
    view: Literal["over-time", "voltage-capacity", "cycles", "dqdv", "ccd"] = "over-time"
    format: Literal["svg", "pdf"] = "svg"


class Several(BaseModel):
    """Records to lay over one another."""

    files: list[str] = Field(min_length=1, max_length=50)


def routes(desk: Desk) -> APIRouter:
    """The app's answers about records."""
    router = APIRouter(prefix="/api/records")

    @router.post("/course")
    def course(asked: Asked) -> dict[str, Any]:
        record = _record(desk, asked)
        return _course(record, asked.from_h, asked.to_h)

    @router.post("/cycling")
    def cycling(asked: Asked) -> dict[str, Any]:
        from natron.report.cycling import cycling as to_json

        _record(desk, asked)
        one, found = desk.file(asked.file), desk.analysis(asked.file)
        return {
            **to_json(found, files=[one.name], instrument_format=one.reading.format, notes=one.reading.notes),
            "capacity_unit": _unit(found),
            "curves": capacity_curves(found),
            "dqdv": _differential(found),
            "command": _command(desk, asked, "cycling"),
            "script": _script(desk, asked),
        }

    @router.post("/ccd")
    def ccd(asked: Asked) -> dict[str, Any]:
        from natron.cycling.failure.ccd import critical_current
        from natron.report.ccd import ccd_json

        record = _record(desk, asked)
        name = desk.file(asked.file).name
        found = critical_current(record)
        return {**ccd_json(name, [name], found, None), "command": _command(desk, asked, "ccd")}

    @router.post("/overlay")
    def overlay(asked: Several) -> dict[str, Any]:
        """Voltage over capacity of the last whole cycle of each."""
        lines = []
        for key in asked.files:
            found = desk.analysis(key)
            lines.append({"name": desk.file(key).name, "unit": _unit(found), "curves": capacity_curves(found)})
        return {"records": lines}

    @router.post("/picture")
    def picture(asked: Asked) -> Response:
        return picture_response(_picture(desk, asked), asked.format, asked.view)

    return router


def _told(asked: Asked) -> dict[str, Any]:
    from natron.app.commands.files import told

    return told(asked.area or None, asked.mass or None, asked.kind or None, asked.working_electrode or None)


def _record(desk: Desk, asked: Asked) -> CyclingRecord:
    desk.record(asked.file)
    desk.tell(asked.file, _told(asked))
    return desk.record(asked.file)


def _course(record: CyclingRecord, from_h: float | None, to_h: float | None) -> dict[str, Any]:
    from natron.plot.cycling import envelope

    hours = record.time_s / 3600
    first = 0 if from_h is None else max(int(np.searchsorted(hours, from_h)) - 1, 0)
    last = len(hours) if to_h is None else min(int(np.searchsorted(hours, to_h, side="right")) + 1, len(hours))
    inside = slice(first, max(last, first + 1))
    area = record.area_m2
    voltage = record.voltage_V[inside]
    # what flows in an impedance step is another scale's
    current = np.where(record.in_spectrum[inside], np.nan, record.current_A[inside])
    current = current * (1e3 if area is None else 0.1 / area)
    keep = envelope(voltage, np.nan_to_num(current), points=_POINTS)
    return {
        "rows": len(record),
        "shown": len(keep),
        "time_h": hours[inside][keep].tolist(),
        "voltage_V": voltage[keep].tolist(),
        "current": _plain(current[keep]),
        "current_unit": "mA" if area is None else "mA/cm²",
    }


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    """Numbers as JSON knows them."""
    return [None if not np.isfinite(v) else float(v) for v in values]


def _unit(found: CyclingAnalysis) -> str:
    from natron.plot.cycling import capacity_scale

    return capacity_scale(found)[1]


def capacity_curves(found: CyclingAnalysis) -> list[dict[str, Any]]:
    """Voltage over capacity of some cycles, first to last, as the page draws them."""
    from natron.plot.cycling import capacity_curve, capacity_scale, envelope, some_cycles

    scale, _ = capacity_scale(found)
    by_index = {h.index: h for h in found.half_steps}
    lines = []
    for cycle in some_cycles(found.cycles):
        passed = {1: 0.0, -1: 0.0}
        for index in cycle.half_steps:
            half = by_index[index]
            q, v = capacity_curve(found, half)
            keep = envelope(v)
            lines.append(
                {
                    "cycle": cycle.cycle,
                    "charging": half.sign > 0,
                    "capacity": ((passed[half.sign] + q[keep]) * scale).tolist(),
                    "voltage_V": v[keep].tolist(),
                }
            )
            passed[half.sign] += half.capacity_Ah
    return lines


def _differential(found: CyclingAnalysis) -> list[dict[str, Any]]:
    from natron.plot.cycling import capacity_scale, differential_curves

    scale, _ = capacity_scale(found)
    by_index = {h.index: h for h in found.half_steps}
    return [
        {
            "cycle": by_index[one.half_step].cycle,
            "voltage_V": one.voltage_V.tolist(),
            "dqdv": (by_index[one.half_step].sign * one.capacity_per_voltage_Ah_V * scale).tolist(),
        }
        for one in differential_curves(found)
    ]


def _picture(desk: Desk, asked: Asked) -> Picture:
    from natron.plot import cycling as plot

    record = _record(desk, asked)
    if asked.view == "ccd":
        from natron.cycling.failure.ccd import critical_current
        from natron.plot.ccd import staircase

        found = critical_current(record)
        return Picture(lambda axes: staircase(record, found, axes=axes), (16, 15), 3)
    analysis = desk.analysis(asked.file)
    if asked.view == "over-time":
        return Picture(lambda axes: plot.over_time(analysis, axes=axes), (18, 12), 2)
    if asked.view == "cycles":
        return Picture(lambda axes: plot.over_cycles(analysis, axes=axes), (15, 12), 2)
    if asked.view == "dqdv":
        curves = plot.differential_curves(analysis)
        if not curves:
            raise InputError("no half step of this record has a dQ/dV")
        return Picture(lambda ax: plot.differential(analysis, curves, ax=ax), (15, 10))
    return Picture(lambda ax: plot.voltage_capacity(analysis, ax=ax), (15, 10))


def _command(desk: Desk, asked: Asked, what: str) -> str:
    words = [f'natron {what} "{desk.file(asked.file).name}"']
    for option, text in (("--area", asked.area), ("--mass", asked.mass), ("--kind", asked.kind),
                         ("--working-electrode", asked.working_electrode)):  # fmt: skip
        if text.strip() and not (what == "ccd" and option in ("--mass", "--working-electrode")):
            words.append(f'{option} "{text.strip()}"')
    return " ".join(words)


def _script(desk: Desk, asked: Asked) -> str:
    told = {name: value for name, value in _told(asked).items() if value is not None}
    options = "".join(f", {name}={value!r}" for name, value in told.items())
    return "\n".join(
        [
            "from natron.cycling import analyse",
            "from natron.io import read",
            "",
            f"found = analyse(read({desk.file(asked.file).name!r}{options}).record)",
            "for cycle in found.cycles:",
            "    print(cycle.cycle, cycle.discharge_capacity_Ah, cycle.coulombic_efficiency)",
        ]
    )
