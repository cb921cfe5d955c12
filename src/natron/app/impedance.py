"""``natron read`` and ``natron eis``: fit, series, check, drt, simulate."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError, did_you_mean, parse_quantity

if TYPE_CHECKING:
    from natron.data import Spectrum
    from natron.eis import FitResult, Geometry

eis = typer.Typer(help="Impedance: fit, series, check, drt, simulate.", no_args_is_help=True)

Files = Annotated[list[str], typer.Argument(help="Instrument files; each may hold several spectra.")]
CircuitOption = Annotated[str, typer.Option("--circuit", help='"R0-p(R1,CPE1)-p(R2,CPE2)", or auto.')]
AreaOption = Annotated[Optional[str], typer.Option("--area", help='"0.50 ± 0.01 cm²".')]  # noqa: UP045
DiameterOption = Annotated[Optional[str], typer.Option("--diameter", help='"8 ± 0.1 mm", instead of --area.')]  # noqa: UP045
ThicknessOption = Annotated[Optional[str], typer.Option("--thickness", help='"110 ± 5 µm".')]  # noqa: UP045
TemperatureOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--temperature", help='One, or one for each spectrum: "-10, 0, 10 °C". Else from the file.'),
]
WeightOption = Annotated[str, typer.Option("--weight", help="modulus, proportional, unit or measured.")]
FminOption = Annotated[Optional[str], typer.Option("--fmin", help='Leave out what is below: "100 Hz".')]  # noqa: UP045
FmaxOption = Annotated[Optional[str], typer.Option("--fmax", help='Leave out what is above: "1 MHz".')]  # noqa: UP045
OutOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--out", help="Draw the pictures into this folder (SVG)."),
]
CellOption = Annotated[str, typer.Option("--cell", help="symmetric, blocking, full or unknown: what arcs may mean.")]


@dataclass(frozen=True)
class _Loaded:
    """A spectrum with where it stands."""

    file: str
    index: int
    spectrum: Spectrum
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """For pictures and lines: file and index."""
        return f"{Path(self.file).stem}-{self.index}"


def _load(
    files: Sequence[str],
    geometry: Geometry,
    temperature: str | None,
    fmin: str | None,
    fmax: str | None,
) -> list[_Loaded]:
    """Every spectrum of the files, with geometry, temperature and window as asked."""
    from natron.io import read

    found: list[_Loaded] = []
    for file in files:
        reading = read(file)
        if not reading.spectra:
            raise InputError(f"there is no impedance in this file ({reading.format})", file=file)
        found += [_Loaded(file, i, spectrum, reading.notes) for i, spectrum in enumerate(reading.spectra)]
    temperatures = _temperatures(temperature, len(found))
    low, high = (None if text is None else parse_quantity(text, "frequency").value for text in (fmin, fmax))
    loaded = []
    for one, kelvin in zip(found, temperatures, strict=True):
        spectrum = one.spectrum.with_conditions(
            area_m2=geometry.area.value if geometry.area else one.spectrum.area_m2,
            thickness_m=geometry.thickness.value if geometry.thickness else one.spectrum.thickness_m,
            temperature_K=kelvin if kelvin is not None else one.spectrum.temperature_K,
        )
        f = spectrum.frequency_Hz
        keep = (f >= (low if low is not None else 0.0)) & (f <= (high if high is not None else float("inf")))
        if not keep.any():
            raise InputError(
                "no point is left between --fmin and --fmax", file=one.file, given=f"{f[-1]:.3g} to {f[0]:.3g} Hz"
            )
        loaded.append(replace(one, spectrum=spectrum if keep.all() else spectrum.where(keep)))
    return loaded


def _temperatures(text: str | None, count: int) -> list[float | None]:
    """``"-10, 0, 10 °C"`` to kelvin, one for each spectrum."""
    if text is None:
        return [None] * count
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    unit = re.search(r"[^\d\s.+\-−±]+.*$", parts[-1]) if parts else None
    texts = [part if re.search(r"[A-Za-z°]", part) else f"{part} {unit.group(0) if unit else '°C'}" for part in parts]
    kelvin: list[float | None] = [parse_quantity(part, "temperature").value for part in texts]
    if len(kelvin) == 1:
        return kelvin * count
    if len(kelvin) != count:
        raise InputError(
            "there must be one temperature, or one for each spectrum",
            key="--temperature",
            given=f"{len(kelvin)} temperatures for {count} spectra",
        )
    return kelvin


def _geometry(area: str | None, diameter: str | None, thickness: str | None) -> Geometry:
    from natron.eis import Geometry

    return Geometry.of(area=area, diameter=diameter, thickness=thickness)


def _known_word(option: str, given: str, known: Sequence[str]) -> Any:
    if given not in known:
        raise InputError(
            "this is not one of the known words",
            key=option,
            given=given,
            allowed=", ".join(known),
            hint=did_you_mean(given, known),
        )
    return given


def read(file: Annotated[str, typer.Argument(help="An instrument file.")], as_json: JsonOption = False) -> None:
    """What is in an instrument file: its format, its record, its spectra, and what was recognised or assumed."""
    from natron.app import screen_impedance
    from natron.io import read as read_file
    from natron.report.measured import reading_json

    found = read_file(file)
    if as_json:
        print_json(reading_json(file, found))
    else:
        screen_impedance.reading(file, found)


@eis.command("fit")
def eis_fit(
    files: Files,
    circuit: CircuitOption = "auto",
    area: AreaOption = None,
    diameter: DiameterOption = None,
    thickness: ThicknessOption = None,
    temperature: TemperatureOption = None,
    weight: WeightOption = "modulus",
    fmin: FminOption = None,
    fmax: FmaxOption = None,
    cell: CellOption = "unknown",
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a circuit to each spectrum, without a guess, and say what its arcs may be."""
    from natron.app import screen_impedance
    from natron.eis import assign, fit, normalise, select_circuit
    from natron.report import impedance as to_json

    chosen_weight = _known_word("--weight", weight, ("modulus", "proportional", "unit", "measured"))
    kind = _known_word("--cell", cell, ("symmetric", "blocking", "full", "unknown"))
    geometry = _geometry(area, diameter, thickness)
    entries, worst = [], 0
    for one in _load(files, geometry, temperature, fmin, fmax):
        selection = select_circuit(one.spectrum, weight=chosen_weight) if circuit == "auto" else None
        result = selection.result if selection else fit(one.spectrum, circuit, weight=chosen_weight)
        of_one = _sample(geometry, one.spectrum)
        normalised = normalise(result, of_one) if of_one.area is not None else None
        meaning = assign(result, kind, of_one)
        if result.status == "not_converged":
            worst = 4
        entries.append(
            to_json.fit(result, one.file, one.index, normalised=normalised, meaning=meaning, selection=selection)
        )
        if not as_json:
            screen_impedance.fit(one.file, one.index, result, normalised, meaning, selection)
        _draw_fit(out, one.name, result)
        warn(f"{one.file}[{one.index}]: {text}" for text in result.warnings)
    if as_json:
        print_json(to_json.envelope("fits", entries))
    if worst:
        raise typer.Exit(worst)


