"""``natron sweep``."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from natron.app.keeping import ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError

if TYPE_CHECKING:
    from natron.sweep import Spec, SweepResult

_MOST_PICTURES = 6
_UNITS = {"MB": 1e6, "GB": 1e9, "MiB": 2.0**20, "GiB": 2.0**30}
_LEAST_BYTES = 256 * 2**20


def sweep(
    spec: Annotated[Path, typer.Argument(help="A TOML file: what is swept, over what, how.")],
    workers: Annotated[
        Optional[int],  # noqa: UP045  (typer reads it at run time)
        typer.Option("--workers", help="Processes on this machine; as many as it has cores where left out.", min=1),
    ] = None,
    memory: Annotated[str, typer.Option("--memory", help="That each process may allocate.")] = "4 GB",
    scheduler: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--scheduler", help="A Dask scheduler: tcp://HOST:8786, or the scheduler file it wrote."),
    ] = None,
    parameters: Annotated[
        bool, typer.Option("--parameters", help="List what can vary and what comes out, and stop.")
    ] = False,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="A folder for the table of all points (CSV) and pictures (SVG)."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a command the same of many cells: grids, even and random samples, Sobol indices, Pareto fronts.

    In a project every finished batch is kept: a sweep that was stopped goes on where it was when it is started again.
    """
    from natron.report.sweep import parameters_json, sweep_json
    from natron.sweep import load_spec, run_sweep, settings_of

    limit = _bytes(memory)
    asked = load_spec(spec)
    if parameters:
        if as_json:
            print_json(parameters_json(asked.subject))
        else:
            from natron.app.screens import sweep as screen

            screen.parameters(asked.subject)
        return
    known = 0

    def work() -> SweepResult:
        nonlocal known
        into = keep.project if keep.project is not None and keep.project.writable else None
        try:
            with _progress(asked.title) as shown:
                found, known = run_sweep(asked, _workers(asked, workers, limit, scheduler), into, progress=shown)
        except KeyboardInterrupt:
            if into is not None:
                warn(["finished batches are kept; the same command goes on from there"])
            raise
        return found

    with keeping(project) as keep:
        found = keep.result(
            "sweep", title=asked.title, inputs=None, settings=settings_of(asked), work=work, content=sweep_json
        )
        if known:
            print(f"natron: {known} of {len(found.values)} points were there from before", file=sys.stderr)
        if as_json:
            print_json(sweep_json(found))
        else:
            from natron.app.screens import sweep as screen

            screen.sweep(found)
        if out is not None:
            keep.pictures(found, _write(found, out))
        if found.failed:
            warn([f"{found.failed} of {len(found.values)} points have no numbers, the first: {found.reasons[0][1]}"])
            raise typer.Exit(5)


def _workers(asked: Spec, count: int | None, memory_bytes: int, scheduler: str | None) -> Callable[[], Any]:
    from natron.sweep import ClusterWorkers, Here, LocalWorkers

    if scheduler is not None:
        if count is not None:
            raise InputError("a scheduler has workers of its own", key="--workers", hint="Leave one of both out.")
        return lambda: ClusterWorkers(scheduler)
    if count is None and asked.subject.at_once:
        return Here
    return lambda: LocalWorkers(count or _cores(), memory_bytes)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _bytes(text: str) -> int:
    match = re.fullmatch(r"\s*([\d.]+)\s*(MB|GB|MiB|GiB)\s*", text)
    try:
        found = float(match[1]) * _UNITS[match[2]] if match else 0.0
    except ValueError:
        found = 0.0
    if found < _LEAST_BYTES:
        raise InputError(
            "this is no amount of memory for a process", key="--memory", given=text, allowed='"300 MB" or more'
        )
    return int(found)


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int, float | None], None]]:
    """Points done and the time left, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total, left_s: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    left = TextColumn("{task.fields[left]}")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        left,
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(escape(title), total=None, left="")

        def step(done: int, total: int, left_s: float | None) -> None:
            words = "" if left_s is None else f"some {_in_words(left_s)} left"
            bar.update(task, completed=done, total=total, left=words)

        yield step


def _in_words(seconds: float) -> str:
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _write(found: SweepResult, out: Path) -> list[Path]:
    """The table and the pictures that fit how the points were chosen; the pictures' paths."""
    from natron.app.pictures import draw
    from natron.core.kinds import kind
    from natron.io.descriptions import write_new_file
    from natron.plot import sweep as pictures
    from natron.report.sweep import table_csv

    def shown(values: Any, k: str) -> Any:
        return (values - kind(k).offset) / kind(k).factor

    def label(name: str, k: str) -> str:
        words = name.replace("_", " ")
        return f"{words} / {kind(k).pretty}" if kind(k).pretty else words

    out.mkdir(parents=True, exist_ok=True)
    write_new_file(out / "points.csv", table_csv(found), overwrite=_is_own(out / "points.csv"))
    columns = {
        name: (shown(found.column(name), k), label(name, k))
        for name, k in zip(found.outputs, found.output_kinds, strict=True)
    }
    drawn: list[Path] = []
    varied = [
        (shown(found.values[:, i], k), label(name, k))
        for i, (name, k) in enumerate(zip(found.names, found.parameter_kinds, strict=True))
    ]
    for name, (values, words) in list(columns.items())[:_MOST_PICTURES]:
        if found.method == "grid" and len(varied) == 1:
            picture = partial(pictures.line, varied[0][0], values, (varied[0][1], words))
        elif found.method == "grid" and len(varied) == 2:
            (x, x_words), (y, y_words) = varied
            picture = partial(pictures.surface, x, y, values, (x_words, y_words, words))
        else:
            picture = partial(pictures.distribution, values, words)
        drawn.append(draw(out, f"sweep-{_plain(name)}", picture, (15, 10)))
    for one in found.indices[:_MOST_PICTURES]:
        bars = partial(pictures.indices, one.names, one.first, one.total, one.first_interval, one.total_interval)
        height = 3.0 + 0.9 * min(len(one.names), pictures.MOST_BARS)
        drawn.append(draw(out, f"sobol-{_plain(one.output)}", bars, (15, height)))
    if len(found.front):
        goals = [*found.maximise, *found.minimise][:2]
        (x, x_words), (y, y_words) = (columns[goal] for goal in goals)
        better = ["larger is better" if goal in found.maximise else "smaller is better" for goal in goals]
        axes = (f"{x_words}  ({better[0]})", f"{y_words}  ({better[1]})")
        drawn.append(draw(out, "pareto-front", partial(pictures.front, x, y, found.front, axes), (15, 11)))
    return drawn


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)


def _is_own(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        return handle.readline().startswith(b"Point / 1,")
