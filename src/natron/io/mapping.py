"""Any delimited text, with a mapping file that says which column is what.

The mapping is TOML:

    delimiter = ";"          # optional: found where it is missing
    decimal = ","            # optional, likewise
    current = "discharge positive"   # optional: turns the sign round; "charge positive" is the rule

    [columns]
    "Test Time / s" = "t (min)"                     # a unit in the header is heeded
    "Voltage / V" = { column = "E", unit = "mV" }   # or stated here
    "Current / A" = { column = "J", unit = "mA", factor = 1.54 }
    "Imaginary Impedance / ohm" = { column = "Zi", factor = -1 }
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from natron.core import InputError, did_you_mean
from natron.core.schema import parse_toml
from natron.io.columns import CURRENT, KNOWN, Column, plain, split_header, to_bdf
from natron.io.delimited import Layout, Sheet, read_sheet, sheet_under
from natron.io.reading import Asked, Reading, assemble
from natron.io.source import Source

NAME = "text with a mapping"
_KEYS = ("columns", "delimiter", "decimal", "current")
_CURRENTS = ("charge positive", "discharge positive")
_COLUMN_KEYS = ("column", "unit", "factor")
_DELIMITER = re.compile(r"[\t !#$%&*/:;<=>?@\\^_`{|}~,]")
_LARGEST_FACTOR = 1e30


def load_mapping(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """A mapping file's content, checked.

    Raises
    ------
    InputError
        Where it cannot be read, is not TOML, or has a key or column name that is not known.
    """
    name = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(
            "the mapping file cannot be read", file=name, given=str(error), allowed="a TOML file in UTF-8"
        ) from error
    return check_mapping(parse_toml(text, file=name, raises=InputError), file=name)


def check_mapping(content: Mapping[str, Any], *, file: str | None = None) -> Mapping[str, Any]:
    """A mapping, as it is, where all of it is known.

    Raises
    ------
    InputError
        Naming the key that is not, and the nearest that is.
    """
    for key in content:
        if key not in _KEYS:
            raise InputError("unknown key", file=file, key=key, allowed=", ".join(_KEYS), hint=did_you_mean(key, _KEYS))
    columns = content.get("columns")
    if not isinstance(columns, Mapping) or not columns:
        raise InputError("a mapping needs a table [columns]", file=file, allowed='"Voltage / V" = "name in the file"')
    for label, entry in columns.items():
        if label not in KNOWN:
            raise InputError(
                "unknown column",
                file=file,
                key=f"columns.{label}",
                allowed="a Battery Data Format label",
                hint=did_you_mean(label, KNOWN),
            )
        if not _is_entry(entry if isinstance(entry, Mapping) else {"column": entry}):
            raise InputError(
                "a column is a name, or a table with column, unit and factor",
                file=file,
                key=f"columns.{label}",
                given=entry,
                allowed='"name in the file" or { column = "name", unit = "mA", factor = 1.5 }',
            )
    if content.get("current", _CURRENTS[0]) not in _CURRENTS:
        raise InputError(
            "unknown sign of the current",
            file=file,
            key="current",
            given=content["current"],
            allowed=" or ".join(_CURRENTS),
        )
    delimiter, decimal = content.get("delimiter", ";"), content.get("decimal", ".")
    if decimal not in (".", ","):
        raise InputError("unknown decimal sign", file=file, key="decimal", given=decimal, allowed='"." or ","')
    if not isinstance(delimiter, str) or _DELIMITER.fullmatch(delimiter) is None or delimiter == decimal:
        raise InputError(
            "this cannot part the fields of a table",
            file=file,
            key="delimiter",
            given=delimiter,
            allowed='one sign such as ";", "," or "\\t", a blank for any white space, and not the decimal sign',
        )
    return content


def _is_entry(entry: Mapping[str, Any]) -> bool:
    name, unit, factor = (entry.get(key, default) for key, default in zip(_COLUMN_KEYS, ("", "", 1.0), strict=True))
    return (
        set(entry) <= set(_COLUMN_KEYS)
        and isinstance(name, str)
        and bool(name.strip())
        and isinstance(unit, str)
        and isinstance(factor, int | float)
        and abs(factor) <= _LARGEST_FACTOR
        and factor != 0
    )


def read(source: Source, asked: Asked) -> Reading:
    """The record and spectra in delimited text whose columns `asked.mapping` names.

    Raises
    ------
    DataError
        Where no line has the names that the mapping gives.
    """
    mapping = check_mapping(asked.mapping or {})
    entries = {
        label: entry if isinstance(entry, Mapping) else {"column": entry} for label, entry in mapping["columns"].items()
    }
    wanted = [str(entry["column"]) for entry in entries.values()]
    sheet = read_sheet(
        source.text, lambda line: all(name in line for name in wanted), file=source.name, what="the mapping"
    )
    sheet = _as_told(sheet, mapping, source)
    columns = [
        Column(name, label, entry.get("unit") or split_header(name)[1])
        for (label, entry), name in zip(entries.items(), wanted, strict=True)
    ]
    by_name = {plain(name): name for name in sheet.table.columns}
    chosen = {
        column.vendor if column.vendor in sheet.table.columns else by_name.get(plain(column.vendor))
        for column in columns
    }
    table, notes = to_bdf(
        pl.DataFrame([series for series in sheet.table if series.name in chosen]), columns, file=source.name
    )
    factors = {label: float(entry.get("factor", 1.0)) for label, entry in entries.items()}
    if mapping.get("current") == _CURRENTS[1] and CURRENT in table.columns:
        factors[CURRENT] = -factors.get(CURRENT, 1.0)
        notes.append("the current was turned round: the mapping says that discharge is positive")
    table = table.with_columns([pl.col(k) * v for k, v in factors.items() if v != 1.0 and k in table.columns])
    return assemble(table, source, asked, reader=NAME, notes=[*sheet.notes, "columns as the mapping says", *notes])


def _as_told(sheet: Sheet, mapping: Mapping[str, Any], source: Source) -> Sheet:
    """The sheet read again where the mapping gives another delimiter or decimal sign than was found."""
    layout = Layout(mapping.get("delimiter", sheet.layout.delimiter), mapping.get("decimal", sheet.layout.decimal))
    if layout == sheet.layout:
        return sheet
    lines = source.text.split("\n")
    names = tuple(layout.split(lines[len(sheet.above)]))
    body = "\n".join(lines[len(sheet.above) + 1 :])
    return sheet_under(sheet.above, names, layout, body, file=source.name)
