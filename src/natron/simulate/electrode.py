"""Liquid and porous electrode: concentrated solution, porous-electrode theory, spherical particles, loss of liquid.

    liquid       ε ∂(w c)/∂t = ∇·[D ∇c + (1 − t₊) i_e/F] − ε k w c;  i_e = κ [2(1 − t₊)(RT/F) ∇ln c − ∇φ_e]
    electrode    ∇·i_e = a w J + i_loss/L;  i_e + i_s = −i;  Δφ = φ_s − φ_e = U(y) + (2RT/F) asinh[J/(2 j₀)]
    particles    ∂(w c_s)/∂t = D_s ∇²(w c_s) − k w c_s, flux w J/F out of the surface
    wetting      dw/dt = −k w, k = (loss per cycle) |i|/(2 capacity)
    first cycle  i_loss = i₊ x/(1 + x), x = (q_loss − q)/q_share: charge that leaves the particles alone

Potentials are reduced to Δφ alone: i_e = [κσ/(κ + σ)] [2(1 − t₊)(RT/F) ∇ln c + ∇Δφ] − [κ/(κ + σ)] i. Salt and sodium
are kept per volume of wetted and dry electrode together (w c, w c_s), and the flux out of the particles is taken from
∇·i_e rather than from the kinetics, so that both balances are linear in the states and close to rounding, whatever the
time step. What stands in dry pores takes no further part: it is counted as isolated sodium and lost salt.

Where a solid electrolyte carries the ions instead, the same equations hold with t₊ = 1: no salt moves, κ is its own,
and ε the share of the volume it takes.

Source: Newman and Tiedemann 1975, AIChE J. 21, 25, DOI 10.1002/aic.690210103. Shape of κ(c), the wetted share and the
first-cycle loss are assumptions of natron.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sparse

from natron.core.constants import FARADAY_C_PER_MOL
from natron.simulate.building import Builder
from natron.simulate.grid import Layers, Spheres, towards_faces

SMOOTH_SHARE = 1e-3
"""Width over which a concentration's share is kept from 0."""

BOUND_V = 1e-6
"""Size of the poles of the potential where the formula is empty and full: 1 V at 1e-6 of the capacity from an end."""

SMOOTH_BOUND = 1e-6
"""Width over which those poles are rounded: what a charge to any voltage may pass the formula by."""

SMOOTH_CURRENT_A_M2 = 1e-6
"""Width of |i| at no current; below it the electrode's losses are split evenly over its depth, not by the reaction."""


def open_circuit_V(b: Builder, extracted: Any) -> Any:
    """U(y): a plateau, its slope, and the bends at its ends, y the charged share (float, array or symbol).

    However far the cut-offs lie, no more is taken out than is in: the bends alone would let it.
    """
    p, exp = b.p, b.pb.exp
    width = p("plateau_width")
    return (
        p("plateau")
        + p("plateau_slope") * (extracted - 0.5)
        + p("charged_tail") * exp((extracted - 1) / width)
        - p("discharged_tail") * exp(-extracted / width)
        + poles_V(extracted)
    )


def poles_V(extracted: Any) -> Any:
    """What keeps a charged share between 0 and 1, V; float, array or symbol."""
    return BOUND_V / smooth_positive(1 - extracted, SMOOTH_BOUND) - BOUND_V / smooth_positive(extracted, SMOOTH_BOUND)


def smooth_positive(x: Any, width: float) -> Any:
    """max(x, 0) with its corner rounded over `width`."""
    return 0.5 * (x + (x * x + width * width) ** 0.5)


