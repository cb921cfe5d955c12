"""Real instrument files: `../shared/data` beside the project, or the folder that NATRON_TEST_DATA names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("NATRON_TEST_DATA", Path(__file__).parents[1] / ".." / "shared" / "data")).resolve()


def real(name: str) -> Path:
    """A real file by its path under the folder; the test is skipped, saying so, where it is missing."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"no real file {name} under {DATA}; set NATRON_TEST_DATA to the folder that has it")
    return path
