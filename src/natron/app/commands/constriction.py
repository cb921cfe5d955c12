"""``natron constriction``: solve, table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from natron.app.keeping import ProjectOption, keeping
from natron.app.output import JsonOption, print_json, warn
from natron.core import InputError, Quantity, QuantityError, parse_quantity

if TYPE_CHECKING:
    from natron.constriction import Assessment, BodySpectrum

constriction = typer.Typer(
    help="Current constriction on voxels: contacts, pores, grains, images.", no_args_is_help=True
)

Text = Optional[str]  # noqa: UP045
_VOXELS = "64"


def _read(key: str, text: str | None, kind: str) -> Quantity | None:
    if text is None:
        return None
    try:
        return parse_quantity(text, kind)
    except QuantityError as error:
        raise error.at(key=key) from error


def _value(key: str, text: str, kind: str) -> float:
    found = _read(key, text, kind)
    assert found is not None
    return found.value


@dataclass(frozen=True)
class _Material:
    """What fills the body and how it is cut."""

    title: str
    shape: tuple[int, int, int]
    spacing_m: tuple[float, float, float]
    conductivity_S_m: Any
    contact_share: float
    temperature_K: float | None
    described: Mapping[str, Any]
    assumed: Mapping[str, Quantity]


@constriction.command()
def solve(
    cell: Annotated[
        Text, typer.Argument(help="A built-in cell or a cell file: its separator. Without it, a block.")
    ] = None,
    voxels: Annotated[
        Text, typer.Option("--voxels", help="64 (default), or 128x64x64 with the current along the first.")
    ] = None,
    spacing: Annotated[Text, typer.Option("--spacing", help='Edge of a voxel: "0.5 µm" (default 1 µm).')] = None,
    period: Annotated[Text, typer.Option("--period", help='With a cell: distance of contact spots, "10 µm".')] = None,
    kappa: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--kappa", help='Conductivity: "1.6 mS/cm"; with an image once for each phase.'),
    ] = None,
    image: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--image", help=".npy with three axes, or a stack of TIFF pages; the current along the first."),
    ] = None,
    threshold: Annotated[
        Optional[list[float]],  # noqa: UP045
        typer.Option("--threshold", help="Grey value where the next phase begins; once between two phases."),
    ] = None,
    contact: Annotated[Text, typer.Option("--contact", help='Share of the top in contact: "10 %".')] = None,
    contact_bottom: Annotated[str, typer.Option("--contact-bottom", help="Share of the bottom in contact.")] = "100 %",
    pattern: Annotated[str, typer.Option("--pattern", help="disc, square, stripes, patches, voids, rough.")] = "disc",
    size: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--size", help="Of random patches, voids or roughness over the face's edge (default 0.1)."),
    ] = None,
    pores: Annotated[str, typer.Option("--pores", help='Porosity: "15 %".')] = "0 %",
    pore_diameter: Annotated[Text, typer.Option("--pore-diameter", help='"5 µm" (default: five voxels).')] = None,
    grains: Annotated[int, typer.Option("--grains", help="How many; for bricks along each axis.")] = 0,
    grain_shape: Annotated[Literal["voronoi", "bricks"], typer.Option("--grain-shape")] = "voronoi",
    grain_contact: Annotated[
        str, typer.Option("--grain-contact", help="Share of the voxels at grain boundaries that conduct.")
    ] = "100 %",
    boundary: Annotated[Text, typer.Option("--boundary", help='Of a grain boundary: "0.01 Ω cm²".')] = None,
    boundary_capacitance: Annotated[
        Text, typer.Option("--boundary-capacitance", help='In parallel: "1 µF/cm²".')
    ] = None,
    interface: Annotated[
        Text, typer.Option("--interface", help='Charge transfer where both contacts touch: "1.5 Ω cm²".')
    ] = None,
    interface_capacitance: Annotated[
        Text, typer.Option("--interface-capacitance", help='In parallel: "5 µF/cm²".')
    ] = None,
    permittivity: Annotated[float, typer.Option("--permittivity", help="Relative; for spectra.")] = 0.0,
    frequency: Annotated[
        Text, typer.Option("--frequency", help='A spectrum: "1 MHz:1 Hz:30" from, to, points; or "1 kHz".')
    ] = None,
    temperature: Annotated[Text, typer.Option("--temperature", help="Default: the cell's.")] = None,
    insulated: Annotated[bool, typer.Option("--insulated", help="Sides insulate (default: they repeat).")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of what is random.")] = 0,
    tolerance: Annotated[float, typer.Option("--tolerance", help="Of the residual.")] = 1e-8,
    max_iterations: Annotated[int, typer.Option("--max-iterations")] = 300,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="A folder for the picture, the VTK file and the spectrum."),
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Resistance, constriction and hot spots of a body of voxels; with --frequency its spectrum."""
    from natron.constriction import assess, body_spectrum, make_body
    from natron.report.constriction import assessment_json

    f = _frequencies(frequency)
    of = _material(cell, voxels, spacing, period, kappa, image, threshold, contact, temperature)
    porosity = _value("--pores", pores, "share")
    body = make_body(
        of.shape,
        of.spacing_m,
        of.conductivity_S_m,
        contact_share=of.contact_share,
        contact_pattern=pattern,
        contact_size=size,
        contact_bottom_share=_value("--contact-bottom", contact_bottom, "share"),
        porosity=porosity,
        pore_diameter_m=None if pore_diameter is None else _value("--pore-diameter", pore_diameter, "length"),
        grains=grains,
        grain_shape=grain_shape,
        grain_contact_share=_value("--grain-contact", grain_contact, "share"),
        boundary_ohm_m2=_value("--boundary", boundary or "0 Ω cm²", "area_specific_resistance"),
        boundary_F_m2=_value("--boundary-capacitance", boundary_capacitance or "0 µF/cm²", "areal_capacitance"),
        interface_ohm_m2=_value("--interface", interface or "0 Ω cm²", "area_specific_resistance"),
        interface_F_m2=_value("--interface-capacitance", interface_capacitance or "0 µF/cm²", "areal_capacitance"),
        relative_permittivity=permittivity,
        periodic=not insulated,
        seed=seed,
    )
    described = {
        **of.described, "pattern": pattern if of.contact_share < 1 else None, "porosity": porosity, "grains": grains
    }  # fmt: skip

    def work() -> tuple[Assessment, BodySpectrum | None]:
        found = assess(body, tolerance=tolerance, max_iterations=max_iterations)
        if f is None or found.solution.status != "converged":
            return found, None
        from natron.app.progress import progress

        with progress("solving", len(f)) as step:
            return found, body_spectrum(
                body, f, temperature_K=of.temperature_K, progress=lambda done, total: step(f"{done} of {total}")
            )

    def content(answer: tuple[Assessment, BodySpectrum | None]) -> dict[str, Any]:
        return assessment_json(answer[0], described, of.assumed, _warnings(*answer), answer[1])

    with keeping(project) as keep:
        answer = keep.result(
            "constriction solve",
            title=f"{of.title}, {'×'.join(map(str, of.shape))} voxels",
            inputs=[body, f, of.assumed, of.temperature_K],
            settings={**described, "tolerance": tolerance, "max_iterations": max_iterations},
            work=work,
            content=content,
            status=lambda answer: answer[0].solution.status,
        )
        found, spectrum = answer
        warnings = _warnings(found, spectrum)
        if as_json:
            print_json(content(answer))
        else:
            from natron.app.screens import constriction as screen

            screen.assessment(found, of.title, of.assumed, spectrum)
        if out is not None and found.solution.status == "converged":
            keep.pictures(answer, [_write(out, found, spectrum, of.title, silent=as_json)])
        warn(warnings)
        if found.solution.status not in ("converged", "not_percolating") or (
            spectrum and spectrum.status != "converged"
        ):
            raise typer.Exit(4)


