"""Zahner .ism: the binary spectra of Thales.

Big-endian. Bytes 0–11: the number of points less one (48 bits, from byte 6). Then, for all points each:
frequency / Hz, |Z| / Ω, phase / rad, time / s (doubles), significance (16-bit), and length-prefixed texts
(date, system, potential, current, temperature, time, …, comments) in which upper and lower case are
exchanged.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from natron.data import DataError
from natron.io.columns import FREQUENCY, IMAGINARY, REAL
from natron.io.reading import Asked, Found, Reading, assemble
from natron.io.source import Source

NAME = "Zahner .ism"
SUFFIXES = (".ism",)
_HEAD = 12
_PER_POINT = 4 * 8 + 2
_MAX_POINTS = 1_000_000
_TEXTS = ("Date", "System", "Potential", "Current", "Temperature", "Time")
_FREQUENCIES = (1e-9, 1e9)


def sniff(source: Source) -> str | None:
    """Why this is an .ism, or None: the count fits the size, and frequencies stand where they must."""
    count = _count(source.head)
    if count is None or _HEAD + count * _PER_POINT > source.size:
        return None
    frequency = np.frombuffer(source.head, ">f8", min(count, (len(source.head) - _HEAD) // 8), _HEAD)
    inside = (frequency > _FREQUENCIES[0]) & (frequency < _FREQUENCIES[1])
    if not inside.all():
        return None
    return f"its head counts {count} points and frequencies follow, as in Zahner Thales"


def read(source: Source, asked: Asked) -> Reading:
    """The spectrum in an .ism.

    Thales may begin a sweep in the middle, go up, and measure those frequencies once more on the way down:
    only the branch between the highest and the lowest frequency is the spectrum, as its own software shows
    it.

    Raises
    ------
    DataError
        Where the number of points does not fit the file, or the numbers are not those of a spectrum.
    """
    raw = source.raw
    count = _count(raw)
    if count is None or _HEAD + count * _PER_POINT > len(raw):
        raise DataError(
            "the file is shorter than the number of points in its head says",
            file=source.name,
            given=f"{len(raw)} bytes" + (f" for {count} points" if count else ""),
            allowed=f"at least 12 bytes and {_PER_POINT} for each point",
            hint="The copy is cut short, or this is not a Zahner spectrum; copy it again.",
        )
    frequency, magnitude, phase = (
        np.frombuffer(raw, ">f8", count, _HEAD + 8 * count * k).astype(float) for k in range(3)
    )
    notes: list[str] = []
    low, high = sorted((int(np.argmin(frequency)), int(np.argmax(frequency))))
    branch = slice(low, high + 1)
    if high - low + 1 < count:
        notes.append(f"{count - (high - low + 1)} points before the sweep turned were left out, as Thales does")
    with np.errstate(invalid="ignore", over="ignore"):
        impedance = magnitude[branch] * np.exp(1j * phase[branch])
    table = pl.DataFrame({FREQUENCY: frequency[branch], REAL: impedance.real, IMAGINARY: impedance.imag})
    found = Found(metadata=_texts(raw, _HEAD + count * _PER_POINT))
    return assemble(table, source, asked, reader=NAME, found=found, notes=notes)


def _count(raw: bytes) -> int | None:
    if len(raw) < _HEAD + _PER_POINT:
        return None
    count = int.from_bytes(raw[6:_HEAD], "big", signed=True) + 1
    return count if 1 <= count <= _MAX_POINTS else None


def _texts(raw: bytes, at: int) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name in _TEXTS:
        length = int.from_bytes(raw[at : at + 2], "big")
        if at + 2 + length > len(raw) or length > 1000:
            break
        texts[name] = raw[at + 2 : at + 2 + length].decode("latin-1").swapcase()
        at += 2 + length
    return texts
