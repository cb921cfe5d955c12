"""Files named by what is in them: written whole or not at all, and checked when read."""

from __future__ import annotations

import os
import socket
import time
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from natron.store.errors import DamagedError

ABANDONED_S = 86400.0
"""Age from which a temporary file of another machine, whose processes cannot be seen from here, is no longer in use."""


class Objects:
    """A folder of files, each under the SHA-256 of its content.

    Writing goes to a temporary file, to the disk, under its name, and the folder to the disk, in that order: after
    `put` returns, the file survives a kill or a loss of power; before, it is not there under its name.

    Parameters
    ----------
    folder : Path
        Of the store; holds ``objects/`` and ``temp/``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "objects"
        self.temp = folder / "temp"

    def make(self) -> None:
        """The folders, where they are missing."""
        for folder in (self.folder, self.temp):
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Where the object ``SHA256.suffix`` lies."""
        return self.folder / name[:2] / name

    def put(self, content: bytes, suffix: str) -> str:
        """Keep `content`; its name. The same content twice is one file."""
        name = f"{sha256(content).hexdigest()}.{suffix}"
        target = self.path(name)
        if not _holds(target, content):
            target.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(self.folder)
            replace_whole(target, content, self.temp)
        # the one who wrote it may have been killed before its name reached the disk
        sync_folder(target.parent)
        return name

    def get(self, name: str) -> bytes:
        """The content of an object.

        Raises
        ------
        DamagedError
            Where it is missing, or is not what was written.
        """
        try:
            content = self.path(name).read_bytes()
        except OSError as error:
            raise DamagedError(
                f"a file of the store cannot be read: {error.strerror}",
                file=str(self.path(name)),
                hint="Do the analysis again: it is then kept anew. Everything else can still be read.",
            ) from error
        self.check(name, content)
        return content

    def check(self, name: str, content: bytes) -> None:
        """That `content` is what the object `name` was written with.

        Raises
        ------
        DamagedError
        """
        if sha256(content).hexdigest() != name.partition(".")[0]:
            raise DamagedError(
                "a file of the store is not what was written",
                file=str(self.path(name)),
                given=f"{len(content)} bytes with another digest",
                hint="Remove it and do the analysis again: it is then kept anew. Everything else can still be read.",
            )

    def sweep(self) -> int:
        """Remove the temporary files of writers that are no more; how many there were."""
        removed = 0
        for left in self.temp.glob("*.part"):
            if _abandoned(left):
                left.unlink(missing_ok=True)
                removed += 1
        return removed


def replace_whole(target: Path, content: bytes, temporary_folder: Path) -> None:
    """Write a file so that there is the old one or the new one whole, whatever happens meanwhile."""
    temporary = temporary_folder / f"{socket.gethostname()}.{os.getpid()}.{uuid4().hex}.part"
    try:
        with temporary.open("xb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """The names in a folder to the disk; Windows has no such call and needs none."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _holds(target: Path, content: bytes) -> bool:
    # a damaged file is found out here and written anew
    return target.is_file() and target.stat().st_size == len(content) and target.read_bytes() == content


def _abandoned(left: Path) -> bool:
    try:
        age_s = time.time() - left.stat().st_mtime
    except OSError:
        return False
    host, _, rest = left.name.rpartition(".part")[0].rpartition(".")[0].rpartition(".")
    if host == socket.gethostname() and rest.isdecimal() and os.name == "posix":
        try:
            os.kill(int(rest), 0)
        except ProcessLookupError:
            return True
        except OSError:
            return age_s > ABANDONED_S
    return age_s > ABANDONED_S