class _Liquid:
    """The liquid across separator and cathode: its states, its currents, its potential."""

    def __init__(self, b: Builder, wetted: Any, loss_rate: Any) -> None:
        p, s = b.p, b.structure
        self.b = b
        self.before = 0 if s.ceramic else s.separator_cells
        self.within = s.cathode_cells if s.cathode else 0
        self.size = self.before + self.within
        self.layers = Layers(self.size)
        salt = b.state("salt")
        self.loss = self._pieces(0, loss_rate) * salt
        share = salt * self._pieces(1, 1 / wetted)
        self.share = smooth_positive(share, SMOOTH_SHARE)
        shares = [
            *(towards_faces(self.before) if self.before else ()),
            *(towards_faces(self.within) if self.within else ()),
        ]
        self.width = b.pb.Vector(np.array(shares)) * self._pieces(p("separator_thickness"), p("thickness"))
        self.pores = self._pieces(p("separator_porosity"), p("porosity"))
        reach = self._pieces(p("separator_porosity"), p("porosity") * wetted) ** p("tortuosity_exponent")
        self.kappa = p("liquid_conductivity") * reach * self.share * b.pb.exp(1 - self.share)
        self.diffusivity = p("liquid_diffusivity") * reach
        self.apart = b.times(self.layers.half_sum, self.width)
        self.kappa_face = self.apart / b.times(self.layers.half_sum, self.width / self.kappa)
        self.diffusivity_face = self.apart / b.times(self.layers.half_sum, self.width / self.diffusivity)
        self.slope = b.times(self.layers.difference, share) / self.apart
        self.chi = 2 * (1 - p("transference_number")) * b.thermal
        self.log_share = b.pb.log(self.share)
        self.log_slope = b.times(self.layers.difference, self.log_share) / self.apart
        b.observed["salt share"] = share
        b.observed["least salt share"] = b.pb.min(share)
        b.observed["salt in liquid"] = b.total(salt * self.pores * self.width, self.size)

    def _pieces(self, before: Any, within: Any) -> Any:
        return self.b.pieces((self.before, before), (self.within, within))

    def change(self, inner: Any) -> Any:
        """∂(w c)/∂t from the ionic current through the inner faces: anions neither react nor leave."""
        p, b = self.b.p, self.b
        anions = (
            -self.diffusivity_face * self.slope
            - (1 - p("transference_number")) / (FARADAY_C_PER_MOL * p("concentration")) * inner
        )
        return -b.times(self.layers.outflow, anions) / (self.width * self.pores) - self.loss

    def potential(self, inner: Any) -> Any:
        """Potential of each cell against the liquid's left face, V."""
        b = self.b
        first = self.layers.one(0)
        climb = b.times(self.layers.climb, (self.chi * self.log_slope - inner / self.kappa_face) * self.apart)
        return self._to_face(first, -1) + climb

    def to_right_face(self) -> Any:
        """From the last cell to the liquid's right face, V, where a metal stands there."""
        return self._to_face(self.layers.one(-1), 1)

    def _to_face(self, pick: Any, side: int) -> Any:
        """Rise of the potential over the half cell at a face through which all current flows, V."""
        b, p = self.b, self.b.p
        half = b.times(pick, self.width) / 2
        slope = (
            (1 - p("transference_number"))
            * b.i
            / (FARADAY_C_PER_MOL * p("concentration") * b.times(pick, self.diffusivity))
        )
        here = b.times(pick, self.share)
        face = smooth_positive(here + side * slope * half, SMOOTH_SHARE)
        ohmic = b.i * half / b.times(pick, self.kappa)
        return ohmic + side * self.chi * (b.pb.log(face) - b.pb.log(here))


def liquid_separator(b: Builder, drops: dict[str, Any]) -> None:
    """A separator filled with liquid between two metals."""
    liquid = _Liquid(b, b.pb.Scalar(1), b.pb.Scalar(0))
    inner = b.pieces((liquid.size - 1, -b.i))
    b.rhs["salt"] = liquid.change(inner)
    drops["liquid"] = b.times(liquid.layers.one(-1), liquid.potential(inner)) + liquid.to_right_face()


def cathode(b: Builder, drops: dict[str, Any]) -> None:
    """Liquid, porous electrode and particles: their states, and what they lose."""
    p, s = b.p, b.structure
    wetted = b.state("wetted")
    loss_rate = p("loss_per_cycle") * _size_of_current(b) / (2 * p("capacity"))
    b.rhs["wetted"] = -loss_rate * wetted
    liquid = _Liquid(b, wetted, loss_rate)
    side = _side_current(b)
    n, layers = s.cathode_cells, Layers(s.cathode_cells)
    width = p("thickness") * b.pb.Vector(towards_faces(n))
    dphi = b.state("surface potential")
    last = sparse.eye(n - 1, liquid.size - 1, k=liquid.size - n)
    kappa = b.times(last, liquid.kappa_face)
    sigma = p("electronic_conductivity")
    climb = liquid.chi * b.times(last, liquid.log_slope) + b.times(layers.difference, dphi) / b.times(
        layers.half_sum, width
    )
    ionic = kappa * (sigma * climb - b.i) / (kappa + sigma)
    inflow = b.pb.Vector(np.eye(n, 1)) * b.i
    # what leaves each cell into the liquid, less what the side reaction gives
    source = (b.times(layers.outflow, ionic) + inflow) / width - side / p("thickness")
    surface, mean, potential_U = _particles(b, source, wetted, loss_rate)
    area = 3 * p("active_share") / p("particle_radius")
    exchange = (
        p("exchange_current")
        * 2
        * (
            liquid_share(b, liquid, n)
            * smooth_positive(surface, SMOOTH_SHARE)
            * smooth_positive(1 - surface, SMOOTH_SHARE)
        )
        ** 0.5
    )
    if b.capacitive:
        reaction = 2 * exchange * b.pb.sinh((dphi - potential_U) / (2 * b.thermal))
        b.rhs["surface potential"] = (source / (area * wetted) - reaction) / p("particle_double_layer")
    else:
        reaction = source / (area * wetted)
        b.algebraic["surface potential"] = dphi - potential_U - 2 * b.thermal * b.pb.arcsinh(reaction / (2 * exchange))
    # through the separator's faces, and into the cathode, all current is ionic
    first = sparse.eye(liquid.size - 1, n - 1, k=n - liquid.size)
    inner = b.pieces((liquid.before, -b.i), (n - 1, 0)) + b.times(first, ionic)
    b.rhs["salt"] = liquid.change(inner)
    _split(b, drops, liquid, inner, dphi, source, side, potential_U, mean)
    if s.ceramic:
        drops["ceramic_composite" if s.solid else "ceramic_liquid"] = b.arc(
            "ceramic liquid",
            p("ceramic_liquid_resistance") * wetted ** (-p("tortuosity_exponent")),
            p("ceramic_liquid_capacitance"),
        )
    b.observed |= {"wetted": wetted, "charged share": mean}


