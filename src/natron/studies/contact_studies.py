"""Contacts that are no planes: grains that touch in spots, metal that touches in spots, and pressure that closes both.

Each body is cut along its planes of symmetry, so that a quarter of half a grain stands for the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from natron.cell import built_in
from natron.constriction import constriction_table, grain_contact_factor, pattern, refined, solve, sweep
from natron.core import InputError, Quantity, parse_quantity, weakest_origin
from natron.core.constants import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C, VACUUM_PERMITTIVITY_F_PER_M
from natron.core.uncertainty import propagate
from natron.data import Spectrum
from natron.eis import FitResult, SeriesResult, effective_capacitance, fit, fit_series
from natron.interface import RELATIONS, interface_resistance_ohm_m2
from natron.materials import material, parameters, scale_conductivity
from natron.studies.sections import Line, Section

TEMPERATURES = ("-10 °C", "0 °C", "10 °C", "20 °C", "30 °C", "40 °C")
SHARES = (0.01, 0.1, 0.5, 1.0)
"""Of the metal in contact; 1 is what the others are held against."""
PRESSURES_PA = tuple(float(p) for p in np.geomspace(1e4, 1e7, 13))

Progress = Callable[[str], None]

_WINDOW_HZ = (1e6, 1.0)
"""What the sodium-cell paper measured."""
_AT = "30 °C"
_CLOSE = 0.025
"""Relative difference from the share asked that is let pass for edges between voxels."""
_TOP = {"square": 1.0, "disc": 0.78}
"""Largest share of one spot that is tabulated."""
_CIRCUIT = "R0-p(R1,CPE1)"


@dataclass(frozen=True)
class Grains:
    """What the grains of the tape must be like, were contact all that parts it from a dense pellet.

    Attributes
    ----------
    dense, tape : Quantity
        Conductivities at 25 °C.
    shares : dict of Quantity
        By pattern, the contact share that takes the one to the other.
    computed_share : float
        The square's, moved to edges between voxels: what is solved.
    solved_ratio, solved_error : float
        The same ratio at the square's share, solved on voxels.
    spectra : tuple of Spectrum
        Of the tape, by temperature.
    wide, window : FitResult
        Fits at −10 °C: over all frequencies, and over what a laboratory measures.
    energies : dict of Quantity
        Activation energies by name, fitted to the spectra.
    """

    dense: Quantity
    tape: Quantity
    shares: dict[str, Quantity]
    computed_share: float
    solved_ratio: float
    solved_error: float
    spectra: tuple[Spectrum, ...]
    wide: FitResult
    window: FitResult
    energies: dict[str, Quantity]


def constriction_study(
    which: Sequence[str] = ("grains", "metal", "pressure"), *, voxels: int = 40, progress: Progress | None = None
) -> tuple[Section, ...]:
    """Three studies of contact in spots.

    Parameters
    ----------
    which : sequence of str
        ``grains``: does grain contact take the tape's conductivity below a dense pellet's? ``metal``: what do 1, 10
        and 50 % contact of the metal do to a symmetric cell's spectrum? ``pressure``: from pressure over contact to
        resistance.
    voxels : int
        Along the edge of a grain or of the cell around one spot; even.
    progress : callable, optional
        Called with what comes next.

    Raises
    ------
    InputError
        Where the number of voxels is odd or out of range.
    """
    if not (10 <= voxels <= 200 and voxels % 2 == 0):
        raise InputError("the number of voxels is out of range", given=voxels, allowed="an even number, 10 to 200")
    told = progress or (lambda part: None)
    made: list[Section] = []
    for name in which:
        made += STUDIES[name](voxels, told)
    return tuple(made)


def _quarter(share: float, voxels: int) -> NDArray[np.float64]:
    """A square spot in the middle of its cell, cut twice through its middle."""
    return pattern("square", voxels, share)[voxels // 2 :, voxels // 2 :]


def _grain_sections(voxels: int, told: Progress) -> tuple[Section, ...]:
    from natron.plot.constriction import conductivity_over_contact
    from natron.plot.eis import nyquist

    told("grains that touch")
    found = _grains(voxels, told)
    shares, energies = found.shares, found.energies
    square = shares["square"]
    by_contact = np.geomspace(0.01, 1, 80)
    labels = [f"{s.temperature_K - 273.15:.0f} °C" for s in found.spectra if s.temperature_K is not None]
    arc = found.wide
    apparent = effective_capacitance(arc, "CPE1").value * (arc.spectrum.area_m2 or 1.0)
    p = parameters("grain-contact")
    layers = (found.spectra[0].thickness_m or 0.0) / p["grain_size"].value
    permittivity = VACUUM_PERMITTIVITY_F_PER_M
    true_gap = permittivity / p["gap"].value * (1 - square.value)
    # what a brick-layer reading makes of the arc: boundaries of the grains' own permittivity
    as_layer = p["relative_permittivity"].value * permittivity / (apparent * layers)
    lines = (
        Line("dense pellet at 25 °C", found.dense, "Ma et al. 2019"),
        Line("tape at 25 °C", found.tape, "from 1.6 ± 0.3 mS/cm at 30 °C; printed as 1.3"),
        *(Line(f"share of the grains' faces in contact, one {name} each", q) for name, q in shares.items()),
        Line(
            f"tape over pellet at a share of {found.computed_share:.4f}, solved in three dimensions",
            Quantity(found.solved_ratio, found.solved_error, "number", "assumed"),
            "± of the grid",
        ),
        Line("activation energy of the resistance at rest", energies["rest"], "put in: 0.28 eV; it does not change"),
        Line("activation energy of what the fit calls grains, R0", energies["R0"]),
        Line("activation energy of what it calls boundaries, R1", energies["R1"]),
        Line(
            "share of the boundaries in the resistance, by the fit over all frequencies at −10 °C",
            Quantity(
                arc.parameters["R1"].value / (arc.parameters["R0"].value + arc.parameters["R1"].value),
                None,
                "share",
                "round_trip",
            ),
        ),
        Line("frequency of that arc at −10 °C", _told(_peak_Hz(arc), "frequency")),
        Line(
            "capacitance of one boundary by the fit",
            _told(apparent * layers, "areal_capacitance"),
            f"the gaps hold {true_gap * 100:.2g} µF/cm²",
        ),
        Line(
            "thickness of the boundary phase that a brick-layer reading infers",
            _told(as_layer, "length"),
            "none is there",
        ),
        Line(
            "circuit that natron chooses for 1 MHz to 1 Hz at −10 °C",
            str(found.window.circuit),
            "the window of the paper; Ws is a diffusion that is not there" if "Ws" in str(found.window.circuit) else "",
        ),
    )
    return (
        Section(
            "Grains that touch in spots",
            f"The tape conducts {found.tape}, a dense pellet of the same composition {found.dense}, with the same "
            "activation energy. Take cubic grains that conduct as the pellet and touch their neighbours on one spot in "
            "the middle of each face, with empty gaps beside it. Then the ratio depends on the share in contact alone: "
            f"neither on the grains' size nor on the temperature. A share of {square} does it, and the activation "
            "energy stays 0.28 eV, because a constriction is nothing but the grain's own conductivity in a narrower "
            "place. Contact can therefore not be told from a resistive boundary phase of the grains' own activation "
            "energy by the resistance at rest. The gaps are small capacitors beside the spots: the spectrum shows one "
            "arc more, which a circuit reads as a grain-boundary phase; its capacitance gives a thickness of a phase "
            "that does not exist. What could tell them apart is that this arc's resistance has the grains' own "
            "activation energy, and that its frequency follows their conductivity. Below 1 MHz hardly anything of it "
            "is seen. That the grains are cubes with one spot each, their size, the gap and the permittivity are "
            "assumed; the share in contact follows from the two conductivities and the spot's shape alone.",
            lines,
            pictures=(
                (
                    "conductivity",
                    (15, 9),
                    partial(
                        conductivity_over_contact,
                        found.dense,
                        found.tape,
                        {
                            name: (
                                by_contact[by_contact <= top],
                                grain_contact_factor(by_contact[by_contact <= top], name),
                            )
                            for name, top in _TOP.items()
                        },
                        shares,
                    ),
                ),
                ("spectra", (15, 8), partial(nyquist, found.spectra, labels=labels)),
            ),
        ),
    )


def _told(value: float, kind: str) -> Quantity:
    """A number without a known uncertainty, to three digits."""
    return Quantity(float(f"{value:.3g}"), None, kind, "assumed")


def _peak_Hz(found: FitResult) -> float:
    return 1 / (2 * np.pi * found.parameters["R1"].value * effective_capacitance(found, "CPE1").value)


def _grains(voxels: int, told: Progress) -> Grains:
    at = parse_quantity("25 °C", "temperature").value
    pellet, tape = (material(name).law("conductivity") for name in ("nzsp-pellet", "nzsp-tape"))
    high, low = pellet.value_at(at), tape.value_at(at)
    shares = {name: _share_for(high, low, name, top) for name, top in _TOP.items()}
    # so many voxels that a spot of a whole even number of them has the share
    side = 2 * round(voxels / 10)
    voxels = 2 * round(0.5 * side / np.sqrt(shares["square"].value))
    theta = (side / voxels) ** 2

    def half_grain(n: int) -> Any:
        return solve(np.ones((n // 2,) * 3), 1 / n, _quarter(theta, n))

    solid = refined(half_grain, voxels)
    # half a grain over a quarter of its face: 1/2 long, 1/4 wide
    ratio = 0.5 / (0.25 * solid.resistance_ohm)
    p = parameters("grain-contact")
    thickness = built_in("lowack2025-symmetric").separator.thickness.value
    spectra = []
    for text in TEMPERATURES:
        told(f"grains that touch, {text}")
        kelvin = parse_quantity(text, "temperature").value
        spectra.append(_tape_of_grains(theta, voxels, _of_grains(kelvin), kelvin, thickness))
    noisy = [_with_noise(s, p["noise"].value) for s in spectra]
    below = [s.where(s.frequency_Hz < _below_relaxation(s)) for s in noisy]
    series = fit_series(below, _CIRCUIT, "temperature")
    rest = [float(s.impedance_ohm[-1].real) for s in spectra]
    energies = {"rest": _energy(spectra, rest), **{name: _fitted_energy(series, name) for name in ("R0", "R1")}}
    return Grains(
        high,
        low,
        shares,
        theta,
        ratio,
        ratio * solid.error_estimate_ohm / solid.resistance_ohm,
        tuple(spectra),
        series.fits[0],
        fit(noisy[0].where(noisy[0].frequency_Hz <= _WINDOW_HZ[0]), "auto"),
        energies,
    )


def _of_grains(kelvin: float) -> float:
    """Conductivity of the dense pellet, S/m; its activation energy is taken to hold at all temperatures here."""
    law = material("nzsp-pellet").law("conductivity")
    assert law.activation_energy is not None
    return float(scale_conductivity(law.reference.value, law.at.value, law.activation_energy.value, kelvin))


def _below_relaxation(spectrum: Spectrum) -> float:
    """A third of the frequency at which the grains' own capacitance takes over, Hz."""
    permittivity = parameters("grain-contact")["relative_permittivity"].value * VACUUM_PERMITTIVITY_F_PER_M
    assert spectrum.temperature_K is not None
    return float(0.3 * _of_grains(spectrum.temperature_K) / (2 * np.pi * permittivity))


