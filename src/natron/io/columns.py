"""From an instrument's columns to Battery Data Format ones: units, names, times, one table per vendor.

A vendor's reader states its columns as a tuple of `Column`: the vendor's name without its unit, the Battery
Data Format name, and the unit where the header carries none. Units that a header does carry (`Current(mA)`,
`time/s`, `U[V]`) win over the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from natron.core import did_you_mean
from natron.data import DataError

TIME = "Test Time / s"
VOLTAGE = "Voltage / V"
CURRENT = "Current / A"
UNIX = "Unix Time / s"
CYCLE = "Cycle Count / 1"
STEP_COUNT = "Step Count / 1"
STEP = "Step Index / 1"
STEP_TIME = "Step Time / s"
STEP_TYPE = "Step Type"
AMBIENT = "Ambient Temperature / degC"
T1 = "Temperature T1 / degC"
T2 = "Temperature T2 / degC"
T3 = "Temperature T3 / degC"
CHARGE_CAPACITY = "Charging Capacity / Ah"
DISCHARGE_CAPACITY = "Discharging Capacity / Ah"
STEP_CAPACITY = "Step Capacity / Ah"
NET_CAPACITY = "Net Capacity / Ah"
CHARGE_ENERGY = "Charging Energy / Wh"
DISCHARGE_ENERGY = "Discharging Energy / Wh"
STEP_ENERGY = "Step Energy / Wh"
POWER = "Power / W"
RESISTANCE = "Internal Resistance / ohm"
PRESSURE = "Applied Pressure / Pa"
FREQUENCY = "Frequency / Hz"
REAL = "Real Impedance / ohm"
IMAGINARY = "Imaginary Impedance / ohm"
ABSOLUTE = "Absolute Impedance / ohm"
PHASE = "Phase / deg"
# natron's own, where the Battery Data Format has no name
INCREMENT = "Charge Increment / Ah"
WORKING = "Working Electrode Potential / V"
COUNTER = "Counter Electrode Potential / V"
INSTRUMENT_CYCLE = "Instrument Cycle / 1"
LOOP = "Loop / 1"
Z_CYCLE = "Spectrum Index / 1"
STATE = "State"
"""A letter or word for what the cell did (C, D, R …), used to sign a current that the file gives unsigned."""

MACHINE_NAMES: Mapping[str, str] = {
    "test_time_second": TIME,
    "voltage_volt": VOLTAGE,
    "current_ampere": CURRENT,
    "unix_time_second": UNIX,
    "cycle_count": CYCLE,
    "cycle_dimensionless": CYCLE,
    "step_count": STEP_COUNT,
    "step_index": STEP,
    "step_id": STEP,
    "step_time_second": STEP_TIME,
    "step_type": STEP_TYPE,
    "ambient_temperature_celsius": AMBIENT,
    "temperature_t1_celsius": T1,
    "temperature_t2_celsius": T2,
    "temperature_t3_celsius": T3,
    "surface_temperature_celsius": "Surface Temperature / degC",
    "charging_capacity_ah": CHARGE_CAPACITY,
    "discharging_capacity_ah": DISCHARGE_CAPACITY,
    "step_capacity_ah": STEP_CAPACITY,
    "net_capacity_ah": NET_CAPACITY,
    "charging_energy_wh": CHARGE_ENERGY,
    "discharging_energy_wh": DISCHARGE_ENERGY,
    "step_energy_wh": STEP_ENERGY,
    "power_watt": POWER,
    "internal_resistance_ohm": RESISTANCE,
    "applied_pressure_pascal": PRESSURE,
    "applied_pressure_pa": PRESSURE,
    "frequency_hertz": FREQUENCY,
    "real_impedance_ohm": REAL,
    "imaginary_impedance_ohm": IMAGINARY,
    "absolute_impedance_ohm": ABSOLUTE,
    "phase_degree": PHASE,
}
"""The Battery Data Format's machine-readable names beside the labels natron uses."""

KNOWN = frozenset(MACHINE_NAMES.values()) | {
    INCREMENT,
    WORKING,
    COUNTER,
    INSTRUMENT_CYCLE,
    LOOP,
    Z_CYCLE,
    STATE,
}
INTEGERS = frozenset({CYCLE, STEP_COUNT, STEP, INSTRUMENT_CYCLE, LOOP, Z_CYCLE})
WORDS = frozenset({STEP_TYPE, STATE})

