"""TOML text to a `Cell`, and a cell to a changed one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from pydantic import BaseModel

from natron.cell.description import Cell
from natron.cell.simulated import simulation_schema
from natron.core import CellError, did_you_mean
from natron.core.schema import parse_toml, validate


def parse_cell(text: str, *, file: str | None = None, changes: Mapping[str, object] | None = None) -> Cell:
    """A cell file's text to a `Cell`.

    Parameters
    ----------
    text : str
        TOML.
    file : str, optional
        Its name, for messages.
    changes : mapping of dotted keys to raw values, optional
        Applied before checking, as ``natron design --set`` does.

    Raises
    ------
    CellError
        For anything that does not describe a cell: where, what was given, what is allowed.
    """
    raw = parse_toml(text, file=file, raises=CellError)
    for key, value in (changes or {}).items():
        set_key(raw, key, value)
    return build_cell(raw, file=file)


def build_cell(raw: Mapping[str, Any], *, file: str | None = None) -> Cell:
    """A mapping shaped like a cell file to a `Cell`.

    Raises
    ------
    CellError
    """
    return validate(Cell, raw, file=file, raises=CellError)


def set_key(raw: dict[str, Any], key: str, value: object) -> None:
    """Set a dotted key in a nested mapping, making tables on the way; numbers index lists.

    Raises
    ------
    CellError
        Where the key leads through something that is not a table.
    """
    parts = _split(key)
    if not parts:
        raise CellError(
            "this is not a key", key=key,
            allowed='dotted names, such as separator.thickness; with a name in quotes that has dots itself: '
            'simulation."separator.thickness"',
        )  # fmt: skip
    here: Any = raw
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        if isinstance(here, list):
            if not part.isdecimal() or int(part) >= len(here):
                raise CellError("there is no such entry", key=key, given=part, allowed=f"0 to {len(here) - 1}")
            part = int(part)  # type: ignore[assignment]
        elif not isinstance(here, dict):
            raise CellError("this key leads through a value that is not a table", key=key)
        if following is None:
            here[part] = value
        elif isinstance(here, dict):
            here = here.setdefault(part, {})
        else:
            here = here[part]


_NAME = r'"[^"]+"|[^."]+'


def _split(key: str) -> list[str]:
    """The names of a dotted key, each plain or in quotes; none where it is no key."""
    if not re.fullmatch(rf"(?:{_NAME})(?:\.(?:{_NAME}))*", key):
        return []
    return [name.strip('"') for name in re.findall(_NAME, key)]


def changed(cell: Cell, changes: Mapping[str, object]) -> Cell:
    """The cell with some values replaced, checked anew.

    Parameters
    ----------
    cell : Cell
    changes : Mapping[str, object]
        Dotted keys to texts or quantities; None removes a value.

    Raises
    ------
    CellError
    """
    raw = _as_mapping(cell)
    for key, value in changes.items():
        set_key(raw, key, value)
    return build_cell(raw)


def _as_mapping(part: BaseModel) -> dict[str, Any]:
    return {name: _plain(getattr(part, name)) for name in part.model_fields_set}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _as_mapping(value) | ({"type": value.type} if hasattr(value, "type") else {})
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


@lru_cache(maxsize=1)
def built_in_texts() -> Mapping[str, str]:
    """TOML texts of the cells that ship with natron, by name."""
    folder = resources.files("natron.cell") / "builtin"
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda item: item.name)
        if entry.name.endswith(".toml")
    }


def new_cell_text(name: str, source: str | None = None) -> str:
    """A cell file to start from, under a name of its own.

    Parameters
    ----------
    name : str
        Of the new cell; what a name cannot hold is left out.
    source : str, optional
        A built-in cell to start from; without one, a small whole cell with its keys explained.

    Raises
    ------
    CellError
        Where there is no built-in cell of that name.
    """
    if source is None:
        text = (resources.files("natron.cell") / "template.toml").read_text(encoding="utf-8")
    else:
        built_in(source)
        text = built_in_texts()[source]
    plain = re.sub(r"[^\w .,+-]", "", name).strip()[:100] or "new cell"
    return re.sub(r'^name = ".*"$', f'name = "{plain}"', text, count=1, flags=re.MULTILINE)


@lru_cache(maxsize=64)
def built_in(name: str) -> Cell:
    """A cell that ships with natron.

    Raises
    ------
    CellError
        Where there is none of that name; names the nearest.
    """
    texts = built_in_texts()
    if name not in texts:
        raise CellError(
            "no built-in cell has this name",
            given=name,
            hint=f"{did_you_mean(name, texts)} See: natron cell list",
        )
    return parse_cell(texts[name], file=name)


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the cell file."""
    schema = Cell.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "natron cell file"
    schema["properties"]["materials"] = {
        "type": "object",
        "description": schema["properties"]["materials"]["description"],
        "additionalProperties": {"type": "object"},
    }
    schema["properties"]["simulation"] = simulation_schema()
    return json.loads(json.dumps(schema))  # type: ignore[no-any-return]
