"""Arbin workbook (.xlsx), with the extra `natron[arbin]`: one test over one sheet or several, `Channel_1-001`, …"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from natron.data import DataError
from natron.io.archives import SIGNATURE, check_archive, unpacked
from natron.io.columns import TIME, UNIX, to_bdf
from natron.io.heard import heard
from natron.io.instruments.arbin import COLUMNS, is_header
from natron.io.reading import Asked, Reading, assemble
from natron.io.source import Source

NAME = "Arbin .xlsx"
SUFFIXES = (".xlsx",)
_PARTS = (b"[Content_Types].xml", b"xl/")
_SHEETS = "xl/worksheets/"
_FAR_ROW = re.compile(rb"\br\s*=\s*[\"'][A-Za-z]*(\d{3,})")
_FAR_COLUMN = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{2,})(?:\d|$)")
_NEAR_ROWS = 99
_MOST_DIGITS, _MOST_LETTERS = 7, 3
"""Of the last cell that a workbook can have, XFD1048576."""
_LETTERS = 26
_SMALL = 1_000_000
_CELL_BYTES, _GROWTH, _ALLOWANCE = 48, 10, 64_000_000
"""What a cell takes at least once it is read, and how much of that a file of a given size may ask for."""
_SERIAL_DAYS = (20_000.0, 80_000.0)
"""Dates that a workbook keeps as bare days, 1954 to 2119."""
_DAY, _EPOCH_DAYS = 86400.0, 25569.0


def sniff(source: Source) -> str | None:
    """Why this is a workbook, or None."""
    if source.head.startswith(SIGNATURE) and (any(part in source.head for part in _PARTS) or source.suffix == ".xlsx"):
        return "it is a workbook of sheets"
    return None


def read(source: Source, asked: Asked) -> Reading:
    """The record in an Arbin workbook; sheets under Arbin's names follow each other, others are left out.

    Raises
    ------
    DataError
        Where fastexcel is not installed, the workbook is damaged, unpacks to far more than it is, or has no
        sheet of Arbin's.
    """
    names = check_archive(source, "Arbin")
    for name in names:
        if name.startswith(_SHEETS) and name.endswith(".xml"):
            _check_extent(source, name)
    tables: list[pl.DataFrame] = []
    notes: list[str] = []
    used: list[str] = []
    left: list[str] = []
    for sheet, table in _sheets(source, notes):
        if is_header(",".join(table.columns)) and len(table):
            known, said = to_bdf(table, COLUMNS, file=source.name)
            tables.append(_dated(known))
            notes += said
            used.append(sheet)
        else:
            left.append(sheet)
    if not tables:
        raise DataError(
            "the workbook has no sheet of an Arbin test",
            file=source.name,
            given=", ".join(left) or "no sheet",
            allowed="a sheet headed Data_Point, Test_Time(s), Step_Index, Current(A), Voltage(V), …",
            hint="Save the sheet with the measurement as .csv and read that, with a mapping file if need be.",
        )
    order = sorted(range(len(tables)), key=lambda k: (_begin(tables[k]), k))
    notes.append("sheets read: " + ", ".join(used[k] for k in order))
    if left:
        notes.append("sheets left out: " + ", ".join(left))
    table = pl.concat([tables[k] for k in order], how="diagonal")
    return assemble(table, source, asked, reader=NAME, notes=list(dict.fromkeys(notes)))


def _check_extent(source: Source, name: str) -> None:
    """Refuse a sheet of more cells than its file's size warrants, those between its farthest ones included."""
    size = cells = 0
    rows, columns = _NEAR_ROWS, _LETTERS
    before = b""
    for piece in unpacked(source, name):
        # what is looked for may lie across two pieces
        text = before + piece
        size += len(piece)
        cells += piece.count(b"<c ") + piece.count(b"<c>")
        digits, letters = set(_FAR_ROW.findall(text)), set(_FAR_COLUMN.findall(text))
        if any(len(each) > _MOST_DIGITS for each in digits) or any(len(each) > _MOST_LETTERS for each in letters):
            raise DataError(
                f"the sheet {name} names a cell that no workbook has",
                file=source.name,
                given=max([*digits, *letters], key=len)[:40].decode("ascii"),
                allowed="up to XFD1048576",
            )
        rows = max(rows, max(map(int, digits), default=0))
        columns = max(columns, max(map(_column, letters), default=0))
        before = piece[-200:]
    allowed = (_GROWTH * source.size + _ALLOWANCE) // _CELL_BYTES
    if cells > allowed or rows * columns > size + _SMALL:
        raise DataError(
            f"the sheet {name} has {cells} cells and spans {rows} rows of {columns} columns",
            file=source.name,
            given=f"{size} bytes, packed into a file of {source.size}",
            allowed=f"up to {allowed} cells in a file of this size, and a sheet filled with them",
            hint="Clear the cells beside the table, or save the sheet as .csv and read that.",
        )


def _column(letters: bytes) -> int:
    """The number of a column named A, …, Z, AA, ….

    >>> _column(b"AA")
    27
    """
    number = 0
    for letter in letters.upper():
        number = _LETTERS * number + letter - ord("A") + 1
    return number


def _sheets(source: Source, notes: list[str]) -> Sequence[tuple[str, pl.DataFrame]]:
    fastexcel = _fastexcel()
    try:
        with heard(("fastexcel", "calamine"), notes):
            book = fastexcel.read_excel(str(source.path))
            return [(name, book.load_sheet(name).to_polars()) for name in book.sheet_names]
    # fastexcel reports damage in several kinds of error, and may panic
    except Exception as error:
        raise DataError(
            "the workbook cannot be read",
            file=source.name,
            given=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
            hint="Open it in a spreadsheet program and save it again, or save the sheet as .csv.",
        ) from error


def _fastexcel() -> Any:
    try:
        import fastexcel
    except ImportError as error:
        raise DataError(
            "reading workbooks needs a package that is not installed",
            allowed="fastexcel",
            hint="Install it with: pip install 'natron[arbin]'. Or save the sheet as .csv and read that.",
        ) from error
    return fastexcel


def _dated(table: pl.DataFrame) -> pl.DataFrame:
    """Seconds since 1970 where the sheet keeps dates as days since 1900."""
    if UNIX not in table.columns or not table[UNIX].is_between(*_SERIAL_DAYS).all():
        return table
    return table.with_columns((pl.col(UNIX) - _EPOCH_DAYS) * _DAY)


def _begin(table: pl.DataFrame) -> float:
    """By what sheets are put in order: its earliest time."""
    begins = table[TIME].min() if TIME in table.columns else None
    return float(begins) if isinstance(begins, float) else 0.0
