"""PyBaMM, imported where it is first needed."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from natron.core import InputError


@lru_cache(maxsize=1)
def pybamm() -> Any:
    """The PyBaMM module, its telemetry switched off before it is loaded.

    Raises
    ------
    InputError
        Where it is not installed; says how to get it.
    """
    os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"
    try:
        import pybamm as module  # type: ignore[import-untyped]
    except ImportError as error:
        raise InputError(
            "simulating needs PyBaMM, which is not installed", hint='Install it: pip install "natron[simulate]".'
        ) from error
    module.set_logging_level("CRITICAL")
    # only logs, but fails itself on states that are plain vectors, once one is large
    module.settings.max_y_value = float("inf")
    return module


def casadi() -> Any:
    """The CasADi module, which comes with PyBaMM."""
    pybamm()
    import casadi as module

    return module
