"""``natron eis``: fit, series, check, drt, simulate."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from natron.app.batch import each_of, leave, told_failures
from natron.app.commands.impedance_checks import eis_check, eis_drt, eis_simulate
from natron.app.keeping import ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.app.pictures import draw
from natron.app.progress import progress
from natron.app.spectra import (
    Blank,
    Loaded,
    Sample,
    asked_of,
    fit_told,
    known_word,
    load,
    parameter_bounds,
    parameter_values,
    placed,
    renamed,
    sides_of,
    solid_electrolyte,
)
from natron.app.spectra_options import (
    AreaOption,
    CellOption,
    DiameterOption,
    ElectrolyteOption,
    Files,
    FmaxOption,
    FminOption,
    InterfacesOption,
    LeadInductanceOption,
    LeadResistanceOption,
    OpenOption,
    OutOption,
    SeparatorOption,
    ShortOption,
    TemperatureOption,
    ThicknessOption,
    WeightOption,
)
from natron.core import InputError

if TYPE_CHECKING:
    from natron.eis import ReplicateCells, Replicates
    from natron.report.told import FitReport, SeriesReport

eis = typer.Typer(help="Impedance: fit, series, check, drt, simulate.", no_args_is_help=True)

_WEIGHTS = ("modulus", "proportional", "unit", "measured")
_CELLS = ("symmetric", "blocking", "full", "unknown")
_SERIES = ("temperature", "cycle", "time", "pressure", "soc")
_SAME_TEMPERATURE_K = 2.0
"""Replicates measured further apart than this get a warning."""


@eis.command("fit")
def eis_fit(
    files: Files,
    circuit: Annotated[str, typer.Option("--circuit", help='"R0-p(R1,CPE1)-p(R2,CPE2)", or auto.')] = "auto",
    area: AreaOption = None,
    diameter: DiameterOption = None,
    thickness: ThicknessOption = None,
    temperature: TemperatureOption = None,
    weight: WeightOption = "modulus",
    fmin: FminOption = None,
    fmax: FmaxOption = None,
    fixed: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--fixed", help="A value that stays, in SI: CPE1_n=0.9. May be repeated."),
    ] = None,
    bounds: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--bounds", help="Limits of a parameter, in SI: CPE1_n=0.8:1. May be repeated."),
    ] = None,
    robust: Annotated[bool, typer.Option("--robust", help="Weigh points down that lie far out.")] = False,
    open_file: OpenOption = None,
    short_file: ShortOption = None,
    lead_resistance: LeadResistanceOption = None,
    lead_inductance: LeadInductanceOption = None,
    cell: CellOption = "unknown",
    electrolyte: ElectrolyteOption = None,
    separator: SeparatorOption = None,
    interfaces: InterfacesOption = None,
    replicates: Annotated[
        bool,
        typer.Option("--replicates", help="The spectra are of cells of one make: also n, mean, SD and SE over them."),
    ] = False,
    out: OutOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a circuit to each spectrum, without a guess, and say what its arcs may be."""
    from natron.eis import parse_circuit
    from natron.report import impedance as to_json

    chosen_weight = known_word("--weight", weight, _WEIGHTS)
    kind = known_word("--cell", cell, _CELLS)
    inner, outer = sides_of(kind, separator, interfaces)
    solid_electrolyte(electrolyte, None)
    stays, limits = parameter_values(fixed or [], "--fixed"), parameter_bounds(bounds or [])
    parsed = None if circuit.strip() == "auto" else parse_circuit(circuit)
    if parsed is None and (stays or limits):
        raise InputError(
            "no parameter can be given while the circuit is still to be chosen",
            key="--circuit",
            given="auto",
            hint='Name the circuit: --circuit "R0-p(R1,CPE1)".',
        )
    settings = {
        "circuit": circuit.strip() if parsed is None else str(parsed),
        "weight": chosen_weight,
        "fixed": stays,
        "bounds": limits,
        "robust": robust,
        "cell": kind,
        "electrolyte": electrolyte,
        "separator": inner,
        "interfaces": outer,
    }
    with keeping(project) as keep:
        loaded, failed = load(
            files,
            Sample(area, diameter, thickness, temperature, fmin, fmax),
            Blank(open_file, short_file, lead_resistance, lead_inductance),
            keep_going=True,
            read=lambda file: keep.read([file]),
        )

        def told(one: Loaded) -> FitReport:
            return fit_told(
                one, parsed, weight=chosen_weight, fixed=stays, bounds=limits, robust=robust, kind=kind,
                electrolyte=electrolyte, separator=inner, interfaces=outer,
            )  # fmt: skip

        def kept(one: Loaded) -> FitReport:
            return keep.result(
                "eis fit",
                title=f"{Path(one.file).name}[{one.index}]",
                inputs=[*asked_of(one)],
                settings=settings,
                files=[one.file],
                work=lambda: told(one),
                content=lambda report: to_json.envelope("fits", [to_json.fit(report)]),
                status=lambda report: report.result.status,
                as_now=lambda report: renamed(report, one),
            )

        _prepare(circuit)
        found = each_of(loaded, "Fitting", kept, failed)
        spread = _replicates(found) if replicates else None
        if as_json:
            entries = [to_json.fit(report) for _, report in found]
            print_json(
                to_json.envelope("fits", entries, failed=told_failures(failed))
                | ({} if spread is None else {"replicates": to_json.replicates(*spread)})
            )
        else:
            from natron.app.screens import impedance as screen

            for _, report in found:
                screen.fit(report)
            if spread is not None:
                screen.replicates(*spread)
        for one, report in found:
            keep.pictures(report, _draw_fit(out, one.name, report))
            warn(f"{one.file}[{one.index}]: {text}" for text in report.warnings)
        leave(failed, any(report.result.status == "not_converged" for _, report in found))


