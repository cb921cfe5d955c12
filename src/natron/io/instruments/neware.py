"""Neware binary files (.nda, .ndax), with the extra `natron[neware]`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from natron.data import DataError
from natron.io.archives import SIGNATURE, check_archive
from natron.io.columns import (
    CURRENT,
    CYCLE,
    STEP,
    STEP_CAPACITY,
    STEP_COUNT,
    STEP_ENERGY,
    STEP_TIME,
    STEP_TYPE,
    T1,
    T2,
    T3,
    TIME,
    UNIX,
    VOLTAGE,
    Column,
    to_bdf,
)
from natron.io.heard import heard
from natron.io.reading import Asked, Reading, assemble
from natron.io.source import Source

NAME = "Neware .nda/.ndax"
SUFFIXES = (".nda", ".ndax")
COLUMNS = (
    Column("total_time", TIME, "s"),
    Column("voltage", VOLTAGE, "V"),
    Column("current", CURRENT, "mA"),
    Column("unix_time", UNIX, "s"),
    Column("step_time", STEP_TIME, "s"),
    Column("cycle_count", CYCLE),
    Column("step_count", STEP_COUNT),
    Column("step_index", STEP),
    Column("step_type", STEP_TYPE),
    Column("capacity", STEP_CAPACITY, "mAh"),
    Column("energy", STEP_ENERGY, "mWh"),
    Column("aux1_temperature_degC", T1, "degC"),
    Column("aux2_temperature_degC", T2, "degC"),
    Column("aux3_temperature_degC", T3, "degC"),
)
_NDA = b"NEWARE"
_ALLOWANCE = 12 * 1024**2
"""What a small archive may unpack to: reading it takes thirteen times that much memory."""


def sniff(source: Source) -> str | None:
    """Why this is a Neware file, or None."""
    if source.head.startswith(_NDA):
        return "it begins with 'NEWARE'"
    if source.head.startswith(SIGNATURE) and (b".ndc" in source.head or source.suffix == ".ndax"):
        return "it is an archive with Neware's .ndc files"
    return None


def read(source: Source, asked: Asked) -> Reading:
    """The record in an .nda or .ndax; cycles are the file's own.

    Raises
    ------
    DataError
        Where fastnda is not installed, the archive unpacks to far more than it is or is damaged, or there is
        no row in it.
    """
    suffix = ".nda" if source.head.startswith(_NDA) else ".ndax"
    if suffix == ".ndax":
        check_archive(source, "Neware", _ALLOWANCE)
    fastnda = _fastnda()
    notes: list[str] = []
    with _named(source, suffix) as path, heard(("fastnda",), notes):
        try:
            raw = fastnda.read(path, cycle_mode="raw")
        # fastnda lets zipfile's, struct's and polars' errors through
        except Exception as error:
            raise DataError(
                "the file cannot be decoded",
                file=source.name,
                given=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
                hint="It may be damaged; export it as text from Neware's BTSDA and read that.",
            ) from error
    if raw.is_empty():
        raise DataError(
            "the file holds no row of data",
            file=source.name,
            hint="The test had not begun when it was saved.",
        )
    table, said = to_bdf(raw, COLUMNS, file=source.name)
    return assemble(table, source, asked, reader=NAME, notes=[*notes, *said])


def _fastnda() -> Any:
    try:
        import fastnda  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise DataError(
            "reading Neware files needs a package that is not installed",
            allowed="fastnda",
            hint="Install it with: pip install 'natron[neware]'. Or export the test as text from BTSDA.",
        ) from error
    return fastnda


@contextmanager
def _named(source: Source, suffix: str) -> Iterator[Path]:
    """A path to the file with the extension by which fastnda chooses its reader."""
    if source.suffix == suffix:
        yield source.path
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"renamed{suffix}"
        path.write_bytes(source.raw)
        yield path
