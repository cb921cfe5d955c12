"""The few ways natron says that something cannot be done, each with the exit code the command line uses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from difflib import get_close_matches


class NatronError(Exception):
    """Something natron could not do; the message is written for the person who asked."""

    exit_code = 1


class InputError(NatronError):
    """What was given is wrong. Says where, what was given, what is allowed and what to do.

    Parameters
    ----------
    problem : str
        What is wrong, in one sentence without a full stop.
    file, key : str, optional
        Where it stands: the file as the user named it, and the dotted key inside it.
    given : object, optional
        The offending value; long ones are shortened.
    allowed : str, optional
        What would have been accepted.
    hint : str, optional
        What to do next.
    """

    exit_code = 2

    def __init__(
        self,
        problem: str,
        *,
        file: str | None = None,
        key: str | None = None,
        given: object = None,
        allowed: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = file
        self.key = key
        self.given = given
        self.allowed = allowed
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, _cut(self.key or "", 120)) if part)
        text = f"{where}: {self.problem}" if where else self.problem
        if self.given is not None:
            text += f" (given: {shorten(self.given)})"
        text += "."
        if self.allowed:
            text += f" Allowed: {self.allowed}."
        if self.hint:
            text += f" {self.hint}"
        return _one_line(text)

    def at(self, *, file: str | None = None, key: str | None = None) -> InputError:
        """The same error with its place filled in, where the raiser did not know it."""
        return type(self)(
            self.problem,
            file=self.file or file,
            key=self.key or key,
            given=self.given,
            allowed=self.allowed,
            hint=self.hint,
        )


class QuantityError(InputError):
    """A text that should be a number with a unit is not one."""


class MaterialError(InputError):
    """A material or one of its properties is unknown, or does not fit its use."""


class CellError(InputError):
    """A cell file does not describe a cell."""


class ClaimError(InputError):
    """A claims file does not state checkable claims."""


class RangeWarning(UserWarning):
    """A value was asked for outside the range in which it was measured."""


def shorten(value: object, limit: int = 80) -> str:
    """`value` as it would be typed, cut to `limit` characters."""
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, bool):
        text = str(value).lower()
    else:
        text = str(value) if isinstance(value, date | time) else repr(value)
    return _cut(_one_line(text), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _one_line(text: str) -> str:
    """`text` with everything that does not print replaced: a message is one line, whatever was given."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The entry of `known` most like `word`, or None where nothing is near."""
    lowered = {k.lower(): k for k in known}
    found = get_close_matches(word[:200].lower(), lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint naming the nearest known word, or all of them where they are few."""
    names = sorted(known)
    close = nearest(word, names)
    if close:
        return f'Did you mean "{close}"?'
    return f"Known: {', '.join(names)}." if len(names) <= 40 else ""