def _warnings(found: Assessment, spectrum: BodySpectrum | None) -> list[str]:
    said = [found.solution.advice] if found.solution.advice else []
    if found.solution.status == "converged" and found.error_estimate_ohm is None:
        said.append(found.error_reason)
    if spectrum is not None and spectrum.advice:
        said.append(spectrum.advice)
    return said


def _frequencies(text: str | None) -> Any:
    if text is None:
        return None
    import numpy as np

    parts = text.split(":")
    if len(parts) not in (1, 3):
        raise InputError(
            "a frequency, or from, to and number of points", key="--frequency", given=text, allowed='"1 MHz:1 Hz:30"'
        )
    ends = [_value("--frequency", part, "frequency") for part in parts[:2]]
    if not all(end > 0 for end in ends):
        raise InputError("frequencies are above zero", key="--frequency", given=text)
    if len(parts) == 1:
        return np.array(ends)
    if not parts[2].strip().isdecimal() or not 2 <= int(parts[2]) <= 1000 or ends[0] == ends[1]:
        raise InputError("this is no sweep", key="--frequency", given=text, allowed="two ends and 2 to 1000 points")
    return np.geomspace(ends[0], ends[1], int(parts[2]))


def _counts(text: str) -> list[int]:
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) not in (1, 3) or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise InputError("numbers of voxels are one or three", key="--voxels", given=text, allowed="64 or 128x64x64")
    return [int(part) for part in parts]


