"""Spectra read from files as the options of a command say: geometry, temperature, window, blanks, place in a series."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from natron.app.progress import progress
from natron.core import InputError, Quantity, QuantityError, nearest, parse_quantity

if TYPE_CHECKING:
    from natron.data import Spectrum
    from natron.eis import CellKind, Circuit, Electrolyte, Geometry
    from natron.eis.fitting.result import Weight
    from natron.io import Reading
    from natron.report.told import FitReport

Value = TypeVar("Value")


@dataclass(frozen=True)
class Loaded:
    """A spectrum with where it stands and what is known of its sample.

    Attributes
    ----------
    file : str
        As given on the command line.
    index : int
        Of the spectrum in the file.
    name : str
        For pictures; no two spectra of a command have the same.
    spectrum : Spectrum
    geometry : Geometry
        What was said on the command line, else what the file says.
    warnings : tuple of str
        Of the correction by a blank.
    """

    file: str
    index: int
    name: str
    spectrum: Spectrum
    geometry: Geometry
    warnings: tuple[str, ...] = ()


def asked_of(one: Loaded) -> tuple[Spectrum, Geometry, tuple[str, ...]]:
    """What an analysis takes from a spectrum, whatever its file is called."""
    nameless = replace(one.spectrum.provenance, file=None, notes=())
    return replace(one.spectrum, provenance=nameless), one.geometry, one.warnings


def renamed(report: FitReport, one: Loaded) -> FitReport:
    """A report with the file's present name."""
    return replace(report, file=one.file, index=one.index)


@dataclass(frozen=True)
class Failure:
    """A file, or a spectrum of it, that gave no result while others of the batch did."""

    file: str
    index: int | None
    error: InputError


@dataclass(frozen=True)
class Sample:
    """What the command line says of the samples, as texts: one for all, or one for each spectrum."""

    area: str | None = None
    diameter: str | None = None
    thickness: str | None = None
    temperature: str | None = None
    fmin: str | None = None
    fmax: str | None = None


@dataclass(frozen=True)
class Blank:
    """What is to be taken off every spectrum, as texts."""

    open_: str | None = None
    short: str | None = None
    lead_resistance: str | None = None
    lead_inductance: str | None = None

    @property
    def asked(self) -> bool:
        """Whether anything is."""
        return any(each is not None for each in (self.open_, self.short, self.lead_resistance, self.lead_inductance))


def load(
    files: Sequence[str],
    sample: Sample,
    blank: Blank | None = None,
    *,
    keep_going: bool = False,
    read: Callable[[str], Reading] | None = None,
) -> tuple[list[Loaded], list[Failure]]:
    """Every spectrum of the files, with geometry, temperature and window as asked, blanks taken off.

    With `keep_going`, files that cannot be read are told apart while at least one can; the option's values
    must then be one for all, since nothing says to which spectrum each of a list belongs. `read` is
    `natron.io.read` where left out.
    """
    found, failed = _read(files, keep_going, read)
    count = len(found)
    whole = not failed
    areas = _each("--area", sample.area, "area", count, whole)
    diameters = _each("--diameter", sample.diameter, "diameter", count, whole)
    depths = _each("--thickness", sample.thickness, "length", count, whole)
    temperatures = _each("--temperature", sample.temperature, "temperature", count, whole)
    lows = _each("--fmin", sample.fmin, "frequency", count, whole)
    highs = _each("--fmax", sample.fmax, "frequency", count, whole)
    correct = _corrector(blank) if blank is not None and blank.asked else None
    names = _names([(file, index) for file, index, _ in found])
    loaded = []
    for i, (file, index, spectrum) in enumerate(found):
        geometry = geometry_of(areas[i], diameters[i], depths[i], spectrum)
        kelvin = temperatures[i]
        spectrum = spectrum.with_conditions(
            area_m2=geometry.area.value if geometry.area else None,
            thickness_m=geometry.thickness.value if geometry.thickness else None,
            temperature_K=spectrum.temperature_K if kelvin is None else kelvin.value,
        )
        spectrum = windowed(spectrum, lows[i], highs[i], file)
        said: tuple[str, ...] = ()
        if correct is not None:
            spectrum, said = correct(spectrum, file)
        loaded.append(Loaded(file, index, names[i], spectrum, geometry, said))
    return loaded, failed


