"""What a user asks of the parameters of a fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from natron.eis.circuits.notation import Circuit
from natron.eis.errors import CircuitError


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked of the parameters, checked."""

    initial: Mapping[str, float]
    fixed: Mapping[str, float]
    bounds: Mapping[str, tuple[float, float]]

    @classmethod
    def checked(
        cls,
        circuit: Circuit,
        initial: Mapping[str, float],
        fixed: Mapping[str, float],
        bounds: Mapping[str, tuple[float, float]],
    ) -> Wanted:
        """Refuse names that the circuit has not and values that it cannot take."""
        if not (initial or fixed or bounds):
            return NOTHING
        by_name = dict(zip(circuit.parameter_names, circuit.parameters, strict=True))
        for given in (initial, fixed, bounds):
            circuit.refuse_unknown(given)
        limits: dict[str, tuple[float, float]] = {}
        for name, pair in bounds.items():
            p = by_name[name]
            floor, ceiling = (0.0, math.inf) if p.logarithmic else (1e-3, 1.0)
            low, high = _pair(name, pair)
            limits[name] = max(low, floor), min(high, ceiling)
            if not limits[name][0] < limits[name][1]:
                raise CircuitError(
                    f"the bounds of {name} leave nothing", given=pair, allowed=f"{floor:g} to {ceiling:g}"
                )
        for values in (initial, fixed):
            for name, value in values.items():
                p = by_name[name]
                top = math.inf if p.logarithmic else 1.0
                if not (_is_number(value) and 0 < value <= top and value < math.inf):
                    raise CircuitError(
                        f"{name} cannot have this value",
                        given=value,
                        allowed=f"a number above 0{'' if p.logarithmic else ', at most 1'}",
                        hint="Leave an element out of the circuit to take it as zero.",
                    )
        both = sorted(set(fixed).intersection(bounds))
        if both:
            raise CircuitError("a parameter is fixed and bounded", given=", ".join(both))
        return cls(initial, fixed, limits)


NOTHING = Wanted({}, {}, {})


def _is_number(value: object) -> bool:
    return isinstance(value, (float, int, np.floating, np.integer)) and not isinstance(value, bool)


def _pair(name: str, given: object) -> tuple[float, float]:
    if isinstance(given, tuple | list) and len(given) == 2 and all(_is_number(v) for v in given):
        return float(given[0]), float(given[1])
    raise CircuitError(f"the bounds of {name} are not a pair", given=given, allowed="(low, high)")
