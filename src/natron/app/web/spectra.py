"""What the app answers about spectra: shown, fitted, tied over a series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel, Field

from natron.app.spectra import Loaded, geometry_of, known_word, windowed
from natron.app.web.fields import quantity
from natron.app.web.pictures import Picture, picture_response
from natron.core import InputError

if TYPE_CHECKING:
    from fastapi import Response

    from natron.app.web.desk import Desk
    from natron.data import Spectrum
    from natron.report.told import FitReport, SeriesReport

_CURVE_POINTS_PER_DECADE = 20


class Place(BaseModel):
    """A spectrum on the desk."""

    file: str
    index: int = 0


class Asked(BaseModel):
    """What a fit is asked for; texts as on the command line, empty ones are not given."""

    spectra: list[Place] = Field(min_length=1, max_length=200)
    circuit: str = "auto"
    area: str = ""
    thickness: str = ""
    temperature: str = ""
    temperatures: list[str] = []
    fmin: str = ""
    fmax: str = ""
    weight: str = "modulus"
    cell: str = "unknown"
    electrolyte: str = ""
    robust: bool = False
    view: Literal["nyquist", "bode", "residuals", "arrhenius"] = "nyquist"
    format: Literal["svg", "pdf"] = "svg"


def routes(desk: Desk) -> APIRouter:
    """The app's answers about spectra."""
    router = APIRouter(prefix="/api/spectra")

    @router.post("/show")
    def show(asked: Asked) -> dict[str, Any]:
        return {"spectra": [_points(one.spectrum, one.name) for one in _loaded(desk, asked)]}

    @router.post("/fit")
    def fit(asked: Asked) -> dict[str, Any]:
        from natron.report import impedance as to_json

        found = []
        for one in _loaded(desk, asked):
            report = _fitted(one, asked)
            found.append({**to_json.fit(report), "points_shown": _points(one.spectrum, one.name), **_curve(report)})
        return {"fits": found, "command": _command(desk, asked, "fit"), "script": _script(desk, asked)}

    @router.post("/series")
    def series(asked: Asked) -> dict[str, Any]:
        from natron.report import impedance as to_json

        whole = _series(desk, asked)
        return {
            **to_json.series(whole),
            "arrhenius": _arrhenius(whole),
            "points_shown": [_points(f.result.spectrum, f.file) for f in whole.fits],
            "curves": [_curve(f) for f in whole.fits],
            "command": _command(desk, asked, "series"),
        }

    @router.post("/check")
    def check(asked: Asked) -> dict[str, Any]:
        from natron.eis import kramers_kronig
        from natron.report import impedance as to_json

        return {
            "checks": [
                to_json.kramers_kronig(kramers_kronig(one.spectrum), one.file, one.index)
                for one in _loaded(desk, asked)
            ]
        }

    @router.post("/picture")
    def picture(asked: Asked) -> Response:
        return picture_response(_picture(desk, asked), asked.format, "spectra-" + asked.view)

    return router


def _loaded(desk: Desk, asked: Asked) -> list[Loaded]:
    """The spectra with what was said of them."""

    area, thickness = quantity(asked.area, "area", "area"), quantity(asked.thickness, "length", "thickness")
    low, high = quantity(asked.fmin, "frequency", "fmin"), quantity(asked.fmax, "frequency", "fmax")
    each = asked.temperatures or [asked.temperature] * len(asked.spectra)
    if len(each) != len(asked.spectra):
        raise InputError(
            "a temperature is needed for each spectrum", key="temperatures", given=f"{len(each)}",
            allowed=f"{len(asked.spectra)}, in the order of the spectra",
        )  # fmt: skip
    found = []
    for place, text in zip(asked.spectra, each, strict=True):
        spectrum = desk.spectrum(place.file, place.index)
        kelvin = quantity(text, "temperature", "temperature")
        geometry = geometry_of(area, None, thickness, spectrum)
        spectrum = spectrum.with_conditions(
            area_m2=geometry.area.value if geometry.area else None,
            thickness_m=geometry.thickness.value if geometry.thickness else None,
            temperature_K=spectrum.temperature_K if kelvin is None else kelvin.value,
        )
        file = desk.file(place.file).name
        several = len(desk.file(place.file).reading.spectra) > 1
        name = f"{file} [{place.index}]" if several else file
        found.append(Loaded(file, place.index, name, windowed(spectrum, low, high, file), geometry))
    return found


def _fitted(one: Loaded, asked: Asked) -> FitReport:
    from natron.app.spectra import fit_told
    from natron.eis import parse_circuit

    circuit = None if asked.circuit.strip() in ("", "auto") else parse_circuit(asked.circuit)
    weight = known_word("weight", asked.weight, ("modulus", "proportional", "unit", "measured"))
    kind = known_word("cell", asked.cell, ("symmetric", "blocking", "full", "unknown"))
    return fit_told(one, circuit, weight=weight, robust=asked.robust, kind=kind, electrolyte=asked.electrolyte or None)


def _series(desk: Desk, asked: Asked) -> SeriesReport:
    from natron.eis import fit_series, parse_circuit
    from natron.report.told import fit_report, series_report

    if asked.circuit.strip() in ("", "auto"):
        raise InputError("a series needs one circuit for all its spectra", key="circuit", hint="Fit one first.")
    loaded = _loaded(desk, asked)
    unknown = [one.name for one in loaded if one.spectrum.temperature_K is None]
    if unknown:
        raise InputError("a series over temperature needs each spectrum's temperature", given=", ".join(unknown))
    loaded.sort(key=lambda one: one.spectrum.temperature_K or 0.0)
    result = fit_series([one.spectrum for one in loaded], parse_circuit(asked.circuit), "temperature")
    kind = known_word("cell", asked.cell, ("symmetric", "blocking", "full", "unknown"))
    fits = [
        fit_report(fit, one.file, one.index, one.geometry, kind, arrhenius=result.arrhenius)
        for one, fit in zip(loaded, result.fits, strict=True)
    ]
    return series_report(result, fits, kind)


