"""A study of one's own: a folder with a study file, a claims file, cells and data, reproduced as natron's own are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from natron.cell import Cell, new_cell_text
from natron.cell.fields import Fraction
from natron.core import ClaimError, InputError, Quantity, parse_quantity, weakest_origin
from natron.core.quantity import Origin
from natron.core.schema import Of, Part, parse_toml, refusal, validate
from natron.cycling import Cycle, analyse
from natron.data import CyclingRecord, DataError, Spectrum
from natron.io.descriptions import load_cell, read_description, write_new_file
from natron.studies.audit import audit
from natron.studies.claims import parse_claims
from natron.studies.reproduction import Reproduction, assembled
from natron.studies.sections import Beside, Section

STUDY_FILE = "study.toml"

CYCLE_FIGURES: dict[str, str] = {
    "areal_charge_capacity": "areal_capacity",
    "areal_discharge_capacity": "areal_capacity",
    "coulombic_efficiency": "fraction",
    "energy_efficiency": "fraction",
    "retention": "fraction",
    "mean_charge_voltage": "potential",
    "mean_discharge_voltage": "potential",
    "polarisation": "potential",
}
"""Figures of a cycle, and the kind of each."""

SPECTRUM_FIGURES: dict[str, str] = {"lowest_frequency_resistance": "area_specific_resistance"}
"""Figures of a spectrum, the first in the file."""

FIGURES = {**CYCLE_FIGURES, **SPECTRUM_FIGURES}

Figure = Literal[
    "areal_charge_capacity", "areal_discharge_capacity", "coulombic_efficiency", "energy_efficiency", "retention",
    "mean_charge_voltage", "mean_discharge_voltage", "polarisation", "lowest_frequency_resistance",
]  # fmt: skip


class Number(Part):
    """A published number beside one from data or from a simulation."""

    name: str = Field(min_length=1, max_length=200)
    published: str = Field(description='As printed: "2.14 ± 0.05 mAh/cm²".')
    within: Fraction = Field(description='Deviation up to which both agree: "2 %".')
    figure: Figure
    cycle: int = Field(1, ge=1, description="Of a figure of a cycle.")
    file: str | None = Field(None, description="A measurement, from the study's folder.")
    area: Quantity | None = None
    cell: str | None = Field(None, description="A cell to simulate: a built-in one, or a file of the folder.")
    protocol: str | None = Field(None, description="With cell: a built-in protocol, such as discharge.")
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _read_area(cls, raw: object) -> object:
        if isinstance(raw, dict) and raw.get("area") is not None:
            return {**raw, "area": Of(("area",), above=0.0, limits="above 0").read(raw["area"])}
        return raw

    @model_validator(mode="after")
    def _one_source(self) -> Number:
        if (self.file is None) == (self.cell is None):
            raise refusal("a number comes from a file or from a cell", key="file", hint="Give one of both.")
        if (self.cell is None) != (self.protocol is None):
            raise refusal("a cell is simulated with a protocol", key="protocol", hint='Such as "discharge".')
        return self


class StudyFile(Part):
    """What natron reproduces of a document."""

    claims: str = Field("claims.toml", description="The claims file.")
    cells: tuple[str, ...] = Field((), description="Cell files of the folder, or built-in cells.")
    steps: tuple[str, ...] = Field((), description='What-if steps of a roadmap: "porosity = 30 %".')
    number: tuple[Number, ...] = ()

    @model_validator(mode="after")
    def _roadmap_has_a_cell(self) -> StudyFile:
        if self.steps and not self.cells:
            raise refusal("a roadmap starts from a cell", key="cells", hint="Name one, or leave out steps.")
        return self


def is_own_study(name: str) -> bool:
    """Whether a name is meant as a folder: it looks like a path, or one of that name holds a study file."""
    return any(mark in name for mark in ("/", "\\")) or (Path(name) / STUDY_FILE).is_file()


def reproduce_own(name: str) -> Reproduction:
    """Reproduce the study in a folder.

    Raises
    ------
    ClaimError, CellError, InputError
        Where the folder holds no study, or one of its files is faulty: which, where, and what is allowed.
    DataError
        Where a data file cannot be read.
    """
    folder = Path(name)
    if not folder.is_dir():
        raise ClaimError("there is no such folder", file=name, hint="Make one: natron study new NAME")
    path = folder / STUDY_FILE
    if not path.is_file():
        raise ClaimError(
            f"this folder holds no study: {STUDY_FILE} is missing", file=name, hint="Make one: natron study new NAME"
        )
    raw = parse_toml(read_description(path, raises=ClaimError), file=str(path), raises=ClaimError)
    study = validate(StudyFile, raw, file=str(path), raises=ClaimError)
    claims_path = folder / study.claims
    claims = parse_claims(read_description(claims_path, raises=ClaimError), file=str(claims_path))
    findings = audit(claims, file=str(claims_path), folder=folder)
    cells = [_cell(folder, cell) for cell in study.cells]
    return assembled(claims, findings, cells, study.steps, sections=_sections(folder, study.number, str(path)))


def _cell(folder: Path, name: str) -> Cell:
    return load_cell(folder / name if name.endswith(".toml") else name)


def _sections(folder: Path, numbers: Sequence[Number], file: str) -> tuple[Section, ...]:
    found = []
    for title, text, chosen in (
        (
            "Published beside measured",
            "What natron finds in the data of this folder.",
            [n for n in numbers if n.file is not None],
        ),
        (
            "Published beside simulated",
            "What natron's model of the cell gives; what it rests on stands in the column of origins.",
            [n for n in numbers if n.cell is not None],
        ),
    ):
        if chosen:
            found.append(Section(title, text, beside=tuple(_beside(folder, number, file) for number in chosen)))
    return tuple(found)


def _beside(folder: Path, number: Number, file: str) -> Beside:
    kind = FIGURES[number.figure]
    try:
        published = parse_quantity(number.published, kind, origin="literature")
        value, origin = _measured(folder, number) if number.file is not None else _simulated(folder, number)
    except DataError:
        raise  # a data file that cannot be read has an exit code of its own
    except InputError as error:
        raise ClaimError(
            error.problem, file=error.file or file, key=f'number "{number.name}"', given=error.given,
            allowed=error.allowed, hint=error.hint,
        ) from error  # fmt: skip
    return Beside(number.name, published, Quantity(value, None, kind, origin), number.within.value, note=number.note)


def _measured(folder: Path, number: Number) -> tuple[float, Origin]:
    from natron.io import read

    assert number.file is not None
    area = number.area.value if number.area is not None else None
    reading = read(folder / number.file, area_m2=area)
    return _figure(number, reading.record, reading.spectra), "input"


def _simulated(folder: Path, number: Number) -> tuple[float, Origin]:
    from natron.simulate import built_in_protocol, model_parameters, run

    assert number.cell is not None
    assert number.protocol is not None
    result = run(model_parameters(_cell(folder, number.cell)), built_in_protocol(number.protocol))
    value = _figure(number, result.record, [item.spectrum for item in result.record.spectra])
    return value, weakest_origin(q.origin for q in result.parameters.values.values())


def _figure(number: Number, record: CyclingRecord | None, spectra: Sequence[Spectrum]) -> float:
    """The figure asked for, SI."""
    if number.figure in SPECTRUM_FIGURES:
        if not spectra:
            raise InputError("there is no spectrum in it", given=number.file or number.protocol)
        spectrum = spectra[0]
        area = number.area.value if number.area is not None else spectrum.area_m2
        if area is None:
            raise InputError("a resistance per area needs the area", hint='area = "0.50 cm²"')
        lowest = int(spectrum.frequency_Hz.argmin())
        return float(spectrum.impedance_ohm[lowest].real) * area
    if record is None:
        raise InputError("there is no voltage and current over time in it", given=number.file)
    cycles = analyse(record).cycles
    if number.cycle > len(cycles):
        raise InputError("there is no such cycle", given=number.cycle, allowed=f"1 to {len(cycles)}")
    return _of_cycle(number, cycles[number.cycle - 1])


def _of_cycle(number: Number, cycle: Cycle) -> float:
    direct = {
        "coulombic_efficiency": cycle.coulombic_efficiency,
        "energy_efficiency": cycle.energy_efficiency,
        "retention": cycle.retention,
        "mean_charge_voltage": cycle.mean_charge_voltage_V,
        "mean_discharge_voltage": cycle.mean_discharge_voltage_V,
        "polarisation": cycle.polarisation_V,
    }
    if number.figure in direct:
        value = direct[number.figure]
    else:
        charge = cycle.charge_capacity_Ah if "discharge" not in number.figure else cycle.discharge_capacity_Ah
        area = cycle.area_m2 or (number.area.value if number.area is not None else None)
        if area is None:
            raise InputError("a capacity per area needs the area", hint='area = "0.50 cm²"')
        value = None if charge is None else charge * 3600 / area
    if value is None:
        raise InputError(f"cycle {number.cycle} has no {number.figure.replace('_', ' ')}", given=number.file)
    return float(value)


def new_study(folder: Path) -> tuple[Path, ...]:
    """Write a study to start from: a whole one, which ``natron reproduce`` runs as it stands.

    Returns
    -------
    The files written.

    Raises
    ------
    InputError
        Where the folder exists and is not empty, cannot be made, or its name is none.
    """
    name = re.sub(r"[^\w.-]", "-", folder.name)
    if not name.strip(".-"):
        raise InputError("a study needs a name", key="NAME", given=str(folder), allowed="letters, digits, - and _")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("this exists already", file=str(folder), hint="Name another folder, or empty this one.")
    try:
        (folder / "data").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"this folder cannot be made: {error.strerror}", file=str(folder)) from None
    template = resources.files("natron.studies") / "template"
    texts = {
        "cell.toml": new_cell_text(name),
        "claims.toml": (template / "claims.toml").read_text(encoding="utf-8").replace('"NAME"', f'"{name}"'),
        STUDY_FILE: (template / "study.toml").read_text(encoding="utf-8").replace("FOLDER", name),
        "data/README.txt": "Measurements go here: any file that natron read knows. study.toml names them.\n",
    }
    for file, text in texts.items():
        write_new_file(folder / file, text)
    return tuple(folder / file for file in texts)
