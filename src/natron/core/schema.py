"""Files that people write: TOML to checked, frozen tables, with every fault said in the words of the file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError, core_schema

from natron.core.errors import InputError, QuantityError, did_you_mean
from natron.core.kinds import KINDS
from natron.core.quantity import Quantity, read_quantity

_Table = TypeVar("_Table", bound=BaseModel)

MAX_CHARACTERS = 1_000_000
"""A description is a page or two; a text longer than this is not one."""


MAX_DOTS = 500
"""Dots in one line; a description's longest line has a few."""


class Part(BaseModel):
    """Base of every table in a file: frozen, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


@dataclass(frozen=True)
class Of:
    """Marks a field that holds a `Quantity` of one kind, within limits.

    Attributes
    ----------
    kinds : tuple of str
        Names of the kinds accepted, tried in order.
    above : float or None
        Exclusive lower limit, SI.
    below : float or None
        Exclusive upper limit, SI.
    limits : str
        The limits in words, for messages.
    """

    kinds: tuple[str, ...]
    above: float | None = None
    below: float | None = None
    limits: str = ""

    def read(self, raw: object) -> Quantity:
        """The quantity in `raw`.

        Raises
        ------
        QuantityError
        """
        if isinstance(raw, Quantity) and raw.kind in self.kinds:
            quantity = raw
        else:
            quantity = self._read_any(raw)
        if (self.above is not None and not quantity.value > self.above) or (
            self.below is not None and not quantity.value < self.below
        ):
            raise QuantityError(
                "this is outside the allowed range",
                given=raw if isinstance(raw, str | float | int) else str(quantity),
                allowed=self.limits,
            )
        return quantity

    def _read_any(self, raw: object) -> Quantity:
        try:
            return read_quantity(raw, self.kinds[-1])
        except QuantityError as error:
            for name in self.kinds[:-1]:
                try:
                    return read_quantity(raw, name)
                except QuantityError:
                    continue
            if len(self.kinds) > 1:
                raise QuantityError(error.problem, given=raw, allowed=self.limits, hint=error.hint) from None
            raise

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def validate(raw: object) -> Quantity:
            try:
                return self.read(raw)
            except InputError as error:
                raise PydanticCustomError("natron", "{problem}", {"problem": error.problem, "error": error}) from error

        return core_schema.no_info_plain_validator_function(
            validate, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        shown = [KINDS[name] for name in self.kinds]
        words = " or ".join(k.words for k in shown)
        text = {
            "type": "string",
            "description": f"{words} with its unit",
            "examples": [k.example for k in shown],
        }
        table = {
            "type": "object",
            "properties": {
                "value": text,
                "origin": {"enum": ["input", "literature", "calibrated", "assumed", "predicted", "round_trip"]},
                "source": {"type": "string"},
                "confidence": {"enum": ["A", "B", "C"]},
                "uncertainty_kind": {"enum": ["sd", "se", "range", "unknown"]},
                "note": {"type": "string"},
            },
            "required": ["value"],
            "additionalProperties": False,
        }
        number = [{"type": "number"}] if any(k.si == "1" for k in shown) else []
        return {"anyOf": [text, *number, table]}


def refusal(
    problem: str, *, key: str = "", given: object = None, allowed: str | None = None, hint: str | None = None
) -> PydanticCustomError:
    """What a validator raises: an `InputError` in the form pydantic collects."""
    error = InputError(problem, key=key or None, given=given, allowed=allowed, hint=hint)
    return PydanticCustomError("natron", "{problem}", {"problem": problem, "error": error})


def parse_toml(text: str, *, file: str | None, raises: type[InputError]) -> dict[str, Any]:
    """TOML text to a dict.

    Raises
    ------
    raises
        Where the text is too long or is not TOML; says the line.
    """
    if len(text) > MAX_CHARACTERS:
        raise raises("this file is too large", file=file, given=f"{len(text)} characters", allowed="up to 1 MB")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > MAX_DOTS:  # reading dotted keys takes time as the square of their parts
            raise raises(f"line {number} has too many dots", file=file, allowed=f"up to {MAX_DOTS}")
    try:
        return _printable(tomllib.loads(text), file, raises)
    except tomllib.TOMLDecodeError as error:
        raise raises(
            f"this is not valid TOML: {str(error).rstrip('.')}",
            file=file,
            hint='Values are written as key = "50 ± 4 µm".',
        ) from error
    except (RecursionError, ValueError) as error:
        raise raises("this TOML cannot be read: a value is too deep or too long", file=file) from error


def _printable(raw: dict[str, Any], file: str | None, raises: type[InputError]) -> dict[str, Any]:
    """`raw` itself, once no text in it holds a control character, which would reach a terminal, and no whole
    number is larger than TOML's, which Python would refuse to print."""
    todo: list[tuple[str, object]] = [("", raw)]
    while todo:
        place, value = todo.pop()
        if isinstance(value, str) and any(not c.isprintable() and c not in "\n\t\u00a0\u2009\u202f" for c in value):
            raise raises("this text holds a control character", file=file, key=place, given=value)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise raises("this whole number is too large", file=file, key=place, allowed="what 64 bits hold")
        if isinstance(value, dict):
            todo += [(f"{place}.{key}".lstrip("."), item) for key, item in value.items()]
            todo += [(place, key) for key in value]
        elif isinstance(value, list):
            todo += [(f"{place}.{i}", item) for i, item in enumerate(value)]
    return raw