_SI_PREFIX = {"": 1.0, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9}
_BASES = {
    "V": ("V", 1.0, ("V", "Volt", "Volts", "volt")),
    "A": ("A", 1.0, ("A", "Amp", "Amps", "ampere")),
    "Ah": ("Ah", 1.0, ("Ah", "A.h", "A·h", "Amp-hr", "Amphr")),
    "As": ("Ah", 1 / 3600, ("As", "A.s", "C")),
    "Wh": ("Wh", 1.0, ("Wh", "W.h", "Watt-hr", "Watthr")),
    "Ws": ("Wh", 1 / 3600, ("Ws", "J")),
    "W": ("W", 1.0, ("W", "Watt")),
    "ohm": ("ohm", 1.0, ("ohm", "Ohm", "ohms", "Ohms", "Ω", "Ω", "OHM")),
    "Hz": ("Hz", 1.0, ("Hz", "hz", "HZ", "hertz")),
    "Pa": ("Pa", 1.0, ("Pa",)),
}
UNITS: dict[str, tuple[str, float]] = {
    f"{prefix}{name}": (dimension, scale * factor)
    for dimension, scale, names in _BASES.values()
    for name in names
    for prefix, factor in _SI_PREFIX.items()
}
UNITS |= {
    **dict.fromkeys(("s", "sec", "Sec", "secs", "second", "seconds", "Seconds", "S"), ("s", 1.0)),
    **dict.fromkeys(("min", "Min", "mins", "minutes", "Minutes"), ("s", 60.0)),
    **dict.fromkeys(("h", "hr", "hrs", "H", "hours", "Hours", "Hr"), ("s", 3600.0)),
    **dict.fromkeys(("d", "days"), ("s", 86400.0)),
    "ms": ("s", 1e-3),
    **dict.fromkeys(("degC", "°C", "C deg", "deg C", "celsius", "℃", "oC"), ("degC", 1.0)),
    **dict.fromkeys(("deg", "°", "Deg", "degree", "degrees"), ("deg", 1.0)),
    "rad": ("deg", 57.29577951308232),
    "bar": ("Pa", 1e5),
    "mbar": ("Pa", 1e2),
}
_MAX_NAME = 200
_ENCLOSED = re.compile(r"^(?P<name>.*?)\s*[\[(<{]\s*(?P<unit>[^\])>}]*?)\s*[\])>}]\s*(?P<rest>.*)$", re.DOTALL)
_SLASHED = re.compile(r"^(?P<name>.+?)\s*(?:/|#|\bin\b)\s*(?P<unit>[^/#]+)$", re.DOTALL)


@dataclass(frozen=True)
class Column:
    """One column of a vendor's file.

    Parameters
    ----------
    vendor : str
        The vendor's name for it, without unit; compared by letters and digits only, in any case.
    label : str
        Its Battery Data Format name, or one of natron's own.
    unit : str, optional
        Its unit where the header does not say; the label's own where this is missing too.
    sign : int
        −1 where the vendor writes the negative.
    """

    vendor: str
    label: str
    unit: str | None = None
    sign: int = 1


def split_header(header: str) -> tuple[str, str | None]:
    """A header's name and its unit, None where it carries none that natron knows.

    >>> split_header("Current(mA)"), split_header("-Im(Z)/Ohm"), split_header("Zs''[ohm]")
    (('Current', 'mA'), ('-Im(Z)', 'Ohm'), ("Zs''", 'ohm'))
    """
    header = unquoted(header[:_MAX_NAME])
    slashed = _SLASHED.match(header)
    if slashed and _unit(slashed["unit"]) is not None:
        return slashed["name"].strip(), slashed["unit"].strip()
    enclosed = _ENCLOSED.match(header)
    if enclosed and _unit(enclosed["unit"]) is not None:
        return f"{enclosed['name']} {enclosed['rest']}".strip(), enclosed["unit"].strip()
    under = header.rsplit("_", 1)
    if len(under) == 2 and under[0] and _unit(under[1]) is not None and not under[1].isdigit():
        return under[0], under[1]
    return header, None


def unquoted(field: str) -> str:
    """`field` without padding and without quotes around it; the two strokes of a lone `Z"` stay."""
    field = field.strip()
    return field[1:-1].strip() if len(field) > 1 and field[0] == field[-1] == '"' else field


