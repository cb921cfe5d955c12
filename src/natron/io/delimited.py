"""Tables of numbers in text: their delimiter and decimal sign, where they begin, what stands above."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from natron.data import DataError
from natron.io.columns import UNITS, unquoted

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?$|[+-]?(?:nan|inf)$", re.IGNORECASE)
_COMMA_NUMBER = re.compile(r"[+-]?(?:\d+,?\d*|,\d+)(?:[eEdD][+-]?\d+)?$|[+-]?(?:nan|inf)$", re.IGNORECASE)
_SAMPLE_LINES = 400
_SAMPLE_CHARS = 262_144
MAX_COLUMNS = 2000
"""More than any instrument writes; a line with more is damage, and must not cost minutes."""
_MAX_HEADER_CHARS = 4_000_000
_MAX_EXTRA = 1000
_GROWTH, _ALLOWANCE, _CELL_BYTES = 12, 64_000_000, 16
"""What a text may become as a table: a field takes 16 bytes, be it empty, and two in the text, be it one digit."""
_MANY_CHARS = 2_000_000
_MAX_WALK = 16_000_000
_MAX_BLOCKS = 2000
_NAMES = {"\t": "tab", ";": "semicolon", ",": "comma", " ": "white space", "|": "bar"}


@dataclass(frozen=True)
class Layout:
    """How a table is written: `delimiter` (a blank stands for any white space) and `decimal` sign."""

    delimiter: str
    decimal: str

    def split(self, line: str) -> list[str]:
        """The fields of `line`, without padding, quotes and a trailing delimiter."""
        if self.delimiter == " ":
            return line.split(None, MAX_COLUMNS)
        fields = [unquoted(field) for field in line.split(self.delimiter, MAX_COLUMNS)]
        while fields and not fields[-1]:
            fields.pop()
        return fields

    def is_number(self, field: str) -> bool:
        """Whether `field` is a number with this decimal sign."""
        return (_COMMA_NUMBER if self.decimal == "," else _NUMBER).match(field) is not None

    def __str__(self) -> str:
        decimal = "comma" if self.decimal == "," else "point"
        return f"fields parted by {_NAMES.get(self.delimiter, self.delimiter)}, decimal {decimal}"


_CANDIDATES = tuple(
    Layout(delimiter, decimal)
    for delimiter in ("\t", ";", ",", "|", " ")
    for decimal in (".", ",")
    if not delimiter == decimal == ","
)


@dataclass(frozen=True)
class Block:
    """A run of lines of numbers.

    Parameters
    ----------
    header : tuple of str
        The columns' names, empty where there is no line of names above.
    above : tuple of str
        The lines between the block before (or the file's start) and this one's header, without blank ones.
    line : int
        The first line of numbers, counted from 1.
    table : polars.DataFrame
        The fields as text, columns `0`, `1`, ….
    """

    header: tuple[str, ...]
    above: tuple[str, ...]
    line: int
    table: pl.DataFrame


def find_layout(text: str, *, at_least: int = 2) -> Layout | None:
    """The way the numbers in `text` are written, None where no two lines running look like a table.

    Judged by the longest run of lines with one number of fields, of which most are numbers; a tie goes to
    the decimal point.
    """
    text = text[:_SAMPLE_CHARS]
    lines = [line for line in text.split("\n", 4 * _SAMPLE_LINES)[: 4 * _SAMPLE_LINES] if line.strip()]
    best: tuple[float, Layout | None] = (0.0, None)
    for layout in _CANDIDATES:
        if layout.delimiter != " " and layout.delimiter not in text:
            continue
        score = run = numeric_fields = 0.0
        width = 0
        for line in lines:
            fields = layout.split(line[:20000])
            count = sum(map(layout.is_number, fields))
            if count < at_least or 2 * count < len([f for f in fields if f]):
                run, width = 0.0, 0
                continue
            run = run + 1 if len(fields) == width else 1.0
            width = len(fields)
            numeric_fields = count / max(1, len(fields))
            score = max(score, min(run, _SAMPLE_LINES) * count * numeric_fields)
        if score > best[0]:
            best = (score, layout)
    return best[1]


def find_blocks(text: str, layout: Layout, *, file: str) -> list[Block]:
    """Every run of at least one line of numbers in `text`, in order.

    Raises
    ------
    DataError
        Where there are more than 2000, or a large text is not one table from its first line of numbers on.
    """
    if len(text) <= _MANY_CHARS:
        return _walk(text, layout, file=file)
    blocks = _walk(text[: text.rfind("\n", 0, _MANY_CHARS // 8)], layout, file=file)
    if not blocks:
        return []
    # one long table, as every large file is: in one piece, for line by line it would take minutes
    first = blocks[-1]
    start = _line_start(text, first.line)
    width = first.table.width
    table = read_rows(text[start:], [str(k) for k in range(width)], layout, file=file)
    comma = layout.decimal == ","
    probe = table["0"].str.replace(",", ".", literal=True) if comma else table["0"]
    filled = table[str(width - 1)].is_not_null()
    if not (probe.str.contains(r"\d") & filled).head(len(table) - 1).all():
        if len(text) > _MAX_WALK:
            raise DataError(
                "the text is not one table of numbers from its first row on",
                file=file,
                given=f"{len(text)} characters, the table from line {first.line} is interrupted",
                allowed=f"several tables in up to {_MAX_WALK} characters",
                hint="Split the file, or remove the lines between the rows.",
            )
        return _walk(text, layout, file=file)
    return [*blocks[:-1], Block(first.header, first.above, first.line, table)]


def _line_start(text: str, line: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = text.find("\n", at) + 1
    return at


def _walk(text: str, layout: Layout, *, file: str) -> list[Block]:
    blocks: list[Block] = []
    above: list[str] = []
    rows: list[list[str]] = []
    first = 0

    def close() -> None:
        nonlocal above, rows
        if rows:
            header, rest = _header(above, len(rows[0]), layout)
            width = len(rows[0])
            if len(blocks) == _MAX_BLOCKS:
                raise DataError(
                    f"the numbers in the text are interrupted more than {_MAX_BLOCKS} times",
                    file=file,
                    given=f"the table from line {first}",
                    allowed=f"up to {_MAX_BLOCKS} tables",
                    hint="Split the file, or remove the lines between the rows.",
                )
            table = pl.DataFrame(
                {str(k): [row[k] if k < len(row) else None for row in rows] for k in range(width)},
                schema=dict.fromkeys(map(str, range(width)), pl.String),
            )
            blocks.append(Block(header, rest, first, table))
            above, rows = [], []

    lines = text.rstrip().split("\n")
    for number, line in enumerate(lines, start=1):
        fields = layout.split(line)
        count = sum(map(layout.is_number, fields[:6]))
        if count >= 2 and 2 * count >= len([field for field in fields[:6] if field]):
            # a shorter last line is a copy cut short, not another table
            if rows and len(fields) != len(rows[0]) and not (len(fields) < len(rows[0]) and number == len(lines)):
                close()
            if not rows:
                first = number
            rows.append(fields)
        else:
            close()
            if line.strip():
                above.append(line)
    close()
    return blocks


def _header(above: Sequence[str], width: int, layout: Layout) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names over a block of `width` columns, and the lines above them."""
    if not above:
        return (), ()
    names = _names(above[-1], width, layout)
    if names is None:
        return (), tuple(above)
    if len(above) > 1 and all(name in UNITS or not name or name in "#-" for name in names):
        upper = _names(above[-2], width, layout)
        if upper is not None:
            joined = tuple(f"{n} / {u}" if u in UNITS else n for n, u in zip(upper, names, strict=True))
            return joined, tuple(above[:-2])
    return names, tuple(above[:-1])


def _names(line: str, width: int, layout: Layout) -> tuple[str, ...] | None:
    """The fields of a line of names, by the table's delimiter or whatever else gives as many as columns."""
    bare = unquoted(line).lstrip("#%!").strip()
    attempts: tuple[Callable[[str], list[str]], ...] = (
        layout.split,
        lambda text: re.split(r"\s{2,}|\t", text.strip()),
        lambda text: [field.strip() for field in text.split(",")],
        lambda text: [field.strip() for field in text.split(";")],
        str.split,
    )
    for attempt in attempts:
        for candidate in (bare,) if line.lstrip()[:1] in tuple("#%!") else (line, bare):
            fields = attempt(candidate)
            if len(fields) == width and not any(layout.is_number(field) for field in fields if field):
                return tuple(unquoted(field) for field in fields)
    return None


def read_rows(
    body: str | bytes, headers: Sequence[str], layout: Layout, *, file: str, floats: bool = False
) -> pl.DataFrame:
    """The rows of `body`, one column per entry of `headers`; rows cut short end in nulls.

    Parameters
    ----------
    floats : bool
        Every column is a number; what is not one becomes null. Otherwise all columns are text.

    Raises
    ------
    DataError
        Where there is not one row.
    """
    if len(headers) > MAX_COLUMNS:
        raise DataError(
            f"the table has {len(headers)} columns",
            file=file,
            allowed=f"up to {MAX_COLUMNS}",
            hint="The file is damaged; export the measurement again.",
        )
    raw = body.encode() if isinstance(body, str) else body
    if layout.delimiter == " ":
        raw = re.sub(rb"[ \t]+", b"\t", re.sub(rb"(?m)^[ \t]+", b"", raw))
    separator = "\t" if layout.delimiter == " " else layout.delimiter
    raw = raw.lstrip(b"\n")
    if not raw.strip():
        raise _no_row(file)
    # polars takes the width from the first row and refuses another than the names': one longer, as a trailing
    # delimiter makes it, or one shorter
    first = raw[: raw.find(b"\n") if b"\n" in raw else len(raw)]
    extra = first.count(separator.encode()) + 1 - len(headers)
    if extra < 0:
        raw = first + separator.encode() * -extra + raw[len(first) :]
    names = unique([*headers, *[""] * max(0, min(extra, _MAX_EXTRA))])
    kind = pl.Float64 if floats else pl.String
    rows = raw.count(b"\n") + 1
    if rows * len(names) > (_GROWTH * len(raw) + _ALLOWANCE) // _CELL_BYTES:
        raise DataError(
            f"the table's {rows} rows are far shorter than its line of {len(headers)} names",
            file=file,
            given=f"{len(raw)} bytes for {rows * len(names)} fields",
            allowed="a field for each name",
            hint="The file is damaged, or its line of names belongs to another table; export it again.",
        )
    try:
        with warnings.catch_warnings():
            # polars guesses the number of rows with quotation marks counted, and says so where a lone one made
            # it wrong; the rows it hands back are right all the same
            warnings.filterwarnings("ignore", "CSV malformed", UserWarning)
            table = pl.read_csv(
                io.BytesIO(raw),
                has_header=False,
                separator=separator,
                schema=dict.fromkeys(names, kind),
                decimal_comma=layout.decimal == "," and floats,
                truncate_ragged_lines=True,
                ignore_errors=True,
                quote_char=None if floats else '"',
                null_values=None,
            )
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise DataError(
            "the table under the header cannot be read",
            file=file,
            given=str(error).splitlines()[0],
            allowed=f"rows of {len(names)} fields",
            hint="Export the measurement again; the file may be cut short or edited.",
        ) from error
    if table.is_empty():
        raise _no_row(file)
    # by place, for polars takes a name such as "*" for a pattern
    return table[:, : len(headers)]


def without_cut_row(body: str, layout: Layout) -> tuple[str, bool]:
    """The rows of `body` without a last one that breaks off before its last field, and whether there was one."""
    last = body.rfind("\n") + 1
    begin = len(body) - len(body.lstrip("\n"))
    if last in (0, len(body)) or begin >= last:
        return body, False
    first = body[begin : body.find("\n", begin)]
    if layout.delimiter == " ":
        cut = len(body[last:].split()) < len(first.split())
    else:
        cut = body.count(layout.delimiter, last) < first.count(layout.delimiter)
    return (body[:last], True) if cut else (body, False)


CUT_ROW = "the last row breaks off and was left out: the copy may be cut short"


def _no_row(file: str) -> DataError:
    return DataError(
        "the file has a header but no row of data",
        file=file,
        hint="The measurement was stopped before its first point, or the copy was cut short.",
    )


@dataclass(frozen=True)
class Sheet:
    """A table under one line of names, its fields as text, with the lines above it."""

    above: tuple[str, ...]
    names: tuple[str, ...]
    layout: Layout
    table: pl.DataFrame
    notes: tuple[str, ...]
    """How it is written, and whether its last row breaks off."""


def read_sheet(text: str, is_header: Callable[[str], bool], *, file: str, what: str) -> Sheet:
    """The table under the first line that `is_header` accepts.

    Raises
    ------
    DataError
        Where there is no such line, or nothing under it.
    """
    above: list[str] = []
    at = 0
    while at < min(len(text), _MAX_HEADER_CHARS):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        if is_header(line):
            layout = _layout_of(line, text[end + 1 : end + 20_000])
            names = tuple(unique(layout.split(line)))
            return sheet_under(tuple(above), names, layout, text[end + 1 :], file=file)
        above.append(line)
        at = end + 1
    raise DataError(
        f"the file has no line of column names as {what} writes it",
        file=file,
        given=f"{len(above)} lines, the first {above[0][:60]!r}" if above else "nothing",
        hint="The copy may be cut short; export the measurement again.",
    )


def sheet_under(above: tuple[str, ...], names: tuple[str, ...], layout: Layout, body: str, *, file: str) -> Sheet:
    """The sheet whose rows are `body`.

    Raises
    ------
    DataError
        Where there is no row.
    """
    body, cut = without_cut_row(body, layout)
    notes = (str(layout), *([CUT_ROW] if cut else []))
    return Sheet(above, names, layout, read_rows(body, names, layout, file=file), notes)


def _layout_of(header: str, body: str) -> Layout:
    """The delimiter of a line of names, and the decimal sign of the rows under it."""
    delimiter = max(("\t", ";", ",", "|"), key=header.count)
    if header.count(delimiter) == 0:
        delimiter = " "
    comma = delimiter != "," and re.search(r"\d,\d", body) is not None and not re.search(r"\d\.\d", body)
    return Layout(delimiter, "," if comma else ".")


def unique(headers: Sequence[str]) -> list[str]:
    """`headers` with nameless ones numbered and repeated ones marked, as a table's names must differ."""
    names: list[str] = []
    taken: set[str] = set()
    for k, header in enumerate(headers):
        name = header.strip() or f"column {k + 1}"
        if name in taken:
            name = f"{name} (column {k + 1})"
        taken.add(name)
        names.append(name)
    return names