def _sample(geometry: Geometry, spectrum: Spectrum) -> Geometry:
    """What was said on the command line, else what the file says."""
    from natron.eis import Geometry

    known = Geometry.of_spectrum(spectrum)
    return Geometry(geometry.area or known.area, geometry.thickness or known.thickness)


@eis.command("check")
def eis_check(
    files: Files,
    fmin: FminOption = None,
    fmax: FmaxOption = None,
    limit: Annotated[str, typer.Option("--limit", help="Residual, rms of |Z|, that passes.")] = "1 %",
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Kramers–Kronig test of each spectrum: whether it can be the impedance of a system at rest."""
    from natron.app import screen_impedance
    from natron.eis import Geometry, kramers_kronig
    from natron.report import impedance as to_json

    entries = []
    for one in _load(files, Geometry(), None, fmin, fmax):
        result = kramers_kronig(one.spectrum, limit=parse_quantity(limit, "share").value)
        entries.append(to_json.kramers_kronig(result, one.file, one.index))
        if not as_json:
            screen_impedance.check(one.file, one.index, result)
        if out is not None:
            from natron.plot.eis import residuals

            f, relative = result.spectrum.frequency_Hz, result.residuals
            draw = partial(residuals, f, relative, limit=result.limit)
            _draw(out, f"{one.name}-kramers-kronig", draw)
    if as_json:
        print_json(to_json.envelope("checks", entries))


@eis.command("drt")
def eis_drt(files: Files, fmin: FminOption = None, fmax: FmaxOption = None, out: OutOption = None,
            as_json: JsonOption = False) -> None:  # fmt: skip
    """Distribution of relaxation times of each spectrum."""
    from natron.app import screen_impedance
    from natron.eis import Geometry, drt
    from natron.report import impedance as to_json

    entries = []
    for one in _load(files, Geometry(), None, fmin, fmax):
        result = drt(one.spectrum)
        entries.append(to_json.drt(result, one.file, one.index))
        if not as_json:
            screen_impedance.drt(one.file, one.index, result)
        if out is not None:
            from natron.plot.eis import relaxation_times

            _draw(out, f"{one.name}-drt", partial(relaxation_times, result))
    if as_json:
        print_json(to_json.envelope("distributions", entries))


@eis.command("series")
def eis_series(
    files: Files,
    circuit: CircuitOption,
    by: Annotated[str, typer.Option("--by", help="temperature, cycle, time, pressure or soc.")] = "temperature",
    area: AreaOption = None,
    diameter: DiameterOption = None,
    thickness: ThicknessOption = None,
    temperature: TemperatureOption = None,
    weight: WeightOption = "modulus",
    fmin: FminOption = None,
    fmax: FmaxOption = None,
    cut: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--cut", help="auto: leave out the low-frequency end that the circuit cannot describe."),
    ] = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a series of spectra together: activation energies, tied where the data allow it; what grows."""
    from natron.app import screen_impedance
    from natron.eis import fit_series
    from natron.report import impedance as to_json

    chosen_by = _known_word("--by", by, ("temperature", "cycle", "time", "pressure", "soc"))
    chosen_weight = _known_word("--weight", weight, ("modulus", "proportional", "unit", "measured"))
    chosen_cut = None if cut is None else _known_word("--cut", cut, ("auto",))
    loaded = _load(files, _geometry(area, diameter, thickness), temperature, fmin, fmax)
    result = fit_series([one.spectrum for one in loaded], circuit, chosen_by, weight=chosen_weight, cut=chosen_cut)
    if as_json:
        content = result.as_json()
        content["fits"] = [
            {**entry, **to_json.fit(fit, one.file, one.index)}
            for entry, fit, one in zip(content["fits"], result.fits, loaded, strict=True)
        ]
        print_json({"schema_version": 1, **content})
    else:
        screen_impedance.series(result)
    if out is not None:
        _draw_series(out, result)
    warn(result.warnings)
    if result.status == "not_converged":
        raise typer.Exit(4)


@eis.command("simulate")
def eis_simulate(
    circuit: Annotated[str, typer.Argument(help='"R0-p(R1,CPE1)".')],
    values: Annotated[list[str], typer.Argument(help="Parameters in SI: R0=5 R1=20 CPE1_Q=1e-6 CPE1_n=0.9.")],
    fmax: Annotated[str, typer.Option("--fmax")] = "1 MHz",
    fmin: Annotated[str, typer.Option("--fmin")] = "1 Hz",
    points_per_decade: Annotated[int, typer.Option("--points-per-decade", min=1, max=100)] = 10,
    noise: Annotated[str, typer.Option("--noise", help="Standard deviation of Re and Im over |Z|.")] = "0 %",
    seed: Annotated[int, typer.Option("--seed")] = 1,
    as_json: JsonOption = False,
) -> None:
    """The impedance of a circuit, as a table of frequency, Re and Im."""
    import numpy as np

    from natron.eis import parse_circuit

    parsed = parse_circuit(circuit)
    given: dict[str, float] = {}
    for pair in values:
        name, equals, text = pair.partition("=")
        try:
            given[name.strip()] = float(text)
        except ValueError:
            raise InputError("a parameter is written NAME=number", given=pair, allowed="R1=20, in SI") from None
        if not equals or name.strip() not in parsed.parameter_names:
            raise InputError(
                "this circuit has no such parameter",
                given=pair,
                allowed=", ".join(parsed.parameter_names),
            )
    missing = [name for name in parsed.parameter_names if name not in given]
    if missing:
        raise InputError("a parameter has no value", given=circuit, allowed=f"a value for {', '.join(missing)}")
    low, high = (parse_quantity(text, "frequency").value for text in (fmin, fmax))
    if not 0 < low < high:
        raise InputError("--fmin must lie above 0 and below --fmax", given=f"{fmin} to {fmax}")
    count = max(2, round(points_per_decade * float(np.log10(high / low))) + 1)
    f = np.geomspace(high, low, count)
    z = parsed.impedance([given[name] for name in parsed.parameter_names], f)
    spread = parse_quantity(noise, "share").value
    generator = np.random.default_rng(seed)
    z = z + spread * np.abs(z) * (generator.normal(size=count) + 1j * generator.normal(size=count))
    if as_json:
        rows = {"frequency_Hz": f.tolist(), "real_ohm": z.real.tolist(), "imaginary_ohm": z.imag.tolist()}
        print_json({"schema_version": 1, "circuit": str(parsed), "spectrum": rows})
        return
    print("Frequency / Hz,Real Impedance / ohm,Imaginary Impedance / ohm")
    for frequency, point in zip(f, z, strict=True):
        print(f"{frequency:.8g},{point.real:.8g},{point.imag:.8g}")


def _draw(out: Path, name: str, draw: Callable[..., Any], size: tuple[float, float] = (15, 10)) -> None:
    from natron.io.descriptions import write_new_file
    from natron.plot import figure, to_svg

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"this folder cannot be made: {error.strerror}", file=str(out)) from None
    drawn, ax = figure(*size)
    draw(ax=ax)
    write_new_file(out / f"{name}.svg", to_svg(drawn, name), overwrite=True)


def _draw_fit(out: Path | None, name: str, result: FitResult) -> None:
    if out is None:
        return
    from natron.plot.eis import nyquist, residuals

    relative = (result.spectrum.impedance_ohm - result.impedance_ohm) / abs(result.spectrum.impedance_ohm)
    _draw(out, f"{name}-nyquist", partial(nyquist, result.spectrum, result))
    _draw(out, f"{name}-residuals", partial(residuals, result.spectrum.frequency_Hz, relative), (15, 7))


def _draw_series(out: Path, result: Any) -> None:
    from natron.plot.eis import arrhenius, course, nyquist

    celsius = result.by == "temperature"
    labels = [f"{v - 273.15:.0f} °C" if celsius else f"{v:.4g} {result.course_unit}" for v in result.course]
    _draw(out, "series-nyquist", partial(nyquist, result.spectra, result.fits, labels=labels), (16, 12))
    if result.by == "temperature":
        _draw(out, "series-arrhenius", partial(arrhenius, result), (15, 11))
    else:
        names = [name for name, p in result.fits[0].parameters.items() if p.unit == "ohm"]
        _draw(out, "series-resistances", partial(course, result, names), (15, 10))
