"""Where a project is."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = ".natron"
"""The store inside a project's folder."""

INDEX = "index.sqlite"


def find_project(start: str | os.PathLike[str] = ".") -> Path | None:
    """The nearest folder from `start` upwards that is a project, or None."""
    here = Path(start).resolve()
    return next((folder for folder in (here, *here.parents) if (folder / FOLDER / INDEX).is_file()), None)
