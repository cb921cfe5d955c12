"""What a project lists: results, and the files they came from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from natron.store.numbers import Number, numbers_in

SHOWN_ID = 10
"""Letters and digits of an id that people are shown."""


@dataclass(frozen=True)
class Raw:
    """A file that a result came from.

    Attributes
    ----------
    sha256 : str
        Of its content.
    name : str
        As it was called.
    path : str or None
        Relative to the project's folder, of a file that lies inside it; a file from elsewhere is kept as a copy.
    object : str or None
        The copy's name.
    size : int
        Bytes.
    """

    sha256: str
    name: str
    path: str | None
    object: str | None
    size: int

    @property
    def shown(self) -> str:
        """Its place in the project, else its name."""
        return self.path or self.name


@dataclass(frozen=True)
class Entry:
    """A kept result, as the index lists it.

    Attributes
    ----------
    id : str
        Digest of command, input, settings and code: the same question has the same id.
    command, title : str
        ``eis fit`` and, for people, of what.
    code : str
        Version of natron that computed it.
    settings : Mapping
        That it was computed with.
    status : str or None
        Of its numbers, such as ``not_converged``.
    kept : str
        When, in UTC.
    object : str
        Its document.
    raws : tuple of Raw
        The files it came from, in order.
    figures : tuple of str
        Names of its pictures.
    """

    id: str
    command: str
    title: str
    code: str
    settings: Mapping[str, Any]
    status: str | None
    kept: str
    object: str
    raws: tuple[Raw, ...]
    figures: tuple[str, ...]

    @property
    def label(self) -> str:
        """Title and beginning of the id, for legends."""
        return f"{self.title} ({self.short})"

    @property
    def short(self) -> str:
        """The beginning of the id, for people."""
        return self.id[:SHOWN_ID]


@dataclass(frozen=True)
class Kept:
    """A kept result, opened.

    Attributes
    ----------
    entry : Entry
    content : Mapping
        What the command prints with ``--json``.
    value : object
        The result itself, of the type it had.
    """

    entry: Entry
    content: Mapping[str, Any]
    _value: Callable[[], Any]

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Every quantity in `content`, with its place in it."""
        return tuple(numbers_in(self.content))

    @cached_property
    def value(self) -> Any:
        """The result itself, of the type it had: `FitReport`, `CyclingAnalysis` …

        Raises
        ------
        DamagedError
            Where a table of it is damaged, or another version of natron kept it whose types were others.
        """
        return self._value()


def text_of(entry: Entry) -> str:
    """What words are looked for in, in lower case."""
    parts = [entry.command, entry.title, json.dumps(entry.settings), *(raw.name for raw in entry.raws)]
    return " ".join(parts).lower()
