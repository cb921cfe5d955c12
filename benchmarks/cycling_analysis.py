"""Analysis of 10⁶ rows: full cells of 500 and 2500 cycles with rests and spectra, and critical-current tests of 400 and
4000 half steps.

    python benchmarks/cycling_analysis.py [rows]

Prints the median of five runs of each part, as processor time and, in brackets, as time on the wall: other work on
the machine is none of ours. Records are built before the clock starts.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

from natron.cycling import analyse, half_steps
from natron.data import CyclingRecord, Provenance, cycling_record
from natron.data.cycling import CURRENT, FREQUENCY, STEP, TIME, VOLTAGE

RUNS = 5


def full_cell(rows: int, cycles: int = 500) -> CyclingRecord:
    """Charge, rest, discharge, rest; a spectrum of 60 points after every tenth discharge."""
    per = rows // (4 * cycles)
    x = np.linspace(0, 1, per)
    voltage = np.concatenate([3.3 + 0.2 * x, 3.45 - 0.02 * x, 3.4 - 0.6 * x, 2.8 + 0.1 * x])
    current = np.repeat([1e-3, 0.0, -1e-3, 0.0], per)
    step = np.repeat([1, 2, 3, 4], per)
    rng = np.random.default_rng(1)
    count = 4 * per * cycles
    frequency = np.full((cycles, 4 * per), np.nan)
    frequency[9::10, -61:-1] = np.geomspace(1e6, 1, 60)
    steps = np.tile(step, (cycles, 1))
    steps[9::10, -61:-1] = 5
    columns = {
        TIME: np.arange(count) * 7.2,
        VOLTAGE: np.tile(voltage, cycles) + rng.normal(0, 2e-4, count),
        CURRENT: np.tile(current, cycles),
        STEP: steps.ravel(),
        FREQUENCY: pl.Series(frequency.ravel()).fill_nan(None),
    }
    return cycling_record(pl.DataFrame(columns), Provenance(), area_m2=1e-4, kind="full")


def symmetric_cell(rows: int, half_steps: int = 400) -> CyclingRecord:
    """Half steps of one length and rising current."""
    per = rows // half_steps
    level = np.repeat(1e-4 * (1 + np.arange(half_steps) // 2), per) * np.repeat(
        np.where(np.arange(half_steps) % 2, -1.0, 1.0), per
    )
    noise = np.random.default_rng(2).normal(0, 2e-4, len(level))
    columns = {TIME: np.arange(len(level)) * 1.0, VOLTAGE: 40 * level + noise, CURRENT: level}
    return cycling_record(pl.DataFrame(columns), Provenance(), area_m2=1e-4, kind="symmetric")


def median_s(work: Callable[[], object]) -> str:
    """Median of some runs after one that warms up."""
    work()
    processor, wall = [], []
    for _ in range(RUNS):
        begin, begin_wall = time.process_time(), time.perf_counter()
        work()
        processor.append(time.process_time() - begin)
        wall.append(time.perf_counter() - begin_wall)
    return f"{statistics.median(processor):.3f} s ({statistics.median(wall):.3f} s)"


def main(rows: int) -> None:
    print(f"Python {platform.python_version()}, {platform.machine()}, median of {RUNS} runs")
    for words, make, counts in (
        ("full cell, {} cycles", full_cell, (500, 2500)),
        ("symmetric cell, {} half steps", symmetric_cell, (400, 4000)),
    ):
        for count in counts:
            report(words.format(count), make(rows, count))


def report(name: str, record: CyclingRecord) -> None:
    """Medians of a record's half steps alone and of its whole analysis, printed."""
    print(f"{name}, {len(record)} rows:")
    print(f"  half steps     {median_s(partial(half_steps, record))}")
    print(f"  whole analysis {median_s(partial(analyse, record))}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
