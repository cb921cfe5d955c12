"""One batch of a sweep, as a worker does it: plain data in, plain data out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SWEPT = "natron.sweep.tasks:swept"
"""The function that evaluates a subject."""


@dataclass(frozen=True)
class Task:
    """What is asked of a worker.

    Attributes
    ----------
    function : str
        ``module:name`` of what takes `payload`, names and values and gives an array of shape (N, outputs) and, by
        point, why it has no numbers.
    payload : str
    names : tuple of str
        Of the columns of `values`.
    values : ndarray, shape (N, names)
    """

    function: str
    payload: str
    names: tuple[str, ...]
    values: Array


@dataclass(frozen=True)
class Answer:
    """What a worker gave.

    Attributes
    ----------
    outputs : ndarray, shape (N, outputs)
    reasons : Mapping[int, str]
        Why a point has no numbers.
    seconds : float
        That it took, in the worker.
    """

    outputs: Array
    reasons: Mapping[int, str]
    seconds: float


def do(task: Task) -> Answer:
    """Do a task."""
    begun = time.perf_counter()
    module, _, name = task.function.partition(":")
    outputs, reasons = getattr(import_module(module), name)(task.payload, task.names, task.values)
    return Answer(np.asarray(outputs, float), dict(reasons), time.perf_counter() - begun)


def swept(payload: str, names: tuple[str, ...], values: Array) -> tuple[Array, dict[int, str]]:
    """Evaluate the points of a subject."""
    from natron.sweep.subjects import subject

    of = subject(payload)
    found, reasons = of.evaluate(dict(zip(names, values.T, strict=True)))
    return np.column_stack([found[name] for name in of.outputs]), reasons


def limited_memory(limit_bytes: int) -> None:
    """Bound what this process may allocate, where the system can; an allocation beyond it is a `MemoryError`."""
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return
    kind: Any = resource.RLIMIT_DATA
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (limit_bytes if hard < 0 else min(limit_bytes, hard), hard))
