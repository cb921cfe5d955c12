"""natron's frozen values as JSON and columns, and back as the same types: no pickle, and no code from a file.

A dataclass of natron is its fields under its name, an array of more than `INLINE` values is a column of a table, and
everything else is JSON's own, with a mark (a key that begins with ``$``) where JSON has no word for it: a tuple is a
list, a list is ``{"$list": …}``, a number that is not finite ``{"$float": "nan"}``. Numbers come back to the last bit.

What is worked out from other fields by a function that cannot be written down (a stack's relation, a circuit's tree)
is made again from those fields.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING, Any

from natron.core import InputError
from natron.store.errors import DamagedError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

INLINE = 128
"""Values up to which an array stands in the JSON itself."""

_DTYPES = ("f", "i", "u", "b", "c")


class NotKeepableError(InputError):
    """A value has a part that cannot be written down; says which."""


class Tables:
    """Tables that go beside a JSON document: arrays by length, and whole tables."""

    def __init__(self) -> None:
        self._columns: dict[int, dict[str, Any]] = {}
        self._places: dict[int, tuple[Any, list[str]]] = {}
        self._whole: dict[str, pl.DataFrame] = {}

    def add_array(self, values: Any) -> list[str]:
        """Where a flat array of floats, integers or booleans went: table and column; the same one twice goes once."""
        known = self._places.get(id(values))
        if known is None:
            columns = self._columns.setdefault(len(values), {})
            place = [f"n{len(values)}", f"c{len(columns)}"]
            columns[place[1]] = values
            # the array is held, so that no other can take its id
            known = self._places[id(values)] = (values, place)
        return known[1]

    def add_table(self, table: pl.DataFrame) -> str:
        """Where a table went."""
        name = f"t{len(self._whole)}"
        self._whole[name] = table
        return name

    def frames(self) -> dict[str, pl.DataFrame]:
        """Everything, by name."""
        if not self._columns and not self._whole:
            return {}
        import polars as pl

        return {f"n{length}": pl.DataFrame(columns) for length, columns in self._columns.items()} | self._whole


class _Digests(Tables):
    """In place of columns, what is in them: two values that are equal are the same, shared arrays or not."""

    def add_array(self, values: Any) -> list[str]:
        return [str(values.dtype), sha256(values.tobytes()).hexdigest()]

    def add_table(self, table: pl.DataFrame) -> str:
        found = sha256()
        for series in table:
            found.update(f"{series.name} {series.dtype}".encode())
            found.update(series.rechunk().to_frame().write_ipc(None).getvalue())
        return found.hexdigest()


def digest(value: object) -> str:
    """SHA-256 of a value: the same numbers, texts and types give the same digest."""
    text = json.dumps(encode(value, _Digests()), sort_keys=True, allow_nan=False)
    return sha256(text.encode()).hexdigest()


def encode(value: object, tables: Tables) -> Any:
    """`value` in JSON's own types; long arrays and tables go to `tables`.

    Raises
    ------
    NotKeepableError
        Where a part of it is neither a number, a text, an array, a table nor a frozen value of natron.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": repr(float(value))}
    if isinstance(value, complex):
        return {"$complex": [encode(float(value.real), tables), encode(float(value.imag), tables)]}
    if type(value) is tuple:
        return [encode(item, tables) for item in value]
    if isinstance(value, list):
        return {"$list": [encode(item, tables) for item in value]}
    if isinstance(value, set | frozenset):
        return {"$set": sorted((encode(item, tables) for item in value), key=repr)}
    name = _name(type(value))
    if name in _MADE_AGAIN:
        return {"$type": name, "of": encode(_MADE_AGAIN[name][0](value), tables)}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: encode(item, tables) for key, item in value.items()}
        return {"$pairs": [[encode(key, tables), encode(item, tables)] for key, item in value.items()]}
    if dataclasses.is_dataclass(value) and name.startswith("natron."):
        fields = {f.name: encode(getattr(value, f.name), tables) for f in dataclasses.fields(value) if f.init}
        return {"$type": name} | fields
    return _encode_foreign(value, tables)


def _encode_foreign(value: Any, tables: Tables) -> Any:
    """Arrays, tables and NumPy's numbers; those libraries are there already where such a value is."""
    module = type(value).__module__.partition(".")[0]
    if module == "numpy":
        import numpy as np

        if isinstance(value, np.generic):
            return encode(value.item(), tables)
        if isinstance(value, np.ndarray) and value.dtype.kind in _DTYPES:
            return _encode_array(value, tables)
        if isinstance(value, np.ndarray) and value.dtype.kind == "U":
            return {"$array": "str", "shape": list(value.shape), "values": value.ravel().tolist()}
    if module == "polars":
        return {"$table": tables.add_table(value)}
    raise NotKeepableError("this cannot be written down", given=f"a {_name(type(value))}")


def _encode_array(array: np.ndarray[Any, Any], tables: Tables) -> dict[str, Any]:
    import numpy as np

    said: dict[str, Any] = {"$array": array.dtype.name, "shape": list(array.shape)}
    # a contiguous flat array is its own ravel, so that the same array twice is stored once
    flat = array if array.ndim == 1 and array.flags.c_contiguous else np.ravel(array)
    if flat.dtype.kind == "c":
        parts = [np.ascontiguousarray(flat.real), np.ascontiguousarray(flat.imag)]
    else:
        parts = [flat]
    if len(flat) > INLINE:
        return said | {"columns": [tables.add_array(part) for part in parts]}
    if flat.dtype.kind == "c":
        return said | {"values": [[_plain(v) for v in part.tolist()] for part in parts]}
    return said | {"values": [_plain(v) for v in flat.tolist()]}


