"""An impedance spectrum: frozen, checked and sorted, with where it came from and what was left out of it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from natron.data.errors import DataError


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where data came from.

    Attributes
    ----------
    file : str or None
        Name of the file as the user gave it.
    sha256 : str or None
        Digest of the file's bytes, hexadecimal.
    reader, reader_version : str or None
        What read it.
    notes : tuple of str
        What the reader recognised or assumed: columns, units, the sign of Im Z.
    """

    file: str | None = None
    sha256: str | None = None
    reader: str | None = None
    reader_version: str | None = None
    notes: tuple[str, ...] = ()


# name: (smallest allowed, is the smallest itself allowed, in words)
_LIMITS: dict[str, tuple[float, bool, str]] = {
    "area_m2": (0.0, False, "an area above zero, in m²"),
    "thickness_m": (0.0, False, "a thickness above zero, in m"),
    "temperature_K": (0.0, False, "a temperature above zero, in K"),
    "time_s": (-math.inf, True, "a time, in s"),
    "pressure_Pa": (0.0, True, "a pressure of zero or more, in Pa"),
    "state_of_charge": (-math.inf, True, "a fraction, usually 0 to 1"),
}


@dataclass(frozen=True, eq=False, init=False)
class Spectrum:
    """An impedance spectrum of N points, sorted by falling frequency; Im Z < 0 is capacitive.

    The arrays are copies that cannot be written to.

    Parameters
    ----------
    frequency_Hz : array_like, shape (N,)
        Positive, finite and each one once; any order.
    impedance_ohm : array_like of complex, shape (N,)
        Of the whole cell, not per area; finite.
    noise_ohm : array_like, shape (N,), optional
        Standard deviation of each point: real where it is the same for Re Z and Im Z, else complex, with
        that of Im Z as its imaginary part. Positive.
    area_m2, thickness_m, temperature_K, time_s, cycle, pressure_Pa, state_of_charge : float, optional
        What it was measured on and when.
    provenance : Provenance
        Where it came from.
    removed_frequency_Hz, removed_impedance_ohm : ndarray
        The points that `where` took out, sorted by falling frequency.

    Raises
    ------
    DataError
        Where there is no point, the arrays differ in length, a number is not finite, a frequency is not
        positive or stands twice, or a condition is outside its range.

    Examples
    --------
    >>> s = Spectrum([1.0, 100.0, 10.0], [9 - 1j, 5 - 1j, 7 - 3j], area_m2=5e-5)
    >>> s.frequency_Hz.tolist()
    [100.0, 10.0, 1.0]
    >>> s.where(s.frequency_Hz > 5).removed_frequency_Hz.tolist()
    [1.0]
    """

    frequency_Hz: NDArray[np.float64]
    impedance_ohm: NDArray[np.complex128]
    area_m2: float | None
    temperature_K: float | None
    thickness_m: float | None
    time_s: float | None
    cycle: int | None
    pressure_Pa: float | None
    state_of_charge: float | None
    noise_ohm: NDArray[np.complex128] | None
    provenance: Provenance
    removed_frequency_Hz: NDArray[np.float64] = field(repr=False)
    removed_impedance_ohm: NDArray[np.complex128] = field(repr=False)

    # written out, because what may be handed in (any sequence) is typed otherwise than what is kept
    def __init__(
        self,
        frequency_Hz: ArrayLike,
        impedance_ohm: ArrayLike,
        area_m2: float | None = None,
        temperature_K: float | None = None,
        *,
        thickness_m: float | None = None,
        time_s: float | None = None,
        cycle: int | None = None,
        pressure_Pa: float | None = None,
        state_of_charge: float | None = None,
        noise_ohm: ArrayLike | None = None,
        provenance: Provenance | None = None,
        removed_frequency_Hz: ArrayLike = (),
        removed_impedance_ohm: ArrayLike = (),
    ) -> None:
        frequency, impedance = _points(frequency_Hz, impedance_ohm)
        order = np.argsort(-frequency, kind="stable")
        _refuse_duplicates(frequency[order])
        removed_frequency = np.array(removed_frequency_Hz, dtype=np.float64)
        removed_impedance = np.array(removed_impedance_ohm, dtype=np.complex128)
        removed_order = np.argsort(-removed_frequency, kind="stable")
        values: dict[str, Any] = {
            "frequency_Hz": _locked(frequency[order]),
            "impedance_ohm": _locked(impedance[order]),
            "noise_ohm": None if noise_ohm is None else _locked(_noise(noise_ohm, len(frequency))[order]),
            "provenance": provenance or Provenance(),
            "removed_frequency_Hz": _locked(removed_frequency[removed_order]),
            "removed_impedance_ohm": _locked(removed_impedance[removed_order]),
            "area_m2": _condition("area_m2", area_m2),
            "thickness_m": _condition("thickness_m", thickness_m),
            "temperature_K": _condition("temperature_K", temperature_K),
            "time_s": _condition("time_s", time_s),
            "cycle": _cycle(cycle),
            "pressure_Pa": _condition("pressure_Pa", pressure_Pa),
            "state_of_charge": _condition("state_of_charge", state_of_charge),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # unpickled arrays come back writeable
        for name, value in state.items():
            object.__setattr__(self, name, _locked(value) if isinstance(value, np.ndarray) else value)

    def __len__(self) -> int:
        return len(self.frequency_Hz)

    def where(self, keep: ArrayLike) -> Spectrum:
        """The spectrum of the points where `keep` is true; the others go to its `removed_` arrays.

        Parameters
        ----------
        keep : array_like of bool, shape (N,)
            In the order of this spectrum: falling frequency.

        Raises
        ------
        DataError
            Where `keep` is not N truth values, or keeps nothing.
        """
        mask = np.asarray(keep)
        if mask.dtype != np.bool_ or mask.shape != self.frequency_Hz.shape:
            raise DataError(
                "keep must say for each point whether it stays",
                given=f"{mask.dtype} of shape {mask.shape}",
                allowed=f"{len(self)} booleans, in the order of falling frequency",
            )
        if not mask.any():
            raise DataError("no point would be left", hint="Widen the frequency range.")
        return replace(
            self,
            frequency_Hz=self.frequency_Hz[mask],
            impedance_ohm=self.impedance_ohm[mask],
            noise_ohm=None if self.noise_ohm is None else self.noise_ohm[mask],
            removed_frequency_Hz=np.concatenate([self.removed_frequency_Hz, self.frequency_Hz[~mask]]),
            removed_impedance_ohm=np.concatenate([self.removed_impedance_ohm, self.impedance_ohm[~mask]]),
        )

    def with_conditions(self, **conditions: float | None) -> Spectrum:
        """The same points under other conditions: ``area_m2, temperature_K, thickness_m, time_s, cycle, …``.

        Raises
        ------
        DataError
            Where a condition is outside its range.
        TypeError
            Where there is no such condition.
        """
        known: dict[str, Any] = {name: getattr(self, name) for name in (*_LIMITS, "cycle")}
        for name in conditions:
            if name not in known:
                raise TypeError(f"no condition {name!r}; there are {', '.join(known)}")
        return Spectrum(
            self.frequency_Hz,
            self.impedance_ohm,
            **(known | conditions),
            noise_ohm=self.noise_ohm,
            provenance=self.provenance,
            removed_frequency_Hz=self.removed_frequency_Hz,
            removed_impedance_ohm=self.removed_impedance_ohm,
        )

    @property
    def digest(self) -> str:
        """SHA-256 of frequencies and impedances, hexadecimal: the same numbers give the same digest."""
        return hashlib.sha256(self.frequency_Hz.tobytes() + self.impedance_ohm.tobytes()).hexdigest()


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def _points(frequency_Hz: ArrayLike, impedance_ohm: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    try:
        frequency = np.array(frequency_Hz, dtype=np.float64)
        impedance = np.array(impedance_ohm, dtype=np.complex128)
    except (TypeError, ValueError) as error:
        raise DataError(
            "a spectrum needs numbers",
            given=str(error),
            allowed="real frequencies in Hz and complex impedances in ohm",
        ) from error
    if frequency.ndim != 1 or frequency.shape != impedance.shape:
        raise DataError(
            "frequencies and impedances do not pair up",
            given=f"shapes {frequency.shape} and {impedance.shape}",
            allowed="two lists of the same length",
        )
    if len(frequency) == 0:
        raise DataError("the spectrum has no points", allowed="at least one frequency with its impedance")
    _refuse_where(~np.isfinite(frequency), frequency, "a frequency is not a finite number")
    _refuse_where(~np.isfinite(impedance), impedance, "an impedance is not a finite number")
    _refuse_where(frequency <= 0, frequency, "a frequency is not positive", "frequencies above 0 Hz")
    return frequency, impedance


def _refuse_where(bad: NDArray[np.bool_], values: NDArray[Any], problem: str, allowed: str | None = None) -> None:
    if bad.any():
        at = int(np.argmax(bad))
        raise DataError(
            problem,
            given=f"{values[at]} at point {at + 1} of {len(values)}",
            allowed=allowed,
            hint="Remove or repair that point.",
        )


def _refuse_duplicates(falling: NDArray[np.float64]) -> None:
    twice = np.flatnonzero(np.diff(falling) == 0)
    if len(twice):
        raise DataError(
            "a frequency stands more than once",
            given=f"{falling[twice[0]]:g} Hz, and {len(twice)} such in all",
            allowed="each frequency once",
            hint="Average the repeats, or make one spectrum of each sweep.",
        )


def _noise(noise_ohm: ArrayLike, points: int) -> NDArray[np.complex128]:
    noise = np.array(noise_ohm)
    noise = noise + 1j * noise if not np.iscomplexobj(noise) else noise.astype(np.complex128)
    if noise.shape != (points,) or not np.isfinite(noise).all() or not _positive((noise.real, noise.imag)):
        raise DataError(
            "the noise does not describe every point",
            given=f"shape {noise.shape}",
            allowed=f"{points} positive standard deviations in ohm, real or complex",
        )
    return noise


def _positive(arrays: Iterable[NDArray[Any]]) -> bool:
    return all(bool((array > 0).all()) for array in arrays)


def _condition(name: str, value: float | None) -> float | None:
    if value is None:
        return None
    low, inclusive, words = _LIMITS[name]
    number = float(value)
    if not math.isfinite(number) or number < low or (number == low and not inclusive):
        raise DataError(f"{name} is out of range", given=value, allowed=words)
    return number


def _cycle(value: int | None) -> int | None:
    if value is None:
        return None
    if not math.isfinite(value) or int(value) != value:
        raise DataError("cycle is not a whole number", given=value)
    return int(value)
