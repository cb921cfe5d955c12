"""What can be wrong with a circuit and the elements in it."""

from __future__ import annotations

from natron.core import InputError


class CircuitError(InputError):
    """A circuit cannot be read, an element is wrong, or a parameter does not belong to the circuit."""
