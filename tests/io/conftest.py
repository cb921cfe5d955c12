"""Where the instruments' files are: `../shared/data` beside the project, or where NATRON_TEST_DATA says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from real_files import DATA
from real_files import real as real_file


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
    return real_file
