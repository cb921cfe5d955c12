"""Pictures that commands draw into a folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from natron.core import InputError


def folder(out: Path) -> None:
    """Make a folder for files to come, before the work whose results they hold.

    Raises
    ------
    InputError
        Where it cannot be made or written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"this folder cannot be made: {error.strerror}", file=str(out)) from None
    if not os.access(out, os.W_OK | os.X_OK):
        raise InputError("this folder cannot be written to", file=str(out), hint="Name another.")


def draw(
    out: Path, name: str, picture: Callable[..., Any], size: tuple[float, float] = (15, 10), *, rows: int = 1
) -> Path:
    """A picture as ``NAME.svg`` in the folder `out`, which is made where it is missing.

    Parameters
    ----------
    out : Path
    name : str
    picture : callable
        Takes ``ax``, or ``axes`` where there are several rows.
    size : tuple of float
        Width and height in cm.
    rows : int

    Returns
    -------
    Path
        Of the picture.

    Raises
    ------
    InputError
        Where the folder cannot be made, or a file of that name is not one of natron's pictures.
    """
    from natron.io.descriptions import REPORT_MARK, write_new_file
    from natron.plot import figure, to_svg

    folder(out)
    drawn, axes = figure(*size, rows)
    picture(**({"ax": axes} if rows == 1 else {"axes": axes}))
    # the mark tells natron's own pictures from a file of the user's, which is never written over
    path = out / f"{name}.svg"
    write_new_file(path, f"<!-- {REPORT_MARK} -->\n{to_svg(drawn, name)}")
    return path
