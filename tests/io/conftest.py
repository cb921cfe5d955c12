"""Where the instruments' files are: `../shared/data` beside the project, or where NATRON_TEST_DATA says."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

DATA = Path(os.environ.get("NATRON_TEST_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")).resolve()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with an argument `every_file` runs for each real file there is, with `every_pair` for each .mpr beside
    an .mpt that EC-Lab exported from it."""
    if "every_file" in metafunc.fixturenames:
        folders = [folder for folder in sorted(DATA.iterdir()) if folder.is_dir()] if DATA.is_dir() else []
        names = [f"{folder.name}/{file.name}" for folder in folders for file in sorted(folder.iterdir())]
        metafunc.parametrize("every_file", names)

    if "every_pair" in metafunc.fixturenames:
        pairs = [
            (mpr.relative_to(DATA).as_posix(), mpt.relative_to(DATA).as_posix())
            for mpr in sorted(DATA.glob("*/*.mpr"))
            for mpt in sorted(mpr.parent.glob("*.mpt"))
            if mpt.name.startswith(f"{mpr.stem}.")
        ]
        metafunc.parametrize("every_pair", pairs, ids=[text for _, text in pairs])


@pytest.fixture
def real() -> Callable[[str], Path]:
    """A real instrument file by its path under the data folder; the test is skipped where it is missing."""

    def find(name: str) -> Path:
        path = DATA / name
        if not path.is_file():
            pytest.skip(f"no real file {name} under {DATA}; set NATRON_TEST_DATA to the folder that has it")
        return path

    return find
