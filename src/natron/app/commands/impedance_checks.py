"""``natron eis`` check, drt and simulate."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from natron.app.batch import each_of, leave, told_failures
from natron.app.keeping import ProjectOption, keeping
from natron.app.output import JsonOption, print_json
from natron.app.pictures import draw
from natron.app.spectra import Loaded, Sample, asked_of, load, parameter_values
from natron.app.spectra_options import Files, FmaxOption, FminOption, OutOption
from natron.core import InputError, parse_quantity

if TYPE_CHECKING:
    from natron.eis import DRTResult, KKResult


def eis_check(
    files: Files,
    fmin: FminOption = None,
    fmax: FmaxOption = None,
    limit: Annotated[str, typer.Option("--limit", help="Residual, rms of |Z|, that passes.")] = "1 %",
    out: OutOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Kramers–Kronig test of each spectrum: whether it can be the impedance of a system at rest."""
    from natron.eis import kramers_kronig
    from natron.report import impedance as to_json

    largest = parse_quantity(limit, "share").value
    with keeping(project) as keep:
        loaded, failed = load(files, Sample(fmin=fmin, fmax=fmax), keep_going=True, read=lambda file: keep.read([file]))

        def kept(one: Loaded) -> KKResult:
            return keep.result(
                "eis check",
                title=f"{Path(one.file).name}[{one.index}]",
                inputs=[*asked_of(one)],
                settings={"limit": largest},
                files=[one.file],
                work=lambda: kramers_kronig(one.spectrum, limit=largest),
                content=lambda result: to_json.envelope(
                    "checks", [to_json.kramers_kronig(result, one.file, one.index)]
                ),
                status=lambda result: "passed" if result.passed else result.status,
            )

        found = each_of(loaded, "Checking", kept, failed)
        if as_json:
            entries = [to_json.kramers_kronig(result, one.file, one.index) for one, result in found]
            print_json(to_json.envelope("checks", entries, failed=told_failures(failed)))
        else:
            from natron.app.screens import impedance as screen

            for one, result in found:
                screen.check(one.file, one.index, result)
        if out is not None:
            from natron.plot.eis import residuals

            for one, result in found:
                f, relative = result.spectrum.frequency_Hz, result.residuals
                picture = partial(residuals, f, relative, limit=result.limit)
                keep.pictures(result, [draw(out, f"{one.name}-kramers-kronig", picture)])
        leave(failed, not_converged=False)


def eis_drt(
    files: Files,
    fmin: FminOption = None,
    fmax: FmaxOption = None,
    out: OutOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Distribution of relaxation times of each spectrum."""
    from natron.eis import drt
    from natron.report import impedance as to_json

    with keeping(project) as keep:
        loaded, failed = load(files, Sample(fmin=fmin, fmax=fmax), keep_going=True, read=lambda file: keep.read([file]))

        def kept(one: Loaded) -> DRTResult:
            return keep.result(
                "eis drt",
                title=f"{Path(one.file).name}[{one.index}]",
                inputs=[*asked_of(one)],
                settings={},
                files=[one.file],
                work=lambda: drt(one.spectrum),
                content=lambda result: to_json.envelope("distributions", [to_json.drt(result, one.file, one.index)]),
                status=lambda result: result.status,
            )

        found = each_of(loaded, "Distributing", kept, failed)
        if as_json:
            entries = [to_json.drt(result, one.file, one.index) for one, result in found]
            print_json(to_json.envelope("distributions", entries, failed=told_failures(failed)))
        else:
            from natron.app.screens import impedance as screen

            for one, result in found:
                screen.drt(one.file, one.index, result)
        if out is not None:
            from natron.plot.eis import relaxation_times

            for one, result in found:
                keep.pictures(result, [draw(out, f"{one.name}-drt", partial(relaxation_times, result))])
        leave(failed, not_converged=False)


def eis_simulate(
    circuit: Annotated[str, typer.Argument(help='"R0-p(R1,CPE1)".')],
    values: Annotated[list[str], typer.Argument(help="Parameters in SI: R0=5 R1=20 CPE1_Q=1e-6 CPE1_n=0.9.")],
    fmax: Annotated[str, typer.Option("--fmax")] = "1 MHz",
    fmin: Annotated[str, typer.Option("--fmin")] = "1 Hz",
    points_per_decade: Annotated[int, typer.Option("--points-per-decade", min=1, max=100)] = 10,
    noise: Annotated[str, typer.Option("--noise", help="Standard deviation of Re and Im over |Z|.")] = "0 %",
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    as_json: JsonOption = False,
) -> None:
    """The impedance of a circuit, as a table of frequency, Re and Im."""
    import numpy as np

    from natron.eis import parse_circuit

    parsed = parse_circuit(circuit)
    given = parameter_values(values)
    for pair, name in zip(values, given, strict=False):
        if name not in parsed.parameter_names:
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
