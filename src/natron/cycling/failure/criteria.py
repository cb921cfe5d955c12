"""Thresholds of the detection of shorts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ShortCriteria:
    """Thresholds of the detection of shorts; all are shares of 1 unless their name says otherwise.

    Parameters
    ----------
    fall : float
        The polarisation falls at once by at least this share of what it was just before.
    window : float
        Share of the half step before and after a place that is compared there.
    low_level : float
        A polarisation below this share of what sound half steps lead one to expect is low.
    healing_level : float
        The same for a half step in which the polarisation then comes back at once.
    low_share : float
        It has to be low for this share of the half step.
    least_V : float
        Where less polarisation than this is to be expected, a low level says nothing: offsets are as large.
    hard_level : float
        Below this share of the sound polarisation a short is hard, else soft.
    significance : float
        Standard errors by which a fall or a low level has to stand out of the noise.
    misfit : float
        Reduced χ² of the smooth curve (1.5 % of the level allowed for its form) from which a half step is restless.
    step_gain : float
        Fall of χ² that makes a sudden step better than any smooth curve.
    noise_ratio, noise_share : float
        Noise is risen at this multiple of that of sound half steps, where it also is this share of the level.
    jump : float
        A half step that is low, though smooth, from its start on is a short where the last sound levels lay this
        many times closer together than it lies below them.
    floor : float
        Share of the separator's ohmic polarisation d/σ·j below which no sound cell can be.
    capacity_excess : float
        A charge beyond this multiple of what the cell has held is more than it can hold.
    efficiency_fall : float
        Share by which the Coulombic efficiency lies below its usual value.
    voltage_fall_V : float
        Voltage that is lost at once during a charge at constant current.
    voltage_noise_V : float
        Least noise of a restless charge.
    """

    fall: float = 0.2
    window: float = 0.1
    low_level: float = 0.78
    healing_level: float = 0.95
    low_share: float = 0.08
    least_V: float = 1e-3
    hard_level: float = 0.25
    significance: float = 6.0
    misfit: float = 4.0
    step_gain: float = 30.0
    noise_ratio: float = 4.0
    noise_share: float = 0.03
    jump: float = 3.0
    floor: float = 0.8
    capacity_excess: float = 1.15
    efficiency_fall: float = 0.15
    voltage_fall_V: float = 0.03
    voltage_noise_V: float = 0.004
