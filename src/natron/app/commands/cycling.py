"""``natron cycling``: cycles, efficiencies, resistances and events out of a measured or simulated test."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from natron.app.commands.files import (
    AreaOption,
    KindOption,
    MappingOption,
    MassOption,
    WorkingElectrodeOption,
    text_of,
    told,
)
from natron.app.keeping import ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.app.pictures import draw
from natron.core import InputError, NatronError, parse_quantity

if TYPE_CHECKING:
    from natron.cycling import CyclingAnalysis

_CYCLE_COLUMNS = (
    ("Charging Capacity / mAh", "charge_capacity"),
    ("Discharging Capacity / mAh", "discharge_capacity"),
    ("Areal Charging Capacity / mAh.cm-2", "areal_charge_capacity"),
    ("Areal Discharging Capacity / mAh.cm-2", "areal_discharge_capacity"),
    ("Specific Charging Capacity / mAh.g-1", "specific_charge_capacity"),
    ("Specific Discharging Capacity / mAh.g-1", "specific_discharge_capacity"),
    ("Charging Energy / mWh", "charge_energy"),
    ("Discharging Energy / mWh", "discharge_energy"),
    ("Coulombic Efficiency / 1", "coulombic_efficiency"),
    ("Coulombic Efficiency with EIS / 1", "coulombic_efficiency_with_eis"),
    ("Energy Efficiency / 1", "energy_efficiency"),
    ("Retention / 1", "retention"),
    ("Mean Charging Voltage / V", "mean_charge_voltage"),
    ("Mean Discharging Voltage / V", "mean_discharge_voltage"),
    ("Polarisation / V", "polarisation"),
    ("Charging Current / mA", "charge_current"),
    ("Discharging Current / mA", "discharge_current"),
)


def cycling(
    files: Annotated[
        list[str],
        typer.Argument(help="Instrument files. Several are parts of one test of one cell and join; see --each."),
    ],
    area: AreaOption = None,
    mass: MassOption = None,
    kind: KindOption = None,
    working_electrode: WorkingElectrodeOption = None,
    mapping: MappingOption = None,
    each: Annotated[bool, typer.Option("--each", help="Each file is a test of its own.")] = False,
    formation: Annotated[
        Optional[int],  # noqa: UP045  (typer reads it at run time)
        typer.Option("--formation", help="How many of the first cycles are formation; else told from the currents."),
    ] = None,
    thickness: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--thickness", help='Of the pellet in a DC polarisation, "0.9 mm": gives a conductivity.'),
    ] = None,
    diffusion_length: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--diffusion-length",
            help='For diffusion coefficients of a titration: volume over surface of the particles, "1.5 µm"; '
            "a third of the radius of spheres.",
        ),
    ] = None,
    dqdv_step: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--dqdv-step", help='Width of the bins of dQ/dV, "2 mV"; else as fine as the data allow.'),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="A folder for pictures and tables (cycles, dQ/dV)."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cycles, capacities, efficiencies, resistances and what happened, from cycling files.

    Charge that flowed in impedance steps is kept apart: efficiency is given without it, and with it beside. Of a
    half cell (--kind half) --working-electrode negative says that an anode is tested, positive a cathode.
    """
    from natron.app.screens import cycling as screen
    from natron.cycling import analyse
    from natron.report.cycling import cycling as to_json

    options = told(area, mass, kind, working_electrode, mapping)
    thickness_m = _positive("--thickness", thickness, "diameter", "0.9 mm")
    diffusion_length_m = _positive("--diffusion-length", diffusion_length, "length", "1.5 µm")
    dqdv_step_V = _positive("--dqdv-step", dqdv_step, "potential", "2 mV")
    if dqdv_step_V is not None and out is None:
        raise InputError(
            "dQ/dV is drawn and written into a folder, and none is given",
            key="--dqdv-step",
            allowed="--out DIR beside it",
        )
    asked: dict[str, Any] = {
        "formation": formation, "thickness_m": thickness_m, "diffusion_length_m": diffusion_length_m
    }  # fmt: skip
    with keeping(project) as keep:
        groups = [[file] for file in files] if each else [files]
        names = _names(files) if each else [""]
        contents: list[dict[str, Any]] = []
        failed: list[NatronError] = []
        for group, name in zip(groups, names, strict=True):
            try:
                reading = keep.read(group, options)
                if reading.record is None:
                    raise InputError(
                        "there is no voltage and current over time in it, only impedance",
                        file=group[0],
                        given="one spectrum" if len(reading.spectra) == 1 else f"{len(reading.spectra)} spectra",
                        hint="Use natron eis for spectra.",
                    )
                json_of = partial(to_json, files=group, instrument_format=reading.format, notes=reading.notes)
                analysis = keep.result(
                    "cycling",
                    title=", ".join(Path(file).name for file in group),
                    inputs=keep.digests(group),
                    settings={**options, "mapping": text_of(mapping), **asked},
                    files=group,
                    work=partial(analyse, reading.record, **asked),
                    content=json_of,
                )
                content = json_of(analysis)
                if out is not None:
                    keep.pictures(analysis, _write(out, name, analysis, content, dqdv_step_V))
            except NatronError as error:
                if not each or len(groups) == 1:
                    raise
                failed.append(error)
                warn([str(error)])
                continue
            contents.append(content)
            if not as_json:
                screen.cycling(group, reading, analysis)
        if contents and as_json:
            print_json({"schema_version": contents[0]["schema_version"], "tests": contents} if each else contents[0])
        if failed:
            raise typer.Exit(5 if contents else failed[0].exit_code)


