"""Impedance of a state of a cell: its equations with double layers, linearised about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, identity
from scipy.sparse.linalg import splu

from natron.core import InputError
from natron.data import Provenance, Spectrum
from natron.simulate.engine import Array, engine
from natron.simulate.parameters import ModelParameters

NO_LIMIT_V = 1e3

FEW_STATES = 40
"""Up to so many, all frequencies are solved at once as full matrices: sparse ones would cost more to set up."""


def impedance(of: ModelParameters, state: NDArray[np.float64], frequencies_Hz: Array) -> NDArray[np.complex128]:
    """Impedance times area at a state without current, Ω m², shape of `frequencies_Hz`.

    Parameters
    ----------
    of : ModelParameters
    state : ndarray
        In the layout of the quasi-steady equations, at no current: double layers carry no overpotential then.
    frequencies_Hz : ndarray, shape (N,)
        > 0.
    """
    J, f, v, g = tangent(of, state)
    size = J.shape[0]
    if size <= FEW_STATES:
        shifted = 2j * np.pi * np.asarray(frequencies_Hz)[:, None, None] * np.eye(size) - J.toarray()
        return np.asarray(np.linalg.solve(shifted, f.astype(complex)[:, None])[..., 0] @ v + g)
    one, right = identity(size, format="csc"), f.astype(complex)
    z = [v @ splu((2j * np.pi * frequency) * one - J).solve(right) + g for frequency in frequencies_Hz]
    return np.asarray(z)


def tangent(of: ModelParameters, state: NDArray[np.float64]) -> tuple[Any, Array, Array, float]:
    """Linearised capacitive equations ẏ = J y + f i, V = v y + g i about a state without current."""
    fast = engine(of.structure, capacitive=True)
    J, f, v, g = fast.linearised(with_double_layers(of, state), resting(of.numbers()))
    return csc_matrix(J), f, v, g


def with_double_layers(of: ModelParameters, state: NDArray[np.float64]) -> Array:
    """A quasi-steady state without current in the layout of the capacitive equations."""
    slow, fast = engine(of.structure).equations, engine(of.structure, capacitive=True).equations
    y = np.zeros(fast.size)
    for name, place in slow.places.items():
        y[fast.places[name]] = state[place]
    return y


def resting(numbers: Mapping[str, float]) -> dict[str, float]:
    """Inputs of the equations at no current."""
    free = {"lower_voltage": -NO_LIMIT_V, "upper_voltage": NO_LIMIT_V}
    return dict(numbers) | free | dict.fromkeys(("current", "stripping_negative", "stripping_counter"), 0.0)


SETTLE_S = 1e-3
"""Time at no current from which a state is linearised."""


def rested(of: ModelParameters, state: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The state once its current is switched off: what flows at once has followed; None where that fails."""
    stretch = engine(of.structure).solve(np.asarray(state, float), resting(of.numbers()), SETTLE_S)
    return None if stretch.ending == "failed" else stretch.states[:, 0]


def spectrum(
    of: ModelParameters,
    *,
    charged_share: float | None = None,
    frequencies_Hz: Array | None = None,
    state: NDArray[np.float64] | None = None,
) -> Spectrum:
    """The spectrum of a cell at rest.

    Parameters
    ----------
    of : ModelParameters
    charged_share : float, optional
        Share of the accessible capacity, even throughout; as assembled where left out.
    frequencies_Hz : ndarray, optional
        60 from 1 MHz to 0.1 Hz where left out.
    state : ndarray, optional
        At no current, such as the end of a run's rest (`rested`); instead of `charged_share`.

    Raises
    ------
    InputError
        Where the charged share is not between 0 and 1.
    """
    frequencies = np.geomspace(1e6, 0.1, 60) if frequencies_Hz is None else np.asarray(frequencies_Hz, float)
    places = engine(of.structure).equations.places
    if state is None:
        values = {name: q.value for name, q in of.values.items()}
        if charged_share is not None and not 0 < charged_share < 1:
            raise InputError(
                "a charged share lies between 0 and 1", given=charged_share, allowed="above 0 %, below 100 %"
            )
        if charged_share is not None and of.structure.cathode:
            values["start_charged_share"] = charged_share
        state = of.start(places, values)
    z = impedance(of, state, frequencies)
    share = None
    if of.structure.cathode:
        look = engine(of.structure).observe(["charged share"], state[:, None], resting(of.numbers()))
        share = float(look["charged share"][0])
    return Spectrum(
        frequencies,
        z / of.area_m2,
        area_m2=of.area_m2,
        temperature_K=of.values["temperature"].value,
        thickness_m=of.values["separator.thickness"].value,
        pressure_Pa=of.values["pressure"].value,
        state_of_charge=share,
        provenance=Provenance(reader="natron simulate", notes=(f"simulated: {of.cell.name}",)),
    )
