"""Quantities as fields of the cell file: what pydantic checks and what the JSON Schema says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from natron.core import KINDS, InputError, Quantity, QuantityError, read_quantity


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
        for name in self.kinds[:-1]:
            try:
                return read_quantity(raw, name)
            except QuantityError:
                continue
        return read_quantity(raw, self.kinds[-1])

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        def validate(raw: object) -> Quantity:
            try:
                return self.read(raw)
            except InputError as error:
                raise PydanticCustomError(
                    "natron", "{problem}", {"problem": error.problem, "error": error}
                ) from error

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
                "origin": {
                    "enum": ["input", "literature", "calibrated", "assumed", "predicted", "round_trip"]
                },
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


_ZERO = 0.0
Thickness = Annotated[Quantity, Of(("length",), above=_ZERO, below=0.1, limits="above 0 and below 10 cm")]
Reservoir = Annotated[Quantity, Of(("length",), below=0.1, limits="0 or more, below 10 cm")]
Diameter = Annotated[Quantity, Of(("diameter",), above=_ZERO, below=1.0, limits="above 0 and below 1 m")]
Density = Annotated[Quantity, Of(("density",), above=_ZERO, limits="above 0")]
Loading = Annotated[Quantity, Of(("loading",), above=_ZERO, limits="above 0")]
ArealCapacity = Annotated[Quantity, Of(("areal_capacity",), above=_ZERO, limits="above 0")]
SpecificCapacity = Annotated[Quantity, Of(("specific_capacity",), above=_ZERO, limits="above 0")]
Voltage = Annotated[Quantity, Of(("potential",))]
PositiveVoltage = Annotated[Quantity, Of(("potential",), above=_ZERO, limits="above 0 V")]
Fraction = Annotated[
    Quantity, Of(("fraction",), above=-1e-12, below=1 + 1e-12, limits="from 0 to 1 (0 to 100 %)")
]
OpenFraction = Annotated[
    Quantity, Of(("fraction",), above=-1e-12, below=1.0, limits="from 0 to below 1 (100 %)")
]
Pressure = Annotated[Quantity, Of(("pressure",))]
Stiffness = Annotated[Quantity, Of(("stiffness",), above=_ZERO, limits="above 0")]
Temperature = Annotated[Quantity, Of(("temperature",), above=_ZERO, limits="above -273.15 °C")]
Duration = Annotated[Quantity, Of(("duration",))]
Volume = Annotated[Quantity, Of(("volume",), above=_ZERO, limits="above 0")]
Power = Annotated[Quantity, Of(("power",))]
Resistance = Annotated[Quantity, Of(("area_specific_resistance",))]
CurrentDensity = Annotated[Quantity, Of(("current_density",), above=_ZERO, limits="above 0")]
Rate = Annotated[
    Quantity,
    Of(("c_rate", "current_density"), above=_ZERO, limits='a rate, such as "C/10" or "0.2 mA/cm²"'),
]
ProcessRate = Annotated[Quantity, Of(("heating_rate",))]