def _plain(number: Any) -> Any:
    return number if not isinstance(number, float) or math.isfinite(number) else repr(number)


def decode(stored: Any, table: Callable[[str], pl.DataFrame]) -> Any:
    """The value that `encode` wrote; `table` gives a table by name.

    Raises
    ------
    DamagedError
        Where it is not what `encode` writes, or has a type that this natron does not have.
    """
    if isinstance(stored, list):
        return tuple(decode(item, table) for item in stored)
    if not isinstance(stored, dict):
        return stored
    mark = next((key for key in stored if key.startswith("$")), None)
    if mark is None:
        return {key: decode(item, table) for key, item in stored.items()}
    if mark == "$float":
        return float(stored[mark])
    if mark == "$complex":
        return complex(*(decode(part, table) for part in stored[mark]))
    if mark == "$list":
        return [decode(item, table) for item in stored[mark]]
    if mark == "$set":
        return frozenset(decode(item, table) for item in stored[mark])
    if mark == "$pairs":
        return {decode(key, table): decode(item, table) for key, item in stored[mark]}
    if mark == "$table":
        return table(stored[mark])
    if mark == "$array":
        return _decode_array(stored, table)
    if mark == "$type":
        return _decode_type(stored, table)
    raise DamagedError("this is not a kept result", given=mark)


def _decode_array(stored: dict[str, Any], table: Callable[[str], pl.DataFrame]) -> Any:
    import numpy as np

    if "columns" in stored:
        parts = [table(name)[column].to_numpy() for name, column in stored["columns"]]
    elif stored["$array"] == "str":
        return np.array(stored["values"], dtype=str).reshape(stored["shape"])
    else:
        raw = stored["values"] if stored["$array"].startswith("complex") else [stored["values"]]
        kind = "float64" if stored["$array"].startswith("complex") else stored["$array"]
        parts = [np.array([float(v) if isinstance(v, str) else v for v in part], dtype=kind) for part in raw]
    flat = parts[0] + 1j * parts[1] if len(parts) == 2 else parts[0]
    if len(parts) == 2:
        # 1j·∞ has a real part that is no number
        flat = np.empty(len(parts[0]), complex)
        flat.real, flat.imag = parts
    return flat.astype(stored["$array"], copy=False).reshape(stored["shape"])


def _decode_type(stored: dict[str, Any], table: Callable[[str], pl.DataFrame]) -> Any:
    name = stored["$type"]
    if name in _MADE_AGAIN:
        return _MADE_AGAIN[name][1](decode(stored["of"], table))
    kind = _type(name)
    fields = {key: decode(item, table) for key, item in stored.items() if key != "$type"}
    try:
        return kind(**fields)
    except TypeError as error:
        raise _other_version(name) from error


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


@lru_cache(maxsize=256)
def _type(name: str) -> type:
    """A dataclass of natron by its name; nothing else can be named."""
    module, _, qualified = name.partition(":")
    words = module.split(".")
    if words[0] != "natron" or any(word.startswith("__") for word in words):
        raise DamagedError("a kept result names a type that is not natron's", given=name)
    try:
        found: Any = import_module(module)
        for word in qualified.split("."):
            found = getattr(found, word)
    except (ImportError, AttributeError) as error:
        raise _other_version(name) from error
    if not (isinstance(found, type) and dataclasses.is_dataclass(found) and found.__module__ == module):
        raise DamagedError("a kept result names something that is not a type of natron", given=name)
    return found


def _other_version(name: str) -> DamagedError:
    return DamagedError(
        "this result was kept by another version of natron, whose types were others",
        given=name,
        hint="Its numbers can still be read: natron show ID --json. Do the analysis again to have it in Python.",
    )


# --- what is made again ---------------------------------------------------------------------------------


def _circuit_again(text: str) -> Any:
    from natron.eis import parse_circuit

    return parse_circuit(text)


def _cell_fields(cell: Any) -> dict[str, Any]:
    """A description's tables as they were given, quantities included."""
    from pydantic import BaseModel

    def plain(part: Any) -> Any:
        if isinstance(part, BaseModel):
            tag = {"type": part.type} if hasattr(part, "type") else {}
            return {name: plain(getattr(part, name)) for name in part.model_fields_set} | tag
        if isinstance(part, list | tuple):
            return [plain(item) for item in part]
        return {key: plain(item) for key, item in part.items()} if isinstance(part, Mapping) else part

    fields: dict[str, Any] = plain(cell)
    return fields


def _cell_again(fields: Mapping[str, Any]) -> Any:
    from natron.cell import build_cell

    return build_cell(fields)


def _stack_fields(model: Any) -> dict[str, Any]:
    return {"cell": model.cell, "basis": model.basis, "consistent": model.consistent, "steps": model.steps}


def _stack_again(fields: Mapping[str, Any]) -> Any:
    from natron.design import stack_model

    return stack_model(fields["cell"], fields["basis"], consistent=fields["consistent"], steps=fields["steps"])


_MADE_AGAIN: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "natron.eis.circuits.notation:Circuit": (lambda circuit: circuit.text, _circuit_again),
    "natron.cell.description:Cell": (_cell_fields, _cell_again),
    "natron.design.stack:StackModel": (_stack_fields, _stack_again),
}
"""By type: what to write of it, and how to make it again from that."""
