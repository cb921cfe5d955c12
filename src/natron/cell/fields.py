"""Quantities as fields of the cell file: what each may hold."""

from __future__ import annotations

from typing import Annotated

from natron.core import Quantity
from natron.core.schema import Of

_ZERO = 0.0
Thickness = Annotated[Quantity, Of(("length",), above=1e-10, below=0.1, limits="above 0.1 nm and below 10 cm")]
Reservoir = Annotated[Quantity, Of(("length",), below=0.1, limits="0 or more, below 10 cm")]
Diameter = Annotated[Quantity, Of(("diameter",), above=_ZERO, below=1.0, limits="above 0 and below 1 m")]
Density = Annotated[Quantity, Of(("density",), above=_ZERO, limits="above 0")]
Loading = Annotated[Quantity, Of(("loading",), above=_ZERO, limits="above 0")]
ArealCapacity = Annotated[Quantity, Of(("areal_capacity",), above=_ZERO, limits="above 0")]
SpecificCapacity = Annotated[Quantity, Of(("specific_capacity",), above=_ZERO, limits="above 0")]
Voltage = Annotated[Quantity, Of(("potential",))]
PositiveVoltage = Annotated[Quantity, Of(("potential",), above=_ZERO, limits="above 0 V")]
Fraction = Annotated[Quantity, Of(("share",))]
OpenFraction = Annotated[Quantity, Of(("share",), below=1.0, limits="from 0 to below 1 (100 %)")]
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