_WORDS = {
    "model_type": "this must be a table",
    "model_attributes_type": "this must be a table",
    "dict_type": "this must be a table",
    "tuple_type": "this must be a list; a list of tables is written [[like this]]",
    "list_type": "this must be a list; a list of tables is written [[like this]]",
    "string_type": "this must be a text",
    "int_type": "this must be a whole number",
    "int_parsing": "this must be a whole number",
    "int_from_float": "this must be a whole number",
    "bool_type": "this must be true or false",
    "bool_parsing": "this must be true or false",
    "string_too_short": "this must not be empty",
}
"""Faults in the words of the file, where the checker's own speak of Python."""


def validate(table: type[_Table], raw: object, *, file: str | None, raises: type[InputError]) -> _Table:
    """`raw` as that table.

    Raises
    ------
    raises
        For its first fault: where it stands, what was given, what is allowed, what to do.
    """
    try:
        return table.model_validate(raw)
    except ValidationError as error:
        raise _explain(error, table, file, raises) from None
    except RecursionError as error:
        raise raises("this file is nested too deeply", file=file) from error


def _explain(error: ValidationError, table: type[BaseModel], file: str | None, raises: type[InputError]) -> InputError:
    """The first fault of a failed validation, unknown keys first: they explain missing ones."""
    faults = sorted(error.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
    fault = faults[0]
    location = [str(part) for part in fault["loc"]]
    unknown = [location.pop()] if fault["type"] == "extra_forbidden" else []
    location = _as_written(table, location) + unknown
    key = ".".join(location)
    inner = fault.get("ctx", {}).get("error")
    if isinstance(inner, InputError):
        full = ".".join(part for part in (key, inner.key) if part)
        return raises(
            inner.problem,
            file=file,
            key=full or None,
            given=inner.given,
            allowed=inner.allowed,
            hint=inner.hint,
        )
    what = fault["type"]
    if what == "extra_forbidden":
        known = _fields_at(table, location[:-1])
        return raises(
            f'unknown key "{location[-1][:60]}"',
            file=file,
            key=key[:120],
            hint=did_you_mean(location[-1], known),
        )
    if what == "missing":
        info = _fields_at(table, location[:-1]).get(location[-1])
        words = info.description.rstrip(".") if info and info.description else None
        return raises("this key is missing", file=file, key=key, allowed=words)
    if what.startswith("union_tag"):
        return raises('say which it is: type = "metal" or type = "porous"', file=file, key=key)
    if what in ("literal_error", "union_tag_invalid"):
        allowed = str(fault.get("ctx", {}).get("expected", "")).replace("'", '"')
        return raises("this is not one of the known words", file=file, key=key, given=fault["input"], allowed=allowed)
    words = _WORDS.get(what, fault["msg"][0].lower() + fault["msg"][1:])
    return raises(words, file=file, key=key or None, given=fault["input"])


def _as_written(table: type[BaseModel], location: list[str]) -> list[str]:
    """A place without the tags that pydantic puts in for the member of a union it tried."""
    written: list[str] = []
    for part in location:
        known = _fields_at(table, written)
        # inside a plain mapping there are no known keys, and every part is one that the file has
        if part in known or part.isdecimal() or not known:
            written.append(part)
    return written


def _fields_at(table: type[BaseModel], location: list[str]) -> Mapping[str, FieldInfo]:
    """Known keys of the table at a dotted place."""
    tables: list[type[BaseModel]] = [table]
    for part in location:
        if part.isdecimal():
            continue
        tables = [
            inner
            for outer in tables
            if part in outer.model_fields
            for inner in _tables_in(outer.model_fields[part].annotation)
        ]
    known: dict[str, FieldInfo] = {}
    for found in tables:
        known |= found.model_fields
    return known


def _tables_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for argument in get_args(annotation) for found in _tables_in(argument)]
