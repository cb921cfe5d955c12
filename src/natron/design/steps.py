"""What-if steps: one thing about a cell improved, the cathode's solids conserved."""

from __future__ import annotations

from dataclasses import dataclass

from natron.core import CellError, InputError, Quantity, did_you_mean, parse_quantity

STEPS: dict[str, tuple[str | None, str, str]] = {
    "activation": ("share", "100 %", "activated to"),
    "porosity": ("share", "30 %", "cathode porosity"),
    "reservoir": ("length", "0 µm", "reservoir"),
    "separator": ("length", "30 µm", "separator"),
    "active": (None, "my-active", "active material"),
}
"""The known steps: kind of the target (None for a material's name), an example of it, words for a label."""


@dataclass(frozen=True, slots=True)
class Step:
    """One what-if step.

    Attributes
    ----------
    name : str
        ``activation``: the discharge capacity becomes that share of the theoretical one. ``porosity``: the
        cathode is pressed to it, its solids stay. ``reservoir``, ``separator``: that thickness.
        ``active``: another active material in place of this one, with the same mass of solids, mass
        fractions, porosity and share of the theoretical capacity.
    target : Quantity or str
        What it is changed to; a material's name for ``active``.
    text : str
        The target as written.
    """

    name: str
    target: Quantity | str
    text: str

    @property
    def label(self) -> str:
        """For people: ``cathode porosity 30 %``."""
        return f"{STEPS[self.name][2]} {self.text}"


def parse_step(text: str) -> Step:
    """A step written as ``porosity = 30 %``.

    Raises
    ------
    CellError
        Where it is not one of the known steps, or its target makes no sense.
    """
    name, equals, target = (part.strip() for part in text.partition("="))
    if not equals or not target or name not in STEPS:
        raise CellError(
            "this is not a what-if step",
            given=text,
            allowed=", ".join(f'"{known} = {example}"' for known, (_, example, _) in STEPS.items()),
            hint=did_you_mean(name, STEPS) if equals and name else None,
        )
    kind_name = STEPS[name][0]
    if kind_name is None:
        return Step(name, target, target)
    try:
        value = parse_quantity(target, kind_name, origin="assumed")
    except InputError as error:
        raise CellError(error.problem, key=f"step {name}", given=target, allowed=error.allowed) from error
    _check_target(name, value, target)
    return Step(name, value, target)


def _check_target(name: str, value: Quantity, text: str) -> None:
    limits = {
        "activation": (0 < value.value <= 1, "above 0, up to 1 (100 %)"),
        "porosity": (0 <= value.value < 1, "from 0 to below 1 (100 %)"),
        "reservoir": (value.value < 0.1, "0 or more, below 10 cm"),
        "separator": (1e-10 < value.value < 0.1, "from 0.1 nm to 10 cm"),
    }
    inside, words = limits[name]
    if not inside:
        raise CellError("this is outside the allowed range", key=f"step {name}", given=text, allowed=words)
