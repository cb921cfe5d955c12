"""Errors of circuits and of the elements in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natron.core import InputError, NatronError

if TYPE_CHECKING:
    from natron.eis.fitting.result import FitResult


class CircuitError(InputError):
    """A circuit cannot be read, an element is wrong, or a parameter does not belong to the circuit."""


class FitError(NatronError):
    """A fit asked to be strict is not to be trusted; `result` holds what it found."""

    exit_code = 4

    def __init__(self, result: FitResult) -> None:
        self.result = result
        super().__init__(f"{result.circuit}: {result.status}. " + " ".join(result.warnings))
