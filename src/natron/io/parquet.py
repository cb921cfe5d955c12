"""Parquet tables, decoded in a process of their own.

polars takes the counts inside a Parquet file on trust: a wrong one can make it ask for more memory than there is,
which ends the process it runs in, whatever that would catch. So another process decodes the file and hands the table
over; where that one ends, the file is damaged and nothing else is lost. A file whose digest is known is decoded here.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from natron.data import DataError
from natron.io.source import Source

SIGNATURE = b"PAR1"
_MAX_CELLS = 500_000_000
_GROWTH, _ALLOWANCE = 30, 48 * 1024**2
"""What a file may unpack to: measurements pack to a sixth at best, one value repeated to nothing."""
_YEARS_MS = (-62_135_596_800_000, 253_402_300_799_999)
"""The years 1 to 9999, in milliseconds since 1970."""
_TIMEOUT_S, _BYTES_PER_S = 60.0, 2e6


def read_parquet(source: Source, *, whole: bool = False) -> pl.DataFrame:
    """The columns of numbers, words and times in a Parquet file; lists, records and bytes hold no measurement.

    Parameters
    ----------
    whole : bool
        The file is known, by its digest, to be as natron wrote it: it is decoded in this process.

    Raises
    ------
    DataError
        Where it is damaged, or unpacks to more than 500 million values or thirty times its size and 48 MiB.
    """
    cells = min(_MAX_CELLS, (_GROWTH * source.size + _ALLOWANCE) // 8)
    found = _decode(source.path, cells) if whole else _decode_elsewhere(source, cells)
    if isinstance(found, pl.DataFrame):
        return found
    if "fault" in found:
        raise DataError(
            "the Parquet file is damaged", file=source.name, given=found["fault"], hint="Write or copy it again."
        )
    raise DataError(
        f"the file of {source.size} bytes unpacks to {found['rows']} rows of {found['columns']} columns",
        file=source.name,
        allowed=f"up to {cells} values",
        hint="Leave out what is not needed, or split it into parts.",
    )


def _decode(path: Path, cells: int) -> pl.DataFrame | dict[str, Any]:
    """The table in `path`, or what hinders it: a `fault`, or the `rows` and `columns` that are too many."""
    try:
        lazy = pl.scan_parquet(path, glob=False)
        columns = len(lazy.collect_schema())
        rows = int(lazy.select(pl.len()).collect().item())
        if rows * max(1, columns) > cells:
            return {"rows": rows, "columns": columns}
        return _plain_columns(pl.read_parquet(path, glob=False))
    # polars reports damage as several unrelated kinds of error, and may panic
    except (pl.exceptions.PolarsError, OSError, ValueError, OverflowError, pl.exceptions.PanicException) as error:
        return {"fault": str(error).strip().partition("\n")[0][:200] or type(error).__name__}


def _decode_elsewhere(source: Source, cells: int) -> pl.DataFrame | dict[str, Any]:
    """As `_decode`, in another process."""
    patience_s = _TIMEOUT_S + source.size / _BYTES_PER_S
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "table.arrow"
        # -P and the path: the same packages as here, and none from the current directory
        command = [sys.executable, "-P", "-m", "natron.io.parquet", str(source.path.absolute()), str(out), str(cells)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=patience_s, check=False)
        except subprocess.TimeoutExpired:
            return {"fault": f"it could not be decoded within {patience_s:.0f} s"}
        if done.returncode:
            return {"fault": f"its decoding ended with code {done.returncode}"}
        if out.exists():
            return pl.read_ipc(io.BytesIO(out.read_bytes()))
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _plain_columns(table: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        [
            _within_calendar(series) if series.dtype == pl.Datetime else series
            for series in table
            if not (series.dtype.is_nested() or series.dtype in (pl.Binary, pl.Object))
        ]
    )


def _within_calendar(dates: pl.Series) -> pl.Series:
    """Dates, null where they are beyond those that polars can print: it would panic."""
    inside = dates.alias("dates").dt.timestamp("ms").is_between(*_YEARS_MS)
    return pl.select(pl.when(inside).then(dates)).to_series().alias(dates.name)


if __name__ == "__main__":
    result = _decode(Path(sys.argv[1]), int(sys.argv[3]))
    if isinstance(result, pl.DataFrame):
        result.write_ipc(sys.argv[2])
    else:
        print(json.dumps(result))
