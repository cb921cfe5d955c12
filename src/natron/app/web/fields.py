"""Values that a person typed into a field of the page."""

from __future__ import annotations

from natron.core import InputError, Quantity, parse_quantity


def quantity(text: str, kind: str, key: str) -> Quantity | None:
    """The value in the field `key`; None where the field is empty.

    Raises
    ------
    InputError
        Where it is no such value; it names the field.
    """
    if not text.strip():
        return None
    try:
        return parse_quantity(text, kind)
    except InputError as error:
        error.key = key
        raise


def needed(text: str, kind: str, key: str) -> Quantity:
    """The value in the field `key`, which may not be empty.

    Raises
    ------
    InputError
        Where it is empty, or no such value.
    """
    value = quantity(text, kind, key)
    if value is None:
        raise InputError("this field is empty", key=key)
    return value