def _prepare(circuit: str) -> None:
    """On a terminal, compile what the fit of such a circuit needs, and say so meanwhile."""
    if not sys.stderr.isatty():
        return
    import numpy as np

    from natron.data import Spectrum
    from natron.eis import fit, parse_circuit

    with progress("Preparing the solver: compiled once on a machine, some 20 s"):
        # the compiled solver comes in two forms, for arcs alone and for everything else
        for each in ("R0-p(R1,CPE1)", "R0-FSD1") if circuit.strip() == "auto" else (circuit,):
            parsed = parse_circuit(each)
            values = [0.9 if not p.logarithmic else 1.0 for p in parsed.parameters]
            f = np.geomspace(1e2, 1e-2, 2 * len(values) + 4)
            start = dict(zip(parsed.parameter_names, values, strict=True))
            fit(Spectrum(f, parsed.impedance(values, f)), parsed, initial=start, starts=1)


def _replicates(found: Sequence[tuple[Loaded, FitReport]]) -> tuple[ReplicateCells, dict[str, Replicates]]:
    """Spread of every parameter over the cells, and of a symmetric cell's parts."""
    from natron.eis import replicate, replicate_cells

    reports = [report for _, report in found]
    circuits = sorted({str(one.result.circuit) for one in reports})
    if len(circuits) > 1:
        raise InputError(
            "replicates must be fitted with one circuit",
            given=", ".join(circuits),
            hint="Name one with --circuit.",
        )
    cells = replicate_cells({one.name: report.result for one, report in found}, [one.geometry for one in reports])
    parts = {}
    for name in ("separator_resistance", "interface_resistance"):
        each = [getattr(one.symmetric, name, None) for one in reports]
        values = [q.value for q in each if q is not None]
        if len(values) == len(found):
            parts[name] = replicate(name, values, "ohm.m2")
    if len({one.result.spectrum.digest for one in reports}) < len(reports):
        warn(["the same spectrum stands among the replicates more than once; their spread is too small"])
    temperatures = [T for one in reports if (T := one.result.spectrum.temperature_K) is not None]
    if temperatures and max(temperatures) - min(temperatures) > _SAME_TEMPERATURE_K:
        warn([f"replicates were measured {max(temperatures) - min(temperatures):.3g} K apart; are they a series?"])
    return cells, parts