def _read(
    files: Sequence[str], keep_going: bool, read: Callable[[str], Reading] | None
) -> tuple[list[tuple[str, int, Spectrum]], list[Failure]]:
    from natron.data import DataError

    if read is None:
        from natron.io import read as read_file

        read = read_file

    found: list[tuple[str, int, Spectrum]] = []
    failed: list[Failure] = []
    with progress("Reading", len(files)) as step:
        for file in files:
            step(Path(file).name)
            try:
                reading = read(file)
                if not reading.spectra:
                    raise DataError(
                        "there is no impedance in this file",
                        file=file,
                        given=reading.format,
                        hint="See what it holds: natron read FILE.",
                    )
            except DataError as error:
                if not keep_going or len(files) == 1:
                    raise
                failed.append(Failure(file, None, error))
                continue
            found += [(file, i, spectrum) for i, spectrum in enumerate(reading.spectra)]
    if not found:
        raise failed[0].error
    return found, failed


def _names(places: Sequence[tuple[str, int]]) -> list[str]:
    """File and index for each, with the folder before it or a number after it where two would be alike."""
    plain = [f"{Path(file).stem}-{index}" for file, index in places]
    longer = [
        f"{Path(file).resolve().parent.name}-{name}" if plain.count(name) > 1 else name
        for (file, _), name in zip(places, plain, strict=True)
    ]
    names: list[str] = []
    for name in longer:
        unique, number = name, 2
        while unique in names:
            unique, number = f"{name}-{number}", number + 1
        names.append(unique)
    return names


def _each(option: str, text: str | None, kind: str, count: int, whole: bool) -> list[Quantity | None]:
    """``"-10, 0, 10 °C"`` for each spectrum; a unit at the end is that of all."""
    if text is None:
        return [None] * count
    # a comma between digits is a decimal comma to many; only temperatures and cycles are lists of bare integers
    split = r"[;,]" if kind in ("temperature", "count") else r";|,(?!\d)"
    parts = [part.strip() for part in re.split(split, text) if part.strip()]
    if len(parts) <= 1:
        try:
            return [parse_quantity(text, kind)] * count
        except QuantityError as error:
            if count > 1 and "," in text:
                raise InputError(
                    error.problem, key=option, given=text, hint='A list is parted by a comma and a space, or by ";".'
                ) from None
            raise error.at(key=option) from None
    unit = re.sub(r"^[-+−]?[\d.]+(?:[eE][-+]?\d+)?\)?", "", parts[-1].split()[-1])
    values: list[Quantity | None] = [
        parse_quantity(
            part if re.search(r"[^\W\d_]|[°%]", re.sub(r"\d[eE][-+]?\d", "", part)) else f"{part} {unit}", kind
        )
        for part in parts
    ]
    if not whole:
        raise InputError(
            "a list cannot be shared out while a file cannot be read", key=option, given=text, hint="Leave it out."
        )
    if len(values) != count:
        raise InputError(
            "there must be one value, or one for each spectrum",
            key=option,
            given=f"{len(values)} values for {count} spectra",
        )
    return values


def geometry_of(
    area: Quantity | None, diameter: Quantity | None, depth: Quantity | None, spectrum: Spectrum
) -> Geometry:
    """What was said, else what the file says."""
    from natron.eis import Geometry

    said, known = Geometry.of(area=area, diameter=diameter, thickness=depth), Geometry.of_spectrum(spectrum)
    return Geometry(said.area or known.area, said.thickness or known.thickness)


def windowed(spectrum: Spectrum, low: Quantity | None, high: Quantity | None, file: str) -> Spectrum:
    """The points between two frequencies.

    Raises
    ------
    InputError
        Where none is left.
    """
    f = spectrum.frequency_Hz
    keep = (f >= (low.value if low else 0.0)) & (f <= (high.value if high else float("inf")))
    if not keep.any():
        raise InputError("no point is left between --fmin and --fmax", file=file, given=f"{f[-1]:.3g} to {f[0]:.3g} Hz")
    return spectrum if keep.all() else spectrum.where(keep)


