"""Options that the impedance commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

Files = Annotated[list[str], typer.Argument(help="Instrument files; each may hold several spectra.")]
AreaOption = Annotated[
    Optional[str],  # noqa: UP045  (typer reads it at run time)
    typer.Option("--area", help='"0.50 ± 0.01 cm²", or one for each spectrum: "0.50, 0.52 cm²".'),
]
DiameterOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--diameter", help='"8 ± 0.1 mm", instead of --area.'),
]
ThicknessOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--thickness", help='Of the electrolyte: "110 ± 5 µm".'),
]
TemperatureOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--temperature", help='One, or one for each spectrum: "-10, 0, 10 °C". Else from the file.'),
]
WeightOption = Annotated[str, typer.Option("--weight", help="modulus, proportional, unit or measured.")]
FminOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--fmin", help='Leave out what is below: "100 Hz", or one for each spectrum.'),
]
FmaxOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--fmax", help='Leave out what is above: "1 MHz", or one for each spectrum.'),
]
OutOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--out", help="Draw the pictures into this folder (SVG)."),
]
CellOption = Annotated[str, typer.Option("--cell", help="symmetric, blocking, full or unknown: what arcs may mean.")]
ElectrolyteOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--electrolyte",
        help="A solid electrolyte that natron knows (natron cell list --materials): its conductivity, activation "
        "energy and permittivity count as evidence.",
    ),
]
SeparatorOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--separator", help='Resistances that are the separator\'s in a symmetric cell: "R0, R1".'),
]
InterfacesOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--interfaces", help='Resistances that are both interfaces\' in a symmetric cell: "R2".'),
]
OpenOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--open", help="A measurement of the empty fixture; taken off."),
]
ShortOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--short", help="A measurement of the bridged fixture; taken off."),
]
LeadResistanceOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--lead-resistance", help='Of both leads, taken off: "0.3 Ω". Instead of --short.'),
]
LeadInductanceOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--lead-inductance", help='Of both leads, taken off: "200 nH". Instead of --short.'),
]
