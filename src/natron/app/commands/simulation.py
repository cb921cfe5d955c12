"""``natron simulate``."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from natron.app.keeping import Keeping, ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError, did_you_mean, parse_quantity

if TYPE_CHECKING:
    from natron.data import Spectrum
    from natron.simulate import ModelParameters, Protocol, Run

DEFAULT_PROTOCOLS = {"full": "discharge", "symmetric": "ccd-fixed-time", "half": "ccd-fixed-time"}
"""What is run where no protocol is named, by the cell's kind."""

_WHOLE = re.compile(r'"[^"]+"')

REST_BEFORE_SPECTRUM = 'rest = "1 h"'


def simulate(
    cell: Annotated[str, typer.Argument(help="A built-in cell or a cell file.")],
    protocol: Annotated[
        Optional[str],  # noqa: UP045  (typer reads it at run time)
        typer.Option(
            "--protocol",
            help="discharge, lowack2025-formation, lowack2025-cycling, ccd-fixed-time, ccd-fixed-capacity, rate, "
            "latp-cycling, latp-rate-steps, or a TOML file.",
        ),
    ] = None,
    temperature: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--temperature", help='"25 °C"; else the cell file\'s.'),
    ] = None,
    pressure: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--pressure", help='Stack pressure, "1 MPa"; else the cell file\'s.'),
    ] = None,
    change: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set",
            help='Change a value: separator.thickness="30 µm" of the cell file, particle_radius="2 µm" of the model; '
            "a name with dots in it stands in quotes. May be repeated.",
        ),
    ] = None,
    off: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--off",
            help="Switch off voids, electrolyte_loss, contact_settling, first_cycle_loss, interphase_growth, "
            "interphase_contact_loss or wetting_loss. May be repeated.",
        ),
    ] = None,
    eis: Annotated[bool, typer.Option("--eis", help="The impedance of the cell instead.")] = False,
    soc: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--soc", help='With --eis: charged share, "50 %".'),
    ] = None,
    after_cycle: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--after-cycle", help="With --eis: after so many cycles of the protocol.", min=1),
    ] = None,
    parameters: Annotated[bool, typer.Option("--parameters", help="List the model's parameters and stop.")] = False,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Write record and spectra (BDF csv) and pictures (SVG) into this folder."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> int:
    """What a cell will do: its charge and discharge, its ageing, its impedance, and what limits it."""
    of = parameters_of(cell, change, temperature, pressure, off)
    if parameters:
        return _listed(of, as_json)
    if not eis and (soc is not None or after_cycle is not None):
        raise InputError("--soc and --after-cycle ask for an impedance", hint="Add --eis.")
    _refuse_existing(out, ("record.bdf.csv",) if not eis else ("impedance.bdf.csv",))
    plan = _protocol(protocol, of)
    share = None if soc is None else _share(soc)
    with keeping(project) as keep:
        if eis:
            return _impedance(of, plan, share, after_cycle, out, as_json, keep)
        result = keep.result(
            "simulate",
            title=f"{of.cell.name}, {plan.name}",
            inputs=[of, plan],
            settings={"protocol": plan.name, "off": off},
            work=lambda: _run(of, plan),
            content=_run_json,
            status=lambda result: result.status,
        )
        _show_run(result, out, as_json, keep)
        return 0 if result.completed else 4


def parameters_of(
    name: str, change: list[str] | None, temperature: str | None, pressure: str | None, off: list[str] | None
) -> ModelParameters:
    """The model's parameters: dotted keys change the cell file, plain names and those in quotes the model."""
    from natron.app.commands.designs import changes_of
    from natron.io.descriptions import load_cell
    from natron.simulate import model_parameters

    changes = changes_of(change)
    of_model = {key.strip('"'): value for key, value in changes.items() if "." not in key or _WHOLE.fullmatch(key)}
    of_cell = {key: value for key, value in changes.items() if key.strip('"') not in of_model}
    loaded = load_cell(name, of_cell)
    for key in of_cell:
        if key in loaded.simulation:
            raise InputError(
                "this cell's [simulation] gives the model another value than the rest of its file", key=key,
                given=str(loaded.simulation[key]), hint=f"Change that one: --set '\"{key}\"={of_cell[key]}'",
            )  # fmt: skip
    return model_parameters(
        loaded,
        temperature_K=None if temperature is None else parse_quantity(temperature, "temperature").value,
        pressure_Pa=None if pressure is None else parse_quantity(pressure, "pressure").value,
        changes=of_model,
        off=off or (),
    )


