"""Every document reproduced, one after the other, each kept until all are done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from natron.core import InputError
from natron.io.descriptions import write_new_file
from natron.studies.page import all_page, reproduction_body
from natron.studies.reproduction import STUDIES, reproduce
from natron.studies.tally import Tally, tally

LAYOUT = 1
"""Of a kept study; one of another layout is made anew."""


@dataclass(frozen=True)
class Kept:
    """A reproduced document in the form in which it is kept.

    Attributes
    ----------
    tally : Tally
    body : str
        Its part of the page.
    content : Mapping
        As ``natron reproduce STUDY --json`` prints it.
    """

    tally: Tally
    body: str
    content: dict[str, Any]


@dataclass(frozen=True)
class Collected:
    """Every document, reproduced.

    Attributes
    ----------
    studies : tuple of Kept
    resumed : tuple of str
        Studies taken from an interrupted run.
    """

    studies: tuple[Kept, ...]
    resumed: tuple[str, ...]

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """One for each study."""
        return tuple(kept.tally for kept in self.studies)

    def page(self) -> str:
        """All on one page."""
        return all_page([(kept.tally, kept.body) for kept in self.studies])


def reproduce_all(
    folder: Path, step: Callable[[str], None] = lambda study: None, *, recalibrate: bool = False
) -> Collected:
    """Reproduce every document; what an interrupted run with the same natron has done is not done again.

    Parameters
    ----------
    folder : Path
        Where each study is kept until all are done; made where it is missing, removed by `forget`.
    step : callable
        Called with each study's name before it is begun.
    recalibrate : bool
        Whether calibrations that ship are made anew.

    Raises
    ------
    InputError
        Where the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"this folder cannot be made: {error.strerror}", file=str(folder)) from None
    mark = f"{LAYOUT}-{fingerprint()}-{'recalibrated' if recalibrate else 'shipped'}"
    done: list[Kept] = []
    resumed: list[str] = []
    for name in STUDIES:
        step(name)
        kept = _read(folder / f"{name}.json", mark)
        if kept is None:
            result = reproduce(name, recalibrate=recalibrate and STUDIES[name].calibrated is not None)
            kept = Kept(tally(name, result), reproduction_body(result), result.as_json())
            content = {"mark": mark, "tally": kept.tally.as_json(), "body": kept.body, "content": kept.content}
            write_new_file(folder / f"{name}.json", json.dumps(content), overwrite=True)
        else:
            resumed.append(name)
        done.append(kept)
    return Collected(tuple(done), tuple(resumed))


def forget(folder: Path) -> None:
    """Remove what `reproduce_all` kept, and the folder where nothing else lies in it."""
    for name in STUDIES:
        (folder / f"{name}.json").unlink(missing_ok=True)
    try:
        folder.rmdir()
    except OSError:
        return  # something of the user's is in it


def _read(path: Path, mark: str) -> Kept | None:
    """A kept study; None where there is none, it is another natron's, or it was cut off."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["mark"] != mark:
            return None
        return Kept(Tally(**raw["tally"]), raw["body"], raw["content"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def fingerprint() -> str:
    """A digest of this natron: of its code and of everything that ships with it."""
    digest = hashlib.sha256()
    root = Path(str(resources.files("natron")))
    for path in sorted(root.rglob("*")):
        if path.suffix in (".py", ".toml", ".html", ".tdb", ".json") and path.is_file():
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
