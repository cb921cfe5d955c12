"""Synthetic spectra, made by formulas of their own and not by the circuits under test."""

import numpy as np

from natron.data import Spectrum

FREQUENCY_HZ = np.logspace(6, 0, 60)


def arcs(truth: np.ndarray, frequency_Hz: np.ndarray, count: int) -> np.ndarray:
    """R0 and `count` p(R,CPE), then a CPE where values are left over."""
    s = 2j * np.pi * frequency_Hz
    z = np.full(len(s), truth[0], dtype=complex)
    for R, Q, n in truth[1 : 1 + 3 * count].reshape(-1, 3):
        z += 1 / (1 / R + Q * s**n)
    if len(truth) > 1 + 3 * count:
        z += 1 / (truth[-2] * s ** truth[-1])
    return z


def noisy(z: np.ndarray, rng: np.random.Generator, noise: float = 0.005) -> Spectrum:
    """A spectrum at `FREQUENCY_HZ` with relative noise in Re and Im."""
    return Spectrum(FREQUENCY_HZ, z + noise * np.abs(z) * (rng.normal(size=len(z)) + 1j * rng.normal(size=len(z))))


def random_arcs(rng: np.random.Generator, count: int, ratio: tuple[float, float], tail: bool = False) -> np.ndarray:
    """True parameters: R0, then R, Q, n of arcs with τ rising by `ratio`, then Q, n of a tail."""
    tau = 10 ** rng.uniform(-6, -5 if count > 2 else -4)
    truth = [rng.uniform(5, 100)]
    for _ in range(count):
        R, n = rng.uniform(5, 100), rng.uniform(0.8, 0.95)
        truth += [R, tau**n / R, n]
        tau *= rng.uniform(*ratio)
    if tail:
        n = rng.uniform(0.5, 0.9)
        truth += [(2 * np.pi * 10 ** rng.uniform(0, 1)) ** -n / rng.uniform(5, 100), n]
    return np.array(truth)
