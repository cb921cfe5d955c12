"""Cell files and claims files from disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from natron.cell import Cell, built_in, built_in_texts, parse_cell
from natron.core import CellError, InputError, did_you_mean
from natron.core.schema import MAX_CHARACTERS


def read_description(path: str | Path, *, raises: type[InputError] = CellError) -> str:
    """A description file's text, never more than a description can be.

    Raises
    ------
    raises
        Where there is no such file, it cannot be read, is too large, or is not UTF-8 text.
    """
    name = str(path)
    try:
        # a pipe would wait for its writer, a device might never end
        if Path(path).exists() and not Path(path).is_file() and not Path(path).is_dir():
            raise raises("this is not a regular file", file=name)
        with Path(path).open("rb") as handle:
            # four bytes a character at most; one more tells that there is more
            content = handle.read(4 * MAX_CHARACTERS + 1)
    except FileNotFoundError:
        raise raises("there is no such file", file=name) from None
    except IsADirectoryError:
        raise raises("this is a folder, not a file", file=name) from None
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise raises(f"this file cannot be read: {words}", file=name) from None
    if len(content) > 4 * MAX_CHARACTERS:
        raise raises("this file is too large", file=name, allowed="up to 1 MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise raises(
            f"this is not UTF-8 text (byte {error.start} is 0x{content[error.start]:02x})",
            file=name,
            hint="Save it as UTF-8.",
        ) from None


def load_cell(name_or_path: str | Path, changes: Mapping[str, object] | None = None) -> Cell:
    """A cell: a built-in one by name, or from a file.

    Parameters
    ----------
    name_or_path : str or Path
        ``lowack2025-cell1``, or a path; what has a slash or ends in ``.toml`` is a path.
    changes : Mapping[str, object], optional
        Dotted keys to new values, applied before checking: ``{"separator.thickness": "30 µm"}``.

    Raises
    ------
    CellError
        Where there is no such cell or file, or it does not describe a cell.

    Examples
    --------
    >>> load_cell("lowack2025-cell1").separator.thickness.to("µm")
    50.0
    """
    name = str(name_or_path)
    if not changes and name in built_in_texts():
        return built_in(name)
    if name in built_in_texts():
        text, file = built_in_texts()[name], name
    elif isinstance(name_or_path, Path) or name.endswith(".toml") or "/" in name or "\\" in name:
        text, file = read_description(name_or_path), name
    elif Path(name).is_file():
        text, file = read_description(name), name
    else:
        raise CellError(
            "this is neither a built-in cell nor a file",
            given=name,
            hint=f"{did_you_mean(name, built_in_texts())} See: natron cell list",
        )
    return parse_cell(text, file=file, changes=changes)


REPORT_MARK = '<meta name="generator" content="natron">'
"""Stands near the top of every page natron writes, so that it overwrites its own pages alone."""


def write_new_file(path: str | Path, content: str | bytes, *, overwrite: bool = False) -> None:
    """Write `content` (text as UTF-8) as a new file, whole or not at all.

    A page that natron wrote before is written anew; any other file only with `overwrite`.

    Raises
    ------
    InputError
        Where the file exists and may not be overwritten, is no regular file, or cannot be written.
    """
    name = str(path)
    target = refuse_unwritable(path, overwrite=overwrite)
    try:
        temporary = target.with_name(f".{target.name[:100]}.part")
        try:
            temporary.write_bytes(content.encode() if isinstance(content, str) else content)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise InputError(f"this file cannot be written: {words}", file=name) from None


def refuse_unwritable(path: str | Path, *, overwrite: bool = False) -> Path:
    """The file that `write_new_file` would write; asked before long work, so that it is not done for nothing.

    Raises
    ------
    InputError
        Where the file exists and may not be overwritten, is no regular file, or lies in no folder.
    """
    name = str(path)
    try:
        target = Path(path).resolve()
        if target.exists() and not target.is_file():
            raise InputError("this is not a regular file", file=name or '""', hint="Name a file to write.")
        if target.exists() and not overwrite and not _is_own_page(target):
            raise InputError(
                "this file exists already and is not one of natron's pages",
                file=name,
                hint="Name another, or remove it.",
            )
        if not target.parent.is_dir():
            raise InputError("this file cannot be written: its folder is not there", file=name)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise InputError(f"this file cannot be written: {words}", file=name) from None
    return target


def _is_own_page(target: Path) -> bool:
    with target.open("rb") as handle:
        return REPORT_MARK.encode() in handle.read(2000)
