"""``natron watch``: instrument files analysed as they arrive."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from natron.app.commands.files import AreaOption, KindOption, MappingOption, MassOption, WorkingElectrodeOption
from natron.app.keeping import ProjectOption
from natron.core import InputError, NatronError, parse_quantity

_NO_MEASUREMENTS = (
    ".json", ".toml", ".md", ".rst", ".html", ".svg", ".png", ".jpg", ".jpeg", ".pdf", ".py", ".ipynb", ".part", ".tmp",
    ".lock", ".log", ".ini", ".mps", ".npy",
)  # fmt: skip
"""Endings of files that lie beside measurements; those are passed over without a word."""

Seen = tuple[int, int]
"""Size and time of the last change, ns."""


def watch(
    folder: Annotated[Path, typer.Argument(help="Where the instrument writes; its folders too.")] = Path(),
    area: AreaOption = None,
    mass: MassOption = None,
    kind: KindOption = None,
    working_electrode: WorkingElectrodeOption = None,
    mapping: MappingOption = None,
    circuit: Annotated[str, typer.Option("--circuit", help="For files of impedance alone; auto chooses one.")] = "auto",
    quiet: Annotated[str, typer.Option("--quiet", help="How long a file must stand still before it is read.")] = "5 s",
    every: Annotated[str, typer.Option("--every", help="How often the folder is looked at.")] = "2 s",
    once: Annotated[bool, typer.Option("--once", help="Stop when all that is there has been analysed.")] = False,
    project: ProjectOption = None,
) -> None:
    """Analyse instrument files as they arrive, and again when they have grown; the results are kept in the project.

    Voltage and current over time are analysed as natron cycling does, impedance alone as natron eis fit. Ctrl-C stops.
    """
    from natron.app.commands.projects import the_project
    from natron.store import StoreError

    if not folder.is_dir():
        raise InputError("there is no such folder", file=str(folder))
    pauses = [_seconds("--quiet", quiet), _seconds("--every", every)]
    with the_project(project) as opened:
        if not opened.writable:
            raise InputError("this project may be read but not written", file=str(opened.folder))
        home = opened.folder
    given: dict[str, object] = {
        "area": area, "mass": mass, "kind": kind, "working_electrode": working_electrode, "mapping": mapping,
    }  # fmt: skip
    state = Watched(quiet_s=pauses[0])
    failed: dict[Path, str] = {}
    _say(f"watching {folder.resolve()}; results go to {home}" + ("" if once else "; Ctrl-C stops"))
    while True:
        for file in state.ready(folder):
            try:
                _say(f"{file.relative_to(folder)}: {_analyse(file, given, circuit, home)}")
                failed.pop(file, None)
            except StoreError as error:
                # the file is sound: it is done again when there is room
                if not once:
                    del state.done[file]
                if failed.get(file) != str(error):
                    _say(str(error))
                failed[file] = str(error)
            except NatronError as error:
                failed[file] = str(error)
                _say(str(error))
            except Exception as error:  # a fault in natron over one file is no reason to leave the others
                failed[file] = f"{file}: internal error ({type(error).__name__}: {error}). Please report it."
                _say(failed[file])
        if once and not state.waiting:
            break
        time.sleep(pauses[1])
    if failed:
        raise typer.Exit(5)


@dataclass
class Watched:
    """Which files of a folder have stood still long enough, and were not given out as they are.

    Attributes
    ----------
    quiet_s : float
        How long a file must stand still.
    done : dict
        State of each file when it was given out.
    waiting : dict
        Of each other file: its state and since when, by a clock that only goes forward, it has been so.
    """

    quiet_s: float
    done: dict[Path, Seen] = field(default_factory=dict)
    waiting: dict[Path, tuple[Seen, float]] = field(default_factory=dict)

    def ready(self, folder: Path, now_s: float | None = None) -> list[Path]:
        """Files to read now, by name; `now_s` is `time.monotonic` where left out."""
        now = time.monotonic() if now_s is None else now_s
        found = []
        here = dict(_files(folder))
        for gone in self.waiting.keys() - here.keys():
            del self.waiting[gone]
        for file, seen in sorted(here.items()):
            if self.done.get(file) == seen:
                self.waiting.pop(file, None)
                continue
            before = self.waiting.get(file)
            if before is None or before[0] != seen:
                self.waiting[file] = (seen, now)
            elif now - before[1] >= self.quiet_s:
                del self.waiting[file]
                self.done[file] = seen
                found.append(file)
        return found


def _files(folder: Path) -> Iterator[tuple[Path, Seen]]:
    for file in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if hidden or file.suffix.lower() in _NO_MEASUREMENTS:
            continue
        try:
            found = file.stat()
        except OSError:
            continue  # it was there a moment ago
        if file.is_file() and found.st_size:
            yield file, (found.st_size, found.st_mtime_ns)


def _analyse(file: Path, given: dict[str, object], circuit: str, home: Path) -> str:
    """What was done with a file; the same as its command does, so that the command knows the result again."""
    from natron.app.commands.cycling import cycling
    from natron.app.commands.files import told
    from natron.app.commands.impedance import eis_fit
    from natron.app.keeping import keeping

    options = told(**given)  # type: ignore[arg-type]
    with keeping(home) as keep:
        reading = keep.read([str(file)], options)
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            if reading.record is not None:
                cycling([str(file)], **given, project=home, as_json=True)  # type: ignore[arg-type]
            else:
                eis_fit([str(file)], circuit=circuit, area=given["area"], project=home, as_json=True)  # type: ignore[arg-type]
    except typer.Exit as left:
        if left.exit_code == 4:
            return "a fit did not converge; see it with natron find"
        raise InputError("not all of it could be analysed", file=str(file)) from None
    if reading.record is None:
        return "1 spectrum fitted" if len(reading.spectra) == 1 else f"{len(reading.spectra)} spectra fitted"
    return f"cycling over {reading.record.time_s[-1] / 3600:.3g} h analysed"


def _seconds(option: str, text: str) -> float:
    try:
        found = parse_quantity(text, "time").value
    except InputError as error:
        raise error.at(key=option) from error
    if found < 0:
        raise InputError("a time is zero or more", key=option, given=text)
    return found


def _say(text: str) -> None:
    print(f"{datetime.now().astimezone():%H:%M:%S} {text}", file=sys.stderr, flush=True)
