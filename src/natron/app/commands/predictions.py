"""``natron predict``: ccd, survival."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from natron.app.keeping import ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError, Quantity, QuantityError, did_you_mean, parse_quantity

if TYPE_CHECKING:
    from natron.cell import Cell
    from natron.interface.shorts.conditions import Bench
    from natron.interface.shorts.prediction import Prediction
    from natron.interface.shorts.protocol import Protocol

predict = typer.Typer(
    help="Predict: the critical current a test will report, and how many cells live.", no_args_is_help=True
)

CellArgument = Annotated[str, typer.Argument(help="A built-in cell or a cell file.")]
CellsOption = Annotated[int, typer.Option("--cells", help="Virtual cells.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Of the draws: the same seed gives the same answer.")]
AssumeOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--assume", help='An input of the prediction: --assume void_depth="3 ± 1 µm".'),
]
OutOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--out", help="Draw the pictures into this folder (SVG)."),
]


def _bench(name: str, assumptions: list[str] | None) -> tuple[Cell, Bench]:
    from natron.interface.shorts.conditions import bench
    from natron.io.descriptions import load_cell

    cell = load_cell(name)
    found = bench(cell)
    changes: dict[str, Quantity] = {}
    for pair in assumptions or []:
        key, equals, text = pair.partition("=")
        key = key.strip()
        if not equals or not text.strip():
            raise InputError(
                "--assume takes name=value", given=pair, allowed='such as --assume contact_fraction="90 ± 5 %"'
            )
        if key not in found.inputs:
            raise InputError(
                "no such input of a prediction", key="--assume", given=key, hint=did_you_mean(key, found.inputs)
            )
        try:
            changes[key] = parse_quantity(text.strip(), found.inputs[key].kind)
        except QuantityError as error:
            raise error.at(key=f"--assume {key}") from error
    return cell, bench(cell, changes) if changes else found


@predict.command("ccd")
def predict_ccd(
    cell: CellArgument,
    protocol: Annotated[
        str, typer.Option("--protocol", help="fixed-time, fixed-capacity, or a protocol file.")
    ] = "fixed-time",
    half_step: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--half-step", help='"5 min" at fixed time, "5 mAh/cm²" at fixed capacity.'),
    ] = None,
    increment: Annotated[str, typer.Option("--increment", help="From rung to rung.")] = "0.1 mA/cm²",
    largest: Annotated[str, typer.Option("--largest", help="Where the ladder ends.")] = "10 mA/cm²",
    cells: CellsOption = 10_000,
    seed: SeedOption = 1,
    assume: AssumeOption = None,
    out: OutOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The critical current a ladder will report: loss of contact and short, spread over virtual cells."""
    from natron.interface.shorts.conditions import liquid_capacity
    from natron.interface.shorts.prediction import predict as run
    from natron.report import predictions as to_json

    described, bench = _bench(cell, assume)
    steps = _protocol(protocol, half_step, increment, largest)
    takes = liquid_capacity(described)
    with keeping(project) as keep:
        found = keep.result(
            "predict ccd",
            title=f"{described.name}, {protocol}",
            inputs=[described, bench, steps],
            settings={"protocol": protocol, "cells": cells, "seed": seed},
            work=lambda: run(bench, steps, cells=cells, seed=seed),
            content=lambda found: to_json.ccd(found, takes),
        )
        if as_json:
            print_json(to_json.ccd(found, takes))
        else:
            from natron.app.screens import predictions as screen

            screen.ccd(found, takes)
            if described.negative.film is not None:
                from natron.report.alloys import HAZARD

                print(f"\n{HAZARD}")
        if out is not None:
            from natron.plot.predictions import critical_current_distribution, dominating_parameters, survival_course

            pictures = {
                "ccd": critical_current_distribution, "ccd-survival": survival_course,
                "ccd-dominates": dominating_parameters,
            }  # fmt: skip
            drawn = [_draw(out, f"{described.name}-{name}", picture, found) for name, picture in pictures.items()]
            keep.pictures(found, drawn)
        warn([*found.warnings, *_film_warning(steps, takes)])


def _film_warning(steps: Protocol, takes: Quantity | None) -> list[str]:
    """What becomes of a potassium film in half steps beyond what it takes as a liquid."""
    largest = Quantity(float(steps.charge_C_m2.max()), None, "areal_capacity")
    if takes is None or largest.value <= takes.value:
        return []
    return [
        f"half steps of {largest} go beyond the {takes} that the film takes as a liquid: solid sodium forms in it, "
        "and the contact is still taken as wetted"
    ]


