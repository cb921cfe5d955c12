"""A record's rows as arrays: what the analyses of this room are worked out from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from natron.data import CyclingRecord
from natron.data import cycling as columns
from natron.data.segmentation import REST_FRACTION


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The columns of a record of N rows as arrays of shape (N,).

    Attributes
    ----------
    time_s, voltage_V, current_A : ndarray
    increment_Ah : ndarray
        Charge since the row before, signed.
    spectral : ndarray of bool
        Rows of impedance steps.
    half_step : ndarray of int
        From 1; 0 before the first current. A rest or a spectrum belongs to the half step before it.
    flows : ndarray of bool
        Rows outside spectra in which the half step's current flows.
    """

    time_s: NDArray[np.float64]
    voltage_V: NDArray[np.float64]
    current_A: NDArray[np.float64]
    increment_Ah: NDArray[np.float64]
    spectral: NDArray[np.bool_]
    half_step: NDArray[np.int64]
    flows: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.time_s)


def rows_of(record: CyclingRecord) -> Rows:
    """The record's rows; what its table lacks of natron's own columns is worked out."""
    table = record.table
    if not {columns.HALF_STEP, columns.INCREMENT} <= set(table.columns):
        table = columns.cycling_record(table, record.provenance).table
    half = table[columns.HALF_STEP].to_numpy()
    increment = table[columns.INCREMENT].to_numpy().astype(float)
    current = record.current_A.astype(float)
    spectral = record.in_spectrum
    magnitude = np.where(spectral, 0.0, np.abs(current))
    flows = (magnitude > REST_FRACTION * magnitude.max(initial=0.0)) & (half > 0)
    return Rows(record.time_s.astype(float), record.voltage_V.astype(float), current, increment, spectral, half, flows)


def runs_of(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last index of every run of True."""
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1


def median(values: NDArray[np.float64]) -> float:
    """The median of one value or more, as numpy's, at a tenth of its cost for the hundred rows of a half step."""
    middle = len(values) // 2
    ordered = values.copy()
    if len(values) % 2:
        ordered.partition(middle)
        return float(ordered[middle])
    ordered.partition((middle - 1, middle))
    return 0.5 * (float(ordered[middle - 1]) + float(ordered[middle]))


def quantile(values: NDArray[np.float64], share: float) -> float:
    """What that share of the values lies below, interpolated between neighbours; as `median`, numpy's and cheaper."""
    place = (len(values) - 1) * share
    below = int(place)
    above = min(below + 1, len(values) - 1)
    ordered = values.copy()
    ordered.partition((below, above))
    low, high, part = float(ordered[below]), float(ordered[above]), place - below
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)


def medians_of(values: NDArray[np.float64], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """The median of each piece of `values`, pieces beginning at `starts` (the first at 0), all at once."""
    lengths = np.diff(np.append(starts, len(values)))
    ordered = values[np.lexsort((values, np.repeat(np.arange(len(starts)), lengths)))]
    return np.asarray(0.5 * (ordered[starts + (lengths - 1) // 2] + ordered[starts + lengths // 2]))


def spectral_charges(rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Net charge in Ah of every run of impedance rows, and the half step it belongs to."""
    first, last = runs_of(rows.spectral)
    total = np.concatenate([[0.0], np.cumsum(np.where(rows.spectral, rows.increment_Ah, 0.0))])
    return total[last + 1] - total[first], rows.half_step[first]