def _corrector(blank: Blank) -> Callable[[Spectrum, str], tuple[Spectrum, tuple[str, ...]]]:
    """What takes the blank off a spectrum and says its doubts."""
    from natron.data import DataError
    from natron.eis import correct

    open_, short = (None if file is None else _only_spectrum(file) for file in (blank.open_, blank.short))
    resistance, inductance = (
        None if text is None else parse_quantity(text, kind).value
        for text, kind in ((blank.lead_resistance, "resistance"), (blank.lead_inductance, "inductance"))
    )
    for option, text, value in (
        ("--lead-resistance", blank.lead_resistance, resistance),
        ("--lead-inductance", blank.lead_inductance, inductance),
    ):
        if value is not None and value < 0:
            raise InputError("leads add to what is measured", key=option, given=text, allowed="zero or more")
    if short is not None and (resistance is not None or inductance is not None):
        raise InputError(
            "--short already holds the leads",
            given="--short with --lead-resistance or --lead-inductance",
            hint="Give one of them.",
        )

    def corrected(spectrum: Spectrum, file: str) -> tuple[Spectrum, tuple[str, ...]]:
        try:
            return heard(
                lambda: correct(
                    spectrum, short=short, open_=open_, lead_resistance_ohm=resistance, lead_inductance_H=inductance
                )
            )
        except DataError as error:
            raise error.at(file=file) from error

    return corrected


def _only_spectrum(file: str) -> Spectrum:
    from natron.data import DataError
    from natron.io import read

    spectra = read(file).spectra
    if len(spectra) != 1:
        raise DataError("a blank is one spectrum", file=file, given=f"{len(spectra)} spectra")
    return spectra[0]


def heard(work: Callable[[], Value]) -> tuple[Value, tuple[str, ...]]:
    """What `work` gives, and the warnings it gave meanwhile, each once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = work()
    return value, tuple(dict.fromkeys(str(each.message) for each in caught))


def fit_told(
    one: Loaded,
    circuit: Circuit | None,
    *,
    weight: Weight = "modulus",
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    robust: bool = False,
    kind: CellKind = "unknown",
    electrolyte: str | None = None,
    separator: Sequence[str] | None = None,
    interfaces: Sequence[str] | None = None,
) -> FitReport:
    """A spectrum fitted and told in full; without a `circuit` that too is chosen."""
    from natron.eis import fit, select_circuit
    from natron.report.told import fit_report

    selection = None
    if circuit is None:
        selection = select_circuit(one.spectrum, weight=weight)
        result, circuit = selection.result, selection.circuit
    if selection is None or robust:
        result = fit(one.spectrum, circuit, weight=weight, fixed=fixed or {}, bounds=bounds or {}, robust=robust)
    known, doubts = solid_electrolyte(electrolyte, one.spectrum.temperature_K)
    return fit_report(
        result,
        one.file,
        one.index,
        one.geometry,
        kind,
        electrolyte=known,
        separator=separator,
        interfaces=interfaces,
        selection=selection,
        warnings=(*one.warnings, *doubts),
    )


def solid_electrolyte(name: str | None, temperature_K: float | None) -> tuple[Electrolyte | None, tuple[str, ...]]:
    """What natron knows of an electrolyte at a temperature, and what is to be said about that.

    Raises
    ------
    InputError
        Where there is no such solid electrolyte; names those there are.
    """
    if name is None:
        return None, ()
    from natron.core import MaterialError
    from natron.eis import Electrolyte
    from natron.materials import library

    known = sorted(key for key, each in library().items() if each.material_class == "solid_electrolyte")
    material = library()[known_word("--electrolyte", name, known)]
    try:
        return heard(lambda: Electrolyte.of_material(material, temperature_K))
    except MaterialError as error:
        return Electrolyte.of_material(material, None), (f"{name}: {error}; its conductivity does not count.",)


def known_word(option: str, given: str, known: Sequence[str]) -> Any:
    """`given`, once it is one of the `known` words."""
    if given not in known:
        close = nearest(given, known)
        raise InputError(
            "this is not one of the known words",
            key=option,
            given=given,
            allowed=", ".join(known),
            hint=f'Did you mean "{close}"?' if close else None,
        )
    return given


def parameter_values(pairs: Sequence[str], option: str | None = None) -> dict[str, float]:
    """``NAME=number`` texts, in SI, to a mapping."""
    values: dict[str, float] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        try:
            if not equals:
                raise ValueError
            values[name.strip()] = float(text)
        except ValueError:
            raise InputError(
                "a parameter is written NAME=number", key=option, given=pair, allowed="R1=20, in SI"
            ) from None
    return values


def parameter_bounds(pairs: Sequence[str]) -> dict[str, tuple[float, float]]:
    """``NAME=low:high`` texts, in SI, to a mapping; a side left empty is as it is."""
    bounds: dict[str, tuple[float, float]] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        low, colon, high = text.partition(":")
        try:
            if not (equals and colon):
                raise ValueError
            bounds[name.strip()] = (float(low or 0.0), float(high or "inf"))
        except ValueError:
            raise InputError(
                "a bound is written NAME=low:high",
                key="--bounds",
                given=pair,
                allowed="CPE1_n=0.8:1 or R1=:100, in SI",
            ) from None
    return bounds


def sides_of(
    kind: str, separator: str | None, interfaces: str | None
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The resistances named for the separator and for the interfaces of a symmetric cell.

    Raises
    ------
    InputError
        Where the cell is not said to be symmetric.
    """
    if kind != "symmetric" and (separator is not None or interfaces is not None):
        raise InputError(
            "--separator and --interfaces take a symmetric cell apart", key="--cell", given=kind, allowed="symmetric"
        )
    return _names_in(separator), _names_in(interfaces)