def liquid_share(b: Builder, liquid: _Liquid, cells: int) -> Any:
    """Concentration over its mean in the cathode's cells."""
    return b.times(sparse.eye(cells, liquid.size, k=liquid.size - cells), liquid.share)


def _size_of_current(b: Builder) -> Any:
    """|i| with its corner rounded, and none at rest: what ages with the charge that flows stands still then."""
    return b.i * b.i / (b.i * b.i + SMOOTH_CURRENT_A_M2**2) ** 0.5


def _side_current(b: Builder) -> Any:
    """Current that the first charge spends beside the active material, A/m².

    A reaction that does not go back has a conductance in proportion to its own current (F/RT times it, times its
    transfer coefficient). At rest none flows, or the cell would discharge itself: a spectrum, taken at rest, sees none.
    """
    p = b.p
    spent = b.state("spent")
    if b.capacitive:
        b.rhs["spent"] = 0 * spent
        return b.pb.Scalar(0)
    charging = (b.i + _size_of_current(b)) / 2
    left = (p("first_cycle_loss") - spent) / p("first_cycle_share")
    side = charging * left / (1 + left)
    b.rhs["spent"] = side / p("capacity")
    b.observed["spent"] = spent
    return side


def _particles(b: Builder, source: Any, wetted: Any, loss_rate: Any) -> tuple[Any, Any, Any]:
    """Sodium share at the surfaces, charged share of all, potential of the surfaces; `source` per volume, A/m³."""
    p, s = b.p, b.structure
    spheres = Spheres(s.shells, s.cathode_cells)
    sodium = b.state("sodium")
    # of w c_s, over the largest concentration: flux out of a surface, per radius
    flux = source * p("thickness") / (3 * p("capacity"))
    pace = p("particle_diffusivity") / p("particle_radius") ** 2
    b.rhs["sodium"] = (
        pace * b.times(spheres.diffusion, sodium) + b.times(spheres.surface_source, flux) - loss_rate * sodium
    )
    matrix, per_gradient = spheres.surface
    surface = (b.times(matrix, sodium) - per_gradient * flux / pace) / wetted
    shares = towards_faces(s.cathode_cells)[None, :]
    held = b.times(shares @ spheres.mean, sodium)
    isolated = b.state("isolated")
    b.rhs["isolated"] = loss_rate * held
    salt, cells = b.sizes["salt"], s.cathode_cells
    within = b.times(shares @ sparse.eye(cells, salt, k=salt - cells), b.state("salt"))
    b.rhs["lost salt"] = within * loss_rate
    turn = b.state("turn")
    b.rhs["turn"] = (b.i - _size_of_current(b) * turn) / (p("hysteresis_turn") * p("capacity"))
    gap = 0.5 * p("hysteresis") * turn
    mean = 1 - held / wetted
    b.observed |= {
        "equilibrium": open_circuit_V(b, mean) + gap,
        "sodium held": held,
        "isolated": isolated,
        "lost salt": b.state("lost salt"),
        "surface sodium share": surface,
    }
    return surface, mean, open_circuit_V(b, 1 - surface) + gap


SPLIT = ("liquid", "composite_ions", "charge_transfer", "solid_diffusion", "solid")
"""Losses that with the equilibrium voltage add up to the potential of the electrode's collector, ``electrode``."""


def _split(
    b: Builder, drops: dict[str, Any], liquid: _Liquid, inner: Any, dphi: Any, source: Any, side: Any, surface_U: Any,
    mean: Any,
) -> None:  # fmt: skip
    """Losses of the electrode, each the mean over its depth weighted by where the reaction goes; their sum is exact."""
    p, n = b.p, b.structure.cathode_cells
    shares = b.pb.Vector(towards_faces(n))
    reacting = b.i - side
    even = SMOOTH_CURRENT_A_M2**2
    weight = shares * (source * p("thickness") * reacting + even) / (reacting * reacting + even)
    phi = b.times(sparse.eye(n, liquid.size, k=liquid.size - n), liquid.potential(inner))
    pick = Layers(n).one(-1)
    collector = b.times(pick, phi + dphi) + b.i * p("thickness") * float(towards_faces(n)[-1]) / (
        2 * p("electronic_conductivity")
    )
    b.observed["electrode"] = collector
    drops["composite_ions" if b.structure.solid else "liquid"] = b.total(weight * phi, n)
    drops["charge_transfer"] = b.total(weight * (dphi - surface_U), n)
    drops["solid_diffusion"] = b.total(weight * surface_U, n) - b.observed["equilibrium"]
    drops["solid"] = collector - b.total(weight * (phi + dphi), n)