def _protocol(name: str | None, of: ModelParameters) -> Protocol:
    from natron.io.descriptions import read_description
    from natron.simulate import built_in_protocol, built_in_protocols, parse_protocol

    chosen = name or DEFAULT_PROTOCOLS[of.cell.kind]
    if chosen in built_in_protocols():
        return built_in_protocol(chosen)
    if chosen.endswith(".toml") or "/" in chosen or Path(chosen).is_file():
        return parse_protocol(read_description(chosen, raises=InputError), name=Path(chosen).stem, file=chosen)
    raise InputError(
        "this is neither a built-in protocol nor a TOML file", key="--protocol", given=chosen,
        hint=did_you_mean(chosen, built_in_protocols()),
    )  # fmt: skip


def _share(text: str) -> float:
    value = parse_quantity(text, "share").value
    if not 0 < value < 1:
        raise InputError(
            "a charged share lies between 0 and 1", key="--soc", given=text, allowed="above 0 %, below 100 %"
        )
    return value


def _run(of: ModelParameters, plan: Protocol) -> Run:
    from natron.app.progress import progress
    from natron.simulate import run

    with progress("Simulating", len(plan.unrolled())) as step:
        return run(of, plan, progress=step)


def _listed(of: ModelParameters, as_json: bool) -> int:
    if as_json:
        from natron.report.simulation import parameters

        print_json({"schema_version": 1, "cell": of.cell.name, "parameters": parameters(of.values)})
    else:
        from natron.app.screens import simulation as screen

        screen.parameters(of)
    return 0


def _impedance(
    of: ModelParameters,
    plan: Protocol,
    share: float | None,
    after_cycle: int | None,
    out: Path | None,
    as_json: bool,
    keep: Keeping,
) -> int:
    """The impedance of a state: as assembled, at a charged share, or after cycles of a protocol."""
    from natron.report.simulation import impedance

    if share is not None and not of.structure.cathode:
        raise InputError("only a cell with a cathode has a charged share", key="--soc", given=of.cell.name)

    def content(answer: tuple[Spectrum, str, str]) -> dict[str, Any]:
        found, status, message = answer
        return impedance(of, found, after_cycle=after_cycle, status=status, message=message)

    answer = keep.result(
        "simulate --eis",
        title=f"{of.cell.name}, {'as assembled' if after_cycle is None else f'after cycle {after_cycle}'}"
        + ("" if share is None else f", {100 * share:.4g} % charged"),
        inputs=[of, None if after_cycle is None else plan],
        settings={"soc": share, "after_cycle": after_cycle},
        work=lambda: _spectrum(of, plan, share, after_cycle),
        content=content,
        status=lambda answer: answer[1],
    )
    found, status, message = answer
    if as_json:
        print_json(content(answer))
    else:
        from natron.app.screens import simulation as screen

        screen.impedance(of, found, after_cycle, status, message)
    if out is not None:
        keep.pictures(answer, _write_spectrum(of, found, out))
    _warn(of)
    return 0 if status == "completed" else 4


def _spectrum(
    of: ModelParameters, plan: Protocol, share: float | None, after_cycle: int | None
) -> tuple[Spectrum, str, str]:
    """The spectrum, and status and message of the cycles before it."""
    from natron.simulate import first_cycles, rested, spectrum

    if after_cycle is None:
        return spectrum(of, charged_share=share), "completed", ""
    result = _run(of, _and_rest(first_cycles(plan, after_cycle), share, of))
    quiet = rested(of, result.state) if result.state is not None else None
    if quiet is None:
        raise InputError("the state after these cycles does not come to rest", hint=result.message)
    return spectrum(of, state=quiet).with_conditions(cycle=after_cycle), result.status, result.message


