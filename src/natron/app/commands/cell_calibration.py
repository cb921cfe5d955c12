"""``natron calibrate cell``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from natron.app.keeping import Keeping, ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError, parse_quantity

if TYPE_CHECKING:
    from natron.simulate import CellCalibration, Experiment, ModelParameters


def calibrate_cell(
    cell: Annotated[str, typer.Argument(help="A built-in cell or a cell file.")],
    data: Annotated[
        list[str], typer.Option("--data", help="A measurement: cycling record, spectra, or both. May be repeated.")
    ],
    parameters: Annotated[
        Optional[str],  # noqa: UP045  (typer reads it at run time)
        typer.Option(
            "--parameters",
            help="Which to fit, a,b,c of natron simulate CELL --parameters; else up to four that the data tell most "
            "of.",
        ),
    ] = None,
    held_out: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--held-out", help="A measurement that is not fitted, but compared. May be repeated."),
    ] = None,
    voltage_noise: Annotated[
        str, typer.Option("--voltage-noise", help="Standard deviation of a measured voltage.")
    ] = "1 mV",
    impedance_noise: Annotated[
        str,
        typer.Option("--impedance-noise", help="Standard deviation of Re Z and Im Z, of |Z|; where a file tells none."),
    ] = "1 %",
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Write the cell file with the calibrated values to this new file."),
    ] = None,
    pictures: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--pictures", help="Draw measured beside computed, and the intervals, into this folder (SVG)."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> int:
    """Fit the model's parameters to measurements on one cell, say which these tell, and write its calibrated file."""
    from natron.app.progress import progress
    from natron.io.descriptions import load_cell
    from natron.report.calibration import cell_calibration
    from natron.simulate import calibrate_cell as run
    from natron.simulate import model_parameters

    if out is not None and out.exists():
        raise InputError("this file exists already", file=str(out), hint="Name another, or remove it.")
    of = model_parameters(load_cell(cell))
    noises = (
        _noise("--voltage-noise", voltage_noise, "potential"),
        _noise("--impedance-noise", impedance_noise, "share"),
    )
    names = None if parameters is None else [name.strip() for name in parameters.split(",") if name.strip()]
    with keeping(project) as keep:
        fitted, compared = (_experiments(files, of, keep) for files in (data, held_out or ()))

        def work() -> CellCalibration:
            with progress("Calibrating") as step:
                return run(
                    of,
                    fitted,
                    names=names,
                    held_out=compared,
                    voltage_noise_V=noises[0],
                    impedance_noise=noises[1],
                    progress=step,
                )

        found = keep.result(
            "calibrate cell",
            title=f"{of.cell.name}, {', '.join(Path(file).name for file in data)}",
            inputs=[of, keep.digests(data), keep.digests(held_out or ())],
            settings={"parameters": names, "voltage_noise_V": noises[0], "impedance_noise": noises[1]},
            files=[*data, *(held_out or ())],
            work=work,
            content=lambda found: cell_calibration(found, files=data, held_out=held_out or (), written=None),
            status=lambda found: found.status,
            as_now=lambda found: _named(found, [*fitted, *compared]),
        )
        if out is not None and found.status == "converged":
            _write(cell, found, out)
        if pictures is not None:
            keep.pictures(found, _draw(found, pictures))
        if as_json:
            written = str(out) if out is not None and found.status == "converged" else None
            print_json(cell_calibration(found, files=data, held_out=held_out or (), written=written))
        else:
            from natron.app.screens.calibration import cell_calibration as show

            show(found)
            if out is not None and found.status == "converged":
                print(f"Wrote {out}. Look at it with: natron simulate {out}")
        said = list(found.warnings)
        if out is not None and found.status != "converged":
            said.append(f"{out} was not written: these values are not to be used")
        warn(said)
        return 0 if found.status == "converged" else 4


def _noise(key: str, text: str, kind: str) -> float:
    value = parse_quantity(text, kind).value
    if not value > 0:
        raise InputError("a noise is above 0", key=key, given=text)
    return value


def _named(found: CellCalibration, experiments: Sequence[Experiment]) -> CellCalibration:
    """A kept calibration with its files' present names; one that failed compares fewer, the fitted ones first."""
    comparisons = tuple(
        replace(one, experiment=replace(one.experiment, name=each.name))
        for one, each in zip(found.comparisons, experiments, strict=False)
    )
    return replace(found, comparisons=comparisons)


def _experiments(files: Sequence[str], of: ModelParameters, keep: Keeping) -> list[Experiment]:
    """What the files hold, as the model can do it again: each record with its spectra, each spectrum alone."""
    from natron.data import DataError
    from natron.simulate import experiment_of_record, experiment_of_spectrum

    found: list[Experiment] = []
    for file in files:
        reading = keep.read([file], {"kind": of.cell.kind})
        name = str(file)
        if reading.record is not None:
            found.append(experiment_of_record(reading.record, name=name, area_m2=of.area_m2))
            continue
        if not reading.spectra:
            raise DataError("this file holds neither voltages over time nor a spectrum", file=file)
        several = len(reading.spectra) > 1
        found += [
            experiment_of_spectrum(each, name=f"{name} #{i}" if several else name, area_m2=of.area_m2)
            for i, each in enumerate(reading.spectra)
        ]
    return found


def _write(cell: str, found: CellCalibration, out: Path) -> None:
    """The cell file as it was, with the calibrated values in its ``[simulation]`` table."""
    from natron.cell import built_in_texts, parse_cell, with_simulation
    from natron.io.descriptions import read_description, write_new_file

    text = built_in_texts()[cell] if cell in built_in_texts() else read_description(cell)
    new = with_simulation(
        text, {one.name: one.value for one in found.parameters if one.value is not one.before}, file=cell
    )
    parse_cell(new, file=str(out))
    write_new_file(out, new)


def _draw(found: CellCalibration, folder: Path) -> list[Path]:
    from natron.app.pictures import draw
    from natron.plot import calibration

    size = (15, 3 + 1.0 * len(found.parameters))
    drawn = [draw(folder, "intervals", lambda ax: calibration.intervals(found, ax=ax), size)]
    for i, each in enumerate(found.comparisons):
        if len(each.experiment.voltage_V):
            drawn.append(draw(folder, f"voltage-{i}", partial(calibration.voltage, each), (15, 11), rows=2))
    if any(each.experiment.looks for each in found.comparisons):
        drawn.append(draw(folder, "impedance", partial(calibration.impedance, found.comparisons), (15, 11)))
    return drawn
