"""Zip archives that some instruments write: looked at before they are opened, so that none is a bomb."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from natron.data import DataError
from natron.io.source import Source

SIGNATURE = b"PK\x03\x04"
_MAX_MEMBERS = 10_000
_GROWTH, ALLOWANCE = 10, 48 * 1024**2
_CHUNK = 1024**2


def check_archive(source: Source, maker: str, allowance: int = ALLOWANCE) -> tuple[str, ...]:
    """The names in an archive, once it is known to be whole and to unpack to no more than it may.

    That is ten times its size and `allowance` in bytes, by what the archive itself says.

    Raises
    ------
    DataError
        Where it is damaged, or unpacks to more.
    """
    try:
        with zipfile.ZipFile(source.path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged(source, error) from error
    total = sum(member.file_size for member in members)
    allowed = _GROWTH * source.size + allowance
    if total > allowed or len(members) > _MAX_MEMBERS:
        raise DataError(
            f"the archive of {source.size} bytes unpacks to {total} bytes in {len(members)} files",
            file=source.name,
            allowed=f"up to {allowed} bytes",
            hint=f"No {maker} file does that; it is not opened.",
        )
    return tuple(member.filename for member in members)


def unpacked(source: Source, name: str) -> Iterator[bytes]:
    """A member of the archive piece by piece, each of at most 1 MiB.

    Raises
    ------
    DataError
        Where it is damaged.
    """
    try:
        with zipfile.ZipFile(source.path) as archive, archive.open(name) as member:
            while piece := member.read(_CHUNK):
                yield piece
    # zlib's error is no OSError, and encryption is a RuntimeError
    except Exception as error:
        raise _damaged(source, error) from error


def _damaged(source: Source, error: Exception) -> DataError:
    return DataError(
        "the archive is damaged",
        file=source.name,
        given=str(error)[:200],
        hint="The copy may be cut short; copy it again from the instrument.",
    )
