"""A body of voxels with its contacts, made from a few numbers or from an image."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from natron.constriction.inputs import refuse_too_large
from natron.constriction.media import boundary_voxels, bricks, spherical_pores, voronoi
from natron.constriction.patterns import pattern
from natron.core import InputError
from natron.core.constants import VACUUM_PERMITTIVITY_F_PER_M

MOST_PERMITTIVITY = 1e9
"""Relative; beyond any material's."""
GrainShape = Literal["voronoi", "bricks"]


@dataclass(frozen=True, eq=False)
class Body:
    """What is solved; SI throughout.

    Attributes
    ----------
    conductivity_S_m : ndarray, (n0, n1, n2)
    spacing_m : three float
    contact_top, contact_bottom : ndarray, (n1, n2)
        Shares of each voxel's face in contact.
    periodic : bool
        Sides repeat; else they insulate.
    grains : ndarray of int, (n0, n1, n2), or None
    boundary_ohm_m2, boundary_F_m2 : float
        Resistance and capacitance of the boundaries between grains, in parallel.
    interface_ohm_m2, interface_F_m2 : float
        Of both contacts where they touch.
    relative_permittivity : float
        Of every voxel, pores included.
    """

    conductivity_S_m: NDArray[np.float64]
    spacing_m: tuple[float, float, float]
    contact_top: NDArray[np.float64]
    contact_bottom: NDArray[np.float64]
    periodic: bool = True
    grains: NDArray[np.int32] | None = None
    boundary_ohm_m2: float = 0.0
    boundary_F_m2: float = 0.0
    interface_ohm_m2: float = 0.0
    interface_F_m2: float = 0.0
    relative_permittivity: float = 0.0

    @property
    def area_m2(self) -> float:
        """Of the cross section."""
        return float(math.prod(self.conductivity_S_m.shape[1:]) * self.spacing_m[1] * self.spacing_m[2])

    @property
    def thickness_m(self) -> float:
        """Along the current."""
        return float(self.conductivity_S_m.shape[0] * self.spacing_m[0])

    @property
    def uniform(self) -> bool:
        """One conductivity, and no boundaries inside."""
        first = self.conductivity_S_m.flat[0]
        return self.boundary_ohm_m2 == 0 and bool((self.conductivity_S_m == first).all())

    @property
    def full(self) -> bool:
        """Both faces touched all over."""
        return bool((self.contact_top == 1).all() and (self.contact_bottom == 1).all())

    def with_full_contacts(self) -> Body:
        """The same with both faces touched all over, without interface resistance."""
        ones = np.ones_like(self.contact_top)
        return replace(self, contact_top=ones, contact_bottom=ones, interface_ohm_m2=0.0, interface_F_m2=0.0)

    def coarser(self) -> Body | None:
        """A uniform body on voxels twice as large; None where it is not uniform or a number of voxels is odd."""
        shape = self.conductivity_S_m.shape
        if not self.uniform or any(n % 2 for n in shape):
            return None
        half = (shape[1] // 2, 2, shape[2] // 2, 2)
        return replace(
            self,
            conductivity_S_m=self.conductivity_S_m[::2, ::2, ::2],
            spacing_m=(2 * self.spacing_m[0], 2 * self.spacing_m[1], 2 * self.spacing_m[2]),
            contact_top=self.contact_top.reshape(half).mean(axis=(1, 3)),
            contact_bottom=self.contact_bottom.reshape(half).mean(axis=(1, 3)),
            grains=None,
        )

    def finer(self) -> Body:
        """The same body on voxels half as large: each is cut into eight, and no edge is moved."""

        def cut(field: NDArray[Any]) -> Any:
            for axis in range(field.ndim):
                field = np.repeat(field, 2, axis=axis)
            return field

        return replace(
            self,
            conductivity_S_m=cut(self.conductivity_S_m),
            spacing_m=(0.5 * self.spacing_m[0], 0.5 * self.spacing_m[1], 0.5 * self.spacing_m[2]),
            contact_top=cut(self.contact_top),
            contact_bottom=cut(self.contact_bottom),
            grains=None if self.grains is None else cut(self.grains),
        )

    def kappa(self, omega: float) -> NDArray[Any]:
        """σ + iωε, S/m."""
        permittivity = self.relative_permittivity * VACUUM_PERMITTIVITY_F_PER_M
        result: NDArray[Any] = self.conductivity_S_m + 1j * omega * permittivity
        return result

    def interface(self, omega: float) -> complex:
        """Impedance of contacted area, ohm m²: resistance and capacitance in parallel."""
        return _parallel(self.interface_ohm_m2, self.interface_F_m2, omega)

    def boundary(self, omega: float) -> complex:
        """Impedance of a boundary between grains, ohm m²."""
        return _parallel(self.boundary_ohm_m2, self.boundary_F_m2, omega)


def _parallel(resistance: float, capacitance: float, omega: float) -> complex:
    return complex(resistance / (1 + 1j * omega * resistance * capacitance))


def make_body(
    shape: tuple[int, int, int],
    spacing_m: float | tuple[float, float, float],
    conductivity_S_m: float | ArrayLike,
    *,
    contact_share: float = 1.0,
    contact_pattern: str = "disc",
    contact_size: float | None = None,
    contact_bottom_share: float = 1.0,
    porosity: float = 0.0,
    pore_diameter_m: float | None = None,
    pore_conductivity_S_m: float = 0.0,
    grains: int = 0,
    grain_shape: GrainShape = "voronoi",
    grain_contact_share: float = 1.0,
    boundary_ohm_m2: float = 0.0,
    boundary_F_m2: float = 0.0,
    interface_ohm_m2: float = 0.0,
    interface_F_m2: float = 0.0,
    relative_permittivity: float = 0.0,
    periodic: bool = True,
    seed: int = 0,
) -> Body:
    """A body with contacts, pores and grains.

    Parameters
    ----------
    shape : three int
        Voxels, the current along the first.
    spacing_m : float or three
    conductivity_S_m : float or array_like of `shape`
    contact_share, contact_bottom_share : float
        θ of each face, above 0, at most 1.
    contact_pattern : str
        See `natron.constriction.pattern`; needs a square face where θ is below 1.
    contact_size : float, optional
        Of random patches, voids or roughness, as a share of the face's edge.
    porosity, pore_diameter_m, pore_conductivity_S_m : float
        Overlapping spheres at random; needs cubic voxels.
    grains : int
        Of a Voronoi polycrystal; for bricks the number along each axis.
    grain_contact_share : float
        Share of the voxels beside a grain boundary that conduct; the others insulate.
    boundary_ohm_m2, boundary_F_m2, interface_ohm_m2, interface_F_m2, relative_permittivity, periodic
        See `Body`.
    seed : int

    Raises
    ------
    InputError
        Where a number is out of range, or there is not enough memory.
    """
    if len(shape) != 3 or not all(n >= 1 for n in shape):
        raise InputError("this is not a block of voxels", given=shape, allowed="three numbers of one or more")
    if not 0 <= relative_permittivity <= MOST_PERMITTIVITY:
        raise InputError(
            "the permittivity is out of range", given=relative_permittivity, allowed=f"0 to {MOST_PERMITTIVITY:g}"
        )
    if (boundary_F_m2 > 0 and boundary_ohm_m2 == 0) or (interface_F_m2 > 0 and interface_ohm_m2 == 0):
        raise InputError(
            "a capacitance is parallel to a resistance, and there is none",
            hint="Give the resistance too, if a large one.",
        )
    refuse_too_large(math.prod(shape), boundary_F_m2 > 0 or interface_F_m2 > 0 or relative_permittivity > 0)
    h = np.broadcast_to(np.asarray(spacing_m, dtype=np.float64), (3,))
    spacing = (float(h[0]), float(h[1]), float(h[2]))
    sigma = np.array(np.broadcast_to(np.asarray(conductivity_S_m, dtype=np.float64), shape))
    if porosity > 0:
        if len(set(spacing)) != 1:
            raise InputError("pores are drawn on cubic voxels", given=spacing)
        diameter = 5.0 if pore_diameter_m is None else pore_diameter_m / spacing[0]
        sigma[spherical_pores(shape, porosity, diameter, seed)] = pore_conductivity_S_m
    numbers: NDArray[np.int32] | None = None
    if grains:
        if grain_shape == "voronoi":
            numbers = voronoi(shape, grains, seed)
        else:
            edges = tuple(max(1, round(n / grains)) for n in shape)
            numbers = bricks(shape, (edges[0], edges[1], edges[2]))
        if grain_contact_share < 1:
            sigma[boundary_voxels(numbers, grain_contact_share, seed)] = 0.0
    elif grain_contact_share < 1 or boundary_ohm_m2 > 0:
        raise InputError("boundaries need grains", allowed="a number of grains above zero")
    return Body(
        sigma,
        spacing,
        _face(shape, contact_share, contact_pattern, contact_size, seed),
        _face(shape, contact_bottom_share, contact_pattern, contact_size, seed + 1),
        periodic,
        numbers,
        boundary_ohm_m2,
        boundary_F_m2,
        interface_ohm_m2,
        interface_F_m2,
        relative_permittivity,
    )


def _face(shape: tuple[int, int, int], share: float, name: str, size: float | None, seed: int) -> NDArray[np.float64]:
    if share == 1:
        return np.ones(shape[1:])
    if shape[1] != shape[2]:
        raise InputError(
            "a contact pattern is drawn on a square face", given=f"{shape[1]} × {shape[2]} voxels",
            allowed="as many voxels one way as the other",
        )  # fmt: skip
    options: dict[str, float] = {}
    if name in ("patches", "voids", "rough"):
        options = {"seed": seed} | ({} if size is None else {"size": size})
    elif size is not None:
        raise InputError("only random patterns have a size of their own", given=name, allowed="patches, voids, rough")
    return pattern(name, shape[1], share, **options)