def _positive(option: str, text: str | None, kind: str, example: str) -> float | None:
    if text is None:
        return None
    try:
        value = parse_quantity(text, kind).value
    except InputError as error:
        raise error.at(key=option) from error
    if value <= 0:
        raise InputError("this must be above zero", key=option, given=text, allowed=example)
    return value


def _names(files: Sequence[str]) -> list[str]:
    """What each file's pictures begin with: its name without what a file system may refuse, told apart."""
    stems = [re.sub(r"[^\w.+-]+", "_", Path(file).stem) or "file" for file in files]
    return [f"{stem}-{k + 1}-" if stems.count(stem) > 1 else f"{stem}-" for k, stem in enumerate(stems)]


def _write(
    out: Path, name: str, analysis: CyclingAnalysis, content: dict[str, Any], dqdv_step_V: float | None
) -> list[Path]:
    """Pictures, and the tables behind them; the pictures' paths."""
    import natron.plot.cycling as pictures

    drawn = [draw(out, f"{name}voltage-current", partial(pictures.over_time, analysis), (18, 12), rows=2)]
    if not analysis.cycles:
        return drawn
    drawn.append(draw(out, f"{name}voltage-capacity", partial(pictures.voltage_capacity, analysis), (15, 11)))
    drawn.append(draw(out, f"{name}cycles", partial(pictures.over_cycles, analysis), (16, 12), rows=2))
    curves = pictures.differential_curves(analysis, dqdv_step_V)
    if curves:
        drawn.append(draw(out, f"{name}dqdv", partial(pictures.differential, analysis, curves), (15, 11)))
    if analysis.pulses:
        drawn.append(draw(out, f"{name}titration", partial(pictures.titration, analysis), (15, 11)))
    if analysis.polarisation is not None:
        drawn.append(draw(out, f"{name}polarisation", partial(pictures.polarisation, analysis), (15, 11)))
    rows = [
        [one["cycle"], *(None if one[key] is None else one[key]["value"] for _, key in _CYCLE_COLUMNS),
         " ".join(one["flags"])]
        for one in content["cycles"]
    ]  # fmt: skip
    _table(out / f"{name}cycles.csv", ["Cycle Count / 1", *(title for title, _ in _CYCLE_COLUMNS), "Flags"], rows)
    points = [
        [curve.half_step, f"{v:.6g}", f"{d:.6g}"]
        for curve in curves
        for v, d in zip(curve.voltage_V, curve.capacity_per_voltage_Ah_V, strict=True)
    ]
    if points:
        _table(out / f"{name}dqdv.csv", ["Half Step / 1", "Voltage / V", "Differential Capacity / Ah.V-1"], points)
    return drawn


def _table(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table as CSV; one with the same columns that stands there already is natron's own and written over."""
    from natron.io.descriptions import write_new_file

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    first = text.getvalue().split("\n", 1)[0]
    own = False
    if path.is_file():
        with path.open("rb") as handle:
            own = handle.readline().strip() == first.encode()
    write_new_file(path, text.getvalue(), overwrite=own)
