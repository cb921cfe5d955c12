"""What BioLogic's EC-Lab means by its columns, the same in its text (.mpt) and binary (.mpr) files."""

from __future__ import annotations

import numpy as np
import polars as pl

from natron.io.columns import (
    ABSOLUTE,
    AMBIENT,
    CHARGE_CAPACITY,
    CHARGE_ENERGY,
    COUNTER,
    CURRENT,
    DISCHARGE_CAPACITY,
    DISCHARGE_ENERGY,
    FREQUENCY,
    IMAGINARY,
    INCREMENT,
    INSTRUMENT_CYCLE,
    NET_CAPACITY,
    PHASE,
    POWER,
    REAL,
    STEP,
    TIME,
    VOLTAGE,
    Z_CYCLE,
    Column,
)

COLUMNS = (
    Column("time", TIME, "s"),
    Column("Ecell", VOLTAGE, "V"),
    Column("Ewe", VOLTAGE, "V"),
    Column("<Ewe>", VOLTAGE, "V"),
    Column("Ece", COUNTER, "V"),
    Column("I", CURRENT, "mA"),
    Column("<I>", CURRENT, "mA"),
    Column("dq", INCREMENT, "mA.h"),
    Column("(Q-Qo)", NET_CAPACITY, "mA.h"),
    Column("Q charge", CHARGE_CAPACITY, "mA.h"),
    Column("Q discharge", DISCHARGE_CAPACITY, "mA.h"),
    Column("Energy charge", CHARGE_ENERGY, "W.h"),
    Column("Energy we charge", CHARGE_ENERGY, "W.h"),
    Column("Energy discharge", DISCHARGE_ENERGY, "W.h"),
    Column("Energy we discharge", DISCHARGE_ENERGY, "W.h"),
    Column("P", POWER, "W"),
    Column("Pwe", POWER, "W"),
    Column("Temperature", AMBIENT, "°C"),
    Column("Ns", STEP),
    Column("cycle number", INSTRUMENT_CYCLE),
    Column("z cycle", Z_CYCLE),
    Column("freq", FREQUENCY, "Hz"),
    Column("Re(Z)", REAL, "Ohm"),
    Column("-Im(Z)", IMAGINARY, "Ohm", sign=-1),
    Column("Im(Z)", IMAGINARY, "Ohm"),
    Column("|Z|", ABSOLUTE, "Ohm"),
    Column("Phase(Z)", PHASE, "deg"),
)

RESTING = 3
"""EC-Lab's mode of a row: 1 current held, 2 voltage held, 3 rest."""
UNFILLED_UNIT = (1e-4, 1e-6)
"""What the unfilled 0.001 counts in, for an area and for a mass: cm² and mg."""


def next_best(*masses: float | None) -> float | None:
    """The first mass that somebody filled in, else the first placeholder, for it is to be mentioned."""
    known = [mass for mass in masses if mass is not None]
    return next((mass for mass in known if mass > 1e-9 * (1 + 1e-6)), known[0] if known else None)


def complete(table: pl.DataFrame, mode: pl.Series | None, notes: list[str]) -> pl.DataFrame:
    """A table with what a technique leaves out: current where only charge is recorded, and units of a mean.

    GCPL files hold the charge `dq` since the row before and no current. I = dq / Δt is the mean current over
    that time, in every phase of the step, held voltage included; it is what EC-Lab prints as `<I>`. Rows at
    rest carry none.

    Parameters
    ----------
    mode : polars.Series, optional
        EC-Lab's mode of each row: 1 current held, 2 voltage held, 3 rest.
    """
    if CURRENT not in table.columns and {INCREMENT, TIME} <= set(table.columns):
        time = table[TIME].to_numpy()
        charge = table[INCREMENT].to_numpy()
        elapsed = np.diff(time, prepend=time[:1])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            current = np.where(elapsed > 0, charge * 3600 / elapsed, 0.0)
        table = table.with_columns(pl.Series(CURRENT, current))
        notes.append("the file has no current column: current is charge since the row before over time, dq·3600/Δt")
    if mode is not None and CURRENT in table.columns:
        resting = mode.cast(pl.Float64) == RESTING
        table = table.with_columns(
            pl.when(resting & pl.col(CURRENT).is_null()).then(0.0).otherwise(pl.col(CURRENT)).alias(CURRENT)
        )
    if COUNTER in table.columns and VOLTAGE in table.columns:
        notes.append("Voltage / V is that of the working electrode against the reference (Ewe); Ece stands beside it")
    return table