def _unit(text: str) -> tuple[str, float] | None:
    text = text.strip().replace("μ", "µ")
    return UNITS.get(text) or UNITS.get(text.rstrip("."))


def plain(name: str) -> str:
    """A name by which two spellings of one column are equal: its letters, digits and meaningful signs."""
    return re.sub(r"[^a-z0-9'\"#|%+\-<>]", "", name.lower().replace("''", '"').replace("″", '"').replace("′", "'"))


def unit_of(label: str) -> str | None:
    """The unit in a Battery Data Format label, None for a column of words."""
    return label.rsplit(" / ", 1)[1] if " / " in label else None


def factor(unit: str, label: str) -> float | None:
    """What turns a value in `unit` into the unit of `label`; None where they do not measure the same."""
    if unit_of(label) == "degC" and unit.strip() in ("C", "c"):
        return 1.0
    known, target = _unit(unit), unit_of(label)
    if known is None or target is None:
        return None
    dimension, scale = known
    own = _unit(target)
    return scale / own[1] if own is not None and own[0] == dimension else None


def match_columns(
    headers: Sequence[str], columns: Iterable[Column]
) -> tuple[dict[str, str], dict[str, float], list[str]]:
    """Which header holds which quantity.

    Returns
    -------
    names : dict
        Battery Data Format label → header; where two columns of the table give one label, the first wins.
    scales : dict
        Label → what the header's values are multiplied by.
    notes : list of str
        Units that were not what the label wants, said.
    """
    spelled = {plain(split_header(header)[0]): header for header in reversed(headers)}
    spelled |= {plain(header): header for header in reversed(headers)}
    names: dict[str, str] = {}
    scales: dict[str, float] = {}
    notes: list[str] = []
    for column in columns:
        # a name in another script than Latin has nothing plain to be compared by
        header = column.vendor if column.vendor in headers else spelled.get(plain(column.vendor) or column.vendor)
        if header is None or column.label in names:
            continue
        unit = split_header(header)[1] or column.unit
        scale: float | None = 1.0
        if unit is not None and unit_of(column.label) not in (None, "1"):
            scale = factor(unit, column.label)
        if scale is None:
            notes.append(f"the column {header!r} has the unit {unit!r}, not one of {column.label!r}: not used")
            continue
        names[column.label] = header
        scales[column.label] = scale * column.sign
    return names, scales, notes


def to_bdf(table: pl.DataFrame, columns: Iterable[Column], *, file: str) -> tuple[pl.DataFrame, list[str]]:
    """A vendor's table with Battery Data Format columns in SI-based units, and what there is to say about it.

    Words become numbers, dates become seconds since 1970 (as if in UTC where they carry no zone, and said), and
    durations written `d hh:mm:ss.f` become seconds.

    Raises
    ------
    DataError
        Where not one of `columns` is there.
    """
    names, scales, notes = match_columns(table.columns, columns)
    if not names:
        raise DataError(
            "none of the columns that this format has is in the file",
            file=file,
            given=", ".join(table.columns[:12]),
            allowed=", ".join(column.vendor for column in columns),
            hint="Give a mapping file that says which column is which.",
        )
    series: list[pl.Series] = []
    changes: list[pl.Expr] = []
    for label, header in names.items():
        # polars looks a column up by its name, and takes a name such as "^U$" for a pattern
        column = table[header].alias(label)
        plain = column.dtype.is_numeric() or column.dtype == pl.Boolean
        if label in WORDS:
            column = column if column.dtype != pl.Duration else numbers(column)
            changes.append(pl.col(label).cast(pl.String))
        elif label in INTEGERS and column.dtype.is_integer():
            changes.append(pl.col(label).cast(pl.Int64, strict=False))
        else:
            if label == UNIX and (zone := _zone_said(header, column)):
                notes.append(zone)
            column = column if plain else numbers(column, as_date=label == UNIX)
            number = pl.col(label).cast(pl.Float64)
            number = number if scales[label] == 1.0 else number * scales[label]
            changes.append(number.round().cast(pl.Int64, strict=False) if label in INTEGERS else number)
        series.append(column.alias(label))
    # all at once, which polars does on every processor
    return pl.DataFrame(series).with_columns(changes), notes


