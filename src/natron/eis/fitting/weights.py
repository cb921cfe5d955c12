"""The weights of a spectrum's points in a fit, and what no fit takes."""

from __future__ import annotations

from functools import lru_cache
from typing import get_args

import numpy as np

from natron.core import InputError, did_you_mean
from natron.data import DataError, Spectrum
from natron.eis.fitting.equations import Array
from natron.eis.fitting.result import Weight

_MAX_POINTS = 10_000
_PROPORTIONAL_FLOOR = 0.01


# asked for three times in each fit
@lru_cache(maxsize=4)
def sizes_of(spectrum: Spectrum) -> tuple[Array, float, float]:
    """|Z| (N,), the smallest and the largest of them."""
    size = np.abs(spectrum.impedance_ohm)
    return size, float(size.min()), float(size.max())


def refuse_the_absurd(spectrum: Spectrum) -> None:
    """Refuse what no instrument measures and double precision cannot square and divide safely."""
    if len(spectrum) > _MAX_POINTS:
        raise DataError("this spectrum is too long to fit", given=len(spectrum), allowed=f"{_MAX_POINTS}")
    frequency = spectrum.frequency_Hz
    if frequency[0] > 1e15 or frequency[-1] < 1e-12:
        raise DataError(
            "these are not frequencies of an impedance measurement",
            given=f"{frequency[-1]:g} to {frequency[0]:g} Hz",
            allowed="1e-12 to 1e15 Hz",
        )
    largest = sizes_of(spectrum)[2]
    if not 1e-15 <= largest <= 1e18:
        raise DataError(
            "these are not impedances of a cell",
            given=f"largest |Z| {largest:g} ohm",
            allowed="1e-15 to 1e18 ohm",
        )


def weights_of(spectrum: Spectrum, weight: Weight) -> tuple[Array, Array]:
    """Weights (N,) of Re and of Im; see `natron.eis.fit`."""
    z = spectrum.impedance_ohm
    if weight == "unit":
        return np.ones(len(z)), np.ones(len(z))
    if weight == "measured":
        if spectrum.noise_ohm is None:
            raise DataError(
                "the spectrum has no noise to weigh by",
                allowed="a Spectrum with noise_ohm",
                hint='Take weight="modulus" where the noise is not known.',
            )
        return 1 / spectrum.noise_ohm.real, 1 / spectrum.noise_ohm.imag
    if weight not in get_args(Weight):
        raise InputError("unknown weight", given=weight, hint=did_you_mean(str(weight), get_args(Weight)))
    size, smallest, largest = sizes_of(spectrum)
    if smallest < 1e-15 * max(1.0, largest):
        raise DataError(
            "an impedance of zero cannot be weighed by its size",
            given=f"smallest |Z| {smallest:g} ohm",
            hint='Remove the point, or take weight="unit".',
        )
    if weight == "modulus":
        inverse = 1 / size
        return inverse, inverse
    floor = _PROPORTIONAL_FLOOR * size
    return 1 / np.maximum(np.abs(z.real), floor), 1 / np.maximum(np.abs(z.imag), floor)
