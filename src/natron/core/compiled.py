"""Functions compiled by numba, kept on disk where that can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function when it is first called, with numba's `options`; the next process finds it on disk.

    Where neither the package's folder nor the user's cache can be written, it is compiled anew each time.
    """

    def bind(function: Callable[..., Any]) -> Callable[..., Any]:
        from numba import njit

        try:
            bound: Callable[..., Any] = njit(cache=True, **options)(function)
        except RuntimeError:
            bound = njit(**options)(function)
        return bound

    return bind
