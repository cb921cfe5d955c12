"""Finite volumes in one dimension as plain matrices: gradients, divergences, means, for layers and for spheres.

Fluxes live on the faces between cells, so that what leaves one cell enters the next to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

Array = NDArray[np.float64]


CROWDING = 2.75
"""How strongly cells crowd at a layer's faces: of 20 the outermost are 17 times thinner than even ones."""


def towards_faces(cells: int) -> Array:
    """Shares of a layer's thickness in each of its cells, (cells,), thin at both faces.

    A porous electrode reacts within a micrometre of its faces at the highest frequencies.
    """
    even = np.linspace(-1, 1, cells + 1)
    return np.asarray(np.diff(np.tanh(CROWDING * even)) / (2 * np.tanh(CROWDING)))


@dataclass(frozen=True, eq=False)
class Layers:
    """Flat layers side by side, cut into `cells` cells whose widths may differ; the matrices hold no width.

    Attributes
    ----------
    cells : int
        ≥ 1.
    """

    cells: int

    @cached_property
    def difference(self) -> Any:
        """Right minus left at every inner face, shape (cells − 1, cells)."""
        n = self.cells
        return sparse.csr_matrix(sparse.eye(n - 1, n, k=1) - sparse.eye(n - 1, n))

    @cached_property
    def half_sum(self) -> Any:
        """Half of left plus right at every inner face: of the widths, the distance of the middles."""
        n = self.cells
        return sparse.csr_matrix(0.5 * (sparse.eye(n - 1, n, k=1) + sparse.eye(n - 1, n)))

    @cached_property
    def outflow(self) -> Any:
        """What leaves each cell, from the flows through the inner faces alone, shape (cells, cells − 1)."""
        return sparse.csr_matrix(-self.difference.T)

    @cached_property
    def climb(self) -> Any:
        """Sum of the steps from the first middle to each, shape (cells, cells − 1)."""
        return sparse.csr_matrix(np.tril(np.ones((self.cells, self.cells - 1)), -1))

    def one(self, place: int) -> Any:
        """The row that picks one cell."""
        return sparse.csr_matrix(([1.0], ([0], [place % self.cells])), shape=(1, self.cells))


@dataclass(frozen=True, eq=False)
class Spheres:
    """Equal spheres of unit radius, one at each of `places`, each in `shells` shells.

    Values are ordered place by place, from the centre out. The shells grow thinner towards the surface, where
    the profile bends, by a constant ratio.

    Attributes
    ----------
    shells : int
        ≥ 2.
    places : int
    ratio : float
        Thickness of the outermost shell over that of the innermost.
    """

    shells: int
    places: int
    ratio: float = 0.002

    @cached_property
    def faces(self) -> Array:
        """Radii of the shells' faces, (shells + 1,), 0 to 1."""
        steps = np.geomspace(1.0, self.ratio, self.shells)
        radii = np.concatenate([[0.0], np.cumsum(steps)])
        return np.asarray(radii / radii[-1])

    @cached_property
    def shares(self) -> Array:
        """Share of the sphere's volume in each shell, (shells,); they sum to 1."""
        return np.diff(self.faces**3)

    @cached_property
    def middles(self) -> Array:
        """Radius at which a shell's mean stands for a parabola, (shells,)."""
        low, high = self.faces[:-1], self.faces[1:]
        # mean of r² over the shell: exact for c = a + b r², the profile of a steady flux
        return np.asarray(np.sqrt(0.6 * (high**5 - low**5) / (high**3 - low**3)))

    @cached_property
    def diffusion(self) -> Any:
        """Rate of change of shell means from shell means for unit diffusivity and no flux at the surface."""
        inner = self.faces[1:-1]
        # exact between two shell means of a parabola in r
        conductance = 3 * inner**2 * 2 * inner / np.diff(self.middles**2)
        n = self.shells
        gradient = sparse.eye(n - 1, n, k=1) - sparse.eye(n - 1, n)
        across = sparse.diags(conductance) @ gradient
        between = -(sparse.eye(n, n - 1, k=-1) - sparse.eye(n, n - 1))
        one = sparse.diags(1 / self.shares) @ between @ across
        return sparse.csr_matrix(sparse.kron(sparse.eye(self.places), one))

    @cached_property
    def surface_source(self) -> Any:
        """Rate of change of shell means for a unit flux out of each surface, shape (shells·places, places)."""
        one = sparse.csr_matrix(([-3.0 / self.shares[-1]], ([self.shells - 1], [0])), shape=(self.shells, 1))
        return sparse.csr_matrix(sparse.kron(sparse.eye(self.places), one))

    @cached_property
    def surface(self) -> tuple[Any, float]:
        """Surface values from shell means, (places, shells·places), and the part for a unit outward gradient.

        The parabola in r² through the outermost two shell means gives the curvature's share, the gradient the rest:
        exact for c = a + b r².
        """
        r = self.middles[-1]
        # c(1) = c(r) + g (1 − r²)/2 for c = a + b r², whose gradient at 1 is g = 2b
        one = sparse.csr_matrix(([1.0], ([0], [self.shells - 1])), shape=(1, self.shells))
        return sparse.csr_matrix(sparse.kron(sparse.eye(self.places), one)), float((1 - r**2) / 2)

    @cached_property
    def mean(self) -> Any:
        """Mean of each sphere from its shell means, (places, shells·places)."""
        return sparse.csr_matrix(sparse.kron(sparse.eye(self.places), self.shares[None, :]))