def _names_in(text: str | None) -> tuple[str, ...] | None:
    """``"R0, R1"`` to names."""
    return None if text is None else tuple(part.strip() for part in re.split(r"[,;+]", text) if part.strip())


_PLACES = {
    "temperature": ("temperature_K", "temperature", "--temperature"),
    "cycle": ("cycle", "count", "--at"),
    "time": ("time_s", "time", "--at"),
    "pressure": ("pressure_Pa", "pressure", "--at"),
    "soc": ("state_of_charge", "fraction", "--at"),
}


def placed(loaded: Sequence[Loaded], by: str, at: str | None) -> list[Loaded]:
    """The spectra with their places in a series, as `at` says, else as the files do.

    Raises
    ------
    InputError
        Where a spectrum has no place, or `at` is no list of as many as there are.
    """
    attribute, kind, option = _PLACES[by]
    if len(loaded) < 2:
        raise InputError(
            "a series needs two spectra or more", given=len(loaded), hint="For a single one: natron eis fit."
        )
    if at is not None and by == "temperature":
        raise InputError("temperatures are given by --temperature", key="--at", given=at)
    if at is not None:
        values = _each("--at", at, kind, len(loaded), whole=True)
        if by == "cycle" and any(value is not None and value.value % 1 for value in values):
            raise InputError("a cycle is a whole number", key="--at", given=at)
        loaded = [
            replace(one, spectrum=one.spectrum.with_conditions(**{attribute: value.value if value else None}))
            for one, value in zip(loaded, values, strict=True)
        ]
    missing = [f"{one.file}[{one.index}]" for one in loaded if getattr(one.spectrum, attribute) is None]
    if missing:
        raise InputError(
            f"{len(missing)} of {len(loaded)} spectra do not say their {by}",
            given=", ".join(missing[:3]) + (", …" if len(missing) > 3 else ""),
            hint=f"Say them in the order of the files: {option}.",
        )
    if len({getattr(one.spectrum, attribute) for one in loaded}) < 2:
        raise InputError(
            f"all spectra have the same {by}",
            key=option,
            hint="Spectra of cells of one make are no series: natron eis fit --replicates.",
        )
    return list(loaded)
