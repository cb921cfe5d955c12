"""What a Battery Data Format table cannot say, in a JSON file beside it: `run.bdf.csv` has `run.bdf.csv.json`.

| key | what |
|---|---|
| `schema_version`, `natron_version` | of this file, and what wrote it |
| `table` | the table's file name, SHA-256, rows, and the type of each column |
| `record` | null where there are spectra alone; else `area`, `mass` (quantities or null), `kind`, `working_electrode`, `notes`, `provenance` |
| `provenance` | a list: original file, its SHA-256, reader and version, notes; the record and the spectra name their own by its place |
| `format`, `metadata`, `notes` | of the original file: its format, what its header says, what was recognised, assumed or mended |
| `spectra` | each with `index`, `cycle`, `half_step`, `time`, its rows in the table (`first_row`, `last_row`, from 0), `points`, `frequency_max`, `frequency_min`, and its `conditions` |

A quantity is `{"value", "uncertainty", "unit"}`, in the field's unit where that gives the number back to the last
bit, else in SI. A spectrum whose numbers do not stand in the table's rows has them here, as `own_points`.
"""  # noqa: E501  (a table's row is one line)

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from natron.core import KINDS
from natron.data import DataError

SCHEMA_VERSION = 1
MAX_BYTES = 256 * 1024**2
CONDITIONS = {
    "area": ("area_m2", "area"),
    "thickness": ("thickness_m", "length"),
    "temperature": ("temperature_K", "temperature"),
    "time": ("time_s", "time"),
    "pressure": ("pressure_Pa", "pressure"),
}

Count = Annotated[int, Field(ge=0)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Measure(_Strict):
    """A quantity in the file."""

    value: Number
    uncertainty: Number | None = None
    unit: str


class Table(_Strict):
    """The table the file belongs to."""

    file: str
    sha256: str
    rows: Count
    columns: dict[str, Literal["number", "integer", "text"]]


class Origin(_Strict):
    """Where data came from."""

    file: str | None
    sha256: str | None
    reader: str | None
    reader_version: str | None
    notes: list[str]


class Record(_Strict):
    """What the record knows beside its table."""

    area: Measure | None
    mass: Measure | None
    kind: Literal["full", "half", "symmetric"] | None
    working_electrode: Literal["positive", "negative"] | None
    notes: list[str]
    provenance: Count


class Conditions(_Strict):
    """What a spectrum was measured on and when."""

    area: Measure | None
    thickness: Measure | None
    temperature: Measure | None
    time: Measure | None
    pressure: Measure | None
    state_of_charge: Number | None
    cycle: int | None


class OwnPoints(_Strict):
    """The numbers of a spectrum that do not stand in the table."""

    frequency_Hz: list[Number]
    real_ohm: list[Number]
    imaginary_ohm: list[Number]
    noise_real_ohm: list[Number] | None
    noise_imaginary_ohm: list[Number] | None
    removed_frequency_Hz: list[Number]
    removed_real_ohm: list[Number]
    removed_imaginary_ohm: list[Number]


class SpectrumEntry(_Strict):
    """A spectrum and its place."""

    index: Count
    cycle: int | None
    half_step: int | None
    time: Measure | None
    first_row: Count | None
    last_row: Count | None
    points: Count
    frequency_max: Measure
    frequency_min: Measure
    conditions: Conditions
    provenance: Count
    own_points: OwnPoints | None = None


class Sidecar(_Strict):
    """The whole file."""

    schema_version: Literal[1]
    natron_version: str | None
    table: Table
    record: Record | None
    provenance: list[Origin]
    format: str
    metadata: dict[str, Any]
    notes: list[str]
    spectra: list[SpectrumEntry]


def beside(table: Path) -> Path:
    """Where the sidecar of a table is."""
    return table.with_name(f"{table.name}.json")


def load(table: Path) -> Sidecar | None:
    """The sidecar of a table, None where there is none.

    Raises
    ------
    DataError
        Where it cannot be read, or is not one.
    """
    path = beside(table)
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise DataError("the metadata beside the table are too large", file=str(path), allowed="up to 256 MiB")
        return Sidecar.model_validate_json(content)
    except OSError as error:
        raise DataError(f"the metadata beside the table cannot be read: {error.strerror}", file=str(path)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DataError(
            f"the metadata beside the table are not natron's: {first['msg']}",
            file=str(path),
            key=".".join(map(str, first["loc"])) or None,
            given=first.get("input"),
            hint="Convert the original file again, or remove this one: the table is then read alone.",
        ) from error


def measure(value: float | None, kind: str) -> Measure | None:
    """A value in SI as a quantity that gives it back to the last bit."""
    if value is None:
        return None
    known = KINDS[kind]
    shown = (value - known.offset) / known.factor
    for number in (float(f"{shown:.15g}"), shown):
        if number * known.factor + known.offset == value:
            return Measure(value=number, unit=known.unit)
    return Measure(value=value, unit=known.si)


def in_si(given: Measure | None, kind: str) -> float | None:
    """The value of a quantity in SI.

    Raises
    ------
    DataError
        Where it has another unit than its kind's two.
    """
    if given is None:
        return None
    known = KINDS[kind]
    if given.unit == known.si:
        return given.value
    if given.unit == known.unit:
        return given.value * known.factor + known.offset
    raise DataError(
        f"{known.words} beside the table has another unit", given=given.unit, allowed=f"{known.unit} or {known.si}"
    )