@eis.command("series")
def eis_series(
    files: Files,
    circuit: Annotated[str, typer.Option("--circuit", help='"R0-p(R1,CPE1)-p(R2,CPE2)".')],
    by: Annotated[str, typer.Option("--by", help="temperature, cycle, time, pressure or soc.")] = "temperature",
    at: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--at",
            help='Where each spectrum stands, unless the files say so: "1, 5, 10" cycles, "0, 12 h", "1, 2 MPa", '
            '"0, 50 %". For temperatures: --temperature.',
        ),
    ] = None,
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
    open_file: OpenOption = None,
    short_file: ShortOption = None,
    lead_resistance: LeadResistanceOption = None,
    lead_inductance: LeadInductanceOption = None,
    cell: CellOption = "unknown",
    electrolyte: ElectrolyteOption = None,
    separator: SeparatorOption = None,
    interfaces: InterfacesOption = None,
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--report", help="Also write an HTML report of the whole series to this file."),
    ] = None,
    out: OutOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a series of spectra together: activation energies, tied where the data allow it; what grows."""
    from natron.eis import fit_series, parse_circuit
    from natron.report import impedance as to_json
    from natron.report.told import fit_report, gathered, series_report

    chosen_by = known_word("--by", by, _SERIES)
    chosen_weight = known_word("--weight", weight, _WEIGHTS)
    chosen_cut = None if cut is None else known_word("--cut", cut, ("auto",))
    kind = known_word("--cell", cell, _CELLS)
    inner, outer = sides_of(kind, separator, interfaces)
    energy = getattr(solid_electrolyte(electrolyte, None)[0], "activation_energy", None)
    if circuit.strip() == "auto":
        raise InputError(
            "a series needs one circuit for all its spectra",
            key="--circuit",
            given="auto",
            hint="See what natron eis fit finds for each, and name the one that describes the richest.",
        )
    parsed = parse_circuit(circuit)

    def together(loaded: Sequence[Loaded]) -> SeriesReport:
        _prepare(circuit)
        with progress(f"Fitting {len(loaded)} spectra, one by one and together"):
            result = fit_series(
                [one.spectrum for one in loaded], parsed, chosen_by, weight=chosen_weight, cut=chosen_cut
            )
        fits, doubts = [], []
        for one, fit in zip(loaded, result.fits, strict=True):
            known, said = solid_electrolyte(electrolyte, one.spectrum.temperature_K)
            doubts += [f"{one.file}[{one.index}]: {text}" for text in (*one.warnings, *said)]
            fits.append(
                fit_report(
                    fit,
                    one.file,
                    one.index,
                    one.geometry,
                    kind,
                    electrolyte=known,
                    arrhenius=result.arrhenius,
                    separator=inner,
                    interfaces=outer,
                    warnings=(*one.warnings, *said),
                )
            )
        return series_report(result, fits, kind, electrolyte=electrolyte, electrolyte_energy=energy, warnings=doubts)

    settings = {
        "circuit": str(parsed),
        "by": chosen_by,
        "weight": chosen_weight,
        "cut": chosen_cut,
        "cell": kind,
        "electrolyte": electrolyte,
        "separator": inner,
        "interfaces": outer,
    }
    with keeping(project) as keep:
        loaded, _ = load(
            files,
            Sample(area, diameter, thickness, temperature, fmin, fmax),
            Blank(open_file, short_file, lead_resistance, lead_inductance),
            read=lambda file: keep.read([file]),
        )
        loaded = placed(loaded, chosen_by, at)
        whole = keep.result(
            "eis series",
            title=f"{len(loaded)} spectra by {chosen_by}, {Path(loaded[0].file).name} …",
            inputs=[asked_of(one) for one in loaded],
            settings=settings,
            files=[one.file for one in loaded],
            work=lambda: together(loaded),
            content=to_json.series,
            status=lambda found: found.result.status,
            as_now=lambda found: replace(found, fits=tuple(map(renamed, found.fits, loaded))),
        )
        result = whole.result
        if report is not None:
            from natron.io.descriptions import write_new_file
            from natron.report.series_page import series_page

            write_new_file(report, series_page(whole))
        if out is not None:
            keep.pictures(whole, _draw_series(out, whole))
        if as_json:
            print_json({**to_json.series(whole), "report": None if report is None else str(report)})
        else:
            from natron.app.screens import impedance as screen

            screen.series(whole)
            if report is not None:
                print(f"\nReport: {report.resolve()}")
        warn(gathered(whole.warnings))
        leave([], result.status == "not_converged")


def _draw_fit(out: Path | None, name: str, report: FitReport) -> list[Path]:
    if out is None:
        return []
    from natron.plot.eis import bode, nyquist, nyquist_height, relative_residuals, residuals

    result = report.result
    height = nyquist_height([result.spectrum], 15)
    return [
        draw(out, f"{name}-nyquist", partial(nyquist, result.spectrum, result), (15, height)),
        draw(out, f"{name}-bode", partial(bode, result.spectrum, result), (15, 12), rows=2),
        draw(
            out,
            f"{name}-residuals",
            partial(residuals, result.spectrum.frequency_Hz, relative_residuals(result)),
            (15, 7),
        ),
    ]


def _draw_series(out: Path, report: SeriesReport) -> list[Path]:
    from natron.report.series_page import pictures

    return [
        draw(out, f"series-{name}", picture, size, rows=rows) for name, picture, size, rows in pictures(report.result)
    ]


# after fit and series, for help lists them in this order
for name, command in (("check", eis_check), ("drt", eis_drt), ("simulate", eis_simulate)):
    eis.command(name)(command)