def _material(
    cell: str | None,
    voxels: str | None,
    spacing: str | None,
    period: str | None,
    kappa: Sequence[str] | None,
    image: Path | None,
    threshold: Sequence[float] | None,
    contact: str | None,
    temperature: str | None,
) -> _Material:
    share = None if contact is None else _value("--contact", contact, "share")
    kelvin = None if temperature is None else _value("--temperature", temperature, "temperature")
    sigma = [_value("--kappa", each, "conductivity") for each in kappa or []]
    if period is not None and cell is None:
        raise InputError("--period goes with a cell", given=period, hint="Give --voxels and --spacing.")
    if threshold and image is None:
        raise InputError("--threshold goes with --image", given=list(threshold))
    if voxels is not None and image is not None:
        raise InputError("an image has its own voxels", given=f"--voxels {voxels}", hint="Leave --voxels out.")
    if cell is not None:
        if image is not None or spacing is not None or len(sigma) > 1:
            raise InputError(
                "a cell gives its own thickness", given=cell,
                hint="With a cell take --voxels and --period; --image, --spacing and several --kappa go without one.",
            )  # fmt: skip
        return _of_cell(cell, voxels or _VOXELS, period, sigma, share, kelvin)
    edge = _value("--spacing", spacing or "1 µm", "length")
    if not edge > 0:
        raise InputError("a voxel has an edge above zero", key="--spacing", given=spacing)
    if image is not None:
        return _of_image(image, threshold, edge, sigma, share, kelvin)
    if len(sigma) != 1:
        raise InputError(
            "one conductivity is needed", key="--kappa", given=list(kappa or []), allowed='such as --kappa "1.6 mS/cm"'
        )
    counts = _counts(voxels or _VOXELS)
    shape = (counts[0], counts[0], counts[0]) if len(counts) == 1 else (counts[0], counts[1], counts[2])
    described = {"source": "block", "name": None}
    return _Material(
        "A block", shape, (edge, edge, edge), sigma[0], 1.0 if share is None else share, kelvin, described, {}
    )


def _of_image(
    path: Path,
    threshold: Sequence[float] | None,
    edge: float,
    sigma: Sequence[float],
    share: float | None,
    kelvin: float | None,
) -> _Material:
    import numpy as np

    from natron.constriction import phases
    from natron.io.images import read_image

    levels = list(threshold or [])
    if not levels or len(sigma) != len(levels) + 1:
        raise InputError(
            "an image has a threshold between phases and a conductivity for each",
            given=f"{len(levels)} thresholds, {len(sigma)} conductivities",
            allowed='such as --threshold 128 --kappa "0 mS/cm" --kappa "1.6 mS/cm"',
        )
    numbers = phases(read_image(path), levels)
    shape = (numbers.shape[0], numbers.shape[1], numbers.shape[2])
    described = {
        "source": "image", "name": path.name,
        "phase_shares": [float((numbers == phase).mean()) for phase in range(len(sigma))],
    }  # fmt: skip
    values = np.array(sigma)[numbers]
    if not values.any():
        raise InputError(
            "no voxel of this image conducts", given=f"{path.name}: shares of the phases {described['phase_shares']}",
            hint="Look at --threshold and at the order of --kappa: from dark to bright.",
        )  # fmt: skip
    return _Material(
        path.name, shape, (edge, edge, edge), values, 1.0 if share is None else share, kelvin, described, {}
    )


