"""Compute the table that natron ships in src/natron/constriction/table.csv.

    python benchmarks/constriction_table.py NEW.csv [pattern ...]

Takes some minutes of processor time.
"""

from __future__ import annotations

import csv
import sys
import time
from dataclasses import astuple, fields
from pathlib import Path

from natron.constriction.patterns import PATTERNS
from natron.constriction.tabulating import Row, rows


def main() -> None:
    target, names = Path(sys.argv[1]), tuple(sys.argv[2:]) or tuple(PATTERNS)
    begin = time.process_time()
    with target.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow([field.name for field in fields(Row)])
        for row in rows(names):
            writer.writerow([value if isinstance(value, str) else f"{value:.6g}" for value in astuple(row)])
            handle.flush()
    print(f"{time.process_time() - begin:.0f} s of processor time", file=sys.stderr)


if __name__ == "__main__":
    main()