def _share_for(high: Quantity, low: Quantity, name: str, top: float) -> Quantity:
    """Contact share at which grains of the conductivity `high` make a body of `low`, and the ± of their ratio."""
    relative = [(q.standard_uncertainty or 0.0) / q.value for q in (high, low)]
    ratio, spread = low.value / high.value, float(np.linalg.norm(relative))

    def share(at: float) -> float:
        lowest, highest = (float(grain_contact_factor(end, name)) for end in (0.01, top))
        wanted = min(max(at, lowest * 1.001), highest * 0.999)
        return float(brentq(lambda x: float(grain_contact_factor(x, name)) - wanted, 0.01, top))

    half = 0.5 * (share(ratio * (1 + spread)) - share(ratio * (1 - spread)))
    return Quantity(share(ratio), half, "share", weakest_origin([high.origin, low.origin, "assumed"]), "sd")


def _tape_of_grains(share: float, voxels: int, sigma_S_m: float, kelvin: float, thickness_m: float) -> Spectrum:
    """Impedance of a square metre of a tape of such grains, as many as lie one behind the other."""
    p = parameters("grain-contact")
    size, contact = p["grain_size"].value, _quarter(share, voxels)
    epsilon = p["relative_permittivity"].value * VACUUM_PERMITTIVITY_F_PER_M
    # the middle of the gap is a plane of equal potential: half a gap belongs to each grain
    gap = 2 * VACUUM_PERMITTIVITY_F_PER_M / p["gap"].value
    half = (voxels // 2,) * 3
    made = sweep(
        lambda omega: np.full(half, sigma_S_m + 1j * omega * epsilon),
        np.geomspace(1e9, 1e3, 37),
        size / voxels,
        interface_top=lambda omega: np.where(contact > 0.5, 0.0, 1 / (1j * omega * gap)),
    ).spectrum
    assert made.area_m2 is not None
    # from half a grain over a quarter of its face to the whole tape
    return _spectrum(made, made.area_m2 * thickness_m / (0.5 * size), kelvin, thickness_m)


def _spectrum(made: Spectrum, factor: float, kelvin: float, thickness_m: float) -> Spectrum:
    """That impedance times a factor, of one square metre."""
    return Spectrum(
        made.frequency_Hz, made.impedance_ohm * factor, 1.0, kelvin, thickness_m=thickness_m,
        provenance=made.provenance,
    )  # fmt: skip


def _with_noise(s: Spectrum, share: float) -> Spectrum:
    generator = np.random.default_rng(1)
    noise = generator.normal(size=len(s)) + 1j * generator.normal(size=len(s))
    noisy = s.impedance_ohm + share * np.abs(s.impedance_ohm) * noise
    return Spectrum(s.frequency_Hz, noisy, 1.0, s.temperature_K, thickness_m=s.thickness_m, provenance=s.provenance)


def _energy(spectra: Sequence[Spectrum], resistance: Sequence[float]) -> Quantity:
    """Activation energy of R/T along the spectra."""
    kelvin = np.array([s.temperature_K for s in spectra], dtype=np.float64)
    slope = np.polyfit(1 / (BOLTZMANN_J_PER_K * kelvin), np.log(np.asarray(resistance) / kelvin), 1)[0]
    return Quantity(float(slope), None, "energy", "assumed")


def _fitted_energy(series: SeriesResult, name: str) -> Quantity:
    found = series.activation_energy[name]
    return Quantity(
        found.value * ELEMENTARY_CHARGE_C, found.uncertainty * ELEMENTARY_CHARGE_C, "energy", "round_trip", "sd"
    )


@dataclass(frozen=True)
class MetalContact:
    """A symmetric cell whose metal touches in spots, as it is and as a circuit reads it.

    Attributes
    ----------
    share : float
    spectra : tuple of Spectrum
        By temperature.
    series : SeriesResult
    constriction, constriction_error : float
        Of one side at 30 °C at rest, ohm m², without charge transfer, and its error of the grid.
    """

    share: float
    spectra: tuple[Spectrum, ...]
    series: SeriesResult
    constriction: float
    constriction_error: float


def _metal_sections(voxels: int, told: Progress) -> tuple[Section, ...]:
    from natron.plot.constriction import parts_over_contact
    from natron.plot.eis import nyquist

    found = [_metal_contact(share, voxels, told) for share in SHARES]
    at = TEMPERATURES.index(_AT)
    kelvin = parse_quantity(_AT, "temperature").value
    true_transfer = material("sodium|nzsp-tape").law("interface_resistance").value_at(kelvin)
    conductivity = material("nzsp-tape").law("conductivity").value_at(kelvin)
    thickness = built_in("lowack2025-symmetric").separator.thickness
    full = effective_capacitance(found[-1].series.fits[at], "CPE1").value
    lines: list[Line] = []
    for each in found:
        of, fitted = f"{100 * each.share:.3g} % contact", each.series.fits[at]
        half, first = fitted.parameters["R1"], fitted.parameters["R0"]
        expected = true_transfer.value / each.share
        apparent = thickness.value / first.value
        lines += [
            Line(f"{of}: R_C/2 that the circuit reads", _areal(0.5 * half.value, 0.5 * half.uncertainty),
                 f"charge transfer over the share in contact: {_areal(expected, None)}"),
            Line(f"{of}: its activation energy", _fitted_energy(each.series, "R1"), "put in: 0.41 eV"),
            Line(f"{of}: conductivity that it reads from R_A",
                 Quantity(apparent, apparent * first.uncertainty / first.value, "conductivity", "round_trip", "sd"),
                 f"put in: {conductivity}"),
            Line(f"{of}: its activation energy of R_A", _fitted_energy(each.series, "R0"), "put in: 0.28 eV"),
            Line(f"{of}: capacitance of the arc over that of full contact",
                 Quantity(effective_capacitance(fitted, "CPE1").value / full, None, "share", "round_trip"),
                 "what tells the share in contact, if one cell of full contact is known"),
            Line(f"{of}: constriction of each side at {_AT}",
                 Quantity(each.constriction, each.constriction_error, "area_specific_resistance", "assumed"),
                 "without charge transfer; ± of the grid"),
        ]  # fmt: skip
    shares = [each.share for each in found]
    parts = {
        "R_C/2 as read": [0.5 * each.series.fits[at].parameters["R1"].value for each in found],
        "charge transfer / θ": [true_transfer.value / share for share in shares],
        "R_A as read, half": [0.5 * each.series.fits[at].parameters["R0"].value for each in found],
        "half the separator": [0.5 * thickness.value / conductivity.value for _ in shares],
    }
    shown = [each.spectra[at] for each in found if each.share > 0.05]
    return (
        Section(
            "Metal that touches in spots",
            f"Sodium on both sides of {thickness} of the tape touches on square spots, each in a cell as large as the "
            "circle of the assumed spacing; charge transfer and double layer are those of full contact, on the area "
            f"that touches. The cell is solved in three dimensions from {TEMPERATURES[0]} to {TEMPERATURES[-1]} and "
            "read with R_A-p(R_C,CPE). R_C/2 stays an interface resistance, per whole area: it is the charge "
            "transfer over the share in contact, with the charge transfer's own activation energy. But it is not "
            "all that the contact costs. The constriction answers faster than the window sees and adds to R_A, with "
            "the ceramic's activation energy: the separator seems to conduct badly, and nothing in one spectrum says "
            f"why. With the assumed spacing that hidden part is {_areal(found[0].constriction, None)} beside "
            f"{_areal(true_transfer.value / found[0].share, None)} of charge transfer where least touches; it grows "
            "with the spacing, and its share with warmth, for charge transfer falls faster. The arc's "
            "capacitance falls with the contact and gives it away, where the capacitance of full contact is known. "
            "The spacing of the spots is assumed, and the constriction is proportional to it; their capacitance "
            "beside the spots, too small for this window, is left out.",
            tuple(lines),
            pictures=(
                (f"spectra at {_AT}", (15, 8.5), partial(nyquist, shown, labels=[f"θ = {s:.3g}" for s in shares[1:]])),
                ("parts", (15, 9), partial(parts_over_contact, shares, parts)),
            ),
        ),
    )


def _areal(value: float, uncertainty: float | None) -> Quantity:
    return Quantity(value, uncertainty, "area_specific_resistance", "round_trip", "sd")


def _cell_around_spot_m() -> float:
    """Edge of a square as large as the circle around one spot."""
    return float(np.sqrt(np.pi) * parameters("contact")["spot_spacing"].value)


def _everywhere(sigma_S_m: float, shape: tuple[int, int, int], omega: float) -> NDArray[np.float64]:
    return np.full(shape, sigma_S_m)


def _with_double_layer(resistance_ohm_m2: float, capacitance_F_m2: float, omega: float) -> complex:
    return resistance_ohm_m2 / (1 + 1j * omega * resistance_ohm_m2 * capacitance_F_m2)


def _aligned(share: float, voxels: int) -> tuple[int, int]:
    """Voxels along the cell around a spot and along the spot, edges between voxels even on voxels twice as large."""
    best = (0, 0, np.inf)
    for count in range(4 * round(voxels / 4), 2 * voxels + 1, 4):
        side = min(max(8, 4 * round(np.sqrt(share) * count / 4)), count)
        off = abs((side / count) ** 2 / share - 1)
        if off < best[2]:
            best = (count, side, off)
        if off < _CLOSE:
            break
    return best[0], best[1]


def _metal_contact(asked: float, voxels: int, told: Progress) -> MetalContact:
    width = _cell_around_spot_m()
    conductivity = material("nzsp-tape").law("conductivity")
    transfer = material("sodium|nzsp-tape").law("interface_resistance")
    capacitance = parameters("interfaces")["metal_capacitance"].value
    thickness = built_in("lowack2025-symmetric").separator.thickness.value
    count, side = _aligned(asked, voxels)
    share = (side / count) ** 2

    def one_side(n: int, sigma: float, resistance: float) -> Spectrum:
        # one period deep: below it the current is even, to e^(−2π), and what is left is added
        return sweep(
            partial(_everywhere, sigma, (n, n // 2, n // 2)),
            np.geomspace(*_WINDOW_HZ, 31),
            width / n,
            _quarter(share, n),
            interface_top=partial(_with_double_layer, resistance, capacitance),
        ).spectrum

    spectra = []
    for text in TEMPERATURES:
        told(f"metal that touches, {100 * share:.3g} %, {text}")
        kelvin = parse_quantity(text, "temperature").value
        sigma, resistance = conductivity.value_at(kelvin).value, transfer.value_at(kelvin).value
        fine, coarse = (one_side(n, sigma, resistance) for n in (count, count // 2))
        # edges of contact converge as the first power of the voxel
        drawn_on = 2 * fine.impedance_ohm - coarse.impedance_ohm
        whole = 2 * drawn_on * (0.5 * width) ** 2 + 2 * (0.5 * thickness - width) / sigma
        spectra.append(
            Spectrum(fine.frequency_Hz, whole, 1.0, kelvin, thickness_m=thickness, provenance=fine.provenance)
        )
    noise = parameters("grain-contact")["noise"].value
    series = fit_series([_with_noise(s, noise) for s in spectra], _CIRCUIT, "temperature")
    sigma = conductivity.value_at(parse_quantity(_AT, "temperature").value).value

    def alone(n: int) -> Any:
        return solve(np.full((n, n // 2, n // 2), sigma), width / n, _quarter(share, n))

    if share == 1:
        return MetalContact(share, tuple(spectra), series, 0.0, 0.0)
    both = refined(alone, count)
    area = both.fine.area_m2
    constriction = both.resistance_ohm * area - width / sigma
    return MetalContact(share, tuple(spectra), series, constriction, both.error_estimate_ohm * area)


def _pressure_sections(voxels: int, told: Progress) -> tuple[Section, ...]:
    from natron.plot.constriction import resistance_over_pressure

    told("pressure that closes the contact")
    kelvin = parse_quantity("25 °C", "temperature").value
    transfer = material("sodium|nzsp-tape").law("interface_resistance").value_at(kelvin)
    conductivity = material("nzsp-tape").law("conductivity").value_at(kelvin)
    radius = parameters("contact")["spot_spacing"]
    contact = [_contact_after(p) for p in PRESSURES_PA]
    table = constriction_table("square")
    by_law: dict[str, list[float]] = {"disc formula": [], "table, squares": []}
    solved: list[tuple[float, float, float]] = []
    lines: list[Line] = []
    for at, (pressure, share) in enumerate(zip(PRESSURES_PA, contact, strict=True)):
        given = (share.value, transfer.value, conductivity.value, radius.value)
        by_law["disc formula"].append(float(interface_resistance_ohm_m2(*given)))
        tabled = 0.01 <= share.value <= 1
        by_law["table, squares"].append(
            float(interface_resistance_ohm_m2(*given, constriction=table)) if tabled else float("nan")
        )
        if at % 3 == 0 and tabled:
            told(f"pressure that closes the contact, {pressure / 1e6:.2g} MPa")
            value, error = _solved_interface(share.value, voxels, transfer.value, conductivity.value)
            solved.append((pressure, value, error))
            shown = Quantity(pressure, None, "pressure")
            lines += [
                Line(f"contact after 60 s at 25 °C and {shown}", share),
                Line(f"interface at {shown}, solved",
                     Quantity(value, error, "area_specific_resistance", "assumed"),
                     f"disc formula {_areal(by_law['disc formula'][-1], None)}, "
                     f"table {_areal(by_law['table, squares'][-1], None)}; ± of the grid"),
            ]  # fmt: skip
    return (
        Section(
            "Pressure that closes the contact",
            "Pressing for a minute at 25 °C decides the share in contact (creep of clean sodium, an upper bound of "
            "the contact), and the share decides the resistance: charge transfer over the share and the current's "
            "way to the spots. Three readings of the latter lie beside one another: discs of one potential in closed "
            "form, the shipped table of squares, and the body solved with the charge transfer on its spots. The "
            "first two add the parts; the solver shows that sum to fall short by a little, for charge transfer spreads "
            "the current over the spot, from where its way is longer. The spacing of the spots is assumed, 1 to "
            "50 µm: the current's way to them is proportional to it.",
            tuple(lines),
            pictures=(
                ("interface", (15, 9), partial(resistance_over_pressure, np.array(PRESSURES_PA), by_law, solved)),
            ),
        ),
    )


def _contact_after(pressure_Pa: float) -> Quantity:
    relation = RELATIONS["contact_fraction_after_pressing"]
    texts = {"metal": "sodium"}
    assert relation.looked_up is not None
    inputs = {
        **relation.looked_up(texts),
        "pressure": Quantity(pressure_Pa, None, "pressure"),
        "temperature": parse_quantity("25 °C", "temperature"),
        "time": parse_quantity("60 s", "time"),
    }
    origin = weakest_origin(q.origin for q in inputs.values())
    return propagate(relation.bound(texts), inputs)["value"].quantity("share", origin=origin)


def _solved_interface(share: float, voxels: int, transfer: float, sigma: float) -> tuple[float, float]:
    """Areal resistance of one interface with its spreading, and the error of the grid, ohm m²."""
    width = _cell_around_spot_m()

    def make(n: int) -> Any:
        return solve(np.full((n, n // 2, n // 2), sigma), width / n, _quarter(share, n), interface_top_ohm_m2=transfer)

    found = refined(make, voxels, cut=True)
    area = found.fine.area_m2
    return found.resistance_ohm * area - width / sigma, found.error_estimate_ohm * area


STUDIES: dict[str, Callable[[int, Progress], tuple[Section, ...]]] = {
    "grains": _grain_sections,
    "metal": _metal_sections,
    "pressure": _pressure_sections,
}
"""By name, as `constriction_study` takes them."""