def numbers(values: pl.Series, *, as_date: bool = False) -> pl.Series:
    """`values` as floats: with either decimal sign; durations and dates (since 1970) in seconds."""
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        return values.cast(pl.Float64)
    if values.dtype == pl.Duration:
        return values.dt.total_nanoseconds() / 1e9
    if values.dtype == pl.Time:
        return values.cast(pl.Int64) / 1e9
    if values.dtype.is_temporal():
        return values.cast(pl.Datetime("us"), strict=False).dt.timestamp("us").cast(pl.Float64) / 1e6
    texts = values.cast(pl.String).str.strip_chars(' \t"')
    found = texts.cast(pl.Float64, strict=False)
    empty = texts.is_null() | (texts == "")
    if (found.is_not_null() | empty).all() and not as_date:
        return found
    swapped = texts.str.replace_all(",", ".", literal=True)
    comma = swapped.cast(pl.Float64, strict=False)
    if comma.is_not_null().sum() > found.is_not_null().sum() and not as_date:
        return comma
    if found.is_not_null().sum() > 0.5 * len(found):
        return found
    return _dates(texts) if as_date or not _durations(swapped).is_not_null().any() else _durations(swapped)


_DURATION = r"^(?:(\d+)(?:d\s*|\s+|-))?(\d+):(\d{1,2}):(\d{1,2}(?:\.\d+)?)$"


def _durations(texts: pl.Series) -> pl.Series:
    parts = [texts.str.extract(_DURATION, k).cast(pl.Float64, strict=False) for k in range(1, 5)]
    return parts[0].fill_null(0.0) * 86400 + parts[1] * 3600 + parts[2] * 60 + parts[3]


_DATE_FORMATS = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S%.f",
    "%m/%d/%Y %H:%M:%S%.f",
    "%m/%d/%Y %I:%M:%S %p",
    "%d.%m.%Y %H:%M:%S%.f",
    "%d/%m/%Y %H:%M:%S%.f",
    "%d-%b-%y %I:%M:%S %p",
    "%d-%b-%y %H:%M:%S",
    "%m/%d/%y %H:%M:%S",
    "%+",
)
_ZONE = r"\d\s*(Z|UTC|[+-]\d{2}:?\d{2})\s*$"


def _dates(texts: pl.Series) -> pl.Series:
    best = pl.Series(values=[None] * len(texts), dtype=pl.Float64)
    sample = texts.drop_nulls().head(50)
    for form in _DATE_FORMATS:
        if sample.str.to_datetime(form, strict=False, time_unit="us").is_null().any():
            continue
        parsed = texts.str.to_datetime(form, strict=False, time_unit="us")
        if parsed.is_not_null().sum() > best.is_not_null().sum():
            best = parsed.dt.timestamp("us").cast(pl.Float64) / 1e6
        if parsed.null_count() == texts.null_count():
            break
    return best


def _zone_said(header: str, values: pl.Series) -> str | None:
    """Whether time stamps carry their zone; None where they are no texts."""
    if values.dtype != pl.String:
        return None
    first = values.drop_nulls().head(1)
    if first.is_empty() or not first.str.contains(":")[0]:
        return None
    if first.str.contains(_ZONE)[0]:
        return f"the time stamps in {header!r} carry their time zone"
    return f"the time stamps in {header!r} carry no time zone: counted as if they were UTC"


def moment(text: str) -> float | None:
    """A date and time as instruments write it, in seconds since 1970 (as if in UTC where it has no zone), or None."""
    text = text.strip()
    parsed = _dates(pl.Series(values=[text if ":" in text else f"{text} 00:00:00"]))
    value = parsed[0]
    return float(value) if value is not None else None


def iso(seconds: float) -> str:
    """Seconds since 1970 as `2025-01-16T14:05:54`, without a zone."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def need(table: pl.DataFrame, labels: Iterable[str], *, file: str, given: Sequence[str]) -> None:
    """Refuse a table without one of `labels`, naming what the file does have.

    Raises
    ------
    DataError
        Naming the missing quantity and the columns found.
    """
    missing = [label for label in labels if label not in table.columns]
    if missing:
        raise DataError(
            f"the file has no column for {' or '.join(missing)}",
            file=file,
            given=", ".join(name for name in given if name)[:300],
            allowed="a column for each of " + ", ".join(labels),
            hint="Export the measurement again with that column. " + did_you_mean(missing[0], given)
            if len(given) < 200
            else None,
        )
