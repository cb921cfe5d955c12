"""``natron ccd``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from natron.app.keeping import Keeping, ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError, Quantity, parse_quantity

if TYPE_CHECKING:
    from natron.cycling.failure.ccd import CriticalCurrent
    from natron.cycling.failure.population import CellOutcome, Population
    from natron.data import CyclingRecord


def ccd(
    files: Annotated[list[str], typer.Argument(help="Instrument files; each is a cell of its own, unless --join.")],
    area: Annotated[
        Optional[str],  # noqa: UP045  (typer reads it at run time)
        typer.Option("--area", help='Electrode area, "0.785 cm²"; it wins over the file\'s.'),
    ] = None,
    kind: Annotated[
        Literal["symmetric", "half", "full"],
        typer.Option("--kind", help="The cell's build; a critical current is read from a symmetric one."),
    ] = "symmetric",
    thickness: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--thickness", help='Of the separator, "110 ± 5 µm": with --conductivity its ohmic floor.'),
    ] = None,
    conductivity: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--conductivity", help='Of the separator at the test\'s temperature, "1.6 ± 0.3 mS/cm".'),
    ] = None,
    join: Annotated[bool, typer.Option("--join", help="The files are parts of one test of one cell.")] = False,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Draw the pictures into this folder (SVG)."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Critical current density of stepped symmetric-cell tests: void onset, short, and what they compare with.

    It is the last step survived, with the distance to the failed one as its ±. Several files are several cells, with
    median, Weibull distribution and survival, unless --join.
    """
    from natron.app.screens import ccd as screen
    from natron.report.ccd import ccd_json, ccds_json

    floor = _floor(thickness, conductivity)
    area_m2 = None if area is None else parse_quantity(area, "area").value
    with keeping(project) as keep:
        cells, failed = _cells(files, area_m2, kind, floor, join=join, keep=keep)
        together = None
        if len(files) > 1 and not join:
            together = _population(cells)
        for file, record, found in cells:
            if not as_json:
                screen.cell(file, found, floor)
            warn(f"{file}: {note}" for note in record.notes if "not used" in note or "check" in note)
            if out is not None:
                keep.pictures(found, [_draw(out, Path(file).stem, record, found)])
        if together is not None:
            statistics, si_kind, left_out = together
            warn(left_out)
            if not as_json and statistics is not None:
                screen.population(statistics, *_UNITS[si_kind])
            if out is not None and statistics is not None:
                from natron.app.pictures import draw
                from natron.plot.ccd import survival

                draw(out, "population", partial(survival, statistics, *_UNITS[si_kind]), (15, 10))
            if as_json:
                entries = [(file, found) for file, _, found in cells]
                told = [{"file": file, "error": str(error)} for file, error in failed]
                print_json(ccds_json(entries, floor, statistics, si_kind, told))
        elif as_json:
            file, _, found = cells[0]
            print_json(ccd_json(file, files, found, floor))
        for _, error in failed:
            print(f"natron: {error}", file=sys.stderr)
        if failed:
            raise typer.Exit(5)


_UNITS = {"current_density": (10.0, "mA/cm²"), "current": (1e-3, "mA")}

_Cells = list[tuple[str, "CyclingRecord", "CriticalCurrent"]]


def _floor(thickness: str | None, conductivity: str | None) -> Quantity | None:
    """Ohmic area-specific resistance of the separator, d/σ, with its standard uncertainty."""
    if (thickness is None) != (conductivity is None):
        raise InputError(
            "the separator's ohmic floor needs both its thickness and its conductivity",
            allowed='--thickness "110 µm" --conductivity "1.6 mS/cm", or neither',
        )
    if thickness is None or conductivity is None:
        return None
    d, sigma = parse_quantity(thickness, "length"), parse_quantity(conductivity, "conductivity")
    if d.value <= 0 or sigma.value <= 0:
        raise InputError("thickness and conductivity of the separator must be above zero", given=f"{d}, {sigma}")
    ratio = d.value / sigma.value
    spread = ((d.standard_uncertainty / d.value) ** 2 + (sigma.standard_uncertainty / sigma.value) ** 2) ** 0.5
    return Quantity(ratio, ratio * spread or None, "area_specific_resistance", uncertainty_kind="sd")


def _cells(
    files: Sequence[str],
    area_m2: float | None,
    kind: Literal["symmetric", "half", "full"],
    floor: Quantity | None,
    *,
    join: bool,
    keep: Keeping,
) -> tuple[_Cells, list[tuple[str, InputError]]]:
    """Each cell analysed; of several, those that cannot be are told and left out, unless that is all of them."""
    from natron.cycling.failure.ccd import critical_current

    cells: _Cells = []
    failed: list[tuple[str, InputError]] = []
    for file in files[:1] if join else files:
        try:
            group = list(files) if join else [file]
            reading = keep.read(group, {"area_m2": area_m2, "kind": kind})
            if reading.record is None:
                raise InputError(
                    f"there is no voltage and current over time in this file ({reading.format})",
                    hint="natron eis reads spectra.",
                )
            asked: dict[str, Any] = {
                "floor_ohm_m2": None if floor is None else floor.value,
                "floor_uncertainty_ohm_m2": 0.0 if floor is None else floor.standard_uncertainty,
            }
            found = keep.result(
                "ccd",
                title=", ".join(Path(each).name for each in group),
                inputs=keep.digests(group),
                settings={"area_m2": area_m2, "kind": kind, **asked},
                files=group,
                work=partial(critical_current, reading.record, **asked),
                content=partial(_json, file, group, floor),
            )
        except InputError as error:
            failed.append((file, error.at(file=file)))
        else:
            cells.append((file, reading.record, found))
    if not cells:
        raise failed[0][1]
    return cells, failed


def _json(file: str, group: Sequence[str], floor: Quantity | None, found: CriticalCurrent) -> dict[str, Any]:
    from natron.report.ccd import ccd_json

    return ccd_json(file, group, found, floor)


def _population(cells: _Cells) -> tuple[Population | None, str, list[str]]:
    """Statistics of the cells that have a critical current or none up to a highest current; the others are named."""
    from natron.cycling.failure.population import CellOutcome, population_of

    with_area = [record.area_m2 is not None for _, record, _ in cells]
    if any(with_area) and not all(with_area):
        return None, "current", ["some cells have an area and some have none: no statistics; give --area"]
    si_kind = "current_density" if all(with_area) else "current"
    outcomes: list[CellOutcome] = []
    left_out = []
    for file, record, found in cells:
        area = record.area_m2 or 1.0
        stepped = len(found.protocol.steps) > 1 or found.protocol.held == "ramp"
        if found.failed_A is not None and found.survived_A is not None:
            outcomes.append(CellOutcome(file, found.survived_A / area, found.failed_A / area))
        elif found.short is None and stepped:
            outcomes.append(CellOutcome(file, found.highest_A / area, None))
        else:
            left_out.append(f"{file}: left out of the statistics, {found.why}")
    return (population_of(outcomes) if outcomes else None), si_kind, left_out


def _draw(out: Path, name: str, record: CyclingRecord, found: CriticalCurrent) -> Path:
    from natron.app.pictures import draw
    from natron.plot.ccd import staircase

    return draw(out, f"{name}-ccd", partial(staircase, record, found), (18, 15), rows=3)