def _points(spectrum: Spectrum, name: str) -> dict[str, Any]:
    z = spectrum.impedance_ohm
    return {
        "name": name,
        "frequency_Hz": spectrum.frequency_Hz.tolist(),
        "real_ohm": z.real.tolist(),
        "imaginary_ohm": z.imag.tolist(),
        "area_cm2": None if spectrum.area_m2 is None else spectrum.area_m2 * 1e4,
        "temperature_degC": None if spectrum.temperature_K is None else spectrum.temperature_K - 273.15,
    }


def _curve(report: FitReport) -> dict[str, Any]:
    """The model between the outermost frequencies, and the residuals in percent of |Z|."""
    from natron.plot.eis import relative_residuals

    result = report.result
    f = result.spectrum.frequency_Hz
    many = max(int(np.log10(f.max() / f.min()) * _CURVE_POINTS_PER_DECADE), 2)
    grid = np.geomspace(f.max(), f.min(), many)
    z = result.circuit.impedance(list(result.values.values()), grid)
    residual = 100 * relative_residuals(result)
    return {
        "curve": {"frequency_Hz": grid.tolist(), "real_ohm": z.real.tolist(), "imaginary_ohm": z.imag.tolist()},
        "residuals": {"frequency_Hz": f.tolist(), "real": residual.real.tolist(), "imaginary": residual.imag.tolist()},
    }


def _arrhenius(whole: SeriesReport) -> list[dict[str, Any]]:
    result = whole.result
    T = np.asarray(result.course, dtype=float)
    grid = np.linspace(T.min(), T.max(), 60)
    told = []
    for name, law in result.arrhenius.items():
        values, errors = result.values(name)
        energy = law.activation_energy
        told.append(
            {
                "name": name,
                "temperature_degC": (T - 273.15).tolist(),
                "inverse_kK": (1000 / T).tolist(),
                "value": (values / T).tolist(),
                "error": np.where(np.isfinite(errors), errors / T, 0.0).tolist(),
                "line_inverse_kK": (1000 / grid).tolist(),
                "line": [law.resistance(float(t)).value / float(t) for t in grid],
                "activation_energy_eV": [energy.value, energy.uncertainty],
            }
        )
    return told


def _picture(desk: Desk, asked: Asked) -> Picture:
    from natron.plot import eis

    if asked.view == "arrhenius":
        from natron.plot.eis_series import arrhenius

        whole = _series(desk, asked)
        return Picture(lambda ax: arrhenius(whole.result, ax=ax), (15, 11))
    loaded = _loaded(desk, asked)
    spectra, names = [one.spectrum for one in loaded], [one.name for one in loaded]
    fits = [_fitted(one, asked).result for one in loaded] if asked.circuit.strip() else None
    if asked.view == "bode":
        return Picture(lambda axes: eis.bode(spectra, fits, axes=axes, labels=names), (15, 12), 2)
    if asked.view == "residuals" and fits is not None:
        first = fits[0]
        return Picture(
            lambda ax: eis.residuals(first.spectrum.frequency_Hz, eis.relative_residuals(first), ax=ax), (15, 7)
        )
    return Picture(lambda ax: eis.nyquist(spectra, fits, ax=ax, labels=names), (15, eis.nyquist_height(spectra, 15)))


def _options(asked: Asked) -> list[str]:
    told = [("--area", asked.area), ("--thickness", asked.thickness), ("--fmin", asked.fmin), ("--fmax", asked.fmax)]
    told += [("--electrolyte", asked.electrolyte)]
    told += [("--temperature", ", ".join(asked.temperatures) or asked.temperature)]
    words = [f'{name} "{text.strip()}"' for name, text in told if text.strip()]
    if asked.weight != "modulus":
        words.append(f"--weight {asked.weight}")
    if asked.cell != "unknown":
        words.append(f"--cell {asked.cell}")
    return [*words, "--robust"] if asked.robust else words


def _command(desk: Desk, asked: Asked, what: str) -> str:
    """The command line that does the same."""
    files = " ".join(f'"{name}"' for name in dict.fromkeys(desk.file(p.file).name for p in asked.spectra))
    circuit = asked.circuit.strip() or "auto"
    return " ".join([f"natron eis {what} {files}", f'--circuit "{circuit}"', *_options(asked)])


def _script(desk: Desk, asked: Asked) -> str:
    """The Python that does the same for the first spectrum."""
    place = asked.spectra[0]
    name = desk.file(place.file).name
    circuit = asked.circuit.strip()
    lines = ["from natron.eis import fit, parse_circuit, select_circuit", "from natron.io import read_spectra", ""]
    lines.append(f"spectrum = read_spectra({name!r})[{place.index}]")
    if circuit in ("", "auto"):
        lines.append("result = select_circuit(spectrum).result")
    else:
        lines.append(f"result = fit(spectrum, parse_circuit({circuit!r}), weight={asked.weight!r})")
    lines += ["for name, p in result.parameters.items():", "    print(name, p.value, p.uncertainty)"]
    return "\n".join(lines)
