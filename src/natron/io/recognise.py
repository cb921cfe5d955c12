"""One entry for every file: the format is recognised by what is in it, then by its name, and said."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from natron.data import DataError, Spectrum
from natron.data.cycling import Electrode, Kind
from natron.io import bdf, generic
from natron.io import (
    mapping as mapped,
)
from natron.io.instruments import (
    arbin,
    arbin_workbook,
    basytec,
    biologic_mpr,
    biologic_mpt,
    chi,
    gamry,
    landt,
    maccor,
    neware,
    neware_table,
    novonix,
    relaxis,
    versastudio,
    zahner,
    zplot,
)
from natron.io.reading import Asked, Reading
from natron.io.source import Source, open_source


@dataclass(frozen=True)
class Format:
    """A file format.

    Parameters
    ----------
    name : str
        In words.
    suffixes : tuple of str
        The extensions it usually has.
    sniff : callable
        From a file's first 64 KiB: why it is this format, or None.
    read : callable
        The reader.
    """

    name: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Source], str | None]
    read: Callable[[Source, Asked], Reading]


_READERS = (
    biologic_mpr,
    neware,
    arbin_workbook,
    biologic_mpt,
    gamry,
    zplot,
    versastudio,
    relaxis,
    novonix,
    bdf,
    chi,
    basytec,
    maccor,
    arbin,
    landt,
    neware_table,
    zahner,
    generic,
)
FORMATS = tuple(Format(module.NAME, module.SUFFIXES, module.sniff, module.read) for module in _READERS)
"""Every format, the surest to recognise first; plain delimited text last."""


def read(
    path: str | os.PathLike[str],
    *,
    area_m2: float | None = None,
    mass_kg: float | None = None,
    temperature_K: float | None = None,
    kind: Kind | None = None,
    working_electrode: Electrode | None = None,
    mapping: Mapping[str, Any] | str | os.PathLike[str] | None = None,
) -> Reading:
    """What is in an instrument's file; the notes say which format it was taken for, and why.

    Parameters
    ----------
    path : path
        The file. Its content decides; its extension is asked only where the content does not tell.
    area_m2, mass_kg, temperature_K : float, optional
        Electrode area, active mass and temperature; they win over the file's.
    kind : {"full", "half", "symmetric"}, optional
        The cell's build.
    working_electrode : {"positive", "negative"}, optional
        Which electrode the instrument's positive lead was on.
    mapping : path or mapping, optional
        Which column is what, for text that is not an instrument's: a TOML file (see `natron.io.mapping`) or
        its content.

    Raises
    ------
    DataError
        Where the file cannot be read: what was found, what is allowed, what to do. Never anything else.
    InputError
        Where the mapping is not one.
    """
    if mapping is not None and not isinstance(mapping, Mapping):
        mapping = mapped.load_mapping(mapping)
    asked = Asked(area_m2, mass_kg, temperature_K, kind, working_electrode, mapping)
    source = open_source(path)
    if mapping is not None:
        return _read(Format(mapped.NAME, (), lambda _: None, mapped.read), "a mapping was given", source, asked)
    for format_ in FORMATS:
        why = format_.sniff(source)
        if why is not None:
            return _read(format_, why, source, asked)
    for format_ in FORMATS:
        if source.path.name.lower().endswith(format_.suffixes) and (source.encoding or format_.suffixes == (".ism",)):
            return _read(format_, f"its name ends in {source.suffix}", source, asked)
    raise _unknown(source)


def read_spectra(path: str | os.PathLike[str], **options: Any) -> tuple[Spectrum, ...]:
    """The spectra in a file; `options` are those of `read`.

    Raises
    ------
    DataError
        As `read` does, and where the file holds no spectrum.
    """
    reading = read(path, **options)
    if not reading.spectra:
        raise DataError(
            "the file holds no impedance spectrum",
            file=str(path),
            given=f"{reading.format}: {len(reading.record) if reading.record else 0} rows over time",
            hint="Read it with natron.io.read for its cycling record.",
        )
    return reading.spectra


def _read(format_: Format, why: str, source: Source, asked: Asked) -> Reading:
    try:
        reading = format_.read(source, asked)
    except DataError as error:
        raise error.at(file=source.name) from error
    except MemoryError as error:
        raise DataError("the file does not fit into memory", file=source.name, hint="Split it.") from error
    except BaseException as error:
        # what polars and fastexcel are written in reports its faults past Exception
        if type(error).__name__ != "PanicException":
            raise
        raise DataError(
            "the file cannot be decoded",
            file=source.name,
            given=str(error).splitlines()[0][:200],
            hint="It may be damaged; export or copy it again.",
        ) from error
    said = f"recognised as {format_.name}, for {why}"
    return _with_note(reading, said)


def _with_note(reading: Reading, said: str) -> Reading:
    """The reading with one more note, before the others, on all that it holds."""
    notes = (said, *reading.notes)
    spectra = tuple(replace(s, provenance=replace(s.provenance, notes=notes)) for s in reading.spectra)
    record = reading.record
    if record is not None:
        placed = tuple(replace(item, spectrum=s) for item, s in zip(record.spectra, spectra, strict=True))
        record = replace(record, notes=notes, provenance=replace(record.provenance, notes=notes), spectra=placed)
    return replace(reading, notes=notes, spectra=spectra, record=record)


def _unknown(source: Source) -> DataError:
    begins = source.head[:24]
    return DataError(
        "the file's format is not known",
        file=source.name,
        given=f"{'text' if source.encoding else 'binary data'} beginning with {begins!r}",
        allowed=", ".join(format_.name for format_ in FORMATS),
        hint="Export the measurement as text with a line of names above its columns, or give a mapping file.",
    )
