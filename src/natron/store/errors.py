"""What can go wrong with a store, and its exit codes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EDQUOT, EFBIG, ENOSPC, EPERM, EROFS
from pathlib import Path

from natron.core import InputError


class StoreError(InputError):
    """A project cannot be used as asked: it is none, it may not be written, or a newer natron wrote it."""


class FullError(StoreError):
    """The disk has no room left; what was kept before is whole."""

    exit_code = 1


class DamagedError(StoreError):
    """A file of the store is missing or is not what was written; the others can still be read."""

    exit_code = 3


_READ_ONLY = (EACCES, EPERM, EROFS)
_FULL = (ENOSPC, EDQUOT, EFBIG)


@contextmanager
def in_words(folder: Path) -> Iterator[None]:
    """Faults of the disk and of SQLite as natron's errors, with what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _of_sqlite(error, folder) from error
    except OSError as error:
        if error.errno in _FULL:
            raise _full(folder) from error
        if error.errno in _READ_ONLY:
            raise _read_only(folder) from error
        raise StoreError(f"the store cannot be used: {error.strerror or error}", file=str(folder)) from error


def _of_sqlite(error: sqlite3.Error, folder: Path) -> StoreError:
    text = str(error)
    if "full" in text:
        return _full(folder)
    if "readonly" in text or "unable to open" in text:
        return _read_only(folder)
    if "locked" in text:
        return StoreError(
            "another program has held the index for too long", file=str(folder), hint="Try again when it is done."
        )
    if "disk I/O" in text:
        return FullError(
            "the index could not be written: the disk failed or is full",
            file=str(folder),
            hint="Make room or look at the disk; what was kept before is whole.",
        )
    return DamagedError(
        f"the index is damaged ({text})",
        file=str(folder / "index.sqlite"),
        hint="Put one of backups/, or a copy of this file, in its place; what lies in objects/ is untouched. To begin "
        "anew, move the folder .natron away first.",
    )


def _full(folder: Path) -> FullError:
    return FullError(
        "the disk is full: this was not kept",
        file=str(folder),
        hint="Make room and do it again; what was kept before is whole.",
    )


def _read_only(folder: Path) -> StoreError:
    return StoreError(
        "this project may be read but not written",
        file=str(folder),
        hint="Ask for the right to write, or natron export it to a folder of your own.",
    )