def _protocol(name: str, half_step: str | None, increment: str, largest: str) -> Protocol:
    from natron.interface.shorts.protocol import ladder, parse_protocol

    if name in ("fixed-time", "fixed-capacity"):
        kind = "time" if name == "fixed-time" else "areal_capacity"
        text = half_step or ("5 min" if name == "fixed-time" else "5 mAh/cm²")
        try:
            fixed = parse_quantity(text, kind)
        except QuantityError as error:
            raise error.at(key="--half-step") from error
        steps = [parse_quantity(step, "current_density") for step in (increment, largest)]
        return ladder(*steps, half_step=fixed) if kind == "time" else ladder(*steps, charge=fixed)
    if "." not in name and "/" not in name and not Path(name).exists():
        raise InputError(
            "this is neither a protocol natron knows nor a file", key="--protocol", given=name,
            hint=did_you_mean(name, ("fixed-time", "fixed-capacity")),
        )  # fmt: skip
    if half_step is not None:
        raise InputError("a protocol file has its own half steps", key="--half-step", hint="Leave the option out.")
    from natron.io.descriptions import read_description

    return parse_protocol(read_description(name, raises=InputError), file=name)


@predict.command("survival")
def predict_survival(
    cell: CellArgument,
    current: Annotated[str, typer.Option("--current", help='"0.5 mA/cm²".')],
    cycles: Annotated[int, typer.Option("--cycles", help="Charges and discharges.")],
    capacity: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--capacity", help="Per half cycle; else the cell's measured or theoretical one."),
    ] = None,
    batch: Annotated[int, typer.Option("--batch", help="How many cells a batch has.")] = 10,
    cells: CellsOption = 10_000,
    seed: SeedOption = 1,
    assume: AssumeOption = None,
    out: OutOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """How many cells live to a cycle: growing flaws and voids together, and the flaws alone."""
    from natron.interface.shorts.conditions import nominal_law
    from natron.interface.shorts.prediction import batch_alive
    from natron.interface.shorts.prediction import predict as run
    from natron.interface.shorts.protocol import cycling
    from natron.report import predictions as to_json

    described, bench = _bench(cell, assume)
    charge = parse_quantity(capacity, "areal_capacity") if capacity is not None else _capacity(described)
    at = parse_quantity(current, "current_density")
    steps = cycling(at, charge, cycles)

    def content(found: Prediction) -> dict[str, Any]:
        return to_json.survival(found, nominal_law(bench), batch_alive(found, batch), at)

    with keeping(project) as keep:
        found = keep.result(
            "predict survival",
            title=f"{described.name}, {at}, {cycles} cycles",
            inputs=[bench, steps],
            settings={
                "current": at,
                "capacity": charge,
                "cycles": cycles,
                "batch": batch,
                "cells": cells,
                "seed": seed,
            },
            work=lambda: run(bench, steps, outcome="survival", cells=cells, seed=seed),
            content=content,
        )
        living = batch_alive(found, batch)
        if as_json:
            print_json(content(found))
        else:
            from natron.app.screens import predictions as screen

            screen.survival(found, living)
        if out is not None:
            from natron.plot.predictions import dominating_parameters, survival_course

            pictures = {"survival": survival_course, "survival-dominates": dominating_parameters}
            drawn = [_draw(out, f"{described.name}-{name}", picture, found) for name, picture in pictures.items()]
            keep.pictures(found, drawn)
        warn(found.warnings)


def _capacity(cell: Cell) -> Quantity:
    """What a cycle of the cell passes: measured, else theoretical."""
    from natron.design import figures

    # a cell of metal alone could pass its whole reservoir, but no test does
    for basis in ("measured", "theoretical") if cell.kind == "full" else ():
        try:
            return figures(cell, basis)["areal_capacity"]
        except InputError:
            continue
    raise InputError(
        "the cell does not say what a half cycle passes", key="--capacity", hint='Give --capacity "1 mAh/cm²".'
    )


def _draw(out: Path, name: str, picture: Callable[..., Any], found: Prediction) -> Path:
    from natron.app.pictures import draw

    return draw(out, name, lambda ax: picture(found, ax=ax))
