"""Covariances out of the normal equations, where the data may leave directions undetermined."""

from __future__ import annotations

import numpy as np

from natron.eis.fitting.equations import Array


def inverse_of(jtj: Array) -> Array:
    """Inverse of JᵀJ (F, F), with infinite variance for what the data do not determine."""
    diagonal = np.sqrt(jtj.diagonal())
    if np.isfinite(diagonal).all() and diagonal.all():
        outer = diagonal[:, None] * diagonal
        try:
            inverse: Array = np.linalg.inv(jtj / outer)
        except np.linalg.LinAlgError:
            pass
        else:
            inflation = inverse.diagonal()
            # beyond 1e12 the digits of JᵀJ are used up
            if (inflation > 0).all() and (inflation < 1e12).all():
                inverse /= outer
                return inverse
    return _degenerate(jtj, diagonal)


def _degenerate(jtj: Array, diagonal: Array) -> Array:
    """The same, where some direction is not determined at all."""
    blind = ~(np.isfinite(diagonal) & (diagonal > 0))
    scale = np.where(blind, 1.0, diagonal)
    scaled = np.where(blind[:, None] | blind, np.eye(len(jtj)), jtj / np.outer(scale, scale))
    power, directions = np.linalg.eigh(np.nan_to_num(scaled))
    weak = power < 1e-12
    inverse: Array = (directions / np.where(weak, np.inf, power)) @ directions.T / np.outer(scale, scale)
    lost = blind | ((directions[:, weak] ** 2).sum(axis=1) > 1e-6)
    inverse[lost, lost] = np.inf
    return inverse


def turned(turn: Array, inside: Array) -> Array:
    """turn · inside · turnᵀ, where an infinite variance reaches only what depends on it."""
    lost = ~np.isfinite(np.diag(inside))
    if not lost.any():
        return turn @ inside @ turn.T
    usable = np.where(lost[:, None] | lost[None, :] | ~np.isfinite(inside), 0.0, inside)
    covariance: Array = turn @ usable @ turn.T
    blind = np.flatnonzero((turn[:, lost] != 0).any(axis=1))
    covariance[blind, blind] = np.inf
    return covariance
