"""A file as the readers see it: bytes and text, read once and within bounds."""

from __future__ import annotations

import codecs
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from natron.data import DataError

MAX_FILE_BYTES = 2 * 1024**3
MAX_LINE_CHARS = 4 * 1024**2
_HEAD_BYTES = 64 * 1024
_PROBED_BYTES = 16 * 1024**2
"""From this size on a file is probed for zeros before it is read as a whole."""
_PROBES, _PROBE_BYTES, _MOSTLY = 64, 4096, 0.5
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Source:
    """One file on disk: where it is, how large, and its first 64 KiB; the rest is read when asked for.

    Raises
    ------
    DataError
        From `raw` and `text`, where the file holds what no text or instrument file holds.
    """

    path: Path
    size: int
    head: bytes

    @property
    def name(self) -> str:
        """The file as the user named it."""
        return str(self.path)

    @property
    def suffix(self) -> str:
        """The extension in lower case, with its dot."""
        return self.path.suffix.lower()

    @cached_property
    def raw(self) -> bytes:
        """The whole file."""
        try:
            with self.path.open("rb") as file:
                return file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def part(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset` on, without reading the rest."""
        if "raw" in self.__dict__:
            return self.raw[offset : offset + length]
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                return file.read(length)
        except OSError as error:
            raise _unreadable(self.path, error) from error

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the whole file, in hexadecimal."""
        return sha256(self.raw).hexdigest()

    @cached_property
    def encoding(self) -> str | None:
        """The text encoding of the head, or None where it is not text."""
        return text_encoding(self.head)

    @cached_property
    def head_text(self) -> str:
        """The head as text with plain line ends; empty where the file is binary."""
        if self.encoding is None:
            return ""
        return plain_lines(_decode(self.head, self.encoding))

    @cached_property
    def text(self) -> str:
        """The whole file as text with plain line ends.

        UTF-8 and UTF-16 (with or without its mark) are recognised; anything else is taken as Latin-1, in
        which instruments write µ, ° and ², so that a letter is never a reason to lose the numbers.
        """
        if self.encoding is None or ("16" not in self.encoding and b"\0" in self.raw):
            raise DataError(
                "the file holds binary data where text was expected",
                file=self.name,
                allowed="an instrument's text export, or one of the binary formats natron knows",
                hint="Export the measurement as text from the instrument's software, or check that the copy "
                "is complete.",
            )
        text = plain_lines(_decode(self.raw, self.encoding))
        start = 0
        while start < len(text):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            if end - start > MAX_LINE_CHARS:
                raise DataError(
                    f"a line of the file is {end - start} characters long",
                    file=self.name,
                    allowed=f"lines of up to {MAX_LINE_CHARS} characters",
                    hint="This is not a table of measurements; check that it is the right file.",
                )
            start = end + 1
        return text


def open_source(path: str | os.PathLike[str]) -> Source:
    """The file at `path`, looked at but not yet read.

    Raises
    ------
    DataError
        Where there is no file, it is a directory or a device, it is empty, or it is larger than 2 GiB.
    """
    where = Path(path)
    try:
        status = where.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DataError(
                "this is a directory, not a file",
                file=str(where),
                allowed="one instrument file",
                hint="Give the files in it one by one.",
            )
        if not stat.S_ISREG(status.st_mode):
            raise DataError("this is a device or a pipe, not a file", file=str(where), allowed="a file on disk")
        with where.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            zeros = _share_of_zeros(file, status.st_size)
    except (OSError, ValueError) as error:
        raise _unreadable(where, error) from error
    if status.st_size == 0 or not head:
        raise DataError("the file is empty", file=str(where), hint="Export or copy it again.")
    if status.st_size > MAX_FILE_BYTES:
        raise DataError(
            f"the file is {status.st_size / 1024**3:.1f} GiB large",
            file=str(where),
            allowed=f"up to {MAX_FILE_BYTES / 1024**3:.0f} GiB",
            hint="Split the export into parts and join them with natron.io.join.",
        )
    if not head.strip(b"\0"):
        raise DataError(
            f"the file begins with {len(head)} zero bytes and holds no measurement",
            file=str(where),
            hint="The copy or the disk it came from is damaged; copy it again from the instrument.",
        )
    if zeros > _MOSTLY:
        raise DataError(
            f"{zeros:.0%} of the file is zero bytes",
            file=str(where),
            hint="The copy or the disk it came from is damaged; copy it again from the instrument.",
        )
    return Source(where, status.st_size, head)


def _share_of_zeros(file: BinaryIO, size: int) -> float:
    """Which share of a large file's blocks, taken evenly over it, is nothing but zeros; 0 for a small one."""
    if size < _PROBED_BYTES:
        return 0.0
    zeros = 0
    for k in range(_PROBES):
        file.seek(k * (size - _PROBE_BYTES) // (_PROBES - 1))
        zeros += not any(file.read(_PROBE_BYTES))
    return zeros / _PROBES


def text_encoding(head: bytes) -> str | None:
    """The encoding of text that begins with `head`: UTF-8, UTF-16 or Latin-1; None for binary data."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        for at, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            zeros = head[at::2].count(0)
            if zeros > 0.9 * (len(head) // 2) and head[1 - at :: 2].count(0) < 0.05 * len(head):
                return encoding
        return None
    control = sum(head.count(bytes([code])) for code in range(32) if code not in b"\t\n\r\f\v\x1a\x1b")
    if control > 0.01 * len(head):
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def plain_lines(text: str) -> str:
    """`text` with every line end (CR LF, CR, and the CR CR LF of some exports) as one line feed."""
    if "\r" not in text:
        return text
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def _decode(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        # UTF-8 in the first 64 KiB and another letter later, or a head cut inside one: every number survives.
        return raw.decode(encoding, errors="replace")


def _unreadable(path: Path, error: Exception) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError("there is no such file", file=str(path), hint="Check the path and the current directory.")
    reason = getattr(error, "strerror", None) or str(error)
    return DataError(f"the file cannot be opened ({reason})", file=str(path), hint="Check its permissions.")
