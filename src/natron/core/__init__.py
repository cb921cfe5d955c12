"""Quantities and units, constants, errors and the propagation of uncertainty."""

from natron.core.errors import (
    CellError,
    ClaimError,
    InputError,
    MaterialError,
    NatronError,
    QuantityError,
    RangeWarning,
    did_you_mean,
    nearest,
    shorten,
)
from natron.core.kinds import KINDS, Kind, kind
from natron.core.quantity import (
    ORIGINS,
    Confidence,
    Origin,
    Quantity,
    UncertaintyKind,
    check_range,
    format_number,
    format_quantity,
    parse_quantity,
    read_quantity,
)

__all__ = [
    "KINDS",
    "ORIGINS",
    "CellError",
    "ClaimError",
    "Confidence",
    "InputError",
    "Kind",
    "MaterialError",
    "NatronError",
    "Origin",
    "Quantity",
    "QuantityError",
    "RangeWarning",
    "UncertaintyKind",
    "check_range",
    "did_you_mean",
    "format_number",
    "format_quantity",
    "kind",
    "nearest",
    "parse_quantity",
    "read_quantity",
    "shorten",
]
