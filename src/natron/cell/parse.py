"""TOML text to a `Cell`, with every fault said in the words of the file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from natron.cell.description import Cell, MetalElectrode, Part, PorousElectrode
from natron.core import CellError, InputError, did_you_mean

MAX_BYTES = 1_000_000
"""A cell file is a page or two; a file larger than this is not one."""


def parse_toml(text: str, *, file: str | None = None) -> dict[str, Any]:
    """TOML text to a dict.

    Raises
    ------
    CellError
        Where the text is too long or is not TOML; says the line.
    """
    if len(text) > MAX_BYTES:
        raise CellError(
            "this file is too large", file=file, given=f"{len(text)} characters", allowed="up to 1 MB"
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CellError(
            f"this is not valid TOML: {str(error).rstrip('.')}",
            file=file,
            hint='Values are written as key = "50 ± 4 µm".',
        ) from error
    except (RecursionError, ValueError) as error:
        raise CellError("this TOML cannot be read: a value is too deep or too long", file=file) from error


def parse_cell(
    text: str, *, file: str | None = None, changes: Mapping[str, object] | Iterable[tuple[str, object]] = ()
) -> Cell:
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
    raw = parse_toml(text, file=file)
    for key, value in dict(changes).items():
        set_key(raw, key, value)
    return build_cell(raw, file=file)


def build_cell(raw: Mapping[str, Any], *, file: str | None = None) -> Cell:
    """A mapping shaped like a cell file to a `Cell`.

    Raises
    ------
    CellError
    """
    try:
        return Cell.model_validate(raw)
    except ValidationError as error:
        raise _explain(error, file) from None
    except RecursionError as error:
        raise CellError("this cell is nested too deeply", file=file) from error


def set_key(raw: dict[str, Any], key: str, value: object) -> None:
    """Set a dotted key in a nested mapping, making tables on the way; numbers index lists.

    Raises
    ------
    CellError
        Where the key leads through something that is not a table.
    """
    parts = _split(key)
    if not all(parts):
        raise CellError("this is not a key", key=key, allowed='dotted names, such as "separator.thickness"')
    here: Any = raw
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        if isinstance(here, list):
            if not part.isdecimal() or int(part) >= len(here):
                raise CellError(
                    "there is no such entry", key=key, given=part, allowed=f"0 to {len(here) - 1}"
                )
            part = int(part)  # type: ignore[assignment]
        elif not isinstance(here, dict):
            raise CellError("this key leads through a value that is not a table", key=key)
        if following is None:
            here[part] = value
        elif isinstance(here, dict):
            here = here.setdefault(part, {})
        else:
            here = here[part]


def _split(key: str) -> list[str]:
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]+)"|([^."]*)(?:\.|$)', key)][
        : key.count(".") + 1
    ]


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


def _explain(error: ValidationError, file: str | None) -> CellError:
    """The first fault of a failed validation, unknown keys first: they explain missing ones."""
    faults = sorted(error.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
    fault = faults[0]
    location = [str(part) for part in fault["loc"]]
    if location[:1] == ["positive"] and location[1:2] in (["metal"], ["porous"]):
        del location[1]  # pydantic names the kind of electrode it tried; the file does not
    key = ".".join(location)
    inner = fault.get("ctx", {}).get("error")
    if isinstance(inner, InputError):
        full = ".".join(part for part in (key, inner.key) if part)
        return CellError(
            inner.problem,
            file=file,
            key=full or None,
            given=inner.given,
            allowed=inner.allowed,
            hint=inner.hint,
        )
    kind_of_fault = fault["type"]
    if kind_of_fault == "extra_forbidden":
        known = _fields_at(location[:-1])
        return CellError(
            f'unknown key "{location[-1][:60]}"',
            file=file,
            key=key[:120],
            hint=did_you_mean(location[-1], known),
        )
    if kind_of_fault == "missing":
        return CellError("this key is missing", file=file, key=key, allowed=_described(location))
    if kind_of_fault.startswith("union_tag"):
        return CellError('say which electrode this is: type = "metal" or type = "porous"', file=file, key=key)
    return CellError(
        fault["msg"][0].lower() + fault["msg"][1:], file=file, key=key or None, given=fault["input"]
    )


def _fields_at(location: list[str]) -> Mapping[str, FieldInfo]:
    """Known keys of the table at a dotted place."""
    tables: list[type[BaseModel]] = [Cell]
    for part in location:
        if part.isdecimal():
            continue
        following: list[type[BaseModel]] = []
        for table in tables:
            if part in table.model_fields:
                following += _tables_in(table.model_fields[part].annotation)
        tables = following
    known: dict[str, FieldInfo] = {}
    for table in tables:
        known |= table.model_fields
    return known


def _tables_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for argument in get_args(annotation) for found in _tables_in(argument)]


def _described(location: list[str]) -> str | None:
    info = _fields_at(location[:-1]).get(location[-1])
    return info.description.rstrip(".") if info and info.description else None


@lru_cache(maxsize=1)
def built_in_texts() -> Mapping[str, str]:
    """TOML texts of the cells that ship with natron, by name."""
    folder = resources.files("natron.cell") / "builtin"
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda item: item.name)
        if entry.name.endswith(".toml")
    }


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
    return json.loads(json.dumps(schema))  # type: ignore[no-any-return]


__all__ = [
    "MAX_BYTES",
    "MetalElectrode",
    "Part",
    "PorousElectrode",
    "build_cell",
    "built_in",
    "built_in_texts",
    "changed",
    "json_schema",
    "parse_cell",
    "parse_toml",
    "set_key",
]
