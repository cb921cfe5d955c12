"""``natron init``, ``find``, ``show``, ``compare`` and ``export``: results that were kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from natron.app.keeping import ProjectOption
from natron.app.output import JsonOption, print_json
from natron.core import InputError

if TYPE_CHECKING:
    from natron.report.kept import Row
    from natron.store import Kept, Project


@contextmanager
def the_project(option: Path | None) -> Iterator[Project]:
    """The project named, or that of the current folder.

    Raises
    ------
    StoreError
        Where there is none.
    """
    from natron.store import StoreError, find_project, open_project

    folder = option if option is not None else find_project()
    if folder is None:
        raise StoreError(
            "this folder is in no project", hint="Go into one, name one with --project, or make one: natron init."
        )
    with open_project(folder) as project:
        yield project


def init(
    folder: Annotated[Path, typer.Argument(help="The folder that becomes a project (default: this one).")] = Path(),
    as_json: JsonOption = False,
) -> None:
    """Make a folder a project: what commands find inside it is kept there, and known again."""
    from natron.store import init_project

    with init_project(folder) as project:
        count = len(project.entries())
        if as_json:
            print_json({"schema_version": 1, "folder": str(folder), "results": count})
        elif count:
            print(f"{folder.resolve()} is a project already, with {count} results.")
        else:
            print(f"{folder.resolve()} is a project now: commands run inside it keep their results. See: natron find")


def find(
    words: Annotated[
        Optional[list[str]],  # noqa: UP045  (typer reads it at run time)
        typer.Argument(help="Each must stand in the title, the command, the settings or a file's name."),
    ] = None,
    command: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--command", help='Of this command: "eis fit", cycling, ccd, design, sweep.'),
    ] = None,
    file: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--file", help="From a file whose name holds this, or whose SHA-256 begins so."),
    ] = None,
    where: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--where", help='With a number that compares so: "R1 > 20 ohm", in the unit the result shows.'),
    ] = None,
    since: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--since", help="Kept on this day (UTC) or later: 2026-03-01."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the results that are kept, the newest first."""
    from natron.report.kept import found_json

    condition = None if where is None else _condition(where)
    with the_project(project) as opened:
        found = opened.entries(words=words or (), command=command, file=file, since=_day(since))
        numbers = None
        if condition is not None:
            numbers = opened.with_number(*condition)
            found = [entry for entry in found if entry.id in numbers]
        if as_json:
            print_json(found_json(found, numbers))
        else:
            from natron.app.screens import kept as screen

            screen.entries(found, numbers)


def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Of a result, or its beginning: see natron find.")],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Write its pictures (SVG) into this folder."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """One kept result: where it came from, with what it was computed, and its numbers."""
    from natron.report.kept import shown_json

    with the_project(project) as opened:
        kept = opened.open(id_)
        if as_json:
            print_json(shown_json(kept))
        else:
            from natron.app.screens import kept as screen

            places = {raw.sha256: opened.raw_path(raw) for raw in kept.entry.raws}
            screen.shown(kept, {sha: _relative(path, opened) for sha, path in places.items()})
        if out is not None:
            _write_pictures(opened, kept, out)


def compare(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Two results or more.")],
    only: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--only", help="A quantity's name or place: R1. May be repeated."),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Draw the comparison into this folder (SVG)."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Results side by side: each quantity that two of them have."""
    from natron.report.kept import compared_json, side_by_side

    with the_project(project) as opened:
        results = [opened.open(id_) for id_ in dict.fromkeys(ids)]
        if len({kept.entry.id for kept in results}) < 2:
            raise InputError("a comparison needs two results", given=", ".join(ids), hint="List them: natron find.")
        rows = side_by_side(results, only or ())
        if not rows:
            raise InputError(
                "these results have no quantity in common",
                given=", ".join(f"{kept.entry.command} {kept.entry.short}" for kept in results)
                + (f" --only {', '.join(only)}" if only else ""),
                hint="Compare results of one command; natron show ID lists its quantities.",
            )
        if as_json:
            print_json(compared_json(results, rows))
        else:
            from natron.app.screens import kept as screen

            screen.compared(results, rows)
        if out is not None:
            _draw(results, rows, out)


def export(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    ids: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="[ID]…", help="Which results; all where left out."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a project that opens elsewhere: results, tables, pictures and the instrument files behind them."""
    from natron.report.kept import exported_json
    from natron.store import export as write

    with the_project(project) as opened:
        entries = [opened.entry(id_) for id_ in ids] if ids else None
        found = write(opened, folder, entries)
        if as_json:
            print_json(exported_json(found))
        else:
            from natron.app.screens import kept as screen

            screen.exported(found)
    if found.left_out:
        raise typer.Exit(5)


def _condition(text: str) -> tuple[str, str, float, str]:
    """``"R1 > 20 ohm"`` in its parts."""
    match = re.fullmatch(r"\s*([^\s<>=]+)\s*(<=|>=|<|>|=)\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*(\S*)\s*", text)
    try:
        if match is None:
            raise ValueError
        return match[1], match[2], float(match[3]), match[4] or "1"
    except ValueError:
        raise InputError(
            "this is no condition on a number",
            key="--where",
            given=text,
            allowed='"R1 > 20 ohm", with <, <=, >, >= or =',
        ) from None


def _day(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError("this is no day", key="--since", given=text, allowed="2026-03-01") from None


def _relative(path: Path | None, project: Project) -> str | None:
    return None if path is None else path.relative_to(project.folder).as_posix()


def _write_pictures(project: Project, kept: Kept, out: Path) -> None:
    from natron.io.descriptions import write_new_file

    if not kept.entry.figures:
        raise InputError(
            "no picture was kept with this result", given=kept.entry.short,
            hint="Run its command again with --out: its pictures are then kept too.",
        )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    for name in kept.entry.figures:
        write_new_file(out / f"{name}.svg", project.figure(kept.entry, name))


def _labels(places: Sequence[str]) -> list[str]:
    """The fewest last words of each place that no other place ends in."""
    ways = [place.split(".") for place in places]
    return [
        ".".join(
            next(
                (way[-n:] for n in range(1, len(way)) if sum(other[-n:] == way[-n:] for other in ways) == 1),
                way,
            )
        )
        for way in ways
    ]


def _draw(results: list[Kept], rows: list[Row], out: Path) -> None:
    """The quantities side by side, those that differ where any do; of spectra, measured or computed, also these."""
    from natron.app.pictures import draw
    from natron.plot.compared import relative, relative_height_cm

    rows = [row for row in rows if row.differs] or rows
    labels = _labels([row.place for row in rows])
    # a ratio of degrees Celsius says nothing
    shown = [(label, row) for label, row in zip(labels, rows, strict=True) if row.unit != "degC"]
    labels = [label for label, _ in shown]
    values = [[None if n is None else (n.value, n.uncertainty) for n in row.numbers] for _, row in shown]
    titles = [kept.entry.label for kept in results]
    draw(out, "compared", partial(relative, labels, values, titles), (17, relative_height_cm(len(shown))))
    commands = {kept.entry.command for kept in results}
    if commands <= {"eis fit", "simulate --eis"}:
        from natron.plot.eis import nyquist, nyquist_height

        fitted = commands == {"eis fit"}
        fits = [kept.value.result for kept in results] if fitted else None
        spectra = [kept.value.result.spectrum if kept.entry.command == "eis fit" else kept.value[0] for kept in results]
        draw(out, "compared-nyquist", partial(nyquist, spectra, fits, labels=titles), (15, nyquist_height(spectra, 15)))
