"""Kept results as JSON: lists of them, one opened, several side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from natron.report.as_json import SCHEMA_VERSION
from natron.store import Entry, Exported, Kept, Number


@dataclass(frozen=True)
class Row:
    """One quantity that several results have.

    Attributes
    ----------
    place : str
    name : str
    unit : str
    numbers : tuple of Number or None
        One for each result; None where it has none of that place and unit.
    """

    place: str
    name: str
    unit: str
    numbers: tuple[Number | None, ...]

    @property
    def differs(self) -> bool:
        """Whether two results have another value or uncertainty."""
        return len({(n.value, n.uncertainty) for n in self.numbers if n is not None}) > 1


def side_by_side(results: Sequence[Kept], only: Sequence[str] = ()) -> list[Row]:
    """The quantities that two results or more have in the same place and unit: those that differ, then the others.

    Parameters
    ----------
    results : sequence of Kept
    only : sequence of str
        Names or places wanted; all where empty.
    """
    by_result = [{(number.place, number.unit): number for number in kept.numbers} for kept in results]
    places = dict.fromkeys(key for numbers in by_result for key in numbers)
    rows = []
    for place, unit in places:
        numbers = tuple(found.get((place, unit)) for found in by_result)
        name = next(number.name for number in numbers if number is not None)
        if sum(number is not None for number in numbers) < 2 or (only and name not in only and place not in only):
            continue
        rows.append(Row(place, name, unit, numbers))
    return sorted(rows, key=lambda row: not row.differs)


def entry_json(entry: Entry) -> dict[str, Any]:
    """One line of a list."""
    return {
        "id": entry.id,
        "command": entry.command,
        "title": entry.title,
        "status": entry.status,
        "kept": entry.kept,
        "code": entry.code,
        "settings": dict(entry.settings),
        "files": [{"name": raw.name, "sha256": raw.sha256, "path": raw.path, "bytes": raw.size} for raw in entry.raws],
        "figures": list(entry.figures),
    }


def found_json(entries: Sequence[Entry], numbers: dict[str, Number] | None) -> dict[str, Any]:
    """As ``natron find --json`` prints it; with the number that was searched for beside each."""
    listed = []
    for entry in entries:
        one = entry_json(entry)
        if numbers is not None:
            one["number"] = _number(numbers[entry.id])
        listed.append(one)
    return {"schema_version": SCHEMA_VERSION, "results": listed}


def shown_json(kept: Kept) -> dict[str, Any]:
    """As ``natron show --json`` prints it: the entry, and under ``content`` what its command printed."""
    return {"schema_version": SCHEMA_VERSION, **entry_json(kept.entry), "content": dict(kept.content)}


def compared_json(results: Sequence[Kept], rows: Sequence[Row]) -> dict[str, Any]:
    """As ``natron compare --json`` prints it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "results": [entry_json(kept.entry) for kept in results],
        "rows": [
            {"place": row.place, "name": row.name, "values": [None if n is None else _quantity(n) for n in row.numbers]}
            for row in rows
        ],
    }


def exported_json(found: Exported) -> dict[str, Any]:
    """As ``natron export --json`` prints it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "folder": str(found.folder),
        "results": found.results,
        "files": found.files,
        "left_out": list(found.left_out),
    }


def _number(number: Number) -> dict[str, Any]:
    return {"place": number.place, **_quantity(number)}


def _quantity(number: Number) -> dict[str, Any]:
    return {"value": number.value, "uncertainty": number.uncertainty, "unit": number.unit}
