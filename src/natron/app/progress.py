"""Progress of long work on a terminal: on stderr, and nothing at all where stderr is a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[str], None]]:
    """A bar while the block runs; it leaves no trace.

    Yields a function to call before each of the `total` parts with what the part is; without a `total` there
    is one part of unknown length. A block must not print: it would tear the bar.
    """
    if not sys.stderr.isatty():
        yield lambda part: None
        return
    # rich takes its time to import, and a pipe never needs it
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    counted = [BarColumn(bar_width=24), MofNCompleteColumn()] if total is not None else []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), *counted, TimeElapsedColumn())
    shown = Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
    )
    with shown:
        task = shown.add_task(what, total=total)
        begun = 0

        def step(part: str) -> None:
            nonlocal begun
            shown.update(task, description=escape(f"{what} {part}"), completed=begun if total is not None else None)
            begun += 1

        yield step
