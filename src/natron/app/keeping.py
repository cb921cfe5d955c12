"""How commands keep what they find: in the project that ``--project`` names, or in which they are run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeVar

import typer

from natron.core import InputError

if TYPE_CHECKING:
    from natron.io import Reading
    from natron.store import Entry, Project, Raw

ProjectOption = Annotated[
    Optional[Path],  # noqa: UP045  (typer reads it at run time)
    typer.Option("--project", help="The project to keep the result in; inside a project's folder it is that one."),
]

Found = TypeVar("Found")


@dataclass
class Keeping:
    """The project of a command, or none; what could not be kept is told when the command has shown its result.

    Attributes
    ----------
    project : Project or None
    faults : list of InputError
        Why results were not kept.
    """

    project: Project | None
    faults: list[InputError] = field(default_factory=list)
    _entries: dict[int, tuple[object, Entry]] = field(default_factory=dict)
    _raws: dict[str, Raw] = field(default_factory=dict)

    def read(self, files: Sequence[str], told: Mapping[str, Any] | None = None) -> Reading:
        """What instrument files hold, one or the parts of one test: as kept where they were read before.

        Raises
        ------
        DataError
            Where a file cannot be read.
        """
        from natron.io import join, read

        if self.project is not None:
            from natron.store import StoreError, read_kept

            try:
                reading, raws = read_kept(self.project, files, told or {})
            except StoreError as fault:
                self._fault(fault)
            else:
                self._raws.update(zip(files, raws, strict=True))
                return reading
        return read(files[0], **(told or {})) if len(files) == 1 else join(files, **(told or {}))

    def note(self, file: str) -> str:
        """Say that a result comes from a file that is no measurement, such as a table written by hand; the file."""
        if self.project is not None:
            from natron.store import StoreError, raw_of

            try:
                self._raws[file] = raw_of(self.project, file)
            except StoreError as fault:
                self._fault(fault)
        return file

    def digests(self, files: Sequence[str]) -> list[str]:
        """SHA-256 of files that were read."""
        return [self._raws[file].sha256 for file in files if file in self._raws]

    def result(
        self,
        command: str,
        *,
        title: str,
        inputs: object,
        settings: Mapping[str, Any],
        work: Callable[[], Found],
        content: Callable[[Found], Mapping[str, Any]],
        files: Sequence[str] = (),
        status: Callable[[Found], str | None] = lambda found: None,
        as_now: Callable[[Found], Found] = lambda found: found,
    ) -> Found:
        """What `work` gives; where the project has the answer to the same question already, that.

        Parameters
        ----------
        command, title : str
        inputs, settings
            What the answer hangs on; see `natron.store.Project.keep`.
        work : callable
        content : callable
            From the result to its JSON.
        files : sequence of str
            That it came from, as they were read.
        status : callable
            From the result to its status.
        as_now : callable
            From a kept result to one in which files are called as they are now.
        """
        if self.project is None or any(file not in self._raws for file in files):
            return work()
        from natron.store import StoreError

        try:
            key = self.project.key(command, inputs, settings)
            entry = self.project.known(key)
            if entry is not None:
                found: Found = as_now(self.project.open(entry).value)
                _say(f"known already, kept {entry.kept[:10]}: natron show {entry.short}")
                self._entries[id(found)] = (found, entry)
                return found
        except StoreError as fault:
            self._fault(fault)
        found = work()
        try:
            if self.project.writable:
                entry = self.project.keep(
                    command,
                    title=title,
                    inputs=inputs,
                    settings=settings,
                    value=found,
                    content=content(found),
                    raws=[self._raws[file] for file in dict.fromkeys(files)],
                    status=status(found),
                    again=True,
                    called={file: self._raws[file].shown for file in files},
                )
                self._entries[id(found)] = (found, entry)
                _say(f"kept: natron show {entry.short}")
        except StoreError as fault:
            self._fault(fault)
        return found

    def pictures(self, found: object, files: Sequence[Path]) -> None:
        """Keep the pictures that were drawn of a result."""
        known = self._entries.get(id(found))
        if self.project is None or known is None or not self.project.writable or not files:
            return
        from natron.store import StoreError

        try:
            self.project.add_figures(known[1], {file.stem: file.read_text("utf-8") for file in files})
        except StoreError as fault:
            self._fault(fault)

    def _fault(self, fault: InputError) -> None:
        if str(fault) not in map(str, self.faults):
            self.faults.append(fault)


@contextmanager
def keeping(option: Path | None) -> Iterator[Keeping]:
    """The project that a command keeps its results in, open while it runs.

    Raises
    ------
    StoreError
        Where the folder named is no project, or cannot be used; and at the end, where a result could not be kept.
    """
    from natron.store.place import find_project

    folder = option if option is not None else find_project()
    if folder is None:
        yield Keeping(None)
        return
    from natron.store import open_project

    with open_project(folder) as project:
        found = Keeping(project)
        if not project.writable:
            print(f"natron: warning: {folder} may not be written: nothing is kept", file=sys.stderr)
        try:
            yield found
        except BaseException:
            for fault in found.faults:
                print(f"natron: not kept: {fault}", file=sys.stderr)
            raise
        if found.faults:
            raise found.faults[0]


def _say(text: str) -> None:
    print(f"natron: {text}", file=sys.stderr)