def _and_rest(plan: Protocol, share: float | None, of: ModelParameters) -> Protocol:
    """The protocol, then a charge to the share that is asked for, and a rest."""
    from dataclasses import replace

    from natron.core import Quantity
    from natron.simulate import Step, parse_protocol

    last = [step for _, step in plan.unrolled() if step.kind == "current"][-1]
    extra: list[Any] = []
    if share is not None:
        # from either end of the cycle by charge, at a rate so slow that the ends are reached
        away = share if last.sign < 0 else 1 - share
        slow = Quantity(of.capacity_C_m2 / 36000, None, "current_density")
        extra.append(Step("current", rate=slow, sign=-last.sign, capacity_C_m2=away * of.capacity_C_m2))
    rest = parse_protocol(f"[[step]]\n{REST_BEFORE_SPECTRUM}\n").steps
    return replace(plan, steps=(*plan.steps, *extra, *rest))


def _run_json(result: Run) -> dict[str, Any]:
    from natron.cycling import analyse
    from natron.report.cycling import cycle
    from natron.report.simulation import simulation

    return simulation(result, [cycle(one) for one in analyse(result.record).cycles])


def _show_run(result: Run, out: Path | None, as_json: bool, keep: Keeping) -> None:
    if as_json:
        print_json(_run_json(result))
    else:
        from natron.app.screens import simulation as screen
        from natron.cycling import analyse

        screen.run(result, analyse(result.record))
    if out is not None:
        keep.pictures(result, _write_run(result, out))
    _warn(result.parameters)


def _warn(of: ModelParameters) -> None:
    said = list(of.notes)
    if of.assumed:
        said.append(
            f"{len(of.assumed)} of {len(of.values)} parameters are assumed; --parameters and the JSON list them"
        )
    warn(said)


# --- files ---------------------------------------------------------------------------------------------


def _refuse_existing(out: Path | None, names: tuple[str, ...]) -> None:
    """Say before a long run, not after it, that a file is in the way or the folder cannot be written to."""
    from natron.app.pictures import folder

    if out is None:
        return
    folder(out)
    for name in names:
        if (out / name).exists():
            raise InputError(
                "this file exists already", file=str(out / name), hint="Name another folder, or remove it."
            )


def _write_run(result: Run, out: Path) -> list[Path]:
    """Record and pictures; the pictures' paths."""
    from natron.app.pictures import draw
    from natron.io import Reading, write
    from natron.plot import eis, simulation

    spectra = tuple(one.spectrum for one in result.record.spectra)
    drawn = [
        draw(out, "voltage", lambda ax: simulation.voltage_against_capacity(result, ax=ax)),
        draw(out, "losses", lambda ax: simulation.losses(result, ax=ax), (18, 10)),
    ]
    if spectra:
        labels = [f"cycle {one.cycle}" if one.cycle else "before" for one in result.record.spectra]
        picture = partial(eis.nyquist, spectra, labels=labels)
        drawn.append(draw(out, "impedance", picture, (15, eis.nyquist_height(spectra, 15))))
    notes = (f"simulated: {result.parameters.cell.name}, protocol {result.protocol.name}, status {result.status}",)
    write(Reading(result.record, spectra, notes, "natron simulate"), out / "record.bdf.csv")
    return drawn


def _write_spectrum(of: ModelParameters, found: Spectrum, out: Path) -> list[Path]:
    """Spectrum and picture; the picture's path."""
    from natron.app.pictures import draw
    from natron.io import Reading, write
    from natron.plot import eis

    drawn = draw(out, "impedance", partial(eis.nyquist, found), (15, eis.nyquist_height([found], 15)))
    write(Reading(None, (found,), (f"simulated: {of.cell.name}",), "natron simulate"), out / "impedance.bdf.csv")
    return [drawn]
