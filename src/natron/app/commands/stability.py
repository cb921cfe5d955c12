"""``natron stability``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from natron.app.keeping import ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError, Quantity, did_you_mean, parse_quantity

if TYPE_CHECKING:
    from natron.interface.reactions.stack import Side, Stack


def stability(
    stack: Annotated[
        str,
        typer.Argument(help='A built-in cell, a cell file, a stack file, or a line: "Li | prussian-blue 1 µm | LATP".'),
    ],
    duration: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--duration", help='That the layers are to last: "800 h" (default: the cell\'s lifetime).'),
    ] = None,
    current: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--current", help='Of the cell: "0.05 mA/cm²" (default: as the cell was cycled).'),
    ] = None,
    side: Annotated[str, typer.Option("--side", help="Of a cell: negative or positive.")] = "negative",
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Draw the ladder into this folder (SVG)."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a metal reduces in a stack of layers, how many electrons leak, and how long an interlayer lasts."""
    from natron.interface.reactions.stability import stability as judge
    from natron.report import stability as to_json

    if side not in ("negative", "positive"):
        raise InputError("a cell has two sides", key="--side", given=side, allowed="negative, positive")
    asked = _stack(stack, side)
    if duration is not None:
        asked = replace(asked, duration=_above_zero(duration, "duration", "--duration"))
    if current is not None:
        asked = replace(asked, current_density=_above_zero(current, "current_density", "--current"))
    with keeping(project) as keep:
        found = keep.result(
            "stability",
            title=asked.name,
            inputs=asked,
            settings={},
            work=lambda: judge(asked),
            content=to_json.stability,
        )
        if as_json:
            print_json(to_json.stability(found))
        else:
            from natron.app.screens import stability as screen

            screen.stability(found)
        if out is not None:
            from natron.app.pictures import draw
            from natron.plot.stability import ladder

            keep.pictures(found, [draw(out, "ladder", lambda ax: ladder(found, ax=ax), (15, 10.5))])
        warn(asked.warnings)


def _above_zero(text: str, kind: str, key: str) -> Quantity:
    found = parse_quantity(text, kind)
    if not found.value > 0:
        raise InputError("this must be above 0", key=key, given=text)
    return found


def _stack(text: str, side: str) -> Stack:
    """A stack from whatever names one."""
    from natron.cell import built_in, built_in_texts, parse_cell
    from natron.core.schema import parse_toml
    from natron.interface.reactions.stack import parse_stack, short_stack, stack_of_cell
    from natron.io.descriptions import read_description

    sided: Side = "positive" if side == "positive" else "negative"
    if text in built_in_texts():
        return stack_of_cell(built_in(text), sided)
    if "|" in text:
        return short_stack(text)
    if not (text.endswith(".toml") or "/" in text or "\\" in text or Path(text).is_file()):
        raise InputError(
            "this is neither a built-in cell, nor a file, nor a line of layers", key="STACK", given=text,
            allowed='such as latp-pb, my-stack.toml, "Li | LATP"', hint=did_you_mean(text, built_in_texts()),
        )  # fmt: skip
    content = read_description(text, raises=InputError)
    if "layer" in parse_toml(content, file=text, raises=InputError):
        return parse_stack(content, file=text)
    return stack_of_cell(parse_cell(content, file=text), sided)
