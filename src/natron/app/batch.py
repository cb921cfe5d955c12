"""Work on many spectra: a part that fails does not stop the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import typer

from natron.app.progress import progress
from natron.app.spectra import Failure, Loaded

Found = TypeVar("Found")


def each_of(
    loaded: Sequence[Loaded], what: str, work: Callable[[Loaded], Found], failed: list[Failure]
) -> list[tuple[Loaded, Found]]:
    """What `work` gives for each spectrum; those it cannot do go to `failed`, unless that is all of them."""
    from natron.data import DataError

    found: list[tuple[Loaded, Found]] = []
    with progress(what, len(loaded)) as step:
        for one in loaded:
            step(one.name)
            try:
                found.append((one, work(one)))
            except DataError as error:
                failed.append(Failure(one.file, one.index, error.at(file=one.file)))
    if not found:
        raise failed[0].error
    return found


def told_failures(failed: Sequence[Failure]) -> list[dict[str, Any]]:
    """For JSON: what gave no result, and why."""
    return [{"file": each.file, "index": each.index, "error": str(each.error)} for each in failed]


def leave(failed: Sequence[Failure], not_converged: bool) -> None:
    """Leave with 5 where a part of the batch failed, with 4 where a fit did not converge."""
    for each in failed:
        print(f"natron: {each.error}", file=sys.stderr)
    if failed or not_converged:
        raise typer.Exit(5 if failed else 4)