def _of_cell(
    name: str, voxels: str, period: str | None, sigma: Sequence[float], share: float | None, kelvin: float | None
) -> _Material:
    from math import pi, sqrt

    from natron.io.descriptions import load_cell
    from natron.materials import parameters

    described = load_cell(name)
    at = described.operation.temperature.value if kelvin is None else kelvin
    assumed: dict[str, Quantity] = {}
    if share is None:
        # a cell file does not say its contact fraction
        assumed["contact_fraction"] = parameters("shorting")["contact_fraction"]
        share = assumed["contact_fraction"].value
    if period is None:
        radius = assumed["spot_spacing"] = parameters("contact")["spot_spacing"]
        # a square as large as the circle around one spot
        width = sqrt(pi) * radius.value
    else:
        width = _value("--period", period, "length")
        if not width > 0:
            raise InputError("spots have a distance above zero", key="--period", given=period)
    separator = described.separator
    conductivity = sigma[0] if sigma else described.material(separator.material).law("conductivity").value_at(at).value
    thickness, counts = separator.thickness.value, _counts(voxels)
    if len(counts) == 1:
        layers = max(1, round(thickness / width * counts[0]))
        # an even number lets a coarser grid be solved beside it
        shape = (layers + layers % 2 if counts[0] % 2 == 0 else layers, counts[0], counts[0])
    else:
        shape = (counts[0], counts[1], counts[2])
    edges = (thickness / shape[0], width / shape[1], width / shape[2])
    title = f"{described.name}: {separator.material}, {separator.thickness}"
    return _Material(title, shape, edges, conductivity, share, at, {"source": "cell", "name": described.name}, assumed)


def _write(out: Path, found: Assessment, spectrum: BodySpectrum | None, title: str, *, silent: bool) -> Path:
    """Everything of a body; the picture's path."""
    import numpy as np

    from natron.app.pictures import draw
    from natron.constriction import current_density_A_m2
    from natron.io.descriptions import write_new_file
    from natron.io.vtk import vtk_image
    from natron.plot.constriction import potential_and_current

    solution = found.solution
    picture = partial(potential_and_current, found)
    drawn = draw(out, "potential-and-current", picture, (15, 17), rows=2)
    fields = {
        "conductivity_S_per_m": solution.kappa_S_per_m,
        "potential_V": np.asarray(solution.potential),
        "current_density_A_per_m2": current_density_A_m2(solution),
    }
    # NaN-free and natron's own: a later run of the same body writes it anew
    write_new_file(out / "body.vtk", vtk_image(fields, solution.spacing_m, f"natron: {title}"[:200]), overwrite=True)
    if spectrum is not None:
        from natron.io import Reading, write

        notes = ("computed from a body of voxels",)
        write(Reading(None, (spectrum.spectrum,), notes, "natron constriction"), out / "spectrum.bdf.csv")
    if not silent:
        print(f"\nWritten into {out.resolve()}")
    return drawn


@constriction.command()
def table(
    contact: Annotated[str, typer.Option("--contact", help='Share in contact: "10 %".')],
    pattern: Annotated[str, typer.Option("--pattern", help="disc, square, stripes, patches, voids, rough.")] = "disc",
    period: Annotated[
        Text,
        typer.Option("--period", help='Of a regular pattern, or size of random patches and voids: "10 µm".'),
    ] = None,
    thickness: Annotated[Text, typer.Option("--thickness", help="Of the body (default: thick).")] = None,
    kappa: Annotated[Text, typer.Option("--kappa", help='For the resistance: "1.6 mS/cm".')] = None,
    as_json: JsonOption = False,
) -> None:
    """Constriction resistance and hot spots of a pattern, from the table that natron ships."""
    from natron.constriction import spreading

    share = _value("--contact", contact, "share")
    scale, sigma, depth = (
        _read(key, text, kind)
        for key, text, kind in (
            ("--period", period, "length"), ("--kappa", kappa, "conductivity"), ("--thickness", thickness, "length")
        )
    )  # fmt: skip
    if scale is not None and not scale.value > 0:
        raise InputError("a period is above zero", key="--period", given=period)
    if (depth is not None and scale is None) or (depth is not None and not depth.value > 0):
        raise InputError("a thickness is above zero and needs --period", key="--thickness", given=thickness)
    if (sigma is not None and scale is None) or (sigma is not None and not sigma.value > 0):
        raise InputError("a conductivity is above zero and needs --period", key="--kappa", given=kappa)
    ratio = scale.value / depth.value if scale is not None and depth is not None else 0.0
    found = spreading(pattern, share, ratio)
    resistance = None
    if scale is not None and sigma is not None:
        per = scale.value / sigma.value
        resistance = Quantity(found.resistance * per, found.error * per, "area_specific_resistance", "predicted")
    if as_json:
        from natron.report.constriction import spreading_json

        print_json(spreading_json(pattern, share, ratio, found, resistance))
    else:
        from natron.app.screens import constriction as screen

        screen.spreading(pattern, share, ratio, found, resistance)
